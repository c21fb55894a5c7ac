//! `recross schema`

use super::session::{Done, Session};
use crate::config::Config;
use crate::error::Result;
use crate::flow::report::json;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_args: &Args, session: &Session) -> Result<Done> {
    let schema = schemars::schema_for!(Config);
    session
        .output
        .show_text(&(json(&schema)? + "\n"), &schema)?;
    Ok(Done::Well)
}
