//! Opens input files and identifies them by their first bytes.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use crate::error::{At, Error, Result};

/// Opens a file for buffered reading.
///
/// # Errors
/// [`Error::Io`] if it cannot be opened, [`Error::Input`] for a folder.
pub(crate) fn open(path: &Path) -> Result<BufReader<File>> {
    let file = File::open(path).map_err(Error::io("read", path))?;
    let metadata = file.metadata().map_err(Error::io("read", path))?;
    if metadata.is_dir() {
        return Err(Error::input(
            path,
            At::File,
            "a folder",
            "a file",
            "name a file inside it",
        ));
    }
    Ok(BufReader::with_capacity(1 << 16, file))
}

/// The first bytes of a buffered stream, without consuming them.
pub(crate) fn peek<'a>(input: &'a mut impl BufRead, path: &Path) -> Result<&'a [u8]> {
    input.fill_buf().map_err(Error::io("read", path))
}

/// The kind of a file that is not text, from its first bytes; `None` if it may be text.
pub(crate) fn kind(head: &[u8]) -> Option<&'static str> {
    const MAGIC: &[(&[u8], &str)] = &[
        (b"\x1f\x8b", "gzip data"),
        (b"\x28\xb5\x2f\xfd", "zstd data"),
        (
            b"PK\x03\x04",
            "a zip archive (`.npz`, or a PyTorch checkpoint)",
        ),
        (b"PK\x05\x06", "an empty zip archive"),
        (b"\x93NUMPY", "an `.npy` array"),
        (b"BZh", "bzip2 data"),
        (b"\xfd7zXZ\x00", "xz data"),
        (b"\x7fELF", "a program"),
        (b"\x89PNG", "a picture"),
        (b"\x89HDF", "an HDF5 file"),
        (b"PAR1", "a Parquet file"),
        (b"\x80\x02", "a pickle (an old PyTorch checkpoint)"),
    ];
    MAGIC
        .iter()
        .find(|(magic, _)| head.starts_with(magic))
        .map(|&(_, name)| name)
        .or_else(|| (looks_like_safetensors(head)).then_some("a `.safetensors` file"))
        .or_else(|| {
            let start = &head[..head.len().min(4096)];
            let binary = start.contains(&0) && start.iter().any(|&byte| is_control(byte));
            binary.then_some("binary data")
        })
}

/// Whether a byte stands in no text. Zeros alone do not count: a text may have stray ones, and text
/// in UTF-16 has many.
fn is_control(byte: u8) -> bool {
    matches!(byte, 1..=8 | 14..=26 | 28..=31)
}

/// Whether data starts with the mark of UTF-16.
pub(crate) fn is_utf16(head: &[u8]) -> bool {
    head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff")
}

/// Refuses a pipe, for formats that are not read from the first byte to the last; `why` says so.
pub(crate) fn needs_a_file(file: &BufReader<File>, path: &Path, why: &str) -> Result<()> {
    let metadata = file.get_ref().metadata();
    match metadata.map_err(Error::io("read", path))?.is_file() {
        true => Ok(()),
        false => Err(Error::input(
            path,
            At::File,
            "a pipe",
            format!("a file, because {why}"),
            "write the data to a file first, and name that",
        )),
    }
}

/// A safetensors file starts with the little-endian length of a header, then a JSON object.
fn looks_like_safetensors(head: &[u8]) -> bool {
    head.len() > 8 && head[8] == b'{' && head[5..8] == [0, 0, 0]
}

/// Describes an error while decoding `what`; `None` if the operating system reported it, so that
/// the data may be intact.
pub(crate) fn damage(e: &io::Error, what: &str) -> Option<String> {
    match e.kind() {
        io::ErrorKind::UnexpectedEof => Some(format!("truncated {what}")),
        _ if e.raw_os_error().is_some() => None,
        _ => Some(format!("damaged {what}")),
    }
}

/// Reads until `buffer` is full or the stream ends; returns the number of bytes read.
pub(crate) fn read_full(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}
