//! A table as read from its file, with every element checked.

use std::io::Read;

use super::floats::Floats;
use super::gather::Gather;
use super::meter::Meter;
use super::room::reserve;
use crate::error::{Error, Result};
use crate::formats::npy::{self, Dtype, Kind, Place};

/// Help for tables with row-wise scales in an array of their own.
pub(super) const ROW_SCALES: &str = "rows with different scales cannot be summed in an analog \
    column; give floats, and recross quantises them with one scale for the table: \
    `numpy.save(\"table.npy\", q.astype(numpy.float32) * scale.reshape(-1, 1))`; a zero point is \
    subtracted from q first (docs/data.md)";
/// Help for tables with row-wise scales in the rows.
pub(super) const FUSED_ROWS: &str = "rows with different scales cannot be summed in an analog \
    column; give floats, and recross quantises them with one scale for the table: `s = q[:, \
    -8:].copy().view(numpy.float32); numpy.save(\"table.npy\", q[:, :-8] * s[:, :1] + s[:, 1:])` for \
    8-bit rows with scale and bias at their end (docs/data.md has other layouts)";

/// Magnitudes above this, or this many times the mean of all others, are no values of a table.
const ABSURD: f32 = 1e15;
const ABSURD_RATIO: f64 = 1e6;

/// Elements between two reports of progress.
const EVERY: u64 = 1 << 16;

/// Elements, row-major.
#[derive(Debug)]
pub(super) enum Elements {
    /// Integers that fit the value bits.
    Int(Vec<i16>),
    /// Finite floats.
    Float(Floats),
}

/// One table before it is stacked.
#[derive(Debug)]
pub(super) struct RawTable {
    pub(super) rows: u32,
    pub(super) dim: u32,
    pub(super) data: Elements,
}

/// The encoding of elements in a stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Encoding {
    pub(super) dtype: Dtype,
    /// Whether 16-bit words are bfloat16.
    pub(super) bfloat16: bool,
    /// Whether the first axis varies fastest.
    pub(super) fortran_order: bool,
}

/// The rows and columns of a 2-D shape; `text` is the shape for messages.
pub(super) fn two_axes(place: Place<'_>, shape: &[u64], text: &str) -> Result<(u32, u32)> {
    let &[rows, dim] = shape else {
        return Err(place.error(
            format!("an array of shape {text}"),
            "a 2-D table: rows x elements",
            "save one vector per row; give several tables as separate files",
        ));
    };
    match (u32::try_from(rows), u32::try_from(dim)) {
        (Ok(rows), Ok(dim)) if rows > 0 && dim > 0 => Ok((rows, dim)),
        _ => Err(place.error(
            format!("an array of shape {text}"),
            "1 to 4294967295 rows and elements",
            "check how the table was saved",
        )),
    }
}

/// Reads all elements and checks those of the rows that are kept: all, unless `gather` says which. The
/// caller has checked that the file is large enough for them.
pub(super) fn decode(
    input: &mut impl Read,
    place: Place<'_>,
    (rows, dim): (u32, u32),
    encoding: Encoding,
    (value_bits, gather): (u32, Option<&Gather>),
    meter: &Meter<'_>,
) -> Result<RawTable> {
    let all = u64::from(rows) * u64::from(dim);
    let kept = gather.map_or(rows, |gather| gather.rows);
    let size = kept as usize * dim as usize;
    let Encoding {
        dtype,
        fortran_order,
        ..
    } = encoding;
    // Counted, because a division for each element takes longer than all else.
    let (mut row, mut column) = (0usize, 0usize);
    let mut read = 0u64;
    // The last row, and where it goes.
    let mut last = (usize::MAX, None);
    // Place of the next element: (row, column, index in row-major order if the row is kept).
    let mut next = || {
        let here = (row, column);
        let (fast, slow, length) = match fortran_order {
            true => (&mut row, &mut column, rows),
            false => (&mut column, &mut row, dim),
        };
        *fast += 1;
        if *fast == length as usize {
            *fast = 0;
            *slow += 1;
        }
        if here.0 != last.0 {
            let number = gather.map_or(Some(here.0), |gather| gather.number(here.0));
            last = (here.0, number);
        }
        let index = last.1.map(|row| row * dim as usize + here.1);
        (here.0, here.1, index)
    };
    let data = if dtype.kind == Kind::Float || encoding.bfloat16 {
        let mut values = Floats::zeros(kept as usize, dim as usize)?;
        let in_order = !fortran_order && gather.is_none();
        if in_order && dtype == Dtype::FLOAT32 {
            read_float32(input, place, (all, dim), &mut values, meter)?;
        } else {
            npy::for_each_element(input, place, dtype, all, |word| {
                read += 1;
                if read.is_multiple_of(EVERY) {
                    meter.add(EVERY)?;
                }
                let (row, column, Some(index)) = next() else {
                    return Ok(());
                };
                let wide = match encoding.bfloat16 {
                    true => half::bf16::from_le_bytes([word[0], word[1]]).to_f64(),
                    false => npy::float(word, dtype),
                };
                let value = wide as f32;
                values.set(index, value);
                match value.is_finite() && value.abs() <= ABSURD {
                    true => Ok(()),
                    false => Err(absurd(place, wide, row, column)),
                }
            })?;
        }
        let row = |number| gather.map_or(number, |gather| gather.row(number));
        check_spread(place, &values, dim, &row)?;
        Elements::Float(values)
    } else {
        let high = (1i128 << (value_bits - 1)) - 1;
        let mut values = reserve::<i16>(size)?;
        values.resize(size, 0);
        npy::for_each_element(input, place, dtype, all, |word| {
            read += 1;
            if read.is_multiple_of(EVERY) {
                meter.add(EVERY)?;
            }
            let (row, column, Some(index)) = next() else {
                return Ok(());
            };
            let value = npy::integer(word, dtype);
            if !(-high - 1..=high).contains(&value) {
                return Err(place.error(
                    format!("{value} in row {row}, column {column}"),
                    format!(
                        "{} to {high} (`embedding.value_bits` is {value_bits})",
                        -high - 1
                    ),
                    "raise `embedding.value_bits`, or give the table as float32 to have it \
                     quantised",
                ));
            }
            values[index] = value as i16;
            Ok(())
        })?;
        Elements::Int(values)
    };
    Ok(RawTable {
        rows: kept,
        dim,
        data,
    })
}

/// Reads elements as most tables have them: float32, row by row, all of them kept.
fn read_float32(
    input: &mut impl Read,
    place: Place<'_>,
    (all, dim): (u64, u32),
    values: &mut Floats,
    meter: &Meter<'_>,
) -> Result<()> {
    let (mut at, mut floats) = (0, Vec::new());
    npy::for_each_chunk(input, place, Dtype::FLOAT32, all, |bytes| {
        let (words, _) = bytes.as_chunks::<4>();
        floats.clear();
        floats.extend(words.iter().map(|&word| f32::from_le_bytes(word)));
        // Without a branch for each element.
        let is_good = |value: &f32| value.abs() <= ABSURD;
        if !floats
            .iter()
            .fold(true, |good, value| good & is_good(value))
        {
            let bad = floats.iter().position(|value| !is_good(value));
            let bad = bad.unwrap_or_default();
            let (row, column) = ((at + bad) / dim as usize, (at + bad) % dim as usize);
            return Err(absurd(place, f64::from(floats[bad]), row, column));
        }
        values.copy_from(at, &floats);
        at += floats.len();
        meter.add(floats.len() as u64)
    })
}

/// Refuses a value beside which all others would be quantised to zero, whatever the value bits.
/// `row_of` is the row of the file.
fn check_spread(
    place: Place<'_>,
    values: &Floats,
    dim: u32,
    row_of: &dyn Fn(usize) -> usize,
) -> Result<()> {
    let spread = values.spread();
    let (at, value) = spread.most;
    let magnitude = f64::from(value);
    let (others, sum) = (spread.nonzero.saturating_sub(1), spread.sum);
    // Half the mean leaves room for the rounding of the difference; ordinary tables end here.
    if others == 0 || magnitude <= ABSURD_RATIO * (sum - magnitude) / others as f64 / 2.0 {
        return Ok(());
    }
    let sum: f64 = values
        .iter()
        .enumerate()
        .filter(|&(i, _)| i != at)
        .map(|(_, v)| f64::from(v.abs()))
        .sum();
    let mean = sum / others as f64;
    if magnitude <= ABSURD_RATIO * mean {
        return Ok(());
    }
    let (row, column) = (row_of(at / dim as usize), at % dim as usize);
    let value = values.get(at);
    Err(place.error(
        format!("{value:e} in row {row}, column {column}"),
        format!("values of one size; the mean magnitude of all others is {mean:.1e}"),
        "with one scale for the table all others would become 0; check the training, or replace the \
         value",
    ))
}

fn absurd(place: Place<'_>, value: f64, row: usize, column: usize) -> Error {
    let found = match value {
        v if v.is_nan() => "NaN".to_owned(),
        v if v.is_infinite() => format!("{}infinity", if v < 0.0 { "-" } else { "" }),
        // As the table has it, if it is a float32.
        v if (v as f32).is_finite() => format!("{:e}", v as f32),
        v => format!("{v:e}"),
    };
    place.error(
        format!("{found} in row {row}, column {column}"),
        format!("finite values of at most {ABSURD:e}"),
        "a single scale cannot represent it; check the training, or replace the value",
    )
}
