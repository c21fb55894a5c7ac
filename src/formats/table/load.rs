//! Loading tables and stacking them.

use super::floats::KeptFloats;
use super::head::{TableHead, head};
use super::listed::{listed_head, rows_of_file};
use super::meter::Meter;
use super::random::{self, RandomTables};
use super::raw::{Elements, RawTable};
use super::room::reserve_in;
use super::set::{TableReport, TableSet, TableShape};
use super::{IntTable, TableSpec, npy_table, safetensors_table};
use crate::error::{At, Error, Result};
use crate::formats::trace::{Numbering, TableLayout};
use crate::progress::Progress;

/// Loads one table per spec and stacks them. A single `random:SEED` generates all tables.
///
/// `keep_floats` has the rows of each table, ascending, whose unquantised values are kept, for
/// [`TableSet::pooling_error`]; none if it is empty.
///
/// # Errors
/// [`Error::Io`] or [`Error::Input`] for a file that cannot be used, naming tensor, row and column;
/// [`Error::Argument`] if the number of tables does not fit the configuration or the trace.
pub fn load(
    specs: &[TableSpec],
    shape: TableShape<'_>,
    keep_floats: &[Vec<u32>],
) -> Result<TableSet> {
    load_listed(specs, shape, None, keep_floats, &())
}

/// As [`load`], with reports of progress; if ids are renumbered, each table of a file has the rows of the ids in its list, in
/// the list's order. Only these are kept in memory.
///
/// # Errors
/// As [`load`] and [`super::listed_head`]; what `progress` returns.
pub fn load_listed(
    specs: &[TableSpec],
    shape: TableShape<'_>,
    numbering: Option<&Numbering>,
    keep_floats: &[Vec<u32>],
    progress: &dyn Progress,
) -> Result<TableSet> {
    let count = check_count(specs, shape)?;
    let meter = meter(specs, numbering, progress)?;
    meter.add(0)?;
    if let Some(seeds) = all_random(specs) {
        return random_tables(&seeds, count, shape);
    }
    let mut tables = Vec::with_capacity(count);
    let mut sources = Vec::with_capacity(count);
    for t in 0..count {
        let spec = specs.get(t).unwrap_or(&specs[0]);
        let gather = match numbering {
            Some(numbering) => rows_of_file(spec, t, numbering)?,
            None => None,
        };
        let gather = gather.as_ref();
        let table = match spec {
            TableSpec::Random(seed) => {
                let (rows, dim) = (wanted(shape, t), width(shape, t));
                let table = (*seed, t as u32);
                RawTable {
                    rows,
                    dim,
                    data: Elements::Int(random::values(table, (rows, dim), shape.value_bits)),
                }
            }
            TableSpec::Npy(path) => npy_table::read(path, shape.value_bits, gather, &meter)?,
            TableSpec::Safetensors { path, tensor } => {
                let tensor = tensor.as_deref();
                safetensors_table::read(path, tensor, shape.value_bits, gather, &meter)?
            }
        };
        let head = TableHead {
            rows: table.rows,
            dim: table.dim,
        };
        if let Some(fault) = faults(spec, head, t, shape).into_iter().next() {
            return Err(fault);
        }
        tables.push(table);
        sources.push(spec.to_string());
    }
    stack(tables, sources, (shape, keep_floats), &meter)
}

/// The seeds, if no table is in a file.
fn all_random(specs: &[TableSpec]) -> Option<Vec<u64>> {
    let seed = |spec: &TableSpec| match spec {
        TableSpec::Random(seed) => Some(*seed),
        _ => None,
    };
    specs.iter().map(seed).collect()
}

/// Random tables, of which nothing is stored.
fn random_tables(seeds: &[u64], count: usize, shape: TableShape<'_>) -> Result<TableSet> {
    let seed = |t| seeds.get(t).or(seeds.first()).copied().unwrap_or_default();
    let mut tables = Vec::with_capacity(count);
    let mut reports = Vec::with_capacity(count);
    for t in 0..count {
        let spec = TableSpec::Random(seed(t));
        let (rows, dim) = (wanted(shape, t), width(shape, t));
        if let Some(fault) = faults(&spec, TableHead { rows, dim }, t, shape)
            .into_iter()
            .next()
        {
            return Err(fault);
        }
        tables.push((seed(t), rows, dim));
        reports.push(TableReport {
            source: spec.to_string(),
            rows,
            dim,
            quantised: None,
        });
    }
    let rows: Vec<u32> = tables.iter().map(|t| t.1).collect();
    // Refuses more rows than there are numbers.
    TableLayout::new(&rows)?;
    Ok(TableSet {
        int: IntTable::random(shape.dim, RandomTables::new(shape.value_bits, &tables)),
        rows,
        reports,
        floats: None,
    })
}

/// A meter for the elements of all files.
fn meter<'p>(
    specs: &[TableSpec],
    numbering: Option<&Numbering>,
    progress: &'p dyn Progress,
) -> Result<Meter<'p>> {
    let (mut elements, mut kept) = (0u64, 0u64);
    let size = |head: TableHead| u64::from(head.rows).saturating_mul(head.dim.into());
    for (t, spec) in specs.iter().enumerate() {
        if let (Some(all), Some(listed)) = (head(spec)?, listed_head(spec, t, numbering)?) {
            elements = elements.saturating_add(size(all));
            kept = kept.saturating_add(size(listed));
        }
    }
    Ok(Meter::new(progress, elements, kept))
}

/// Most elements of a vector that any configuration takes (`embedding.dim`).
pub const MAX_DIM: u32 = 256;

/// How many tables there are, if the number of specs is right.
///
/// # Errors
/// [`Error::Argument`] if it does not fit the configuration or the trace.
pub fn check_count(specs: &[TableSpec], shape: TableShape<'_>) -> Result<usize> {
    let count = match (shape.rows.len(), specs) {
        (0, [TableSpec::Random(_)]) => shape.needed.len().max(1),
        (0, specs) => specs.len(),
        (configured, _) => configured,
    };
    let one_for_all = matches!(specs, [TableSpec::Random(_)]);
    if specs.is_empty() {
        return Err(Error::argument(
            "--table",
            "no table",
            "at least one",
            "give a FILE.npy, a FILE.safetensors:TENSOR, or random:SEED",
        ));
    }
    if specs.len() != count && !one_for_all {
        return Err(Error::argument(
            "--table",
            format!("{} tables", specs.len()),
            format!("{count} (`embedding.tables`)"),
            "give --table once per table, or one random:SEED for all tables",
        ));
    }
    if shape.needed.len() > count {
        return Err(Error::argument(
            "--table",
            format!("{count} tables"),
            format!("{}, as the trace has", shape.needed.len()),
            "give --table once per table of the trace, in order",
        ));
    }
    Ok(count)
}

/// Number of rows of table `t` if its source is random.
fn wanted(shape: TableShape<'_>, t: usize) -> u32 {
    let configured = shape.rows.get(t).or_else(|| shape.needed.get(t));
    configured.copied().unwrap_or(1).max(1)
}

/// Elements of a row of table `t` if its source is random.
fn width(shape: TableShape<'_>, t: usize) -> u32 {
    shape.dims.get(t).copied().unwrap_or(shape.dim)
}

/// Everything about the size of table `t` that does not fit: rows first, then dimensions.
pub fn faults(spec: &TableSpec, head: TableHead, t: usize, shape: TableShape<'_>) -> Vec<Error> {
    let fault = |found: String, expected: String, help: &str| {
        let at = spec.key().map_or(At::File, At::Key);
        Error::input(spec.path(), at, found, expected, help)
    };
    let mut faults = Vec::new();
    let needed = shape.needed.get(t).copied().unwrap_or(0);
    match shape.rows.get(t) {
        Some(&rows) if rows != head.rows => faults.push(fault(
            format!("{} rows", head.rows),
            format!("{rows} (`embedding.tables[{t}]`)"),
            "correct `embedding.tables`, or omit it to use the number of rows of the file",
        )),
        None if head.rows < needed => faults.push(fault(
            format!("{} rows", head.rows),
            format!(
                "at least {needed}, because the trace looks up id {}",
                needed - 1
            ),
            "check that the trace and the table belong together",
        )),
        _ => {}
    }
    let found = || format!("vectors of {} elements", head.dim);
    if head.dim > shape.dim {
        faults.push(fault(
            found(),
            format!("at most {} (`embedding.dim`)", shape.dim),
            &match head.dim <= MAX_DIM {
                true => format!("set embedding.dim = {}", head.dim),
                false => format!("no configuration takes more than {MAX_DIM}: cut the vectors"),
            },
        ));
    } else if let Some(&dim) = shape.dims.get(t)
        && dim != head.dim
    {
        faults.push(fault(
            found(),
            format!("{dim} (`embedding.dims[{t}]`)"),
            "correct `embedding.dims`, or omit it to use the width of the file",
        ));
    }
    faults
}

fn stack(
    tables: Vec<RawTable>,
    sources: Vec<String>,
    (shape, keep_floats): (TableShape<'_>, &[Vec<u32>]),
    meter: &Meter<'_>,
) -> Result<TableSet> {
    let rows: Vec<u32> = tables.iter().map(|t| t.rows).collect();
    let layout = TableLayout::new(&rows)?;
    let dim = shape.dim as usize;
    let size = layout.embeddings() as usize * dim;
    let any_float = tables.iter().any(|t| matches!(t.data, Elements::Float(_)));
    let mut floats =
        (!keep_floats.is_empty() && any_float).then(|| KeptFloats::new(shape.dim as usize));
    let mut data = Vec::new();
    let mut reports = Vec::with_capacity(tables.len());
    for (t, (table, source)) in tables.into_iter().zip(sources).enumerate() {
        let width = table.dim as usize;
        let base = layout.bases()[t];
        let kept = keep_floats.get(t).map_or(&[][..], Vec::as_slice);
        let quantised = match table.data {
            Elements::Int(values) => {
                meter.add(values.len() as u64)?;
                if let Some(floats) = &mut floats {
                    floats.add(&values, (width, 0, base), kept, f32::from);
                }
                if values.len() == size && width == dim {
                    // The only table.
                    data = values;
                } else {
                    reserve_in(&mut data, size)?;
                    pad(&mut data, &values, width, dim);
                }
                None
            }
            Elements::Float(values) => {
                reserve_in(&mut data, size)?;
                Some(values.quantise(shape.value_bits, |first, values, ints| {
                    if let Some(floats) = &mut floats {
                        floats.add(values, (width, first, base), kept, |v| v);
                    }
                    pad(&mut data, ints, width, dim);
                    meter.add(ints.len() as u64)
                })?)
            }
        };
        reports.push(TableReport {
            source,
            rows: table.rows,
            dim: table.dim,
            quantised,
        });
    }
    Ok(TableSet {
        int: IntTable::new(shape.dim, shape.value_bits, data),
        rows,
        reports,
        floats,
    })
}

/// Appends rows of `width` elements to `out`, each padded to `dim` elements.
fn pad(out: &mut Vec<i16>, values: &[i16], width: usize, dim: usize) {
    if width == dim {
        out.extend_from_slice(values);
        return;
    }
    for row in values.chunks_exact(width) {
        out.extend_from_slice(row);
        out.resize(out.len() + dim - width, 0);
    }
}
