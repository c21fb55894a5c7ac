//! Tables in `.safetensors` files. Only the header and one tensor are read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use safetensors::Dtype as StDtype;
use safetensors::tensor::TensorInfo;

use super::choose::choose;
use super::gather::Gather;
use super::index;
use super::meter::Meter;
use super::raw::{self, Encoding, FUSED_ROWS, ROW_SCALES, RawTable};
use crate::error::{At, Error, Result};
use crate::formats::input;
use crate::formats::npy::{Dtype, Kind, Place};

/// The format's limit on the size of its header, in bytes.
const MAX_HEADER: u64 = 100_000_000;

/// What a message says of a tensor, and how one is named.
const SHOWN: (fn(&str, &TensorInfo) -> String, &str) = (
    |name, info| format!("{name} {}{:?}", info.dtype, info.shape),
    "FILE.safetensors",
);

/// The tensors of a file, the file after its header, and where the data start.
struct Opened {
    file: BufReader<File>,
    tensors: BTreeMap<String, TensorInfo>,
    data_start: u64,
}

/// Rows and elements of a tensor, from the header alone. A tensor that is no table is refused.
pub(super) fn size(path: &Path, tensor: Option<&str>) -> Result<(u32, u32)> {
    let (path, tensor) = index::lead(path, tensor)?;
    let tensors = open(&path)?.tensors;
    let (name, info) = choose(&path, tensor.as_deref(), &tensors, SHOWN)?;
    let place = Place {
        path: &path,
        array: Some(name),
    };
    Ok(described(place, info, &tensors)?.0)
}

/// What the header says of a table: rows and elements, their type, and whether they are bfloat16.
fn described(
    place: Place<'_>,
    info: &TensorInfo,
    tensors: &BTreeMap<String, TensorInfo>,
) -> Result<((u32, u32), Dtype, bool)> {
    let shape: Vec<u64> = info.shape.iter().map(|&n| n as u64).collect();
    let (dtype, bfloat16) = element_type(place, info.dtype)?;
    let (rows, dim) = raw::two_axes(place, &shape, &format!("{:?}", info.shape))?;
    if dtype.kind == Kind::Int {
        refuse_row_scales(place, rows, tensors)?;
    }
    Ok(((rows, dim), dtype, bfloat16))
}

fn open(path: &Path) -> Result<Opened> {
    let mut file = input::open(path)?;
    let size = file.get_ref().metadata().map_or(0, |m| m.len());
    let not_one = |found: &str| {
        Error::input(
            path,
            At::File,
            found,
            "a `.safetensors` file",
            "write it with `safetensors.torch.save_file`, or copy it again",
        )
    };
    if let Some(kind) = input::kind(input::peek(&mut file, path)?)
        && !kind.contains("safetensors")
        && kind != "binary data"
    {
        return Err(not_one(kind));
    }
    let mut length = [0u8; 8];
    let got = input::read_full(&mut file, &mut length).map_err(Error::io("read", path))?;
    if got < 8 {
        return Err(not_one(&format!("a file of {size} bytes")));
    }
    let length = u64::from_le_bytes(length);
    if length > MAX_HEADER {
        return Err(not_one("other data"));
    }
    if length > size.saturating_sub(8) {
        return Err(not_one("a truncated header"));
    }
    let mut header = vec![0u8; length as usize];
    file.read_exact(&mut header)
        .map_err(Error::io("read", path))?;
    let mut tensors: BTreeMap<String, serde_json::Value> =
        serde_json::from_slice(&header).map_err(|_| not_one("a header that is not JSON"))?;
    tensors.remove("__metadata__");
    let tensors = tensors
        .into_iter()
        .map(|(name, info)| Some((name, serde_json::from_value(info).ok()?)))
        .collect::<Option<BTreeMap<String, TensorInfo>>>()
        .ok_or_else(|| not_one("a header that does not describe tensors"))?;
    let data_start = 8 + length;
    let data_end = tensors.values().map(|t| t.data_offsets.1 as u64).max();
    if data_end.is_some_and(|end| end > size - data_start) {
        return Err(not_one(&format!(
            "{} bytes of data, although the header lists {}",
            size - data_start,
            data_end.unwrap_or(0)
        )));
    }
    Ok(Opened {
        file,
        tensors,
        data_start,
    })
}

/// Reads a 2-D tensor; without a name, the only tensor of the file. An `.index.json` leads to the
/// file with the tensor.
pub(super) fn read(
    path: &Path,
    tensor: Option<&str>,
    value_bits: u32,
    gather: Option<&Gather>,
    meter: &Meter<'_>,
) -> Result<RawTable> {
    let (path, tensor) = index::lead(path, tensor)?;
    let path = path.as_path();
    let Opened {
        mut file,
        tensors,
        data_start,
    } = open(path)?;
    let (name, info) = choose(path, tensor.as_deref(), &tensors, SHOWN)?;
    let place = Place {
        path,
        array: Some(name),
    };
    let ((rows, dim), dtype, bfloat16) = described(place, info, &tensors)?;
    let (start, end) = (info.data_offsets.0 as u64, info.data_offsets.1 as u64);
    let bytes = (u64::from(rows) * u64::from(dim)).checked_mul(dtype.size as u64);
    if end.checked_sub(start) != bytes {
        return Err(place.error(
            format!("data from {start} to {end}"),
            format!("{rows} x {dim} elements of {}", info.dtype),
            "the header is damaged; write the file again",
        ));
    }
    file.seek(SeekFrom::Start(data_start + start))
        .map_err(Error::io("read", path))?;
    let encoding = Encoding {
        dtype,
        bfloat16,
        fortran_order: false,
    };
    raw::decode(
        &mut file.take(end - start),
        place,
        (rows, dim),
        encoding,
        (value_bits, gather),
        meter,
    )
}

fn element_type(place: Place<'_>, dtype: StDtype) -> Result<(Dtype, bool)> {
    let plain = |kind, size| Dtype {
        kind,
        size,
        big_endian: false,
    };
    Ok(match dtype {
        StDtype::I8 => (plain(Kind::Int, 1), false),
        StDtype::I16 => (plain(Kind::Int, 2), false),
        StDtype::I32 => (plain(Kind::Int, 4), false),
        StDtype::I64 => (plain(Kind::Int, 8), false),
        StDtype::F16 => (plain(Kind::Float, 2), false),
        StDtype::BF16 => (plain(Kind::Uint, 2), true),
        StDtype::F32 => (plain(Kind::Float, 4), false),
        StDtype::F64 => (plain(Kind::Float, 8), false),
        StDtype::U8 => {
            return Err(place.error(
                "U8 elements, as row-wise quantised tables have (FBGEMM 8-bit rows, quint8)",
                "integers or floats with one scale for the whole table",
                FUSED_ROWS,
            ));
        }
        other => {
            return Err(place.error(
                format!("{other} elements"),
                "I8, I16, I32, I64, F16, BF16, F32 or F64",
                "convert it with `.to(torch.float32)`",
            ));
        }
    })
}

/// Refuses an integer table if the file also has a scale or zero point for each of its rows: rows
/// with different scales cannot be summed.
fn refuse_row_scales(
    place: Place<'_>,
    rows: u32,
    tensors: &BTreeMap<String, TensorInfo>,
) -> Result<()> {
    let a_row_each = |info: &TensorInfo| {
        rows > 1 && matches!(info.shape.as_slice(), [n] | [n, 1] if *n == rows as usize)
    };
    let scale = tensors.iter().find(|(name, info)| {
        let name = name.to_lowercase();
        a_row_each(info) && (name.contains("scale") || name.contains("zero_point"))
    });
    match scale {
        None => Ok(()),
        Some((name, _)) => Err(place.error(
            format!("a row-wise quantised table: `{name}` has a value for each row"),
            "integers or floats with one scale for the whole table",
            ROW_SCALES,
        )),
    }
}
