//! The harness's failures in the words and exit statuses of recross.

use crate::error::{At, Error};
use crate::rtl;
use std::path::{Path, PathBuf};

/// Where a failure happened.
#[derive(Default)]
pub(super) struct Context<'a> {
    /// The user's own RTL package, if one is used.
    pub rtl: Option<&'a Path>,
    /// If a copy of it under the default names was built: the copy's folder, and the prefix.
    pub renamed: Option<(PathBuf, String)>,
}

const MODEL_HELP: &str = "the RTL does not do what the protocol asks; if it is an edited package, \
                          compare it with `recross gen`'s, else report this as a defect";

impl Context<'_> {
    /// What was said of a copy, said of the package.
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
                        "RTL that Verilator refuses:\n{}",
                        self.in_its_words(&log, folder)
                    ),
                    "the sources of an RTL package",
                    "mend the sources, or generate the package again with `recross gen`",
                ),
                None => Error::ToolFailed {
                    tool: "Verilator".to_owned(),
                    log,
                    help:
                        "`recross doctor` tells which version is used; 5.006 and 5.048 are known \
                           to work"
                            .to_owned(),
                },
            },
            E::Compile { log, .. } => Error::ToolFailed {
                tool: "the C++ compiler".to_owned(),
                log,
                help: "`recross doctor` tells which compiler is used; CXX names another".to_owned(),
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
                help: "delete the cache folder that `recross doctor` names and try again"
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
