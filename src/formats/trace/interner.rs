//! Gives numbers to ids while a trace is read.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use super::numbering::{Numbering, TableIds};
use super::raw_id::{BadId, MAX_ID, RawId, canonical};

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
