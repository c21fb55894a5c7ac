//! Where each id lies, and which ids a crossbar holds.

use super::id_set::IdSet;
use super::rest::{Fault, RestIndex};
use super::types::{Location, Mapping};
use crate::ids::{EmbeddingId, GroupId};

/// The location of each id of a mapping. Needs 8 bytes for each listed id, and about one bit for
/// each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    embeddings: u32,
    /// Of each listed id, ascending.
    homes: Vec<Location>,
    /// The ids that groups list, and the rule for the others; `None` if groups list all ids.
    rest: Option<(IdSet, RestIndex)>,
}

const NOWHERE: Location = Location {
    group: GroupId(u32::MAX),
    row: u32::MAX,
};

impl Directory {
    /// Indexes a mapping. `None` unless every id below `embeddings` is in exactly one group or
    /// covered by the rule once; the error of [`Mapping::validate`] names an id that is not.
    pub fn new(mapping: &Mapping) -> Option<Self> {
        Self::try_new(mapping).ok().flatten()
    }

    /// As [`Directory::new`], with the fault of a wrong rule.
    pub(super) fn try_new(mapping: &Mapping) -> Result<Option<Self>, Fault> {
        let held: usize = mapping.groups.iter().map(|g| g.ids.len()).sum();
        let ids = || mapping.groups.iter().flat_map(|g| g.ids.iter().copied());
        let rest = match &mapping.rest {
            // Compared first, so that a wrong `embeddings` does not allocate memory.
            None if held != mapping.embeddings as usize => return Ok(None),
            None => None,
            Some(rest) => {
                let listed = IdSet::new(mapping.embeddings, ids());
                let Some(listed) = listed.filter(|l| l.len() as usize == held) else {
                    return Ok(None);
                };
                let index = RestIndex::new(rest, mapping, &listed)?;
                Some((listed, index))
            }
        };
        let mut homes = vec![NOWHERE; held];
        for (g, group) in mapping.groups.iter().enumerate() {
            for (row, id) in group.ids.iter().enumerate() {
                let at = match &rest {
                    Some((listed, _)) => listed.rank(id.0) as usize,
                    None => id.index(),
                };
                let Some(home) = homes.get_mut(at).filter(|p| **p == NOWHERE) else {
                    return Ok(None);
                };
                *home = Location {
                    group: GroupId(g as u32),
                    row: row as u32,
                };
            }
        }
        Ok(Some(Directory {
            embeddings: mapping.embeddings,
            homes,
            rest,
        }))
    }

    /// Number of ids.
    pub fn embeddings(&self) -> u32 {
        self.embeddings
    }

    /// Where an id lies; `None` if the mapping does not have it.
    #[inline]
    pub fn location(&self, id: EmbeddingId) -> Option<Location> {
        match &self.rest {
            None => self.homes.get(id.index()).copied(),
            Some((listed, _)) if listed.contains(id.0) => {
                self.homes.get(listed.rank(id.0) as usize).copied()
            }
            Some(_) if id.0 >= self.embeddings => None,
            Some((listed, rest)) => rest.location(id.0, listed),
        }
    }

    /// The ids of an array in row order: those that it lists, or those that the rule puts there.
    pub fn members(&self, mapping: &Mapping, array: GroupId) -> Vec<EmbeddingId> {
        if let Some(listing) = mapping.array(array) {
            return listing.ids.clone();
        }
        let rows = 0..mapping.rows;
        rows.map_while(|row| self.by_rule(Location { group: array, row }))
            .collect()
    }

    /// The id at a place of an array.
    pub fn id_at(&self, mapping: &Mapping, at: Location) -> Option<EmbeddingId> {
        match mapping.array(at.group) {
            Some(listing) => listing.ids.get(at.row as usize).copied(),
            None => self.by_rule(at),
        }
    }

    fn by_rule(&self, at: Location) -> Option<EmbeddingId> {
        let (listed, rest) = self.rest.as_ref()?;
        rest.id_at(at, listed)
    }
}
