//! Tables in `.npy` and `.safetensors` files.

use super::{Choices, Given, told};
use recross::formats::table::{
    TableShape, TableSpec, check_count, head, load, read_npy_i64, write_npy_i64,
};

const NAMES: &[&str] = &["t.npy", "t.safetensors", "t.safetensors:w", "t.index.json"];

/// The first byte chooses the kind of file, the second the shape that is wanted.
pub fn table(bytes: &[u8]) {
    let mut choices = Choices(bytes);
    let name = NAMES[choices.below(NAMES.len())];
    let wanted = choices.byte();
    let given = Given::new(name.trim_end_matches(":w"), choices.0);
    let spec: TableSpec = match name.strip_suffix(":w") {
        Some(_) => format!("{}:w", given.path().display()),
        None => given.path().display().to_string(),
    }
    .parse()
    .unwrap();
    let size = told(head(&spec)).flatten();
    let rows = [u32::from(wanted & 3) + 1];
    let shape = TableShape {
        dim: if wanted & 4 == 0 { 256 } else { 4 },
        dims: &[],
        value_bits: if wanted & 8 == 0 { 8 } else { 4 },
        rows: if wanted & 16 == 0 { &[] } else { &rows },
        needed: if wanted & 32 == 0 { &[] } else { &rows },
    };
    let specs = [spec];
    let _ = told(check_count(&specs, shape));
    let kept: &[Vec<u32>] = if wanted & 64 == 0 { &[] } else { &[vec![0]] };
    let Some(set) = told(load(&specs, shape, kept)) else {
        return;
    };
    // The head tells what is then loaded.
    let size = size.expect("a table that can be loaded has a head");
    assert_eq!(set.rows, [size.rows]);
    assert_eq!(set.int.embeddings(), size.rows);
    let (low, high) = (
        -(1i16 << (shape.value_bits - 1)),
        (1i16 << (shape.value_bits - 1)) - 1,
    );
    for value in set.int.values().iter() {
        assert!((low..=high).contains(value));
    }
}

/// An array of results, as `--expect` and comparisons read it.
pub fn array(bytes: &[u8]) {
    let given = Given::new("a.npy", bytes);
    let Some((rows, dim, data)) = told(read_npy_i64(given.path())) else {
        return;
    };
    assert_eq!(data.len() as u64, rows * u64::from(dim));
    let again = given.beside("b.npy");
    write_npy_i64(&again, rows, dim, &data).unwrap();
    assert_eq!(read_npy_i64(&again).unwrap(), (rows, dim, data));
}
