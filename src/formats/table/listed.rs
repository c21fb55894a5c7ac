//! Tables of renumbered ids: the rows of a file whose numbers are ids of a list.

use super::gather::Gather;
use super::head::{TableHead, head};
use super::spec::TableSpec;
use crate::error::{At, Error, Result};
use crate::formats::trace::{Numbering, TableIds};

/// What a file gives for the ids of table `t`; `None` if it has their rows in their order.
///
/// # Errors
/// As [`listed_head`].
pub(super) fn rows_of_file(
    spec: &TableSpec,
    t: usize,
    numbering: &Numbering,
) -> Result<Option<Gather>> {
    let listed = listed_head(spec, t, Some(numbering))?;
    Ok(match (listed, numbering.table(t)) {
        (Some(listed), TableIds::Numbers(ids)) => Some(Gather::new(ids, listed.rows)),
        _ => None,
    })
}

/// The size of table `t` in a file, from the file's head alone; `None` for a random table. With
/// renumbered ids, the table has a row for each id of its list: the row that the id is the number
/// of. Ids that are no numbers need a list from elsewhere, whose order is that of the file's rows.
///
/// # Errors
/// As [`head`]; [`Error::Input`] for an id without a row.
pub fn listed_head(
    spec: &TableSpec,
    t: usize,
    numbering: Option<&Numbering>,
) -> Result<Option<TableHead>> {
    let (Some(file), Some(numbering)) = (head(spec)?, numbering) else {
        return head(spec);
    };
    let fault = |found: String, expected: String, help: &str| {
        let at = spec.key().map_or(At::File, At::Key);
        Err(Error::input(spec.path(), at, found, expected, help))
    };
    let ids = numbering.table(t);
    let given = numbering.given(t);
    match ids {
        TableIds::Numbers(ids) => {
            if let Some(id) = ids.iter().find(|&&id| id >= u64::from(file.rows)) {
                return fault(
                    format!("{} rows", file.rows),
                    format!("row {id}, as {id} is an id of the list"),
                    "the row of an id is its original number; check that the list and the table \
                     belong together",
                );
            }
        }
        TableIds::Texts(_) if given == 0 => {
            return fault(
                format!(
                    "a table for ids that are no numbers, such as {}",
                    ids.shown(0).unwrap_or_default()
                ),
                "the list of the table's ids in the order of its rows".to_owned(),
                "give it with `--ids FILE.txt`, an id on each line",
            );
        }
        TableIds::Texts(_) if given != file.rows => {
            return fault(
                format!("{} rows", file.rows),
                format!("{given}, one for each id of the list, in its order"),
                "check that the list and the table belong together",
            );
        }
        TableIds::Texts(all) if all.len() > given as usize => {
            return fault(
                format!(
                    "no row for {}, which is not in the list",
                    ids.shown(given as usize).unwrap_or_default()
                ),
                "a row for each id of the trace".to_owned(),
                "add its row to the table, and the id to the list at the same place",
            );
        }
        TableIds::Texts(_) => {}
    }
    Ok(Some(TableHead {
        rows: (ids.len() as u32).max(1),
        dim: file.dim,
    }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::floats::KeptFloats;
    use super::super::{TableShape, load_listed};
    use super::*;
    use crate::ids::EmbeddingId;

    /// A float32 array of 5 x 2 elements: 10 * row + column, with `odd` at row 2, column 1.
    fn array(fortran: bool, odd: f32) -> Vec<u8> {
        let order = if fortran { "True" } else { "False" };
        let text = format!("{{'descr': '<f4', 'fortran_order': {order}, 'shape': (5, 2), }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((text.len() as u16).to_le_bytes());
        bytes.extend(text.as_bytes());
        for at in 0..10 {
            let (row, column) = match fortran {
                true => (at % 5, at / 5),
                false => (at / 2, at % 2),
            };
            let value = match (row, column) {
                (2, 1) => odd,
                _ => (10 * row + column) as f32,
            };
            bytes.extend(value.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn rows_go_to_the_numbers_of_their_ids_in_either_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.npy");
        let load = |ids: &[u64]| {
            let numbering = Numbering {
                tables: vec![TableIds::Numbers(ids.to_vec())],
                given: vec![],
            };
            let shape = TableShape {
                dim: 2,
                dims: &[],
                value_bits: 8,
                rows: &[],
                needed: &[],
            };
            let spec = TableSpec::Npy(path.clone());
            load_listed(&[spec], shape, Some(&numbering), &[vec![0, 1, 2, 3]], &())
        };
        let row = |floats: &Option<KeptFloats>, id| {
            let floats = floats.as_ref().unwrap();
            floats.row(EmbeddingId(id)).unwrap().to_vec()
        };
        for fortran in [false, true] {
            // What is not kept is not checked.
            std::fs::write(&path, array(fortran, f32::NAN)).unwrap();
            let set = load(&[4, 1]).unwrap();
            assert_eq!(
                (set.rows, row(&set.floats, 0), row(&set.floats, 1)),
                (vec![2], vec![40.0, 41.0], vec![10.0, 11.0])
            );
            assert_eq!(row(&load(&[]).unwrap().floats, 0), [0.0, 1.0]);
            // Messages name rows of the file.
            for (odd, expected) in [
                (f32::NAN, "NaN in row 2, column 1"),
                (1e12, "1e12 in row 2, column 1"),
            ] {
                std::fs::write(&path, array(fortran, odd)).unwrap();
                let e = load(&[3, 2]).unwrap_err().to_string();
                assert!(e.contains(expected), "{e}");
            }
            assert!(
                load(&[3, 5])
                    .unwrap_err()
                    .to_string()
                    .contains("row 5, as 5 is an id of the list")
            );
        }
    }
}
