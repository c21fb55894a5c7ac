//! Parameters as the templates print them: port ranges and lines of text.

use crate::config::Resolved;
use crate::hardware::{CounterMap, PARAMETERS, Params};

/// Port ranges of the top module, ready to print and equally wide: `[ 7:0] `, or blanks for one bit.
#[derive(Debug, Clone)]
pub(super) struct Widths {
    pub bit: String,
    pub address: String,
    pub prot: String,
    pub kind: String,
    pub index: String,
    pub id: String,
    pub ports: String,
    pub port: String,
    pub ids_data: String,
    pub ids_keep: String,
    pub ids_user: String,
    pub vec_data: String,
    pub vec_user: String,
    pub numbers: String,
    pub waits: String,
    pub lanes: String,
    pub lane: String,
    pub bank: String,
    pub prog_addr: String,
    pub prog_data: String,
    pub count: String,
    pub slot: String,
    pub row_number: String,
    pub trim: String,
    pub busy: String,
}

/// Status bits above the tag of a vector.
const STATUS_BITS: u32 = 2;

impl Widths {
    pub fn new(p: &Params) -> Self {
        let ids_data = p.ports * p.ids * 32;
        let vec_data = p.ports * p.result_bits;
        let vec_user = p.ports * (p.user_tag_bits + STATUS_BITS);
        let numbers = p.ports * (p.place_bits + 1);
        let waits = p.ports * p.lanes;
        let busy = p.lanes * p.banks;
        let widest = [
            ids_data,
            vec_data,
            vec_user,
            numbers,
            waits,
            busy,
            p.prog_bits,
            p.count_bits,
        ];
        let digits = widest
            .into_iter()
            .max()
            .map_or(0, |w| (w - 1).to_string().len());
        let range = |bits| range(bits, digits);
        Widths {
            bit: range(1),
            address: range(CounterMap::new(p).address_bits()),
            prot: range(3),
            kind: range(2),
            index: range(4),
            id: range(32),
            ports: range(p.ports),
            port: range(p.port_bits),
            ids_data: range(ids_data),
            ids_keep: range(p.ports * p.ids * 4),
            ids_user: range(p.ports * p.user_tag_bits),
            vec_data: range(vec_data),
            vec_user: range(vec_user),
            numbers: range(numbers),
            waits: range(waits),
            lanes: range(p.lanes),
            lane: range(p.lane_bits),
            bank: range(p.bank_bits),
            prog_addr: range(p.prog_addr_bits),
            prog_data: range(p.prog_bits),
            count: range(p.count_bits),
            slot: range(p.slot_bits),
            row_number: range(p.row_number_bits),
            trim: range(p.trim_bits),
            busy: range(busy),
        }
    }
}

/// A port's range, ready to print: `[ 7:0] ` with the number in `digits` places, or as many blanks
/// for one bit.
fn range(bits: u32, digits: usize) -> String {
    match bits {
        1 => " ".repeat(digits + 5),
        _ => format!("[{:>digits$}:0] ", bits - 1),
    }
}

/// Port ranges of the modules around the analog macro.
#[derive(Debug, Clone)]
pub(super) struct AnalogWidths {
    pub bit: String,
    pub trim: String,
    pub row_number: String,
    pub mask: String,
    pub slot: String,
    pub phase: String,
    pub block: String,
    pub row_data: String,
    /// Number of a level.
    pub adc_level: String,
    /// One bit a level.
    pub adc_levels: String,
    /// A code of one converter.
    pub adc: String,
    pub codes: String,
    pub converters: String,
    pub therm: String,
    /// A number of rows.
    pub rows: String,
}

impl AnalogWidths {
    pub fn new(p: &Params, levels: usize) -> Self {
        let converters = p.blocks * p.adcs;
        let (codes, row_data) = (converters * p.adc_bits, p.cols * p.cell_bits);
        let widest = codes.max(row_data).max(p.rows);
        let digits = (widest - 1).to_string().len();
        let range = |bits| range(bits, digits);
        AnalogWidths {
            bit: range(1),
            trim: range(p.trim_bits),
            row_number: range(p.row_number_bits),
            mask: range(p.rows),
            slot: range(p.slot_bits),
            phase: range(p.phase_bits),
            block: range(p.block_bits),
            row_data: range(row_data),
            adc_level: range(p.adc_level_bits),
            adc_levels: range(levels as u32),
            adc: range(p.adc_bits),
            codes: range(codes),
            converters: range(converters),
            therm: range(converters * ((1 << p.adc_bits) - 1)),
            rows: range(p.row_bits),
        }
    }
}

/// A parameter of the engine, for templates.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub name: &'static str,
    pub keys: &'static str,
    pub about: &'static str,
    pub value: u32,
}

impl Value {
    pub fn all(params: &Params) -> Vec<Value> {
        let value = |p: &crate::hardware::Parameter| Value {
            name: p.name,
            keys: p.keys,
            about: p.about,
            value: (p.value)(params),
        };
        PARAMETERS.iter().map(value).collect()
    }
}

/// `1 row`, `2 rows`.
pub(super) fn count(number: u32, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// One resolution of the mode switch, for templates.
#[derive(Debug, Clone)]
pub(super) struct Level {
    pub number: usize,
    pub max_rows: u32,
    pub limit: u32,
    pub bits: u32,
    pub phase_cycles: u32,
    pub read: u32,
    pub last: bool,
    pub text: String,
}

impl Level {
    pub(super) fn all(r: &Resolved) -> Vec<Level> {
        let last = r.adc_levels.len() - 1;
        r.adc_levels
            .iter()
            .enumerate()
            .map(|(number, l)| Level {
                number,
                max_rows: l.max_rows,
                limit: l.limit,
                bits: l.bits,
                phase_cycles: l.phase_cycles,
                read: u32::from(l.read_mode),
                last: number == last,
                text: format!(
                    "up to {}: {} mode, {} ({} bit), {} a phase",
                    count(l.max_rows, "row"),
                    if l.read_mode { "read" } else { "MAC" },
                    count(l.limit, "threshold"),
                    l.bits,
                    count(l.phase_cycles, "cycle")
                ),
            })
            .collect()
    }
}
