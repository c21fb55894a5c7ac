//! Range checks and cross-checks; each message names the key, what was found and what is allowed.

use super::{AdcBits, Config};
use crate::error::{Error, Result};

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

    fn real(&self, key: &str, value: f64, low: f64, high: f64) -> Result<()> {
        if value.is_finite() && value >= low && value <= high {
            return Ok(());
        }
        Err(self.fail(
            key,
            value.to_string(),
            format!("a number from {low} to {high}"),
            "",
        ))
    }

    fn power_of_two(&self, key: &str, value: u32, low: u32, high: u32) -> Result<()> {
        if value.is_power_of_two() && (low..=high).contains(&value) {
            return Ok(());
        }
        Err(self.fail(
            key,
            value.to_string(),
            format!("a power of two from {low} to {high}"),
            "",
        ))
    }
}

/// Checks a whole configuration.
pub(super) fn check(config: &Config, origin: &str) -> Result<()> {
    let c = Checker { origin };
    ranges(config, &c)?;
    crosses(config, &c)
}

fn ranges(config: &Config, c: &Checker<'_>) -> Result<()> {
    let (e, x, a, n) = (
        &config.embedding,
        &config.crossbar,
        &config.adc,
        &config.engine,
    );
    c.range("embedding.dim", e.dim, 1, 256)?;
    c.range("embedding.value_bits", e.value_bits, 2, 16)?;
    c.range("embedding.max_bag", e.max_bag, 1, 1 << 20)?;
    for &rows in &e.tables {
        c.range("embedding.tables", rows, 1, 1 << 30)?;
    }
    for &dim in &e.dims {
        c.range("embedding.dims", dim, 1, e.dim)?;
    }
    c.range("crossbar.rows", x.rows, 2, 512)?;
    c.range("crossbar.cols", x.cols, 1, 1024)?;
    c.range("crossbar.cell_bits", x.cell_bits, 1, 4)?;
    c.range("crossbar.adcs", x.adcs, 1, 1024)?;
    if let AdcBits::Bits(b) = a.bits {
        c.range("adc.bits", b, 1, 14)?;
    }
    c.range("adc.max_active_rows", a.max_active_rows, 0, x.rows)?;
    c.range("adc.read_split_max", a.read_split_max, 0, x.rows)?;
    c.range("engine.lanes", n.lanes, 1, 64)?;
    c.range("engine.banks_per_lane", n.banks_per_lane, 1, 64)?;
    c.range("engine.crossbars_per_bank", n.crossbars_per_bank, 1, 65536)?;
    c.power_of_two("engine.queue_depth", n.queue_depth, 2, 1024)?;
    c.power_of_two("engine.window", n.window, 2, 4096)?;
    c.power_of_two("engine.retire_ports", n.retire_ports, 1, 8)?;
    c.power_of_two("engine.tree_fan_in", n.tree_fan_in, 2, 8)?;
    c.range("engine.max_replicas", n.max_replicas, 1, 64)?;
    if let Some((found, expected)) = config.rtl.fault() {
        return Err(c.fail("rtl.prefix", found, expected, ""));
    }
    let seconds = config.mapping.time_budget_s;
    c.real("mapping.time_budget_s", seconds, 1.0, 86_400.0)?;
    c.real("mapping.budget", config.mapping.budget, 0.0, 16.0)?;
    c.real("mapping.holdout", config.mapping.holdout, 0.0, 0.99)?;
    if config.mapping.memory_mib != 0 {
        c.range("mapping.memory_mib", config.mapping.memory_mib, 64, 1 << 20)?;
    }
    c.range("mapping.batch", config.mapping.batch, 1, 65536)?;
    let t = &config.technology;
    c.real("technology.clock_mhz", t.clock_mhz, 1.0, 10_000.0)?;
    c.real("technology.wordline_ns", t.wordline_ns, 0.0, 10_000.0)?;
    c.real("technology.flash_mac_ns", t.flash_mac_ns, 0.01, 10_000.0)?;
    c.real("technology.flash_read_ns", t.flash_read_ns, 0.01, 10_000.0)?;
    let s = &config.simulation;
    c.range("simulation.input_idle", s.input_idle, 0, 1000)?;
    c.range("simulation.output_stall", s.output_stall, 0, 1000)?;
    c.range("simulation.idle_limit", s.idle_limit, 1000, u32::MAX)
}

fn crosses(config: &Config, c: &Checker<'_>) -> Result<()> {
    let (e, x, a, n) = (
        &config.embedding,
        &config.crossbar,
        &config.adc,
        &config.engine,
    );
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
        && b > super::derived::clog2(largest + 1)
    {
        return Err(c.fail(
            "adc.bits",
            b.to_string(),
            format!(
                "at most {}, which resolves every sum of {} rows of {} bit cells",
                super::derived::clog2(largest + 1),
                x.rows,
                x.cell_bits
            ),
            "use \"auto\"",
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
    if n.window < 2 * n.retire_ports {
        return Err(c.fail(
            "engine.retire_ports",
            n.retire_ports.to_string(),
            format!("at most half of engine.window ({})", n.window),
            "each port needs two places of the window",
        ));
    }
    if n.max_replicas > n.banks_per_lane * n.crossbars_per_bank {
        return Err(c.fail(
            "engine.max_replicas",
            n.max_replicas.to_string(),
            format!(
                "at most the crossbars of a lane ({})",
                n.banks_per_lane * n.crossbars_per_bank
            ),
            "",
        ));
    }
    let places = u64::from(n.lanes) * u64::from(n.banks_per_lane) * u64::from(n.crossbars_per_bank);
    if places > 1 << 24 {
        return Err(c.fail(
            "engine.crossbars_per_bank",
            format!("{places} crossbars in all"),
            "at most 16777216".to_owned(),
            "",
        ));
    }
    let words = u64::from(n.crossbars_per_bank)
        * u64::from(x.cols)
        * u64::from(e.dim * e.value_bits.div_ceil(x.cell_bits));
    if words > 1 << 31 {
        return Err(c.fail(
            "engine.crossbars_per_bank",
            n.crossbars_per_bank.to_string(),
            "a bank of at most 2147483648 bitlines".to_owned(),
            "use more banks",
        ));
    }
    Ok(())
}

fn levels(config: &Config, max_active: u32, c: &Checker<'_>) -> Result<()> {
    let levels = &config.adc.levels;
    if levels.len() > 16 {
        return Err(c.fail(
            "adc.levels",
            format!("{} levels", levels.len()),
            "at most 16".to_owned(),
            "",
        ));
    }
    if !levels.is_empty() && config.adc.switch != super::AdcSwitch::Graded {
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
