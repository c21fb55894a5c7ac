//! Runs tools and shortens their output.

use std::io;
use std::process::{Command, Output, Stdio};

/// A tool's output, and whether it succeeded.
pub(crate) struct Said {
    pub(crate) ok: bool,
    pub(crate) text: String,
}

/// Runs `command` without standard input; the text is its standard output and error together.
pub(crate) fn run(command: &mut Command) -> io::Result<Said> {
    let Output {
        status,
        stdout,
        stderr,
    } = command.stdin(Stdio::null()).output()?;
    let mut text = String::from_utf8_lossy(&stderr).into_owned();
    text.push_str(&String::from_utf8_lossy(&stdout));
    if !status.success() && text.trim().is_empty() {
        text = format!(
            "{} ended with {status} and printed nothing",
            command.get_program().to_string_lossy()
        );
    }
    Ok(Said {
        ok: status.success(),
        text,
    })
}

/// At most `limit` lines of `text`, from the first one that contains `marker`, or from the top if none does.
pub(crate) fn excerpt(text: &str, marker: &str, limit: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let start = lines.iter().position(|l| l.contains(marker)).unwrap_or(0);
    let mut out = lines[start..]
        .iter()
        .take(limit)
        .copied()
        .collect::<Vec<_>>()
        .join("\n");
    if lines.len() - start > limit {
        out.push_str(&format!("\n({} more lines)", lines.len() - start - limit));
    }
    out
}

/// Processor seconds that this process's finished child processes have used, if the system reports them.
pub(crate) fn children_cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The command name, in parentheses, may contain blanks.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let ticks = fields.get(13)?.parse::<u64>().ok()? + fields.get(14)?.parse::<u64>().ok()?;
    // Linux reports in USER_HZ, which is 100 on every architecture that it runs on.
    Some(ticks as f64 / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpt_starts_at_the_first_error() {
        let text = "note\nbad: error 1\nmore\nmore";
        assert_eq!(
            excerpt(text, "error", 2),
            "bad: error 1\nmore\n(1 more lines)"
        );
        assert_eq!(excerpt(text, "absent", 9), text);
        assert_eq!(excerpt("", "x", 3), "");
    }
}
