//! The `.npz` form: `indices` and `offsets`, the inputs of `torch.nn.EmbeddingBag` and of FBGEMM's
//! table-batched embeddings.

mod archive;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use super::builder::TraceBuilder;
use super::sample::Sampler;
use super::{MAX_ID, MemoryBound, ReadOptions, Trace};
use crate::error::{At, Error, Result};
use crate::formats::npy::Place;
use archive::Archive;

/// Reads the offsets, then the indices of the bags that are kept.
///
/// Needs 16 bytes per bag of the file, in addition to the kept bags.
pub(super) fn read(path: &Path, file: BufReader<File>, options: &ReadOptions) -> Result<Trace> {
    let mut archive = Archive::open(path, file)?;
    for weights in ["per_sample_weights", "weights"] {
        if archive.has(weights) {
            return Err(Error::input(
                path,
                At::Key(weights.to_owned()),
                "weights of lookups",
                "`indices` and `offsets` only",
                "the reduction sums rows without weights; remove the array if it is all ones",
            ));
        }
    }
    let count = archive.length("indices")?;
    let offsets = read_offsets(&mut archive, count)?;
    let bags = FileBags::new(archive.place("offsets"), offsets, count, options)?;
    let chosen = match options.memory {
        Some(bound) => choose(&mut archive, &bags, bound)?,
        None => None,
    };
    let keeps = |bag: usize| match &chosen {
        Some((sampler, _)) => sampler.keeps(bags.number(bag)),
        None => true,
    };

    let mut ids: Vec<u32> = Vec::new();
    // Start of each bag of the file in `ids`; meaningful only for kept bags.
    let mut starts: Vec<u64> = Vec::with_capacity(bags.len());
    let mut kept = false;
    bags.each_id(&mut archive, |bag, id| {
        while starts.len() <= bag {
            starts.push(ids.len() as u64);
            kept = keeps(starts.len() - 1);
        }
        if kept {
            ids.push(id);
        }
    })?;
    starts.resize(bags.len(), ids.len() as u64);
    let mut builder = TraceBuilder::new(path);
    for bag in bags.in_order().filter(|&bag| keeps(bag)) {
        let start = starts[bag] as usize;
        builder.extend(&ids[start..start + bags.size(bag) as usize]);
        builder.end_bag(bags.table(bag), None);
    }
    let trace = builder.finish();
    Ok(match chosen {
        Some((sampler, rows)) => trace.sampled_from(sampler, bags.len() as u64, count, rows),
        None => trace,
    })
}

/// A sampler that keeps as many bags as fit in memory, and the number of rows that each table
/// needs; `None` if all bags fit.
fn choose(
    archive: &mut Archive<'_>,
    bags: &FileBags,
    bound: MemoryBound,
) -> Result<Option<(Sampler, Vec<u32>)>> {
    let mut rows = vec![1u32; bags.tables];
    bags.each_id(archive, |bag, id| {
        let rows = &mut rows[usize::from(bags.table(bag))];
        *rows = (*rows).max(id + 1);
    })?;
    let all_rows = rows.iter().map(|&r| u64::from(r)).sum();
    let mut sampler = Sampler::new(bound);
    loop {
        let kept = (0..bags.len()).filter(|&bag| sampler.keeps(bags.number(bag)));
        let (n, lookups) = kept.fold((0, 0), |(n, l), bag| (n + 1, l + bags.size(bag)));
        if n <= 1 || bound.needed(all_rows, n, lookups) <= bound.bytes || !sampler.tighten() {
            return Ok((!sampler.keeps_all()).then_some((sampler, rows)));
        }
    }
}

/// Reads the offsets and checks that they start at 0, never decrease and do not exceed `count`.
fn read_offsets(archive: &mut Archive<'_>, count: u64) -> Result<Vec<u64>> {
    let mut offsets: Vec<u64> = Vec::new();
    archive.each("offsets", |place, at, value| {
        let last = offsets.last().copied();
        match u64::try_from(value) {
            Ok(offset) if offset <= count && last.is_none_or(|l| l <= offset) => {
                offsets.push(offset);
                Ok(())
            }
            Ok(offset) if offset <= count => Err(place.error(
                format!("{value} after {} at position {at}", last.unwrap_or(0)),
                "offsets that never decrease",
                "each offset is the start of a bag in `indices`",
            )),
            _ => Err(place.error(
                format!("{value} at position {at}"),
                format!("an offset from 0 to {count}, the number of indices"),
                "check that `indices` and `offsets` belong together",
            )),
        }
    })?;
    let place = archive.place("offsets");
    match offsets.first() {
        None => Err(place.error(
            "no offset",
            "at least one",
            "a trace without bags has one offset, 0",
        )),
        Some(&first) if first != 0 => Err(place.error(
            format!("{first} at position 0"),
            "0, the start of the first bag",
            "if these are the lengths of the bags, pass their running sum",
        )),
        Some(_) => Ok(offsets),
    }
}

/// The bags of the file, in table-major order.
struct FileBags {
    /// Start of each bag, and the end of the last one.
    offsets: Vec<u64>,
    tables: usize,
    /// Bags per table.
    samples: usize,
}

impl FileBags {
    fn new(
        place: Place<'_>,
        mut offsets: Vec<u64>,
        count: u64,
        options: &ReadOptions,
    ) -> Result<Self> {
        let tables = options.tables.max(1);
        let ends_with_last = offsets.last() == Some(&count);
        if tables == 1 {
            match options.include_last_offset {
                Some(true) if !ends_with_last => {
                    return Err(place.error(
                        format!("{} as the last offset", offsets[offsets.len() - 1]),
                        format!("{count}, the number of indices"),
                        "with include_last_offset the last offset is the end of the last bag",
                    ));
                }
                Some(true) => {}
                None if ends_with_last => {}
                Some(false) | None => offsets.push(count),
            }
        } else {
            if tables > usize::from(u16::MAX) {
                return Err(Error::argument(
                    "tables",
                    tables.to_string(),
                    format!("at most {}", u16::MAX),
                    "",
                ));
            }
            if !(offsets.len() - 1).is_multiple_of(tables) {
                return Err(place.error(
                    format!("{} offsets", offsets.len()),
                    format!("a multiple of {tables} (tables) plus one"),
                    "table-batched offsets have length tables * bags + 1; check `embedding.tables`",
                ));
            }
            if !ends_with_last {
                return Err(place.error(
                    format!("{} as the last offset", offsets[offsets.len() - 1]),
                    format!("{count}, the number of indices"),
                    "table-batched offsets end with the end of the last bag",
                ));
            }
        }
        Ok(FileBags {
            samples: (offsets.len() - 1) / tables,
            offsets,
            tables,
        })
    }

    fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    fn size(&self, bag: usize) -> u64 {
        self.offsets[bag + 1] - self.offsets[bag]
    }

    fn table(&self, bag: usize) -> u16 {
        (bag / self.samples.max(1)) as u16
    }

    /// The bag's number in the trace. The trace is in sample-major order, so that its end has bags
    /// of every table.
    fn number(&self, bag: usize) -> u64 {
        let samples = self.samples.max(1);
        (bag % samples * self.tables + bag / samples) as u64
    }

    /// The bags in the order of their numbers in the trace.
    fn in_order(&self) -> impl Iterator<Item = usize> {
        (0..self.len()).map(|n| n % self.tables * self.samples + n / self.tables)
    }

    /// Calls `each(bag, id)` for each index.
    fn each_id(&self, archive: &mut Archive<'_>, mut each: impl FnMut(usize, u32)) -> Result<()> {
        let mut bag = 0;
        archive.each("indices", |place, at, value| match u32::try_from(value) {
            Ok(id) if id <= MAX_ID => {
                while bag < self.len() && self.offsets[bag + 1] <= at {
                    bag += 1;
                }
                each(bag, id);
                Ok(())
            }
            _ => Err(place.error(
                format!("{value} at position {at}"),
                format!("an id from 0 to {MAX_ID}"),
                "ids are rows of a table, counted from 0; remove padding",
            )),
        })
    }
}
