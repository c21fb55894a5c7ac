//! Comparison of results.

use crate::error::{Error, Result};

/// One element that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mismatch {
    /// The bag, counted from the first one compared.
    pub bag: usize,
    /// Index of the element in its vector.
    pub element: usize,
    /// The expected value.
    pub expected: i64,
    /// The value found.
    pub got: i64,
}

/// Result of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Bags compared.
    pub bags: u64,
    /// Elements compared.
    pub elements: u64,
    /// Bags with at least one wrong element.
    pub wrong_bags: u64,
    /// Elements that differ.
    pub wrong_elements: u64,
    /// The first mismatches, at most as many as requested.
    pub first: Vec<Mismatch>,
    /// Largest absolute difference.
    pub max_abs: u64,
    /// Sum of the absolute differences.
    pub sum_abs: u128,
}

impl Comparison {
    /// Whether nothing differs.
    pub fn is_exact(&self) -> bool {
        self.wrong_elements == 0
    }

    /// Mean absolute difference over all elements; 0 without elements.
    pub fn mean_abs(&self) -> f64 {
        self.sum_abs as f64 / self.elements.max(1) as f64
    }

    /// Share of elements that differ; 0 without elements.
    pub fn wrong_share(&self) -> f64 {
        self.wrong_elements as f64 / self.elements.max(1) as f64
    }
}

/// Compares `bags * dim` elements, keeping the first `keep` mismatches.
///
/// # Errors
/// [`Error::Check`] if `got` has more or fewer elements than `expected`; [`Error::Argument`] if the
/// number of elements of `expected` is not a multiple of `dim`.
pub fn compare(expected: &[i64], got: &[i64], dim: u32, keep: usize) -> Result<Comparison> {
    let dim = dim as usize;
    if dim == 0 || !expected.len().is_multiple_of(dim) {
        return Err(Error::argument(
            "expected",
            format!("{} elements", expected.len()),
            format!("a multiple of the vector's {dim}"),
            "",
        ));
    }
    if got.len() != expected.len() {
        return Err(Error::Check {
            what: format!(
                "found {} result elements, expected {} ({} bags of {dim})",
                got.len(),
                expected.len(),
                expected.len() / dim
            ),
            help: "results are missing or repeated: check the run that wrote them".to_owned(),
        });
    }
    let mut out = Comparison {
        bags: (expected.len() / dim) as u64,
        elements: expected.len() as u64,
        wrong_bags: 0,
        wrong_elements: 0,
        first: Vec::new(),
        max_abs: 0,
        sum_abs: 0,
    };
    let pairs = expected.chunks_exact(dim).zip(got.chunks_exact(dim));
    for (bag, (expected, got)) in pairs.enumerate() {
        if expected == got {
            continue;
        }
        out.wrong_bags += 1;
        for (element, (&expected, &got)) in expected.iter().zip(got).enumerate() {
            if expected == got {
                continue;
            }
            let difference = expected.abs_diff(got);
            out.wrong_elements += 1;
            out.max_abs = out.max_abs.max(difference);
            out.sum_abs += u128::from(difference);
            if out.first.len() < keep {
                out.first.push(Mismatch {
                    bag,
                    element,
                    expected,
                    got,
                });
            }
        }
    }
    Ok(out)
}
