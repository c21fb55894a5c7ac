//! Numbers with their sources.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use crate::config::Choice;

/// How well a number is supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Read in the source given.
    Published,
    /// Computed from numbers read there.
    Computed,
    /// Our assumption.
    Inferred,
    /// From the user's file.
    User,
}

impl Choice for Mark {}

/// One number of the technology file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Number {
    /// Its key in the file, such as `array.wordline`.
    pub key: String,
    /// The value, finite and not negative.
    pub value: f64,
    /// Unit of the value.
    pub unit: String,
    /// Process that the value was read or simulated for; empty if irrelevant.
    pub node: String,
    /// How well it is supported.
    pub mark: Mark,
    /// Source of the value.
    pub source: String,
}

/// A piecewise linear function, given by its points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Curve {
    /// Its key in the file, such as `adc.flash.energy`.
    pub key: String,
    /// Places of the points, ascending.
    pub at: Vec<f64>,
    /// Value at each place.
    pub value: Vec<f64>,
    /// Unit of the values.
    pub unit: String,
    /// Process that the values were read or simulated for; empty if irrelevant.
    pub node: String,
    /// How well it is supported.
    pub mark: Mark,
    /// Source of the value.
    pub source: String,
}

impl Curve {
    /// The value at `x`, interpolated linearly; beyond the ends, extrapolated from the nearest two
    /// points. A single point is a constant.
    pub fn value(&self, x: f64) -> f64 {
        let points: Vec<(f64, f64)> = std::iter::zip(&self.at, &self.value)
            .map(|(&a, &v)| (a, v))
            .collect();
        let above = points.iter().position(|p| p.0 >= x);
        let upper = above
            .unwrap_or(points.len())
            .clamp(1, points.len().max(2) - 1);
        match (points.get(upper - 1), points.get(upper)) {
            (Some(a), Some(b)) => a.1 + (x - a.0) * (b.1 - a.1) / (b.0 - a.0),
            (Some(a), None) => a.1,
            _ => 0.0,
        }
    }

    /// The last place.
    pub fn last(&self) -> f64 {
        self.at.last().copied().unwrap_or(0.0)
    }
}

/// Where a result comes from: the numbers used that are not published, and notes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Provenance {
    /// Keys of inferred numbers that the result depends on.
    pub inferred: BTreeSet<String>,
    /// Keys of numbers from the user's file that the result depends on.
    pub user: BTreeSet<String>,
    /// Extrapolations and bounds.
    pub notes: BTreeSet<String>,
}

impl Provenance {
    /// Records the use of a number and returns its value.
    pub(crate) fn take(&mut self, number: &Number) -> f64 {
        self.mark(&number.key, number.mark);
        number.value
    }

    /// Records the use of a curve and returns it.
    pub(crate) fn curve<'a>(&mut self, curve: &'a Curve) -> &'a Curve {
        self.mark(&curve.key, curve.mark);
        curve
    }

    fn mark(&mut self, key: &str, mark: Mark) {
        match mark {
            Mark::Inferred => self.inferred.insert(key.to_owned()),
            Mark::User => self.user.insert(key.to_owned()),
            Mark::Published | Mark::Computed => false,
        };
    }

    /// Adds a note about the result.
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.notes.insert(text.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(at: &[f64], value: &[f64]) -> Curve {
        Curve {
            key: "k".to_owned(),
            at: at.to_vec(),
            value: value.to_vec(),
            unit: String::new(),
            node: String::new(),
            mark: Mark::Inferred,
            source: String::new(),
        }
    }

    #[test]
    fn curves_are_linear_between_and_beyond_their_points() {
        let c = curve(&[1.0, 3.0, 4.0], &[10.0, 30.0, 70.0]);
        for (x, y) in [
            (0.0, 0.0),
            (1.0, 10.0),
            (2.0, 20.0),
            (3.0, 30.0),
            (3.5, 50.0),
        ] {
            assert_eq!(c.value(x), y, "{x}");
        }
        assert_eq!((c.value(4.0), c.value(6.0)), (70.0, 150.0));
        assert_eq!(curve(&[5.0], &[2.0]).value(9.0), 2.0);
    }

    #[test]
    fn only_unpublished_numbers_are_listed() {
        let mut used = Provenance::default();
        let mut number = Number {
            key: "a.b".to_owned(),
            value: 2.0,
            unit: "fJ".to_owned(),
            node: String::new(),
            mark: Mark::Published,
            source: String::new(),
        };
        assert_eq!(used.take(&number), 2.0);
        assert_eq!(used, Provenance::default());
        number.mark = Mark::User;
        used.take(&number);
        used.curve(&curve(&[1.0], &[1.0]));
        assert_eq!(used.user, ["a.b".to_owned()].into());
        assert_eq!(used.inferred, ["k".to_owned()].into());
    }
}
