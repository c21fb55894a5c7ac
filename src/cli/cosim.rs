//! `recross cosim`

use std::path::PathBuf;

use super::options::{FitArgs, TableArgs, TraceArgs};
use super::run::show;
use super::session::{Done, Session};
use crate::cosim::{Preload, RowPlace, Waves};
use crate::error::Result;
use crate::flow::report::Head;
use crate::flow::{self, RunJob};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: FitArgs,
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
    /// Write the results: FILE.npy (int64, bags x dim) and beside it FILE.npz (with bag, table and
    /// scale of each row), or FILE.npz alone
    #[arg(long, value_name = "FILE")]
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
    #[arg(long, value_name = "HOW", default_value = "images")]
    preload: Preload,
    /// Let the model of the analog macro fail to write this row: lane, bank in the lane, crossbar in
    /// the bank, row; only with `--preload port`
    #[arg(long, value_name = "LANE:BANK:CROSSBAR:ROW")]
    fail_write: Option<RowPlace>,
    /// Pause all streams at random, a quarter of the time where the configuration does not say
    #[arg(long)]
    stall: bool,
    /// Overwrite the files of --dump-outputs and --waves if they are there
    #[arg(long)]
    force: bool,
}

/// Chance, in 1/1024, that a stream pauses under `--stall`.
const STALL: u32 = 256;

pub(super) fn run(args: &Args, session: &Session) -> Result<Done> {
    let mut resolved = args.config.resolve(session)?;
    if args.stall {
        let s = &mut resolved.config.simulation;
        for chance in [&mut s.input_idle, &mut s.output_stall] {
            if *chance == 0 {
                *chance = STALL;
            }
        }
    }
    let waves = args.waves.clone().map(|path| Waves {
        path,
        from: args.wave_from,
        to: args.wave_to,
    });
    let job = RunJob {
        tables: args.table.specs(session),
        mapping: args.mapping.clone(),
        fit: args.config.fit,
        limit: args.limit,
        preload: args.preload,
        fail_write: args.fail_write,
        waves,
        outputs: args.dump_outputs.clone(),
        rtl: args.rtl.clone(),
        overwrite: args.force,
        cache_dir: session.cache.clone(),
        ..RunJob::new(args.trace.file())
    };
    let mut outcome = flow::run(&resolved, &job, &session.watch)?;
    outcome.report.head = Head::new("cosim");
    show(outcome, session)
}
