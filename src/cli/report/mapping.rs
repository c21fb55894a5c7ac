//! The text of mappings and scores.

use super::{Lines, Show, grouped, table};
use crate::flow::report::{AgainstReport, LayoutReport, MapReport, ScoreReport};
use crate::formats::trace::Sample;
use crate::learn::Score;

impl LayoutReport {
    /// `recross: 157 groups of 10,000 embeddings on 188 of 512 crossbars (31 copies)`, or
    /// `(31 copies, 20 of rows)`.
    pub(in crate::cli) fn line(&self) -> String {
        format!(
            "{}{}: {} groups of {} embeddings on {} of {} crossbars ({} copies{}){}",
            self.method,
            self.path
                .as_ref()
                .map_or(String::new(), |p| format!(" from {p}")),
            grouped(self.groups),
            grouped(u64::from(self.embeddings)),
            grouped(self.crossbars),
            grouped(self.crossbars_available),
            grouped(self.copies),
            match self.row_copies {
                0 => String::new(),
                rows => format!(", {} of rows", grouped(rows)),
            },
            match self.interrupted {
                true => "; the search was interrupted",
                false => "",
            },
        )
    }
}

impl Show for MapReport {
    fn text(&self) -> String {
        let mut lines = Lines::default();
        lines.add(
            "trace",
            format!(
                "{}: learned from {} bags",
                self.trace,
                grouped(self.history_bags)
            ),
        );
        if let Some(sample) = &self.sample {
            lines.add("sample", sample_line(sample));
        }
        let held_out = match (&self.holdout, self.holdout_bags) {
            (Some(path), bags) => format!("{path}: {} bags", grouped(bags)),
            (None, 0) => "nothing: costs are on the history only".to_owned(),
            (None, bags) => format!("{} bags at the end of the trace", grouped(bags)),
        };
        lines.add("held out", held_out);
        let room = match self.copies_bounded_by_room {
            true => "; more copies would fit the budget, but not the engine",
            false => "",
        };
        lines.add("mapping", self.mapping.line() + room);
        lines.add("files", self.files.join(", "));
        format!("{}\n\n{}", lines.render(), self.comparison())
    }
}

impl MapReport {
    fn comparison(&self) -> String {
        let judged = match self.holdout_bags {
            0 => "on the history:",
            _ => "on the history / on the bags held out:",
        };
        let rows: Vec<Vec<String>> = self
            .candidates
            .iter()
            .map(|c| {
                // History and hold-out in one cell.
                let both = |cell: &dyn Fn(&Score) -> String| match &c.holdout {
                    Some(unseen) => format!("{} / {}", cell(&c.history), cell(unseen)),
                    None => cell(&c.history),
                };
                vec![
                    format!("{} + {} copies", c.method, c.replication),
                    grouped(c.crossbars),
                    both(&|s| format!("{:.2}", s.groups_touched_per_bag)),
                    both(&|s| format!("{:.2}", s.activations_per_bag)),
                    both(&|s| format!("{:.1} %", 100.0 * s.single_row_share)),
                    both(&|s| format!("{:.0}", s.makespan_cycles.mean)),
                    format!("{:.1} s", c.learn_seconds),
                    c.peak_memory_mib
                        .map_or("-".to_owned(), |mib| format!("{} MiB", grouped(mib))),
                ]
            })
            .collect();
        let head = [
            "method",
            "crossbars",
            "groups/bag",
            "activations/bag",
            "single row",
            "busiest bank's cycles a batch",
            "time",
            "memory",
        ];
        format!("{judged}\n{}", table(&head, &rows))
    }
}

/// `1,200 of 6,000 bags (36,000 of 180,000 lookups), seed 1: as many as fit mapping.memory_mib`.
pub(super) fn sample_line(s: &Sample) -> String {
    format!(
        "{} of {} bags ({} of {} lookups), seed {}: as many as fit mapping.memory_mib",
        grouped(s.bags),
        grouped(s.of_bags),
        grouped(s.lookups),
        grouped(s.of_lookups),
        s.seed
    )
}

impl Show for ScoreReport {
    fn text(&self) -> String {
        let s = &self.score;
        let mut lines = Lines::default();
        lines.add(
            "trace",
            format!(
                "{}: {} bags, {} lookups",
                self.trace,
                grouped(s.bags),
                grouped(s.lookups)
            ),
        );
        if let Some(sample) = &self.sample {
            lines.add("sample", sample_line(sample));
        }
        lines.add("mapping", self.mapping.line());
        lines.add(
            "groups touched",
            format!(
                "{:.2} per bag ({} in all; {} commands)",
                s.groups_touched_per_bag,
                grouped(s.groups_touched),
                grouped(s.commands)
            ),
        );
        lines.add(
            "activations",
            format!(
                "{:.2} per bag ({} in all)",
                s.activations_per_bag,
                grouped(s.activations)
            ),
        );
        lines.add(
            "rows",
            format!(
                "{:.1} % of the commands have a single row; {:.2} rows on average",
                100.0 * s.single_row_share,
                s.mean_active_rows
            ),
        );
        lines.add(
            "batches",
            format!(
                "{} of {} bags; busiest bank: mean {:.1} activations (max {}), mean {:.0} cycles (max {})",
                grouped(s.batches),
                s.batch,
                s.makespan_activations.mean,
                grouped(s.makespan_activations.max),
                s.makespan_cycles.mean,
                grouped(s.makespan_cycles.max)
            ),
        );
        if let Some(busy) = &s.busiest_bank {
            lines.add(
                "busiest bank",
                format!(
                    "bank {}: {} cycles over the whole trace",
                    busy.bank,
                    grouped(busy.cycles)
                ),
            );
        }
        match &self.against {
            None => lines.render(),
            Some(other) => format!("{}\n\n{}", lines.render(), beside(self, other)),
        }
    }
}

/// The figures of two mappings and their differences.
fn beside(this: &ScoreReport, other: &AgainstReport) -> String {
    let (a, b) = (&this.score, &other.score);
    let row = |name: &str, a: f64, b: f64, digits: usize| {
        let difference = match b == 0.0 {
            true => "-".to_owned(),
            false => format!("{:+.1} %", 100.0 * (a - b) / b),
        };
        vec![
            name.to_owned(),
            format!("{a:.digits$}"),
            format!("{b:.digits$}"),
            difference,
        ]
    };
    let (crossbars, theirs) = (this.mapping.crossbars, other.mapping.crossbars);
    let share = |s: &Score| 100.0 * s.single_row_share;
    let rows = [
        row("crossbars", crossbars as f64, theirs as f64, 0),
        row(
            "groups touched per bag",
            a.groups_touched_per_bag,
            b.groups_touched_per_bag,
            2,
        ),
        row(
            "activations per bag",
            a.activations_per_bag,
            b.activations_per_bag,
            2,
        ),
        row("commands of a single row, %", share(a), share(b), 1),
        row(
            "busiest bank's cycles a batch",
            a.makespan_cycles.mean,
            b.makespan_cycles.mean,
            0,
        ),
    ];
    let name = |path: &Option<String>| path.clone().unwrap_or_default();
    let head = [
        "",
        &name(&this.mapping.path),
        &name(&other.mapping.path),
        "difference",
    ];
    table(&head, &rows)
}
