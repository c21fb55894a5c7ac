//! Which commands a bag needs, and what a command costs a bank.

use super::types::Location;
use crate::config::Resolved;
use crate::ids::{EmbeddingId, GroupId};

/// What a bank does for one command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandCost {
    /// Sensings of the crossbar.
    pub sensings: u64,
    /// Clock cycles that they keep the bank busy.
    pub cycles: u64,
}

/// Cost of a command whose mask has `active_rows` rows.
///
/// The bank takes at most `max_active_rows` rows at once; what it takes at once is done as
/// single-row reads where it has 2..=`read_split_max` rows.
pub fn command_cost(resolved: &Resolved, active_rows: u32) -> CommandCost {
    let piece = |rows: u32| match rows {
        0 => (0, 0),
        n if n <= resolved.read_split_max => (
            u64::from(n),
            n as u64 * u64::from(resolved.activation_cycles(1)),
        ),
        n => (1, u64::from(resolved.activation_cycles(n))),
    };
    let most = resolved.max_active_rows.max(1);
    let (full, rest) = (u64::from(active_rows / most), piece(active_rows % most));
    let each = piece(most);
    CommandCost {
        sensings: full * each.0 + rest.0,
        cycles: full * each.1 + rest.1,
    }
}

/// Costs of 0..=rows active rows, looked up often.
pub(super) fn cost_table(resolved: &Resolved) -> Vec<CommandCost> {
    (0..=resolved.config.crossbar.rows)
        .map(|n| command_cost(resolved, n))
        .collect()
}

/// Buffers that are reused from bag to bag.
#[derive(Default)]
pub(super) struct Scratch {
    keys: Vec<u64>,
    repeats: Vec<u32>,
}

/// Calls `command(group, n, active_rows, row)` for each command of a bag, groups ascending; `n` counts
/// the commands of one group, `row` is one of the rows that are on.
///
/// An id that occurs k times is on in the first k commands of its group, so a group needs as many
/// commands as its most repeated id occurs.
pub(super) fn commands(
    bag: &[EmbeddingId],
    locations: &[Location],
    scratch: &mut Scratch,
    mut command: impl FnMut(GroupId, u32, u32, u32),
) {
    let Scratch { keys, repeats } = scratch;
    keys.clear();
    keys.extend(bag.iter().map(|id| {
        let at = locations[id.index()];
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
                // On to the end.
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
    use crate::config::Config;

    #[test]
    fn a_repeated_id_takes_more_commands() {
        // Ids 0..4 in group 0, 4..8 in group 1.
        let locations: Vec<Location> = (0..8)
            .map(|i| Location {
                group: GroupId(i / 4),
                row: i % 4,
            })
            .collect();
        let bag: Vec<EmbeddingId> = [5, 0, 1, 0, 3, 0, 1].map(EmbeddingId).to_vec();
        let mut seen = Vec::new();
        commands(&bag, &locations, &mut Scratch::default(), |g, n, a, row| {
            seen.push((g.0, n, a, row));
        });
        let wanted = [(0, 0, 3, 0), (0, 1, 2, 0), (0, 2, 1, 0), (1, 0, 1, 1)];
        assert_eq!(seen, wanted);
    }

    #[test]
    fn split_masks_cost_what_their_pieces_cost() {
        let mut config = Config::default();
        config.adc.max_active_rows = 8;
        config.adc.read_split_max = 3;
        let r = config.resolve("test").unwrap();
        let (read, mac) = (
            u64::from(r.activation_cycles(1)),
            u64::from(r.activation_cycles(8)),
        );
        assert_ne!(read, mac);
        let cost = |n| {
            let c = command_cost(&r, n);
            (c.sensings, c.cycles)
        };
        assert_eq!(cost(0), (0, 0));
        assert_eq!(cost(1), (1, read));
        assert_eq!(cost(3), (3, 3 * read));
        assert_eq!(cost(4), (1, mac));
        assert_eq!(cost(8), (1, mac));
        assert_eq!(cost(10), (3, mac + 2 * read));
        assert_eq!(cost(20), (3, 3 * mac));
        assert_eq!(cost(64), (8, 8 * mac));
    }
}
