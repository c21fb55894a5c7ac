//! What is simulated: sources, top module, and the streams and probes on its ports.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::error::Error;

/// A constant bit range of a top-level port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Name of the port in the Verilog.
    pub port: String,
    /// Lowest bit of the range, counted from the port's least significant bit.
    pub lsb: u32,
    /// Bits in the range, at least 1.
    pub width: u32,
}

impl Field {
    /// `port[lsb + width - 1 : lsb]`.
    pub fn new(port: impl Into<String>, lsb: u32, width: u32) -> Self {
        Self {
            port: port.into(),
            lsb,
            width,
        }
    }

    /// A whole port of `width` bits (or its low `width` bits).
    pub fn whole(port: impl Into<String>, width: u32) -> Self {
        Self::new(port, 0, width)
    }

    /// `port[bit]`.
    pub fn bit(port: impl Into<String>, bit: u32) -> Self {
        Self::new(port, bit, 1)
    }

    /// Host words that hold a value of this field: `ceil(width / 32)`.
    pub const fn words(&self) -> usize {
        self.width.div_ceil(32) as usize
    }

    /// `port[msb:lsb]`, for messages.
    pub(crate) fn describe(&self) -> String {
        // Widths are checked elsewhere: a field of width 0 must not panic here.
        match self.width {
            1 => format!("{}[{}]", self.port, self.lsb),
            _ => format!(
                "{}[{}:{}]",
                self.port,
                u64::from(self.lsb) + u64::from(self.width.max(1)) - 1,
                self.lsb
            ),
        }
    }
}

/// A valid/ready stream on the top module's ports.
///
/// The host sees an item as [`StreamSpec::item_words`] words: the payload's fields in order, each in words of its own, low word first. Bits
/// beyond a field's width are ignored on inputs and zero on outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamSpec {
    /// Name of the stream in requests and reports. No two streams of a design have the same.
    pub name: String,
    /// The valid bit: driven on an input stream, read on an output stream.
    pub valid: Field,
    /// The ready bit: read on an input stream, driven on an output stream. Without one, the stream moves whenever it is valid.
    pub ready: Option<Field>,
    /// The payload, in the order of the host words.
    pub payload: Vec<Field>,
}

impl StreamSpec {
    /// Words of one item on the host, at least 1: an item without payload is a word that means nothing.
    pub fn item_words(&self) -> usize {
        let words: usize = self.payload.iter().map(Field::words).sum();
        words.max(1)
    }
}

/// A value that can be read at any time, and that a hang report shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Name of the probe.
    pub name: String,
    /// Where it is read.
    pub field: Field,
}

/// The reset port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reset {
    /// Name of the one-bit port.
    pub port: String,
    /// Whether the reset is asserted at 0.
    pub active_low: bool,
}

/// A design, and how it is driven.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Design {
    /// Name for messages and file names.
    pub name: String,
    /// Top module.
    pub top: String,
    /// Verilog sources, in the order given to Verilator.
    pub sources: Vec<PathBuf>,
    /// Folders searched for includes and modules.
    pub include_dirs: Vec<PathBuf>,
    /// Macros: name and value (an empty value defines the bare name).
    pub defines: Vec<(String, String)>,
    /// `--language`, such as `1800-2017`. `None`: `1364-2005` where all sources end in `.v`, else Verilator's default.
    pub language: Option<String>,
    /// Modules that Verilator must not inline. Their instances share one C++ function, so that the build time hardly grows with their number.
    pub no_inline_modules: Vec<String>,
    /// Input ports, as (module, port), that stay variables of their module. Verilator otherwise writes the parent's expression into each
    /// instance, and instances that differ cannot share code. Do not list clocks and resets.
    pub kept_ports: Vec<(String, String)>,
    /// Name of the clock port.
    pub clock: String,
    /// The reset port, if there is one.
    pub reset: Option<Reset>,
    /// Streams into the design.
    pub inputs: Vec<StreamSpec>,
    /// Streams out of the design.
    pub outputs: Vec<StreamSpec>,
    /// Values that can be read.
    pub probes: Vec<Probe>,
    /// Input ports, or parts of them, that are 0 from the first cycle on. A port that nothing drives keeps what the model started with.
    pub tied_low: Vec<Field>,
}

impl Design {
    /// Index of the input stream called `name`.
    pub fn input(&self, name: &str) -> Option<usize> {
        self.inputs.iter().position(|s| s.name == name)
    }

    /// Index of the output stream called `name`.
    pub fn output(&self, name: &str) -> Option<usize> {
        self.outputs.iter().position(|s| s.name == name)
    }

    /// Index of the probe called `name`.
    pub fn probe(&self, name: &str) -> Option<usize> {
        self.probes.iter().position(|p| p.name == name)
    }

    /// Checks what can be checked without the Verilog: names, widths, and that no bit has two drivers.
    ///
    /// # Errors
    /// [`Error::Design`] names the stream or field at fault.
    pub fn validate(&self) -> Result<(), Error> {
        let fail = |message: String| {
            Err(Error::Design {
                design: self.name.clone(),
                message,
            })
        };
        for (what, name) in [("top", &self.top), ("clock", &self.clock)] {
            if name.is_empty() {
                return fail(format!(
                    "`{what}` is empty; expected a name from the Verilog"
                ));
            }
        }
        if self.sources.is_empty() {
            return fail("no source files; expected at least one Verilog file".into());
        }
        let mut names = BTreeSet::new();
        let streams = self.inputs.iter().chain(&self.outputs).map(|s| &s.name);
        for name in streams {
            if !names.insert(name) {
                return fail(format!(
                    "two streams are called `{name}`; give each stream its own name"
                ));
            }
        }
        names.clear();
        for probe in &self.probes {
            if !names.insert(&probe.name) {
                return fail(format!(
                    "two probes are called `{}`; give each probe its own name",
                    probe.name
                ));
            }
        }
        for (owner, field, one_bit) in self.fields() {
            if field.width == 0 {
                return fail(format!(
                    "{owner}: field on port `{}` has width 0; expected at least 1",
                    field.port
                ));
            }
            if one_bit && field.width != 1 {
                return fail(format!(
                    "{owner}: {} is {} bits wide; valid and ready must be one bit",
                    field.describe(),
                    field.width
                ));
            }
        }
        self.check_drivers()
    }

    /// Every field with its owner's description, and whether it must be one bit wide.
    fn fields(&self) -> Vec<(String, &Field, bool)> {
        let mut all = Vec::new();
        for (kind, streams) in [("input", &self.inputs), ("output", &self.outputs)] {
            for stream in streams {
                let owner = format!("{kind} stream `{}`", stream.name);
                all.push((owner.clone(), &stream.valid, true));
                all.extend(stream.ready.iter().map(|f| (owner.clone(), f, true)));
                all.extend(stream.payload.iter().map(|f| (owner.clone(), f, false)));
            }
        }
        all.extend(
            self.probes
                .iter()
                .map(|p| (format!("probe `{}`", p.name), &p.field, false)),
        );
        all
    }

    /// Every field that the harness drives, with its owner's description.
    pub(crate) fn driven(&self) -> Vec<(String, Field)> {
        let mut driven = vec![("the clock".to_owned(), Field::bit(&self.clock, 0))];
        driven.extend(
            self.reset
                .iter()
                .map(|r| ("the reset".to_owned(), Field::bit(&r.port, 0))),
        );
        for s in &self.inputs {
            let owner = format!("input stream `{}`", s.name);
            driven.extend(
                std::iter::once(&s.valid)
                    .chain(&s.payload)
                    .map(|f| (owner.clone(), f.clone())),
            );
        }
        for s in &self.outputs {
            driven.extend(
                s.ready
                    .iter()
                    .map(|f| (format!("output stream `{}`", s.name), f.clone())),
            );
        }
        driven
    }

    /// Every field that the harness only reads, with its owner's description.
    pub(crate) fn read(&self) -> Vec<(String, Field)> {
        let mut read = Vec::new();
        for s in &self.inputs {
            read.extend(
                s.ready
                    .iter()
                    .map(|f| (format!("input stream `{}`", s.name), f.clone())),
            );
        }
        for s in &self.outputs {
            let owner = format!("output stream `{}`", s.name);
            read.extend(
                std::iter::once(&s.valid)
                    .chain(&s.payload)
                    .map(|f| (owner.clone(), f.clone())),
            );
        }
        read.extend(
            self.probes
                .iter()
                .map(|p| (format!("probe `{}`", p.name), p.field.clone())),
        );
        read
    }

    fn check_drivers(&self) -> Result<(), Error> {
        let mut driven = self.driven();
        driven.sort_by(|a, b| (&a.1.port, a.1.lsb).cmp(&(&b.1.port, b.1.lsb)));
        for pair in driven.windows(2) {
            let ((owner_a, a), (owner_b, b)) = (&pair[0], &pair[1]);
            if a.port == b.port && u64::from(a.lsb) + u64::from(a.width) > u64::from(b.lsb) {
                let message = format!(
                    "{owner_a} drives {} and {owner_b} drives {}: the ranges overlap",
                    a.describe(),
                    b.describe()
                );
                return Err(Error::Design {
                    design: self.name.clone(),
                    message,
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn design() -> Design {
        let stream = |name: &str, lsb| StreamSpec {
            name: name.into(),
            valid: Field::bit("v", lsb),
            ready: None,
            payload: vec![Field::new("d", lsb * 40, 40), Field::new("e", lsb * 32, 32)],
        };
        Design {
            name: "d".into(),
            top: "t".into(),
            sources: vec!["t.v".into()],
            clock: "clk".into(),
            inputs: vec![stream("a", 0), stream("b", 1)],
            ..Design::default()
        }
    }

    #[test]
    fn item_words_start_each_field_at_a_fresh_word() {
        let mut d = design();
        assert_eq!(d.inputs[0].item_words(), 3);
        d.validate().unwrap();
        d.inputs[0].payload.clear();
        assert_eq!(d.inputs[0].item_words(), 1);
        d.validate().unwrap();
    }

    #[test]
    fn refuses_bad_designs_and_names_the_fault() {
        let message = |change: fn(&mut Design)| {
            let mut d = design();
            change(&mut d);
            d.validate().unwrap_err().to_string()
        };
        assert_eq!(
            message(|d| d.clock.clear()),
            "design `d`: `clock` is empty; expected a name from the Verilog"
        );
        assert_eq!(
            message(|d| d.sources.clear()),
            "design `d`: no source files; expected at least one Verilog file"
        );
        assert_eq!(
            message(|d| d.inputs[1].name = "a".into()),
            "design `d`: two streams are called `a`; give each stream its own name"
        );
        assert_eq!(
            message(|d| d.inputs[0].valid.width = 2),
            "design `d`: input stream `a`: v[1:0] is 2 bits wide; valid and ready must be one bit"
        );
        assert_eq!(
            message(|d| d.inputs[0].payload[0].width = 0),
            "design `d`: input stream `a`: field on port `d` has width 0; expected at least 1"
        );
        assert_eq!(
            message(|d| d.inputs[0].payload[0].width = 41),
            "design `d`: input stream `a` drives d[40:0] and input stream `b` drives d[79:40]: the ranges overlap"
        );
    }
}
