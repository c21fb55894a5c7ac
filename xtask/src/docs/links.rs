//! Checks that relative links lead to existing files and headings.

use std::path::Path;

/// Broken links of a page.
pub fn broken(root: &Path, page: &Path, text: &str) -> Vec<String> {
    let folder = page.parent().unwrap_or(Path::new(""));
    let mut wrong = Vec::new();
    for link in prose(text).flat_map(links) {
        if link.contains("://") || link.starts_with("mailto:") {
            continue;
        }
        let (file, heading) = link.split_once('#').unwrap_or((link, ""));
        let target = match file {
            "" => root.join(page),
            file => root.join(folder).join(file),
        };
        let fine = match heading {
            "" => target.exists(),
            heading => std::fs::read_to_string(&target).is_ok_and(|text| {
                prose(&text).any(|line| anchor(line) == Some(heading.to_owned()))
            }),
        };
        if !fine {
            wrong.push(format!("{}: link to {link} leads nowhere", page.display()));
        }
    }
    wrong
}

/// Lines outside fenced blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    text.lines().filter(move |line| {
        let fence = line.starts_with("```");
        fenced ^= fence;
        !fence && !fenced
    })
}

/// Targets of `[text](target)`.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let targets = line.split("](").skip(1);
    targets.filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
}

/// The anchor of a heading.
fn anchor(line: &str) -> Option<String> {
    let title = line.strip_prefix('#')?.trim_start_matches('#').trim();
    let kept = title.chars().filter_map(|c| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        c if c.is_alphanumeric() => Some(c.to_ascii_lowercase()),
        _ => None,
    });
    Some(kept.collect())
}
