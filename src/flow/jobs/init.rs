//! A configuration for data that are at hand.

use crate::config::{Resolved, annotated_template_with};
use crate::error::Result;
use crate::flow::fit::{self, Chosen, Data, Scope};
use crate::flow::inputs::TraceFile;
use crate::formats::table::TableSpec;
use crate::formats::trace::{Renumber, Trace};
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
    let mut read: Vec<Trace> = Vec::new();
    for file in traces {
        let mut file = file.with_tables(tables);
        if let Some(lists) = read.last().and_then(|trace| trace.numbering()) {
            file.options.renumber = Some(Renumber::After(lists.clone()));
        }
        read.push(file.read(base, progress)?);
    }
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
