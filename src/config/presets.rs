//! Named configurations to start from.

use super::keys::{
    Adc, AdcBits, AdcSwitch, Config, Crossbar, Embedding, Engine, MappingOptions, Method,
    Replication,
};

/// A named configuration.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    /// The name for `recross init --preset`.
    pub name: &'static str,
    /// One line about it.
    pub about: &'static str,
    make: fn() -> Config,
}

impl Preset {
    /// The configuration.
    pub fn config(&self) -> Config {
        (self.make)()
    }
}

/// All presets, the default first.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "demo",
        about: "16 banks of 64x64 crossbars with 2-bit cells; fits the bundled trace",
        make: Config::default,
    },
    Preset {
        name: "cell1_64x64",
        about: "64x64 crossbars with 1-bit cells, two column blocks a vector",
        make: cell1_64x64,
    },
    Preset {
        name: "cell2_128x128",
        about: "128x128 crossbars with 2-bit cells, at most 64 rows at once, vectors of 32",
        make: cell2_128x128,
    },
    Preset {
        name: "nmars_like",
        about: "one row an activation, id order, no copies, fixed converter (inferred baseline)",
        make: nmars_like,
    },
    Preset {
        name: "naive",
        about: "id order, no copies, converter always at full resolution",
        make: naive,
    },
];

/// Finds a preset by name.
pub fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|p| p.name == name)
}

fn cell1_64x64() -> Config {
    Config {
        crossbar: Crossbar {
            cell_bits: 1,
            ..Crossbar::default()
        },
        ..Config::default()
    }
}

fn cell2_128x128() -> Config {
    Config {
        embedding: Embedding {
            dim: 32,
            ..Embedding::default()
        },
        crossbar: Crossbar {
            rows: 128,
            cols: 128,
            cell_bits: 2,
            adcs: 16,
        },
        adc: Adc {
            switch: AdcSwitch::Graded,
            // A sum of 64 rows takes a flash converter of 8 bits.
            max_active_rows: 64,
            ..Adc::default()
        },
        engine: Engine {
            crossbars_per_bank: 16,
            ..Engine::default()
        },
        ..Config::default()
    }
}

fn no_grouping() -> MappingOptions {
    MappingOptions {
        method: Method::IdOrder,
        replication: Replication::None,
        budget: 0.0,
        ..MappingOptions::default()
    }
}

fn nmars_like() -> Config {
    Config {
        adc: Adc {
            bits: AdcBits::Bits(8),
            switch: AdcSwitch::Off,
            max_active_rows: 1,
            ..Adc::default()
        },
        mapping: no_grouping(),
        ..Config::default()
    }
}

fn naive() -> Config {
    Config {
        adc: Adc {
            switch: AdcSwitch::Off,
            ..Adc::default()
        },
        mapping: no_grouping(),
        ..Config::default()
    }
}
