//! The geometries that the co-simulation tests share; each takes one Verilator build, which small
//! stores keep short.

use recross::config::{
    Adc, AdcBits, AdcSwitch, Config, Converter, Crossbar, Embedding, Engine, EventCounters,
    Frontend, TechnologyKeys,
};

/// Time of a write, in which a row is written in 30 cycles. Runs that load all rows through the control slave
/// would do little else with the default of 8,520 ns; `cycle_model.rs` runs the snapshot configurations
/// with theirs.
pub const WRITE_NS: f64 = 60.0;

/// The default configuration with a short time of a write.
fn base() -> Config {
    let mut config = Config::default();
    config.technology.write_ns = WRITE_NS;
    config
}

/// `ports` ports with a window each, and room for so many commands and sums in each lane.
fn frontend(ports: u32, window: u32, gather: u32, places: u32) -> Frontend {
    Frontend {
        ports,
        window,
        gather,
        places,
        ..Frontend::default()
    }
}

/// Two column blocks, more cell bits than value bits (3 slices of 3 bits for 8 bits), a graded
/// switch with configured levels, masks split at 5 rows, pairs read row by row, four ports.
pub fn split() -> Config {
    Config {
        embedding: Embedding {
            dim: 6,
            value_bits: 8,
            max_bag: 64,
            ..Embedding::default()
        },
        crossbar: Crossbar {
            rows: 12,
            cols: 12,
            cell_bits: 3,
            adcs: 6,
        },
        adc: Adc {
            switch: AdcSwitch::Graded,
            levels: vec![3, 4],
            max_active_rows: 5,
            read_split_max: 2,
            ..Adc::default()
        },
        engine: Engine {
            lanes: 2,
            banks_per_lane: 2,
            crossbars_per_bank: 3,
            queue_depth: 2,
            tree_fan_in: 2,
            counters: EventCounters::Full,
            counter_bits: 8,
        },
        frontend: frontend(4, 4, 8, 6),
        ..base()
    }
}

/// One lane, one bank, the smallest window and queue; more slices than converters; SAR converters
/// that clip; no wordline set-up.
pub fn sar_lossy() -> Config {
    Config {
        embedding: Embedding {
            dim: 3,
            value_bits: 7,
            max_bag: 100,
            ..Embedding::default()
        },
        crossbar: Crossbar {
            rows: 8,
            cols: 15,
            cell_bits: 2,
            adcs: 3,
        },
        adc: Adc {
            kind: Converter::Sar,
            bits: AdcBits::Bits(3),
            switch: AdcSwitch::Graded,
            ..Adc::default()
        },
        engine: Engine {
            lanes: 1,
            banks_per_lane: 1,
            crossbars_per_bank: 4,
            queue_depth: 2,
            tree_fan_in: 2,
            ..Engine::default()
        },
        frontend: frontend(1, 2, 4, 2),
        technology: TechnologyKeys {
            wordline_ns: 0.0,
            ..base().technology
        },
        ..base()
    }
}

/// SAR converters that do not clip, with two lanes and two banks.
pub fn sar_lossless() -> Config {
    let mut config = tiny();
    config.adc.kind = Converter::Sar;
    config.adc.switch = AdcSwitch::Graded;
    config
}

/// Masks of more than 64 rows, an odd number of lanes, an idle converter in each phase, large bags.
pub fn wide() -> Config {
    Config {
        embedding: Embedding {
            dim: 3,
            value_bits: 4,
            max_bag: 1000,
            ..Embedding::default()
        },
        crossbar: Crossbar {
            rows: 70,
            cols: 15,
            cell_bits: 1,
            adcs: 5,
        },
        adc: Adc {
            switch: AdcSwitch::Dynamic,
            ..Adc::default()
        },
        engine: Engine {
            lanes: 3,
            banks_per_lane: 3,
            crossbars_per_bank: 4,
            queue_depth: 8,
            tree_fan_in: 2,
            counters: EventCounters::None,
            ..Engine::default()
        },
        frontend: frontend(1, 16, 0, 0),
        technology: TechnologyKeys {
            wordline_ns: 5.0,
            flash_mac_ns: 7.0,
            ..base().technology
        },
        ..base()
    }
}

/// The smallest geometry in which every block of the design is used.
pub fn tiny() -> Config {
    Config {
        embedding: Embedding {
            dim: 2,
            value_bits: 4,
            max_bag: 32,
            ..Embedding::default()
        },
        crossbar: Crossbar {
            rows: 8,
            cols: 4,
            cell_bits: 2,
            adcs: 2,
        },
        adc: Adc {
            switch: AdcSwitch::Dynamic,
            max_active_rows: 5,
            ..Adc::default()
        },
        engine: Engine {
            lanes: 2,
            banks_per_lane: 2,
            crossbars_per_bank: 2,
            queue_depth: 2,
            tree_fan_in: 2,
            ..Engine::default()
        },
        frontend: frontend(2, 4, 6, 4),
        ..base()
    }
}

/// Four banks with activations of one cycle, so that their results wait for the merge.
pub fn contended() -> Config {
    let mut config = tiny();
    config.crossbar.adcs = 4;
    config.technology.wordline_ns = 0.0;
    config.technology.flash_mac_ns = 1.0;
    config.engine.lanes = 1;
    config.engine.banks_per_lane = 4;
    config.engine.queue_depth = 8;
    config.frontend = frontend(4, 4, 16, 16);
    config
}

/// Two ports of two ids a beat, hops of two lanes, five lanes, adder trees with fan-in 4, and a small window.
pub fn ports() -> Config {
    let mut config = tiny();
    config.engine.lanes = 5;
    config.frontend.ids_per_beat = 2;
    config.frontend.hop_lanes = 2;
    config.engine.counters = EventCounters::Full;
    config.engine.tree_fan_in = 4;
    config
}

/// Two ports of two ids a beat, with as little room for what is under way as is allowed.
pub fn cramped() -> Config {
    let mut config = tiny();
    config.frontend = Frontend {
        ports: 2,
        ids_per_beat: 2,
        window: 2,
        gather: 2,
        places: 2,
        hop_lanes: 1,
        ..Frontend::default()
    };
    config
}

/// [`split`], [`sar_lossy`], [`wide`], [`tiny`] and [`ports`] by name.
pub fn shared() -> Vec<(&'static str, Config)> {
    vec![
        ("split", split()),
        ("sar_lossy", sar_lossy()),
        ("wide", wide()),
        ("tiny", tiny()),
        ("ports", ports()),
    ]
}

/// Geometries at the edges of what is allowed.
pub fn odd() -> Vec<(&'static str, Config)> {
    let least = Config {
        embedding: Embedding {
            dim: 1,
            value_bits: 2,
            max_bag: 1,
            ..Embedding::default()
        },
        crossbar: Crossbar {
            rows: 2,
            cols: 1,
            cell_bits: 2,
            adcs: 1,
        },
        engine: Engine {
            lanes: 1,
            banks_per_lane: 1,
            crossbars_per_bank: 1,
            queue_depth: 2,
            tree_fan_in: 2,
            ..Engine::default()
        },
        frontend: frontend(1, 2, 4, 2),
        ..base()
    };
    // Five lanes make two stages of the adder tree uneven; 33 rows are one more than a word holds.
    let five_lanes = Config {
        embedding: Embedding {
            dim: 2,
            value_bits: 16,
            max_bag: 500,
            ..Embedding::default()
        },
        crossbar: Crossbar {
            rows: 33,
            cols: 8,
            cell_bits: 4,
            adcs: 8,
        },
        adc: Adc {
            kind: Converter::Sar,
            switch: AdcSwitch::Graded,
            ..Adc::default()
        },
        engine: Engine {
            lanes: 5,
            banks_per_lane: 1,
            crossbars_per_bank: 3,
            queue_depth: 4,
            tree_fan_in: 2,
            ..Engine::default()
        },
        frontend: frontend(3, 8, 9, 5),
        ..base()
    };
    // Each converter has one threshold; SAR converters, always at full resolution.
    let one_bit = Config {
        embedding: Embedding {
            dim: 5,
            value_bits: 5,
            max_bag: 90,
            ..Embedding::default()
        },
        crossbar: Crossbar {
            rows: 64,
            cols: 10,
            cell_bits: 4,
            adcs: 2,
        },
        adc: Adc {
            kind: Converter::Sar,
            bits: AdcBits::Bits(1),
            switch: AdcSwitch::Off,
            max_active_rows: 63,
            ..Adc::default()
        },
        engine: Engine {
            lanes: 1,
            banks_per_lane: 3,
            crossbars_per_bank: 2,
            queue_depth: 2,
            tree_fan_in: 2,
            ..Engine::default()
        },
        frontend: frontend(1, 2, 3, 2),
        ..base()
    };
    // Six slices on four converters: two phases per element, the second one half empty. Every
    // activation is read row by row. Some phases are unused.
    let parts = Config {
        embedding: Embedding {
            dim: 3,
            value_bits: 16,
            max_bag: 60,
            ..Embedding::default()
        },
        crossbar: Crossbar {
            rows: 9,
            cols: 20,
            cell_bits: 3,
            adcs: 4,
        },
        adc: Adc {
            max_active_rows: 7,
            read_split_max: 7,
            ..Adc::default()
        },
        engine: Engine {
            lanes: 2,
            banks_per_lane: 1,
            crossbars_per_bank: 5,
            queue_depth: 4,
            tree_fan_in: 2,
            ..Engine::default()
        },
        frontend: frontend(8, 2, 12, 9),
        ..base()
    };
    // The widest accumulators; many banks with few rows.
    let many_banks = Config {
        embedding: Embedding {
            dim: 1,
            value_bits: 16,
            max_bag: 1 << 20,
            ..Embedding::default()
        },
        crossbar: Crossbar {
            rows: 3,
            cols: 16,
            cell_bits: 1,
            adcs: 16,
        },
        adc: Adc {
            max_active_rows: 1,
            ..Adc::default()
        },
        engine: Engine {
            lanes: 2,
            banks_per_lane: 7,
            crossbars_per_bank: 1,
            queue_depth: 2,
            tree_fan_in: 2,
            ..Engine::default()
        },
        frontend: frontend(2, 32, 16, 12),
        ..base()
    };
    vec![
        ("least", least),
        ("five_lanes", five_lanes),
        ("one_bit", one_bit),
        ("parts", parts),
        ("many_banks", many_banks),
    ]
}
