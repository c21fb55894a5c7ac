//! Small, random, valid configurations, mappings, tables and traces for tests.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::config::{
    Adc, AdcBits, AdcSwitch, Auto, Config, Converter, Crossbar, Embedding, Engine, Frontend,
    Resolved,
};
use crate::formats::table::IntTable;
use crate::formats::trace::Bags;
use crate::hardware::RowMask;
use crate::host::{BagOrder, Translator};
use crate::ids::{BankId, EmbeddingId, GroupId, SlotId};
use crate::mapping::{Directory, Group, Mapping, Placement, Training};
use crate::reference::{Command, Commands};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// The random mapping of the co-simulation tests.
#[path = "../tests/common/cosim/mapping.rs"]
mod mapping;
pub use mapping::mapping as random_mapping;

/// Whether converters may clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clipping {
    /// `adc.bits = "auto"`.
    Never,
    /// Any resolution from 1 bit to the lossless width.
    Allowed,
}

/// A configuration with contents and bags.
#[derive(Debug, Clone)]
pub struct Case {
    pub resolved: Resolved,
    pub mapping: Mapping,
    pub table: IntTable,
    pub bags: Bags,
}

fn levels_within(most: u32, bits: u16) -> Vec<u32> {
    (1..=most.min(16))
        .filter(|n| bits >> (n - 1) & 1 == 1)
        .collect()
}

prop_compose! {
    /// A valid configuration in which every structural parameter varies.
    pub fn any_config(clipping: Clipping)(
        (dim, value_bits, cell_bits) in (1u32..=7, 2u32..=16, 1u32..=4),
        (rows, adcs, spare_phases) in (prop_oneof![2u32..=12, Just(64), 65u32..=140], 1u32..=6, 0u32..=3),
        (lanes, banks, crossbars) in (1u32..=3, 1u32..=3, 1u32..=5),
        (max_active, split, bits) in (any::<u32>(), any::<u32>(), any::<u32>()),
        (switch, levels, sar, window) in (0u32..3, any::<u16>(), any::<bool>(), 1u32..=5),
    ) -> Resolved {
        let cell_bits = cell_bits.min(value_bits);
        let slices = value_bits.div_ceil(cell_bits);
        let phases = slices.div_ceil(adcs) + spare_phases;
        let max_active_rows = match max_active % 3 {
            0 => 0,
            1 => 1 + max_active % rows,
            _ => 1 + max_active % rows.min(4),
        };
        let active = if max_active_rows == 0 { rows } else { max_active_rows };
        let widest = u64::from(rows * ((1 << cell_bits) - 1)).ilog2() + 1;
        let switch = [AdcSwitch::Off, AdcSwitch::Dynamic, AdcSwitch::Graded][switch as usize];
        let graded = switch == AdcSwitch::Graded && levels % 4 != 0;
        let bits = match clipping {
            Clipping::Never => None,
            Clipping::Allowed => Some(1 + bits % widest),
        };
        // A flash converter has at most 8 bits.
        let wide = bits.unwrap_or(u64::from(active * ((1 << cell_bits) - 1)).ilog2() + 1) > 8;
        Config {
            embedding: Embedding { dim, value_bits, max_bag: 64, ..Embedding::default() },
            crossbar: Crossbar { rows, cols: adcs * phases, cell_bits, adcs },
            adc: Adc {
                kind: if sar || wide { Converter::Sar } else { Converter::Flash },
                bits: bits.map_or(AdcBits::Auto(Auto::Auto), AdcBits::Bits),
                switch,
                levels: if graded { levels_within(active, levels) } else { Vec::new() },
                max_active_rows,
                read_split_max: if split % 2 == 0 { 0 } else { split % (active + 1) },
            },
            engine: Engine {
                lanes,
                banks_per_lane: banks,
                crossbars_per_bank: crossbars,
                queue_depth: 4,
                tree_fan_in: 2,
                ..Engine::default()
            },
            frontend: Frontend {
                window: 1 << window,
                ..Frontend::default()
            },
            ..Config::default()
        }
        .resolve("test")
        .expect("valid by construction")
    }
}

prop_compose! {
    /// A configuration with a random mapping, table and trace for it.
    pub fn any_case(clipping: Clipping)(
        resolved in any_config(clipping),
        seed in any::<u64>(),
    ) -> Case {
        random_case(resolved, seed)
    }
}

/// A configuration with a random mapping, table and trace from `seed`.
pub fn random_case(resolved: Resolved, seed: u64) -> Case {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mapping = random_mapping(&resolved, &mut rng);
    let table = random_table(&resolved, mapping.embeddings, &mut rng);
    let bags = random_bags(&resolved, mapping.embeddings, &mut rng);
    Case {
        resolved,
        mapping,
        table,
        bags,
    }
}

/// A table of uniform values, with extra occurrences of the extremes.
pub fn random_table(resolved: &Resolved, embeddings: u32, rng: &mut ChaCha8Rng) -> IntTable {
    let e = &resolved.config.embedding;
    let half = 1i32 << (e.value_bits - 1);
    let data = (0..embeddings * e.dim)
        .map(|_| match rng.random_range(0..8u32) {
            0 => -half,
            1 => half - 1,
            _ => rng.random_range(-half..half),
        })
        .map(|v| v as i16)
        .collect();
    IntTable::new(e.dim, e.value_bits, data)
}

/// Empty bags, bags with many repeats, bags of neighbouring ids, and bags of all ids.
pub fn random_bags(resolved: &Resolved, embeddings: u32, rng: &mut ChaCha8Rng) -> Bags {
    let most = resolved.config.embedding.max_bag;
    let lists: Vec<Vec<u32>> = (0..rng.random_range(0..30u32))
        .map(|_| {
            let range = match rng.random_range(0..3u32) {
                0 => embeddings.min(3),
                1 => embeddings.min(20),
                _ => embeddings,
            };
            let base = rng.random_range(0..=embeddings - range);
            let lookups = match rng.random_range(0..4u32) {
                0 => rng.random_range(0..=1),
                1 => most,
                _ => rng.random_range(0..=most),
            };
            (0..lookups)
                .map(|_| base + rng.random_range(0..range))
                .collect()
        })
        .collect();
    Bags::from_lists(embeddings, &lists).unwrap()
}

/// A configuration for cases computed by hand: 2 rows, 3-bit values, dim 1.
pub fn tiny_config(cell_bits: u32, cols: u32, adcs: u32) -> Config {
    Config {
        embedding: Embedding {
            dim: 1,
            value_bits: 3,
            max_bag: 16,
            ..Embedding::default()
        },
        crossbar: Crossbar {
            rows: 2,
            cols,
            cell_bits,
            adcs,
        },
        engine: Engine {
            lanes: 1,
            banks_per_lane: 1,
            crossbars_per_bank: 2,
            queue_depth: 2,
            tree_fan_in: 2,
            ..Engine::default()
        },
        frontend: Frontend {
            window: 2,
            ..Frontend::default()
        },
        ..Config::default()
    }
}

/// A group: its ids in row order, and its places as `(bank, slot)`.
pub type GroupSpec<'a> = (&'a [u32], &'a [(u32, u32)]);

/// A mapping with these groups.
pub fn mapping_of(rows: u32, groups: &[GroupSpec<'_>]) -> Mapping {
    Mapping {
        format: 1,
        rows,
        embeddings: groups.iter().map(|g| g.0.len() as u32).sum(),
        groups: groups
            .iter()
            .map(|(ids, places)| Group {
                ids: ids.iter().map(|&i| EmbeddingId(i)).collect(),
                copies: places.len() as u32,
                placements: places
                    .iter()
                    .map(|&(b, s)| Placement(BankId(b), SlotId(s)))
                    .collect(),
            })
            .collect(),
        rest: None,
        row_copies: Vec::new(),
        method: "test".to_owned(),
        seed: 0,
        train: Training::default(),
        ids: Vec::new(),
    }
}

/// The members of every group, those of a rule last.
pub fn groups_of(mapping: &Mapping) -> Vec<Vec<EmbeddingId>> {
    let directory = Directory::new(mapping).unwrap();
    let listed = mapping.groups.len() as u32;
    let arrays = mapping.arrays().count() as u32;
    let by_rule = arrays..arrays + mapping.rest_groups() as u32;
    let groups = (0..listed).chain(by_rule).map(GroupId);
    groups.map(|g| directory.members(mapping, g)).collect()
}

/// The same mapping with all ids listed, as format 1 states it.
pub fn listed(mapping: &Mapping, resolved: &Resolved) -> Mapping {
    let mut out = mapping.clone();
    let groups = groups_of(mapping).split_off(mapping.groups.len());
    let places = mapping.rest_places(resolved).unwrap();
    out.groups
        .extend(groups.into_iter().zip(places).map(|(ids, place)| Group {
            ids,
            copies: 1,
            placements: vec![place],
        }));
    out.rest = None;
    out.format = 1;
    out
}

/// The commands of a case's bags if nothing but repeated ids makes more than one of a crossbar and bag.
pub fn ideal_commands(case: &Case) -> Commands {
    let translator = Translator::new(&case.mapping, &case.resolved).unwrap();
    let translated = translator.translate(&case.bags, BagOrder::Trace).unwrap();
    let words = case.resolved.config.crossbar.rows.div_ceil(64) as usize;
    let mut commands = Commands::default();
    for (bag, ids) in translated.ports.iter().flat_map(|port| port.iter()) {
        let mut rows: BTreeMap<crate::mapping::Crossbar, Vec<u32>> = BTreeMap::new();
        for &word in ids {
            let (crossbar, row) = translator.format().place(word).unwrap();
            rows.entry(crossbar).or_default().push(row);
        }
        for (at, mut rows) in rows {
            while !rows.is_empty() {
                let mut mask = vec![0u64; words];
                let mut rest = Vec::new();
                for row in rows {
                    let (word, bit) = (row as usize / 64, 1 << (row % 64));
                    match mask[word] & bit {
                        0 => mask[word] |= bit,
                        _ => rest.push(row),
                    }
                }
                rows = rest;
                commands.push(&Command {
                    bag: bag.into(),
                    lane: at.lane,
                    bank: at.bank,
                    slot: at.slot.0,
                    mask: RowMask(&mask),
                });
            }
        }
    }
    commands
}
