//! Compares the grouping methods on traces and prints a Markdown table: activations per bag on the
//! history and on bags that were not seen, and the time.
//!
//! `mapbench [--rows R] [--methods a,b] [--effort E] [--budget S] [--objective O] [--queues] TRACE...`
//! where TRACE is a path without ending: `TRACE.train.bags.gz` with `TRACE.test.bags.gz`, or
//! `TRACE.bags.gz`, whose last fifth is held out; or `synth:IDS,BAGS`. A trace that is missing is
//! skipped with a word.

use recross::config::{Effort, Method, Objective};
use recross::ids::EmbeddingId;
use recross::mapping::{methods, optimized};
use recross::trace::{Bags, ReadOptions, SynthOptions, read, synth};
use std::error::Error;
use std::path::Path;
use std::time::Instant;

type Outcome<T> = Result<T, Box<dyn Error>>;

struct Settings {
    rows: u32,
    methods: Vec<String>,
    options: optimized::Options,
    queues: bool,
    traces: Vec<String>,
}

fn main() -> Outcome<()> {
    let settings = settings()?;
    println!("| trace | method | train | test | s |");
    println!("|---|---|---|---|---|");
    for trace in &settings.traces {
        let Some((history, unseen)) = load(trace)? else {
            eprintln!("{trace}: not there, skipped");
            continue;
        };
        for method in &settings.methods {
            bench(trace, method, &history, &unseen, &settings)?;
        }
    }
    Ok(())
}

fn settings() -> Outcome<Settings> {
    let mut args = std::env::args().skip(1);
    let mut s = Settings {
        rows: 64,
        methods: ["random", "frequency", "recross", "optimized"]
            .map(String::from)
            .to_vec(),
        options: optimized::Options::new(64, 1),
        queues: false,
        traces: Vec::new(),
    };
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg}: a value is missing"));
        match arg.as_str() {
            "--rows" => {
                s.rows = value()?.parse()?;
                let effort = s.options.effort;
                s.options = optimized::Options::new(s.rows, 1);
                s.options.effort = effort;
            }
            "--methods" => s.methods = value()?.split(',').map(String::from).collect(),
            "--effort" => s.options.effort = named::<Effort>(&value()?)?,
            "--budget" => s.options.time_budget_s = value()?.parse()?,
            "--objective" => {
                s.options.weigh_heat = named::<Objective>(&value()?)? == Objective::Makespan;
            }
            "--queues" => s.queues = true,
            _ => s.traces.push(arg),
        }
    }
    Ok(s)
}

fn named<T: serde::de::DeserializeOwned>(name: &str) -> Outcome<T> {
    Ok(serde_json::from_value(serde_json::Value::String(
        name.to_owned(),
    ))?)
}

fn load(trace: &str) -> Outcome<Option<(Bags, Bags)>> {
    if let Some(sizes) = trace.strip_prefix("synth:") {
        let (ids, bags) = sizes.split_once(',').ok_or("synth:IDS,BAGS")?;
        let options = SynthOptions {
            ids: ids.parse()?,
            bags: bags.parse::<u64>()? * 5 / 4,
            clusters: ids.parse::<u32>()? / 100,
            ..SynthOptions::default()
        };
        let trace = synth(&options)?;
        return Ok(Some(trace.into_bags(&[options.ids])?.split_holdout(0.2)));
    }
    let file = |name: &str| -> Outcome<Option<recross::trace::Trace>> {
        let path = format!("{trace}{name}.bags.gz");
        match Path::new(&path).exists() {
            true => Ok(Some(read(Path::new(&path), &ReadOptions::default())?)),
            false => Ok(None),
        }
    };
    if let Some(whole) = file("")? {
        let rows = whole.inferred_rows();
        return Ok(Some(whole.into_bags(&rows)?.split_holdout(0.2)));
    }
    let (Some(train), Some(test)) = (file(".train")?, file(".test")?) else {
        return Ok(None);
    };
    let rows = train.inferred_rows()[0].max(test.inferred_rows()[0]);
    Ok(Some((train.into_bags(&[rows])?, test.into_bags(&[rows])?)))
}

fn bench(trace: &str, method: &str, history: &Bags, unseen: &Bags, s: &Settings) -> Outcome<()> {
    let begun = Instant::now();
    let groups = if method == "optimized" {
        let made = optimized::group(history, &s.options, &())?;
        eprintln!("{:?}", made.report);
        made.groups
    } else {
        methods::group(named::<Method>(method)?, history, s.rows, 1, &())?
    };
    let seconds = begun.elapsed().as_secs_f64();
    let mut group_of = vec![0u32; history.embeddings() as usize];
    for (g, group) in (0u32..).zip(&groups) {
        for id in group {
            group_of[id.index()] = g;
        }
    }
    let name = trace.rsplit('/').next().unwrap_or(trace);
    let (train, test) = (per_bag(history, &group_of), per_bag(unseen, &group_of));
    println!("| {name} | {method} | {train:.3} | {test:.3} | {seconds:.1} |");
    if s.queues {
        let queue = longest_queue(unseen, &group_of, groups.len());
        println!("| {name} | {method}, longest queue of 256 bags | | {queue:.1} | |");
    }
    Ok(())
}

fn groups_of(bag: &[EmbeddingId], group_of: &[u32], out: &mut Vec<u32>) {
    out.clear();
    out.extend(bag.iter().map(|id| group_of[id.index()]));
    out.sort_unstable();
    out.dedup();
}

fn per_bag(bags: &Bags, group_of: &[u32]) -> f64 {
    let mut groups = Vec::new();
    let mut sum = 0;
    for bag in bags.iter() {
        groups_of(bag, group_of, &mut groups);
        sum += groups.len();
    }
    sum as f64 / bags.len().max(1) as f64
}

/// Mean over batches of 256 bags of the most activations of one crossbar, without copies.
fn longest_queue(bags: &Bags, group_of: &[u32], groups: usize) -> f64 {
    let (mut touched, mut longest, mut batches) = (Vec::new(), 0u64, 0u64);
    for first in (0..bags.len()).step_by(256) {
        let mut queue = vec![0u64; groups];
        for b in first..bags.len().min(first + 256) {
            groups_of(bags.bag(b), group_of, &mut touched);
            touched.iter().for_each(|&g| queue[g as usize] += 1);
        }
        longest += queue.into_iter().max().unwrap_or(0);
        batches += 1;
    }
    longest as f64 / batches.max(1) as f64
}
