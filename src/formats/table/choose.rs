//! Which tensor of a file with several is meant.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::{At, Error, Result};

/// Most names that a message lists.
const SHOWN: usize = 20;

/// The tensor named `tensor`, by default the only one. `shown` is what a message says of one, and
/// `form` how a tensor of such a file is named.
///
/// # Errors
/// [`Error::Input`] with the tensors that there are.
pub(super) fn choose<'a, T>(
    path: &Path,
    tensor: Option<&str>,
    tensors: &'a BTreeMap<String, T>,
    (shown, form): (impl Fn(&str, &T) -> String, &str),
) -> Result<(&'a str, &'a T)> {
    let found = match tensor {
        Some(name) => tensors.get_key_value(name),
        None if tensors.len() == 1 => tensors.first_key_value(),
        None => None,
    };
    if let Some((name, found)) = found {
        return Ok((name, found));
    }
    let names = tensors.iter().take(SHOWN);
    let mut names: Vec<String> = names.map(|(name, t)| shown(name, t)).collect();
    if tensors.len() > SHOWN {
        names.push(format!("{} more", tensors.len() - SHOWN));
    }
    let there = match names.as_slice() {
        [] => "no tensor".to_owned(),
        names => format!("the tensors {}", names.join(", ")),
    };
    let (at, expected) = match tensor {
        Some(name) => (At::Key(name.to_owned()), "a tensor of that name"),
        None => (At::File, "one tensor, or the name of one of them"),
    };
    let help = format!("give the tensor's name after the file name: {form}:TENSOR");
    Err(Error::input(path, at, there, expected, help))
}
