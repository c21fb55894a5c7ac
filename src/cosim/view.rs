//! The RTL's status outputs in a cycle, and how they differ from the cycle model's.

use super::divergence::Divergence;
use super::harness::{BUSY, CLOSED, ERROR, HEAD, IDLE, PLACE, QUEUE, ROOM, TAIL, WAIT};
use crate::config::Resolved;
use crate::hardware::Params;
use crate::reference::cycles::Status;

/// The status outputs that the RTL has in a cycle.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Ports {
    status: Status,
    error: u64,
}

impl Ports {
    pub(super) fn read(
        model: &verilated::Model,
        resolved: &Resolved,
    ) -> Result<Self, verilated::Error> {
        let p = Params::new(resolved);
        let probe = |name: &str, count: u32, width: u32| -> Result<Vec<u64>, verilated::Error> {
            Ok(fields(&model.probe(name)?, count, width))
        };
        let number = |name: &str, width: u32| -> Result<u64, verilated::Error> {
            Ok(probe(name, 1, width)?[0])
        };
        let bags = |name| probe(name, p.ports, p.place_bits + 1);
        Ok(Ports {
            status: Status {
                head: bags(HEAD)?,
                closed: bags(CLOSED)?,
                tail: bags(TAIL)?,
                waits: probe(WAIT, p.ports, p.lanes)?,
                wait_place: number(PLACE, p.lanes)?,
                wait_room: number(ROOM, p.lanes)?,
                queue: number(QUEUE, p.lanes)?,
                busy: probe(BUSY, p.lanes, p.banks)?,
                idle: number(IDLE, 1)? != 0,
            },
            error: number(ERROR, 2)?,
        })
    }

    /// The status without the sticky error, for comparing runs.
    pub(super) fn status(&self) -> Option<&Status> {
        (self.error == 0).then_some(&self.status)
    }

    /// The first difference from the model's status in `cycle`.
    pub(super) fn compare(&self, cycle: u64, model: &Status) -> Option<Divergence> {
        let rtl = &self.status;
        let at = |lane, bank, model: String, rtl: String| Divergence {
            cycle,
            lane,
            bank,
            bag: None,
            model,
            rtl,
        };
        for (lane, (m, r)) in (0..).zip(model.busy.iter().zip(&rtl.busy)) {
            if let Some(bank) = first_bit(m ^ r) {
                let word = |busy: u64| match busy >> bank & 1 {
                    1 => "the bank is at work".to_owned(),
                    _ => "the bank is idle".to_owned(),
                };
                return Some(at(Some(lane), Some(bank), word(*m), word(*r)));
            }
        }
        for (port, (m, r)) in model.waits.iter().zip(&rtl.waits).enumerate() {
            if let Some(lane) = first_bit(m ^ r) {
                let word = |waits: u64| match waits >> lane & 1 {
                    1 => format!("port {port}'s oldest bag waits for the lane"),
                    _ => format!("port {port}'s oldest bag does not wait for the lane"),
                };
                return Some(at(Some(lane), None, word(*m), word(*r)));
            }
        }
        for (what, m, r) in [
            ("a place for its bag", model.wait_place, rtl.wait_place),
            ("room in the gather store", model.wait_room, rtl.wait_room),
            ("room in a bank's queue", model.queue, rtl.queue),
        ] {
            if let Some(lane) = first_bit(m ^ r) {
                let word = |waits: u64| match waits >> lane & 1 {
                    1 => format!("something waits for {what}"),
                    _ => format!("nothing waits for {what}"),
                };
                return Some(at(Some(lane), None, word(m), word(r)));
            }
        }
        for (what, m, r) in [
            ("oldest bag that has not retired", &model.head, &rtl.head),
            ("oldest bag with ids under way", &model.closed, &rtl.closed),
            ("next bag", &model.tail, &rtl.tail),
        ] {
            if let Some(port) = (0..m.len()).find(|&p| m[p] != r[p]) {
                let word = |bags: &[u64]| format!("port {port}'s {what} has place {}", bags[port]);
                return Some(at(None, None, word(m), word(r)));
            }
        }
        if model.idle != rtl.idle {
            let word = |idle: bool| match idle {
                true => "the engine is idle".to_owned(),
                false => "the engine is not idle".to_owned(),
            };
            return Some(at(None, None, word(model.idle), word(rtl.idle)));
        }
        (self.error != 0).then(|| {
            let word = |what: &str| format!("{what} bank has an error");
            at(None, None, word("no"), word("a"))
        })
    }
}

fn first_bit(mask: u64) -> Option<u32> {
    (mask != 0).then(|| mask.trailing_zeros())
}

/// Extracts `count` numbers of `width` (at most 64) bits from 32-bit words.
fn fields(words: &[u32], count: u32, width: u32) -> Vec<u64> {
    let bit = |at: u32| words.get(at as usize / 32).copied().unwrap_or(0) >> (at % 32) & 1;
    let field = |n| (0..width).fold(0, |v, b| v | u64::from(bit(n * width + b)) << b);
    (0..count).map(field).collect()
}

/// The model's status as the RTL shows it: numbers of bags are modulo twice the window.
pub(super) fn shown(model: &Status, resolved: &Resolved) -> Status {
    let numbers = 2 * u64::from(resolved.config.frontend.window) - 1;
    let mut out = model.clone();
    for bags in [&mut out.head, &mut out.closed, &mut out.tail] {
        bags.iter_mut().for_each(|bag| *bag &= numbers);
    }
    out
}
