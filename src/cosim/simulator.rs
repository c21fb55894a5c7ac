//! A built model: loads contents, drives bags, reads results and counters.

use super::place::RowPlace;
use super::status::{self, Sample};
use super::view::Ports;
use super::{
    Cache, Counted, StatusDifference, Stimulus, counters, failure, harness, programming, stimulus,
};
use crate::config::Resolved;
use crate::error::{Error, Result};
use crate::hardware::Params;
use crate::host::Translated;
use crate::io::temporary_folder;
use crate::mapping::contents::Contents;
use crate::reference::cycles::{Stream, stall_of};
use crate::rtl::{self, DEFAULT_PREFIX, Package, Record};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use verilated::{
    BuildOptions, Built, Library, ModelOptions, Optimisation, Progress, RunRequest, SearchOptions,
    Stop, Toolchain, TraceFormat,
};

/// How a model is found or built.
#[derive(Debug, Clone)]
pub struct BuildSpec {
    /// Where builds are kept.
    pub cache: Cache,
    /// Folder of an existing RTL package; `None` emits that of the configuration.
    pub rtl: Option<PathBuf>,
    /// Format of the wave files that the model can write.
    pub waves: TraceFormat,
    /// Optimisation level of the C++ compiler; a lower one is faster overall for short runs.
    pub optimisation: Optimisation,
    /// Whether the assertions beside the modules (`RECROSS_ASSERT`) are checked; one that fails ends
    /// the run. They cost time.
    pub assertions: bool,
    /// Ends a build that is no longer wanted, with [`Error::Interrupted`].
    pub stop: Option<Stop>,
}

impl BuildSpec {
    /// The user's cache folder, the configuration's own RTL, no waves.
    pub fn new() -> Self {
        BuildSpec {
            cache: Cache::default(),
            rtl: None,
            waves: TraceFormat::Off,
            optimisation: Optimisation::default(),
            assertions: false,
            stop: None,
        }
    }

    /// The harness's options for this build.
    pub fn options(&self) -> BuildOptions {
        let mut options = BuildOptions::new(self.cache.models());
        options.trace = self.waves;
        options.optimisation = self.optimisation;
        options.jobs = rayon::current_num_threads();
        // Verilator's dfg pass gives each instance its own temporaries, so that banks share no
        // code.
        options.verilator_args = vec!["-fno-dfg".to_owned()];
        if self.assertions {
            options.assertions = true;
            // Only the assertions are not Verilog-2005.
            let arguments = ["-DRECROSS_ASSERT", "--language", "1800-2017"];
            options.verilator_args.extend(arguments.map(str::to_owned));
        }
        options
    }
}

impl Default for BuildSpec {
    fn default() -> Self {
        Self::new()
    }
}

/// A wave file of a part of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waves {
    /// Path of the file.
    pub path: PathBuf,
    /// First cycle, counted from the model's creation.
    pub from: u64,
    /// Last cycle.
    pub to: u64,
}

impl Waves {
    /// A wave file of all cycles.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Waves {
            path: path.into(),
            from: 0,
            to: u64::MAX,
        }
    }

    /// The format, by the ending of the file's name.
    ///
    /// # Errors
    /// [`Error::Argument`] for an ending other than `.fst` and `.vcd`, or if `from` is after `to`.
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
    /// From memory images in the first cycle after reset.
    #[default]
    Images,
    /// Row by row through the control slave, as on a chip.
    Port,
}

/// Options of a run.
#[derive(Debug, Clone, Default)]
pub struct RunSpec {
    /// How the memories are filled.
    pub preload: Preload,
    /// A row whose write the model of the analog macro lets fail, with [`Preload::Port`].
    pub fail_write: Option<RowPlace>,
    /// Folder with the memory images of the contents that are driven; `None` has them written to a
    /// temporary one when they are needed.
    pub images: Option<PathBuf>,
    /// The wave file to write; the model must have been built with [`BuildSpec::waves`].
    pub waves: Option<Waves>,
    /// Further plus arguments for the model, such as those that `rtl/recross_crossbars.v` lists.
    pub plusargs: Vec<String>,
}

/// Results and counts of a run.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Results, bags x dim, bag-major.
    pub values: Vec<i64>,
    /// Cycle of each bag's result, counted from the first cycle in which a stream offers an item.
    pub retired_at: Vec<u64>,
    /// Cycles from the first offer to the last result, both included.
    pub cycles: u64,
    /// Events of the run that the RTL counted.
    pub counters: Counted,
    /// Status outputs that are wrong after the run.
    pub status: Vec<StatusDifference>,
    /// Status outputs in some cycles of the run.
    pub(super) samples: Vec<Sample>,
    /// Cycles spent on programming the memories.
    pub program_cycles: u64,
    /// All cycles simulated: programming, bags and reading counters.
    pub simulated_cycles: u64,
    /// Wall seconds inside the simulation loop, in total.
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
    /// Wall seconds spent on filling them.
    pub(super) seconds: f64,
}

/// A built model of one geometry, loaded as a library.
#[allow(missing_debug_implementations)]
pub struct Simulator {
    pub(super) resolved: Resolved,
    params: Params,
    library: Library,
    built: Built,
    /// Keeps a temporary folder with the model.
    _cache: Cache,
}

impl Simulator {
    /// Emits the RTL (unless a package is given) and builds its model, or takes it from the cache.
    ///
    /// # Errors
    /// [`Error::ToolMissing`] without Verilator or a C++ compiler; [`Error::ToolFailed`] if a tool
    /// fails, or the model cannot be loaded; [`Error::Input`] if Verilator rejects the given package; [`Error::Io`] for files.
    pub fn build(resolved: &Resolved, spec: &BuildSpec) -> Result<Self> {
        Self::build_with(resolved, spec, &SearchOptions::default())
    }

    /// As [`Simulator::build`], with other places to search for the tools.
    ///
    /// # Errors
    /// As [`Simulator::build`].
    pub fn build_with(
        resolved: &Resolved,
        spec: &BuildSpec,
        search: &SearchOptions,
    ) -> Result<Self> {
        let params = Params::new(resolved);
        let mut context = failure::ErrorContext {
            rtl: spec.rtl.as_deref(),
            renamed: None,
        };
        // Models are always built under the default names, so that the prefix changes no build's key.
        let own;
        let sources = match &spec.rtl {
            Some(folder) => {
                let record = Record::read(folder)?;
                record.check(resolved, folder)?;
                let sources = record.sources(folder)?;
                if record.has_default_names() {
                    sources
                } else {
                    own = temporary_folder()?;
                    let prefix = record.prefix().to_owned();
                    let copies = under_default_names(&sources, &prefix, own.path())?;
                    context.renamed = Some((own.path().to_owned(), prefix));
                    copies
                }
            }
            None => {
                own = temporary_folder()?;
                Package::emit_as(resolved, DEFAULT_PREFIX)?.write(own.path())?;
                rtl::sources_of(own.path())?
            }
        };
        let tools = Toolchain::find(search).map_err(|e| context.error(e))?;
        let design = harness::design(&params, sources);
        let build = || match &spec.stop {
            Some(stop) => verilated::build_until(&tools, &design, &spec.options(), stop),
            None => verilated::build(&tools, &design, &spec.options()),
        };
        let built = match build() {
            Err(verilated::Error::Cache { message, .. }) => {
                spec.cache.give_up(&message)?;
                build()
            }
            other => other,
        };
        let built = built.map_err(|e| context.error(e))?;
        let library = load(&built, &spec.cache).map_err(|e| context.error(e))?;
        Ok(Simulator {
            _cache: spec.cache.clone(),
            resolved: resolved.clone(),
            params,
            library,
            built,
        })
    }

    /// The build: whether it was cached, how long it took, and Verilator's warnings.
    pub fn built(&self) -> &Built {
        &self.built
    }

    /// Loads `contents` into a new model, drives all bags of `translated`, and reads results and
    /// counters. `progress` can stop the run by returning [`ControlFlow::Break`].
    ///
    /// # Errors
    /// [`Error::Check`] if the model hangs, stops, or violates the result protocol;
    /// [`Error::Interrupted`] if `progress` stopped the run; [`Error::Io`] for images and waves.
    pub fn run(
        &self,
        contents: &Contents<'_>,
        translated: &Translated,
        spec: &RunSpec,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Outcome> {
        let context = failure::ErrorContext::default();
        let fail = |e| context.error(e);
        let (mut loaded, _images) = self.loaded(contents, spec, progress)?;
        let (model, mut seconds) = (&mut loaded.model, loaded.seconds);
        let running = counters::start(model, &self.params)?;
        seconds += running.seconds;

        let stimulus = Stimulus::new(translated, &self.resolved);
        let request = self
            .request(&stimulus)
            .sample(status::SAMPLE_CYCLES, status::SAMPLES);
        let (mut samples, mut unread) = (Vec::new(), Ok(()));
        let outcome = model.run_watched(&request, &mut |model, now| {
            if now.cycles <= status::LAST_SAMPLE {
                match Ports::read(model, &self.resolved) {
                    Ok(ports) => samples.push(Sample {
                        cycle: now.cycles,
                        ports,
                    }),
                    Err(e) => unread = Err(e),
                }
            }
            progress(now)
        });
        let outcome = outcome.map_err(|e| fail(status::told(e, model, &self.params)))?;
        unread.map_err(fail)?;
        seconds += outcome.seconds;
        let (values, retired_at) = stimulus.results(&outcome)?;
        let (counters, reading_seconds) = running.read(model, &self.params, outcome.cycles)?;
        seconds += reading_seconds;
        let simulated_cycles = model.cycle();
        let bags: Vec<usize> = stimulus.bags_by_port().collect();
        let status = status::after(model, &self.params, &bags).map_err(fail)?;
        model.finish_trace().map_err(fail)?;
        Ok(Outcome {
            // With several ports, the last bag's result need not come last.
            cycles: retired_at.iter().max().map_or(0, |last| last + 1),
            values,
            retired_at,
            counters,
            status,
            samples,
            program_cycles: loaded.program_cycles,
            simulated_cycles,
            simulation_seconds: seconds,
            run_seconds: outcome.seconds,
            run_cycles: outcome.cycles,
        })
    }

    /// Returns a new model with `contents` in its memories. The folder of memory images, if any,
    /// must outlive the model.
    pub(super) fn loaded(
        &self,
        contents: &Contents<'_>,
        spec: &RunSpec,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<(Loaded, Option<tempfile::TempDir>)> {
        let context = failure::ErrorContext::default();
        let fail = |e| context.error(e);
        let mut temporary = None;
        let mut options = ModelOptions::default();
        if spec.preload == Preload::Images {
            let written = spec.images.as_deref().and_then(stimulus::readable_name);
            let folder = match written {
                Some(folder) => folder.to_owned(),
                None => {
                    let folder = stimulus::images_in_temporary(contents, &self.resolved)?;
                    let name = folder.path().display().to_string();
                    temporary = Some(folder);
                    name
                }
            };
            options.plusargs.push(format!("+recross_images={folder}"));
        }
        let simulation = &self.resolved.config.simulation;
        if simulation.random_init {
            // Arguments of Verilator's run time.
            options.plusargs.extend([
                "+verilator+rand+reset+2".to_owned(),
                format!("+verilator+seed+{}", simulation.init_seed),
            ]);
        }
        if let Some(place) = spec.fail_write {
            options.plusargs.extend(place.plusargs());
        }
        options.plusargs.extend_from_slice(&spec.plusargs);
        let mut model = self.library.model_with(&options).map_err(fail)?;
        if let Some(waves) = &spec.waves {
            model
                .trace(&waves.path, waves.from, waves.to)
                .map_err(fail)?;
        }
        model.reset(4).map_err(fail)?;
        // The reset ends inside.
        let settle = RunRequest::new().drain(8);
        let settled = model.run(&settle, progress).map_err(fail)?;
        let mut loaded = Loaded {
            model,
            program_cycles: settled.cycles,
            seconds: settled.seconds,
        };
        if spec.preload == Preload::Port {
            let rows = contents.rows_written() as u64;
            let took = programming::program(
                &mut loaded.model,
                &contents.program(),
                rows,
                &self.resolved,
                progress,
            )?;
            loaded.program_cycles += took.cycles;
            loaded.seconds += took.seconds;
        }
        Ok((loaded, temporary))
    }

    pub(super) fn request<'s>(&self, stimulus: &'s Stimulus) -> RunRequest<'s> {
        let options = &self.resolved.config.simulation;
        let mut request = RunRequest::new().idle_limit(u64::from(options.idle_limit));
        for port in 0..self.params.ports {
            let (ids, vectors) = (format!("ids{port}"), format!("vec{port}"));
            request = request
                .input(ids.clone(), stimulus.ids(port as usize))
                .stall(&ids, stall_of(options, Stream::Ids(port)))
                .expect(vectors.clone(), stimulus.beats_out(port as usize))
                .stall(&vectors, stall_of(options, Stream::Vectors(port)));
        }
        request
    }

    /// Writes the files that the package's own test bench reads for these bags into `folder`.
    ///
    /// # Errors
    /// [`Error::Io`] naming the file.
    pub fn write_stimulus(
        folder: &Path,
        contents: &Contents<'_>,
        translated: &Translated,
        resolved: &Resolved,
    ) -> Result<()> {
        stimulus::write_images(folder, contents, resolved)?;
        Stimulus::new(translated, resolved).write_hex(folder)
    }
}

/// Loads a model, or a copy of it in a temporary folder if the cache lies on a disk mounted `noexec`.
fn load(built: &Built, cache: &Cache) -> Result<Library, verilated::Error> {
    let first = match Library::load(built) {
        Ok(library) => return Ok(library),
        Err(e) => e,
    };
    let copy = cache.temporary().ok();
    let library = copy
        .and_then(|folder| built.copied_to(&folder).ok())
        .and_then(|copy| Library::load(&copy).ok());
    match (library, &first) {
        (Some(library), verilated::Error::Load { message, .. }) => {
            cache.not_loaded(message);
            Ok(library)
        }
        _ => Err(first),
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
