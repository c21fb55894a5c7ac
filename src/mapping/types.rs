//! The layout itself: groups, their replicas' places, and where each embedding lies.

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

/// What the mapping was learned from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Training {
    /// Bags of the history.
    pub bags: u64,
    /// Activations (bag and group pairs) that they need.
    pub activations: u64,
}

/// A complete layout: the content of `mapping.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// File format, 1.
    pub format: u32,
    /// Wordlines of a crossbar.
    pub rows: u32,
    /// Size of the flat id space; each id is in exactly one group.
    pub embeddings: u32,
    /// All groups.
    pub groups: Vec<Group>,
    /// The method that made it, `id_order`... or another program's name.
    pub method: String,
    /// The seed that it was made with.
    pub seed: u64,
    /// What it was learned from.
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
    /// The place of each embedding, by id. `None` unless every id below `embeddings` is in exactly
    /// one group; [`Mapping::validate`] says which one is not.
    pub fn locations(&self) -> Option<Vec<Location>> {
        const NOWHERE: Location = Location {
            group: GroupId(u32::MAX),
            row: u32::MAX,
        };
        // Counted first, so that a wrong `embeddings` cannot ask for memory.
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

    /// Crossbars that hold a replica, over all groups.
    pub fn crossbars(&self) -> u64 {
        self.groups.iter().map(|g| g.placements.len() as u64).sum()
    }
}
