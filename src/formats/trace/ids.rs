//! Ids as files have them, and the one point where they become rows of a table.

use std::fmt;
use std::sync::Arc;

use super::numbering::{Interner, canonical};
use super::{MAX_ID, Numbering, ReadOptions};
use crate::error::Error;

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

/// Makes rows of ids. Every reader hands every id to [`Ids::row`].
#[derive(Debug, Default)]
pub(super) struct Ids {
    padding: Option<i64>,
    left_out: u64,
    /// Gives the rows, if ids are renumbered.
    interner: Option<Interner>,
}

impl Ids {
    /// Leaves out padding, and renumbers ids if the options say so.
    pub(super) fn new(options: &ReadOptions) -> Self {
        Ids {
            padding: options.padding_idx,
            left_out: 0,
            interner: options.numbering().map(|n| Interner::after(&n)),
        }
    }

    /// Whether ids are renumbered.
    #[inline]
    pub(super) fn renumbers(&self) -> bool {
        self.interner.is_some()
    }

    /// The id that a word of a text stands for. Where ids are renumbered, `007` is another one than
    /// `7`.
    pub(super) fn parse<'w>(&self, word: &'w str) -> RawId<'w> {
        match RawId::parse(word) {
            RawId::Number(_) if self.renumbers() && canonical(word).is_none() => RawId::Text(word),
            id => id,
        }
    }

    /// Refuses a word of a text that is a fraction, where texts get numbers: it is none of a kind
    /// with whole numbers.
    pub(super) fn check_word(&self, word: &str) -> std::result::Result<(), BadId> {
        match self.renumbers() && word.contains('.') && word.parse::<f64>().is_ok() {
            true => Err(BadId::Fraction),
            false => Ok(()),
        }
    }

    /// The original ids, if they were renumbered.
    pub(super) fn finish(self) -> Option<Arc<Numbering>> {
        self.interner.map(|interner| Arc::new(interner.finish()))
    }

    /// The row of `table` that an id stands for; `None` for padding.
    ///
    /// # Errors
    /// What keeps the id from being a row.
    #[inline]
    pub(super) fn row(
        &mut self,
        table: u16,
        id: RawId<'_>,
    ) -> std::result::Result<Option<u32>, BadId> {
        if let Some(padding) = self.padding
            && id == RawId::from(padding)
        {
            self.left_out += 1;
            return Ok(None);
        }
        if let Some(interner) = &mut self.interner {
            return interner.number(table, id).map(Some);
        }
        match id {
            RawId::Number(number) => match u32::try_from(number) {
                Ok(row) if row <= MAX_ID => Ok(Some(row)),
                _ => Err(BadId::Large),
            },
            RawId::Negative(_) => Err(BadId::Negative),
            RawId::Text(_) => Err(BadId::Text),
        }
    }

    /// Number of ids that were left out as padding.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }
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

    /// Whether an error is about an id that would have a row if ids were renumbered.
    pub(super) fn is_way_out_of(error: &Error) -> bool {
        let named = [BadId::Large, BadId::Text].map(BadId::help);
        error.help().is_some_and(|help| named.contains(&help))
    }

    /// What to do about it.
    pub(super) fn help(self) -> &'static str {
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
#[allow(clippy::unwrap_used, clippy::expect_used)]
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

    #[test]
    fn padding_is_left_out_and_counted() {
        let padding = |id| ReadOptions {
            padding_idx: Some(id),
            ..ReadOptions::default()
        };
        let mut ids = Ids::new(&padding(-1));
        assert_eq!(ids.row(0, RawId::Negative(-1)), Ok(None));
        assert_eq!(ids.row(0, RawId::Number(1)), Ok(Some(1)));
        assert_eq!(ids.row(0, RawId::Negative(-2)), Err(BadId::Negative));
        assert_eq!(
            ids.row(0, RawId::Number(u64::from(MAX_ID) + 1)),
            Err(BadId::Large)
        );
        assert_eq!(ids.row(0, RawId::Text("a")), Err(BadId::Text));
        assert_eq!(ids.left_out(), 1);
        let mut ids = Ids::new(&padding(0));
        assert_eq!(ids.row(0, RawId::Number(0)), Ok(None));
    }
}
