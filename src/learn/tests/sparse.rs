//! Mappings of traces that look up few of many ids.

use super::*;
use crate::mapping::{Directory, RestOrder};
use crate::test_support::{groups_of, listed};

/// Bags of clustered ids from `base` on; 120 ids occur.
fn lists(base: u32) -> Vec<Vec<u32>> {
    let id = |bag: u32, i: u32| base + (bag * 7 % 20 * 6 + i * (bag % 3 + 1)) % 120;
    (0..300)
        .map(|bag| (0..1 + bag % 7).map(|i| id(bag, i)).collect())
        .collect()
}

fn sparse(change: impl FnOnce(&mut Config)) -> Resolved {
    resolve(|c| {
        c.crossbar.rows = 16;
        (c.engine.lanes, c.engine.banks_per_lane) = (4, 4);
        c.engine.crossbars_per_bank = 2048;
        c.mapping.batch = 64;
        change(c);
    })
}

fn learned(resolved: &Resolved, history: &Bags) -> Mapping {
    let mapping = learn(resolved, history, &()).unwrap();
    let path = Path::new("m.json");
    mapping
        .validate(resolved, history.embeddings(), path)
        .unwrap();
    mapping
}

#[test]
fn ids_that_do_not_occur_follow_a_rule() {
    let history = bags(100_000, &lists(99_000));
    for (method, replication) in Method::all()
        .into_iter()
        .flat_map(|m| Replication::all().into_iter().map(move |r| (m, r)))
    {
        let r = sparse(|c| (c.mapping.method, c.mapping.replication) = (method, replication));
        let mapping = learned(&r, &history);
        assert_eq!(mapping.format, 2, "{method:?}");
        assert_eq!(mapping.group_count(), 100_000 / 16);
        let ids: usize = mapping.groups.iter().map(|g| g.ids.len()).sum();
        // Random groups, and groups in id order, keep their other ids.
        let most = match method {
            Method::Random => 120 * 16,
            _ => 2 * 120 + 16,
        };
        assert!((120..=most).contains(&ids), "{method:?}: {ids}");
        // What it costs is what the same groups cost when all are listed.
        let expanded = listed(&mapping, &r);
        expanded.validate(&r, 100_000, Path::new("m.json")).unwrap();
        let later = bags(100_000, &lists(98_950));
        let of = |m: &Mapping| score(m, &later, &r).unwrap();
        assert_eq!(of(&mapping), of(&expanded));
        assert_eq!(mapping, learned(&r, &history));
    }
}

#[test]
fn groups_of_simple_methods_stay() {
    let few = bags(3000, &lists(2000));
    for method in [Method::IdOrder, Method::Random] {
        let r = sparse(|c| c.mapping.method = method);
        let mapping = learned(&r, &few);
        assert!(mapping.rest.is_some());
        let all = group_by(method, &few, 16, r.config.mapping.seed, &()).unwrap();
        let kept: Vec<_> = mapping.groups.iter().map(|g| g.ids.clone()).collect();
        assert!(kept.iter().all(|group| all.contains(group)));
        if method == Method::IdOrder {
            let mut groups = groups_of(&mapping);
            groups.sort();
            assert_eq!(groups, all);
        }
    }
}

/// The groups do not depend on how many other ids there are, and neither does what is written.
#[test]
fn the_file_does_not_grow_with_the_ids() {
    let of = |ids: u32| {
        let r = sparse(|c| c.mapping.budget = 0.0);
        learned(&r, &bags(ids, &lists(20)))
    };
    let (small, large) = (of(20_000), of(500_000));
    let folder = tempfile::tempdir().unwrap();
    let size = |mapping: &Mapping| {
        let path = folder.path().join("m.json");
        mapping.write(&path).unwrap();
        std::fs::metadata(&path).unwrap().len()
    };
    assert!(size(&large) < size(&small) + 500, "{}", size(&large));
    assert_eq!(small.groups.len(), large.groups.len());
    let rest = large.rest.as_ref().unwrap();
    assert_eq!(rest.parts[0].order, RestOrder::Dealt);
    // Ids with neighbouring numbers are in different groups and banks.
    let (directory, places) = (
        Directory::new(&large).unwrap(),
        large.rest_places(&sparse(|_| ())).unwrap(),
    );
    let arrays = large.arrays().count();
    let neighbours: BTreeSet<_> = (300_000..300_016)
        .map(|id| directory.location(EmbeddingId(id)).unwrap().group.index())
        .filter(|&g| g >= arrays)
        .map(|g| places[g - arrays].0)
        .collect();
    assert!(neighbours.len() > 12, "{neighbours:?}");
}

#[test]
fn each_class_of_tables_has_a_part() {
    let history = bags(60_000, &[lists(100), lists(29_900)].concat());
    let r = sparse(|c| {
        (c.embedding.tables, c.embedding.dims) = (vec![10_000, 20_000, 30_000], vec![8, 4, 8]);
    });
    let mapping = learned(&r, &history);
    let rest = mapping.rest.as_ref().unwrap();
    let ids: Vec<_> = rest.parts.iter().map(|p| p.ids.clone()).collect();
    assert_eq!(
        ids,
        [vec![(10_000, 30_000)], vec![(0, 10_000), (30_000, 60_000)]]
    );
    let narrow = |id: &EmbeddingId| (10_000..30_000).contains(&id.0);
    for group in groups_of(&mapping) {
        assert!(group.iter().all(narrow) || !group.iter().any(narrow));
    }
}

#[test]
fn too_little_room_is_refused_before_the_work() {
    let history = bags(100_000, &lists(0));
    let r = sparse(|c| c.engine.crossbars_per_bank = 390);
    let e = learn(&r, &history, &()).unwrap_err();
    assert!(e.to_string().contains("at least 6250 crossbars"), "{e}");
    // One free place for each group, and none for copies.
    let r = sparse(|c| c.engine.crossbars_per_bank = 391);
    assert!(learned(&r, &history).crossbars() <= 391 * 16);
}

#[test]
fn a_history_without_ids_has_no_groups_of_its_own() {
    for method in Method::all() {
        let r = sparse(|c| c.mapping.method = method);
        let mapping = learned(&r, &bags(5000, &[vec![], vec![]]));
        assert_eq!(mapping.groups, []);
        assert_eq!(mapping.group_count(), 5000u64.div_ceil(16));
    }
}
