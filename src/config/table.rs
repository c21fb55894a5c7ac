//! A configuration from and to TOML tables.

use super::keys::Config;
use super::schema::SHAPE;
use super::shape::{Fault, Wrong};

impl Config {
    /// Reads a table of sections.
    pub(crate) fn from_table(table: toml::Table) -> Result<Self, Fault> {
        let value = toml::Value::Table(table);
        SHAPE.check(&value, "")?;
        // What fits the schema can be read; if it cannot, say what the reader says.
        value.try_into::<Config>().map_err(|e| Fault {
            wrong: Wrong::Value,
            path: "the configuration".to_owned(),
            found: e.message().replace('\n', " "),
            expected: "values of the schema".to_owned(),
            help: String::new(),
        })
    }

    /// Its sections as TOML, in the order of declaration.
    pub(crate) fn to_table(&self) -> Result<toml::Table, Fault> {
        toml::Table::try_from(self).map_err(|e| Fault {
            wrong: Wrong::Range,
            path: "(whole numbers)".to_owned(),
            found: e.to_string(),
            expected: format!("numbers up to {}, the largest of TOML", i64::MAX),
            help: String::new(),
        })
    }
}
