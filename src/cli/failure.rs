//! Errors on stderr.

use std::error::Error as _;
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use serde::Serialize;

use crate::error::Error;

#[derive(Serialize)]
struct Failure<'a> {
    error: Body<'a>,
}

#[derive(Serialize)]
struct Body<'a> {
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
