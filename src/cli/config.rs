//! `recross config`

use serde::Serialize;

use super::options::ConfigArgs;
use super::report::{Lines, Show, table};
use super::session::{Done, Session};
use crate::config::{Resolved, annotated_template};
use crate::error::Result;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    /// Print what follows from the configuration instead
    #[arg(long)]
    resolved: bool,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Derived(Resolved);

impl Show for Derived {
    fn text(&self) -> String {
        let r = &self.0;
        let mut lines = Lines::default();
        let mut add = |name: &str, value: u32, about: &str| {
            lines.add(name, format!("{value:<8} {about}"));
        };
        add("slices", r.slices, "cells (bitlines) of an element");
        add("phases", r.phases, "column phases of an activation");
        add(
            "dims_per_phase",
            r.dims_per_phase,
            "elements of a phase (0: an element takes several)",
        );
        add("phases_per_dim", r.phases_per_dim, "phases of an element");
        add(
            "dims_per_block",
            r.dims_per_block,
            "elements of a crossbar's row",
        );
        add(
            "column_blocks",
            r.column_blocks,
            "crossbars side by side that hold a vector",
        );
        add(
            "max_active_rows",
            r.max_active_rows,
            "most rows sensed at once",
        );
        add(
            "read_split_max",
            r.read_split_max,
            "most rows done as single-row reads (1: never)",
        );
        add("adc_bits", r.adc_bits, "bits of the converters");
        add(
            "adc_bits_lossless",
            r.adc_bits_lossless,
            "fewest bits that never clip",
        );
        add(
            "wordline_cycles",
            r.wordline_cycles,
            "set-up of an activation",
        );
        add("psum_bits", r.psum_bits, "bits of a partial sum's element");
        add("acc_bits", r.acc_bits, "bits of a result's element");
        add("banks", r.banks, "banks of all lanes");
        add("slots", r.slots, "crossbars of all banks");
        add("lane_slots", r.lane_slots, "crossbars of a lane");
        add("gather", r.gather, "commands that a lane gathers at a time");
        add(
            "places",
            r.places,
            "vectors that a lane can add up at a time",
        );
        add("hops", r.hops, "hops that an id passes at most");
        add("hop_lanes", r.hop_lanes, "lanes of a hop");
        add(
            "element_bits",
            r.element_bits,
            "bits of an element in a beat of results",
        );
        add("result_beats", r.result_beats, "beats of a vector");
        add("lane_bits", r.lane_bits, "bits of a lane's number");
        add(
            "bank_bits",
            r.bank_bits,
            "bits of a bank's number in its lane",
        );
        add(
            "slot_bits",
            r.slot_bits,
            "bits of a slot's number in its bank",
        );
        add(
            "row_number_bits",
            r.row_number_bits,
            "bits of a row's number",
        );
        add("array_bits", r.array_bits, "bits of a bitline's word");
        add("prog_bits", r.prog_bits, "data bits of a block of a row");
        add(
            "prog_addr_bits",
            r.prog_addr_bits,
            "bits of a block's place in its bank",
        );
        let levels: Vec<Vec<String>> = r
            .adc_levels
            .iter()
            .map(|l| {
                vec![
                    format!("{} mode", if l.read_mode { "read" } else { "MAC" }),
                    l.max_rows.to_string(),
                    l.limit.to_string(),
                    l.bits.to_string(),
                    l.phase_cycles.to_string(),
                ]
            })
            .collect();
        let head = [
            "converter",
            "rows up to",
            "thresholds",
            "bits",
            "cycles a phase",
        ];
        format!("{}\n\n{}", lines.render(), table(&head, &levels))
    }
}

pub(super) fn run(args: &Args, session: &Session) -> Result<Done> {
    let resolved = args.config.resolve(session)?;
    match args.resolved {
        true => session.output.show(&Derived(resolved))?,
        false => session
            .output
            .show_text(&annotated_template(&resolved.config)?, &resolved.config)?,
    }
    Ok(Done::Well)
}
