//! Co-simulates random tables, mappings, bags and pauses on the shared geometries and on odd ones,
//! and checks every value, cycle and event counter.
use crate::cosim::{Case, geometries, must_match, random, simulator, with_stalls};
use proptest::prelude::*;
use proptest::test_runner::{Config as Runner, RngAlgorithm, TestRng, TestRunner};
use recross::config::{Config, Method, Replication};
use recross::cosim::Preload;
use recross::learn::learn;
use std::cell::Cell;

const METHODS: [Method; 4] = [
    Method::IdOrder,
    Method::Random,
    Method::Frequency,
    Method::Recross,
];
const REPLICATIONS: [Replication; 3] = [
    Replication::None,
    Replication::Log,
    Replication::Proportional,
];

/// The random inputs of one run on a geometry.
#[derive(Debug, Clone)]
struct Draw {
    seed: u64,
    /// Indices of the method and replication to learn with; `None`: a random mapping.
    learned: Option<(usize, usize)>,
    pauses: (u32, u32),
    images: bool,
}

fn draws() -> impl Strategy<Value = Draw> {
    let pauses = prop_oneof![Just(0u32), 1u32..=1000];
    (
        // No more than TOML can write.
        0..=i64::MAX as u64,
        proptest::option::of((0..METHODS.len(), 0..REPLICATIONS.len())),
        (pauses.clone(), pauses),
        any::<bool>(),
    )
        .prop_map(|(seed, learned, pauses, images)| Draw {
            seed,
            learned,
            pauses,
            images,
        })
}

fn check(name: &str, config: &Config, draw: &Draw) -> usize {
    let mut config = config.clone();
    let mut case;
    if let Some((method, replication)) = draw.learned {
        config.mapping.method = METHODS[method];
        config.mapping.replication = REPLICATIONS[replication];
        config.mapping.budget = (draw.seed % 5) as f64 / 2.0;
        let resolved = with_stalls(&config, 0, 0, 0);
        let mut rng = random::rng(draw.seed);
        let room = resolved.slots * config.crossbar.rows;
        let embeddings = 1 + (draw.seed >> 20) as u32 % room;
        let history = random::bags(&resolved, embeddings, 60, &mut rng);
        case = Case {
            mapping: learn(&resolved, &history, &()).unwrap(),
            table: random::table(&resolved, embeddings, &mut rng),
            bags: random::bags(&resolved, embeddings, 40, &mut rng),
        };
    } else {
        case = random::case(&with_stalls(&config, 0, 0, 0), draw.seed);
    }
    // Pauses make runs long, so use fewer bags.
    if draw.pauses.0.max(draw.pauses.1) > 900 {
        case.bags = case.bags.slice(0..10);
    }
    let resolved = with_stalls(&config, draw.pauses.0, draw.pauses.1, draw.seed);
    let preload = match draw.images {
        true => Preload::Images,
        false => Preload::Port,
    };
    let what = format!("{name}, {draw:?}");
    must_match(&what, &simulator(&resolved), &resolved, &case, preload);
    case.bags.len()
}

/// Checks `cases` random runs on a geometry, the same ones every time.
fn property(name: &str, config: &Config, cases: u32) {
    let mut seed = [0; 32];
    for (to, from) in seed.iter_mut().zip(name.bytes()) {
        *to = from;
    }
    let runner = Runner {
        cases,
        failure_persistence: None,
        ..Runner::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let bags = Cell::new(0);
    TestRunner::new_with_rng(runner, rng)
        .run(&draws(), |draw| {
            bags.set(bags.get() + check(name, config, &draw));
            Ok(())
        })
        .unwrap_or_else(|e| panic!("{name}: {e}"));
    assert!(bags.get() > cases as usize, "{name}: {} bags", bags.get());
}

#[test]
fn split_geometry() {
    property("split", &geometries::split(), 15);
}

#[test]
fn sar_lossy_geometry() {
    property("sar_lossy", &geometries::sar_lossy(), 15);
}

#[test]
fn wide_geometry() {
    property("wide", &geometries::wide(), 15);
}

#[test]
fn tiny_geometry() {
    property("tiny", &geometries::tiny(), 15);
}

#[test]
fn odd_geometries() {
    for (name, config) in geometries::odd() {
        property(name, &config, 6);
    }
}
