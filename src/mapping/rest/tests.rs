//! The rule against listings of the same ids.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::mapping::{Layout, RestPart};
use crate::test_support::{Case, Clipping, any_case, listed, mapping_of};
use proptest::prelude::*;
use std::path::Path;

proptest! {
    /// A file in which all ids are listed says the same as the rule.
    #[test]
    fn a_rule_says_what_listing_says(case in any_case(Clipping::Never)) {
        let Case { resolved, mapping, .. } = case;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.json");
        mapping.write(&path).unwrap();
        let read = Mapping::read(&path).unwrap();
        prop_assert_eq!(&read, &mapping);

        // `Layout` checks that each id is in one group, and each place holds one array.
        let expanded = listed(&read, &resolved);
        let valid = |m: &Mapping| m.validate(&resolved, m.embeddings, Path::new("m")).is_ok();
        prop_assert_eq!(valid(&read), valid(&expanded));
        prop_assert_eq!(expanded.crossbars(), mapping.crossbars());
        prop_assert_eq!(expanded.group_count(), mapping.group_count());
        let (rule, list) = (
            Layout::new(&read, &resolved).unwrap(),
            Layout::new(&expanded, &resolved).unwrap(),
        );
        // Row copies are numbered before the rule's groups, but after listed ones.
        let (listed, copies) = (mapping.groups.len(), mapping.row_copies.len());
        let number = |group: GroupId| match group.index() {
            g if g < listed => g,
            g => g - copies,
        };
        for id in (0..mapping.embeddings).map(EmbeddingId) {
            let ((group, row), (other, other_row)) =
                (rule.home(id).unwrap(), list.home(id).unwrap());
            prop_assert_eq!((number(group), row), (other.index(), other_row));
            prop_assert_eq!(rule.directory().id_at(&read, Location { group, row }), Some(id));
            prop_assert_eq!(rule.copies(group), list.copies(other));
        }
        prop_assert_eq!(rule.home(EmbeddingId(mapping.embeddings)), None);
    }
}

/// Ids 5 and 2 are listed; 0, 1, 3, 4, 6, 7, 8 and 9 are not.
fn small() -> Mapping {
    let mut mapping = mapping_of(4, &[(&[5, 2], &[(0, 0), (3, 1)])]);
    mapping.embeddings = 10;
    mapping.format = 2;
    mapping.rest = Some(Rest {
        lanes: 2,
        banks: 4,
        slots: 3,
        parts: vec![RestPart {
            ids: vec![(0, 10)],
            groups: 3,
            order: RestOrder::Dealt,
        }],
    });
    mapping
}

#[test]
fn ids_are_dealt_and_groups_go_round_the_banks() {
    let mut mapping = small();
    let members = |mapping: &Mapping| -> Vec<Vec<u32>> {
        let groups = crate::test_support::groups_of(mapping).split_off(1);
        groups
            .iter()
            .map(|g| g.iter().map(|id| id.0).collect())
            .collect()
    };
    assert_eq!(
        members(&mapping),
        [vec![0, 4, 8], vec![1, 6, 9], vec![3, 7]]
    );
    let rest = mapping.rest.as_mut().unwrap();
    (rest.parts[0].groups, rest.parts[0].order) = (2, RestOrder::InOrder);
    assert_eq!(members(&mapping), [vec![0, 1, 3, 4], vec![6, 7, 8, 9]]);

    let rest = mapping.rest.as_mut().unwrap();
    (rest.parts[0].groups, rest.parts[0].order) = (8, RestOrder::Dealt);
    let places = mapping.rest.as_ref().unwrap().places(&mapping).unwrap();
    let places: Vec<_> = places.iter().map(|p| (p.0.0, p.1.0)).collect();
    // Banks 0 and 1 are in lane 0. Slot 0 of bank 0 and slot 1 of bank 3 are taken.
    let round = [(0, 1), (2, 0), (1, 0), (3, 0)];
    let next = [(0, 2), (2, 1), (1, 1), (3, 2)];
    assert_eq!(places, [round, next].concat());
    let rest = mapping.rest.as_mut().unwrap();
    rest.slots = 2;
    assert_eq!(rest.clone().places(&mapping), Err(6));
}
