//! Builds a design as a shared library or a program, in the cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::built::Built;
use crate::cache::{self, Product};
use crate::command::{self, excerpt};
use crate::design::Design;
use crate::error::Error;
use crate::key::Key;
use crate::links::Links;
use crate::options::{BuildOptions, TraceFormat};
use crate::ports::Ports;
use crate::runtime::{self, Flavour};
use crate::shim::{self, PREFIX};
use crate::stop::Stop;
use crate::tasks::{self, Task};
use crate::toolchain::Toolchain;

/// Builds `design` as a shared library, or finds it in the cache.
///
/// Warnings in the sources do not fail a build; they are returned.
///
/// # Errors
/// [`Error::Design`] where the description contradicts itself or does not match the Verilog; [`Error::Verilate`] and [`Error::Compile`] with the tool's
/// first errors; [`Error::TraceLibrary`] where waves need a library that is missing; [`Error::Cache`] for a cache folder that cannot be
/// used; [`Error::Io`].
pub fn build(tools: &Toolchain, design: &Design, options: &BuildOptions) -> Result<Built, Error> {
    build_as(tools, design, options, false, None)
}

/// Does what [`build`] does, and ends early once `stop` is set. The cache is then as before.
///
/// The tools run in process groups of their own, so that a terminal's Ctrl-C does not reach them.
///
/// # Errors
/// [`Error::Stopped`] if `stop` was set before the build was done; else as [`build`].
pub fn build_until(
    tools: &Toolchain,
    design: &Design,
    options: &BuildOptions,
    stop: &Stop,
) -> Result<Built, Error> {
    build_as(tools, design, options, false, Some(stop))
}

/// Builds `design` as a plain C++ program around the same clock loop, for comparing speed.
///
/// The program's arguments are a file that [`crate::write_stimulus`] wrote, optionally a file for the words of the output items (one stream
/// after the other), and plusargs. It prints `status S cycles N seconds T`, and exits with 0 if the run was completed.
///
/// # Errors
/// As for [`build`].
pub fn build_main(
    tools: &Toolchain,
    design: &Design,
    options: &BuildOptions,
) -> Result<Built, Error> {
    build_as(tools, design, options, true, None)
}

fn build_as(
    tools: &Toolchain,
    design: &Design,
    options: &BuildOptions,
    main: bool,
    stop: Option<&Stop>,
) -> Result<Built, Error> {
    let start = Instant::now();
    let cpu_before = command::children_cpu_seconds();
    design.validate()?;
    let cache_dir = fs::create_dir_all(&options.cache_dir)
        .and_then(|()| options.cache_dir.canonicalize())
        .map_err(|e| Error::Cache {
            path: options.cache_dir.clone(),
            message: e.to_string(),
        })?;
    let options = &BuildOptions {
        cache_dir,
        ..options.clone()
    };
    let job = Job {
        tools,
        design,
        options,
        main,
        stop,
        sources: absolute(&design.sources)?,
        include_dirs: absolute(&design.include_dirs)?,
    };
    let stem: String = design
        .name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    let key = job.key(&stem)?;
    let entry = cache::obtain(&options.cache_dir, &key, stop, |work| {
        job.build(work, &stem)
    })?;
    let Some(file) = entry.files.first() else {
        return Err(Error::Load {
            path: entry.dir,
            message: "the cache entry lists no file; delete it and build again".into(),
        });
    };
    let cpu_seconds = match (cpu_before, command::children_cpu_seconds()) {
        (Some(before), Some(after)) => Some(if entry.fresh { after - before } else { 0.0 }),
        _ => None,
    };
    Ok(Built {
        path: entry.dir.join(&file.name),
        hash: file.hash.clone(),
        program: main,
        fresh: entry.fresh,
        build_seconds: start.elapsed().as_secs_f64(),
        cpu_seconds,
        warnings: entry.note,
        design: design.clone(),
        trace: options.trace,
    })
}

fn absolute(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    paths
        .iter()
        .map(|p| p.canonicalize().map_err(Error::io("reading", p)))
        .collect()
}

/// Verilator's output folder below a build's folder.
const GENERATED: &str = "generated";

/// The compiler's arguments for code that runs once.
const ONCE: &[&str] = &["-O0", "-c", "once.cpp", "-o", "once.o"];

/// Verilator's tables get names of their own in each instance, so that instances of a module that is
/// not inlined could not share functions.
const FLAGS: &[&str] = &["--cc", "-O3", "--no-timing", "-fno-table", "-Wno-fatal"];

struct Job<'a> {
    tools: &'a Toolchain,
    design: &'a Design,
    options: &'a BuildOptions,
    main: bool,
    stop: Option<&'a Stop>,
    sources: Vec<PathBuf>,
    include_dirs: Vec<PathBuf>,
}

impl Job<'_> {
    fn flavour(&self) -> Flavour<'_> {
        Flavour {
            tools: self.tools,
            options: self.options,
            shared: !self.main,
            stop: self.stop,
        }
    }

    fn language(&self) -> Option<&str> {
        let verilog = |p: &PathBuf| p.extension().is_some_and(|e| e == "v");
        match &self.design.language {
            Some(language) => Some(language),
            None => self
                .design
                .sources
                .iter()
                .all(verilog)
                .then_some("1364-2005"),
        }
    }

    /// The key covers everything that goes into a build. It has the names of files but not their folders, so that a copy of the sources
    /// elsewhere gives the same build.
    fn key(&self, stem: &str) -> Result<String, Error> {
        let mut key = Key::new(self.tools);
        for part in [
            shim::PRELUDE,
            shim::FIELDS,
            shim::READMEM,
            shim::HARNESS,
            shim::SOURCE,
            if self.main { shim::MAIN } else { "" },
        ]
        .iter()
        .chain(FLAGS)
        .chain(ONCE)
        {
            key.add(part);
        }
        let shape = Design {
            sources: Vec::new(),
            include_dirs: Vec::new(),
            ..self.design.clone()
        };
        key.add(format!("{shape:?}"))
            .add(self.language().unwrap_or_default());
        let options = BuildOptions {
            cache_dir: PathBuf::new(),
            jobs: 0,
            ..self.options.clone()
        };
        key.add(format!("{options:?}"));
        self.flavour().flags().iter().for_each(|f| {
            key.add(f);
        });
        for source in &self.sources {
            let bytes = fs::read(source).map_err(Error::io("reading", source))?;
            key.add(source.file_name().unwrap_or_default().as_encoded_bytes())
                .add(bytes);
        }
        // Files included from other folders are listed in the cache entry and checked there.
        for dir in &self.include_dirs {
            key.add("dir");
            let listed: Result<Vec<_>, _> = fs::read_dir(dir)
                .map_err(Error::io("reading", dir))?
                .collect();
            let mut files: Vec<PathBuf> = listed
                .map_err(Error::io("reading", dir))?
                .iter()
                .map(fs::DirEntry::path)
                .collect();
            files.retain(|f| {
                f.extension()
                    .is_some_and(|e| ["v", "vh", "sv", "svh", "vlt"].iter().any(|k| e == *k))
                    && f.is_file()
            });
            files.sort();
            for file in files {
                let bytes = fs::read(&file).map_err(Error::io("reading", &file))?;
                key.add(file.file_name().unwrap_or_default().as_encoded_bytes())
                    .add(bytes);
            }
        }
        Ok(key.finish(stem))
    }

    fn build(&self, work: &Path, stem: &str) -> Result<Product, Error> {
        let generated = work.join(GENERATED);
        let start = Instant::now();
        let warnings = self.verilate(work)?;
        if let Some(stop) = self.stop {
            stop.has_verilated(start.elapsed(), self.options.jobs);
        }
        let header = generated.join(format!("{PREFIX}.h"));
        let header = fs::read_to_string(&header).map_err(Error::io("reading", &header))?;
        let ports = Ports::parse(&header);
        ports.check(self.design)?;
        let (once, often) = shim::split(cpp_files(&generated)?, self.options.optimisation);
        let apart = !once.is_empty();
        let once = shim::generate_once(&once);
        let text = shim::generate(self.design, &ports, &often, self.options.trace, self.main);
        for (name, text) in [
            ("prelude.hpp", shim::PRELUDE),
            ("fields.hpp", shim::FIELDS),
            ("readmem.hpp", shim::READMEM),
            ("harness.hpp", shim::HARNESS),
            ("main.cpp", shim::MAIN),
            ("model.cpp", &text),
            ("once.cpp", &once),
            ("exports.map", "{ global: vm_*; local: *; };\n"),
        ] {
            let path = work.join(name);
            fs::write(&path, text).map_err(Error::io("writing", &path))?;
        }
        self.compile(work, &generated, apart)?;
        let built = work.join("built");
        let bytes = fs::read(&built).map_err(Error::io("reading", &built))?;
        let hash = blake3::hash(&bytes).to_hex();
        // The loader takes a path that it has loaded before for the same library, so the name depends on the contents.
        let (prefix, suffix) = if self.main {
            ("", std::env::consts::EXE_SUFFIX)
        } else {
            ("lib", std::env::consts::DLL_SUFFIX)
        };
        let file = format!("{prefix}{stem}-{}{suffix}", &hash.as_str()[..16]);
        let named = work.join(&file);
        fs::rename(&built, &named).map_err(Error::io("renaming to", &named))?;
        Ok(Product {
            files: vec![file],
            depends_on: self.dependencies(&generated)?,
            note: warnings,
        })
    }

    /// Runs Verilator and returns its warnings.
    fn verilate(&self, work: &Path) -> Result<String, Error> {
        let mut links = Links::new(work);
        let mut command = self.tools.verilator_command();
        command
            .current_dir(work)
            .args(FLAGS)
            .args(["--prefix", PREFIX]);
        command
            .arg("--top-module")
            .arg(&self.design.top)
            .arg("--Mdir")
            .arg(GENERATED);
        command.arg(if self.options.assertions {
            "--assert"
        } else {
            "--no-assert"
        });
        match self.options.trace {
            TraceFormat::Off => {}
            TraceFormat::Fst => {
                command.arg("--trace-fst");
            }
            TraceFormat::Vcd => {
                command.arg("--trace");
            }
        }
        if let Some(language) = self.language() {
            command.args(["--language", language]);
        }
        for (name, value) in &self.design.defines {
            command.arg(if value.is_empty() {
                format!("-D{name}")
            } else {
                format!("-D{name}={value}")
            });
        }
        for dir in &self.include_dirs {
            command.arg("-y").arg(links.plain(dir)?);
        }
        command.args(&self.options.verilator_args);
        if !self.design.no_inline_modules.is_empty() {
            let path = work.join("control.vlt");
            let mut text = String::from("`verilator_config\n");
            for module in &self.design.no_inline_modules {
                text.push_str(&format!("no_inline -module \"{module}\"\n"));
            }
            for (module, port) in &self.design.kept_ports {
                text.push_str(&format!(
                    "public_flat_rd -module \"{module}\" -var \"{port}\"\n"
                ));
            }
            fs::write(&path, text).map_err(Error::io("writing", &path))?;
            command.arg("control.vlt");
        }
        for source in &self.sources {
            command.arg(links.plain(source)?);
        }
        let said = command::run_until(&mut command, self.stop)?;
        if !said.ok {
            return Err(Error::Verilate {
                design: self.design.name.clone(),
                log: links.undone(excerpt(&said.text, "%Error", 20)),
            });
        }
        // Lines that begin with a dash report on Verilator's own run.
        let lines = said.text.lines().filter(|l| !l.starts_with("- "));
        Ok(links.undone(lines.collect::<Vec<_>>().join("\n")))
    }

    /// Compiles a model and what it needs of Verilator's run time, and links them; `apart` tells that once.cpp has a part
    /// of the model.
    fn compile(&self, work: &Path, generated: &Path, apart: bool) -> Result<(), Error> {
        let flavour = &self.flavour();
        let compiler = || {
            let mut command = self.tools.cxx_command();
            command
                .current_dir(work)
                .args(flavour.flags())
                .args(flavour.includes())
                .arg("-I")
                .arg(generated)
                .arg("-I")
                .arg(work)
                .args(["-include", "prelude.hpp"]);
            command
        };
        let names = run_time_names(generated)?;
        let objects: Mutex<Vec<Option<PathBuf>>> = Mutex::new(vec![None; names.len()]);
        // The longest first.
        let mut tasks: Vec<Task<'_, Error>> = vec![Box::new(|| {
            self.run_compiler(compiler().args(["-c", "model.cpp", "-o", "model.o"]))
        })];
        for (number, name) in names.iter().enumerate() {
            let objects = &objects;
            tasks.push(Box::new(move || {
                let object = runtime::object(flavour, name)?;
                objects.lock().unwrap_or_else(PoisonError::into_inner)[number] = Some(object);
                Ok(())
            }));
        }
        if apart {
            tasks.push(Box::new(|| self.run_compiler(compiler().args(ONCE))));
        }
        tasks::run(self.options.jobs, tasks)?;

        let mut link = self.tools.cxx_command();
        link.current_dir(work).args(flavour.flags()).arg("model.o");
        if apart {
            // Of functions that both define, the linker takes the first, which is the optimised one.
            link.arg("once.o");
        }
        let objects = objects.into_inner().unwrap_or_else(PoisonError::into_inner);
        link.args(objects.iter().flatten()).args(["-o", "built"]);
        if !self.main {
            link.arg("-shared");
            if cfg!(target_os = "linux") {
                link.arg("-Wl,--version-script=exports.map");
            }
        }
        link.args(flavour.libraries());
        self.run_compiler(&mut link)
    }

    fn run_compiler(&self, command: &mut Command) -> Result<(), Error> {
        let said = command::run_until(command, self.stop)?;
        if !said.ok {
            let log = format!(
                "{}: {}",
                self.tools.cxx_name(),
                excerpt(&said.text, "error", 20)
            );
            return Err(Error::Compile {
                design: self.design.name.clone(),
                log,
            });
        }
        Ok(())
    }

    /// Files that Verilator read and that the key does not cover. These are includes from other folders.
    fn dependencies(&self, generated: &Path) -> Result<Vec<PathBuf>, Error> {
        let work = generated.parent().unwrap_or(generated);
        let path = generated.join(format!("{PREFIX}__verFiles.dat"));
        let text = fs::read_to_string(&path).map_err(Error::io("reading", &path))?;
        // The path is the last quoted text of a line; newer versions have a hash before it.
        let quoted = text
            .lines()
            .filter(|l| l.starts_with("S "))
            .filter_map(|l| l.rsplit('"').nth(1));
        // Verilator's own files are covered by its version.
        let own: Vec<PathBuf> = [self.tools.verilator(), self.tools.root()]
            .into_iter()
            .filter_map(|p| p.canonicalize().ok())
            .collect();
        let known = |p: &PathBuf| {
            own.iter().any(|o| p.starts_with(o))
                || self.sources.contains(p)
                || p.parent()
                    .is_some_and(|d| self.include_dirs.iter().any(|i| i == d) || work == d)
        };
        let mut found: Vec<PathBuf> = quoted
            .filter_map(|p| work.join(p).canonicalize().ok())
            .filter(|p| !known(p))
            .collect();
        found.retain(|p| p.is_file() && !p.starts_with(&self.options.cache_dir));
        found.sort();
        found.dedup();
        Ok(found)
    }
}

/// The generated C++ files, sorted.
fn cpp_files(generated: &Path) -> Result<Vec<String>, Error> {
    let entries: Result<Vec<_>, _> = fs::read_dir(generated)
        .map_err(Error::io("reading", generated))?
        .collect();
    let names = entries.map_err(Error::io("reading", generated))?;
    let mut files: Vec<String> = names
        .iter()
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .collect();
    files.retain(|f| f.ends_with(".cpp"));
    files.sort();
    Ok(files)
}

/// The parts of the run time that the model needs, from the generated make file.
fn run_time_names(generated: &Path) -> Result<Vec<String>, Error> {
    let path = generated.join(format!("{PREFIX}_classes.mk"));
    let text = fs::read_to_string(&path).map_err(Error::io("reading", &path))?;
    let mut names = Vec::new();
    let mut wanted = false;
    for line in text.lines() {
        if line.contains("+=") {
            wanted = line.starts_with("VM_GLOBAL_FAST") || line.starts_with("VM_GLOBAL_SLOW");
        } else if wanted {
            names.extend(
                line.split_whitespace()
                    .filter(|w| *w != "\\")
                    .map(str::to_owned),
            );
        }
        // A comment or blank line ends a list.
        wanted &= line.trim_end().ends_with('\\');
    }
    Ok(names)
}
