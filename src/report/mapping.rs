//! What mappings cost, beside each other.

use serde::Serialize;

use super::{Head, Lines, Show, grouped, table};
use crate::config::Resolved;
use crate::flow::Candidate;
use crate::mapping::{Mapping, Score, Training};
use crate::trace::Sample;

/// The name that a configuration value has in files.
pub fn name_of(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

/// A mapping's size.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayoutReport {
    /// The method that made it.
    pub method: String,
    /// Its seed.
    pub seed: u64,
    /// The file it was read from; `None` if it was learned now.
    pub path: Option<String>,
    /// Embeddings of all tables.
    pub embeddings: u32,
    /// Groups.
    pub groups: u64,
    /// Crossbars that hold a replica (each with its column blocks).
    pub crossbars: u64,
    /// Crossbars beyond one for each group.
    pub copies: u64,
    /// Of them those that hold row copies.
    pub row_copies: u64,
    /// Crossbars that the engine has.
    pub crossbars_available: u64,
    /// What it was learned from.
    pub train: Training,
}

impl LayoutReport {
    /// Describes a mapping on a configuration's engine.
    pub fn new(mapping: &Mapping, path: Option<String>, resolved: &Resolved) -> Self {
        let groups = mapping.groups.len() as u64;
        LayoutReport {
            method: mapping.method.clone(),
            seed: mapping.seed,
            path,
            embeddings: mapping.embeddings,
            groups,
            crossbars: mapping.crossbars(),
            copies: mapping.crossbars().saturating_sub(groups),
            row_copies: mapping.row_copy_crossbars(),
            crossbars_available: u64::from(resolved.slots),
            train: mapping.train,
        }
    }

    /// `recross: 157 groups of 10,000 embeddings on 188 of 512 crossbars (31 copies)`, or
    /// `(31 copies, 20 of rows)`.
    pub fn line(&self) -> String {
        format!(
            "{}{}: {} groups of {} embeddings on {} of {} crossbars ({} copies{})",
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
        )
    }
}

/// One line of the comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CandidateReport {
    /// Grouping method.
    pub method: String,
    /// Copies of hot groups.
    pub replication: String,
    /// Crossbars that hold a replica.
    pub crossbars: u64,
    /// Cost on the history.
    pub history: Score,
    /// Cost on bags that were held out, if any were.
    pub holdout: Option<Score>,
    /// Wall seconds that learning took.
    pub learn_seconds: f64,
    /// Most memory meanwhile in MiB, rounded down, the trace included; `None` where the system does
    /// not tell it.
    pub peak_memory_mib: Option<u64>,
}

impl From<&Candidate> for CandidateReport {
    fn from(c: &Candidate) -> Self {
        CandidateReport {
            method: name_of(c.method),
            replication: name_of(c.replication),
            crossbars: c.crossbars,
            history: c.history.clone(),
            holdout: c.holdout.clone(),
            learn_seconds: c.learn_seconds,
            peak_memory_mib: c.peak_memory.map(|bytes| bytes >> 20),
        }
    }
}

/// What `recross map` says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MapReport {
    /// Version and command.
    #[serde(flatten)]
    pub head: Head,
    /// The trace.
    pub trace: String,
    /// What of it was sampled, if it takes more than `mapping.memory_mib`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sample>,
    /// The trace that the mapping was judged on, if it is another.
    pub holdout: Option<String>,
    /// Bags that the mapping learned from.
    pub history_bags: u64,
    /// Bags held out.
    pub holdout_bags: u64,
    /// The mapping.
    pub mapping: LayoutReport,
    /// Whether the engine's crossbars, and not the budget, bounded the copies.
    pub copies_bounded_by_room: bool,
    /// Its cost first, then the other methods'.
    pub candidates: Vec<CandidateReport>,
    /// Files written.
    pub files: Vec<String>,
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

/// What `recross score` says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScoreReport {
    /// Version and command.
    #[serde(flatten)]
    pub head: Head,
    /// The trace.
    pub trace: String,
    /// What of it was sampled, if it takes more than `mapping.memory_mib`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sample>,
    /// The mapping.
    pub mapping: LayoutReport,
    /// Its cost.
    pub score: Score,
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
            "activations",
            format!(
                "{:.2} per bag ({} in all; {} commands, {} sensings)",
                s.activations_per_bag,
                grouped(s.activations),
                grouped(s.commands),
                grouped(s.sensings)
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
                "{} of {} bags; busiest bank: mean {:.1} sensings (max {}), mean {:.0} cycles (max {})",
                grouped(s.batches),
                s.batch,
                s.makespan_sensings.mean,
                grouped(s.makespan_sensings.max),
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
        lines.render()
    }
}
