//! A configuration for data that are at hand.

use crate::config::{Resolved, annotated_template_with};
use crate::error::Result;
use crate::flow::fit::{self, Chosen, Data, Scope};
use crate::flow::inputs::TraceFile;
use crate::formats::table::TableSpec;
use crate::formats::trace::Trace;
use crate::progress::Progress;

/// `base` with room for traces and tables, and every key that was chosen. It is what
/// `recross init --for` does.
///
/// # Errors
/// As [`crate::flow::read_trace`], [`fit::fit`] and [`fit::check`].
pub fn configuration_for(
    base: &Resolved,
    traces: &[TraceFile],
    tables: &[TableSpec],
    progress: &dyn Progress,
) -> Result<(Resolved, Vec<Chosen>)> {
    let read = traces
        .iter()
        .map(|file| file.with_tables(tables).read(base, progress));
    let read = read.collect::<Result<Vec<Trace>>>()?;
    let read: Vec<&Trace> = read.iter().collect();
    let data = Data::new(&read, tables, &[])?;
    let (fitted, chosen) = fit::fit(base, &data)?;
    let scope = Scope {
        engine: true,
        fit: false,
    };
    fit::check(&fitted, &data, scope)?;
    Ok((fitted, chosen))
}

/// The annotated file of a configuration with a comment at each chosen key.
///
/// # Errors
/// As [`crate::config::annotated_template`].
pub fn explained(fitted: &Resolved, chosen: &[Chosen]) -> Result<String> {
    let notes: Vec<(&str, String)> = chosen
        .iter()
        .map(|c| (c.key.as_str(), format!("Chosen for the data: {}.", c.why)))
        .collect();
    let notes: Vec<(&str, &str)> = notes.iter().map(|(key, note)| (*key, &**note)).collect();
    annotated_template_with(&fitted.config, &notes)
}
