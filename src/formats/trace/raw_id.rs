//! Ids as files have them, and what keeps them from being rows.

use std::fmt;

use crate::error::{Error, WayOut};

/// The largest id of a trace. The number of rows of a table then fits `u32` too.
pub const MAX_ID: u32 = u32::MAX - 1;

/// An id as a file has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RawId<'a> {
    /// A number from 0.
    Number(u64),
    /// A negative number.
    Negative(i64),
    /// Anything else.
    Text(&'a str),
}

impl<'a> RawId<'a> {
    /// The id that a word of a text stands for.
    pub(super) fn parse(word: &'a str) -> Self {
        let digits = word.strip_prefix(['-', '+']).unwrap_or(word);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return RawId::Text(word);
        }
        match (word.parse::<u64>(), word.parse::<i64>()) {
            (Ok(number), _) => RawId::Number(number),
            (_, Ok(number)) => RawId::from(number),
            // Only texts can have that many digits.
            _ => RawId::Text(word),
        }
    }
}

impl From<i64> for RawId<'_> {
    fn from(number: i64) -> Self {
        u64::try_from(number).map_or(RawId::Negative(number), RawId::Number)
    }
}

impl fmt::Display for RawId<'_> {
    /// Shortened and escaped for a message.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 24;
        match self {
            RawId::Number(number) => write!(f, "{number}"),
            RawId::Negative(number) => write!(f, "{number}"),
            RawId::Text(text) => {
                let cut: String = text.chars().take(SHOWN).collect();
                let dots = if cut.len() < text.len() { "..." } else { "" };
                write!(f, "{}{dots}", cut.escape_debug())
            }
        }
    }
}

/// The number that a text is the decimal digits of, as Rust and Python print it.
pub(super) fn canonical(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let plain = digits && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| plain)
}

/// Why an id is not a row of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadId {
    /// Above [`MAX_ID`].
    Large,
    /// Below 0.
    Negative,
    /// Not a number.
    Text,
    /// Below 0, where ids are renumbered.
    Signed,
    /// A text of more than one line, where ids are renumbered.
    LineBreak,
    /// A number with a fraction, where texts get numbers.
    Fraction,
    /// One more than there are numbers.
    Many,
}

impl BadId {
    /// What was expected in its place.
    pub(super) fn expected(self) -> String {
        match self {
            BadId::Large | BadId::Negative | BadId::Text => Self::a_row(),
            BadId::Signed | BadId::Fraction => {
                format!("a whole number from 0 to {}, or another text", u64::MAX)
            }
            BadId::LineBreak => "a text of one line".to_owned(),
            BadId::Many => format!("at most {} distinct ids", u64::from(MAX_ID) + 1),
        }
    }

    /// An id that is a row.
    pub(super) fn a_row() -> String {
        format!("an id from 0 to {MAX_ID}")
    }

    /// `large `, `negative ` or the like, for messages.
    pub(super) fn kind(self) -> &'static str {
        match self {
            BadId::Large => "large ",
            BadId::Negative | BadId::Signed => "negative ",
            BadId::Text | BadId::LineBreak => "string ",
            BadId::Fraction => "fractional ",
            BadId::Many => "",
        }
    }

    /// The error about it. `make` gets what was found, what was expected, and what to do.
    pub(super) fn error(
        self,
        found: String,
        make: impl FnOnce(String, String, &'static str) -> Error,
    ) -> Error {
        let error = make(found, self.expected(), self.help());
        // Whether the id would have a row if ids were renumbered.
        error.with_way_out(match self {
            BadId::Large | BadId::Text => WayOut::Renumber,
            BadId::Negative | BadId::Signed | BadId::LineBreak | BadId::Fraction | BadId::Many => {
                WayOut::None
            }
        })
    }

    /// What to do about it.
    fn help(self) -> &'static str {
        match self {
            BadId::Large => {
                "ids are rows of a table, counted from 0; `--renumber` gives larger ids the numbers \
                 of rows"
            }
            BadId::Negative => {
                "ids are rows of a table, counted from 0; if it is padding, leave it out with \
                 --padding-idx"
            }
            BadId::Text => {
                "ids are rows of a table, counted from 0; `--renumber` gives texts the numbers of rows"
            }
            BadId::Signed => {
                "if it is padding, leave it out with --padding-idx; hashes of 64 bits that were saved \
                 as signed numbers become unsigned with `ids.astype(numpy.uint64)`"
            }
            BadId::LineBreak => "a list of ids has one on each line; replace the line break",
            BadId::Fraction => {
                "ids are whole numbers or other texts; pandas writes a column with empty cells as \
                 fractions: convert it with `.astype(\"Int64\")`"
            }
            BadId::Many => "split the trace",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_numbers_or_texts() {
        assert_eq!(
            RawId::parse("18446744073709551615"),
            RawId::Number(u64::MAX)
        );
        assert_eq!(RawId::parse("-7"), RawId::Negative(-7));
        assert_eq!(RawId::parse("007"), RawId::Number(7));
        for text in ["", "-", "1.0", "68fd1e64", "18446744073709551616", "--1"] {
            assert_eq!(RawId::parse(text), RawId::Text(text));
        }
        assert_eq!(
            RawId::Text(&"\t".repeat(30)).to_string(),
            "\\t".repeat(24) + "..."
        );
    }
}
