//! Checks a mapping, possibly another program's, against a configuration.

use super::json::FORMAT;
use super::types::{Group, Mapping, Placement};
use crate::config::Resolved;
use crate::error::{At, Error, Result};
use crate::ids::{EmbeddingId, GroupId};
use std::path::Path;

const AGAIN: &str = "learn it again with this configuration (`recross map`), or use the \
                     configuration that it was learned for";
const MORE_ROWS: &str = "the mapping has no place for the last rows: learned without tables, it ends with \
                         the highest id of its trace; name the tables when it is learned (`recross map \
                         --table`)";
const PARTITION: &str = "every id must be in exactly one group";

impl Mapping {
    /// Checks everything that the hardware relies on: the geometry, that each of `embeddings` ids
    /// is in exactly one group, the group sizes, and the places of all replicas and row copies.
    /// `path` is the file that messages name.
    ///
    /// # Errors
    /// [`Error::Input`] with the key (`groups[17].placements[2]`) of the first violation.
    pub fn validate(&self, resolved: &Resolved, embeddings: u32, path: &Path) -> Result<()> {
        let check = Check {
            mapping: self,
            resolved,
            path,
        };
        check.geometry(embeddings)?;
        check.ids()?;
        check.row_copies()?;
        check.places()?;
        check.replicas_per_lane()?;
        check.replicas_per_bank()
    }
}

struct Check<'a> {
    mapping: &'a Mapping,
    resolved: &'a Resolved,
    path: &'a Path,
}

impl Check<'_> {
    fn fail(&self, key: String, found: String, expected: String, help: &str) -> Result<()> {
        let at = At::Key(key);
        Err(Error::input(self.path, at, found, expected, help))
    }

    fn arrays(&self) -> impl Iterator<Item = (usize, &Group)> {
        self.mapping.arrays().enumerate()
    }

    /// The key of an array in the file.
    fn key(&self, array: usize) -> String {
        match array.checked_sub(self.mapping.groups.len()) {
            None => format!("groups[{array}]"),
            Some(copy) => format!("row_copies[{copy}]"),
        }
    }

    fn lane(&self, place: &Placement) -> usize {
        (place.0.0 / self.resolved.config.engine.banks_per_lane) as usize
    }

    fn geometry(&self, embeddings: u32) -> Result<()> {
        let m = self.mapping;
        if m.format != FORMAT {
            return self.fail(
                "format".to_owned(),
                m.format.to_string(),
                FORMAT.to_string(),
                "another version of recross wrote the file; learn the mapping again",
            );
        }
        let rows = self.resolved.config.crossbar.rows;
        if m.rows != rows {
            return self.fail(
                "rows".to_owned(),
                m.rows.to_string(),
                format!("{rows}, the configuration's crossbar.rows"),
                AGAIN,
            );
        }
        if m.embeddings != embeddings {
            return self.fail(
                "embeddings".to_owned(),
                m.embeddings.to_string(),
                format!("{embeddings}, the number of table rows"),
                match m.embeddings < embeddings {
                    true => MORE_ROWS,
                    false => "learn the mapping on a trace of the same tables",
                },
            );
        }
        Ok(())
    }

    /// Checks the group sizes, and that each id is in one group.
    fn ids(&self) -> Result<()> {
        let m = self.mapping;
        // Grows with the ids, so that a large `embeddings` with few ids allocates little memory.
        let held: usize = m.groups.iter().map(|g| g.ids.len()).sum();
        let mut holder = vec![u32::MAX; held.min(m.embeddings as usize)];
        for (g, group) in m.groups.iter().enumerate() {
            self.size(g, group)?;
            for (row, id) in group.ids.iter().enumerate() {
                self.known(g, row, *id)?;
                if id.index() >= holder.len() {
                    holder.resize(id.index() + 1, u32::MAX);
                }
                let first = std::mem::replace(&mut holder[id.index()], g as u32);
                if first != u32::MAX {
                    return self.fail(
                        format!("groups[{g}].ids[{row}]"),
                        match first as usize == g {
                            true => format!("id {id} a second time"),
                            false => format!("id {id}, which is also in groups[{first}]"),
                        },
                        "each id once".to_owned(),
                        PARTITION,
                    );
                }
            }
        }
        if held == m.embeddings as usize {
            return Ok(());
        }
        let missing = holder.iter().position(|&g| g == u32::MAX);
        self.fail(
            "groups".to_owned(),
            format!(
                "no group with id {} ({} of {} ids missing)",
                missing.unwrap_or(holder.len()),
                m.embeddings as usize - held,
                m.embeddings
            ),
            "each id once".to_owned(),
            PARTITION,
        )
    }

    fn size(&self, array: usize, group: &Group) -> Result<()> {
        let rows = self.mapping.rows;
        if (1..=rows as usize).contains(&group.ids.len()) {
            return Ok(());
        }
        self.fail(
            format!("{}.ids", self.key(array)),
            format!("{} ids", group.ids.len()),
            format!("1 to {rows} ids, one per row"),
            AGAIN,
        )
    }

    fn known(&self, array: usize, row: usize, id: EmbeddingId) -> Result<()> {
        let embeddings = self.mapping.embeddings;
        if id.0 < embeddings {
            return Ok(());
        }
        self.fail(
            format!("{}.ids[{row}]", self.key(array)),
            id.to_string(),
            format!("an id below {embeddings}, the number of embeddings"),
            "ids count from 0 over all tables together",
        )
    }

    /// Checks that each crossbar of row copies holds valid ids, each once.
    fn row_copies(&self) -> Result<()> {
        let m = self.mapping;
        let mut holder = match m.row_copies.is_empty() {
            true => Vec::new(),
            false => vec![usize::MAX; m.embeddings as usize],
        };
        for (g, group) in self.arrays().skip(m.groups.len()) {
            self.size(g, group)?;
            for (row, id) in group.ids.iter().enumerate() {
                self.known(g, row, *id)?;
                if std::mem::replace(&mut holder[id.index()], g) == g {
                    return self.fail(
                        format!("{}.ids[{row}]", self.key(g)),
                        format!("id {id} a second time"),
                        "each id once per crossbar".to_owned(),
                        "put further copies of a row on other crossbars",
                    );
                }
            }
        }
        Ok(())
    }

    /// Checks the numbers of copies, the ranges of places, and that each place holds one array.
    fn places(&self) -> Result<()> {
        let (banks, slots) = (
            self.resolved.banks,
            self.resolved.config.engine.crossbars_per_bank,
        );
        let mut holder = vec![u32::MAX; self.resolved.slots as usize];
        for (g, group) in self.arrays() {
            if group.placements.is_empty() || group.copies as usize != group.placements.len() {
                return self.fail(
                    format!("{}.copies", self.key(g)),
                    format!(
                        "{}, with {} placements",
                        group.copies,
                        group.placements.len()
                    ),
                    "the number of placements, at least 1".to_owned(),
                    "give one [bank, slot] for each copy",
                );
            }
            for (p, place) in group.placements.iter().enumerate() {
                let key = || format!("{}.placements[{p}]", self.key(g));
                let Placement(bank, slot) = *place;
                if bank.0 >= banks || slot.0 >= slots {
                    return self.fail(
                        key(),
                        format!("[{bank}, {slot}]"),
                        format!(
                            "a bank from 0 to {} and a slot from 0 to {}",
                            banks - 1,
                            slots - 1
                        ),
                        AGAIN,
                    );
                }
                let first = std::mem::replace(
                    &mut holder[bank.index() * slots as usize + slot.index()],
                    g as u32,
                );
                if first != u32::MAX {
                    let other = self.mapping.array(GroupId(first));
                    let mut other = other.into_iter().flat_map(|o| &o.placements);
                    let q = other.position(|o| o == place).unwrap_or(0);
                    return self.fail(
                        key(),
                        format!(
                            "[{bank}, {slot}], which is also {}.placements[{q}]",
                            self.key(first as usize)
                        ),
                        "a place of its own".to_owned(),
                        "a crossbar holds one replica of one group, or row copies",
                    );
                }
            }
        }
        Ok(())
    }

    fn replicas_per_lane(&self) -> Result<()> {
        let most = self.resolved.config.engine.max_replicas;
        let mut lanes = vec![0u32; self.resolved.config.engine.lanes as usize];
        for (g, group) in self.arrays() {
            lanes.fill(0);
            for (p, place) in group.placements.iter().enumerate() {
                let lane = self.lane(place);
                lanes[lane] += 1;
                if lanes[lane] > most {
                    return self.fail(
                        format!("{}.placements[{p}]", self.key(g)),
                        format!("replica {} of the group in lane {lane}", lanes[lane]),
                        format!("at most {most} per lane"),
                        "spread the replicas over more lanes, or raise engine.max_replicas",
                    );
                }
            }
        }
        Ok(())
    }

    /// Checks that two replicas of a group share a bank only if there is no other place: no free
    /// slot in a bank without a replica of the group, in a lane that has room for one more of them.
    fn replicas_per_bank(&self) -> Result<()> {
        let engine = &self.resolved.config.engine;
        let mut used = vec![0u32; self.resolved.banks as usize];
        for place in self.mapping.arrays().flat_map(|g| &g.placements) {
            used[place.0.index()] += 1;
        }
        let with_room: Vec<u32> = (0..self.resolved.banks)
            .filter(|&b| used[b as usize] < engine.crossbars_per_bank)
            .collect();
        let mut holder = vec![usize::MAX; used.len()];
        let mut in_lane = vec![0u32; engine.lanes as usize];
        for (g, group) in self.arrays() {
            let doubled = group
                .placements
                .iter()
                .position(|p| std::mem::replace(&mut holder[p.0.index()], g) == g);
            let Some(p) = doubled else { continue };
            in_lane.fill(0);
            for place in &group.placements {
                holder[place.0.index()] = g;
                in_lane[self.lane(place)] += 1;
            }
            let (bank, lane) = (group.placements[p].0, self.lane(&group.placements[p]));
            let better = with_room.iter().find(|&&b| {
                let other = (b / engine.banks_per_lane) as usize;
                holder[b as usize] != g && (other == lane || in_lane[other] < engine.max_replicas)
            });
            if let Some(better) = better {
                return self.fail(
                    format!("{}.placements[{p}]", self.key(g)),
                    format!("a second replica in bank {bank}"),
                    format!("one replica per bank while another bank has room (bank {better} has)"),
                    "a bank does one activation at a time, so a second replica in it gains nothing",
                );
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
