//! Overlays a user's technology file on the built-in one and checks each key.

use toml::{Table, Value};

use crate::error::{Error, Result};

/// An [`Error::Config`] for a key of a technology file.
pub(super) fn fail(
    origin: &str,
    key: &str,
    found: impl Into<String>,
    expected: impl Into<String>,
) -> Error {
    Error::Config {
        origin: origin.to_owned(),
        key: key.to_owned(),
        found: found.into(),
        expected: expected.into(),
        help: "`recross init --technology` prints every number with its unit and source".to_owned(),
    }
}

/// The built-in table, overridden by the user's text; every number gets its path as `key`.
pub(super) fn merged(built_in: &str, text: &str, origin: &str) -> Result<Table> {
    let mut table = parse(built_in, "<built-in>")?;
    add_keys(&mut table, "");
    overlay(&mut table, parse(text, origin)?, "", origin)?;
    Ok(table)
}

fn parse(text: &str, origin: &str) -> Result<Table> {
    text.parse::<Table>().map_err(|e| {
        let line = e
            .span()
            .map(|s| 1 + text[..s.start.min(text.len())].matches('\n').count());
        let place = line.map_or(origin.to_owned(), |n| format!("{origin}:{n}"));
        fail(
            &place,
            "(file)",
            e.message().replace('\n', " "),
            "a TOML text",
        )
    })
}

/// Kind of a key's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entry {
    Section,
    Number,
    Curve,
    Choice,
}

fn entry(value: &Value) -> Entry {
    match value {
        Value::Table(t) if t.contains_key("at") => Entry::Curve,
        Value::Table(t) if t.contains_key("value") => Entry::Number,
        Value::Table(_) => Entry::Section,
        _ => Entry::Choice,
    }
}

fn join(path: &str, key: &str) -> String {
    match path {
        "" => key.to_owned(),
        _ => format!("{path}.{key}"),
    }
}

fn add_keys(table: &mut Table, path: &str) {
    for (key, value) in table.iter_mut() {
        let path = join(path, key);
        let kind = entry(value);
        if let Value::Table(inner) = value {
            match kind {
                Entry::Section => add_keys(inner, &path),
                _ => {
                    inner.insert("key".to_owned(), Value::String(path));
                    let numbers = ["value", "at"];
                    for name in numbers {
                        if let Some(v) = inner.get_mut(name) {
                            *v = floats(v);
                        }
                    }
                }
            }
        }
    }
}

/// Whole numbers as floats, so that `48` and `48.0` are the same.
fn floats(value: &Value) -> Value {
    match value {
        Value::Integer(n) => Value::Float(*n as f64),
        Value::Array(items) => Value::Array(items.iter().map(floats).collect()),
        other => other.clone(),
    }
}

fn overlay(base: &mut Table, user: Table, path: &str, origin: &str) -> Result<()> {
    for (key, value) in user {
        let path = join(path, &key);
        let names: Vec<&str> = base.keys().map(String::as_str).collect();
        let names = names.join(", ");
        let Some(old) = base.get_mut(&key) else {
            return Err(fail(origin, &path, "an unknown key", names));
        };
        let kind = entry(old);
        match (kind, old, value) {
            (Entry::Section, Value::Table(old), Value::Table(new)) => {
                overlay(old, new, &path, origin)?;
            }
            (Entry::Section, _, other) => {
                return Err(fail(origin, &path, other.to_string(), "a table of numbers"));
            }
            (Entry::Choice, old, Value::String(new)) => *old = choice(&path, new, origin)?,
            (Entry::Choice, _, other) => {
                return Err(fail(origin, &path, other.to_string(), "a string in quotes"));
            }
            (Entry::Number | Entry::Curve, Value::Table(old), Value::Table(new)) => {
                replace(old, new, kind, &path, origin)?;
            }
            (Entry::Number, Value::Table(old), new @ (Value::Integer(_) | Value::Float(_))) => {
                let new = Table::from_iter([("value".to_owned(), new)]);
                replace(old, new, kind, &path, origin)?;
            }
            (_, _, other) => {
                let expected = match kind {
                    Entry::Curve => "a table with `at` and `value`",
                    _ => "a number, or a table with `value`",
                };
                return Err(fail(origin, &path, other.to_string(), expected));
            }
        }
    }
    Ok(())
}

/// Checks the value of a key that allows certain words only.
fn choice(path: &str, word: String, origin: &str) -> Result<Value> {
    let allowed: &[&str] = match path {
        "adc.model" => &["as_configured", "flash", "sar", "murmann"],
        "adc.flash.switching" => &["gated", "resized"],
        _ => &["lpddr4", "ddr3", "ddr4", "gddr5", "hbm2"],
    };
    match allowed.contains(&word.as_str()) {
        true => Ok(Value::String(word)),
        false => Err(fail(origin, path, format!("`{word}`"), allowed.join(", "))),
    }
}

fn replace(old: &mut Table, new: Table, kind: Entry, path: &str, origin: &str) -> Result<()> {
    let valued = new.contains_key("value") || new.contains_key("at");
    let given = ["mark", "source"].map(|name| new.contains_key(name));
    for (name, value) in new {
        let place = join(path, &name);
        let value = match (name.as_str(), value) {
            ("value", v) if kind == Entry::Number => number(v, &place, origin)?,
            ("value" | "at", v) if kind == Entry::Curve => list(v, &place, origin)?,
            ("unit", Value::String(unit)) => {
                let wanted = old.get("unit").and_then(Value::as_str).unwrap_or("");
                if unit != wanted {
                    return Err(fail(
                        origin,
                        &place,
                        format!("`{unit}`"),
                        format!("`{wanted}`"),
                    ));
                }
                Value::String(unit)
            }
            ("mark", Value::String(mark)) => {
                let allowed = ["published", "computed", "inferred", "user"];
                if !allowed.contains(&mark.as_str()) {
                    return Err(fail(
                        origin,
                        &place,
                        format!("`{mark}`"),
                        allowed.join(", "),
                    ));
                }
                Value::String(mark)
            }
            ("node" | "source", v @ Value::String(_)) => v,
            ("unit" | "mark" | "node" | "source", v) => {
                return Err(fail(origin, &place, v.to_string(), "a string in quotes"));
            }
            _ => {
                let known = match kind {
                    Entry::Curve => "at, value, unit, node, mark, source",
                    _ => "value, unit, node, mark, source",
                };
                return Err(fail(origin, &place, "an unknown key", known));
            }
        };
        old.insert(name, value);
    }
    if kind == Entry::Curve {
        curve(old, path, origin)?;
    }
    // A new value does not come from the old source.
    let defaults = [("mark", "user".to_owned()), ("source", origin.to_owned())];
    for ((name, value), _) in defaults
        .into_iter()
        .zip(given)
        .filter(|(_, given)| valued && !given)
    {
        old.insert(name.to_owned(), Value::String(value));
    }
    Ok(())
}

fn number(value: Value, place: &str, origin: &str) -> Result<Value> {
    match floats(&value) {
        Value::Float(x) if x.is_finite() && x >= 0.0 => Ok(Value::Float(x)),
        Value::Float(x) => Err(fail(
            origin,
            place,
            x.to_string(),
            "a finite number, not negative",
        )),
        other => Err(fail(origin, place, other.to_string(), "a number")),
    }
}

fn list(value: Value, place: &str, origin: &str) -> Result<Value> {
    match value {
        Value::Array(items) if !items.is_empty() => {
            let items = items.into_iter().map(|v| number(v, place, origin));
            Ok(Value::Array(items.collect::<Result<_>>()?))
        }
        other => Err(fail(origin, place, other.to_string(), "a list of numbers")),
    }
}

/// Checks that a curve's places ascend and that every place has a value.
fn curve(table: &Table, path: &str, origin: &str) -> Result<()> {
    let numbers = |name: &str| -> Vec<f64> {
        let items = table.get(name).and_then(Value::as_array);
        let items = items.into_iter().flatten();
        items.filter_map(Value::as_float).collect()
    };
    let (at, value) = (numbers("at"), numbers("value"));
    if at.len() != value.len() {
        let found = format!("{} places and {} values", at.len(), value.len());
        return Err(fail(origin, path, found, "as many values as places"));
    }
    if !at.is_sorted_by(|a, b| a < b) {
        let found = format!("{at:?}");
        return Err(fail(origin, &join(path, "at"), found, "ascending places"));
    }
    Ok(())
}
