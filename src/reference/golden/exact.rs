//! The golden reducer: it sums table rows by id in arbitrary precision.
//!
//! It must not use the mapping, translation or anything else of the hardware path.

use crate::error::{Error, Result};
use crate::formats::table::IntTable;
use crate::formats::trace::Bags;
use crate::progress::Count;
use num_bigint::{BigInt, BigUint};

/// Sums the vectors of each bag: `bags * dim` elements, bag-major. An empty bag yields zeros.
///
/// # Errors
/// [`Error::Argument`] for an id beyond the table, or a sum that does not fit in 64 bits.
pub fn reduce_exact(bags: &Bags, table: &IntTable) -> Result<Vec<i64>> {
    reduce_exact_counted(bags, table, &Count::default())
}

/// As [`reduce_exact`]; each lookup is a unit of `count`.
///
/// # Errors
/// As [`reduce_exact`], and [`Error::Interrupted`] if the work is stopped.
pub fn reduce_exact_counted(bags: &Bags, table: &IntTable, count: &Count) -> Result<Vec<i64>> {
    let dim = table.dim as usize;
    if dim == 0 {
        return Err(Error::argument(
            "table",
            "vectors without elements",
            "at least 1",
            "",
        ));
    }
    let embeddings = table.embeddings() as usize;
    let mut out = Vec::with_capacity(bags.len() * dim);
    // Positive and negative values are summed separately: unsigned big integers add in place,
    // signed ones allocate.
    let mut gains = vec![BigUint::ZERO; dim];
    let mut losses = vec![BigUint::ZERO; dim];
    for (index, bag) in bags.iter().enumerate() {
        if !count.add(bag.len() as u64) {
            return Err(Error::Interrupted);
        }
        for sum in gains.iter_mut().chain(&mut losses) {
            sum.assign_from_slice(&[]);
        }
        for &id in bag {
            if id.index() >= embeddings {
                return Err(Error::argument(
                    "bags",
                    format!("id {id} in bag {index}"),
                    format!("ids below {embeddings}, the vectors of the table"),
                    "use the table that belongs to the trace",
                ));
            }
            for (element, &value) in table.row(id).iter().enumerate() {
                let magnitude = u32::from(value.unsigned_abs());
                if value > 0 {
                    gains[element] += magnitude;
                } else if value < 0 {
                    losses[element] += magnitude;
                }
            }
        }
        for (element, (gain, loss)) in gains.iter().zip(&losses).enumerate() {
            let sum = BigInt::from(gain.clone()) - BigInt::from(loss.clone());
            out.push(i64::try_from(&sum).map_err(|_| {
                Error::argument(
                    "bags",
                    format!("a sum of {sum} in bag {index}, element {element}"),
                    "sums of at most 64 bits",
                    "use smaller bags",
                )
            })?);
        }
    }
    Ok(out)
}
