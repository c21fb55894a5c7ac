//! Technology numbers, each with its source, and the area of the analog macro that follows from them.

mod area;
mod file;
mod merge;
mod number;

pub use area::MacroArea;
pub use file::{
    Adc, AdcModel, Array, AsConfigured, Cpu, DEFAULT_TECHNOLOGY, Digital, Drivers, Flash, Gpu,
    Memory, MemoryKind, Murmann, Reference, Sar, Switching, Technology,
};
pub use number::{Curve, Mark, Number, Provenance};
