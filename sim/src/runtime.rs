//! Compiles Verilator's run-time library, once per version, compiler and set of flags.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{fs, io::Write};

use crate::cache::{self, Product};
use crate::command::{self, excerpt};
use crate::error::Error;
use crate::key::Key;
use crate::options::{BuildOptions, TraceFormat};
use crate::shim::PRELUDE;
use crate::stop::Stop;
use crate::toolchain::Toolchain;

/// What is compiled, and how.
pub(crate) struct Flavour<'a> {
    pub(crate) tools: &'a Toolchain,
    pub(crate) options: &'a BuildOptions,
    /// Whether the code is for a shared library, and thus position-independent.
    pub(crate) shared: bool,
    /// Ends the build when it is set.
    pub(crate) stop: Option<&'a Stop>,
}

impl Flavour<'_> {
    /// Compiler flags that the run time and the model share.
    pub(crate) fn flags(&self) -> Vec<String> {
        let trace = self.options.trace;
        let on = |yes: bool| u8::from(yes);
        let mut flags = vec![
            "-std=gnu++17".to_owned(),
            self.options.optimisation.flag().to_owned(),
            "-w".to_owned(),
            "-pthread".to_owned(),
            "-DVERILATOR=1".to_owned(),
            "-DVM_COVERAGE=0".to_owned(),
            "-DVM_SC=0".to_owned(),
            "-DVM_TIMING=0".to_owned(),
            format!("-DVM_TRACE={}", on(trace != TraceFormat::Off)),
            format!("-DVM_TRACE_FST={}", on(trace == TraceFormat::Fst)),
            format!("-DVM_TRACE_VCD={}", on(trace == TraceFormat::Vcd)),
            "-DVM_TRACE_SAIF=0".to_owned(),
        ];
        if self.shared {
            flags.extend(["-fPIC".to_owned(), "-fvisibility=hidden".to_owned()]);
            // Unique symbols would be shared between libraries, and keep a library from being unloaded.
            if !self.tools.cxx_version().contains("clang") {
                flags.push("-fno-gnu-unique".to_owned());
            }
        }
        flags
    }

    /// Include folders of Verilator.
    pub(crate) fn includes(&self) -> Vec<OsString> {
        ["include", "include/vltstd"]
            .iter()
            .flat_map(|d| {
                [
                    OsString::from("-I"),
                    self.tools.root().join(d).into_os_string(),
                ]
            })
            .collect()
    }

    /// Libraries to link.
    pub(crate) fn libraries(&self) -> Vec<&'static str> {
        trace_libraries(self.tools, self.options.trace)
            .iter()
            .map(|l| l.link)
            .collect()
    }
}

struct TraceLibrary {
    name: &'static str,
    package: &'static str,
    header: &'static str,
    link: &'static str,
}

const ZLIB: TraceLibrary = TraceLibrary {
    name: "zlib",
    package: "zlib1g-dev",
    header: "zlib.h",
    link: "-lz",
};
const LZ4: TraceLibrary = TraceLibrary {
    name: "lz4",
    package: "liblz4-dev",
    header: "lz4.h",
    link: "-llz4",
};

/// Libraries that the trace format needs. The FST writer of newer Verilator versions uses lz4.
fn trace_libraries(tools: &Toolchain, trace: TraceFormat) -> &'static [TraceLibrary] {
    match trace {
        TraceFormat::Fst if tools.root().join("include/fstcpp").is_dir() => &[LZ4, ZLIB],
        TraceFormat::Fst => &[ZLIB],
        TraceFormat::Off | TraceFormat::Vcd => &[],
    }
}

/// Reports a missing library before a long compilation fails for want of it.
fn check_trace_libraries(flavour: &Flavour<'_>, work: &Path) -> Result<(), Error> {
    for library in trace_libraries(flavour.tools, flavour.options.trace) {
        let source = work.join("check.cpp");
        let mut file = fs::File::create(&source).map_err(Error::io("creating", &source))?;
        writeln!(
            file,
            "#include <cstddef>\n#include <{}>\nint main() {{}}",
            library.header
        )
        .map_err(Error::io("writing", &source))?;
        let mut compiler = flavour.tools.cxx_command();
        compiler
            .current_dir(work)
            .arg(&source)
            .arg("-o")
            .arg(work.join("check"))
            .arg(library.link);
        let said = command::run_until(&mut compiler, flavour.stop)?;
        if !said.ok {
            let log = excerpt(&said.text, "rror", 1);
            return Err(Error::TraceLibrary {
                library: library.name,
                package: library.package,
                log,
            });
        }
    }
    Ok(())
}

/// The run-time object named `name` (such as `verilated`), compiled if it is not in the cache.
pub(crate) fn object(flavour: &Flavour<'_>, name: &str) -> Result<PathBuf, Error> {
    let tools = flavour.tools;
    let source = tools.root().join("include").join(format!("{name}.cpp"));
    let bytes = fs::read(&source).map_err(Error::io("reading", &source))?;
    let flags = flavour.flags();
    let mut key = Key::new(tools);
    key.add(name).add(&bytes).add(PRELUDE);
    flags.iter().for_each(|f| {
        key.add(f);
    });
    let file = format!("{name}.o");
    let entry = cache::obtain(
        &flavour.options.cache_dir,
        &key.finish(&format!("runtime-{name}")),
        flavour.stop,
        |work| {
            if name.contains("fst") {
                check_trace_libraries(flavour, work)?;
            }
            let prelude = work.join("prelude.hpp");
            fs::write(&prelude, PRELUDE).map_err(Error::io("writing", &prelude))?;
            let mut compiler = tools.cxx_command();
            compiler
                .current_dir(work)
                .args(&flags)
                .args(flavour.includes())
                .arg("-include")
                .arg(&prelude);
            compiler
                .arg("-c")
                .arg(&source)
                .arg("-o")
                .arg(work.join(&file));
            let said = command::run_until(&mut compiler, flavour.stop)?;
            if !said.ok {
                let log = format!("{}: {}", tools.cxx_name(), excerpt(&said.text, "error", 20));
                return Err(Error::Compile {
                    design: format!("Verilator's run time ({name})"),
                    log,
                });
            }
            Ok(Product {
                files: vec![file.clone()],
                depends_on: Vec::new(),
                note: String::new(),
            })
        },
    )?;
    Ok(entry.dir.join(file))
}
