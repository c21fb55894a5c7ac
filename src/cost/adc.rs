//! Energy of one conversion under three models.
//!
//! A model gives the energy of a converter as a function of its resolution. The energy of a
//! converter that is switched below its full resolution is interpolated linearly between the lowest
//! level and full resolution. A linear function needs only sums over counted events:
//!
//! | model | linear in | energy at the lowest level |
//! |---|---|---|
//! | flash, gated | enabled thresholds | their share of a full conversion, plus what is not gated |
//! | flash, resized | enabled thresholds | that of a converter of that resolution: a best case |
//! | SAR | resolved bits | that of a converter of that resolution |
//! | Murmann | resolved bits | that of a converter of that resolution |
//!
//! With switch `off` and `dynamic` there are no other levels, so the interpolation is exact. With
//! `graded` there are levels in between; because each model's energy is convex, their interpolated
//! energy is an upper bound.

use super::events::Class;
use crate::config::{AdcSwitch, Converter, Resolved};
use crate::technology::{Curve, Murmann, Provenance, Switching, Technology};

/// Smallest number of bits for which the Murmann fit is valid.
const MURMANN_BITS: f64 = 4.0;

/// An energy model of the converters with its inputs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Model<'a> {
    pub kind: Converter,
    pub technology: &'a Technology,
    pub resolved: &'a Resolved,
}

impl Model<'_> {
    /// Energy of one conversion of `class`, fJ.
    pub fn conversion(&self, class: &Class, used: &mut Provenance) -> f64 {
        let (t, r) = (&self.technology.adc, self.resolved);
        let low = r.adc_levels[0];
        let full = r.adc_levels[r.adc_levels.len() - 1];
        let whole = self.at_bits(r.adc_bits, full.phase_cycles, used);
        let full_limit = f64::from((1u32 << r.adc_bits) - 1);
        let switched = r.config.adc.switch != AdcSwitch::Off;
        if switched && r.adc_levels.len() > 2 && self.line_is_a_bound() {
            used.note(
                "the energy of levels between the lowest and full resolution is interpolated \
                 linearly: an upper bound",
            );
        }
        let at_low = |used: &mut Provenance| self.at_bits(low.bits, low.phase_cycles, used);
        let unscaled = match (self.kind, t.flash.switching) {
            _ if !switched => whole,
            (Converter::Flash, Switching::Gated) => {
                let ungated = used.take(&t.flash.ungated);
                whole * (ungated + (1.0 - ungated) * class.thresholds / full_limit)
            }
            (Converter::Flash, Switching::Resized) => {
                used.note("a lower resolution is priced as a smaller converter: a best case");
                let from = (f64::from(low.limit), at_low(used));
                line(from, (full_limit, whole), class.thresholds)
            }
            (Converter::Sar | Converter::Murmann, _) => {
                let from = (f64::from(low.bits), at_low(used));
                line(from, (f64::from(r.adc_bits), whole), class.bits)
            }
        };
        unscaled * self.row_share(class.rows, used)
    }

    /// Whether the energy depends on the enabled thresholds instead of the resolved bits.
    pub fn prices_thresholds(&self) -> bool {
        match self.kind {
            Converter::Flash => true,
            Converter::Sar | Converter::Murmann => false,
        }
    }

    fn line_is_a_bound(&self) -> bool {
        !self.prices_thresholds() || self.technology.adc.flash.switching == Switching::Resized
    }

    /// Energy at `rows` active rows divided by that at the reference's rows.
    fn row_share(&self, rows: f64, used: &mut Provenance) -> f64 {
        let t = &self.technology;
        let curve = match self.kind {
            Converter::Flash => &t.adc.flash.rows,
            Converter::Sar => &t.adc.sar.rows,
            Converter::Murmann => return 1.0,
        };
        let reference = used.take(&t.reference.rows);
        if rows > curve.last() {
            used.note(format!(
                "{}: extrapolated beyond {} rows",
                curve.key,
                curve.last()
            ));
        }
        let curve = used.curve(curve);
        curve.value(rows) / curve.value(reference)
    }

    /// Energy of a full conversion of a `bits`-bit converter with all reference rows active, fJ.
    fn at_bits(&self, bits: u32, phase_cycles: u32, used: &mut Provenance) -> f64 {
        let t = &self.technology.adc;
        let x = f64::from(bits);
        match self.kind {
            Converter::Flash => by_ratio(&t.flash.energy, x, used),
            Converter::Sar => {
                if x > t.sar.energy.last() {
                    used.note(format!("adc.sar.energy: {bits} bit extrapolated"));
                }
                used.curve(&t.sar.energy).value(x)
            }
            Converter::Murmann => {
                let hertz = self.resolved.config.technology.clock_mhz * 1e6;
                1000.0 * murmann_pj(&t.murmann, x, hertz / f64::from(phase_cycles), used)
            }
        }
    }
}

/// Value at `x` of the straight line through `a` and `b`; the value of `b` if both have the same
/// place.
fn line(a: (f64, f64), b: (f64, f64), x: f64) -> f64 {
    if b.0 == a.0 {
        return b.1;
    }
    a.1 + (x - a.0) * (b.1 - a.1) / (b.0 - a.0)
}

/// The curve's value; beyond its last point, it grows by the ratio of the last two points.
fn by_ratio(curve: &Curve, x: f64, used: &mut Provenance) -> f64 {
    let curve = used.curve(curve);
    if let ([.., a, b], [.., va, vb]) = (curve.at.as_slice(), curve.value.as_slice())
        && x > *b
    {
        used.note(format!(
            "{}: {x} bit extrapolated by the last ratio",
            curve.key
        ));
        return vb * (vb / va).powf((x - b) / (b - a));
    }
    curve.value(x)
}

/// Energy of a conversion by the fit over Murmann's survey at `rate` conversions per second, pJ;
/// under 4 bits, that at 4 bits.
fn murmann_pj(m: &Murmann, bits: f64, rate: f64, used: &mut Provenance) -> f64 {
    if bits < MURMANN_BITS {
        used.note("adc.murmann: under 4 bits, the energy at 4 bits is used: a floor (inferred)");
    }
    let bits = bits.max(MURMANN_BITS);
    if bits > m.fom_max.last() {
        used.note(format!("adc.murmann: {bits} bit extrapolated"));
    }
    let fom_max = used.curve(&m.fom_max).value(bits);
    let fom = (used.take(&m.fom) - used.take(&m.fom_rate) * rate.ln()).min(fom_max);
    let sndr = 6.02 * bits + 1.76;
    let exponent = used.take(&m.base) + used.take(&m.base_node) * used.take(&m.feature).ln()
        - used.take(&m.base_bits) * bits.ln()
        - used.take(&m.base_shift);
    0.5 / 10f64.powf((fom - sndr) / 10.0) * exponent.exp()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::config::{Choice, Config, preset};

    fn near(found: f64, wanted: f64, within: f64) {
        let off = (found / wanted - 1.0).abs();
        assert!(off <= within, "{found} is not {wanted}");
    }

    /// Values computed independently at 0.5 GS/s and, for 8 bits, at ISAAC's 1.28 GS/s.
    #[test]
    fn murmann_fit_gives_the_published_values() {
        let t = Technology::built_in().unwrap();
        let used = &mut Provenance::default();
        let table = [
            (4.0, 0.92),
            (5.0, 0.94),
            (6.0, 1.07),
            (7.0, 1.31),
            (8.0, 1.71),
        ];
        for (bits, pj) in table {
            near(murmann_pj(&t.adc.murmann, bits, 5e8, used), pj, 0.006);
        }
        near(murmann_pj(&t.adc.murmann, 8.0, 1.28e9, used), 1.93, 0.006);
        assert!(used.notes.is_empty());
        let floor = murmann_pj(&t.adc.murmann, 4.0, 5e8, used);
        assert_eq!(murmann_pj(&t.adc.murmann, 2.0, 5e8, used), floor);
        assert_eq!(used.notes.len(), 1);
    }

    #[test]
    fn flash_is_extrapolated_by_the_last_ratio() {
        let t = Technology::built_in().unwrap();
        let used = &mut Provenance::default();
        assert_eq!(by_ratio(&t.adc.flash.energy, 8.0, used), 2080.0);
        assert!(used.notes.is_empty());
        let nine = by_ratio(&t.adc.flash.energy, 9.0, used);
        near(nine, 2080.0 * 2080.0 / 529.0, 1e-12);
        assert_eq!(used.notes.len(), 1);
    }

    /// Checks the bound that the module documents: the interpolated energy of a level is not below
    /// its own.
    #[test]
    fn a_graded_level_costs_no_more_than_interpolated() {
        let mut config: Config = preset("cell2_128x128").unwrap().config();
        config.adc.switch = AdcSwitch::Graded;
        let resolved = config.resolve("test").unwrap();
        let text = "[adc.flash]\nswitching = \"resized\"\n";
        let technology = Technology::from_toml(text, "test").unwrap();
        for kind in Converter::all() {
            let model = Model {
                kind,
                technology: &technology,
                resolved: &resolved,
            };
            let used = &mut Provenance::default();
            for level in &resolved.adc_levels {
                // A level rarely uses all thresholds of its bits: interpolate between whole bits.
                let exact_bits = f64::from(level.limit + 1).log2();
                let (below, above) = (exact_bits.floor(), exact_bits.ceil());
                let at = |b: f64| model.at_bits(b as u32, level.phase_cycles, used);
                let mut at = at;
                let own = line((below, at(below)), (above, at(above)), exact_bits);
                let class = Class {
                    conversions: 1.0,
                    rows: 64.0,
                    thresholds: f64::from(level.limit),
                    bits: exact_bits,
                };
                let priced = model.conversion(&class, &mut Provenance::default());
                assert!(
                    priced >= own * 0.999,
                    "{kind:?} {level:?}: {priced} < {own}"
                );
            }
        }
    }
}
