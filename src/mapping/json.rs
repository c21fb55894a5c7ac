//! `mapping.json`: one group per line, so that two mappings can be compared with `diff`.

use super::types::{Group, Mapping};
use super::untyped::wrong_value;
use crate::error::{At, Error, Result};
use crate::io::write_atomic;
use serde_json::Value;
use std::io::Write;
use std::path::Path;

/// The version of the file format in which groups list all ids.
pub(crate) const FORMAT: u32 = 1;
/// The version that also has a rule for the ids that no group lists.
pub(crate) const FORMAT_WITH_REST: u32 = 2;

const HELP: &str =
    "use a mapping.json that `recross map` wrote, or one of the same format (docs: mapping.json)";

impl Mapping {
    /// Reads a file. Checks structure and types only; [`Mapping::validate`] checks the contents.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read; [`Error::Input`] with the line if it is not JSON, or
    /// with the key (`groups[17].placements[2]`) of a missing, unknown or wrongly typed value.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
        serde_json::from_slice(&bytes).map_err(|e| explain(&bytes, &e, path))
    }

    /// Writes the file atomically. The same mapping gives the same bytes.
    ///
    /// # Errors
    /// [`Error::Io`] naming `path`.
    pub fn write(&self, path: &Path) -> Result<()> {
        write_atomic(path, |out| self.write_to(out))
    }

    fn write_to(&self, out: &mut dyn Write) -> std::io::Result<()> {
        write!(
            out,
            "{{\"format\":{},\"rows\":{},\"embeddings\":{},\"groups\":[",
            self.format, self.rows, self.embeddings
        )?;
        write_groups(out, &self.groups)?;
        if !self.row_copies.is_empty() {
            write!(out, "],\"row_copies\":[")?;
            write_groups(out, &self.row_copies)?;
        }
        write!(out, "]")?;
        if let Some(rest) = &self.rest {
            write!(out, ",\"rest\":{}", serde_json::to_string(rest)?)?;
        }
        let ids = match self.ids.as_slice() {
            [] => String::new(),
            ids => format!(",\"ids\":{}", serde_json::to_string(ids)?),
        };
        writeln!(
            out,
            ",\"method\":{},\"seed\":{},\"train\":{}{}}}",
            serde_json::to_string(&self.method)?,
            self.seed,
            serde_json::to_string(&self.train)?,
            ids
        )
    }
}

fn write_groups(out: &mut dyn Write, groups: &[Group]) -> std::io::Result<()> {
    for (g, group) in groups.iter().enumerate() {
        out.write_all(if g == 0 { b"\n" } else { b",\n" })?;
        out.write_all(&serde_json::to_vec(group)?)?;
    }
    out.write_all(b"\n")
}

/// The error of the typed reader gives only the line. The key is found by reading the file again
/// without types.
fn explain(bytes: &[u8], error: &serde_json::Error, path: &Path) -> Error {
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or(&text).to_owned();
    let wrong = match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => wrong_value(&value),
        Err(_) => None,
    };
    match wrong {
        Some(w) => Error::input(path, w.at, w.found, w.expected, HELP),
        None if error.is_eof() => Error::input(
            path,
            At::Line(error.line() as u64),
            "the end of the file",
            "the rest of a mapping: the file is cut off",
            HELP,
        ),
        None => Error::input(
            path,
            At::Line(error.line() as u64),
            match error.is_syntax() {
                true => format!("invalid JSON ({message}, column {})", error.column()),
                false => format!("{message} (column {})", error.column()),
            },
            "a JSON mapping",
            HELP,
        ),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::ids::{BankId, EmbeddingId, SlotId};
    use crate::mapping::{Group, Placement, Training};

    fn small() -> Mapping {
        let group = |ids: &[u32], places: &[(u32, u32)]| Group {
            ids: ids.iter().map(|&id| EmbeddingId(id)).collect(),
            copies: places.len() as u32,
            placements: places
                .iter()
                .map(|&(b, s)| Placement(BankId(b), SlotId(s)))
                .collect(),
        };
        Mapping {
            format: 1,
            rows: 2,
            embeddings: 3,
            groups: vec![group(&[2, 0], &[(0, 0), (1, 0)]), group(&[1], &[(0, 1)])],
            rest: None,
            row_copies: Vec::new(),
            method: "a \"method\"".to_owned(),
            seed: u64::MAX,
            train: Training {
                bags: 7,
                groups_touched: 9,
            },
            ids: Vec::new(),
        }
    }

    const TEXT: &str = concat!(
        "{\"format\":1,\"rows\":2,\"embeddings\":3,\"groups\":[\n",
        "{\"ids\":[2,0],\"copies\":2,\"placements\":[[0,0],[1,0]]},\n",
        "{\"ids\":[1],\"copies\":1,\"placements\":[[0,1]]}\n",
        "],\"method\":\"a \\\"method\\\"\",\"seed\":18446744073709551615,",
        "\"train\":{\"bags\":7,\"activations\":9}}\n"
    );

    #[test]
    fn the_file_has_these_bytes_and_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mapping.json");
        small().write(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), TEXT);
        assert_eq!(Mapping::read(&path).unwrap(), small());
        let none = Mapping {
            groups: vec![],
            embeddings: 0,
            ..small()
        };
        none.write(&path).unwrap();
        assert_eq!(Mapping::read(&path).unwrap(), none);
    }

    /// The message for a file with `text`, without its folder.
    fn message(text: &[u8]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.json");
        std::fs::write(&path, text).unwrap();
        let e = Mapping::read(&path).unwrap_err();
        assert_eq!(e.exit_status(), 2);
        assert_eq!(e.help(), Some(HELP));
        let prefix = format!("{}/", folder.path().display());
        e.to_string().replace(&prefix, "")
    }

    #[test]
    fn row_copies_are_a_key_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mapping.json");
        let mut mapping = small();
        mapping.row_copies.push(Group {
            ids: vec![EmbeddingId(1), EmbeddingId(2)],
            copies: 1,
            placements: vec![Placement(BankId(1), SlotId(1))],
        });
        mapping.write(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let line =
            "],\"row_copies\":[\n{\"ids\":[1,2],\"copies\":1,\"placements\":[[1,1]]}\n],\"method\"";
        assert!(text.contains(line), "{text}");
        assert_eq!(Mapping::read(&path).unwrap(), mapping);
        assert_eq!(
            message(text.replace("[[1,1]]", "[[1]]").as_bytes()),
            "m.json: key `row_copies[0].placements[0]`: found [1], expected a pair [bank, slot]"
        );
    }

    #[test]
    fn errors_name_the_line_or_the_key() {
        let edit = |from: &str, to: &str| {
            assert!(TEXT.contains(from));
            message(TEXT.replacen(from, to, 1).as_bytes())
        };
        let half = &TEXT.as_bytes()[..TEXT.find("[[0,1]]").unwrap()];
        assert_eq!(
            message(half),
            "m.json:3: found the end of the file, expected the rest of a mapping: the file is cut off"
        );
        assert_eq!(
            message(b""),
            "m.json:1: found the end of the file, expected the rest of a mapping: the file is cut off"
        );
        assert_eq!(
            message(b"\x1f\x8b\x08\x00"),
            "m.json:1: found invalid JSON (expected value, column 1), expected a JSON mapping"
        );
        assert_eq!(
            edit("},\n{", "}\n{"),
            "m.json:3: found invalid JSON (expected `,` or `]`, column 1), expected a JSON mapping"
        );
        assert_eq!(
            message(b"[1, 2]"),
            "m.json: found [1,2], expected an object with the keys format, rows, embeddings, \
             groups, row_copies, rest, method, seed, train, ids"
        );
        assert_eq!(
            edit("[[0,1]]", "[[0,1],[5]]"),
            "m.json: key `groups[1].placements[1]`: found [5], expected a pair [bank, slot]"
        );
        assert_eq!(
            edit("[[0,1]]", "[[0,-1]]"),
            "m.json: key `groups[1].placements[0]`: found -1, expected a whole number from 0 to \
             4294967295"
        );
        assert_eq!(
            edit("[2,0]", "[2,4294967296]"),
            "m.json: key `groups[0].ids[1]`: found 4294967296, expected a whole number from 0 to \
             4294967295"
        );
        assert_eq!(
            edit("[2,0]", "\"two\""),
            "m.json: key `groups[0].ids`: found \"two\", expected a list of ids"
        );
        assert_eq!(
            edit("\"copies\":1,", ""),
            "m.json: key `groups[1].copies`: found no such key, expected one"
        );
        assert_eq!(
            edit("\"copies\":1,", "\"copies\":1,\"copy\":2,"),
            "m.json: key `groups[1].copy`: found an unknown key, expected only ids, copies, \
             placements"
        );
        assert_eq!(
            edit("\"rows\":2,", "\"rows\":1.5,"),
            "m.json: key `rows`: found 1.5, expected a whole number from 0 to 4294967295"
        );
        assert_eq!(
            edit("\"bags\":7", "\"bags\":null"),
            "m.json: key `train.bags`: found null, expected a whole number from 0 to \
             18446744073709551615"
        );
        assert_eq!(
            edit("\"rows\":2,", "\"rows\":2,\"rows\":2,"),
            "m.json:1: found duplicate field `rows` (column 27), expected a JSON mapping"
        );
        assert_eq!(
            edit("\"train\":{", "\"train\":{{"),
            "m.json:4: found invalid JSON (key must be a string, column 64), expected a JSON mapping"
        );
    }

    #[test]
    fn a_rule_is_a_key_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mapping.json");
        let mut mapping = small();
        mapping.format = FORMAT_WITH_REST;
        mapping.embeddings = 9;
        mapping.rest = Some(crate::mapping::Rest {
            lanes: 1,
            banks: 2,
            slots: 4,
            parts: vec![crate::mapping::RestPart {
                ids: vec![(0, 9)],
                groups: 3,
                order: crate::mapping::RestOrder::Dealt,
            }],
        });
        mapping.write(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let rest = "],\"rest\":{\"lanes\":1,\"banks\":2,\"slots\":4,\"parts\":[{\"ids\":[[0,9]],\
                    \"groups\":3,\"order\":\"dealt\"}]},\"method\"";
        assert!(text.contains(rest), "{text}");
        assert_eq!(Mapping::read(&path).unwrap(), mapping);
        for (from, to, expected) in [
            (
                "[[0,9]]",
                "[[0]]",
                "`rest.parts[0].ids[0]`: found [0], expected a range [first, end)",
            ),
            (
                "\"dealt\"",
                "\"dealed\"",
                "`rest.parts[0].order`: found \"dealed\", expected \"dealt\" or \"in_order\"",
            ),
            (
                "\"slots\":4,",
                "",
                "`rest.slots`: found no such key, expected one",
            ),
            (
                "\"slots\":4,",
                "\"slots\":-4,",
                "`rest.slots`: found -4, expected a whole number from 0 to 4294967295",
            ),
            (
                "\"slots\":4,",
                "\"slots\":4,\"rows\":2,",
                "`rest.rows`: found an unknown key, expected only lanes, banks, slots, parts",
            ),
        ] {
            let wrong = text.replacen(from, to, 1);
            assert_eq!(message(wrong.as_bytes()), format!("m.json: key {expected}"));
        }
    }

    #[test]
    fn hashes_of_lists_are_a_key_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mapping.json");
        let mut mapping = small();
        mapping.ids.push(crate::formats::trace::ListHash {
            count: 3,
            hash: "blake3:00".to_owned(),
        });
        mapping.write(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let ids = "\"activations\":9},\"ids\":[{\"count\":3,\"hash\":\"blake3:00\"}]}\n";
        assert!(text.ends_with(ids), "{text}");
        assert_eq!(Mapping::read(&path).unwrap(), mapping);
        for (from, to, expected) in [
            (
                "\"count\":3",
                "\"count\":-3",
                "`ids[0].count`: found -3, expected a whole number from 0 to 4294967295",
            ),
            (
                "\"blake3:00\"",
                "0",
                "`ids[0].hash`: found 0, expected a string",
            ),
            (
                "[{\"count",
                "[3,{\"count",
                "`ids[0]`: found 3, expected an object with the keys count, hash",
            ),
        ] {
            let wrong = text.replacen(from, to, 1);
            assert_eq!(message(wrong.as_bytes()), format!("m.json: key {expected}"));
        }
    }

    #[test]
    fn deep_nesting_is_refused() {
        assert!(message("[".repeat(100_000).as_bytes()).starts_with("m.json:1: found "));
    }

    #[test]
    fn the_error_names_a_missing_file() {
        let e = Mapping::read(Path::new("no/such/mapping.json")).unwrap_err();
        assert!(
            e.to_string()
                .starts_with("cannot read no/such/mapping.json: ")
        );
    }
}
