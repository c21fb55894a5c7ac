//! Overlays a user's technology file on the built-in one and checks each key.

use toml::{Table, Value};

use super::number::Mark;
use crate::config::{Choice, Fault, Shape, Wrong, join};

/// Help for every error in a technology file.
pub(super) const HELP: &str =
    "`recross init --technology` prints every number with its unit and source";

type Checked<T> = Result<T, Fault>;

/// The fault of a value that its key cannot have.
pub(super) fn fault(key: &str, found: impl Into<String>, expected: impl Into<String>) -> Fault {
    let mut fault = Fault::new(Wrong::Range, key, found, expected);
    fault.help = HELP.to_owned();
    fault
}

/// The built-in table, overridden by the user's; every number gets its path as `key`. `shape` is
/// that of the whole technology.
pub(super) fn merged(
    mut built_in: Table,
    user: Table,
    origin: &str,
    shape: Option<&Shape>,
) -> Checked<Table> {
    add_keys(&mut built_in, "");
    let mark = Mark::User.name();
    let file = User {
        shape,
        mark: &mark,
        origin,
    };
    overlay(&mut built_in, user, "", &file)?;
    Ok(built_in)
}

/// Properties of the user's file.
struct User<'a> {
    /// Keys and values that a technology file may have.
    shape: Option<&'a Shape>,
    /// Mark of numbers without one.
    mark: &'a str,
    /// Name of the file: the source of numbers without one.
    origin: &'a str,
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

fn overlay(base: &mut Table, user: Table, path: &str, file: &User<'_>) -> Checked<()> {
    for (key, value) in user {
        let path_of_key = join(path, &key);
        let path = match base.contains_key(&key) {
            true => path_of_key.as_str(),
            false => return Err(Fault::unknown(path, &key, base.keys())),
        };
        let Some(old) = base.get_mut(&key) else {
            continue;
        };
        let kind = entry(old);
        match (kind, old, value) {
            (Entry::Section, Value::Table(old), Value::Table(new)) => {
                overlay(old, new, path, file)?;
            }
            (Entry::Choice, old, new) => {
                if let Some(key) = file.shape.and_then(|s| s.at(path)) {
                    key.shape.check(&new, path)?;
                }
                *old = new;
            }
            (Entry::Number | Entry::Curve, Value::Table(old), Value::Table(new)) => {
                replace(old, new, kind, path, file)?;
            }
            (Entry::Number, Value::Table(old), new @ (Value::Integer(_) | Value::Float(_))) => {
                let new = Table::from_iter([("value".to_owned(), new)]);
                replace(old, new, kind, path, file)?;
            }
            (Entry::Section, _, other) => {
                return Err(Fault::value(path, &other, format!("a section, [{path}]")));
            }
            (Entry::Number, _, other) => {
                let expected = "a number, or a table with `value`";
                return Err(Fault::value(path, &other, expected));
            }
            (Entry::Curve, _, other) => {
                return Err(Fault::value(path, &other, "a table with `at` and `value`"));
            }
        }
    }
    Ok(())
}

fn replace(old: &mut Table, new: Table, kind: Entry, path: &str, file: &User<'_>) -> Checked<()> {
    let valued = new.contains_key("value") || new.contains_key("at");
    let given = ["mark", "source"].map(|name| new.contains_key(name));
    for (name, value) in new {
        let place = join(path, &name);
        let value = match name.as_str() {
            "value" if kind == Entry::Number => number(value, &place)?,
            "value" | "at" if kind == Entry::Curve => list(value, &place)?,
            "unit" | "mark" | "node" | "source" => {
                if let Some(key) = file.shape.and_then(|s| s.at(&place)) {
                    key.shape.check(&value, &place)?;
                }
                let unit = old.get("unit").and_then(Value::as_str).unwrap_or("");
                match value.as_str() {
                    Some(other) if name == "unit" && other != unit => {
                        return Err(fault(&place, format!("`{other}`"), format!("`{unit}`")));
                    }
                    Some(_) | None => value,
                }
            }
            _ => {
                // `key` was added by `add_keys`.
                let keys = old.keys().filter(|name| *name != "key");
                return Err(Fault::unknown(path, &name, keys));
            }
        };
        old.insert(name, value);
    }
    if kind == Entry::Curve {
        curve(old, path)?;
    }
    // A new value does not come from the old source.
    let new = [("mark", file.mark), ("source", file.origin)];
    for ((name, value), given) in new.into_iter().zip(given) {
        if valued && !given {
            old.insert(name.to_owned(), Value::String(value.to_owned()));
        }
    }
    Ok(())
}

fn number(value: Value, place: &str) -> Checked<Value> {
    match floats(&value) {
        Value::Float(x) if x.is_finite() && x >= 0.0 => Ok(Value::Float(x)),
        Value::Float(x) => Err(fault(place, x.to_string(), "a finite number, not negative")),
        other => Err(Fault::value(place, &other, "a number")),
    }
}

fn list(value: Value, place: &str) -> Checked<Value> {
    match value {
        Value::Array(items) if !items.is_empty() => {
            let items = items.into_iter().map(|v| number(v, place));
            Ok(Value::Array(items.collect::<Checked<_>>()?))
        }
        other => Err(Fault::value(place, &other, "a list of numbers")),
    }
}

/// Checks that a curve's places ascend and that every place has a value.
fn curve(table: &Table, path: &str) -> Checked<()> {
    let numbers = |name: &str| -> Vec<f64> {
        let items = table.get(name).and_then(Value::as_array);
        let items = items.into_iter().flatten();
        items.filter_map(Value::as_float).collect()
    };
    let (at, value) = (numbers("at"), numbers("value"));
    if at.len() != value.len() {
        let found = format!("{} places and {} values", at.len(), value.len());
        return Err(fault(path, found, "as many values as places"));
    }
    if !at.is_sorted_by(|a, b| a < b) {
        let found = format!("{at:?}");
        return Err(fault(&join(path, "at"), found, "ascending places"));
    }
    Ok(())
}
