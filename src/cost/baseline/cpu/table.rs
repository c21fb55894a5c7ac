//! Tables in the layout that the kernels read.

use serde::Serialize;

use crate::error::{Error, Result};
use crate::formats::table::IntTable;
use crate::formats::trace::Bags;

/// Type of the elements in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// 8-bit integers, summed in 32 bits.
    Int8,
    /// 16-bit integers, summed in 32 bits.
    Int16,
    /// 32-bit floats.
    Fp32,
}

impl Precision {
    /// The smallest integer type that holds a table's values.
    pub fn of(table: &IntTable) -> Self {
        match table.value_bits {
            0..=8 => Precision::Int8,
            _ => Precision::Int16,
        }
    }

    /// Bits of an element.
    pub fn bits(self) -> u32 {
        match self {
            Precision::Int8 => 8,
            Precision::Int16 => 16,
            Precision::Fp32 => 32,
        }
    }
}

/// A row-major table whose first row starts at a cache line.
#[derive(Debug)]
pub(super) struct Packed<E> {
    pub dim: usize,
    data: Vec<E>,
    start: usize,
}

impl<E: Copy> Packed<E> {
    pub fn new(table: &IntTable, convert: impl Fn(i16) -> E) -> Self {
        let spare = 64 / std::mem::size_of::<E>();
        let values = table.values();
        let mut data: Vec<E> = Vec::with_capacity(values.len() + spare);
        let start = data.as_ptr().align_offset(64).min(spare);
        let filler = convert(0);
        data.resize(start, filler);
        data.extend(values.iter().map(|&v| convert(v)));
        Packed {
            dim: table.dim as usize,
            data,
            start,
        }
    }

    /// All elements, row-major.
    pub fn elements(&self) -> &[E] {
        &self.data[self.start..]
    }
}

/// Checks what the kernels rely on: every id has a row, and no sum exceeds 32 bits.
pub(super) fn check(bags: &Bags, table: &IntTable) -> Result<()> {
    if table.dim == 0 || bags.embeddings() > table.embeddings() {
        return Err(Error::argument(
            "table",
            match table.dim {
                0 => "vectors without elements".to_owned(),
                _ => format!("{} vectors", table.embeddings()),
            },
            format!(
                "{} vectors, one for each id of the trace",
                bags.embeddings()
            ),
            "use the table that belongs to the trace",
        ));
    }
    let longest = bags.iter().map(<[_]>::len).max().unwrap_or(0) as u64;
    if longest << (table.value_bits - 1) > i32::MAX as u64 {
        return Err(Error::argument(
            "bags",
            format!(
                "a bag of {longest} lookups of {} bit values",
                table.value_bits
            ),
            "bags whose sum fits 32 bits",
            "use smaller bags or fewer value bits",
        ));
    }
    Ok(())
}
