#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::config::Config;
use crate::ids::{BankId, EmbeddingId, SlotId};
use crate::mapping::{Rest, RestOrder, RestPart, Training};

/// Two lanes of two banks of three crossbars, rows 4.
fn resolved() -> Resolved {
    let mut config = Config::default();
    config.crossbar.rows = 4;
    let e = &mut config.engine;
    (e.lanes, e.banks_per_lane, e.crossbars_per_bank) = (2, 2, 3);
    config.resolve("test").unwrap()
}

fn group(ids: &[u32], places: &[(u32, u32)]) -> Group {
    Group {
        ids: ids.iter().map(|&id| EmbeddingId(id)).collect(),
        copies: places.len() as u32,
        placements: places
            .iter()
            .map(|&(b, s)| Placement(BankId(b), SlotId(s)))
            .collect(),
    }
}

fn good() -> Mapping {
    Mapping {
        format: 1,
        rows: 4,
        embeddings: 9,
        groups: vec![
            group(&[8, 0, 2, 4], &[(0, 0), (1, 0), (2, 2)]),
            group(&[1], &[(0, 1)]),
            group(&[3, 5, 6, 7], &[(3, 0), (2, 0)]),
        ],
        rest: None,
        row_copies: Vec::new(),
        method: "another program".to_owned(),
        seed: 0,
        train: Training::default(),
        ids: Vec::new(),
    }
}

fn error(change: impl FnOnce(&mut Mapping)) -> Error {
    let mut mapping = good();
    change(&mut mapping);
    mapping
        .validate(&resolved(), 9, Path::new("m.json"))
        .unwrap_err()
}

#[track_caller]
fn refused(change: impl FnOnce(&mut Mapping), message: &str) {
    let e = error(change);
    assert_eq!(e.to_string(), format!("m.json: key {message}"));
    assert_eq!(e.exit_status(), 2);
    assert!(e.help().is_some());
}

#[test]
fn a_valid_mapping_of_another_program_passes() {
    good()
        .validate(&resolved(), 9, Path::new("m.json"))
        .unwrap();
}

#[test]
fn row_copies_hold_each_id_once_in_places_of_their_own() {
    let with = |ids: &[u32], places: &[(u32, u32)]| {
        let copies = group(ids, places);
        move |m: &mut Mapping| m.row_copies = vec![group(&[5, 1], &[(1, 2)]), copies]
    };
    let mut sound = good();
    with(&[1, 8, 0], &[(3, 2)])(&mut sound);
    sound.validate(&resolved(), 9, Path::new("m.json")).unwrap();
    refused(
        with(&[1, 8, 1], &[(3, 2)]),
        "`row_copies[1].ids[2]`: found id 1 a second time, expected each id once per crossbar",
    );
    refused(
        with(&[9], &[(3, 2)]),
        "`row_copies[1].ids[0]`: found 9, expected an id below 9, the number of embeddings",
    );
    refused(
        with(&[], &[(3, 2)]),
        "`row_copies[1].ids`: found 0 ids, expected 1 to 4 ids, one per row",
    );
    refused(
        with(&[1], &[(2, 0)]),
        "`row_copies[1].placements[0]`: found [2, 0], which is also groups[2].placements[1], \
         expected a place of its own",
    );
    refused(
        with(&[1], &[(1, 2)]),
        "`row_copies[1].placements[0]`: found [1, 2], which is also row_copies[0].placements[0], \
         expected a place of its own",
    );
}

#[test]
fn another_geometry_is_refused() {
    refused(|m| m.format = 2, "`format`: found 2, expected 1");
    refused(
        |m| m.rows = 64,
        "`rows`: found 64, expected 4, the configuration's crossbar.rows",
    );
    assert_eq!(error(|m| m.rows = 64).help(), Some(AGAIN));
    refused(
        |m| m.embeddings = 10,
        "`embeddings`: found 10, expected 9, the number of table rows",
    );
    refused(
        |m| m.groups[2].placements[1] = Placement(BankId(4), SlotId(0)),
        "`groups[2].placements[1]`: found [4, 0], expected a bank from 0 to 3 and a slot from \
         0 to 2",
    );
    refused(
        |m| m.groups[2].placements[1] = Placement(BankId(3), SlotId(3)),
        "`groups[2].placements[1]`: found [3, 3], expected a bank from 0 to 3 and a slot from \
         0 to 2",
    );
}

#[test]
fn every_id_is_in_one_group() {
    refused(
        |m| m.groups[1].ids[0] = EmbeddingId(4),
        "`groups[1].ids[0]`: found id 4, which is also in groups[0], expected each id once",
    );
    refused(
        |m| m.groups[2].ids[3] = EmbeddingId(5),
        "`groups[2].ids[3]`: found id 5 a second time, expected each id once",
    );
    refused(
        |m| m.groups[2].ids[1] = EmbeddingId(9),
        "`groups[2].ids[1]`: found 9, expected an id below 9, the number of embeddings",
    );
    let gone = |m: &mut Mapping| {
        m.groups[2].ids.remove(1);
        m.groups.remove(1);
    };
    refused(
        gone,
        "`groups`: found no group with id 1 (2 of 9 ids missing), expected each id once",
    );
    refused(
        |m| m.groups.clear(),
        "`groups`: found no group with id 0 (9 of 9 ids missing), expected each id once",
    );
    refused(
        |m| {
            m.groups[0].ids.remove(0);
        },
        "`groups`: found no group with id 8 (1 of 9 ids missing), expected each id once",
    );
}

#[test]
fn groups_fit_a_crossbar() {
    refused(
        |m| m.groups[1].ids.clear(),
        "`groups[1].ids`: found 0 ids, expected 1 to 4 ids, one per row",
    );
    refused(
        |m| {
            let id = m.groups.remove(1).ids[0];
            m.groups[0].ids.push(id);
        },
        "`groups[0].ids`: found 5 ids, expected 1 to 4 ids, one per row",
    );
}

#[test]
fn copies_equal_the_number_of_placements() {
    refused(
        |m| m.groups[0].copies = 2,
        "`groups[0].copies`: found 2, with 3 placements, expected the number of placements, at \
         least 1",
    );
    refused(
        |m| m.groups[1] = group(&[1], &[]),
        "`groups[1].copies`: found 0, with 0 placements, expected the number of placements, at \
         least 1",
    );
}

#[test]
fn a_place_holds_one_replica() {
    refused(
        |m| m.groups[2].placements[1] = Placement(BankId(1), SlotId(0)),
        "`groups[2].placements[1]`: found [1, 0], which is also groups[0].placements[1], \
         expected a place of its own",
    );
    refused(
        |m| m.groups[0].placements[2] = Placement(BankId(0), SlotId(0)),
        "`groups[0].placements[2]`: found [0, 0], which is also groups[0].placements[0], \
         expected a place of its own",
    );
}

#[test]
fn replicas_share_a_bank_only_where_no_other_has_room() {
    let twice = |m: &mut Mapping| m.groups[2] = group(&[3, 5, 6, 7], &[(3, 0), (3, 1)]);
    refused(
        twice,
        "`groups[2].placements[1]`: found a second replica in bank 3, expected one replica per \
         bank while another bank has room (bank 0 has)",
    );

    // All other places are occupied: then two replicas may share a bank.
    let mut full = good();
    full.embeddings = 18;
    full.groups = vec![group(&[0], &[(3, 0), (3, 1)])];
    let mut id = 1;
    for bank in 0..3 {
        for slot in 0..3 {
            full.groups.push(group(&[id], &[(bank, slot)]));
            id += 1;
        }
    }
    full.embeddings = id;
    let check = |m: &Mapping| m.validate(&resolved(), m.embeddings, Path::new("m.json"));
    check(&full).unwrap();
    // The only free slot is in the bank that holds both.
    full.groups[0].placements.swap(0, 1);
    check(&full).unwrap();
    // A slot in another lane becomes free.
    full.groups[1].placements[0] = Placement(BankId(3), SlotId(2));
    let e = check(&full).unwrap_err();
    assert!(e.to_string().ends_with("(bank 0 has)"), "{e}");

    // A free slot in a lane that has two replicas cannot take a third. A free slot in the lane of
    // the shared bank can, as the replica would only move.
    let mut lanes = good();
    lanes.groups = vec![
        group(
            &(0..4).collect::<Vec<_>>(),
            &[(0, 0), (0, 1), (2, 0), (3, 0)],
        ),
        group(&[4], &[(1, 0)]),
        group(&[5], &[(1, 1)]),
        group(&[6], &[(1, 2)]),
    ];
    lanes.embeddings = 7;
    check(&lanes).unwrap();
    lanes.groups[3].placements[0] = Placement(BankId(3), SlotId(1));
    let e = check(&lanes).unwrap_err();
    assert!(e.to_string().ends_with("(bank 1 has)"), "{e}");
}

/// Ids 0..9 in the groups of [`good`] without 3, 5, 6 and 7, which a rule covers with 9..20.
fn by_rule() -> Mapping {
    let mut mapping = good();
    mapping.groups.pop();
    mapping.embeddings = 20;
    mapping.format = 2;
    mapping.rest = Some(Rest {
        lanes: 2,
        banks: 4,
        slots: 3,
        parts: vec![RestPart {
            ids: vec![(0, 9), (9, 20)],
            groups: 5,
            order: RestOrder::Dealt,
        }],
    });
    mapping
}

#[test]
fn a_wrong_rule_is_refused_with_its_key() {
    let check = |mapping: &Mapping| mapping.validate(&resolved(), 20, Path::new("m.json"));
    check(&by_rule()).unwrap();
    let refused = |change: &dyn Fn(&mut Mapping, &mut Rest), message: &str| {
        let mut mapping = by_rule();
        let mut rest = mapping.rest.clone().unwrap();
        change(&mut mapping, &mut rest);
        mapping.rest = Some(rest);
        let e = check(&mapping).unwrap_err();
        assert_eq!(e.to_string(), format!("m.json: key {message}"));
        assert_eq!(e.exit_status(), 2);
        assert!(e.help().is_some());
    };
    refused(
        &|m, _| m.format = 1,
        "`format`: found 1, expected 2, which allows `rest`",
    );
    refused(
        &|_, r| r.banks = 5,
        "`rest.banks`: found 5, expected at most 4, as the configuration has",
    );
    refused(
        &|_, r| r.slots = 4,
        "`rest.slots`: found 4, expected at most 3, as the configuration has",
    );
    for (lanes, banks) in [(0, 4), (3, 4), (2, 0)] {
        refused(
            &|_, r| (r.lanes, r.banks) = (lanes, banks),
            &format!(
                "`rest.banks`: found {banks} banks in {lanes} lanes, expected at least one lane, \
                 and equally many banks in each"
            ),
        );
    }
    refused(
        &|_, r| r.slots = 1,
        "`rest.parts`: found 5 groups, expected at most 2, the places left free",
    );
    refused(
        &|_, r| r.parts[0].groups = 3,
        "`rest.parts[0].groups`: found 3, expected 4 to 15 groups for 15 ids",
    );
    refused(
        &|_, r| r.parts[0].order = RestOrder::InOrder,
        "`rest.parts[0].groups`: found 5, expected 4 to 4 groups for 15 ids",
    );
    refused(
        &|_, r| r.parts[0].ids = vec![(0, 3)],
        "`rest.parts[0].groups`: found 5, expected a range with ids that no group lists",
    );
    for range in [(8, 20), (12, 12), (9, 21)] {
        refused(
            &|_, r| r.parts[0].ids[1] = range,
            &format!(
                "`rest.parts[0].ids[1]`: found [{}, {}], expected [first, end) with 9 <= first < \
                 end <= 20",
                range.0, range.1
            ),
        );
    }
    refused(
        &|_, r| r.parts.push(r.parts[0].clone()),
        "`rest.parts[1].ids[0]`: found [0, 9], which overlaps rest.parts[0].ids[0], expected each \
         id once",
    );
    refused(
        &|_, r| r.parts[0].ids[1] = (10, 20),
        "`rest.parts`: found 1 ids in no group and no part, expected each id once",
    );
    refused(
        &|_, r| r.parts.clear(),
        "`rest.parts`: found 15 ids in no group and no part, expected each id once",
    );
    refused(
        &|m, _| m.row_copies = vec![group(&[1, 3], &[(1, 2)])],
        "`row_copies[0].ids`: found id 3, which no group lists, expected ids of the groups",
    );
}
