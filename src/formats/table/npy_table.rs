//! Tables in `.npy` files.

use std::path::Path;

use super::gather::Gather;
use super::meter::Meter;
use super::raw::{self, Encoding, FUSED_ROWS, RawTable};
use crate::error::Result;
use crate::formats::input;
use crate::formats::npy::{self, Dtype, Header, Kind, Place};

/// Rows and elements, from the header alone. An array that is no table is refused.
pub(super) fn size(path: &Path) -> Result<(u32, u32)> {
    let place = Place { path, array: None };
    let header = npy::read_header(&mut input::open(path)?, place)?;
    Ok(described(&header, place)?.0)
}

/// What the header says of a table: rows and elements, and their type.
fn described(header: &Header, place: Place<'_>) -> Result<((u32, u32), Dtype)> {
    let dtype = match header.dtype {
        Some(d) if d.kind == Kind::Uint && d.size == 1 => {
            return Err(place.error(
                "uint8 elements, as row-wise quantised tables have (FBGEMM 8-bit rows, quint8)",
                "integers or floats with one scale for the whole table",
                FUSED_ROWS,
            ));
        }
        Some(d) if d.kind != Kind::Uint => d,
        None if header.descr.ends_with("V2") => {
            return Err(place.error(
                format!("{} elements, as NumPy saves bfloat16", header.type_name()),
                "int8, int16, int32, int64, float16, float32 or float64",
                "save `tensor.float().numpy()`, or give the tensor as .safetensors",
            ));
        }
        _ => {
            return Err(place.error(
                format!("{} elements", header.type_name()),
                "int8, int16, int32, int64, float16, float32 or float64",
                "convert it with `.astype(numpy.float32)`",
            ));
        }
    };
    let shape = raw::two_axes(place, &header.shape, &header.shape_text())?;
    Ok((shape, dtype))
}

/// Reads a 2-D array of integers or floats.
pub(super) fn read(
    path: &Path,
    value_bits: u32,
    gather: Option<&Gather>,
    meter: &Meter<'_>,
) -> Result<RawTable> {
    let place = Place { path, array: None };
    let mut file = input::open(path)?;
    let header = npy::read_header(&mut file, place)?;
    let (shape, dtype) = described(&header, place)?;
    let size = file.get_ref().metadata().map_or(0, |m| m.len());
    let bytes = u64::from(shape.0)
        .saturating_mul(u64::from(shape.1))
        .saturating_mul(dtype.size as u64);
    if bytes > size {
        return Err(place.error(
            format!("a file of {size} bytes"),
            format!(
                "more than {bytes}: shape {} of {}",
                header.shape_text(),
                header.type_name()
            ),
            "the file is truncated; write or copy it again",
        ));
    }
    let encoding = Encoding {
        dtype,
        bfloat16: false,
        fortran_order: header.fortran_order,
    };
    raw::decode(
        &mut file,
        place,
        shape,
        encoding,
        (value_bits, gather),
        meter,
    )
}
