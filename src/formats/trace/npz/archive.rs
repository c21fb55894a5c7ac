//! Reads the arrays of a zip archive, element by element.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use crate::error::{At, Error, Result};
use crate::formats::npy::{self, Dtype, Header, Kind, Place};

/// Largest compression ratio of Deflate. An array that would need a larger one is refused.
const MAX_DEFLATE_RATIO: u64 = 1032;

/// An open `.npz`.
pub(super) struct Archive<'a> {
    zip: ZipArchive<BufReader<File>>,
    path: &'a Path,
    size: u64,
    names: Vec<String>,
}

impl<'a> Archive<'a> {
    pub(super) fn open(path: &'a Path, file: BufReader<File>) -> Result<Self> {
        let size = file.get_ref().metadata().map_or(0, |m| m.len());
        let zip = ZipArchive::new(file).map_err(|e| zip_error(path, e))?;
        let mut names: Vec<String> = zip
            .file_names()
            .filter_map(|name| Some(name.ok()?.strip_suffix(".npy")?.to_owned()))
            .collect();
        names.sort();
        Ok(Archive {
            zip,
            path,
            size,
            names,
        })
    }

    /// Whether the archive has an array of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|n| n == name)
    }

    /// An array, for messages.
    pub(super) fn place<'n>(&self, name: &'n str) -> Place<'n>
    where
        'a: 'n,
    {
        Place {
            path: self.path,
            array: Some(name),
        }
    }

    /// Number of elements of a 1-D integer array.
    pub(super) fn length(&mut self, name: &str) -> Result<u64> {
        Ok(self.array(name)?.1)
    }

    /// Calls `each(place, position, value)` for each element of a 1-D integer array.
    pub(super) fn each(
        &mut self,
        name: &str,
        mut each: impl FnMut(Place<'_>, u64, i128) -> Result<()>,
    ) -> Result<()> {
        let place = self.place(name);
        let (mut entry, count, dtype) = self.array(name)?;
        let mut at = 0u64;
        npy::for_each_element(&mut entry, place, dtype, count, |word| {
            each(place, at, npy::integer(word, dtype))?;
            at += 1;
            Ok(())
        })
    }

    /// The header of an array of any kind.
    pub(super) fn header(&mut self, name: &str) -> Result<Header> {
        let place = self.place(name);
        npy::read_header(&mut self.entry(name)?, place)
    }

    /// The bytes of an array's file.
    fn entry(&mut self, name: &str) -> Result<impl Read> {
        let place = self.place(name);
        if !self.has(name) {
            let there = match self.names.as_slice() {
                [] => "no array".to_owned(),
                names => format!("no such array (the file has {})", names.join(", ")),
            };
            let expected = match name {
                "indices" => "an array `indices` (or `values`)".to_owned(),
                "offsets" => "an array `offsets` or `lengths`".to_owned(),
                _ => format!("an array `{name}`"),
            };
            return Err(place.error(
                there,
                expected,
                "save it with `numpy.savez(path, indices=..., offsets=...)`",
            ));
        }
        let entry = self
            .zip
            .by_name(&format!("{name}.npy"))
            .map_err(|e| zip_error(self.path, e))?;
        // Nothing else tells the number before data is read.
        #[allow(deprecated)]
        match entry.compression() {
            CompressionMethod::Unsupported(method) => Err(unsupported_method(self.path, method)),
            _ => Ok(entry),
        }
    }

    /// A 1-D integer array: its data stream, number of elements and element type.
    fn array(&mut self, name: &str) -> Result<(impl Read, u64, Dtype)> {
        let place = self.place(name);
        let size = self.size;
        let mut entry = self.entry(name)?;
        let header = npy::read_header(&mut entry, place)?;
        let &[count] = header.shape.as_slice() else {
            return Err(not_a_list(place, name, &header));
        };
        let dtype = match header.dtype {
            Some(d) if d.kind != Kind::Float => d,
            _ => {
                return Err(place.error(
                    format!("{} elements", header.type_name()),
                    "an integer array",
                    "convert it with `.astype(numpy.int64)`",
                ));
            }
        };
        let most = size.saturating_mul(MAX_DEFLATE_RATIO);
        if count.saturating_mul(dtype.size as u64) > most {
            return Err(place.error(
                format!("{count} elements in a file of {size} bytes"),
                "no more than the file can hold",
                "the file is damaged; write it again",
            ));
        }
        Ok((entry, count, dtype))
    }
}

fn not_a_list(place: Place<'_>, name: &str, header: &Header) -> Error {
    let help = match name {
        "offsets" => {
            "give one list of starts for all bags; where each row is a table (DLRM's `lS_o`), save \
             the number of lookups of each bag as `lengths`, one table after the other, with the \
             indices in the same order, and give --tables"
        }
        "lengths" => {
            "where each row is a table, save `lengths.reshape(-1)`, and give --tables (their number)"
        }
        _ => {
            "pass the ids of all bags in one array, with offsets; for 2-D indices (bags of equal \
             size) use `indices.reshape(-1)` with offsets `arange(0, B * L + 1, L)`"
        }
    };
    place.error(
        format!("an array of shape {}", header.shape_text()),
        "a 1-D array",
        help,
    )
}

fn zip_error(path: &Path, e: ZipError) -> Error {
    let found = match e {
        ZipError::Io(e) if e.raw_os_error().is_some() => return Error::io("read", path)(e),
        ZipError::UnsupportedArchive(what) => format!("an unsupported zip archive ({what})"),
        ZipError::InvalidPassword => "an encrypted zip archive".to_owned(),
        ZipError::CompressionMethodNotSupported(n) => return unsupported_method(path, n),
        _ => "a damaged or truncated zip archive".to_owned(),
    };
    Error::input(
        path,
        At::File,
        found,
        "a complete `.npz` archive",
        "write it with `numpy.savez` or `numpy.savez_compressed`, or copy it again",
    )
}

fn unsupported_method(path: &Path, number: u16) -> Error {
    Error::input(
        path,
        At::File,
        format!("zip compression method {}", method_name(number)),
        "stored or deflated arrays",
        "write it with `numpy.savez` or `numpy.savez_compressed`",
    )
}

/// A compression method of zip archives, with its number.
fn method_name(number: u16) -> String {
    let name = match number {
        1 => "Shrink",
        6 => "Implode",
        9 => "Deflate64",
        12 => "bzip2",
        14 => "LZMA",
        20 | 93 => "Zstandard",
        95 => "xz",
        96 => "JPEG",
        97 => "WavPack",
        98 => "PPMd",
        99 => "AES encryption",
        _ => return number.to_string(),
    };
    format!("{number} ({name})")
}
