//! `recross init`

use std::path::PathBuf;

use serde::Serialize;

use super::options::{ReadArgs, table_spec};
use super::report::{Lines, Show};
use super::session::{Done, Session};
use crate::config::{PRESETS, Settings, annotated_template, preset};
use crate::error::{Error, Result};
use crate::flow::{self, TraceFile};
use crate::formats::table::TableSpec;
use crate::technology::{DEFAULT_TECHNOLOGY, Technology};

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
    /// Fit the configuration to this trace, with a comment at each key that was chosen; once for each
    /// file
    #[arg(long = "for", value_name = "TRACE", conflicts_with_all = ["technology", "list_presets"])]
    traces: Vec<PathBuf>,
    #[command(flatten)]
    read: ReadArgs,
    /// Table: FILE.npy, FILE.safetensors[:TENSOR], FILE.index.json[:TENSOR] or random:SEED; once for
    /// each table
    #[arg(long, value_name = "TABLE", requires = "traces", value_parser = table_spec)]
    table: Vec<TableSpec>,
    /// Extra crossbars for copies, as a fraction of the groups [default: as the preset says]
    #[arg(long, value_name = "FRACTION", allow_negative_numbers = true)]
    budget: Option<f64>,
    /// Another value for a key of the configuration (`adc.switch=graded`); may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
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
    let settings = Settings::parse(&args.set)?;
    let base = found.config().resolve_with(&settings, "with --set")?;
    let base = base.with("with --budget", |config| {
        let mapping = &mut config.mapping;
        mapping.budget = args.budget.unwrap_or(mapping.budget);
    })?;
    let (config, text) = match args.traces.as_slice() {
        [] => {
            let text = annotated_template(&base.config)?;
            (base.config, text)
        }
        paths => {
            let file = |path: &PathBuf| TraceFile {
                path: path.clone(),
                further: Vec::new(),
                options: args.read.options(),
            };
            let files: Vec<TraceFile> = paths.iter().map(file).collect();
            let (fitted, chosen) =
                flow::configuration_for(&base, &files, &args.table, &session.watch)?;
            session.watch.clear();
            let text = flow::explained(&fitted, &chosen)?;
            (fitted.config, text)
        }
    };
    session.output.show_text(&text, &config)?;
    Ok(Done::Well)
}
