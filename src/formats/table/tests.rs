//! Loading tables from files that other libraries wrote, and every error.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::error::Result;
use crate::formats::trace::Bags;
use crate::ids::{EmbeddingId, TableId};
use npyz::WriterBuilder;
use safetensors::tensor::{Dtype, TensorView};
use std::path::PathBuf;
use tempfile::TempDir;

const SHAPE: TableShape<'_> = TableShape {
    dim: 3,
    dims: &[],
    value_bits: 8,
    rows: &[],
    needed: &[],
};

fn npy<T>(descr: &str, order: npyz::Order, shape: &[u64], data: &[T]) -> Vec<u8>
where
    T: npyz::Serialize + Copy,
{
    let mut bytes = Vec::new();
    let mut writer = npyz::WriteOptions::new()
        .dtype(npyz::DType::Plain(descr.parse().unwrap()))
        .order(order)
        .shape(shape)
        .writer(&mut bytes)
        .begin_nd()
        .unwrap();
    writer.extend(data.iter().copied()).unwrap();
    writer.finish().unwrap();
    bytes
}

fn c<T: npyz::Serialize + Copy>(descr: &str, shape: &[u64], data: &[T]) -> Vec<u8> {
    npy(descr, npyz::Order::C, shape, data)
}

fn tensors(list: &[(&str, Dtype, &[usize], Vec<u8>)]) -> Vec<u8> {
    let views = list.iter().map(|(name, dtype, shape, bytes)| {
        (
            *name,
            TensorView::new(*dtype, shape.to_vec(), bytes).unwrap(),
        )
    });
    safetensors::serialize(views, None).unwrap()
}

/// The first rows of as many tables as any test has.
fn every_row() -> Vec<Vec<u32>> {
    vec![(0..16).collect(); 4]
}

/// A folder with one file in it.
fn file(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn from_npy(bytes: &[u8], shape: TableShape<'_>) -> Result<TableSet> {
    let (_folder, path) = file("t.npy", bytes);
    load(&[TableSpec::Npy(path)], shape, &every_row())
}

fn from_tensor(bytes: &[u8], tensor: Option<&str>, shape: TableShape<'_>) -> Result<TableSet> {
    let (_folder, path) = file("t.safetensors", bytes);
    let tensor = tensor.map(str::to_owned);
    load(
        &[TableSpec::Safetensors { path, tensor }],
        shape,
        &every_row(),
    )
}

/// The message from the file's name on, and the help.
fn message(result: Result<TableSet>) -> String {
    let e = result.unwrap_err();
    assert_eq!(e.exit_status(), 2);
    let text = e.to_string();
    let text = match text.rsplit_once("/t.") {
        Some((_, tail)) => format!("t.{tail}"),
        None => text,
    };
    format!("{text}\n{}", e.help().unwrap_or(""))
}

#[test]
fn integers_of_every_type_and_order_are_read() {
    let rows = [1i64, -2, 3, -128, 127, 0];
    let expected = [1i16, -2, 3, -128, 127, 0];
    let files = [
        c("|i1", &[2, 3], &rows.map(|v| v as i8)),
        c("<i2", &[2, 3], &rows.map(|v| v as i16)),
        c(">i2", &[2, 3], &rows.map(|v| v as i16)),
        c("<i4", &[2, 3], &rows.map(|v| v as i32)),
        c(">i8", &[2, 3], &rows),
        npy(
            "<i2",
            npyz::Order::Fortran,
            &[2, 3],
            &[1i16, -128, -2, 127, 3, 0],
        ),
    ];
    for bytes in files {
        let set = from_npy(&bytes, SHAPE).unwrap();
        assert_eq!(set.int.values().into_owned(), expected);
        assert_eq!((set.rows, set.reports[0].quantised), (vec![2], None));
    }
    for (dtype, bytes) in [
        (
            Dtype::I8,
            rows.iter().map(|&v| v as u8).collect::<Vec<u8>>(),
        ),
        (
            Dtype::I16,
            rows.iter()
                .flat_map(|&v| (v as i16).to_le_bytes())
                .collect(),
        ),
    ] {
        let all = tensors(&[("e", dtype, &[2, 3], bytes)]);
        assert_eq!(
            from_tensor(&all, None, SHAPE)
                .unwrap()
                .int
                .values()
                .into_owned(),
            expected
        );
    }
}

#[test]
fn floats_of_every_type_are_quantised_equally() {
    // The scale is 1, since the largest magnitude is 127.
    let values = [127.0f32, -1.0, 2.5, 0.25, -3.5, 64.0];
    let expected = [127i16, -1, 2, 0, -4, 64];
    let half: Vec<u8> = [0x57f0u16, 0xbc00, 0x4100, 0x3400, 0xc300, 0x5400]
        .iter()
        .flat_map(|h| h.to_le_bytes())
        .collect();
    let brain: Vec<u8> = values
        .iter()
        .flat_map(|v| ((v.to_bits() >> 16) as u16).to_le_bytes())
        .collect();
    let single: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    let mut sets = vec![
        from_npy(&c("<f4", &[2, 3], &values), SHAPE),
        from_npy(&c(">f4", &[2, 3], &values), SHAPE),
        from_npy(&c("<f8", &[2, 3], &values.map(f64::from)), SHAPE),
    ];
    for (dtype, bytes) in [
        (Dtype::F16, half),
        (Dtype::BF16, brain),
        (Dtype::F32, single),
    ] {
        let all = tensors(&[
            ("other", Dtype::U8, &[1], vec![1]),
            ("e", dtype, &[2, 3], bytes),
        ]);
        sets.push(from_tensor(&all, Some("e"), SHAPE));
    }
    for set in sets {
        let set = set.unwrap();
        assert_eq!(set.int.values().into_owned(), expected);
        assert_eq!(set.scales(), [Some(1.0)]);
        assert_eq!(set.reports[0].quantised.unwrap().error_max, 0.5);
    }
}

#[test]
fn tables_are_stacked_and_padded_with_zeros() {
    let (_a, first) = file("a.npy", &c("|i1", &[2, 2], &[1i8, 2, 3, 4]));
    let (_b, second) = file("b.npy", &c("<f4", &[1, 3], &[0.5f32, -0.25, 0.0]));
    let specs = [
        TableSpec::Npy(first),
        TableSpec::Npy(second),
        TableSpec::Random(5),
    ];
    let shape = TableShape {
        rows: &[2, 1, 2],
        needed: &[1, 1],
        ..SHAPE
    };
    let set = load(&specs, shape, &[]).unwrap();
    assert_eq!(set.int.embeddings(), 5);
    assert_eq!(*set.int.row(EmbeddingId(0)), [1, 2, 0]);
    assert_eq!(*set.int.row(EmbeddingId(1)), [3, 4, 0]);
    assert_eq!(*set.int.row(EmbeddingId(2)), [127, -64, 0]);
    let mut row = [0; 3];
    random_row(5, 2, 1, 8, &mut row);
    assert_eq!(*set.int.row(EmbeddingId(4)), row);
    assert_eq!(set.reports[0].dim, 2);
    assert_eq!(set.scales(), [None, Some(0.5 / 127.0), None]);
}

#[test]
fn one_seed_generates_as_many_rows_as_are_needed() {
    let needed = TableShape {
        needed: &[4, 2],
        ..SHAPE
    };
    let set = load(&[TableSpec::Random(1)], needed, &every_row()).unwrap();
    assert_eq!(set.rows, [4, 2]);
    let narrow = TableShape {
        dims: &[3, 1],
        ..needed
    };
    let narrow = load(&[TableSpec::Random(1)], narrow, &every_row()).unwrap();
    assert_eq!((narrow.reports[0].dim, narrow.reports[1].dim), (3, 1));
    assert_eq!(narrow.int.values()[..13], set.int.values()[..13]);
    assert_eq!(narrow.int.values()[13..15], [0, 0]);
    let configured = TableShape {
        rows: &[9, 3],
        ..needed
    };
    let larger = load(&[TableSpec::Random(1)], configured, &every_row()).unwrap();
    assert_eq!(larger.int.values()[..12], set.int.values()[..12]);
    assert_eq!(larger.int.row(EmbeddingId(9)), set.int.row(EmbeddingId(4)));
    assert_eq!(
        larger.pooling_error(&Bags::from_lists(12, &[]).unwrap(), &|_| TableId(0)),
        None
    );
}

#[test]
fn pooling_error_by_hand() {
    let (_a, ints) = file("a.npy", &c("|i1", &[1, 3], &[5i8, 0, 0]));
    let (_b, floats) = file(
        "b.npy",
        &c("<f4", &[2, 3], &[127.0f32, 0.5, 1.25, 2.0, 1.5, -1.25]),
    );
    let set = load(
        &[TableSpec::Npy(ints), TableSpec::Npy(floats)],
        SHAPE,
        &every_row(),
    )
    .unwrap();
    // Table 1 becomes [127, 0, 1] and [2, 2, -1] at scale 1.
    let bags = Bags::from_lists(3, &[vec![0], vec![1, 1], vec![], vec![1, 2]]).unwrap();
    // The empty bag belongs to table 0, which its ids do not show.
    let table_of = |bag: usize| TableId([0, 1, 0, 1][bag]);
    let error = set.pooling_error(&bags, &table_of).unwrap();
    let of = |bags: u64, error: f64, magnitude: f64| {
        let elements = (3 * bags) as f64;
        Differences {
            bags,
            max_abs_fp32: error.min(1.0),
            mean_abs_fp32: error / elements,
            max_abs_fp64: error.min(1.0),
            mean_abs_fp64: error / elements,
            mean_magnitude: magnitude / elements,
            mean_percent: 100.0 * (error / elements) / (magnitude / elements),
        }
    };
    let floats = 254.0 + 1.0 + 2.5 + 129.0 + 2.0;
    let expected = PoolingError {
        all: of(4, 1.0 + 0.5, 5.0 + floats),
        tables: vec![of(2, 0.0, 5.0), of(2, 1.0 + 0.5, floats)],
    };
    assert_eq!(error, expected);
    let other = Bags::from_lists(9, &[]).unwrap();
    assert_eq!(set.pooling_error(&other, &table_of), None);
    // Nothing looked up: no percentage of nothing.
    let empty = Bags::from_lists(3, &[vec![]]).unwrap();
    let error = set.pooling_error(&empty, &table_of).unwrap();
    assert_eq!((error.all.bags, error.all.mean_percent), (1, 0.0));
}

#[test]
fn errors_name_the_place_of_a_bad_value() {
    let floats = |v: f32| message(from_npy(&c("<f4", &[2, 2], &[0.0f32, 1.0, v, 2.0]), SHAPE));
    insta::assert_snapshot!(floats(f32::NAN), @"
    t.npy: found NaN in row 1, column 0, expected finite values of at most 1e15
    a single scale cannot represent it; check the training, or replace the value
    ");
    insta::assert_snapshot!(floats(f32::NEG_INFINITY), @"
    t.npy: found -infinity in row 1, column 0, expected finite values of at most 1e15
    a single scale cannot represent it; check the training, or replace the value
    ");
    let wide = c("<f8", &[1, 2], &[0.0f64, 1e300]);
    insta::assert_snapshot!(message(from_npy(&wide, SHAPE)), @"
    t.npy: found 1e300 in row 0, column 1, expected finite values of at most 1e15
    a single scale cannot represent it; check the training, or replace the value
    ");
    let ints = npy("<i2", npyz::Order::Fortran, &[2, 2], &[0i16, 1, 128, 2]);
    insta::assert_snapshot!(message(from_npy(&ints, SHAPE)), @"
    t.npy: found 128 in row 0, column 1, expected -128 to 127 (`embedding.value_bits` is 8)
    raise `embedding.value_bits`, or give the table as float32 to have it quantised
    ");
    let brain = tensors(&[("e", Dtype::BF16, &[1, 1], vec![0xc0, 0x7f])]);
    insta::assert_snapshot!(message(from_tensor(&brain, None, SHAPE)), @"
    t.safetensors: key `e`: found NaN in row 0, column 0, expected finite values of at most 1e15
    a single scale cannot represent it; check the training, or replace the value
    ");
}

#[test]
fn row_wise_quantised_tables_are_refused() {
    let bytes = c("|u1", &[2, 11], &[0u8; 22]);
    insta::assert_snapshot!(message(from_npy(&bytes, SHAPE)), @r#"
    t.npy: found uint8 elements, as row-wise quantised tables have (FBGEMM 8-bit rows, quint8), expected integers or floats with one scale for the whole table
    rows with different scales cannot be summed in an analog column; give floats, and recross quantises them with one scale for the table: `s = q[:, -8:].copy().view(numpy.float32); numpy.save("table.npy", q[:, :-8] * s[:, :1] + s[:, 1:])` for 8-bit rows with scale and bias at their end (docs/data.md has other layouts)
    "#);
    let all = tensors(&[("e", Dtype::U8, &[2, 3], vec![0; 6])]);
    insta::assert_snapshot!(message(from_tensor(&all, None, SHAPE)), @r#"
    t.safetensors: key `e`: found U8 elements, as row-wise quantised tables have (FBGEMM 8-bit rows, quint8), expected integers or floats with one scale for the whole table
    rows with different scales cannot be summed in an analog column; give floats, and recross quantises them with one scale for the table: `s = q[:, -8:].copy().view(numpy.float32); numpy.save("table.npy", q[:, :-8] * s[:, :1] + s[:, 1:])` for 8-bit rows with scale and bias at their end (docs/data.md has other layouts)
    "#);
    let scaled = |shape: &[usize]| {
        tensors(&[
            ("e.weight", Dtype::I8, &[2, 3], vec![0; 6]),
            ("e.weight_Scales", Dtype::F32, shape, vec![0; 4 * shape[0]]),
        ])
    };
    insta::assert_snapshot!(message(from_tensor(&scaled(&[2, 1]), Some("e.weight"), SHAPE)), @r#"
    t.safetensors: key `e.weight`: found a row-wise quantised table: `e.weight_Scales` has a value for each row, expected integers or floats with one scale for the whole table
    rows with different scales cannot be summed in an analog column; give floats, and recross quantises them with one scale for the table: `numpy.save("table.npy", q.astype(numpy.float32) * scale.reshape(-1, 1))`; a zero point is subtracted from q first (docs/data.md)
    "#);
    // One scale for the whole table is allowed.
    assert!(from_tensor(&scaled(&[1]), Some("e.weight"), SHAPE).is_ok());
}

#[test]
fn arrays_of_another_shape_or_type_are_refused() {
    let npy = |bytes: &[u8]| message(from_npy(bytes, SHAPE));
    insta::assert_snapshot!(npy(&c("|i1", &[3], &[0i8; 3])), @"
    t.npy: found an array of shape (3,), expected a 2-D table: rows x elements
    save one vector per row; give several tables as separate files
    ");
    insta::assert_snapshot!(npy(&c("|i1", &[1, 1, 1], &[0i8; 1])), @"
    t.npy: found an array of shape (1, 1, 1), expected a 2-D table: rows x elements
    save one vector per row; give several tables as separate files
    ");
    insta::assert_snapshot!(npy(&c::<i8>("|i1", &[0, 3], &[])), @"
    t.npy: found an array of shape (0, 3), expected 1 to 4294967295 rows and elements
    check how the table was saved
    ");
    insta::assert_snapshot!(npy(&c("|i1", &[1, 4], &[0i8; 4])), @"
    t.npy: found vectors of 4 elements, expected at most 3 (`embedding.dim`)
    set embedding.dim = 4
    ");
    insta::assert_snapshot!(npy(&c("<u2", &[1, 1], &[0u16])), @"
    t.npy: found uint16 elements, expected int8, int16, int32, int64, float16, float32 or float64
    convert it with `.astype(numpy.float32)`
    ");
    insta::assert_snapshot!(npy(&c("|b1", &[1, 1], &[false])), @"
    t.npy: found type |b1 elements, expected int8, int16, int32, int64, float16, float32 or float64
    convert it with `.astype(numpy.float32)`
    ");
    let all = tensors(&[
        ("b", Dtype::BOOL, &[1, 1], vec![0]),
        ("flat", Dtype::I8, &[2], vec![0; 2]),
    ]);
    insta::assert_snapshot!(message(from_tensor(&all, Some("b"), SHAPE)), @"
    t.safetensors: key `b`: found BOOL elements, expected I8, I16, I32, I64, F16, BF16, F32 or F64
    convert it with `.to(torch.float32)`
    ");
    insta::assert_snapshot!(message(from_tensor(&all, Some("flat"), SHAPE)), @"
    t.safetensors: key `flat`: found an array of shape [2], expected a 2-D table: rows x elements
    save one vector per row; give several tables as separate files
    ");
    insta::assert_snapshot!(message(from_tensor(&all, Some("emb"), SHAPE)), @"
    t.safetensors: key `emb`: found the tensors b BOOL[1, 1], flat I8[2], expected a tensor of that name
    give the tensor's name after the file name: FILE.safetensors:TENSOR
    ");
    insta::assert_snapshot!(message(from_tensor(&all, None, SHAPE)), @"
    t.safetensors: found the tensors b BOOL[1, 1], flat I8[2], expected one tensor, or the name of one of them
    give the tensor's name after the file name: FILE.safetensors:TENSOR
    ");
}

#[test]
fn files_that_are_damaged_or_of_another_kind_are_refused() {
    let whole = c("<i2", &[2, 3], &[1i16; 6]);
    insta::assert_snapshot!(message(from_npy(&whole[..whole.len() - 1], SHAPE)), @"
    t.npy: found 5 elements, expected 6, the number in the header
    the file is truncated; write or copy it again
    ");
    insta::assert_snapshot!(message(from_npy(&[&whole[..], &[0]].concat(), SHAPE)), @"
    t.npy: found more than 6 elements, expected 6, the number in the header
    write it again with `numpy.save`
    ");
    insta::assert_snapshot!(message(from_npy(b"PK\x03\x04", SHAPE)), @"
    t.npy: found a zip archive (`.npz`, or a PyTorch checkpoint), expected an `.npy` array
    write it with `numpy.save`
    ");
    let all = tensors(&[("e", Dtype::I8, &[2, 3], vec![0; 6])]);
    insta::assert_snapshot!(message(from_tensor(&all[..all.len() - 1], None, SHAPE)), @"
    t.safetensors: found 5 bytes of data, although the header lists 6, expected a `.safetensors` file
    write it with `safetensors.torch.save_file`, or copy it again
    ");
    insta::assert_snapshot!(message(from_tensor(&all[..20], None, SHAPE)), @"
    t.safetensors: found a truncated header, expected a `.safetensors` file
    write it with `safetensors.torch.save_file`, or copy it again
    ");
    insta::assert_snapshot!(message(from_tensor(&whole, None, SHAPE)), @"
    t.safetensors: found an `.npy` array, expected a `.safetensors` file
    write it with `safetensors.torch.save_file`, or copy it again
    ");
    insta::assert_snapshot!(message(from_tensor(b"text that is not a table", None, SHAPE)), @"
    t.safetensors: found other data, expected a `.safetensors` file
    write it with `safetensors.torch.save_file`, or copy it again
    ");
    insta::assert_snapshot!(message(from_tensor(b"", None, SHAPE)), @"
    t.safetensors: found a file of 0 bytes, expected a `.safetensors` file
    write it with `safetensors.torch.save_file`, or copy it again
    ");
    for cut in 0..whole.len() {
        assert!(from_npy(&whole[..cut], SHAPE).is_err(), "{cut}");
    }
    for cut in 0..all.len() {
        assert!(from_tensor(&all[..cut], None, SHAPE).is_err(), "{cut}");
    }
    for at in 0..all.len() {
        for bit in 0..8 {
            let mut bad = all.clone();
            bad[at] ^= 1 << bit;
            let _ = from_tensor(&bad, None, SHAPE);
        }
    }
    let missing = load(&[TableSpec::Npy("no/such.npy".into())], SHAPE, &[]);
    insta::assert_snapshot!(message(missing), @"
    cannot read no/such.npy: No such file or directory (os error 2)
    check the path: it does not exist
    ");
}

#[test]
fn tables_that_do_not_fit_trace_or_configuration_are_refused() {
    let bytes = c("|i1", &[2, 3], &[0i8; 6]);
    let needed = TableShape {
        needed: &[5],
        ..SHAPE
    };
    insta::assert_snapshot!(message(from_npy(&bytes, needed)), @"
    t.npy: found 2 rows, expected at least 5, because the trace looks up id 4
    check that the trace and the table belong together
    ");
    let configured = TableShape {
        rows: &[3],
        ..SHAPE
    };
    insta::assert_snapshot!(message(from_npy(&bytes, configured)), @"
    t.npy: found 2 rows, expected 3 (`embedding.tables[0]`)
    correct `embedding.tables`, or omit it to use the number of rows of the file
    ");
    let narrow = TableShape {
        dims: &[2],
        ..SHAPE
    };
    insta::assert_snapshot!(message(from_npy(&bytes, narrow)), @"
    t.npy: found vectors of 3 elements, expected 2 (`embedding.dims[0]`)
    correct `embedding.dims`, or omit it to use the width of the file
    ");
    let two = TableShape {
        rows: &[2, 2],
        ..SHAPE
    };
    insta::assert_snapshot!(message(from_npy(&bytes, two)), @"
    argument --table: found 1 tables, expected 2 (`embedding.tables`)
    give --table once per table, or one random:SEED for all tables
    ");
    let traced = TableShape {
        needed: &[1, 1],
        ..SHAPE
    };
    insta::assert_snapshot!(message(from_npy(&bytes, traced)), @"
    argument --table: found 1 tables, expected 2, as the trace has
    give --table once per table of the trace, in order
    ");
    insta::assert_snapshot!(message(load(&[], SHAPE, &[])), @"
    argument --table: found no table, expected at least one
    give a FILE.npy, a FILE.safetensors:TENSOR, or random:SEED
    ");
}

#[test]
fn bfloat16_as_numpy_saves_it_is_explained() {
    let mut bytes = Vec::new();
    crate::formats::npy::write_header(&mut bytes, "|V2", &[1, 1]).unwrap();
    bytes.extend([0x80, 0x3f]);
    insta::assert_snapshot!(message(from_npy(&bytes, SHAPE)), @"
    t.npy: found type |V2 elements, as NumPy saves bfloat16, expected int8, int16, int32, int64, float16, float32 or float64
    save `tensor.float().numpy()`, or give the tensor as .safetensors
    ");
}

#[test]
fn absurd_values_are_refused_with_their_place() {
    let floats = |values: &[f32; 4]| from_npy(&c("<f4", &[2, 2], values), SHAPE);
    insta::assert_snapshot!(message(floats(&[0.1, -0.2, 0.0, -3e38])), @"
    t.npy: found -3e38 in row 1, column 1, expected finite values of at most 1e15
    a single scale cannot represent it; check the training, or replace the value
    ");
    insta::assert_snapshot!(message(floats(&[0.1, -0.2, 2e6, 0.3])), @"
    t.npy: found 2e6 in row 1, column 0, expected values of one size; the mean magnitude of all others is 2.0e-1
    with one scale for the table all others would become 0; check the training, or replace the value
    ");
    // Large values are fine where they are of one size, or alone.
    assert!(floats(&[1e10, -2e10, 3e10, 1e9]).is_ok());
    assert!(floats(&[0.0, 1e10, 0.0, 0.0]).is_ok());
}

#[test]
fn the_index_of_a_sharded_model_leads_to_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let shard = |name: &str, tensor: &str, value: u8| {
        let bytes = tensors(&[(tensor, Dtype::I8, &[1, 3], vec![value; 3])]);
        std::fs::write(folder.path().join(name), bytes).unwrap();
    };
    shard("model-1-of-2.safetensors", "a.weight", 1);
    shard("model-2-of-2.safetensors", "b.weight", 2);
    let index = folder.path().join("t.index.json");
    let write = |text: &str| std::fs::write(&index, text).unwrap();
    let load = |tensor: Option<&str>| {
        let tensor = tensor.map(str::to_owned);
        let path = index.clone();
        load(
            &[TableSpec::Safetensors { path, tensor }],
            SHAPE,
            &every_row(),
        )
    };
    write(
        r#"{"metadata":{"total_size":6},"weight_map":{
            "a.weight":"model-1-of-2.safetensors","b.weight":"model-2-of-2.safetensors",
            "c.weight":"model-3-of-2.safetensors"}}"#,
    );
    assert_eq!(
        load(Some("b.weight")).unwrap().int.values().into_owned(),
        [2, 2, 2]
    );
    insta::assert_snapshot!(message(load(Some("d"))), @"
    t.index.json: key `d`: found the tensors a.weight, b.weight, c.weight, expected a tensor of that name
    give the tensor's name after the file name: FILE.index.json:TENSOR
    ");
    insta::assert_snapshot!(message(load(None)), @"
    t.index.json: found the tensors a.weight, b.weight, c.weight, expected one tensor, or the name of one of them
    give the tensor's name after the file name: FILE.index.json:TENSOR
    ");
    let missing = load(Some("c.weight")).unwrap_err().to_string();
    assert!(missing.contains("model-3-of-2.safetensors"), "{missing}");
    write(r#"{"weight_map":{"a.weight":"model-1-of-2.safetensors"}}"#);
    assert_eq!(load(None).unwrap().int.values().into_owned(), [1, 1, 1]);
    write("{}");
    insta::assert_snapshot!(message(load(None)), @"
    t.index.json:1: found missing field `weight_map` at line 1 column 2, expected the index of a sharded model: an object with `weight_map`
    name the `.index.json` that lies beside the .safetensors files, or one of those
    ");
}

/// All elements of a file are read, then those of the table are quantised.
#[test]
fn loading_reports_how_much_of_all_files_is_done() {
    #[derive(Default)]
    struct Kept(std::cell::RefCell<Vec<(u64, u64)>>);
    impl crate::progress::Progress for Kept {
        fn step(&self, what: &'static str, done: u64, total: u64) -> Result<()> {
            assert_eq!(what, "loading tables");
            self.0.borrow_mut().push((done, total));
            Ok(())
        }
    }
    let shape = TableShape {
        needed: &[],
        ..SHAPE
    };
    let (rows, dim) = (60_000u64, u64::from(shape.dim));
    let values: Vec<f32> = (0..rows * dim).map(|i| (i % 17) as f32).collect();
    let (_folder, path) = file("t.npy", &c("<f4", &[rows, dim], &values));
    let specs = [TableSpec::Npy(path.clone()), TableSpec::Npy(path)];
    let kept = Kept::default();
    load_listed(&specs, shape, None, &[], &kept).unwrap();
    let steps = kept.0.into_inner();
    let all = 2 * 2 * rows * dim;
    assert!(steps.iter().all(|&(_, total)| total == all), "{steps:?}");
    assert!(steps.is_sorted() && steps.len() > 5);
    assert_eq!(steps[0].0, 0);
    // Less than one report of each file is missing.
    assert!(all - steps[steps.len() - 1].0 < 2 << 16, "{steps:?}");
}
