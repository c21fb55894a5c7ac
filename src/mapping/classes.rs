//! Classes of tables: only ids of tables with the same dimension may share a crossbar.
//!
//! A crossbar's columns are arranged for one vector width, so ids are grouped only with ids of
//! tables of the same width. All classes share the engine's crossbars and the budget of copies.

use crate::config::Resolved;
use crate::formats::trace::Bags;
use crate::ids::EmbeddingId;
use std::collections::BTreeMap;
use std::ops::Range;

/// Flat ids by the width of their vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classes {
    /// The id ranges of each class's tables, ascending. Classes are in order of ascending width.
    classes: Vec<Vec<Range<u32>>>,
}

impl Classes {
    /// The classes of tables with `table_rows` rows, whose widths are `embedding.dims` (by default
    /// `embedding.dim`).
    pub fn new(table_rows: &[u32], resolved: &Resolved) -> Self {
        let embedding = &resolved.config.embedding;
        let mut classes = BTreeMap::<u32, Vec<Range<u32>>>::new();
        let mut next = 0u32;
        for (t, &rows) in table_rows.iter().enumerate() {
            let dim = embedding.dims.get(t).copied().unwrap_or(embedding.dim);
            let end = next.saturating_add(rows);
            classes.entry(dim).or_default().push(next..end);
            next = end;
        }
        Classes {
            classes: classes.into_values().collect(),
        }
    }

    /// The classes of `embeddings` flat ids over the configuration's tables. If these have another
    /// number of rows in total, all ids form one class.
    pub fn of(resolved: &Resolved, embeddings: u32) -> Self {
        let tables = &resolved.config.embedding.tables;
        let known = tables.iter().map(|&r| u64::from(r)).sum::<u64>();
        match known == u64::from(embeddings) {
            true => Self::new(tables, resolved),
            false => Self::new(&[embeddings], resolved),
        }
    }

    /// Number of groups of at most `rows` ids that all classes need.
    pub fn groups(&self, rows: u32) -> u64 {
        let ids = |class: &Vec<Range<u32>>| class.iter().map(|r| u64::from(r.end - r.start)).sum();
        let sizes = self.classes.iter().map(ids);
        sizes.map(|n: u64| n.div_ceil(u64::from(rows))).sum()
    }

    /// For each class, its part of the history, with the class's ids renumbered from 0, and the
    /// original id of each number. The bags of a class are those that look up at least one of its
    /// ids.
    pub(crate) fn split<'a>(
        &'a self,
        history: &'a Bags,
    ) -> impl Iterator<Item = (Bags, Vec<EmbeddingId>)> + 'a {
        self.classes.iter().map(|class| {
            let ids: Vec<EmbeddingId> = class.iter().cloned().flatten().map(EmbeddingId).collect();
            let mut own = vec![u32::MAX; history.embeddings() as usize];
            (0..).zip(&ids).for_each(|(n, id)| own[id.index()] = n);
            let mut offsets = vec![0u64];
            let mut lookups = Vec::new();
            for bag in history.iter() {
                let begun = lookups.len();
                let here = bag.iter().map(|id| own[id.index()]);
                lookups.extend(here.filter(|&n| n != u32::MAX).map(EmbeddingId));
                if lookups.len() > begun {
                    offsets.push(lookups.len() as u64);
                }
            }
            let bags = Bags::new(ids.len() as u32, offsets, lookups);
            // The offsets and ids are valid by construction.
            (bags.unwrap_or_else(|| Bags::none(ids.len() as u32)), ids)
        })
    }

    /// The id ranges `[first, end)` of each class, ascending and as few as possible.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = Vec<(u32, u32)>> + '_ {
        self.classes.iter().map(|class| {
            let mut ranges: Vec<(u32, u32)> = Vec::new();
            for range in class.iter().filter(|r| !r.is_empty()) {
                match ranges.last_mut() {
                    Some(last) if last.1 == range.start => last.1 = range.end,
                    _ => ranges.push((range.start, range.end)),
                }
            }
            ranges
        })
    }

    /// Number of classes.
    pub(crate) fn count(&self) -> usize {
        self.classes.len()
    }

    /// The class of an id.
    pub(crate) fn of_id(&self, id: EmbeddingId) -> usize {
        let holds = |class: &Vec<Range<u32>>| class.iter().any(|range| range.contains(&id.0));
        self.classes.iter().position(holds).unwrap_or(0)
    }

    /// Whether all ids may share crossbars.
    pub fn is_one(&self) -> bool {
        self.classes.len() <= 1
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn resolved(tables: &[u32], dims: &[u32]) -> Resolved {
        let mut config = Config::default();
        config.embedding.tables = tables.to_vec();
        config.embedding.dims = dims.to_vec();
        config.resolve("test").unwrap()
    }

    #[test]
    fn tables_of_one_width_are_one_class() {
        let r = resolved(&[3, 2, 4], &[16, 8, 16]);
        let classes = Classes::of(&r, 9);
        let ids = |class: &Vec<Range<u32>>| class.iter().cloned().flatten().collect::<Vec<_>>();
        let [narrow, wide] = classes.classes.as_slice() else {
            panic!("{classes:?}")
        };
        assert_eq!(ids(narrow), [3, 4]);
        assert_eq!(ids(wide), [0, 1, 2, 5, 6, 7, 8]);
        assert_eq!(classes.groups(4), 1 + 2);
        assert!(Classes::of(&resolved(&[3, 2], &[]), 5).is_one());
        // Ids that do not match the configured tables form one class.
        assert!(Classes::of(&r, 7).is_one());
    }

    #[test]
    fn a_class_has_the_lookups_of_its_own_ids() {
        let r = resolved(&[3, 2, 4], &[16, 8, 16]);
        let lists = [vec![3, 4, 4], vec![0, 8], vec![], vec![4, 5]];
        let history = Bags::from_lists(9, &lists).unwrap();
        let classes = Classes::of(&r, 9);
        let parts: Vec<_> = classes.split(&history).collect();
        let narrow = Bags::from_lists(2, &[vec![0, 1, 1], vec![1]]).unwrap();
        let wide = Bags::from_lists(7, &[vec![0, 6], vec![3]]).unwrap();
        assert_eq!(parts[0], (narrow, vec![EmbeddingId(3), EmbeddingId(4)]));
        assert_eq!(parts[1].0, wide);
        assert_eq!(parts[1].1[3], EmbeddingId(5));
    }
}
