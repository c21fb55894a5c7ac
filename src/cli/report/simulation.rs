//! The summary of a co-simulation for people.

use super::{Lines, Show, grouped};
use crate::cosim::counters::{Source, Sources};
use crate::flow::report::{DesignReport, Report};
use crate::formats::table::Differences;

impl Show for Report {
    fn text(&self) -> String {
        let mut lines = Lines::default();
        self.inputs(&mut lines);
        self.events(&mut lines);
        self.result(&mut lines);
        lines.render()
    }
}

impl DesignReport {
    /// In a line of text.
    pub(in crate::cli) fn line(&self) -> String {
        format!(
            "{} lanes, {} banks; crossbars of {} x {} cells with {} bit, {} side by side; \
             {} converters of {} bit",
            self.lanes,
            self.banks,
            self.rows,
            self.cols,
            self.cell_bits,
            self.column_blocks,
            self.adcs,
            self.adc_bits
        )
    }
}

impl Report {
    fn inputs(&self, lines: &mut Lines) {
        let t = &self.trace;
        let driven = match (t.held_out, t.history_bags) {
            (true, learned) => format!(
                "learned from {} bags, drove {} held-out bags ({} lookups)",
                grouped(learned),
                grouped(t.driven_bags),
                grouped(t.driven_lookups)
            ),
            (false, 0) => format!(
                "drove {} bags ({} lookups)",
                grouped(t.driven_bags),
                grouped(t.driven_lookups)
            ),
            (false, learned) => format!(
                "learned from {} bags, drove {} of the SAME bags ({} lookups): nothing was held out",
                grouped(learned),
                grouped(t.driven_bags),
                grouped(t.driven_lookups)
            ),
        };
        lines.add(
            "trace",
            format!(
                "{}: {} bags, {} lookups\n{driven}",
                t.path,
                grouped(t.bags),
                grouped(t.lookups)
            ),
        );
        if let Some(sample) = &t.sample {
            lines.add("sample", super::mapping::sample_line(sample));
        }
        for table in &self.tables {
            let mut line = format!(
                "{}: {} x {}",
                table.source,
                grouped(table.rows.into()),
                table.dim
            );
            if let Some(q) = &table.quantised {
                line += &format!(
                    "; quantised with scale {:.6e}, error at most {:.6e}, rms {:.6e}",
                    q.scale, q.error_max, q.error_rms
                );
            }
            lines.add("table", line);
        }
        lines.add("design", self.design.line());
        lines.add("mapping", self.mapping.line());
    }

    fn events(&self, lines: &mut Lines) {
        let s = &self.simulation;
        let n = &self.naive;
        lines.add(
            "groups touched",
            format!(
                "{:.2} per bag ({} in all)",
                self.score.groups_touched_per_bag,
                grouped(self.score.groups_touched)
            ),
        );
        lines.add(
            "activations",
            format!(
                "{:.2} per bag ({} in all), {:.1} % of a single row\n\
                 naive layout (id_order): {:.2} per bag, {:.2} x as many",
                s.activations_per_bag,
                grouped(s.activations),
                100.0 * s.single_row_share,
                n.activations_per_bag,
                n.activations_ratio
            ),
        );
        let c = &s.conversions;
        let levels: Vec<String> = c
            .levels
            .iter()
            .map(|l| {
                format!(
                    "up to {} {}: {} at {} bit",
                    l.max_rows,
                    if l.max_rows == 1 { "row" } else { "rows" },
                    grouped(l.conversions),
                    l.bits
                )
            })
            .collect();
        lines.add(
            "conversions",
            format!(
                "{} in read mode, {} in MAC mode\n{}",
                grouped(c.read),
                grouped(c.mac),
                levels.join("; ")
            ),
        );
        lines.add(
            "cycles",
            format!(
                "{}; without the fill, {:.3} x the bound: {} ({})",
                grouped(s.cycles),
                s.bound.ratio,
                s.bound.name,
                grouped(s.bound.cycles)
            ),
        );
    }

    fn result(&self, lines: &mut Lines) {
        lines.add("cycle model", self.timing.agreement());
        lines.add("cycles went", self.timing.spent());
        lines.add("event counts", origins(&self.simulation.counters.source));
        let c = &self.check;
        lines.add(
            "mismatches",
            format!(
                "{} of {} bags ({} of {} elements) against the {}; {} event counters",
                grouped(c.mismatched_bags),
                grouped(c.bags),
                grouped(c.mismatched_elements),
                grouped(c.elements),
                c.against,
                c.mismatched_events
            ),
        );
        for s in &c.status {
            lines.add(
                "status",
                format!(
                    "{} after the run: {}, expected {}",
                    s.name, s.found, s.expected
                ),
            );
        }
        if let Some(clip) = &c.clipping {
            lines.add(
                "clipping",
                format!(
                    "{:.2} % of the elements differ from the exact sum, by {:.3} on average over all, at most {}",
                    100.0 * clip.share,
                    clip.mean_abs,
                    grouped(clip.max_abs)
                ),
            );
        }
        if let Some(q) = &self.quantisation {
            let line = |d: &Differences| {
                format!(
                    "mean {:.6e}, {:.3} % of the mean magnitude {:.6e}; at most {:.6e}",
                    d.mean_abs_fp32, d.mean_percent, d.mean_magnitude, d.max_abs_fp32
                )
            };
            let mut text = format!("against fp32 pooling: {}", line(&q.all));
            if q.tables.len() > 1 {
                for (t, table) in q.tables.iter().enumerate() {
                    text += &format!("\ntable {t}: {}", line(table));
                }
            }
            lines.add("quantisation", text);
        }
        let h = &self.host;
        lines.add(
            "speed",
            format!(
                "{} cycles simulated in {:.2} s: {} cycles/s, {} activations/s",
                grouped(self.simulation.simulated_cycles),
                h.simulation_seconds,
                grouped(h.cycles_per_second.round() as u64),
                grouped(h.activations_per_second.round() as u64)
            ),
        );
        let model = match h.model_built {
            true => "built now",
            false => "from the cache",
        };
        lines.add(
            "time",
            format!(
                "{:.2} s: model {:.2} s ({model}), simulation {:.2} s, everything else {:.2} s",
                h.total_seconds, h.build_seconds, h.simulation_seconds, h.other_seconds
            ),
        );
        if !self.files.is_empty() {
            lines.add("files", self.files.join("\n"));
        }
    }
}

/// For people: which counts are the RTL's, and which the cycle model's.
fn origins(source: &Sources) -> String {
    let kinds = [
        ("engine", source.engine),
        ("lanes", source.lanes),
        ("sums over a lane's banks", source.totals),
        ("banks", source.banks),
    ];
    let origins = [(Source::Rtl, "the RTL"), (Source::Model, "the cycle model")];
    let texts = origins.iter().filter_map(|(origin, name)| {
        let of_it = kinds.iter().filter(|(_, from)| from == origin);
        let names: Vec<&str> = of_it.map(|(kind, _)| *kind).collect();
        (!names.is_empty()).then(|| format!("{} from {name}", names.join(", ")))
    });
    texts.collect::<Vec<_>>().join("; ")
}
