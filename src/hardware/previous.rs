//! Sizes of the way in that `host::Lowering` prepares commands for. They go with it.

use super::params::Params;
use crate::config::Resolved;

/// Most copies of a group in a lane.
pub const MAX_REPLICAS: u32 = 64;

impl Resolved {
    /// Bags in flight of all ports.
    pub fn window_of_all(&self) -> u32 {
        (self.config.frontend.window * self.config.frontend.ports).next_power_of_two()
    }

    /// Bits of a bag's number modulo twice the window.
    pub fn bag_bits(&self) -> u32 {
        self.window_of_all().trailing_zeros() + 1
    }

    /// Bits of a lane's group number.
    pub fn group_bits(&self) -> u32 {
        self.lane_slots.max(2).next_power_of_two().trailing_zeros()
    }

    /// Bits of a replica table's word.
    pub fn table_bits(&self) -> u32 {
        7 + MAX_REPLICAS * (self.bank_bits + self.slot_bits)
    }
}

impl Params {
    /// Bits of a bag's number modulo twice the window.
    pub fn bag_bits(&self) -> u32 {
        (self.window * self.ports)
            .next_power_of_two()
            .trailing_zeros()
            + 1
    }

    /// Bits of a lane's group number.
    pub fn group_bits(&self) -> u32 {
        (self.banks * self.slots)
            .max(2)
            .next_power_of_two()
            .trailing_zeros()
    }
}
