//! The `.parquet` form: a row is a sample, and each chosen column is a table. A column holds an id,
//! or a list of ids, in each row.

use std::fs::File;
use std::io::BufReader;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use super::builder::TraceBuilder;
use super::columns::{Chosen, choose, list};
use super::meter::Meter;
use super::raw_id::RawId;
use super::{ReadOptions, Trace};
use crate::error::{At, Error, Result};
use crate::progress::Progress;

/// Rows that are decoded at a time.
const ROWS: usize = 256;

/// Reads the chosen columns, some rows at a time.
pub(super) fn read(
    path: &Path,
    file: BufReader<File>,
    options: &ReadOptions,
    progress: &dyn Progress,
) -> Result<Trace> {
    // The crate indexes what a damaged file says, and may go beyond the end.
    catch_unwind(AssertUnwindSafe(|| {
        read_columns(path, file.into_inner(), options, progress)
    }))
    .unwrap_or_else(|_| Err(damaged(path, "contents that contradict each other")))
}

fn read_columns(
    path: &Path,
    file: File,
    options: &ReadOptions,
    progress: &dyn Progress,
) -> Result<Trace> {
    let reader = SerializedFileReader::new(file).map_err(|e| refused(path, e))?;
    let metadata = reader.metadata();
    let leaves = metadata.file_metadata().schema_descr().columns();
    let leaves: Vec<&ColumnDescriptor> = leaves.iter().map(AsRef::as_ref).collect();
    let rows = u64::try_from(metadata.file_metadata().num_rows()).unwrap_or(0);
    let mut meter = Meter::new(progress, path, rows);
    let columns = chosen(&leaves, options, path, &meter)?;
    for group in metadata.row_groups() {
        for column in &columns {
            check_compression(group.column(column.leaf).compression(), column, path)?;
        }
    }
    let mut builder = TraceBuilder::with_options(path, options);
    let mut row = 0;
    for g in 0..reader.num_row_groups() {
        let group = reader.get_row_group(g).map_err(|e| refused(path, e))?;
        let mut batches = Vec::with_capacity(columns.len());
        for column in &columns {
            let reader = group
                .get_column_reader(column.leaf)
                .map_err(|e| refused(path, e))?;
            batches.push(Batch::new(column, reader, path)?);
        }
        loop {
            let mut read = None;
            for batch in &mut batches {
                let got = batch.fill().map_err(|e| refused(path, e))?;
                if read.is_some_and(|read| read != got) {
                    return Err(damaged(path, "columns of different lengths"));
                }
                read = Some(got);
            }
            let Some(read @ 1..) = read else {
                break;
            };
            for _ in 0..read {
                for (table, batch) in batches.iter_mut().enumerate() {
                    // `chosen` limits the number of columns.
                    let table = table as u16;
                    batch.row(table, row, &mut builder, path)?;
                    builder.end_bag(table, None);
                }
                row += 1;
            }
            meter.add(read as u64)?;
        }
    }
    if row != rows {
        return Err(damaged(path, &format!("{row} rows where it says {rows}")));
    }
    meter.note_padding(options.padding_idx, builder.ids().left_out());
    Ok(builder.finish())
}

/// A chosen column.
struct Column {
    /// Its number among the columns of numbers and texts.
    leaf: usize,
    name: String,
    unsigned: bool,
    /// Whether rows hold lists.
    list: bool,
    /// The definition level of an element, and of a list's entry that may be null.
    element: i16,
    entry: i16,
}

/// The names of columns: short where that is enough.
fn names(leaves: &[&ColumnDescriptor]) -> Vec<String> {
    let root = |leaf: &ColumnDescriptor| leaf.path().parts().first().cloned().unwrap_or_default();
    leaves
        .iter()
        .map(|leaf| {
            let name = root(leaf);
            match leaves.iter().filter(|other| root(other) == name).count() {
                1 => name,
                _ => leaf.path().string(),
            }
        })
        .collect()
}

fn chosen(
    leaves: &[&ColumnDescriptor],
    options: &ReadOptions,
    path: &Path,
    meter: &Meter<'_>,
) -> Result<Vec<Column>> {
    let names = names(leaves);
    let refuse = |found: String, expected: String| {
        let help = "name each column of ids with --column; each is a table";
        Err(Error::input(path, At::File, found, expected, help))
    };
    let described = || match names.is_empty() {
        true => "no column".to_owned(),
        false => format!("the columns {}", list(&names)),
    };
    let texts = options.renumber.is_some();
    let may_be_ids = |leaf: &ColumnDescriptor| {
        is_integer(leaf) || (texts && leaf.physical_type() == Type::BYTE_ARRAY)
    };
    let places = if options.columns.is_empty() {
        let lists: Vec<usize> = (0..leaves.len())
            .filter(|&at| leaves[at].max_rep_level() > 0 && may_be_ids(leaves[at]))
            .collect();
        match (lists.as_slice(), leaves.len()) {
            (_, 1) => vec![0],
            (&[only], _) => {
                meter.note(&format!(
                    "read column `{}`, the only one of lists",
                    names[only]
                ));
                vec![only]
            }
            _ => return refuse(described(), "one column of ids, or --column".to_owned()),
        }
    } else {
        match choose(&options.columns, &names) {
            Chosen::Named(places) | Chosen::Numbered(places) => places,
            Chosen::Missing(name) => {
                return refuse(described(), format!("a column `{}`", name.escape_debug()));
            }
        }
    };
    if places.len() > usize::from(u16::MAX) {
        let expected = format!("at most {}", u16::MAX);
        return refuse(format!("{} columns of ids", places.len()), expected);
    }
    places
        .into_iter()
        .map(|leaf| column(leaf, names[leaf].clone(), leaves[leaf], path))
        .collect()
}

fn is_integer(leaf: &ColumnDescriptor) -> bool {
    matches!(leaf.physical_type(), Type::INT32 | Type::INT64)
}

fn column(leaf: usize, name: String, of: &ColumnDescriptor, path: &Path) -> Result<Column> {
    let refuse = |found: String| {
        Err(Error::input(
            path,
            At::Key(name.clone()),
            found,
            "a column of ids or of lists of ids",
            "name columns of whole numbers with --column",
        ))
    };
    if of.max_rep_level() > 1 || (of.max_rep_level() == 1 && of.path().parts().len() > 3) {
        return refuse("lists inside lists or records".to_owned());
    }
    if !is_integer(of) && of.physical_type() != Type::BYTE_ARRAY {
        return refuse(format!("{} values", of.physical_type()));
    }
    let element = of.max_def_level();
    let may_be_null = of.self_type().get_basic_info().repetition() == Repetition::OPTIONAL;
    Ok(Column {
        leaf,
        unsigned: matches!(of.logical_type_ref(), Some(LogicalType::Integer(t)) if !t.is_signed)
            || matches!(
                of.converted_type(),
                ConvertedType::UINT_8
                    | ConvertedType::UINT_16
                    | ConvertedType::UINT_32
                    | ConvertedType::UINT_64
            ),
        list: of.max_rep_level() == 1,
        element,
        entry: element - i16::from(may_be_null),
        name,
    })
}

fn check_compression(method: Compression, column: &Column, path: &Path) -> Result<()> {
    match method {
        Compression::UNCOMPRESSED
        | Compression::SNAPPY
        | Compression::GZIP(_)
        | Compression::ZSTD(_) => Ok(()),
        other => {
            let name = other.to_string();
            let name = name.split('(').next().unwrap_or_default();
            Err(Error::input(
                path,
                At::Key(column.name.clone()),
                format!("the compression method {name}"),
                "none, SNAPPY, GZIP or ZSTD",
                "write it again with another: `pyarrow.parquet.write_table(t, path, \
                 compression=\"zstd\")`",
            ))
        }
    }
}

/// Some rows of a column.
struct Batch<'c> {
    column: &'c Column,
    reader: Reader,
    definition: Vec<i16>,
    repetition: Vec<i16>,
    /// Next level and next value.
    level: usize,
    value: usize,
}

/// A reader of the column's type, with the values of the rows.
enum Reader {
    Int32(ColumnReaderImpl<Int32Type>, Vec<i32>),
    Int64(ColumnReaderImpl<Int64Type>, Vec<i64>),
    Bytes(ColumnReaderImpl<ByteArrayType>, Vec<ByteArray>),
}

impl<'c> Batch<'c> {
    fn new(column: &'c Column, reader: ColumnReader, path: &Path) -> Result<Self> {
        let reader = match reader {
            ColumnReader::Int32ColumnReader(reader) => Reader::Int32(reader, Vec::new()),
            ColumnReader::Int64ColumnReader(reader) => Reader::Int64(reader, Vec::new()),
            ColumnReader::ByteArrayColumnReader(reader) => Reader::Bytes(reader, Vec::new()),
            // `column` refuses other types; a row group may contradict the schema.
            _ => return Err(damaged(path, "a row group of another type")),
        };
        Ok(Batch {
            column,
            reader,
            definition: Vec::new(),
            repetition: Vec::new(),
            level: 0,
            value: 0,
        })
    }

    /// Decodes the next rows; returns their number, 0 at the end of the row group.
    fn fill(&mut self) -> std::result::Result<usize, ParquetError> {
        self.definition.clear();
        self.repetition.clear();
        (self.level, self.value) = (0, 0);
        let levels = (&mut self.definition, &mut self.repetition);
        let (rows, _, levels) = match &mut self.reader {
            Reader::Int32(reader, values) => fill(reader, values, levels),
            Reader::Int64(reader, values) => fill(reader, values, levels),
            Reader::Bytes(reader, values) => fill(reader, values, levels),
        }?;
        // Columns that must have a value have no levels.
        if self.column.element == 0 {
            self.definition.resize(levels, 0);
        }
        if !self.column.list {
            self.repetition.resize(levels, 0);
        }
        Ok(rows)
    }

    /// Adds the ids of the next row to the open bag.
    fn row(&mut self, table: u16, row: u64, builder: &mut TraceBuilder, path: &Path) -> Result<()> {
        let column = self.column;
        let error = |found: String, expected: &str, help: &str| {
            let at = At::Key(column.name.clone());
            Error::input(path, at, format!("{found} in row {row}"), expected, help)
        };
        let mut first = true;
        while let (Some(&definition), Some(&repetition)) = (
            self.definition.get(self.level),
            self.repetition.get(self.level),
        ) {
            if repetition == 0 && !first {
                break;
            }
            first = false;
            self.level += 1;
            if definition < column.element {
                if column.list && definition >= column.entry {
                    let help = "leave empty entries out, or fill them with an id of padding and \
                                give --padding-idx";
                    return Err(error("an empty entry of a list".to_owned(), "an id", help));
                }
                // An empty or missing list, or a missing id, is an empty bag.
                continue;
            }
            let at = self.value;
            self.value += 1;
            let id = match &self.reader {
                Reader::Int32(_, values) => values.get(at).map(|&v| match column.unsigned {
                    true => RawId::Number(u64::from(v as u32)),
                    false => RawId::from(i64::from(v)),
                }),
                Reader::Int64(_, values) => values.get(at).map(|&v| match column.unsigned {
                    true => RawId::Number(v as u64),
                    false => RawId::from(v),
                }),
                Reader::Bytes(_, values) => match values.get(at).map(|v| v.as_utf8()) {
                    Some(Ok(text)) => Some(RawId::Text(text)),
                    Some(Err(_)) => {
                        return Err(error("bytes that are no text".to_owned(), "an id", ""));
                    }
                    None => None,
                },
            };
            let Some(id) = id else {
                return Err(damaged(path, "a column that ends too early"));
            };
            builder.id(table, id).map_err(|bad| {
                bad.error(id_text(id), |found, expected, help| {
                    error(found, &expected, help)
                })
            })?;
        }
        Ok(())
    }
}

fn id_text(id: RawId<'_>) -> String {
    match id {
        RawId::Text(_) => format!("the text `{id}`"),
        _ => format!("`{id}`"),
    }
}

/// Decodes rows: their number, and the numbers of values and levels.
fn fill<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    values: &mut Vec<T::T>,
    (definition, repetition): (&mut Vec<i16>, &mut Vec<i16>),
) -> std::result::Result<(usize, usize, usize), ParquetError> {
    values.clear();
    reader.read_records(ROWS, Some(definition), Some(repetition), values)
}

fn refused(path: &Path, e: ParquetError) -> Error {
    let text = match e {
        ParquetError::External(e) => match e.downcast::<std::io::Error>() {
            Ok(e) if e.raw_os_error().is_some() => return Error::io("read", path)(*e),
            Ok(e) => e.to_string(),
            Err(e) => e.to_string(),
        },
        ParquetError::NYI(what) => what,
        ParquetError::General(what) | ParquetError::EOF(what) => what,
        other => other.to_string(),
    };
    damaged(path, &text)
}

fn damaged(path: &Path, what: &str) -> Error {
    Error::input(
        path,
        At::File,
        format!("data that cannot be decoded ({what})"),
        "a complete Parquet file",
        "the file is damaged, truncated or encrypted, or uses an encoding that recross lacks; write \
         it again, or convert it to .npz or .csv",
    )
}

#[cfg(test)]
mod tests;
