//! A user's technology file over the built-in one, checked key by key.

use toml::{Table, Value};

use super::number::Mark;
use crate::config::{Choice, Fault, Shape, Wrong, join};

/// What to do about a wrong file.
pub(super) const HELP: &str =
    "`recross init --technology` prints every number with its unit and source";

type Checked<T> = Result<T, Fault>;

/// A value that its key cannot have.
pub(super) fn fault(key: &str, found: impl Into<String>, expected: impl Into<String>) -> Fault {
    let mut fault = Fault::new(Wrong::Range, key, found, expected);
    fault.help = HELP.to_owned();
    fault
}

/// The built-in table with the user's over it; every entry carries its `key`. `shape` is that of the
/// whole technology.
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

/// What there is to know about the user's file.
struct User<'a> {
    /// What a technology file may hold.
    shape: Option<&'a Shape>,
    /// The mark of its numbers, where it gives none.
    mark: &'a str,
    /// The file, for the source of its numbers where it gives none.
    origin: &'a str,
}

/// What stands under a key.
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
    let said = ["mark", "source"].map(|name| new.contains_key(name));
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
                // `key` is ours.
                let keys = old.keys().filter(|name| *name != "key");
                return Err(Fault::unknown(path, &name, keys));
            }
        };
        old.insert(name, value);
    }
    if kind == Entry::Curve {
        curve(old, path)?;
    }
    // A new value is not from the old source.
    let new = [("mark", file.mark), ("source", file.origin)];
    for ((name, value), said) in new.into_iter().zip(said) {
        if valued && !said {
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

/// A curve's places ascend, and every place has a value.
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
