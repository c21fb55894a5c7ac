//! The ids that are laid out one by one: those that the history looks up, and as many others again.
//!
//! All work and memory of learning then follow these ids. The others get their places by a rule
//! ([`crate::mapping::Rest`]).

use crate::formats::trace::Bags;
use crate::ids::EmbeddingId;
use crate::mapping::IdSet;

/// Fewest ids that a rule is stated for.
pub(super) const FEWEST_BY_RULE: u32 = 1024;

/// The ids to list in groups of `rows`; `None` for all. Groups are full, so a rule for the other ids
/// needs no more groups than listing them.
///
/// Ids that the history does not have leave the annealing room, and are taken from all over the id
/// space.
pub(super) fn listed(history: &Bags, rows: u32) -> Option<IdSet> {
    let ids = history.embeddings();
    let seen = IdSet::new(ids, history.ids().iter().copied())?;
    let unseen = ids - seen.len();
    if unseen <= seen.len() {
        return None;
    }
    let places = (2 * seen.len()).next_multiple_of(rows.max(1));
    if ids.saturating_sub(places) < FEWEST_BY_RULE {
        return None;
    }
    let slack = u64::from(places - seen.len());
    let others = (0..slack).filter_map(|i| seen.nth_absent((i * u64::from(unseen) / slack) as u32));
    IdSet::new(ids, seen.iter().chain(others))
}

/// The history with the ids of `listed` renumbered from 0, ascending. `None` if it has another id.
pub(super) fn renumbered(history: &Bags, listed: &IdSet) -> Option<Bags> {
    let number = |id: &EmbeddingId| {
        let known = listed.contains(id.0);
        known.then(|| EmbeddingId(listed.rank(id.0)))
    };
    let ids = history.ids().iter().map(number).collect::<Option<_>>()?;
    let bags = Bags::new(listed.len(), history.offsets().to_vec(), ids)?;
    Some(bags.with_parts(history.parts().to_vec()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn history(ids: u32, seen: u32) -> Bags {
        let lists: Vec<Vec<u32>> = (0..seen).map(|i| vec![i * 2, (i + 1) % seen * 2]).collect();
        Bags::from_lists(ids, &lists).unwrap()
    }

    #[test]
    fn as_many_unseen_as_seen_ids_are_listed() {
        let listed = |ids, seen| listed(&history(ids, seen), 8);
        // At most as many unseen as seen ids: all are listed.
        assert_eq!(listed(2000, 1000), None);
        // A rule is not worth it for few ids.
        assert_eq!(listed(1223, 100), None);
        let set = listed(1224 + 8, 100).unwrap();
        assert_eq!(set.len(), 200);
        assert!((0..100).all(|i| set.contains(2 * i)));
        let last = set.iter().last().unwrap();
        assert!(last.0 > 1200, "{last}");
        assert_eq!(listed(4000, 0).unwrap().len(), 0);
        assert_eq!(listed(4000, 101).unwrap().len(), 208);
    }

    #[test]
    fn numbers_ascend_with_the_ids() {
        let bags = history(10_000, 50);
        let set = listed(&bags, 8).unwrap();
        let ids: Vec<EmbeddingId> = set.iter().collect();
        let numbered = renumbered(&bags, &set).unwrap();
        assert_eq!(numbered.embeddings(), 104);
        let back = numbered.ids().iter().map(|id| ids[id.index()]);
        assert!(back.eq(bags.ids().iter().copied()));
        let other = Bags::from_lists(10_000, &[vec![1, 2, 4, 5]]).unwrap();
        assert_eq!(renumbered(&other, &set), None);
        let parted = bags.with_parts(vec![7]);
        assert_eq!(renumbered(&parted, &set).unwrap().parts(), [7]);
    }
}
