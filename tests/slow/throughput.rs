//! The throughput contract: `cycles - fill <= 1.1 * largest bound`, where the bounds are those of
//! [`Bounds`], and `fill` is the pipeline's fill.
use crate::cosim::{
    Case, bundled_trace, compact, geometries, must_match_in_order, optimised_simulator, random,
    read_bags, shared_traces, simulator,
};
use recross::config::{Config, Method, Replication};
use recross::cosim::Preload;
use recross::formats::trace::Bags;
use recross::hardware::Bounds;
use recross::learn::learn;
use std::collections::BTreeSet;

/// Runs the held-out bags on the demo preset. Returns (cycles - fill) / largest bound.
fn ratio(name: &str, history: &Bags, held_out: &Bags, change: impl Fn(&mut Config)) -> f64 {
    let mut config = Config::default();
    // So `bit_exact.rs` runs the same model.
    config.technology.write_ns = geometries::WRITE_NS;
    change(&mut config);
    let r = config.resolve("demo").unwrap();
    let case = Case {
        mapping: learn(&r, history, &()).unwrap(),
        table: random::table(&r, history.embeddings(), &mut random::rng(1)),
        bags: held_out.clone(),
    };
    let got = must_match_in_order(name, &optimised_simulator(&r), &r, &case, Preload::Images);
    let bounds = got.predicted.timing.bounds;
    let ratio = bounds.ratio(got.outcome.cycles);
    let banks = &got.verdict.counts.counters.banks;
    let mean = got.verdict.counts.bank_total.busy as f64 / banks.len() as f64;
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
        // In id order, long queues of few banks hold the others up.
        let most = if replication == Replication::None {
            1.12
        } else {
            1.10
        };
        assert!(ratio <= most, "{name}: {ratio}");
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

/// Runs a fast engine (one cycle per activation) with `ports` ports. Bag `b` has
/// `lookups(b)` ids, each of another group. Returns bounds, cycles and (cycles - fill) / largest
/// bound.
fn short_bags(name: &str, ports: u32, lookups: impl Fn(u32) -> u32) -> (Bounds, u64, f64) {
    let mut config = Config::default();
    config.embedding.dim = 2;
    config.embedding.value_bits = 4;
    config.crossbar.rows = 8;
    config.crossbar.cols = 4;
    config.crossbar.adcs = 4;
    config.technology.wordline_ns = 0.0;
    config.technology.flash_mac_ns = 1.0;
    config.mapping.method = Method::IdOrder;
    config.mapping.replication = Replication::None;
    config.frontend.ports = ports;
    let r = config.resolve("fast").unwrap();
    let ids = r.slots / 4 * 8;
    let lists: Vec<Vec<u32>> = (0..6000u32)
        .map(|bag| {
            let first = bag.wrapping_mul(2_654_435_761) >> 8;
            (0..lookups(bag))
                .map(|n| (first + n * ids / 7) % ids)
                .collect()
        })
        .collect();
    let bags = Bags::from_lists(ids, &lists).unwrap();
    let case = Case {
        mapping: learn(&r, &bags, &()).unwrap(),
        table: random::table(&r, ids, &mut random::rng(1)),
        bags,
    };
    let got = must_match_in_order(name, &simulator(&r), &r, &case, Preload::Images);
    let bounds = got.predicted.timing.bounds;
    let cycles = got.outcome.cycles;
    println!(
        "{name}: {cycles} cycles, {bounds:?}, ratio {:.4}",
        bounds.ratio(cycles)
    );
    (bounds, cycles, bounds.ratio(cycles))
}

/// Every other bag is empty: half a command per bag for four lanes. A port takes a beat for each bag,
/// and retires it, in a cycle; no bound is larger, with one port and with four. A lane has a register
/// for one vector of each port, so bags that follow one another in a lane wait for it.
#[test]
fn ports_are_the_bound_of_very_short_bags() {
    let run = |name: &str, ports| short_bags(name, ports, |bag| bag % 2);
    let (one, slow, ratio) = run("one port, half a lookup per bag", 1);
    assert_eq!((one.largest().1, one.bags_retired), (6000, 6000));
    assert!(ratio <= 1.15, "{ratio}");
    let (four, fast, ratio) = run("four ports, half a lookup per bag", 4);
    assert_eq!((four.largest().1, four.bags_retired), (1500, 1500));
    assert!(ratio <= 1.20, "{ratio}");
    assert!(slow > 3 * fast, "{slow} cycles, then {fast}");
}

/// Two lookups per bag: a port's beats are the largest bound with one port, commands per lane with
/// four.
#[test]
fn four_ports_raise_the_throughput_of_short_bags() {
    let run = |name: &str, ports| short_bags(name, ports, |_| 2);
    let (one, slow, ratio) = run("one port, two lookups per bag", 1);
    assert_eq!(one.largest(), ("ids in", 12_000));
    assert!(ratio <= 1.01, "{ratio}");
    let (four, fast, ratio) = run("four ports, two lookups per bag", 4);
    assert_eq!(four.largest().0, "commands per lane");
    assert!(ratio <= 1.20, "{ratio}");
    assert!(2 * slow > 3 * fast, "{slow} cycles, then {fast}");
}
