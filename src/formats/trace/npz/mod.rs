//! The `.npz` form: `indices` with `offsets` or `lengths`, the inputs of `torch.nn.EmbeddingBag`, of
//! FBGEMM's table-batched embeddings, and the arrays of a `KeyedJaggedTensor`.

mod archive;
mod bags;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use super::builder::TraceBuilder;
use super::ids::Ids;
use super::meter::Meter;
use super::raw_id::{BadId, RawId};
use super::sample::Sampler;
use super::{MemoryBound, ReadOptions, Trace};
use crate::error::{At, Error, Result};
use crate::formats::npy::Place;
use crate::progress::Progress;
use archive::Archive;
use bags::FileBags;

/// Indices between two reports of progress.
const REPORT: u64 = 1 << 20;

/// Reads where each bag begins, then the indices of the bags that are kept.
///
/// Needs 16 bytes per bag of the file, in addition to the kept bags.
pub(super) fn read(
    path: &Path,
    file: BufReader<File>,
    options: &ReadOptions,
    progress: &dyn Progress,
) -> Result<Trace> {
    let archive = Archive::open(path, file)?;
    refuse_weights(&archive, path)?;
    let indices = indices_of(&archive)?;
    let mut file = IdFile {
        archive,
        indices,
        ids: Ids::new(options),
    };
    let count = file.archive.length(indices)?;
    let bags = FileBags::read(&mut file.archive, indices, count, options)?;
    let passes = 1 + u64::from(options.memory.is_some());
    let mut meter = Meter::new(progress, path, count.saturating_mul(passes));
    for note in &bags.notes {
        meter.note(note);
    }
    let chosen = match options.memory {
        Some(bound) => choose(&mut file, &bags, bound, &mut meter)?,
        None => None,
    };
    let keeps = |bag: usize| match &chosen {
        Some((sampler, _)) => sampler.keeps(bags.number(bag)),
        None => true,
    };

    let mut ids: Vec<u32> = Vec::new();
    // Start of each bag of the file in `ids`, and the end of the last one.
    let mut starts: Vec<u64> = Vec::with_capacity(bags.len() + 1);
    let mut kept = false;
    let before = file.ids.left_out();
    file.each_id(&bags, &mut meter, |bag, id| {
        while starts.len() <= bag {
            starts.push(ids.len() as u64);
            kept = keeps(starts.len() - 1);
        }
        if kept {
            ids.push(id);
        }
    })?;
    let left_out = file.ids.left_out() - before;
    starts.resize(bags.len() + 1, ids.len() as u64);
    let mut builder = TraceBuilder::new(path);
    for bag in bags.in_order().filter(|&bag| keeps(bag)) {
        builder.extend(&ids[starts[bag] as usize..starts[bag + 1] as usize]);
        builder.end_bag(bags.table(bag), None);
    }
    meter.note_padding(options.padding_idx, left_out);
    let mut trace = builder.finish();
    trace.numbering = file.ids.finish();
    Ok(match chosen {
        Some((sampler, rows)) => {
            trace.sampled_from(sampler, bags.len() as u64, count - left_out, rows)
        }
        None => trace,
    })
}

fn refuse_weights(archive: &Archive<'_>, path: &Path) -> Result<()> {
    for weights in ["per_sample_weights", "weights"] {
        if archive.has(weights) {
            return Err(Error::input(
                path,
                At::Key(weights.to_owned()),
                "weights of lookups",
                "ids with `offsets` or `lengths` only",
                "the reduction sums rows as they are, and weights would need a multiplication for \
                 each lookup; remove the array if it is all ones",
            ));
        }
    }
    Ok(())
}

/// The array of ids.
fn indices_of(archive: &Archive<'_>) -> Result<&'static str> {
    match (archive.has("indices"), archive.has("values")) {
        (_, false) => Ok("indices"),
        (false, true) => Ok("values"),
        (true, true) => Err(archive.place("values").error(
            "both `indices` and `values`",
            "one array of ids",
            "remove one of them; recross reads no other meaning into `values`",
        )),
    }
}

/// An archive, and what its ids mean.
struct IdFile<'a> {
    archive: Archive<'a>,
    /// The array of ids.
    indices: &'static str,
    ids: Ids,
}

impl IdFile<'_> {
    /// Calls `each(bag, id)` for each index that is no padding.
    fn each_id(
        &mut self,
        bags: &FileBags,
        meter: &mut Meter<'_>,
        mut each: impl FnMut(usize, u32),
    ) -> Result<()> {
        let mut bag = 0;
        let ids = &mut self.ids;
        self.archive.each(self.indices, |place, at, value| {
            while bag < bags.len() && bags.end(bag) <= at {
                bag += 1;
            }
            let id = match u64::try_from(value) {
                Ok(number) => RawId::Number(number),
                // Below 0, the value is an `i64`.
                Err(_) => RawId::Negative(value as i64),
            };
            match ids.row(bags.table(bag), id) {
                Ok(Some(row)) => each(bag, row),
                Ok(None) => {}
                Err(bad) => return Err(bad_id(id, bad, at, place)),
            }
            match (at + 1).is_multiple_of(REPORT) {
                true => meter.add(REPORT),
                false => Ok(()),
            }
        })
    }
}

fn bad_id(id: RawId<'_>, bad: BadId, at: u64, place: Place<'_>) -> Error {
    let found = format!("{id} at position {at}");
    bad.error(found, |found, expected, help| {
        place.error(found, expected, help)
    })
}

/// A sampler that keeps as many bags as fit in memory, and the number of rows that each table
/// needs; `None` if all bags fit.
fn choose(
    file: &mut IdFile<'_>,
    bags: &FileBags,
    bound: MemoryBound,
    meter: &mut Meter<'_>,
) -> Result<Option<(Sampler, Vec<u32>)>> {
    let mut rows = vec![1u32; bags.tables];
    let mut sizes = vec![0u64; bags.len()];
    file.each_id(bags, meter, |bag, id| {
        let rows = &mut rows[usize::from(bags.table(bag))];
        *rows = (*rows).max(id + 1);
        sizes[bag] += 1;
    })?;
    let all_rows = rows.iter().map(|&r| u64::from(r)).sum();
    let mut sampler = Sampler::new(bound);
    loop {
        let kept = (0..bags.len()).filter(|&bag| sampler.keeps(bags.number(bag)));
        let (n, lookups) = kept.fold((0, 0), |(n, l), bag| (n + 1, l + sizes[bag]));
        if n <= 1 || bound.needed(all_rows, n, lookups) <= bound.bytes || !sampler.tighten() {
            return Ok((!sampler.keeps_all()).then_some((sampler, rows)));
        }
    }
}
