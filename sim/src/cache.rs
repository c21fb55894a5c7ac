//! The cache: a folder with an entry for each finished build.
//!
//! The name of an entry is a hash of what went into the build. A lock file keeps two processes from building the same entry. An entry appears
//! whole, by renaming, and its files' hashes are checked on every hit.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::error::Error;
use crate::stop::Stop;

/// The file in an entry that lists the entry's files with their hashes, and notes about the build.
const MANIFEST: &str = "manifest";
const MANIFEST_HEAD: &str = "verilated-cache 1";

/// One finished build.
pub(crate) struct Entry {
    pub(crate) dir: PathBuf,
    /// Whether it was built just now.
    pub(crate) fresh: bool,
    /// The product's files.
    pub(crate) files: Vec<Kept>,
    /// What the build noted, such as warnings.
    pub(crate) note: String,
}

/// A file of an entry.
pub(crate) struct Kept {
    /// Its name in the entry's folder.
    pub(crate) name: String,
    /// Hash of its contents.
    pub(crate) hash: String,
}

/// What a build made.
pub(crate) struct Product {
    /// Files in the build's folder to keep.
    pub(crate) files: Vec<String>,
    /// Files elsewhere whose contents the build used but which the key does not cover.
    pub(crate) depends_on: Vec<PathBuf>,
    pub(crate) note: String,
}

/// Returns the entry of `key` below `cache`, building it in a temporary folder when it is missing, damaged, or out of date.
///
/// Processes that ask for the same key wait for the one that builds, or until `stop` is set. A build that is killed leaves only a temporary folder, which the next
/// build of the same key removes.
///
/// # Errors
/// [`Error::Cache`] if the folder cannot be written, or its disk is full; [`Error::Stopped`]; else those of `build`.
pub(crate) fn obtain(
    cache: &Path,
    key: &str,
    stop: Option<&Stop>,
    build: impl FnOnce(&Path) -> Result<Product, Error>,
) -> Result<Entry, Error> {
    let dir = cache.join(key);
    if let Some(entry) = check(&dir) {
        return Ok(entry);
    }
    let fail = |action, path: &Path| {
        let what = format!("{action} {}", path.display());
        move |e: std::io::Error| unusable(cache, format!("{what}: {e}"))
    };
    fs::create_dir_all(cache).map_err(fail("creating", cache))?;
    let lock_path = cache.join(format!("{key}.lock"));
    let lock = File::create(&lock_path).map_err(fail("creating", &lock_path))?;
    let locked = match stop {
        None => lock.lock(),
        Some(stop) => lock_until(&lock, stop)?,
    };
    locked.map_err(fail("locking", &lock_path))?;
    // Another process may have built it while this one waited.
    if let Some(entry) = check(&dir) {
        return Ok(entry);
    }
    remove_left_overs(cache, key);
    let prefix = temporary_prefix(key);
    let temporary =
        TempDir::with_prefix_in(&prefix, cache).map_err(fail("creating a folder in", cache))?;
    let work = temporary.path().join("work");
    let done = temporary.path().join("done");
    for folder in [&work, &done] {
        fs::create_dir(folder).map_err(fail("creating", folder))?;
    }
    let product = build(&work).map_err(|e| match out_of_space(&e, &work) {
        true => unusable(cache, "no space is left on its disk".to_owned()),
        false => e,
    })?;
    for file in &product.files {
        fs::rename(work.join(file), done.join(file)).map_err(fail("moving", &work.join(file)))?;
    }
    let mut files = Vec::new();
    for name in &product.files {
        let hash = hash_file(&done.join(name))?;
        files.push(Kept {
            name: name.clone(),
            hash,
        });
    }
    let path = done.join(MANIFEST);
    fs::write(&path, manifest(&files, &product)?).map_err(fail("writing", &path))?;
    match fs::remove_dir_all(&dir) {
        Err(e) if e.kind() != ErrorKind::NotFound => return Err(fail("removing", &dir)(e)),
        _ => {}
    }
    fs::rename(&done, &dir).map_err(fail("renaming to", &dir))?;
    // The system releases the lock even if the process is killed.
    drop(lock);
    Ok(Entry {
        dir,
        fresh: true,
        files,
        note: product.note,
    })
}

/// Time between two tries to lock.
const TRY_EVERY: Duration = Duration::from_millis(20);

/// Waits for a lock until `stop` is set.
fn lock_until(lock: &File, stop: &Stop) -> Result<std::io::Result<()>, Error> {
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(Ok(())),
            Err(TryLockError::Error(e)) => return Ok(Err(e)),
            Err(TryLockError::WouldBlock) if stop.is_set() => return Err(Error::Stopped),
            Err(TryLockError::WouldBlock) => std::thread::sleep(TRY_EVERY),
        }
    }
}

fn unusable(cache: &Path, message: String) -> Error {
    Error::Cache {
        path: cache.to_path_buf(),
        message,
    }
}

/// Bytes that a build's folder must still have room for after a failure, else the failure counts as that of a full disk.
const ROOM: usize = 1 << 20;

/// Whether a build in `work` failed because its disk is full. Tools say so in words, or are ended by the first write that fails.
fn out_of_space(error: &Error, work: &Path) -> bool {
    let text = error.to_string();
    let said = ["No space left on device", "Disk quota exceeded"];
    let full =
        |e: std::io::Error| matches!(e.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
    said.iter().any(|s| text.contains(s))
        || fs::write(work.join("room"), vec![0; ROOM]).is_err_and(full)
}

fn temporary_prefix(key: &str) -> String {
    format!(".tmp-{key}-")
}

/// Removes what killed builds of `key` left. The caller holds the lock. A folder that cannot be removed only takes space.
fn remove_left_overs(cache: &Path, key: &str) {
    let prefix = temporary_prefix(key);
    for entry in fs::read_dir(cache).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn hash_file(path: &Path) -> Result<String, Error> {
    let bytes = fs::read(path).map_err(Error::io("reading", path))?;
    Ok(blake3::hash(&bytes).to_hex().to_string())
}

fn manifest(files: &[Kept], product: &Product) -> Result<String, Error> {
    let mut text = format!("{MANIFEST_HEAD}\n");
    for file in files {
        text.push_str(&format!("file {} {}\n", file.hash, file.name));
    }
    for path in &product.depends_on {
        text.push_str(&format!("needs {} {}\n", hash_file(path)?, path.display()));
    }
    text.push_str("note\n");
    text.push_str(&product.note);
    Ok(text)
}

/// The entry at `dir`, if it is complete and up to date.
fn check(dir: &Path) -> Option<Entry> {
    let text = fs::read_to_string(dir.join(MANIFEST)).ok()?;
    let (head, note) = text.split_once("\nnote\n")?;
    let mut lines = head.lines();
    if lines.next() != Some(MANIFEST_HEAD) {
        return None;
    }
    let mut files = Vec::new();
    for line in lines {
        let mut words = line.splitn(3, ' ');
        let (kind, hash, name) = (words.next()?, words.next()?, words.next()?);
        let path = if kind == "file" {
            dir.join(name)
        } else {
            PathBuf::from(name)
        };
        if hash_file(&path).ok()? != hash {
            return None;
        }
        if kind == "file" {
            files.push(Kept {
                name: name.to_owned(),
                hash: hash.to_owned(),
            });
        }
    }
    Some(Entry {
        dir: dir.to_path_buf(),
        fresh: false,
        files,
        note: note.to_owned(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn product(work: &Path, depends_on: Vec<PathBuf>) -> Result<Product, Error> {
        fs::write(work.join("a"), "content").unwrap();
        fs::write(work.join("scrap"), "x").unwrap();
        Ok(Product {
            files: vec!["a".into()],
            depends_on,
            note: "hello\nthere".into(),
        })
    }

    #[test]
    fn second_time_is_a_hit_and_keeps_only_the_products() {
        let cache = tempfile::tempdir().unwrap();
        let first = obtain(cache.path(), "k", None, |w| product(w, vec![])).unwrap();
        let second = obtain(cache.path(), "k", None, |_| panic!("built twice")).unwrap();
        assert!(first.fresh && !second.fresh);
        assert_eq!(second.note, "hello\nthere");
        let mut names: Vec<_> = fs::read_dir(&second.dir)
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["a", MANIFEST]);
        let mut names: Vec<_> = fs::read_dir(cache.path())
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["k", "k.lock"]);
    }

    #[test]
    fn damage_and_changed_dependencies_build_again() {
        let cache = tempfile::tempdir().unwrap();
        let needed = cache.path().join("needed");
        fs::write(&needed, "1").unwrap();
        let again = || {
            obtain(cache.path(), "k", None, |w| {
                product(w, vec![needed.clone()])
            })
            .unwrap()
        };
        let entry = again();
        assert!(!again().fresh);
        fs::write(entry.dir.join("a"), "damaged").unwrap();
        assert!(again().fresh);
        fs::remove_file(entry.dir.join("a")).unwrap();
        assert!(again().fresh);
        fs::write(entry.dir.join(MANIFEST), "").unwrap();
        assert!(again().fresh);
        fs::write(&needed, "2").unwrap();
        assert!(again().fresh);
        assert!(!again().fresh);
    }

    #[test]
    fn a_failed_or_killed_build_leaves_nothing_under_the_final_name() {
        let cache = tempfile::tempdir().unwrap();
        let failed = obtain(cache.path(), "k", None, |w| {
            product(w, vec![])?;
            Err(Error::Request {
                message: "no".into(),
            })
        });
        assert!(failed.is_err() && !cache.path().join("k").exists());
        // A killed process leaves its temporary folder: the next build removes it.
        let left = cache.path().join(".tmp-k-dead/work");
        fs::create_dir_all(&left).unwrap();
        assert!(
            obtain(cache.path(), "k", None, |w| product(w, vec![]))
                .unwrap()
                .fresh
        );
        assert!(!left.exists());
    }

    #[test]
    fn a_wait_for_another_build_can_be_stopped() {
        let cache = tempfile::tempdir().unwrap();
        let lock = File::create(cache.path().join("k.lock")).unwrap();
        lock.lock().unwrap();
        let stop = Stop::default();
        stop.set();
        let stopped = obtain(cache.path(), "k", Some(&stop), |_| panic!("built"));
        assert!(matches!(stopped.map(|e| e.dir), Err(Error::Stopped)));
        drop(lock);
        assert!(
            obtain(cache.path(), "k", Some(&stop), |w| product(w, vec![]))
                .unwrap()
                .fresh
        );
    }

    #[test]
    fn of_many_at_once_one_builds() {
        let cache = tempfile::tempdir().unwrap();
        let builds = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let build = |w: &Path| {
                        builds.fetch_add(1, Ordering::Relaxed);
                        std::thread::sleep(std::time::Duration::from_millis(20));
                        product(w, vec![])
                    };
                    let entry = obtain(cache.path(), "k", None, build).unwrap();
                    assert_eq!(fs::read_to_string(entry.dir.join("a")).unwrap(), "content");
                });
            }
        });
        assert_eq!(builds.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_folder_that_cannot_be_made_or_written_is_named() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, "").unwrap();
        for cache in [&file, &file.join("below")] {
            match obtain(cache, "k", None, |_| panic!("built")).map(|e| e.dir) {
                Err(Error::Cache { path, message }) => {
                    assert_eq!(path, *cache);
                    assert!(message.contains("(os error"), "{message}");
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_full_disk_is_told_from_other_failures() {
        let cache = tempfile::tempdir().unwrap();
        let failing = |log: &str| {
            let log = log.to_owned();
            obtain(cache.path(), "k", None, |_| {
                Err(Error::Compile {
                    design: "d".into(),
                    log,
                })
            })
            .map(|e| e.dir)
        };
        let full = failing("cc1plus: fatal error: error writing to x.s: No space left on device");
        assert!(matches!(full, Err(Error::Cache { .. })));
        assert!(matches!(
            failing("syntax error"),
            Err(Error::Compile { .. })
        ));
    }
}
