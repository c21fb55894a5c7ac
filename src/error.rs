//! The error type of the library: what happened, where, and what to do about it.
//!
//! Every variant has an exit status for the command line (1: a check failed, 2: bad input, 3: a
//! needed tool is missing), and most have a help line.

use std::fmt;
use std::path::{Path, PathBuf};

/// Result with the library's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A place inside an input file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    /// The file as a whole.
    File,
    /// Line number, counted from 1.
    Line(u64),
    /// A key, array or tensor name, with its path (`adc.bits`).
    Key(String),
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            At::File => Ok(()),
            At::Line(n) => write!(f, ":{n}"),
            At::Key(k) => write!(f, ": key `{k}`"),
        }
    }
}

/// What would make an input usable as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WayOut {
    /// Nothing that this program does.
    #[default]
    None,
    /// Giving ids the numbers of rows.
    Renumber,
}

/// Everything that can go wrong, described in terms of the user's input.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A configuration value is out of range or contradicts another.
    #[error("configuration {origin}: key `{key}`: found {found}, expected {expected}")]
    Config {
        /// File name, preset name or `<built-in>`.
        origin: String,
        /// Dotted key.
        key: String,
        /// What was found.
        found: String,
        /// What is allowed.
        expected: String,
        /// What to do.
        help: String,
    },
    /// The text of a configuration does not fit its schema: it is not TOML, has an unknown key, or a
    /// value of another type.
    #[error("configuration {origin}: {what}")]
    ConfigText {
        /// File name, with the line where it is known.
        origin: String,
        /// What is wrong, with the key, what was found and what can be used instead.
        what: String,
        /// What to do.
        help: String,
    },
    /// An input file cannot be used.
    #[error("{path}{at}: found {found}, expected {expected}", path = path.display())]
    Input {
        /// The file.
        path: PathBuf,
        /// Where in it.
        at: At,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
        /// What to do.
        help: String,
        /// What would make it usable as it is.
        way_out: WayOut,
    },
    /// A command-line argument or a library argument cannot be used.
    #[error("argument {name}: found {found}, expected {expected}")]
    Argument {
        /// The argument, as the user writes it (`--limit`).
        name: String,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
        /// What to do.
        help: String,
    },
    /// Reading or writing failed.
    #[error("cannot {action} {path}: {source}", path = path.display())]
    Io {
        /// `read`, `create`, `write`, `rename`...
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file that would be written is there already.
    #[error("{path}: found a file that is there already, expected a new name", path = path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A needed tool is missing.
    #[error("{tool} was not found; it is needed {needed_for}")]
    ToolMissing {
        /// The tool's name.
        tool: String,
        /// `to build the model`...
        needed_for: String,
        /// How to install it.
        help: String,
    },
    /// A tool was found, but failed on input that this program generated.
    #[error("{tool} failed: {log}")]
    ToolFailed {
        /// The tool's name.
        tool: String,
        /// The first lines of its output.
        log: String,
        /// What to do.
        help: String,
    },
    /// A check failed (a mismatch, or a run that hangs).
    #[error("{what}")]
    Check {
        /// The failed check with the first difference.
        what: String,
        /// What to do.
        help: String,
    },
    /// Several things do not fit.
    #[error("{}", listed(problems))]
    Several {
        /// Each of them, at least two.
        problems: Vec<Error>,
    },
    /// The user stopped the run.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// Exit status of the command line for this error.
    pub fn exit_status(&self) -> u8 {
        match self {
            Error::Check { .. } => 1,
            Error::Config { .. } | Error::ConfigText { .. } => 2,
            Error::Input { .. } | Error::Argument { .. } => 2,
            Error::Io { .. } | Error::Several { .. } | Error::Exists { .. } => 2,
            Error::ToolMissing { .. } | Error::ToolFailed { .. } => 3,
            Error::Interrupted => 130,
        }
    }

    /// A word for programs, which stays the same when messages change; docs/errors.md lists them.
    pub fn code(&self) -> &'static str {
        use std::io::ErrorKind as K;
        match self {
            Error::Config { .. } => "config",
            Error::ConfigText { .. } => "config_text",
            Error::Input { .. } => "input",
            Error::Argument { .. } => "argument",
            Error::Io { source, .. } => match source.kind() {
                K::NotFound => "io_not_found",
                K::PermissionDenied | K::ReadOnlyFilesystem => "io_permission",
                K::StorageFull | K::QuotaExceeded => "io_full",
                K::IsADirectory | K::NotADirectory | K::AlreadyExists => "io_kind",
                _ => "io",
            },
            Error::Exists { .. } => "output_exists",
            Error::ToolMissing { .. } => "tool_missing",
            Error::ToolFailed { .. } => "tool_failed",
            Error::Check { .. } => "check",
            Error::Several { .. } => "several",
            Error::Interrupted => "interrupted",
        }
    }

    /// What to do about it, if there is advice.
    pub fn help(&self) -> Option<&str> {
        match self {
            Error::Config { help, .. }
            | Error::ConfigText { help, .. }
            | Error::Input { help, .. }
            | Error::Argument { help, .. }
            | Error::ToolMissing { help, .. }
            | Error::ToolFailed { help, .. }
            | Error::Check { help, .. } => (!help.is_empty()).then_some(help.as_str()),
            Error::Io { action, source, .. } => io_help(action, source.kind()),
            Error::Exists { .. } => Some("name another file, or overwrite this one with --force"),
            // Each problem has advice of its own.
            Error::Several { .. } | Error::Interrupted => None,
        }
    }

    /// The same with more advice after what it has, where it has advice.
    pub fn advise(mut self, more: &str) -> Self {
        if let Error::Config { help, .. }
        | Error::Input { help, .. }
        | Error::Argument { help, .. } = &mut self
        {
            if !help.is_empty() {
                help.push_str("; ");
            }
            help.push_str(more);
        }
        self
    }

    /// An [`Error::Input`] at a place in a file.
    pub fn input(
        path: &Path,
        at: At,
        found: impl Into<String>,
        expected: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Error::Input {
            path: path.to_path_buf(),
            at,
            found: found.into(),
            expected: expected.into(),
            help: help.into(),
            way_out: WayOut::None,
        }
    }

    /// The same with what would make the input usable, where it is about an input.
    pub fn with_way_out(mut self, way: WayOut) -> Self {
        if let Error::Input { way_out, .. } = &mut self {
            *way_out = way;
        }
        self
    }

    /// What would make the input usable as it is.
    pub fn way_out(&self) -> WayOut {
        match self {
            Error::Input { way_out, .. } => *way_out,
            _ => WayOut::None,
        }
    }

    /// An [`Error::Argument`].
    pub fn argument(
        name: impl Into<String>,
        found: impl Into<String>,
        expected: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Error::Argument {
            name: name.into(),
            found: found.into(),
            expected: expected.into(),
            help: help.into(),
        }
    }

    /// An [`Error::Io`], for `map_err`.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Error::Io {
            action,
            path,
            source,
        }
    }
}

/// `2 things do not fit: ...; ...`
fn listed(problems: &[Error]) -> String {
    let each: Vec<String> = problems.iter().map(Error::to_string).collect();
    format!("{} things do not fit: {}", each.len(), each.join("; "))
}

fn io_help(action: &str, kind: std::io::ErrorKind) -> Option<&'static str> {
    use std::io::ErrorKind as K;
    match kind {
        K::NotFound if action == "read" => Some("check the path: it does not exist"),
        K::PermissionDenied | K::ReadOnlyFilesystem => {
            Some("check the permissions, or name another folder")
        }
        K::StorageFull => Some("free some disk space; no partial file was left"),
        K::IsADirectory => Some("name a file, not a folder"),
        K::NotADirectory | K::AlreadyExists => {
            Some("a folder of the path exists as a file: name another folder")
        }
        _ => None,
    }
}
