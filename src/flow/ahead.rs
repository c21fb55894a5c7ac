//! Building the model while the mapping is learned, as neither needs the other.

use std::time::{Duration, Instant};

use verilated::Stop;

use crate::config::Resolved;
use crate::cosim::{BuildSpec, Simulator};
use crate::error::Result;
use crate::progress::Progress;

/// What there is to say about the model's build.
#[derive(Debug, Clone, PartialEq)]
pub struct BuildFacts {
    /// Whether it was built now, not found in the cache.
    pub fresh: bool,
    /// Processor seconds of Verilator and compilers, where the system tells; 0 for a cached model.
    pub cpu_seconds: Option<f64>,
    /// Verilator's warnings.
    pub warnings: String,
}

impl BuildFacts {
    /// What a build says.
    pub(super) fn of(built: &verilated::Built) -> Self {
        BuildFacts {
            fresh: built.is_fresh(),
            cpu_seconds: built.cpu_seconds(),
            warnings: built.warnings().to_owned(),
        }
    }
}

/// A model that was built ahead and lies in the cache.
#[derive(Debug, Clone)]
pub(super) struct BuiltAhead {
    /// What there is to say about the build.
    pub facts: BuildFacts,
    /// Wall seconds for which the work beside it was done and waited.
    pub waited: f64,
}

/// The step in which a build is waited for.
pub(super) const BUILDING: &str = "building the model";

/// Time between two looks at the build.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Waits for a build; what it said, or `None` if there was none.
pub(super) type Wait<'w> = &'w mut dyn FnMut() -> Result<Option<BuiltAhead>>;

/// Does `work`, and meanwhile builds the model on another thread; if there is only one for all, the build
/// begins when it is waited for. `work` waits for it when it needs the model, and learns there why a build
/// failed. A build whose model nobody needs any more is stopped.
///
/// # Errors
/// Those of `work`, and while it waits, those of [`Simulator::build`] and of `progress`.
pub(super) fn while_building<T>(
    resolved: &Resolved,
    spec: &BuildSpec,
    progress: &dyn Progress,
    work: impl FnOnce(Wait<'_>) -> Result<T>,
) -> Result<T> {
    let stop = Stop::default();
    let spec = BuildSpec {
        stop: Some(stop.clone()),
        ..spec.clone()
    };
    std::thread::scope(|scope| {
        // Before the scope waits for the build, whether `work` ends with an error or a panic.
        let stop = StopAtEnd(stop);
        let build = || Simulator::build(resolved, &spec).map(|s| BuildFacts::of(s.built()));
        let mut waited_for = false;
        let mut building = (rayon::current_num_threads() > 1).then(|| scope.spawn(build));
        work(&mut || {
            if std::mem::replace(&mut waited_for, true) {
                return Ok(None);
            }
            let start = Instant::now();
            let building = building.take().unwrap_or_else(|| scope.spawn(build));
            while !building.is_finished() {
                let (done, total) = match stop.0.estimate() {
                    // In seconds. What is still being built is not done.
                    Some((so_far, whole)) if whole.as_secs() > 1 => {
                        (so_far.as_secs().min(whole.as_secs() - 1), whole.as_secs())
                    }
                    _ => (0, 1),
                };
                progress.step(BUILDING, done, total)?;
                std::thread::sleep(LOOK_EVERY);
            }
            let facts = match building.join() {
                Ok(facts) => facts?,
                Err(panic) => std::panic::resume_unwind(panic),
            };
            Ok(Some(BuiltAhead {
                facts,
                waited: start.elapsed().as_secs_f64(),
            }))
        })
    })
}

/// Stops a build when it is dropped; one that is done does not notice.
struct StopAtEnd(Stop);

impl Drop for StopAtEnd {
    fn drop(&mut self) {
        self.0.set();
    }
}
