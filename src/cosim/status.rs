//! The status outputs of the RTL: samples of them during a run, and what they must say after it.

use super::divergence::Divergence;
use super::harness::{
    BUSY, CLOSED, ERROR, ERROR_BANK, ERROR_LANE, HEAD, IDLE, PLACE, QUEUE, ROOM, TAIL, WAIT,
};
use super::view::Ports;
use crate::hardware::Params;
use crate::reference::cycles::Status;
use serde::Serialize;
use std::ops::ControlFlow;
use verilated::{Error, Model, RunRequest};

/// Cycles from one sample to the next; odd, so that samples meet all phases of a regular pattern.
pub(super) const SAMPLE_CYCLES: u64 = 13;
/// Most samples of a run.
pub(super) const SAMPLES: u64 = 76;
/// The last cycle of which there can be a sample.
pub(super) const LAST_SAMPLE: u64 = SAMPLE_CYCLES * SAMPLES;

/// The status outputs after `cycle` cycles of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sample {
    pub cycle: u64,
    pub ports: Ports,
}

/// The first sample that differs from the cycle model's status in the same cycle.
pub(super) fn compare(samples: &[Sample], model: &[(u64, Status)]) -> Option<Divergence> {
    samples.iter().find_map(|sample| {
        let at = model.binary_search_by_key(&sample.cycle, |(cycle, _)| *cycle);
        let (cycle, status) = model.get(at.ok()?)?;
        sample.ports.compare(*cycle, status)
    })
}

/// A status output whose value after the run is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatusDifference {
    /// What it tells.
    pub name: &'static str,
    /// What it should be.
    pub expected: String,
    /// What the RTL gave.
    pub found: String,
}

/// Waits until every bank's error has been seen, and compares all status outputs with those of an
/// engine that has retired `bags` bags of each port and does nothing.
pub(super) fn after(
    model: &mut Model,
    params: &Params,
    bags: &[usize],
) -> Result<Vec<StatusDifference>, Error> {
    let wait = RunRequest::new().drain(round(params));
    model.run(&wait, &mut |_| ControlFlow::Continue(()))?;

    let mut out = Vec::new();
    let mut compare = |name, expected: &[u32], found: &[u32]| {
        if expected != found {
            out.push(StatusDifference {
                name,
                expected: hex(expected),
                found: hex(found),
            });
        }
    };
    let zero = |name| -> Result<_, Error> {
        let found = model.probe(name)?;
        Ok((vec![0; found.len()], found))
    };
    for name in [WAIT, PLACE, ROOM, QUEUE, BUSY] {
        let (expected, found) = zero(name)?;
        compare(name, &expected, &found);
    }
    compare(IDLE, &[1], &model.probe(IDLE)?);
    let width = params.place_bits + 1;
    let mut numbers = vec![0; (params.ports * width).div_ceil(32) as usize];
    for (port, &bags) in (0..).zip(bags) {
        for bit in 0..width {
            let at = port * width + bit;
            numbers[at as usize / 32] |= ((bags >> bit & 1) as u32) << (at % 32);
        }
    }
    for name in [HEAD, CLOSED, TAIL] {
        compare(name, &numbers, &model.probe(name)?);
    }
    let error = model.probe(ERROR)?;
    if error != [0] {
        let (lane, bank) = (model.probe(ERROR_LANE)?, model.probe(ERROR_BANK)?);
        out.push(StatusDifference {
            name: ERROR,
            expected: "0x0".to_owned(),
            found: format!("{} (lane {}, bank {})", hex(&error), lane[0], bank[0]),
        });
    }
    Ok(out)
}

/// Most cycles for which a model that hangs is clocked on.
const MOST_CLOCKED_ON: u64 = 1 << 20;

/// If `error` is a hang: clocks the model until a macro that does not answer has been reported, and
/// returns the error with the sticky error's values of then.
pub(super) fn told(error: Error, model: &mut Model, params: &Params) -> Error {
    let Error::Hang(mut report) = error else {
        return error;
    };
    // The banks look at their macros with every tick, and the second tick is the latest.
    let ticks = 2 << params.tick_bits.min(20);
    let wait = RunRequest::new().drain((ticks + round(params)).min(MOST_CLOCKED_ON));
    if model.run(&wait, &mut |_| ControlFlow::Continue(())).is_ok() {
        for (name, value) in &mut report.probes {
            if [ERROR, ERROR_LANE, ERROR_BANK].contains(&name.as_str())
                && let Ok(now) = model.probe(name)
            {
                *value = now;
            }
        }
    }
    Error::Hang(report)
}

/// Cycles in which every bank is asked for its error: four cycles each, and some to begin with.
fn round(params: &Params) -> u64 {
    4 * u64::from(params.lanes) * u64::from(params.banks) + 16
}

/// A value, given as words with the low word first, as one hexadecimal number.
fn hex(words: &[u32]) -> String {
    let digits: String = words.iter().rev().map(|w| format!("{w:08x}")).collect();
    match digits.trim_start_matches('0') {
        "" => "0x0".to_owned(),
        some => format!("0x{some}"),
    }
}
