//! Numbers for ids that are no rows of a table: sparse, of 64 bits, or texts.
//!
//! Each table numbers its ids from 0 in the order of their first appearance in the trace. An earlier
//! list is continued: its ids keep their numbers, and new ids follow. A number and the text with its
//! decimal digits are the same id.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::raw_id::RawId;

/// What the numbers of a trace's ids begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renumber {
    /// With 0.
    New,
    /// With the lists of this file ([`Numbering::read`]).
    File(PathBuf),
    /// With these lists.
    After(Arc<Numbering>),
}

/// The original ids of one table: number `n` stands for the `n`th of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableIds {
    /// All of them are numbers.
    Numbers(Vec<u64>),
    /// Some are other texts; numbers are here as their decimal digits.
    Texts(Vec<Arc<str>>),
}

impl Default for TableIds {
    fn default() -> Self {
        TableIds::Numbers(Vec::new())
    }
}

impl TableIds {
    /// Number of ids.
    pub fn len(&self) -> usize {
        match self {
            TableIds::Numbers(ids) => ids.len(),
            TableIds::Texts(ids) => ids.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The id with this number, for messages: digits, or a text in backticks, shortened.
    pub fn shown(&self, number: usize) -> Option<String> {
        match self {
            TableIds::Numbers(ids) => ids.get(number).map(u64::to_string),
            TableIds::Texts(ids) => ids.get(number).map(|t| format!("`{}`", RawId::Text(t))),
        }
    }

    /// The first `count` ids, one a line. This is the text form of a list, and what is hashed.
    pub(super) fn each_line<E>(
        &self,
        count: usize,
        mut each: impl FnMut(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut line = String::new();
        for at in 0..count.min(self.len()) {
            line.clear();
            // Writing to a `String` cannot fail.
            let _ = match self {
                TableIds::Numbers(ids) => writeln!(line, "{}", ids[at]),
                TableIds::Texts(ids) => writeln!(line, "{}", ids[at]),
            };
            each(&line)?;
        }
        Ok(())
    }

    /// The hash of the first `count` ids; `None` if there are fewer.
    pub fn hash(&self, count: u32) -> Option<ListHash> {
        if self.len() < count as usize {
            return None;
        }
        let mut hash = blake3::Hasher::new();
        let mut bytes = Vec::new();
        let done = self.each_line(count as usize, |line| {
            bytes.extend_from_slice(line.as_bytes());
            if bytes.len() > 1 << 16 {
                hash.update(&bytes);
                bytes.clear();
            }
            Ok::<(), std::convert::Infallible>(())
        });
        let Ok(()) = done;
        hash.update(&bytes);
        Some(ListHash {
            count,
            hash: format!("blake3:{}", hash.finalize().to_hex()),
        })
    }
}

/// What tells a list of ids from another.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListHash {
    /// Number of ids.
    pub count: u32,
    /// `blake3:` and the hash, in hexadecimal digits, of the ids as text, one a line.
    pub hash: String,
}

/// The original ids of each table in the order of their numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Numbering {
    /// One list for each table, in the order of the tables.
    pub tables: Vec<TableIds>,
    /// How many ids of each list an earlier list gave; tables beyond the end have none.
    pub given: Vec<u32>,
}

impl Numbering {
    /// Number of ids of all tables.
    pub fn len(&self) -> usize {
        self.tables.iter().map(TableIds::len).sum()
    }

    /// Whether no table has any.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ids of a table; none for a table beyond the last.
    pub fn table(&self, table: usize) -> &TableIds {
        static NONE: TableIds = TableIds::Numbers(Vec::new());
        self.tables.get(table).unwrap_or(&NONE)
    }

    /// How many ids of a table an earlier list gave.
    pub fn given(&self, table: usize) -> u32 {
        self.given.get(table).copied().unwrap_or(0)
    }

    /// Number of ids that no earlier list gave.
    pub fn added(&self) -> usize {
        self.len() - self.given.iter().map(|&n| n as usize).sum::<usize>()
    }

    /// Rows that each table needs, at least 1.
    pub fn rows(&self) -> Vec<u32> {
        let rows = self.tables.iter().map(|t| (t.len() as u32).max(1));
        rows.collect()
    }

    /// The hash of each table's list.
    pub fn hashes(&self) -> Vec<ListHash> {
        let hash = |t: &TableIds| t.hash(t.len() as u32);
        self.tables.iter().filter_map(hash).collect()
    }

    /// The numbers in words: `200 distinct ids, highest 1000000199`.
    pub(super) fn facts(&self) -> String {
        let highest = self.tables.iter().filter_map(|t| match t {
            TableIds::Numbers(ids) => ids.iter().max(),
            TableIds::Texts(_) => None,
        });
        let texts = self.tables.iter().any(|t| matches!(t, TableIds::Texts(_)));
        distinct(
            self.len(),
            self.tables.len(),
            highest.max().copied().filter(|_| !texts),
        )
    }
}

/// `200 distinct ids in 2 tables, highest 1000000199`
pub(super) fn distinct(count: usize, tables: usize, highest: Option<u64>) -> String {
    let ids = if count == 1 { "id" } else { "ids" };
    let mut text = format!("{count} distinct {ids}");
    if tables > 1 {
        text += &format!(" in {tables} tables");
    }
    if let Some(highest) = highest {
        text += &format!(", highest {highest}");
    }
    text
}

/// What `--renumber` would do: `200 distinct ids, highest 1000000199: --renumber gives them the
/// numbers 0 to 199`.
pub(super) fn way_out(facts: &str, tables: usize, count: usize) -> String {
    match tables {
        0 | 1 if count == 1 => format!("{facts}: `--renumber` gives it the number 0"),
        0 | 1 => format!(
            "{facts}: `--renumber` gives them the numbers 0 to {}",
            count.saturating_sub(1)
        ),
        _ => format!("{facts}: `--renumber` numbers those of each table from 0"),
    }
}
