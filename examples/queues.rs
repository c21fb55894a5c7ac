//! What copies are worth: mean over batches of 256 unseen bags of the longest queue of activations,
//! if each crossbar does one at a time and the copies of a group share its queue evenly.
//!
//! `queues [--effort E] [--makespan] TRACE...`, where TRACE is a path without ending:
//! `TRACE.train.bags.gz` with `TRACE.test.bags.gz`. A trace that is missing is skipped with a word.

use recross::config::{Config, Effort, Replication};
use recross::ids::EmbeddingId;
use recross::mapping::{lay_out, optimized};
use recross::trace::{Bags, ReadOptions, read};
use std::error::Error;
use std::path::Path;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Extra crossbars, as a fraction of the groups.
const BUDGETS: [f64; 5] = [0.0, 0.05, 0.1, 0.2, 1.0];
const BATCH: usize = 256;

fn main() -> Outcome<()> {
    let mut options = optimized::Options::new(64, 1);
    let mut args = std::env::args().skip(1);
    println!("| trace | copies | activations a bag | +0 % | +5 % | +10 % | +20 % | +100 % |");
    println!("|---|---|---|---|---|---|---|---|");
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--effort" => {
                let name = args.next().ok_or("--effort: a value is missing")?;
                options.effort = serde_json::from_value::<Effort>(name.into())?;
            }
            "--makespan" => options.weigh_heat = true,
            trace => bench(trace, &options)?,
        }
    }
    Ok(())
}

fn bench(trace: &str, options: &optimized::Options) -> Outcome<()> {
    let [history, unseen] = ["train", "test"].map(|part| format!("{trace}.{part}.bags.gz"));
    if !Path::new(&history).exists() || !Path::new(&unseen).exists() {
        eprintln!("{trace}: not there, skipped");
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
    let batches = batches(&unseen, &group_of, groups.len());
    let activations: u64 = batches.iter().flatten().sum();
    let activations = activations as f64 / unseen.len().max(1) as f64;
    let name = trace.rsplit('/').next().unwrap_or(trace);
    for kind in [
        Replication::Log,
        Replication::Proportional,
        Replication::Optimized,
    ] {
        let mut cells = Vec::new();
        for budget in BUDGETS {
            let mut config = Config::default();
            // Room for any number of copies.
            (config.engine.lanes, config.engine.banks_per_lane) = (64, 64);
            config.engine.crossbars_per_bank = 4096;
            (config.engine.max_replicas, config.mapping.batch) = (64, BATCH as u32);
            (config.mapping.replication, config.mapping.budget) = (kind, budget);
            let resolved = config.resolve("queues")?;
            let copies = lay_out(&resolved, groups.clone(), &history, &())?.1.per_group;
            let longest = |batch: &Vec<u64>| {
                let queues = batch.iter().zip(&copies);
                let queue = queues.map(|(n, &c)| n.div_ceil(u64::from(c)));
                queue.max().unwrap_or(0)
            };
            let sum: u64 = batches.iter().map(longest).sum();
            cells.push(format!("{:.2}", sum as f64 / batches.len().max(1) as f64));
        }
        println!(
            "| {name} | {kind:?} | {activations:.2} | {} |",
            cells.join(" | ")
        );
    }
    Ok(())
}

/// Activations of each group in each batch.
fn batches(bags: &Bags, group_of: &[u32], groups: usize) -> Vec<Vec<u64>> {
    let mut out = Vec::new();
    for first in (0..bags.len()).step_by(BATCH) {
        let mut queue = vec![0u64; groups];
        for b in first..bags.len().min(first + BATCH) {
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
