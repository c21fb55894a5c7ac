//! Watches a build from another thread, and ends it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Compilers take about so many times as long as Verilator took before them, one after the other or at the same time: 3.9 and, with
/// two processors, 2.2 times for 16 banks (Verilator 5.006, g++ 12).
const COMPILERS: [f64; 2] = [4.0, 2.2];

/// Ends builds when it is set, and tells how far the last one is. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    set: AtomicBool,
    /// When Verilator was done, how long it took, and how long the compilers will take.
    verilated: Mutex<Option<(Instant, Duration, Duration)>>,
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
    /// runs, which takes a fifth to a third of the time, and if nothing had to be built.
    pub fn estimate(&self) -> Option<(Duration, Duration)> {
        let (since, took, compilers) = (*self.verilated())?;
        let so_far = took + since.elapsed();
        Some((so_far, so_far.max(took + compilers)))
    }

    pub(crate) fn has_verilated(&self, took: Duration, jobs: usize) {
        let compilers = took.mul_f64(COMPILERS[usize::from(jobs > 1)]);
        *self.verilated() = Some((Instant::now(), took, compilers));
    }

    fn verilated(&self) -> std::sync::MutexGuard<'_, Option<(Instant, Duration, Duration)>> {
        // All values are written at once, whatever a thread that panicked was doing.
        let verilated = self.0.verilated.lock();
        verilated.unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compilers_take_a_multiple_of_verilators_time() {
        let stop = Stop::default();
        assert_eq!(stop.estimate(), None);
        stop.has_verilated(Duration::from_secs(3), 1);
        let (so_far, whole) = stop.clone().estimate().unwrap_or_default();
        assert!(so_far >= Duration::from_secs(3) && so_far < Duration::from_secs(15));
        assert_eq!(whole, Duration::from_secs(15));
        stop.has_verilated(Duration::from_secs(2), 2);
        assert_eq!(
            stop.estimate().unwrap_or_default().1,
            Duration::from_millis(6400)
        );
        // A build that takes longer has no time left.
        let before = Instant::now().checked_sub(Duration::from_secs(20));
        let Some(before) = before else { return };
        *stop.verilated() = Some((before, Duration::from_secs(3), Duration::from_secs(12)));
        let (so_far, whole) = stop.estimate().unwrap_or_default();
        assert!(so_far == whole && whole >= Duration::from_secs(23));
    }
}
