//! Mock views of the analog macro for tools that place and time it: LEF and Liberty. Areas and times
//! are those of the technology; what it does not say is an assumption, which the files name.

use askama::Template;
use serde::{Deserialize, Serialize};

use super::text::count;
use crate::config::{Converter, Resolved};
use crate::hardware::Params;
use crate::technology::{MacroArea, Provenance, Technology};

/// What of the technology reaches the views, as `config.json` records it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedMacro {
    /// Area, um^2.
    pub area_um2: MacroArea,
    /// Feature size F, nm.
    pub feature_nm: f64,
    /// Set-up of the wordlines, ns.
    pub wordline_ns: f64,
    /// A column phase at each level, ns; empty if it takes a cycle for each bit.
    pub phase_ns: Vec<f64>,
    /// Numbers of the area that are not published.
    pub provenance: Provenance,
}

impl RecordedMacro {
    pub(super) fn new(resolved: &Resolved, technology: &Technology) -> Self {
        let mut provenance = Provenance::default();
        let levels = resolved.adc_levels.iter();
        RecordedMacro {
            area_um2: MacroArea::new(resolved, technology, &mut provenance),
            feature_nm: technology.array.feature.value,
            wordline_ns: resolved.config.technology.wordline_ns,
            phase_ns: levels.filter_map(|l| resolved.phase_ns(l)).collect(),
            provenance,
        }
    }
}

/// What begins with a pin's value, and so decides its set-up time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begins {
    /// The set-up of the wordlines.
    Wordlines,
    /// A conversion that takes a time.
    Conversion,
    /// Nothing: the macro takes the value at the clock's edge.
    Nothing,
}

/// A pin of the macro.
#[derive(Debug)]
struct Pin {
    name: &'static str,
    bits: u32,
    output: bool,
    begins: Begins,
}

/// The pins in the order of the ports in `rtl/recross_macro_*.v`.
fn pins(p: &Params, levels: u32, flash: bool) -> Vec<Pin> {
    use Begins::{Conversion, Nothing, Wordlines};
    let mut pins = Vec::new();
    let mut add = |name, bits, output, begins| {
        pins.push(Pin {
            name,
            bits,
            output,
            begins,
        });
    };
    let converters = p.blocks * p.adcs;
    let conversion = if flash { Conversion } else { Nothing };
    add("clk_i", 1, false, Nothing);
    add("rst_ni", 1, false, Nothing);
    add("bias_en_i", 1, false, Nothing);
    add("trim_i", p.trim_bits, false, Nothing);
    add("scan_en_i", 1, false, Nothing);
    add("scan_i", 1, false, Nothing);
    add("scan_o", 1, true, Nothing);
    add("wl_en_i", 1, false, Nothing);
    add("wl_single_i", 1, false, Wordlines);
    add("wl_row_i", p.row_number_bits, false, Wordlines);
    add("wl_mask_i", p.rows, false, Wordlines);
    add("slot_i", p.slot_bits, false, Wordlines);
    add("phase_i", p.phase_bits, false, conversion);
    add("start_i", 1, false, conversion);
    add("level_i", p.adc_level_bits, false, conversion);
    if flash {
        let comparators = converters * ((1 << p.adc_bits) - 1);
        add("done_o", 1, true, Nothing);
        add("cmp_en_i", levels, false, Conversion);
        add("therm_o", comparators, true, Nothing);
    } else {
        add("cmp_strobe_i", 1, false, Nothing);
        add("dac_i", converters * p.adc_bits, false, Nothing);
        add("cmp_o", converters, true, Nothing);
    }
    add("prog_req_i", 1, false, Nothing);
    add("prog_slot_i", p.slot_bits, false, Nothing);
    add("prog_row_i", p.row_number_bits, false, Nothing);
    add("prog_block_i", p.block_bits, false, Nothing);
    add("prog_data_i", p.prog_bits, false, Nothing);
    add("prog_busy_o", 1, true, Nothing);
    add("prog_done_o", 1, true, Nothing);
    add("prog_fail_o", 1, true, Nothing);
    pins
}

/// Nanometres as micrometres: the LEF's grid is 1 nm.
fn um(nm: u64) -> String {
    format!("{}.{:03}", nm / 1000, nm % 1000)
}

/// One bit of a pin and where it lies.
struct Placed {
    name: String,
    direction: &'static str,
    used: &'static str,
    layer: &'static str,
    rect: String,
}

#[derive(Template)]
#[template(path = "recross_macro.lef")]
struct Lef<'a> {
    macro_name: &'a str,
    r: &'a RecordedMacro,
    pins: Vec<Placed>,
    width: String,
    height: String,
    side: String,
    /// Corners of what is blocked on the pins' layers.
    inside: String,
    /// Least distance of two pins' centres, um.
    pitch: f64,
    /// Whether pins lie closer than tracks would.
    crowded: bool,
    /// Whether the rectangle is larger than the area, because pins need a place each.
    grown: bool,
}

/// Distance of two routing tracks, in feature sizes: an assumption.
const PITCH: f64 = 4.0;

impl<'a> Lef<'a> {
    fn new(macro_name: &'a str, r: &'a RecordedMacro, all: &[Pin]) -> Self {
        let bits: u64 = all.iter().map(|p| u64::from(p.bits)).sum();
        let on_edge = bits.div_ceil(4);
        // Each pin takes two steps of the grid, and as many are free.
        let least = 4 * on_edge;
        let nm2 = r.area_um2.total() * 1e6;
        let wanted = nm2.sqrt().ceil() as u64;
        let width = wanted.max(least);
        let height = ((nm2 / width as f64).ceil() as u64).max(least);
        let pitch = width.min(height) as f64 / on_edge as f64;
        let track = PITCH * r.feature_nm;
        let side = ((pitch / 2.0).min(track / 2.0) as u64).max(2);
        let mut pins = Vec::new();
        for pin in all {
            for bit in 0..pin.bits {
                let number = pins.len() as u64;
                let (edge, place) = (number / on_edge, number % on_edge);
                let length = if edge % 2 == 0 { width } else { height };
                let at = length * (2 * place + 1) / (2 * on_edge) - side / 2;
                // From the lower left corner, counterclockwise.
                let (x, y, layer) = match edge {
                    0 => (at, 0, "M4"),
                    1 => (width - side, at, "M3"),
                    2 => (width - at - side, height - side, "M4"),
                    _ => (0, height - at - side, "M3"),
                };
                pins.push(Placed {
                    name: match pin.bits {
                        1 => pin.name.to_owned(),
                        _ => format!("{}[{bit}]", pin.name),
                    },
                    direction: if pin.output { "OUTPUT" } else { "INPUT" },
                    used: if pin.name == CLOCK { "CLOCK" } else { "SIGNAL" },
                    layer,
                    rect: [x, y, x + side, y + side].map(um).join(" "),
                });
            }
        }
        let inside = [2 * side, 2 * side, width - 2 * side, height - 2 * side];
        Lef {
            macro_name,
            r,
            pins,
            width: um(width),
            height: um(height),
            side: um(side),
            inside: inside.map(um).join(" "),
            pitch: pitch / 1000.0,
            crowded: pitch < track,
            grown: width > wanted,
        }
    }
}

const CLOCK: &str = "clk_i";

/// Part of the period that an assumed time takes.
const SHARE: f64 = 0.3;

/// Set-up time of pins whose values begin something that takes a time, ns.
#[derive(Debug, Clone, Copy, PartialEq)]
struct SetUp {
    ns: f64,
    /// What the technology's time would leave: longer or shorter than `ns` if that was bounded.
    exact: f64,
}

impl SetUp {
    /// `spans`: time and the cycles that it was rounded up to. What the time needs of its last cycle
    /// must be over when that ends.
    fn new(spans: &[(f64, u32)], period: f64) -> Self {
        let rest = |&(ns, cycles): &(f64, u32)| ns - f64::from(cycles.max(1) - 1) * period;
        let exact = spans.iter().map(rest).fold(f64::NEG_INFINITY, f64::max);
        SetUp {
            ns: exact.clamp(SHARE * period, (1.0 - SHARE) * period),
            exact,
        }
    }

    fn cut(&self) -> bool {
        self.exact > self.ns + 1e-9
    }
}

/// A pin in the Liberty file.
struct Timed {
    name: &'static str,
    bits: u32,
    output: bool,
    clock: bool,
    setup: f64,
    /// Pins that an output depends on in the same cycle, with the key that names each.
    through: Vec<(&'static str, &'static str)>,
}

#[derive(Template)]
#[template(path = "recross_macro.lib")]
struct Liberty<'a> {
    macro_name: &'a str,
    r: &'a RecordedMacro,
    flash: bool,
    pins: Vec<Timed>,
    widths: std::collections::BTreeSet<u32>,
    period: f64,
    share: f64,
    wordlines: SetUp,
    wordline_cycles: String,
    conversion: SetUp,
    /// Time and cycles of each level.
    levels: String,
    write_cycles: u32,
    /// The shortest period at which the cycles still cover the times; 0: any.
    min_period: f64,
}

impl<'a> Liberty<'a> {
    fn new(
        macro_name: &'a str,
        resolved: &'a Resolved,
        r: &'a RecordedMacro,
        all: &[Pin],
        flash: bool,
    ) -> Self {
        let period = 1000.0 / resolved.config.technology.clock_mhz;
        let share = SHARE * period;
        let wordline = [(r.wordline_ns, resolved.wordline_cycles)];
        let cycles = resolved.adc_levels.iter().map(|l| l.phase_cycles);
        let phases: Vec<(f64, u32)> = r.phase_ns.iter().copied().zip(cycles).collect();
        let (wordlines, conversion) = (SetUp::new(&wordline, period), SetUp::new(&phases, period));
        let span = |&(ns, cycles): &(f64, u32)| format!("{ns} ns in {}", count(cycles, "cycle"));
        let each = wordline.iter().chain(&phases);
        let min_period = each
            .map(|&(ns, cycles)| ns / f64::from(cycles))
            .fold(0.0, f64::max);
        // The answer of a conversion of one cycle comes in the cycle of its start.
        let at_once = phases.iter().any(|&(_, cycles)| cycles == 1);
        let timed = |pin: &Pin| {
            let through: &[&'static str] = match pin.name {
                "done_o" if at_once => &["start_i", "level_i"],
                "cmp_o" => &["cmp_strobe_i", "dac_i"],
                _ => &[],
            };
            let key = |name: &'static str| {
                let wide = all.iter().any(|p| p.name == name && p.bits > 1);
                let key = if wide {
                    "related_bus_pins"
                } else {
                    "related_pin"
                };
                (key, name)
            };
            Timed {
                name: pin.name,
                bits: pin.bits,
                output: pin.output,
                clock: pin.name == CLOCK,
                setup: match pin.begins {
                    Begins::Wordlines => wordlines.ns,
                    Begins::Conversion => conversion.ns,
                    Begins::Nothing => share,
                },
                through: through.iter().map(|&name| key(name)).collect(),
            }
        };
        Liberty {
            macro_name,
            r,
            flash,
            pins: all.iter().map(timed).collect(),
            widths: all.iter().map(|p| p.bits).filter(|&b| b > 1).collect(),
            period,
            share,
            wordlines,
            wordline_cycles: count(resolved.wordline_cycles, "cycle"),
            conversion,
            levels: phases.iter().map(span).collect::<Vec<_>>().join(", "),
            write_cycles: resolved.write_cycles,
            min_period,
        }
    }
}

/// LEF and Liberty of the macro, as text.
pub(super) fn views(
    macro_name: &str,
    resolved: &Resolved,
    p: &Params,
    r: &RecordedMacro,
) -> askama::Result<[String; 2]> {
    let flash = resolved.config.adc.kind == Converter::Flash;
    let all = pins(p, resolved.adc_levels.len() as u32, flash);
    let lef = Lef::new(macro_name, r, &all).render()?;
    let liberty = Liberty::new(macro_name, resolved, r, &all, flash).render()?;
    Ok([lef, liberty].map(|text| text.trim_end().to_owned() + "\n"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::leaves::{FLASH, SAR};
    use super::*;
    use crate::config::Config;

    fn of(change: impl FnOnce(&mut Config)) -> (Resolved, RecordedMacro) {
        let mut config = Config::default();
        change(&mut config);
        let resolved = config.resolve("test").unwrap();
        let recorded = RecordedMacro::new(&resolved, &Technology::built_in().unwrap());
        (resolved, recorded)
    }

    fn all(resolved: &Resolved) -> Vec<Pin> {
        let flash = resolved.config.adc.kind == Converter::Flash;
        let levels = resolved.adc_levels.len() as u32;
        pins(&Params::new(resolved), levels, flash)
    }

    fn liberty<'a>(resolved: &'a Resolved, recorded: &'a RecordedMacro) -> Liberty<'a> {
        let flash = resolved.config.adc.kind == Converter::Flash;
        Liberty::new("m", resolved, recorded, &all(resolved), flash)
    }

    /// `make integration` compares their widths, too.
    #[test]
    fn the_pins_are_the_ports_of_the_model() {
        for (kind, model) in [(Converter::Flash, FLASH.model), (Converter::Sar, SAR.model)] {
            let ports = model.lines().filter_map(|line| {
                let line = line.trim().trim_end_matches(',');
                let output = line.starts_with("output ");
                let name = line.rsplit(' ').next()?;
                (output || line.starts_with("input ")).then(|| (name.to_owned(), output))
            });
            let pins = all(&of(|c| c.adc.kind = kind).0);
            let pins = pins.iter().map(|p| (p.name.to_owned(), p.output));
            assert_eq!(pins.collect::<Vec<_>>(), ports.collect::<Vec<_>>());
        }
    }

    #[test]
    fn set_up_times_are_what_is_left_for_the_last_cycle() {
        // 1.23 ns in one cycle of 1.6, 2.31 ns in two, 2.5 ns in two.
        let (r, m) = of(|c| (c.technology.clock_mhz, c.technology.wordline_ns) = (625.0, 2.5));
        let l = liberty(&r, &m);
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} is not {b}");
        near(l.conversion.exact, 1.23);
        near(l.conversion.ns, 0.7 * 1.6);
        near(l.wordlines.ns, 2.5 - 1.6);
        assert!(l.conversion.cut() && !l.wordlines.cut());
        near(l.min_period, 1.25);
        // At 3 GHz there is no conversion of one cycle; 1.23 ns take four, of which the last needs 0.23.
        let (r, m) = of(|c| (c.technology.clock_mhz, c.technology.wordline_ns) = (3000.0, 0.0));
        let l = liberty(&r, &m);
        near(l.conversion.exact, 2.31 - 6.0 / 3.0);
        near(l.conversion.ns, 0.7 / 3.0);
        near(l.wordlines.ns, 0.1);
        let through = |l: &Liberty<'_>, name: &str| {
            let pin = l.pins.iter().find(|p| p.name == name).unwrap();
            pin.through.len()
        };
        assert_eq!(through(&l, "done_o"), 0);
        let (r, m) = of(|c| c.adc.kind = Converter::Sar);
        let l = liberty(&r, &m);
        assert!(m.phase_ns.is_empty() && !l.conversion.cut());
        assert_eq!(through(&l, "cmp_o"), 2);
        let phase = l.pins.iter().find(|p| p.name == "phase_i").unwrap();
        near(phase.setup, 0.6);
    }

    /// Each pin has its place, also where there are more than fit, and on an area of almost nothing.
    #[test]
    fn pins_fit_into_the_rectangle() {
        let (resolved, recorded) = of(|_| ());
        for (share, crowded, grown) in [(1.0, false, false), (0.1, true, false), (1e-9, true, true)]
        {
            let mut recorded = recorded.clone();
            let area = &mut recorded.area_um2;
            (area.cells, area.drivers) = (area.cells * share, area.drivers * share);
            area.converters *= share;
            let pins = all(&resolved);
            let lef = Lef::new("m", &recorded, &pins);
            assert_eq!((lef.crowded, lef.grown), (crowded, grown), "{share}");
            let mut boxes: Vec<[u64; 4]> = Vec::new();
            let nm = |text: &str| text.replace('.', "").parse::<u64>().unwrap();
            let size = [nm(&lef.width), nm(&lef.height)];
            for layer in ["M3", "M4"] {
                boxes.clear();
                for pin in lef.pins.iter().filter(|p| p.layer == layer) {
                    let corners: Vec<u64> = pin.rect.split(' ').map(nm).collect();
                    let [x, y, right, top] = corners[..] else {
                        panic!("{}", pin.rect)
                    };
                    assert!(x < right && right <= size[0] && y < top && top <= size[1]);
                    let apart = |b: &[u64; 4]| x > b[2] || right < b[0] || y > b[3] || top < b[1];
                    assert!(boxes.iter().all(apart), "{} at {share}", pin.name);
                    boxes.push([x, y, right, top]);
                }
            }
        }
    }
}
