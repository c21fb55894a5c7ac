#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::config::{Config, Resolved};
use crate::formats::trace::Bags;
use crate::ids::{EmbeddingId, SlotId};
use crate::mapping::{Crossbar, Layout, Mapping, Placement, WordFormat};
use crate::test_support::{Case, Clipping, GroupSpec, any_case, mapping_of, tiny_config};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn tiny(change: impl FnOnce(&mut Config)) -> Resolved {
    let mut config = tiny_config(1, 3, 3);
    config.frontend.ports = 1;
    change(&mut config);
    config.resolve("test").unwrap()
}

fn translate(mapping: &Mapping, resolved: &Resolved, lists: &[Vec<u32>]) -> Translated {
    let bags = Bags::from_lists(mapping.embeddings, lists).unwrap();
    let translator = Translator::new(mapping, resolved).unwrap();
    translator.translate(&bags, BagOrder::Trace).unwrap()
}

/// Lane, bank, slot and row of each word of a bag, ascending.
fn places(words: &[u32], resolved: &Resolved) -> Vec<[u32; 4]> {
    let format = WordFormat::new(resolved);
    let place = |&word: &u32| {
        let (at, row) = format.place(word).unwrap();
        [at.lane, at.bank, at.slot.0, row]
    };
    let mut places: Vec<_> = words.iter().map(place).collect();
    places.sort_unstable();
    places
}

#[test]
fn ids_become_places_by_hand() {
    // Group 0 holds ids 3 and 1 in slot 1, group 1 holds 0 and 2 in slot 0.
    let r = tiny(|_| ());
    let m = mapping_of(2, &[(&[3, 1], &[(0, 1)]), (&[0, 2], &[(0, 0)])]);
    let out = translate(&m, &r, &[vec![1, 2, 1, 3, 1], vec![], vec![0]]);
    assert_eq!((out.bags(), out.ids()), (3, 6));
    let port = &out.ports[0];
    assert_eq!(port.bags(), [0, 1, 2]);
    let first = [
        [0, 0, 0, 1],
        [0, 0, 1, 0],
        [0, 0, 1, 1],
        [0, 0, 1, 1],
        [0, 0, 1, 1],
    ];
    assert_eq!(places(port.of(0), &r), first);
    assert!(port.of(1).is_empty());
    assert_eq!(places(port.of(2), &r), [[0, 0, 0, 0]]);
}

#[test]
fn beats_end_with_their_bag() {
    let mut port = PortBags::default();
    port.push(0, [1, 2, 3]);
    port.push(1, []);
    port.push(2, [4, 5]);
    let beats: Vec<_> = port
        .beats(2)
        .map(|(words, last)| (words.to_vec(), last))
        .collect();
    let wanted = [
        (vec![1, 2], false),
        (vec![3], true),
        (vec![], true),
        (vec![4, 5], true),
    ];
    assert_eq!(beats, wanted);
    port.drop_first(2);
    assert_eq!(
        (port.bags(), port.words(), port.of(0)),
        (&[2][..], &[4, 5][..], &[4, 5][..])
    );
}

#[test]
fn copies_share_the_bags_of_their_group() {
    // Group 0 is in both lanes. Group 1 keeps lane 0 busy, so group 0 is served in lane 1.
    let r = tiny(|c| c.engine.lanes = 2);
    let m = mapping_of(2, &[(&[0], &[(0, 0), (1, 0)]), (&[1], &[(0, 1)])]);
    let served = |lists: &[Vec<u32>]| {
        let out = translate(&m, &r, lists);
        let in_lane = |lane| {
            let places = places(out.ports[0].words(), &r);
            places.iter().filter(|p| p[0] == lane).count()
        };
        (in_lane(0), in_lane(1))
    };
    assert_eq!(served(&vec![vec![0, 1]; 100]), (100, 100));
    assert_eq!(served(&vec![vec![0]; 100]), (50, 50));
}

/// The bank of the group is busy with two rows, so that a single row goes to its copy.
#[test]
fn an_id_alone_in_its_group_may_go_to_a_row_copy() {
    let r = tiny(|c| (c.engine.lanes, c.engine.banks_per_lane) = (2, 1));
    let mut m = mapping_of(2, &[(&[0, 1], &[(0, 0)]), (&[2], &[(0, 1)])]);
    m.row_copies = mapping_of(2, &[(&[2, 1], &[(1, 0)])]).groups;
    let lists = [vec![0, 1], vec![1], vec![0, 1]];
    let out = translate(&m, &r, &lists);
    let home = [[0, 0, 0, 0], [0, 0, 0, 1]];
    assert_eq!(places(out.ports[0].of(0), &r), home);
    // Row 1 of the copies is id 1.
    assert_eq!(places(out.ports[0].of(1), &r), [[1, 0, 0, 1]]);
    assert_eq!(places(out.ports[0].of(2), &r), home);
}

#[test]
fn bags_go_to_the_port_that_is_free_first() {
    let r = tiny(|c| c.frontend.ports = 2);
    let m = mapping_of(2, &[(&[0, 1], &[(0, 0)])]);
    // Port 1 is free after bag 1, and takes bags 2 and 3 while port 0 takes the five ids of bag 0.
    let lists = [
        vec![0, 1, 0, 1, 0],
        vec![0],
        vec![1, 1],
        vec![0],
        vec![0, 1],
    ];
    let out = translate(&m, &r, &lists);
    assert_eq!(out.ports[0].bags(), [0]);
    assert_eq!(out.ports[1].bags(), [1, 2, 3, 4]);
    // Longest first: bag 0; then bags 2 and 4, and last the short ones.
    let bags = Bags::from_lists(2, &lists).unwrap();
    let translator = Translator::new(&m, &r).unwrap();
    let out = translator
        .translate(&bags, BagOrder::LongestFirst(5))
        .unwrap();
    assert_eq!(out.ports[0].bags(), [0, 3]);
    assert_eq!(out.ports[1].bags(), [2, 4, 1]);
    // Batches of two: bags 0 and 1, 2 and 3, 4.
    let out = translator
        .translate(&bags, BagOrder::LongestFirst(2))
        .unwrap();
    assert_eq!(out.ports[0].bags(), [0]);
    assert_eq!(out.ports[1].bags(), [1, 2, 3, 4]);
}

#[test]
fn bags_that_do_not_fit_are_refused() {
    let m = mapping_of(2, &[(&[0, 1], &[(0, 0)])]);
    let translator = Translator::new(&m, &tiny(|c| c.embedding.max_bag = 3)).unwrap();
    let translate = |lists: &[Vec<u32>]| {
        let bags = Bags::from_lists(9, lists).unwrap();
        translator.translate(&bags, BagOrder::Trace)
    };
    assert_eq!(
        translate(&[vec![0], vec![1, 2]]).unwrap_err().to_string(),
        "argument bags: found id 2 in bag 1, expected ids below 2"
    );
    assert_eq!(
        translate(&[vec![0, 1, 0, 1]]).unwrap_err().to_string(),
        "argument bags: found 4 lookups in bag 0, expected at most embedding.max_bag (3)"
    );
    assert_eq!(translate(&[vec![0, 1, 0]]).unwrap().ids(), 3);
}

/// The id in each row of each crossbar, from the mapping alone.
fn contents(mapping: &Mapping, resolved: &Resolved) -> BTreeMap<(Crossbar, u32), EmbeddingId> {
    let directory = crate::mapping::Directory::new(mapping).unwrap();
    let banks = resolved.config.engine.banks_per_lane;
    let mut out = BTreeMap::new();
    let mut put = |place: &Placement, ids: &[EmbeddingId]| {
        let crossbar = Crossbar {
            lane: place.0.0 / banks,
            bank: place.0.0 % banks,
            slot: SlotId(place.1.0),
        };
        for (row, &id) in (0..).zip(ids) {
            assert_eq!(out.insert((crossbar, row), id), None);
        }
    };
    let mut arrays = 0;
    for array in mapping.arrays() {
        array
            .placements
            .iter()
            .for_each(|place| put(place, &array.ids));
        arrays += 1;
    }
    for (place, number) in mapping.rest_places(resolved).unwrap().iter().zip(arrays..) {
        let ids = directory.members(mapping, crate::ids::GroupId(number));
        put(place, &ids);
    }
    out
}

fn check(case: &Case, out: &Translated) {
    let contents = contents(&case.mapping, &case.resolved);
    let format = WordFormat::new(&case.resolved);
    let mut seen = vec![false; case.bags.len()];
    for (number, words) in out.ports.iter().flat_map(PortBags::iter) {
        assert!(!std::mem::replace(&mut seen[number as usize], true));
        let id = |&word: &u32| contents[&format.place(word).unwrap()];
        let mut found: Vec<EmbeddingId> = words.iter().map(id).collect();
        let mut wanted = case.bags.bag(number as usize).to_vec();
        found.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(found, wanted, "bag {number}");
    }
    assert!(seen.iter().all(|&seen| seen));
}

/// A bag has as many marked words in a crossbar as the fewest commands there: the most repetitions of a
/// row. The last word of the crossbar is marked.
fn check_markers(resolved: &Resolved, out: &Translated) {
    let format = WordFormat::new(resolved);
    let marker = format.last_of_crossbar();
    for (number, words) in out.ports.iter().flat_map(PortBags::iter) {
        let mut crossbars: BTreeMap<Crossbar, (BTreeMap<u32, u32>, u32, bool)> = BTreeMap::new();
        for &word in words {
            let (crossbar, row) = format.place(word).unwrap();
            let (rows, marked, last) = crossbars.entry(crossbar).or_default();
            *rows.entry(row).or_default() += 1;
            *last = word & marker != 0;
            *marked += u32::from(*last);
        }
        for (crossbar, (rows, marked, last)) in crossbars {
            let commands = rows.values().copied().max().unwrap_or(0);
            assert!(last, "bag {number}, {crossbar:?}");
            assert_eq!(marked, commands, "bag {number}, {crossbar:?}");
        }
    }
}

/// Three rows of a crossbar in lane 0, one in lane 1 and two in lane 2, in beats of two.
#[test]
fn words_of_a_crossbar_share_beats_by_hand() {
    let mut config = tiny_config(1, 3, 3);
    (config.frontend.ports, config.frontend.ids_per_beat) = (1, 2);
    config.crossbar.rows = 4;
    config.engine.lanes = 3;
    let r = config.resolve("test").unwrap();
    let groups: [GroupSpec<'_>; 3] = [
        (&[0, 1, 2, 3], &[(0, 0)]),
        (&[4, 5, 6, 7], &[(1, 0)]),
        (&[8, 9, 10, 11], &[(2, 0)]),
    ];
    let m = mapping_of(4, &groups);
    let words = |bag: &[u32]| translate(&m, &r, &[bag.to_vec()]).ports[0].of(0).to_vec();
    let format = WordFormat::new(&r);
    let word = |lane: u32, row: u32| {
        format.first_row(Crossbar {
            lane,
            ..Crossbar::default()
        }) + row
    };
    let last = |lane, row| word(lane, row) | 1 << 31;
    assert_eq!(
        words(&[2, 9, 1, 4, 8, 0]),
        [
            word(0, 0),
            word(0, 1),
            word(2, 0),
            last(2, 1),
            last(1, 0),
            last(0, 2)
        ]
    );
    // What is repeated comes behind, and is a command of its own.
    assert_eq!(words(&[1, 0, 1]), [word(0, 0), last(0, 1), last(0, 1)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Every bag goes to one port, and its words name rows that hold its ids.
    #[test]
    fn words_name_the_ids_of_their_bags(
        case in any_case(Clipping::Allowed), ports in 1u32..9, batch in 1usize..9, ids in 0u32..3,
    ) {
        let resolved = case.resolved.with("test", |c| {
            (c.frontend.ports, c.frontend.ids_per_beat) = (ports, 1 << ids);
        }).unwrap();
        let translator = Translator::new(&case.mapping, &resolved).unwrap();
        for order in [BagOrder::Trace, BagOrder::LongestFirst(batch)] {
            let out = translator.translate(&case.bags, order).unwrap();
            prop_assert_eq!(out.ports.len() as u32, ports);
            check(&case, &out);
            check_markers(&resolved, &out);
            // Bag by bag, the same comes out.
            let mut stream = translator.stream(order);
            let mut pieces = translator.buffer();
            for bag in case.bags.iter() {
                stream.push(bag, &mut pieces).unwrap();
            }
            stream.finish(&mut pieces).unwrap();
            prop_assert_eq!(pieces, out);
        }
        prop_assert_eq!(Layout::new(&case.mapping, &resolved).unwrap().embeddings(), case.mapping.embeddings);
    }
}
