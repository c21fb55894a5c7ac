//! The source of a table, as a user writes it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::error::{Error, Result};

/// A table's source: `FILE.npy`, `FILE.safetensors[:TENSOR]`, `FILE.index.json[:TENSOR]` or
/// `random:SEED`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableSpec {
    /// A 2-D NumPy array.
    Npy(PathBuf),
    /// A tensor of a safetensors file, or of a sharded model by its `.index.json`; the name may be
    /// omitted if there is one tensor.
    Safetensors {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        tensor: Option<String>,
    },
    /// Uniform integers over the full range. A row depends only on the seed and on the numbers of
    /// the table and the row.
    Random(u64),
}

impl TableSpec {
    /// The file; `random` for a random table.
    pub(super) fn path(&self) -> &Path {
        match self {
            TableSpec::Npy(path) | TableSpec::Safetensors { path, .. } => path,
            TableSpec::Random(_) => Path::new("random"),
        }
    }

    /// The tensor's name, for messages.
    pub(super) fn key(&self) -> Option<String> {
        match self {
            TableSpec::Safetensors { tensor, .. } => tensor.clone(),
            _ => None,
        }
    }
}

impl FromStr for TableSpec {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        const ENDINGS: [&str; 2] = [".safetensors", ".index.json"];
        let fail = |found: String, expected: &str| {
            let help = other_format(text)
                .unwrap_or("give a FILE.npy, a FILE.safetensors:TENSOR, or random:SEED".to_owned());
            Err(Error::argument("--table", found, expected, help))
        };
        if let Some(seed) = text.strip_prefix("random:") {
            return match seed.parse() {
                Ok(seed) => Ok(TableSpec::Random(seed)),
                Err(_) => fail(
                    format!("`{text}`"),
                    "random:SEED with a SEED from 0 to 18446744073709551615",
                ),
            };
        }
        let lower = text.to_ascii_lowercase();
        if lower.ends_with(".npy") {
            return Ok(TableSpec::Npy(text.into()));
        }
        for ending in ENDINGS {
            if lower.ends_with(ending) {
                return Ok(TableSpec::Safetensors {
                    path: text.into(),
                    tensor: None,
                });
            }
            if let Some(at) = lower.find(&format!("{ending}:")) {
                let (path, rest) = text.split_at(at + ending.len());
                if rest.len() > 1 {
                    return Ok(TableSpec::Safetensors {
                        path: path.into(),
                        tensor: Some(rest[1..].to_owned()),
                    });
                }
            }
        }
        fail(
            format!("`{text}`"),
            "a name that ends in .npy, .safetensors or .index.json, or random:SEED",
        )
    }
}

/// How a file of a known other format becomes a table.
fn other_format(text: &str) -> Option<String> {
    let path = Path::new(text);
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    match ending.as_str() {
        "npz" => Some(format!(
            "a table is one array: `numpy.save(\"table.npy\", numpy.load({text:?})[NAME])`, or \
             `python3 examples/export_from_pytorch.py convert {text} table.npy`"
        )),
        "pt" | "pth" | "bin" | "ckpt" | "pkl" | "pickle" => Some(format!(
            "`python3 examples/export_from_pytorch.py convert {text} table.npy` converts what \
             PyTorch saved"
        )),
        _ => None,
    }
}

impl fmt::Display for TableSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TableSpec::Npy(path) => write!(f, "{}", path.display()),
            TableSpec::Safetensors { path, tensor } => match tensor {
                Some(tensor) => write!(f, "{}:{tensor}", path.display()),
                None => write!(f, "{}", path.display()),
            },
            TableSpec::Random(seed) => write!(f, "random:{seed}"),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_parsed_and_printed() {
        for text in [
            "a/emb.npy",
            "m.safetensors",
            "m.safetensors:emb.0:weight",
            "model.safetensors.index.json",
            "model.safetensors.index.json:emb.0:weight",
            "random:18446744073709551615",
        ] {
            assert_eq!(text.parse::<TableSpec>().unwrap().to_string(), text);
        }
        let spec: TableSpec = "m.safetensors:emb:0".parse().unwrap();
        assert_eq!(spec.key().as_deref(), Some("emb:0"));
        assert_eq!(spec.path(), Path::new("m.safetensors"));
    }

    #[test]
    fn other_names_are_refused() {
        let message = |text: &str| text.parse::<TableSpec>().unwrap_err().to_string();
        insta::assert_snapshot!(message("random:x"), @"argument --table: found `random:x`, expected random:SEED with a SEED from 0 to 18446744073709551615");
        insta::assert_snapshot!(message("model.pt"), @"argument --table: found `model.pt`, expected a name that ends in .npy, .safetensors or .index.json, or random:SEED");
        insta::assert_snapshot!(message("m.safetensors:"), @"argument --table: found `m.safetensors:`, expected a name that ends in .npy, .safetensors or .index.json, or random:SEED");
    }

    #[test]
    fn files_of_other_programs_have_a_help_of_their_own() {
        let help = |text: &str| {
            let e = text.parse::<TableSpec>().unwrap_err();
            e.help().unwrap_or("").to_owned()
        };
        insta::assert_snapshot!(help("a/emb.npz"), @r#"a table is one array: `numpy.save("table.npy", numpy.load("a/emb.npz")[NAME])`, or `python3 examples/export_from_pytorch.py convert a/emb.npz table.npy`"#);
        insta::assert_snapshot!(help("model.PT"), @"`python3 examples/export_from_pytorch.py convert model.PT table.npy` converts what PyTorch saved");
        insta::assert_snapshot!(help("pytorch_model.bin"), @"`python3 examples/export_from_pytorch.py convert pytorch_model.bin table.npy` converts what PyTorch saved");
        insta::assert_snapshot!(help("x.csv"), @"give a FILE.npy, a FILE.safetensors:TENSOR, or random:SEED");
    }
}
