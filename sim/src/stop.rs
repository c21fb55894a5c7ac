//! Watches a build from another thread, and ends it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Compilers take about so many times as long as Verilator took before them: 3.9 times for 16 banks (Verilator 5.006, g++ 12).
const COMPILERS: u32 = 4;

/// Ends builds when it is set, and tells how far the last one is. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    set: AtomicBool,
    /// When Verilator was done, and how long it took.
    verilated: Mutex<Option<(Instant, Duration)>>,
}

impl Stop {
    /// Ends the builds that run with it, and those that begin later.
    pub fn set(&self) {
        self.0.set.store(true, Ordering::Relaxed);
    }

    /// Whether it is set.
    pub fn is_set(&self) -> bool {
        self.0.set.load(Ordering::Relaxed)
    }

    /// How long the build has taken, and an estimate of how long it will take as a whole, which is never less. `None` while Verilator
    /// runs, which takes a fifth of the time, and if nothing had to be built.
    pub fn estimate(&self) -> Option<(Duration, Duration)> {
        let (since, took) = (*self.verilated())?;
        let so_far = took + since.elapsed();
        Some((so_far, so_far.max(took * (1 + COMPILERS))))
    }

    pub(crate) fn has_verilated(&self, took: Duration) {
        *self.verilated() = Some((Instant::now(), took));
    }

    fn verilated(&self) -> std::sync::MutexGuard<'_, Option<(Instant, Duration)>> {
        // Both values are written at once, whatever a thread that panicked was doing.
        let verilated = self.0.verilated.lock();
        verilated.unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compilers_take_four_times_as_long_as_verilator() {
        let stop = Stop::default();
        assert_eq!(stop.estimate(), None);
        stop.has_verilated(Duration::from_secs(3));
        let (so_far, whole) = stop.clone().estimate().unwrap_or_default();
        assert!(so_far >= Duration::from_secs(3) && so_far < Duration::from_secs(15));
        assert_eq!(whole, Duration::from_secs(15));
        // A build that takes longer has no time left.
        let before = Instant::now().checked_sub(Duration::from_secs(20));
        let Some(before) = before else { return };
        *stop.verilated() = Some((before, Duration::from_secs(3)));
        let (so_far, whole) = stop.estimate().unwrap_or_default();
        assert!(so_far == whole && whole >= Duration::from_secs(23));
    }
}
