//! The control slave's registers. This list is the only description of them: the Verilog module, the
//! package's README, the C header, and the constants of the host are made from it.

use super::counters::{COUNTERS_BANK, COUNTERS_ENGINE, COUNTERS_LANE};
use super::params::{PARAMETERS, Params};

/// Number of the interface: ports, streams and registers. It changes whenever software for one package
/// would not work with another.
pub const INTERFACE: u32 = 2;

/// What a register reads as an engine's identification: the bytes `RCRS`, lowest first.
pub const MAGIC: u32 = u32::from_le_bytes(*b"RCRS");

/// Bits of the addresses of registers, without those of the counters' windows.
pub const REGISTER_BITS: u32 = 12;

/// Address of the first parameter; each is a word.
pub const PARAMETERS_AT: u32 = 0x400;

/// Most bits of the numbers that are halves of a register: lane, bank, slot and row.
pub const HALF: u32 = 16;

/// What a read or a write of a field does.
#[derive(Debug, Clone, Copy)]
pub enum Access {
    /// Reads a value of the hardware.
    Read,
    /// Reads a constant.
    Constant(fn(&Params) -> u32),
    /// Reads a constant that the control logic uses, too.
    Shared(fn(&Params) -> u32),
    /// Reads what was written, or after a reset this value.
    Write(u32),
    /// As [`Access::Write`] with the value 0, and has no effect.
    Scratch,
    /// The hardware sets it. Writing one makes it zero, unless it is set in the same cycle.
    ClearByOne,
    /// Reads a value of the hardware, which takes what is written.
    Live,
    /// The hardware takes what is written. Reads zero.
    Take,
    /// Writing one has an effect once. Reads zero.
    Pulse,
}

impl Access {
    /// The abbreviation that the README and the header use.
    pub fn short(self) -> &'static str {
        match self {
            Access::Read | Access::Constant(_) | Access::Shared(_) => "ro",
            Access::Write(_) | Access::Scratch | Access::Live => "rw",
            Access::ClearByOne => "w1c",
            Access::Take | Access::Pulse => "wo",
        }
    }

    /// Whether a write can have an effect.
    pub fn is_written(self) -> bool {
        self.short() != "ro"
    }
}

/// Neighbouring bits of a register.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name; `value` if it is the register's only one.
    pub name: &'static str,
    /// Number of its lowest bit.
    pub low: u32,
    /// Number of bits.
    pub bits: u32,
    /// What a read or a write does.
    pub access: Access,
    /// What it is.
    pub about: &'static str,
}

impl Field {
    /// Its bits, at their place in the register.
    pub fn mask(&self) -> u32 {
        (u32::MAX >> (32 - self.bits)) << self.low
    }
}

/// A word of the register map.
#[derive(Debug, Clone, Copy)]
pub struct Register {
    /// Its name.
    pub name: &'static str,
    /// Its byte address.
    pub offset: u32,
    /// Whether the hardware can refuse a write, and can hold one until the last has been used.
    pub guarded: bool,
    /// Its fields, lowest first. Other bits read zero, and what is written to them is ignored.
    pub fields: &'static [Field],
    /// What it is.
    pub about: &'static str,
}

impl Register {
    /// Whether a write can have an effect.
    pub fn is_written(&self) -> bool {
        self.fields.iter().any(|f| f.access.is_written())
    }

    /// Value after a reset, of the bits that do not come from the hardware.
    pub fn reset(&self, params: &Params) -> u32 {
        self.fields.iter().fold(0, |word, field| {
            let value = match field.access {
                Access::Constant(value) | Access::Shared(value) => value(params),
                Access::Write(value) => value,
                _ => 0,
            };
            word | value << field.low & field.mask()
        })
    }
}

const fn field(
    name: &'static str,
    low: u32,
    bits: u32,
    access: Access,
    about: &'static str,
) -> Field {
    Field {
        name,
        low,
        bits,
        access,
        about,
    }
}

const fn word(access: Access) -> Field {
    field("value", 0, 32, access, "")
}

const fn half(name: &'static str, low: u32, access: Access) -> Field {
    field(name, low, HALF, access, "")
}

macro_rules! registers {
    ($($name:ident $(($guarded:ident))? at $offset:literal, $about:literal: [$($field:expr),* $(,)?];)*) => {
        /// Every register, by rising address.
        pub const REGISTERS: &[Register] = &[$(Register {
            name: stringify!($name),
            offset: $offset,
            guarded: registers!(@ $($guarded)?),
            fields: &[$($field),*],
            about: $about,
        }),*];

        /// Addresses of the registers, by their names.
        #[allow(non_upper_case_globals)] // they are the names of the README
        pub mod at {
            $(#[doc = $about] pub const $name: u32 = $offset;)*
        }
    };
    (@) => { false };
    (@ guarded) => { true };
}

registers! {
    id at 0x000, "identification: the bytes `RCRS`, lowest first": [word(Access::Constant(|_| MAGIC))];
    version at 0x004, "version of recross that wrote the package": [
        field("patch", 0, 8, Access::Constant(|_| version(2)), ""),
        field("minor", 8, 8, Access::Constant(|_| version(1)), ""),
        field("major", 16, 8, Access::Constant(|_| version(0)), ""),
    ];
    interface at 0x008, "number of the interface: ports, streams and registers": [
        word(Access::Constant(|_| INTERFACE)),
    ];
    geometry at 0x00c, "header word of images for this engine": [word(Access::Shared(geometry))];
    scratch at 0x010, "no effect": [word(Access::Scratch)];
    control at 0x014, "modes": [
        field("enable", 0, 1, Access::Write(1), "beats of ids are taken"),
        field("freeze", 1, 1, Access::Write(0), "the event counters stand still"),
    ];
    command at 0x018, "effects that happen once": [
        field("flush", 0, 1, Access::Pulse, "drops all bags in flight, and a row that is not written to its end"),
        field("reset", 1, 1, Access::Pulse, "as flush, and all registers get their values after a reset"),
        field("clear_counters", 2, 1, Access::Pulse, "makes all event counters zero"),
        field("clear_answers", 3, 1, Access::Pulse, "makes prog_done and prog_failed zero"),
    ];
    status at 0x01c, "what the engine does": [
        field("idle", 0, 1, Access::Read, "no bag is in flight"),
        field("prog_busy", 1, 1, Access::Read, "a row has no answer yet"),
        field("prog_open", 2, 1, Access::Read, "prog_image has opened the window for rows"),
        field("frozen", 3, 1, Access::Read, "the event counters stand still"),
    ];
    events at 0x020, "what has happened since the bit was cleared": [
        field("id_range", 0, 1, Access::ClearByOne, "an id was dropped because its place does not exist"),
        field("bag_long", 1, 1, Access::ClearByOne, "a bag had more ids than MaxBag"),
        field("bank_silent", 2, 1, Access::ClearByOne, "a bank's macro did not answer"),
        field("bank_wrong", 3, 1, Access::ClearByOne, "a bank's macro answered without a request, or blocks of a row were out of order"),
        field("row_failed", 4, 1, Access::ClearByOne, "a row could not be verified"),
        field("refused", 5, 1, Access::ClearByOne, "a write to prog_bank, prog_row or prog_data was refused"),
        field("image", 6, 1, Access::ClearByOne, "prog_image got the header word of another geometry"),
        field("prog_done", 8, 1, Access::ClearByOne, "all rows that were written have their answers"),
        field("idle", 9, 1, Access::ClearByOne, "the last bag in flight has ended"),
    ];
    mask at 0x024, "events that make the interrupt output high": [
        field("value", 0, 10, Access::Write(0), "bits as in events"),
    ];
    id_range_port at 0x028, "port of the first id with id_range": [half("value", 0, Access::Read)];
    id_range_id at 0x02c, "that id": [word(Access::Read)];
    bag_long_port at 0x030, "port of the first bag with bag_long": [half("value", 0, Access::Read)];
    bank_error at 0x034, "place of the first bank with bank_silent or bank_wrong": [
        half("bank", 0, Access::Read),
        half("lane", 16, Access::Read),
    ];
    refused_at at 0x038, "address of the first write with refused or image": [
        half("value", 0, Access::Read),
    ];
    prog_image (guarded) at 0x040, "opens the window for rows if geometry is written, and closes it otherwise": [
        word(Access::Take),
    ];
    prog_bank (guarded) at 0x044, "bank of the next row": [
        half("bank", 0, Access::Live),
        half("lane", 16, Access::Live),
    ];
    prog_row (guarded) at 0x048, "place of the next row in its bank; counts up with each row, slot after slot": [
        half("row", 0, Access::Live),
        half("slot", 16, Access::Live),
    ];
    prog_data (guarded) at 0x04c, "next word of a row: its blocks in order, each from its lowest word": [
        word(Access::Take),
    ];
    prog_done at 0x050, "rows that have been answered": [word(Access::Read)];
    prog_failed at 0x054, "those of them that could not be verified": [word(Access::Read)];
    fail_bank at 0x058, "bank of the first such row": [
        half("bank", 0, Access::Read),
        half("lane", 16, Access::Read),
    ];
    fail_row at 0x05c, "place of that row in its bank": [
        half("row", 0, Access::Read),
        half("slot", 16, Access::Read),
    ];
    prog_pending at 0x060, "rows without an answer": [half("value", 0, Access::Read)];
}

/// A part of this crate's version.
fn version(part: usize) -> u32 {
    let mut parts = env!("CARGO_PKG_VERSION").split(['.', '-', '+']);
    parts.nth(part).and_then(|p| p.parse().ok()).unwrap_or(0)
}

/// Parameters on which the layout of images depends.
const LAYOUT: &[&str] = &[
    "Lanes",
    "Banks",
    "Slots",
    "Blocks",
    "Rows",
    "Cols",
    "CellBits",
    "Adcs",
    "Dim",
    "ValueBits",
    "LaneBits",
    "BankBits",
    "SlotBits",
    "RowNumberBits",
];

/// The header word of images: the 32-bit FNV-1a hash of the parameters on which the layout of images
/// depends, four bytes each, lowest first. It is never zero.
pub fn geometry(params: &Params) -> u32 {
    let words = PARAMETERS
        .iter()
        .filter(|p| LAYOUT.contains(&p.name))
        .map(|p| (p.value)(params));
    let hash = words
        .flat_map(u32::to_le_bytes)
        .fold(0x811c_9dc5_u32, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
    hash.max(1)
}

/// Addresses of the event counters: a window for each kind, above the registers.
///
/// Bits of an address, from the lowest: two of the byte, one of the word, four of the counter, the
/// bank's, the lane's; the kind is the two highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CounterMap {
    /// Number of the lowest bit of the bank's number.
    pub bank_low: u32,
    /// Number of the lowest bit of the lane's number.
    pub lane_low: u32,
    /// Number of the lowest bit of the kind: 0 registers, 1 engine, 2 lane, 3 bank.
    pub kind_low: u32,
}

impl CounterMap {
    /// The map of an engine.
    pub fn new(params: &Params) -> Self {
        let bank_low = 7;
        let lane_low = bank_low + params.bank_bits;
        CounterMap {
            bank_low,
            lane_low,
            kind_low: REGISTER_BITS.max(lane_low + params.lane_bits),
        }
    }

    /// Bits of an address of the control slave.
    pub fn address_bits(&self) -> u32 {
        self.kind_low + 2
    }

    /// Address of the low word of a counter of the engine.
    pub fn engine(&self, index: u32) -> u32 {
        1 << self.kind_low | index << 3
    }

    /// Address of the low word of a lane's counter.
    pub fn lane(&self, lane: u32, index: u32) -> u32 {
        2 << self.kind_low | lane << self.lane_low | index << 3
    }

    /// Address of the low word of a bank's counter.
    pub fn bank(&self, lane: u32, bank: u32, index: u32) -> u32 {
        3 << self.kind_low | lane << self.lane_low | bank << self.bank_low | index << 3
    }
}

/// Number of counters of each kind: engine, lane, bank.
pub const COUNTERS: [u32; 3] = [
    COUNTERS_ENGINE.len() as u32,
    COUNTERS_LANE.len() as u32,
    COUNTERS_BANK.len() as u32,
];
