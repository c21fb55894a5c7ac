//! What a job found out, as types that are serialised: every number that a command prints.
//!
//! All but what stands under `host` is the same for the same inputs and seed.

mod compare;
mod compare_csv;
mod compare_text;
mod csv;
mod generate;
mod head;
mod mapping;
mod renumbered;
pub(crate) mod sheet;
mod simulation;
mod sweep;
pub(crate) mod text;
mod timing;

pub use compare::{CompareReport, GeometryReport, JudgedReport};
pub use generate::GenReport;
pub use head::{FORMAT, Head, json};
pub use mapping::{
    AgainstReport, CandidateReport, ExportReport, LayoutReport, MapReport, ScoreReport,
};
pub use renumbered::{GivenList, RenumberedReport};
pub use simulation::{
    BoundReport, CheckReport, Clipping, Conversions, DesignReport, Difference, HostReport,
    LevelReport, NaiveReport, Report, SimulationReport, TraceReport,
};
pub use sweep::{SweepHost, SweepReport, plain};
pub use timing::{Share, TimingReport};
