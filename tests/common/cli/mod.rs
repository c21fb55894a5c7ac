//! Runs the program on a tiny configuration.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Has room for 512 embeddings; its model builds in seconds.
pub const CONFIG: &str = "\
[embedding]
dim = 4
value_bits = 4
max_bag = 64
[crossbar]
rows = 8
cols = 16
cell_bits = 2
adcs = 4
[engine]
lanes = 2
banks_per_lane = 2
crossbars_per_bank = 16
queue_depth = 4
[frontend]
window = 8
ports = 2
gather = 24
places = 16
[simulation]
idle_limit = 1000
";

/// All ids of [`cut`] are below this.
pub const IDS: u32 = 400;

/// A temporary folder with inputs, in which the program runs.
pub struct Place {
    folder: tempfile::TempDir,
}

/// Exit status and output of a run.
pub struct Said {
    pub status: i32,
    pub out: String,
    pub err: String,
}

impl Place {
    /// A folder with `c.toml` and `t.bags`.
    pub fn new() -> Self {
        let place = Place {
            folder: tempfile::tempdir().unwrap(),
        };
        place.write("c.toml", CONFIG);
        place.write("t.bags", bags_text(&cut(150)));
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }

    /// Writes [`CONFIG`] with `to` in place of `from`.
    pub fn edit_config(&self, from: &str, to: &str) {
        assert!(CONFIG.contains(from));
        self.write("c.toml", CONFIG.replacen(from, to, 1));
    }

    /// A command that runs the program in this folder; `line` is split at blanks.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_recross"));
        command
            .args(line.split_whitespace())
            .current_dir(self.folder.path())
            .env("RECROSS_CACHE", cache());
        command
    }

    pub fn run(&self, line: &str) -> Said {
        self.said(&mut self.command(line))
    }

    /// Runs a command; in its output, the folder's name is replaced by `[DIR]`, the cache's by
    /// `[CACHE]`.
    pub fn said(&self, command: &mut Command) -> Said {
        let Output {
            status,
            stdout,
            stderr,
        } = command.output().unwrap();
        let text = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).unwrap();
            let real = self.folder.path().canonicalize().unwrap();
            text.replace(&*real.to_string_lossy(), "[DIR]")
                .replace(&*self.folder.path().to_string_lossy(), "[DIR]")
                .replace(&*cache().to_string_lossy(), "[CACHE]")
        };
        Said {
            status: status.code().unwrap_or(-1),
            out: text(stdout),
            err: text(stderr),
        }
    }

    /// Runs the program and asserts that its exit status is 0.
    pub fn good(&self, line: &str) -> Said {
        let said = self.run(line);
        assert_eq!(said.status, 0, "{line}: {}", said.err);
        said
    }

    /// Runs the program, asserts that its exit status is `status` and its stdout is empty, and
    /// returns its stderr.
    pub fn bad(&self, status: i32, line: &str) -> String {
        let said = self.run(line);
        assert_eq!(
            (said.status, said.out.as_str()),
            (status, ""),
            "{line}: {}",
            said.err
        );
        said.err
    }
}

/// The model cache, shared by all tests and kept for later runs.
pub fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-models")
}

/// The first bags of the bundled trace, with ids modulo [`IDS`] (so some repeat) and at most 64
/// lookups each; the last bag is empty.
pub fn cut(bags: usize) -> Vec<Vec<u32>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/debian-installs.bags.gz");
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap())
        .read_to_string(&mut text)
        .unwrap();
    let mut all: Vec<Vec<u32>> = text
        .lines()
        .take(bags)
        .map(|l| {
            let ids = l.split_whitespace().map(|id| id.parse().unwrap());
            ids.map(|id: u32| id % IDS).take(64).collect()
        })
        .collect();
    // The largest id is used, so that tests infer a table of `IDS` rows.
    all[0] = vec![IDS - 1, 0, 7, 7, 7];
    if let Some(last) = all.last_mut() {
        last.clear();
    }
    all
}

pub fn bags_text(bags: &[Vec<u32>]) -> String {
    bags.iter()
        .map(|bag| {
            let ids: Vec<String> = bag.iter().map(u32::to_string).collect();
            ids.join(" ") + "\n"
        })
        .collect()
}

/// A `.npy` file of version 1 with the given header fields and data.
pub fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    out.extend((header.len() as u16).to_le_bytes());
    out.extend(header.as_bytes());
    out.extend(data);
    out
}

/// A float32 `.npy` table.
pub fn float_table(rows: u32, dim: u32, value: impl Fn(u32, u32) -> f32) -> Vec<u8> {
    let values = (0..rows).flat_map(|r| (0..dim).map(move |d| (r, d)));
    let data: Vec<u8> = values
        .flat_map(|(r, d)| value(r, d).to_le_bytes())
        .collect();
    npy("<f4", &format!("({rows}, {dim})"), &data)
}

/// An int8 `.npy` table, and its rows.
pub fn int_table(rows: u32, dim: u32) -> (Vec<u8>, Vec<Vec<i64>>) {
    let value = |r: u32, d: u32| i64::from((r * 7 + d * 5 + r / 3) % 16) - 8;
    let lists: Vec<Vec<i64>> = (0..rows)
        .map(|r| (0..dim).map(|d| value(r, d)).collect())
        .collect();
    let data: Vec<u8> = lists.iter().flatten().map(|&v| v as i8 as u8).collect();
    (npy("|i1", &format!("({rows}, {dim})"), &data), lists)
}

/// Asserts that every number in `text` is a number of `report`, or 100 times one, rounded to as
/// many digits as the text shows. Words with letters (file names, `fp32`) do not count as numbers.
pub fn every_number_is_in(text: &str, report: &serde_json::Value) {
    let mut numbers = Vec::new();
    collect(report, &mut numbers);
    let mut found = 0;
    for word in text.split(|c: char| c.is_whitespace() || "();:+".contains(c)) {
        let word = word
            .trim_matches(|c: char| ",%".contains(c))
            .replace(',', "");
        let Ok(_) = word.parse::<f64>() else { continue };
        found += 1;
        let shown = |v: f64| {
            if word.contains('e') {
                return format!("{v:.6e}") == word;
            }
            let digits = word.split_once('.').map_or(0, |(_, d)| d.len());
            [v, 100.0 * v].iter().any(|v| {
                format!("{v:.digits$}") == word || format!("{:.digits$}", v.round()) == word
            })
        };
        assert!(numbers.iter().any(|&v| shown(v)), "{word} in\n{text}");
    }
    assert!(found > 5, "{text}");
}

fn collect(value: &serde_json::Value, out: &mut Vec<f64>) {
    match value {
        serde_json::Value::Number(n) => out.push(n.as_f64().unwrap()),
        serde_json::Value::Array(a) => a.iter().for_each(|v| collect(v, out)),
        serde_json::Value::Object(o) => o.values().for_each(|v| collect(v, out)),
        // A string may contain numbers too (`random:1`).
        serde_json::Value::String(s) => {
            out.extend(s.split(':').filter_map(|p| p.parse::<f64>().ok()))
        }
        _ => {}
    }
}
