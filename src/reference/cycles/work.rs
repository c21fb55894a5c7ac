//! Cycles and events of a command by its number of rows, laid out for fast look-up.

use crate::config::Resolved;
use crate::hardware::{BankCounters, BankWork, Sensing};

/// Cycles and events of commands of 0, 1, ..., `crossbar.rows` active rows.
#[derive(Debug, Clone)]
pub(super) struct WorkTable {
    pub sensing: Vec<Sensing>,
    events: Vec<BankCounters>,
    /// Cycles of the longest command.
    pub longest: u64,
}

impl WorkTable {
    pub fn new(resolved: &Resolved) -> Self {
        let work = BankWork::by_rows(resolved);
        WorkTable {
            longest: work.iter().map(BankWork::cycles).max().unwrap_or(0),
            sensing: work.iter().map(|w| w.sensing).collect(),
            events: work.iter().map(|w| w.events).collect(),
        }
    }

    /// The counters of a bank that served `commands[n]` commands of `n` rows, without any stall.
    pub fn counters(&self, commands: &[u64]) -> BankCounters {
        let mut total = BankCounters::default();
        for (events, &times) in self.events.iter().zip(commands) {
            total.add_times(events, times);
        }
        total
    }
}
