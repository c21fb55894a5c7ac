//! A configuration that fits, and why each of its keys was chosen.

use serde::Serialize;
use toml::Value;

use super::data::Data;
use crate::config::{Config, Embedding, EngineSize, Resolved, most};
use crate::error::Result;
use crate::formats::table::TableSpec;
use crate::formats::trace;
use crate::learn::placement::with_copies;
use crate::mapping::{Classes, Mapping, Rest};
use crate::progress::Progress;

/// A key that was chosen for the data.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Chosen {
    /// The configuration's key.
    pub key: String,
    /// What it was before.
    pub from: Value,
    /// What was chosen.
    pub to: Value,
    /// From what it was chosen.
    pub why: String,
}

impl Chosen {
    /// Whether the key is another than before.
    pub fn is_change(&self) -> bool {
        self.from != self.to
    }

    /// Tells of all changes, and returns them.
    pub fn tell(choices: Vec<Chosen>, progress: &dyn Progress) -> Vec<Chosen> {
        let changes: Vec<Chosen> = choices.into_iter().filter(Chosen::is_change).collect();
        for c in &changes {
            let Chosen { key, from, to, why } = c;
            progress.note(&format!(
                "fitted {key} = {to}{}: {why}",
                match from {
                    // A list that was empty said nothing.
                    Value::Array(none) if none.is_empty() => String::new(),
                    from => format!(" instead of {from}"),
                }
            ));
        }
        if changes.is_empty() {
            progress.note("the configuration fits as it is");
        }
        changes
    }
}

/// A configuration with room for the data, for the copies of its budget, and, but for rounding, for no
/// more; and every key that was chosen. Lanes and banks stay as they are unless a bank would get larger
/// than it may.
///
/// What no configuration has room for is left as it is: [`super::check`] finds it.
///
/// # Errors
/// As [`crate::formats::table::check_count`]; [`crate::Error::Config`] if a key has no value that is large
/// enough, or if the keys that are left contradict the chosen ones.
pub fn fit(resolved: &Resolved, data: &Data<'_>) -> Result<(Resolved, Vec<Chosen>)> {
    let rows = data.rows_for_all(resolved);
    let mut config = resolved.config.clone();
    let embedding = &mut config.embedding;
    embedding.tables.clone_from(&rows);
    if embedding.dims.len() != rows.len() {
        embedding.dims.clear();
    }
    embedding_of_files(embedding, data, &rows);
    let (largest, of_file) = data.largest_bag();
    embedding.max_bag = match largest.checked_next_power_of_two() {
        Some(bound) => bound.min(most("embedding.max_bag")),
        None => most("embedding.max_bag"),
    };
    // The number of classes, and so of groups, follows from the widths.
    let mut wide = resolved.clone();
    wide.config = config.clone();
    let classes = Classes::new(&rows, &wide);
    let groups = classes.groups(config.crossbar.rows);
    let crossbars = with_copies(groups, &wide);
    let (size, why) = match data.mappings {
        mappings @ [_, ..] => of_mappings(mappings, &config),
        [] => {
            let whole = EngineSize::for_crossbars(&config, crossbars);
            let size = whole.or_else(|| EngineSize::for_crossbars(&config, groups));
            let rows = config.crossbar.rows;
            let mut why = format!(
                "{} of {rows} embeddings",
                counted(groups, "group", "groups")
            );
            if crossbars > groups {
                let copies = counted(crossbars - groups, "copy", "copies");
                let budget = config.mapping.budget;
                why += &match whole {
                    Some(_) => format!(" and {copies} of mapping.budget = {budget}"),
                    None => format!(
                        "; with these lanes, no engine also has room for the {copies} of \
                         mapping.budget = {budget}"
                    ),
                };
            }
            (size.unwrap_or(EngineSize::of(&config)), why)
        }
    };
    size.apply(&mut config);
    let choices = choices(resolved, &config, data, ((largest, of_file), why))?;
    let fitted = resolved.with("fitted to the data", |c| *c = config);
    let fitted = fitted.map_err(|e| {
        let e = match data.highest_id() {
            Some(id) => e.advise(&id),
            None => e,
        };
        trace::with_advice(e, data.traces)
    })?;
    Ok((fitted, choices))
}

fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// Takes the widths of tables in files; tables in no file keep theirs.
pub(super) fn embedding_of_files(embedding: &mut Embedding, data: &Data<'_>, rows: &[u32]) {
    if data.heads.iter().all(Option::is_none) {
        return;
    }
    let width = |t: usize| {
        let file = data.heads.get(t).copied().flatten().map(|head| head.dim);
        let configured = embedding.dims.get(t).copied().unwrap_or(embedding.dim);
        file.unwrap_or(configured)
    };
    let dims: Vec<u32> = (0..rows.len()).map(width).collect();
    let widest = dims.iter().copied().max().unwrap_or(1);
    embedding.dim = widest;
    embedding.dims = match dims.iter().all(|&d| d == widest) {
        true => Vec::new(),
        false => dims,
    };
    if !embedding.dims.is_empty() {
        embedding.tables = rows.to_vec();
    }
}

/// An engine that has the places of mappings.
fn of_mappings(mappings: &[&Mapping], config: &Config) -> (EngineSize, String) {
    let groups = || mappings.iter().flat_map(|m| m.arrays());
    let places = || groups().flat_map(|g| &g.placements);
    // A rule deals its groups over all places of the engine that it names.
    let rules = || mappings.iter().filter_map(|m| m.rest.as_ref());
    let of_rules = |number: fn(&Rest) -> u32| rules().map(number).max().unwrap_or(1);
    let banks = places().map(|p| p.0.0).max().unwrap_or(0).saturating_add(1);
    let banks = banks.max(of_rules(|rest| rest.banks));
    let slots = places().map(|p| p.1.0).max().unwrap_or(0).saturating_add(1);
    let slots = slots.max(of_rules(|rest| rest.slots));
    let mut size = EngineSize::of(config);
    if banks > size.lanes * size.banks_per_lane {
        let share = banks.div_ceil(size.lanes);
        size.banks_per_lane = share.min(most("engine.banks_per_lane"));
    }
    size.crossbars_per_bank = slots.min(most("engine.crossbars_per_bank"));
    (size, "the places that the mapping uses".to_owned())
}

fn choices(
    before: &Resolved,
    config: &Config,
    data: &Data<'_>,
    ((largest, of_file), engine): ((u32, String), String),
) -> Result<Vec<Chosen>> {
    let files: Vec<String> = data
        .tables
        .iter()
        .filter(|spec| !matches!(spec, TableSpec::Random(_)))
        .map(TableSpec::to_string)
        .collect();
    let names = data.names();
    let all = match files.len() {
        0..4 => files.join(", "),
        many => format!("the {many} tables"),
    };
    let tables = match files.is_empty() {
        true => format!("the highest id of each table in {names}, plus 1"),
        false => format!("the rows of {all}"),
    };
    let max_bag = format!(
        "the largest bag of {of_file} has {}, rounded up to a power of two",
        counted(u64::from(largest), "lookup", "lookups")
    );
    let dim = format!("the width of {all}");
    let mut keys = vec![("embedding.tables", tables)];
    if !files.is_empty() {
        keys.push(("embedding.dim", dim.clone()));
        keys.push(("embedding.dims", dim));
    }
    keys.push(("embedding.max_bag", max_bag));
    for key in [
        "engine.lanes",
        "engine.banks_per_lane",
        "engine.crossbars_per_bank",
    ] {
        keys.push((key, engine.clone()));
    }
    let table = |config: &Config| {
        let table = config.to_table();
        table.map_err(|fault| fault.into_error("fitted to the data", ""))
    };
    let (from, to) = (table(&before.config)?, table(config)?);
    let value = |table: &toml::Table, key: &str| {
        let (section, name) = key.split_once('.')?;
        table.get(section)?.get(name).cloned()
    };
    let chosen = keys.into_iter().filter_map(|(key, why)| {
        Some(Chosen {
            key: key.to_owned(),
            from: value(&from, key)?,
            to: value(&to, key)?,
            why,
        })
    });
    // These are chosen only where they had to change.
    let kept = |c: &Chosen| {
        let kept = ["embedding.dims", "engine.lanes", "engine.banks_per_lane"];
        kept.contains(&c.key.as_str()) && !c.is_change()
    };
    Ok(chosen.filter(|c| !kept(c)).collect())
}
