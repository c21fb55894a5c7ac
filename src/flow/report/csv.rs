//! A table of named columns as CSV.

/// Rows of the same columns, in the order in which they were added.
#[derive(Debug, Clone, Default)]
pub(super) struct Sheet {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Sheet {
    /// Adds a row of names and cells; the first row names the columns.
    pub fn add(&mut self, cells: impl IntoIterator<Item = (String, String)>) {
        let (names, row) = cells.into_iter().unzip();
        if self.rows.is_empty() {
            self.head = names;
        }
        self.rows.push(row);
    }

    /// The head line and all rows; empty without any row.
    pub fn text(&self) -> String {
        let mut writer = csv::WriterBuilder::new()
            .flexible(true)
            .from_writer(Vec::new());
        if !self.rows.is_empty() {
            for row in std::iter::once(&self.head).chain(&self.rows) {
                // A vector in memory takes everything.
                let _ = writer.write_record(row);
            }
        }
        let bytes = writer.into_inner().unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
