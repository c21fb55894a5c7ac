//! Errors on stderr.

use std::error::Error as _;
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::error::ErrorKind;
use serde::Serialize;

use crate::error::Error;

#[derive(Serialize)]
struct Failure<'a> {
    error: Body<'a>,
}

#[derive(Serialize)]
struct Body<'a> {
    /// Stable; docs/errors.md lists them.
    code: &'static str,
    kind: &'static str,
    message: String,
    causes: Vec<String>,
    help: Option<&'a str>,
    exit_status: u8,
    /// If there are several: each of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<Body<'a>>,
}

impl<'a> Body<'a> {
    fn new(error: &'a Error) -> Self {
        Body {
            code: error.code(),
            kind: kind(error),
            message: error.to_string(),
            causes: causes(error),
            help: error.help(),
            exit_status: error.exit_status(),
            problems: match error {
                Error::Several { problems } => problems.iter().map(Body::new).collect(),
                _ => Vec::new(),
            },
        }
    }
}

/// Prints an error of the library.
pub(super) fn print(error: &Error, json: bool) {
    let body = Body::new(error);
    match json {
        true => emit(body, true),
        // One after the other, as if each had come alone.
        false if !body.problems.is_empty() => {
            body.problems.into_iter().for_each(|one| emit(one, false));
        }
        false => emit(body, false),
    }
}

/// Prints what clap has to say: help and version on stdout with status 0, else an error.
pub(super) fn usage(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    if !error.use_stderr() {
        // A closed pipe is no failure.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    if arguments.iter().any(|a| a == "--json") {
        let text = error.render().to_string();
        let message = text.strip_prefix("error: ").unwrap_or(&text).trim_end();
        let body = Body {
            code: usage_code(error.kind()),
            kind: "usage",
            message: message.to_owned(),
            causes: Vec::new(),
            help: None,
            exit_status: 2,
            problems: Vec::new(),
        };
        emit(body, true);
    } else {
        let _ = error.print();
    }
    ExitCode::from(2)
}

/// What is wrong with the arguments, as a code.
fn usage_code(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidValue
        | ErrorKind::ValueValidation
        | ErrorKind::NoEquals
        | ErrorKind::InvalidUtf8 => "usage_value",
        ErrorKind::TooManyValues | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            "usage_number"
        }
        ErrorKind::UnknownArgument => "usage_unknown",
        ErrorKind::InvalidSubcommand => "usage_command",
        ErrorKind::ArgumentConflict => "usage_conflict",
        ErrorKind::MissingRequiredArgument => "usage_missing",
        // Among them are kinds that clap may add.
        _ => "usage",
    }
}

fn emit(body: Body<'_>, json: bool) {
    let mut text = String::new();
    if json {
        // A plain struct of texts always serialises.
        text = serde_json::to_string(&Failure { error: body }).unwrap_or(text);
        text.push('\n');
    } else {
        text += &format!("error: {}\n", body.message);
        for cause in &body.causes {
            text += &format!("cause: {cause}\n");
        }
        if let Some(help) = body.help {
            text += &format!("help: {help}\n");
        }
    }
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// The causes that the message does not have already.
fn causes(error: &Error) -> Vec<String> {
    let message = error.to_string();
    let mut out = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !message.contains(&text) {
            out.push(text);
        }
        next = cause.source();
    }
    out
}

fn kind(error: &Error) -> &'static str {
    match error {
        Error::Config { .. } | Error::ConfigText { .. } => "config",
        Error::Input { .. } => "input",
        Error::Argument { .. } => "argument",
        Error::Io { .. } => "io",
        Error::Exists { .. } => "output_exists",
        Error::ToolMissing { .. } => "tool_missing",
        Error::ToolFailed { .. } => "tool_failed",
        Error::Check { .. } => "check",
        Error::Several { .. } => "several",
        Error::Interrupted => "interrupted",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::io::ErrorKind as K;
    use std::path::{Path, PathBuf};

    /// An error of each variant.
    fn examples() -> Vec<Error> {
        // A variant that is missing here does not compile; list it below too.
        let known = |error: &Error| match error {
            Error::Config { .. }
            | Error::ConfigText { .. }
            | Error::Input { .. }
            | Error::Argument { .. }
            | Error::Io { .. }
            | Error::Exists { .. }
            | Error::ToolMissing { .. }
            | Error::ToolFailed { .. }
            | Error::Check { .. }
            | Error::Several { .. }
            | Error::Interrupted => 11,
        };
        let text = String::new;
        let mut all = vec![
            Error::Config {
                origin: text(),
                key: text(),
                found: text(),
                expected: text(),
                help: text(),
            },
            Error::ConfigText {
                origin: text(),
                what: text(),
                help: text(),
            },
            Error::input(Path::new("a"), crate::error::At::File, "", "", ""),
            Error::argument("", "", "", ""),
            Error::io("read", Path::new("a"))(K::Other.into()),
            Error::Exists {
                path: PathBuf::new(),
            },
            Error::ToolMissing {
                tool: text(),
                needed_for: text(),
                help: text(),
            },
            Error::ToolFailed {
                tool: text(),
                log: text(),
                help: text(),
            },
            Error::Check {
                what: text(),
                help: text(),
            },
            Error::Several {
                problems: Vec::new(),
            },
            Error::Interrupted,
        ];
        let variants: std::collections::HashSet<_> =
            all.iter().map(std::mem::discriminant).collect();
        assert_eq!(variants.len(), known(&Error::Interrupted));
        let io = [
            K::NotFound,
            K::PermissionDenied,
            K::StorageFull,
            K::IsADirectory,
        ];
        all.extend(io.map(|kind| Error::io("read", Path::new("a"))(kind.into())));
        all
    }

    #[test]
    fn the_documentation_lists_every_code_with_its_exit_status() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/errors.md");
        let text = std::fs::read_to_string(path).unwrap();
        let rows = text.lines().filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split('|').map(str::trim);
            let code = cells.next()?.trim_end_matches('`');
            Some((code.to_owned(), cells.next()?.parse::<u8>().unwrap()))
        });
        let documented: Vec<_> = rows.collect();
        let usage = [
            ErrorKind::InvalidValue,
            ErrorKind::TooManyValues,
            ErrorKind::UnknownArgument,
            ErrorKind::InvalidSubcommand,
            ErrorKind::ArgumentConflict,
            ErrorKind::MissingRequiredArgument,
            ErrorKind::MissingSubcommand,
        ];
        let usage = usage.map(|kind| (usage_code(kind).to_owned(), 2));
        let of = |e: &Error| (e.code().to_owned(), e.exit_status());
        let all: BTreeSet<_> = examples().iter().map(of).chain(usage).collect();
        assert_eq!(documented.len(), all.len(), "a code is listed twice");
        assert_eq!(BTreeSet::from_iter(documented), all);
    }
}
