//! Tables that are shown as text and as Markdown.

use super::text::table;

/// A titled table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sheet {
    /// What it shows.
    pub title: String,
    /// Heads of its columns.
    pub head: Vec<&'static str>,
    /// Its rows, the first cell a name.
    pub rows: Vec<Vec<String>>,
}

impl Sheet {
    /// As aligned text.
    pub fn text(&self) -> String {
        format!("{}\n{}", self.title, table(&self.head, &self.rows))
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let head: Vec<String> = self.head.iter().map(|&h| h.to_owned()).collect();
        let rule = format!("|---|{}\n", "---:|".repeat(self.head.len().max(1) - 1));
        let rows: String = self.rows.iter().map(|r| line(r)).collect();
        format!("{}\n\n{}{rule}{rows}", self.title, line(&head))
    }
}

/// Four significant digits, without an exponent.
pub(crate) fn digits(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let whole = value.abs().log10().floor() as i32 + 1;
    let decimals = (4 - whole).clamp(0, 9) as usize;
    format!("{value:.decimals$}")
}

/// `3.97x`.
pub(super) fn times(ratio: f64) -> String {
    match ratio.abs() {
        r if r >= 100.0 => format!("{ratio:.0}x"),
        r if r >= 10.0 => format!("{ratio:.1}x"),
        r if r >= 0.1 => format!("{ratio:.2}x"),
        _ => format!("{}x", digits(ratio)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_digits() {
        let shown = [0.0, 0.0123456, 0.5, 1.0, 12.345, 999.96, 123_456.7].map(digits);
        assert_eq!(
            shown,
            [
                "0", "0.01235", "0.5000", "1.000", "12.35", "1000.0", "123457"
            ]
        );
        let shown = [0.012345, 0.5, 3.9701, 12.34, 123.4].map(times);
        assert_eq!(shown, ["0.01235x", "0.50x", "3.97x", "12.3x", "123x"]);
    }

    #[test]
    fn markdown_has_a_rule_under_the_head() {
        let sheet = Sheet {
            title: "T".to_owned(),
            head: vec!["row", "n"],
            rows: vec![vec!["a".to_owned(), "1".to_owned()]],
        };
        assert_eq!(
            sheet.markdown(),
            "T\n\n| row | n |\n|---|---:|\n| a | 1 |\n"
        );
        assert_eq!(sheet.text(), "T\nrow  n\na    1");
    }
}
