//! Which bank holds which replica.

use crate::config::{EngineSize, Resolved};
use crate::error::{Error, Result};
use crate::ids::SlotId;
use crate::learn::replication::extra_crossbars;
use crate::mapping::Placement;
use crate::progress::Count;
use std::ops::{AddAssign, Div};

/// Expected load of a crossbar over some part of the history.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Load {
    /// Commands; each occupies its lane for one cycle.
    pub commands: f64,
    /// Cycles for which these commands occupy a bank.
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
/// ascending. `loads[g]` is the load of group `g` over the whole history, `batches[b][g]` its load
/// in sampled batch `b`.
///
/// Each replica carries an equal share of the group's load, and replicas are placed in order of
/// falling load. A replica goes to the bank where the sum over batches of the squared times grows
/// least, of banks (their cycles) and of lanes (their commands, as a lane takes one a cycle), which
/// separates groups that are busy in the same batches. Ties go to the bank where the squared times over
/// the whole history grow least (which decides alone if `batches` is empty), then to the lane with fewer
/// replicas of the group, then to the emptier bank, then to the lowest.
/// `loads` and `batches` must count the same load: the batches would not constrain a group that has
/// load in `loads` only. `rest` crossbars stay free.
///
/// Two replicas of a group never share a bank. A copy for which no such place is free is left out.
///
/// Each group is a unit of `count`.
///
/// # Errors
/// [`Error::Argument`] when there are more groups than crossbars; [`Error::Interrupted`] if the work is
/// stopped.
pub fn place(
    copies: &[u32],
    (loads, batches): (&[Load], &[Vec<Load>]),
    rest: u64,
    resolved: &Resolved,
    count: &Count,
) -> Result<Vec<Vec<Placement>>> {
    room_for(copies.len() as u64 + rest, resolved)?;
    // One access more than expected, so that groups without load spread out too.
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
        if !count.one() {
            return Err(Error::Interrupted);
        }
        let of_group = f64::from(copies[g].max(1));
        let replica = ReplicaLoad {
            all: share(g),
            batches: batches.iter().map(|b| b[g] / of_group).collect(),
        };
        // One place stays reserved for the first replica of each later group.
        let later = (copies.len() - placed - 1) as u64 + rest;
        banks.next_group();
        while out[g].len() < copies[g].max(1) as usize && free > later {
            let Some(bank) = banks.best(&replica) else {
                break;
            };
            out[g].push(banks.put(bank, &replica));
            free -= 1;
        }
        out[g].sort_unstable();
    }
    Ok(out)
}

/// Crossbars for so many groups and the copies that `mapping.budget` allows.
pub fn with_copies(groups: u64, resolved: &Resolved) -> u64 {
    let mapping = &resolved.config.mapping;
    match mapping.copies() {
        true => groups + extra_crossbars(groups, mapping.budget),
        false => groups,
    }
}

/// Checks that the engine has a crossbar for each of `groups` groups.
///
/// # Errors
/// [`Error::Argument`] naming the keys to change, and values that they can have.
pub fn room_for(groups: u64, resolved: &Resolved) -> Result<()> {
    if groups <= u64::from(resolved.slots) {
        return Ok(());
    }
    let config = &resolved.config;
    let (engine, rows) = (&config.engine, config.crossbar.rows);
    let fail = |expected: String, help: String| {
        let found = format!(
            "{} ({} crossbars in {} lanes of {} banks)",
            engine.crossbars_per_bank, resolved.slots, engine.lanes, engine.banks_per_lane
        );
        Err(Error::argument(
            "engine.crossbars_per_bank",
            found,
            expected,
            help,
        ))
    };
    let mut expected =
        format!("at least {groups} crossbars, one for each group of {rows} embeddings");
    let Some(least) = EngineSize::for_crossbars(config, groups) else {
        let help = "no engine has so many: use more crossbar.rows, or fewer ids";
        return fail(expected, help.to_owned());
    };
    let least = least.settings(config);
    let wanted = with_copies(groups, resolved);
    let good = EngineSize::for_crossbars(config, wanted).filter(|_| wanted > groups);
    let help = match good.map(|good| good.settings(config)) {
        None => format!("set {least}"),
        Some(good) => {
            let budget = config.mapping.budget;
            expected += &format!("; {wanted} give the copies of mapping.budget = {budget}");
            match good == least {
                true => format!("set {good}"),
                false => format!("set {good}; {least} holds each group only once"),
            }
        }
    };
    fail(expected, help)
}

/// Expected load of one replica.
struct ReplicaLoad {
    /// Over the whole history.
    all: Load,
    /// In each sampled batch.
    batches: Vec<Load>,
}

/// Occupancy and load of banks and lanes during placement.
struct Banks {
    capacity: u32,
    per_lane: usize,
    /// Occupied slots by bank.
    used: Vec<u32>,
    /// Cycles by bank.
    cycles: Vec<f64>,
    /// Cycles by bank, then by batch.
    batch_cycles: Vec<f64>,
    /// Number of the last group that has a replica in each bank.
    holds: Vec<u64>,
    lane_commands: Vec<f64>,
    /// Commands by lane, then by batch.
    batch_commands: Vec<f64>,
    /// Replicas of the current group by lane.
    lane_replicas: Vec<u32>,
    /// Number of the current group, from 1.
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

    /// As [`Banks::crowding`], for the whole history.
    fn crowding_of_all(&self, bank: usize, replica: &ReplicaLoad) -> f64 {
        let (cycles, commands) = (self.cycles[bank], self.lane_commands[bank / self.per_lane]);
        let all = &replica.all;
        all.cycles * (2.0 * cycles + all.cycles) + all.commands * (2.0 * commands + all.commands)
    }

    /// Growth of the sum over batches of the squared times at banks and at lanes if the replica is added.
    fn crowding(&self, bank: usize, replica: &ReplicaLoad) -> f64 {
        let lane = bank / self.per_lane;
        let n = replica.batches.len();
        let there = &self.batch_cycles[bank * n..(bank + 1) * n];
        let lane = &self.batch_commands[lane * n..(lane + 1) * n];
        let mut sum = 0.0;
        for ((load, &cycles), &commands) in replica.batches.iter().zip(there).zip(lane) {
            sum += load.cycles * (2.0 * cycles + load.cycles);
            sum += load.commands * (2.0 * commands + load.commands);
        }
        sum
    }

    fn best(&self, replica: &ReplicaLoad) -> Option<usize> {
        let key = |bank: usize| {
            let lane = bank / self.per_lane;
            // Without batches, or for a group without load in them, the whole history decides.
            let crowding = self.crowding(bank, replica);
            let time = self.crowding_of_all(bank, replica);
            (
                crowding,
                time,
                (self.lane_replicas[lane], self.used[bank]),
                bank,
            )
        };
        (0..self.used.len())
            .filter(|&b| self.used[b] < self.capacity && self.holds[b] != self.group)
            .map(key)
            .min_by(|a, b| {
                let order = a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1));
                order.then((a.2, a.3).cmp(&(b.2, b.3)))
            })
            .map(|best| best.3)
    }

    fn put(&mut self, bank: usize, replica: &ReplicaLoad) -> Placement {
        let lane = bank / self.per_lane;
        let slot = self.used[bank];
        self.used[bank] += 1;
        self.cycles[bank] += replica.all.cycles;
        self.holds[bank] = self.group;
        self.lane_commands[lane] += replica.all.commands;
        self.lane_replicas[lane] += 1;
        let n = replica.batches.len();
        for (i, load) in replica.batches.iter().enumerate() {
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
        super::place(copies, (loads, &[]), 0, r, &Count::default())
    }

    fn resolved(lanes: u32, banks: u32, crossbars: u32) -> Resolved {
        let mut config = Config::default();
        let e = &mut config.engine;
        (e.lanes, e.banks_per_lane, e.crossbars_per_bank) = (lanes, banks, crossbars);
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
    fn the_heaviest_replica_is_placed_first_in_the_least_loaded_bank() {
        // 70 and 60 get a bank each, 50 joins 60, 40 joins 70: both banks have about 110,000
        // cycles.
        let loads = [50, 70, 40, 60].map(|k| heavy(k * 1000));
        let out = place(&[1; 4], &loads, &resolved(1, 2, 2)).unwrap();
        let of: Vec<_> = out.iter().map(|p| banks(p)[0]).collect();
        assert_eq!(of, [1, 0, 0, 1]);
    }

    #[test]
    fn replicas_go_to_different_lanes_first() {
        let out = place(&[2, 4], &[heavy(9000), heavy(8000)], &resolved(2, 4, 4)).unwrap();
        // Two replicas are in different lanes; four are in four banks, two in each lane.
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
        // Each command takes one cycle, so the lane, with one command per cycle, is the bottleneck.
        let load = Load {
            commands: 1000.0,
            cycles: 1000.0,
        };
        let out = place(&[1; 4], &[load; 4], &resolved(2, 8, 8)).unwrap();
        let lanes: Vec<_> = out.iter().map(|p| banks(p)[0] / 8).collect();
        assert_eq!(lanes, [0, 1, 0, 1]);
    }

    #[test]
    fn a_copy_without_a_bank_of_its_own_is_left_out() {
        // Six places in two banks: each group has one replica per bank.
        let out = place(&[2, 2, 2], &[heavy(10); 3], &resolved(1, 2, 3)).unwrap();
        assert_eq!(out.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 2]);
        let out = place(&[4], &[heavy(10)], &resolved(1, 2, 3)).unwrap();
        assert_eq!(banks(&out[0]), [0, 1]);
        // More copies than places: every group still has its first replica.
        let loads = [heavy(90), heavy(50), heavy(10)];
        let out = place(&[2, 2, 2], &loads, &resolved(1, 2, 2)).unwrap();
        assert_eq!(out.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1, 1]);
    }

    #[test]
    fn groups_without_history_spread_out() {
        let out = place(&[1; 8], &[Load::default(); 8], &resolved(2, 2, 4)).unwrap();
        let mut of: Vec<_> = out.iter().map(|p| banks(p)[0]).collect();
        of.sort_unstable();
        assert_eq!(of, [0, 0, 1, 1, 2, 2, 3, 3]);
    }

    #[test]
    fn too_many_groups_are_refused_with_the_key_and_the_needed_value() {
        let e = place(&[1; 9], &[heavy(1); 9], &resolved(2, 2, 2)).unwrap_err();
        insta::assert_snapshot!(format!("{e}\n{}", e.help().unwrap()), @"
        argument engine.crossbars_per_bank: found 2 (8 crossbars in 2 lanes of 2 banks), expected at least 9 crossbars, one for each group of 64 embeddings; 10 give the copies of mapping.budget = 0.2
        set engine.crossbars_per_bank = 3
        ");
        assert_eq!(e.exit_status(), 2);
    }

    #[test]
    fn groups_that_are_busy_in_the_same_batches_are_separated() {
        // All have the same load; 0 and 1 are busy in one batch, 2 and 3 in the other.
        let busy = heavy(1000);
        let idle = Load::default();
        let r = resolved(1, 2, 2);
        let of = |batches: &[Vec<Load>]| {
            let places =
                super::place(&[1; 4], (&[busy; 4], batches), 0, &r, &Count::default()).unwrap();
            places.iter().map(|p| banks(p)[0]).collect::<Vec<_>>()
        };
        let together = of(&[vec![busy, busy, idle, idle], vec![idle, idle, busy, busy]]);
        assert_ne!(together[0], together[1]);
        assert_ne!(together[2], together[3]);
        // If 0 and 2 are busy in the same batch, these are separated.
        let other = of(&[vec![busy, idle, busy, idle], vec![idle, busy, idle, busy]]);
        assert_ne!(other[0], other[2]);
        assert_ne!(other[1], other[3]);
        assert!((together[0] != together[2]) || (other[0] != other[1]));
    }

    #[test]
    fn lanes_share_the_load_where_banks_are_free() {
        // Banks take ten times as long as lanes, and each replica has a bank of its own.
        let load = heavy(1000);
        let batches = [vec![load; 3], vec![load; 3]];
        let r = resolved(4, 4, 1);
        let of = (&[load; 3][..], &batches[..]);
        let places = super::place(&[4, 2, 2], of, 0, &r, &Count::default()).unwrap();
        let lanes = |group: &[Placement]| banks(group).iter().map(|b| b / 4).collect::<Vec<_>>();
        assert_eq!(lanes(&places[0]), [0, 1, 2, 3]);
        let mut others = [lanes(&places[1]), lanes(&places[2])].concat();
        others.sort_unstable();
        assert_eq!(others, [0, 1, 2, 3]);
    }

    #[test]
    fn a_lane_that_is_busy_in_a_batch_is_avoided() {
        // In the only batch, the lanes' commands exceed the banks' cycles.
        let load = Load {
            commands: 100.0,
            cycles: 10.0,
        };
        let r = resolved(2, 4, 4);
        let places = super::place(
            &[1; 2],
            (&[load; 2], &[vec![load; 2]]),
            0,
            &r,
            &Count::default(),
        )
        .unwrap();
        let lanes: Vec<_> = places.iter().map(|p| banks(p)[0] / 4).collect();
        assert_eq!(lanes, [0, 1]);
    }
}
