//! What one point of a sweep costs.

use serde::{Deserialize, Serialize};

use crate::config::{Choice, Converter};
use crate::flow::compare::{ByModel, Figures};

/// What one configuration costs on the judged bags. Every field is as in [`Figures`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    /// Bags.
    pub bags: u64,
    /// Lookups.
    pub lookups: u64,
    /// Crossbars in use.
    pub crossbars: u64,
    /// Of them copies.
    pub copies: u64,
    /// Crossbars that the engine has.
    pub crossbars_available: u64,
    /// Sensings of crossbars for a bag.
    pub activations_per_bag: f64,
    /// Rows of an activation.
    pub mean_active_rows: f64,
    /// Conversions in read mode.
    pub conversions_read: u64,
    /// Conversions in MAC mode.
    pub conversions_mac: u64,
    /// Mean cycles of a batch alone.
    pub batch_alone_cycles: f64,
    /// Mean time of a batch alone, ns.
    pub batch_alone_ns: f64,
    /// Cycles of all bags back to back.
    pub cycles: u64,
    /// Time of a lookup back to back, ns.
    pub ns_per_lookup: f64,
    /// The bound that set the time back to back.
    pub bound: String,
    /// The converters' model that the configuration asks for.
    pub adc_model: Converter,
    /// Energy of a lookup under it, pJ.
    pub pj_per_lookup: f64,
    /// Energy of a lookup under each model, pJ; in files `pj_per_lookup_flash` and so on.
    #[serde(flatten, with = "by_model")]
    pub pj_per_lookup_by_model: ByModel,
    /// Area, mm^2.
    pub area_mm2: f64,
}

impl From<&Figures> for Measures {
    fn from(f: &Figures) -> Self {
        let pj = f.cost().pj_per_lookup;
        Measures {
            bags: f.bags,
            lookups: f.lookups,
            crossbars: f.design.crossbars,
            copies: f.design.copies,
            crossbars_available: f.design.crossbars_available,
            activations_per_bag: f.activations_per_bag,
            mean_active_rows: f.mean_active_rows,
            conversions_read: f.conversions_read,
            conversions_mac: f.conversions_mac,
            batch_alone_cycles: f.times.batch_alone_cycles,
            batch_alone_ns: f.times.batch_alone_ns,
            cycles: f.times.cycles,
            ns_per_lookup: f.times.ns_per_lookup,
            bound: f.times.bound.to_owned(),
            adc_model: f.adc_model,
            pj_per_lookup: pj.of(f.adc_model),
            pj_per_lookup_by_model: pj,
            area_mm2: f.area.total_mm2,
        }
    }
}

impl Measures {
    /// Time and energy of a lookup, and area: what the Pareto front is of.
    pub fn objectives(&self) -> [f64; 3] {
        [self.ns_per_lookup, self.pj_per_lookup, self.area_mm2]
    }
}

/// A key for each converter model, and no other key.
mod by_model {
    use std::collections::BTreeMap;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use super::{ByModel, Choice, Converter};

    fn key(model: Converter) -> String {
        format!("pj_per_lookup_{}", model.name())
    }

    pub fn serialize<S: Serializer>(pj: &ByModel, to: S) -> Result<S::Ok, S::Error> {
        let all = Converter::all().into_iter();
        to.collect_map(all.map(|model| (key(model), pj.of(model))))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<ByModel, D::Error> {
        let mut found = BTreeMap::<String, f64>::deserialize(from)?;
        let mut out = ByModel::all(f64::NAN);
        for model in Converter::all() {
            let pj = found.remove(&key(model));
            out.set(
                model,
                pj.ok_or_else(|| D::Error::custom(key(model) + " is missing"))?,
            );
        }
        match found.keys().next() {
            Some(other) => Err(D::Error::custom(format!("unknown key {other}"))),
            None => Ok(out),
        }
    }
}

/// One finished point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// The values that the sweep set, by key.
    pub set: serde_json::Map<String, serde_json::Value>,
    /// What it costs.
    pub measures: Measures,
}
