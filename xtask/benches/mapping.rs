//! Benchmarks of the mapping engine on the bundled trace: `cargo bench -p xtask --bench mapping`.
//!
//! A grouping with a fixed number of proposals consists of the start (bisection and greedy grouping
//! on every fold), the trials and the annealing. The difference between two numbers of proposals
//! gives the time of the annealing.
#![allow(clippy::unwrap_used)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use recross::config::{Config, Effort, Method, Replication};
use recross::formats::trace::{Bags, ReadOptions, read};
use recross::learn::{group_by, lay_out, learn, optimized, score};
use std::path::Path;

fn history() -> Bags {
    let path = Path::new("data/debian-installs.bags.gz");
    let trace = read(path, &ReadOptions::default()).unwrap();
    let rows = trace.inferred_rows();
    trace.into_bags(&rows).unwrap()
}

fn grouping(c: &mut Criterion) {
    let history = history();
    let mut group = c.benchmark_group("grouping");
    group.sample_size(10);
    for method in [Method::Frequency, Method::Recross] {
        group.bench_function(format!("{method:?}"), |b| {
            b.iter(|| group_by(method, &history, 64, 1, &()).unwrap());
        });
    }
    for proposals in [100_000, 1_000_000] {
        let mut options = optimized::Options::new(64, 1);
        options.effort = Effort::Fast;
        options.proposals = Some(proposals);
        group.throughput(Throughput::Elements(proposals));
        group.bench_function(format!("optimized, {proposals} proposals"), |b| {
            b.iter(|| optimized::group(&history, &options, &()).unwrap());
        });
    }
    group.finish();
}

fn after_grouping(c: &mut Criterion) {
    let history = history();
    let groups = group_by(Method::Recross, &history, 64, 1, &()).unwrap();
    let mut group = c.benchmark_group("after grouping");
    group.throughput(Throughput::Elements(history.lookups()));
    for replication in [Replication::Log, Replication::Optimized] {
        let mut config = Config::default();
        config.mapping.replication = replication;
        let resolved = config.resolve("bench").unwrap();
        group.bench_function(format!("copies {replication:?} and placement"), |b| {
            b.iter_batched(
                || groups.clone(),
                |groups| lay_out(&resolved, groups, &history, &()).unwrap(),
                BatchSize::LargeInput,
            );
        });
    }
    let mut config = Config::default();
    config.mapping.method = Method::Frequency;
    let resolved = config.resolve("bench").unwrap();
    let mapping = learn(&resolved, &history, &()).unwrap();
    group.bench_function("score", |b| {
        b.iter(|| score(&mapping, &history, &resolved).unwrap());
    });
    group.finish();
}

criterion_group!(benches, grouping, after_grouping);
criterion_main!(benches);
