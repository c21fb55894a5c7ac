//! Which configurations a sweep goes through.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::config::{Config, UnknownKey, check_key, is_section, values};
use crate::error::{At, Error, Result};

/// Most points of a sweep.
pub const MAX_POINTS: usize = 10_000;

/// Where an axis was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    /// `--set`
    Argument,
    /// A grid file.
    File(PathBuf),
}

impl Origin {
    fn fail(&self, key: &str, found: String, expected: String, help: &str) -> Error {
        match self {
            Origin::Argument => {
                Error::argument("--set", format!("`{key}`: {found}"), expected, help)
            }
            Origin::File(path) => {
                Error::input(path, At::Key(key.to_owned()), found, expected, help)
            }
        }
    }

    /// Refuses a key that no configuration has, or that no sweep goes through.
    fn check_key(&self, key: &str) -> Result<()> {
        check_key(key).map_err(|unknown| self.unknown(key, &unknown))?;
        match REFUSED.iter().find(|(refused, _)| *refused == key) {
            Some((_, why)) => {
                let expected = "another key".to_owned();
                Err(self.fail(key, "a key that cannot be swept".to_owned(), expected, why))
            }
            None => Ok(()),
        }
    }

    fn unknown(&self, key: &str, unknown: &UnknownKey) -> Error {
        let (found, expected) = ("an unknown key".to_owned(), unknown.expected.clone());
        self.fail(key, found, expected, &unknown.help)
    }
}

/// One key and the values that it goes through.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Axis {
    /// The configuration's key (`adc.switch`).
    pub key: String,
    /// Its values.
    pub values: Vec<toml::Value>,
    #[serde(skip)]
    origin: Origin,
}

/// Every combination of its axes' values; the last axis goes fastest.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Grid {
    /// The axes.
    pub axes: Vec<Axis>,
}

/// Keys that no sweep goes through, and why.
const REFUSED: [(&str, &str); 5] = [
    (
        "embedding.tables",
        "it says how the trace is read: run one sweep for each",
    ),
    ("simulation.input_idle", NO_SIMULATION),
    ("simulation.output_stall", NO_SIMULATION),
    ("simulation.seed", NO_SIMULATION),
    ("simulation.idle_limit", NO_SIMULATION),
];
const NO_SIMULATION: &str = "it is about co-simulation, which a sweep does not do";

impl Grid {
    /// Adds the axes of a TOML file: keys as in a configuration, each with a list of values.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read; [`Error::Input`] naming the line or key.
    pub fn add_file(&mut self, path: &Path, base: &Config) -> Result<()> {
        let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
        let help = "`adc.switch = [\"dynamic\", \"graded\"]` is one axis of two values";
        let text = String::from_utf8(bytes).map_err(|_| {
            Error::input(
                path,
                At::File,
                "bytes that are not UTF-8",
                "a TOML text",
                help,
            )
        })?;
        let table: toml::Table = toml::from_str(&text).map_err(|e| {
            let line = e.span().map(|s| {
                let before = &text[..s.start.min(text.len())];
                1 + before.matches('\n').count() as u64
            });
            let at = line.map_or(At::File, At::Line);
            let found = e.message().replace('\n', " ");
            Error::input(path, at, found, "a TOML text", help)
        })?;
        let origin = Origin::File(path.to_path_buf());
        if table.is_empty() {
            return Err(Error::input(
                path,
                At::File,
                "no key at all",
                "at least one",
                help,
            ));
        }
        // A wrong key is worse than a wrong value.
        let mut axes = Vec::new();
        for (section, keys) in table {
            let toml::Value::Table(keys) = keys else {
                if !is_section(&section) {
                    origin.check_key(&section)?;
                }
                let (found, expected) = (keys.to_string(), "keys of this section".to_owned());
                return Err(origin.fail(&section, found, expected, help));
            };
            for (key, values) in keys {
                let key = format!("{section}.{key}");
                origin.check_key(&key)?;
                axes.push((key, values));
            }
        }
        for (key, values) in axes {
            let toml::Value::Array(values) = values else {
                let found = format!("{values}");
                return Err(origin.fail(&key, found, "a list of values".to_owned(), help));
            };
            self.add(key, values, origin.clone(), base)?;
        }
        Ok(())
    }

    /// Adds the axis of an argument `key=v1,v2,...`. Words need no quotes; values that are lists
    /// themselves are written as in TOML.
    ///
    /// # Errors
    /// [`Error::Argument`] naming the key.
    pub fn add_argument(&mut self, text: &str, base: &Config) -> Result<()> {
        let help = "`--set adc.switch=dynamic,graded` is one axis of two values";
        let Some((key, list)) = text.split_once('=') else {
            let found = format!("`{text}`");
            return Err(Error::argument("--set", found, "KEY=VALUE,VALUE...", help));
        };
        let (key, list) = (key.trim(), list.trim());
        Origin::Argument.check_key(key)?;
        self.add(key.to_owned(), values(list), Origin::Argument, base)
    }

    fn add(
        &mut self,
        key: String,
        values: Vec<toml::Value>,
        origin: Origin,
        base: &Config,
    ) -> Result<()> {
        let some = "at least one value".to_owned();
        if values.is_empty() || values.iter().any(|v| v.as_str() == Some("")) {
            return Err(origin.fail(&key, "an empty list or value".to_owned(), some, ""));
        }
        if self.axes.iter().any(|a| a.key == key) {
            let help = "name each key once, in the file or as an argument";
            return Err(origin.fail(&key, "the key twice".to_owned(), "it once".to_owned(), help));
        }
        for (i, v) in values.iter().enumerate() {
            base.with_values(&[(&key, v)]).map_err(|fault| {
                let help = "`recross init` prints every key with its range";
                origin.fail(&key, fault.found, fault.expected, help)
            })?;
            if values[..i].contains(v) {
                let found = format!("{v} twice");
                return Err(origin.fail(&key, found, "different values".to_owned(), ""));
            }
        }
        self.axes.push(Axis {
            key,
            values,
            origin,
        });
        Ok(())
    }

    /// Whether a key is one of the axes.
    pub fn has(&self, key: &str) -> bool {
        self.axes.iter().any(|a| a.key == key)
    }

    /// Every combination in order, as keys and values.
    ///
    /// # Errors
    /// [`Error::Argument`] without an axis, or for more than [`MAX_POINTS`] points.
    pub fn points(&self) -> Result<Vec<Vec<(&str, &toml::Value)>>> {
        if self.axes.is_empty() {
            let help = "`--set adc.switch=dynamic,graded`, or a file with `--grid`";
            return Err(Error::argument("--grid", "no key", "at least one", help));
        }
        let sizes = self.axes.iter().map(|a| a.values.len());
        let count = sizes.clone().try_fold(1usize, |n, s| n.checked_mul(s));
        let Some(count) = count.filter(|&n| n <= MAX_POINTS) else {
            let sizes: Vec<String> = self
                .axes
                .iter()
                .map(|a| format!("{} of {}", a.values.len(), a.key))
                .collect();
            return Err(Error::argument(
                "--grid",
                format!("too many points: {}", sizes.join(" x ")),
                format!("at most {MAX_POINTS}"),
                "run several smaller sweeps",
            ));
        };
        Ok((0..count)
            .map(|mut number| {
                let mut point: Vec<_> = self
                    .axes
                    .iter()
                    .rev()
                    .map(|axis| {
                        let at = number % axis.values.len();
                        number /= axis.values.len();
                        (axis.key.as_str(), &axis.values[at])
                    })
                    .collect();
                point.reverse();
                point
            })
            .collect())
    }
}

/// `adc.switch = "graded", crossbar.rows = 64`
pub(super) fn label(point: &[(&str, &toml::Value)]) -> String {
    let parts: Vec<String> = point.iter().map(|(k, v)| format!("{k} = {v}")).collect();
    parts.join(", ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn grid(arguments: &[&str]) -> Result<Grid> {
        let mut grid = Grid::default();
        for a in arguments {
            grid.add_argument(a, &Config::default())?;
        }
        Ok(grid)
    }

    #[test]
    fn points_are_all_combinations_the_last_key_fastest() {
        let grid = grid(&["adc.switch=dynamic,graded", "crossbar.rows=32, 64 ,128"]).unwrap();
        let points = grid.points().unwrap();
        let labels: Vec<String> = points.iter().map(|p| label(p)).collect();
        assert_eq!(labels.len(), 6);
        assert_eq!(labels[1], "adc.switch = \"dynamic\", crossbar.rows = 64");
        assert_eq!(labels[3], "adc.switch = \"graded\", crossbar.rows = 32");
        let config = Config::default().with_values(&points[5]).unwrap();
        assert_eq!(config.crossbar.rows, 128);
        assert_eq!(config.adc.switch, crate::config::AdcSwitch::Graded);
    }

    #[test]
    fn lists_and_words_are_values_too() {
        let grid = grid(&[
            "adc.levels=[2,4],[8]",
            "adc.bits=auto,6",
            "mapping.budget=0,0.5",
        ]);
        let grid = grid.unwrap();
        assert_eq!(grid.points().unwrap().len(), 8);
        let config = Config::default()
            .with_values(&grid.points().unwrap()[0])
            .unwrap();
        assert_eq!(config.adc.levels, [2, 4]);
    }

    #[test]
    fn nonsense_is_refused_by_its_key() {
        let told = |arguments: &[&str]| {
            let found = grid(arguments).and_then(|g| g.points().map(|p| p.len()));
            found.unwrap_err().to_string()
        };
        insta::assert_snapshot!(told(&["adc.swich=off"]), @"argument --set: found `adc.swich`: an unknown key, expected adc.kind, adc.bits, adc.switch, adc.levels, adc.max_active_rows, adc.read_split_max");
        insta::assert_snapshot!(told(&["adcs=off"]), @"argument --set: found `adcs`: an unknown key, expected embedding.*, crossbar.*, adc.*, engine.*, frontend.*, rtl.*, mapping.*, technology.*, simulation.*");
        insta::assert_snapshot!(told(&["adc.switch"]), @"argument --set: found `adc.switch`, expected KEY=VALUE,VALUE...");
        insta::assert_snapshot!(told(&["adc.switch="]), @"argument --set: found `adc.switch`: an empty list or value, expected at least one value");
        insta::assert_snapshot!(told(&["adc.switch=off,,graded"]), @"argument --set: found `adc.switch`: an empty list or value, expected at least one value");
        insta::assert_snapshot!(told(&["adc.switch=off,sometimes"]), @"argument --set: found `adc.switch`: `sometimes`, expected `off`, `dynamic` or `graded`");
        insta::assert_snapshot!(told(&["crossbar.rows=64,many"]), @r#"argument --set: found `crossbar.rows`: "many", expected a whole number from 2 to 512"#);
        insta::assert_snapshot!(told(&["crossbar.rows=64,-1"]), @"argument --set: found `crossbar.rows`: -1, expected a whole number from 2 to 512");
        insta::assert_snapshot!(told(&["crossbar.rows=64,32,64"]), @"argument --set: found `crossbar.rows`: 64 twice, expected different values");
        insta::assert_snapshot!(told(&["crossbar.rows=64", "crossbar.rows=32"]), @"argument --set: found `crossbar.rows`: the key twice, expected it once");
        insta::assert_snapshot!(told(&["simulation.seed=1,2"]), @"argument --set: found `simulation.seed`: a key that cannot be swept, expected another key");
        insta::assert_snapshot!(told(&[]), @"argument --grid: found no key, expected at least one");
        let many: Vec<String> = (2..=200).map(|n| n.to_string()).collect();
        let many = [
            format!("crossbar.rows={}", many.join(",")),
            format!("crossbar.cols={}", many.join(",")),
        ];
        insta::assert_snapshot!(told(&[&many[0], &many[1]]), @"argument --grid: found too many points: 199 of crossbar.rows x 199 of crossbar.cols, expected at most 10000");
    }
}
