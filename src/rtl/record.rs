//! A package's `config.json`: what of the configuration reaches the package, and nothing else.

use super::prefix::DEFAULT_PREFIX;
use super::views::RecordedMacro;
use crate::config::{AdcLevel, Converter, Resolved, Rtl};
use crate::error::{At, Error, Result};
use crate::hardware::{INTERFACE, PARAMETERS, Params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Name of the file with a checksum of every other file of the package.
pub const MANIFEST: &str = "manifest.json";

/// Name of the file.
pub const RECORD: &str = "config.json";

const FORMAT: u32 = 4;
const HELP: &str = "name a folder that `recross gen` wrote, or generate the package again";

/// What a package records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Version of the file's format.
    pub format: u32,
    /// Number of the interface: ports, streams and registers ([`INTERFACE`]).
    pub interface: u32,
    /// Keys that reach the package themselves.
    pub config: RecordedKeys,
    /// Parameters of the engine, by their names in Verilog.
    pub parameters: BTreeMap<String, u32>,
    /// Kind of the converters.
    pub adc_kind: Converter,
    /// Levels of the mode switch.
    pub adc_levels: Vec<AdcLevel>,
    /// Cycles that the model of the analog macro takes to write a block of a row.
    pub write_cycles: u32,
    /// What of the technology reaches the mock views of the analog macro.
    pub analog_macro: RecordedMacro,
}

/// Keys that reach a package themselves; what follows from the others is in the parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedKeys {
    /// Names.
    pub rtl: Rtl,
    /// The clock of the constraints.
    pub technology: RecordedClock,
}

/// The clock of the constraints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedClock {
    /// MHz.
    pub clock_mhz: f64,
}

impl Record {
    pub(super) fn new(
        resolved: &Resolved,
        params: &Params,
        analog_macro: RecordedMacro,
        prefix: &str,
    ) -> Self {
        let value = |p: &crate::hardware::Parameter| (p.name.to_owned(), (p.value)(params));
        Record {
            format: FORMAT,
            interface: INTERFACE,
            config: RecordedKeys {
                rtl: Rtl {
                    prefix: prefix.to_owned(),
                },
                technology: RecordedClock {
                    clock_mhz: resolved.config.technology.clock_mhz,
                },
            },
            parameters: PARAMETERS.iter().map(value).collect(),
            adc_kind: resolved.config.adc.kind,
            adc_levels: resolved.adc_levels.clone(),
            write_cycles: resolved.write_cycles,
            analog_macro,
        }
    }

    /// Reads what the package in `folder` records.
    ///
    /// # Errors
    /// [`Error::Input`] if there is no such file, or it is not as `recross gen` writes it.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(RECORD);
        let wrong = |at: At, found: String| {
            Error::input(&path, at, found, "what an RTL package records", HELP)
        };
        let text = std::fs::read_to_string(&path)
            .map_err(|e| wrong(At::File, format!("no readable file ({e})")))?;
        let broken = |e: serde_json::Error| {
            let at = match e.line() {
                0 => At::File,
                line => At::Line(line as u64),
            };
            wrong(at, format!("text that cannot be used ({e})"))
        };
        let value: serde_json::Value = serde_json::from_str(&text).map_err(broken)?;
        for (key, ours) in [("format", FORMAT), ("interface", INTERFACE)] {
            match value.get(key).and_then(serde_json::Value::as_u64) {
                Some(theirs) if theirs == u64::from(ours) => {}
                Some(theirs) => {
                    let (found, at) = (theirs.to_string(), At::Key(key.to_owned()));
                    return Err(Error::input(&path, at, found, ours.to_string(), HELP));
                }
                None => return Err(wrong(At::File, format!("no key `{key}`"))),
            }
        }
        let record: Record = serde_json::from_str(&text).map_err(broken)?;
        if let Some((found, _)) = record.config.rtl.fault() {
            return Err(wrong(At::Key("config.rtl.prefix".into()), found));
        }
        Ok(record)
    }

    /// The package's prefix.
    pub fn prefix(&self) -> &str {
        &self.config.rtl.prefix
    }

    /// Whether modules and files have the names of `rtl/`.
    pub fn has_default_names(&self) -> bool {
        self.prefix() == DEFAULT_PREFIX
    }

    /// Refuses a package whose hardware is not the configuration's. `folder` is the package's. The
    /// prefix, the clock of the constraints, the time of a write and the analog macro's views may
    /// differ: no result depends on them.
    ///
    /// # Errors
    /// [`Error::Input`] naming every parameter that differs.
    pub fn check(&self, resolved: &Resolved, folder: &Path) -> Result<()> {
        let params = Params::new(resolved);
        let ours = Record::new(resolved, &params, self.analog_macro.clone(), self.prefix());
        let mut differences = Vec::new();
        let (mut clear, mut any) = (Vec::new(), Vec::new());
        for p in PARAMETERS {
            let (theirs, ours) = (self.parameters.get(p.name), ours.parameters[p.name]);
            if theirs == Some(&ours) {
                continue;
            }
            let theirs = theirs.map_or("missing".to_owned(), u32::to_string);
            differences.push(format!("{} is {theirs} (configured: {ours})", p.name));
            let list: Vec<&str> = p.keys.split(", ").filter(|k| !k.is_empty()).collect();
            match list.as_slice() {
                [key] => clear.push(*key),
                keys => any.extend(keys),
            }
        }
        for name in self.parameters.keys() {
            if !ours.parameters.contains_key(name) {
                differences.push(format!("{name} is no parameter of this version"));
            }
        }
        if self.adc_kind != ours.adc_kind {
            let [theirs, ours] = [self, &ours].map(|r| r.adc_kind.label());
            differences.push(format!("the converters are {theirs} (configured: {ours})"));
            clear.push("adc.kind");
        }
        if self.adc_levels != ours.adc_levels {
            differences.push(format!(
                "the converters' levels (rows/thresholds/cycles) are {} (configured: {})",
                levels(&self.adc_levels),
                levels(&ours.adc_levels)
            ));
            any.extend(["adc.*", "crossbar.*", "technology.*"]);
        }
        if differences.is_empty() {
            return Ok(());
        }
        // A key that decides a parameter alone decides those that follow from it too.
        let mut keys = if clear.is_empty() { any } else { clear };
        let mut seen = std::collections::BTreeSet::new();
        keys.retain(|key| seen.insert(*key));
        let change = match keys.as_slice() {
            [] => "use the version that generated it".to_owned(),
            keys => format!("change {} in the configuration", keys.join(", ")),
        };
        Err(Error::input(
            &folder.join(RECORD),
            At::File,
            format!("other hardware: {}", differences.join("; ")),
            "the hardware of the configuration",
            format!("{change}, or generate the package again"),
        ))
    }

    /// The sources that the file list names, as full paths.
    ///
    /// # Errors
    /// [`Error::Input`] if the folder has no file list, or a listed file is missing.
    pub fn sources(&self, folder: &Path) -> Result<Vec<PathBuf>> {
        let list = folder.join(file_list(self.prefix()));
        let text = std::fs::read_to_string(&list).map_err(|e| {
            Error::input(
                &list,
                At::File,
                format!("no readable file list ({e})"),
                "the file list of an RTL package",
                HELP,
            )
        })?;
        let mut sources = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let name = line.trim();
            if name.is_empty() || name.starts_with("//") || name.starts_with('#') {
                continue;
            }
            let path = folder.join(name);
            if !path.is_file() {
                return Err(Error::input(
                    &list,
                    At::Line(number as u64 + 1),
                    format!("`{name}`, which is not there"),
                    "a source file of the package",
                    "generate the package again, or correct the list",
                ));
            }
            sources.push(path);
        }
        Ok(sources)
    }
}

/// Name of the file list of a package with this prefix.
pub fn file_list(prefix: &str) -> String {
    format!("{prefix}.f")
}

/// The sources that the file list of an existing package names, as full paths.
///
/// # Errors
/// As [`Record::read`] and [`Record::sources`].
pub fn sources_of(folder: &Path) -> Result<Vec<PathBuf>> {
    Record::read(folder)?.sources(folder)
}

fn levels(levels: &[AdcLevel]) -> String {
    let level = |l: &AdcLevel| format!("{}/{}/{}", l.max_rows, l.limit, l.phase_cycles);
    levels.iter().map(level).collect::<Vec<_>>().join(", ")
}
