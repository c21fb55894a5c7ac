//! Jobs for developers of the project: `cargo run -p xtask -- JOB`.

mod docs;
mod frontend;
mod gates;
mod mapbench;
mod packages;
mod queues;

use clap::{Parser, Subcommand};
use std::error::Error;
use std::path::Path;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[derive(Debug, Parser)]
#[command(about)]
struct Arguments {
    #[command(subcommand)]
    job: Job,
}

#[derive(Debug, Subcommand)]
enum Job {
    /// Make outputs that the documentation quotes again, or check that they are up to date
    Docs(docs::Args),
    /// Count the gates of one bank with Yosys
    Gates(gates::Args),
    /// Emit RTL packages for lint: one for each preset and one for each configuration
    Packages(packages::Args),
    /// Compare mapping methods, Mt-KaHyPar included, by groups touched and time
    Mapbench(mapbench::Args),
    /// Measure what the front end reaches on traces
    Frontend(frontend::Args),
    /// Measure how copies of groups shorten the longest queue of a batch
    Queues(queues::Args),
}

fn main() -> Outcome<()> {
    match Arguments::parse().job {
        Job::Docs(args) => docs::run(&args),
        Job::Gates(args) => gates::run(&args),
        Job::Packages(args) => packages::run(&args),
        Job::Mapbench(args) => mapbench::run(&args),
        Job::Frontend(args) => frontend::run(&args),
        Job::Queues(args) => queues::run(&args),
    }
}

/// The root of the repository.
fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}
