//! The row copies of each row of the groups.

use super::directory::Directory;
use super::types::{Location, Mapping};
use crate::ids::GroupId;

impl Mapping {
    /// The row copies of each row of the groups.
    pub fn second_homes(&self, directory: &Directory) -> SecondHomes {
        if self.row_copies.is_empty() {
            return SecondHomes::default();
        }
        let mut second = SecondHomes {
            groups: vec![0],
            ..SecondHomes::default()
        };
        let mut rows = 0;
        for group in &self.groups {
            rows += group.ids.len() as u32;
            second.groups.push(rows);
        }
        let first = self.groups.len() as u32;
        let mut all: Vec<(u32, Location)> = Vec::new();
        for (array, copy) in (first..).zip(&self.row_copies) {
            for (row, &id) in (0..).zip(&copy.ids) {
                let home = directory.location(id);
                if let Some(home) = home.filter(|home| home.group.0 < first) {
                    let group = GroupId(array);
                    let at = second.groups[home.group.index()] + home.row;
                    all.push((at, Location { group, row }));
                }
            }
        }
        // Stable: the copies of a row stay in the order of the arrays.
        all.sort_by_key(|&(at, _)| at);
        second.starts = vec![0; rows as usize + 1];
        for &(at, _) in &all {
            second.starts[at as usize + 1] += 1;
        }
        for at in 0..rows as usize {
            second.starts[at + 1] += second.starts[at];
        }
        second.homes = all.into_iter().map(|(_, home)| home).collect();
        second
    }
}

/// The row copies of each row of each group. A row's index is its position when all groups' rows
/// are listed one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecondHomes {
    /// Index of each group's first row, and of the end; empty without row copies.
    groups: Vec<u32>,
    /// Start of each row's copies in `homes`, by index, and the end.
    starts: Vec<u32>,
    homes: Vec<Location>,
}

impl SecondHomes {
    /// The row copies of a row of a group, in the order of the arrays.
    #[inline]
    pub fn of(&self, group: GroupId, row: u32) -> &[Location] {
        // The last entry is the end; groups of the rule have no row copies.
        match self.groups.get(group.index()..group.index() + 2) {
            Some(rows) => {
                let at = (rows[0] + row) as usize;
                &self.homes[self.starts[at] as usize..self.starts[at + 1] as usize]
            }
            None => &[],
        }
    }
}
