//! The hand-written modules.

/// Name and text of each, in the order of the file list: a module comes before those that use it.
pub(super) const LEAVES: &[(&str, &str)] = &[
    ("recross_fifo.v", include_str!("../../rtl/recross_fifo.v")),
    (
        "recross_counter.v",
        include_str!("../../rtl/recross_counter.v"),
    ),
    (
        "recross_counters.v",
        include_str!("../../rtl/recross_counters.v"),
    ),
    (
        "recross_splitter.v",
        include_str!("../../rtl/recross_splitter.v"),
    ),
    (
        "recross_shift_add.v",
        include_str!("../../rtl/recross_shift_add.v"),
    ),
    (
        "recross_partial.v",
        include_str!("../../rtl/recross_partial.v"),
    ),
    (
        "recross_writer.v",
        include_str!("../../rtl/recross_writer.v"),
    ),
    (
        "recross_prepare.v",
        include_str!("../../rtl/recross_prepare.v"),
    ),
    (
        "recross_supervisor.v",
        include_str!("../../rtl/recross_supervisor.v"),
    ),
    (
        "recross_events.v",
        include_str!("../../rtl/recross_events.v"),
    ),
    (
        "recross_faults.v",
        include_str!("../../rtl/recross_faults.v"),
    ),
    ("recross_bank.v", include_str!("../../rtl/recross_bank.v")),
    (
        "recross_ram_1r1w.v",
        include_str!("../../rtl/recross_ram_1r1w.v"),
    ),
    ("recross_hop.v", include_str!("../../rtl/recross_hop.v")),
    ("recross_chain.v", include_str!("../../rtl/recross_chain.v")),
    (
        "recross_intake.v",
        include_str!("../../rtl/recross_intake.v"),
    ),
    (
        "recross_result.v",
        include_str!("../../rtl/recross_result.v"),
    ),
    (
        "recross_retire.v",
        include_str!("../../rtl/recross_retire.v"),
    ),
    ("recross_port.v", include_str!("../../rtl/recross_port.v")),
    ("recross_pick.v", include_str!("../../rtl/recross_pick.v")),
    (
        "recross_places.v",
        include_str!("../../rtl/recross_places.v"),
    ),
    (
        "recross_gather.v",
        include_str!("../../rtl/recross_gather.v"),
    ),
    ("recross_merge.v", include_str!("../../rtl/recross_merge.v")),
    (
        "recross_accumulator.v",
        include_str!("../../rtl/recross_accumulator.v"),
    ),
    (
        "recross_prefetch.v",
        include_str!("../../rtl/recross_prefetch.v"),
    ),
    ("recross_banks.v", include_str!("../../rtl/recross_banks.v")),
    (
        "recross_lane_counters.v",
        include_str!("../../rtl/recross_lane_counters.v"),
    ),
    ("recross_lane.v", include_str!("../../rtl/recross_lane.v")),
    (
        "recross_programming.v",
        include_str!("../../rtl/recross_programming.v"),
    ),
    (
        "recross_readout.v",
        include_str!("../../rtl/recross_readout.v"),
    ),
    (
        "recross_engine.v",
        include_str!("../../rtl/recross_engine.v"),
    ),
    ("recross_reset.v", include_str!("../../rtl/recross_reset.v")),
    ("recross_axil.v", include_str!("../../rtl/recross_axil.v")),
    (
        "recross_control_counters.v",
        include_str!("../../rtl/recross_control_counters.v"),
    ),
];

/// The control slave, which uses the registers of a configuration.
pub(super) const CONTROL: (&str, &str) = (
    "recross_control.v",
    include_str!("../../rtl/recross_control.v"),
);

/// The model of the crossbars, which both macros contain. It is not synthesised.
pub(super) const CROSSBARS: (&str, &str) = (
    "recross_crossbars.v",
    include_str!("../../rtl/recross_crossbars.v"),
);

/// The analog macro with one kind of converter.
pub(super) struct Macro {
    /// Its name.
    pub name: &'static str,
    /// Its behavioural model.
    pub model: &'static str,
    /// The logic of its converters, as in [`LEAVES`].
    pub logic: (&'static str, &'static str),
}

pub(super) const FLASH: Macro = Macro {
    name: "recross_macro_flash",
    model: include_str!("../../rtl/recross_macro_flash.v"),
    logic: (
        "recross_adc_flash.v",
        include_str!("../../rtl/recross_adc_flash.v"),
    ),
};

pub(super) const SAR: Macro = Macro {
    name: "recross_macro_sar",
    model: include_str!("../../rtl/recross_macro_sar.v"),
    logic: (
        "recross_adc_sar.v",
        include_str!("../../rtl/recross_adc_sar.v"),
    ),
};

impl Macro {
    /// The black box that takes the model's place in synthesis: the same parameters and pins.
    pub fn stub(&self) -> String {
        let name = self.name;
        let start = self.model.find("module ").unwrap_or_default();
        let end = self.model.find("\n);\n").map_or(start, |at| at + 4);
        let header = &self.model[start..end];
        let header = header.replace("output reg ", "output wire");
        format!(
            "// SPDX-License-Identifier: MIT OR Apache-2.0\n\
             // The analog macro of one bank, as a black box for synthesis. {name}.v describes the pins.\n\
             `default_nettype none\n\n\
             // Nothing uses the inputs, and nothing drives the outputs.\n\
             // verilator lint_off DECLFILENAME\n\
             // verilator lint_off UNUSED\n\
             // verilator lint_off UNDRIVEN\n\
             (* blackbox *)\n\
             {header}\nendmodule\n\
             // verilator lint_on DECLFILENAME\n\
             // verilator lint_on UNUSED\n\
             // verilator lint_on UNDRIVEN\n\n\
             `default_nettype wire\n"
        )
    }
}

/// What a module is: the first sentence of the comment at its head.
pub(super) fn about(text: &str) -> String {
    let mut sentence = String::new();
    for line in text.lines().skip(1).map_while(|l| l.strip_prefix("// ")) {
        if !sentence.is_empty() {
            sentence.push(' ');
        }
        match line.split_once(". ") {
            Some((end, _)) => return sentence + end,
            None => sentence += line,
        }
        if let Some(whole) = sentence.strip_suffix('.') {
            return whole.to_owned();
        }
    }
    sentence
}
