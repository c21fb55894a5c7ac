//! What is done with inputs that nobody chose: a function for each kind of input takes any bytes, gives them
//! to the library as such an input, and panics if a promise is broken. `fuzz/` looks for such bytes, and
//! `tests/inputs.rs` replays those that are kept in `fuzz/corpus`.
//!
//! A kind promises at least: no panic, an error or a result. What is read can be written, and is then read
//! as the same.

#![allow(clippy::unwrap_used, clippy::expect_used, dead_code)]

mod driver;
mod mapping;
mod package;
mod registers;
mod request;
mod table;
mod text;
mod trace;

use recross::config::{Config, Resolved};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub use driver::driver;
pub use mapping::mapping;
pub use package::package;
pub use registers::registers;
pub use request::request;
pub use table::{array, table};
pub use text::{config, technology};
pub use trace::{numbering, trace};

/// A kind of input: what takes its bytes.
pub type Target = fn(&[u8]);

/// Every kind, by its name in `fuzz/corpus`.
pub const TARGETS: &[(&str, Target)] = &[
    ("array", array),
    ("config", config),
    ("driver", driver),
    ("mapping", mapping),
    ("numbering", numbering),
    ("package", package),
    ("registers", registers),
    ("request", request),
    ("table", table),
    ("technology", technology),
    ("trace", trace),
];

/// Bytes that an input may make the process hold besides what it holds anyway.
pub const MEMORY: usize = 256 << 20;

/// Choices that bytes make. When the bytes are used up, all further choices are 0.
pub struct Choices<'a>(pub &'a [u8]);

impl<'a> Choices<'a> {
    pub fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    /// A number below `end`, which is at most 256.
    pub fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end
    }

    pub fn word(&mut self) -> u32 {
        u32::from_le_bytes([(); 4].map(|()| self.byte()))
    }

    pub fn long(&mut self) -> u64 {
        u64::from(self.word()) | u64::from(self.word()) << 32
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A file with these bytes, for what reads paths. The file is in memory where the system has such a folder.
pub struct Given {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl Given {
    pub fn new(name: &str, bytes: &[u8]) -> Self {
        let shm = Path::new("/dev/shm");
        let folder = match shm.is_dir() {
            true => tempfile::tempdir_in(shm),
            false => tempfile::tempdir(),
        };
        let folder = folder.unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        Given { folder, path }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Another file beside this one.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Whether the result is one; an error must have a message.
pub fn told<T>(result: recross::Result<T>) -> Option<T> {
    result
        .inspect_err(|e| {
            assert!(!e.to_string().is_empty());
            let _ = e.help();
        })
        .ok()
}

fn resolved(text: &str, name: &str) -> Resolved {
    let config = Config::from_toml(text, name).unwrap();
    config.resolve(name).unwrap()
}

/// The configuration that mappings and packages are held against.
fn small() -> &'static Resolved {
    static SMALL: OnceLock<Resolved> = OnceLock::new();
    let text = include_str!("../../snapshots/configs/small.toml");
    SMALL.get_or_init(|| resolved(text, "small"))
}

/// The configuration of the engine that is driven.
fn ports() -> Resolved {
    resolved(include_str!("../../snapshots/configs/ports.toml"), "ports")
}

/// The folder for what targets build.
fn built() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tmp/inputs");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
