//! A timing diagram of the analog macro's pins, one character a cycle, for the package's README.

use crate::config::{Converter, Resolved};

/// A pin and what it does in each cycle: `_` low, `#` high, `.` any value, other characters stand for
/// a value that stays the same while the character does.
struct Trace {
    pin: &'static str,
    cycles: String,
}

/// The pins, as the diagram's lines.
struct Diagram {
    traces: Vec<Trace>,
    cycles: usize,
}

impl Diagram {
    fn new(pins: &[&'static str]) -> Self {
        let trace = |&pin| Trace {
            pin,
            cycles: String::new(),
        };
        Diagram {
            traces: pins.iter().map(trace).collect(),
            cycles: 0,
        }
    }

    /// One cycle; pins that are not named are low, or have any value if they are no single bit.
    fn cycle(&mut self, named: &[(&str, char)]) {
        for trace in &mut self.traces {
            let given = named.iter().find(|(pin, _)| *pin == trace.pin);
            let idle = match trace.pin {
                "mask, slot" | "phase_i" | "level_i" | "therm_o" | "dac_i" | "prog_data_i" => '.',
                _ => '_',
            };
            trace.cycles.push(given.map_or(idle, |(_, shown)| *shown));
        }
        self.cycles += 1;
    }

    fn text(&self) -> String {
        let numbers: String = (0..self.cycles)
            .map(|c| char::from(b'0' + (c % 10) as u8))
            .collect();
        let mut lines = vec![format!("{:<12} {numbers}", "cycle")];
        lines.extend(
            self.traces
                .iter()
                .map(|t| format!("{:<12} {}", t.pin, t.cycles)),
        );
        lines.join("\n")
    }
}

/// An activation of one row (`r`), one of all rows (`m`), at most two phases of each, and a write of
/// a row that takes four cycles.
pub(super) fn timing(resolved: &Resolved) -> String {
    let flash = resolved.config.adc.kind != Converter::Sar;
    let of_kind: &[&str] = match flash {
        true => &["done_o", "cmp_en_i", "therm_o"],
        false => &["cmp_strobe_i", "dac_i"],
    };
    let first = ["wl_en_i", "mask, slot", "phase_i", "start_i", "level_i"];
    let last = ["prog_req_i", "prog_data_i", "prog_busy_o", "prog_done_o"];
    let pins: Vec<&'static str> = [&first[..], of_kind, &last[..]].concat();
    let mut diagram = Diagram::new(&pins);
    let levels = &resolved.adc_levels;
    let mut codes = '.';
    for (name, level) in [('r', 0), ('m', levels.len() - 1)] {
        let number = char::from_digit(level as u32 % 36, 36).unwrap_or('n');
        for cycle in 0..resolved.wordline_cycles {
            let driven = if cycle == 0 { '_' } else { '#' };
            diagram.cycle(&[
                ("wl_en_i", driven),
                ("mask, slot", name),
                ("level_i", number),
                ("therm_o", codes),
            ]);
        }
        for phase in 0..resolved.phases.min(2) {
            let length = levels[level].phase_cycles;
            for cycle in 0..length {
                let bit = |on: bool| if on { '#' } else { '_' };
                diagram.cycle(&[
                    ("wl_en_i", '#'),
                    ("mask, slot", name),
                    ("phase_i", if phase == 0 { '0' } else { '1' }),
                    ("start_i", bit(cycle == 0)),
                    ("level_i", number),
                    ("done_o", bit(cycle + 1 == length)),
                    ("cmp_en_i", number),
                    ("therm_o", codes),
                    ("cmp_strobe_i", '#'),
                    (
                        "dac_i",
                        char::from_digit((length - 1 - cycle) % 36, 36).unwrap_or('n'),
                    ),
                ]);
            }
            codes = if codes == 'a' { 'b' } else { 'a' };
        }
    }
    diagram.cycle(&[("therm_o", codes)]);
    diagram.cycle(&[
        ("therm_o", codes),
        ("prog_req_i", '#'),
        ("prog_data_i", 'w'),
    ]);
    for left in (0..4).rev() {
        let done = if left == 0 { '#' } else { '_' };
        diagram.cycle(&[
            ("therm_o", codes),
            ("prog_busy_o", '#'),
            ("prog_done_o", done),
        ]);
    }
    diagram.cycle(&[("therm_o", codes)]);
    diagram.text()
}
