//! Checks a mapping, possibly another program's, against a configuration.

use super::directory::Directory;
use super::json::{FORMAT, FORMAT_WITH_REST};
use super::types::{Group, Mapping, Placement};
use crate::config::Resolved;
use crate::error::{At, Error, Result};
use crate::ids::{EmbeddingId, GroupId};
use std::collections::HashMap;
use std::path::Path;

const AGAIN: &str = "learn it again with this configuration (`recross map`), or use the \
                     configuration that it was learned for";
const MORE_ROWS: &str = "the mapping has no place for the last rows: learned without tables, it ends with \
                         the highest id of its trace; name the tables when it is learned (`recross map \
                         --table`)";
const PARTITION: &str = "every id must be in exactly one group";
const RULE: &str = "every id must be in exactly one group, or covered by `rest` once";

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
        let rest = check.rest()?;
        check.replicas_per_bank(&rest)
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

    fn geometry(&self, embeddings: u32) -> Result<()> {
        let m = self.mapping;
        let expected = match m.rest {
            None => FORMAT,
            Some(_) => FORMAT_WITH_REST,
        };
        if m.format != expected {
            return self.fail(
                "format".to_owned(),
                m.format.to_string(),
                match m.rest {
                    None => expected.to_string(),
                    Some(_) => format!("{expected}, which allows `rest`"),
                },
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
        let held: usize = m.groups.iter().map(|g| g.ids.len()).sum();
        let mut holder = Holder::new(held, m.embeddings);
        for (g, group) in m.groups.iter().enumerate() {
            self.size(g, group)?;
            for (row, id) in group.ids.iter().enumerate() {
                self.known(g, row, *id)?;
                if let Some(first) = holder.hold(*id, g as u32) {
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
        if held == m.embeddings as usize || m.rest.is_some() {
            return Ok(());
        }
        let missing = (0..m.embeddings).find(|&id| !holder.holds(EmbeddingId(id)));
        self.fail(
            "groups".to_owned(),
            format!(
                "no group with id {} ({} of {} ids missing)",
                missing.unwrap_or(m.embeddings),
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
        let listed: usize = m.row_copies.iter().map(|g| g.ids.len()).sum();
        let mut holder = Holder::new(listed, m.embeddings);
        for (g, group) in self.arrays().skip(m.groups.len()) {
            self.size(g, group)?;
            for (row, id) in group.ids.iter().enumerate() {
                self.known(g, row, *id)?;
                if holder.hold(*id, g as u32) == Some(g as u32) {
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

    /// Checks the rule for unlisted ids; returns the places of its groups.
    fn rest(&self) -> Result<Vec<Placement>> {
        let m = self.mapping;
        let Some(rest) = &m.rest else {
            return Ok(Vec::new());
        };
        let engine = &self.resolved.config.engine;
        let limits = [
            ("rest.banks", rest.banks, self.resolved.banks),
            ("rest.slots", rest.slots, engine.crossbars_per_bank),
        ];
        for (key, found, most) in limits {
            if found > most {
                let expected = format!("at most {most}, as the configuration has");
                self.fail(key.to_owned(), found.to_string(), expected, AGAIN)?;
            }
        }
        let directory = match Directory::try_new(m) {
            Ok(directory) => directory,
            Err(fault) => {
                self.fail(fault.key, fault.found, fault.expected, RULE)?;
                None
            }
        };
        let copies = m.arrays().enumerate().skip(m.groups.len());
        for (g, id) in copies.flat_map(|(g, copy)| copy.ids.iter().map(move |id| (g, *id))) {
            let home = directory.as_ref().and_then(|d| d.location(id));
            if home.is_none_or(|home| home.group.index() >= m.groups.len()) {
                self.fail(
                    format!("{}.ids", self.key(g)),
                    format!("id {id}, which no group lists"),
                    "ids of the groups".to_owned(),
                    "list the id in a group",
                )?;
            }
        }
        match rest.places(m) {
            Ok(places) => Ok(places),
            Err(free) => {
                let found = format!("{} groups", rest.groups());
                let expected = format!("at most {free}, the places left free");
                self.fail("rest.parts".to_owned(), found, expected, AGAIN)?;
                Ok(Vec::new())
            }
        }
    }

    /// Checks that two replicas of a group share a bank only if there is no other place: no free
    /// slot in a bank without a replica of the group.
    fn replicas_per_bank(&self, rest: &[Placement]) -> Result<()> {
        let engine = &self.resolved.config.engine;
        let mut used = vec![0u32; self.resolved.banks as usize];
        for place in self
            .mapping
            .arrays()
            .flat_map(|g| &g.placements)
            .chain(rest)
        {
            used[place.0.index()] += 1;
        }
        let with_room: Vec<u32> = (0..self.resolved.banks)
            .filter(|&b| used[b as usize] < engine.crossbars_per_bank)
            .collect();
        let mut holder = vec![usize::MAX; used.len()];
        for (g, group) in self.arrays() {
            let doubled = group
                .placements
                .iter()
                .position(|p| std::mem::replace(&mut holder[p.0.index()], g) == g);
            let Some(p) = doubled else { continue };
            for place in &group.placements {
                holder[place.0.index()] = g;
            }
            let bank = group.placements[p].0;
            let better = with_room.iter().find(|&&b| holder[b as usize] != g);
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

/// The array that holds each id: a list, or a map if that is smaller.
enum Holder {
    List(Vec<u32>),
    Map(HashMap<EmbeddingId, u32>),
}

/// Ids for each held one up to which a list is smaller than a map.
const LIST_UP_TO: usize = 8;

impl Holder {
    /// For `held` of `embeddings` ids.
    fn new(held: usize, embeddings: u32) -> Self {
        match embeddings as usize / LIST_UP_TO <= held {
            true => Holder::List(vec![u32::MAX; embeddings as usize]),
            false => Holder::Map(HashMap::with_capacity(held)),
        }
    }

    /// Notes that `array` holds an id below `embeddings`; returns the array that held it before.
    fn hold(&mut self, id: EmbeddingId, array: u32) -> Option<u32> {
        match self {
            Holder::List(list) => {
                let before = std::mem::replace(&mut list[id.index()], array);
                (before != u32::MAX).then_some(before)
            }
            Holder::Map(map) => map.insert(id, array),
        }
    }

    fn holds(&self, id: EmbeddingId) -> bool {
        match self {
            Holder::List(list) => list[id.index()] != u32::MAX,
            Holder::Map(map) => map.contains_key(&id),
        }
    }
}

#[cfg(test)]
mod tests;
