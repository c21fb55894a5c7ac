//! Reads the RTL's event counters through its counter port.

use crate::hardware::{
    BankCounters, COUNTERS_BANK, COUNTERS_ENGINE, COUNTERS_LANE, Counters, EngineCounters,
    LaneCounters, Params,
};
use std::ops::ControlFlow;
use verilated::{Model, RunRequest};

/// Values of all counters, and the cost of reading them.
pub(super) struct Reading {
    pub counters: Counters,
    /// Wall seconds that the reading took.
    pub seconds: f64,
    /// Cycles that the reading took.
    pub cycles: u64,
}

impl Reading {
    /// Events between this reading and a later one, without the cycles of this reading: in those
    /// cycles an idle engine still counts `cycles`, and each lane `starved`.
    pub fn events_until(&self, after: &Reading) -> Counters {
        let mut counters = after.counters.since(&self.counters);
        let cycles = &mut counters.engine.cycles;
        *cycles = cycles.wrapping_sub(self.cycles);
        for lane in &mut counters.lanes {
            lane.starved = lane.starved.wrapping_sub(self.cycles);
        }
        counters
    }
}

/// Reads all counters.
pub(super) fn read(model: &mut Model, params: &Params) -> Result<Reading, verilated::Error> {
    let mut requests: Vec<u32> = Vec::new();
    for index in 0..COUNTERS_ENGINE.len() as u32 {
        requests.extend([0, 0, 0, index]);
    }
    for lane in 0..params.lanes {
        for index in 0..COUNTERS_LANE.len() as u32 {
            requests.extend([1, lane, 0, index]);
        }
        for bank in 0..params.banks {
            for index in 0..COUNTERS_BANK.len() as u32 {
                requests.extend([2, lane, bank, index]);
            }
        }
    }
    let number = requests.len() / 4;
    let request = RunRequest::new()
        .input("count", &requests)
        .expect("value", number as u64);
    let outcome = model.run(&request, &mut |_| ControlFlow::Continue(()))?;
    let values: Vec<u64> = outcome
        .output("value")
        .map(|items| {
            items
                .words
                .chunks(params.count_bits.div_ceil(32) as usize)
                .map(|w| u64::from(w[0]) | u64::from(w.get(1).copied().unwrap_or(0)) << 32)
                .collect()
        })
        .unwrap_or_default();
    let mut rest = values.as_slice();
    let mut take = |n: usize| {
        let (now, later) = rest.split_at(n.min(rest.len()));
        rest = later;
        now
    };
    let mut counters = Counters {
        engine: EngineCounters::from_values(take(COUNTERS_ENGINE.len())),
        ..Counters::default()
    };
    for _ in 0..params.lanes {
        counters
            .lanes
            .push(LaneCounters::from_values(take(COUNTERS_LANE.len())));
        for _ in 0..params.banks {
            counters
                .banks
                .push(BankCounters::from_values(take(COUNTERS_BANK.len())));
        }
    }
    Ok(Reading {
        counters,
        seconds: outcome.seconds,
        cycles: outcome.cycles,
    })
}
