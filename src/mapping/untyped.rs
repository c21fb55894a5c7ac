//! Finds the key of a value of the wrong kind in a mapping's file.

use crate::error::At;
use serde_json::Value;

/// A value of the wrong kind.
pub(super) struct Wrong {
    pub(super) at: At,
    pub(super) found: String,
    pub(super) expected: String,
}

type Checked = Result<(), Wrong>;

/// The first value of the wrong kind, in the order of the file format.
pub(super) fn wrong_value(value: &Value) -> Option<Wrong> {
    let root = Object::new(
        value,
        "",
        &[
            "format",
            "rows",
            "embeddings",
            "groups",
            "row_copies",
            "rest",
            "method",
            "seed",
            "train",
            "ids",
        ],
    );
    root.and_then(|root| {
        for key in ["format", "rows", "embeddings"] {
            root.number(key, u64::from(u32::MAX))?;
        }
        list(root.get("groups")?, "groups", "a list of groups", &group)?;
        if let Some(copies) = root.members.get("row_copies") {
            list(copies, "row_copies", "a list of groups", &group)?;
        }
        if let Some(value) = root.members.get("rest") {
            rest(value)?;
        }
        if !root.get("method")?.is_string() {
            return wrong("method", root.get("method")?, "a string");
        }
        root.number("seed", u64::MAX)?;
        let train = Object::new(root.get("train")?, "train", &["bags", "activations"])?;
        train.number("bags", u64::MAX)?;
        train.number("activations", u64::MAX)?;
        match root.members.get("ids") {
            Some(ids) => list(ids, "ids", "a list of hashes", &list_hash),
            None => Ok(()),
        }
    })
    .err()
}

fn group(value: &Value, key: &str) -> Checked {
    let group = Object::new(value, key, &["ids", "copies", "placements"])?;
    list(
        group.get("ids")?,
        &group.key("ids"),
        "a list of ids",
        &|id, key| number(id, key, u64::from(u32::MAX)),
    )?;
    group.number("copies", u64::from(u32::MAX))?;
    list(
        group.get("placements")?,
        &group.key("placements"),
        "a list of [bank, slot] pairs",
        &|place, key| pair(place, key, "a pair [bank, slot]"),
    )
}

fn list_hash(value: &Value, key: &str) -> Checked {
    let hash = Object::new(value, key, &["count", "hash"])?;
    hash.number("count", u64::from(u32::MAX))?;
    match hash.get("hash")?.is_string() {
        true => Ok(()),
        false => wrong(&hash.key("hash"), hash.get("hash")?, "a string"),
    }
}

fn rest(value: &Value) -> Checked {
    let rest = Object::new(value, "rest", &["lanes", "banks", "slots", "parts"])?;
    for key in ["lanes", "banks", "slots"] {
        rest.number(key, u64::from(u32::MAX))?;
    }
    let part = |value: &Value, key: &str| {
        let part = Object::new(value, key, &["ids", "groups", "order"])?;
        list(
            part.get("ids")?,
            &part.key("ids"),
            "a list of [first, end) ranges",
            &|range, key| pair(range, key, "a range [first, end)"),
        )?;
        part.number("groups", u64::from(u32::MAX))?;
        match part.get("order")?.as_str() {
            Some("dealt" | "in_order") => Ok(()),
            _ => wrong(
                &part.key("order"),
                part.get("order")?,
                "\"dealt\" or \"in_order\"",
            ),
        }
    };
    list(rest.get("parts")?, "rest.parts", "a list of parts", &part)
}

/// A list of two numbers.
fn pair(value: &Value, key: &str, expected: &str) -> Checked {
    match value.as_array() {
        Some(pair) if pair.len() == 2 => pair
            .iter()
            .try_for_each(|n| number(n, key, u64::from(u32::MAX))),
        _ => wrong(key, value, expected),
    }
}

struct Object<'a> {
    members: &'a serde_json::Map<String, Value>,
    prefix: &'a str,
}

impl<'a> Object<'a> {
    fn new(value: &'a Value, prefix: &'a str, keys: &[&str]) -> Result<Self, Wrong> {
        let expected = || format!("an object with the keys {}", keys.join(", "));
        let Some(members) = value.as_object() else {
            return Err(Wrong {
                at: at(prefix),
                found: describe(value),
                expected: expected(),
            });
        };
        let object = Object { members, prefix };
        match members.keys().find(|k| !keys.contains(&k.as_str())) {
            Some(unknown) => Err(Wrong {
                at: at(&object.key(unknown)),
                found: "an unknown key".to_owned(),
                expected: format!("only {}", keys.join(", ")),
            }),
            None => Ok(object),
        }
    }

    fn key(&self, name: &str) -> String {
        match self.prefix {
            "" => name.to_owned(),
            prefix => format!("{prefix}.{name}"),
        }
    }

    fn get(&self, name: &str) -> Result<&'a Value, Wrong> {
        self.members.get(name).ok_or_else(|| Wrong {
            at: at(&self.key(name)),
            found: "no such key".to_owned(),
            expected: "one".to_owned(),
        })
    }

    fn number(&self, name: &str, most: u64) -> Checked {
        number(self.get(name)?, &self.key(name), most)
    }
}

fn list(
    value: &Value,
    key: &str,
    expected: &str,
    each: &dyn Fn(&Value, &str) -> Checked,
) -> Checked {
    match value.as_array() {
        Some(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(i, item)| each(item, &format!("{key}[{i}]"))),
        None => wrong(key, value, expected),
    }
}

fn number(value: &Value, key: &str, most: u64) -> Checked {
    match value.as_u64() {
        Some(n) if n <= most => Ok(()),
        _ => wrong(key, value, &format!("a whole number from 0 to {most}")),
    }
}

fn wrong(key: &str, found: &Value, expected: &str) -> Checked {
    Err(Wrong {
        at: at(key),
        found: describe(found),
        expected: expected.to_owned(),
    })
}

fn at(key: &str) -> At {
    match key {
        "" => At::File,
        key => At::Key(key.to_owned()),
    }
}

/// A value, shortened for a message.
fn describe(value: &Value) -> String {
    match value {
        Value::Array(items) if items.len() > 4 => format!("a list of {}", items.len()),
        Value::Object(_) => "an object".to_owned(),
        other => {
            let text = other.to_string();
            match text.char_indices().nth(60) {
                Some((cut, _)) => format!("{}...", &text[..cut]),
                None => text,
            }
        }
    }
}
