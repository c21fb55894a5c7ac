//! What a value may be, as a JSON schema says it, and the check of values against it.

use std::collections::BTreeMap;

use toml::Value;

use super::names::replacement;
use super::words::{alternatives, join, nearest};
use crate::error::Error;

/// What stands under a key: the part of a JSON schema that our types use.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    /// A section or table, by key.
    Table(BTreeMap<String, Key>),
    /// One of these words.
    Words(Vec<Word>),
    /// A whole number.
    Integer(Range<i64>),
    /// A finite number.
    Number(Range<f64>),
    /// A list, and how many entries it may have.
    List(Box<Shape>, Option<usize>),
    /// `true` or `false`.
    Flag,
    /// Any text.
    Text,
    /// One of several, each of another type.
    AnyOf(Vec<Key>),
}

/// A shape and what it means.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Key {
    /// The doc comment, on one line.
    pub text: String,
    /// What it may be.
    pub shape: Shape,
}

/// A word that a value can be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Word {
    /// The word.
    pub name: String,
    /// The doc comment, on one line.
    pub text: String,
    /// Why this key does not take it, although its type has it.
    pub refused: Option<String>,
}

/// Bounds of a number, both included.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Range<T> {
    /// Smallest value (but see `zero`).
    pub low: T,
    /// Largest value.
    pub high: T,
    /// Unit; empty where there is none.
    pub unit: String,
    /// Whether only powers of two are allowed.
    pub power_of_two: bool,
    /// What 0 means, where it is special. It is allowed even if `low` is more.
    pub zero: Option<String>,
}

/// How a value is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// Out of its bounds.
    Range,
    /// Of another type, or a word that is not a choice.
    Value,
    /// Its key is unknown.
    Key,
}

/// The first thing that is wrong with a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fault {
    pub wrong: Wrong,
    /// Dotted key.
    pub path: String,
    pub found: String,
    /// What is allowed; of an unknown key the one that may be meant, or empty.
    pub expected: String,
    /// What else there is to say; may be empty.
    pub help: String,
}

impl Fault {
    /// A fault with nothing else to say.
    pub fn new(
        wrong: Wrong,
        path: &str,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Fault {
            wrong,
            path: path.to_owned(),
            found: found.into(),
            expected: expected.into(),
            help: String::new(),
        }
    }

    /// A key `name` that the table at `path` does not have; `keys` are those that it has.
    pub fn unknown<'a>(path: &str, name: &str, keys: impl IntoIterator<Item = &'a String>) -> Self {
        let keys: Vec<&str> = keys.into_iter().map(String::as_str).collect();
        let key = join(path, name);
        if let Some(instead) = replacement(&key) {
            let mut fault = Fault::new(Wrong::Key, &key, "", "");
            fault.help = instead.to_owned();
            return fault;
        }
        let near = nearest(name, keys.iter().copied()).map(|near| join(path, near));
        let mut fault = Fault::new(Wrong::Key, &key, "", near.unwrap_or_default());
        fault.help = match path {
            "" => format!("the sections are {}", keys.join(", ")),
            _ => format!("the keys of [{path}] are {}", keys.join(", ")),
        };
        fault
    }

    /// A value of another type than its shape; also a word that is not a choice.
    pub fn value(path: &str, value: &Value, expected: impl Into<String>) -> Self {
        let found = match value {
            Value::String(text) => format!("{text:?}"),
            Value::Array(_) => "a list".to_owned(),
            Value::Table(_) => "a table".to_owned(),
            Value::Datetime(_) => format!("the date {value}"),
            Value::Integer(_) | Value::Float(_) | Value::Boolean(_) => value.to_string(),
        };
        Fault::new(Wrong::Value, path, found, expected)
    }

    /// What is wrong, in a sentence that names the key.
    pub fn sentence(&self) -> String {
        let Fault {
            path,
            found,
            expected,
            ..
        } = self;
        match self.wrong {
            Wrong::Range => format!("{path} is {found}, not {expected}"),
            Wrong::Value => format!("{path} is {found}; use {expected}"),
            Wrong::Key if expected.is_empty() => format!("{path} is not a key"),
            Wrong::Key => format!("{path} is not a key; did you mean {expected}?"),
        }
    }

    /// The error for a configuration; `help` is added where there is nothing better to say.
    pub fn into_error(self, origin: &str, help: &str) -> Error {
        let origin = origin.to_owned();
        match self.wrong {
            Wrong::Range => Error::Config {
                origin,
                key: self.path,
                found: self.found,
                expected: self.expected,
                help: self.help,
            },
            Wrong::Value | Wrong::Key => Error::ConfigText {
                origin,
                what: self.sentence(),
                help: match self.help.is_empty() {
                    true => help.to_owned(),
                    false => self.help,
                },
            },
        }
    }
}

impl Shape {
    /// What a dotted key stands for.
    pub fn at(&self, path: &str) -> Option<&Key> {
        let (name, rest) = match path.split_once('.') {
            Some((name, rest)) => (name, Some(rest)),
            None => (path, None),
        };
        let Shape::Table(keys) = self else {
            return None;
        };
        let key = keys.get(name)?;
        rest.map_or(Some(key), |rest| key.shape.at(rest))
    }

    /// Checks a value; `path` is its key, and empty for the whole.
    ///
    /// # Errors
    /// The first fault, in the order of the value's keys.
    pub fn check(&self, value: &Value, path: &str) -> Result<(), Fault> {
        match (self, value) {
            (Shape::Table(keys), Value::Table(table)) => {
                for (name, value) in table {
                    let inner = join(path, name);
                    let key = keys.get(name);
                    let key = key.ok_or_else(|| Fault::unknown(path, name, keys.keys()))?;
                    key.shape.check(value, &inner)?;
                }
                Ok(())
            }
            (Shape::Words(words), Value::String(word)) => check_word(words, word, path),
            (Shape::Integer(range), Value::Integer(n)) => range.check(*n, path),
            (Shape::Number(range), Value::Float(x)) => range.check(*x, path),
            (Shape::Number(range), Value::Integer(n)) => range.check(*n as f64, path),
            (Shape::List(items, most), Value::Array(values)) => {
                if let Some(most) = most.filter(|&most| values.len() > most) {
                    let found = format!("{} entries", values.len());
                    return Err(Fault::new(
                        Wrong::Range,
                        path,
                        found,
                        format!("at most {most}"),
                    ));
                }
                let checked = |(i, value)| items.check(value, &format!("{path}[{i}]"));
                values.iter().enumerate().try_for_each(checked)
            }
            (Shape::Text, Value::String(_)) | (Shape::Flag, Value::Boolean(_)) => Ok(()),
            (Shape::AnyOf(several), value) => {
                let mut fault = self.another_type(value, path);
                for key in several {
                    match key.shape.check(value, path) {
                        Ok(()) => return Ok(()),
                        Err(f) if f.wrong == Wrong::Range => fault = f,
                        Err(_) => {}
                    }
                }
                Err(fault)
            }
            (
                Shape::Table(_)
                | Shape::Words(_)
                | Shape::Integer(_)
                | Shape::Number(_)
                | Shape::List(..)
                | Shape::Flag
                | Shape::Text,
                other,
            ) => Err(self.another_type(other, path)),
        }
    }

    /// The words that are allowed, in the order of their declaration.
    pub fn words(&self) -> Vec<&Word> {
        match self {
            Shape::Words(words) => words.iter().filter(|w| w.refused.is_none()).collect(),
            Shape::AnyOf(shapes) => shapes.iter().flat_map(|s| s.shape.words()).collect(),
            Shape::Table(_)
            | Shape::Integer(_)
            | Shape::Number(_)
            | Shape::List(..)
            | Shape::Flag
            | Shape::Text => Vec::new(),
        }
    }

    /// What is allowed, for messages.
    pub fn allowed(&self) -> String {
        alternatives(self.each_allowed())
    }

    /// What is allowed, with each alternative apart, so that those of several shapes form one list.
    fn each_allowed(&self) -> Vec<String> {
        match self {
            Shape::Table(_) => vec!["a section".to_owned()],
            Shape::Words(_) => self
                .words()
                .iter()
                .map(|w| format!("`{}`", w.name))
                .collect(),
            Shape::Integer(range) => vec![range.allowed()],
            Shape::Number(range) => vec![range.allowed()],
            Shape::List(items, _) => vec![format!("a list, each entry {}", items.allowed())],
            Shape::Flag => vec!["`true`".to_owned(), "`false`".to_owned()],
            Shape::Text => vec!["a text in quotes".to_owned()],
            Shape::AnyOf(shapes) => shapes.iter().flat_map(|s| s.shape.each_allowed()).collect(),
        }
    }

    fn another_type(&self, value: &Value, path: &str) -> Fault {
        let expected = match matches!(self, Shape::Table(_)) {
            true => format!("a section, [{path}]"),
            false => self.allowed(),
        };
        let mut fault = Fault::value(path, value, expected);
        if let (Value::String(text), false) = (value, self.words().is_empty()) {
            fault.found = format!("`{text}`");
        }
        fault
    }
}

/// A type of number.
pub(crate) trait Bound: Copy + PartialOrd + std::fmt::Display {
    const NAME: &'static str;
    const ZERO: Self;
    fn is_power_of_two(self) -> bool;
}

impl Bound for i64 {
    const NAME: &'static str = "a whole number";
    const ZERO: Self = 0;
    fn is_power_of_two(self) -> bool {
        u64::try_from(self).is_ok_and(u64::is_power_of_two)
    }
}

impl Bound for f64 {
    const NAME: &'static str = "a number";
    const ZERO: Self = 0.0;
    fn is_power_of_two(self) -> bool {
        self.log2().fract() == 0.0
    }
}

impl<T: Bound> Range<T> {
    /// What is allowed, for messages.
    fn allowed(&self) -> String {
        let what = match self.power_of_two {
            true => "a power of two",
            false => T::NAME,
        };
        format!("{what} from {} to {}", self.low, self.high)
    }

    /// No comparison holds for NaN, so it is refused as the infinities are.
    fn check(&self, value: T, path: &str) -> Result<(), Fault> {
        let inside = value >= self.low && value <= self.high;
        let special = self.zero.is_some() && value == T::ZERO;
        if special || inside && (!self.power_of_two || value.is_power_of_two()) {
            return Ok(());
        }
        Err(Fault::new(
            Wrong::Range,
            path,
            value.to_string(),
            self.allowed(),
        ))
    }
}

fn check_word(words: &[Word], word: &str, path: &str) -> Result<(), Fault> {
    let known = words.iter().find(|w| w.name == word);
    if known.is_some_and(|w| w.refused.is_none()) {
        return Ok(());
    }
    let shape = Shape::Words(words.to_vec());
    let mut fault = Fault::new(Wrong::Value, path, format!("`{word}`"), shape.allowed());
    fault.help = known.and_then(|w| w.refused.clone()).unwrap_or_default();
    Err(fault)
}
