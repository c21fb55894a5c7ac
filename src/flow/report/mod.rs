//! What a job found out, as types that are serialised: every number that a command prints.
//!
//! All but what stands under `host` is the same for the same inputs and seed.

mod compare;
mod compare_csv;
mod csv;
mod mapping;
mod simulation;
mod sweep;
mod timing;

pub use compare::{CompareReport, GeometryReport, JudgedReport};
pub use mapping::{CandidateReport, LayoutReport, MapReport, ScoreReport, name_of};
pub use simulation::{
    BoundReport, CheckReport, Clipping, Conversions, DesignReport, Difference, HostReport,
    LevelReport, NaiveReport, Report, SimulationReport, TraceReport,
};
pub(crate) use sweep::plain;
pub use sweep::{SweepHost, SweepReport};
pub use timing::{Share, TimingReport};

use serde::Serialize;

/// Version of the report's format; changes when a field changes its meaning or goes away.
pub const FORMAT: u32 = 2;

/// What stands at the head of every report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Head {
    /// Version of the format, [`FORMAT`].
    pub format: u32,
    /// The command that made it.
    pub command: &'static str,
    /// The program's version.
    pub recross: &'static str,
}

impl Head {
    /// The head of a command's report.
    pub fn new(command: &'static str) -> Self {
        Head {
            format: FORMAT,
            command,
            recross: env!("CARGO_PKG_VERSION"),
        }
    }
}
