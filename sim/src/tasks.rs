//! Runs a few long tasks, some at the same time.

use std::sync::{Mutex, PoisonError};
use std::thread;

/// Work that can fail with `E`.
pub(crate) type Task<'t, E> = Box<dyn FnOnce() -> Result<(), E> + Send + 't>;

/// Runs the tasks, the first ones first and at most `jobs` at the same time. After an error, none begins any more.
///
/// # Errors
/// That of the first task in the list that failed.
pub(crate) fn run<E: Send>(jobs: usize, tasks: Vec<Task<'_, E>>) -> Result<(), E> {
    let threads = jobs.clamp(1, tasks.len().max(1));
    let left = Mutex::new(tasks.into_iter().enumerate());
    let failed: Mutex<Option<(usize, E)>> = Mutex::new(None);
    let work = || {
        // A panic of a task ends the scope, whatever the locks say.
        while let Some((number, task)) = {
            let ended = failed.lock().unwrap_or_else(PoisonError::into_inner);
            let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
            ended.is_none().then(next).flatten()
        } {
            if let Err(error) = task() {
                let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                if failed.as_ref().is_none_or(|first| number < first.0) {
                    *failed = Some((number, error));
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let failed = failed.into_inner();
    match failed.unwrap_or_else(PoisonError::into_inner) {
        Some((_, error)) => Err(error),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn all_tasks_run_and_some_at_the_same_time() {
        let done = AtomicUsize::new(0);
        let meet = Barrier::new(2);
        let task = |meets: bool| -> Task<'_, ()> {
            let (done, meet) = (&done, &meet);
            Box::new(move || {
                if meets {
                    meet.wait();
                }
                done.fetch_add(1, Ordering::Relaxed);
                Ok(())
            })
        };
        // Two tasks that wait for each other end only if both have begun.
        assert_eq!(run(2, vec![task(true), task(true), task(false)]), Ok(()));
        assert_eq!(run(1, vec![task(false), task(false)]), Ok(()));
        assert_eq!(run(8, vec![task(false)]), Ok(()));
        assert_eq!(done.into_inner(), 6);
        assert_eq!(run::<()>(2, Vec::new()), Ok(()));
    }

    #[test]
    fn the_first_error_is_told_and_ends_the_rest() {
        let begun = AtomicUsize::new(0);
        let task = |result: Result<(), u32>| -> Task<'_, u32> {
            let begun = &begun;
            Box::new(move || {
                begun.fetch_add(1, Ordering::Relaxed);
                result
            })
        };
        let tasks = vec![task(Ok(())), task(Err(7)), task(Err(8)), task(Ok(()))];
        assert_eq!(run(1, tasks), Err(7));
        assert_eq!(begun.into_inner(), 2);
    }
}
