//! The one point where ids, as files have them, become rows of a table.

use std::sync::Arc;

use super::interner::Interner;
use super::raw_id::{BadId, RawId, canonical};
use super::{MAX_ID, Numbering, ReadOptions};

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

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

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
