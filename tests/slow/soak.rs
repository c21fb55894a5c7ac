//! The C driver on the Verilated model for a long time, with random bags, writes, resets and errors: every bag comes
//! back once, in its port's order, with the sum of what its rows hold then, and the counters are an independent
//! count.

use crate::cosim::bench::{Place, exact};
use crate::cosim::{Case, random, translate};
use crate::driver::host::{ARGUMENT, BUS, Engine, FAILED, Host, OK, POLLS, TIMEOUT, rows};
use crate::driver::{
    BAG_LONG, BANK_SILENT, ID_RANGE, IDLE, PROG_DONE, REFUSED, ROW_FAILED, engines,
};
use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use recross::formats::table::IntTable;
use recross::formats::trace::Bags;
use recross::hardware::{COUNTERS_BANK, COUNTERS_LANE, at, geometry};
use recross::mapping::contents::Contents;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use verilated::RunRequest;

/// Rows to write: where, and the words.
type Writes = Vec<(Place, Vec<u32>)>;

/// Bits of `command`.
const RESET: u32 = 1 << 1;

/// A place that no engine has.
const NOWHERE: u32 = 1 << 30;

/// What a bag must come back as: tag, status, and its vector, if no id was left out.
type Expected = (i64, i64, Option<Vec<i64>>);

/// What has been done.
#[derive(Debug, Default)]
struct Done {
    epochs: u64,
    bags: u64,
    bad_bags: u64,
    ids: u64,
    rows: u64,
    flushes: u64,
    resets: u64,
    counters: u64,
    refused: u64,
}

struct Soak<'e> {
    engine: &'e Engine,
    host: Host<'e>,
    case: Case,
    rng: ChaCha8Rng,
    /// Bags and active rows since the counters were cleared.
    bags: i64,
    active: i64,
    done: &'e mut Done,
}

/// Numbers of counters by their names.
fn index(of: &[(&str, &str)], name: &str) -> u32 {
    of.iter().position(|c| c.0 == name).unwrap() as u32
}

impl Soak<'_> {
    fn settle(&mut self) {
        self.host.pauses = 0;
        self.host.good("idle", &[POLLS]);
        self.host.run(&RunRequest::new().drain(40));
    }

    /// Random bags of ids of `among`, or of all.
    fn bags(&mut self, among: Option<&[u32]>) -> Bags {
        let embeddings = self.case.mapping.embeddings;
        let number = self.rng.random_range(1..40);
        let Some(among) = among else {
            return random::short_bags(embeddings, number, 12, &mut self.rng);
        };
        let lists: Vec<Vec<u32>> = (0..number)
            .map(|_| {
                let length = self.rng.random_range(0..8);
                (0..length)
                    .filter_map(|_| among.choose(&mut self.rng).copied())
                    .collect()
            })
            .collect();
        Bags::from_lists(embeddings, &lists).unwrap()
    }

    /// Sends bags, some of them bad, and tells what must come back of each port.
    fn send(&mut self, bags: &Bags) -> (Vec<Vec<Expected>>, u32) {
        let (r, p) = (&self.engine.resolved, &self.engine.params);
        let translated = translate(&self.case.mapping, bags, r);
        let want = exact(bags, &self.case.table);
        let mut expected = vec![Vec::new(); p.ports as usize];
        let mut events = 0;
        let mut left: Vec<_> = translated.ports.iter().map(|port| port.iter()).collect();
        self.host.pauses = *[0, 200, 800].choose(&mut self.rng).unwrap();
        loop {
            let port = self.rng.random_range(0..left.len());
            // Another port has bags left, if this one has none.
            let next = left[port].next().map(|bag| (port, bag)).or_else(|| {
                let mut all = left.iter_mut().enumerate();
                all.find_map(|(port, bags)| bags.next().map(|bag| (port, bag)))
            });
            let Some((port, (bag, ids))) = next else {
                break;
            };
            let mut ids = ids.to_vec();
            let mut sent = ids.len();
            let mut status = 0;
            match self.rng.random_range(0..40) {
                0 => {
                    let nowhere = NOWHERE | self.rng.random_range(0..NOWHERE);
                    ids.insert(self.rng.random_range(0..=ids.len()), nowhere);
                    (status, events) = (1, events | ID_RANGE);
                }
                1 if !ids.is_empty() => {
                    let most = p.max_bag as usize;
                    let length = most + self.rng.random_range(1..6);
                    ids = ids.iter().copied().cycle().take(length).collect();
                    // All of them are added up, although the sum may not fit.
                    sent = length;
                    (status, events) = (2, events | BAG_LONG);
                }
                2..20 => {
                    let first = self.rng.random_range(0..p.lanes);
                    let sorted = self.host.call_with("sort", &[first], Some(&ids)).1;
                    ids = sorted.iter().map(|&id| id as u32).collect();
                }
                _ => {}
            }
            let tag = self.rng.random::<u32>() & (u32::MAX >> (32 - p.user_tag_bits.min(32)));
            self.host.submit(port, tag, &ids);
            let vector = (status != 2).then(|| want[bag as usize].clone());
            expected[port].push((i64::from(tag), status, vector));
            self.bags += 1;
            self.active += sent as i64;
            self.done.bags += 1;
            self.done.bad_bags += u64::from(status != 0);
            self.done.ids += sent as u64;
        }
        (expected, events)
    }

    fn came_back(&mut self, expected: &[Vec<Expected>]) {
        for (port, want) in expected.iter().enumerate() {
            let found = self.host.take(port);
            assert_eq!(found.len(), want.len(), "vectors of port {port}");
            for (found, want) in found.iter().zip(want) {
                assert_eq!((found.0, found.1), (want.0, want.1), "port {port}");
                if let Some(vector) = &want.2 {
                    assert_eq!(found.2, *vector, "port {port}, tag {}", want.0);
                }
            }
        }
    }

    /// Requires exactly these events, and clears all.
    fn told(&mut self, events: u32) {
        let found = self.host.good("faults", &[])[0] as u32;
        assert_eq!(found & !(IDLE | PROG_DONE), events);
        self.host.good("clear_events", &[u32::MAX]);
    }

    fn bags_come_back(&mut self) {
        let bags = self.bags(None);
        let (expected, events) = self.send(&bags);
        self.settle();
        self.came_back(&expected);
        self.told(events);
    }

    /// New values of some embeddings, and the rows that these change.
    fn change(&mut self) -> (IntTable, BTreeSet<u32>, Writes) {
        let (r, old) = (&self.engine.resolved, &self.case.table);
        let embeddings = self.case.mapping.embeddings;
        let fresh = random::table(r, embeddings, &mut self.rng);
        let share = self.rng.random_range(0.0..0.5);
        let new: BTreeSet<u32> = (0..embeddings)
            .filter(|_| self.rng.random_bool(share))
            .collect();
        let dim = r.config.embedding.dim as usize;
        let values = |table: &IntTable, id: u32| {
            let at = id as usize * dim;
            table.values()[at..at + dim].to_vec()
        };
        let data = (0..embeddings)
            .flat_map(|id| values(if new.contains(&id) { &fresh } else { old }, id))
            .collect();
        let table = IntTable::new(old.dim, old.value_bits, data);
        let before: BTreeMap<Place, Vec<u32>> =
            rows(&Contents::new(&self.case.mapping, old, r).unwrap(), r)
                .into_iter()
                .collect();
        let after = rows(&Contents::new(&self.case.mapping, &table, r).unwrap(), r);
        let changed = after
            .into_iter()
            .filter(|(place, words)| before.get(place) != Some(words));
        let changed = changed.collect();
        (table, new, changed)
    }

    /// Writes rows while bags of other rows flow.
    fn rows_are_written(&mut self) {
        let p = &self.engine.params;
        let (table, new, changed) = self.change();
        let others: Vec<u32> = (0..self.case.mapping.embeddings)
            .filter(|id| !new.contains(id))
            .collect();
        self.host.good("clear_answers", &[]);
        assert_eq!(self.host.call("begin", &[geometry(p)]).0, OK);
        let mut expected = vec![Vec::new(); p.ports as usize];
        let mut events = 0;
        for part in changed.chunks(8) {
            for ((lane, bank, slot, row), words) in part {
                let place = [*lane, *bank, *slot, *row];
                assert_eq!(self.host.call_with("row", &place, Some(words)).0, OK);
            }
            if self.rng.random_bool(0.3) {
                let bags = self.bags(Some(&others));
                let (of_part, told) = self.send(&bags);
                events |= told;
                expected
                    .iter_mut()
                    .zip(of_part)
                    .for_each(|(all, part)| all.extend(part));
            }
        }
        self.host.good("end", &[100 * POLLS]);
        self.settle();
        self.came_back(&expected);
        self.told(events);
        let answers = self.host.good("answers", &[]);
        assert_eq!(answers[..2], [changed.len() as i64, 0]);
        self.case.table = table;
        self.done.rows += changed.len() as u64;
    }

    /// Drops bags under way. What was lost is not counted further.
    fn bags_are_dropped(&mut self) {
        let bags = self.bags(None);
        self.send(&bags);
        if self.rng.random_bool(0.7) {
            self.host.good("flush", &[]);
            self.done.flushes += 1;
        } else {
            assert!(!self.host.write(at::command, RESET));
            self.done.resets += 1;
        }
        self.settle();
        self.host.run(&RunRequest::new().drain(400));
        self.host.vectors.iter_mut().for_each(Vec::clear);
        self.host.good("clear_events", &[u32::MAX]);
        self.clear_counters();
    }

    fn clear_counters(&mut self) {
        self.host.good("clear_counters", &[]);
        (self.bags, self.active) = (0, 0);
    }

    /// Compares what the counters say with what was sent.
    fn counters_agree(&mut self) {
        let p = &self.engine.params;
        self.settle();
        self.host.good("freeze", &[1]);
        assert_eq!(
            self.host.good("counter", &[0, 0, 0, 1])[0],
            self.bags,
            "retired"
        );
        let banks = if p.counters == 2 { p.banks } else { 1 };
        let [mut active, mut sent, mut served] = [0; 3];
        for lane in 0..p.lanes {
            let commands = index(COUNTERS_LANE, "commands");
            sent += self.host.good("counter", &[1, lane, 0, commands])[0];
            for bank in 0..banks {
                let mut of_bank = |name| {
                    let index = index(COUNTERS_BANK, name);
                    self.host.good("counter", &[2, lane, bank, index])[0]
                };
                let (commands, activations) = (of_bank("commands"), of_bank("activations"));
                let rows = of_bank("active_rows");
                assert!(commands <= activations && activations <= rows);
                assert!(of_bank("single_row") <= activations);
                active += rows;
                served += commands;
            }
        }
        assert_eq!(active, self.active, "each id drives its row once");
        assert_eq!(sent, served, "commands of lanes and banks");
        self.done.counters += 1;
        if self.rng.random() {
            self.clear_counters();
        }
        self.host.good("freeze", &[0]);
    }

    /// Calls and accesses that are refused, and leave nothing behind.
    fn errors_are_told(&mut self) {
        let p = &self.engine.params;
        self.done.refused += 1;
        match self.rng.random_range(0..4) {
            0 => assert_eq!(
                self.host.call_with("submit", &[p.ports, 0], Some(&[0])).0,
                ARGUMENT
            ),
            1 => {
                assert_eq!(self.host.call_with("row", &[0; 4], Some(&[0; 64])).0, BUS);
                self.told(REFUSED);
            }
            2 => {
                let place = [p.lanes, 0, 0, 0];
                assert_eq!(
                    self.host.call_with("row", &place, Some(&[0; 64])).0,
                    ARGUMENT
                );
            }
            _ => {
                self.host.good("enable", &[0]);
                self.host.run(&RunRequest::new().drain(30));
                self.host.good("enable", &[1]);
            }
        }
    }
}

/// Contents, then random steps.
fn epoch(engine: &Engine, seed: u64, until: Instant, done: &mut Done) {
    let mut rng = random::rng(seed);
    let case = random::case(&engine.resolved, rng.random());
    let mut host = engine.start(&[]);
    host.program(&case, &engine.resolved);
    host.good("end", &[100 * POLLS]);
    host.good("clear_events", &[u32::MAX]);
    host.good("clear_counters", &[]);
    let mut soak = Soak {
        engine,
        host,
        case,
        rng,
        bags: 0,
        active: 0,
        done,
    };
    for _ in 0..150 {
        match soak.rng.random_range(0..20) {
            0..10 => soak.bags_come_back(),
            10..13 => soak.rows_are_written(),
            13..15 => soak.bags_are_dropped(),
            15..18 => soak.counters_agree(),
            _ => soak.errors_are_told(),
        }
        if Instant::now() > until {
            break;
        }
    }
    soak.counters_agree();
}

/// A row that cannot be verified, or a macro that does not answer, at a random place.
fn broken(engine: &Engine, seed: u64, done: &mut Done) {
    let mut rng = random::rng(seed);
    let (r, p) = (&engine.resolved, &engine.params);
    let case = random::case(r, rng.random());
    let contents = Contents::new(&case.mapping, &case.table, r).unwrap();
    let Some((place, words)) = rows(&contents, r).choose(&mut rng).cloned() else {
        return;
    };
    let (lane, bank, slot, row) = place;
    let arguments = |names: &[(&str, u32)], what: &str| -> Vec<String> {
        let argument = |(of, n): &(&str, u32)| format!("+recross_{what}_{of}={n}");
        names.iter().map(argument).collect()
    };
    let start = |arguments: &[String]| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        engine.start(&arguments)
    };
    if rng.random() {
        let names = [("lane", lane), ("bank", bank), ("slot", slot), ("row", row)];
        let mut host = start(&arguments(&names, "fail"));
        let rows = host.program(&case, r);
        assert_eq!(host.call("end", &[100 * POLLS]).0, FAILED);
        let answers = host.good("answers", &[]);
        assert_eq!(answers[..2], [i64::from(rows), 1]);
        assert_eq!(answers[2..], [lane, bank, slot, row].map(i64::from));
        assert_eq!(host.good("faults", &[])[0] as u32 & ROW_FAILED, ROW_FAILED);
        done.rows += u64::from(rows);
    } else {
        let mut host = start(&arguments(&[("lane", lane), ("bank", bank)], "silent"));
        host.good("begin", &[geometry(p)]);
        let place = [lane, bank, slot, row];
        assert_eq!(host.call_with("row", &place, Some(&words)).0, OK);
        assert_eq!(host.call("end", &[POLLS]).0, TIMEOUT);
        host.run(&RunRequest::new().drain(4 << p.tick_bits));
        let faults = host.good("faults", &[]);
        assert_eq!(faults[0] as u32 & BANK_SILENT, BANK_SILENT);
        assert_eq!(faults[4..6], [lane, bank].map(i64::from));
    }
    done.refused += 1;
}

/// A quarter of an hour at most of the first epochs of one engine, which are the same in each run.
pub fn first_epochs(engine: &Engine) {
    let until = Instant::now() + Duration::from_secs(900);
    for seed in 0..2 {
        epoch(engine, seed, until, &mut Done::default());
        broken(engine, seed, &mut Done::default());
    }
}

fn soak(time: Duration) {
    let engines = engines();
    let until = Instant::now() + time;
    let mut done = Done::default();
    for seed in 0.. {
        for engine in &engines {
            if Instant::now() > until {
                println!("{done:?}");
                assert!(done.epochs > 0);
                return;
            }
            // The last line tells which epoch fails.
            println!("epoch {seed}");
            epoch(engine, seed, until, &mut done);
            broken(engine, seed, &mut done);
            done.epochs += 1;
        }
    }
}

#[test]
fn nothing_is_lost_for_ten_seconds() {
    soak(Duration::from_secs(10));
}

#[test]
#[ignore = "takes as long as it is told to: make soak MINUTES=30"]
fn nothing_is_lost_for_long() {
    let minutes: u64 = std::env::var("RECROSS_MINUTES").map_or(30, |n| n.parse().unwrap());
    soak(Duration::from_secs(60 * minutes));
}
