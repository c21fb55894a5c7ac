//! Everything that does not fit, told at once.

use super::choose::{Chosen, embedding_of_files, fit};
use super::data::Data;
use crate::config::{EngineSize, Resolved, most};
use crate::error::{Error, Result};
use crate::formats::{table, trace};
use crate::learn::placement::room_for;
use crate::mapping::Classes;
use crate::progress::Progress;

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// Whether the engine is checked too; else it is sized later.
    pub engine: bool,
    /// Whether `--fit` can be advised.
    pub fit: bool,
}

/// Checks that a configuration has room for the data: traces against tables first, then
/// dimensions, sizes of bags, and the engine.
///
/// # Errors
/// The only problem; [`Error::Several`] if there are more. If another configuration would do, the
/// advice names `--fit`.
pub fn check(resolved: &Resolved, data: &Data<'_>, scope: Scope) -> Result<()> {
    let engine = scope.engine;
    let mut problems = problems(resolved, data, engine)?;
    let Some(last) = problems.pop() else {
        return Ok(());
    };
    let fits = scope.fit
        && fit(resolved, data)
            .and_then(|(fitted, _)| self::problems(&fitted, data, engine))
            .is_ok_and(|left| left.is_empty());
    problems.push(match fits {
        true => last.advise("or use `--fit`"),
        false => last,
    });
    match problems.len() {
        1 => Err(problems.remove(0)),
        _ => Err(Error::Several { problems }),
    }
}

/// Fits a configuration if that is asked for, tells what changed and returns it; then checks that the
/// data fit.
///
/// # Errors
/// As [`fit`] and [`check`].
pub(crate) fn fit_and_check(
    resolved: &mut Resolved,
    data: &Data<'_>,
    asked: bool,
    progress: &dyn Progress,
) -> Result<Vec<Chosen>> {
    let scope = Scope {
        engine: true,
        fit: !asked,
    };
    if !asked {
        check(resolved, data, scope)?;
        return Ok(Vec::new());
    }
    let (fitted, choices) = fit(resolved, data)?;
    check(&fitted, data, scope)?;
    *resolved = fitted;
    let changes = Chosen::tell(choices, progress);
    if let Some(note) = more_banks(resolved, data.lookups()) {
        progress.note(&note);
    }
    Ok(changes)
}

/// Lookups from which on more banks are worth a word.
const MANY_LOOKUPS: u64 = 1_000_000;

/// What more banks would gain, where a trace is so large that it matters.
///
/// A lane starts a command a cycle, and an activation occupies a bank for several, so that up to so
/// many banks a lane are busy. The build times are measured: 8.7 s of one core with 16 banks, 31.8 s
/// with 256.
fn more_banks(resolved: &Resolved, lookups: u64) -> Option<String> {
    let engine = &resolved.config.engine;
    let cycles = resolved.activation_cycles(resolved.max_active_rows);
    let useful = cycles
        .next_power_of_two()
        .min(most("engine.banks_per_lane"));
    if lookups < MANY_LOOKUPS || engine.banks_per_lane >= useful {
        return None;
    }
    let seconds = |banks: u32| 7.0 + 0.1 * f64::from(banks);
    let banks = engine.lanes * useful;
    Some(format!(
        "note: an activation occupies a bank for up to {cycles} cycles, so that banks, {} in each lane, \
         may set the time; `--set engine.banks_per_lane={useful}` can take up to {:.0} times fewer \
         cycles, and the model builds in about {:.0} s of one core instead of {:.0}",
        engine.banks_per_lane,
        f64::from(useful) / f64::from(engine.banks_per_lane),
        seconds(banks),
        seconds(resolved.banks),
    ))
}

fn problems(resolved: &Resolved, data: &Data<'_>, engine: bool) -> Result<Vec<Error>> {
    let mut shape = data.shape(resolved);
    if !data.all_random() {
        table::check_count(data.tables, shape)?;
    }
    let rows = data.rows(resolved);
    let beyond = data.traces.iter().map(|trace| trace.check_ids(&rows));
    let mut problems: Vec<Error> = beyond.filter_map(Result::err).collect();
    // Ids beyond a table are told already, with their line.
    shape.needed = &[];
    for (t, (spec, head)) in std::iter::zip(data.tables, &data.heads).enumerate() {
        problems.extend(head.iter().flat_map(|h| table::faults(spec, *h, t, shape)));
    }
    let most = resolved.config.embedding.max_bag;
    let bags = data.traces.iter().map(|trace| trace.check_bag_sizes(most));
    problems.extend(bags.filter_map(Result::err));
    if engine {
        // With the widths that the tables have, as these make classes of their own.
        let wide = resolved.with("with the tables", |config| {
            embedding_of_files(&mut config.embedding, data, &rows);
        });
        if let Ok(wide) = wide {
            let rows_each = wide.config.crossbar.rows;
            let groups = Classes::new(&rows, &wide).groups(rows_each);
            let possible = EngineSize::for_crossbars(&wide.config, groups).is_some();
            problems.extend(room_for(groups, &wide).err().map(|e| {
                let e = match data.highest_id().filter(|_| !possible) {
                    Some(id) => e.advise(&id),
                    None => e,
                };
                trace::with_advice(e, data.traces)
            }));
        }
    }
    Ok(problems)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::formats::trace::Trace;

    #[test]
    fn limits_that_messages_name_are_those_of_the_keys() {
        assert_eq!(most("embedding.dim"), table::MAX_DIM);
        assert_eq!(most("embedding.max_bag") as usize, trace::MAX_BAG);
    }

    /// A configured table is as large as it says, even if the trace does not look up its end.
    #[test]
    fn fitting_keeps_tables_and_makes_room_for_what_is_looked_up() {
        let trace = Trace::from_lists(&[(0, vec![7; 9]), (2, vec![999])]).unwrap();
        let mut config = Config::default();
        config.embedding.tables = vec![6400, 10];
        let resolved = config.resolve("test").unwrap();
        let traces = [&trace];
        let data = Data::new(&traces, &[], &[]).unwrap();
        let fitted = fit(&resolved, &data).unwrap().0;
        assert_eq!(fitted.config.embedding.tables, [6400, 10, 1000]);
        assert_eq!(fitted.config.embedding.max_bag, 16);
        // 7,410 ids are 116 groups, and 23 copies: 139 crossbars in 16 banks.
        assert_eq!(fitted.config.engine.crossbars_per_bank, 9);
        let scope = Scope {
            engine: true,
            fit: true,
        };
        check(&fitted, &data, scope).unwrap();
        let told = check(&resolved, &data, scope).unwrap_err();
        insta::assert_snapshot!(format!("{told}\n{}", told.help().unwrap_or("")), @"
        <memory>: found table 2 in bag 1, expected a table from 0 to 1
        list the number of rows of each table in `embedding.tables`; or use `--fit`
        ");
        // Fitted once more, nothing changes.
        let again = fit(&fitted, &data).unwrap();
        assert_eq!(again.0, fitted);
        assert!(!again.1.iter().any(Chosen::is_change));
    }

    #[test]
    fn more_banks_are_worth_a_word_for_many_lookups_only() {
        let resolved = Config::default().resolve("test").unwrap();
        assert_eq!(more_banks(&resolved, MANY_LOOKUPS - 1), None);
        insta::assert_snapshot!(more_banks(&resolved, MANY_LOOKUPS).unwrap(), @"note: an activation occupies a bank for up to 17 cycles, so that banks, 4 in each lane, may set the time; `--set engine.banks_per_lane=32` can take up to 8 times fewer cycles, and the model builds in about 20 s of one core instead of 9");
    }
}
