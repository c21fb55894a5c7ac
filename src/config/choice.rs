//! Words that values are chosen from: the variants of our enums, by the names that files use.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::de::value::{Error, StrDeserializer};

use super::converter::Converter;
use super::keys::{
    AdcSwitch, Auto, Effort, EventCounters, FlashLatency, Method, Objective, Replication,
};
use super::shape::Shape;

/// An enum whose variants are words in files. Serde's names are the only names; everything that lists
/// or prints them goes through here.
pub trait Choice: Copy + Serialize + DeserializeOwned + JsonSchema {
    /// Every variant, in the order of declaration.
    fn all() -> Vec<Self> {
        let shape = Shape::of::<Self>();
        let words = shape.iter().flat_map(|s| s.words());
        words.filter_map(|w| Self::named(&w.name)).collect()
    }

    /// The variant of a name.
    fn named(name: &str) -> Option<Self> {
        Self::deserialize(StrDeserializer::<Error>::new(name)).ok()
    }

    /// The variant's name.
    fn name(self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(name)) => name,
            Ok(_) | Err(_) => String::new(),
        }
    }
}

impl Choice for AdcSwitch {}
impl Choice for Auto {}
impl Choice for Converter {}
impl Choice for Effort {}
impl Choice for EventCounters {}
impl Choice for FlashLatency {}
impl Choice for Method {}
impl Choice for Objective {}
impl Choice for Replication {}
