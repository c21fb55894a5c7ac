//! Random mappings that fit a configuration; the library's own tests use them, too.

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use recross::config::Resolved;
use recross::ids::{BankId, EmbeddingId, SlotId};
use recross::mapping::{Group, Mapping, Placement, Rest, RestOrder, RestPart, Training};

/// A random mapping: any number of groups of any size at any places, with copies of groups and of
/// rows where there is room.
pub fn mapping(resolved: &Resolved, rng: &mut ChaCha8Rng) -> Mapping {
    let engine = &resolved.config.engine;
    let rows = resolved.config.crossbar.rows;
    let sizes: Vec<u32> = (0..rng.random_range(1..=resolved.slots))
        .map(|_| match rng.random_bool(0.3) {
            true => rows,
            false => rng.random_range(1..=rows),
        })
        .collect();
    let embeddings: u32 = sizes.iter().sum();
    let mut ids: Vec<_> = (0..embeddings).map(EmbeddingId).collect();
    ids.shuffle(rng);
    let mut places: Vec<_> = (0..resolved.banks)
        .flat_map(|b| (0..engine.crossbars_per_bank).map(move |s| Placement(BankId(b), SlotId(s))))
        .collect();
    places.shuffle(rng);
    let mut groups: Vec<Group> = sizes
        .into_iter()
        .map(|size| Group {
            ids: ids.split_off(ids.len() - size as usize),
            copies: 1,
            placements: vec![places.pop().unwrap()],
        })
        .collect();
    let lane = |p: &Placement| p.0.0 / engine.banks_per_lane;
    let mut row_copies: Vec<Group> = Vec::new();
    while let Some(place) = places.pop() {
        if rng.random_bool(0.2) {
            let mut ids: Vec<_> = (0..embeddings).map(EmbeddingId).collect();
            ids.shuffle(rng);
            ids.truncate(rng.random_range(1..=rows) as usize);
            row_copies.push(Group {
                ids,
                copies: 1,
                placements: vec![place],
            });
            continue;
        }
        let at = rng.random_range(0..groups.len());
        let group = &mut groups[at];
        let here = group.placements.iter().filter(|p| lane(p) == lane(&place));
        if here.count() < 4 && rng.random_bool(0.8) {
            group.placements.push(place);
            group.copies += 1;
        }
    }
    let mut mapping = Mapping {
        format: 1,
        rows,
        embeddings,
        groups,
        rest: None,
        row_copies,
        method: "test".to_owned(),
        seed: 0,
        train: Training::default(),
        ids: Vec::new(),
    };
    with_rest(&mut mapping, resolved, rng);
    mapping
}

/// Adds ids that no group lists, in any number that fits the places left free. A third of the
/// mappings stay as they are.
fn with_rest(mapping: &mut Mapping, resolved: &Resolved, rng: &mut ChaCha8Rng) {
    let used: usize = mapping.arrays().map(|g| g.placements.len()).sum();
    let free = resolved.slots - used as u32;
    if free == 0 || rng.random_bool(0.33) {
        return;
    }
    let unlisted = rng.random_range(1..=free * mapping.rows);
    let (fewest, most) = (unlisted.div_ceil(mapping.rows), unlisted.min(free));
    let (groups, order) = match rng.random_bool(0.3) {
        true => (fewest, RestOrder::InOrder),
        false => (rng.random_range(fewest..=most), RestOrder::Dealt),
    };
    mapping.embeddings += unlisted;
    let mut ids: Vec<_> = (0..mapping.embeddings).map(EmbeddingId).collect();
    ids.shuffle(rng);
    for array in mapping.groups.iter_mut().chain(&mut mapping.row_copies) {
        for id in &mut array.ids {
            *id = ids[id.index()];
        }
    }
    let cut = rng.random_range(1..=mapping.embeddings);
    let ranges = [(0, cut), (cut, mapping.embeddings)];
    mapping.format = 2;
    mapping.rest = Some(Rest {
        lanes: resolved.config.engine.lanes,
        banks: resolved.banks,
        slots: resolved.config.engine.crossbars_per_bank,
        parts: vec![RestPart {
            ids: ranges.into_iter().filter(|r| r.0 < r.1).collect(),
            groups,
            order,
        }],
    });
}
