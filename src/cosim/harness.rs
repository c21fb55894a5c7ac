//! The streams of the top module and its probes, as the harness needs them.

use crate::hardware::{CounterMap, Params};
use crate::rtl::TOP;
use std::path::PathBuf;
use verilated::{Design, Field, Probe, Reset, StreamSpec};

/// Probe of the oldest bag of each port that has not retired, modulo twice the window.
pub(crate) const HEAD: &str = "oldest bag of each port";
/// Probe of the oldest bag of each port whose ids have not all passed the chain.
pub(crate) const CLOSED: &str = "oldest bag of each port with ids under way";
/// Probe of the next bag of each port.
pub(crate) const TAIL: &str = "next bag of each port";
/// Probe of the lanes that each port's oldest bag waits for.
pub(crate) const WAIT: &str = "lanes the oldest bag of each port waits for";
/// Probe of the banks with unfinished commands, lane by lane.
pub(crate) const BUSY: &str = "banks at work";
/// Probe of the lanes where an id waits for a place of its bag.
pub(crate) const PLACE: &str = "lanes without a place for a bag";
/// Probe of the lanes where an id waits for room in the gather store.
pub(crate) const ROOM: &str = "lanes whose gather store is full";
/// Probe of the lanes where commands wait for room in a bank's queue.
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

/// Status bits of a vector above its tag: an id was dropped because its place does not exist, and the
/// bag had more than `embedding.max_bag` ids.
pub(crate) const STATUS_BITS: u32 = 2;

/// Describes the top module to the harness; `sources` are in the order of the package's file list.
///
/// Fields of each stream's items; each field starts at a new 32-bit word:
///
/// | stream | direction | fields |
/// |---|---|---|
/// | `ids<port>` | in | data, keep, last, tag |
/// | `aw`, `ar` | in | address |
/// | `w` | in | data, strobes |
/// | `vec<port>` | out | tag and status, last, data |
/// | `b` | out | response |
/// | `r` | out | data, response |
pub fn design(p: &Params, sources: Vec<PathBuf>) -> Design {
    let stream = |name: &str, payload| StreamSpec {
        name: name.to_owned(),
        valid: Field::bit(format!("s_axil_{name}valid"), 0),
        ready: Some(Field::bit(format!("s_axil_{name}ready"), 0)),
        payload,
    };
    let address = CounterMap::new(p).address_bits();
    let part = |port: &str, number: u32, width: u32| Field::new(port, number * width, width);
    let mut inputs: Vec<_> = (0..p.ports)
        .map(|port| StreamSpec {
            name: format!("ids{port}"),
            valid: Field::bit("s_axis_ids_tvalid", port),
            ready: Some(Field::bit("s_axis_ids_tready", port)),
            payload: vec![
                part("s_axis_ids_tdata", port, 32 * p.ids),
                part("s_axis_ids_tkeep", port, 4 * p.ids),
                Field::bit("s_axis_ids_tlast", port),
                part("s_axis_ids_tuser", port, p.user_tag_bits),
            ],
        })
        .collect();
    let whole = |port: &str, width| Field::whole(port, width);
    inputs.extend([
        stream("aw", vec![whole("s_axil_awaddr", address)]),
        stream(
            "w",
            vec![whole("s_axil_wdata", 32), whole("s_axil_wstrb", 4)],
        ),
        stream("ar", vec![whole("s_axil_araddr", address)]),
    ]);
    let mut outputs: Vec<_> = (0..p.ports)
        .map(|port| StreamSpec {
            name: format!("vec{port}"),
            valid: Field::bit("m_axis_vec_tvalid", port),
            ready: Some(Field::bit("m_axis_vec_tready", port)),
            payload: vec![
                part("m_axis_vec_tuser", port, p.user_tag_bits + STATUS_BITS),
                Field::bit("m_axis_vec_tlast", port),
                part("m_axis_vec_tdata", port, p.result_bits),
            ],
        })
        .collect();
    outputs.extend([
        stream("b", vec![whole("s_axil_bresp", 2)]),
        stream(
            "r",
            vec![whole("s_axil_rdata", 32), whole("s_axil_rresp", 2)],
        ),
    ]);
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
            ("s_axil_awprot", 3),
            ("s_axil_arprot", 3),
            ("trim_i", p.trim_bits),
            ("scan_en_i", 1),
            ("scan_i", 1),
        ]
        .map(|(port, width)| Field::whole(port, width))
        .to_vec(),
        probes: vec![
            probe(HEAD, "status_head_o", p.ports * (p.place_bits + 1)),
            probe(CLOSED, "status_closed_o", p.ports * (p.place_bits + 1)),
            probe(TAIL, "status_tail_o", p.ports * (p.place_bits + 1)),
            probe(WAIT, "status_wait_o", p.ports * p.lanes),
            probe(PLACE, "status_wait_place_o", p.lanes),
            probe(ROOM, "status_wait_room_o", p.lanes),
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
