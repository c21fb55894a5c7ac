//! Tests of the energy model and of the technology file.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod conversions;
mod digital;
mod technology_file;

use super::*;
use crate::config::{Adc as AdcConfig, AdcBits, AdcSwitch, Config, Converter, Crossbar, Resolved};
use crate::hardware::{BankCounters, Counters, EngineCounters, LaneCounters};
use crate::technology::*;

/// 64x64 cells of 1 bit, 8 converters of 6 bits, vectors of 8 elements: one array per bank.
fn measured_array(kind: Converter, switch: AdcSwitch) -> Resolved {
    let mut config = Config::default();
    config.embedding.dim = 8;
    config.crossbar = Crossbar {
        rows: 64,
        cols: 64,
        cell_bits: 1,
        adcs: 8,
    };
    config.adc = AdcConfig {
        kind,
        switch,
        bits: AdcBits::Bits(6),
        ..AdcConfig::default()
    };
    (config.frontend.gather, config.frontend.places) = (32, 16);
    let r = config.resolve("test").unwrap();
    assert_eq!((r.phases, r.column_blocks), (8, 1));
    r
}

/// Counters, as the RTL counts them, of one bank that did activations with the given numbers of
/// rows, one per command, all of one bag.
fn activations(r: &Resolved, rows: &[u32]) -> Counters {
    let mut b = BankCounters {
        commands: rows.len() as u64,
        row_commands: rows.iter().filter(|&&n| n == 1).count() as u64,
        ..BankCounters::default()
    };
    for &n in rows {
        let level = r.adc_levels[r.adc_level(n)];
        b.activations += 1;
        b.active_rows += u64::from(n);
        b.single_row += u64::from(n == 1);
        let phases = u64::from(r.phases);
        match level.read_mode {
            true => b.read_phases += phases,
            false => b.mac_phases += phases,
        }
        b.thresholds += phases * u64::from(level.limit);
        b.busy += u64::from(r.activation_cycles(n)) + 3;
        b.merge_stall += 3;
    }
    Counters {
        engine: EngineCounters {
            cycles: 1000,
            retired: 1,
            // As if all of four lanes had commands of the bag: a tree of two levels.
            tree_words: 7,
            tree_adds: 3,
            ..EngineCounters::default()
        },
        lanes: vec![LaneCounters {
            commands: b.commands,
            adds: b.commands - 1,
            ..LaneCounters::default()
        }],
        banks: vec![b],
    }
}

fn technology(text: &str) -> Technology {
    Technology::from_toml(text, "test").unwrap()
}

/// Energy of wordlines, drivers and converters, which the measured totals include.
fn analog(e: &Energy) -> f64 {
    e.parts_pj.array + e.parts_pj.drivers + adc(e)
}

fn adc(e: &Energy) -> f64 {
    e.parts_pj.adc_read + e.parts_pj.adc_mac
}

#[track_caller]
fn near(found: f64, wanted: f64, within: f64) {
    let off = if wanted == 0.0 {
        found.abs()
    } else {
        (found / wanted - 1.0).abs()
    };
    assert!(off <= within, "{found} is not {wanted} within {within}");
}

#[test]
fn leakage_is_optional() {
    let r = measured_array(Converter::Flash, AdcSwitch::Dynamic);
    let c = activations(&r, &[4]);
    let e = energy(&r, &technology("[array]\nleakage = 3\n"), &c);
    // 512 crossbars of 4096 cells, 1000 cycles of 2 ns.
    near(e.parts_pj.leakage, 512.0 * 4096.0 * 3.0 * 2e-6, 1e-9);
    assert!(e.provenance.user.contains("array.leakage"));
}

/// The energy of n equal activations is n times that of one; without events it is 0.
#[test]
fn energy_is_linear_in_equal_activations() {
    let r = Config::default().resolve("test").unwrap();
    let t = technology("");
    let one = energy(&r, &t, &activations(&r, &[5]));
    let mut ten = activations(&r, &[5; 10]);
    let engine = &mut ten.engine;
    (engine.retired, engine.tree_words, engine.tree_adds) = (10, 70, 30);
    ten.lanes[0].adds = 0;
    near(energy(&r, &t, &ten).total_pj, 10.0 * one.total_pj, 1e-9);
    let none = energy(&r, &t, &Counters::default());
    assert_eq!(
        (none.total_pj, none.per_lookup_pj, none.per_bag_pj),
        (0.0, None, None)
    );
    near(
        one.total_pj,
        one.parts_pj.named().iter().map(|p| p.1).sum(),
        1e-12,
    );
    assert!(one.provenance.inferred.contains("digital.population_count"));
    assert!(!one.provenance.inferred.contains("adc.sar.bit_area"));
    serde_json::to_string(&one).unwrap();
}
