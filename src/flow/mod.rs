//! The whole flow from files to a verdict, usable without the command line.
//!
//! Each of these does what the command of its name does, and returns the report that the command
//! prints: [`run()`] (also `recross cosim`), [`map`], [`export_mapping`], [`score`], [`generate`],
//! [`compare()`] and [`sweep()`]. They are made of parts: [`read_trace`] and [`load_tables`] bring
//! the inputs in, [`split`] cuts off what the mapping may not see, [`learn_against`] learns and
//! judges it, [`simulate()`] translates, builds, drives and checks, [`write_package`] and
//! [`write_images`] write what hardware needs.

mod ahead;
pub mod compare;
pub mod fit;
mod inputs;
mod jobs;
mod learn;
mod lists;
mod memory;
mod outputs;
mod package;
mod recall;
pub mod report;
mod simulate;
pub mod sweep;
mod waves;

pub use ahead::BuildFacts;
pub use inputs::{
    Split, TraceFile, flatten, load_tables, load_tables_of_any_size, read_trace, rows_needed, split,
};
pub use jobs::compare::{CompareJob, compare};
pub use jobs::export::export_mapping;
pub use jobs::generate::generate;
pub use jobs::init::{configuration_for, explained};
pub use jobs::map::{MapJob, Mapped, ScoreJob, map, score};
pub use jobs::run::{RunJob, RunOutcome, run};
pub use jobs::sweep::{SweepJob, sweep};
pub use learn::{Candidate, Judged, learn_against, naive};
pub use package::{write_images, write_package};
pub(crate) use recall::program;
pub use recall::{Recalled, learn_or_recall};
pub use simulate::{Seconds, SimulateSpec, Simulated, simulate};
