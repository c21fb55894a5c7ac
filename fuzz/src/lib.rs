//! What the fuzz targets call. The code is shared with the test that replays `corpus`, which needs no
//! nightly compiler.

#[path = "../../tests/common/inputs/mod.rs"]
mod inputs;

pub use inputs::*;
