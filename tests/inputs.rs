//! Replays the inputs that `make fuzz` has found and that are kept in `fuzz/corpus`, and changes of them: none
//! may panic, take long, or take much memory. (This is a separate test binary because it counts all allocations of the process.)
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "common/allocations.rs"]
mod allocations;
#[path = "common/inputs/mod.rs"]
mod inputs;

use allocations::{LIVE, PEAK};
use inputs::{MEMORY, TARGETS, Target};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

/// What an input may take. The first one of a target may build what all of them use.
const LONGEST: Duration = Duration::from_secs(10);

/// Allocations are counted for one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// The inputs of a target, with their paths.
fn kept(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let files = std::fs::read_dir(corpus.join(name)).expect(name);
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 2, "{name}: {} inputs", files.len());
    files
        .into_iter()
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect()
}

/// Time and bytes that an input takes. An input that takes too much, or panics, is written where `said` says.
fn taken(target: Target, bytes: &[u8], said: &dyn Fn() -> PathBuf) -> (Duration, usize) {
    let before = LIVE.load(Relaxed);
    PEAK.store(before, Relaxed);
    let begin = Instant::now();
    // A panic's message does not name the input.
    let done = std::panic::catch_unwind(|| target(bytes));
    let (took, held) = (begin.elapsed(), PEAK.load(Relaxed).saturating_sub(before));
    assert!(done.is_ok(), "{}", said().display());
    assert!(took < LONGEST, "{}: {took:?}", said().display());
    assert!(held < MEMORY, "{}: {held} bytes", said().display());
    (took, held)
}

#[test]
fn kept_inputs_are_taken() {
    let _alone = ALONE.lock();
    for (name, target) in TARGETS {
        target(&[]);
        let files = kept(name);
        let each = files
            .iter()
            .map(|(path, bytes)| taken(*target, bytes, &|| path.clone()));
        let (mut longest, mut most) = (Duration::ZERO, 0);
        for (took, held) in each {
            longest = longest.max(took);
            most = most.max(held);
        }
        println!(
            "{name}: {} inputs, at most {longest:.1?} and {} kB",
            files.len(),
            most >> 10
        );
    }
}

/// As the fuzzer changes inputs, but without looking for what is new.
fn changed(bytes: &[u8], other: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..rng.random_range(1..6) {
        let at = rng.random_range(0..=bytes.len());
        let some = rng.random_range(0..=(bytes.len() - at).min(16));
        match rng.random_range(0..7) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..at + some)),
            2 => bytes.insert(at, rng.random()),
            3 => {
                let again = bytes[at..at + some].to_vec();
                bytes.splice(at..at, again);
            }
            4 => {
                let from = rng.random_range(0..=other.len());
                let to = (from + rng.random_range(0..64)).min(other.len());
                bytes.splice(at..at + some, other[from..to].iter().copied());
            }
            5 => {
                const ENDS: [u8; 6] = [0, 1, 0x7f, 0x80, 0xff, b'9'];
                bytes[at..at + some].fill(ENDS[rng.random_range(0..ENDS.len())]);
            }
            _ if at < bytes.len() => bytes[at] ^= 1 << rng.random_range(0..8),
            _ => {}
        }
    }
    bytes
}

/// Changes kept inputs at random; `RECROSS_INPUTS` is how often each.
#[test]
fn changed_inputs_are_taken() {
    let _alone = ALONE.lock();
    let times = std::env::var("RECROSS_INPUTS").map_or(10, |n| n.parse().unwrap());
    for (number, (name, target)) in TARGETS.iter().enumerate() {
        target(&[]);
        let files = kept(name);
        let mut rng = ChaCha8Rng::seed_from_u64(number as u64);
        for (_, bytes) in &files {
            for _ in 0..times {
                let other = &files[rng.random_range(0..files.len())].1;
                let bytes = changed(bytes, other, &mut rng);
                taken(*target, &bytes, &|| {
                    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bad-{name}"));
                    std::fs::write(&path, &bytes).unwrap();
                    path
                });
            }
        }
    }
}
