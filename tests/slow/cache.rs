//! Models are built without a cache, and told so once.

use std::cell::RefCell;

use crate::cosim::{build_spec, geometries};
use recross::cosim::{BuildSpec, Cache, Simulator};
use recross::progress::Progress;

#[derive(Default)]
struct Notes(RefCell<Vec<String>>);

impl Progress for Notes {
    fn step(&self, _what: &'static str, _done: u64, _total: u64) -> recross::Result<()> {
        Ok(())
    }

    fn note(&self, text: &str) {
        self.0.borrow_mut().push(text.to_owned());
    }
}

#[test]
fn a_model_is_built_in_a_temporary_folder_that_the_job_keeps() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("file");
    std::fs::write(&file, "").unwrap();
    let cache = Cache::new(file.join("models"));
    let spec = BuildSpec {
        cache: cache.clone(),
        ..build_spec()
    };
    let resolved = geometries::sar_lossy().resolve("test").unwrap();
    let first = Simulator::build(&resolved, &spec).unwrap();
    assert!(first.built().is_fresh());
    // Later models of the job find the first one.
    let second = Simulator::build(&resolved, &spec).unwrap();
    assert!(!second.built().is_fresh());
    let notes = Notes::default();
    cache.tell(&notes);
    cache.tell(&notes);
    let notes = notes.0.into_inner();
    let start = format!(
        "note: the cache folder {}/models cannot be used (",
        file.display()
    );
    assert!(
        notes.len() == 1 && notes[0].starts_with(&start),
        "{notes:?}"
    );
    let folder = first.built().path().to_path_buf();
    assert!(folder.is_file());
    drop((first, second, spec, cache));
    assert!(!folder.exists());
}
