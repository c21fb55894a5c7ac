//! The RTL's event counters: which there are, how they are read, and how they are compared with the
//! cycle model's.
//!
//! A design has counters of each bank, or their sums for each lane, or no counters (`engine.counters`).
//! A counter has `engine.counter_bits` bits and wraps. So counts are compared modulo 2^`counter_bits`,
//! and where the RTL does not tell a full count, reports take the model's.

use super::bus;
use crate::config::Resolved;
use crate::error::Result;
use crate::hardware::{
    BankCounters, COUNTERS_BANK, COUNTERS_ENGINE, COUNTERS_LANE, CounterMap, Counters,
    EngineCounters, LaneCounters, Params, at,
};
use serde::Serialize;
use std::fmt;
use verilated::Model;

/// Values of `control` with which the counters stand still and run; the ports take ids.
const FREEZE: u32 = 0b11;
const RUN: u32 = 0b01;
/// Bit of `command` that clears the counters.
const CLEAR: u32 = 1 << 2;

/// Values of `engine.counters` as the RTL's parameter.
const NONE: u32 = 0;
const FULL: u32 = 2;

/// Counts of a run in the RTL, modulo 2^`engine.counter_bits`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counted {
    /// Counters of the engine; `None` if there are none.
    pub engine: Option<EngineCounters>,
    /// Counters of each lane; empty if there are none.
    pub lanes: Vec<LaneCounters>,
    /// For each lane the sums of its banks' counters; empty if there are none.
    pub totals: Vec<BankCounters>,
    /// Counters of each bank, lane by lane; empty if there are none.
    pub banks: Vec<BankCounters>,
}

/// Whose events a counter counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CounterKind {
    /// The engine's.
    Engine,
    /// A lane's own.
    Lane,
    /// Those of all banks of a lane.
    Totals,
    /// A bank's.
    Bank,
}

/// A counter whose count differs from the prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CounterDifference {
    /// Whose events it counts.
    pub kind: CounterKind,
    /// Name of the counter.
    pub name: &'static str,
    /// The lane, unless the counter is the engine's.
    pub lane: Option<u32>,
    /// The bank inside the lane, for a bank's counter.
    pub bank: Option<u32>,
    /// Count predicted by the model.
    pub model: u64,
    /// Count in the RTL; if `model` does not fit into a counter, the number nearest to it with the
    /// counter's bits.
    pub rtl: u64,
}

impl fmt::Display for CounterDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.lane, self.bank) {
            (Some(lane), Some(bank)) => write!(f, "lane {lane} bank {bank}")?,
            (Some(lane), None) if self.kind == CounterKind::Totals => {
                write!(f, "lane {lane}, all banks:")?;
            }
            (Some(lane), None) => write!(f, "lane {lane}")?,
            _ => write!(f, "engine")?,
        }
        let CounterDifference {
            name, model, rtl, ..
        } = self;
        write!(
            f,
            " {name}: found {rtl}, expected {model} by the cycle model"
        )
    }
}

/// Where reported counts come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The RTL's counters.
    Rtl,
    /// The cycle model: the RTL has no such counters, or one of the counts does not fit into them.
    Model,
}

/// Where the reported counts of each kind come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Sources {
    /// The engine's.
    pub engine: Source,
    /// The lanes' own.
    pub lanes: Source,
    /// Sums over the banks of a lane.
    pub totals: Source,
    /// The banks'.
    pub banks: Source,
}

/// Full counts of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// Counts of engine, lanes and banks.
    pub counters: Counters,
    /// Sum over all banks, from counters of the banks or of the lanes.
    pub bank_total: BankCounters,
    /// Where they come from.
    pub source: Sources,
}

impl Counted {
    /// Sum over all banks, as far as the RTL has counters for it.
    pub fn bank_total(&self) -> BankCounters {
        let mut total = BankCounters::default();
        self.totals.iter().for_each(|lane| total.add(lane));
        total
    }

    /// Number of counters.
    pub fn number(&self) -> u64 {
        let banks = match self.banks.len() {
            0 => self.totals.len(),
            banks => banks,
        };
        let engine = self.engine.map_or(0, |_| COUNTERS_ENGINE.len());
        let lanes = self.lanes.len() * COUNTERS_LANE.len();
        (engine + lanes + banks * COUNTERS_BANK.len()) as u64
    }

    /// Full counts: the RTL's, but the model's for a kind of counters that the RTL does not have, or
    /// into which one of the model's counts does not fit.
    pub fn completed(&self, model: &Counters, resolved: &Resolved) -> Counts {
        let bits = resolved.config.engine.counter_bits;
        let source = |there: bool, fit: bool| match there && fit {
            true => Source::Rtl,
            false => Source::Model,
        };
        let fits = |(_, count): (&str, u64)| count >> bits == 0;
        let fit = |banks: &[BankCounters]| banks.iter().all(|b| b.named().all(fits));
        let totals = lane_totals(model, resolved);
        let source = Sources {
            engine: source(self.engine.is_some(), model.engine.named().all(fits)),
            lanes: source(
                !self.lanes.is_empty(),
                model.lanes.iter().all(|l| l.named().all(fits)),
            ),
            // A sum of the banks' counters is made here and needs no counter.
            totals: source(
                !self.totals.is_empty(),
                fit(match self.banks.is_empty() {
                    true => &totals,
                    false => &model.banks,
                }),
            ),
            banks: source(!self.banks.is_empty(), fit(&model.banks)),
        };
        let mut counters = model.clone();
        if let (Source::Rtl, Some(engine)) = (source.engine, self.engine) {
            counters.engine = engine;
        }
        if source.lanes == Source::Rtl {
            counters.lanes.clone_from(&self.lanes);
        }
        if source.banks == Source::Rtl {
            counters.banks.clone_from(&self.banks);
        }
        let bank_total = match source.totals {
            Source::Rtl => self.bank_total(),
            Source::Model => model.bank_total(),
        };
        Counts {
            counters,
            bank_total,
            source,
        }
    }

    /// The RTL's counters whose counts are not the model's, in the order engine, then each lane followed
    /// by its banks.
    pub fn differences(&self, model: &Counters, resolved: &Resolved) -> Vec<CounterDifference> {
        let engine = &resolved.config.engine;
        let mut out = Vec::new();
        let mut compare = |kind, lane, bank, (name, model), rtl| {
            let rtl = nearest(rtl, model, engine.counter_bits);
            if model != rtl {
                out.push(CounterDifference {
                    kind,
                    name,
                    lane,
                    bank,
                    model,
                    rtl,
                });
            }
        };
        if let Some(rtl) = self.engine {
            for (m, (_, r)) in model.engine.named().zip(rtl.named()) {
                compare(CounterKind::Engine, None, None, m, r);
            }
        }
        let totals = lane_totals(model, resolved);
        for lane in 0..engine.lanes {
            let l = lane as usize;
            if let Some(rtl) = self.lanes.get(l) {
                for (m, (_, r)) in model.lanes[l].named().zip(rtl.named()) {
                    compare(CounterKind::Lane, Some(lane), None, m, r);
                }
            }
            if let (Some(rtl), true) = (self.totals.get(l), self.banks.is_empty()) {
                for (m, (_, r)) in totals[l].named().zip(rtl.named()) {
                    compare(CounterKind::Totals, Some(lane), None, m, r);
                }
            }
            for bank in 0..engine.banks_per_lane {
                let b = resolved.bank(lane, bank).index();
                if let Some(rtl) = self.banks.get(b) {
                    for (m, (_, r)) in model.banks[b].named().zip(rtl.named()) {
                        compare(CounterKind::Bank, Some(lane), Some(bank), m, r);
                    }
                }
            }
        }
        out
    }

    /// Takes off `idle` cycles, which an idle engine counted.
    fn without_idle(mut self, idle: u64, bits: u32) -> Self {
        if let Some(engine) = &mut self.engine {
            engine.cycles = low(engine.cycles.wrapping_sub(idle), bits);
        }
        self
    }
}

/// For each lane the sums of its banks' counters.
fn lane_totals(counters: &Counters, resolved: &Resolved) -> Vec<BankCounters> {
    let lanes = counters
        .banks
        .chunks(resolved.config.engine.banks_per_lane as usize);
    lanes.map(sum).collect()
}

fn sum(banks: &[BankCounters]) -> BankCounters {
    let mut total = BankCounters::default();
    banks.iter().for_each(|b| total.add(b));
    total
}

/// The low `bits` bits of a count.
fn low(count: u64, bits: u32) -> u64 {
    count & ((1 << bits) - 1)
}

/// The count of which a counter of `bits` bits shows `rtl`: the one nearest to `model`, or `rtl` itself
/// if `model` fits into the counter.
fn nearest(rtl: u64, model: u64, bits: u32) -> u64 {
    if model >> bits == 0 {
        return rtl;
    }
    match low(rtl.wrapping_sub(model), bits) {
        more if more >> (bits - 1) == 0 => model + more,
        more => model + more - (1 << bits),
    }
}

/// Counters that run.
pub(super) struct Running {
    /// The cycle in which the write that lets them run was answered; `None` without counters.
    since: Option<u64>,
    /// Wall seconds that it took to start them.
    pub seconds: f64,
}

/// Lets all counters run from 0.
pub(super) fn start(model: &mut Model, params: &Params) -> Result<Running> {
    let mut running = Running {
        since: None,
        seconds: 0.0,
    };
    if params.counters == NONE {
        return Ok(running);
    }
    for (address, value) in [
        (at::control, FREEZE),
        (at::command, CLEAR),
        (at::control, RUN),
    ] {
        let (answered, writing) = bus::write(model, address, value)?;
        // A counter is read after what was written before has had its effect.
        let (_, reading) = bus::read(model, &[CounterMap::new(params).engine(0)])?;
        running.since = Some(answered);
        running.seconds += writing + reading;
    }
    Ok(running)
}

impl Running {
    /// Freezes the counters, reads them, and takes off the cycles around the run's `run_cycles`.
    /// Returns also the wall seconds that it took.
    pub fn read(
        &self,
        model: &mut Model,
        params: &Params,
        run_cycles: u64,
    ) -> Result<(Counted, f64)> {
        let Some(since) = self.since else {
            return Ok((Counted::default(), 0.0));
        };
        let (frozen, freezing) = bus::write(model, at::control, FREEZE)?;
        let map = CounterMap::new(params);
        // The upper word is that of the last value read.
        let words = params.count_bits.div_ceil(32);
        let mut addresses = Vec::new();
        let mut ask = |counters: usize, address: &dyn Fn(u32) -> u32| {
            for index in 0..counters as u32 {
                addresses.extend((0..words).map(|word| address(index) + 4 * word));
            }
        };
        // With totals, any bank's counter is the lane's total.
        let banks = match params.counters {
            FULL => params.banks,
            _ => 1,
        };
        ask(COUNTERS_ENGINE.len(), &|index| map.engine(index));
        for lane in 0..params.lanes {
            ask(COUNTERS_LANE.len(), &|index| map.lane(lane, index));
            for bank in 0..banks {
                ask(COUNTERS_BANK.len(), &|index| map.bank(lane, bank, index));
            }
        }
        let (read, reading) = bus::read(model, &addresses)?;
        let number = |words: &[u32]| words.iter().rev().fold(0, |n, w| n << 32 | u64::from(*w));
        let values: Vec<u64> = read.chunks(words as usize).map(number).collect();
        let mut rest = values.as_slice();
        let mut take = |n: usize| {
            let (now, later) = rest.split_at(n.min(rest.len()));
            rest = later;
            now
        };
        let mut counted = Counted {
            engine: Some(EngineCounters::from_values(take(COUNTERS_ENGINE.len()))),
            ..Counted::default()
        };
        for _ in 0..params.lanes {
            let own = LaneCounters::from_values(take(COUNTERS_LANE.len()));
            counted.lanes.push(own);
            let mut bank = || BankCounters::from_values(take(COUNTERS_BANK.len()));
            let banks: Vec<_> = (0..banks).map(|_| bank()).collect();
            counted.totals.push(sum(&banks));
            if params.counters == FULL {
                counted.banks.extend(banks);
            }
        }
        // Both writes take effect equally long after their answers.
        let idle = (frozen - since).wrapping_sub(run_cycles);
        let counted = counted.without_idle(idle, params.count_bits);
        Ok((counted, freezing + reading))
    }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn wrapped_counts_are_read_near_the_expected_one() {
        // Not wrapped: as it stands.
        assert_eq!(nearest(5, 250, 8), 5);
        assert_eq!(nearest(250, 5, 8), 250);
        // 1000 = 3 * 256 + 232.
        assert_eq!(nearest(232, 1000, 8), 1000);
        assert_eq!(nearest(233, 1000, 8), 1001);
        assert_eq!(nearest(231, 1000, 8), 999);
        assert_eq!(nearest(0, 1000, 8), 1024);
        assert_eq!(nearest(255, 256, 8), 255);
        assert_eq!(nearest((1 << 48) - 1, 1 << 50, 48), (1 << 50) - 1);
    }
}
