//! The `.bags` text form.

use super::builder::TraceBuilder;
use super::lines::{Lines, Place, is_blank};
use super::pairs::{self, Pairs};
use super::raw_id::{BadId, RawId};
use super::{Layout, ReadOptions};
use crate::error::{Error, Result};

/// Reads all lines into `builder`.
pub(super) fn read(
    lines: &mut Lines<'_>,
    builder: &mut TraceBuilder,
    options: &ReadOptions,
) -> Result<()> {
    let mut pairs: Option<Pairs> = None;
    let mut begun = false;
    while let Some((line, place)) = lines.next()? {
        if !begun && !is_comment(line) {
            begun = true;
            let asked = options.layout == Some(Layout::TableId);
            if asked || (options.layout.is_none() && Pairs::begins(line)) {
                pairs = Some(Pairs::start(line, options, place)?);
            }
        }
        match &mut pairs {
            Some(_) if is_comment(line) => {}
            Some(pairs) => pairs.line(line, builder, place)?,
            None => {
                if let Some(table) = parse_line(line, builder, place)? {
                    builder.end_bag(table, Some(place.line));
                }
            }
        }
    }
    if let Some(pairs) = pairs
        && options.layout.is_none()
    {
        lines.meter().note(&format!(
            "each line is a sample of {} tables: ids with their table before them",
            pairs.tables()
        ));
    }
    Ok(())
}

fn is_comment(line: &[u8]) -> bool {
    line.iter().find(|&&b| !is_blank(b)) == Some(&b'#')
}

/// Adds a line's ids to the open bag and returns its table; `None` for a comment line.
fn parse_line(line: &[u8], builder: &mut TraceBuilder, place: Place<'_>) -> Result<Option<u16>> {
    let mut table = 0u16;
    let mut tokens = 0u64;
    let mut at = 0;
    while at < line.len() {
        let first = line[at];
        if is_blank(first) {
            at += 1;
            continue;
        }
        if first == b'#' {
            return Ok((tokens > 0).then_some(table));
        }
        let start = at;
        let mut value = Some(0u64);
        while let Some(digit) = line.get(at).map(|b| b.wrapping_sub(b'0'))
            && digit <= 9
        {
            value = value
                .and_then(|v| v.checked_mul(10))
                .and_then(|v| v.checked_add(u64::from(digit)));
            at += 1;
        }
        let next = line.get(at).copied();
        let ends = next.is_none_or(|b| is_blank(b) || b == b'#');
        if at > start
            && ends
            && let Some(value) = value
        {
            // `007` is another text than `7`, where texts get numbers.
            let zeros = first == b'0' && at - start > 1 && builder.ids().renumbers();
            let id = match std::str::from_utf8(&line[start..at]) {
                Ok(word) if zeros => RawId::Text(word),
                _ => RawId::Number(value),
            };
            builder
                .id(table, id)
                .map_err(|bad| bad_id(id, bad, place))?;
        } else if at > start && next == Some(b':') && tokens == 0 {
            let after = line.get(at + 1).copied();
            match value.map(u16::try_from) {
                Some(Ok(t)) if t < u16::MAX && after.is_none_or(|b| is_blank(b) || b == b'#') => {
                    table = t;
                }
                _ => return Err(bad_table(&line[start..], place)),
            }
            at += 1;
        } else {
            let word = word(&line[start..]);
            let id = match std::str::from_utf8(word).map(RawId::parse) {
                Ok(id @ RawId::Negative(_)) => id,
                Ok(id @ RawId::Text(text))
                    if builder.ids().renumbers() && !text.contains([',', ':']) =>
                {
                    let checked = builder.ids().check_word(text);
                    checked.map_err(|bad| bad_id(id, bad, place))?;
                    id
                }
                _ => return Err(bad_word(word, place)),
            };
            builder
                .id(table, id)
                .map_err(|bad| bad_id(id, bad, place))?;
            at = start + word.len();
        }
        tokens += 1;
    }
    Ok(Some(table))
}

/// The first word of `rest`.
fn word(rest: &[u8]) -> &[u8] {
    let end = rest.iter().position(|&b| is_blank(b) || b == b'#');
    &rest[..end.unwrap_or(rest.len())]
}

/// A word, shortened and escaped for a message.
fn shown(word: &[u8]) -> String {
    RawId::Text(&String::from_utf8_lossy(word)).to_string()
}

fn bad_table(rest: &[u8], place: Place<'_>) -> Error {
    if let Some(error) = pairs::weight(word(rest), place) {
        return error;
    }
    place.error(
        format!("`{}` as a table", shown(word(rest))),
        format!(
            "a table number from 0 to {}, a colon and a blank",
            u16::MAX - 1
        ),
        "write the table number before the ids: `1: 5 7 9`; `--layout table:id` reads lines such as \
         `0:5 1:7 2:9`",
    )
}

fn bad_id(id: RawId<'_>, bad: BadId, place: Place<'_>) -> Error {
    let found = match bad {
        BadId::Large => format!("`{id}`, which is too large"),
        BadId::Text => format!("`{id}`"),
        other => format!("the {}id `{id}`", other.kind()),
    };
    bad.error(found, |found, expected, help| {
        place.error(found, expected, help)
    })
}

fn bad_word(word: &[u8], place: Place<'_>) -> Error {
    if let Some(error) = pairs::weight(word, place) {
        return error;
    }
    let shown = shown(word);
    let id = BadId::a_row();
    if std::str::from_utf8(word).is_err() {
        place.error(
            format!("bytes that are not UTF-8 (`{shown}`)"),
            id,
            "check that this is a trace: one bag per line, ids separated by blanks",
        )
    } else if word.iter().all(u8::is_ascii_digit) {
        // More than 64 bits.
        let found = format!("`{shown}`, which is too large");
        BadId::Large.error(found, |found, expected, help| {
            place.error(found, expected, help)
        })
    } else if word.contains(&b',') {
        place.error(
            format!("`{shown}`"),
            id,
            "separate ids with blanks, not commas",
        )
    } else {
        place.error(
            format!("`{shown}`"),
            id,
            "write one bag per line, ids separated by blanks; a comment starts with `#`",
        )
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::{ReadOptions, Trace, read};
    use proptest::prelude::*;

    fn parse(text: &[u8]) -> crate::Result<Trace> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.bags");
        std::fs::write(&path, text).unwrap();
        read(&path, &ReadOptions::default())
    }

    fn message(text: &[u8]) -> String {
        let e = parse(text).unwrap_err();
        let place = e.to_string();
        let (_, rest) = place.split_once("t.bags").unwrap();
        format!("t.bags{rest}\n{}", e.help().unwrap_or(""))
    }

    #[test]
    fn every_kind_of_line_is_read() {
        let text = b"\xef\xbb\xbf# head\r\n1 2\t3\r\n\n  # comment\n 7 # tail \xff\n1: 5 5\n2:\n3: # none\n0: 4#x\n  \n4294967294";
        let trace = parse(text).unwrap();
        let expected = [
            (0, vec![1, 2, 3]),
            (0, vec![]),
            (0, vec![7]),
            (1, vec![5, 5]),
            (2, vec![]),
            (3, vec![]),
            (0, vec![4]),
            (0, vec![]),
            (0, vec![4_294_967_294]),
        ];
        assert_eq!(trace, Trace::from_lists(&expected).unwrap());
        let lines: Vec<u64> = (0..trace.len()).map(|i| trace.line(i).unwrap()).collect();
        assert_eq!(lines, [2, 3, 5, 6, 7, 8, 9, 10, 11]);
    }

    #[test]
    fn a_line_ending_ends_a_bag_and_does_not_start_one() {
        for (text, bags) in [
            ("", 0),
            ("\n", 1),
            ("1", 1),
            ("1\n", 1),
            ("1\n\n", 2),
            ("#", 0),
        ] {
            assert_eq!(parse(text.as_bytes()).unwrap().len(), bags, "{text:?}");
        }
    }

    #[test]
    fn errors_name_bad_ids_and_their_line() {
        insta::assert_snapshot!(message(b"1 2\n\n3 -4 5\n"), @"
        t.bags:3: found the negative id `-4`, expected an id from 0 to 4294967294
        ids are rows of a table, counted from 0; if it is padding, leave it out with --padding-idx
        ");
        insta::assert_snapshot!(message(b"1 4294967295\n"), @"
        t.bags:1: found `4294967295`, which is too large, expected an id from 0 to 4294967294
        ids are rows of a table, counted from 0; 2 distinct ids, highest 4294967295: `--renumber` gives them the numbers 0 to 1
        ");
        insta::assert_snapshot!(message(b"99999999999999999999999999999999999999"), @"
        t.bags:1: found `999999999999999999999999...`, which is too large, expected an id from 0 to 4294967294
        ids are rows of a table, counted from 0; 1 distinct id: `--renumber` gives it the number 0
        ");
        insta::assert_snapshot!(message(b"1\n2 x7\n"), @"
        t.bags:2: found `x7`, expected an id from 0 to 4294967294
        write one bag per line, ids separated by blanks; a comment starts with `#`
        ");
        insta::assert_snapshot!(message(b"1,2,3\n"), @"
        t.bags:1: found `1,2,3`, expected an id from 0 to 4294967294
        separate ids with blanks, not commas
        ");
        insta::assert_snapshot!(message(b"1.5"), @"
        t.bags:1: found `1.5`, expected an id from 0 to 4294967294
        write one bag per line, ids separated by blanks; a comment starts with `#`
        ");
        insta::assert_snapshot!(message(b"caf\xe9 1"), @"
        t.bags:1: found bytes that are not UTF-8 (`caf�`), expected an id from 0 to 4294967294
        check that this is a trace: one bag per line, ids separated by blanks
        ");
        insta::assert_snapshot!(message(b"1 2: 3"), @"
        t.bags:1: found `2:`, expected an id from 0 to 4294967294
        write one bag per line, ids separated by blanks; a comment starts with `#`
        ");
        insta::assert_snapshot!(message(b"65535: 3"), @"
        t.bags:1: found `65535:` as a table, expected a table number from 0 to 65534, a colon and a blank
        write the table number before the ids: `1: 5 7 9`; `--layout table:id` reads lines such as `0:5 1:7 2:9`
        ");
        insta::assert_snapshot!(message(b"5:1 7:1"), @"
        t.bags:1: found `5:1`, a table or feature with an id or value, expected a bag of ids, or the tables 0 to T - 1 once each
        `--layout table:id` reads lines of a table and an id with a colon between; a bag is a line of ids (`5 7 9`), after its table if that is not 0 (`1: 5 7 9`)
        ");
    }

    #[test]
    fn errors_name_the_line_of_what_does_not_fit_the_table() {
        let trace = parse(b"# head\n1 2\n# between\n\n9 3\n").unwrap();
        let tail = |e: crate::Error| e.to_string().split_once("t.bags").unwrap().1.to_owned();
        insta::assert_snapshot!(tail(trace.flatten(&[9]).unwrap_err()), @":5: found id 9 in bag 2, expected an id below 9, the number of rows of table 0");
        insta::assert_snapshot!(tail(trace.check_bag_sizes(1).unwrap_err()), @":2: found 2 lookups in bag 0, the largest, expected at most 1 (`embedding.max_bag`)");
    }

    #[test]
    fn an_endless_line_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.bags.zst");
        let blanks = vec![b' '; super::super::lines::MAX_LINE + 10];
        std::fs::write(&path, zstd::encode_all(&blanks[..], 1).unwrap()).unwrap();
        let e = read(&path, &ReadOptions::default())
            .unwrap_err()
            .to_string();
        let (_, tail) = e.split_once("t.bags").unwrap();
        insta::assert_snapshot!(tail, @".zst:1: found a line of more than 67108864 bytes, expected one bag per line");
    }

    /// Parses a line in the simplest possible way; `Err` for a bad line.
    fn oracle(line: &str) -> Result<Option<(u16, Vec<u32>)>, ()> {
        let (body, comment) = match line.split_once('#') {
            Some((body, _)) => (body, true),
            None => (line, false),
        };
        let mut tokens: Vec<&str> = body
            .split([' ', '\t', '\r'])
            .filter(|t| !t.is_empty())
            .collect();
        if tokens.is_empty() && comment {
            return Ok(None);
        }
        let mut table = 0;
        if let Some(t) = tokens.first().and_then(|t| t.strip_suffix(':')) {
            table = number(t)
                .and_then(|t| u16::try_from(t).ok())
                .filter(|&t| t < u16::MAX)
                .ok_or(())?;
            tokens.remove(0);
        }
        let ids = tokens
            .iter()
            .map(|t| number(t).filter(|&v| v < u32::MAX).ok_or(()))
            .collect::<Result<_, ()>>()?;
        Ok(Some((table, ids)))
    }

    fn number(text: &str) -> Option<u32> {
        let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
        text.parse().ok().filter(|_| plain)
    }

    proptest! {
        #[test]
        fn lines_parse_as_by_the_oracle(text in "([0-9]{1,3}[ \\t]{0,2}|[ \\t#:\\n\\r0-9x,-]|429496729[4-6] |\n[0-9]{1,5}: ){0,30}") {
            let mut expected = Ok(Vec::new());
            for line in text.strip_suffix('\n').unwrap_or(&text).split('\n') {
                match (oracle(line), &mut expected) {
                    (Ok(Some(bag)), Ok(all)) => all.push(bag),
                    (Ok(None), _) | (_, Err(())) => {}
                    (Err(()), e) => *e = Err(()),
                }
            }
            if text.is_empty() {
                expected = Ok(Vec::new());
            }
            let got = parse(text.as_bytes());
            match (expected, got) {
                (Ok(lists), Ok(trace)) => prop_assert_eq!(trace, Trace::from_lists(&lists).unwrap()),
                (Err(()), Err(_)) => {}
                (e, g) => prop_assert!(false, "{:?}: expected {:?}, got {:?}", text, e, g),
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }
    }
}
