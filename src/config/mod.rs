//! Configuration: what the user writes (TOML), checked, with everything that follows from it.
//!
//! [`Config`] mirrors the file; [`Resolved`] is the only form that the rest of the program sees.
//!
//! A key is declared once, as a field in `keys.rs`. Its schema attributes carry bounds and unit, and
//! the check, the JSON schema and the annotated file are made from them.

mod checks;
mod choice;
mod converter;
mod derived;
mod keys;
mod names;
mod presets;
mod read;
mod schema;
mod set;
mod shape;
mod size;
mod table;
mod template;
#[cfg(test)]
mod tests;
mod words;

pub use choice::Choice;
pub use converter::Converter;
pub(crate) use converter::PhaseTime;
pub use derived::{AdcLevel, Resolved};
pub(crate) use keys::MAX_IDS_PER_BEAT;
pub use keys::{
    Adc, AdcBits, AdcSwitch, Auto, Config, Crossbar, Effort, Embedding, Engine, EventCounters,
    FlashLatency, Frontend, MappingOptions, Method, Objective, Replication, Rtl, Simulation,
    TechnologyKeys,
};
pub use presets::{PRESETS, Preset, preset};
pub(crate) use read::{not_toml, place};
pub use set::Settings;
pub(crate) use set::{UnknownKey, check_key, is_section, values};
pub(crate) use shape::{Fault, Shape, Wrong};
pub use size::EngineSize;
pub(crate) use size::most;
pub use template::{annotated_template, annotated_template_with};
pub(crate) use words::join;
