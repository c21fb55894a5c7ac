//! RTL emission: from a resolved configuration to a stand-alone Verilog package.
//!
//! Hand-written leaf modules come from `rtl/` as they are; what depends on the configuration comes
//! from `templates/`. The same configuration gives the same bytes.

mod text;

use crate::config::Resolved;
use crate::error::{Error, Result};
use crate::hardware::{COUNTERS_BANK, COUNTERS_ENGINE, COUNTERS_LANE, Params};
use askama::Template;
use std::path::{Path, PathBuf};
use text::{Level, Widths};

/// The hand-written modules, in the order of the file list (used before user).
const LEAVES: &[(&str, &str)] = &[
    ("recross_fifo.v", include_str!("../../rtl/recross_fifo.v")),
    ("recross_array.v", include_str!("../../rtl/recross_array.v")),
    (
        "recross_converters.v",
        include_str!("../../rtl/recross_converters.v"),
    ),
    (
        "recross_splitter.v",
        include_str!("../../rtl/recross_splitter.v"),
    ),
    (
        "recross_shift_add.v",
        include_str!("../../rtl/recross_shift_add.v"),
    ),
    (
        "recross_partial.v",
        include_str!("../../rtl/recross_partial.v"),
    ),
    ("recross_bank.v", include_str!("../../rtl/recross_bank.v")),
    (
        "recross_dispatcher.v",
        include_str!("../../rtl/recross_dispatcher.v"),
    ),
    ("recross_merge.v", include_str!("../../rtl/recross_merge.v")),
    (
        "recross_accumulator.v",
        include_str!("../../rtl/recross_accumulator.v"),
    ),
    ("recross_lane.v", include_str!("../../rtl/recross_lane.v")),
    (
        "recross_retire.v",
        include_str!("../../rtl/recross_retire.v"),
    ),
    ("recross_order.v", include_str!("../../rtl/recross_order.v")),
    (
        "recross_engine.v",
        include_str!("../../rtl/recross_engine.v"),
    ),
];

/// Name of the top module.
pub const TOP: &str = "recross_top";

/// Name of the file list inside a package.
pub const FILE_LIST: &str = "recross.f";

#[derive(Template)]
#[template(path = "recross_top.v")]
struct Top<'a> {
    p: &'a Params,
    w: &'a Widths,
}

#[derive(Template)]
#[template(path = "recross_adc_levels.v")]
struct Levels<'a> {
    p: &'a Params,
    levels: &'a [Level],
}

#[derive(Template)]
#[template(path = "recross_tb.v")]
struct TestBench<'a> {
    p: &'a Params,
}

#[derive(Template)]
#[template(path = "recross.sdc")]
struct Constraints<'a> {
    r: &'a Resolved,
    period_ns: String,
}

#[derive(Template)]
#[template(path = "package.md")]
struct Readme<'a> {
    p: &'a Params,
    r: &'a Resolved,
    levels: &'a [Level],
    bank_counters: &'a [(&'a str, &'a str)],
    lane_counters: &'a [(&'a str, &'a str)],
    engine_counters: &'a [(&'a str, &'a str)],
}

/// An RTL package in memory: file names with their text, in file-list order first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    files: Vec<(String, String)>,
    sources: usize,
}

impl Package {
    /// Emits the package of a configuration.
    ///
    /// # Errors
    /// [`Error::Check`] if a template cannot be filled, which is a defect of recross.
    pub fn emit(resolved: &Resolved) -> Result<Self> {
        let p = Params::new(resolved);
        let w = Widths::new(&p);
        let levels = Level::all(resolved);
        let mut files: Vec<(String, String)> = Vec::new();
        files.push((
            "recross_adc_levels.v".to_owned(),
            render(&Levels {
                p: &p,
                levels: &levels,
            })?,
        ));
        files.extend(
            LEAVES
                .iter()
                .map(|&(name, text)| (name.to_owned(), text.to_owned())),
        );
        files.push(("recross_top.v".to_owned(), render(&Top { p: &p, w: &w })?));
        let sources = files.len();
        let list: String = files.iter().map(|(name, _)| format!("{name}\n")).collect();
        files.push((FILE_LIST.to_owned(), list));
        files.push(("recross_tb.v".to_owned(), render(&TestBench { p: &p })?));
        files.push((
            "recross.sdc".to_owned(),
            render(&Constraints {
                r: resolved,
                period_ns: format!("{:.3}", 1000.0 / resolved.config.technology.clock_mhz),
            })?,
        ));
        files.push((
            "README.md".to_owned(),
            render(&Readme {
                p: &p,
                r: resolved,
                levels: &levels,
                bank_counters: COUNTERS_BANK,
                lane_counters: COUNTERS_LANE,
                engine_counters: COUNTERS_ENGINE,
            })?,
        ));
        files.push(("config.json".to_owned(), to_json(resolved)?));
        Ok(Package { files, sources })
    }

    /// All files: name and text.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(n, t)| (n.as_str(), t.as_str()))
    }

    /// The Verilog sources of the design, in file-list order.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files().take(self.sources)
    }

    /// The files that depend on the configuration: all but the hand-written modules, which are the
    /// same in every package. They are what a snapshot test of a design keeps.
    pub fn generated_files(&self) -> impl Iterator<Item = (&str, &str)> {
        let hand_written = |name: &str| LEAVES.iter().any(|&(leaf, _)| leaf == name);
        self.files().filter(move |&(name, _)| !hand_written(name))
    }

    /// Writes all files into `folder`, each whole or not at all; a file that already has the same
    /// bytes is left alone.
    ///
    /// # Errors
    /// [`Error::Io`] naming the file.
    pub fn write(&self, folder: &Path) -> Result<()> {
        for (name, text) in self.files() {
            let path = folder.join(name);
            if std::fs::read(&path).is_ok_and(|old| old == text.as_bytes()) {
                continue;
            }
            crate::io::write_bytes(&path, text.as_bytes())?;
        }
        Ok(())
    }
}

/// The sources that the file list of an existing package names, as full paths.
///
/// # Errors
/// [`Error::Input`] if the folder has no file list, or a listed file is missing.
pub fn sources_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let list = folder.join(FILE_LIST);
    let text = std::fs::read_to_string(&list).map_err(|e| {
        Error::input(
            &list,
            crate::error::At::File,
            format!("no readable file list ({e})"),
            "the file list of an RTL package",
            "name a folder that `recross gen` wrote",
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
                crate::error::At::Line(number as u64 + 1),
                format!("`{name}`, which is not there"),
                "a source file of the package",
                "generate the package again, or mend the list",
            ));
        }
        sources.push(path);
    }
    Ok(sources)
}

fn render(template: &impl Template) -> Result<String> {
    template
        .render()
        .map(|text| text.trim_end().to_owned() + "\n")
        .map_err(|e| Error::Check {
            what: format!("a template could not be filled: {e}"),
            help: "this is a defect of recross; please report it".to_owned(),
        })
}

fn to_json(resolved: &Resolved) -> Result<String> {
    serde_json::to_string_pretty(resolved)
        .map(|s| s + "\n")
        .map_err(|e| Error::Check {
            what: format!("the configuration could not be written as JSON: {e}"),
            help: "this is a defect of recross; please report it".to_owned(),
        })
}
