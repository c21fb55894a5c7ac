//! Writers for NumPy arrays: one in an `.npy` file, or several in an `.npz` archive, which is a zip
//! file without compression. The same arrays give the same bytes.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::error::Result;
use crate::formats::npy::write_header;
use crate::io::write_atomic;

/// The elements of an array, row-major.
pub(crate) enum Elements<'a> {
    /// `int64`.
    Int(Box<dyn Iterator<Item = i64> + 'a>),
    /// `float64`.
    Float(Box<dyn Iterator<Item = f64> + 'a>),
}

impl<'a> Elements<'a> {
    /// `int64` elements.
    pub(crate) fn int(elements: impl IntoIterator<Item = i64, IntoIter: 'a>) -> Self {
        Elements::Int(Box::new(elements.into_iter()))
    }

    /// `float64` elements.
    pub(crate) fn float(elements: impl IntoIterator<Item = f64, IntoIter: 'a>) -> Self {
        Elements::Float(Box::new(elements.into_iter()))
    }
}

/// An array: as many elements as the shape has.
pub(crate) struct Array<'a> {
    pub(crate) shape: Vec<u64>,
    pub(crate) elements: Elements<'a>,
}

impl Array<'_> {
    fn write_to(self, out: &mut dyn Write) -> io::Result<()> {
        let mut written = 0u64;
        let descr = match &self.elements {
            Elements::Int(_) => "<i8",
            Elements::Float(_) => "<f8",
        };
        write_header(out, descr, &self.shape)?;
        let mut write = |bytes: [u8; 8]| {
            written += 1;
            out.write_all(&bytes)
        };
        match self.elements {
            Elements::Int(mut all) => all.try_for_each(|v| write(v.to_le_bytes())),
            Elements::Float(mut all) => all.try_for_each(|v| write(v.to_le_bytes())),
        }?;
        let expected: u64 = self.shape.iter().product();
        if written != expected {
            let shape = &self.shape;
            return Err(io::Error::other(format!(
                "{written} elements for an array of shape {shape:?}, which is a defect of recross"
            )));
        }
        Ok(())
    }
}

/// Writes an array as `.npy`, atomically.
///
/// # Errors
/// [`crate::Error::Io`] if writing fails.
pub(crate) fn write_npy(path: &Path, array: Array<'_>) -> Result<()> {
    write_atomic(path, |out| array.write_to(out))
}

/// Writes arrays with their names as `.npz`, atomically.
///
/// # Errors
/// [`crate::Error::Io`] if writing fails.
pub(crate) fn write_npz(path: &Path, arrays: Vec<(&str, Array<'_>)>) -> Result<()> {
    // The default date of an entry is fixed. Sizes beyond 4 GiB need 64-bit fields.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .large_file(true);
    write_atomic(path, |out| {
        let mut zip = ZipWriter::new_stream(out);
        for (name, array) in arrays {
            zip.start_file(format!("{name}.npy"), options)
                .map_err(zip_io)?;
            let mut buffer = BufWriter::with_capacity(1 << 16, &mut zip);
            array.write_to(&mut buffer)?;
            buffer.flush()?;
        }
        zip.finish().map_err(zip_io)?;
        Ok(())
    })
}

/// The system's error, if it was one.
pub(crate) fn zip_io(e: ZipError) -> io::Error {
    match e {
        ZipError::Io(e) => e,
        other => io::Error::other(other),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn arrays() -> Vec<(&'static str, Array<'static>)> {
        let values = Array {
            shape: vec![2, 3],
            elements: Elements::int([1, -2, i64::MAX, i64::MIN, 0, 7]),
        };
        let scale = Array {
            shape: vec![2],
            elements: Elements::float([0.5, 1.0]),
        };
        vec![("values", values), ("scale", scale)]
    }

    #[test]
    fn archives_are_deterministic_stored_and_another_library_reads_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/a.npz");
        write_npz(&path, arrays()).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        write_npz(&path, arrays()).unwrap();
        assert_eq!(bytes, std::fs::read(&path).unwrap());
        let mut zip = zip::ZipArchive::new(io::Cursor::new(bytes)).unwrap();
        let entry = zip.by_name("values.npy").unwrap();
        assert_eq!(entry.compression(), CompressionMethod::Stored);
        let date = entry.last_modified().unwrap();
        assert_eq!((date.year(), date.month(), date.day()), (1980, 1, 1));
        let array = npyz::NpyFile::new(entry).unwrap();
        assert_eq!(array.shape(), [2, 3]);
        assert_eq!(
            array.into_vec::<i64>().unwrap(),
            [1, -2, i64::MAX, i64::MIN, 0, 7]
        );
        let array = npyz::NpyFile::new(zip.by_name("scale.npy").unwrap()).unwrap();
        assert_eq!(array.shape(), [2]);
        assert_eq!(array.into_vec::<f64>().unwrap(), [0.5, 1.0]);
    }

    #[test]
    fn an_array_of_another_size_than_its_shape_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let array = |n| Array {
            shape: vec![2, 2],
            elements: Elements::int(0..n),
        };
        assert!(write_npy(&path, array(3)).is_err());
        assert!(!path.exists());
        write_npy(&path, array(4)).unwrap();
        let back = crate::formats::npy::read_npy_i64(&path).unwrap();
        assert_eq!(back, (2, 2, vec![0, 1, 2, 3]));
    }
}
