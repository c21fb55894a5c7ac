//! Measures how copies of groups shorten queues: the longest queue of a batch, averaged over
//! batches of 256 unseen bags, in the order of the trace and shuffled.
//!
//! A group's queue has one entry per bag of the batch that touches the group; its copies share the
//! queue evenly.

use crate::Outcome;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use recross::config::{Config, Effort, Replication};
use recross::formats::trace::{Bags, ReadOptions, read};
use recross::ids::EmbeddingId;
use recross::learn::{lay_out, optimized};
use std::path::Path;

/// Extra crossbars as fractions of the number of groups.
const BUDGETS: [f64; 5] = [0.0, 0.05, 0.1, 0.2, 1.0];
const BATCH: usize = 256;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Effort of method `optimized`
    #[arg(long)]
    effort: Option<String>,
    /// Group for the objective `makespan`
    #[arg(long)]
    makespan: bool,
    /// A path without its ending: `TRACE.train.bags.gz` with `TRACE.test.bags.gz`. A trace that is
    /// missing is skipped with a message
    #[arg(required = true)]
    traces: Vec<String>,
}

pub fn run(args: &Args) -> Outcome<()> {
    let mut options = optimized::Options::new(64, 1);
    if let Some(effort) = &args.effort {
        options.effort = serde_json::from_value::<Effort>(effort.as_str().into())?;
    }
    options.balance_load = args.makespan;
    println!(
        "| trace | bags | copies | groups touched per bag | +0 % | +5 % | +10 % | +20 % | +100 % |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for trace in &args.traces {
        bench(trace, &options)?;
    }
    Ok(())
}

fn bench(trace: &str, options: &optimized::Options) -> Outcome<()> {
    let [history, unseen] = ["train", "test"].map(|part| format!("{trace}.{part}.bags.gz"));
    if !Path::new(&history).exists() || !Path::new(&unseen).exists() {
        eprintln!("{trace}: not found, skipped");
        return Ok(());
    }
    let history = read(Path::new(&history), &ReadOptions::default())?;
    let unseen = read(Path::new(&unseen), &ReadOptions::default())?;
    let rows = history.inferred_rows()[0].max(unseen.inferred_rows()[0]);
    let (history, unseen) = (history.into_bags(&[rows])?, unseen.into_bags(&[rows])?);
    let groups = optimized::group(&history, options, &())?.groups;

    let mut group_of = vec![0u32; history.embeddings() as usize];
    for (g, group) in (0u32..).zip(&groups) {
        group.iter().for_each(|id| group_of[id.index()] = g);
    }
    let mut order: Vec<usize> = (0..unseen.len()).collect();
    let in_order = batches(&unseen, &order, &group_of, groups.len());
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(1));
    let shuffled = batches(&unseen, &order, &group_of, groups.len());
    let touched: u64 = in_order.iter().flatten().sum();
    let touched = touched as f64 / unseen.len().max(1) as f64;
    let name = trace.rsplit('/').next().unwrap_or(trace);
    let kinds = [
        Replication::Log,
        Replication::Proportional,
        Replication::Optimized,
    ];
    for kind in kinds {
        let copies = BUDGETS
            .iter()
            .map(|&budget| copies(&groups, &history, kind, budget))
            .collect::<Outcome<Vec<_>>>()?;
        for (bags, batches) in [("in order", &in_order), ("shuffled", &shuffled)] {
            let cells: Vec<String> = copies
                .iter()
                .map(|copies| format!("{:.2}", longest_queue(batches, copies)))
                .collect();
            let cells = cells.join(" | ");
            println!("| {name} | {bags} | {kind:?} | {touched:.2} | {cells} |");
        }
    }
    Ok(())
}

/// Number of copies of each group, in a configuration that has room for any number.
fn copies(
    groups: &[Vec<EmbeddingId>],
    history: &Bags,
    kind: Replication,
    budget: f64,
) -> Outcome<Vec<u32>> {
    let mut config = Config::default();
    (config.engine.lanes, config.engine.banks_per_lane) = (64, 64);
    config.engine.crossbars_per_bank = 4096;
    (config.mapping.replication, config.mapping.budget) = (kind, budget);
    config.mapping.batch = BATCH as u32;
    let resolved = config.resolve("queues")?;
    Ok(lay_out(&resolved, groups.to_vec(), history, &())?
        .1
        .per_group)
}

/// Mean over the batches of the longest queue of a crossbar.
fn longest_queue(batches: &[Vec<u64>], copies: &[u32]) -> f64 {
    let longest = |batch: &Vec<u64>| {
        let queues = batch.iter().zip(copies);
        let queues = queues.map(|(n, &c)| n.div_ceil(u64::from(c)));
        queues.max().unwrap_or(0)
    };
    let sum: u64 = batches.iter().map(longest).sum();
    sum as f64 / batches.len().max(1) as f64
}

/// For each batch, the number of bags that touch each group.
fn batches(bags: &Bags, order: &[usize], group_of: &[u32], groups: usize) -> Vec<Vec<u64>> {
    let mut out = Vec::new();
    for batch in order.chunks(BATCH) {
        let mut queue = vec![0u64; groups];
        for &b in batch {
            let touched: std::collections::BTreeSet<u32> = bags
                .bag(b)
                .iter()
                .map(|id: &EmbeddingId| group_of[id.index()])
                .collect();
            touched.iter().for_each(|&g| queue[g as usize] += 1);
        }
        out.push(queue);
    }
    out
}
