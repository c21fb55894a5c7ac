//! A Markdown page: its blocks of output and its tables of fields.

use super::fields::Row;

/// A part of a page that a command determines.
pub enum Found {
    /// A fenced block.
    Output { command: String },
    /// A table.
    Fields {
        prefixes: Vec<String>,
        command: String,
        rows: Vec<Row>,
    },
}

/// A page, divided at its blocks of output.
pub struct Page {
    /// Texts between the blocks, fences included; one more than there are blocks.
    between: Vec<String>,
    found: Vec<Found>,
}

impl Page {
    /// Reads a page. The error begins with the line's number.
    pub fn read(text: &str) -> Result<Page, String> {
        let mut page = Page {
            between: vec![String::new()],
            found: Vec::new(),
        };
        let mut lines = (1..).zip(text.lines()).peekable();
        let mut fence: Option<&str> = None;
        while let Some((number, line)) = lines.next() {
            page.keep(line);
            // Directives that are shown inside a block are text.
            match fence {
                Some(mark) if line.trim_end() == mark => fence = None,
                Some(_) => continue,
                None if line.starts_with("```") => {
                    let ticks = line.len() - line.trim_start_matches('`').len();
                    fence = Some(&line[..ticks]);
                    continue;
                }
                None => {}
            }
            if let Some(command) = directive(line, "output:") {
                let opening = lines.next().map(|(_, l)| l).unwrap_or_default();
                if !opening.starts_with("```") {
                    return Err(format!("{number}: no fenced block follows"));
                }
                page.keep(opening);
                page.between.push(String::new());
                let closing = lines.find(|(_, l)| l.trim_end() == "```");
                closing.ok_or_else(|| format!("{number}: the block does not end"))?;
                page.keep("```");
                page.found.push(Found::Output { command });
            } else if let Some(rest) = directive(line, "fields ") {
                let Some((prefixes, command)) = rest.split_once(": ") else {
                    return Err(format!("{number}: expected `fields PREFIX...: COMMAND`"));
                };
                let mut rows = Vec::new();
                while let Some((_, l)) = lines.next_if(|(_, l)| l.starts_with('|')) {
                    page.keep(l);
                    rows.extend(Row::read(l));
                }
                if rows.is_empty() {
                    return Err(format!("{number}: no table of fields follows"));
                }
                page.found.push(Found::Fields {
                    prefixes: prefixes.split_whitespace().map(str::to_owned).collect(),
                    command: command.to_owned(),
                    rows,
                });
            }
        }
        Ok(page)
    }

    fn keep(&mut self, line: &str) {
        if let Some(text) = self.between.last_mut() {
            text.push_str(line);
            text.push('\n');
        }
    }

    pub fn found(&self) -> &[Found] {
        &self.found
    }

    /// The page with these outputs in its blocks, in order.
    pub fn with_outputs(&self, outputs: &[String]) -> String {
        let mut text = self.between[0].clone();
        for (output, after) in outputs.iter().zip(&self.between[1..]) {
            for line in output.lines() {
                text.push_str(line.trim_end());
                text.push('\n');
            }
            text.push_str(after);
        }
        text
    }
}

/// The text after `name` in a comment that fills its line.
fn directive(line: &str, name: &str) -> Option<String> {
    let inside = line.strip_prefix("<!-- ")?.strip_suffix(" -->")?;
    Some(inside.strip_prefix(name)?.trim().to_owned())
}

/// Lines that differ, without the equal ones at both ends.
pub fn difference(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let equal = |pair: &(&&str, &&str)| pair.0 == pair.1;
    let begin = old.iter().zip(&new).take_while(equal).count();
    let ends = old[begin..].iter().rev().zip(new[begin..].iter().rev());
    let end = ends.take_while(equal).count();
    let part = |lines: &[&str], mark: char| -> String {
        let lines = &lines[begin..lines.len() - end];
        lines.iter().map(|l| format!("{mark}{l}\n")).collect()
    };
    format!(
        "@@ line {} @@\n{}{}",
        begin + 1,
        part(&old, '-'),
        part(&new, '+')
    )
}
