//! NumPy's `.npy` format: a header reader that is safe on any input, typed element decoding, and
//! the writer of result files.
//!
//! Format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.

use std::io::{self, Read, Write};
use std::path::Path;

use crate::error::{At, Error, Result};
use crate::{formats::input, io::write_atomic};

/// Longest header that is read, in bytes. NumPy itself refuses headers above 10,000 bytes.
const MAX_HEADER: usize = 1 << 16;

/// Bytes per read.
const CHUNK: usize = 1 << 16;

/// Element type of an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Signed integer.
    Int,
    /// Unsigned integer.
    Uint,
    /// IEEE 754 float.
    Float,
}

/// Element type with its size and byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dtype {
    /// Kind of number.
    pub kind: Kind,
    /// Bytes of one element: 1, 2, 4 or 8.
    pub size: usize,
    /// Whether the most significant byte comes first.
    pub big_endian: bool,
}

impl Dtype {
    /// `<f4`, which most tables have.
    pub(crate) const FLOAT32: Dtype = Dtype {
        kind: Kind::Float,
        size: 4,
        big_endian: false,
    };
}

/// The contents of an `.npy` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The element type as written (`<f4`).
    pub descr: String,
    /// The element type, if it is a plain number.
    pub dtype: Option<Dtype>,
    /// Whether the first axis varies fastest.
    pub fortran_order: bool,
    /// Length of each axis.
    pub shape: Vec<u64>,
}

impl Header {
    /// NumPy's name of the element type, or the type as written.
    pub fn type_name(&self) -> String {
        match self.dtype {
            Some(d) => {
                let kind = match d.kind {
                    Kind::Int => "int",
                    Kind::Uint => "uint",
                    Kind::Float => "float",
                };
                format!("{kind}{}", d.size * 8)
            }
            None => format!("type {}", self.descr),
        }
    }

    /// The shape as NumPy prints it.
    pub fn shape_text(&self) -> String {
        let parts: Vec<String> = self.shape.iter().map(u64::to_string).collect();
        match parts.as_slice() {
            [one] => format!("({one},)"),
            _ => format!("({})", parts.join(", ")),
        }
    }
}

/// An array for messages: a file, or an array of an archive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The file.
    pub path: &'a Path,
    /// The array's name inside an archive.
    pub array: Option<&'a str>,
}

impl Place<'_> {
    pub(crate) fn error(
        &self,
        found: impl Into<String>,
        expected: impl Into<String>,
        help: impl Into<String>,
    ) -> Error {
        let at = match self.array {
            Some(name) => At::Key(name.to_owned()),
            None => At::File,
        };
        Error::input(self.path, at, found, expected, help)
    }

    pub(crate) fn read_error(&self, e: io::Error) -> Error {
        match input::damage(&e, "data") {
            Some(what) => self.error(
                what,
                "a complete array",
                "the file is damaged or truncated; write or copy it again",
            ),
            None => Error::io("read", self.path)(e),
        }
    }
}

/// Reads a header and leaves the stream at the first element.
///
/// # Errors
/// [`Error::Input`] if it is not an `.npy` header, or if it is truncated.
pub(crate) fn read_header(input: &mut impl Read, place: Place<'_>) -> Result<Header> {
    let mut start = [0u8; 10];
    let got = input::read_full(input, &mut start).map_err(|e| place.read_error(e))?;
    if !start.starts_with(b"\x93NUMPY") {
        let found = match input::kind(&start[..got]) {
            Some(kind) => kind,
            None if got == 0 => "an empty file",
            None => "other data",
        };
        return Err(place.error(found, "an `.npy` array", "write it with `numpy.save`"));
    }
    let short = |_| {
        place.error(
            "a truncated header",
            "a complete array",
            "the file is truncated; write or copy it again",
        )
    };
    if got < start.len() {
        return Err(short(()));
    }
    let mut length = usize::from(u16::from_le_bytes([start[8], start[9]]));
    match start[6] {
        1 => {}
        2 | 3 => {
            let mut more = [0u8; 2];
            input.read_exact(&mut more).map_err(|_| short(()))?;
            length |= usize::from(u16::from_le_bytes(more)) << 16;
        }
        version => {
            return Err(place.error(
                format!("`.npy` format version {version}"),
                "version 1, 2 or 3",
                "write it with a current NumPy",
            ));
        }
    }
    if length > MAX_HEADER {
        return Err(place.error(
            format!("a header of {length} bytes"),
            format!("at most {MAX_HEADER}"),
            "write it with `numpy.save`",
        ));
    }
    let mut text = vec![0u8; length];
    input.read_exact(&mut text).map_err(|_| short(()))?;
    let text = String::from_utf8_lossy(&text);
    parse_header(&text).ok_or_else(|| {
        place.error(
            format!("the header `{}`", text.trim().escape_debug()),
            "`descr`, `fortran_order` and `shape`",
            "write it with `numpy.save`",
        )
    })
}

/// Parses the three keys of the header's Python dictionary.
fn parse_header(text: &str) -> Option<Header> {
    let after = |key: &str| {
        ["'", "\""].iter().find_map(|quote| {
            let key = format!("{quote}{key}{quote}");
            let rest = &text[text.find(&key)? + key.len()..];
            rest.trim_start().strip_prefix(':').map(str::trim_start)
        })
    };
    let descr = after("descr")?;
    let descr = match descr.chars().next()? {
        quote @ ('\'' | '"') => descr[1..].split(quote).next()?.to_owned(),
        // A structured type: a list of fields.
        '[' => format!("{}]", descr.split(']').next()?),
        _ => return None,
    };
    let order = after("fortran_order")?;
    let fortran_order = match order {
        o if o.starts_with("True") => true,
        o if o.starts_with("False") => false,
        _ => return None,
    };
    let (shape, _) = after("shape")?.strip_prefix('(')?.split_once(')')?;
    let shape = shape
        .split(',')
        .map(|n| n.trim().trim_end_matches('L'))
        .filter(|n| !n.is_empty())
        .map(|n| n.parse().ok())
        .collect::<Option<Vec<u64>>>()?;
    Some(Header {
        dtype: parse_dtype(&descr),
        descr,
        fortran_order,
        shape,
    })
}

fn parse_dtype(descr: &str) -> Option<Dtype> {
    let mut chars = descr.chars();
    let big_endian = match chars.next()? {
        '<' | '|' => false,
        '>' => true,
        '=' => cfg!(target_endian = "big"),
        _ => return None,
    };
    let kind = match chars.next()? {
        'i' => Kind::Int,
        'u' => Kind::Uint,
        'f' => Kind::Float,
        _ => return None,
    };
    let size = match chars.as_str() {
        "1" if kind != Kind::Float => 1,
        "2" => 2,
        "4" => 4,
        "8" => 8,
        _ => return None,
    };
    Some(Dtype {
        kind,
        size,
        big_endian,
    })
}

/// Calls `each` for each of `count` elements, with its bytes in little-endian order, zero-padded.
///
/// # Errors
/// [`Error::Input`] if the stream does not end after exactly `count` elements; any error of `each`.
pub(crate) fn for_each_element(
    input: &mut impl Read,
    place: Place<'_>,
    dtype: Dtype,
    count: u64,
    mut each: impl FnMut([u8; 8]) -> Result<()>,
) -> Result<()> {
    for_each_chunk(input, place, dtype, count, |bytes| match dtype.size {
        1 => words::<1>(bytes, dtype, &mut each),
        2 => words::<2>(bytes, dtype, &mut each),
        4 => words::<4>(bytes, dtype, &mut each),
        _ => words::<8>(bytes, dtype, &mut each),
    })
}

/// Calls `each` with the bytes of the next elements, until `count` elements are read.
///
/// # Errors
/// As [`for_each_element`].
pub(crate) fn for_each_chunk(
    input: &mut impl Read,
    place: Place<'_>,
    dtype: Dtype,
    count: u64,
    mut each: impl FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let mut chunk = vec![0u8; CHUNK];
    let mut left = count;
    while left > 0 {
        let want = left.min((CHUNK / dtype.size) as u64) as usize;
        let bytes = &mut chunk[..want * dtype.size];
        let got = input::read_full(input, bytes).map_err(|e| place.read_error(e))?;
        if got < bytes.len() {
            let done = count - left + (got / dtype.size) as u64;
            return Err(place.error(
                format!("{done} elements"),
                format!("{count}, the number in the header"),
                "the file is truncated; write or copy it again",
            ));
        }
        each(bytes)?;
        left -= want as u64;
    }
    // Reading to the end also makes a zip archive verify its checksum.
    let more = input::read_full(input, &mut [0u8; 1]).map_err(|e| place.read_error(e))?;
    if more > 0 {
        return Err(place.error(
            format!("more than {count} elements"),
            format!("{count}, the number in the header"),
            "write it again with `numpy.save`",
        ));
    }
    Ok(())
}

/// Calls `each` for elements of `N` bytes, which the compiler has to know to copy them fast.
#[inline]
fn words<const N: usize>(
    bytes: &[u8],
    dtype: Dtype,
    each: &mut impl FnMut([u8; 8]) -> Result<()>,
) -> Result<()> {
    for element in bytes.chunks_exact(N) {
        let mut word = [0u8; 8];
        word[..N].copy_from_slice(element);
        if dtype.big_endian {
            word[..N].reverse();
        }
        each(word)?;
    }
    Ok(())
}

/// An integer element from the bytes of [`for_each_element`]; the bits of a float.
pub(crate) fn integer(word: [u8; 8], dtype: Dtype) -> i128 {
    let raw = u64::from_le_bytes(word);
    let spare = 64 - 8 * dtype.size as u32;
    match dtype.kind {
        Kind::Int => i128::from(((raw << spare) as i64) >> spare),
        Kind::Uint | Kind::Float => i128::from(raw),
    }
}

/// An element from the bytes of [`for_each_element`] as a float; integers are converted.
pub(crate) fn float(word: [u8; 8], dtype: Dtype) -> f64 {
    let raw = u64::from_le_bytes(word);
    match (dtype.kind, dtype.size) {
        (Kind::Float, 2) => half::f16::from_bits(raw as u16).to_f64(),
        (Kind::Float, 4) => f64::from(f32::from_bits(raw as u32)),
        (Kind::Float, _) => f64::from_bits(raw),
        _ => integer(word, dtype) as f64,
    }
}

/// Writes a version 1 header, padded so that the data starts at a multiple of 64.
pub(crate) fn write_header(out: &mut dyn Write, descr: &str, shape: &[u64]) -> io::Result<()> {
    let axes: String = shape.iter().map(|n| format!("{n},")).collect();
    let axes = match shape {
        [_] => axes,
        _ => axes.trim_end_matches(',').replace(',', ", "),
    };
    let mut text =
        format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({axes}), }}").into_bytes();
    let unpadded = 10 + text.len() + 1;
    text.resize(text.len() + unpadded.next_multiple_of(64) - unpadded, b' ');
    text.push(b'\n');
    let length = u16::try_from(text.len()).map_err(io::Error::other)?;
    out.write_all(b"\x93NUMPY\x01\x00")?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(&text)
}

/// Writes a result file: `rows x dim` int64 elements, row-major, as `.npy`, atomically.
///
/// # Errors
/// [`Error::Argument`] if `data` is not `rows * dim` long, [`Error::Io`] if writing fails.
pub fn write_npy_i64(path: &Path, rows: u64, dim: u32, data: &[i64]) -> Result<()> {
    if rows.checked_mul(u64::from(dim)) != Some(data.len() as u64) {
        return Err(Error::argument(
            "data",
            format!("{} elements", data.len()),
            format!("{rows} rows of {dim}"),
            "",
        ));
    }
    write_atomic(path, |out| {
        write_header(out, "<i8", &[rows, u64::from(dim)])?;
        data.iter()
            .try_for_each(|v| out.write_all(&v.to_le_bytes()))
    })
}

/// Reads a file that [`write_npy_i64`] wrote: `(rows, dim, elements)`.
///
/// # Errors
/// [`Error::Io`] if it cannot be read, [`Error::Input`] if it is not a 2-D int64 array in C order.
pub fn read_npy_i64(path: &Path) -> Result<(u64, u32, Vec<i64>)> {
    let place = Place { path, array: None };
    let mut file = input::open(path)?;
    let header = read_header(&mut file, place)?;
    let wrong = || {
        place.error(
            format!("{} of shape {}", header.type_name(), header.shape_text()),
            "a 2-D int64 array in C order",
            "name an `outputs.npy` that recross wrote",
        )
    };
    let (&[rows, dim], Some(dtype), false) =
        (header.shape.as_slice(), header.dtype, header.fortran_order)
    else {
        return Err(wrong());
    };
    let (Ok(width), Some(count)) = (u32::try_from(dim), rows.checked_mul(dim)) else {
        return Err(wrong());
    };
    if dtype.kind != Kind::Int || dtype.size != 8 {
        return Err(wrong());
    }
    let mut data = Vec::new();
    for_each_element(&mut file, place, dtype, count, |word| {
        data.push(i64::from_le_bytes(word));
        Ok(())
    })?;
    Ok((rows, width, data))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use npyz::WriterBuilder;

    #[test]
    fn a_result_file_reads_back_here_and_with_another_library() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/outputs.npy");
        let data = [1, -2, i64::MAX, i64::MIN, 0, 7];
        write_npy_i64(&path, 3, 2, &data).unwrap();
        assert_eq!(read_npy_i64(&path).unwrap(), (3, 2, data.to_vec()));
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(
            (bytes.len() - 48) % 64,
            0,
            "data starts at a multiple of 64"
        );
        let other = npyz::NpyFile::new(&bytes[..]).unwrap();
        assert_eq!(other.shape(), [3, 2]);
        assert_eq!(other.into_vec::<i64>().unwrap(), data);
        assert!(write_npy_i64(&path, 2, 2, &data).is_err());
    }

    #[test]
    fn headers_of_another_library_are_read() {
        let mut bytes = Vec::new();
        let mut writer = npyz::WriteOptions::<u16>::new()
            .dtype(npyz::DType::Plain(">u2".parse().unwrap()))
            .order(npyz::Order::Fortran)
            .shape(&[2, 1])
            .writer(&mut bytes)
            .begin_nd()
            .unwrap();
        writer.extend([1u16, 515]).unwrap();
        writer.finish().unwrap();
        let place = Place {
            path: Path::new("a.npy"),
            array: None,
        };
        let mut input = &bytes[..];
        let header = read_header(&mut input, place).unwrap();
        assert_eq!(header.shape, [2, 1]);
        assert!(header.fortran_order);
        let dtype = header.dtype.unwrap();
        let mut seen = Vec::new();
        for_each_element(&mut input, place, dtype, 2, |w| {
            seen.push(integer(w, dtype));
            Ok(())
        })
        .unwrap();
        assert_eq!(seen, [1, 515]);
    }

    #[test]
    fn damaged_headers_are_refused_without_panic() {
        let mut whole = Vec::new();
        write_header(&mut whole, "<i8", &[3, 2]).unwrap();
        let place = Place {
            path: Path::new("a.npy"),
            array: None,
        };
        for cut in 0..whole.len() {
            assert!(read_header(&mut &whole[..cut], place).is_err(), "{cut}");
        }
        for at in 0..whole.len() {
            for byte in [0, b'(', b'\'', 0xff] {
                let mut bad = whole.clone();
                bad[at] = byte;
                let _ = read_header(&mut &bad[..], place);
            }
        }
        let message = |bytes: &[u8]| read_header(&mut &bytes[..], place).unwrap_err().to_string();
        insta::assert_snapshot!(message(&whole[..20]), @"a.npy: found a truncated header, expected a complete array");
        insta::assert_snapshot!(message(b"PK\x03\x04 etc etc"), @"a.npy: found a zip archive (`.npz`, or a PyTorch checkpoint), expected an `.npy` array");
        insta::assert_snapshot!(message(b""), @"a.npy: found an empty file, expected an `.npy` array");
        insta::assert_snapshot!(message(b"\x93NUMPY\x09\x00\x10\x00"), @"a.npy: found `.npy` format version 9, expected version 1, 2 or 3");
        insta::assert_snapshot!(message(b"\x93NUMPY\x01\x00\x04\x00{}  "), @"a.npy: found the header `{}`, expected `descr`, `fortran_order` and `shape`");
    }
}
