//! Translates the harness's errors to those of recross.

use super::harness::{ERROR, ERROR_BANK, ERROR_LANE};
use crate::error::{At, Error};
use crate::rtl;
use std::path::{Path, PathBuf};
use verilated::HangReport;

/// What the error messages need to know about the run.
#[derive(Default)]
pub(super) struct ErrorContext<'a> {
    /// The user's own RTL package, if one is used.
    pub rtl: Option<&'a Path>,
    /// If a copy of it under the default names was built: the copy's folder, and the prefix.
    pub renamed: Option<(PathBuf, String)>,
}

const MODEL_HELP: &str = "the RTL violates the stream protocol; if the package was edited, compare it \
                          with the one from `recross gen`, else report this as a defect";

/// What the sticky error of the engine says, if it is set, and what to do.
fn bank_error(probe: impl Fn(&str) -> Option<u32>) -> Option<(String, &'static str)> {
    let error = probe(ERROR).filter(|&error| error != 0)?;
    let (lane, bank) = (probe(ERROR_LANE)?, probe(ERROR_BANK)?);
    Some(if error & 1 != 0 {
        (
            format!("the analog macro of lane {lane}, bank {bank} does not answer"),
            "the macro must end each conversion and each write; look at its pins in a wave file \
             (`--waves`)",
        )
    } else {
        (
            format!(
                "the analog macro of lane {lane}, bank {bank} answered without a request, or the \
                 words of a row came out of order"
            ),
            "the blocks of a row must be written in order, from 0; if the package was edited, \
             compare it with the one from `recross gen`",
        )
    })
}

/// As [`bank_error`], of the probes of a run that hangs.
fn hang_of_bank(report: &HangReport) -> Option<(String, &'static str)> {
    bank_error(|name| {
        let (_, words) = report.probes.iter().find(|(n, _)| n == name)?;
        words.first().copied()
    })
}

/// The error of a bank that a model tells, if it does.
pub(super) fn of_bank(model: &verilated::Model) -> Option<Error> {
    let told = bank_error(|name| model.probe(name).ok()?.first().copied());
    told.map(|(what, help)| Error::Check {
        what,
        help: help.to_owned(),
    })
}

impl ErrorContext<'_> {
    /// Replaces the names of the copy in `log` by those of the package.
    fn in_its_words(&self, log: &str, folder: &Path) -> String {
        let Some((copy, prefix)) = &self.renamed else {
            return log.to_owned();
        };
        let folder = folder.display().to_string();
        let of_package = |part: &str| rtl::put(part, prefix);
        let parts: Vec<_> = log
            .split(&*copy.to_string_lossy())
            .map(of_package)
            .collect();
        parts.join(&folder)
    }

    pub(super) fn error(&self, error: verilated::Error) -> Error {
        use verilated::Error as E;
        let text = error.to_string();
        match error {
            E::VerilatorMissing { detail } => Error::ToolMissing {
                tool: format!("Verilator 5 ({detail})"),
                needed_for: "to build the model".to_owned(),
                help: verilated::VERILATOR_HELP.to_owned(),
            },
            E::CompilerMissing { detail } => Error::ToolMissing {
                tool: format!("a C++ compiler ({detail})"),
                needed_for: "to build the model".to_owned(),
                help: verilated::COMPILER_HELP.to_owned(),
            },
            E::TraceLibrary {
                library, package, ..
            } => Error::ToolMissing {
                tool: library.to_owned(),
                needed_for: "to write wave files".to_owned(),
                help: format!("install it, for instance with `apt install {package}`"),
            },
            E::Verilate { log, .. } | E::Design { message: log, .. } => match self.rtl {
                Some(folder) => Error::input(
                    folder,
                    At::File,
                    format!(
                        "RTL that Verilator rejects:\n{}",
                        self.in_its_words(&log, folder)
                    ),
                    "the sources of an RTL package",
                    "correct the sources, or generate the package again with `recross gen`",
                ),
                None => Error::ToolFailed {
                    tool: "Verilator".to_owned(),
                    log,
                    help:
                        "`recross doctor` shows which version is used; 5.006 and 5.048 are known \
                           to work"
                            .to_owned(),
                },
            },
            E::Compile { log, .. } => Error::ToolFailed {
                tool: "the C++ compiler".to_owned(),
                log,
                help: "`recross doctor` shows which compiler is used; set CXX to use another"
                    .to_owned(),
            },
            E::Io {
                action: _,
                path,
                source,
            } => Error::Io {
                action: "use",
                path,
                source,
            },
            E::Hang(report) => match hang_of_bank(&report) {
                Some((what, help)) => Error::Check {
                    what: format!("{what}\n{report}"),
                    help: help.to_owned(),
                },
                None => Error::Check {
                    what: text,
                    help: MODEL_HELP.to_owned(),
                },
            },
            E::Fatal { .. } | E::Finished { .. } => Error::Check {
                what: text,
                help: MODEL_HELP.to_owned(),
            },
            E::Interrupted { .. } | E::Stopped => Error::Interrupted,
            E::Load { path, message } => Error::ToolFailed {
                tool: format!("loading {}", path.display()),
                log: message,
                help: "delete the cache folder that `recross doctor` shows, or name another with \
                       --cache or RECROSS_CACHE"
                    .to_owned(),
            },
            // Only of the temporary folder that replaced the cache.
            E::Cache { path, message } => Error::ToolFailed {
                tool: format!("building the model in {}", path.display()),
                log: message,
                help: "name a folder with room with --cache or RECROSS_CACHE, or set TMPDIR to one"
                    .to_owned(),
            },
            E::Trace { message } => {
                Error::argument("--waves", message, "a writable .fst or .vcd file", "")
            }
            _ => Error::Check {
                what: text,
                help: "this is a defect of recross; please report it".to_owned(),
            },
        }
    }
}
