//! Compares mapping methods in one run: groups touched per bag, on the history and on unseen bags,
//! and the time. Prints a Markdown table.

mod mtkahypar;

use crate::Outcome;
use recross::config::{Choice, Effort, Method};
use recross::formats::trace::{Bags, ReadOptions, SynthOptions, Trace, read, synth};
use recross::ids::EmbeddingId;
use recross::learn::{group_by, optimized};
use std::path::{Path, PathBuf};
use std::time::Instant;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Rows of a group; `TRACE@ROWS` sets them for one trace
    #[arg(long, default_value_t = 64)]
    rows: u32,
    /// A grouping method of the configuration, `optimized:EFFORT`, or `mtkahypar:PRESET`
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "random,frequency,recross,optimized"
    )]
    methods: Vec<String>,
    /// Seconds that `optimized:high` takes
    #[arg(long, default_value_t = 60.0)]
    budget: f64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Also write the table as CSV
    #[arg(long)]
    csv: Option<PathBuf>,
    /// A path without its ending: `TRACE.train.bags.gz` with `TRACE.test.bags.gz`, or
    /// `TRACE.bags.gz`, whose last fifth is held out; or `synth:IDS,BAGS`. A trace that is missing
    /// is skipped with a message
    #[arg(required = true)]
    traces: Vec<String>,
}

/// Groups touched per bag and time of a method on a trace.
struct Line {
    trace: String,
    rows: u32,
    method: String,
    train: f64,
    test: f64,
    seconds: f64,
}

pub fn run(settings: &Args) -> Outcome<()> {
    let mut lines = Vec::new();
    println!("| trace | rows | method | history | **unseen** | s |");
    println!("|---|---|---|---|---|---|");
    for trace in &settings.traces {
        let (name, rows) = match trace.rsplit_once('@') {
            Some((name, rows)) => (name, rows.parse()?),
            None => (trace.as_str(), settings.rows),
        };
        let Some((history, unseen)) = load(name)? else {
            eprintln!("{name}: not found, skipped");
            continue;
        };
        for method in &settings.methods {
            let begun = Instant::now();
            let (groups, seconds) = group(method, &history, rows, settings)?;
            let l = Line {
                trace: name.rsplit('/').next().unwrap_or(name).to_owned(),
                rows,
                method: method.clone(),
                train: per_bag(&history, &groups),
                test: per_bag(&unseen, &groups),
                seconds: seconds.unwrap_or(begun.elapsed().as_secs_f64()),
            };
            println!(
                "| {} | {} | {} | {:.3} | **{:.3}** | {:.1} |",
                l.trace, l.rows, l.method, l.train, l.test, l.seconds
            );
            lines.push(l);
            if let Some(path) = &settings.csv {
                write_csv(path, &lines)?;
            }
        }
    }
    Ok(())
}

fn write_csv(path: &Path, lines: &[Line]) -> Outcome<()> {
    let mut csv = csv::Writer::from_path(path)?;
    csv.write_record(["trace", "rows", "method", "train", "test", "seconds"])?;
    for l in lines {
        let (train, test) = (format!("{:.4}", l.train), format!("{:.4}", l.test));
        let seconds = format!("{:.2}", l.seconds);
        csv.write_record([
            &l.trace,
            &l.rows.to_string(),
            &l.method,
            &train,
            &test,
            &seconds,
        ])?;
    }
    Ok(csv.flush()?)
}

fn named<T: Choice>(name: &str) -> Outcome<T> {
    T::named(name).ok_or_else(|| {
        let names: Vec<String> = T::all().into_iter().map(T::name).collect();
        format!("`{name}` is not one of {}", names.join(", ")).into()
    })
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
        return Ok(Some(trace.into_bags(&[options.ids])?.into_holdout(0.2)));
    }
    let file = |name: &str| -> Outcome<Option<Trace>> {
        let path = format!("{trace}{name}.bags.gz");
        match Path::new(&path).exists() {
            true => Ok(Some(read(Path::new(&path), &ReadOptions::default())?)),
            false => Ok(None),
        }
    };
    if let Some(whole) = file("")? {
        let rows = whole.inferred_rows();
        return Ok(Some(whole.into_bags(&rows)?.into_holdout(0.2)));
    }
    let (Some(train), Some(test)) = (file(".train")?, file(".test")?) else {
        return Ok(None);
    };
    let rows = train.inferred_rows()[0].max(test.inferred_rows()[0]);
    Ok(Some((train.into_bags(&[rows])?, test.into_bags(&[rows])?)))
}

/// The group of each id, and the seconds if they are not the time of the whole call.
fn group(method: &str, history: &Bags, rows: u32, s: &Args) -> Outcome<(Vec<u32>, Option<f64>)> {
    let optimized = |effort: Option<Effort>| -> Outcome<_> {
        let mut options = optimized::Options::new(rows, s.seed);
        options.time_budget_s = s.budget;
        options.effort = effort.unwrap_or(options.effort);
        let made = optimized::group(history, &options, &())?;
        eprintln!("{:?}", made.report);
        Ok(made.groups)
    };
    let groups = match method.split_once(':') {
        Some(("mtkahypar", preset)) => {
            let (groups, seconds) = mtkahypar::group(preset, history, rows, s.seed)?;
            return Ok((groups, Some(seconds)));
        }
        Some(("optimized", effort)) => optimized(Some(named(effort)?))?,
        Some((other, _)) => return Err(format!("`{other}` has no kinds").into()),
        None => match named::<Method>(method)? {
            Method::Optimized => optimized(None)?,
            plain => group_by(plain, history, rows, s.seed, &())?,
        },
    };
    let mut group_of = vec![0u32; history.embeddings() as usize];
    for (g, group) in (0u32..).zip(&groups) {
        for id in group {
            group_of[id.index()] = g;
        }
    }
    Ok((group_of, None))
}

/// Mean number of groups touched per bag.
fn per_bag(bags: &Bags, group_of: &[u32]) -> f64 {
    let mut groups = Vec::new();
    let mut sum = 0;
    for bag in bags.iter() {
        groups.clear();
        groups.extend(bag.iter().map(|id: &EmbeddingId| group_of[id.index()]));
        groups.sort_unstable();
        groups.dedup();
        sum += groups.len();
    }
    sum as f64 / bags.len().max(1) as f64
}
