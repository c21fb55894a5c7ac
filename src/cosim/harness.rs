//! The top module's streams and probes, as the harness needs them.

use crate::hardware::Params;
use crate::rtl::TOP;
use std::path::PathBuf;
use verilated::{Design, Field, Probe, Reset, StreamSpec};

/// Probe of the tag of the oldest bag that has not retired.
pub(crate) const HEAD: &str = "oldest bag (tag)";
/// Probe of the tags of the next bag to open, port by port.
pub(crate) const TAIL: &str = "next bag to open of each port (tags)";
/// Probe of the lanes that the oldest bag waits for.
pub(crate) const WAIT: &str = "lanes the oldest bag waits for";
/// Probe of the banks with unfinished commands, lane by lane.
pub(crate) const BUSY: &str = "banks at work";

/// Probe of the lanes whose command waits for its bag's header.
pub(crate) const WINDOW: &str = "lanes waiting for the window";
/// Probe of the lanes whose command waits for room in a queue.
pub(crate) const QUEUE: &str = "lanes waiting for a queue";
/// Probe of whether no bag is in flight.
pub(crate) const IDLE: &str = "idle";
/// Probe of the sticky error. Bit 0: no answer from a macro. Bit 1: an answer to nothing, or a word
/// of a row out of order.
pub(crate) const ERROR: &str = "error of a bank";
/// Probe of the lane of the bank with the error.
pub(crate) const ERROR_LANE: &str = "lane of the error";
/// Probe of the bank with the error.
pub(crate) const ERROR_BANK: &str = "bank of the error";

/// Describes the top module to the harness; `sources` are in the order of the package's file list.
///
/// Fields of each stream's items; each field starts at a new 32-bit word:
///
/// | stream | direction | fields |
/// |---|---|---|
/// | `hdr<port>` | in | lanes |
/// | `cmd<lane>` | in | tag, group, single, mask, last |
/// | `prog` | in | table, lane, bank, addr, data |
/// | `count` | in | kind, lane, bank, index |
/// | `flush` | in | none: an item is a pulse of `flush_i` |
/// | `res<port>` | out | tag, data |
/// | `resp` | out | lane, bank, slot, row, fail |
/// | `value` | out | data |
pub fn design(p: &Params, sources: Vec<PathBuf>) -> Design {
    let directed = |name: &str, own: &str, other: &str, payload: Vec<Field>| StreamSpec {
        name: name.to_owned(),
        valid: Field::bit(format!("{name}_valid_{own}"), 0),
        ready: Some(Field::bit(format!("{name}_ready_{other}"), 0)),
        payload,
    };
    let stream = |name: &str, payload| directed(name, "i", "o", payload);
    let mut inputs: Vec<_> = (0..p.ports)
        .map(|port| StreamSpec {
            name: format!("hdr{port}"),
            valid: Field::bit("hdr_valid_i", port),
            ready: Some(Field::bit("hdr_ready_o", port)),
            payload: vec![Field::new("hdr_lanes_i", port * p.lanes, p.lanes)],
        })
        .collect();
    inputs.extend((0..p.lanes).map(|l| StreamSpec {
        name: format!("cmd{l}"),
        valid: Field::bit("cmd_valid_i", l),
        ready: Some(Field::bit("cmd_ready_o", l)),
        payload: vec![
            Field::new("cmd_tag_i", l * p.bag_bits(), p.bag_bits()),
            Field::new("cmd_group_i", l * p.group_bits(), p.group_bits()),
            Field::bit("cmd_single_i", l),
            Field::new("cmd_mask_i", l * p.rows, p.rows),
            Field::bit("cmd_last_i", l),
        ],
    }));
    inputs.push(stream(
        "prog",
        vec![
            Field::whole("prog_table_i", 1),
            Field::whole("prog_lane_i", p.lane_bits),
            Field::whole("prog_bank_i", p.bank_bits),
            Field::whole("prog_addr_i", p.prog_addr_bits),
            Field::whole("prog_data_i", p.prog_bits),
        ],
    ));
    inputs.push(stream(
        "count",
        vec![
            Field::whole("count_kind_i", 2),
            Field::whole("count_lane_i", p.lane_bits),
            Field::whole("count_bank_i", p.bank_bits),
            Field::whole("count_index_i", 4),
        ],
    ));
    inputs.push(StreamSpec {
        name: "flush".to_owned(),
        valid: Field::bit("flush_i", 0),
        ready: None,
        payload: Vec::new(),
    });
    let data = p.dim * p.acc_bits;
    let mut outputs: Vec<_> = (0..p.ports)
        .map(|port| StreamSpec {
            name: format!("res{port}"),
            valid: Field::bit("res_valid_o", port),
            ready: Some(Field::bit("res_ready_i", port)),
            payload: vec![
                Field::new("res_tag_o", port * p.bag_bits(), p.bag_bits()),
                Field::new("res_data_o", port * data, data),
            ],
        })
        .collect();
    outputs.push(directed(
        "resp",
        "o",
        "i",
        vec![
            Field::whole("resp_lane_o", p.lane_bits),
            Field::whole("resp_bank_o", p.bank_bits),
            Field::whole("resp_slot_o", p.slot_bits),
            Field::whole("resp_row_o", p.row_number_bits),
            Field::whole("resp_fail_o", 1),
        ],
    ));
    outputs.push(StreamSpec {
        name: "value".to_owned(),
        valid: Field::bit("count_valid_o", 0),
        ready: None,
        payload: vec![Field::whole("count_data_o", p.count_bits)],
    });
    let probe = |name: &str, port: &str, width: u32| Probe {
        name: name.to_owned(),
        field: Field::whole(port, width),
    };
    Design {
        name: "recross".to_owned(),
        top: TOP.to_owned(),
        sources,
        // There are many identical lanes and banks: compile each module once.
        no_inline_modules: ["recross_lane", "recross_bank"].map(str::to_owned).to_vec(),
        kept_ports: kept_ports(),
        clock: "clk_i".to_owned(),
        reset: Some(Reset {
            port: "rst_ni".to_owned(),
            active_low: true,
        }),
        inputs,
        outputs,
        tied_low: [
            ("test_mode_i", 1),
            ("trim_i", p.trim_bits),
            ("scan_en_i", 1),
            ("scan_i", 1),
        ]
        .map(|(port, width)| Field::whole(port, width))
        .to_vec(),
        probes: vec![
            probe(HEAD, "status_head_o", p.bag_bits()),
            probe(TAIL, "status_tail_o", p.ports * p.bag_bits()),
            probe(WAIT, "status_wait_o", p.lanes),
            probe(WINDOW, "status_window_o", p.lanes),
            probe(QUEUE, "status_queue_o", p.lanes),
            probe(BUSY, "status_busy_o", p.lanes * p.banks),
            probe(IDLE, "idle_o", 1),
            probe(ERROR, "error_o", 2),
            probe(ERROR_LANE, "error_lane_o", p.lane_bits),
            probe(ERROR_BANK, "error_bank_o", p.bank_bits),
        ],
        ..Design::default()
    }
}

/// Input ports, except clock and reset, of the modules that are compiled once.
fn kept_ports() -> Vec<(String, String)> {
    let modules = [
        ("recross_lane", include_str!("../../rtl/recross_lane.v")),
        ("recross_bank", include_str!("../../rtl/recross_bank.v")),
    ];
    modules
        .iter()
        .flat_map(|(module, text)| {
            text.lines()
                .filter(|line| line.trim_start().starts_with("input "))
                .filter_map(|line| line.split("//").next()?.split_whitespace().last())
                .map(|name| name.trim_end_matches(','))
                .filter(|name| !["clk_i", "rst_ni"].contains(name))
                .map(move |name| ((*module).to_owned(), name.to_owned()))
        })
        .collect()
}
