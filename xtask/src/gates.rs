//! Prints the gates of one bank of a configuration, counted by Yosys, for each choice of event counters,
//! and those of a lane's front end.

use crate::Outcome;
use recross::config::{Config, EventCounters};
use recross::cost::{count_bank, count_lane_front};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Configurations
    #[arg(required = true)]
    configs: Vec<PathBuf>,
}

pub fn run(args: &Args) -> Outcome<()> {
    println!(
        "| configuration | counters | bank | lane's totals, per bank | logic of the converters | bits of the queue | lane's front end |"
    );
    println!("|---|---|---|---|---|---|---|");
    for path in &args.configs {
        let resolved = Config::load(path)?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let missing = "yosys is missing: ./scripts/tools.sh yosys";
        let front = count_lane_front(&resolved, &())?.ok_or(missing)?;
        for (counters, shown) in [
            (EventCounters::None, "none"),
            (EventCounters::Totals, "totals"),
            (EventCounters::Full, "full"),
        ] {
            let resolved = resolved.with("gates", |config| config.engine.counters = counters)?;
            let count = count_bank(&resolved, &())?.ok_or(missing)?;
            println!(
                "| {name} | `{shown}` | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} |",
                count.bank.gates,
                count.totals.gates,
                count.converters.gates,
                count.bank.memory_bits,
                front.gates
            );
        }
    }
    Ok(())
}
