//! The result files of a run: the vectors of the driven bags, and which bag each of them is.

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::flow::Split;
use crate::formats::npy::write_npy_i64;
use crate::formats::npz::{Array, Elements, write_npz};
use crate::formats::trace::Trace;
use crate::ids::TableId;

/// The table of each bag of a trace, and its number in the file.
pub(super) struct Labels {
    /// Empty: all bags belong to table 0.
    tables: Vec<u16>,
    /// For a sample, the numbers of its bags in the whole trace. Empty: bag `i` has number `i`.
    numbers: Vec<u64>,
}

impl Labels {
    pub(super) fn new(trace: &Trace) -> Self {
        let tables = match trace.table_count() {
            1 => Vec::new(),
            _ => (0..trace.len()).map(|i| trace.table(i)).collect(),
        };
        let numbers = trace.sample().iter().flat_map(|s| s.numbers()).collect();
        Labels { tables, numbers }
    }

    /// The table of bag `bag`.
    pub(super) fn table(&self, bag: usize) -> TableId {
        TableId(self.tables.get(bag).copied().unwrap_or(0).into())
    }

    fn number(&self, bag: usize) -> u64 {
        self.numbers.get(bag).copied().unwrap_or(bag as u64)
    }
}

/// The vectors of the driven bags, with what an archive says about them.
pub(super) struct Outputs<'a> {
    /// Row-major, driven bags x `dim`.
    pub(super) values: &'a [i64],
    /// Elements of a vector.
    pub(super) dim: u32,
    /// Which bags were driven.
    pub(super) split: &'a Split,
    /// Of all bags of the trace.
    pub(super) labels: &'a Labels,
    /// The scale of each table; `None` for a table of integers.
    pub(super) scales: Vec<Option<f64>>,
}

/// The files that [`Outputs::write`] writes for a name: an `.npz` beside an `.npy`, else one file.
pub(super) fn files(path: &Path) -> Vec<PathBuf> {
    let mut files = vec![path.to_path_buf()];
    if path.extension().is_some_and(|e| e == "npy") {
        files.push(path.with_extension("npz"));
    }
    files
}

impl Outputs<'_> {
    /// Writes [`files`]: the values alone as `.npy`, and as `.npz` with the number, the table and
    /// the scale of each row.
    ///
    /// # Errors
    /// [`crate::Error::Io`] if writing fails.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        for file in files(path) {
            match file.extension().is_some_and(|e| e == "npz") {
                true => self.write_archive(&file)?,
                false => write_npy_i64(&file, self.rows(), self.dim, self.values)?,
            }
        }
        Ok(())
    }

    fn rows(&self) -> u64 {
        self.split.driven.len() as u64
    }

    fn write_archive(&self, path: &Path) -> Result<()> {
        let rows = self.rows();
        let driven = || (0..self.split.driven.len()).map(|row| self.split.first + row);
        let table = |bag| self.labels.table(bag);
        let scale = |bag| {
            let of_table = self.scales.get(table(bag).index()).copied().flatten();
            of_table.unwrap_or(1.0)
        };
        let values = Array {
            shape: vec![rows, self.dim.into()],
            elements: Elements::int(self.values.iter().copied()),
        };
        let one_each = |elements| Array {
            shape: vec![rows],
            elements,
        };
        let bag = Elements::int(driven().map(|bag| self.labels.number(bag) as i64));
        let table = Elements::int(driven().map(|bag| table(bag).0.into()));
        let scale = Elements::float(driven().map(scale));
        write_npz(
            path,
            vec![
                ("values", values),
                ("bag", one_each(bag)),
                ("table", one_each(table)),
                ("scale", one_each(scale)),
            ],
        )
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::flow::split;

    #[test]
    fn an_archive_names_bag_table_and_scale_of_each_row() {
        let bags = [(0, vec![1]), (1, vec![0]), (0, vec![]), (1, vec![])];
        let trace = Trace::from_lists(&bags).unwrap();
        let labels = Labels::new(&trace);
        let split = split(&trace.into_bags(&[2, 1]).unwrap(), 0.75, None);
        let outputs = Outputs {
            values: &[1, 2, 3, 4, 5, 6],
            dim: 2,
            split: &split,
            labels: &labels,
            scales: vec![None, Some(0.5)],
        };
        let folder = tempfile::tempdir().unwrap();
        outputs.write(&folder.path().join("o.npy")).unwrap();
        let archive = std::fs::File::open(folder.path().join("o.npz")).unwrap();
        let mut archive = zip::ZipArchive::new(archive).unwrap();
        let mut ints = |name: &str| {
            let array = npyz::NpyFile::new(archive.by_name(name).unwrap()).unwrap();
            (array.shape().to_vec(), array.into_vec::<i64>().unwrap())
        };
        assert_eq!(ints("values.npy"), (vec![3, 2], vec![1, 2, 3, 4, 5, 6]));
        assert_eq!(ints("bag.npy"), (vec![3], vec![1, 2, 3]));
        // Empty bags too: the trace knows their table.
        assert_eq!(ints("table.npy"), (vec![3], vec![1, 0, 1]));
        let scale = npyz::NpyFile::new(archive.by_name("scale.npy").unwrap()).unwrap();
        assert_eq!(scale.into_vec::<f64>().unwrap(), [0.5, 1.0, 0.5]);
        let alone = crate::formats::npy::read_npy_i64(&folder.path().join("o.npy")).unwrap();
        assert_eq!(alone, (3, 2, vec![1, 2, 3, 4, 5, 6]));
    }

    #[test]
    fn the_ending_decides_what_is_written() {
        let names = |path: &str| files(Path::new(path));
        assert_eq!(
            names("a/o.npy"),
            [Path::new("a/o.npy"), Path::new("a/o.npz")]
        );
        assert_eq!(names("o.npz"), [Path::new("o.npz")]);
        assert_eq!(names("/dev/null"), [Path::new("/dev/null")]);
    }
}
