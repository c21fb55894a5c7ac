//! Every example of `docs/data.md` is read, and gives the trace of its heading.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};

use crate::cli::*;

const PAGE: &str = include_str!("../../docs/data.md");

/// An example of the page.
struct Example {
    heading: String,
    language: String,
    file: String,
    args: Vec<String>,
    text: String,
}

/// The blocks whose first line names a file.
fn examples() -> Vec<Example> {
    let mut found = Vec::new();
    let mut heading = String::new();
    let mut lines = PAGE.lines();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("### ") {
            heading = title.to_owned();
        }
        let Some(info) = line.strip_prefix("```").filter(|i| !i.is_empty()) else {
            continue;
        };
        let body: Vec<&str> = lines.by_ref().take_while(|l| *l != "```").collect();
        let word = |key: &str| info.split(' ').find_map(|w| w.strip_prefix(key));
        if let Some(file) = word("file=") {
            let args = word("args=").map(|a| a.splitn(2, ',').map(str::to_owned).collect());
            found.push(Example {
                heading: heading.clone(),
                language: info.split(' ').next().unwrap().to_owned(),
                file: file.to_owned(),
                args: args.unwrap_or_default(),
                text: body.join("\n") + "\n",
            });
        }
    }
    found
}

/// The file that the lines of Python write.
fn as_python_writes(example: &Example) -> Vec<u8> {
    let (_, call) = example.text.split_once('\n').unwrap();
    match call.trim_end() {
        r#"numpy.savez("items.npz", indices=[3, 5, 9, 5, 4, 4], offsets=[0, 3, 4])"# => npz(
            &[("indices", &[3, 5, 9, 5, 4, 4]), ("offsets", &[0, 3, 4])],
            None,
        ),
        r#"numpy.savez("tables.npz", values=[5, 6, 3, 8, 4, 4], lengths=[1, 1, 2, 2])"# => npz(
            &[("values", &[5, 6, 3, 8, 4, 4]), ("lengths", &[1, 1, 2, 2])],
            None,
        ),
        r#"numpy.savez("keyed.npz", values=[5, 6, 3, 8, 4, 4], lengths=[1, 1, 2, 2], keys=["shop", "items"])"# => {
            npz(
                &[("values", &[5, 6, 3, 8, 4, 4]), ("lengths", &[1, 1, 2, 2])],
                Some(2),
            )
        }
        r#"pyarrow.parquet.write_table(pyarrow.table({"items": [[3, 5, 9], [5], [4, 4]]}), "items.parquet")"# => {
            parquet_of_lists()
        }
        other => panic!("write down here what this writes: {other}"),
    }
}

fn npz(arrays: &[(&str, &[i64])], keys: Option<usize>) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut add = |name: &str, bytes: &[u8]| {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(format!("{name}.npy"), options).unwrap();
        zip.write_all(bytes).unwrap();
    };
    for (name, values) in arrays {
        let data: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        add(name, &npy("<i8", &format!("({},)", values.len()), &data));
    }
    if let Some(keys) = keys {
        add(
            "keys",
            &npy("<U5", &format!("({keys},)"), &vec![0; keys * 20]),
        );
    }
    zip.finish().unwrap().into_inner()
}

fn parquet_of_lists() -> Vec<u8> {
    use parquet::data_type::Int64Type;
    use parquet::file::writer::SerializedFileWriter;
    let schema = parquet::schema::parser::parse_message_type(
        "message m { optional group items (LIST) {
            repeated group list { optional int64 element; } } }",
    );
    let mut bytes = Vec::new();
    let schema = std::sync::Arc::new(schema.unwrap());
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Default::default()).unwrap();
    let mut rows = writer.next_row_group().unwrap();
    let mut column = rows.next_column().unwrap().unwrap();
    let (values, repetition) = ([3, 5, 9, 5, 4, 4], [0, 1, 1, 0, 0, 1]);
    let typed = column.typed::<Int64Type>();
    typed
        .write_batch(&values, Some(&[3; 6]), Some(&repetition))
        .unwrap();
    column.close().unwrap();
    rows.close().unwrap();
    writer.close().unwrap();
    bytes
}

#[test]
fn every_example_of_the_page_gives_the_trace_of_its_heading() {
    let place = Place::new();
    let mut traces: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for example in examples() {
        let bytes = match example.language.as_str() {
            "python" => as_python_writes(&example),
            _ => example.text.clone().into_bytes(),
        };
        place.write(&example.file, bytes);
        let args = example.args.join(" ");
        let command = format!("trace convert {} out.jsonl --force {args}", example.file);
        place.good(&command);
        place.good(&format!("trace stats {} {args}", example.file));
        let trace = place.read("out.jsonl");
        let of_heading = traces.entry(example.heading).or_default();
        of_heading.push(trace);
        let first = &of_heading[0];
        assert_eq!(of_heading.last().unwrap(), first, "{}", example.file);
    }
    let counts: Vec<(&str, usize)> = traces.iter().map(|(h, t)| (h.as_str(), t.len())).collect();
    let sparse = "Sparse ids, ids of 64 bits, and texts";
    let expected = [("One table", 5), ("Several tables", 6), (sparse, 3)];
    assert_eq!(counts, expected);
    let (dense, texts) = (place.read("out.jsonl"), place.read("out.ids.txt"));
    assert_eq!(dense, "[0,1,0]\n[2,1]\n");
    assert_eq!(texts, "68fd1e64\n0080acef\n007\n");
}
