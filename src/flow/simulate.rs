//! From a mapping, tables and bags to a verdict: translate, build, drive, check.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

use crate::config::Resolved;
use crate::cosim::{self, BuildSpec, Outcome, Prediction, RunSpec, Simulator, Verdict};
use crate::error::{Error, Result};
use crate::flow::ahead::{BUILDING, BuildFacts, Wait, while_building};
use crate::flow::{memory, write_images};
use crate::formats::table::IntTable;
use crate::formats::trace::Bags;
use crate::host::{BagOrder, Translator};
use crate::mapping::Mapping;
use crate::mapping::contents::Contents;
use crate::progress::{Progress, counted};
use crate::reference::cycles::Model;
use crate::reference::golden::{self, HardwareCounters};

/// How to build and drive.
#[derive(Debug, Clone, Default)]
pub struct SimulateSpec {
    /// How the model is found or built.
    pub build: BuildSpec,
    /// How the run goes.
    pub run: RunSpec,
    /// A folder for the memory images of the arrays that the bags touch. [`RunSpec::images`] is then
    /// this folder.
    pub images: Option<PathBuf>,
}

/// Wall seconds of the parts.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Seconds {
    /// Ids to places.
    pub translate: f64,
    /// Both golden models.
    pub golden: f64,
    /// The cycle model.
    pub model: f64,
    /// Finding or building the RTL's model, without the time in which the mapping was learned beside it.
    pub build: f64,
    /// Model set-up, programming, driving and reading counters; most of it in the clock loop.
    pub drive: f64,
    /// The clock loop alone.
    pub clock_loop: f64,
    /// Comparing.
    pub check: f64,
}

/// A finished co-simulation.
#[derive(Debug, Clone)]
pub struct Simulated {
    /// Results, cycles and counters.
    pub outcome: Outcome,
    /// What the checks found.
    pub verdict: Verdict,
    /// What the cycle model said.
    pub predicted: Prediction,
    /// Events that the commands imply.
    pub implied: HardwareCounters,
    /// The build.
    pub build: BuildFacts,
    /// Where the time went.
    pub seconds: Seconds,
}

/// Translates `bags`, builds or finds the model, drives it, and holds results against the golden models
/// and cycles and event counters against the cycle model. A mismatch is not an error here: see [`Simulated::verdict`].
///
/// # Errors
/// [`Error::Argument`] if mapping, table and configuration do not fit together; else as
/// [`Simulator::build`] and [`Simulator::run`], and what `progress` returns.
pub fn simulate(
    resolved: &Resolved,
    mapping: &Mapping,
    table: &IntTable,
    bags: &Bags,
    spec: &SimulateSpec,
    progress: &dyn Progress,
) -> Result<Simulated> {
    while_building(resolved, &spec.build, progress, |wait| {
        simulate_with(resolved, mapping, table, bags, (spec, wait), progress)
    })
}

/// As [`simulate`], with a model that is being built.
pub(super) fn simulate_with(
    resolved: &Resolved,
    mapping: &Mapping,
    table: &IntTable,
    bags: &Bags,
    (spec, wait): (&SimulateSpec, Wait<'_>),
    progress: &dyn Progress,
) -> Result<Simulated> {
    let mut seconds = Seconds::default();
    progress.step("translating", 0, bags.len() as u64)?;
    let contents = Contents::new(mapping, table, resolved)?;
    let (translated, used) = timed(&mut seconds.translate, || {
        let translator = Translator::new(mapping, resolved)?;
        let order = BagOrder::of(resolved);
        let translated = translator.translate_reporting(bags, order, progress)?;
        let used = translator.crossbars_of(&translated);
        Ok::<_, Error>((translated, used))
    })?;
    let contents = contents.only(&used);
    // The bags' ids lie in these crossbars, too. Random tables store no other rows.
    let ids = contents.ids();
    memory::require(
        "--table",
        table.bytes_to_keep(ids.len() as u64),
        "drive fewer bags (`--limit`)",
    )?;
    table.keep(&ids);
    if let Some(place) = spec.run.fail_write {
        place.check_written(&contents)?;
    }
    let mut run = spec.run.clone();
    if let Some(folder) = &spec.images {
        write_images(&contents, resolved, folder, progress)?;
        run.images = Some(folder.clone());
    }

    let model = Model::new(resolved, mapping)?;
    let all = ("running the cycle model", bags.len() as u64);
    let predicted = timed(&mut seconds.model, || {
        counted(progress, all, |count| {
            Prediction::counted(&model, &translated, count)
        })
    })??;
    let commands = &predicted.commands;
    let all = bags.lookups() + commands.len() as u64;
    let (exact, hardware) = timed(&mut seconds.golden, || {
        counted(progress, ("reducing in software", all), |count| {
            rayon::join(
                || golden::reduce_exact_counted(bags, table, count),
                || {
                    let driven = (commands, bags.len());
                    golden::reduce_hardware_counted(driven, mapping, table, resolved, count)
                },
            )
        })
    })?;
    let (exact, hardware) = (exact?, hardware?);

    if let Some(waves) = &run.waves {
        let driven = predicted.timing.cycles;
        let note = super::waves::note(waves, &run, driven, &contents)?;
        progress.note(&note);
    }
    let ahead = wait()?;
    progress.step(BUILDING, 0, 1)?;
    let simulator = timed(&mut seconds.build, || {
        Simulator::build(resolved, &spec.build)
    });
    // Ctrl-C at a terminal also ends the compilers; that is no failure of theirs.
    progress.step(BUILDING, 1, 1)?;
    let simulator = simulator?;
    spec.build.cache.tell(progress);

    let mut stopped = None;
    let outcome = timed(&mut seconds.drive, || {
        simulator.run(&contents, &translated, &run, &mut |p| {
            let step = match p.expected {
                0 => progress.step("programming", p.accepted, p.to_accept),
                _ => progress.step("simulating", p.arrived, p.expected),
            };
            match step {
                Ok(()) => ControlFlow::Continue(()),
                Err(e) => {
                    stopped = Some(e);
                    ControlFlow::Break(())
                }
            }
        })
    });
    let outcome = match (outcome, stopped) {
        (Err(Error::Interrupted), Some(e)) => return Err(e),
        (outcome, _) => outcome?,
    };
    seconds.clock_loop = outcome.simulation_seconds;
    let verdict = timed(&mut seconds.check, || {
        let mut verdict = cosim::verify(&outcome, &exact, &hardware, &predicted, resolved)?;
        simulator.explain(&mut verdict, &contents, &translated, &run, &model)?;
        Ok::<_, Error>(verdict)
    })?;
    let mut build = BuildFacts::of(simulator.built());
    if let Some(ahead) = ahead {
        seconds.build += ahead.waited;
        if !build.fresh {
            build = ahead.facts;
        }
    }
    Ok(Simulated {
        verdict,
        predicted,
        implied: hardware.counters,
        build,
        outcome,
        seconds,
    })
}

fn timed<T>(seconds: &mut f64, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let out = work();
    *seconds += start.elapsed().as_secs_f64();
    out
}
