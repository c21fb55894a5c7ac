//! Gates as Yosys counts them: what has to stay small, and the estimate for machines without Yosys.

use recross::config::{Config, EventCounters};
use recross::cost::{count_bank, count_gates, count_lane_front, estimate_gates};

const MISSING: &str = "yosys is missing: ./scripts/tools.sh yosys";

fn claims() -> Config {
    let text = include_str!("../../examples/crossbar_per_bank.toml");
    Config::from_toml(text, "example").unwrap()
}

/// The bank of the claims' configuration stays small.
#[test]
fn the_bank_of_the_claims_is_small() {
    for (counters, most) in [
        (EventCounters::None, 8_000.0),
        (EventCounters::Totals, 10_000.0),
    ] {
        let mut config = claims();
        config.engine.counters = counters;
        let count = count_bank(&config.resolve("test").unwrap(), &()).unwrap();
        let count = count.expect(MISSING);
        println!("{counters:?} {count:?}");
        let bank = count.bank.gates + count.totals.gates;
        assert!(bank > 5_000.0 && bank <= most, "{counters:?}: {bank} gates");
        assert!(count.converters.gates <= 1_700.0, "{count:?}");
        assert_eq!(count.totals.gates > 0.0, counters == EventCounters::Totals);
    }
}

/// So does the front end of a lane of a large engine: 8 ports of 2 ids.
#[test]
fn the_front_end_of_a_lane_is_small() {
    let mut config = claims();
    (config.frontend.ids_per_beat, config.frontend.window) = (2, 64);
    config.frontend.places = 0;
    config.engine.banks_per_lane = 13;
    let r = config.resolve("test").unwrap();
    let count = count_lane_front(&r, &()).unwrap().expect(MISSING);
    println!("{count:?}");
    assert_eq!(count.memory_bits, 0.0);
    assert!(
        count.gates > 40_000.0 && count.gates <= 70_000.0,
        "{count:?}"
    );
}

/// The estimate is within 30 % of the count.
#[test]
fn the_estimate_is_near_the_count() {
    // Small vectors and banks take seconds instead of minutes. The presets were within the bound too.
    for (rows, dim, cell_bits, window, (ports, ids), fan_in, counters) in [
        (16, 4, 2, 16, (1, 1), 2, EventCounters::Full),
        (16, 4, 2, 16, (1, 1), 2, EventCounters::Totals),
        (64, 8, 1, 32, (4, 2), 4, EventCounters::Totals),
    ] {
        let mut config = Config::default();
        config.engine.counters = counters;
        (config.frontend.ports, config.engine.tree_fan_in) = (ports, fan_in);
        (config.crossbar.rows, config.embedding.dim) = (rows, dim);
        (config.crossbar.cell_bits, config.frontend.window) = (cell_bits, window);
        (config.frontend.ids_per_beat, config.frontend.gather) = (ids, 9);
        let r = config.resolve("test").unwrap();
        let counted = count_gates(&r, &()).unwrap().expect(MISSING);
        let e = estimate_gates(&r);
        for (name, counted, estimated) in [
            ("converters", counted.converters, e.converters),
            ("bank", counted.bank, e.bank),
            ("lane", counted.lane, e.lane),
            ("lane's front end", counted.lane_front, e.lane_front),
            ("engine", counted.engine, e.engine),
        ] {
            println!("{rows} {dim} {counters:?} {name} {counted:?} {estimated:?}");
            assert_eq!(counted.memory_bits, estimated.memory_bits, "{name}");
            let ratio = estimated.gates / counted.gates;
            assert!((ratio - 1.0).abs() <= 0.3, "{name}: {ratio}");
        }
    }
}
