//! Cycles worked out by hand from the RTL's registers, and laws that hold in every run.

use super::*;
use crate::config::{AdcSwitch, Config, Resolved, TechnologyKeys};
use crate::formats::trace::Bags;
use crate::host::{BagOrder, PortBags};
use crate::mapping::{Mapping, WordFormat};
use crate::reference::{Command, Commands};
use crate::test_support::{Clipping, GroupSpec, any_case, mapping_of, random_case};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// One lane and one port; an activation takes 7 cycles: one of set-up, and two phases of 3.
fn resolved(change: impl Fn(&mut Config)) -> Resolved {
    let mut config = Config::default();
    config.embedding.dim = 2;
    config.embedding.value_bits = 4;
    config.embedding.max_bag = 64;
    config.crossbar.rows = 4;
    config.crossbar.cols = 4;
    config.crossbar.adcs = 2;
    config.adc.switch = AdcSwitch::Off;
    let engine = &mut config.engine;
    (
        engine.lanes,
        engine.banks_per_lane,
        engine.crossbars_per_bank,
    ) = (1, 1, 4);
    engine.queue_depth = 2;
    config.frontend.ports = 1;
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

fn two_groups() -> Mapping {
    mapping_of(4, &[(&[0, 1, 2, 3], &[(0, 0)]), (&[4, 5, 6, 7], &[(0, 1)])])
}

/// The run of these bags, and the cycle of each bag's vector.
fn run(r: &Resolved, mapping: &Mapping, lists: &[Vec<u32>]) -> (Timing, Vec<u64>) {
    let bags = Bags::from_lists(mapping.embeddings, lists).unwrap();
    let mut cycles = vec![0; lists.len()];
    let mut given = |bag: u32, cycle| cycles[bag as usize] = cycle;
    let model = Model::new(r, mapping).unwrap();
    let timing = model.run(bags.iter(), BagOrder::Trace, &mut given).unwrap();
    (timing, cycles)
}

#[test]
fn a_bag_of_one_id() {
    // Taken in 0, enters the hop in 1, picked in 2, matched and shut in 3, leaves the store in 4, is
    // popped in 5, taken in 6, converted until 13, fires in 14, granted in 15, written in 16, fetched
    // in 17, loaded in 18, retires in 19, is in the tree in 20 and on the stream in 21.
    let r = resolved(|_| ());
    let (timing, cycles) = run(&r, &two_groups(), &[vec![0]]);
    assert_eq!(cycles, [21]);
    assert_eq!(timing.cycles, 22);
    assert_eq!(timing.bounds.fill, 22);
    assert_eq!(timing.counters.banks[0].busy, 7);
}

#[test]
fn a_bag_without_ids() {
    // Taken in 0, enters the hop in 1, leaves it in 2, retires in 3, in the tree in 4.
    let (timing, cycles) = run(&resolved(|_| ()), &two_groups(), &[vec![]]);
    assert_eq!((timing.cycles, cycles), (6, vec![5]));
    assert_eq!(timing.counters.engine.tree_words, 0);
    let (timing, _) = run(&resolved(|_| ()), &two_groups(), &[]);
    assert_eq!(timing.cycles, 0);
}

#[test]
fn each_hop_takes_a_cycle_and_each_stage_of_the_tree() {
    let r = resolved(|c| {
        (c.engine.lanes, c.frontend.hop_lanes) = (8, 2);
        c.engine.tree_fan_in = 2;
    });
    let of = |bank| {
        let mapping = mapping_of(4, &[(&[0], &[(bank, 0)])]);
        run(&r, &mapping, &[vec![0]]).1[0]
    };
    // Two stages of the tree more than with one lane, and a hop more for every two lanes.
    assert_eq!([of(0), of(2), of(4), of(6)], [23, 24, 25, 26]);
}

#[test]
fn ids_of_a_group_are_one_command_and_repeats_another() {
    let r = resolved(|_| ());
    let (timing, _) = run(&r, &two_groups(), &[vec![0, 1, 2, 3]]);
    assert_eq!(timing.counters.lanes[0].commands, 1);
    let (timing, _) = run(&r, &two_groups(), &[vec![0, 1, 0, 4, 0, 1]]);
    let lane = timing.counters.lanes[0];
    // Rows 0 and 1, 0 and 1, 0; and the other group.
    assert_eq!((lane.commands, lane.adds), (4, 3));
    assert_eq!(timing.counters.banks[0].active_rows, 6);
}

#[test]
fn a_full_store_sends_what_is_not_complete() {
    let groups: Vec<_> = (0..4).map(|g| [2 * g, 2 * g + 1]).collect();
    let places: Vec<_> = (0..4).map(|slot| [(0, slot)]).collect();
    let specs: Vec<GroupSpec<'_>> = groups
        .iter()
        .zip(&places)
        .map(|(g, p)| (&g[..], &p[..]))
        .collect();
    let mapping = mapping_of(4, &specs);
    let bag = [vec![0, 2, 4, 6, 1, 3, 5, 7]];
    let commands = |gather| {
        let r = resolved(|c| c.frontend.gather = gather);
        let model = Model::new(&r, &mapping).unwrap();
        // In this order, not in that of the translation.
        let mut translated = model.translator().buffer();
        let format = WordFormat::new(&r);
        let word = |&id: &u32| {
            let crossbar = crate::mapping::Crossbar {
                slot: crate::ids::SlotId(id / 2),
                ..Default::default()
            };
            format.first_row(crossbar) + id % 2
        };
        translated.ports[0].push(0, bag[0].iter().map(word));
        let timing = model.run_translated(&translated, &mut |_, _| {}).unwrap();
        timing.counters.lanes[0].commands
    };
    assert_eq!(commands(8), 4);
    assert!(commands(2) > 4);
}

#[test]
fn a_full_window_holds_up_the_stream() {
    let r = resolved(|c| c.frontend.window = 2);
    let (timing, cycles) = run(
        &r,
        &two_groups(),
        &[vec![0], vec![0], vec![0], vec![0], vec![0]],
    );
    assert!(timing.counters.engine.ids_wait > 0);
    assert!(cycles.is_sorted());
    // A bank's results come 7 cycles apart, but two bags at a time wait for the second's retirement.
    assert!(timing.cycles > 22 + 4 * 7);
    let wide = resolved(|_| ());
    let (timing, _) = run(
        &wide,
        &two_groups(),
        &[vec![0], vec![0], vec![0], vec![0], vec![0]],
    );
    assert_eq!(timing.cycles, 22 + 4 * 7);
    assert_eq!(timing.counters.engine.ids_wait, 0);
}

/// A watch that keeps the commands.
#[derive(Default)]
struct Kept(Commands);

impl Watch for Kept {
    fn command(&mut self, _cycle: u64, command: &Command<'_>) {
        self.0.push(command);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn laws_hold_in_every_run(
        case in any_case(Clipping::Allowed), seed in any::<u64>(),
        (ports, ids, window) in (1u32..9, 0u32..3, 1u32..5),
        (gather, places, hop_lanes) in (2u32..9, 0u32..5, 0u32..4),
        (idle, stall, queue) in (0u32..900, 0u32..900, 1u32..4),
    ) {
        let resolved = case.resolved.with("test", |c| {
            let f = &mut c.frontend;
            (f.ports, f.ids_per_beat, f.window) = (ports, 1 << ids, 1 << window);
            (f.gather, f.places) = (gather, ports + places);
            f.hop_lanes = hop_lanes.min(c.engine.lanes);
            f.result_bits = 64;
            c.engine.queue_depth = 1 << queue;
            let s = &mut c.simulation;
            (s.input_idle, s.output_stall, s.seed) = (idle, stall, seed >> 1);
        }).unwrap();
        let case = random_case(resolved, seed);
        let r = &case.resolved;
        let model = Model::new(r, &case.mapping).unwrap();
        let translated = model.translator().translate(&case.bags, BagOrder::Trace).unwrap();
        let mut kept = Kept::default();
        let mut given = Vec::new();
        let timing = model
            .run_watched(&translated, &mut |bag, cycle| given.push((bag, cycle)), &mut kept)
            .unwrap();

        // Bags come in the order of their ports, each once.
        prop_assert_eq!(given.len(), case.bags.len());
        prop_assert_eq!(timing.cycles, given.last().map_or(0, |g| g.1 + 1));
        for port in &translated.ports {
            let own: BTreeSet<u32> = port.bags().iter().copied().collect();
            let order: Vec<u32> = given.iter().map(|g| g.0).filter(|b| own.contains(b)).collect();
            prop_assert_eq!(&order[..], port.bags());
        }
        // Each id of a bag is one row of one of its commands.
        let format = WordFormat::new(r);
        let mut wanted: BTreeMap<(u64, u32), u32> = BTreeMap::new();
        for (bag, words) in translated.ports.iter().flat_map(PortBags::iter) {
            let rows = words.iter().map(|word| word & !format.last_of_crossbar());
            rows.for_each(|row| *wanted.entry((bag.into(), row)).or_default() += 1);
        }
        let mut found: BTreeMap<(u64, u32), u32> = BTreeMap::new();
        let mut parts = BTreeSet::new();
        for c in kept.0.iter() {
            let slot = crate::ids::SlotId(c.slot);
            let first = format.first_row(crate::mapping::Crossbar { lane: c.lane, bank: c.bank, slot });
            for row in c.mask.rows() {
                *found.entry((c.bag, first + row)).or_default() += 1;
            }
            parts.insert((c.bag, c.lane));
        }
        prop_assert_eq!(found, wanted);
        // Counters follow from the commands.
        let lanes = timing.counters.lane_total();
        let commands = kept.0.len() as u64;
        prop_assert_eq!(lanes.commands, commands);
        prop_assert_eq!(lanes.adds, commands - parts.len() as u64);
        prop_assert_eq!(timing.counters.bank_total().commands, commands);
        prop_assert_eq!(timing.counters.engine.retired, case.bags.len() as u64);
        // A bag's vectors are summed to one.
        let touched = parts.iter().map(|p| p.0).collect::<BTreeSet<_>>().len() as u64;
        prop_assert_eq!(timing.counters.engine.tree_adds, parts.len() as u64 - touched);
        // Every cycle has one cause.
        for parts in timing.attribution.lanes.iter().chain(&timing.attribution.banks) {
            prop_assert_eq!(parts.total(), timing.cycles);
        }
        // Bags that are translated on the way give the same.
        let mut again = Vec::new();
        let streamed = model
            .run(case.bags.iter(), BagOrder::Trace, &mut |bag, cycle| again.push((bag, cycle)))
            .unwrap();
        prop_assert_eq!(again, given);
        prop_assert_eq!(streamed, timing);
    }
}
