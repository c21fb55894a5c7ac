//! Packs pieces smaller than a crossbar into as few groups as possible.

use crate::ids::EmbeddingId;

/// Packs `pieces` of at most `rows` ids each, then the ids of `fill`, into `ceil(ids / rows)`
/// groups, the fewest possible.
///
/// The largest piece is placed first, in the fullest group with room for all of it. A piece is cut
/// only if no group has room for all of it and no further group may be opened.
pub(super) fn pack(
    pieces: Vec<Vec<EmbeddingId>>,
    fill: &[EmbeddingId],
    rows: usize,
) -> Vec<Vec<EmbeddingId>> {
    let ids = pieces.iter().map(Vec::len).sum::<usize>() + fill.len();
    let most = ids.div_ceil(rows);
    let (mut groups, mut partial): (Vec<_>, Vec<_>) =
        pieces.into_iter().partition(|p| p.len() == rows);
    partial.sort_by_key(|p| std::cmp::Reverse(p.len()));

    // Groups by the number of free rows.
    let mut with_room: Vec<Vec<usize>> = vec![Vec::new(); rows + 1];
    for mut piece in partial {
        while !piece.is_empty() {
            let whole = (piece.len()..=rows).find(|&room| !with_room[room].is_empty());
            let room = match whole {
                Some(room) => room,
                None if groups.len() < most => {
                    with_room[rows].push(groups.len());
                    groups.push(Vec::with_capacity(rows));
                    rows
                }
                None => (1..=rows)
                    .rev()
                    .find(|&room| !with_room[room].is_empty())
                    .unwrap_or(0),
            };
            // Always found, as `most` groups have room for all ids.
            let Some(group) = with_room[room].pop() else {
                return groups;
            };
            let rest = piece.split_off(room.min(piece.len()));
            with_room[room - piece.len()].push(group);
            groups[group].append(&mut piece);
            piece = rest;
        }
    }

    let mut fill = fill.iter().copied();
    for group in &mut groups {
        let room = rows - group.len();
        group.extend(fill.by_ref().take(room));
    }
    let rest: Vec<EmbeddingId> = fill.collect();
    groups.extend(rest.chunks(rows).map(<[_]>::to_vec));
    groups
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ids(range: std::ops::Range<u32>) -> Vec<EmbeddingId> {
        range.map(EmbeddingId).collect()
    }

    #[test]
    fn pieces_are_not_cut_where_they_fit() {
        // The piece of 4 is a group; 3 + 1 and 2 + 2 share groups; the fill forms the last group.
        let pieces = vec![ids(0..1), ids(1..3), ids(3..6), ids(6..8), ids(8..12)];
        let groups = pack(pieces, &ids(12..15), 4);
        let expected = vec![
            ids(8..12),
            [ids(3..6), ids(0..1)].concat(),
            [ids(1..3), ids(6..8)].concat(),
            ids(12..15),
        ];
        assert_eq!(groups, expected);
    }

    #[test]
    fn a_piece_is_cut_when_groups_run_out() {
        // Four pieces of 3 ids need four groups of 4 rows uncut, but 12 ids fit three groups.
        let groups = pack(vec![ids(0..3), ids(3..6), ids(6..9), ids(9..12)], &[], 4);
        assert_eq!(groups.len(), 3);
        assert!(groups.iter().all(|g| g.len() == 4));
    }

    proptest! {
        #[test]
        fn every_id_is_packed_into_the_fewest_groups(
            sizes in prop::collection::vec(1usize..9, 0..60), fill in 0u32..40, rows in 8usize..20,
        ) {
            let mut next = 0u32;
            let pieces: Vec<_> = sizes.iter().map(|&s| {
                next += s as u32;
                ids(next - s as u32..next)
            }).collect();
            let all = next + fill;
            let groups = pack(pieces, &ids(next..all), rows);
            prop_assert_eq!(groups.len(), (all as usize).div_ceil(rows));
            prop_assert!(groups.iter().all(|g| (1..=rows).contains(&g.len())));
            let mut held = groups.concat();
            held.sort_unstable();
            prop_assert_eq!(held, ids(0..all));
        }
    }
}
