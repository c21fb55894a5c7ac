//! The commands that a bag needs.

use super::types::Location;
use crate::ids::{EmbeddingId, GroupId};

/// Buffers that are reused from bag to bag.
#[derive(Default)]
pub(crate) struct Scratch {
    keys: Vec<u64>,
    repeats: Vec<u32>,
}

/// Calls `command(group, n, active_rows, row)` for each command of a bag, groups ascending. `n`
/// counts the commands of one group from 0; `row` is one of the active rows.
///
/// The row of an id that occurs k times is active in the first k commands of its group. A group
/// needs as many commands as its most frequent id has occurrences.
pub(crate) fn commands(
    bag: &[EmbeddingId],
    location: impl Fn(EmbeddingId) -> Location,
    scratch: &mut Scratch,
    mut command: impl FnMut(GroupId, u32, u32, u32),
) {
    let Scratch { keys, repeats } = scratch;
    keys.clear();
    keys.extend(bag.iter().map(|id| {
        let at = location(*id);
        u64::from(at.group.0) << 32 | u64::from(at.row)
    }));
    keys.sort_unstable();
    for in_group in keys.chunk_by(|a, b| a >> 32 == b >> 32) {
        let group = GroupId((in_group[0] >> 32) as u32);
        repeats.clear();
        let (mut row, mut most) = (0, 0);
        for same in in_group.chunk_by(|a, b| a == b) {
            repeats.push(same.len() as u32);
            if same.len() > most {
                // Active in all commands of the group.
                (row, most) = (same[0] as u32, same.len());
            }
        }
        repeats.sort_unstable_by(|a, b| b.cmp(a));
        let mut active = repeats.len();
        for n in 0..repeats[0] {
            while repeats[active - 1] <= n {
                active -= 1;
            }
            command(group, n, active as u32, row);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_id_needs_more_commands() {
        // Ids 0..4 in group 0, 4..8 in group 1.
        let locations: Vec<Location> = (0..8)
            .map(|i| Location {
                group: GroupId(i / 4),
                row: i % 4,
            })
            .collect();
        let bag: Vec<EmbeddingId> = [5, 0, 1, 0, 3, 0, 1].map(EmbeddingId).to_vec();
        let mut seen = Vec::new();
        commands(
            &bag,
            |id| locations[id.index()],
            &mut Scratch::default(),
            |g, n, a, row| {
                seen.push((g.0, n, a, row));
            },
        );
        let wanted = [(0, 0, 3, 0), (0, 1, 2, 0), (0, 2, 1, 0), (1, 0, 1, 1)];
        assert_eq!(seen, wanted);
    }
}
