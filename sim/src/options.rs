//! How a model is built.

use std::num::NonZero;
use std::path::PathBuf;
use std::thread;

/// Format of the wave files that a model can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TraceFormat {
    /// No waves. Models without them run several times faster.
    #[default]
    Off,
    /// GTKWave's FST. Files have about a tenth of the size of VCD. Needs zlib; newer versions of Verilator need lz4, too.
    Fst,
    /// Value change dump (VCD).
    Vcd,
}

impl TraceFormat {
    /// The format's number in the shim.
    pub(crate) const fn code(self) -> u64 {
        match self {
            Self::Off => 0,
            Self::Fst => 1,
            Self::Vcd => 2,
        }
    }
}

/// The C++ compiler's optimisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Optimisation {
    /// `-O0`: compiles fastest.
    None,
    /// `-O1`: the default. Best for up to some million cycles.
    #[default]
    Low,
    /// `-O2`: simulates somewhat faster, and compiles for longer.
    Normal,
    /// `-O3`.
    High,
}

impl Optimisation {
    pub(crate) const fn flag(self) -> &'static str {
        match self {
            Self::None => "-O0",
            Self::Low => "-O1",
            Self::Normal => "-O2",
            Self::High => "-O3",
        }
    }
}

/// How a model is built.
#[derive(Clone, Debug)]
pub struct BuildOptions {
    /// Folder of finished builds. It is created if it does not exist, and can be deleted whenever no build runs and no model is loaded.
    pub cache_dir: PathBuf,
    /// Format of the wave files that the model can write.
    pub trace: TraceFormat,
    /// Whether assertions in the sources are checked.
    pub assertions: bool,
    /// The C++ compiler's optimisation.
    pub optimisation: Optimisation,
    /// Further arguments for Verilator, such as `--unroll-count 16`.
    pub verilator_args: Vec<String>,
    /// How many compilers may run at the same time. The result does not depend on it.
    pub jobs: usize,
}

impl BuildOptions {
    /// Builds in `cache_dir` without waves and without assertions, at the default optimisation, with a compiler for each processor.
    pub fn new(cache_dir: impl Into<PathBuf>) -> Self {
        Self {
            cache_dir: cache_dir.into(),
            trace: TraceFormat::Off,
            assertions: false,
            optimisation: Optimisation::default(),
            verilator_args: Vec::new(),
            jobs: thread::available_parallelism().map_or(1, NonZero::get),
        }
    }
}
