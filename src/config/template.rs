//! The annotated configuration file: every key with its text, its range or choices, and its value.

use toml::Value;

use super::keys::Config;
use super::schema::SHAPE;
use super::shape::{Bound, Key, Range, Shape};
use crate::error::Result;

/// Most characters of a line of comment.
const WIDTH: usize = 100;

/// The configuration as a file, annotated: every key with its meaning, its range or choices, and its
/// default where the value is another.
///
/// # Errors
/// [`crate::Error::Config`] if a number is beyond TOML's, which [`Config::resolve`] does not let through.
pub fn annotated_template(config: &Config) -> Result<String> {
    annotated_template_with(config, &[])
}

/// As [`annotated_template`], with a note at some keys: `(key, note)`.
///
/// # Errors
/// As [`annotated_template`].
pub fn annotated_template_with(config: &Config, notes: &[(&str, &str)]) -> Result<String> {
    let mut out = String::new();
    comment(
        &mut out,
        "",
        "Configuration of a recross design. A key that is left out has its default value.",
    );
    comment(
        &mut out,
        "",
        "`recross config --config FILE --resolved` prints what follows from a configuration.",
    );
    let table = |config: &Config| {
        let table = config.to_table();
        table.map_err(|fault| fault.into_error("<configuration>", ""))
    };
    let defaults = table(&Config::default())?;
    for (section, values) in &table(config)? {
        out.push('\n');
        if let Some(key) = SHAPE.at(section) {
            comment(&mut out, "", &key.text);
        }
        out.push_str(&format!("[{section}]\n"));
        for (name, value) in values.as_table().into_iter().flatten() {
            let path = format!("{section}.{name}");
            if let Some(key) = SHAPE.at(&path) {
                let default = defaults.get(section).and_then(|s| s.get(name));
                describe(&mut out, key, default.filter(|&d| d != value));
            }
            for (_, note) in notes.iter().filter(|(key, _)| *key == path) {
                comment(&mut out, "", note);
            }
            out.push_str(&format!("{name} = {value}\n"));
        }
    }
    Ok(out)
}

/// The comment of a key: its text and range, then a line for each choice, then a default that is not
/// the value.
fn describe(out: &mut String, key: &Key, default: Option<&Value>) {
    let range = range(&key.shape);
    let range = range.map_or(String::new(), |range| format!(" Range:\u{a0}{range}."));
    comment(out, "", &format!("{}{range}", key.text));
    choices(out, &key.shape);
    if let Some(default) = default {
        comment(out, "", &format!("Default: {default}."));
    }
}

/// `1 to 10000 MHz`, where a key has one range.
fn range(shape: &Shape) -> Option<String> {
    match shape {
        Shape::Integer(range) => Some(range.written()),
        Shape::Number(range) => Some(range.written()),
        Shape::List(items, most) => {
            let each = range(items).map(|range| format!("{range} for each entry"));
            let most = most.map(|most| format!("at most {most} entries"));
            let parts: Vec<String> = each.into_iter().chain(most).collect();
            (!parts.is_empty()).then(|| parts.join(", "))
        }
        Shape::Table(_) | Shape::Words(_) | Shape::Flag | Shape::Text | Shape::AnyOf(_) => None,
    }
}

fn choices(out: &mut String, shape: &Shape) {
    match shape {
        Shape::Words(_) => {
            for word in shape.words() {
                comment(out, "  ", &format!("{:?}: {}", word.name, word.text));
            }
        }
        Shape::AnyOf(several) => {
            for key in several {
                match range(&key.shape) {
                    Some(range) => comment(out, "  ", &format!("{range}: {}", key.text)),
                    None => choices(out, &key.shape),
                }
            }
        }
        Shape::Table(_)
        | Shape::Integer(_)
        | Shape::Number(_)
        | Shape::List(..)
        | Shape::Flag
        | Shape::Text => {}
    }
}

impl<T: Bound> Range<T> {
    fn written(&self) -> String {
        let Range {
            low, high, unit, ..
        } = self;
        let mut out = format!("{low} to {high}");
        if !unit.is_empty() {
            out += &format!("\u{a0}{unit}");
        }
        if self.power_of_two {
            out += ", a power of two";
        }
        if let Some(zero) = &self.zero {
            out += &match *low == T::ZERO {
                true => format!("; 0 means {zero}"),
                false => format!(", or 0, which means {zero}"),
            };
        }
        out
    }
}

/// Adds lines of comment; all but the first are indented once more. No-break spaces become spaces.
fn comment(out: &mut String, indent: &str, text: &str) {
    let mut line = format!("#{indent}");
    let mut empty = true;
    for word in text.split(' ') {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            out.push_str(&line);
            out.push('\n');
            line = format!("#{indent}{indent}");
        }
        line.push(' ');
        line.push_str(&word.replace('\u{a0}', " "));
        empty = false;
    }
    out.push_str(&line);
    out.push('\n');
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::config::{AdcBits, PRESETS};

    #[test]
    fn annotated_file_of_each_preset_reads_back_as_the_preset() {
        for p in PRESETS {
            let text = annotated_template(&p.config()).unwrap();
            let read = Config::from_toml(&text, p.name).unwrap();
            assert_eq!(read, p.config(), "{}", p.name);
            p.config().resolve(p.name).expect(p.name);
        }
    }

    #[test]
    fn annotated_file_names_every_key_in_the_order_of_declaration() {
        let text = annotated_template(&Config::default()).unwrap();
        let written: toml::Table = toml::from_str(&text).unwrap();
        let keys = |table: &toml::Table| {
            let keys = table.iter().map(|(section, keys)| {
                let keys = keys.as_table().unwrap().keys().cloned();
                (section.clone(), keys.collect::<Vec<_>>())
            });
            keys.collect::<Vec<_>>()
        };
        let declared = toml::Table::try_from(Config::default()).unwrap();
        assert_eq!(written, declared);
        assert_eq!(keys(&written), keys(&declared));
        assert_eq!(keys(&declared)[0].1[..2], ["dim", "value_bits"]);
        assert!(text.lines().all(|l| l.chars().count() <= WIDTH));
    }

    #[test]
    fn a_value_that_is_not_the_default_says_the_default() {
        let mut config = Config::default();
        config.adc.bits = AdcBits::Bits(8);
        let text = annotated_template(&config).unwrap();
        assert!(text.contains("# Default: \"auto\".\nbits = 8\n"), "{text}");
        let text = annotated_template(&Config::default()).unwrap();
        assert!(!text.contains("# Default:"), "{text}");
    }
}
