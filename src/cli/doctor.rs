//! `recross doctor`

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde::Serialize;

use super::report::{Lines, Show};
use super::session::{Done, Session};
use crate::error::Result;
use crate::flow::report::Head;
use verilated::{COMPILER_HELP, SearchOptions, Toolchain, VERILATOR_HELP};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

#[derive(Serialize)]
struct DoctorReport {
    #[serde(flatten)]
    head: Head,
    /// Whether co-simulation can run.
    ready: bool,
    tools: Vec<Tool>,
    cache: String,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    found: bool,
    /// Whether co-simulation needs it.
    required: bool,
    version: Option<String>,
    path: Option<String>,
    needed_for: &'static str,
    /// How to install it, if it is missing.
    help: Option<String>,
}

impl Show for DoctorReport {
    fn text(&self) -> String {
        let mut lines = Lines::default();
        for t in &self.tools {
            let state = match (&t.version, &t.path) {
                (Some(version), Some(path)) => format!("{version} ({path})"),
                _ if t.required => "MISSING".to_owned(),
                _ => "missing".to_owned(),
            };
            let mut value = format!("{state}\nneeded for {}", t.needed_for);
            if let Some(help) = &t.help {
                value += &format!("\n{help}");
            }
            lines.add(t.name, value);
        }
        lines.add("model cache", self.cache.as_str());
        let verdict = match self.ready {
            true => "ready: co-simulation can run",
            false => "NOT ready: co-simulation cannot run",
        };
        format!("{}\n\n{verdict}", lines.render())
    }
}

pub(super) fn run(_args: &Args, session: &Session) -> Result<Done> {
    let tools = vec![verilator(), compiler(), yosys(), icarus()];
    let ready = tools.iter().all(|t| t.found || !t.required);
    session.output.show(&DoctorReport {
        head: Head::new("doctor"),
        ready,
        tools,
        cache: session.cache.display().to_string(),
    })?;
    Ok(match ready {
        true => Done::Well,
        false => Done::ToolMissing,
    })
}

fn verilator() -> Tool {
    let found = Toolchain::find_verilator(&SearchOptions::default());
    Tool {
        name: "Verilator",
        found: found.is_ok(),
        required: true,
        needed_for: "`recross cosim` and `recross run`: it makes a model of the RTL",
        version: found.as_ref().ok().map(|(_, version)| version.to_string()),
        path: found
            .as_ref()
            .ok()
            .map(|(path, _)| path.display().to_string()),
        help: found.err().map(|_| VERILATOR_HELP.to_owned()),
    }
}

fn compiler() -> Tool {
    let found = Toolchain::find_compiler(&SearchOptions::default());
    let command = |words: &[std::ffi::OsString]| {
        let words: Vec<_> = words.iter().map(|w| w.to_string_lossy()).collect();
        words.join(" ")
    };
    Tool {
        name: "C++ compiler",
        found: found.is_ok(),
        required: true,
        needed_for: "`recross cosim` and `recross run`: it compiles the model",
        version: found.as_ref().ok().map(|(_, version)| version.clone()),
        path: found.as_ref().ok().map(|(words, _)| command(words)),
        help: found.err().map(|_| COMPILER_HELP.to_owned()),
    }
}

fn yosys() -> Tool {
    optional(
        "Yosys",
        "yosys",
        "counting the gates of a design for its area, which are estimated without it",
        "install it, for instance with `apt install yosys`",
    )
}

fn icarus() -> Tool {
    optional(
        "Icarus Verilog",
        "iverilog",
        "running the package's own test bench; recross itself does not call it",
        "install it, for instance with `apt install iverilog`",
    )
}

fn optional(
    name: &'static str,
    program: &str,
    needed_for: &'static str,
    help: &'static str,
) -> Tool {
    let found = on_path(program).and_then(|path| Some((version(&path)?, path)));
    Tool {
        name,
        found: found.is_some(),
        required: false,
        needed_for,
        help: found.is_none().then(|| help.to_owned()),
        path: found.as_ref().map(|(_, path)| path.display().to_string()),
        version: found.map(|(version, _)| version),
    }
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    // An empty or relative entry would find programs in the current folder.
    std::env::split_paths(&path)
        .filter(|dir| dir.is_absolute())
        .map(|dir| dir.join(program))
        .find(|p| p.is_file())
}

/// The first line of what `-V` prints.
fn version(program: &std::path::Path) -> Option<String> {
    let said = Command::new(program)
        .arg("-V")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&said.stdout);
    let line = text.lines().next()?.trim();
    said.status.success().then(|| line.to_owned())
}
