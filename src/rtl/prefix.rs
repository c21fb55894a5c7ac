//! Names of a package: `rtl.prefix` in place of `recross`, by whole words.

use crate::config::Rtl;

/// The prefix of `rtl/` and `templates/`, and of the models that recross builds for itself.
pub const DEFAULT_PREFIX: &str = Rtl::DEFAULT_PREFIX;

/// Puts a prefix in the place of the default one: `recross_x` becomes `prefix_x`. So does `recross`
/// alone, in names of files, unless a blank follows: then it is the program's name (`recross gen`).
pub(crate) fn put(text: &str, prefix: &str) -> String {
    rename(text, DEFAULT_PREFIX, prefix, |after| {
        !after.starts_with(' ')
    })
}

/// Puts the default prefix in the place of another: `prefix_x` becomes `recross_x`.
pub(crate) fn take_back(text: &str, prefix: &str) -> String {
    rename(text, prefix, DEFAULT_PREFIX, |_| false)
}

/// `from_x` becomes `to_x`, and `from` alone `to` if `alone` holds of the text that follows. Only
/// whole words are renamed: runs of letters, digits, `_` and `$`.
fn rename(text: &str, from: &str, to: &str, alone: impl Fn(&str) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(word);
        match name.strip_prefix(from) {
            Some(tail) if tail.starts_with('_') || tail.is_empty() && alone(after) => {
                out += to;
                out += tail;
            }
            _ => out += name,
        }
        let gap = after.find(in_word).unwrap_or(after.len());
        out += &after[..gap];
        rest = &after[gap..];
    }
    out
}

/// The first word of a text that begins with `prefix_`.
pub(super) fn taken<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    text.split(|c| !in_word(c)).find(|word| {
        word.strip_prefix(prefix)
            .is_some_and(|tail| tail.starts_with('_'))
    })
}

fn in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_are_renamed() {
        let text =
            "recross_top u(); // recross.f, `recross gen`, xrecross_a ERROR_recross_b recrossed";
        let mine = "my_top u(); // my.f, `recross gen`, xrecross_a ERROR_recross_b recrossed";
        assert_eq!(put(text, "my"), mine);
        assert_eq!(put("+recross_images=%s", "a_b"), "+a_b_images=%s");
        assert_eq!(put("recross", "my"), "my");
        assert_eq!(put("", "my"), "");
        let back = "recross_top u(); // my.f, `recross gen`, xrecross_a ERROR_recross_b recrossed";
        assert_eq!(take_back(mine, "my"), back);
        assert_eq!(taken("a clk_i b", "clk"), Some("clk_i"));
        assert_eq!(taken("a clk aclk_i", "clk"), None);
    }
}
