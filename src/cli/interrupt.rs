//! Ctrl-C: the first asks the work to end cleanly, the second ends the process at once. During a
//! search that can end early with the best it has found, the first ends the search only.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result};

static ASKED: AtomicBool = AtomicBool::new(false);
static SEARCHING: AtomicBool = AtomicBool::new(false);
static ENOUGH: AtomicBool = AtomicBool::new(false);

/// Listens from now on.
pub(super) fn install() {
    // Without a handler Ctrl-C ends the process, which leaves no half file either.
    let _ = ctrlc::set_handler(|| {
        if SEARCHING.load(Ordering::SeqCst) && !ENOUGH.swap(true, Ordering::SeqCst) {
            return;
        }
        if ASKED.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    });
}

/// Whether to go on.
///
/// # Errors
/// [`Error::Interrupted`] after Ctrl-C.
pub(super) fn check() -> Result<()> {
    match ASKED.load(Ordering::SeqCst) {
        true => Err(Error::Interrupted),
        false => Ok(()),
    }
}

/// Says whether such a search runs.
pub(super) fn search(on: bool) {
    SEARCHING.store(on, Ordering::SeqCst);
}

/// Whether searches are to end. It stays so: each later search ends at once.
pub(super) fn enough() -> bool {
    ENOUGH.load(Ordering::SeqCst)
}
