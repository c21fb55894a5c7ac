//! Reading a configuration's text.

use std::ops::Range;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::checks;
use super::derived::Resolved;
use super::keys::Config;
use super::set::Settings;
use crate::error::{Error, Result};

const HELP: &str =
    "`recross init` prints an annotated configuration, `recross schema` its JSON schema";

impl Config {
    /// Reads a TOML text; `origin` names it in messages.
    ///
    /// # Errors
    /// [`Error::ConfigText`] with the line for a syntax error, an unknown key or a wrong type;
    /// [`Error::Config`] for a value out of its range.
    pub fn from_toml(text: &str, origin: &str) -> Result<Self> {
        let table = toml::from_str(text).map_err(|e| not_toml(&e, text, origin, HELP))?;
        Self::from_table(table).map_err(|fault| {
            let origin = place(text, origin, &fault.path);
            fault.into_error(&origin, HELP)
        })
    }

    /// Reads and resolves a file.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read, else as [`Config::from_toml`] and [`Config::resolve`].
    pub fn load(path: &Path) -> Result<Resolved> {
        Self::load_with(path, &Settings::default())
    }

    /// Reads a file, replaces some of its values, and resolves the whole.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn load_with(path: &Path, settings: &Settings) -> Result<Resolved> {
        let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
        let origin = path.display().to_string();
        let text = String::from_utf8(bytes).map_err(|_| Error::Config {
            origin: origin.clone(),
            key: "(file)".to_owned(),
            found: "bytes that are not UTF-8".to_owned(),
            expected: "a TOML text".to_owned(),
            help: "name a configuration file; `recross init` makes one".to_owned(),
        })?;
        let config = Self::from_toml(&text, &origin)?;
        let resolved = config.resolve_with(settings, &origin);
        let mut resolved = resolved.map_err(|e| at_line(e, &text, settings))?;
        resolved.folder = path.parent().map(Path::to_owned).unwrap_or_default();
        Ok(resolved)
    }

    /// As [`Config::resolve`], with some values replaced before.
    ///
    /// # Errors
    /// As [`Config::resolve`].
    pub fn resolve_with(self, settings: &Settings, origin: &str) -> Result<Resolved> {
        let config = settings.apply(&self);
        config
            .map_err(|fault| fault.into_error(origin, HELP))?
            .resolve(origin)
    }

    /// Checks every value and derives what follows; `origin` names the file in messages.
    ///
    /// # Errors
    /// [`Error::Config`] for the first value that is out of range or contradicts another.
    pub fn resolve(self, origin: &str) -> Result<Resolved> {
        checks::check(&self, origin)?;
        Resolved::new(self, origin)
    }
}

/// The error with the line of its key, if the text has the key, or with the argument that set it.
fn at_line(error: Error, text: &str, settings: &Settings) -> Error {
    match error {
        Error::Config {
            origin,
            key,
            found,
            expected,
            help,
        } => Error::Config {
            origin: match settings.has(&key) {
                true => format!("{origin} with --set"),
                false => place(text, &origin, &key),
            },
            key,
            found,
            expected,
            help,
        },
        other => other,
    }
}

/// The error for a text that is not TOML.
pub(crate) fn not_toml(error: &toml::de::Error, text: &str, origin: &str, help: &str) -> Error {
    let message = error.message().replace('\n', " ");
    let near = match key_at(text, error.span()) {
        Some(key) => format!(" at `{key}`"),
        None => String::new(),
    };
    Error::ConfigText {
        origin: match error.span() {
            Some(span) => format!("{origin}:{}", line(text, span.start)),
            None => origin.to_owned(),
        },
        what: format!("this is not TOML{near}: {message}"),
        help: help.to_owned(),
    }
}

/// `origin:line` of a dotted key, or of the nearest section around it that the text has.
pub(crate) fn place(text: &str, origin: &str, path: &str) -> String {
    let Ok(document) = DeTable::parse(text) else {
        return origin.to_owned();
    };
    let mut table = document.get_ref();
    let mut at = None;
    // An entry of a list is on its key's line, as far as we tell.
    let path = path.split('[').next().unwrap_or(path);
    for name in path.split('.') {
        let Some((key, value)) = table.iter().find(|(key, _)| key.get_ref() == name) else {
            // What is not written has no line.
            return origin.to_owned();
        };
        at = Some(key.span().start);
        match value.get_ref() {
            DeValue::Table(inner) => table = inner,
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_) => break,
        }
    }
    at.map_or(origin.to_owned(), |at| {
        format!("{origin}:{}", line(text, at))
    })
}

/// The line of a byte, from 1.
fn line(text: &str, at: usize) -> usize {
    1 + text[..at.min(text.len())].matches('\n').count()
}

/// The key on the line where the parser stopped, as well as the text tells.
fn key_at(text: &str, span: Option<Range<usize>>) -> Option<String> {
    let start = span?.start.min(text.len());
    let line_start = text[..start].rfind('\n').map_or(0, |i| i + 1);
    let line = text[line_start..].lines().next().unwrap_or("");
    let (key, _) = line.split_once('=')?;
    let key = key.trim();
    let section = text[..line_start]
        .lines()
        .rev()
        .find_map(|l| l.trim().strip_prefix('[')?.split(']').next());
    match section {
        None => Some(key.to_owned()),
        Some(section) => Some(format!("{section}.{key}")),
    }
}
