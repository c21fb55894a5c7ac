//! What a measured design costs, and how that compares.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::Design;
use super::measure::Measured;
use crate::config::{AdcSwitch, Choice, Converter, Method, Replication};
use crate::cost::{Area, Energy, EnergyParts, GateCount, Writing, area, energy_by_model, writing};
use crate::hardware::{BankCounters, LaneCounters};
use crate::technology::{Provenance, Technology};

/// Something under each converter model.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ByModel(BTreeMap<Converter, f64>);

impl ByModel {
    /// Each model's own.
    pub fn new(of: impl Fn(Converter) -> f64) -> Self {
        ByModel(Converter::all().into_iter().map(|m| (m, of(m))).collect())
    }

    /// The same under all of them.
    pub fn all(value: f64) -> Self {
        Self::new(|_| value)
    }

    /// Under one; NaN if there is none.
    pub fn of(&self, model: Converter) -> f64 {
        self.0.get(&model).copied().unwrap_or(f64::NAN)
    }

    /// Sets the value under one.
    pub(crate) fn set(&mut self, model: Converter, value: f64) {
        self.0.insert(model, value);
    }

    fn over(&self, other: &Self) -> Self {
        Self::new(|m| self.of(m) / other.of(m))
    }
}

/// What ratios are made of.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Cost {
    /// Mean time of a batch issued alone, ns.
    pub batch_alone_ns: f64,
    /// Time of a lookup with batches back to back, ns.
    pub ns_per_lookup: f64,
    /// Energy of a lookup by converter model, pJ; of a CPU or GPU memory and package together.
    pub pj_per_lookup: ByModel,
}

/// How many times less than the baseline.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Ratios {
    /// Time of a batch alone.
    pub batch_alone: f64,
    /// Time back to back.
    pub back_to_back: f64,
    /// Energy, both sides with the same converter model.
    pub energy: ByModel,
}

impl Ratios {
    /// `baseline` over `cost`.
    pub fn new(baseline: &Cost, cost: &Cost) -> Self {
        Ratios {
            batch_alone: baseline.batch_alone_ns / cost.batch_alone_ns,
            back_to_back: baseline.ns_per_lookup / cost.ns_per_lookup,
            energy: baseline.pj_per_lookup.over(&cost.pj_per_lookup),
        }
    }
}

/// What a design differs in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DesignFacts {
    /// Grouping method.
    pub method: Method,
    /// Copies.
    pub replication: Replication,
    /// Mode switch.
    pub switch: AdcSwitch,
    /// Full resolution, bits.
    pub adc_bits: u32,
    /// Rows sensed at once.
    pub max_active_rows: u32,
    /// Activations of up to so many rows are split into reads.
    pub read_split_max: u32,
    /// Crossbars in use, each with its column blocks.
    pub crossbars: u64,
    /// Of them copies.
    pub copies: u64,
    /// Of them those that hold copies of rows.
    pub row_copies: u64,
    /// Crossbars that the engine has.
    pub crossbars_available: u64,
}

/// Times of a design.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Times {
    /// Bags of a full batch.
    pub batch: u32,
    /// Batches; the last may be smaller.
    pub batches: u64,
    /// Mean cycles of a batch alone.
    pub batch_alone_cycles: f64,
    /// The slowest batch.
    pub batch_alone_cycles_max: u64,
    /// Mean time of a batch alone, ns.
    pub batch_alone_ns: f64,
    /// The same over its mean lookups, ns.
    pub ns_per_lookup_alone: f64,
    /// Cycles of all bags back to back.
    pub cycles: u64,
    /// Time of all bags back to back, ns.
    pub back_to_back_ns: f64,
    /// The same over all lookups, ns.
    pub ns_per_lookup: f64,
    /// Million bags a second back to back.
    pub million_bags_per_second: f64,
    /// The bound that set the time back to back.
    pub bound: &'static str,
    /// Cycles without the pipeline's fill over that bound.
    pub over_bound: f64,
}

/// Energy under one converter model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EnergyFigures {
    /// The model.
    pub adc_model: Converter,
    /// All of a run, pJ.
    pub total_pj: f64,
    /// Of a lookup, pJ.
    pub pj_per_lookup: f64,
    /// Where it goes, pJ a lookup.
    pub parts_pj_per_lookup: EnergyParts,
    /// Numbers used that are not published, and what has to be said.
    pub provenance: Provenance,
}

/// What a design costs on the bags that it was measured with.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// What it is.
    pub design: DesignFacts,
    /// Bags.
    pub bags: u64,
    /// Lookups.
    pub lookups: u64,
    /// How long they take.
    pub times: Times,
    /// Sensings of crossbars for a bag.
    pub activations_per_bag: f64,
    /// Rows of an activation.
    pub mean_active_rows: f64,
    /// Conversions in read mode.
    pub conversions_read: u64,
    /// Conversions in MAC mode.
    pub conversions_mac: u64,
    /// Energy under each converter model.
    pub energy: Vec<EnergyFigures>,
    /// The model that the configuration asks for.
    pub adc_model: Converter,
    /// Area.
    pub area: Area,
    /// Writing tables and copies once.
    pub writing: Writing,
    /// Events of all banks, back to back.
    pub banks: BankCounters,
    /// Events of all lanes, back to back.
    pub lanes: LaneCounters,
}

impl Figures {
    /// Prices what was measured. `gates`: Yosys's count, else the estimate is used.
    pub fn new(
        design: &Design,
        measured: &Measured,
        technology: &Technology,
        gates: Option<&GateCount>,
    ) -> Self {
        let resolved = &design.resolved;
        let counters = &measured.together.counters;
        let banks = counters.bank_total();
        let lookups = banks.active_rows;
        let converters =
            u64::from(resolved.config.crossbar.adcs) * u64::from(resolved.column_blocks);
        let rows_written = |m: &crate::mapping::Mapping| {
            let of = |g: &crate::mapping::Group| g.ids.len() as u64 * g.placements.len() as u64;
            let listed: usize = m.groups.iter().map(|g| g.ids.len()).sum();
            let by_rule = u64::from(m.embeddings).saturating_sub(listed as u64);
            m.groups.iter().map(of).sum::<u64>() + by_rule
        };
        Figures {
            design: facts(design),
            bags: measured.bags,
            lookups,
            times: times(design, measured, lookups),
            activations_per_bag: banks.activations as f64 / measured.bags as f64,
            mean_active_rows: lookups as f64 / banks.activations as f64,
            conversions_read: banks.read_phases * converters,
            conversions_mac: banks.mac_phases * converters,
            energy: energy_by_model(resolved, technology, counters)
                .into_iter()
                .map(|e| energy_figures(e, lookups))
                .collect(),
            adc_model: technology.adc_model(resolved),
            area: area(resolved, technology, gates),
            writing: writing(resolved, technology, rows_written(&design.mapping)),
            banks,
            lanes: counters.lane_total(),
        }
    }

    /// What ratios are made of.
    pub fn cost(&self) -> Cost {
        let of = |model| self.energy.iter().find(|e| e.adc_model == model);
        Cost {
            batch_alone_ns: self.times.batch_alone_ns,
            ns_per_lookup: self.times.ns_per_lookup,
            pj_per_lookup: ByModel::new(|m| of(m).map_or(f64::NAN, |e| e.pj_per_lookup)),
        }
    }

    /// Energy under the model that the configuration asks for.
    pub fn own_energy(&self) -> &EnergyFigures {
        let own = self.energy.iter().find(|e| e.adc_model == self.adc_model);
        own.unwrap_or(&self.energy[0])
    }
}

fn facts(design: &Design) -> DesignFacts {
    let (r, m) = (&design.resolved, &design.mapping);
    DesignFacts {
        method: r.config.mapping.method,
        replication: r.config.mapping.replication,
        switch: r.config.adc.switch,
        adc_bits: r.adc_bits,
        max_active_rows: r.max_active_rows,
        read_split_max: r.read_split_max,
        crossbars: m.crossbars(),
        copies: m.crossbars().saturating_sub(m.group_count()),
        row_copies: m.row_copy_crossbars(),
        crossbars_available: u64::from(r.slots),
    }
}

fn times(design: &Design, measured: &Measured, lookups: u64) -> Times {
    let resolved = &design.resolved;
    let cycle_ns = 1e3 / resolved.config.technology.clock_mhz;
    let batches = measured.alone.len() as f64;
    let alone: u64 = measured.alone.iter().sum();
    let mean = alone as f64 / batches;
    let cycles = measured.together.cycles;
    let bounds = measured.together.bounds;
    let back_to_back_ns = cycles as f64 * cycle_ns;
    Times {
        batch: resolved.config.mapping.batch,
        batches: measured.alone.len() as u64,
        batch_alone_cycles: mean,
        batch_alone_cycles_max: measured.alone.iter().copied().max().unwrap_or(0),
        batch_alone_ns: mean * cycle_ns,
        ns_per_lookup_alone: alone as f64 * cycle_ns / lookups as f64,
        cycles,
        back_to_back_ns,
        ns_per_lookup: back_to_back_ns / lookups as f64,
        million_bags_per_second: measured.bags as f64 * 1e3 / back_to_back_ns,
        bound: bounds.largest().0,
        over_bound: bounds.ratio(cycles),
    }
}

fn energy_figures(energy: Energy, lookups: u64) -> EnergyFigures {
    let n = lookups as f64;
    let p = energy.parts_pj;
    EnergyFigures {
        adc_model: energy.adc_model,
        total_pj: energy.total_pj,
        pj_per_lookup: energy.total_pj / n,
        parts_pj_per_lookup: EnergyParts {
            array: p.array / n,
            drivers: p.drivers / n,
            adc_read: p.adc_read / n,
            adc_mac: p.adc_mac / n,
            population_count: p.population_count / n,
            shift_add: p.shift_add / n,
            accumulate: p.accumulate / n,
            merge_tree: p.merge_tree / n,
            buffers: p.buffers / n,
            wires: p.wires / n,
            leakage: p.leakage / n,
        },
        provenance: energy.provenance,
    }
}

/// A CPU or GPU on the same bags.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MachineFigures {
    /// Bits of an element in memory; 32 are floats.
    pub element_bits: u32,
    /// Whether it was measured; else it is modelled.
    pub measured: bool,
    /// What it ran on, or what sets the modelled time.
    pub on: String,
    /// Mean or median time of a batch alone, ns.
    pub batch_alone_ns: f64,
    /// Sustained time of a lookup, ns.
    pub ns_per_lookup: f64,
    /// Energy of the memory for a lookup, pJ.
    pub memory_pj_per_lookup: f64,
    /// Energy of the package for a lookup, memory not included, pJ.
    pub package_pj_per_lookup: f64,
    /// Numbers used that are not published.
    pub provenance: Provenance,
}

impl MachineFigures {
    /// What ratios are made of: memory and package together.
    pub fn cost(&self) -> Cost {
        Cost {
            batch_alone_ns: self.batch_alone_ns,
            ns_per_lookup: self.ns_per_lookup,
            pj_per_lookup: ByModel::all(self.memory_pj_per_lookup + self.package_pj_per_lookup),
        }
    }
}
