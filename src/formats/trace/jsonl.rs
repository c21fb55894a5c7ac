//! The `.jsonl` form: `[1,2]` or `{"table":0,"ids":[1,2]}` on each line.

use std::fmt;

use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};

use super::builder::TraceBuilder;
use super::lines::{Lines, Place};
use super::raw_id::{BadId, RawId};
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
        for (at, id) in bag.ids.iter().enumerate() {
            let id = id.as_raw();
            builder
                .id(bag.table, id)
                .map_err(|bad| bad_id(id, bad, at, place))?;
        }
        builder.end_bag(bag.table, Some(place.line));
    }
    Ok(())
}

fn bad_id(id: RawId<'_>, bad: BadId, at: usize, place: Place<'_>) -> Error {
    let kind = bad.kind();
    let found = format!("the {kind}id `{id}` (number {} of the bag)", at + 1);
    bad.error(found, |found, expected, help| {
        place.error(found, expected, help)
    })
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
        .trim_start_matches("invalid value: ");
    if found == "sequence" && expected.starts_with("an id") {
        return place.error(
            format!("a list inside a list (column {})", e.column()),
            expected,
            "give each inner list a line of its own; \
             `{\"table\":1,\"ids\":[5,6]}` is a bag of table 1",
        );
    }
    let found = match found {
        "map" => "an object".to_owned(),
        "sequence" => "a list".to_owned(),
        other => other.replace("EOF while parsing", "the end of the line inside"),
    };
    let expected = match expected {
        "value" => "a value",
        "a sequence" => "a list of ids",
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
    ids: Vec<Id>,
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
        while let Some(id) = seq.next_element()? {
            ids.push(id);
        }
        Ok(Bag { table: 0, ids })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Bag, A::Error> {
        let (mut table, mut ids) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "table" if table.is_none() => table = Some(map.next_value::<Table>()?.0),
                "ids" if ids.is_none() => ids = Some(map.next_value::<Vec<Id>>()?),
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
            ids,
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

/// An id as the line has it.
enum Id {
    Number(u64),
    Negative(i64),
    Text(String),
}

impl Id {
    fn as_raw(&self) -> RawId<'_> {
        match self {
            Id::Number(number) => RawId::Number(*number),
            Id::Negative(number) => RawId::Negative(*number),
            Id::Text(text) => RawId::Text(text),
        }
    }
}

impl<'de> Deserialize<'de> for Id {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdVisitor)
    }
}

struct IdVisitor;

impl Visitor<'_> for IdVisitor {
    type Value = Id;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BadId::a_row())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Id, E> {
        Ok(Id::Number(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Id, E> {
        Ok(match RawId::from(value) {
            RawId::Number(number) => Id::Number(number),
            _ => Id::Negative(value),
        })
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Id, E> {
        Ok(Id::Text(value.to_owned()))
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
        t.jsonl:2: found the negative id `-3` (number 2 of the bag), expected an id from 0 to 4294967294
        ids are rows of a table, counted from 0; if it is padding, leave it out with --padding-idx
        ");
        insta::assert_snapshot!(message(b"[4294967295]"), @"
        t.jsonl:1: found the large id `4294967295` (number 1 of the bag), expected an id from 0 to 4294967294
        ids are rows of a table, counted from 0; 1 distinct id, highest 4294967295: `--renumber` gives it the number 0
        ");
        insta::assert_snapshot!(message(b"[1.5]"), @"
        t.jsonl:1: found floating point `1.5` (column 4), expected an id from 0 to 4294967294
        one bag per line: a list of ids, or an object with `table` and `ids`
        ");
        insta::assert_snapshot!(message(b"[\"a\"]"), @"
        t.jsonl:1: found the string id `a` (number 1 of the bag), expected an id from 0 to 4294967294
        ids are rows of a table, counted from 0; 1 distinct id: `--renumber` gives it the number 0
        ");
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
        insta::assert_snapshot!(message(b"[[[["), @r#"
        t.jsonl:1: found a list inside a list (column 2), expected an id from 0 to 4294967294
        give each inner list a line of its own; `{"table":1,"ids":[5,6]}` is a bag of table 1
        "#);
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
