//! The `.csv` and `.tsv` forms: a row is a sample, and each chosen column is a table.

use std::borrow::Cow;

use super::builder::TraceBuilder;
use super::columns::{Chosen, choose, list};
use super::lines::{Lines, Place};
use super::raw_id::{BadId, RawId};
use super::{Layout, ReadOptions};
use crate::error::{Error, Result};

/// Reads all rows into `builder`. Blank lines are skipped.
pub(super) fn read(
    lines: &mut Lines<'_>,
    builder: &mut TraceBuilder,
    separator: u8,
    options: &ReadOptions,
) -> Result<()> {
    let mut table: Option<Table> = None;
    while let Some((line, place)) = lines.next()? {
        if line.iter().all(|&byte| byte == b' ' || byte == b'\r') {
            continue;
        }
        let row = std::str::from_utf8(line).map_err(|e| {
            place.error(
                format!("bytes that are not UTF-8 (column {})", e.valid_up_to() + 1),
                "text in UTF-8",
                "check that this is a trace",
            )
        })?;
        let cells = cells(row, char::from(separator), place)?;
        let table = match &mut table {
            Some(table) => table,
            none => {
                let (begun, is_head) = Table::start(&cells, separator, options, place)?;
                let begun = none.insert(begun);
                if is_head {
                    continue;
                }
                begun
            }
        };
        table.row(&cells, builder, place)?;
    }
    if let Some(note) = table.and_then(|table| table.note) {
        lines.meter().note(&note);
    }
    Ok(())
}

/// What the first row says about all.
struct Table {
    /// Cells of a row.
    width: usize,
    /// The column of each table; `None`: a row is one bag, whatever its width.
    columns: Option<Vec<usize>>,
    names: Vec<String>,
    /// What was guessed about the first row.
    note: Option<String>,
}

impl Table {
    /// Also says whether the row holds names.
    fn start(
        cells: &[Cow<'_, str>],
        separator: u8,
        options: &ReadOptions,
        place: Place<'_>,
    ) -> Result<(Self, bool)> {
        let table = |columns, names: &[Cow<'_, str>]| Table {
            width: cells.len(),
            columns,
            names: names.iter().map(|name| name.to_string()).collect(),
            note: None,
        };
        // Where texts are ids, names look like them.
        let texts = options.renumber.is_some();
        let is_text = |word: &str| matches!(RawId::parse(word), RawId::Text(_));
        if options.layout == Some(Layout::Bag) {
            return Ok((table(None, &[]), false));
        }
        if options.columns.is_empty() {
            return match cells {
                [only] => {
                    let is_head = words(only).any(is_text);
                    if is_head && let Some(other) = other_separator(only, separator) {
                        return Err(place.error(
                            format!("one column, `{}`", RawId::Text(only)),
                            format!("columns with `{}` between", shown(separator)),
                            &format!("give --separator {other}"),
                        ));
                    }
                    let names = if is_head { cells } else { &[] };
                    let mut table = table(Some(vec![0]), names);
                    if is_head && texts {
                        table.note = Some(format!(
                            "the first row (`{}`) was taken for the column's name; if it holds ids, \
                             give --column 1",
                            RawId::Text(only)
                        ));
                    }
                    Ok((table, is_head))
                }
                several => Err(place.error(
                    format!("{} columns ({})", several.len(), list(several)),
                    "one column of ids, or --column",
                    "name each column of ids with --column, by its name in the first row or by its \
                     number from 1 (`3`, `15-40`); each is a table. If each row is one bag of ids, \
                     give --layout bag",
                )),
            };
        }
        match choose(&options.columns, cells) {
            Chosen::Named(columns) => Ok((table(Some(columns), cells), true)),
            Chosen::Numbered(columns) => {
                let doubtful = columns.iter().any(|&at| words(&cells[at]).any(is_text));
                let mut table = table(Some(columns), &[]);
                if texts && doubtful {
                    table.note = Some(format!(
                        "the first row ({}) was read as ids, as columns go by number; if it holds \
                         names, give one of them to --column",
                        list(cells)
                    ));
                }
                Ok((table, false))
            }
            Chosen::Missing(name) => Err(place.error(
                format!("the columns {}", list(cells)),
                format!("a column `{}`", name.escape_debug()),
                "--column takes a name of the first row, or a number from 1",
            )),
        }
    }

    fn row(
        &self,
        cells: &[Cow<'_, str>],
        builder: &mut TraceBuilder,
        place: Place<'_>,
    ) -> Result<()> {
        let Some(columns) = &self.columns else {
            for cell in cells {
                self.cell(0, cell, None, builder, place)?;
            }
            builder.end_bag(0, Some(place.line));
            return Ok(());
        };
        if cells.len() != self.width {
            return Err(place.error(
                format!("{} columns", cells.len()),
                format!("{}, as in the first row", self.width),
                "quote cells that hold the separator; if each row is one bag of ids, give \
                 --layout bag",
            ));
        }
        for (table, &column) in columns.iter().enumerate() {
            // The number of columns is limited by the length of a line's names.
            let table = u16::try_from(table).map_err(|_| {
                place.error(
                    format!("{} columns of ids", columns.len()),
                    format!("at most {}", u16::MAX),
                    "",
                )
            })?;
            self.cell(table, &cells[column], Some(column), builder, place)?;
            builder.end_bag(table, Some(place.line));
        }
        Ok(())
    }

    fn cell(
        &self,
        table: u16,
        cell: &str,
        column: Option<usize>,
        builder: &mut TraceBuilder,
        place: Place<'_>,
    ) -> Result<()> {
        for word in words(cell) {
            let id = builder.ids().parse(word);
            let checked = match id {
                RawId::Text(text) => builder.ids().check_word(text),
                _ => Ok(()),
            };
            checked
                .and_then(|()| builder.id(table, id))
                .map_err(|bad| {
                    let column = match column.map(|at| (at, self.names.get(at))) {
                        Some((_, Some(name))) => format!(" in column `{}`", name.escape_debug()),
                        Some((at, None)) => format!(" in column {}", at + 1),
                        None => String::new(),
                    };
                    bad_id(id, bad, &column, place)
                })?;
        }
        Ok(())
    }
}

fn bad_id(id: RawId<'_>, bad: BadId, column: &str, place: Place<'_>) -> Error {
    let float = match id {
        RawId::Text(text) => text.contains('.') && text.parse::<f64>().is_ok(),
        _ => false,
    };
    let found = format!("`{id}`{column}");
    match float {
        true => place.error(
            found,
            bad.expected(),
            "ids are whole numbers; pandas writes a column with empty cells as fractions: convert \
             it with `.astype(\"Int64\")`",
        ),
        false => bad.error(found, |found, expected, help| {
            place.error(found, expected, help)
        }),
    }
}

/// The ids of a cell: words between blanks, commas, semicolons or bars, in any brackets and quotes.
fn words(cell: &str) -> impl Iterator<Item = &str> {
    cell.split([' ', '\t', ',', ';', '|'])
        .map(|word| word.trim_matches(['[', ']', '(', ')', '{', '}', '\'', '"']))
        .filter(|word| !word.is_empty())
}

/// A separator that the only column of a row of names may have been meant to be cut at.
fn other_separator(names: &str, separator: u8) -> Option<&'static str> {
    [(',', ","), ('\t', "tab"), (';', "';'"), ('|', "'|'")]
        .into_iter()
        .filter(|&(c, _)| c != char::from(separator))
        .find(|&(c, _)| names.contains(c))
        .map(|(_, name)| name)
}

fn shown(separator: u8) -> String {
    match separator {
        b'\t' => "tab".to_owned(),
        other => char::from(other).to_string(),
    }
}

/// Cuts a row at separators that do not stand in double quotes; `""` in quotes is a quote.
fn cells<'r>(row: &'r str, separator: char, place: Place<'_>) -> Result<Vec<Cow<'r, str>>> {
    let mut cells = Vec::new();
    let mut rest = row;
    loop {
        let Some(mut quoted) = rest.strip_prefix('"') else {
            let (cell, after) = match rest.split_once(separator) {
                Some((cell, after)) => (cell, Some(after)),
                None => (rest, None),
            };
            cells.push(Cow::Borrowed(cell));
            match after {
                Some(after) => rest = after,
                None => return Ok(cells),
            }
            continue;
        };
        let mut cell = Cow::Borrowed("");
        loop {
            let Some((part, after)) = quoted.split_once('"') else {
                return Err(place.error(
                    "a quote that is not closed on its line",
                    "cells of one line",
                    "close the quote, or leave the column out; recross reads a row from each line",
                ));
            };
            cell += part;
            match after.strip_prefix('"') {
                Some(more) => {
                    cell += "\"";
                    quoted = more;
                }
                None => {
                    rest = after;
                    break;
                }
            }
        }
        cells.push(cell);
        match rest.strip_prefix(separator) {
            Some(after) => rest = after,
            None if rest.is_empty() => return Ok(cells),
            None => {
                return Err(place.error(
                    format!("`{}` behind a quoted cell", RawId::Text(rest)),
                    "a separator",
                    "quote whole cells; a quote inside a quoted cell is written twice",
                ));
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::{Layout, ReadOptions, Trace, read};

    fn options(columns: &[&str]) -> ReadOptions {
        ReadOptions {
            columns: columns.iter().map(|&c| c.to_owned()).collect(),
            ..ReadOptions::default()
        }
    }

    fn parse(name: &str, text: &str, options: &ReadOptions) -> crate::Result<Trace> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        read(&path, options)
    }

    fn message(text: &str, options: &ReadOptions) -> String {
        let e = parse("t.csv", text, options).unwrap_err();
        let place = e.to_string();
        let (_, rest) = place.split_once("t.csv").unwrap();
        format!("t.csv{rest}\n{}", e.help().unwrap_or(""))
    }

    #[test]
    fn a_column_of_lists_is_a_table() {
        let expected = Trace::from_lists(&[(0, vec![1, 2]), (0, vec![]), (0, vec![7])]).unwrap();
        for (text, columns) in [
            ("\u{feff}items\r\n\"[1, 2]\"\r\n\"\"\r\n7\r\n", &[][..]),
            ("1|2\n\"\"\n\n7\n", &[]),
            ("user,items\n\"a\"\"b,c\",1 2\nb,\nc,\"7\"\n", &["items"]),
            ("9,\"(1, 2)\"\n9,\n9,7\n", &["2"]),
        ] {
            let trace = parse("t.csv", text, &options(columns)).unwrap();
            assert_eq!(trace, expected, "{text}");
        }
        let trace = parse("t.csv", "items\n\n5\n6\n", &options(&[])).unwrap();
        assert_eq!((trace.line(0), trace.line(1)), (Some(3), Some(4)));
    }

    #[test]
    fn several_columns_are_several_tables() {
        let expected = [(0, vec![5]), (1, vec![3]), (0, vec![]), (1, vec![4])];
        let expected = Trace::from_lists(&expected).unwrap();
        for (name, text, columns) in [
            ("t.csv", "c1,label,c2\n3,1,5\n4,0,\n", &["c2", "c1"][..]),
            ("t.tsv", "1\t5\t3\n0\t\t4\n", &["2-3"]),
        ] {
            assert_eq!(parse(name, text, &options(columns)).unwrap(), expected);
        }
        let semicolons = ReadOptions {
            separator: Some(b';'),
            ..options(&["a", "b"])
        };
        assert_eq!(
            parse("t.csv", "a;b\n5;3\n;4\n", &semicolons).unwrap(),
            expected
        );
        let whole = ReadOptions {
            layout: Some(Layout::Bag),
            ..options(&[])
        };
        let bags = Trace::from_lists(&[(0, vec![5, 3]), (0, vec![4])]).unwrap();
        assert_eq!(parse("t.csv", "5,3\n4\n", &whole).unwrap(), bags);
    }

    #[test]
    fn errors_name_the_line_and_the_column() {
        insta::assert_snapshot!(message("user,items\n1,2\n", &options(&[])), @"
        t.csv:1: found 2 columns (`user`, `items`), expected one column of ids, or --column
        name each column of ids with --column, by its name in the first row or by its number from 1 (`3`, `15-40`); each is a table. If each row is one bag of ids, give --layout bag
        ");
        insta::assert_snapshot!(message("user,items\n1,2\n", &options(&["item"])), @"
        t.csv:1: found the columns `user`, `items`, expected a column `item`
        --column takes a name of the first row, or a number from 1
        ");
        insta::assert_snapshot!(message("user;items\n1;2\n", &options(&[])), @"
        t.csv:1: found one column, `user;items`, expected columns with `,` between
        give --separator ';'
        ");
        insta::assert_snapshot!(message("a,b\n1,2\n3\n", &options(&["b"])), @"
        t.csv:3: found 1 columns, expected 2, as in the first row
        quote cells that hold the separator; if each row is one bag of ids, give --layout bag
        ");
        insta::assert_snapshot!(message("a,b\n1,68fd1e64\n", &options(&["b"])), @"
        t.csv:2: found `68fd1e64` in column `b`, expected an id from 0 to 4294967294
        ids are rows of a table, counted from 0; 1 distinct id: `--renumber` gives it the number 0
        ");
        insta::assert_snapshot!(message("1,5.0\n", &options(&["2"])), @r#"
        t.csv:1: found `5.0` in column 2, expected an id from 0 to 4294967294
        ids are whole numbers; pandas writes a column with empty cells as fractions: convert it with `.astype("Int64")`
        "#);
        insta::assert_snapshot!(message("a,b\n1,\"2\n", &options(&["b"])), @"
        t.csv:2: found a quote that is not closed on its line, expected cells of one line
        close the quote, or leave the column out; recross reads a row from each line
        ");
        insta::assert_snapshot!(message("a,b\n1,\"2\"3\n", &options(&["b"])), @"
        t.csv:2: found `3` behind a quoted cell, expected a separator
        quote whole cells; a quote inside a quoted cell is written twice
        ");
        insta::assert_snapshot!(message("5000000000\n", &options(&[])), @"
        t.csv:1: found `5000000000` in column 1, expected an id from 0 to 4294967294
        ids are rows of a table, counted from 0; 1 distinct id, highest 5000000000: `--renumber` gives it the number 0
        ");
    }
}
