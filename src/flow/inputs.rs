//! Traces and tables that fit a configuration and each other.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::config::Resolved;
use crate::error::{At, Error, Result};
use crate::flow::memory;
use crate::formats::table::{self, TableSet, TableShape, TableSpec};
use crate::formats::trace::{self, Bags, Format, ReadOptions, Renumber, Trace, history_of};
use crate::learn;
use crate::learn::placement::room_for;
use crate::mapping::{Classes, Mapping};
use crate::progress::Progress;

/// A trace on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceFile {
    /// The file.
    pub path: PathBuf,
    /// Files whose bags follow, in this order. A file begins a new batch.
    pub further: Vec<PathBuf>,
    /// What the file alone does not determine. 0 tables are those of `embedding.tables`, and memory
    /// is what `mapping.memory_mib` says.
    pub options: ReadOptions,
}

impl<P: Into<PathBuf>> From<P> for TraceFile {
    fn from(path: P) -> Self {
        TraceFile {
            path: path.into(),
            further: Vec::new(),
            options: ReadOptions::default(),
        }
    }
}

impl TraceFile {
    /// The names of its files.
    pub(super) fn name(&self) -> String {
        let files = std::iter::once(&self.path).chain(&self.further);
        let names: Vec<String> = files.map(|f| f.display().to_string()).collect();
        names.join(", ")
    }

    /// Reads its files with [`read_trace`], and says so.
    pub(super) fn read(&self, resolved: &Resolved, progress: &dyn Progress) -> Result<Trace> {
        let mut share = resolved.clone();
        let memory = &mut share.config.mapping.memory_mib;
        if *memory > 0 {
            *memory = (*memory / (1 + self.further.len() as u32)).max(1);
        }
        let mut trace = self.read_one(&share, progress)?;
        for path in &self.further {
            let mut file = self.alike(path, &trace);
            file.options.format = self.options.format;
            trace.append(file.read_one(&share, progress)?)?;
        }
        Ok(trace)
    }

    fn read_one(&self, resolved: &Resolved, progress: &dyn Progress) -> Result<Trace> {
        let trace = read_trace(self, resolved, progress)?;
        let read = format!("read {} bags from {}", trace.len(), self.path.display());
        match trace.sample() {
            Some(sample) => progress.note(&format!(
                "note: {read}, a sample of {} with seed {}, as mapping.memory_mib takes no more",
                sample.of_bags, sample.seed
            )),
            None => progress.detail(&read),
        }
        progress.check()?;
        Ok(trace)
    }

    /// The same with as many tables as are given, if no number was said and several are given.
    pub(super) fn with_tables(&self, specs: &[TableSpec]) -> Self {
        let mut file = self.clone();
        if file.options.tables == 0 && specs.len() > 1 {
            file.options.tables = specs.len();
        }
        file
    }

    /// Another file that is read like this one, in the format that its own name says, after `trace`
    /// was read.
    fn alike(&self, path: &Path, trace: &Trace) -> Self {
        let mut options = self.options.clone();
        options.format = None;
        // Reading it refuses other names.
        if let Ok(format) = Format::of_path(path) {
            options = options.only_for(format.form);
        }
        if let Some(lists) = trace.numbering() {
            options.renumber = Some(Renumber::After(lists.clone()));
        }
        TraceFile {
            path: path.to_path_buf(),
            further: Vec::new(),
            options,
        }
    }

    /// Reads it and the trace to judge on, if that is another; also tells the rows that each table
    /// needs for both.
    pub(super) fn read_with(
        &self,
        holdout: Option<&Path>,
        resolved: &Resolved,
        progress: &dyn Progress,
    ) -> Result<(Trace, Option<Trace>, Vec<u32>)> {
        let mut trace = self.read(resolved, progress)?;
        let other = holdout
            .map(|path| self.alike(path, &trace).read(resolved, progress))
            .transpose()?;
        if let Some(other) = &other {
            trace.continue_lists(other.numbering().cloned());
        }
        let traces: Vec<_> = std::iter::once(&trace).chain(&other).collect();
        let rows = rows_needed(resolved, &traces, None);
        Ok((trace, other, rows))
    }
}

/// Reads a mapping's file; [`Mapping::validate`] follows once the number of embeddings is known.
pub(super) fn read_mapping(path: &Path, progress: &dyn Progress) -> Result<Mapping> {
    let mapping = Mapping::read(path)?;
    progress.detail(&format!(
        "read {} groups from {}",
        mapping.group_count(),
        path.display()
    ));
    Ok(mapping)
}

/// A limit on the driven or judged bags, at least 1.
pub(super) fn check_limit(limit: Option<usize>) -> Result<()> {
    match limit {
        Some(0) => Err(Error::argument(
            "--limit",
            "0",
            "at least 1 bag",
            "leave it out to drive all bags",
        )),
        _ => Ok(()),
    }
}

/// Makes the folder of a file that is written at the end, so that a wrong name is found before the
/// work.
pub(super) fn make_folder_of(path: &Path) -> Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => {
            std::fs::create_dir_all(folder).map_err(Error::io("create", folder))
        }
        _ => Ok(()),
    }
}

/// Bytes of a file for each id that it holds, at most; compressed files have fewer.
const BYTES_PER_ID: u64 = 16;
const SAMPLE: &str = "set `mapping.memory_mib` to learn from a sample of the bags, or free memory";

/// Reads a trace; where its options name no number of tables, those of `embedding.tables` count. A
/// trace from which nothing can be learned in `mapping.memory_mib` is sampled, see
/// [`Trace::sample`]. Whether it fits the configuration is checked by [`super::fit::check`].
///
/// # Errors
/// As [`trace::read_with`]; [`Error::Input`] for a trace without any bag; [`Error::Argument`] if
/// learning from it takes more memory than there is;
/// [`Error::Config`] if the tables alone take more memory than that.
pub fn read_trace(file: &TraceFile, resolved: &Resolved, progress: &dyn Progress) -> Result<Trace> {
    let embedding = &resolved.config.embedding;
    let path = file.path.as_path();
    let mut options = file.options.clone();
    options.memory = learn::memory_bound(resolved);
    if options.tables == 0 {
        options.tables = embedding.tables.len();
    }
    if options.memory.is_none()
        && let Ok(found) = std::fs::metadata(path)
    {
        memory::require("--trace", found.len() / BYTES_PER_ID * 4, SAMPLE)?;
    }
    let trace = trace::read_with(path, &options, progress)?;
    let rows = rows_needed(resolved, &[&trace], None);
    let rows = rows.iter().map(|&r| u64::from(r)).sum();
    if let Some(bound) = &options.memory {
        let needed = bound.needed(rows, 0, 0);
        if needed > bound.bytes / 4 * 3 {
            let error = Error::Config {
                origin: path.display().to_string(),
                key: "mapping.memory_mib".to_owned(),
                found: format!(
                    "{} MiB for tables of {rows} rows",
                    resolved.config.mapping.memory_mib
                ),
                expected: format!("at least {} MiB", learn::memory_mib(needed / 3 * 4)),
                help: "bags can be sampled, rows cannot; 0 takes what the whole trace needs"
                    .to_owned(),
            };
            return Err(trace::with_advice(error, &[&trace]));
        }
    } else {
        let need = learn::learning_needs(rows, trace.len() as u64, trace.lookups());
        memory::require("--trace", need, SAMPLE).map_err(|e| trace::with_advice(e, &[&trace]))?;
    }
    if trace.is_empty() {
        return Err(Error::input(
            path,
            At::File,
            "no bag at all",
            "at least one bag",
            "a bag is a line of ids; an empty line is an empty bag",
        ));
    }
    Ok(trace)
}

/// Rows of each table: `embedding.tables`, else what the traces look up. One table without a
/// configured size also has the `mapped` embeddings of a given mapping.
pub fn rows_needed(resolved: &Resolved, traces: &[&Trace], mapped: Option<u32>) -> Vec<u32> {
    let configured = &resolved.config.embedding.tables;
    if !configured.is_empty() {
        return configured.clone();
    }
    let mut rows = Trace::rows_of_all(traces);
    if let ([only], Some(mapped)) = (rows.as_mut_slice(), mapped) {
        *only = mapped.max(*only);
    }
    rows
}

/// Loads the tables of `specs`; a random table has `needed` rows ([`rows_needed`]). `keep_floats` are
/// the rows of each table whose values before quantisation are kept.
///
/// If tables turn out narrower than `embedding.dim`, `resolved` gets `embedding.tables` and
/// `embedding.dims` as they are, as only tables of the same width share crossbars. What cannot fit
/// the engine's crossbars is refused before anything of that size is made.
///
/// # Errors
/// [`Error::Argument`] if the embeddings do not fit; else as [`table::load_listed`].
pub fn load_tables(
    resolved: &mut Resolved,
    specs: &[TableSpec],
    (trace, needed): (Option<&Trace>, &[u32]),
    keep_floats: &[Vec<u32>],
    progress: &dyn Progress,
) -> Result<TableSet> {
    check_room(needed, resolved)?;
    let set = load_tables_of_any_size(resolved, specs, (trace, needed), keep_floats, progress)?;
    check_room(&set.rows, resolved)?;
    Ok(set)
}

/// As [`load_tables`], whether or not the engine has room: for engines that are sized afterwards.
///
/// # Errors
/// As [`table::load_listed`].
pub fn load_tables_of_any_size(
    resolved: &mut Resolved,
    specs: &[TableSpec],
    (trace, needed): (Option<&Trace>, &[u32]),
    keep_floats: &[Vec<u32>],
    progress: &dyn Progress,
) -> Result<TableSet> {
    let embedding = &resolved.config.embedding;
    let random = specs.iter().all(|s| matches!(s, TableSpec::Random(_)));
    // A file has the rows it has; whether the trace finds its ids there is what matters.
    let of_trace = trace.map(Trace::inferred_rows).unwrap_or_default();
    memory::require(
        "--table",
        table_bytes(
            specs,
            embedding.dim,
            needed,
            trace.and_then(|t| t.numbering()).is_some(),
        ),
        "use a smaller table, or free memory; `--renumber` keeps the rows of the ids that occur",
    )?;
    let numbering = trace.and_then(|t| t.numbering()).map(AsRef::as_ref);
    let set = table::load_listed(
        specs,
        TableShape {
            dim: embedding.dim,
            dims: &embedding.dims,
            value_bits: embedding.value_bits,
            rows: &embedding.tables,
            needed: if random { needed } else { &of_trace },
        },
        numbering,
        keep_floats,
        progress,
    )?;
    if set.reports.iter().any(|t| t.dim != embedding.dim) {
        let dims = set.reports.iter().map(|t| t.dim).collect();
        *resolved = resolved.with("with the tables", |config| {
            config.embedding.tables.clone_from(&set.rows);
            config.embedding.dims = dims;
        })?;
    }
    Ok(set)
}

/// Bytes that loading tables takes, those of the stacked integers included.
/// `gathered`: of a file, only the rows of ids that occur are kept.
fn table_bytes(specs: &[TableSpec], dim: u32, needed: &[u32], gathered: bool) -> u64 {
    // One random source makes all tables.
    let all: u64 = needed.iter().map(|&r| u64::from(r)).sum();
    let rows = |table: usize| match specs.len() {
        1 => all,
        _ => needed.get(table).copied().map_or(0, u64::from),
    };
    let random = |spec: &TableSpec| matches!(spec, TableSpec::Random(_));
    if specs.iter().all(random) {
        // Their rows are made when they are needed.
        return 0;
    }
    let of = |(table, spec): (usize, &TableSpec)| {
        let rows = match table::head(spec) {
            Ok(Some(head)) if !gathered => u64::from(head.rows),
            // What is wrong with a file is said when it is read.
            _ => rows(table),
        };
        // A float, which is given up when it becomes an integer; or an integer and its stacked copy.
        rows.saturating_mul(u64::from(dim)).saturating_mul(4)
    };
    specs
        .iter()
        .enumerate()
        .map(of)
        .fold(0, u64::saturating_add)
}

/// A trace as flat ids over tables of `rows`, if those fit the engine's crossbars at all.
///
/// # Errors
/// [`Error::Argument`] if they do not; else as [`Trace::into_bags`].
pub fn flatten(trace: Trace, rows: &[u32], resolved: &Resolved) -> Result<Bags> {
    check_room(rows, resolved)?;
    trace.into_bags(rows)
}

fn check_room(rows: &[u32], resolved: &Resolved) -> Result<()> {
    let groups = Classes::new(rows, resolved).groups(resolved.config.crossbar.rows);
    room_for(groups, resolved)
}

/// A trace cut into what the mapping learns from and what is driven.
#[derive(Debug, Clone)]
pub struct Split {
    /// What the mapping may learn from.
    pub history: Bags,
    /// What is driven.
    pub driven: Bags,
    /// Number of the first driven bag in the trace.
    pub first: usize,
    /// Whether the driven bags are apart from the history.
    pub held_out: bool,
}

/// Cuts off the last `fraction` of the bags, and drives at most `limit` of them. A trace too short
/// to hold anything out is driven whole, and [`Split::held_out`] says so.
pub fn split(bags: &Bags, fraction: f64, limit: Option<usize>) -> Split {
    let driven = driven(bags.len(), fraction, limit);
    Split {
        held_out: driven.start > 0,
        history: bags.split_holdout(fraction).0,
        first: driven.start,
        driven: bags.slice(driven),
    }
}

/// The bags that [`split`] drives.
pub(super) fn driven(bags: usize, fraction: f64, limit: Option<usize>) -> Range<usize> {
    let first = match history_of(bags, fraction) {
        all if all == bags => 0,
        history => history,
    };
    first..limit.map_or(bags, |limit| bags.min(first.saturating_add(limit)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn bags(n: usize) -> Bags {
        let lists: Vec<Vec<u32>> = (0..n as u32).map(|i| vec![i]).collect();
        Bags::from_lists(n as u32, &lists).unwrap()
    }

    #[test]
    fn the_end_of_a_trace_is_held_out() {
        let s = split(&bags(10), 0.2, None);
        assert_eq!((s.history.len(), s.driven.len()), (8, 2));
        assert_eq!((s.first, s.held_out), (8, true));
        assert_eq!(s.driven.bag(0)[0].0, 8);
        assert_eq!(split(&bags(10), 0.5, Some(3)).driven, bags(10).slice(5..8));
    }

    #[test]
    fn a_trace_too_short_to_split_is_driven_whole() {
        let s = split(&bags(3), 0.2, Some(2));
        assert_eq!((s.history.len(), s.driven.len(), s.first), (3, 2, 0));
        assert!(!s.held_out);
        assert!(!split(&bags(10), 0.0, None).held_out);
    }

    #[test]
    fn rows_are_the_largest_of_configuration_traces_and_mapping() {
        let mut resolved = Config::default().resolve("test").unwrap();
        let one = Trace::from_lists(&[(0, vec![4])]).unwrap();
        let two = Trace::from_lists(&[(0, vec![2]), (1, vec![6])]).unwrap();
        assert_eq!(rows_needed(&resolved, &[&one], None), [5]);
        assert_eq!(rows_needed(&resolved, &[&one], Some(9)), [9]);
        assert_eq!(rows_needed(&resolved, &[&one], Some(2)), [5]);
        assert_eq!(rows_needed(&resolved, &[&one, &two], Some(99)), [5, 7]);
        resolved.config.embedding.tables = vec![3];
        assert_eq!(rows_needed(&resolved, &[&one], Some(9)), [3]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_table_that_does_not_fit_in_memory_is_refused_before_it_is_made() {
        let mut config = Config::default();
        config.embedding.dim = 256;
        config.embedding.tables = vec![1 << 30];
        let mut resolved = config.resolve("test").unwrap();
        let needed = rows_needed(&resolved, &[], None);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.npy");
        let mut file = std::fs::File::create(&path).unwrap();
        crate::formats::npy::write_header(&mut file, "|i1", &[1 << 30, 256]).unwrap();
        // A hole takes no room on the disk.
        file.set_len(1 << 39).unwrap();
        let tables = [TableSpec::Npy(path)];
        let e =
            load_tables_of_any_size(&mut resolved, &tables, (None, &needed), &[], &()).unwrap_err();
        let found =
            "argument --table: found a need of about 1048576 MiB of memory, expected at most ";
        assert!(e.to_string().starts_with(found), "{e}");
        assert_eq!(e.exit_status(), 2);
    }

    #[test]
    fn random_tables_take_memory_for_the_rows_that_are_used() {
        let mut config = Config::default();
        config.embedding.dim = 256;
        config.embedding.tables = vec![1 << 20];
        let mut resolved = config.resolve("test").unwrap();
        let needed = rows_needed(&resolved, &[], None);
        let tables = [TableSpec::Random(1)];
        assert_eq!(table_bytes(&tables, 256, &needed, false), 0);
        let set =
            load_tables_of_any_size(&mut resolved, &tables, (None, &needed), &[], &()).unwrap();
        assert_eq!(set.int.embeddings(), 1 << 20);
        assert_eq!(set.int.bytes_to_keep(10), (4 << 20) + 10 * 512);
    }

    #[test]
    fn what_cannot_fit_is_refused_before_it_is_made() {
        let mut resolved = Config::default().resolve("test").unwrap();
        let trace = Trace::from_lists(&[(0, vec![4_000_000_000])]).unwrap();
        let needed = rows_needed(&resolved, &[&trace], None);
        let error = load_tables(
            &mut resolved,
            &[TableSpec::Random(1)],
            (Some(&trace), &needed),
            &[],
            &(),
        );
        insta::assert_snapshot!(error.unwrap_err(), @"argument engine.crossbars_per_bank: found 32 (512 crossbars in 4 lanes of 4 banks), expected at least 62500001 crossbars, one for each group of 64 embeddings");
        insta::assert_snapshot!(flatten(trace, &needed, &resolved).unwrap_err(), @"argument engine.crossbars_per_bank: found 32 (512 crossbars in 4 lanes of 4 banks), expected at least 62500001 crossbars, one for each group of 64 embeddings");
    }
}
