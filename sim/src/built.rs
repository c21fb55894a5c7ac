//! A finished build.

use std::fs;
use std::path::{Path, PathBuf};

use crate::design::Design;
use crate::error::Error;
use crate::options::TraceFormat;

/// What [`crate::build`] or [`crate::build_main`] made, or found in the cache.
///
/// Only these functions make one: its file, its hash and its design belong together.
#[derive(Clone, Debug)]
pub struct Built {
    pub(crate) path: PathBuf,
    /// Hash of the file at `path`.
    pub(crate) hash: String,
    /// Whether the file is a program, not a shared library.
    pub(crate) program: bool,
    pub(crate) fresh: bool,
    pub(crate) build_seconds: f64,
    pub(crate) cpu_seconds: Option<f64>,
    pub(crate) warnings: String,
    pub(crate) design: Design,
    pub(crate) trace: TraceFormat,
}

impl Built {
    /// The shared library, or the program of [`crate::build_main`].
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The same build with its file copied into `folder`, for a cache on a disk whose files cannot be loaded.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be copied.
    pub fn copied_to(&self, folder: &Path) -> Result<Self, Error> {
        let path = folder.join(self.path.file_name().unwrap_or_default());
        fs::copy(&self.path, &path).map_err(Error::io("writing", &path))?;
        Ok(Self {
            path,
            ..self.clone()
        })
    }

    /// Whether this call built it. `false`: it was in the cache.
    pub const fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// Wall seconds that the call took.
    pub const fn build_seconds(&self) -> f64 {
        self.build_seconds
    }

    /// Processor seconds that the compiler and Verilator used; 0 for a cache hit, `None` where the system does not tell. Builds that run at
    /// the same time in this process are counted together.
    pub const fn cpu_seconds(&self) -> Option<f64> {
        self.cpu_seconds
    }

    /// Verilator's warnings, which the cache keeps; empty where there are none.
    pub fn warnings(&self) -> &str {
        &self.warnings
    }

    /// The design that was built.
    pub const fn design(&self) -> &Design {
        &self.design
    }

    /// The wave format that the model can write.
    pub const fn trace(&self) -> TraceFormat {
        self.trace
    }
}
