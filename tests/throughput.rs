//! The throughput contract: total cycles are within 10 % of the largest of three bounds (busiest
//! bank's occupancy, commands per lane, bags retired) plus the pipeline's fill.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common_cosim;

use common_cosim::{
    Case, bundled_trace, compact, must_match, random, read_bags, shared_traces, simulator,
};
use recross::config::{Config, Method, Replication};
use recross::cosim::Preload;
use recross::mapping::learn;
use recross::trace::Bags;
use std::collections::BTreeSet;

/// Runs the held-out bags on the demo preset and holds the cycles against the bounds.
fn ratio(name: &str, history: &Bags, held_out: &Bags, change: impl Fn(&mut Config)) -> f64 {
    let mut config = Config::default();
    change(&mut config);
    let r = config.resolve("demo").unwrap();
    let case = Case {
        mapping: learn(&r, history, &()).unwrap(),
        table: random::table(&r, history.embeddings(), &mut random::rng(1)),
        bags: held_out.clone(),
    };
    let got = must_match(name, &simulator(&r), &r, &case, Preload::Images);
    let bounds = got.outcome.counters.bounds(&r);
    let ratio = bounds.ratio(got.outcome.cycles);
    let banks = &got.outcome.counters.banks;
    let mean = got.outcome.counters.bank_total().busy as f64 / banks.len() as f64;
    println!(
        "{name}: {} bags, {} cycles, {bounds:?}, ratio {ratio:.4}, busiest bank {:.3} of the mean",
        case.bags.len(),
        got.outcome.cycles,
        bounds.busiest_bank as f64 / mean,
    );
    ratio
}

#[test]
fn demo_preset_on_the_bundled_trace() {
    let (history, held_out) = bundled_trace().split_holdout(0.2);
    for (name, method, replication) in [
        ("recross, log copies", Method::Recross, Replication::Log),
        (
            "recross, proportional copies",
            Method::Recross,
            Replication::Proportional,
        ),
        ("id order, no copies", Method::IdOrder, Replication::None),
    ] {
        let ratio = ratio(name, &history, &held_out, |c| {
            c.mapping.method = method;
            c.mapping.replication = replication;
        });
        assert!(ratio <= 1.10, "{name}: {ratio}");
    }
}

#[test]
fn demo_preset_on_slices_of_further_traces() {
    let Some(folder) = shared_traces() else {
        return;
    };
    for (name, bags) in [
        ("gowalla", 4000),
        ("amazon-book-30", 6000),
        ("anime", 5000),
        ("threads-math-sx", 20_000),
    ] {
        let read = |part: &str| read_bags(&folder.join(format!("{name}.{part}.bags.gz")));
        let (train, test) = (read("train"), read("test"));
        let mut lists: Vec<Vec<u32>> = Vec::new();
        // The demo preset holds 32,768 embeddings.
        let mut seen = BTreeSet::new();
        let mut cuts = Vec::new();
        for (part, most) in [(&train, bags), (&test, bags / 4)] {
            for bag in part.iter().take(most) {
                seen.extend(bag.iter().map(|id| id.0));
                if seen.len() > 27_000 + 2000 * cuts.len() {
                    break;
                }
                lists.push(bag.iter().map(|id| id.0).collect());
            }
            cuts.push(lists.len());
        }
        let ids = train.embeddings().max(test.embeddings());
        let all = compact(&Bags::from_lists(ids, &lists).unwrap());
        let (history, held_out) = (all.slice(0..cuts[0]), all.slice(cuts[0]..cuts[1]));
        println!(
            "{name}: {} ids, history {}",
            all.embeddings(),
            history.len()
        );
        let ratio = ratio(name, &history, &held_out, |_| {});
        assert!(ratio <= 1.10, "{name}: {ratio}");
    }
}
