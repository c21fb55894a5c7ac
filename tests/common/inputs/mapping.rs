//! `mapping.json`.

use super::{Given, small, told};
use recross::formats::table::{TableShape, TableSpec, load};
use recross::mapping::contents::Contents;
use recross::mapping::{Layout, Mapping};

/// A file: if it is a mapping of some table, it is also laid out, and its cells are filled.
pub fn mapping(bytes: &[u8]) {
    let given = Given::new("mapping.json", bytes);
    let Some(mapping) = told(Mapping::read(given.path())) else {
        return;
    };
    let again = given.beside("again.json");
    mapping.write(&again).unwrap();
    assert_eq!(Mapping::read(&again).unwrap(), mapping);
    let _ = mapping.groups.len() + mapping.row_copies.len();
    let _ = (mapping.group_count(), mapping.crossbars());
    let (r, embeddings) = (small(), mapping.embeddings);
    if told(mapping.validate(r, embeddings, given.path())).is_none() {
        return;
    }
    let layout = Layout::new(&mapping, r).unwrap();
    assert_eq!(layout.embeddings(), embeddings);
    for id in (0..embeddings).take(1000) {
        assert!(layout.home(recross::ids::EmbeddingId(id)).is_some());
    }
    let shape = TableShape {
        dim: r.config.embedding.dim,
        dims: &[],
        value_bits: r.config.embedding.value_bits,
        rows: &[embeddings],
        needed: &[],
    };
    let Some(table) = told(load(&[TableSpec::Random(1)], shape, &[])) else {
        return;
    };
    let contents = Contents::new(&mapping, &table.int, r).unwrap();
    assert!(contents.rows_written() >= embeddings as usize);
}
