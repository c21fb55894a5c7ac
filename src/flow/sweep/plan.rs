//! All points checked first, then worked off.

use std::collections::BTreeMap;
use std::sync::mpsc;

use rayon::prelude::*;

use super::grid::{Grid, label};
use super::point::{Measures, Point};
use super::store::{self, Store};
use crate::config::Resolved;
use crate::cosim::Cache;
use crate::error::{Error, Result};
use crate::flow::compare::architectures::Spare;
use crate::flow::compare::{Figures, Grow, Layouts, fit_engine, measure};
use crate::formats::trace::Bags;
use crate::learn::placement::room_for;
use crate::mapping::Classes;
use crate::progress::Progress;
use crate::technology::Technology;

/// Whether engines are resized for their points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resize {
    /// They are as configured.
    No,
    /// They have room for what the embeddings and the budget need, and no more.
    Fit(Grow),
}

/// What a sweep works with.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// All bags, if their end is held out; else what mappings learn from.
    pub bags: &'a Bags,
    /// What is judged, if that is another trace.
    pub holdout: Option<&'a Bags>,
    /// At most so many bags are judged.
    pub limit: Option<usize>,
    /// Where learned groups are kept.
    pub cache: &'a Cache,
}

/// History and judged bags.
struct Judged {
    history: Bags,
    bags: Bags,
    hashes: [blake3::Hash; 2],
}

/// One point before it is worked off.
struct Task {
    set: serde_json::Map<String, serde_json::Value>,
    label: String,
    resolved: Resolved,
    technology: Technology,
    /// Which [`Judged`] it is about.
    judged: u64,
    key: String,
}

/// A checked sweep.
pub struct Plan {
    tasks: Vec<Task>,
    judged: BTreeMap<u64, Judged>,
    cache: Cache,
}

impl Plan {
    /// Checks every point of the grid; nothing is learned or timed yet.
    ///
    /// # Errors
    /// As [`Grid::points`]; the first point's that cannot be, with its values; [`Error::Argument`] if
    /// the grid sets what `resize` sets.
    pub fn new(base: &Resolved, grid: &Grid, resize: Resize, inputs: &Inputs<'_>) -> Result<Self> {
        let taken = match resize {
            Resize::No => None,
            Resize::Fit(Grow::CrossbarsPerBank) => Some("engine.crossbars_per_bank"),
            Resize::Fit(Grow::BanksPerLane) => Some("engine.banks_per_lane"),
        };
        if let Some(key) = taken.filter(|k| grid.has(k)) {
            return Err(Error::argument(
                "--fit",
                format!("`{key}` is swept"),
                "another key, or no --fit",
                "--fit sets it for each point",
            ));
        }
        let mut plan = Plan {
            tasks: Vec::new(),
            judged: BTreeMap::new(),
            cache: inputs.cache.clone(),
        };
        for point in grid.points()? {
            let label = label(&point);
            let named = |e: Error| of_point(e, &label);
            let mut config = base
                .config
                .with_values(&point)
                .map_err(|fault| Error::Argument {
                    name: format!("point {label}"),
                    found: fault.found,
                    expected: fault.expected,
                    help: String::new(),
                })?;
            // Figures are those of the engine, not of pauses around it.
            config.simulation = Default::default();
            let mut resolved = base.with(&label, |c| *c = config)?;
            let embeddings = inputs.bags.embeddings();
            if let Resize::Fit(grow) = resize {
                let budget = resolved.config.mapping.budget;
                resolved = fit_engine(&resolved, embeddings, budget, grow)
                    .map_err(named)?
                    .0;
            }
            let groups = Classes::of(&resolved, embeddings).groups(resolved.config.crossbar.rows);
            let room = room_for(groups, &resolved);
            room.map_err(|e| named(e.advise("or use `--fit`")))?;
            let judged = plan.judged(&resolved, inputs).map_err(named)?;
            check_bags(&plan.judged[&judged], &resolved, &label)?;
            let technology = Technology::of(&resolved).map_err(named)?;
            let key = store::key(&resolved, &technology, plan.judged[&judged].hashes)?;
            let set = point
                .iter()
                .map(|(k, v)| ((*k).to_owned(), serde_json::json!(v)))
                .collect();
            plan.tasks.push(Task {
                set,
                label,
                resolved,
                technology,
                judged,
                key,
            });
        }
        Ok(plan)
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether there is no point.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Bags that are judged: those of the first point.
    pub fn bags(&self) -> Option<(u64, u64, u64)> {
        let judged = &self.judged[&self.tasks.first()?.judged];
        let (history, bags) = (&judged.history, &judged.bags);
        Some((history.len() as u64, bags.len() as u64, bags.lookups()))
    }

    /// Works off what `store` does not have, on all cores, and returns all points in the grid's order,
    /// and how many were there before. `stop` is asked often whether to go on; `finished` hears how
    /// many points are done.
    ///
    /// # Errors
    /// What `stop` returns; [`Error::Io`] of the store; a point's error, with its values. Points that
    /// were finished by then stay in the store.
    pub fn run(
        &self,
        store: &Store,
        stop: &(dyn Progress + Sync),
        finished: &mut dyn FnMut(u64) -> Result<()>,
    ) -> Result<(Vec<Point>, usize)> {
        let mut points: Vec<Option<Point>> = self
            .tasks
            .iter()
            .map(|t| store.get(&t.key).filter(|p| p.set == t.set))
            .collect();
        let todo: Vec<usize> = (0..points.len()).filter(|&i| points[i].is_none()).collect();
        let reused = points.len() - todo.len();
        let mut done = reused as u64;
        finished(done)?;
        let (send, receive) = mpsc::channel::<(usize, Result<Point>)>();
        std::thread::scope(|scope| {
            scope.spawn(|| self.work(&todo, stop, send));
            let mut first_error = None;
            // The worker ends soon after the first error: nobody listens any more.
            for (i, result) in receive {
                let kept = result.and_then(|point| {
                    store.put(&self.tasks[i].key, &point)?;
                    Ok(point)
                });
                match kept {
                    Ok(point) => {
                        points[i] = Some(point);
                        done += 1;
                        if let Err(e) = finished(done) {
                            first_error = Some(e);
                            break;
                        }
                    }
                    Err(e) => {
                        first_error = Some(e);
                        break;
                    }
                }
            }
            first_error.map_or(Ok(()), Err)
        })?;
        Ok((points.into_iter().flatten().collect(), reused))
    }

    /// Works off tasks in parallel, those with the same groups one after the other in time, so that
    /// these are learned once.
    fn work(
        &self,
        todo: &[usize],
        stop: &(dyn Progress + Sync),
        send: mpsc::Sender<(usize, Result<Point>)>,
    ) {
        let mut shared = BTreeMap::<(u64, String), Vec<usize>>::new();
        for &i in todo {
            let task = &self.tasks[i];
            let key = (task.judged, Layouts::key(&task.resolved));
            shared.entry(key).or_default().push(i);
        }
        // An error of `send` is a receiver that has had enough.
        let sent = |i: usize, result: Result<Point>| {
            let good = result.is_ok();
            send.send((i, result)).is_ok() && good
        };
        let _ = shared.into_par_iter().try_for_each(|((judged, _), tasks)| {
            let history = &self.judged[&judged].history;
            let mut layouts = Layouts::new(history, &self.cache);
            // Learned for the first of them; each has the same groups.
            let learned = layouts.learn_for(&self.tasks[tasks[0]].resolved, stop);
            if let Err(e) = learned {
                let _ = send.send((tasks[0], Err(e)));
                return None;
            }
            let layouts = &layouts;
            tasks.into_par_iter().try_for_each(|i| {
                let result = self.point(&self.tasks[i], layouts, stop);
                sent(i, result).then_some(())
            })
        });
    }

    fn point(
        &self,
        task: &Task,
        layouts: &Layouts<'_>,
        stop: &(dyn Progress + Sync),
    ) -> Result<Point> {
        stop.step("sweeping", 0, 1)?;
        let bags = &self.judged[&task.judged].bags;
        let spare = Spare::Copies(task.resolved.config.mapping.replication);
        let design = layouts.lay_out(task.resolved.clone(), spare, stop)?;
        let measured = measure::design(&design, bags).map_err(|e| of_point(e, &task.label))?;
        let figures = Figures::new(&design, &measured, &task.technology, None);
        Ok(Point {
            set: task.set.clone(),
            measures: Measures::from(&figures),
        })
    }

    /// Cuts the bags as a configuration says, once for each way.
    fn judged(&mut self, resolved: &Resolved, inputs: &Inputs<'_>) -> Result<u64> {
        let fraction = resolved.config.mapping.holdout;
        let key = fraction.to_bits();
        if self.judged.contains_key(&key) {
            return Ok(key);
        }
        let (history, bags) = match inputs.holdout {
            Some(other) => (inputs.bags.clone(), other.clone()),
            None => {
                let split = crate::flow::split(inputs.bags, fraction, None);
                (split.history, split.driven)
            }
        };
        let bags = bags.slice(0..inputs.limit.unwrap_or(usize::MAX));
        if bags.lookups() == 0 {
            return Err(Error::argument(
                "--trace",
                "no lookup in the bags that are judged",
                "at least one",
                "judge more bags, or others",
            ));
        }
        let hashes = [store::hash_of(&history), store::hash_of(&bags)];
        let judged = Judged {
            history,
            bags,
            hashes,
        };
        self.judged.insert(key, judged);
        Ok(key)
    }
}

fn check_bags(judged: &Judged, resolved: &Resolved, label: &str) -> Result<()> {
    let most = resolved.config.embedding.max_bag as usize;
    let largest = judged.bags.iter().map(<[_]>::len).max().unwrap_or(0);
    if largest <= most {
        return Ok(());
    }
    Err(Error::Argument {
        name: format!("point {label}"),
        found: format!("embedding.max_bag {most}"),
        expected: format!("at least {largest}, the largest bag"),
        help: String::new(),
    })
}

/// An error with the point that it is about.
fn of_point(error: Error, label: &str) -> Error {
    match error {
        Error::Argument {
            name,
            found,
            expected,
            help,
        } => Error::Argument {
            name: format!("{name} at point {label}"),
            found,
            expected,
            help,
        },
        other => other,
    }
}
