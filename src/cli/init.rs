//! `recross init`

use serde::Serialize;

use super::report::{Lines, Show};
use super::session::{Done, Session};
use crate::config::{PRESETS, annotated_template, preset};
use crate::cost::{DEFAULT_TECHNOLOGY, Technology};
use crate::error::{Error, Result};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The preset to start from
    #[arg(long, value_name = "NAME", default_value = PRESETS[0].name)]
    preset: String,
    /// List the presets
    #[arg(long)]
    list_presets: bool,
    /// Print the technology numbers (energy, area, machines compared with) instead
    #[arg(long, conflicts_with_all = ["preset", "list_presets"])]
    technology: bool,
}

#[derive(Serialize)]
struct Presets {
    presets: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    name: &'static str,
    about: &'static str,
}

impl Show for Presets {
    fn text(&self) -> String {
        let mut lines = Lines::default();
        self.presets.iter().for_each(|p| lines.add(p.name, p.about));
        lines.render()
    }
}

pub(super) fn run(args: &Args, session: &Session) -> Result<Done> {
    if args.technology {
        let technology = Technology::built_in()?;
        session.output.show_text(DEFAULT_TECHNOLOGY, &technology)?;
        return Ok(Done::Well);
    }
    if args.list_presets {
        let entry = |p: &crate::config::Preset| Entry {
            name: p.name,
            about: p.about,
        };
        session.output.show(&Presets {
            presets: PRESETS.iter().map(entry).collect(),
        })?;
        return Ok(Done::Well);
    }
    let found = preset(&args.preset).ok_or_else(|| {
        let names: Vec<&str> = PRESETS.iter().map(|p| p.name).collect();
        Error::argument(
            "--preset",
            format!("`{}`", args.preset),
            names.join(", "),
            "`recross init --list-presets` says what they are",
        )
    })?;
    let config = found.config();
    session
        .output
        .show_text(&annotated_template(&config)?, &config)?;
    Ok(Done::Well)
}
