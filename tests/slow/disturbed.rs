//! Commands that are killed at any moment, and commands whose disk is full: no half file has a final name, and the
//! same command, given again, completes and gives what an undisturbed one gives.
//!
//! `make kill` does it at many moments and with many sizes of disks; the tests here at a few.

use crate::cli::Place;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Learns quickly, so that most of the time goes into reading, emitting and writing.
const LEARN: &str = "[mapping]\nmethod = \"frequency\"\nholdout = 0.5\n";

/// A command of the program, which writes into the folder `out/o`. Its files are as in `files`.
struct Job {
    line: &'static str,
    place: Place,
    /// Where models are built, if not in the folder that all tests share.
    cache: Option<PathBuf>,
    files: BTreeMap<PathBuf, Vec<u8>>,
    /// Time of an undisturbed run.
    time: Duration,
}

const GEN: &str = "gen --config c.toml --out out/o";
const MAP: &str = "map --config c.toml --trace t.bags --out out/o";
const RUN: &str = "run --config c.toml --trace t.bags --out out/o";
const COMPARE: &str = "compare --config c.toml --trace t.bags --cpu-seconds 0 --out out/o";
const SWEEP: &str =
    "sweep --config c.toml --trace t.bags --set engine.queue_depth=4,8,16 --out out/o";

impl Job {
    fn new(line: &'static str) -> Self {
        let place = Place::new();
        place.write("c.toml", format!("{}{LEARN}", crate::cli::CONFIG));
        place.write("t.bags", crate::cli::bags_text(&crate::cli::cut(40)));
        let mut job = Job {
            line,
            place,
            cache: None,
            files: BTreeMap::new(),
            time: Duration::ZERO,
        };
        // The first one may build the model.
        job.undisturbed();
        job.clear();
        let begin = Instant::now();
        job.undisturbed();
        job.time = begin.elapsed();
        job.files = job.written();
        assert!(job.files.len() > 1);
        job.clear();
        job
    }

    /// `run` with a cache of its own, empty at first.
    fn building() -> Self {
        let mut job = Job::new(RUN);
        job.cache = Some(job.place.path("cache"));
        let begin = Instant::now();
        job.undisturbed();
        job.time = begin.elapsed();
        job.clear();
        job
    }

    fn command(&self) -> Command {
        let mut command = self.place.command(self.line);
        command.arg("-q").stdin(Stdio::null());
        if let Some(cache) = &self.cache {
            command.env("RECROSS_CACHE", cache);
        }
        command
    }

    fn undisturbed(&self) {
        let said = self.place.said(&mut self.command());
        assert_eq!(said.status, 0, "{}: {}", self.line, said.err);
    }

    fn out(&self) -> PathBuf {
        self.place.path("out")
    }

    fn clear(&self) {
        let _ = std::fs::remove_dir_all(self.out().join("o"));
        if let Some(cache) = &self.cache {
            let _ = std::fs::remove_dir_all(cache);
        }
    }

    /// All files but temporary ones, without what differs from run to run.
    fn written(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let root = self.out().join("o");
        let files = walkdir::WalkDir::new(&root).into_iter().flatten();
        files
            .filter(|entry| entry.file_type().is_file())
            .filter(|entry| !is_temporary(entry.path()))
            .map(|entry| {
                let name = entry.path().strip_prefix(&root).unwrap().to_path_buf();
                (name, stable(entry.path()))
            })
            .collect()
    }

    /// Requires that each file that is there is whole.
    fn whole_files(&self, when: &str) {
        for (name, bytes) in self.written() {
            let whole = self.files.get(&name);
            let name = name.display();
            assert!(whole.is_some(), "{}, {when}: {name} is new", self.line);
            assert!(
                whole == Some(&bytes),
                "{}, {when}: {name} has {} bytes: {}",
                self.line,
                bytes.len(),
                String::from_utf8_lossy(&bytes[..bytes.len().min(200)])
            );
        }
        if let Some(cache) = &self.cache {
            whole_entries(cache, when);
        }
    }

    /// Runs the command to its end, and requires its files.
    fn completes(&self, when: &str) {
        self.undisturbed();
        let written = self.written();
        self.whole_files(when);
        assert_eq!(written.len(), self.files.len(), "{}, {when}", self.line);
        if let Some(cache) = &self.cache {
            let names = std::fs::read_dir(cache).unwrap().flatten();
            for name in names.map(|entry| entry.file_name()) {
                let left = name.to_string_lossy().starts_with(".tmp-");
                assert!(!left, "{when}: {}", name.display());
            }
        }
    }

    /// Kills the command after a while; whether it still ran.
    fn kill_after(&self, wait: Duration) -> bool {
        let mut child = self
            .command()
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(wait);
        let ran = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        child.wait().unwrap();
        ran
    }

    /// Kills the command at random moments, so many times while it works; it completes after every `each` of
    /// them.
    fn killed(&self, times: usize, each: usize, seed: u64) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (mut longest, mut met) = (self.time, 0);
        for tried in 1.. {
            assert!(tried < 30 * times, "{}: {met} kills met it", self.line);
            let wait = longest.mul_f64(rng.random_range(0.0..1.0));
            let when = format!("killed after {wait:?}");
            let worked = self.kill_after(wait);
            self.whole_files(&when);
            if !worked {
                // The machine was busy while the time was taken, or the last run left little to do.
                longest = longest.mul_f64(0.9);
                self.clear();
                continue;
            }
            met += 1;
            if met == times || met % each == 0 {
                self.completes(&when);
                self.clear();
            }
            if met == times {
                println!("{}: killed {times} times", self.line);
                return;
            }
        }
    }
}

/// Files and folders that become visible by renaming have such names before.
fn is_temporary(path: &Path) -> bool {
    path.components().any(|part| {
        let name = part.as_os_str().to_string_lossy();
        name.starts_with(".recross-")
    })
}

/// A file's bytes; of a report in JSON, without what is not the same every time.
fn stable(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    if path.extension().is_none_or(|e| e != "json") {
        return bytes;
    }
    match serde_json::from_slice(&bytes) {
        Ok(mut value) => {
            forget_host(&mut value);
            serde_json::to_vec(&value).unwrap()
        }
        // Half of a file.
        Err(_) => bytes,
    }
}

/// Leaves out what a report says is not the same every time.
fn forget_host(value: &mut serde_json::Value) {
    use serde_json::Value;
    match value {
        Value::Object(map) => {
            map.retain(|key, _| !["host", "learn_seconds", "peak_memory_mib"].contains(&&**key));
            map.values_mut().for_each(forget_host);
        }
        Value::Array(list) => list.iter_mut().for_each(forget_host),
        _ => {}
    }
}

/// Requires that each entry of a cache of models has all its files, as its manifest lists them.
fn whole_entries(cache: &Path, when: &str) {
    for entry in std::fs::read_dir(cache).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let model = name.starts_with("recross-") || name.starts_with("runtime-");
        if !model || name.ends_with(".lock") {
            continue;
        }
        let manifest = std::fs::read_to_string(entry.path().join("manifest"));
        let manifest = manifest.unwrap_or_else(|e| panic!("{when}: {name}/manifest: {e}"));
        let (files, _) = manifest.split_once("\nnote\n").expect("a whole manifest");
        for line in files.lines().filter_map(|line| line.strip_prefix("file ")) {
            let (hash, file) = line.split_once(' ').unwrap();
            let bytes = std::fs::read(entry.path().join(file)).unwrap();
            assert_eq!(
                blake3::hash(&bytes).to_hex().as_str(),
                hash,
                "{when}: {name}/{file}"
            );
        }
    }
}

/// A small disk, if this process may make one.
struct Disk {
    at: PathBuf,
}

impl Disk {
    fn new(at: &Path, bytes: u64) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let disk = Disk {
            at: at.to_path_buf(),
        };
        let mounted = mount(&["-t", "tmpfs", "-o", &format!("size={bytes}"), "none"], at);
        // Nothing is mounted: there is nothing to undo.
        if !mounted {
            std::mem::forget(disk);
            return None;
        }
        Some(disk)
    }

    fn grow(&self) {
        assert!(mount(&["-o", "remount,size=256m"], &self.at));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.at).status();
    }
}

fn mount(arguments: &[&str], at: &Path) -> bool {
    let mut command = Command::new("mount");
    command.args(arguments).arg(at).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Bytes of files below a folder, in the pages that a disk in memory takes for them.
fn pages(folder: &Path) -> u64 {
    let entries = walkdir::WalkDir::new(folder).into_iter().flatten();
    entries
        .filter_map(|entry| entry.metadata().ok())
        .map(|m| m.len().div_ceil(4096).max(1) * 4096)
        .sum()
}

impl Job {
    /// Runs the command on disks of random sizes that are too small.
    fn without_room(&mut self, times: usize, seed: u64) {
        self.undisturbed();
        let on_disk = self.out();
        let needed = pages(&on_disk) + self.cache.as_ref().map_or(0, |cache| pages(cache));
        self.clear();
        // A cache is on the disk, too.
        if self.cache.is_some() {
            self.cache = Some(on_disk.join("cache"));
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut refused = 0;
        for _ in 0..times {
            // At least a page too small, since a disk has whole pages.
            let bytes = rng.random_range(4096..=needed.saturating_sub(4096).max(4096));
            let when = format!("on a disk of {bytes} bytes");
            let Some(disk) = Disk::new(&on_disk, bytes) else {
                return self.with_short_files(times, seed);
            };
            let said = self.place.said(&mut self.command());
            refused += usize::from(said.status != 0);
            self.told(&said, &when);
            self.whole_files(&when);
            disk.grow();
            self.completes(&when);
        }
        println!("{}: {refused} of {times} disks were too small", self.line);
        assert!(2 * refused >= times);
    }

    /// Where no disk can be made: files end at a random length, with the error that a shell's `ulimit -f`
    /// gives.
    fn with_short_files(&self, times: usize, seed: u64) {
        let longest = self.files.values().map(Vec::len).max().unwrap_or(0) as u64;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        for _ in 0..times {
            let blocks = rng.random_range(0..longest.div_ceil(512));
            let when = format!("with files of at most {blocks} blocks");
            let inner = self.command();
            let mut command = Command::new("sh");
            command
                .arg("-c")
                .arg(format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""))
                .arg("sh")
                .arg(inner.get_program())
                .args(inner.get_args())
                .current_dir(inner.get_current_dir().unwrap());
            for (name, value) in inner.get_envs() {
                command.env(name, value.unwrap());
            }
            let said = self.place.said(&mut command);
            self.told(&said, &when);
            self.whole_files(&when);
            self.completes(&when);
            self.clear();
        }
        println!("{}: {times} limits of files", self.line);
    }

    /// A command that failed says so as an error, and what to do.
    fn told(&self, said: &crate::cli::Said, when: &str) {
        let good = said.status == 0 || said.err.starts_with("error: ");
        assert!(good, "{}, {when}: {}", self.line, said.err);
        assert!(
            !said.err.contains("panicked"),
            "{}, {when}: {}",
            self.line,
            said.err
        );
    }
}

#[test]
fn killed_commands_leave_nothing_half() {
    for (seed, line) in (0..).zip([GEN, MAP, RUN, COMPARE, SWEEP]) {
        Job::new(line).killed(3, 1, seed);
    }
}

#[test]
fn a_run_that_is_killed_while_it_builds_leaves_no_half_model() {
    Job::building().killed(2, 2, 5);
}

#[test]
fn commands_without_room_leave_nothing_half() {
    for (seed, line) in (10..).zip([GEN, MAP, RUN, COMPARE, SWEEP]) {
        Job::new(line).without_room(2, seed);
    }
}

/// A number from the environment, as `make kill` sets it.
fn often(name: &str, usual: usize) -> usize {
    std::env::var(name).map_or(usual, |n| n.parse().unwrap())
}

#[test]
#[ignore = "takes many minutes: make kill"]
fn many_kills_and_full_disks_leave_nothing_half() {
    let (kills, disks) = (often("RECROSS_KILLS", 50), often("RECROSS_DISKS", 20));
    for (seed, line) in (100..).zip([GEN, MAP, RUN, COMPARE, SWEEP]) {
        let mut job = Job::new(line);
        job.killed(kills, 1, seed);
        job.without_room(disks, 100 + seed);
    }
    let mut building = Job::building();
    building.killed(kills, 10, 300);
    building.without_room(disks.div_ceil(4), 301);
}
