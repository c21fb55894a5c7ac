//! The check of a configuration; each message names the key, what was found and what is allowed.
//!
//! Bounds of single values are in the schema (`keys.rs`). Here are the rules over several keys.

use super::converter::Converter;
use super::derived::{clog2, element_bits};
use super::keys::{AdcBits, AdcSwitch, Config};
use super::schema::SHAPE;
use super::size::{EngineSize, MAX_BANK_BITLINES, MAX_CROSSBARS, MAX_PLACE_BITS};
use crate::error::{Error, Result};

/// Most bits of a flash converter: 255 comparators.
pub(crate) const MAX_FLASH_BITS: u32 = 8;

struct Checker<'a> {
    origin: &'a str,
}

impl Checker<'_> {
    fn fail(&self, key: &str, found: String, expected: String, help: &str) -> Error {
        Error::Config {
            origin: self.origin.to_owned(),
            key: key.to_owned(),
            found,
            expected,
            help: help.to_owned(),
        }
    }

    fn range(&self, key: &str, value: u32, low: u32, high: u32) -> Result<()> {
        if (low..=high).contains(&value) {
            return Ok(());
        }
        Err(self.fail(
            key,
            value.to_string(),
            format!("a whole number from {low} to {high}"),
            "",
        ))
    }
}

/// Checks a whole configuration: each value against the schema, then the rules over several keys.
pub(super) fn check(config: &Config, origin: &str) -> Result<()> {
    let checked = config
        .to_table()
        .and_then(|table| SHAPE.check(&toml::Value::Table(table), ""));
    checked.map_err(|fault| fault.into_error(origin, ""))?;
    crosses(config, &Checker { origin })
}

fn crosses(config: &Config, c: &Checker<'_>) -> Result<()> {
    let (e, x, a, n) = (
        &config.embedding,
        &config.crossbar,
        &config.adc,
        &config.engine,
    );
    if let Some((found, expected)) = config.rtl.fault() {
        return Err(c.fail("rtl.prefix", found, expected, ""));
    }
    for (i, &dim) in e.dims.iter().enumerate() {
        c.range(&format!("embedding.dims[{i}]"), dim, 1, e.dim)?;
    }
    c.range("adc.max_active_rows", a.max_active_rows, 0, x.rows)?;
    c.range("adc.read_split_max", a.read_split_max, 0, x.rows)?;
    if x.adcs > x.cols || x.cols % x.adcs != 0 {
        return Err(c.fail(
            "crossbar.adcs",
            x.adcs.to_string(),
            format!("a divisor of crossbar.cols ({})", x.cols),
            "every converter serves the same number of bitlines",
        ));
    }
    if x.cell_bits > e.value_bits {
        return Err(c.fail(
            "crossbar.cell_bits",
            x.cell_bits.to_string(),
            format!("at most embedding.value_bits ({})", e.value_bits),
            "",
        ));
    }
    if !e.dims.is_empty() && e.dims.len() != e.tables.len() {
        return Err(c.fail(
            "embedding.dims",
            format!("{} widths", e.dims.len()),
            format!("{}, one for each of embedding.tables", e.tables.len()),
            "leave it out if all tables have embedding.dim elements",
        ));
    }
    if e.tables.iter().map(|&r| u64::from(r)).sum::<u64>() > u64::from(u32::MAX) {
        return Err(c.fail(
            "embedding.tables",
            "more than 4294967295 embeddings in all".to_owned(),
            "at most 4294967295".to_owned(),
            "",
        ));
    }
    let max_active = if a.max_active_rows == 0 {
        x.rows
    } else {
        a.max_active_rows
    };
    let largest = u64::from(x.rows) * ((1u64 << x.cell_bits) - 1);
    if let AdcBits::Bits(b) = a.bits
        && b > clog2(largest + 1)
    {
        return Err(c.fail(
            "adc.bits",
            b.to_string(),
            format!(
                "at most {}, which resolves every sum of {} rows of {} bit cells",
                clog2(largest + 1),
                x.rows,
                x.cell_bits
            ),
            "use \"auto\"",
        ));
    }
    let lossless = clog2(u64::from(max_active) * ((1u64 << x.cell_bits) - 1) + 1);
    let bits = match a.bits {
        AdcBits::Auto(_) => lossless,
        AdcBits::Bits(b) => b,
    };
    if a.kind == Converter::Flash && bits > MAX_FLASH_BITS {
        let rows = ((1 << MAX_FLASH_BITS) - 1) / ((1 << x.cell_bits) - 1);
        return Err(c.fail(
            "adc.kind",
            format!(
                "a flash converter of {bits} bits, {} comparators",
                (1u64 << bits) - 1
            ),
            format!("a flash converter of at most {MAX_FLASH_BITS} bits"),
            &format!(
                "set adc.max_active_rows = {rows} or less, set adc.bits, or use adc.kind = \"sar\""
            ),
        ));
    }
    if a.read_split_max > max_active {
        return Err(c.fail(
            "adc.read_split_max",
            a.read_split_max.to_string(),
            format!("at most adc.max_active_rows ({max_active})"),
            "",
        ));
    }
    levels(config, max_active, c)?;
    let places = u64::from(n.lanes) * u64::from(n.banks_per_lane) * u64::from(n.crossbars_per_bank);
    if places > MAX_CROSSBARS {
        return Err(c.fail(
            "engine.crossbars_per_bank",
            format!("{places} crossbars in all"),
            format!("at most {MAX_CROSSBARS}"),
            "",
        ));
    }
    let words = u64::from(n.crossbars_per_bank)
        * u64::from(x.cols)
        * u64::from(e.dim * e.value_bits.div_ceil(x.cell_bits));
    if words > MAX_BANK_BITLINES {
        return Err(c.fail(
            "engine.crossbars_per_bank",
            n.crossbars_per_bank.to_string(),
            format!("a bank of at most {MAX_BANK_BITLINES} bitlines"),
            "use more banks",
        ));
    }
    frontend(config, c)
}

/// Rules about ids, places and results.
fn frontend(config: &Config, c: &Checker<'_>) -> Result<()> {
    let f = &config.frontend;
    let size = EngineSize::of(config);
    let bits = size.place_bits(config.crossbar.rows);
    if bits > MAX_PLACE_BITS {
        let most = size.crossbars_per_bank.next_power_of_two() >> (bits - MAX_PLACE_BITS);
        return Err(c.fail(
            "engine.crossbars_per_bank",
            format!(
                "{}, with which lane, bank, crossbar and row of an id take {bits} bits",
                size.crossbars_per_bank
            ),
            format!("at most {most}, so that they fit {MAX_PLACE_BITS} bits"),
            "use fewer lanes, banks, crossbars or rows",
        ));
    }
    let element = element_bits(config);
    if f.result_bits < element {
        return Err(c.fail(
            "frontend.result_bits",
            f.result_bits.to_string(),
            format!("at least {element}, the width of an element of a result"),
            "use a smaller embedding.max_bag for elements of 32 bits",
        ));
    }
    if f.places != 0 {
        c.range("frontend.places", f.places, f.ports, 256)?;
    }
    c.range("frontend.hop_lanes", f.hop_lanes, 0, config.engine.lanes)
}

fn levels(config: &Config, max_active: u32, c: &Checker<'_>) -> Result<()> {
    let levels = &config.adc.levels;
    if !levels.is_empty() && config.adc.switch != AdcSwitch::Graded {
        return Err(c.fail(
            "adc.levels",
            format!("{} levels with another switch", levels.len()),
            "adc.switch = \"graded\", or no levels".to_owned(),
            "",
        ));
    }
    if levels.iter().any(|&l| l == 0 || l > max_active) || !levels.is_sorted_by(|a, b| a < b) {
        return Err(c.fail(
            "adc.levels",
            format!("{levels:?}"),
            format!("ascending numbers of rows from 1 to {max_active}"),
            "",
        ));
    }
    Ok(())
}
