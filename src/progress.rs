//! Progress reports of long work, notes for the user, and how to stop the work.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::error::{Error, Result};

/// Receives the reports of a job. `()` ignores them and never stops the job.
pub trait Progress {
    /// Called when step `what` has done `done` of `total` units. Called often, so implementations
    /// should limit how often they draw.
    ///
    /// # Errors
    /// Returning an error ([`crate::Error::Interrupted`]) ends the work with that error.
    fn step(&self, what: &'static str, done: u64, total: u64) -> Result<()>;

    /// Called when the first `done` of `total` parts of a job are done, such as the rows of a
    /// comparison; the steps that follow belong to the next one.
    fn part(&self, what: &'static str, done: u64, total: u64) {
        let _ = (what, done, total);
    }

    /// Called regularly where there is no progress to report; an error stops the job.
    ///
    /// # Errors
    /// Those of [`Progress::step`].
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Called with a message for the user.
    fn note(&self, text: &str) {
        let _ = text;
    }

    /// Called with a message for users who want details.
    fn detail(&self, text: &str) {
        let _ = text;
    }

    /// Called with `true` when a search begins that can end early with the best that it has found,
    /// and with `false` when it is over.
    fn search(&self, on: bool) {
        let _ = on;
    }

    /// Whether the user wants such a search to end now.
    fn enough(&self) -> bool {
        false
    }

    /// Called with the mean number of groups that a bag of the history touches under the grouping
    /// found so far.
    fn quality(&self, groups_touched_per_bag: f64) {
        let _ = groups_touched_per_bag;
    }
}

impl Progress for () {
    fn step(&self, _what: &'static str, _done: u64, _total: u64) -> Result<()> {
        Ok(())
    }
}

/// Counts the units of a step that runs on other threads.
#[derive(Debug, Default)]
pub struct Count {
    done: AtomicU64,
    stopped: AtomicBool,
}

impl Count {
    /// One more unit is done; returns whether to go on.
    pub fn one(&self) -> bool {
        self.add(1)
    }

    /// So many more units are done; returns whether to go on.
    pub fn add(&self, units: u64) -> bool {
        self.done.fetch_add(units, Ordering::Relaxed);
        !self.stopped.load(Ordering::Relaxed)
    }

    /// Units that are done.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Ends the work when it counts its next unit.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}

/// Counts the steps of a part of such work, which is so many units of the whole.
#[derive(Debug)]
pub struct Units<'c> {
    count: &'c Count,
    units: u64,
    added: AtomicU64,
}

impl<'c> Units<'c> {
    /// The part's steps add up to `units`.
    pub fn new(count: &'c Count, units: u64) -> Self {
        Units {
            count,
            units,
            added: AtomicU64::new(0),
        }
    }
}

impl Progress for Units<'_> {
    fn step(&self, _what: &'static str, done: u64, total: u64) -> Result<()> {
        let share = u128::from(self.units) * u128::from(done.min(total)) / u128::from(total.max(1));
        // A share of `units` fits.
        let now = share as u64;
        let before = self.added.fetch_max(now, Ordering::Relaxed);
        match self.count.add(now.saturating_sub(before)) {
            true => Ok(()),
            false => Err(Error::Interrupted),
        }
    }
}

/// Time between two reports of a step that runs on other threads.
const EVERY: Duration = Duration::from_millis(100);

/// Runs `work` on a thread of its own, and reports meanwhile how many of `total` units it has
/// counted. A thread of a pool would keep its place from the work; it works itself, and only checks
/// before whether to go on.
///
/// # Errors
/// What `progress` returns; `work` is told by [`Count::one`] and may then return anything.
pub fn counted<T: Send>(
    progress: &dyn Progress,
    (what, total): (&'static str, u64),
    work: impl FnOnce(&Count) -> T + Send,
) -> Result<T> {
    let count = Count::default();
    if rayon::current_thread_index().is_some() {
        progress.step(what, 0, total)?;
        return Ok(work(&count));
    }
    let (send, receive) = channel();
    std::thread::scope(|scope| {
        let counter = &count;
        // Nobody listens any more once the step was stopped.
        scope.spawn(move || send.send(work(counter)).is_ok());
        loop {
            if let Err(e) = progress.step(what, count.done(), total) {
                count.stop();
                return Err(e);
            }
            match receive.recv_timeout(EVERY) {
                Ok(result) => return Ok(result),
                Err(RecvTimeoutError::Timeout) => {}
                // A panic, which the scope passes on.
                Err(RecvTimeoutError::Disconnected) => return Err(Error::Interrupted),
            }
        }
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    /// Keeps what was reported, and stops at a number of units.
    struct Kept(RefCell<Vec<u64>>, u64);

    impl Progress for Kept {
        fn step(&self, _what: &'static str, done: u64, _total: u64) -> Result<()> {
            self.0.borrow_mut().push(done);
            match done >= self.1 {
                true => Err(Error::Interrupted),
                false => Ok(()),
            }
        }
    }

    #[test]
    fn counted_work_reports_and_can_be_stopped() {
        let work = |count: &Count| {
            (0..40).all(|_| {
                std::thread::sleep(Duration::from_millis(10));
                count.one()
            })
        };
        let whole = Kept(RefCell::default(), u64::MAX);
        assert!(counted(&whole, ("working", 40), work).unwrap());
        let reports = whole.0.into_inner();
        assert!(reports.len() > 2 && reports.is_sorted(), "{reports:?}");
        assert!(reports.last().unwrap() > &0);
        let stopped = Kept(RefCell::default(), 1);
        let result = counted(&stopped, ("working", 40), work);
        assert!(matches!(result, Err(Error::Interrupted)));
    }

    #[test]
    fn a_thread_of_a_pool_works_itself() {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(1)
            .build()
            .unwrap();
        let done = pool.install(|| {
            let work = |_: &Count| rayon::join(rayon::current_thread_index, || 2);
            let kept = Kept(RefCell::default(), u64::MAX);
            let result = counted(&kept, ("working", 40), work).unwrap();
            assert_eq!(kept.0.into_inner(), [0]);
            result
        });
        assert_eq!(done, (Some(0), 2));
    }

    #[test]
    fn steps_of_a_part_add_up_to_its_units() {
        let count = Count::default();
        let part = Units::new(&count, 10);
        for (done, counted) in [(0, 0), (1, 3), (1, 3), (2, 6), (3, 10), (2, 10)] {
            part.step("", done, 3).unwrap();
            assert_eq!(count.done(), counted);
        }
        count.stop();
        assert!(part.step("", 3, 3).is_err());
    }
}
