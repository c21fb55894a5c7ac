#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::config::Resolved;
use crate::ids::SlotId;
use crate::test_support::{Case, Clipping, any_case, listed, mapping_of, tiny_config};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[test]
fn words_by_hand() {
    // Values 3 and -1 are 7 = 111 and 3 = 011 in offset binary; their 2-bit slices are 3,1 and 3,0.
    let resolved = tiny_config(2, 2, 2).resolve("test").unwrap();
    let mapping = mapping_of(2, &[(&[1], &[(0, 0)]), (&[0, 2], &[(0, 1)])]);
    let table = IntTable::new(1, 3, vec![-4, 3, -1]);
    let contents = Contents::new(&mapping, &table, &resolved).unwrap();
    // Slot 0: row 0 holds id 1 (3), row 1 is empty. Slot 1: row 0 holds -4 (0), row 1 -1 (3). The
    // address is slot, row and block, of one bit each; bitline 1 is above bitline 0.
    let array = |addr, data| vec![0, 0, addr, data];
    let expected = [
        array(0b000, 0b0111),
        array(0b100, 0b0000),
        array(0b110, 0b0011),
    ];
    let words = contents.program();
    assert_eq!(words.stride(), 4);
    assert_eq!(words.len(), 3);
    assert_eq!(contents.rows_written(), 3);
    assert_eq!(words.as_words(), expected.concat());
    let mut image = Vec::new();
    contents.write_array_image(0, 0, &mut image).unwrap();
    assert_eq!(String::from_utf8(image).unwrap(), "5\n1\na\n0\n");
    for error in [
        contents
            .write_array_image(1, 0, &mut Vec::new())
            .unwrap_err(),
        contents
            .write_array_image(0, 1, &mut Vec::new())
            .unwrap_err(),
    ] {
        assert!(
            error.to_string().ends_with("is not in the configuration"),
            "{error}"
        );
    }
}

#[test]
fn tables_that_do_not_fit_are_refused() {
    let resolved = tiny_config(2, 2, 2).resolve("test").unwrap();
    let mapping = mapping_of(2, &[(&[0], &[(0, 0)])]);
    let table = IntTable::new(2, 3, vec![0, 0]);
    assert_eq!(
        Contents::new(&mapping, &table, &resolved)
            .unwrap_err()
            .to_string(),
        "argument table: found 2 elements of 3 bits, expected embedding.dim = 1 elements of \
         embedding.value_bits = 3 bits"
    );
}

type Memory = BTreeMap<(u32, u32, u32), Vec<u32>>;

/// The contents of all memories after every word was written through the port: bitlines of the
/// crossbars that were written, as in an image.
fn load(words: &[u32], resolved: &Resolved) -> Memory {
    let data = resolved.prog_bits.div_ceil(32) as usize;
    let x = &resolved.config.crossbar;
    let mut memory = Memory::new();
    let mut written = std::collections::BTreeSet::new();
    for item in words.chunks(3 + data) {
        let key = (item[0], item[1], item[2]);
        assert!(u64::from(item[2]) < 1 << resolved.prog_addr_bits);
        assert!(written.insert(key), "{key:?} twice");
        let field = |low: u32, width: u32| item[2] >> low & ((1 << width) - 1);
        let block = field(0, resolved.block_bits);
        let row = field(resolved.block_bits, resolved.row_number_bits);
        let slot = item[2] >> (resolved.block_bits + resolved.row_number_bits);
        assert!(slot < resolved.config.engine.crossbars_per_bank && row < x.rows);
        assert!(block < resolved.column_blocks);
        assert!((x.cols * x.cell_bits..data as u32 * 32).all(|b| bit(&item[3..], b) == 0));
        for line in 0..x.cols {
            let at = (slot * resolved.column_blocks + block) * x.cols + line;
            let length = (x.rows * x.cell_bits).div_ceil(32) as usize;
            let word = memory.entry((item[0], item[1], at));
            let word = word.or_insert_with(|| vec![0; length]);
            for plane in 0..x.cell_bits {
                let bit = bit(&item[3..], line * x.cell_bits + plane);
                let to = plane * x.rows + row;
                word[to as usize / 32] |= bit << (to % 32);
            }
        }
    }
    memory
}

fn bit(words: &[u32], at: u32) -> u32 {
    words[at as usize / 32] >> (at % 32) & 1
}

/// The bitline of each slice of each element, found by stepping through phases and converters as
/// the configuration's documentation describes: the slices of an element share a phase if they fit
/// into the rest of it; otherwise they start a new phase.
fn walk_bitlines(r: &Resolved) -> Vec<Vec<u32>> {
    let (cols, adcs) = (r.config.crossbar.cols, r.config.crossbar.adcs);
    let slices = r
        .config
        .embedding
        .value_bits
        .div_ceil(r.config.crossbar.cell_bits);
    let mut next = 0u32;
    let mut out = Vec::new();
    for _ in 0..r.config.embedding.dim {
        if slices <= adcs {
            if next % adcs + slices > adcs {
                next = next.next_multiple_of(adcs);
            }
        } else {
            next = next.next_multiple_of(adcs);
            if next % cols + slices.next_multiple_of(adcs) > cols {
                next = next.next_multiple_of(cols);
            }
        }
        out.push((next..next + slices).collect());
        next += slices;
    }
    out
}

/// Reads the vectors back from the memories.
fn check_memory(case: &Case, memory: &Memory) {
    let (r, x) = (&case.resolved, &case.resolved.config.crossbar);
    let (engine, e) = (&r.config.engine, &r.config.embedding);
    let bitlines = walk_bitlines(r);
    let last = *bitlines.last().unwrap().last().unwrap();
    let blocks = last / x.cols + 1;
    assert_eq!(blocks, r.column_blocks);
    let mut crossbars = 0;
    let listing = listed(&case.mapping, r);
    let by_rule = &listing.groups[case.mapping.groups.len()..];
    let arrays: Vec<_> = case.mapping.arrays().chain(by_rule).collect();
    for lane in 0..engine.lanes {
        let groups = arrays.iter().filter_map(|g| {
            let mut here: Vec<(u32, u32)> = g
                .placements
                .iter()
                .map(|p| (p.0.0, p.1.0))
                .filter(|p| p.0 / engine.banks_per_lane == lane)
                .map(|(bank, slot)| (bank % engine.banks_per_lane, slot))
                .collect();
            here.sort_unstable();
            (!here.is_empty()).then_some((g, here))
        });
        for (group, places) in groups {
            for (bank, slot) in places {
                crossbars += 1;
                let read = |line: u32| &memory[&(lane, bank, slot * blocks * x.cols + line)];
                let cell = |line: u32, row: u32| -> u32 {
                    (0..x.cell_bits)
                        .map(|p| bit(read(line), p * x.rows + row) << p)
                        .sum()
                };
                for row in 0..x.rows {
                    for (d, lines) in bitlines.iter().enumerate() {
                        let offset: u32 = lines
                            .iter()
                            .enumerate()
                            .map(|(s, &line)| cell(line, row) << (s as u32 * x.cell_bits))
                            .sum();
                        let expected = match group.ids.get(row as usize) {
                            Some(&id) => {
                                (i32::from(case.table.row(id)[d]) + (1 << (e.value_bits - 1)))
                                    as u32
                            }
                            None => 0,
                        };
                        assert_eq!(offset, expected, "row {row}, element {d}");
                    }
                }
                for line in 0..blocks * x.cols {
                    let word = read(line);
                    let used = bitlines.iter().any(|l| l.contains(&line));
                    let above = x.rows * x.cell_bits;
                    let from = if used { above } else { 0 };
                    assert!((from..word.len() as u32 * 32).all(|b| bit(word, b) == 0));
                }
            }
        }
    }
    assert_eq!(
        memory.len() as u32,
        crossbars * blocks * x.cols,
        "only the crossbars in use are programmed"
    );
}

/// Reads an image as `$readmemh` does.
/// Addresses and words, as `$readmemh` takes them.
fn parse(image: &[u8], bits: u32) -> Vec<(u32, Vec<u32>)> {
    let mut at = 0;
    let mut words = Vec::new();
    for line in std::str::from_utf8(image).unwrap().lines() {
        if let Some(address) = line.strip_prefix('@') {
            at = u32::from_str_radix(address, 16).unwrap();
            continue;
        }
        assert_eq!(line.len() as u32, bits.div_ceil(4));
        let digits: Vec<u32> = line
            .chars()
            .rev()
            .map(|c| c.to_digit(16).unwrap())
            .collect();
        let word = digits
            .chunks(8)
            .map(|w| w.iter().enumerate().map(|(i, d)| d << (4 * i)).sum());
        words.push((at, word.collect()));
        at += 1;
    }
    words
}

fn check_image(lines: &[(u32, Vec<u32>)], memory: &Memory, key: (u32, u32)) {
    for (addr, line) in lines {
        let programmed = memory.get(&(key.0, key.1, *addr));
        let expected = programmed.map_or(&[] as &[u32], |w| w);
        for i in 0..line.len().max(expected.len()) {
            let word = |w: &[u32]| w.get(i).copied().unwrap_or(0);
            assert_eq!(word(line), word(expected), "{key:?} address {addr}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn programmed_vectors_read_back(case in any_case(Clipping::Never)) {
        let r = &case.resolved;
        let contents = Contents::new(&case.mapping, &case.table, r).unwrap();
        let words = contents.program();
        let memory = load(words.as_words(), r);
        check_memory(&case, &memory);

        let chunked: Vec<u32> = contents.chunks().flat_map(|c| c.as_words().to_vec()).collect();
        prop_assert_eq!(words.as_words(), chunked);
        let mut items = words.iter().zip(memory_order(words.as_words(), words.stride()));
        prop_assert!(items.all(|(w, key)| (w.lane, w.bank, w.addr) == key));

        for lane in 0..r.config.engine.lanes {
            for bank in 0..r.config.engine.banks_per_lane {
                let mut image = Vec::new();
                contents.write_array_image(lane, bank, &mut image).unwrap();
                let lines = parse(&image, r.array_bits);
                // Each word once, and no more than the port writes.
                let programmed = memory.keys().filter(|k| (k.0, k.1) == (lane, bank));
                prop_assert_eq!(lines.len(), programmed.count());
                prop_assert!(lines.windows(2).all(|w| w[0].0 < w[1].0));
                check_image(&lines, &memory, (lane, bank));
            }
        }
    }
}

#[test]
fn only_the_crossbars_in_use_are_loaded() {
    let resolved = tiny_config(2, 2, 2).resolve("test").unwrap();
    let mapping = mapping_of(2, &[(&[1], &[(0, 0)]), (&[0, 2], &[(0, 1)])]);
    let table = IntTable::new(1, 3, vec![-4, 3, -1]);
    let contents = |used: &[u32]| {
        let all = Contents::new(&mapping, &table, &resolved).unwrap();
        let crossbar = |&slot: &u32| Crossbar {
            slot: SlotId(slot),
            ..Crossbar::default()
        };
        all.only(&used.iter().map(crossbar).collect())
    };
    let loaded = |used: &[u32]| -> Vec<u32> {
        let words = contents(used).program();
        words.iter().map(|w| w.addr).collect()
    };
    // Slot, row and block, of one bit each: one row of slot 0, two of slot 1.
    assert_eq!(loaded(&[0, 1]), [0b000, 0b100, 0b110]);
    assert_eq!(loaded(&[1, 1, 9]), [0b100, 0b110]);
    assert_eq!(loaded(&[]), [0u32; 0]);
    let mut image = Vec::new();
    contents(&[1]).write_array_image(0, 0, &mut image).unwrap();
    let lines = parse(&image, resolved.array_bits);
    assert_eq!((lines[0].0, lines[0].1[0]), (2, 0b1010));
    assert!(lines.iter().all(|l| (2..4).contains(&l.0)));
    let image = |used: &[u32]| {
        let mut image = Vec::new();
        contents(used).write_array_image(0, 0, &mut image).unwrap();
        String::from_utf8(image).unwrap()
    };
    // With words missing, there is an address, so that no simulator warns.
    assert_eq!(image(&[]), "@0\n");
    assert!(image(&[0]).starts_with("@0\n"));
    assert!(!image(&[0, 1]).contains('@'));
}

fn memory_order(words: &[u32], stride: usize) -> impl Iterator<Item = (u32, u32, u32)> {
    words.chunks(stride).map(|w| (w[0], w[1], w[2]))
}
