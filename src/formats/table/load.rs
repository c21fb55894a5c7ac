//! Loading tables and stacking them.

use super::quantise::quantise;
use super::raw::{self, Elements, RawTable};
use super::set::{IntTable, TableReport, TableSet, TableShape};
use super::{TableSpec, npy_table, random, safetensors_table};
use crate::error::{At, Error, Result};
use crate::formats::trace::TableLayout;

/// Loads one table per spec and stacks them. A single `random:SEED` generates all tables.
///
/// `keep_floats` keeps the unquantised values too, for [`TableSet::pooling_error`].
///
/// # Errors
/// [`Error::Io`] or [`Error::Input`] for a file that cannot be used, naming tensor, row and column;
/// [`Error::Argument`] if the number of tables does not fit the configuration or the trace.
pub fn load(specs: &[TableSpec], shape: TableShape<'_>, keep_floats: bool) -> Result<TableSet> {
    let count = table_count(specs, shape)?;
    let mut tables = Vec::with_capacity(count);
    let mut sources = Vec::with_capacity(count);
    for t in 0..count {
        let spec = specs.get(t).unwrap_or(&specs[0]);
        let table = match spec {
            TableSpec::Random(seed) => random::table(*seed, t as u32, wanted(shape, t), shape)?,
            TableSpec::Npy(path) => npy_table::read(path, shape.value_bits)?,
            TableSpec::Safetensors { path, tensor } => {
                safetensors_table::read(path, tensor.as_deref(), shape.value_bits)?
            }
        };
        check_fit(spec, &table, t, shape)?;
        tables.push(table);
        sources.push(spec.to_string());
    }
    stack(tables, sources, shape, keep_floats)
}

fn table_count(specs: &[TableSpec], shape: TableShape<'_>) -> Result<usize> {
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

fn check_fit(spec: &TableSpec, table: &RawTable, t: usize, shape: TableShape<'_>) -> Result<()> {
    let fail = |found: String, expected: String, help: &str| {
        let at = spec.key().map_or(At::File, At::Key);
        Err(Error::input(spec.path(), at, found, expected, help))
    };
    if table.dim > shape.dim {
        return fail(
            format!("vectors of {} elements", table.dim),
            format!("at most {} (`embedding.dim`)", shape.dim),
            "raise `embedding.dim`",
        );
    }
    if let Some(&dim) = shape.dims.get(t)
        && dim != table.dim
    {
        return fail(
            format!("vectors of {} elements", table.dim),
            format!("{dim} (`embedding.dims[{t}]`)"),
            "correct `embedding.dims`, or omit it to use the width of the file",
        );
    }
    if let Some(&rows) = shape.rows.get(t)
        && rows != table.rows
    {
        return fail(
            format!("{} rows", table.rows),
            format!("{rows} (`embedding.tables[{t}]`)"),
            "correct `embedding.tables`, or omit it to use the number of rows of the file",
        );
    }
    let needed = shape.needed.get(t).copied().unwrap_or(0);
    if shape.rows.is_empty() && table.rows < needed {
        return fail(
            format!("{} rows", table.rows),
            format!(
                "at least {needed}, because the trace looks up id {}",
                needed - 1
            ),
            "check that the trace and the table belong together",
        );
    }
    Ok(())
}

fn stack(
    tables: Vec<RawTable>,
    sources: Vec<String>,
    shape: TableShape<'_>,
    keep_floats: bool,
) -> Result<TableSet> {
    let rows: Vec<u32> = tables.iter().map(|t| t.rows).collect();
    let layout = TableLayout::new(&rows)?;
    let dim = shape.dim as usize;
    let size = layout.embeddings() as usize * dim;
    let mut data = raw::reserve::<i16>(size)?;
    let any_float = tables.iter().any(|t| matches!(t.data, Elements::Float(_)));
    let mut floats = match keep_floats && any_float {
        true => Some(raw::reserve::<f32>(size)?),
        false => None,
    };
    let mut reports = Vec::with_capacity(tables.len());
    for (table, source) in tables.into_iter().zip(sources) {
        if let Some(floats) = &mut floats {
            match &table.data {
                Elements::Float(values) => pad(floats, values, table.dim, dim, |v| v),
                Elements::Int(values) => pad(floats, values, table.dim, dim, f32::from),
            }
        }
        let (ints, quantised) = match table.data {
            Elements::Int(values) => (values, None),
            Elements::Float(values) => {
                let (ints, report) = quantise(&values, shape.value_bits);
                (ints, Some(report))
            }
        };
        pad(&mut data, &ints, table.dim, dim, |v| v);
        reports.push(TableReport {
            source,
            rows: table.rows,
            dim: table.dim,
            quantised,
        });
    }
    Ok(TableSet {
        int: IntTable {
            dim: shape.dim,
            value_bits: shape.value_bits,
            data,
        },
        rows,
        reports,
        floats,
    })
}

/// Appends rows of `width` elements to `out`, each padded to `dim` elements.
fn pad<A: Copy, B: Copy + Default>(
    out: &mut Vec<B>,
    values: &[A],
    width: u32,
    dim: usize,
    convert: impl Fn(A) -> B,
) {
    for row in values.chunks_exact(width as usize) {
        out.extend(row.iter().map(|&v| convert(v)));
        out.resize(out.len() + dim - width as usize, B::default());
    }
}
