//! Updates and checks the documentation's quotations of the program's output, and its links.
//!
//! - `<!-- output: COMMAND -->` before a fenced block: the block is the output of COMMAND.
//! - `<!-- fields PREFIX...: COMMAND -->` before a table: COMMAND prints JSON, and the table's
//!   first column names exactly the fields below each PREFIX (`.` is the top).
//! - Relative links must lead to existing files and headings.
//!
//! Commands run in the root of the repository, on a PATH that begins with the folder of the
//! `recross` that was just built. They run under bash with `pipefail`, because plain `sh` reports
//! success for a pipe whose first program fails.

mod fields;
mod links;
mod page;

use crate::{Outcome, root};
use page::{Found, Page};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Folders whose Markdown files are checked; their subfolders are not.
const FOLDERS: [&str; 5] = ["", "docs", "data", "sim", "tests/snapshots"];

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Change nothing; print what differs and fail
    #[arg(long)]
    check: bool,
    /// Pages, relative to the root of the repository [default: all]
    pages: Vec<PathBuf>,
}

pub fn run(args: &Args) -> Outcome<()> {
    let paths = match args.pages.is_empty() {
        true => all_pages()?,
        false => args.pages.clone(),
    };
    let mut shell = Shell {
        path: search_path(&build()?)?,
        outputs: BTreeMap::new(),
    };
    let mut faults = Vec::new();
    for path in &paths {
        let old = std::fs::read_to_string(root().join(path))?;
        let new = refresh(path, &old, &mut shell, &mut faults)?;
        faults.extend(links::broken(root(), path, &old));
        if new == old {
            continue;
        }
        if args.check {
            let difference = page::difference(&old, &new);
            faults.push(format!("{}: stale\n{difference}", path.display()));
        } else {
            std::fs::write(root().join(path), new)?;
            println!("{}: rewritten", path.display());
        }
    }
    if faults.is_empty() {
        println!("{} pages are up to date", paths.len());
        return Ok(());
    }
    for fault in &faults {
        eprintln!("{fault}");
    }
    let advice = "`make docs` rewrites stale outputs; the rest is to be mended by hand";
    Err(format!("{} faults in the documentation; {advice}", faults.len()).into())
}

/// The page with new outputs. Faults of field tables are added to `faults`.
fn refresh(
    path: &Path,
    text: &str,
    shell: &mut Shell,
    faults: &mut Vec<String>,
) -> Outcome<String> {
    let page = Page::read(text).map_err(|e| format!("{}:{e}", path.display()))?;
    let mut outputs = Vec::new();
    for found in page.found() {
        match found {
            Found::Output { command } => outputs.push(shell.output(command)?),
            Found::Fields {
                prefixes,
                command,
                rows,
            } => {
                let json = serde_json::from_str(&shell.output(command)?)
                    .map_err(|e| format!("`{command}` does not print JSON: {e}"))?;
                let wrong = fields::compare(&json, prefixes, rows);
                faults.extend(wrong.iter().map(|w| format!("{}: {w}", path.display())));
            }
        }
    }
    Ok(page.with_outputs(&outputs))
}

/// Markdown files of [`FOLDERS`], in order.
fn all_pages() -> Outcome<Vec<PathBuf>> {
    let mut pages = Vec::new();
    for folder in FOLDERS {
        for entry in std::fs::read_dir(root().join(folder))? {
            let name = PathBuf::from(entry?.file_name());
            if name.extension().is_some_and(|e| e == "md") {
                pages.push(Path::new(folder).join(name));
            }
        }
    }
    pages.sort();
    Ok(pages)
}

/// Builds `recross` and returns its path. The command also names a test, so that cargo chooses the
/// same features of all dependencies as `cargo test --workspace` and builds nothing twice.
fn build() -> Outcome<PathBuf> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--workspace", "--bin", "recross"]);
    cargo.args(["--test", "model_memory", "--quiet"]);
    cargo.arg("--message-format=json-render-diagnostics");
    cargo.current_dir(root()).stderr(Stdio::inherit());
    let output = cargo.output()?;
    if !output.status.success() {
        return Err("recross does not build".into());
    }
    let messages = String::from_utf8(output.stdout)?;
    let program = messages.lines().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let is_program = message["target"]["name"] == "recross";
        let path = message["executable"].as_str().filter(|_| is_program)?;
        Some(PathBuf::from(path))
    });
    program.ok_or_else(|| "cargo names no program `recross`".into())
}

fn search_path(program: &Path) -> Outcome<std::ffi::OsString> {
    let own = program.parent().ok_or("a program without a folder")?;
    let others = std::env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(own.to_owned()).chain(std::env::split_paths(&others));
    Ok(std::env::join_paths(all)?)
}

/// Runs commands, each one once.
struct Shell {
    path: std::ffi::OsString,
    outputs: BTreeMap<String, String>,
}

impl Shell {
    /// The stdout of a command.
    fn output(&mut self, command: &str) -> Outcome<String> {
        if let Some(known) = self.outputs.get(command) {
            return Ok(known.clone());
        }
        let mut bash = Command::new("bash");
        bash.args(["-o", "pipefail", "-c", command]);
        bash.current_dir(root()).stdin(Stdio::null());
        bash.env("PATH", &self.path).env("NO_COLOR", "1");
        let output = bash.output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("`{command}`: {}\n{said}", output.status).into());
        }
        let text = String::from_utf8(output.stdout)?;
        self.outputs.insert(command.to_owned(), text.clone());
        Ok(text)
    }
}
