//! The command line: one file per command, each of which calls the library and shows a report.
//!
//! Data go to stdout, logs and progress to stderr. Exit status: 0 done and everything matched, 1 a
//! check failed, 2 bad argument, configuration or input, 3 a needed tool is missing, 130 interrupted.

mod compare;
mod completions;
mod config;
mod cosim;
mod doctor;
mod failure;
mod generate;
mod init;
mod interrupt;
mod map;
mod mapping;
mod options;
mod output;
mod progress;
mod report;
mod run;
mod schema;
mod score;
mod session;
mod sweep;
mod trace;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgAction, CommandFactory, Parser, Subcommand};

use crate::error::{Error, Result};
use output::Output;
use progress::Watch;
use session::{Done, Session};

/// In-ReRAM embedding reduction: from a lookup trace to proven Verilog.
#[derive(Debug, Parser)]
#[command(name = "recross", version, about, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
struct Global {
    /// Print JSON instead of text (errors too)
    #[arg(long, global = true)]
    json: bool,
    /// Seed of the mapping, the simulation's pauses and the default random table; overrides the
    /// configuration
    #[arg(long, global = true, value_name = "N")]
    seed: Option<u64>,
    /// Threads to work with [default: all]
    #[arg(long, global = true, value_name = "N", env = "RECROSS_THREADS")]
    threads: Option<usize>,
    /// Folder of finished models and learned mappings [default: recross in the user's cache folder]
    #[arg(long, global = true, value_name = "DIR", env = "RECROSS_CACHE")]
    cache: Option<PathBuf>,
    /// Say more on stderr
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,
    /// Say nothing on stderr but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print an annotated configuration to start from, or one that fits a trace
    Init(init::Args),
    /// Print the JSON schema of the configuration
    Schema(schema::Args),
    /// Check a configuration, and print it or everything that follows from it
    Config(config::Args),
    /// Check the tools that recross works with
    Doctor(doctor::Args),
    /// Print a shell's completions
    Completions(completions::Args),
    /// Look at, convert or synthesise traces
    #[command(subcommand)]
    Trace(trace::Command),
    /// Learn a mapping from a trace and compare it with other methods
    Map(map::Args),
    /// Write a mapping for other programs
    #[command(subcommand)]
    Mapping(mapping::Command),
    /// Judge a mapping on a trace
    Score(score::Args),
    /// Write the RTL package of a configuration
    Gen(generate::Args),
    /// Build the RTL, drive it with a trace and check every result
    Cosim(cosim::Args),
    /// Time, energy and area of every architecture side by side
    Compare(Box<compare::Args>),
    /// Many configurations side by side, resumable
    Sweep(sweep::Args),
    /// All of it: learn, emit, build, drive held-out bags, check, report
    Run(run::Args),
}

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(e) => return failure::usage(&e, &arguments),
    };
    let json = cli.global.json;
    interrupt::install();
    match execute(cli) {
        Ok(Done::Well) => ExitCode::SUCCESS,
        Ok(Done::ToolMissing) => ExitCode::from(3),
        Err(e) => {
            failure::print(&e, json);
            ExitCode::from(e.exit_status())
        }
    }
}

fn execute(cli: Cli) -> Result<Done> {
    let global = cli.global;
    if let Some(threads) = global.threads {
        if threads == 0 {
            return Err(Error::argument("--threads", "0", "at least 1", ""));
        }
        // Fails only if the pool is there already, and then it is this one.
        let _ = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build_global();
    }
    let session = Session {
        output: Output::new(global.json),
        watch: Watch::new(global.verbose, global.quiet),
        seed: global.seed,
        cache: global.cache.unwrap_or_else(crate::cosim::default_cache_dir),
    };
    let s = &session;
    match cli.command {
        Command::Init(a) => init::run(&a, s),
        Command::Schema(a) => schema::run(&a, s),
        Command::Config(a) => config::run(&a, s),
        Command::Doctor(a) => doctor::run(&a, s),
        Command::Completions(a) => completions::run(&a, Cli::command(), s),
        Command::Trace(c) => trace::run(&c, s),
        Command::Map(a) => map::run(&a, s),
        Command::Mapping(c) => mapping::run(&c, s),
        Command::Score(a) => score::run(&a, s),
        Command::Gen(a) => generate::run(&a, s),
        Command::Cosim(a) => cosim::run(&a, s),
        Command::Compare(a) => compare::run(&a, s),
        Command::Sweep(a) => sweep::run(&a, s),
        Command::Run(a) => run::run(&a, s),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_description_of_the_arguments_is_sound() {
        super::Cli::command().debug_assert();
    }
}
