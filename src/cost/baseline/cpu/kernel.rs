//! Pooling on the CPU: rows are prefetched and sums stay in registers.

use std::ops::{AddAssign, Range};

use super::table::Packed;
use crate::formats::trace::Bags;
use crate::ids::EmbeddingId;

/// Number of cache lines prefetched. With tables larger than the caches, a smaller number makes a
/// core wait (16 lines: half the rate), and a larger one gains nothing.
const LINES_AHEAD: usize = 96;

/// An element of a table, and the type of its sums.
pub(super) trait Element: Copy + Send + Sync {
    type Sum: Copy + Default + AddAssign + Send + Sync;
    fn widen(self) -> Self::Sum;
}

impl Element for i8 {
    type Sum = i32;
    #[inline(always)]
    fn widen(self) -> i32 {
        i32::from(self)
    }
}

impl Element for i16 {
    type Sum = i32;
    #[inline(always)]
    fn widen(self) -> i32 {
        i32::from(self)
    }
}

impl Element for f32 {
    type Sum = f32;
    #[inline(always)]
    fn widen(self) -> f32 {
        self
    }
}

/// Sums the bags of a range into `out`, `dim` elements each. Every id must have a row in the table.
pub(super) fn pool<E: Element>(
    bags: &Bags,
    range: Range<usize>,
    table: &Packed<E>,
    out: &mut [E::Sum],
) {
    match table.dim {
        8 => pool_of::<E, 8>(bags, range, table, out),
        16 => pool_of::<E, 16>(bags, range, table, out),
        32 => pool_of::<E, 32>(bags, range, table, out),
        64 => pool_of::<E, 64>(bags, range, table, out),
        128 => pool_of::<E, 128>(bags, range, table, out),
        _ => pool_of::<E, 0>(bags, range, table, out),
    }
}

fn pool_of<E: Element, const N: usize>(
    bags: &Bags,
    range: Range<usize>,
    table: &Packed<E>,
    out: &mut [E::Sum],
) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { pool_avx2::<E, N>(bags, range, table, out) };
    }
    pool_plain::<E, N>(bags, range, table, out);
}

/// The same code, compiled for AVX2.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn pool_avx2<E: Element, const N: usize>(
    bags: &Bags,
    range: Range<usize>,
    table: &Packed<E>,
    out: &mut [E::Sum],
) {
    pool_plain::<E, N>(bags, range, table, out);
}

/// `N` is the number of elements of a vector if the compiler knows it, else 0.
#[inline(always)]
fn pool_plain<E: Element, const N: usize>(
    bags: &Bags,
    range: Range<usize>,
    table: &Packed<E>,
    out: &mut [E::Sum],
) {
    let (ids, offsets) = (bags.ids(), bags.offsets());
    let (dim, elements) = (table.dim, table.elements());
    let ahead = LINES_AHEAD / (dim * std::mem::size_of::<E>()).div_ceil(64).clamp(1, 12);
    for (bag, sums) in range.zip(out.chunks_exact_mut(dim)) {
        let (start, end) = (offsets[bag] as usize, offsets[bag + 1] as usize);
        if N == 0 {
            sums.fill(E::Sum::default());
        }
        let mut held = [E::Sum::default(); N];
        for (at, id) in ids[start..end].iter().enumerate() {
            // Bags are stored one after the other, so this prefetches for the next bags too.
            if let Some(next) = ids.get(start + at + ahead) {
                fetch(elements, next, dim);
            }
            let row = &elements[id.index() * dim..(id.index() + 1) * dim];
            if N == 0 {
                for (sum, &value) in sums.iter_mut().zip(row) {
                    *sum += value.widen();
                }
            } else {
                for (sum, &value) in held.iter_mut().zip(row) {
                    *sum += value.widen();
                }
            }
        }
        if N != 0 {
            sums.copy_from_slice(&held);
        }
    }
}

/// Prefetches every cache line of a row.
#[inline(always)]
fn fetch<E>(elements: &[E], id: &EmbeddingId, dim: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let line = 64 / std::mem::size_of::<E>();
        for offset in (0..dim).step_by(line) {
            let element: *const E = &raw const elements[id.index() * dim + offset];
            // SAFETY: a prefetch is only a hint, and the element is in the slice.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(element.cast()) };
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (elements, id, dim);
}
