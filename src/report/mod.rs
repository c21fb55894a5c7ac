//! What a command has to say, once: serialised for programs, rendered as text for people.
//!
//! The text is made from the same struct that is serialised, so every number in it is in the JSON.
//! All but what stands under `host` is the same for the same inputs and seed.

mod compare;
mod compare_csv;
mod mapping;
mod sheet;
mod simulation;
mod summary;
mod sweep;
mod text;
mod timing;

pub use compare::{CompareReport, GeometryReport, JudgedReport};
pub use mapping::{CandidateReport, LayoutReport, MapReport, ScoreReport, name_of};
pub use simulation::{
    BoundReport, CheckReport, Clipping, Conversions, DesignReport, Difference, HostReport,
    LevelReport, NaiveReport, Report, SimulationReport, TraceReport,
};
pub use sweep::{SweepHost, SweepReport};
pub use text::{Lines, grouped, table};
pub use timing::{Share, TimingReport};

use serde::Serialize;

/// Version of the report's format; changes when a field changes its meaning or goes away.
pub const FORMAT: u32 = 1;

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

/// Something that can be shown as text and as JSON.
pub trait Show: Serialize {
    /// The text for people, without a line end at its end.
    fn text(&self) -> String;
}
