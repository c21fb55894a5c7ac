//! Small cases whose cycles are computed by hand from the RTL's stages.

use super::*;
use crate::config::Resolved;
use crate::config::{AdcSwitch, Config, Engine, TechnologyKeys};
use crate::formats::trace::Bags;
use crate::hardware::LaneCounters;
use crate::ids::EmbeddingId;
use crate::ids::{BankId, SlotId};
use crate::mapping::Mapping;
use crate::mapping::{Group, Placement, Training};

/// One lane with `banks` banks. An activation takes 1 cycle of set-up and 2 phases of 3 cycles: 7
/// cycles.
fn resolved(banks: u32, change: impl Fn(&mut Config)) -> Resolved {
    let mut config = Config::default();
    config.embedding.dim = 2;
    config.embedding.value_bits = 4;
    config.embedding.max_bag = 64;
    config.crossbar.rows = 4;
    config.crossbar.cols = 4;
    config.crossbar.adcs = 2;
    config.adc.switch = AdcSwitch::Off;
    config.frontend.window = 4;
    config.engine = Engine {
        lanes: 1,
        banks_per_lane: banks,
        crossbars_per_bank: 4,
        queue_depth: 2,
        tree_fan_in: 2,
        ..Engine::default()
    };
    config.technology = TechnologyKeys {
        clock_mhz: 1000.0,
        wordline_ns: 1.0,
        flash_mac_ns: 3.0,
        flash_read_ns: 3.0,
        ..TechnologyKeys::default()
    };
    change(&mut config);
    config.resolve("test").unwrap()
}

/// Groups of 4 ids each, with copies at the given (bank, slot) places.
fn mapping(places: &[&[(u32, u32)]]) -> Mapping {
    let groups = places.iter().zip(0..).map(|(places, g)| Group {
        ids: (4 * g..4 * g + 4).map(EmbeddingId).collect(),
        copies: places.len() as u32,
        placements: places
            .iter()
            .map(|&(bank, slot)| Placement(BankId(bank), SlotId(slot)))
            .collect(),
    });
    Mapping {
        format: 1,
        rows: 4,
        embeddings: 4 * places.len() as u32,
        groups: groups.collect(),
        rest: None,
        row_copies: Vec::new(),
        method: "test".to_owned(),
        seed: 0,
        train: Training::default(),
        ids: Vec::new(),
    }
}

fn time(r: &Resolved, m: &Mapping, lists: &[&[u32]]) -> (Timing, Vec<u64>) {
    let lists: Vec<Vec<u32>> = lists.iter().map(|l| l.to_vec()).collect();
    let bags = Bags::from_lists(m.embeddings, &lists).unwrap();
    let mut at = Vec::new();
    let timing = run(r, m, bags.iter(), &mut |bag, cycle| {
        assert_eq!(bag, at.len() as u64);
        at.push(cycle);
    })
    .unwrap();
    for parts in timing
        .attribution
        .lanes
        .iter()
        .chain(&timing.attribution.banks)
    {
        assert_eq!(parts.total(), timing.cycles, "{parts:?}");
    }
    (timing, at)
}

#[test]
fn a_run_without_bags_has_no_cycles() {
    let (timing, at) = time(&resolved(1, |_| {}), &mapping(&[&[(0, 0)]]), &[]);
    assert_eq!((timing.cycles, at.len()), (0, 0));
    assert_eq!(timing.counters.lanes[0], LaneCounters::default());
}

/// The header is taken in cycle 0, the command in 1. It is sent in 2, popped in 3, taken into
/// sensing in 4; sensing lasts from 5 to 11. The result fires in 12, is granted in 13 and added in
/// 14. The bag is reported as done in 15 and retires in the same cycle. It passes one adder stage
/// in 16; its result comes in 17.
#[test]
fn one_command() {
    let r = resolved(1, |_| {});
    let (timing, at) = time(&r, &mapping(&[&[(0, 0)]]), &[&[0, 1]]);
    assert_eq!(at, [17]);
    assert_eq!(timing.cycles, 18);
    assert_eq!(timing.cycles, timing.bounds.fill);
    let lane = timing.counters.lanes[0];
    // The command waits while the header is taken; the lane has no command from cycle 3 on.
    assert_eq!(
        (
            lane.commands,
            lane.wait_place,
            lane.wait_queue,
            lane.wait_room
        ),
        (1, 1, 0, 15)
    );
    let bank = timing.counters.banks[0];
    assert_eq!((bank.busy, bank.active_rows, bank.mac_phases), (7, 2, 2));
    let parts = timing.attribution.banks[0];
    // Cycles 0..=4: no command; 5..=11: busy; 12 and 13: merge; 14..=17: drain.
    assert_eq!(
        (parts.commands, parts.busy, parts.merge, parts.drain),
        (5, 7, 2, 4)
    );
}

/// A bag without lookups retires in the cycle after its header; its result comes two cycles later.
#[test]
fn empty_bags_retire_one_per_cycle() {
    let r = resolved(1, |_| {});
    let (timing, at) = time(&r, &mapping(&[&[(0, 0)]]), &[&[], &[], &[]]);
    assert_eq!(at, [3, 4, 5]);
    assert_eq!(timing.cycles, 6);
}

/// Two ports take two headers, retire two bags and deliver two results per cycle.
#[test]
fn empty_bags_retire_two_per_cycle_from_two_ports() {
    let r = resolved(1, |config| config.frontend.ports = 2);
    let (timing, at) = time(&r, &mapping(&[&[(0, 0)]]), &[&[], &[], &[], &[], &[]]);
    assert_eq!(at, [3, 3, 4, 4, 5]);
    assert_eq!((timing.cycles, timing.bounds.bags_retired), (6, 3));
    assert_eq!(timing.counters.engine.retired, 5);
}

/// The oldest bag retires in cycle 15. The bag of the other port is done from cycle 1 on but
/// retires in cycle 15 too. The next bag of the first port retires one cycle later.
#[test]
fn the_oldest_bag_holds_back_a_finished_one_of_another_port() {
    let r = resolved(1, |config| config.frontend.ports = 2);
    let (timing, at) = time(&r, &mapping(&[&[(0, 0)]]), &[&[0], &[], &[]]);
    assert_eq!(at, [17, 17, 18]);
    assert_eq!(timing.counters.engine.ids_wait, 0);
}

/// One command in each of three lanes. With fan-in 2 the tree has two stages and takes 3, 2 and 1
/// vectors; with fan-in 4 or 8 it has one stage, and the result comes one cycle earlier.
#[test]
fn a_larger_fan_in_needs_fewer_stages() {
    let m = mapping(&[&[(0, 0)], &[(1, 0)], &[(2, 0)]]);
    for (fan_in, at, words) in [(2, 18, 3 + 2 + 1), (4, 17, 3 + 1), (8, 17, 3 + 1)] {
        let r = resolved(1, |config| {
            config.engine.lanes = 3;
            config.engine.tree_fan_in = fan_in;
        });
        let (timing, retired) = time(&r, &m, &[&[0, 4, 8]]);
        assert_eq!(retired, [at]);
        assert_eq!(timing.cycles, timing.bounds.fill);
        let engine = timing.counters.engine;
        assert_eq!((engine.tree_words, engine.tree_adds), (words, 2));
    }
}

/// A window of four: two places per port. Bag 0 is empty and retires in cycle 1. Bag 1 retires in
/// 15, and so does bag 2 of the other port; bags 3 and 4 retire in 16. Bag 4 gets bag 0's place in
/// cycle 2. Bag 5 waits for the place of bag 1 from cycle 2 to 15, opens in 16 and retires in 17.
#[test]
fn each_port_waits_for_its_own_places() {
    let r = resolved(1, |config| config.frontend.ports = 2);
    let bags: &[&[u32]] = &[&[], &[0], &[], &[], &[], &[]];
    let (timing, at) = time(&r, &mapping(&[&[(0, 0)]]), bags);
    assert_eq!(at, [3, 17, 17, 18, 18, 19]);
    assert_eq!(timing.counters.engine.ids_wait, 14);
}

/// On the same bank, the second command is sensed right after the first (7 cycles). On a second
/// bank, it is sent, and done, one cycle after the first.
#[test]
fn two_commands_of_a_bag() {
    let bag: &[&[u32]] = &[&[0, 4]];
    let one_bank = mapping(&[&[(0, 0)], &[(0, 1)]]);
    assert_eq!(time(&resolved(2, |_| {}), &one_bank, bag).1, [17 + 7]);
    let two_banks = mapping(&[&[(0, 0)], &[(1, 0)]]);
    assert_eq!(time(&resolved(2, |_| {}), &two_banks, bag).1, [17 + 1]);
}

/// The copy on the idle bank is chosen, although its bank has the higher number.
#[test]
fn least_occupied_copy() {
    let r = resolved(2, |_| {});
    let m = mapping(&[&[(0, 0)], &[(0, 1), (1, 0)]]);
    let (timing, at) = time(&r, &m, &[&[0, 4]]);
    assert_eq!(at, [18]);
    assert_eq!(timing.counters.banks[1].commands, 1);
}

/// Six commands on one bank with a queue of two. The first two are sent in cycles 2 and 3. The
/// first is popped in 3, so the third is sent in 4. Sensing takes the first in 4 and the second is
/// popped, so the fourth is sent in 5. Sensing takes the second in 11 and the third is popped, so
/// the fifth is sent in 12; likewise the sixth in 19.
#[test]
fn full_queue() {
    let r = resolved(1, |_| {});
    let m = mapping(&[&[(0, 0)]]);
    let (timing, at) = time(&r, &m, &[&[0, 0, 0, 0, 0, 0]]);
    assert_eq!(at, [17 + 5 * 7]);
    let lane = timing.counters.lanes[0];
    assert_eq!((lane.wait_place, lane.wait_queue), (1, 6 + 6));
    assert_eq!(lane.wait_room, timing.cycles - 20);
    assert_eq!(timing.attribution.lanes[0].conflicts, 12);
    let parts = timing.attribution.banks[0];
    assert_eq!((parts.busy, parts.conflicts, parts.drain), (42, 0, 4));
}

/// With a window of two, the third header waits until the first bag has retired in cycle 15.
#[test]
fn full_window() {
    let r = resolved(1, |config| config.frontend.window = 2);
    let m = mapping(&[&[(0, 0)]]);
    let (timing, at) = time(&r, &m, &[&[0], &[1], &[2]]);
    // The third bag is opened in 16; its command is taken in 17 and sent in 18. The second bag's
    // result comes before that of the third.
    assert_eq!(at, [17, 17 + 7, 16 + 17]);
    assert_eq!(timing.counters.engine.ids_wait, 16 - 2);
    let lane = timing.attribution.lanes[0];
    // The third command is offered from cycle 3 on; the second is sent in 3.
    assert_eq!((lane.window, lane.retirement), (15 - 4, 1));
}

/// Two rows read one by one: two activations without a gap.
#[test]
fn split_reads() {
    let r = resolved(2, |config| config.adc.read_split_max = 2);
    let (timing, at) = time(&r, &mapping(&[&[(0, 0)]]), &[&[0, 1]]);
    assert_eq!(at, [17 + 7]);
    let bank = timing.counters.banks[0];
    assert_eq!(
        (bank.commands, bank.activations, bank.single_row),
        (1, 2, 2)
    );
}

/// Set-up takes 2 cycles; a phase takes 5 in read mode, else 6. So one row takes 12 cycles, more
/// rows 14. Bank 0 gets two rows in cycle 2 and is done in 18; bank 1 gets one row in cycle 4 and
/// is done in 18 too. Bank 2 gets one row in cycle 3 and is done earlier. The second of the two
/// simultaneous results waits for one cycle.
#[test]
fn merge_conflict() {
    let r = resolved(3, |config| {
        config.adc.switch = AdcSwitch::Dynamic;
        config.technology.flash_read_ns = 2.5;
        config.technology.clock_mhz = 2000.0;
    });
    assert_eq!((r.activation_cycles(1), r.activation_cycles(2)), (12, 14));
    let m = mapping(&[&[(0, 0)], &[(2, 0)], &[(1, 0)]]);
    let (timing, at) = time(&r, &m, &[&[0, 1, 4, 8]]);
    assert_eq!(at, [18 + 1 + 6]);
    assert_eq!(timing.counters.lanes[0].merge_conflicts, 1);
}
