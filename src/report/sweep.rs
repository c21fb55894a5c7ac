//! What `recross sweep` says.

use serde::Serialize;
use serde_json::Value;

use super::compare_csv::field;
use super::sheet::digits;
use super::{Head, Lines, Show, grouped, table};
use crate::sweep::{Axis, Point, front};

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
        let mut lines = Vec::new();
        for point in all {
            let measures = match serde_json::to_value(&point.measures) {
                Ok(Value::Object(measures)) => measures,
                _ => serde_json::Map::new(),
            };
            let columns = || point.set.iter().chain(&measures);
            if lines.is_empty() {
                let names: Vec<&str> = columns().map(|c| c.0.as_str()).collect();
                lines.push(names.join(","));
            }
            let cells: Vec<String> = columns().map(|c| field(&plain(c.1))).collect();
            lines.push(cells.join(","));
        }
        lines.join("\n") + "\n"
    }
}

/// A value without quotes.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Show for SweepReport {
    fn text(&self) -> String {
        let mut lines = Lines::default();
        let judged = match &self.holdout {
            Some(path) => format!("of {path}"),
            None => "at its end".to_owned(),
        };
        lines.add(
            "trace",
            format!(
                "{}: learned from {} bags, judged {} bags {judged} ({} lookups)",
                self.trace,
                grouped(self.history_bags),
                grouped(self.bags),
                grouped(self.lookups)
            ),
        );
        let axes = self.axes.iter().map(|axis| {
            let values: Vec<String> = axis
                .values
                .iter()
                .map(|v| plain(&serde_json::json!(v)))
                .collect();
            format!("{}: {}", axis.key, values.join(", "))
        });
        lines.add("grid", axes.collect::<Vec<_>>().join("\n"));
        lines.add(
            "points",
            format!(
                "{}, of them {} from an earlier sweep",
                grouped(self.points),
                grouped(self.host.reused)
            ),
        );
        lines.add("files", self.files.join(", "));
        format!("{}\n\n{}", lines.render(), self.front_table())
    }
}

impl SweepReport {
    fn front_table(&self) -> String {
        let mut head: Vec<&str> = self.axes.iter().map(|a| a.key.as_str()).collect();
        head.extend([
            "ns/lookup",
            "pJ/lookup",
            "area, mm2",
            "batch alone, ns",
            "act./bag",
            "bound",
        ]);
        let row = |point: &Point| {
            let m = &point.measures;
            let mut cells: Vec<String> = self
                .axes
                .iter()
                .map(|a| point.set.get(&a.key).map(plain).unwrap_or_default())
                .collect();
            let numbers = [
                m.ns_per_lookup,
                m.pj_per_lookup,
                m.area_mm2,
                m.batch_alone_ns,
                m.activations_per_bag,
            ];
            cells.extend(numbers.map(digits));
            cells.push(m.bound.clone());
            cells
        };
        let rows: Vec<Vec<String>> = self.front.iter().map(row).collect();
        format!(
            "Pareto front of time, energy and area: {} of {} points\n{}",
            self.front.len(),
            grouped(self.points),
            table(&head, &rows)
        )
    }
}
