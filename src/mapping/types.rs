//! The mapping itself: groups, the places of their replicas, and the location of each embedding.

use crate::ids::{BankId, EmbeddingId, GroupId, SlotId};
use serde::{Deserialize, Serialize};

/// One crossbar's place: `[bank, slot]` in `mapping.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Placement(
    /// Bank, counted over all lanes.
    pub BankId,
    /// Slot inside the bank.
    pub SlotId,
);

/// Embeddings that share a crossbar; row `r` of the crossbar holds `ids[r]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Members in row order, 1..=rows of them.
    pub ids: Vec<EmbeddingId>,
    /// Number of replicas, at least 1.
    pub copies: u32,
    /// One place per replica.
    pub placements: Vec<Placement>,
}

/// The history that the mapping was learned from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Training {
    /// Bags of the history.
    pub bags: u64,
    /// Groups touched, summed over these bags. The key in the file is `activations`.
    #[serde(rename = "activations")]
    pub groups_touched: u64,
}

/// A complete mapping: the content of `mapping.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// File format, 1.
    pub format: u32,
    /// Wordlines of a crossbar.
    pub rows: u32,
    /// Size of the flat id space; each id below it is in exactly one group.
    pub embeddings: u32,
    /// All groups.
    pub groups: Vec<Group>,
    /// Crossbars with copies of hot rows, of any groups. A command of exactly one row may go to any
    /// crossbar that holds its id; commands of several rows go to a replica of their group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub row_copies: Vec<Group>,
    /// The method that produced it (`id_order`, ...), or another program's name.
    pub method: String,
    /// The seed of the method.
    pub seed: u64,
    /// The history that it was learned from.
    pub train: Training,
}

/// Where one embedding lies: row `row` of every replica of `group`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The group.
    pub group: GroupId,
    /// The wordline.
    pub row: u32,
}

impl Mapping {
    /// The location of each embedding, by id. `None` unless every id below `embeddings` is in
    /// exactly one group; the error of [`Mapping::validate`] names an id that is not.
    pub fn locations(&self) -> Option<Vec<Location>> {
        const NOWHERE: Location = Location {
            group: GroupId(u32::MAX),
            row: u32::MAX,
        };
        // Compared first, so that a wrong `embeddings` does not allocate memory.
        let held: usize = self.groups.iter().map(|g| g.ids.len()).sum();
        if held != self.embeddings as usize {
            return None;
        }
        let mut out = vec![NOWHERE; held];
        for (g, group) in self.groups.iter().enumerate() {
            for (row, id) in group.ids.iter().enumerate() {
                let place = out.get_mut(id.index()).filter(|p| **p == NOWHERE)?;
                *place = Location {
                    group: GroupId(g as u32),
                    row: row as u32,
                };
            }
        }
        Some(out)
    }

    /// The arrays: everything that occupies crossbars, first the groups, then the row copies. A
    /// [`GroupId`] is a position in this sequence.
    pub fn arrays(&self) -> impl DoubleEndedIterator<Item = &Group> + Clone {
        self.groups.iter().chain(&self.row_copies)
    }

    /// One of [`Mapping::arrays`].
    pub fn array(&self, group: GroupId) -> Option<&Group> {
        let at = group.index();
        let copy = at.checked_sub(self.groups.len());
        match copy {
            None => self.groups.get(at),
            Some(copy) => self.row_copies.get(copy),
        }
    }

    /// Number of crossbars that hold a replica or row copies.
    pub fn crossbars(&self) -> u64 {
        self.arrays().map(|g| g.placements.len() as u64).sum()
    }

    /// Number of crossbars that hold row copies.
    pub fn row_copy_crossbars(&self) -> u64 {
        let placements = self.row_copies.iter().map(|g| g.placements.len() as u64);
        placements.sum()
    }

    /// Row copies by id: for each id, the arrays of row copies that hold it, and its row there. Ids
    /// at or above `embeddings` are left out.
    pub fn second_homes(&self) -> SecondHomes {
        let embeddings = self.embeddings as usize;
        let mut starts = vec![
            0u32;
            if self.row_copies.is_empty() {
                0
            } else {
                embeddings + 1
            }
        ];
        let all = || {
            let copies = self.row_copies.iter().enumerate();
            copies.flat_map(|(c, copy)| {
                let group = GroupId((self.groups.len() + c) as u32);
                let rows = copy.ids.iter().enumerate();
                rows.filter(move |(_, id)| id.index() < embeddings)
                    .map(move |(row, id)| {
                        (
                            id.index(),
                            Location {
                                group,
                                row: row as u32,
                            },
                        )
                    })
            })
        };
        for (id, _) in all() {
            starts[id + 1] += 1;
        }
        for id in 1..starts.len() {
            starts[id] += starts[id - 1];
        }
        let mut homes = vec![
            Location {
                group: GroupId(0),
                row: 0
            };
            all().count()
        ];
        let mut next = starts.clone();
        for (id, home) in all() {
            homes[next[id] as usize] = home;
            next[id] += 1;
        }
        SecondHomes { starts, homes }
    }
}

/// The row copies of each id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecondHomes {
    /// Start of each id's copies in `homes`; empty without row copies.
    starts: Vec<u32>,
    homes: Vec<Location>,
}

impl SecondHomes {
    /// The row copies of an id, in the order of the arrays.
    #[inline]
    pub fn of(&self, id: EmbeddingId) -> &[Location] {
        match self.starts.get(id.index()..id.index() + 2) {
            Some(ends) => &self.homes[ends[0] as usize..ends[1] as usize],
            None => &[],
        }
    }
}
