//! Numbers that know where they come from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use crate::config::Choice;

/// How far a number is to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Read in the named source.
    Published,
    /// Follows from what was read there.
    Computed,
    /// Our choice.
    Inferred,
    /// From the user's file.
    User,
}

impl Choice for Mark {}

/// One number of the technology file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Number {
    /// Where it stands in the file (`array.wordline`).
    pub key: String,
    /// The value, finite and not negative.
    pub value: f64,
    /// Its unit.
    pub unit: String,
    /// Process that it was read or simulated in; empty where that does not matter.
    pub node: String,
    /// How far it is to be trusted.
    pub mark: Mark,
    /// Where it comes from.
    pub source: String,
}

/// Points that straight lines connect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Curve {
    /// Where it stands in the file (`adc.flash.energy`).
    pub key: String,
    /// Ascending places.
    pub at: Vec<f64>,
    /// The value at each.
    pub value: Vec<f64>,
    /// Unit of the values.
    pub unit: String,
    /// Process; empty where that does not matter.
    pub node: String,
    /// How far it is to be trusted.
    pub mark: Mark,
    /// Where it comes from.
    pub source: String,
}

impl Curve {
    /// The value at `x`: on the straight line between the two nearest points; beyond the ends the
    /// last line goes on. A single point is a constant.
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

/// What a result used: every number that is not published, and what has to be said about it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Provenance {
    /// Keys of inferred numbers that the result depends on.
    pub inferred: BTreeSet<String>,
    /// Keys of numbers from the user's file that the result depends on.
    pub user: BTreeSet<String>,
    /// Extrapolations and bounds.
    pub notes: BTreeSet<String>,
}

impl Provenance {
    /// Notes a number's use and gives its value.
    pub(crate) fn take(&mut self, number: &Number) -> f64 {
        self.mark(&number.key, number.mark);
        number.value
    }

    /// Notes a curve's use and gives the curve.
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

    /// Says something about the result.
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
    fn curves_go_straight_between_and_beyond_their_points() {
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
    fn only_what_is_not_published_is_listed() {
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
