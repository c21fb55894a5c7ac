//! The architectures that `compare` puts side by side, as data.
//!
//! All of them are the same RTL with the same geometry, lanes and crossbar budget. An
//! [`Architecture`] says what it changes of a configuration: how ids are grouped, what crossbars
//! beyond one a group are for, how many rows are sensed at once, and what the converters switch
//! between. Full resolution is the width that the configuration's own multi-row sensing needs, for
//! every row: a "fixed" converter is that converter, also where only one row is ever sensed.

use serde::{Deserialize, Serialize};

use crate::config::{Adc, AdcBits, AdcSwitch, Method, Replication, Resolved};
use crate::error::{Error, Result};

/// What order of ids a layout without grouping has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[cfg_attr(feature = "cli", value(rename_all = "snake_case"))]
pub enum IdOrder {
    /// Ids are hashed, as deployed systems do: neighbours have nothing to do with each other.
    Hashed,
    /// As the trace numbers them.
    Given,
}

/// How embeddings are grouped on crossbars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// In the order of ids.
    Ids,
    /// By a method that looks at the history.
    By(Method),
}

/// What crossbars beyond those that the embeddings need are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spare {
    /// Embeddings are dealt out over all of them, so each holds fewer rows.
    Spread,
    /// Nothing.
    Idle,
    /// Copies of groups.
    Copies(Replication),
}

/// Rows that are sensed at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sensing {
    /// One; sums are digital.
    OneRow,
    /// As many as the configuration allows; the bitlines sum.
    ManyRows,
}

/// What one row of the comparison changes of a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Architecture {
    /// The row's name.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// How embeddings are grouped.
    pub grouping: Grouping,
    /// What the area budget is for.
    pub spare: Spare,
    /// Rows sensed at once.
    pub sensing: Sensing,
    /// What the converters switch between.
    pub switch: AdcSwitch,
    /// Whether activations of few rows are done as single-row reads.
    pub read_split: bool,
}

const NMARS_LIKE_FIXED: Architecture = Architecture {
    name: "nmars_like_fixed",
    about: "one row at a time, digital sums, converter always full",
    grouping: Grouping::Ids,
    spare: Spare::Spread,
    sensing: Sensing::OneRow,
    switch: AdcSwitch::Off,
    read_split: false,
};

const NAIVE: Architecture = Architecture {
    name: "naive",
    about: "id order, analog sums, converter always full",
    sensing: Sensing::ManyRows,
    ..NMARS_LIKE_FIXED
};

const NMARS_LIKE_READ: Architecture = Architecture {
    name: "nmars_like_read",
    about: "one row at a time, digital sums, converter in read mode",
    switch: AdcSwitch::Dynamic,
    ..NMARS_LIKE_FIXED
};

const OPTIMIZED: Architecture = Architecture {
    name: "optimized",
    about: "optimized grouping, copies of groups and rows, graded switch",
    grouping: Grouping::By(Method::Optimized),
    spare: Spare::Copies(Replication::Rows),
    sensing: Sensing::ManyRows,
    switch: AdcSwitch::Graded,
    read_split: false,
};

/// The rows of the comparison that compute in memory.
pub const ARCHITECTURES: [Architecture; 7] = [
    NAIVE,
    Architecture {
        name: "frequency",
        about: "hot ids together, analog sums, converter always full",
        grouping: Grouping::By(Method::Frequency),
        ..NAIVE
    },
    NMARS_LIKE_FIXED,
    NMARS_LIKE_READ,
    Architecture {
        name: "nmars_like_copies",
        about: "one row at a time, digital sums, converter in read mode, copies of groups and rows",
        spare: Spare::Copies(Replication::Rows),
        ..NMARS_LIKE_READ
    },
    Architecture {
        name: "recross",
        about: "greedy co-occurrence grouping, log copies, two-mode switch",
        grouping: Grouping::By(Method::Recross),
        spare: Spare::Copies(Replication::Log),
        switch: AdcSwitch::Dynamic,
        ..OPTIMIZED
    },
    OPTIMIZED,
];

/// From `nmars_like_fixed` to `optimized` and beyond, one change a row.
pub const ABLATION: [Architecture; 8] = [
    NMARS_LIKE_FIXED,
    Architecture {
        name: "+ multi-row",
        about: "analog sums",
        ..NAIVE
    },
    Architecture {
        name: "+ grouping",
        about: "optimized grouping; crossbars beyond one a group stay empty",
        spare: Spare::Idle,
        switch: AdcSwitch::Off,
        ..OPTIMIZED
    },
    Architecture {
        name: "+ copies",
        about: "optimized copies of groups",
        spare: Spare::Copies(Replication::Optimized),
        switch: AdcSwitch::Off,
        ..OPTIMIZED
    },
    Architecture {
        name: "+ row copies",
        about: "some or all crossbars of copies hold hot rows of many groups",
        switch: AdcSwitch::Off,
        ..OPTIMIZED
    },
    Architecture {
        name: "+ two-mode switch",
        about: "read mode for one row",
        switch: AdcSwitch::Dynamic,
        ..OPTIMIZED
    },
    Architecture {
        name: "+ graded switch",
        about: "thresholds follow the rows: this is `optimized`",
        ..OPTIMIZED
    },
    Architecture {
        name: "+ read_split_max",
        about: "activations of few rows as single-row reads",
        read_split: true,
        ..OPTIMIZED
    },
];

/// `read_split_max` of the last ablation step where the configuration does not ask for splitting.
const READ_SPLIT: u32 = 2;

impl Architecture {
    /// `base` as this architecture has it; `base.mapping.budget` stays as it is.
    ///
    /// # Errors
    /// [`Error::Config`] if `base` senses one row at a time only, or a value gets out of range.
    pub fn configure(&self, base: &Resolved, ids: IdOrder) -> Result<Resolved> {
        if base.max_active_rows < 2 {
            return Err(Error::Config {
                origin: "to compare".to_owned(),
                key: "adc.max_active_rows".to_owned(),
                found: base.max_active_rows.to_string(),
                expected: "0 or at least 2: other rows than nmars_like sum on bitlines".to_owned(),
                help: "`compare` makes the single-row architectures itself".to_owned(),
            });
        }
        let mut config = base.config.clone();
        config.adc = self.adc(base);
        let mapping = &mut config.mapping;
        mapping.method = match (self.grouping, ids) {
            // A seeded shuffle is the order of hashed ids.
            (Grouping::Ids, IdOrder::Hashed) => Method::Random,
            (Grouping::Ids, IdOrder::Given) => Method::IdOrder,
            (Grouping::By(method), _) => method,
        };
        mapping.replication = match self.spare {
            Spare::Copies(replication) => replication,
            Spare::Spread => Replication::None,
            // Groups are learned as for copies; the layout leaves them out.
            Spare::Idle => Replication::Optimized,
        };
        // Figures are those of the engine, not of pauses around it.
        config.simulation = Default::default();
        base.with(self.name, |c| *c = config)
    }

    /// Whether it is the other under another name.
    pub fn same_design(&self, other: &Self) -> bool {
        let nameless = |a: &Self| Architecture {
            name: "",
            about: "",
            ..*a
        };
        nameless(self) == nameless(other)
    }

    fn adc(&self, base: &Resolved) -> Adc {
        let theirs = &base.config.adc;
        let graded = self.switch == AdcSwitch::Graded;
        Adc {
            kind: theirs.kind,
            bits: AdcBits::Bits(base.adc_bits),
            switch: self.switch,
            levels: if graded {
                theirs.levels.clone()
            } else {
                Vec::new()
            },
            max_active_rows: match self.sensing {
                Sensing::OneRow => 1,
                Sensing::ManyRows => theirs.max_active_rows,
            },
            read_split_max: match self.read_split {
                true => base
                    .read_split_max
                    .max(READ_SPLIT)
                    .min(base.max_active_rows),
                false => 1,
            },
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn base() -> Resolved {
        Config::default().resolve("test").unwrap()
    }

    #[test]
    fn every_converter_has_the_width_of_multi_row_sensing() {
        let base = base();
        assert_eq!(base.adc_bits, 8);
        for a in ARCHITECTURES.iter().chain(&ABLATION) {
            let r = a.configure(&base, IdOrder::Hashed).unwrap();
            let full = r.adc_levels.last().unwrap();
            assert_eq!(
                (r.adc_bits, full.bits, full.limit),
                (8, 8, 255),
                "{}",
                a.name
            );
            assert!(r.is_lossless());
        }
    }

    #[test]
    fn nmars_like_pays_full_conversions_unless_it_has_a_read_mode() {
        let of = |name: &str| {
            let a = ARCHITECTURES.iter().find(|a| a.name == name).unwrap();
            a.configure(&base(), IdOrder::Given).unwrap()
        };
        let fixed = of("nmars_like_fixed");
        assert_eq!(fixed.max_active_rows, 1);
        assert_eq!(fixed.adc_levels.len(), 1);
        assert_eq!(fixed.activation_cycles(1), base().activation_cycles(64));
        let read = of("nmars_like_read");
        assert_eq!((read.adc_levels[0].limit, read.adc_levels[0].bits), (3, 2));
        assert_eq!(read.activation_cycles(1), base().activation_cycles(1));
        assert_eq!(fixed.config.mapping.method, Method::IdOrder);
    }

    /// Neighbours in the ablation differ in one thing.
    #[test]
    fn each_ablation_step_changes_one_thing() {
        let facets = |a: &Architecture| {
            [
                format!("{:?}", a.sensing),
                format!("{:?}", a.grouping),
                // Dealing out and grouping exclude each other.
                format!(
                    "{:?}",
                    matches!(a.spare, Spare::Copies(_)).then_some(a.spare)
                ),
                format!("{:?}", a.switch),
                format!("{:?}", a.read_split),
            ]
        };
        for pair in ABLATION.windows(2) {
            let (a, b) = (facets(&pair[0]), facets(&pair[1]));
            let changed = std::iter::zip(a, b).filter(|(a, b)| a != b).count();
            assert_eq!(changed, 1, "{}", pair[1].name);
        }
        let last = ABLATION[6];
        assert_eq!(facets(&last), facets(&OPTIMIZED));
    }

    #[test]
    fn levels_of_the_configuration_are_kept_for_the_graded_switch_only() {
        let mut config = Config::default();
        config.adc.switch = AdcSwitch::Graded;
        config.adc.levels = vec![3, 9];
        let base = config.resolve("test").unwrap();
        for a in &ARCHITECTURES {
            let levels = a
                .configure(&base, IdOrder::Hashed)
                .unwrap()
                .config
                .adc
                .levels;
            let kept = a.switch == AdcSwitch::Graded;
            assert_eq!(levels, if kept { vec![3, 9] } else { vec![] }, "{}", a.name);
        }
    }

    #[test]
    fn a_configuration_of_single_rows_is_refused() {
        let mut config = Config::default();
        config.adc.max_active_rows = 1;
        let base = config.resolve("test").unwrap();
        let error = OPTIMIZED.configure(&base, IdOrder::Hashed).unwrap_err();
        insta::assert_snapshot!(error, @"configuration to compare: key `adc.max_active_rows`: found 1, expected 0 or at least 2: other rows than nmars_like sum on bitlines");
    }
}
