//! Numbers for ids that are no rows of a table: sparse, of 64 bits, or texts.
//!
//! Each table numbers its ids from 0 in the order of their first appearance in the trace. An earlier
//! list is continued: its ids keep their numbers, and new ids follow. A number and the text with its
//! decimal digits are the same id.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hash::{BuildHasherDefault, Hasher};
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::MAX_ID;
use super::ids::{BadId, RawId};

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

/// Hashes a number. Ids need no protection from chosen collisions: who makes the trace waits for it.
#[derive(Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    /// SplitMix64's output function (Steele, Lea and Flood, OOPSLA 2014).
    fn write_u64(&mut self, value: u64) {
        let mut z = self.0 ^ value.wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        self.0 = z ^ (z >> 31);
    }
}

type ByNumber = HashMap<u64, u32, BuildHasherDefault<Mix>>;

/// The numbers of one table's ids.
#[derive(Debug)]
enum Index {
    Numbers(ByNumber),
    Texts(HashMap<Arc<str>, u32>),
}

/// Gives numbers to ids while a trace is read.
///
/// Takes 8 bytes a distinct number and the map from it, 16 to 37 bytes; texts take 16 bytes and
/// their own twice instead.
#[derive(Debug, Default)]
pub(super) struct Interner {
    tables: Vec<(TableIds, Index)>,
    given: Vec<u32>,
}

impl Interner {
    /// Continues lists.
    pub(super) fn after(numbering: &Numbering) -> Self {
        let tables = numbering.tables.iter().map(|ids| {
            let index = match ids {
                TableIds::Numbers(ids) => Index::Numbers(inverse(ids.iter().copied())),
                TableIds::Texts(ids) => Index::Texts(inverse(ids.iter().cloned())),
            };
            (ids.clone(), index)
        });
        Interner {
            tables: tables.collect(),
            given: numbering.given.clone(),
        }
    }

    /// The number of an id.
    ///
    /// # Errors
    /// What keeps it from having one.
    #[inline]
    pub(super) fn number(&mut self, table: u16, id: RawId<'_>) -> Result<u32, BadId> {
        let table = usize::from(table);
        if self.tables.len() <= table {
            let none = || (TableIds::default(), Index::Numbers(ByNumber::default()));
            self.tables.resize_with(table + 1, none);
        }
        let of_table = &mut self.tables[table];
        let text = match id {
            RawId::Number(number) => match of_table {
                (TableIds::Numbers(ids), Index::Numbers(index)) => {
                    return add(ids, number, |next| *index.entry(number).or_insert(next));
                }
                _ => return text(of_table, &number.to_string()),
            },
            RawId::Negative(_) => return Err(BadId::Signed),
            RawId::Text(text) => text,
        };
        match canonical(text) {
            Some(number) => self.number(table as u16, RawId::Number(number)),
            None if text.contains(['\n', '\r']) => Err(BadId::LineBreak),
            None => {
                as_texts(of_table);
                self::text(of_table, text)
            }
        }
    }

    pub(super) fn finish(self) -> Numbering {
        Numbering {
            tables: self.tables.into_iter().map(|(ids, _)| ids).collect(),
            given: self.given,
        }
    }
}

/// The number that a text is the decimal digits of, as Rust and Python print it.
pub(super) fn canonical(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let plain = digits && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| plain)
}

fn inverse<K: std::hash::Hash + Eq, M: std::hash::BuildHasher + Default>(
    ids: impl Iterator<Item = K>,
) -> HashMap<K, u32, M> {
    ids.zip(0..).collect()
}

/// The number of an id that is looked up, or put at the next place, by `entry`.
#[inline]
fn add<T>(ids: &mut Vec<T>, id: T, entry: impl FnOnce(u32) -> u32) -> Result<u32, BadId> {
    let next = u32::try_from(ids.len()).unwrap_or(u32::MAX);
    let number = entry(next);
    if number == next {
        if next > MAX_ID {
            return Err(BadId::Many);
        }
        ids.push(id);
    }
    Ok(number)
}

/// The number of a text in a table of texts.
fn text((ids, index): &mut (TableIds, Index), text: &str) -> Result<u32, BadId> {
    let (TableIds::Texts(ids), Index::Texts(index)) = (ids, index) else {
        // Callers see to it that the table is one of texts.
        return Err(BadId::Text);
    };
    if let Some(&number) = index.get(text) {
        return Ok(number);
    }
    let text: Arc<str> = text.into();
    add(ids, text.clone(), |next| *index.entry(text).or_insert(next))
}

/// Makes a table of numbers one of texts; ids keep their numbers.
fn as_texts(table: &mut (TableIds, Index)) {
    if let (TableIds::Numbers(numbers), _) = table {
        let texts: Vec<Arc<str>> = numbers.iter().map(|n| n.to_string().into()).collect();
        let index = Index::Texts(inverse(texts.iter().cloned()));
        *table = (TableIds::Texts(texts), index);
    }
}
