//! The text of a sweep.

use super::{Lines, Show, grouped, table};
use crate::flow::report::sheet::digits;
use crate::flow::report::{SweepReport, plain};
use crate::flow::sweep::Point;

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
