//! Where the bags of an archive begin and end, and which table each belongs to.

use super::archive::Archive;
use crate::error::{Error, Result};
use crate::formats::npy::Place;
use crate::formats::trace::ReadOptions;

/// The bags of the file, in table-major order.
pub(super) struct FileBags {
    /// Start of each bag, and the end of the last one.
    offsets: Vec<u64>,
    pub(super) tables: usize,
    /// Bags per table.
    samples: usize,
    /// What of the file's meaning was guessed.
    pub(super) notes: Vec<String>,
}

impl FileBags {
    /// Reads `offsets`, `lengths` or both, for `count` ids in the array `indices`.
    pub(super) fn read(
        archive: &mut Archive<'_>,
        indices: &str,
        count: u64,
        options: &ReadOptions,
    ) -> Result<Self> {
        let (tables, known) = tables(archive, options)?;
        let mut notes = Vec::new();
        let lengths = match archive.has("lengths") {
            true => Some(read_lengths(archive, indices, count)?),
            false => None,
        };
        let (offsets, array) = match (archive.has("offsets"), &lengths) {
            (false, Some(ends)) => (ends.clone(), "lengths"),
            (_, Some(ends)) => {
                let offsets = read_offsets(archive, indices, count)?;
                agree(archive, &offsets, ends, options)?;
                (ends.clone(), "offsets")
            }
            (_, None) => {
                let mut offsets = read_offsets(archive, indices, count)?;
                let implied = close(
                    archive.place("offsets"),
                    &mut offsets,
                    count,
                    tables,
                    options,
                )?;
                if implied && tables == 1 {
                    notes.push(implied_end(offsets.len(), indices));
                }
                (offsets, "offsets")
            }
        };
        let bags = offsets.len() - 1;
        if !bags.is_multiple_of(tables) {
            return Err(not_a_multiple(archive.place(array), bags, tables, array));
        }
        if !known && bags > 1 {
            notes.push(format!(
                "read as {bags} bags of one table; if they are of T tables, one table after the \
                 other, give --tables T"
            ));
        }
        Ok(FileBags {
            samples: bags / tables,
            offsets,
            tables,
            notes,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The position behind the last id of a bag.
    pub(super) fn end(&self, bag: usize) -> u64 {
        self.offsets[bag + 1]
    }

    pub(super) fn table(&self, bag: usize) -> u16 {
        (bag / self.samples.max(1)) as u16
    }

    /// The bag's number in the trace. The trace is in sample-major order, so that its end has bags
    /// of every table.
    pub(super) fn number(&self, bag: usize) -> u64 {
        let samples = self.samples.max(1);
        (bag % samples * self.tables + bag / samples) as u64
    }

    /// The bags in the order of their numbers in the trace.
    pub(super) fn in_order(&self) -> impl Iterator<Item = usize> {
        (0..self.len()).map(|n| n % self.tables * self.samples + n / self.tables)
    }
}

/// The number of tables, and whether that is known: from the options, or as the number of `keys` of
/// a `KeyedJaggedTensor`.
fn tables(archive: &mut Archive<'_>, options: &ReadOptions) -> Result<(usize, bool)> {
    let keys = match archive.has("keys") {
        true => archive.header("keys")?.shape.first().copied(),
        false => None,
    };
    let tables = match (options.tables, keys) {
        (0, None) => return Ok((1, false)),
        (given, None) => given,
        (0, Some(keys)) => usize::try_from(keys).unwrap_or(usize::MAX),
        (given, Some(keys)) if given as u64 == keys => given,
        (given, Some(keys)) => {
            return Err(archive.place("keys").error(
                format!("{keys} keys"),
                format!("{given}, the number of tables"),
                "a key is a table; check --tables, --table and `embedding.tables`",
            ));
        }
    };
    if !(1..=usize::from(u16::MAX)).contains(&tables) {
        return Err(Error::argument(
            "tables",
            tables.to_string(),
            format!("1 to {}", u16::MAX),
            "",
        ));
    }
    Ok((tables, true))
}

/// Reads the offsets and checks that they start at 0, never decrease and do not exceed `count`.
fn read_offsets(archive: &mut Archive<'_>, indices: &str, count: u64) -> Result<Vec<u64>> {
    let mut offsets: Vec<u64> = Vec::new();
    archive.each("offsets", |place, at, value| {
        let last = offsets.last().copied();
        match u64::try_from(value) {
            Ok(offset) if offset <= count && last.is_none_or(|l| l <= offset) => {
                offsets.push(offset);
                Ok(())
            }
            Ok(offset) if offset <= count => Err(place.error(
                format!("{value} after {} at position {at}", last.unwrap_or(0)),
                "offsets that never decrease",
                format!("each offset is the start of a bag in `{indices}`; name lengths `lengths`"),
            )),
            _ => Err(place.error(
                format!("{value} at position {at}"),
                format!("an offset from 0 to {count}, the number of {indices}"),
                format!("check that `{indices}` and `offsets` belong together"),
            )),
        }
    })?;
    let place = archive.place("offsets");
    match offsets.first() {
        None => Err(place.error(
            "no offset",
            "at least one",
            "a trace without bags has one offset, 0",
        )),
        Some(&first) if first != 0 => Err(place.error(
            format!("{first} at position 0"),
            "0, the start of the first bag",
            "if these are the lengths of the bags, name the array `lengths`",
        )),
        Some(_) => Ok(offsets),
    }
}

/// Reads the lengths of the bags: their starts, and the end of the last one.
fn read_lengths(archive: &mut Archive<'_>, indices: &str, count: u64) -> Result<Vec<u64>> {
    let mut ends = vec![0u64];
    let mut end = 0u64;
    let pair = format!("check that `{indices}` and `lengths` belong together");
    archive.each("lengths", |place, at, value| {
        let next = u64::try_from(value).ok().and_then(|l| end.checked_add(l));
        match next {
            Some(next) if next <= count => {
                end = next;
                ends.push(end);
                Ok(())
            }
            Some(next) => Err(place.error(
                format!("{value} at position {at}, which makes {next} lookups so far"),
                format!("lengths that add up to {count}, the number of {indices}"),
                pair.as_str(),
            )),
            None => Err(place.error(
                format!("{value} at position {at}"),
                "the number of lookups of a bag",
                pair.as_str(),
            )),
        }
    })?;
    match end == count {
        true => Ok(ends),
        false => Err(archive.place("lengths").error(
            format!("lengths that add up to {end}"),
            format!("{count}, the number of {indices}"),
            pair,
        )),
    }
}

/// Checks that offsets and lengths say the same; `ends` are starts and end by the lengths.
fn agree(
    archive: &Archive<'_>,
    offsets: &[u64],
    ends: &[u64],
    options: &ReadOptions,
) -> Result<()> {
    let bags = ends.len() - 1;
    let place = archive.place("lengths");
    let together = "`lengths` and `offsets` describe the same bags; remove the one that is wrong";
    let allowed = match options.include_last_offset {
        Some(true) => vec![bags + 1],
        Some(false) => vec![bags],
        None => vec![bags, bags + 1],
    };
    if !allowed.contains(&offsets.len()) {
        let expected: Vec<String> = allowed.iter().map(usize::to_string).collect();
        return Err(place.error(
            format!("{bags} lengths beside {} offsets", offsets.len()),
            format!("{} offsets", expected.join(" or ")),
            together,
        ));
    }
    match offsets.iter().zip(ends).position(|(a, b)| a != b) {
        None => Ok(()),
        // Both start at 0, so a difference lies behind the first bag.
        Some(at) => Err(place.error(
            format!("{} at position {}", ends[at] - ends[at - 1], at - 1),
            format!(
                "{}, as `offsets` has it",
                i128::from(offsets[at]) - i128::from(offsets[at - 1])
            ),
            together,
        )),
    }
}

/// Completes offsets to the starts of all bags and the end of the last one; says whether that the
/// last offset is an end was taken for granted.
fn close(
    place: Place<'_>,
    offsets: &mut Vec<u64>,
    count: u64,
    tables: usize,
    options: &ReadOptions,
) -> Result<bool> {
    let last = offsets.last().copied().unwrap_or(0);
    let help = match tables {
        1 => "with --include-last-offset true the last offset is the end of the last bag",
        _ => "table-batched offsets end with the end of the last bag",
    };
    match options.include_last_offset {
        Some(true) if last != count => {}
        None if last != count && tables > 1 => {}
        Some(true) => return Ok(false),
        None if last == count => return Ok(true),
        Some(false) | None => {
            offsets.push(count);
            return Ok(false);
        }
    }
    Err(place.error(
        format!("{last} as the last offset"),
        format!("{count}, the number of indices"),
        help,
    ))
}

fn implied_end(offsets: usize, indices: &str) -> String {
    format!(
        "the last of {offsets} offsets equals the number of {indices} and was taken for the end of \
         the last bag ({} bags); --include-last-offset false takes it for the start of one more, \
         empty bag",
        offsets - 1
    )
}

fn not_a_multiple(place: Place<'_>, bags: usize, tables: usize, array: &str) -> Error {
    let help = "check --tables, --table and `embedding.tables`";
    match array {
        "lengths" => place.error(
            format!("{bags} lengths"),
            format!("a multiple of {tables} (tables)"),
            format!("table-batched lengths are tables * bags; {help}"),
        ),
        _ => place.error(
            format!("{} offsets", bags + 1),
            format!("a multiple of {tables} (tables) plus one"),
            format!("table-batched offsets have length tables * bags + 1; {help}"),
        ),
    }
}
