//! Memories that are read from files, against what the files were made of.

use std::fmt::Write as _;
use std::path::Path;

use crate::common::{built, go, rtl, stream, words};
use verilated::{Design, Field, Library, ModelOptions, Probe, RunRequest};

const WIDTHS: [u32; 5] = [7, 16, 33, 64, 130];
const DEPTH: u32 = 16;

fn memories() -> Design {
    let probe = |&width: &u32| Probe {
        name: format!("w{width}"),
        field: Field::whole(format!("w{width}"), width),
    };
    Design {
        name: "memories".into(),
        top: "memories".into(),
        sources: vec![rtl("memories.sv")],
        clock: "clk".into(),
        inputs: vec![stream(
            "address",
            Field::bit("valid", 0),
            None,
            vec![Field::whole("address", 4)],
        )],
        probes: WIDTHS.iter().map(probe).collect(),
        ..Design::default()
    }
}

/// A random word of `width` bits, the least significant 32 first.
fn word(width: u32, seed: u32) -> Vec<u32> {
    let mut word = words(width.div_ceil(32) as usize, seed);
    if !width.is_multiple_of(32)
        && let Some(last) = word.last_mut()
    {
        *last &= (1 << (width % 32)) - 1;
    }
    word
}

fn digits(word: &[u32], width: u32) -> String {
    let all: String = word.iter().rev().map(|w| format!("{w:08x}")).collect();
    all[all.len() - width.div_ceil(4) as usize..].to_owned()
}

/// Writes a file for each width, and returns the words by width and address; those that are left out
/// are 0.
fn write(folder: &Path, first: u32, style: &dyn Fn(u32, String) -> String) -> Vec<Vec<Vec<u32>>> {
    let lowest = |width| if width == 130 { 3 } else { 0 };
    let of = |&width: &u32| {
        let mut text = String::new();
        if first > 0 {
            let _ = writeln!(text, "@{:X}", first + lowest(width));
        }
        let mut all = vec![vec![0; width.div_ceil(32) as usize]; first as usize];
        for at in first..DEPTH {
            let word = word(width, 100 * width + at);
            text += &style(at, digits(&word, width));
            all.push(word);
        }
        std::fs::write(folder.join(format!("{width}.hex")), text).unwrap();
        all
    };
    WIDTHS.iter().map(of).collect()
}

#[test]
fn words_of_every_width_are_read_from_plain_and_other_files() {
    let library = Library::load(&built(&memories())).unwrap();
    let folder = tempfile::tempdir().unwrap();
    type Style = dyn Fn(u32, String) -> String;
    let styles: [(u32, &Style); 5] = [
        (0, &|_, digits| digits + "\n"),
        (5, &|_, digits| digits.to_uppercase() + " \r\n"),
        // Without zeros in front; the last word ends with the file.
        (0, &|at, digits| {
            let short = digits.trim_start_matches('0');
            let short = if short.is_empty() { "0" } else { short };
            short.to_owned() + if at + 1 < DEPTH { "\t" } else { "" }
        }),
        // What Verilator's own reader has to take.
        (2, &|at, digits| format!("{digits} // word {at}\n")),
        (0, &|_, digits| {
            format!("{}_{}\n", &digits[..1], &digits[1..])
        }),
    ];
    for (n, (first, style)) in styles.iter().enumerate() {
        let expected = write(folder.path(), *first, style);
        let mut model = library
            .model_with(&ModelOptions {
                plusargs: vec![format!("+folder={}", folder.path().display())],
            })
            .unwrap();
        for at in 0..DEPTH {
            go(
                &mut model,
                &RunRequest::new().input("address", &[at]).drain(2),
            )
            .unwrap();
            for (width, expected) in WIDTHS.iter().zip(&expected) {
                let found = model.probe(&format!("w{width}")).unwrap();
                assert_eq!(
                    found, expected[at as usize],
                    "style {n}, width {width}, word {at}"
                );
            }
        }
    }
}
