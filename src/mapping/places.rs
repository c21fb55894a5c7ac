//! A mapping as the hardware uses it: the place of each id and the groups of each lane.

use crate::config::Resolved;
use crate::error::{Error, Result};
use crate::formats::table::IntTable;
use crate::ids::{EmbeddingId, GroupId, SlotId};
use crate::mapping::{Location, Mapping};
use std::collections::BTreeSet;

/// One copy of a group inside a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Replica {
    /// Bank inside the lane.
    pub bank: u32,
    /// Slot inside the bank.
    pub slot: SlotId,
}

/// A group's number in one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LaneGroup {
    /// The lane.
    pub lane: u32,
    /// The group's number inside the lane: its address in the replica table.
    pub group: u32,
}

/// The groups that have a replica in one lane, numbered in ascending order of [`GroupId`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneLayout {
    groups: Vec<GroupId>,
    offsets: Vec<u32>,
    replicas: Vec<Replica>,
}

impl LaneLayout {
    /// Global groups by lane-local number.
    pub fn groups(&self) -> &[GroupId] {
        &self.groups
    }

    /// Replicas of a lane-local group, ascending by bank and slot; at least one.
    pub fn replicas(&self, group: u32) -> &[Replica] {
        let at = group as usize;
        &self.replicas[self.offsets[at] as usize..self.offsets[at + 1] as usize]
    }
}

/// A crossbar in use, and the array (group or row copies) that it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Occupant {
    pub lane: u32,
    pub bank: u32,
    pub slot: u32,
    pub group: u32,
}

/// Bits of a row number.
const ROW_BITS: u32 = 9;

/// A mapping that was checked against a configuration, indexed for lowering and programming.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// `group << ROW_BITS | row` by embedding id.
    homes: Vec<u64>,
    lanes: Vec<LaneLayout>,
    options: Vec<LaneGroup>,
    option_offsets: Vec<u32>,
    occupants: Vec<Occupant>,
    second: SecondPlaces,
}

/// The row copies of each row of each group. A row's index is its position when all groups' rows
/// are listed one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct SecondPlaces {
    /// Index of each group's first row; empty without row copies.
    groups: Vec<u32>,
    /// Start of each row's copies in `copies`, by index.
    starts: Vec<u32>,
    copies: Vec<Location>,
}

impl SecondPlaces {
    fn new(mapping: &Mapping) -> Self {
        if mapping.row_copies.is_empty() {
            return SecondPlaces::default();
        }
        let homes = mapping.second_homes();
        let mut second = SecondPlaces {
            starts: vec![0],
            ..SecondPlaces::default()
        };
        for group in &mapping.groups {
            second.groups.push(second.starts.len() as u32 - 1);
            for &id in &group.ids {
                second.copies.extend(homes.of(id));
                second.starts.push(second.copies.len() as u32);
            }
        }
        second
    }

    #[inline]
    fn of(&self, group: GroupId, row: u32) -> &[Location] {
        let Some(first) = self.groups.get(group.index()) else {
            return &[];
        };
        let at = (first + row) as usize;
        &self.copies[self.starts[at] as usize..self.starts[at + 1] as usize]
    }
}

fn bad(found: String, expected: String) -> Error {
    Error::argument(
        "mapping",
        found,
        expected,
        "learn the mapping again with this configuration, or use the configuration that it was \
         learned for",
    )
}

impl Layout {
    /// Indexes a mapping.
    ///
    /// # Errors
    /// [`Error::Argument`] if the mapping does not fit the configuration: another number of rows, a
    /// group that is empty or too large, an id that is missing, out of range, in two groups, or
    /// twice in one crossbar of row copies, a place that does not exist or is used twice, or more
    /// replicas in a lane than `engine.max_replicas`.
    pub fn new(mapping: &Mapping, resolved: &Resolved) -> Result<Self> {
        let homes = homes(mapping, resolved)?;
        let occupants = occupants(mapping, resolved)?;
        // The order of the replica tables.
        let mut by_group = occupants.clone();
        by_group.sort_unstable_by_key(|o| (o.lane, o.group, o.bank, o.slot));
        let mut lanes = vec![
            LaneLayout {
                groups: Vec::new(),
                offsets: vec![0],
                replicas: Vec::new(),
            };
            resolved.config.engine.lanes as usize
        ];
        let mut options = Vec::new();
        for copies in by_group.chunk_by(|a, b| (a.lane, a.group) == (b.lane, b.group)) {
            let (lane, group) = (copies[0].lane, copies[0].group);
            let most = resolved.config.engine.max_replicas;
            if copies.len() > most as usize {
                return Err(bad(
                    format!("{} replicas of group {group} in lane {lane}", copies.len()),
                    format!("at most engine.max_replicas ({most}) in one lane"),
                ));
            }
            let to = &mut lanes[lane as usize];
            options.push((
                group,
                LaneGroup {
                    lane,
                    group: to.groups.len() as u32,
                },
            ));
            to.groups.push(GroupId(group));
            to.replicas.extend(copies.iter().map(|o| Replica {
                bank: o.bank,
                slot: SlotId(o.slot),
            }));
            to.offsets.push(to.replicas.len() as u32);
        }
        options.sort_unstable();
        let arrays = mapping.arrays().count();
        let mut option_offsets = vec![0; arrays + 1];
        for (group, _) in &options {
            option_offsets[*group as usize + 1] += 1;
        }
        for i in 0..arrays {
            option_offsets[i + 1] += option_offsets[i];
        }
        Ok(Layout {
            homes,
            lanes,
            options: options.into_iter().map(|(_, o)| o).collect(),
            option_offsets,
            occupants,
            second: SecondPlaces::new(mapping),
        })
    }

    /// Number of embeddings.
    pub fn embeddings(&self) -> u32 {
        self.homes.len() as u32
    }

    /// Group and row of an embedding; `None` if the mapping does not contain it.
    pub fn home(&self, id: EmbeddingId) -> Option<(GroupId, u32)> {
        let key = *self.homes.get(id.index())?;
        Some(split_key(key))
    }

    /// The groups of one lane.
    pub fn lane(&self, lane: usize) -> &LaneLayout {
        &self.lanes[lane]
    }

    /// The groups of each lane.
    pub fn lanes(&self) -> &[LaneLayout] {
        &self.lanes
    }

    /// The lanes that have a replica of a group, ascending.
    pub fn options(&self, group: GroupId) -> &[LaneGroup] {
        let at = group.index();
        &self.options[self.option_offsets[at] as usize..self.option_offsets[at + 1] as usize]
    }

    /// The row copies of a row of a group. They serve commands of this row alone.
    #[inline]
    pub fn second_places(&self, group: GroupId, row: u32) -> &[Location] {
        self.second.of(group, row)
    }

    /// Crossbars in use, ascending by lane, bank and slot.
    pub(crate) fn occupants(&self) -> &[Occupant] {
        &self.occupants
    }

    /// Sort key of an embedding's place: groups ascending, then rows; see [`split_key`].
    pub(crate) fn key(&self, id: EmbeddingId) -> Option<u64> {
        self.homes.get(id.index()).copied()
    }
}

/// Bits of a place's sort key.
pub(crate) const KEY_BITS: u32 = 32 + ROW_BITS;

/// Group and row of a sort key.
pub(crate) fn split_key(key: u64) -> (GroupId, u32) {
    (
        GroupId((key >> ROW_BITS) as u32),
        (key & ((1 << ROW_BITS) - 1)) as u32,
    )
}

fn homes(mapping: &Mapping, resolved: &Resolved) -> Result<Vec<u64>> {
    let rows = resolved.config.crossbar.rows;
    if mapping.rows != rows {
        return Err(bad(
            format!("a mapping for crossbars of {} rows", mapping.rows),
            format!("crossbar.rows = {rows}"),
        ));
    }
    let members: u64 = mapping.groups.iter().map(|g| g.ids.len() as u64).sum();
    if members != u64::from(mapping.embeddings) {
        return Err(bad(
            format!("{members} ids in all groups"),
            format!("each of the {} embeddings once", mapping.embeddings),
        ));
    }
    let mut homes = vec![u64::MAX; mapping.embeddings as usize];
    for (g, group) in mapping.groups.iter().enumerate() {
        if group.ids.is_empty() || group.ids.len() > rows as usize {
            return Err(bad(
                format!("{} ids in group {g}", group.ids.len()),
                format!("1 to {rows} ids"),
            ));
        }
        for (row, id) in group.ids.iter().enumerate() {
            let home = homes.get_mut(id.index()).ok_or_else(|| {
                bad(
                    format!("id {id} in group {g}"),
                    format!("ids below {}", mapping.embeddings),
                )
            })?;
            if *home != u64::MAX {
                return Err(bad(
                    format!("id {id} in groups {} and {g}", split_key(*home).0),
                    "each id once".to_owned(),
                ));
            }
            *home = (g as u64) << ROW_BITS | row as u64;
        }
    }
    for (c, copy) in mapping.row_copies.iter().enumerate() {
        let known = copy.ids.iter().all(|id| id.0 < mapping.embeddings);
        let once = copy.ids.iter().collect::<BTreeSet<_>>().len() == copy.ids.len();
        if !known || !once || !(1..=rows as usize).contains(&copy.ids.len()) {
            return Err(bad(
                format!("row_copies[{c}] with ids {:?}", numbers(&copy.ids)),
                format!("1 to {rows} ids below {}, each once", mapping.embeddings),
            ));
        }
    }
    Ok(homes)
}

fn numbers(ids: &[EmbeddingId]) -> Vec<u32> {
    ids.iter().map(|id| id.0).collect()
}

fn occupants(mapping: &Mapping, resolved: &Resolved) -> Result<Vec<Occupant>> {
    let engine = &resolved.config.engine;
    let mut out = Vec::new();
    for (g, group) in mapping.arrays().enumerate() {
        if group.placements.is_empty() {
            return Err(bad(
                format!("no placement of group {g}"),
                "at least one replica of each group".to_owned(),
            ));
        }
        for place in &group.placements {
            let (bank, slot) = (place.0.0, place.1.0);
            if bank >= resolved.banks || slot >= engine.crossbars_per_bank {
                return Err(bad(
                    format!("group {g} at bank {bank}, slot {slot}"),
                    format!(
                        "banks below {} and slots below {}",
                        resolved.banks, engine.crossbars_per_bank
                    ),
                ));
            }
            out.push(Occupant {
                lane: bank / engine.banks_per_lane,
                bank: bank % engine.banks_per_lane,
                slot,
                group: g as u32,
            });
        }
    }
    out.sort_unstable();
    let same = |a: &Occupant, b: &Occupant| (a.lane, a.bank, a.slot) == (b.lane, b.bank, b.slot);
    if let Some(pair) = out.windows(2).find(|p| same(&p[0], &p[1])) {
        return Err(bad(
            format!(
                "groups {} and {} both at bank {}, slot {}",
                pair[0].group,
                pair[1].group,
                resolved.bank(pair[0].lane, pair[0].bank),
                pair[0].slot
            ),
            "one group per slot".to_owned(),
        ));
    }
    Ok(out)
}

/// Checks that a table has the configuration's width and value range, and a vector for each mapped
/// embedding.
///
/// # Errors
/// [`Error::Argument`] naming what differs.
pub(crate) fn check_table(table: &IntTable, mapping: &Mapping, resolved: &Resolved) -> Result<()> {
    let e = &resolved.config.embedding;
    let help = "use the table and the mapping that belong together, or change the configuration";
    let fail = |found: String, expected: String| Error::argument("table", found, expected, help);
    if table.dim != e.dim || table.value_bits != e.value_bits {
        return Err(fail(
            format!("{} elements of {} bits", table.dim, table.value_bits),
            format!(
                "embedding.dim = {} elements of embedding.value_bits = {} bits",
                e.dim, e.value_bits
            ),
        ));
    }
    if table.embeddings() < mapping.embeddings {
        return Err(fail(
            format!("{} vectors", table.embeddings()),
            format!("at least {}, one per mapped embedding", mapping.embeddings),
        ));
    }
    let half = 1i32 << (e.value_bits - 1);
    if let Some(at) = table
        .data
        .iter()
        .position(|&v| !(-half..half).contains(&i32::from(v)))
    {
        return Err(fail(
            format!(
                "value {} of embedding {}, element {}",
                table.data[at],
                at / e.dim as usize,
                at % e.dim as usize
            ),
            format!("{} to {} (signed {} bits)", -half, half - 1, e.value_bits),
        ));
    }
    Ok(())
}
