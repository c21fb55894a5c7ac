//! Lines of a text that name a table with each id: `0:5 1:7 2:9` is a sample, with a bag for each
//! table.

use super::builder::TraceBuilder;
use super::lines::{Place, is_blank};
use super::raw_id::{BadId, RawId};
use super::{Layout, ReadOptions};
use crate::error::{Error, Result};

const HELP: &str = "`--layout table:id` reads lines of a table and an id with a colon between; a bag \
    is a line of ids (`5 7 9`), after its table if that is not 0 (`1: 5 7 9`)";

/// Most tables that a line may imply without naming them. Each line has a bag for each table, so that a large
/// number in a file of another kind would take all memory.
const UNNAMED: usize = 1024;

/// Reads such lines.
pub(super) struct Pairs {
    /// Whether each line must name each table once.
    once: bool,
    /// The rows of each table in the present line.
    bags: Vec<Vec<u32>>,
    /// How often the present line names each table.
    named: Vec<u32>,
}

impl Pairs {
    /// Whether a line begins like one.
    pub(super) fn begins(line: &[u8]) -> bool {
        words(line).next().is_some_and(|word| {
            let colon = word.iter().position(|&byte| byte == b':');
            colon.is_some_and(|at| {
                at > 0 && at + 1 < word.len() && word[..at].iter().all(u8::is_ascii_digit)
            })
        })
    }

    /// Learns the number of tables from the options, else from the first line.
    ///
    /// # Errors
    /// [`Error::Input`] if the layout was not asked for and the line does not name the tables 0 to
    /// T - 1 once each, or if it was, and the line leaves most of very many tables out.
    pub(super) fn start(line: &[u8], options: &ReadOptions, place: Place<'_>) -> Result<Self> {
        let once = options.layout != Some(Layout::TableId);
        let mut highest = 0;
        let mut pairs = 0;
        for word in words(line) {
            highest = highest.max(usize::from(parse(word, place)?.0));
            pairs += 1;
        }
        let tables = match (options.tables, once) {
            (0, true) => pairs,
            (0, false) => highest + 1,
            (known, _) => known,
        };
        if options.tables == 0 && tables > UNNAMED.max(2 * pairs) {
            return Err(place.error(
                format!("table {highest} on a first line of {pairs} ids"),
                format!("a table from 0 to {}", UNNAMED.max(2 * pairs) - 1),
                "--tables N says that there are so many; each line then has a bag for each",
            ));
        }
        if once && (pairs < 2 || pairs != tables || highest + 1 != tables) {
            let first = words(line).next().unwrap_or_default();
            return Err(place.error(
                format!("`{}`, a table or feature with an id or value", text(first)),
                match options.tables {
                    0 => "a bag of ids, or the tables 0 to T - 1 once each".to_owned(),
                    known => format!("a bag of ids, or the tables 0 to {} once each", known - 1),
                },
                HELP,
            ));
        }
        Ok(Pairs {
            once,
            bags: vec![Vec::new(); tables],
            named: vec![0; tables],
        })
    }

    /// Number of tables.
    pub(super) fn tables(&self) -> usize {
        self.bags.len()
    }

    /// Adds the bags of a line.
    pub(super) fn line(
        &mut self,
        line: &[u8],
        builder: &mut TraceBuilder,
        place: Place<'_>,
    ) -> Result<()> {
        self.bags.iter_mut().for_each(Vec::clear);
        self.named.fill(0);
        for word in words(line) {
            let (table, id) = parse(word, place)?;
            let tables = self.tables();
            let Some(bag) = self.bags.get_mut(usize::from(table)) else {
                return Err(place.error(
                    format!("table {table}"),
                    format!("a table from 0 to {}", tables - 1),
                    "the first line or --tables says how many there are; --tables N sets it",
                ));
            };
            let id = builder.ids().parse(id);
            if let RawId::Text(text) = id {
                let checked = builder.ids().check_word(text);
                checked.map_err(|bad| bad_id(word, bad, place))?;
            }
            let row = builder
                .ids()
                .row(table, id)
                .map_err(|bad| bad_id(word, bad, place))?;
            bag.extend(row);
            self.named[usize::from(table)] += 1;
        }
        if self.once
            && let Some(table) = self.named.iter().position(|&times| times != 1)
        {
            return Err(place.error(
                format!("table {table} named {} times", self.named[table]),
                format!(
                    "the tables 0 to {} once each, as on the first line",
                    self.tables() - 1
                ),
                "`--layout table:id` allows several ids of a table on a line, or none",
            ));
        }
        for (table, bag) in self.bags.iter().enumerate() {
            builder.extend(bag);
            // `parse` refuses larger tables, and the bags are as many as the tables of a trace.
            builder.end_bag(table as u16, Some(place.line));
        }
        Ok(())
    }
}

/// The error for a word `ID:VALUE` or `TABLE:ID:VALUE` with a weight; `None` for other words.
pub(super) fn weight(word: &[u8], place: Place<'_>) -> Option<Error> {
    let text = std::str::from_utf8(word).ok()?;
    let (first, value) = text.rsplit_once(':')?;
    let ids = first
        .split(':')
        .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    let fraction = value.contains('.') || value.contains("e-");
    let number = fraction && value.parse::<f64>().is_ok();
    let three = first.contains(':') && value.parse::<f64>().is_ok();
    (ids && (number || three)).then(|| {
        place.error(
            format!("`{}`, an id with the weight {value}", RawId::Text(text)),
            "ids without weights",
            "rows are summed as they are; per-sample weights, and mean pooling, would need a \
             multiplication for each lookup or result; leave the weights out if they are all 1",
        )
    })
}

/// A table and an id of it.
fn parse<'w>(word: &'w [u8], place: Place<'_>) -> Result<(u16, &'w str)> {
    if let Some(error) = weight(word, place) {
        return Err(error);
    }
    let pair = std::str::from_utf8(word)
        .ok()
        .and_then(|text| text.split_once(':'));
    match pair {
        Some((table, id)) if !id.is_empty() && !id.contains(':') => match table.parse::<u16>() {
            Ok(table) if table < u16::MAX => Ok((table, id)),
            _ => Err(place.error(
                format!("`{}`", text(word)),
                format!("a table from 0 to {} before the colon", u16::MAX - 1),
                HELP,
            )),
        },
        _ => Err(place.error(
            format!("`{}`", text(word)),
            "a table and an id with a colon between (`0:5`)",
            HELP,
        )),
    }
}

fn bad_id(word: &[u8], bad: BadId, place: Place<'_>) -> Error {
    let what = match bad {
        BadId::Text => "a text as id".to_owned(),
        other => format!("a {}id", other.kind()),
    };
    let found = format!("`{}`, {what}", text(word));
    bad.error(found, |found, expected, help| {
        place.error(found, expected, help)
    })
}

fn text(word: &[u8]) -> String {
    RawId::Text(&String::from_utf8_lossy(word)).to_string()
}

/// The words of a line up to its comment.
fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let end = line.iter().position(|&byte| byte == b'#');
    line[..end.unwrap_or(line.len())]
        .split(|&byte| is_blank(byte))
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::{Layout, MemoryBound, ReadOptions, Trace, read};

    fn parse(text: &str, options: &ReadOptions) -> crate::Result<Trace> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.bags");
        std::fs::write(&path, text).unwrap();
        read(&path, options)
    }

    fn layout(layout: Option<Layout>, tables: usize) -> ReadOptions {
        ReadOptions {
            layout,
            tables,
            ..ReadOptions::default()
        }
    }

    fn message(text: &str, options: &ReadOptions) -> String {
        let e = parse(text, options).unwrap_err();
        let place = e.to_string();
        let (_, rest) = place.split_once("t.bags").unwrap();
        format!("t.bags{rest}\n{}", e.help().unwrap_or(""))
    }

    #[test]
    fn a_line_with_every_table_once_is_a_sample() {
        let text = "# head\n0:5 1:7 2:9\n2:1\t0:2  1:3 # tail\r\n";
        let expected = [(0, 5), (1, 7), (2, 9), (0, 2), (1, 3), (2, 1)];
        let expected = expected.map(|(table, id)| (table, vec![id]));
        for options in [
            layout(None, 0),
            layout(None, 3),
            layout(Some(Layout::TableId), 0),
        ] {
            let trace = parse(text, &options).unwrap();
            assert_eq!(trace, Trace::from_lists(&expected).unwrap());
            assert_eq!((trace.line(2), trace.line(3)), (Some(2), Some(3)));
        }
    }

    #[test]
    fn tables_may_be_absent_or_named_twice_if_that_was_asked_for() {
        let text = "0:5 1:7 0:6\n\n1:3\n";
        let all = [
            (0, vec![5, 6]),
            (1, vec![7]),
            (0, vec![]),
            (1, vec![]),
            (0, vec![]),
            (1, vec![3]),
        ];
        let trace = parse(text, &layout(Some(Layout::TableId), 0)).unwrap();
        assert_eq!(trace, Trace::from_lists(&all).unwrap());
        let three = parse("0:5\n", &layout(Some(Layout::TableId), 3)).unwrap();
        assert_eq!(three.table_count(), 3);
        insta::assert_snapshot!(message("0:5 1:7\n2:3\n", &layout(Some(Layout::TableId), 0)), @"
        t.bags:2: found table 2, expected a table from 0 to 1
        the first line or --tables says how many there are; --tables N sets it
        ");
    }

    #[test]
    fn one_large_number_makes_no_bags_of_thousands_of_tables() {
        let asked = |tables| layout(Some(Layout::TableId), tables);
        insta::assert_snapshot!(message("0:5 65534:7\n", &asked(0)), @"
        t.bags:1: found table 65534 on a first line of 2 ids, expected a table from 0 to 1023
        --tables N says that there are so many; each line then has a bag for each
        ");
        assert_eq!(parse("0:5 65534:7\n", &asked(65535)).unwrap().len(), 65535);
        let line: Vec<String> = (0..2000).map(|table| format!("{}:1", 2 * table)).collect();
        assert_eq!(parse(&line.join(" "), &asked(0)).unwrap().len(), 3999);
    }

    /// The rows of all tables are added up once, not for each bag.
    #[test]
    fn bags_of_many_tables_are_sampled_in_a_time_that_grows_with_their_number() {
        let options = ReadOptions {
            memory: Some(MemoryBound {
                bytes: 10 << 20,
                per_lookup: 8,
                per_bag: 16,
                per_row: 8,
                per_row_by_rule: 1,
                seed: 1,
            }),
            ..layout(Some(Layout::TableId), 65535)
        };
        let begin = std::time::Instant::now();
        let trace = parse(&"0:5 65534:7\n".repeat(40), &options).unwrap();
        assert_eq!(trace.sample().unwrap().of_bags, 40 * 65535);
        // One by one, they took more than a minute.
        assert!(begin.elapsed().as_secs() < 30, "{:?}", begin.elapsed());
    }

    #[test]
    fn other_lines_of_pairs_are_not_taken_for_tables() {
        let auto = layout(None, 0);
        insta::assert_snapshot!(message("3:1 7:1 9:1\n", &auto), @"
        t.bags:1: found `3:1`, a table or feature with an id or value, expected a bag of ids, or the tables 0 to T - 1 once each
        `--layout table:id` reads lines of a table and an id with a colon between; a bag is a line of ids (`5 7 9`), after its table if that is not 0 (`1: 5 7 9`)
        ");
        assert!(parse("0:1\n", &auto).is_err());
        assert!(parse("0:1 1:2\n", &layout(None, 3)).is_err());
        assert!(parse("0:1 0:2\n", &auto).is_err());
        insta::assert_snapshot!(message("0:5 1:7\n1:3 0:4 1:9\n", &auto), @"
        t.bags:2: found table 1 named 2 times, expected the tables 0 to 1 once each, as on the first line
        `--layout table:id` allows several ids of a table on a line, or none
        ");
        insta::assert_snapshot!(message("0:5 1:7\n\n", &auto), @"
        t.bags:2: found table 0 named 0 times, expected the tables 0 to 1 once each, as on the first line
        `--layout table:id` allows several ids of a table on a line, or none
        ");
        insta::assert_snapshot!(message("0:5 1:7\n0:5 6\n", &auto), @"
        t.bags:2: found `6`, expected a table and an id with a colon between (`0:5`)
        `--layout table:id` reads lines of a table and an id with a colon between; a bag is a line of ids (`5 7 9`), after its table if that is not 0 (`1: 5 7 9`)
        ");
        // What the first line is decides.
        assert!(parse("5 6\n0:5 1:7\n", &auto).is_err());
        assert!(parse("0:5 1:7\n", &layout(Some(Layout::Bag), 0)).is_err());
    }

    #[test]
    fn weights_are_recognised() {
        let auto = layout(None, 0);
        insta::assert_snapshot!(message("1:0.5 7:2\n", &auto), @"
        t.bags:1: found `1:0.5`, an id with the weight 0.5, expected ids without weights
        rows are summed as they are; per-sample weights, and mean pooling, would need a multiplication for each lookup or result; leave the weights out if they are all 1
        ");
        for text in [
            "0:5 1:0.25\n",
            "3 1:0.5\n",
            "0:5:1 1:7:1\n",
            "0:5 1:-1e-3\n",
        ] {
            let message = message(text, &auto);
            assert!(message.contains("weight"), "{text}: {message}");
        }
        insta::assert_snapshot!(message("0:68fd1e64 1:7\n", &auto), @"
        t.bags:1: found `0:68fd1e64`, a text as id, expected an id from 0 to 4294967294
        ids are rows of a table, counted from 0; 2 distinct ids in 2 tables: `--renumber` numbers those of each table from 0
        ");
        assert!(message("0:-5 1:7\n", &auto).contains("negative"));
    }
}
