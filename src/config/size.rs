//! How many crossbars an engine may have, and the smallest engine that has so many.

use super::derived::bits_for;
use super::keys::Config;
use super::schema::SHAPE;
use super::shape::Shape;

/// Most crossbars of an engine.
pub(super) const MAX_CROSSBARS: u64 = 1 << 24;

/// Most bitlines of a bank, those of all its crossbars and their column blocks together.
pub(super) const MAX_BANK_BITLINES: u64 = 1 << 31;

/// Bits of a word that names an id's place.
pub(super) const MAX_PLACE_BITS: u32 = 32;

/// Lanes, banks and crossbars of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineSize {
    /// `engine.lanes`
    pub lanes: u32,
    /// `engine.banks_per_lane`
    pub banks_per_lane: u32,
    /// `engine.crossbars_per_bank`
    pub crossbars_per_bank: u32,
}

/// The largest number that a key with a range can have.
pub(crate) fn most(key: &str) -> u32 {
    match SHAPE.at(key).map(|k| &k.shape) {
        Some(Shape::Integer(range)) => u32::try_from(range.high).unwrap_or(u32::MAX),
        _ => u32::MAX,
    }
}

impl EngineSize {
    /// The size of a configuration's engine.
    pub fn of(config: &Config) -> Self {
        EngineSize {
            lanes: config.engine.lanes,
            banks_per_lane: config.engine.banks_per_lane,
            crossbars_per_bank: config.engine.crossbars_per_bank,
        }
    }

    /// The smallest engine for so many crossbars (at least 1). It has the configuration's lanes and
    /// banks, but more banks where a bank would get larger than it may, and more lanes where a lane
    /// would. `None` if no engine has so many.
    pub fn for_crossbars(config: &Config, crossbars: u64) -> Option<Self> {
        if crossbars > MAX_CROSSBARS {
            return None;
        }
        let crossbars = crossbars.max(1);
        let (lanes_most, banks_most) = (most("engine.lanes"), most("engine.banks_per_lane"));
        let largest = u64::from(largest_bank(config));
        let mut size = Self::of(config);
        let banks = crossbars.div_ceil(largest);
        if banks > u64::from(size.lanes * size.banks_per_lane) {
            let share = banks.div_ceil(u64::from(size.lanes));
            size.banks_per_lane = u32::try_from(share).unwrap_or(u32::MAX).min(banks_most);
            let lanes = banks.div_ceil(u64::from(size.banks_per_lane));
            let lanes = u32::try_from(lanes).ok().filter(|&l| l <= lanes_most)?;
            size.lanes = size.lanes.max(lanes);
        }
        let each = crossbars.div_ceil(u64::from(size.lanes * size.banks_per_lane));
        size.crossbars_per_bank = u32::try_from(each).ok()?;
        let fits = size.place_bits(config.crossbar.rows) <= MAX_PLACE_BITS;
        (size.crossbars() <= MAX_CROSSBARS && fits).then_some(size)
    }

    /// Crossbars of all banks.
    pub fn crossbars(&self) -> u64 {
        u64::from(self.lanes) * u64::from(self.banks_per_lane) * u64::from(self.crossbars_per_bank)
    }

    /// Bits of an id's place, which has lane, bank, crossbar and row.
    pub(super) fn place_bits(&self, rows: u32) -> u32 {
        let counts = [
            self.lanes,
            self.banks_per_lane,
            self.crossbars_per_bank,
            rows,
        ];
        counts.iter().map(|&n| bits_for(u64::from(n))).sum()
    }

    /// Takes this size.
    pub fn apply(&self, config: &mut Config) {
        let engine = &mut config.engine;
        engine.lanes = self.lanes;
        engine.banks_per_lane = self.banks_per_lane;
        engine.crossbars_per_bank = self.crossbars_per_bank;
    }

    /// `engine.banks_per_lane = 60 and engine.crossbars_per_bank = 65536`: the keys that differ from
    /// the configuration's.
    pub fn settings(&self, config: &Config) -> String {
        let now = Self::of(config);
        let keys = [
            ("lanes", now.lanes, self.lanes),
            ("banks_per_lane", now.banks_per_lane, self.banks_per_lane),
            (
                "crossbars_per_bank",
                now.crossbars_per_bank,
                self.crossbars_per_bank,
            ),
        ];
        let changed = keys.iter().filter(|(_, now, then)| now != then);
        let words: Vec<String> = changed
            .map(|(key, _, then)| format!("engine.{key} = {then}"))
            .collect();
        match words.split_last() {
            Some((last, others)) if !others.is_empty() => {
                format!("{} and {last}", others.join(", "))
            }
            _ => words.concat(),
        }
    }
}

/// Most crossbars of a bank of this configuration.
fn largest_bank(config: &Config) -> u32 {
    let (e, x) = (&config.embedding, &config.crossbar);
    let slices = e.value_bits.div_ceil(x.cell_bits.max(1));
    let bitlines = u64::from(x.cols) * u64::from(e.dim) * u64::from(slices);
    let bound = MAX_BANK_BITLINES / bitlines.max(1);
    let bound = u32::try_from(bound).unwrap_or(u32::MAX);
    bound.min(most("engine.crossbars_per_bank")).max(1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_engine_keeps_lanes_and_banks_as_long_as_it_can() {
        // 4 lanes of 4 banks.
        let config = Config::default();
        let of = |crossbars| {
            let size = EngineSize::for_crossbars(&config, crossbars)?;
            let mut fitted = config.clone();
            size.apply(&mut fitted);
            // Whatever is advised can be configured.
            fitted.resolve("test").unwrap();
            assert!(size.crossbars() >= crossbars);
            Some((size.lanes, size.banks_per_lane, size.crossbars_per_bank))
        };
        assert_eq!(of(0), Some((4, 4, 1)));
        assert_eq!(of(3516), Some((4, 4, 220)));
        assert_eq!(of(16 * 65536), Some((4, 4, 65536)));
        assert_eq!(of(16 * 65536 + 1), Some((4, 5, 52429)));
        assert_eq!(of(1 << 24), Some((4, 64, 65536)));
        assert_eq!(of((1 << 24) + 1), None);
        let size = EngineSize::for_crossbars(&config, 16 * 65536 + 1).unwrap();
        insta::assert_snapshot!(size.settings(&config), @"engine.banks_per_lane = 5 and engine.crossbars_per_bank = 52429");
    }

    /// 256 elements of 16 slices on 1024 bitlines: 512 crossbars are all that a bank may have.
    #[test]
    fn wide_vectors_make_banks_smaller() {
        let mut config = Config::default();
        config.embedding.dim = 256;
        config.embedding.value_bits = 16;
        config.crossbar.cell_bits = 1;
        config.crossbar.cols = 1024;
        (config.engine.lanes, config.engine.banks_per_lane) = (1, 1);
        let of = |crossbars| EngineSize::for_crossbars(&config, crossbars).unwrap();
        let shape = |s: EngineSize| (s.lanes, s.banks_per_lane, s.crossbars_per_bank);
        assert_eq!(shape(of(512)), (1, 1, 512));
        assert_eq!(shape(of(513)), (1, 2, 257));
        assert_eq!(shape(of(64 * 512 + 1)), (2, 64, 257));
    }
}
