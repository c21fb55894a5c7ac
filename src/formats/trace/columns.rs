//! Columns of ids, chosen by name or by number.

/// The columns that were asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Chosen {
    /// Named columns, by their place from 0.
    Named(Vec<usize>),
    /// Numbered columns, by their place from 0.
    Numbered(Vec<usize>),
    /// Neither the name nor the number of a column.
    Missing(String),
}

/// Finds the columns `wanted` among `names`: all by name, or all by number from 1, where `5-8` is
/// several.
pub(super) fn choose(wanted: &[String], names: &[impl AsRef<str>]) -> Chosen {
    let mut missing = None;
    let mut named = Vec::new();
    for name in wanted {
        match names.iter().position(|n| n.as_ref() == name) {
            Some(at) => named.push(at),
            None => missing = missing.or(Some(name)),
        }
    }
    let Some(missing) = missing else {
        return Chosen::Named(named);
    };
    let mut numbered = Vec::new();
    for range in wanted {
        let (low, high) = range.split_once('-').unwrap_or((range, range));
        match (low.parse::<usize>(), high.parse::<usize>()) {
            (Ok(low), Ok(high)) if 1 <= low && low <= high && high <= names.len() => {
                numbered.extend(low - 1..high);
            }
            _ => return Chosen::Missing(missing.clone()),
        }
    }
    Chosen::Numbered(numbered)
}

/// Names for a message, shortened.
pub(super) fn list(names: &[impl AsRef<str>]) -> String {
    const SHOWN: usize = 12;
    let mut shown: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{}`", name.as_ref().escape_debug()))
        .collect();
    if names.len() > SHOWN {
        shown.push(format!("{} more", names.len() - SHOWN));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_go_by_name_or_by_number() {
        let names = ["user", "items", "7"];
        let choose = |wanted: &[&str]| {
            let wanted: Vec<String> = wanted.iter().map(|&w| w.to_owned()).collect();
            super::choose(&wanted, &names)
        };
        assert_eq!(choose(&["items", "user"]), Chosen::Named(vec![1, 0]));
        assert_eq!(choose(&["7"]), Chosen::Named(vec![2]));
        assert_eq!(choose(&["2-3", "1"]), Chosen::Numbered(vec![1, 2, 0]));
        for bad in [&["0"][..], &["4"], &["3-2"], &["item"], &["user", "1"]] {
            let missing = match bad {
                ["user", one] => one,
                [one, ..] => one,
                [] => "",
            };
            assert_eq!(choose(bad), Chosen::Missing(missing.to_owned()), "{bad:?}");
        }
        assert_eq!(list(&["a", "b\""]), "`a`, `b\\\"`");
        assert_eq!(list(&["a"; 14]).matches("`a`").count(), 12);
    }
}
