//! What `recross sweep` says.

use serde::Serialize;
use serde_json::Value;

use super::csv::Sheet;
use super::{Head, RenumberedReport};
use crate::flow::sweep::{Axis, Point, front};

/// What `recross sweep` says; the points themselves are in its files.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweepReport {
    /// Version and command.
    #[serde(flatten)]
    pub head: Head,
    /// The trace.
    pub trace: String,
    /// The trace that is judged, if it is another.
    pub holdout: Option<String>,
    /// Which lists gave ids their numbers, with `--renumber`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub renumbered: Vec<RenumberedReport>,
    /// Bags that mappings learned from, at the first point.
    pub history_bags: u64,
    /// Bags judged, at the first point.
    pub bags: u64,
    /// Their lookups.
    pub lookups: u64,
    /// Keys and their values.
    pub axes: Vec<Axis>,
    /// Points.
    pub points: u64,
    /// Points that no other beats in time of a lookup back to back, energy of a lookup and area;
    /// ascending by time.
    pub front: Vec<Point>,
    /// Files written.
    pub files: Vec<String>,
    /// What is not the same every time.
    pub host: SweepHost,
}

/// What an earlier sweep spared this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SweepHost {
    /// Points that were finished before.
    pub reused: u64,
}

impl SweepReport {
    /// The points of `all` that no other beats.
    pub fn front_of(all: &[Point]) -> Vec<Point> {
        let costs: Vec<[f64; 3]> = all.iter().map(|p| p.measures.objectives()).collect();
        front(&costs).into_iter().map(|i| all[i].clone()).collect()
    }

    /// All points as CSV: the values that were set, then every measure.
    pub fn csv(all: &[Point]) -> String {
        let mut sheet = Sheet::default();
        for point in all {
            let measures = match serde_json::to_value(&point.measures) {
                Ok(Value::Object(measures)) => measures,
                _ => serde_json::Map::new(),
            };
            let cells = point.set.iter().chain(&measures);
            sheet.add(cells.map(|(name, value)| (name.clone(), plain(value))));
        }
        sheet.text()
    }
}

/// A value as text, without the quotes of a string.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
