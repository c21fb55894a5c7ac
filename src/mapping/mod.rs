//! Which embedding lies on which crossbar, and where the copies of each crossbar are.

use crate::ids::{BankId, EmbeddingId, SlotId};
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
