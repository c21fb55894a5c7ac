//! Compares the cycle model with the RTL (the cycle of every result, the total, every counter, and in
//! every fourth run the status outputs in every cycle) on random small configurations with random
//! mappings, traces and pauses, and on every snapshot configuration. (Every other co-simulation test
//! compares them too, the status outputs in some cycles; `bit_exact.rs` does so on every preset, with
//! the bundled trace and slices of further traces.)
//!
//! Each geometry takes one Verilator build of several seconds. So these tests draw 16 geometries,
//! and for each of them 32 times what needs no build (mapping, replicas, trace, table, pauses): 512
//! configurations. The ignored test draws more geometries, 100 by default:
//! `make campaign N=500`.
use crate::cosim::{
    Case, bundled_trace, geometries, must_match, random, simulator, translate, with_stalls,
};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use recross::config::{
    Adc, AdcSwitch, Config, Converter, Crossbar, Embedding, Engine, EventCounters, Frontend,
    Method, Resolved, TechnologyKeys,
};
use recross::cosim::{Preload, RunSpec};
use recross::host::BagOrder;
use recross::learn::learn;
use recross::mapping::contents::Contents;
use recross::reference::cycles::{Model, Timing};
use std::path::Path;

/// A random small geometry with any kind of engine, converter and split.
fn geometry(rng: &mut ChaCha8Rng) -> Config {
    loop {
        let rows = match rng.random_range(0..4u32) {
            0 => rng.random_range(2..=4),
            1 => rng.random_range(63..=66),
            _ => rng.random_range(5..=20),
        };
        let adcs = rng.random_range(1..=4u32);
        let max_active_rows = match rng.random_bool(0.5) {
            true => 0,
            false => rng.random_range(1..=rows),
        };
        let most = if max_active_rows == 0 {
            rows
        } else {
            max_active_rows
        };
        let banks_per_lane = match rng.random_range(0..4u32) {
            0 => 1,
            1 => rng.random_range(6..=9),
            _ => rng.random_range(2..=5),
        };
        let ports = rng.random_range(1..=5u32);
        let config = Config {
            embedding: Embedding {
                dim: rng.random_range(1..=2),
                value_bits: rng.random_range(2..=4),
                max_bag: 120,
                ..Embedding::default()
            },
            crossbar: Crossbar {
                rows,
                cols: adcs * rng.random_range(1..=4u32),
                cell_bits: rng.random_range(1..=2),
                adcs,
            },
            adc: Adc {
                kind: [Converter::Flash, Converter::Sar][rng.random_range(0..2usize)],
                switch: [AdcSwitch::Off, AdcSwitch::Dynamic, AdcSwitch::Graded]
                    [rng.random_range(0..3usize)],
                max_active_rows,
                read_split_max: match rng.random_bool(0.5) {
                    true => 0,
                    false => rng.random_range(0..=most.min(4)),
                },
                ..Adc::default()
            },
            engine: Engine {
                lanes: if rng.random_bool(0.2) {
                    rng.random_range(5..=9)
                } else {
                    rng.random_range(1..=4)
                },
                banks_per_lane,
                crossbars_per_bank: rng.random_range(1..=3),
                queue_depth: 1 << rng.random_range(1..=3u32),
                tree_fan_in: 1 << rng.random_range(1..=3u32),
                counters: [
                    EventCounters::None,
                    EventCounters::Totals,
                    EventCounters::Full,
                ][rng.random_range(0..3usize)],
                counter_bits: [8, 13, 32, 48][rng.random_range(0..4usize)],
            },
            frontend: Frontend {
                ports,
                ids_per_beat: 1 << rng.random_range(0..=2u32),
                window: 1 << rng.random_range(1..=5u32),
                gather: [0, 2, 3, 4, 9][rng.random_range(0..5usize)],
                places: [0, ports, ports + 1, 2 * ports][rng.random_range(0..4usize)],
                hop_lanes: rng.random_range(0..=4),
                result_bits: [32, 64, 128][rng.random_range(0..3usize)],
                tag_bits: [1, 7, 16, 32][rng.random_range(0..4usize)],
            },
            technology: TechnologyKeys {
                wordline_ns: [0.0, 2.0, 9.0][rng.random_range(0..3usize)],
                flash_mac_ns: [1.0, 4.0, 12.0][rng.random_range(0..3usize)],
                flash_read_ns: [1.0, 3.0][rng.random_range(0..2usize)],
                write_ns: geometries::WRITE_NS,
                ..TechnologyKeys::default()
            },
            ..Config::default()
        };
        if config.clone().resolve("drawn").is_ok() {
            return config;
        }
    }
}

/// Random contents. Bags that touch few groups arrive fast enough to fill every queue.
fn contents(resolved: &Resolved, rng: &mut ChaCha8Rng) -> Case {
    let mapping = random::mapping(resolved, rng);
    let table = random::table(resolved, mapping.embeddings, rng);
    let most = if rng.random_bool(0.2) { 160 } else { 40 };
    let bags = random::bags(resolved, mapping.embeddings, most, rng);
    Case {
        mapping,
        table,
        bags,
    }
}

/// Checks that the parts of every lane and bank add up to the run's cycles.
fn parts_add_up(what: &str, timing: &Timing) {
    let all = &timing.attribution;
    for parts in all.lanes.iter().chain(&all.banks) {
        assert_eq!(parts.total(), timing.cycles, "{what}: {parts:?}");
    }
    for (parts, counted) in all.banks.iter().zip(&timing.counters.banks) {
        assert_eq!(parts.busy, counted.busy - counted.merge_stall, "{what}");
        assert!(parts.merge >= counted.merge_stall, "{what}");
    }
    for (parts, counted) in all.lanes.iter().zip(&timing.counters.lanes) {
        assert!(parts.busy >= counted.commands, "{what}");
        assert!(parts.conflicts <= counted.wait_queue, "{what}");
        assert!(parts.places <= counted.wait_place, "{what}");
    }
}

/// Compares `runs` random runs on one geometry, whose contents come through the port where `port` says so
/// of a run's number. Returns the numbers of bags and cycles compared.
pub fn draws(
    what: &str,
    config: &Config,
    runs: u32,
    port: fn(u32) -> bool,
    rng: &mut ChaCha8Rng,
) -> (u64, u64) {
    let (mut bags, mut cycles) = (0, 0);
    for run in 0..runs {
        let mut pause = |most: u32| match rng.random_range(0..3u32) {
            0 => 0,
            1 => rng.random_range(1..=most),
            _ => rng.random_range(1..=100),
        };
        let (input, output) = (pause(900), pause(900));
        let resolved = with_stalls(config, input, output, rng.random());
        let case = contents(&resolved, rng);
        let what = format!("{what}, run {run}, pauses {input} {output}");
        let preload = match port(run) {
            false => Preload::Images,
            true => Preload::Port,
        };
        // Pauses are not part of the build: the model is built once and then found in the cache.
        let sim = simulator(&resolved);
        let checked = must_match(&what, &sim, &resolved, &case, preload);
        let timing = &checked.predicted.timing;
        assert_eq!(timing.cycles, checked.outcome.cycles, "{what}");
        parts_add_up(&what, timing);
        if run % 4 == 0 {
            let contents = Contents::new(&case.mapping, &case.table, &resolved).unwrap();
            let model = Model::new(&resolved, &case.mapping).unwrap();
            let spec = RunSpec::default();
            let found = sim.locate(&contents, &checked.translated, &spec, &model, timing.cycles);
            assert_eq!(found.unwrap(), None, "{what}: status outputs");
        }
        bags += case.bags.len() as u64;
        cycles += timing.cycles;
    }
    (bags, cycles)
}

/// Compares `runs` runs on each of the geometries `numbers`; a geometry's number is its seed.
fn random_geometries(numbers: std::ops::Range<u64>, runs: u32) {
    let (mut bags, mut cycles) = (0, 0);
    for number in numbers {
        let mut rng = random::rng(0xC1C1E ^ number << 32);
        let config = geometry(&mut rng);
        let what = format!("geometry {number}: {config:?}");
        let compared = draws(&what, &config, runs, |run| run % 8 > 0, &mut rng);
        bags += compared.0;
        cycles += compared.1;
    }
    println!("{bags} bags, {cycles} cycles agree");
    assert!(bags > 10 * u64::from(runs), "{bags} bags only");
}

#[test]
fn random_geometries_0_to_7() {
    random_geometries(0..8, 32);
}

#[test]
fn random_geometries_8_to_15() {
    random_geometries(8..16, 32);
}

#[test]
#[ignore = "run by `make campaign`: it builds a model for each of many geometries"]
fn many_random_geometries() {
    let number = std::env::var("RECROSS_GEOMETRIES").map_or(100, |n| n.parse().unwrap());
    random_geometries(16..16 + number, 8);
}

#[test]
fn every_snapshot_configuration() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/configs");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(paths.len() >= 8);
    for path in paths {
        let what = path.file_stem().unwrap().to_string_lossy().into_owned();
        let config = Config::load(&path).unwrap().config;
        // These have the default time of a write, so rows that come through the port take most of a run.
        draws(&what, &config, 6, |run| run == 1, &mut random::rng(31));
    }
}

/// Bags translated in chunks take the same cycles as bags translated all at once, and each run starts
/// with an empty pipeline.
#[test]
fn streamed_bags_take_the_cycles_of_translated_bags() {
    let r = with_stalls(&Config::default(), 100, 50, 3);
    let bags = bundled_trace().slice(0..500);
    let mut config = r.config.clone();
    config.mapping.method = Method::Frequency;
    let r = config.resolve("test").unwrap();
    let mapping = learn(&r, &bags, &()).unwrap();
    let model = Model::new(&r, &mapping).unwrap();
    let translated = translate(&mapping, &bags, &r);
    let mut all_at_once = Vec::new();
    let whole = model
        .run_translated(&translated, &mut |bag, at| all_at_once.push((bag, at)))
        .unwrap();
    for _ in 0..2 {
        let mut streamed = Vec::new();
        let timing = model
            .run(bags.iter(), BagOrder::of(&r), &mut |bag, at| {
                streamed.push((bag, at));
            })
            .unwrap();
        assert_eq!(timing, whole);
        assert_eq!(streamed, all_at_once);
    }
    assert_eq!(all_at_once.len(), bags.len());
    assert_eq!(all_at_once.last().unwrap().1 + 1, whole.cycles);
    parts_add_up("bundled", &whole);
}

#[test]
fn bags_for_another_number_of_ports_are_refused() {
    let r = with_stalls(&geometries::tiny(), 0, 0, 0);
    let small = with_stalls(&geometries::wide(), 0, 0, 0);
    let case = random::case(&r, 1);
    let other = random::case(&small, 1);
    let mut translated = translate(&case.mapping, &case.bags, &r);
    translated.ports.push(translated.ports[0].clone());
    let model = Model::new(&small, &other.mapping).unwrap();
    let error = model.run_translated(&translated, &mut |_, _| {});
    assert!(error.unwrap_err().to_string().contains("ports"));
}
