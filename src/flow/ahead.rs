//! Building the model while the mapping is learned, as neither needs the other.

use std::time::Instant;

use crate::config::Resolved;
use crate::cosim::{BuildSpec, Simulator};
use crate::error::Result;
use crate::flow::{BuildFacts, BuiltAhead};

/// Does `work`, and meanwhile builds the model on another thread, unless there is only one for all.
/// A build that fails is nothing to report: it is tried again when the model is needed.
///
/// # Errors
/// Those of `work`.
pub(super) fn while_building<T>(
    resolved: &Resolved,
    spec: &BuildSpec,
    work: impl FnOnce() -> Result<T>,
) -> Result<(T, Option<BuiltAhead>)> {
    if rayon::current_num_threads() == 1 {
        return Ok((work()?, None));
    }
    std::thread::scope(|scope| {
        let build = || Simulator::build(resolved, spec).map(|s| BuildFacts::of(s.built()));
        let building = scope.spawn(build);
        let done = work()?;
        let start = Instant::now();
        let built = building.join().ok().and_then(Result::ok);
        let ahead = built.map(|facts| BuiltAhead {
            facts,
            waited: start.elapsed().as_secs_f64(),
        });
        Ok((done, ahead))
    })
}
