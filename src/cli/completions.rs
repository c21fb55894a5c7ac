//! `recross completions`

use clap::Command;
use clap_complete::Shell;
use serde::Serialize;

use super::session::{Done, Session};
use crate::error::Result;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell
    shell: Shell,
}

#[derive(Serialize)]
struct Script<'a> {
    shell: String,
    script: &'a str,
}

pub(super) fn run(args: &Args, mut command: Command, session: &Session) -> Result<Done> {
    let mut bytes = Vec::new();
    clap_complete::generate(args.shell, &mut command, "recross", &mut bytes);
    let script = String::from_utf8_lossy(&bytes);
    session.output.show_text(
        &script,
        &Script {
            shell: args.shell.to_string(),
            script: &script,
        },
    )?;
    Ok(Done::Well)
}
