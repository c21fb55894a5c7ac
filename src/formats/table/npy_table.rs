//! Tables in `.npy` files.

use std::path::Path;

use super::raw::{self, Encoding, ROW_WISE, RawTable};
use crate::error::Result;
use crate::formats::input;
use crate::formats::npy::{self, Kind, Place};

/// Rows and elements, from the header alone.
pub(super) fn size(path: &Path) -> Result<(u32, u32)> {
    let place = Place { path, array: None };
    let header = npy::read_header(&mut input::open(path)?, place)?;
    raw::two_axes(place, &header.shape, &header.shape_text())
}

/// Reads a 2-D array of integers or floats.
pub(super) fn read(path: &Path, value_bits: u32) -> Result<RawTable> {
    let place = Place { path, array: None };
    let mut file = input::open(path)?;
    let header = npy::read_header(&mut file, place)?;
    let dtype = match header.dtype {
        Some(d) if d.kind == Kind::Uint && d.size == 1 => {
            return Err(place.error(
                "uint8 elements, as row-wise quantised tables have (FBGEMM 8-bit rows, quint8)",
                "integers or floats with one scale for the whole table",
                ROW_WISE,
            ));
        }
        Some(d) if d.kind != Kind::Uint => d,
        _ => {
            return Err(place.error(
                format!("{} elements", header.type_name()),
                "int8, int16, int32, int64, float16, float32 or float64",
                "convert it with `.astype(numpy.float32)`",
            ));
        }
    };
    let shape = raw::two_axes(place, &header.shape, &header.shape_text())?;
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
    raw::decode(&mut file, place, shape, encoding, value_bits)
}
