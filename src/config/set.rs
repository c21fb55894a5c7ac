//! Values of keys that are named one by one: `--set key=value`, and the axes of a sweep's grid.

use toml::Value;

use super::keys::Config;
use super::shape::Fault;
use crate::error::{Error, Result};

/// A key that no configuration has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnknownKey {
    /// The keys of its section, or the sections.
    pub expected: String,
    /// The key that may be meant, and where all keys are.
    pub help: String,
}

/// Checks that a configuration has the dotted key.
pub(crate) fn check_key(key: &str) -> Result<(), UnknownKey> {
    let sections = toml::Table::try_from(Config::default()).unwrap_or_default();
    let (section, name) = key.split_once('.').unwrap_or((key, ""));
    let (fault, keys) = match sections.get(section).and_then(Value::as_table) {
        Some(names) if names.contains_key(name) => return Ok(()),
        Some(names) => {
            let keys: Vec<String> = names.keys().map(|n| format!("{section}.{n}")).collect();
            (Fault::unknown(section, name, names.keys()), keys)
        }
        None => {
            let keys = sections.keys().map(|n| format!("{n}.*")).collect();
            (Fault::unknown("", section, sections.keys()), keys)
        }
    };
    Err(UnknownKey {
        expected: keys.join(", "),
        help: match fault.expected.as_str() {
            "" if super::names::replacement(key).is_some() => fault.help,
            "" => "`recross init` prints every key".to_owned(),
            near => format!("did you mean {near}? `recross init` prints every key"),
        },
    })
}

/// Whether a configuration has a section of that name.
pub(crate) fn is_section(name: &str) -> bool {
    let sections = toml::Table::try_from(Config::default());
    sections.is_ok_and(|s| s.contains_key(name))
}

/// The values of a list like `dynamic,graded` or `[2,4],[8]`: what is not TOML is a word.
pub(crate) fn values(list: &str) -> Vec<Value> {
    match array(&format!("[{list}]")) {
        Some(values) => values,
        None => list.split(',').map(|word| value(word.trim())).collect(),
    }
}

fn array(text: &str) -> Option<Vec<Value>> {
    let table: toml::Table = toml::from_str(&format!("a = {text}")).ok()?;
    table.get("a")?.as_array().cloned()
}

/// A TOML value, or the word as it is.
fn value(word: &str) -> Value {
    let one = array(&format!("[{word}]")).filter(|a| a.len() == 1);
    one.and_then(|mut a| a.pop())
        .unwrap_or_else(|| Value::String(word.to_owned()))
}

impl Config {
    /// The same with other values of these keys.
    ///
    /// # Errors
    /// The first value that its key cannot have. Rules over several keys are not checked.
    pub(crate) fn with_values(&self, values: &[(&str, &Value)]) -> Result<Self, Fault> {
        let mut table = self.to_table()?;
        for (key, value) in values {
            let (section, name) = key.split_once('.').unwrap_or((key, ""));
            if let Some(Value::Table(section)) = table.get_mut(section) {
                section.insert(name.to_owned(), (*value).clone());
            }
        }
        Config::from_table(table)
    }
}

/// Values from the command line, which replace those of a configuration's file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings(Vec<(String, Value)>);

impl Settings {
    /// Reads arguments `key=value`. A word needs no quotes; a list is written as in TOML.
    ///
    /// # Errors
    /// [`Error::Argument`] naming the key, if it is unknown or named twice, or if its value is not
    /// one that it can have.
    pub fn parse(arguments: &[String]) -> Result<Self> {
        let mut settings = Settings::default();
        for text in arguments {
            let help = "`--set adc.switch=graded` is a key and its value";
            let Some((key, list)) = text.split_once('=') else {
                return Err(Error::argument(
                    "--set",
                    format!("`{text}`"),
                    "KEY=VALUE",
                    help,
                ));
            };
            let (key, list) = (key.trim(), list.trim());
            let fail = |found: &str, expected: &str, help: &str| {
                let found = format!("`{key}`: {found}");
                Err(Error::argument("--set", found, expected, help))
            };
            if let Err(UnknownKey { expected, help }) = check_key(key) {
                return fail("an unknown key", &expected, &help);
            }
            let mut values = values(list);
            if values.is_empty() || values.iter().any(|v| v.as_str() == Some("")) {
                return fail("an empty value", "a value", help);
            }
            if values.len() > 1 {
                let found = format!("{} values", values.len());
                let help = format!(
                    "a list is written in brackets: `--set {key}=[{list}]`; `recross sweep` takes several values"
                );
                return fail(&found, "one value", &help);
            }
            if settings.has(key) {
                return fail("the key twice", "it once", "");
            }
            let Some(value) = values.pop() else { continue };
            if let Err(fault) = Config::default().with_values(&[(key, &value)]) {
                let help = "`recross init` prints every key with its range";
                return fail(&fault.found, &fault.expected, help);
            }
            settings.0.push((key.to_owned(), value));
        }
        Ok(settings)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether they have a value for a dotted key.
    pub fn has(&self, key: &str) -> bool {
        self.0.iter().any(|(k, _)| k == key)
    }

    /// A configuration with these values instead of its own.
    pub(super) fn apply(&self, config: &Config) -> Result<Config, Fault> {
        let values: Vec<_> = self.0.iter().map(|(k, v)| (k.as_str(), v)).collect();
        config.with_values(&values)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::AdcSwitch;

    fn settings(arguments: &[&str]) -> Result<Settings> {
        let arguments: Vec<String> = arguments.iter().map(|&a| a.to_owned()).collect();
        Settings::parse(&arguments)
    }

    #[test]
    fn words_numbers_and_lists_are_values() {
        let set = settings(&[
            "adc.switch=graded",
            " crossbar.rows = 128 ",
            "adc.levels=[2, 4]",
            "embedding.tables=[10,20]",
            "mapping.budget=0",
            "adc.bits=auto",
        ]);
        let config = set.unwrap().apply(&Config::default()).unwrap();
        assert_eq!(config.adc.switch, AdcSwitch::Graded);
        assert_eq!(config.crossbar.rows, 128);
        assert_eq!(config.adc.levels, [2, 4]);
        assert_eq!(config.embedding.tables, [10, 20]);
        assert_eq!(config.mapping.budget, 0.0);
    }

    #[test]
    fn nonsense_is_refused_by_its_key() {
        let told = |arguments: &[&str]| {
            let error = settings(arguments).unwrap_err();
            format!("{error}\n{}", error.help().unwrap_or(""))
        };
        insta::assert_snapshot!(told(&["adc.swich=off"]), @"
        argument --set: found `adc.swich`: an unknown key, expected adc.kind, adc.bits, adc.switch, adc.levels, adc.max_active_rows, adc.read_split_max
        did you mean adc.switch? `recross init` prints every key
        ");
        insta::assert_snapshot!(told(&["adcs=off"]), @"
        argument --set: found `adcs`: an unknown key, expected embedding.*, crossbar.*, adc.*, engine.*, frontend.*, rtl.*, mapping.*, technology.*, simulation.*
        did you mean adc? `recross init` prints every key
        ");
        insta::assert_snapshot!(told(&["adc.switch"]), @"
        argument --set: found `adc.switch`, expected KEY=VALUE
        `--set adc.switch=graded` is a key and its value
        ");
        insta::assert_snapshot!(told(&["adc.switch="]), @"
        argument --set: found `adc.switch`: an empty value, expected a value
        `--set adc.switch=graded` is a key and its value
        ");
        insta::assert_snapshot!(told(&["adc.switch=sometimes"]), @"
        argument --set: found `adc.switch`: `sometimes`, expected `off`, `dynamic` or `graded`
        `recross init` prints every key with its range
        ");
        insta::assert_snapshot!(told(&["crossbar.rows=many"]), @r#"
        argument --set: found `crossbar.rows`: "many", expected a whole number from 2 to 512
        `recross init` prints every key with its range
        "#);
        insta::assert_snapshot!(told(&["crossbar.rows=-1"]), @"
        argument --set: found `crossbar.rows`: -1, expected a whole number from 2 to 512
        `recross init` prints every key with its range
        ");
        insta::assert_snapshot!(told(&["adc.levels=2,4"]), @"
        argument --set: found `adc.levels`: 2 values, expected one value
        a list is written in brackets: `--set adc.levels=[2,4]`; `recross sweep` takes several values
        ");
        insta::assert_snapshot!(told(&["crossbar.rows=64", "crossbar.rows=32"]), @"argument --set: found `crossbar.rows`: the key twice, expected it once");
    }
}
