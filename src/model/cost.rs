//! What a command costs its bank: it depends on nothing but the number of rows in its mask.

use crate::config::Resolved;
use crate::counters::BankCounters;
use crate::lower::activation_sizes;

/// Sensing of one command.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cost {
    /// Cycles of the sensing stage for all of its activations.
    pub cycles: u64,
    /// Cycles from the sensing stage's take-over to the first sample.
    pub first_sample: u64,
    /// Cycles of the last activation.
    pub last: u64,
    /// Whether there is one activation only.
    pub single: bool,
}

/// Costs by number of rows.
#[derive(Debug, Clone)]
pub(super) struct Costs {
    pub by_rows: Vec<Cost>,
    events: Vec<BankCounters>,
    /// The longest command.
    pub longest: u64,
}

impl Costs {
    pub fn new(resolved: &Resolved) -> Self {
        let rows = 0..=resolved.config.crossbar.rows;
        let by_rows: Vec<Cost> = rows.clone().map(|n| cost(n, resolved)).collect();
        Costs {
            longest: by_rows.iter().map(|c| c.cycles).max().unwrap_or(0),
            by_rows,
            events: rows.map(|n| events(n, resolved)).collect(),
        }
    }

    /// The counters of a bank that did `done[n]` commands of `n` rows, none of which waited.
    pub fn counters(&self, done: &[u64]) -> BankCounters {
        let mut total = BankCounters::default();
        for (events, &times) in self.events.iter().zip(done) {
            total.add_times(events, times);
        }
        total
    }
}

fn cost(rows: u32, resolved: &Resolved) -> Cost {
    let cycles = |size| u64::from(resolved.activation_cycles(size));
    let mut out = Cost::default();
    for (number, size) in activation_sizes(rows, resolved).enumerate() {
        if number == 0 {
            let level = &resolved.adc_levels[resolved.adc_level(size)];
            out.first_sample = u64::from(resolved.wordline_cycles + level.phase_cycles);
        }
        out.single = number == 0;
        out.last = cycles(size);
        out.cycles += cycles(size);
    }
    out
}

fn events(rows: u32, resolved: &Resolved) -> BankCounters {
    let mut out = BankCounters {
        commands: 1,
        active_rows: u64::from(rows),
        row_commands: u64::from(rows == 1),
        ..BankCounters::default()
    };
    let phases = u64::from(resolved.phases);
    for size in activation_sizes(rows, resolved) {
        let level = &resolved.adc_levels[resolved.adc_level(size)];
        out.activations += 1;
        out.single_row += u64::from(size == 1);
        match level.read_mode {
            true => out.read_phases += phases,
            false => out.mac_phases += phases,
        }
        out.thresholds += phases * u64::from(level.limit);
        out.busy += u64::from(resolved.activation_cycles(size));
    }
    out
}
