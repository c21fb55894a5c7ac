//! The text of a comparison.

use std::collections::BTreeSet;

use super::CompareReport;
use super::sheet::{Sheet, digits, times};
use super::text::{Lines, grouped};
use crate::config::{Choice, Converter};
use crate::cost::GateSource;
use crate::flow::compare::architectures::IdOrder;
use crate::flow::compare::{Block, Figures, Row, Verified};

impl CompareReport {
    /// The tables in Markdown, with what they are about.
    pub fn markdown(&self) -> String {
        let mut out = format!("# Comparison\n\n```text\n{}\n```\n", self.preface());
        for block in &self.blocks {
            out += &format!("\n## {}\n", self.block_title(block));
            for sheet in self.sheets(block) {
                out += &format!("\n{}", sheet.markdown());
            }
            if let Some(line) = verified_line(&block.verified) {
                out += &format!("\n{line}\n");
            }
        }
        out
    }

    fn preface(&self) -> String {
        let (j, g) = (&self.judged, &self.geometry);
        let mut lines = Lines::default();
        let judged = match (&j.holdout, j.held_out) {
            (Some(path), _) => format!("judged {} bags of {path}", grouped(j.bags)),
            (None, true) => format!("judged {} held-out bags", grouped(j.bags)),
            (None, false) => format!("judged {} of the same bags: NOT held out", grouped(j.bags)),
        };
        lines.add(
            "trace",
            format!(
                "{}: learned from {} bags, {judged} ({} lookups), batches of {}",
                j.trace,
                grouped(j.history_bags),
                grouped(j.lookups),
                g.batch
            ),
        );
        lines.add(
            "design",
            format!(
                "crossbars of {} x {} cells with {} bit, {} side by side; {} converters of {} bit; \
                 vectors of {} x {} bit; {} MHz",
                g.rows,
                g.cols,
                g.cell_bits,
                g.column_blocks,
                g.adcs,
                g.adc_bits,
                g.dim,
                g.value_bits,
                g.clock_mhz
            ),
        );
        let ids = match self.ids {
            IdOrder::Hashed => "hashed: id order says nothing about what is looked up together",
            IdOrder::Given => "as the trace numbers them",
        };
        lines.add("ids", ids);
        lines.add("ratios", format!("times better than {}", self.baseline));
        lines.render()
    }

    fn block_title(&self, block: &Block) -> String {
        let c = &block.capacity;
        let changed = match c.changed.as_str() {
            "" => String::new(),
            changed => format!("; {changed}"),
        };
        format!(
            "+{} % crossbars: {} for {} groups; {} lanes of {} banks of {} crossbars{changed}",
            (block.budget * 1e4).round() / 1e2,
            grouped(c.crossbars),
            grouped(c.groups),
            c.lanes,
            c.banks_per_lane,
            c.crossbars_per_bank,
        )
    }

    fn sheets(&self, block: &Block) -> Vec<Sheet> {
        let mut sheets = vec![
            work_sheet("work", &block.rows),
            time_sheet("time", &block.rows),
            energy_sheet("energy, pJ a lookup", &block.rows),
            machine_sheet(&block.rows),
        ];
        if !block.ablation.is_empty() {
            let (title, rows) = ("step by step", &block.ablation);
            sheets.push(work_sheet(&format!("{title}: work"), rows));
            sheets.push(time_sheet(&format!("{title}: time"), rows));
            sheets.push(energy_sheet(&format!("{title}: energy, pJ a lookup"), rows));
        }
        sheets
    }

    /// The tables as aligned text, with what they are about and the notes; no line end at its end.
    pub fn text(&self) -> String {
        let mut parts = vec![self.preface()];
        for block in &self.blocks {
            parts.push(self.block_title(block));
            parts.extend(self.sheets(block).iter().map(Sheet::text));
            parts.extend(verified_line(&block.verified));
        }
        let mut lines = Lines::default();
        let p = &self.provenance;
        let list = |keys: &BTreeSet<String>| wrapped(keys.iter().map(String::as_str), ", ", 100);
        if !p.inferred.is_empty() {
            lines.add("inferred numbers", list(&p.inferred));
        }
        if !p.user.is_empty() {
            lines.add("your numbers", list(&p.user));
        }
        let notes: Vec<&str> = p.notes.iter().map(String::as_str).collect();
        if !notes.is_empty() {
            lines.add("notes", notes.join("\n"));
        }
        if !self.files.is_empty() {
            lines.add("files", self.files.join(", "));
        }
        parts.push(lines.render());
        parts.join("\n\n")
    }
}

/// `items` with `between` between them, on lines of about `width` characters.
fn wrapped<'t>(items: impl Iterator<Item = &'t str>, between: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for item in items {
        let last = lines.len() - 1;
        if lines[last].is_empty() {
            lines[last].push_str(item);
        } else if lines[last].len() + item.len() > width {
            lines[last].push_str(between.trim_end());
            lines.push(item.to_owned());
        } else {
            lines[last] += &format!("{between}{item}");
        }
    }
    lines.join("\n")
}

fn designs(rows: &[Row]) -> impl Iterator<Item = (&Row, &Figures)> {
    rows.iter().filter_map(|r| Some((r, r.figures()?)))
}

fn work_sheet(title: &str, rows: &[Row]) -> Sheet {
    let row = |(r, f): (&Row, &Figures)| {
        let per_lookup = |n: u64| digits(n as f64 / f.lookups as f64);
        vec![
            r.name.clone(),
            grouped(f.design.crossbars),
            grouped(f.design.copies),
            digits(f.activations_per_bag),
            digits(f.mean_active_rows),
            per_lookup(f.conversions_read),
            per_lookup(f.conversions_mac),
            digits(f.area.total_mm2),
        ]
    };
    let mut of = designs(rows).map(|(_, f)| f);
    let gates = match of.next().map(|f| f.area.gates_from) {
        Some(GateSource::Yosys) => "counted by Yosys",
        Some(GateSource::Estimate) | None => "estimated",
    };
    Sheet {
        title: format!("{title}; area with gates {gates}"),
        head: vec![
            "row",
            "crossbars",
            "copies",
            "activations/bag",
            "rows/activation",
            "reads/lookup",
            "MACs/lookup",
            "area, mm2",
        ],
        rows: designs(rows).map(row).collect(),
    }
}

fn time_sheet(title: &str, rows: &[Row]) -> Sheet {
    let row = |(r, f): (&Row, &Figures)| {
        let t = &f.times;
        vec![
            r.name.clone(),
            digits(t.batch_alone_cycles),
            digits(t.batch_alone_ns),
            times(r.ratios.batch_alone),
            grouped(t.cycles),
            digits(t.ns_per_lookup),
            times(r.ratios.back_to_back),
            t.bound.to_owned(),
            digits(t.over_bound),
        ]
    };
    Sheet {
        title: title.to_owned(),
        head: vec![
            "row",
            "batch alone, cycles",
            "ns",
            "ratio",
            "back to back, cycles",
            "ns/lookup",
            "ratio",
            "bound",
            "over bound",
        ],
        rows: designs(rows).map(row).collect(),
    }
}

fn energy_sheet(title: &str, rows: &[Row]) -> Sheet {
    let first = designs(rows).next().map(|(_, f)| f);
    let own = first.map_or(Converter::Flash, |f| f.adc_model);
    let leaks = designs(rows).any(|(_, f)| f.own_energy().parts_pj_per_lookup.leakage > 0.0);
    let others: Vec<Converter> = Converter::all().into_iter().filter(|&m| m != own).collect();
    let mut head = vec![
        "row", "array", "drivers", "ADC read", "ADC MAC", "digital", "buffers",
    ];
    head.extend(leaks.then_some("leakage"));
    head.push(own.label());
    head.push("ratio");
    for &m in &others {
        head.extend([m.label(), "ratio"]);
    }
    let row = |(r, f): (&Row, &Figures)| {
        let p = &f.own_energy().parts_pj_per_lookup;
        let digital = p.population_count + p.shift_add + p.accumulate + p.merge_tree;
        let parts = [
            p.array,
            p.drivers,
            p.adc_read,
            p.adc_mac,
            digital,
            p.buffers + p.wires,
        ];
        let mut cells = vec![r.name.clone()];
        cells.extend(parts.map(digits));
        cells.extend(leaks.then(|| digits(p.leakage)));
        for &m in std::iter::once(&own).chain(&others) {
            cells.push(digits(r.cost.pj_per_lookup.of(m)));
            cells.push(times(r.ratios.energy.of(m)));
        }
        cells
    };
    Sheet {
        title: format!("{title}; parts with {} converters", own.label()),
        head,
        rows: designs(rows).map(row).collect(),
    }
}

fn machine_sheet(rows: &[Row]) -> Sheet {
    let row = |r: &Row| {
        let m = r.machine()?;
        Some(vec![
            r.name.clone(),
            m.on.clone(),
            digits(m.batch_alone_ns),
            digits(m.ns_per_lookup),
            digits(m.memory_pj_per_lookup),
            digits(m.package_pj_per_lookup),
            times(r.ratios.batch_alone),
            times(r.ratios.back_to_back),
            times(r.ratios.energy.of(Converter::Flash)),
        ])
    };
    Sheet {
        title: "CPU and GPU; energy ratio of memory and package together, flash converters"
            .to_owned(),
        head: vec![
            "row",
            "on",
            "batch alone, ns",
            "ns/lookup",
            "memory, pJ/lookup",
            "package, pJ/lookup",
            "alone",
            "back to back",
            "energy",
        ],
        rows: rows.iter().filter_map(row).collect(),
    }
}

fn verified_line(verified: &[Verified]) -> Option<String> {
    let first = verified.first()?;
    let sum = |of: fn(&Verified) -> u64| grouped(verified.iter().map(of).sum());
    let size = match first.cut {
        true => "an engine cut to ",
        false => "",
    };
    Some(format!(
        "co-simulated {} bags of each of {} designs on {size}{} lanes and {} banks: {} values, every counter, \
         {} cycles and every bag's own agree",
        grouped(first.bags),
        verified.len(),
        first.lanes,
        first.banks,
        sum(|v| v.values),
        sum(|v| v.cycles),
    ))
}
