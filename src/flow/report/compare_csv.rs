//! The comparison as CSV: every raw number of every row, and what ratios were made of them.

use super::CompareReport;
use super::csv::Sheet;
use crate::config::{Choice, Converter};
use crate::flow::compare::{Block, Row};

impl CompareReport {
    /// One line a row and budget, with a head line; a field that a row does not have is empty.
    pub fn csv(&self) -> String {
        let mut sheet = Sheet::default();
        for block in &self.blocks {
            let chains = [("architecture", &block.rows), ("ablation", &block.ablation)];
            for (part, rows) in chains {
                for row in rows {
                    sheet.add(columns(part, block, row, &self.baseline));
                }
            }
        }
        sheet.text()
    }
}

/// Names and cells of a row.
fn columns(part: &str, block: &Block, row: &Row, baseline: &str) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, cell: String| out.push((name.to_owned(), cell));
    let (f, m) = (row.figures(), row.machine());
    add("part", part.to_owned());
    add("budget", block.budget.to_string());
    add("row", row.name.clone());
    let of =
        |cell: &dyn Fn(&crate::flow::compare::Figures) -> String| f.map(cell).unwrap_or_default();
    add("method", of(&|f| f.design.method.name()));
    add("replication", of(&|f| f.design.replication.name()));
    add("switch", of(&|f| f.design.switch.name()));
    add(
        "max_active_rows",
        of(&|f| f.design.max_active_rows.to_string()),
    );
    add(
        "read_split_max",
        of(&|f| f.design.read_split_max.to_string()),
    );
    add("crossbars", of(&|f| f.design.crossbars.to_string()));
    add(
        "crossbars_available",
        of(&|f| f.design.crossbars_available.to_string()),
    );
    add("bags", of(&|f| f.bags.to_string()));
    add("lookups", of(&|f| f.lookups.to_string()));
    add("batches", of(&|f| f.times.batches.to_string()));
    add("activations", of(&|f| f.banks.activations.to_string()));
    add("commands", of(&|f| f.banks.commands.to_string()));
    add("row_commands", of(&|f| f.banks.row_commands.to_string()));
    add("adds", of(&|f| f.lanes.adds.to_string()));
    add("single_row", of(&|f| f.banks.single_row.to_string()));
    add("conversions_read", of(&|f| f.conversions_read.to_string()));
    add("conversions_mac", of(&|f| f.conversions_mac.to_string()));
    add(
        "batch_alone_cycles",
        of(&|f| f.times.batch_alone_cycles.to_string()),
    );
    add("cycles", of(&|f| f.times.cycles.to_string()));
    add("bound", of(&|f| f.times.bound.to_owned()));
    add("batch_alone_ns", row.cost.batch_alone_ns.to_string());
    add("ns_per_lookup", row.cost.ns_per_lookup.to_string());
    for model in Converter::all() {
        let name = model.name();
        let pj = row.cost.pj_per_lookup.of(model);
        add(&format!("pj_per_lookup_{name}"), pj.to_string());
    }
    let parts = f.map(|f| f.own_energy().parts_pj_per_lookup);
    for (i, (name, _)) in crate::cost::EnergyParts::default()
        .named()
        .iter()
        .enumerate()
    {
        let cell = parts.map(|p| p.named()[i].1.to_string());
        add(&format!("pj_{name}"), cell.unwrap_or_default());
    }
    let of = |cell: &dyn Fn(&crate::flow::compare::MachineFigures) -> f64| {
        m.map(|m| cell(m).to_string()).unwrap_or_default()
    };
    add("memory_pj_per_lookup", of(&|m| m.memory_pj_per_lookup));
    add("package_pj_per_lookup", of(&|m| m.package_pj_per_lookup));
    let area = f.map(|f| f.area.total_mm2.to_string());
    add("area_mm2", area.unwrap_or_default());
    add("baseline", baseline.to_owned());
    add("ratio_batch_alone", row.ratios.batch_alone.to_string());
    add("ratio_back_to_back", row.ratios.back_to_back.to_string());
    for model in Converter::all() {
        let ratio = row.ratios.energy.of(model);
        add(&format!("ratio_energy_{}", model.name()), ratio.to_string());
    }
    out
}
