//! Which bank holds which replica.

use crate::config::Resolved;
use crate::error::{Error, Result};
use crate::ids::SlotId;
use crate::mapping::Placement;
use std::ops::{AddAssign, Div};

/// What a crossbar is expected to be asked for, in any unit of time that the history gives.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Load {
    /// Commands: each takes its lane one cycle.
    pub commands: f64,
    /// Cycles that they keep banks busy.
    pub cycles: f64,
}

impl AddAssign for Load {
    fn add_assign(&mut self, other: Load) {
        self.commands += other.commands;
        self.cycles += other.cycles;
    }
}

impl Div<f64> for Load {
    type Output = Load;

    fn div(self, by: f64) -> Load {
        Load {
            commands: self.commands / by,
            cycles: self.cycles / by,
        }
    }
}

/// Places `copies[g]` replicas (at least one) of each group `g`; returns each group's places,
/// ascending.
///
/// A replica carries its share of the group's load. The heaviest goes first, to the bank where the
/// busier of bank and lane, which takes a command a cycle, stays least busy (so replicas spread over
/// banks and over lanes). Where `batches` are known, each with the loads of all groups, that is judged
/// in each of them: a batch's time there is weighed by its square, so that groups which are busy in
/// the same batches go apart. `loads` and `batches` must agree on what is expected of a group: one
/// that weighs nothing in the batches would go anywhere. Ties
/// go to the lane with fewer replicas of the group, then to the emptier bank, then to the lowest.
/// Two replicas of a group never share a bank, and a lane never holds more of them than its replica
/// table takes: a copy that finds no such place is left out.
///
/// # Errors
/// [`Error::Argument`] when there are more groups than crossbars.
pub fn place(
    copies: &[u32],
    loads: &[Load],
    batches: &[Vec<Load>],
    resolved: &Resolved,
) -> Result<Vec<Vec<Placement>>> {
    room_for(copies.len(), resolved)?;
    let engine = &resolved.config.engine;
    // An access more than seen, so that groups without history spread out too.
    let one_more = Load {
        commands: 1.0,
        cycles: f64::from(resolved.activation_cycles(1)),
    };
    let share = |g: usize| {
        let mut all = loads[g];
        all += one_more;
        all / f64::from(copies[g].max(1))
    };
    let mut order: Vec<usize> = (0..copies.len()).collect();
    order.sort_by(|&a, &b| share(b).cycles.total_cmp(&share(a).cycles));

    let mut banks = Banks::new(resolved, batches.len());
    let mut out = vec![Vec::new(); copies.len()];
    let mut free = u64::from(resolved.slots);
    for (placed, g) in order.into_iter().enumerate() {
        let of_group = f64::from(copies[g].max(1));
        let part = Part {
            all: share(g),
            batches: batches.iter().map(|b| b[g] / of_group).collect(),
        };
        // Each group that is still to come keeps a place for its first replica.
        let later = (copies.len() - placed - 1) as u64;
        banks.next_group();
        while out[g].len() < copies[g].max(1) as usize && free > later {
            let Some(bank) = banks.best(&part, engine.max_replicas) else {
                break;
            };
            out[g].push(banks.put(bank, &part));
            free -= 1;
        }
        out[g].sort_unstable();
    }
    Ok(out)
}

/// Whether `groups` groups fit at all.
///
/// # Errors
/// [`Error::Argument`] with the key to change.
pub fn room_for(groups: usize, resolved: &Resolved) -> Result<()> {
    if groups as u64 <= u64::from(resolved.slots) {
        return Ok(());
    }
    let engine = &resolved.config.engine;
    let needed = (groups as u64).div_ceil(u64::from(resolved.banks));
    Err(Error::argument(
        "engine.crossbars_per_bank",
        format!(
            "{} ({} crossbars in {} lanes of {} banks)",
            engine.crossbars_per_bank, resolved.slots, engine.lanes, engine.banks_per_lane
        ),
        format!(
            "at least {needed} ({groups} crossbars), one for each group of {} embeddings",
            resolved.config.crossbar.rows
        ),
        format!(
            "set engine.crossbars_per_bank = {needed} or more, or use more lanes, banks or rows"
        ),
    ))
}

/// What one replica will have to do.
struct Part {
    /// All in all.
    all: Load,
    /// In each batch.
    batches: Vec<Load>,
}

/// The banks while they fill up.
struct Banks {
    capacity: u32,
    per_lane: usize,
    used: Vec<u32>,
    cycles: Vec<f64>,
    /// Cycles by bank, then by batch.
    batch_cycles: Vec<f64>,
    /// The last group that put a replica here.
    holds: Vec<u64>,
    lane_commands: Vec<f64>,
    /// Commands by lane, then by batch.
    batch_commands: Vec<f64>,
    lane_replicas: Vec<u32>,
    group: u64,
}

impl Banks {
    fn new(resolved: &Resolved, batches: usize) -> Self {
        let (banks, lanes) = (
            resolved.banks as usize,
            resolved.config.engine.lanes as usize,
        );
        Banks {
            capacity: resolved.config.engine.crossbars_per_bank,
            per_lane: resolved.config.engine.banks_per_lane as usize,
            used: vec![0; banks],
            cycles: vec![0.0; banks],
            batch_cycles: vec![0.0; banks * batches],
            holds: vec![0; banks],
            lane_commands: vec![0.0; lanes],
            batch_commands: vec![0.0; lanes * batches],
            lane_replicas: vec![0; lanes],
            group: 0,
        }
    }

    fn next_group(&mut self) {
        self.group += 1;
        self.lane_replicas.fill(0);
    }

    /// Busier of bank and lane with the part added, all in all.
    fn time(&self, bank: usize, part: &Part) -> f64 {
        let lane = bank / self.per_lane;
        (self.cycles[bank] + part.all.cycles).max(self.lane_commands[lane] + part.all.commands)
    }

    /// Sum over the batches of the square of the time, so far as the part adds to it.
    fn crowding(&self, bank: usize, part: &Part) -> f64 {
        let lane = bank / self.per_lane;
        let n = part.batches.len();
        let there = &self.batch_cycles[bank * n..(bank + 1) * n];
        let lane = &self.batch_commands[lane * n..(lane + 1) * n];
        let mut sum = 0.0;
        for ((load, &cycles), &commands) in part.batches.iter().zip(there).zip(lane) {
            let before = cycles.max(commands);
            let after = (cycles + load.cycles).max(commands + load.commands);
            sum += after * after - before * before;
        }
        sum
    }

    fn best(&self, part: &Part, max_replicas: u32) -> Option<usize> {
        let key = |bank: usize| {
            let lane = bank / self.per_lane;
            // Without batches, or for a group that none of them has, the whole history decides.
            let crowding = self.crowding(bank, part);
            let time = self.time(bank, part);
            (
                crowding,
                time,
                (self.lane_replicas[lane], self.used[bank]),
                bank,
            )
        };
        (0..self.used.len())
            .filter(|&b| {
                self.used[b] < self.capacity
                    && self.holds[b] != self.group
                    && self.lane_replicas[b / self.per_lane] < max_replicas
            })
            .map(key)
            .min_by(|a, b| {
                let order = a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1));
                order.then((a.2, a.3).cmp(&(b.2, b.3)))
            })
            .map(|best| best.3)
    }

    fn put(&mut self, bank: usize, part: &Part) -> Placement {
        let lane = bank / self.per_lane;
        let slot = self.used[bank];
        self.used[bank] += 1;
        self.cycles[bank] += part.all.cycles;
        self.holds[bank] = self.group;
        self.lane_commands[lane] += part.all.commands;
        self.lane_replicas[lane] += 1;
        let n = part.batches.len();
        for (i, load) in part.batches.iter().enumerate() {
            self.batch_cycles[bank * n + i] += load.cycles;
            self.batch_commands[lane * n + i] += load.commands;
        }
        Placement(crate::ids::BankId(bank as u32), SlotId(slot))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn place(copies: &[u32], loads: &[Load], r: &Resolved) -> Result<Vec<Vec<Placement>>> {
        super::place(copies, loads, &[], r)
    }

    fn resolved(lanes: u32, banks: u32, crossbars: u32, max_replicas: u32) -> Resolved {
        let mut config = Config::default();
        let e = &mut config.engine;
        (e.lanes, e.banks_per_lane, e.crossbars_per_bank) = (lanes, banks, crossbars);
        e.max_replicas = max_replicas;
        config.resolve("test").unwrap()
    }

    fn heavy(cycles: u32) -> Load {
        Load {
            commands: f64::from(cycles / 100),
            cycles: f64::from(cycles),
        }
    }

    fn banks(places: &[Placement]) -> Vec<u32> {
        places.iter().map(|p| p.0.0).collect()
    }

    #[test]
    fn heaviest_first_onto_the_least_loaded_bank() {
        // 70 and 60 get a bank each, 50 joins 60, 40 joins 70: both end near 110,000 cycles.
        let loads = [50, 70, 40, 60].map(|k| heavy(k * 1000));
        let out = place(&[1; 4], &loads, &resolved(1, 2, 2, 1)).unwrap();
        let of: Vec<_> = out.iter().map(|p| banks(p)[0]).collect();
        assert_eq!(of, [1, 0, 0, 1]);
    }

    #[test]
    fn replicas_go_to_different_lanes_first() {
        let out = place(&[2, 4], &[heavy(9000), heavy(8000)], &resolved(2, 4, 4, 2)).unwrap();
        // Two in different lanes; four in four banks, two in each lane.
        assert_eq!(banks(&out[0]), [0, 4]);
        let of = banks(&out[1]);
        assert_eq!(of.iter().filter(|&&b| b < 4).count(), 2);
        assert_eq!(
            of.iter().collect::<std::collections::BTreeSet<_>>().len(),
            4
        );
    }

    #[test]
    fn a_busy_lane_is_avoided_even_where_its_banks_are_idle() {
        // Commands of one cycle: the lane, which takes one a cycle, is the bottleneck.
        let load = Load {
            commands: 1000.0,
            cycles: 1000.0,
        };
        let out = place(&[1; 4], &[load; 4], &resolved(2, 8, 8, 1)).unwrap();
        let lanes: Vec<_> = out.iter().map(|p| banks(p)[0] / 8).collect();
        assert_eq!(lanes, [0, 1, 0, 1]);
    }

    #[test]
    fn a_copy_without_a_bank_of_its_own_is_left_out() {
        // Six places in two banks; the first group fills no bank twice.
        let out = place(&[2, 2, 2], &[heavy(10); 3], &resolved(1, 2, 3, 2)).unwrap();
        assert_eq!(out.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 2]);
        let out = place(&[4], &[heavy(10)], &resolved(1, 2, 3, 4)).unwrap();
        assert_eq!(banks(&out[0]), [0, 1]);
        // More copies than places: every group still has its first.
        let loads = [heavy(90), heavy(50), heavy(10)];
        let out = place(&[2, 2, 2], &loads, &resolved(1, 2, 2, 2)).unwrap();
        assert_eq!(out.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1, 1]);
    }

    #[test]
    fn groups_without_history_spread_out() {
        let out = place(&[1; 8], &[Load::default(); 8], &resolved(2, 2, 4, 1)).unwrap();
        let mut of: Vec<_> = out.iter().map(|p| banks(p)[0]).collect();
        of.sort_unstable();
        assert_eq!(of, [0, 0, 1, 1, 2, 2, 3, 3]);
    }

    #[test]
    fn too_many_groups_name_the_key_and_the_number() {
        let e = place(&[1; 9], &[heavy(1); 9], &resolved(2, 2, 2, 1)).unwrap_err();
        assert_eq!(
            e.to_string(),
            "argument engine.crossbars_per_bank: found 2 (8 crossbars in 2 lanes of 2 banks), \
             expected at least 3 (9 crossbars), one for each group of 64 embeddings"
        );
        assert_eq!(
            e.help(),
            Some("set engine.crossbars_per_bank = 3 or more, or use more lanes, banks or rows")
        );
        assert_eq!(e.exit_status(), 2);
    }

    #[test]
    fn groups_of_the_same_batches_go_apart() {
        // All as heavy as each other; 0 and 1 are busy in one batch, 2 and 3 in the other.
        let busy = heavy(1000);
        let idle = Load::default();
        let r = resolved(1, 2, 2, 1);
        let of = |batches: &[Vec<Load>]| {
            let places = super::place(&[1; 4], &[busy; 4], batches, &r).unwrap();
            places.iter().map(|p| banks(p)[0]).collect::<Vec<_>>()
        };
        let together = of(&[vec![busy, busy, idle, idle], vec![idle, idle, busy, busy]]);
        assert_ne!(together[0], together[1]);
        assert_ne!(together[2], together[3]);
        // The other way round, 0 and 2 would be apart.
        let other = of(&[vec![busy, idle, busy, idle], vec![idle, busy, idle, busy]]);
        assert_ne!(other[0], other[2]);
        assert_ne!(other[1], other[3]);
        assert!((together[0] != together[2]) || (other[0] != other[1]));
    }

    #[test]
    fn a_lane_that_a_batch_crowds_is_avoided() {
        // Bank time is short: in the only batch, the lanes' commands count.
        let load = Load {
            commands: 100.0,
            cycles: 10.0,
        };
        let r = resolved(2, 4, 4, 1);
        let places = super::place(&[1; 2], &[load; 2], &[vec![load; 2]], &r).unwrap();
        let lanes: Vec<_> = places.iter().map(|p| banks(p)[0] / 4).collect();
        assert_eq!(lanes, [0, 1]);
    }
}
