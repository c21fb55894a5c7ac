//! Files with lists of original ids: `.npy` for numbers, or text with an id a line.

use std::collections::HashMap;
use std::hash::Hash;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::MAX_ID;
use super::numbering::{Numbering, TableIds};
use super::raw_id::canonical;
use crate::error::{At, Error, Result};
use crate::formats::input;
use crate::formats::npy::{self, Kind, Place, write_header};
use crate::io::write_atomic;

const NPY: &str = "npy";
const TXT: &str = "txt";

impl Numbering {
    /// The files of a list named `path`: that file for one table; `ids.0.npy`, `ids.1.npy`... for
    /// several.
    pub fn files(&self, path: &Path) -> Vec<PathBuf> {
        match self.tables.len() {
            0 | 1 => vec![path.to_path_buf()],
            many => (0..many).map(|table| of_table(path, table)).collect(),
        }
    }

    /// The ending of a list's file, where the user has named none: `npy`, or `txt` if an id is no
    /// number.
    pub fn ending(&self) -> &'static str {
        match self.has_texts() {
            true => TXT,
            false => NPY,
        }
    }

    fn has_texts(&self) -> bool {
        self.tables.iter().any(|t| matches!(t, TableIds::Texts(_)))
    }

    /// Checks that a list's file can have this name: it ends in `.npy`, or in `.txt` if an id is no
    /// number.
    ///
    /// # Errors
    /// [`Error::Argument`] naming `--ids`.
    pub fn check_name(&self, path: &Path) -> Result<()> {
        if is_text(path)? || !self.has_texts() {
            return Ok(());
        }
        let text = self.tables.iter().find_map(|t| match t {
            TableIds::Texts(ids) => (0..ids.len()).find(|&at| canonical(&ids[at]).is_none()),
            TableIds::Numbers(_) => None,
        });
        let table = self.tables.iter().find(|t| matches!(t, TableIds::Texts(_)));
        let shown = table.zip(text).and_then(|(t, at)| t.shown(at));
        Err(Error::argument(
            "--ids",
            format!(
                "`{}` for ids that are no numbers, such as {}",
                path.display(),
                shown.unwrap_or_default()
            ),
            "a name that ends in .txt",
            "a .npy holds numbers only",
        ))
    }

    /// Writes the lists to [`Numbering::files`]: `.npy` as 1-D uint64, `.txt` with an id a line.
    ///
    /// # Errors
    /// As [`Numbering::check_name`]; [`Error::Io`] if writing fails.
    pub fn write(&self, path: &Path) -> Result<()> {
        self.check_name(path)?;
        let text = is_text(path)?;
        let none = [TableIds::default()];
        let tables = match self.tables.as_slice() {
            [] => &none[..],
            tables => tables,
        };
        for (ids, file) in std::iter::zip(tables, self.files(path)) {
            write_atomic(&file, |out| match ids {
                TableIds::Numbers(ids) if !text => {
                    write_header(out, "<u8", &[ids.len() as u64])?;
                    ids.iter()
                        .try_for_each(|id| out.write_all(&id.to_le_bytes()))
                }
                ids => ids.each_line(usize::MAX, |line| out.write_all(line.as_bytes())),
            })?;
        }
        Ok(())
    }

    /// Whether lists of this name exist.
    pub fn exists(path: &Path) -> bool {
        path.exists() || of_table(path, 0).exists()
    }

    /// Reads lists that [`Numbering::write`] wrote under this name. All their ids count as given.
    ///
    /// # Errors
    /// [`Error::Io`] if there is none; [`Error::Input`] with the line or position for an id that is
    /// none or a repeated one; [`Error::Argument`] for a name with another ending.
    pub fn read(path: &Path) -> Result<Self> {
        let read = if is_text(path)? { read_text } else { read_npy };
        let several = of_table(path, 0).exists();
        let tables = match (path.exists(), several) {
            (true, true) => {
                return Err(Error::argument(
                    "--ids",
                    format!(
                        "both {} and {}",
                        path.display(),
                        of_table(path, 0).display()
                    ),
                    "a list of one table, or one for each of several",
                    "remove those that do not belong to the trace",
                ));
            }
            (_, false) => vec![read(path)?],
            (false, true) => (0..)
                .map(|table| of_table(path, table))
                .take_while(|file| file.exists())
                .map(|file| read(&file))
                .collect::<Result<_>>()?,
        };
        Ok(Numbering {
            given: tables.iter().map(|t| t.len() as u32).collect(),
            tables,
        })
    }
}

/// `ids.npy` of table 1 is `ids.1.npy`.
fn of_table(path: &Path, table: usize) -> PathBuf {
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    path.with_extension(format!("{table}.{ending}"))
}

/// Whether a list's name says text.
fn is_text(path: &Path) -> Result<bool> {
    match path.extension().and_then(|e| e.to_str()) {
        Some(NPY) => Ok(false),
        Some(TXT) => Ok(true),
        _ => Err(Error::argument(
            "--ids",
            format!("`{}`", path.display()),
            "a name that ends in .npy, or in .txt",
            "a .npy holds numbers; a .txt holds an id a line",
        )),
    }
}

/// Finds repeated ids.
struct Unique<T> {
    seen: HashMap<T, usize>,
}

impl<T: Hash + Eq> Unique<T> {
    fn new() -> Self {
        Unique {
            seen: HashMap::new(),
        }
    }

    /// The place of the same id before.
    fn before(&mut self, id: T) -> Option<usize> {
        let next = self.seen.len();
        self.seen.insert(id, next)
    }
}

const ONCE: &str = "each id once";
const ONCE_HELP: &str = "an id has one number: remove the second, and learn again what was learned \
    with the list";

fn read_npy(path: &Path) -> Result<TableIds> {
    let place = Place { path, array: None };
    let mut file = input::open(path)?;
    let header = npy::read_header(&mut file, place)?;
    let (&[count], Some(dtype)) = (header.shape.as_slice(), header.dtype) else {
        return Err(not_a_list(place, &header));
    };
    if dtype.kind == Kind::Float {
        return Err(not_a_list(place, &header));
    }
    if count > u64::from(MAX_ID) + 1 {
        return Err(place.error(
            format!("{count} ids"),
            format!("at most {}", u64::from(MAX_ID) + 1),
            "",
        ));
    }
    let (mut ids, mut unique) = (Vec::new(), Unique::new());
    npy::for_each_element(&mut file, place, dtype, count, |word| {
        let value = npy::integer(word, dtype);
        let at = ids.len();
        let id = u64::try_from(value).map_err(|_| {
            let found = format!("the negative id {value} at position {at}");
            let help = "an unsigned list is `ids.astype(numpy.uint64)`";
            place.error(found, "ids from 0", help)
        })?;
        if let Some(before) = unique.before(id) {
            let found = format!("id {id} at the positions {before} and {at}");
            return Err(place.error(found, ONCE, ONCE_HELP));
        }
        ids.push(id);
        Ok(())
    })?;
    Ok(TableIds::Numbers(ids))
}

fn not_a_list(place: Place<'_>, header: &npy::Header) -> Error {
    place.error(
        format!("{} of shape {}", header.type_name(), header.shape_text()),
        "a 1-D array of integers: the original ids in the order of their numbers",
        "`recross trace convert --renumber` writes such a list; texts go to a .txt",
    )
}

fn read_text(path: &Path) -> Result<TableIds> {
    let mut file = input::open(path)?;
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(|e| match e.kind() {
        std::io::ErrorKind::InvalidData => Error::input(
            path,
            At::File,
            "bytes that are no text in UTF-8",
            "an id a line",
            "`recross trace convert --renumber` writes such a list; numbers may be a .npy",
        ),
        _ => Error::io("read", path)(e),
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let (mut ids, mut unique) = (Vec::<Arc<str>>::new(), Unique::new());
    for (at, line) in text.lines().enumerate() {
        if let Some(before) = unique.before(line) {
            let found = format!("the id of line {} again", before + 1);
            let at = At::Line(at as u64 + 1);
            return Err(Error::input(path, at, found, ONCE, ONCE_HELP));
        }
        ids.push(line.into());
    }
    let numbers: Option<Vec<u64>> = ids.iter().map(|id| canonical(id)).collect();
    Ok(numbers.map_or(TableIds::Texts(ids), TableIds::Numbers))
}
