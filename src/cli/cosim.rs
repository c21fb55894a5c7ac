//! `recross cosim`

use std::path::PathBuf;

use clap::ValueEnum;

use super::options::{self, TableArgs, TraceArgs};
use super::run::Drive;
use super::{Done, Session};
use crate::cosim::{Preload, Waves};
use crate::error::{Error, Result};
use crate::flow;
use crate::formats::table::write_npy_i64;
use verilated::TraceFormat;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Configuration (TOML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    #[command(flatten)]
    trace: TraceArgs,
    #[command(flatten)]
    table: TableArgs,
    /// Use this mapping.json and drive the whole trace; else a mapping is learned from the history
    /// part, and the held-out part is driven
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Drive at most this many bags
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Write the results, int64, bags x dim
    #[arg(long, value_name = "FILE.npy")]
    dump_outputs: Option<PathBuf>,
    /// Write waves (.fst or .vcd)
    #[arg(long, value_name = "FILE")]
    waves: Option<PathBuf>,
    /// First cycle of the waves, counted from the model's creation
    #[arg(long, value_name = "CYCLE", requires = "waves", default_value_t = 0)]
    wave_from: u64,
    /// Last cycle of the waves
    #[arg(long, value_name = "CYCLE", requires = "waves", default_value_t = u64::MAX, hide_default_value = true)]
    wave_to: u64,
    /// Build this RTL package instead of emitting one
    #[arg(long, value_name = "DIR")]
    rtl: Option<PathBuf>,
    /// How the memories are filled
    #[arg(long, value_name = "HOW", default_value = "port")]
    preload: PreloadArg,
    /// Pause all streams at random, a quarter of the time where the configuration does not say
    #[arg(long)]
    stall: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PreloadArg {
    /// Word by word through the programming port, as a chip would be
    Port,
    /// From memory images in the first cycle
    Images,
}

/// Chance, in 1/1024, that a stream pauses under `--stall`.
const STALL: u32 = 256;

pub(super) fn run(args: &Args, session: &Session) -> Result<Done> {
    let (waves, format) = waves(args)?;
    let limit = options::limit(args.limit)?;
    let mut resolved = options::configuration(&args.config, session)?;
    if args.stall {
        let s = &mut resolved.config.simulation;
        for chance in [&mut s.input_idle, &mut s.output_stall] {
            if *chance == 0 {
                *chance = STALL;
            }
        }
    }
    let given = args
        .mapping
        .as_ref()
        .map(|path| options::mapping(path, session))
        .transpose()?;
    let trace = args.trace.read(&resolved, session)?;
    let mapped = given.as_ref().map(|m| m.embeddings);
    let needed = flow::rows_needed(&resolved, &[&trace], mapped);
    let specs = args.table.specs(session);
    let tables = flow::load_tables(&mut resolved, &specs, Some(&trace), &needed)?;

    for path in args.dump_outputs.iter().chain(&args.waves) {
        options::make_folder_of(path)?;
    }
    let (context, inputs) = ((&resolved, session), (trace, tables));
    let mut drive = match (given, &args.mapping) {
        (Some(given), Some(path)) => Drive::take("cosim", context, inputs, (given, path), limit)?,
        _ => Drive::learn("cosim", context, inputs, limit)?,
    };
    drive.spec.build.rtl.clone_from(&args.rtl);
    drive.spec.build.waves = format;
    drive.spec.run.waves = waves;
    drive.spec.run.preload = match args.preload {
        PreloadArg::Port => Preload::Port,
        PreloadArg::Images => Preload::Images,
    };
    let simulated = drive.simulate()?;
    let mut files = Vec::new();
    if let Some(path) = &args.dump_outputs {
        let bags = drive.bags().len() as u64;
        let dim = resolved.config.embedding.dim;
        write_npy_i64(path, bags, dim, &simulated.outcome.values)?;
        files.push(path.display().to_string());
    }
    files.extend(args.waves.iter().map(|p| p.display().to_string()));
    let report = drive.report(&simulated, files)?;
    session.watch.clear();
    session.output.show(&report)?;
    simulated.verdict.into_result()?;
    Ok(Done::Well)
}

fn waves(args: &Args) -> Result<(Option<Waves>, TraceFormat)> {
    let Some(path) = &args.waves else {
        return Ok((None, TraceFormat::Off));
    };
    let ending = path.extension().map(|e| e.to_ascii_lowercase());
    let format = match ending.as_ref().and_then(|e| e.to_str()) {
        Some("fst") => TraceFormat::Fst,
        Some("vcd") => TraceFormat::Vcd,
        _ => {
            return Err(Error::argument(
                "--waves",
                format!("`{}`", path.display()),
                "a name that ends in .fst or .vcd",
                "",
            ));
        }
    };
    if args.wave_from > args.wave_to {
        return Err(Error::argument(
            "--wave-from",
            args.wave_from.to_string(),
            format!("at most --wave-to ({})", args.wave_to),
            "",
        ));
    }
    let waves = Waves {
        path: path.clone(),
        from: args.wave_from,
        to: args.wave_to,
    };
    Ok((Some(waves), format))
}
