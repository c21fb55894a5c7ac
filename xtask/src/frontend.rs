//! What the front end reaches on traces that are not in the history: ids a cycle against the bounds.
//!
//! The bound is the largest of: beats of ids of the port with the most, the busy cycles of the busiest
//! bank if each bag made as few commands as it can, and the bags of the port with the most. Cycles are the
//! exact model's; of small engines, the RTL is run as well, and must take as many.

use crate::Outcome;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use recross::config::{Config, Effort, EngineSize, Resolved};
use recross::cosim::{BuildSpec, RunSpec, Simulator};
use recross::formats::table::{TableShape, TableSpec, load};
use recross::formats::trace::{Bags, ReadOptions, history_of, read};
use recross::hardware::BankWork;
use recross::host::{BagOrder, Translated};
use recross::learn::learn;
use recross::mapping::contents::Contents;
use recross::mapping::{Mapping, WordFormat};
use recross::reference::cycles::{Model, Timing};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Engines to measure: `LANES,PORTS,IDS_PER_BEAT`
    #[arg(long, default_values_t = ["64,8,2".to_owned(), "64,8,4".to_owned(), "16,8,1".to_owned(),
        "8,4,1".to_owned(), "4,4,1".to_owned()])]
    engine: Vec<String>,
    /// Entries of the gather store; 0: derived
    #[arg(long, value_delimiter = ',', default_values_t = [0])]
    gather: Vec<u32>,
    /// Places of a lane; 0: derived
    #[arg(long, value_delimiter = ',', default_values_t = [0])]
    places: Vec<u32>,
    /// Lanes of a hop; 0: derived
    #[arg(long, default_value_t = 0)]
    hop_lanes: u32,
    /// Bags in flight, of each port
    #[arg(long, default_value_t = 32)]
    window: u32,
    /// Commands that a bank queues
    #[arg(long, default_value_t = 16)]
    queue: u32,
    /// Shuffle the ids of each bag
    #[arg(long)]
    shuffle: bool,
    /// Run batches of so many bags alone instead of the whole
    #[arg(long)]
    batch: Option<usize>,
    /// Start from a configuration with one crossbar a bank, as many banks as it takes, and its mapping
    #[arg(long)]
    crossbar_per_bank: Option<PathBuf>,
    /// Run the RTL as well, of engines with at most so many lanes
    #[arg(long, default_value_t = 0)]
    rtl: u32,
    /// Fail if an engine reaches less of its bound, or makes more commands, than it should
    #[arg(long)]
    bars: bool,
    /// `TRACE.bags.gz`, or a path without its ending: `TRACE.train.bags.gz` with `TRACE.test.bags.gz`
    #[arg(required = true)]
    traces: Vec<String>,
}

pub fn run(args: &Args) -> Outcome<()> {
    println!(
        "| trace | L, P, K | G | S | ids a cycle | of the bound | bar | bound by | commands over ideal | cycles of lanes waiting for place, room, queue, % | Mids/s | RTL |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    let mut missed = 0;
    for trace in &args.traces {
        let (history, unseen) = bags(trace)?;
        let unseen = if args.shuffle {
            shuffled(&unseen)?
        } else {
            unseen
        };
        let name = trace.rsplit('/').next().unwrap_or(trace);
        for engine in &args.engine {
            let numbers: Vec<u32> = engine
                .split(',')
                .map(str::parse)
                .collect::<Result<_, _>>()?;
            let &[lanes, ports, ids_per_beat] = numbers.as_slice() else {
                return Err(format!("{engine}: LANES,PORTS,IDS_PER_BEAT").into());
            };
            let resolved = configuration(args, lanes, ports, ids_per_beat, &history)?;
            let mapping = learn(&resolved, &history, &())?;
            for &gather in &args.gather {
                for &places in &args.places {
                    let resolved = resolved.with("sizes", |c| {
                        (c.frontend.gather, c.frontend.places) = (gather, places);
                    })?;
                    let what = format!("{name} | {engine}");
                    let met = measure(&what, &resolved, &mapping, &unseen, args)?;
                    missed += u32::from(!met);
                }
            }
        }
    }
    match args.bars && missed > 0 {
        true => Err(format!("{missed} of the rows miss a bar").into()),
        false => Ok(()),
    }
}

/// The least fraction of its bound that an engine should reach, on a whole trace or on batches alone.
fn bar(resolved: &Resolved, alone: bool) -> f64 {
    let config = &resolved.config;
    match (config.engine.lanes, config.frontend.ids_per_beat) {
        _ if alone => 1.0 / 1.15,
        (0..=16, _) => 0.95,
        (_, 0..=2) => 0.93,
        _ => 0.88,
    }
}

/// The most commands, over the fewest that the bags could make.
const MOST_COMMANDS: f64 = 1.03;

/// Cycles of the RTL, which adds up vectors of random tables.
fn rtl_cycles(
    resolved: &Resolved,
    mapping: &Mapping,
    bags: &Bags,
    translated: &Translated,
) -> Outcome<u64> {
    let shape = TableShape {
        dim: resolved.config.embedding.dim,
        dims: &[],
        value_bits: resolved.config.embedding.value_bits,
        rows: &[bags.embeddings()],
        needed: &[],
    };
    let table = load(&[TableSpec::Random(1)], shape, &[])?.int;
    let contents = Contents::new(mapping, &table, resolved)?;
    let simulator = Simulator::build(resolved, &BuildSpec::new())?;
    let run = RunSpec::default();
    let go_on = &mut |_| ControlFlow::Continue(());
    Ok(simulator.run(&contents, translated, &run, go_on)?.cycles)
}

/// History and unseen bags.
fn bags(trace: &str) -> Outcome<(Bags, Bags)> {
    if trace.ends_with(".gz") {
        let all = read(Path::new(trace), &ReadOptions::default())?;
        let rows = all.inferred_rows();
        let all = all.into_bags(&rows)?;
        let history = history_of(all.len(), 0.2);
        return Ok((all.slice(0..history), all.slice(history..all.len())));
    }
    let [history, unseen] = ["train", "test"].map(|part| format!("{trace}.{part}.bags.gz"));
    let history = read(Path::new(&history), &ReadOptions::default())?;
    let unseen = read(Path::new(&unseen), &ReadOptions::default())?;
    let rows = history.inferred_rows()[0].max(unseen.inferred_rows()[0]);
    Ok((history.into_bags(&[rows])?, unseen.into_bags(&[rows])?))
}

fn shuffled(bags: &Bags) -> Outcome<Bags> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let lists: Vec<Vec<u32>> = bags
        .iter()
        .map(|bag| {
            let mut ids: Vec<u32> = bag.iter().map(|id| id.0).collect();
            ids.shuffle(&mut rng);
            ids
        })
        .collect();
    Ok(Bags::from_lists(bags.embeddings(), &lists).ok_or("ids out of range")?)
}

fn configuration(
    args: &Args,
    lanes: u32,
    ports: u32,
    ids_per_beat: u32,
    history: &Bags,
) -> Outcome<Resolved> {
    let mut config = Config::default();
    config.embedding.max_bag = 1 << 16;
    config.embedding.tables = vec![history.embeddings()];
    // 9 cycles an activation, and a beat a vector.
    config.technology.flash_mac_ns = config.technology.flash_read_ns;
    config.frontend.result_bits = 512;
    (config.frontend.ports, config.frontend.ids_per_beat) = (ports, ids_per_beat);
    (config.frontend.window, config.frontend.hop_lanes) = (args.window, args.hop_lanes);
    config.engine.queue_depth = args.queue;
    config.mapping.effort = Effort::Fast;
    (config.engine.lanes, config.engine.banks_per_lane) = (lanes, 4);
    if let Some(path) = &args.crossbar_per_bank {
        let file = Config::load(path)?.config;
        (config.crossbar, config.engine) = (file.crossbar, file.engine);
        (config.mapping, config.technology) = (file.mapping, file.technology);
        config.mapping.effort = Effort::Fast;
        config.engine.queue_depth = args.queue;
        config.engine.lanes = lanes;
        let groups = history.embeddings().div_ceil(config.crossbar.rows);
        config.engine.banks_per_lane = (groups + groups / 5 + 1).div_ceil(lanes);
        return Ok(config.resolve("front end")?);
    }
    let groups = u64::from(history.embeddings().div_ceil(config.crossbar.rows));
    let size = EngineSize::for_crossbars(&config, groups + groups / 5 + 1).ok_or("too large")?;
    size.apply(&mut config);
    Ok(config.resolve("front end")?)
}

/// The fewest commands for the bags as translated, and the busy cycles of the busiest bank.
fn ideal(translated: &Translated, resolved: &Resolved) -> (u64, u64) {
    let cycles = BankWork::cycles_by_rows(resolved);
    let row_bits = resolved.row_number_bits;
    let last_of_crossbar = WordFormat::new(resolved).last_of_crossbar();
    let mut busy: BTreeMap<u32, u64> = BTreeMap::new();
    let mut commands = 0;
    let mut words = Vec::new();
    for (_, bag) in translated.ports.iter().flat_map(|port| port.iter()) {
        words.clear();
        words.extend(bag.iter().map(|word| word & !last_of_crossbar));
        words.sort_unstable();
        for crossbar in words.chunk_by(|a, b| a >> row_bits == b >> row_bits) {
            let bank = crossbar[0] >> row_bits >> resolved.slot_bits;
            let repeats: Vec<usize> = crossbar.chunk_by(|a, b| a == b).map(<[u32]>::len).collect();
            for n in 0..repeats.iter().copied().max().unwrap_or(0) {
                let rows = repeats.iter().filter(|&&times| times > n).count();
                *busy.entry(bank).or_default() += cycles[rows];
                commands += 1;
            }
        }
    }
    (commands, busy.values().copied().max().unwrap_or(0))
}

fn measure(
    what: &str,
    resolved: &Resolved,
    mapping: &Mapping,
    bags: &Bags,
    args: &Args,
) -> Outcome<bool> {
    let model = Model::new(resolved, mapping)?;
    let with_rtl = resolved.config.engine.lanes <= args.rtl;
    let (mut cycles, mut bound_cycles, mut commands, mut fewest, mut ids) = (0, 0, 0, 0, 0);
    let mut seconds = 0.0;
    let (mut by, mut limit) = ("", String::new());
    let size = args.batch.unwrap_or(bags.len()).max(1);
    for start in (0..bags.len()).step_by(size) {
        let end = bags.len().min(start + size);
        if end - start < size && args.batch.is_some() {
            break;
        }
        let translated = model
            .translator()
            .translate(&bags.slice(start..end), BagOrder::of(resolved))?;
        let (best, busiest) = ideal(&translated, resolved);
        let before = Instant::now();
        let timing: Timing = model.run_translated(&translated, &mut |_, _| {})?;
        seconds += before.elapsed().as_secs_f64();
        let bounds = [
            ("ids", timing.bounds.ids_in),
            ("bank", busiest),
            ("bags", timing.bounds.bags_retired),
        ];
        let most = bounds.into_iter().max_by_key(|b| b.1).unwrap_or(("", 1));
        by = most.0;
        bound_cycles += most.1;
        cycles += timing.cycles;
        fewest += best;
        commands += timing.counters.lane_total().commands;
        ids += translated.ids();
        if with_rtl {
            let rtl = rtl_cycles(resolved, mapping, bags, &translated)?;
            if rtl != timing.cycles {
                return Err(format!(
                    "{what}: {rtl} cycles of the RTL, {} of the model",
                    timing.cycles
                )
                .into());
            }
        }
        let waits = timing.counters.lane_total();
        let lanes = u64::from(resolved.config.engine.lanes);
        let percent = |n: u64| 100.0 * n as f64 / (timing.cycles * lanes).max(1) as f64;
        limit = format!(
            "{:.1} {:.1} {:.1}",
            percent(waits.wait_place),
            percent(waits.wait_room),
            percent(waits.wait_queue)
        );
    }
    let (reached, bar) = (
        bound_cycles as f64 / cycles.max(1) as f64,
        bar(resolved, args.batch.is_some()),
    );
    let over = commands as f64 / fewest.max(1) as f64;
    let met = reached >= bar && over <= MOST_COMMANDS;
    println!(
        "| {what} | {} | {} | {:.2} | {reached:.3} | {bar:.2}{} | {by} | {over:.3} | {limit} | {:.2} | {} |",
        resolved.gather,
        resolved.places,
        ids as f64 / cycles.max(1) as f64,
        if met { "" } else { " **missed**" },
        ids as f64 / seconds / 1e6,
        if with_rtl { "same cycles" } else { "" },
    );
    Ok(met)
}
