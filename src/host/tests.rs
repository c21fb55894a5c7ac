#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::config::{Config, Resolved};
use crate::formats::trace::Bags;
use crate::hardware::{RowMask, activation_sizes, activations};
use crate::ids::{EmbeddingId, GroupId};
use crate::mapping::{LaneGroup, Layout};
use crate::mapping::{Mapping, Placement};
use crate::test_support::{Case, Clipping, any_case, mapping_of, tiny_config};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn tiny(change: impl FnOnce(&mut Config)) -> Resolved {
    let mut config = tiny_config(1, 3, 3);
    change(&mut config);
    config.resolve("test").unwrap()
}

fn split(rows: u32, most: u32, read: u32, mask: &[u64]) -> Vec<Vec<u32>> {
    let r = tiny(|c| {
        c.crossbar.rows = rows;
        c.adc.max_active_rows = most;
        c.adc.read_split_max = read;
    });
    let parts: Vec<Vec<u32>> = activations(RowMask(mask), &r)
        .map(|a| {
            let rows: Vec<u32> = a.rows().collect();
            assert_eq!(rows.len() as u32, a.active_rows());
            rows
        })
        .collect();
    let sizes: Vec<u32> = activation_sizes(RowMask(mask).count(), &r).collect();
    let found: Vec<u32> = parts.iter().map(|p| p.len() as u32).collect();
    assert_eq!(sizes, found);
    parts
}

#[test]
fn masks_split_by_hand() {
    let seven = [0b1011_0111_1000];
    let rows = vec![3, 4, 5, 6, 8, 9, 11];
    assert_eq!(split(12, 0, 0, &seven), [rows]);
    let chunks: [&[u32]; 3] = [&[3, 4, 5], &[6, 8, 9], &[11]];
    assert_eq!(split(12, 3, 0, &seven), chunks);
    // A threshold of 2 does not split chunks of 3; the remaining 1 is a single row anyway.
    assert_eq!(split(12, 3, 2, &seven), chunks);
    // 7 rows in chunks of 5: the remaining 2 are read row by row, the chunk of 5 is not.
    let rest: [&[u32]; 3] = [&[3, 4, 5, 6, 8], &[9], &[11]];
    assert_eq!(split(12, 5, 2, &seven), rest);
    let singles: Vec<Vec<u32>> = [3, 4, 5, 6, 8, 9, 11].iter().map(|&r| vec![r]).collect();
    assert_eq!(split(12, 3, 3, &seven), singles);
    assert_eq!(split(12, 1, 0, &seven), singles);
    assert!(split(12, 3, 3, &[0]).is_empty());
}

#[test]
fn masks_split_across_words() {
    let mask = [1 << 63, 1 | 1 << 63, 0, 0, 0, 0, 0, 1 << 63];
    let parts: [&[u32]; 2] = [&[63, 64, 127], &[511]];
    assert_eq!(split(512, 3, 0, &mask), parts);
}

#[test]
fn repeated_ids_by_hand() {
    // Group 0 holds ids 3 and 1, group 1 holds 0 and 2; both are in the only bank.
    let r = tiny(|_| ());
    let m = mapping_of(2, &[(&[3, 1], &[(0, 1)]), (&[0, 2], &[(0, 0)])]);
    let bags = Bags::from_lists(4, &[vec![1, 2, 1, 3, 1], vec![], vec![0]]).unwrap();
    let lowered = Lowering::new(&m, &r).unwrap().lower(&bags).unwrap();
    assert_eq!(lowered.headers, [1, 0, 1]);
    let lane = &lowered.lanes[0];
    assert_eq!(lane.bags, [0, 0, 0, 0, 2]);
    assert_eq!(lane.groups, [0, 1, 0, 0, 1]);
    assert_eq!(lane.masks, [0b11, 0b10, 0b10, 0b10, 0b01]);
    assert_eq!(lane.rows, [2, 1, 1, 1, 1]);
    assert_eq!(lane.last, [false, false, false, true, true]);
}

#[test]
fn lane_groups_are_numbered_by_global_group() {
    let r = tiny(|c| {
        c.engine.lanes = 2;
        c.engine.banks_per_lane = 2;
    });
    let m = mapping_of(
        2,
        &[
            (&[0], &[(3, 0)]),
            (&[1], &[(2, 1), (1, 1), (0, 0)]),
            (&[2], &[(1, 0)]),
        ],
    );
    let layout = Layout::new(&m, &r).unwrap();
    assert_eq!(layout.lane(0).groups(), [GroupId(1), GroupId(2)]);
    assert_eq!(layout.lane(1).groups(), [GroupId(0), GroupId(1)]);
    let places: Vec<_> = layout
        .lane(0)
        .replicas(0)
        .iter()
        .map(|p| (p.bank, p.slot.0))
        .collect();
    assert_eq!(places, [(0, 0), (1, 1)]);
    assert_eq!(
        layout.options(GroupId(1)),
        [
            LaneGroup { lane: 0, group: 0 },
            LaneGroup { lane: 1, group: 1 }
        ]
    );
    assert_eq!(layout.home(EmbeddingId(2)), Some((GroupId(2), 0)));
    assert_eq!(layout.home(EmbeddingId(3)), None);
}

#[test]
fn load_is_spread_over_lanes_with_replicas() {
    // Group 0 is in both lanes. Group 1 keeps lane 0 busy, so commands on group 0 go to lane 1.
    let r = tiny(|c| c.engine.lanes = 2);
    let m = mapping_of(2, &[(&[0], &[(0, 0), (1, 0)]), (&[1], &[(0, 1)])]);
    let lowering = Lowering::new(&m, &r).unwrap();
    let both = Bags::from_lists(2, &vec![vec![0, 1]; 100]).unwrap();
    let lowered = lowering.lower(&both).unwrap();
    assert_eq!((lowered.lanes[0].len(), lowered.lanes[1].len()), (100, 100));
    let alone = Bags::from_lists(2, &vec![vec![0]; 100]).unwrap();
    let lowered = lowering.lower(&alone).unwrap();
    assert_eq!((lowered.lanes[0].len(), lowered.lanes[1].len()), (50, 50));
    // A long run that can only use lane 0 does not send all later commands to lane 1.
    let mut lists = vec![vec![1]; 200];
    lists.extend(vec![vec![0]; 100]);
    let lowered = lowering
        .lower(&Bags::from_lists(2, &lists).unwrap())
        .unwrap();
    assert!(
        (45..=55).contains(&lowered.lanes[1].len()),
        "{}",
        lowered.lanes[1].len()
    );
}

#[test]
fn streaming_in_pieces_equals_lowering_at_once() {
    let r = tiny(|c| c.engine.lanes = 2);
    let m = mapping_of(
        2,
        &[(&[0, 1], &[(0, 0), (1, 0)]), (&[2], &[(0, 1), (1, 1)])],
    );
    let lists: Vec<Vec<u32>> = (0..40)
        .map(|i| (0..i % 5).map(|k| (i * k) % 3).collect())
        .collect();
    let bags = Bags::from_lists(3, &lists).unwrap();
    let lowering = Lowering::new(&m, &r).unwrap();
    let whole = lowering.lower(&bags).unwrap();
    let mut stream = lowering.stream();
    let mut piece = lowering.buffer();
    let mut headers = Vec::<u64>::new();
    let mut lanes = vec![LaneCommands::default(); 2];
    for start in (0..40).step_by(7) {
        piece.restart(stream.next_bag());
        assert_eq!(piece.first_bag, start as u32);
        for bag in bags.slice(start..start + 7).iter() {
            stream.push(bag, &mut piece).unwrap();
        }
        headers.extend(&piece.headers);
        for (all, part) in lanes.iter_mut().zip(&piece.lanes) {
            all.bags.extend(&part.bags);
            all.groups.extend(&part.groups);
            all.global_groups.extend(&part.global_groups);
            all.masks.extend(&part.masks);
            all.rows.extend(&part.rows);
            all.last.extend(&part.last);
        }
    }
    assert_eq!(headers, whole.headers);
    assert_eq!(lanes, whole.lanes);
}

#[track_caller]
fn refused(mapping: &Mapping, message: &str) {
    let error = Layout::new(mapping, &tiny(|_| ())).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("argument mapping: found {message}")
    );
    assert_eq!(error.exit_status(), 2);
    assert!(error.help().is_some());
}

#[test]
fn mappings_that_do_not_fit_are_refused() {
    refused(
        &mapping_of(4, &[(&[0], &[(0, 0)])]),
        "a mapping for crossbars of 4 rows, expected crossbar.rows = 2",
    );
    refused(
        &mapping_of(2, &[(&[0, 1, 2], &[(0, 0)])]),
        "3 ids in group 0, expected 1 to 2 ids",
    );
    refused(
        &mapping_of(2, &[(&[0], &[(0, 0)]), (&[], &[(0, 1)])]),
        "0 ids in group 1, expected 1 to 2 ids",
    );
    refused(
        &mapping_of(2, &[(&[0, 2], &[(0, 0)])]),
        "id 2 in group 0, expected ids below 2",
    );
    refused(
        &mapping_of(2, &[(&[0, 1], &[(0, 0)]), (&[0], &[(0, 1)])]),
        "id 0 in groups 0 and 1, expected each id once",
    );
    let mut missing = mapping_of(2, &[(&[0, 1], &[(0, 0)])]);
    missing.embeddings = u32::MAX;
    refused(
        &missing,
        "2 ids in all groups, expected each of the 4294967295 embeddings once",
    );
    refused(
        &mapping_of(2, &[(&[0], &[])]),
        "no placement of group 0, expected at least one replica of each group",
    );
    refused(
        &mapping_of(2, &[(&[0], &[(1, 0)])]),
        "group 0 at bank 1, slot 0, expected banks below 1 and slots below 2",
    );
    refused(
        &mapping_of(2, &[(&[0], &[(0, 2)])]),
        "group 0 at bank 0, slot 2, expected banks below 1 and slots below 2",
    );
    refused(
        &mapping_of(2, &[(&[0], &[(0, 1)]), (&[1], &[(0, 1)])]),
        "groups 0 and 1 both at bank 0, slot 1, expected one group per slot",
    );
    refused(
        &mapping_of(2, &[(&[0], &[(0, 1), (0, 0)])]),
        "2 replicas of group 0 in lane 0, expected at most engine.max_replicas (1) in one lane",
    );
}

/// The group's bank is busy with two rows, so the command of a single row goes to the row's copy.
#[test]
fn a_command_of_one_row_avoids_the_busy_group() {
    let r = tiny(|c| (c.engine.lanes, c.engine.banks_per_lane) = (2, 1));
    let mut m = mapping_of(2, &[(&[0, 1], &[(0, 0)]), (&[2], &[(0, 1)])]);
    m.row_copies = mapping_of(2, &[(&[2, 1], &[(1, 0)])]).groups;
    let lower = |m: &Mapping| {
        let lowering = Lowering::new(m, &r).unwrap();
        let bags = Bags::from_lists(3, &[vec![0, 1], vec![1], vec![0, 1]]).unwrap();
        let lowered = lowering.lower(&bags).unwrap();
        let all = (0..2).flat_map(|lane| {
            lowered
                .lane(lane)
                .map(|c| {
                    (
                        c.bag,
                        c.lane,
                        c.group,
                        c.global_group.0,
                        c.mask.rows().collect::<Vec<_>>(),
                    )
                })
                .collect::<Vec<_>>()
        });
        all.collect::<Vec<_>>()
    };
    let home = |bag| (bag, 0, 0, 0, vec![0, 1]);
    // Commands of two rows stay; row 1 of the copies is id 1.
    assert_eq!(lower(&m), [home(0), home(2), (1, 1, 0, 2, vec![1])]);
    m.row_copies.clear();
    assert_eq!(lower(&m), [home(0), (1, 0, 0, 0, vec![1]), home(2)]);
    m.row_copies = mapping_of(2, &[(&[1, 0, 2], &[(1, 0)])]).groups;
    refused(
        &m,
        "row_copies[0] with ids [1, 0, 2], expected 1 to 2 ids of the groups, each once",
    );
}

#[test]
fn bags_that_do_not_fit_are_refused() {
    let m = mapping_of(2, &[(&[0, 1], &[(0, 0)])]);
    let lowering = Lowering::new(&m, &tiny(|c| c.embedding.max_bag = 3)).unwrap();
    let lower = |lists: &[Vec<u32>]| lowering.lower(&Bags::from_lists(9, lists).unwrap());
    assert_eq!(
        lower(&[vec![0], vec![1, 2]]).unwrap_err().to_string(),
        "argument bags: found id 2 in bag 1, expected ids below 2"
    );
    assert_eq!(
        lower(&[vec![0, 1, 0, 1]]).unwrap_err().to_string(),
        "argument bags: found 4 lookups in bag 0, expected at most embedding.max_bag (3)"
    );
    assert_eq!(lower(&[vec![0, 1, 0]]).unwrap().headers, [1]);
}

/// Checks every documented property of lowering, from the mapping alone.
fn check_invariants(case: &Case, lowered: &Lowered) {
    let engine = &case.resolved.config.engine;
    let mut seen: Vec<Vec<u32>> = vec![Vec::new(); case.bags.len()];
    let mut headers = vec![0u64; case.bags.len()];
    let homes = crate::mapping::Directory::new(&case.mapping).unwrap();
    // (bag, group) -> masks over all lanes.
    let mut masks: BTreeMap<(u32, u32), Vec<BTreeSet<u32>>> = BTreeMap::new();
    assert_eq!(lowered.lanes.len(), engine.lanes as usize);
    for lane in 0..lowered.lanes.len() {
        let commands: Vec<Command<'_>> = lowered.lane(lane).collect();
        let here = |p: &Placement| (p.0.0 / engine.banks_per_lane) as usize == lane;
        let arrays = (0u32..).zip(case.mapping.arrays());
        let listed = arrays.clone().count() as u32;
        let by_rule = case.mapping.rest_places(&case.resolved).unwrap();
        let by_rule = (listed..).zip(&by_rule).filter(|(_, place)| here(place));
        let in_lane: Vec<u32> = arrays
            .filter(|(_, array)| array.placements.iter().any(here))
            .map(|(number, _)| number)
            .chain(by_rule.map(|(number, _)| number))
            .collect();
        for (i, c) in commands.iter().enumerate() {
            assert_eq!(c.lane as usize, lane);
            assert_eq!(in_lane[c.group as usize], c.global_group.0);
            let next = commands.get(i + 1).map(|n| n.bag);
            assert_eq!(c.last, next != Some(c.bag), "last of command {i}");
            assert!(next.is_none_or(|n| n >= c.bag), "bags ascend");
            headers[c.bag as usize] |= 1 << lane;
            let ids = homes.members(&case.mapping, c.global_group);
            let arrays = case.mapping.groups.len()..listed as usize;
            let copy = arrays.contains(&c.global_group.index());
            assert!(c.mask.count() > 0);
            assert!(!copy || c.mask.count() == 1, "row copies serve one row");
            let on = c.mask.rows().map(|row| ids[row as usize]);
            // A copied row counts as the row of its group.
            let homes = on.clone().map(|id| homes.location(id).unwrap());
            let group = homes.clone().next().unwrap().group.0;
            seen[c.bag as usize].extend(on.map(|id| id.0));
            masks
                .entry((c.bag, group))
                .or_default()
                .push(homes.map(|home| home.row).collect());
        }
    }
    assert_eq!(headers, lowered.headers);
    for (bag, mut ids) in case.bags.iter().zip(seen) {
        let mut expected: Vec<u32> = bag.iter().map(|i| i.0).collect();
        expected.sort_unstable();
        ids.sort_unstable();
        assert_eq!(ids, expected);
    }
    for list in masks.values_mut() {
        // As few commands as repeats allow: each mask is a subset of the one before.
        list.sort_by_key(|m| std::cmp::Reverse(m.len()));
        assert!(list.windows(2).all(|w| w[1].is_subset(&w[0])));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn commands_hold_exactly_the_lookups_of_the_bags(case in any_case(Clipping::Allowed)) {
        let lowered = Lowering::new(&case.mapping, &case.resolved).unwrap().lower(&case.bags).unwrap();
        check_invariants(&case, &lowered);
    }
}
