//! The mapping itself: groups, the places of their replicas, and the location of each embedding.

use crate::formats::trace::ListHash;
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

/// The rule, as `mapping.json` states it from format 2 on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rest {
    /// Lanes of the engine that the groups are dealt over.
    pub lanes: u32,
    /// Banks of all these lanes.
    pub banks: u32,
    /// Slots of a bank.
    pub slots: u32,
    /// Ids that may share a crossbar; at least one part.
    pub parts: Vec<RestPart>,
}

/// Unlisted ids that may share a crossbar, and their groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestPart {
    /// Ranges `[first, end)`, ascending; the part has all ids in them that no group lists.
    pub ids: Vec<(u32, u32)>,
    /// Number of groups.
    pub groups: u32,
    /// How ids are dealt over the groups.
    pub order: RestOrder,
}

/// How the unlisted ids of a part are dealt over its groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestOrder {
    /// One by one, so that neighbouring ids are in different groups.
    Dealt,
    /// A group after the other, so that neighbouring ids share one.
    InOrder,
}

impl Rest {
    /// Number of groups of all parts.
    pub fn groups(&self) -> u64 {
        self.parts.iter().map(|p| u64::from(p.groups)).sum()
    }
}

/// A complete mapping: the content of `mapping.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// File format: 1, or 2 with `rest`.
    pub format: u32,
    /// Wordlines of a crossbar.
    pub rows: u32,
    /// Size of the flat id space; each id below it is in exactly one group, or covered by `rest`.
    pub embeddings: u32,
    /// All groups whose ids are listed.
    pub groups: Vec<Group>,
    /// The rule for all other ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<Rest>,
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
    /// For a trace of renumbered ids, the hash of each table's list of original ids; else empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<ListHash>,
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
    /// The arrays that list their ids: first the groups, then the row copies. A [`GroupId`] is a
    /// position in this sequence; the groups of [`Mapping::rest`] follow.
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

    /// Number of groups, those of the rule included.
    pub fn group_count(&self) -> u64 {
        self.groups.len() as u64 + self.rest_groups()
    }

    /// Number of groups that the rule forms.
    pub fn rest_groups(&self) -> u64 {
        self.rest.as_ref().map_or(0, Rest::groups)
    }

    /// Number of crossbars that hold a replica or row copies.
    pub fn crossbars(&self) -> u64 {
        let listed: u64 = self.arrays().map(|g| g.placements.len() as u64).sum();
        listed + self.rest_groups()
    }

    /// Number of crossbars that hold row copies.
    pub fn row_copy_crossbars(&self) -> u64 {
        let placements = self.row_copies.iter().map(|g| g.placements.len() as u64);
        placements.sum()
    }
}
