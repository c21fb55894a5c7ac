//! Checks that the cycle model's memory does not grow with the trace. (This is a separate test
//! binary because it counts all allocations of the process.)
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "common/allocations.rs"]
mod allocations;

use allocations::{LIVE, PEAK};
use recross::config::{Config, Method};
use recross::formats::trace::Bags;
use recross::host::BagOrder;
use recross::ids::EmbeddingId;
use recross::learn::learn;
use recross::reference::cycles::Model;
use std::sync::atomic::Ordering::Relaxed;

#[test]
fn twenty_times_the_bags_need_no_more_memory() {
    let mut config = Config::default();
    config.mapping.method = Method::IdOrder;
    let resolved = config.resolve("test").unwrap();
    let ids = 4096u32;
    let history = Bags::from_lists(ids, &[vec![0, 1], vec![2]]).unwrap();
    let model = Model::new(&resolved, &learn(&resolved, &history, &()).unwrap()).unwrap();
    let bags: Vec<Vec<EmbeddingId>> = (0..997u32)
        .map(|bag| {
            let id = |i: u32| bag.wrapping_mul(2_654_435_761).wrapping_add(i * 40_503) >> 7;
            (0..bag % 40).map(|i| EmbeddingId(id(i) % ids)).collect()
        })
        .collect();
    let peak = |number: usize| {
        let before = LIVE.load(Relaxed);
        PEAK.store(before, Relaxed);
        let mut results = 0;
        let repeated = bags.iter().cycle().take(number).map(Vec::as_slice);
        model
            .run(repeated, BagOrder::of(&resolved), &mut |_, _| results += 1)
            .unwrap();
        assert_eq!(results, number);
        PEAK.load(Relaxed) - before
    };
    let short = peak(10_000);
    let long = peak(200_000);
    // A vector may double once more: the peak is the same for 200,000 and a million bags. What was kept of
    // a bag would take four bytes at least.
    let more = long.saturating_sub(short);
    assert!(more < (200_000 - 10_000) / 4, "{short} bytes, then {long}");
}
