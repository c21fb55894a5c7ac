//! The package's C driver on the Verilated model of the whole top module. The driver runs as a program of
//! its own (`driver/main.c`), which asks `driver/host.rs` for each access to the hardware.

pub mod host;

use crate::cosim::bench::{Place, exact};
use crate::cosim::{Case, random, translate, windows};
use crate::writing::{changed, explained};
use host::{
    ARGUMENT, BUS, Engine, FAILED, GEOMETRY, Host, INTERFACE, NOT_ONE, OK, POLLS, TIMEOUT, compile,
    rows,
};
use rand::seq::SliceRandom;
use recross::config::{Config, Resolved};
use recross::hardware::{COUNTERS_BANK, at, geometry};
use recross::ids::EmbeddingId;
use recross::mapping::WordFormat;
use recross::mapping::contents::Contents;
use recross::rtl::Package;
use std::ops::ControlFlow;
use verilated::{RunRequest, Stall};

/// Bits of `events`.
pub const ID_RANGE: u32 = 1 << 0;
pub const BAG_LONG: u32 = 1 << 1;
pub const BANK_SILENT: u32 = 1 << 2;
pub const ROW_FAILED: u32 = 1 << 4;
pub const REFUSED: u32 = 1 << 5;
pub const PROG_DONE: u32 = 1 << 8;
pub const IDLE: u32 = 1 << 9;

/// One port; four ports; rows of three blocks in three crossbars a bank, with tags that can number bags.
pub fn engines() -> [Engine; 3] {
    [
        include_str!("../snapshots/configs/small.toml").to_owned(),
        include_str!("../snapshots/configs/ports.toml").to_owned(),
        include_str!("../snapshots/configs/blocks.toml")
            .replace("tag_bits = 1\n", "tag_bits = 16\n"),
    ]
    .map(|text| Engine::new(&text))
}

fn case(resolved: &Resolved) -> Case {
    let seeds = 1..;
    let mut cases = seeds.map(|seed| random::case(resolved, seed));
    cases.find(|case| case.bags.len() > 20).unwrap()
}

/// The ids of a bag as `recross_sort` orders them, compared with what its header promises.
fn sorted(host: &mut Host<'_>, ids: &[u32], first_lane: u32, resolved: &Resolved) -> Vec<u32> {
    let (_, found) = host.call_with("sort", &[first_lane], Some(ids));
    let found: Vec<u32> = found.iter().map(|&id| id as u32).collect();
    let format = WordFormat::new(resolved);
    let marker = format.last_of_crossbar();
    let lanes = resolved.config.engine.lanes;
    let turned = |id: u32| (format.lane(id) + lanes - first_lane % lanes) % lanes;
    let mut want: Vec<u32> = ids.iter().map(|id| id & !marker).collect();
    want.sort_by_key(|&id| (turned(id), id));
    let crossbar = |id: u32| format.place(id).unwrap().0;
    for at in 0..want.len() {
        let next = want.get(at + 1).copied();
        if next.is_none_or(|next| crossbar(next) != crossbar(want[at])) {
            want[at] |= marker;
        }
    }
    assert_eq!(found, want);
    found
}

/// Submits the bags of `case` to their ports, waits, and compares all vectors.
fn exact_run(host: &mut Host<'_>, case: &Case, resolved: &Resolved) {
    let translated = translate(&case.mapping, &case.bags, resolved);
    let want = exact(&case.bags, &case.table);
    for (port, bags) in translated.ports.iter().enumerate() {
        for (bag, ids) in bags.iter() {
            // Every other bag in the order of the C driver.
            let sorted = sorted(host, ids, port as u32, resolved);
            let ids = if bag % 2 == 0 { ids } else { &sorted };
            host.submit(port, bag, ids);
        }
    }
    host.good("idle", &[POLLS]);
    for (port, bags) in translated.ports.iter().enumerate() {
        let found = host.take(port);
        let own: Vec<_> = bags
            .iter()
            .map(|(bag, _)| (i64::from(bag), 0, want[bag as usize].clone()))
            .collect();
        assert_eq!(found, own, "port {port}");
    }
}

/// Programs rows, drives bags, and reads counters, with what the driver refuses in between.
pub fn programs_and_uses(engine: &Engine) {
    let (r, p) = (&engine.resolved, &engine.params);
    let case = case(r);
    let mut host = engine.start(&[]);
    // Another thing at this address, another interface, another geometry.
    for (register, status) in [
        (at::id, NOT_ONE),
        (at::interface, INTERFACE),
        (at::geometry, GEOMETRY),
    ] {
        host.lie = Some((register, 1234));
        assert_eq!(host.call("open", &[]).0, status);
    }
    host.lie = None;
    host.good("open", &[]);
    host.good("clear_events", &[u32::MAX]);

    // Rows. What cannot be written does not reach the bus.
    let before = host.accesses;
    assert_eq!(host.call("begin", &[geometry(p) ^ 1]).0, GEOMETRY);
    for place in [
        [p.lanes, 0, 0, 0],
        [0, p.banks, 0, 0],
        [0, 0, p.slots, 0],
        [0, 0, 0, p.rows],
    ] {
        assert_eq!(host.call_with("row", &place, Some(&[0; 64])).0, ARGUMENT);
    }
    assert_eq!(host.accesses, before);
    let rows = host.program(&case, r);
    host.good("end", &[POLLS]);
    assert_eq!(host.good("answers", &[])[..2], [i64::from(rows), 0]);
    assert_eq!(host.good("faults", &[])[0] as u32 & !IDLE, PROG_DONE);
    host.good("clear_answers", &[]);
    assert_eq!(host.good("answers", &[])[..2], [0, 0]);

    // Vectors, and the counters of their run.
    host.good("freeze", &[1]);
    host.good("clear_counters", &[]);
    host.good("freeze", &[0]);
    exact_run(&mut host, &case, r);
    host.good("freeze", &[1]);
    let cycles = host.good("counter", &[0, 0, 0, 0])[0];
    assert!(cycles > 0);
    assert_eq!(host.good("counter", &[0, 0, 0, 0])[0], cycles);
    let bags = host.good("counter", &[0, 0, 0, 1])[0];
    assert_eq!(bags, case.bags.len() as i64);
    let index = COUNTERS_BANK
        .iter()
        .position(|c| c.0 == "active_rows")
        .unwrap() as u32;
    let banks = if p.counters == 2 { p.banks } else { 1 };
    let mut active = 0;
    for lane in 0..p.lanes {
        for bank in 0..banks {
            active += host.good("counter", &[2, lane, bank, index])[0];
        }
    }
    let ids: usize = case.bags.iter().map(<[_]>::len).sum();
    assert_eq!(active, ids as i64, "each id drives its row once");
    host.good("clear_counters", &[]);
    assert_eq!(host.good("counter", &[0, 0, 0, 1])[0], 0);
    host.good("freeze", &[0]);

    // The interrupt in place of polling: two readings, before and after.
    host.good("clear_events", &[u32::MAX]);
    assert_eq!(host.irq(), 0);
    host.good("interrupts", &[IDLE]);
    host.interrupt = true;
    let (place, _) = bench_row(&case, r);
    let id = host.good("id", &[place.0, place.1, place.2, place.3])[0] as u32;
    host.submit(0, 7, &[id]);
    let before = host.accesses;
    host.good("wait_for", &[IDLE, POLLS]);
    assert!(host.accesses - before <= 2);
    assert_eq!(host.irq(), 1);
    host.good("clear_events", &[IDLE]);
    host.run(&RunRequest::new().drain(2));
    assert_eq!(host.irq(), 0);
    let found = host.take(0);
    assert_eq!((found.len(), found[0].0, found[0].1), (1, 7, 0));
    host.interrupt = false;

    // Held ports take no beat.
    host.good("enable", &[0]);
    let mut beat = vec![id; p.ids as usize];
    beat.extend([(1u64 << (4 * p.ids)) as u32 - 1, 1, 3]);
    let held = RunRequest::new().input("ids0", &beat).max_cycles(100);
    let error = host
        .model
        .run(&held, &mut |_| ControlFlow::Continue(()))
        .unwrap_err();
    assert!(error.to_string().contains("not ready"), "{error}");
    host.good("enable", &[1]);

    // A flush leaves nothing behind: the next bags are exact.
    let all: Vec<u32> = vec![id; p.max_bag as usize];
    host.submit(0, 9, &all);
    host.good("flush", &[]);
    host.good("idle", &[POLLS]);
    host.run(&RunRequest::new().drain(400));
    host.vectors.iter_mut().for_each(Vec::clear);
    exact_run(&mut host, &case, r);
}

#[test]
fn the_driver_programs_and_uses_the_engine() {
    engines().iter().for_each(programs_and_uses);
}

/// A row that holds an id, and the id.
fn bench_row(case: &Case, r: &Resolved) -> (Place, Vec<u32>) {
    let contents = Contents::new(&case.mapping, &case.table, r).unwrap();
    rows(&contents, r).swap_remove(0)
}

/// Provokes each error.
pub fn tells_every_error(engine: &Engine) {
    let (r, p) = (&engine.resolved, &engine.params);
    let case = case(r);
    let (place, words) = bench_row(&case, r);
    let mut host = engine.start(&[]);
    host.program(&case, r);
    host.good("end", &[POLLS]);
    host.good("clear_events", &[u32::MAX]);
    let port = p.ports - 1;

    // An id that does not exist is left out, and told; another bag is not touched.
    let id = host.good("id", &[place.0, place.1, place.2, place.3])[0] as u32;
    let nowhere = 1 << 30 | id;
    host.submit(port as usize, 1, &[id]);
    host.submit(port as usize, 2, &[nowhere, id, nowhere + 1]);
    host.submit(port as usize, 3, &[id]);
    host.good("wait_for", &[ID_RANGE, POLLS]);
    host.good("idle", &[POLLS]);
    let found = host.take(port as usize);
    let told: Vec<_> = found.iter().map(|v| (v.0, v.1)).collect();
    assert_eq!(told, [(1, 0), (2, 1), (3, 0)]);
    assert_eq!((&found[0].2, &found[2].2), (&found[1].2, &found[1].2));
    let faults = host.good("faults", &[]);
    assert_eq!(faults[0] as u32 & !IDLE, ID_RANGE);
    assert_eq!(faults[1..3], [i64::from(port), i64::from(nowhere)]);
    host.good("clear_events", &[u32::MAX]);

    // A bag that is too long ends, and is told.
    host.submit(port as usize, 4, &vec![id; p.max_bag as usize + 1]);
    host.submit(port as usize, 5, &[id]);
    host.good("idle", &[POLLS]);
    let long = host.take(port as usize);
    assert_eq!((long[0].0, long[0].1), (4, 2));
    assert_eq!(long[1], (5, 0, found[0].2.clone()));
    let faults = host.good("faults", &[]);
    assert_eq!(faults[0] as u32 & !IDLE, BAG_LONG);
    assert_eq!(faults[3], i64::from(port));
    host.good("clear_events", &[u32::MAX]);

    // A bag without ids, and arguments that no port has.
    host.submit(0, 6, &[]);
    host.good("idle", &[POLLS]);
    assert_eq!(host.take(0), [(6, 0, vec![0; p.dim as usize])]);
    assert_eq!(
        host.call_with("submit", &[p.ports, 0], Some(&[id])).0,
        ARGUMENT
    );
    let tag = 1u64 << p.user_tag_bits;
    if let Ok(tag) = u32::try_from(tag) {
        assert_eq!(host.call_with("submit", &[0, tag], Some(&[id])).0, ARGUMENT);
    }
    host.good("clear_events", &[u32::MAX]);

    // A row while the window is closed, and an image of another geometry.
    let row = [place.0, place.1, place.2, place.3];
    assert_eq!(host.call_with("row", &row, Some(&words)).0, BUS);
    let faults = host.good("faults", &[]);
    assert_eq!(
        (faults[0] as u32, faults[6]),
        (REFUSED, i64::from(at::prog_data))
    );
    host.good("clear_events", &[u32::MAX]);
    assert!(host.write(at::prog_image, geometry(p) ^ 1));
    let faults = host.good("faults", &[]);
    assert_eq!(
        (faults[0] as u32, faults[6]),
        (1 << 6, i64::from(at::prog_image))
    );
    exact_run(&mut host, &case, r);

    // A row that cannot be verified.
    let fail = [
        ("lane", place.0),
        ("bank", place.1),
        ("slot", place.2),
        ("row", place.3),
    ]
    .map(|(of, n)| format!("+recross_fail_{of}={n}"));
    let fail: Vec<&str> = fail.iter().map(String::as_str).collect();
    let mut host = engine.start(&fail);
    let rows = host.program(&case, r);
    assert_eq!(host.call("end", &[POLLS]).0, FAILED);
    let place = [place.0, place.1, place.2, place.3].map(i64::from);
    let answers = host.good("answers", &[]);
    assert_eq!(answers[..2], [i64::from(rows), 1]);
    assert_eq!(answers[2..], place);
    assert_eq!(host.good("faults", &[])[0] as u32 & ROW_FAILED, ROW_FAILED);

    // A macro that does not answer.
    let silent =
        [("lane", place[0]), ("bank", place[1])].map(|(of, n)| format!("+recross_silent_{of}={n}"));
    let silent: Vec<&str> = silent.iter().map(String::as_str).collect();
    let mut host = engine.start(&silent);
    host.good("begin", &[geometry(p)]);
    assert_eq!(host.call_with("row", &row, Some(&words)).0, OK);
    host.good("interrupts", &[BANK_SILENT]);
    assert_eq!(host.call("end", &[POLLS]).0, TIMEOUT);
    host.run(&RunRequest::new().drain(4 << p.tick_bits));
    assert_eq!(host.irq(), 1);
    let faults = host.good("faults", &[]);
    assert_eq!(faults[0] as u32 & BANK_SILENT, BANK_SILENT);
    assert_eq!(faults[4..6], place[..2]);
}

/// A flush in the middle of a bag drops the bag to its end, and nothing that comes behind it; a flush between bags drops
/// no beat.
pub fn flushes_open_bags(engine: &Engine) {
    let (r, p) = (&engine.resolved, &engine.params);
    let case = case(r);
    let (place, _) = bench_row(&case, r);
    let mut host = engine.start(&[]);
    host.program(&case, r);
    host.good("end", &[POLLS]);
    let id = host.good("id", &[place.0, place.1, place.2, place.3])[0] as u32;
    for port in 0..p.ports as usize {
        host.submit(port, 1, &[id]);
        host.good("idle", &[POLLS]);
        let alone = host.take(port);
        for (before, after) in [(1, 1), (1, 3), (3, 1), (2, 2), (0, 0)] {
            (0..before).for_each(|_| host.beat(port, id, false));
            host.good("flush", &[]);
            (1..after).for_each(|_| host.beat(port, id, false));
            if after > 0 {
                // The bag's last beat, after a pause.
                host.run(&RunRequest::new().drain(9));
                host.beat(port, id, true);
            }
            host.submit(port, 1, &[id]);
            host.good("idle", &[POLLS]);
            assert_eq!(
                host.take(port),
                alone,
                "port {port}: {before} beats, a flush, {after} beats"
            );
        }
    }
}

#[test]
fn a_flush_drops_an_open_bag_to_its_end() {
    engines().iter().for_each(flushes_open_bags);
}

#[test]
fn the_driver_tells_every_error() {
    engines().iter().for_each(tells_every_error);
}

/// Writes all rows in random order through the window, in one stream beside the bags. Each bag must be a
/// sum of old and new rows, and bags afterwards one of new rows.
pub fn rewrites_rows(engine: &Engine) {
    let (r, p) = (&engine.resolved, &engine.params);
    let mut rng = random::rng(8);
    let mapping = random::listed_mapping(r, &mut rng);
    let old = random::table(r, mapping.embeddings, &mut rng);
    let bags = random::short_bags(mapping.embeddings, 20 * windows(r), 6, &mut rng);
    let new = Case {
        table: changed(&old),
        mapping: mapping.clone(),
        bags: bags.clone(),
    };
    let old = Case {
        mapping,
        table: old,
        bags,
    };
    let mut host = engine.start(&[]);
    host.program(&old, r);
    host.good("end", &[POLLS]);
    host.good("clear_answers", &[]);

    let contents = Contents::new(&new.mapping, &new.table, r).unwrap();
    let mut rows = rows(&contents, r);
    rows.shuffle(&mut rng);
    let mut writes = vec![(at::prog_image, geometry(p))];
    for ((lane, bank, slot, row), words) in &rows {
        writes.push((at::prog_bank, lane << 16 | bank));
        writes.push((at::prog_row, slot << 16 | row));
        writes.extend(words.iter().map(|&word| (at::prog_data, word)));
    }
    let aw: Vec<u32> = writes.iter().map(|w| w.0).collect();
    let w: Vec<u32> = writes.iter().flat_map(|w| [w.1, 0xf]).collect();
    let translated = translate(&new.mapping, &new.bags, r);
    let mut beats = vec![Vec::new(); p.ports as usize];
    for (port, to) in translated.ports.iter().zip(&mut beats) {
        for (bag, ids) in port.iter() {
            let number = ids.len().div_ceil(p.ids as usize).max(1);
            for beat in 0..number {
                let at = beat * p.ids as usize;
                let part = &ids[at..ids.len().min(at + p.ids as usize)];
                to.extend((0..p.ids as usize).map(|n| part.get(n).copied().unwrap_or(0)));
                let keep = (1u64 << (4 * part.len())) as u32 - 1;
                to.extend([keep, u32::from(beat + 1 == number), bag]);
            }
        }
    }
    let mut request = RunRequest::new()
        .input("aw", &aw)
        .input("w", &w)
        .stall("w", Stall::new(1000, 77))
        .expect("b", aw.len() as u64);
    for (port, words) in beats.iter().enumerate() {
        let ids = format!("ids{port}");
        request = request
            .stall(&ids, Stall::new(600, port as u64))
            .input(ids, words);
    }
    let outcome = host.run(&request);
    assert!(outcome.output("b").unwrap().words.iter().all(|&b| b == 0));
    host.good("idle", &[POLLS]);
    host.good("end", &[POLLS]);
    assert_eq!(host.good("answers", &[])[..2], [rows.len() as i64, 0]);

    let row = |case: &Case, id: EmbeddingId| -> Vec<i64> {
        case.table.row(id).iter().map(|&v| v.into()).collect()
    };
    let lists: Vec<_> = new.bags.iter().collect();
    let (was, is) = (exact(&old.bags, &old.table), exact(&new.bags, &new.table));
    let (mut olds, mut news, mut mixed) = (0, 0, 0);
    for port in 0..p.ports as usize {
        for (bag, status, values) in host.take(port) {
            assert_eq!(status, 0);
            let bag = bag as usize;
            let difference = |a: &[i64], b: &[i64]| -> Vec<i64> {
                a.iter().zip(b).map(|(a, b)| a - b).collect()
            };
            let missing = difference(&values, &was[bag]);
            let open: Vec<_> = lists[bag]
                .iter()
                .map(|&id| difference(&row(&new, id), &row(&old, id)))
                .collect();
            assert!(explained(&open, &missing), "bag {bag}");
            match (values == was[bag], values == is[bag]) {
                (true, false) => olds += 1,
                (false, true) => news += 1,
                (false, false) => mixed += 1,
                (true, true) => {}
            }
        }
    }
    println!("{olds} bags of old rows, {news} of new rows, {mixed} of both");
    assert!(olds > 3 && news > 3 && mixed > 3);
    exact_run(&mut host, &new, r);
}

#[test]
fn rows_are_rewritten_through_the_window_while_bags_flow() {
    engines().iter().for_each(rewrites_rows);
}

/// Elements of 64 bits are read as C99 demands, too.
#[test]
fn the_driver_of_wide_elements_compiles() {
    let text = include_str!("../snapshots/configs/wide_values.toml");
    let resolved = Config::from_toml(text, "test")
        .unwrap()
        .resolve("test")
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    Package::emit(&resolved)
        .unwrap()
        .write(folder.path())
        .unwrap();
    compile(folder.path());
}
