#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::config::Resolved;
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
    let array = |addr, data| vec![0, 0, 0, addr, data];
    // Count in 1 bit, bank in 1 bit, slot in 1 bit.
    let entry = |addr, data| vec![1, 0, 0, addr, data];
    let expected = [
        array(0b000, 0b0111),
        array(0b100, 0b0000),
        array(0b110, 0b0011),
        entry(0, 0b001),
        entry(1, 0b101),
    ];
    let words = contents.program();
    assert_eq!(words.stride(), 5);
    assert_eq!(words.len(), 5);
    assert_eq!(contents.rows_written(), 3);
    assert_eq!(words.as_words(), expected.concat());
    let mut image = Vec::new();
    contents.write_array_image(0, 0, &mut image).unwrap();
    assert_eq!(String::from_utf8(image).unwrap(), "5\n1\na\n0\n");
    let mut image = Vec::new();
    contents.write_table_image(0, &mut image).unwrap();
    assert_eq!(String::from_utf8(image).unwrap(), "1\n5\n");
    for error in [
        contents
            .write_array_image(1, 0, &mut Vec::new())
            .unwrap_err(),
        contents
            .write_array_image(0, 1, &mut Vec::new())
            .unwrap_err(),
        contents.write_table_image(1, &mut Vec::new()).unwrap_err(),
    ] {
        assert!(
            error.to_string().ends_with("is not in the configuration"),
            "{error}"
        );
    }
}

#[test]
fn replicas_are_packed_by_bank() {
    let mut config = tiny_config(2, 2, 2);
    config.engine.banks_per_lane = 4;
    let resolved = config.resolve("test").unwrap();
    let mapping = mapping_of(2, &[(&[0], &[(3, 0), (1, 1)])]);
    let table = IntTable::new(1, 3, vec![0]);
    let words = Contents::new(&mapping, &table, &resolved)
        .unwrap()
        .program();
    let item = words.iter().find(|w| w.space == Space::Table).unwrap();
    // Count 2 in 2 bits, then slot and bank: (1, 1) as 1_01, (3, 0) as 0_11, nothing.
    assert_eq!(item.data, [2 | 0b101 << 2 | 0b011 << 5]);
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

type Memory = BTreeMap<(Space, u32, u32, u32), Vec<u32>>;

/// The contents of all memories after every word was written through the port: bitlines of the
/// crossbars that were written, as in an image, and the rows of the tables.
fn load(words: &[u32], resolved: &Resolved) -> Memory {
    let data = resolved.prog_bits.div_ceil(32) as usize;
    let x = &resolved.config.crossbar;
    let mut memory = Memory::new();
    let mut written = std::collections::BTreeSet::new();
    for item in words.chunks(4 + data) {
        let space = [Space::Array, Space::Table][item[0] as usize];
        let key = (space, item[1], item[2], item[3]);
        assert!(u64::from(item[3]) < 1 << resolved.prog_addr_bits);
        assert!(written.insert(key), "{key:?} twice");
        if space == Space::Table {
            memory.insert(key, item[4..].to_vec());
            continue;
        }
        let field = |low: u32, width: u32| item[3] >> low & ((1 << width) - 1);
        let block = field(0, resolved.block_bits);
        let row = field(resolved.block_bits, resolved.row_number_bits);
        let slot = item[3] >> (resolved.block_bits + resolved.row_number_bits);
        assert!(slot < resolved.config.engine.crossbars_per_bank && row < x.rows);
        assert!(block < resolved.column_blocks);
        assert!((x.cols * x.cell_bits..data as u32 * 32).all(|b| bit(&item[4..], b) == 0));
        for line in 0..x.cols {
            let at = (slot * resolved.column_blocks + block) * x.cols + line;
            let length = (x.rows * x.cell_bits).div_ceil(32) as usize;
            let word = memory.entry((space, item[1], item[2], at));
            let word = word.or_insert_with(|| vec![0; length]);
            for plane in 0..x.cell_bits {
                let bit = bit(&item[4..], line * x.cell_bits + plane);
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

fn field(words: &[u32], at: u32, width: u32) -> u32 {
    (0..width).map(|i| bit(words, at + i) << i).sum()
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

/// Reads the vectors back from the memories, using the replica tables.
fn check_memory(case: &Case, memory: &Memory) {
    let (r, x) = (&case.resolved, &case.resolved.config.crossbar);
    let (engine, e) = (&r.config.engine, &r.config.embedding);
    let bitlines = walk_bitlines(r);
    let last = *bitlines.last().unwrap().last().unwrap();
    let blocks = last / x.cols + 1;
    assert_eq!(blocks, r.column_blocks);
    let count_bits = (0..)
        .find(|&b| 1u32 << b > crate::hardware::MAX_REPLICAS)
        .unwrap()
        .max(1);
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
        for (local, (group, places)) in groups.enumerate() {
            let word = &memory[&(Space::Table, lane, 0, local as u32)];
            assert_eq!(field(word, 0, count_bits), places.len() as u32);
            let mut at = count_bits;
            for i in 0..crate::hardware::MAX_REPLICAS as usize {
                let bank = field(word, at, r.bank_bits);
                let slot = field(word, at + r.bank_bits, r.slot_bits);
                at += r.bank_bits + r.slot_bits;
                assert_eq!((bank, slot), places.get(i).copied().unwrap_or((0, 0)));
            }
            assert!((at..word.len() as u32 * 32).all(|b| bit(word, b) == 0));
            for (bank, slot) in places {
                crossbars += 1;
                let read =
                    |line: u32| &memory[&(Space::Array, lane, bank, slot * blocks * x.cols + line)];
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
    let arrays = memory.keys().filter(|k| k.0 == Space::Array).count();
    assert_eq!(
        arrays as u32,
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

fn check_image(lines: &[(u32, Vec<u32>)], memory: &Memory, key: (Space, u32, u32)) {
    for (addr, line) in lines {
        let programmed = memory.get(&(key.0, key.1, key.2, *addr));
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
        prop_assert!(items.all(|(w, key)| (w.space as u32, w.lane, w.bank, w.addr) == key));

        for lane in 0..r.config.engine.lanes {
            let mut image = Vec::new();
            contents.write_table_image(lane, &mut image).unwrap();
            let lines = parse(&image, r.table_bits());
            prop_assert_eq!(lines.len() as u32, r.lane_slots);
            check_image(&lines, &memory, (Space::Table, lane, 0));
            for bank in 0..r.config.engine.banks_per_lane {
                let mut image = Vec::new();
                contents.write_array_image(lane, bank, &mut image).unwrap();
                let lines = parse(&image, r.array_bits);
                // Each word once, and no more than the port writes.
                let programmed = memory.keys().filter(|k| (k.0, k.1, k.2) == (Space::Array, lane, bank));
                prop_assert_eq!(lines.len(), programmed.count());
                prop_assert!(lines.windows(2).all(|w| w[0].0 < w[1].0));
                check_image(&lines, &memory, (Space::Array, lane, bank));
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
        all.only(used.iter().map(|&g| GroupId(g)))
    };
    let loaded = |used: &[u32]| -> Vec<u32> {
        let words = contents(used).program();
        let arrays = words.iter().filter(|w| w.space == Space::Array);
        arrays.map(|w| w.addr).collect()
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

fn memory_order(words: &[u32], stride: usize) -> impl Iterator<Item = (u32, u32, u32, u32)> {
    words.chunks(stride).map(|w| (w[0], w[1], w[2], w[3]))
}
