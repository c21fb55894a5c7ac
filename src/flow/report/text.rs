//! Laying out text for people.

use num_format::{Locale, ToFormattedString};

/// Lines of a label and what it is about, aligned.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lines(Vec<(String, String)>);

impl Lines {
    /// Appends a line; a value of several lines stays aligned.
    pub(crate) fn add(&mut self, label: impl Into<String>, value: impl Into<String>) {
        self.0.push((label.into(), value.into()));
    }

    /// The text, without a line end at its end.
    pub(crate) fn render(&self) -> String {
        let width = self.0.iter().map(|(l, _)| l.len()).max().unwrap_or(0);
        let lines = self.0.iter().map(|(label, value)| {
            let value = value.replace('\n', &format!("\n{:width$}  ", ""));
            format!("{label:width$}  {value}")
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// A table with a head line: the first column to the left, the others to the right.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = head.iter().map(|&h| h.to_owned()).collect();
    let all = || std::iter::once(&head).chain(rows);
    let widths: Vec<usize> = (0..head.len())
        .map(|c| {
            all()
                .filter_map(|r| r.get(c))
                .map(|s| s.chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(c, (text, &w))| match c {
                0 => format!("{text:w$}"),
                _ => format!("{text:>w$}"),
            })
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    all().map(line).collect::<Vec<_>>().join("\n")
}

/// A whole number with commas between thousands.
pub(crate) fn grouped(n: u64) -> String {
    n.to_formatted_string(&Locale::en)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_columns_are_aligned() {
        let mut lines = Lines::default();
        lines.add("a", "1\n2");
        lines.add("long", "3");
        assert_eq!(lines.render(), "a     1\n      2\nlong  3");
        let row = |cells: &[&str]| cells.iter().map(|c| (*c).to_owned()).collect();
        assert_eq!(
            table(&["x", "n"], &[row(&["ab", "1"]), row(&["c", "234"])]),
            "x     n\nab    1\nc   234"
        );
    }
}
