//! The `.jsonl` form: `[1,2]` or `{"table":0,"ids":[1,2]}` on each line.

use std::fmt;

use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};

use super::MAX_ID;
use super::builder::TraceBuilder;
use super::lines::{Lines, Place};
use crate::error::{Error, Result};

/// Reads all lines into `builder`. Blank lines are skipped (an empty bag is `[]`).
pub(super) fn read(lines: &mut Lines<'_>, builder: &mut TraceBuilder) -> Result<()> {
    while let Some((line, place)) = lines.next()? {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let text = std::str::from_utf8(line).map_err(|e| {
            place.error(
                format!("bytes that are not UTF-8 (column {})", e.valid_up_to() + 1),
                "JSON",
                "check that this is a trace",
            )
        })?;
        let bag: Bag = serde_json::from_str(text).map_err(|e| explain(&e, place))?;
        builder.extend(&bag.ids);
        builder.end_bag(bag.table, Some(place.line));
    }
    Ok(())
}

fn explain(e: &serde_json::Error, place: Place<'_>) -> Error {
    let text = e.to_string();
    // The parser reads one line of the file at a time, so its own line number is always 1.
    let text = match text.rfind(" at line ") {
        Some(end) => &text[..end],
        None => &text,
    };
    let (found, expected) = text
        .strip_prefix("expected ")
        .map(|expected| ("other text", expected))
        .or_else(|| text.split_once(", expected "))
        .unwrap_or((text, "`[1,2]` or `{\"table\":0,\"ids\":[1,2]}`"));
    // The parser's terms, as a user would write them.
    let found = found
        .trim_start_matches("invalid type: ")
        .trim_start_matches("invalid value: ")
        .replace("EOF while parsing", "the end of the line inside");
    let expected = match expected {
        "value" => "a value",
        other => other,
    };
    place.error(
        format!("{found} (column {})", e.column()),
        expected,
        "one bag per line: a list of ids, or an object with `table` and `ids`",
    )
}

struct Bag {
    table: u16,
    ids: Vec<u32>,
}

impl<'de> Deserialize<'de> for Bag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BagVisitor)
    }
}

struct BagVisitor;

impl<'de> Visitor<'de> for BagVisitor {
    type Value = Bag;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`[1,2]` or `{\"table\":0,\"ids\":[1,2]}`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Bag, A::Error> {
        let mut ids = Vec::new();
        while let Some(Id(id)) = seq.next_element()? {
            ids.push(id);
        }
        Ok(Bag { table: 0, ids })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Bag, A::Error> {
        let (mut table, mut ids) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "table" if table.is_none() => table = Some(map.next_value::<Table>()?.0),
                "ids" if ids.is_none() => {
                    ids = Some(map.next_value::<Vec<Id>>()?.into_iter().map(|id| id.0));
                }
                "table" | "ids" => {
                    return Err(A::Error::custom(format!("the key `{key}` twice")));
                }
                _ => {
                    return Err(A::Error::custom(format!(
                        "the key `{}`, expected `table` or `ids`",
                        key.escape_debug()
                    )));
                }
            }
        }
        let ids = ids.ok_or_else(|| A::Error::custom("no key `ids`"))?;
        Ok(Bag {
            table: table.unwrap_or(0),
            ids: ids.collect(),
        })
    }
}

/// Accepts a number up to `MAX`; the message for any other value gives the allowed range.
struct Below<const MAX: u32> {
    what: &'static str,
}

impl<const MAX: u32> Visitor<'_> for Below<MAX> {
    type Value = u32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} from 0 to {MAX}", self.what)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<u32, E> {
        match u32::try_from(value) {
            Ok(v) if v <= MAX => Ok(v),
            _ => Err(E::invalid_value(de::Unexpected::Unsigned(value), &self)),
        }
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<u32, E> {
        Err(E::invalid_value(de::Unexpected::Signed(value), &self))
    }
}

struct Id(u32);

impl<'de> Deserialize<'de> for Id {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_u32(Below::<MAX_ID> { what: "an id" }).map(Id)
    }
}

const MAX_TABLE: u32 = u16::MAX as u32 - 1;

struct Table(u16);

impl<'de> Deserialize<'de> for Table {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_u32(Below::<MAX_TABLE> { what: "a table" })
            .map(|t| Table(t as u16))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::{ReadOptions, Trace, read};

    fn parse(text: &[u8]) -> crate::Result<Trace> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.jsonl");
        std::fs::write(&path, text).unwrap();
        read(&path, &ReadOptions::default())
    }

    fn message(text: &[u8]) -> String {
        let e = parse(text).unwrap_err();
        let place = e.to_string();
        let (_, rest) = place.split_once("t.jsonl").unwrap();
        format!("t.jsonl{rest}\n{}", e.help().unwrap_or(""))
    }

    #[test]
    fn both_kinds_of_lines_are_read() {
        let text = b"[1, 2]\n\n[]\r\n{\"ids\":[7],\"table\":3}\n{\"ids\":[]}\n";
        let expected = [(0, vec![1, 2]), (0, vec![]), (3, vec![7]), (0, vec![])];
        let trace = parse(text).unwrap();
        assert_eq!(trace, Trace::from_lists(&expected).unwrap());
        assert_eq!(trace.line(2), Some(4));
    }

    #[test]
    fn errors_name_the_line_and_the_column() {
        insta::assert_snapshot!(message(b"[1]\n[2,-3]\n"), @"
        t.jsonl:2: found integer `-3` (column 5), expected an id from 0 to 4294967294
        one bag per line: a list of ids, or an object with `table` and `ids`
        ");
        insta::assert_snapshot!(message(b"[4294967295]"), @"
        t.jsonl:1: found integer `4294967295` (column 11), expected an id from 0 to 4294967294
        one bag per line: a list of ids, or an object with `table` and `ids`
        ");
        insta::assert_snapshot!(message(b"[1.5]"), @"
        t.jsonl:1: found floating point `1.5` (column 4), expected an id from 0 to 4294967294
        one bag per line: a list of ids, or an object with `table` and `ids`
        ");
        insta::assert_snapshot!(message(b"[\"a\"]"), @r#"
        t.jsonl:1: found string "a" (column 4), expected an id from 0 to 4294967294
        one bag per line: a list of ids, or an object with `table` and `ids`
        "#);
        insta::assert_snapshot!(message(b"[1,2"), @r#"
        t.jsonl:1: found the end of the line inside a list (column 4), expected `[1,2]` or `{"table":0,"ids":[1,2]}`
        one bag per line: a list of ids, or an object with `table` and `ids`
        "#);
        insta::assert_snapshot!(message(b"{\"table\":1}"), @r#"
        t.jsonl:1: found no key `ids` (column 11), expected `[1,2]` or `{"table":0,"ids":[1,2]}`
        one bag per line: a list of ids, or an object with `table` and `ids`
        "#);
        insta::assert_snapshot!(message(b"{\"table\":70000,\"ids\":[]}"), @"
        t.jsonl:1: found integer `70000` (column 14), expected a table from 0 to 65534
        one bag per line: a list of ids, or an object with `table` and `ids`
        ");
        insta::assert_snapshot!(message(b"{\"id\":[1]}"), @"
        t.jsonl:1: found the key `id` (column 5), expected `table` or `ids`
        one bag per line: a list of ids, or an object with `table` and `ids`
        ");
        insta::assert_snapshot!(message(b"{\"ids\":[1],\"ids\":[2]}"), @r#"
        t.jsonl:1: found the key `ids` twice (column 16), expected `[1,2]` or `{"table":0,"ids":[1,2]}`
        one bag per line: a list of ids, or an object with `table` and `ids`
        "#);
        insta::assert_snapshot!(message(b"[1] [2]"), @r#"
        t.jsonl:1: found trailing characters (column 5), expected `[1,2]` or `{"table":0,"ids":[1,2]}`
        one bag per line: a list of ids, or an object with `table` and `ids`
        "#);
        insta::assert_snapshot!(message(b"\"1 2\""), @r#"
        t.jsonl:1: found string "1 2" (column 5), expected `[1,2]` or `{"table":0,"ids":[1,2]}`
        one bag per line: a list of ids, or an object with `table` and `ids`
        "#);
        insta::assert_snapshot!(message(b"[[[["), @"
        t.jsonl:1: found sequence (column 1), expected an id from 0 to 4294967294
        one bag per line: a list of ids, or an object with `table` and `ids`
        ");
        insta::assert_snapshot!(message(b"[\xff]"), @"
        t.jsonl:1: found bytes that are not UTF-8 (column 2), expected JSON
        check that this is a trace
        ");
        insta::assert_snapshot!(message(b"[,]"), @"
        t.jsonl:1: found other text (column 2), expected a value
        one bag per line: a list of ids, or an object with `table` and `ids`
        ");
    }
}
