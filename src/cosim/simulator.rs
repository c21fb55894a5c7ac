//! A built model: loaded with contents, driven, and read out.

use super::{Stimulus, counters, failure, harness, stimulus};
use crate::config::Resolved;
use crate::error::{Error, Result};
use crate::hardware::{Counters, Params};
use crate::host::Lowered;
use crate::mapping::contents::Contents;
use crate::reference::cycles::{Stream, stall_of};
use crate::rtl::{self, DEFAULT_PREFIX, Package, Record};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use verilated::{
    BuildOptions, Built, Library, ModelOptions, Optimisation, Progress, RunRequest, SearchOptions,
    Toolchain, TraceFormat,
};

/// How a model is found or built.
#[derive(Debug, Clone)]
pub struct BuildSpec {
    /// Folder of finished builds.
    pub cache_dir: PathBuf,
    /// An RTL package that exists already; else the configuration's own is emitted.
    pub rtl: Option<PathBuf>,
    /// Format of wave files, if any will be asked for.
    pub waves: TraceFormat,
    /// The C++ compiler's optimisation; a model of few cycles pays off sooner with less.
    pub optimisation: Optimisation,
}

impl BuildSpec {
    /// The user's cache folder, the configuration's own RTL, no waves.
    pub fn new() -> Self {
        BuildSpec {
            cache_dir: default_cache_dir(),
            rtl: None,
            waves: TraceFormat::Off,
            optimisation: Optimisation::default(),
        }
    }

    /// The harness's options for this build.
    pub fn options(&self) -> BuildOptions {
        let mut options = BuildOptions::new(&self.cache_dir);
        options.trace = self.waves;
        options.optimisation = self.optimisation;
        // This pass gives each instance its own temporaries, and then no two banks share their code.
        options.verilator_args = vec!["-fno-dfg".to_owned()];
        options
    }
}

impl Default for BuildSpec {
    fn default() -> Self {
        Self::new()
    }
}

/// `$RECROSS_CACHE`, else `recross` in the user's cache folder, else in the temporary folder.
pub fn default_cache_dir() -> PathBuf {
    let var = |name: &str| {
        std::env::var_os(name)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    if let Some(dir) = var("RECROSS_CACHE") {
        return dir;
    }
    var("XDG_CACHE_HOME")
        .or_else(|| var("HOME").map(|home| home.join(".cache")))
        .unwrap_or_else(std::env::temp_dir)
        .join("recross")
}

/// A wave file of a part of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waves {
    /// Where it goes.
    pub path: PathBuf,
    /// First cycle, counted from the model's creation.
    pub from: u64,
    /// Last cycle.
    pub to: u64,
}

impl Waves {
    /// All cycles.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Waves {
            path: path.into(),
            from: 0,
            to: u64::MAX,
        }
    }

    /// The format that the file's name says.
    ///
    /// # Errors
    /// [`Error::Argument`] for another ending than `.fst` and `.vcd`, or a part that ends before it
    /// begins.
    pub fn format(&self) -> Result<TraceFormat> {
        if self.from > self.to {
            return Err(Error::argument(
                "--wave-from",
                self.from.to_string(),
                format!("at most --wave-to ({})", self.to),
                "",
            ));
        }
        let ending = self.path.extension().map(|e| e.to_ascii_lowercase());
        match ending.as_ref().and_then(|e| e.to_str()) {
            Some("fst") => Ok(TraceFormat::Fst),
            Some("vcd") => Ok(TraceFormat::Vcd),
            _ => Err(Error::argument(
                "--waves",
                format!("`{}`", self.path.display()),
                "a name that ends in .fst or .vcd",
                "",
            )),
        }
    }
}

/// How the memories are filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[cfg_attr(feature = "cli", value(rename_all = "snake_case"))]
pub enum Preload {
    /// Word by word through the programming port, as a chip would be.
    #[default]
    Port,
    /// From memory images in the first cycle after reset.
    Images,
}

/// How a run goes.
#[derive(Debug, Clone, Default)]
pub struct RunSpec {
    /// How the memories are filled.
    pub preload: Preload,
    /// A wave file; the model must have been built for it.
    pub waves: Option<Waves>,
}

/// What a run brought back.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Results, bags x dim.
    pub values: Vec<i64>,
    /// Cycle of each bag's result, counted from the first cycle in which anything was offered.
    pub retired_at: Vec<u64>,
    /// Cycles from the first offer to the last result.
    pub cycles: u64,
    /// Events of the run, the reading of the counters left out.
    pub counters: Counters,
    /// Cycles spent to program the memories.
    pub program_cycles: u64,
    /// Cycles that the model was clocked in all: programming, bags and counter reading.
    pub simulated_cycles: u64,
    /// Wall seconds inside the simulation loop, all told.
    pub simulation_seconds: f64,
    /// Wall seconds inside the simulation loop while bags were driven.
    pub run_seconds: f64,
    /// Cycles while bags were driven.
    pub run_cycles: u64,
}

/// A model whose memories are filled.
pub(super) struct Loaded {
    pub(super) model: verilated::Model,
    pub(super) program_cycles: u64,
    /// Wall seconds of filling them.
    pub(super) seconds: f64,
}

/// A built and loaded model of one geometry.
#[allow(missing_debug_implementations)]
pub struct Simulator {
    pub(super) resolved: Resolved,
    params: Params,
    library: Library,
    built: Built,
}

impl Simulator {
    /// Emits (unless a package is given), verilates and compiles, or finds the finished model.
    ///
    /// # Errors
    /// [`Error::ToolMissing`] without Verilator or a C++ compiler; [`Error::ToolFailed`] if the
    /// compiler fails; [`Error::Input`] if Verilator refuses the given package; [`Error::Io`].
    pub fn build(resolved: &Resolved, spec: &BuildSpec) -> Result<Self> {
        Self::build_with(resolved, spec, &SearchOptions::default())
    }

    /// As [`Simulator::build`], with the tools looked for elsewhere.
    ///
    /// # Errors
    /// As [`Simulator::build`].
    pub fn build_with(
        resolved: &Resolved,
        spec: &BuildSpec,
        search: &SearchOptions,
    ) -> Result<Self> {
        let params = Params::new(resolved);
        let mut context = failure::Context {
            rtl: spec.rtl.as_deref(),
            renamed: None,
        };
        // Models are always built under the default names, so that the prefix changes no build's key.
        let temporary = || tempfile::tempdir().map_err(Error::io("create", &std::env::temp_dir()));
        let own;
        let sources = match &spec.rtl {
            Some(folder) => {
                let record = Record::read(folder)?;
                record.check(resolved, folder)?;
                let sources = record.sources(folder)?;
                if record.has_default_names() {
                    sources
                } else {
                    own = temporary()?;
                    let prefix = record.prefix().to_owned();
                    let copies = under_default_names(&sources, &prefix, own.path())?;
                    context.renamed = Some((own.path().to_owned(), prefix));
                    copies
                }
            }
            None => {
                own = temporary()?;
                Package::emit_as(resolved, DEFAULT_PREFIX)?.write(own.path())?;
                rtl::sources_of(own.path())?
            }
        };
        let tools = Toolchain::find(search).map_err(|e| context.error(e))?;
        let design = harness::design(&params, sources);
        let built =
            verilated::build(&tools, &design, &spec.options()).map_err(|e| context.error(e))?;
        let library = Library::load(&built).map_err(|e| context.error(e))?;
        Ok(Simulator {
            resolved: resolved.clone(),
            params,
            library,
            built,
        })
    }

    /// The build: whether it was fresh, how long it took, Verilator's warnings.
    pub fn built(&self) -> &Built {
        &self.built
    }

    /// Loads `contents` into a fresh model, drives all of `lowered`'s bags, and reads results and
    /// counters. `progress` may break off.
    ///
    /// # Errors
    /// [`Error::Check`] if the model hangs, stops, or breaks the result protocol;
    /// [`Error::Interrupted`]; [`Error::Io`] for images and waves.
    pub fn run(
        &self,
        contents: &Contents<'_>,
        lowered: &Lowered,
        spec: &RunSpec,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Outcome> {
        let context = failure::Context::default();
        let fail = |e| context.error(e);
        let (mut loaded, _images) = self.loaded(contents, spec, progress)?;
        let (model, mut seconds) = (&mut loaded.model, loaded.seconds);
        let before = counters::read(model, &self.params).map_err(fail)?;
        seconds += before.seconds;

        let stimulus = Stimulus::new(lowered, &self.resolved);
        let request = self.request(&stimulus);
        let outcome = model.run(&request, progress).map_err(fail)?;
        seconds += outcome.seconds;
        let (values, retired_at) = stimulus.results(&outcome, &self.resolved)?;
        let after = counters::read(model, &self.params).map_err(fail)?;
        seconds += after.seconds;
        let simulated_cycles = model.cycle();
        model.finish_trace().map_err(fail)?;
        Ok(Outcome {
            // With several ports the last bag's result need not be the last that comes.
            cycles: retired_at.iter().max().map_or(0, |last| last + 1),
            values,
            retired_at,
            counters: before.events_until(&after),
            program_cycles: loaded.program_cycles,
            simulated_cycles,
            simulation_seconds: seconds,
            run_seconds: outcome.seconds,
            run_cycles: outcome.cycles,
        })
    }

    /// A fresh model with `contents` in its memories; the folder of memory images, if there are any, must
    /// stay as long as the model runs.
    pub(super) fn loaded(
        &self,
        contents: &Contents<'_>,
        spec: &RunSpec,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<(Loaded, Option<tempfile::TempDir>)> {
        let context = failure::Context::default();
        let fail = |e| context.error(e);
        let images = match spec.preload {
            Preload::Port => None,
            Preload::Images => Some(stimulus::images_in_temporary(contents, &self.resolved)?),
        };
        let mut options = ModelOptions::default();
        if let Some(folder) = &images {
            options
                .plusargs
                .push(format!("+recross_images={}", folder.path().display()));
        }
        let mut model = self.library.model_with(&options).map_err(fail)?;
        if let Some(waves) = &spec.waves {
            model
                .trace(&waves.path, waves.from, waves.to)
                .map_err(fail)?;
        }
        model.reset(4).map_err(fail)?;
        let program = match spec.preload {
            Preload::Port => contents.program().as_words().to_vec(),
            Preload::Images => Vec::new(),
        };
        // The drain lets the last word reach its memory; images load in the first cycles.
        let loaded = model
            .run(
                &RunRequest::new().input("prog", &program).drain(4),
                progress,
            )
            .map_err(fail)?;
        let loaded = Loaded {
            model,
            program_cycles: loaded.cycles,
            seconds: loaded.seconds,
        };
        Ok((loaded, images))
    }

    pub(super) fn request<'s>(&self, stimulus: &'s Stimulus) -> RunRequest<'s> {
        let options = &self.resolved.config.simulation;
        let mut request = RunRequest::new().idle_limit(u64::from(options.idle_limit));
        for port in 0..self.params.retire_ports {
            let (headers, results) = (format!("hdr{port}"), format!("res{port}"));
            let bags = stimulus.bags_of(port) as u64;
            request = request
                .input(headers.clone(), stimulus.headers(port as usize))
                .stall(&headers, stall_of(options, Stream::Headers(port)))
                .expect(results.clone(), bags)
                .stall(&results, stall_of(options, Stream::Results(port)));
        }
        for lane in 0..self.params.lanes {
            let name = format!("cmd{lane}");
            request = request
                .input(name.clone(), stimulus.commands(lane as usize))
                .stall(&name, stall_of(options, Stream::Commands(lane)));
        }
        request
    }

    /// Writes everything that the package's own test bench needs for these bags into `folder`.
    ///
    /// # Errors
    /// [`Error::Io`] naming the file.
    pub fn write_stimulus(
        folder: &Path,
        contents: &Contents<'_>,
        lowered: &Lowered,
        resolved: &Resolved,
    ) -> Result<()> {
        stimulus::write_images(folder, contents, resolved)?;
        Stimulus::new(lowered, resolved).write_hex(folder, resolved)
    }
}

/// Copies of a package's sources in `folder`, under the names of `rtl/`.
fn under_default_names(sources: &[PathBuf], prefix: &str, folder: &Path) -> Result<Vec<PathBuf>> {
    let rename = |text: &str| rtl::take_back(text, prefix);
    let copy = |source: &PathBuf| {
        let text = std::fs::read_to_string(source).map_err(Error::io("read", source))?;
        let name = source.file_name().unwrap_or_default().to_string_lossy();
        let copy = folder.join(rename(&name));
        crate::io::write_bytes(&copy, rename(&text).as_bytes())?;
        Ok(copy)
    };
    sources.iter().map(copy).collect()
}
