//! The lists of original ids of a renumbered trace, beside mappings.

use std::path::{Path, PathBuf};

use crate::error::{At, Error, Result};
use crate::formats::trace::{ListHash, Numbering, Trace};
use crate::mapping::Mapping;

/// Writes the lists of original ids into a folder; returns the files.
pub(super) fn write(lists: Option<&Numbering>, out: &Path) -> Result<Vec<PathBuf>> {
    if let Some(lists) = lists {
        lists.write(&name(lists, out))?;
    }
    Ok(files(lists, out))
}

/// The files that [`write`] writes.
pub(super) fn files(lists: Option<&Numbering>, out: &Path) -> Vec<PathBuf> {
    lists.map_or(Vec::new(), |lists| lists.files(&name(lists, out)))
}

fn name(lists: &Numbering, out: &Path) -> PathBuf {
    out.join("ids").with_extension(lists.ending())
}

/// Checks that a mapping's numbers stand for the ids that they stand for in the trace.
///
/// # Errors
/// [`Error::Input`] naming the key `ids` if one of the two is renumbered and the other is not, if a
/// list of the trace does not begin with the mapping's, or if it goes on where the mapping has no
/// places.
pub(super) fn check(mapping: &Mapping, path: &Path, trace: &Trace) -> Result<()> {
    let refuse = |found: String, expected: String, help: &str| {
        let at = At::Key("ids".to_owned());
        Err(Error::input(path, at, found, expected, help))
    };
    const GIVE: &str = "give `--renumber --ids` with the list that was written beside the mapping \
        (ids.npy or ids.txt), so that ids get the numbers that they had";
    let lists = match (trace.numbering(), mapping.ids.as_slice()) {
        (None, []) => return Ok(()),
        (None, _) => {
            let found = "a mapping of renumbered ids".to_owned();
            return refuse(
                found,
                "one of ids that are rows, as in the trace".to_owned(),
                GIVE,
            );
        }
        (Some(_), []) => {
            return refuse(
                "no list of ids".to_owned(),
                "that of a mapping of renumbered ids".to_owned(),
                "leave --renumber out if the trace has the mapping's ids; else learn one with \
                 `recross map --renumber`",
            );
        }
        (Some(lists), _) => lists,
    };
    let tables = lists.tables.len().max(mapping.ids.len());
    let none = ListHash::default();
    for table in 0..tables {
        let theirs = mapping.ids.get(table).unwrap_or(&none);
        let ours = lists.table(table);
        match ours.hash(theirs.count) {
            Some(ours) if table >= mapping.ids.len() || ours == *theirs => {}
            Some(ours) => {
                return refuse(
                    format!(
                        "{} for the {} ids of table {table}",
                        theirs.hash, theirs.count
                    ),
                    format!("{}, of as many ids of the trace's list", ours.hash),
                    GIVE,
                );
            }
            None => {
                return refuse(
                    format!("a list of {} ids for table {table}", theirs.count),
                    format!("at most {}, as the trace's list has", ours.len()),
                    GIVE,
                );
            }
        }
    }
    check_places(mapping, lists).or_else(|(found, expected)| {
        refuse(
            found,
            expected,
            "learn it again with `recross map --renumber --ids` on a trace that has them",
        )
    })
}

/// Checks that a mapping whose lists the trace's begin with has places for the ids that follow:
/// what was found and expected if not.
fn check_places(mapping: &Mapping, lists: &Numbering) -> std::result::Result<(), (String, String)> {
    let counts = |table: usize| mapping.ids.get(table).map_or(0, |l| l.count);
    let listed: u64 = mapping.ids.iter().map(|l| u64::from(l.count.max(1))).sum();
    let new = |table: &usize| lists.table(*table).len() > counts(*table) as usize;
    // Tables may have been configured with room for more ids.
    if u64::from(mapping.embeddings) > listed {
        return Ok(());
    }
    let Some(table) = (0..lists.tables.len()).find(new) else {
        return Ok(());
    };
    let (count, all) = (counts(table), lists.table(table).len());
    let first = lists.table(table).shown(count as usize).unwrap_or_default();
    let missing = match all - count as usize {
        1 => format!("{first} is"),
        new => format!("{first} and {} others are", new - 1),
    };
    Err((
        format!("{count} ids of table {table}"),
        format!("{all}: {missing} not in the list that the mapping was learned with"),
    ))
}
