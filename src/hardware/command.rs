//! Activations, cycles and events that a command of n rows causes in a bank. Only this file
//! computes them.

use super::activation::activation_sizes;
use super::counters::BankCounters;
use crate::config::Resolved;

/// Durations of a command's activations, in cycles, without stalls by the merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sensing {
    /// Cycles for which all activations of the command occupy the bank.
    pub cycles: u64,
    /// Cycles from the take of the command to the start of its first conversion.
    pub first_start: u64,
    /// Cycles of the last activation alone.
    pub last: u64,
    /// Whether the command has exactly one activation.
    pub single: bool,
}

/// Work of a bank for one command. It depends only on the number of rows in the mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BankWork {
    /// Durations of the activations.
    pub sensing: Sensing,
    /// The bank's event counters after this command alone.
    pub events: BankCounters,
}

impl BankWork {
    /// The work for a command of `rows` active rows; a command without rows causes none.
    pub fn new(resolved: &Resolved, rows: u32) -> Self {
        let phases = u64::from(resolved.phases);
        let mut work = BankWork::default();
        work.sensing.first_start = u64::from(resolved.wordline_cycles) + 1;
        let events = &mut work.events;
        events.commands = u64::from(rows > 0);
        events.row_commands = u64::from(rows == 1);
        events.active_rows = u64::from(rows);
        for size in activation_sizes(rows, resolved) {
            let level = &resolved.adc_levels[resolved.adc_level(size)];
            let cycles = u64::from(resolved.activation_cycles(size));
            events.activations += 1;
            events.single_row += u64::from(size == 1);
            match level.read_mode {
                true => events.read_phases += phases,
                false => events.mac_phases += phases,
            }
            events.thresholds += phases * u64::from(level.limit);
            events.busy += cycles;
            work.sensing.last = cycles;
        }
        work.sensing.cycles = events.busy;
        work.sensing.single = events.activations == 1;
        work
    }

    /// The work for commands of 0, 1, ..., `crossbar.rows` active rows.
    pub fn by_rows(resolved: &Resolved) -> Vec<Self> {
        (0..=resolved.config.crossbar.rows)
            .map(|rows| BankWork::new(resolved, rows))
            .collect()
    }

    /// [`BankWork::cycles`] for commands of 0, 1, ..., `crossbar.rows` active rows.
    pub fn cycles_by_rows(resolved: &Resolved) -> Vec<u64> {
        Self::by_rows(resolved).iter().map(Self::cycles).collect()
    }

    /// Number of activations.
    pub fn activations(&self) -> u64 {
        self.events.activations
    }

    /// Cycles for which the activations occupy the bank.
    pub fn cycles(&self) -> u64 {
        self.sensing.cycles
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_split_command_is_the_sum_of_its_activations() {
        let mut config = Config::default();
        config.adc.max_active_rows = 8;
        config.adc.read_split_max = 3;
        let r = config.resolve("test").unwrap();
        let (read, mac) = (
            u64::from(r.activation_cycles(1)),
            u64::from(r.activation_cycles(8)),
        );
        assert_ne!(read, mac);
        let of = |rows| {
            let work = BankWork::new(&r, rows);
            (work.activations(), work.cycles(), work.sensing.last)
        };
        assert_eq!(of(0), (0, 0, 0));
        assert_eq!(of(1), (1, read, read));
        assert_eq!(of(3), (3, 3 * read, read));
        assert_eq!(of(4), (1, mac, mac));
        assert_eq!(of(8), (1, mac, mac));
        assert_eq!(of(10), (3, mac + 2 * read, read));
        assert_eq!(of(20), (3, 3 * mac, mac));
        assert_eq!(of(64), (8, 8 * mac, mac));
        let events = BankWork::new(&r, 10).events;
        let phases = u64::from(r.phases);
        assert_eq!(
            (events.read_phases, events.mac_phases),
            (2 * phases, phases)
        );
        assert_eq!(
            (events.commands, events.active_rows, events.single_row),
            (1, 10, 2)
        );
        assert_eq!(events.row_commands, 0);
    }
}
