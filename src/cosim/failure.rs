//! Translates the harness's errors to those of recross.

use crate::error::{At, Error};
use std::path::Path;

/// What the error messages need to know about the run.
pub(super) struct ErrorContext<'a> {
    /// The user's own RTL package, if one is used.
    pub rtl: Option<&'a Path>,
}

const MODEL_HELP: &str = "the RTL violates the stream protocol; if the package was edited, compare it \
                          with the one from `recross gen`, else report this as a defect";

impl ErrorContext<'_> {
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
                    format!("RTL that Verilator rejects:\n{log}"),
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
            E::Hang(_) | E::Fatal { .. } | E::Finished { .. } => Error::Check {
                what: text,
                help: MODEL_HELP.to_owned(),
            },
            E::Interrupted { .. } => Error::Interrupted,
            E::Load { .. } => Error::ToolFailed {
                tool: "loading the model".to_owned(),
                log: text,
                help: "delete the cache folder that `recross doctor` shows, and try again"
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
