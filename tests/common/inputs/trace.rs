//! Traces of all formats, and lists of ids.

use super::{Choices, Given, told};
use recross::formats::trace::{
    Format, Layout, MemoryBound, ReadOptions, Renumber, Trace, read, stats, write,
};

const FORMATS: &[&str] = &[
    "bags", "bags.gz", "bags.zst", "jsonl", "jsonl.gz", "csv", "csv.zst", "tsv", "npz", "parquet",
];

/// The first byte chooses the format, the second the options, and the third their values.
pub fn trace(bytes: &[u8]) {
    let mut choices = Choices(bytes);
    let format = FORMATS[choices.below(FORMATS.len())];
    let (with, value) = (choices.byte(), choices.byte());
    let given = Given::new(&format!("t.{format}"), choices.0);
    let said = |bit: u8| with >> bit & 1 == 1;
    let options = ReadOptions {
        tables: if said(0) { usize::from(value % 8) } else { 0 },
        include_last_offset: said(1).then_some(value & 1 == 1),
        padding_idx: said(2).then_some(i64::from(value) - 1),
        layout: said(3).then_some(match value & 1 {
            0 => Layout::Bag,
            _ => Layout::TableId,
        }),
        columns: match said(4) {
            true => vec!["1-2".to_owned(), "a".to_owned()]
                .into_iter()
                .skip(usize::from(value & 1))
                .collect(),
            false => Vec::new(),
        },
        separator: said(5).then_some(b";|, "[usize::from(value % 4)]),
        renumber: said(6).then_some(Renumber::New),
        memory: said(7).then_some(MemoryBound {
            bytes: 64 * u64::from(value),
            per_lookup: 4,
            per_bag: 8,
            per_row: 4,
            per_row_by_rule: 1,
            seed: value.into(),
        }),
        format: None,
    };
    // Half of the inputs have only options that their format knows.
    let form = format.parse::<Format>().unwrap().form;
    let options = if value & 2 == 0 {
        options.only_for(form)
    } else {
        options
    };
    let Some(trace) = told(read(given.path(), &options)) else {
        return;
    };
    used(&trace, &given);
}

/// Does with a trace what commands do, and writes it in all formats.
fn used(trace: &Trace, given: &Given) {
    let facts = stats(trace, None);
    assert_eq!(facts.all.bags, trace.len() as u64);
    let rows = trace.inferred_rows();
    let _ = told(trace.check_ids(&rows));
    let _ = told(trace.check_bag_sizes(64));
    // Bags of tables that are too large together have no flat ids.
    if rows.iter().map(|&n| u64::from(n)).sum::<u64>() < 1 << 20
        && let Some(bags) = told(trace.flatten(&rows))
    {
        assert_eq!(bags.len(), trace.len());
    }
    if trace.sample().is_some() || trace.numbering().is_some() {
        return;
    }
    for name in ["w.bags", "w.jsonl.zst", "w.npz"] {
        let path = given.beside(name);
        if told(write(trace, &path, None)).is_none() {
            continue;
        }
        // An archive does not tell the number of its tables.
        let options = ReadOptions {
            tables: if name == "w.npz" {
                trace.table_count()
            } else {
                0
            },
            ..ReadOptions::default()
        };
        let again = read(&path, &options);
        // A trace without bags is written, and refused when it is read.
        let Some(again) = told(again) else {
            assert!(trace.is_empty(), "{name}");
            continue;
        };
        // The order of tables' bags among each other is not kept by an archive.
        let bags = |trace: &Trace| -> Vec<(u16, Vec<u32>)> {
            let mut bags: Vec<_> = trace.iter().map(|(t, ids)| (t, ids.to_vec())).collect();
            bags.sort_by_key(|bag| bag.0);
            bags
        };
        assert_eq!(bags(trace), bags(&again), "{name}");
    }
}

/// A list of original ids, as `--ids` names it, and a trace of these.
pub fn numbering(bytes: &[u8]) {
    const NAMES: &[&str] = &["ids.txt", "ids.npy", "ids.bags", "ids"];
    let mut choices = Choices(bytes);
    let name = NAMES[choices.below(NAMES.len())];
    let ids = Given::new(name, choices.0);
    let trace = ids.beside("t.csv");
    std::fs::write(&trace, "a\n5\n7\nx\n").unwrap();
    let options = ReadOptions {
        renumber: Some(Renumber::File(ids.path().to_path_buf())),
        ..ReadOptions::default()
    };
    let Some(trace) = told(read(&trace, &options)) else {
        return;
    };
    let numbering = trace.numbering().unwrap();
    assert_eq!(numbering.hashes().len(), numbering.tables.len());
    for bag in trace.iter() {
        for &id in bag.1 {
            assert!((id as usize) < numbering.table(0).len());
            assert!(numbering.table(0).shown(id as usize).is_some());
        }
    }
}
