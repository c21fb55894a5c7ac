//! A mapping as NumPy arrays, for those who permute the tables of a model.

use std::path::Path;

use crate::error::{At, Error, Result};
use crate::flow::report::{ExportReport, Head};
use crate::flow::{inputs, memory};
use crate::formats::npz::{Array, Elements, write_npy};
use crate::ids::EmbeddingId;
use crate::io::refuse_existing;
use crate::mapping::{Directory, FORMAT, FORMAT_WITH_REST, Location, Mapping, Placement};
use crate::progress::Progress;

const PLACE: &str = "place.npy";
const PERMUTATION: &str = "permutation.npy";

/// Writes the places of a mapping's ids into the folder `out`. It is what `recross mapping export`
/// does.
///
/// - `place.npy`: int64, embeddings x 4. Row i holds the group of id i, its row there, and the bank
///   and the slot of the group's first placement. Groups of ids that follow a rule are numbered
///   after the listed ones.
/// - `permutation.npy`: int64, 2 x embeddings. The first row holds the id at each new position, in
///   order of group and row; the second row holds the new position of each id.
///
/// Files that are there are refused, unless `overwrite` is set.
///
/// # Errors
/// As [`Mapping::read`] and [`refuse_existing`]; [`Error::Argument`] if more memory is needed than
/// there is; [`Error::Input`] for a mapping without exactly one place of each id;
/// [`Error::Io`] for what is written.
pub fn export_mapping(
    path: &Path,
    (out, overwrite): (&Path, bool),
    progress: &dyn Progress,
) -> Result<ExportReport> {
    for name in [PLACE, PERMUTATION] {
        refuse_existing(&out.join(name), overwrite)?;
    }
    let mapping = inputs::read_mapping(path, progress)?;
    memory::require(
        "--mapping",
        bytes(&mapping),
        "check `embeddings` and `rest`; a table has as many rows as the mapping has embeddings",
    )?;
    let (locations, placements) = places(&mapping, path)?;
    let order = order(&locations);
    let mut position = vec![0u32; order.len()];
    for (at, id) in order.iter().enumerate() {
        position[id.index()] = at as u32;
    }
    progress.check()?;

    std::fs::create_dir_all(out).map_err(Error::io("create", out))?;
    let embeddings = u64::from(mapping.embeddings);
    let columns = locations.iter().flat_map(|l| {
        let place = placements[l.group.index()];
        [l.group.0, l.row, place.0.0, place.1.0].map(i64::from)
    });
    let place = Array {
        shape: vec![embeddings, 4],
        elements: Elements::int(columns),
    };
    let both = order.iter().map(|id| id.0).chain(position);
    let permutation = Array {
        shape: vec![2, embeddings],
        elements: Elements::int(both.map(i64::from)),
    };
    let files = [(PLACE, place), (PERMUTATION, permutation)];
    let mut names = Vec::new();
    for (name, array) in files {
        let file = out.join(name);
        write_npy(&file, array)?;
        names.push(file.display().to_string());
    }
    Ok(ExportReport {
        head: Head::new("mapping export"),
        mapping: path.display().to_string(),
        embeddings: mapping.embeddings,
        groups: placements.len() as u64,
        rows: mapping.rows,
        files: names,
    })
}

/// Bytes that the export of a mapping takes. A rule for unlisted ids is short in the file, however
/// many ids it covers.
fn bytes(mapping: &Mapping) -> u64 {
    let listed: u64 = mapping.groups.iter().map(|g| g.ids.len() as u64).sum();
    let (ids, by_rule) = match &mapping.rest {
        None => (listed, 0),
        Some(rest) => (u64::from(mapping.embeddings), rest.groups()),
    };
    let groups = mapping.groups.len() as u64 + by_rule;
    // A location, two positions, and what finds the ids that no group lists.
    let of_ids = ids.saturating_mul(8 + 4 + 4).saturating_add(ids / 4);
    of_ids.saturating_add(groups.saturating_mul(8))
}

/// The location of each id, and the first placement of each group.
fn places(mapping: &Mapping, path: &Path) -> Result<(Vec<Location>, Vec<Placement>)> {
    let wrong = |key: String, found: &str, expected: &str, help: &str| {
        Error::input(path, At::Key(key), found, expected, help)
    };
    let format = match mapping.rest {
        None => FORMAT,
        Some(_) => FORMAT_WITH_REST,
    };
    if mapping.format != format {
        return Err(wrong(
            "format".to_owned(),
            &mapping.format.to_string(),
            &format.to_string(),
            "another version of recross wrote the file; learn the mapping again",
        ));
    }
    let directory = Directory::new(mapping).ok_or_else(|| {
        wrong(
            "groups".to_owned(),
            "an id that is missing, out of range or in two groups",
            &format!("each id below {} in exactly one group", mapping.embeddings),
            "`recross score --mapping FILE` names the first such id",
        )
    })?;
    let first = mapping.groups.iter().enumerate().map(|(g, group)| {
        group.placements.first().copied().ok_or_else(|| {
            wrong(
                format!("groups[{g}].placements"),
                "no placement",
                "at least one [bank, slot]",
                "learn the mapping again with `recross map`",
            )
        })
    });
    let mut first: Vec<Placement> = first.collect::<Result<_>>()?;
    if let Some(rest) = &mapping.rest {
        let places = rest.places(mapping).map_err(|free| {
            wrong(
                "rest.parts".to_owned(),
                &format!("{} groups", rest.groups()),
                &format!("at most {free}, the places left free"),
                "learn the mapping again with `recross map`",
            )
        })?;
        first.extend(places);
    }
    let (listed, copies) = (mapping.groups.len(), mapping.row_copies.len() as u32);
    let number = |mut location: Location| {
        if location.group.index() >= listed {
            location.group.0 -= copies;
        }
        location
    };
    let ids = (0..mapping.embeddings).map(EmbeddingId);
    let locations = ids.filter_map(|id| directory.location(id)).map(number);
    Ok((locations.collect(), first))
}

/// The ids in order of group and row.
fn order(locations: &[Location]) -> Vec<EmbeddingId> {
    let mut ids: Vec<EmbeddingId> = (0..locations.len() as u32).map(EmbeddingId).collect();
    ids.sort_unstable_by_key(|id| locations[id.index()]);
    ids
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"format":1,"rows":2,"embeddings":4,"groups":[
{"ids":[3,0],"copies":2,"placements":[[5,1],[2,0]]},
{"ids":[1],"copies":1,"placements":[[0,7]]},
{"ids":[2],"copies":1,"placements":[[1,0]]}
],"method":"mine","seed":0,"train":{"bags":0,"activations":0}}"#;

    fn export(text: &str) -> (tempfile::TempDir, Result<ExportReport>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.json");
        std::fs::write(&path, text).unwrap();
        let report = export_mapping(&path, (&folder.path().join("new/out"), false), &());
        (folder, report)
    }

    #[test]
    fn places_and_permutation_by_hand() {
        let (folder, report) = export(TEXT);
        let report = report.unwrap();
        assert_eq!((report.embeddings, report.groups, report.rows), (4, 3, 2));
        let read = |name: &str| {
            let path = folder.path().join("new/out").join(name);
            crate::formats::npy::read_npy_i64(&path).unwrap()
        };
        let places = vec![0, 1, 5, 1, 1, 0, 0, 7, 2, 0, 1, 0, 0, 0, 5, 1];
        assert_eq!(read(PLACE), (4, 4, places));
        let order_and_inverse = vec![3, 0, 1, 2, 1, 2, 3, 0];
        assert_eq!(read(PERMUTATION), (2, 4, order_and_inverse));
    }

    #[test]
    fn ids_that_follow_a_rule_have_groups_after_the_listed_ones() {
        let text = TEXT
            .replace("\"format\":1", "\"format\":2")
            .replace("\"embeddings\":4", "\"embeddings\":7")
            .replace(
                "],\"method\"",
                "],\"row_copies\":[{\"ids\":[1],\"copies\":1,\"placements\":[[0,0]]}],\"rest\":{\
                 \"lanes\":2,\"banks\":6,\"slots\":8,\"parts\":[{\"ids\":[[0,7]],\"groups\":2,\
                 \"order\":\"dealt\"}]},\"method\"",
            );
        let (folder, report) = export(&text);
        assert_eq!(report.unwrap().groups, 5);
        let path = folder.path().join("new/out").join(PLACE);
        let (rows, columns, places) = crate::formats::npy::read_npy_i64(&path).unwrap();
        assert_eq!((rows, columns), (7, 4));
        // Slot 0 of banks 0, 1 and 2 is taken; the round goes 0, 3, 1, 4.
        assert_eq!(places[16..], [3, 0, 0, 1, 4, 0, 3, 0, 3, 1, 0, 1]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_rule_for_more_ids_than_memory_holds_is_refused_before_they_are_listed() {
        let text = |groups: u32| {
            TEXT.replace("\"format\":1", "\"format\":2")
                .replace("\"embeddings\":4", "\"embeddings\":4294967294")
                .replace(
                    "],\"method\"",
                    &format!(
                        "],\"rest\":{{\"lanes\":1,\"banks\":1048576,\"slots\":4294967295,\
                         \"parts\":[{{\"ids\":[[0,4294967294]],\"groups\":{groups},\
                         \"order\":\"dealt\"}}]}},\"method\""
                    ),
                )
        };
        let mapping = |text: &str| serde_json::from_str::<Mapping>(text).unwrap();
        assert_eq!(bytes(&mapping(TEXT)), 4 * 16 + 1 + 3 * 8);
        let need = bytes(&mapping(&text(4_294_967_290)));
        assert!(need > 96 << 30, "{need}");
        let (folder, report) = export(&text(4_294_967_290));
        let error = report.unwrap_err();
        let found = format!(
            "found a need of about {} MiB of memory",
            need.div_ceil(1 << 20)
        );
        assert!(error.to_string().contains(&found), "{error}");
        assert_eq!((error.exit_status(), error.code()), (2, "argument"));
        assert!(!folder.path().join("new").exists());
    }

    #[test]
    fn a_mapping_without_a_place_for_each_id_is_refused_and_nothing_is_written() {
        let message = |from: &str, to: &str| {
            assert!(TEXT.contains(from));
            let (folder, report) = export(&TEXT.replacen(from, to, 1));
            assert!(!folder.path().join("new").exists());
            let error = report.unwrap_err();
            assert_eq!(error.exit_status(), 2);
            let text = format!("{error}\n{}", error.help().unwrap());
            text.replace(&*folder.path().to_string_lossy(), "[DIR]")
        };
        insta::assert_snapshot!(message("[3,0]", "[3,3]"), @"
        [DIR]/m.json: key `groups`: found an id that is missing, out of range or in two groups, expected each id below 4 in exactly one group
        `recross score --mapping FILE` names the first such id
        ");
        insta::assert_snapshot!(message("[[0,7]]", "[]"), @"
        [DIR]/m.json: key `groups[1].placements`: found no placement, expected at least one [bank, slot]
        learn the mapping again with `recross map`
        ");
        insta::assert_snapshot!(message("\"format\":1", "\"format\":99"), @"
        [DIR]/m.json: key `format`: found 99, expected 1
        another version of recross wrote the file; learn the mapping again
        ");
    }
}
