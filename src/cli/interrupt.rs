//! Ctrl-C: the first asks the work to end cleanly, the second ends the process at once.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result};

static ASKED: AtomicBool = AtomicBool::new(false);

/// Listens from now on.
pub(super) fn install() {
    // Without a handler Ctrl-C ends the process, which leaves no half file either.
    let _ = ctrlc::set_handler(|| {
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
