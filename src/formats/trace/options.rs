//! Options for reading a trace.

use std::sync::Arc;

use super::{Form, Format, MemoryBound, Numbering, Renumber};
use crate::error::{Error, Result};

/// What a line of a text stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// A bag: its ids.
    Bag,
    /// A sample of all tables: each id with its table before it (`0:5 1:7`).
    TableId,
}

/// What a trace file alone does not determine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// The format; by default from the file's name.
    pub format: Option<Format>,
    /// Number of tables, where it is known; else 0. An `.npz` of several tables is table-batched: it
    /// has `tables * bags + 1` offsets or `tables * bags` lengths, table-major.
    pub tables: usize,
    /// `.npz` with offsets: whether the last one is the end of the last bag. By default it is if it
    /// equals the number of indices.
    pub include_last_offset: Option<bool>,
    /// Ids that equal this are padding and are left out, as `torch.nn.EmbeddingBag` does. Their bags
    /// stay.
    pub padding_idx: Option<i64>,
    /// Text and `.csv`: what a line stands for. By default a line of text is a sample if the first
    /// one names the tables 0 to T - 1 once each, else a bag; a row of `.csv` is a sample.
    pub layout: Option<Layout>,
    /// `.csv`, `.tsv` and `.parquet`: the columns of ids, by name or by number from 1 (`3`, `5-8`);
    /// each is a table. By default the only column.
    pub columns: Vec<String>,
    /// `.csv` and `.tsv`: what separates columns; by default a comma or a tab.
    pub separator: Option<u8>,
    /// Whether ids get numbers, in the order of their first appearance in each table; else they are
    /// rows of tables.
    pub renumber: Option<Renumber>,
    /// Memory that the trace may take; a larger trace is sampled.
    pub memory: Option<MemoryBound>,
}

impl ReadOptions {
    /// What numbers of ids begin with, once [`Renumber::File`] was read; `None`: ids are rows.
    pub(super) fn numbering(&self) -> Option<Arc<Numbering>> {
        self.renumber.as_ref().map(|renumber| match renumber {
            Renumber::After(numbering) => numbering.clone(),
            Renumber::New | Renumber::File(_) => Arc::default(),
        })
    }

    /// Checks that every option that was given means something for a form.
    ///
    /// # Errors
    /// [`Error::Argument`] naming the first that does not.
    pub fn check(&self, form: Form) -> Result<()> {
        let refuse = |name: &str, forms: &str| {
            Err(Error::argument(
                name,
                format!("a trace in the form {}", Format::plain(form)),
                forms,
                "leave it out, or correct --format",
            ))
        };
        let kept = self.clone().only_for(form);
        if kept.include_last_offset != self.include_last_offset {
            return refuse("--include-last-offset", "an .npz");
        }
        if kept.layout != self.layout {
            return refuse("--layout", "a .bags or .txt; `bag` also a .csv or .tsv");
        }
        if kept.columns != self.columns {
            return refuse("--column", "a .csv, .tsv or .parquet");
        }
        if kept.separator != self.separator {
            return refuse("--separator", "a .csv or .tsv");
        }
        Ok(())
    }

    /// The options without those that mean nothing for a form.
    pub fn only_for(mut self, form: Form) -> Self {
        let rows = matches!(form, Form::Csv | Form::Tsv);
        if form != Form::Npz {
            self.include_last_offset = None;
        }
        let kept = match self.layout {
            Some(Layout::TableId) => form == Form::Bags,
            _ => rows || form == Form::Bags,
        };
        if !kept {
            self.layout = None;
        }
        if !(rows || form == Form::Parquet) {
            self.columns.clear();
        }
        if !rows {
            self.separator = None;
        }
        self
    }
}
