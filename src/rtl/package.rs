//! Emission of a package.

use super::leaves::{CONTROL, CROSSBARS, FLASH, LEAVES, Macro, SAR, about};
use super::prefix::{DEFAULT_PREFIX, put, taken};
use super::record::{MANIFEST, RECORD, Record, file_list};
use super::registers::{Define, Lines, Row};
use super::text::{AnalogWidths, Level, Value, Widths};
use super::views::{RecordedMacro, views};
use super::{diagram, registers};
use crate::config::{Converter, Resolved};
use crate::error::{Error, Result};
use crate::hardware::{
    COUNTERS, COUNTERS_BANK, COUNTERS_ENGINE, COUNTERS_LANE, CounterMap, INTERFACE, Params,
};
use crate::technology::Technology;
use askama::Template;

/// Name of the top module under the default prefix.
pub const TOP: &str = "recross_top";

const DRIVER_HEADER: &str = include_str!("../../templates/recross_driver.h");
const DRIVER: &str = include_str!("../../templates/recross_driver.c");
const COCOTB: &str = include_str!("../../templates/recross_cocotb.py");
const MAKE: &str = include_str!("../../templates/recross_package.mk");
const BENCH: &str = include_str!("../../templates/recross_tb.v");

#[derive(Template)]
#[template(path = "recross_core.v")]
struct Core<'a> {
    p: &'a Params,
    w: &'a Widths,
    parameters: &'a [Value],
}

#[derive(Template)]
#[template(path = "recross_top.v")]
struct Top<'a> {
    p: &'a Params,
    w: &'a Widths,
    control: &'a [Value],
    counters: [u32; 3],
    address_bits: u32,
}

#[derive(Template)]
#[template(path = "recross_regs.h")]
struct Header {
    registers: Vec<registers::Define>,
    parameters: Vec<registers::Define>,
    counters: Vec<registers::Define>,
    address_bits: u32,
}

#[derive(Template)]
#[template(path = "recross_adc_levels.v")]
struct Levels<'a> {
    p: &'a Params,
    w: &'a AnalogWidths,
    levels: &'a [Level],
}

#[derive(Template)]
#[template(path = "recross_analog.v")]
struct Analog<'a> {
    p: &'a Params,
    w: &'a AnalogWidths,
    levels: &'a [Level],
    flash: bool,
    macro_name: &'a str,
    write_cycles: u32,
}

#[derive(Template)]
#[template(path = "recross_registers.v")]
struct Registers<'a> {
    ports: &'a [String],
    writes: &'a [registers::Write],
    assigns: &'a [String],
    stores: &'a [registers::Store],
    reads: &'a [registers::Read],
}

#[derive(Template)]
#[template(path = "recross_tb.v")]
struct TestBench<'a> {
    parameters: &'a [Value],
    address_bits: u32,
}

#[derive(Template)]
#[template(path = "recross_cocotb.v")]
struct Ports<'a> {
    p: &'a Params,
    ports: std::ops::Range<u32>,
    address_bits: u32,
}

impl Ports<'_> {
    /// The signals of all ports, the last port's first.
    fn list(&self, stream: &str, signal: &str) -> String {
        let names = self.ports.clone().rev();
        let names: Vec<String> = names.map(|n| format!("{stream}{n}{signal}")).collect();
        names.join(", ")
    }
}

#[derive(Template)]
#[template(path = "recross.sdc")]
struct Constraints {
    period_ns: f64,
}

#[derive(Template)]
#[template(path = "recross.core")]
struct FuseSoc<'a> {
    interface: u32,
    rtl: Vec<&'a str>,
    model: Vec<&'a str>,
    stub: Vec<&'a str>,
}

#[derive(Template)]
#[template(path = "package.md")]
struct Readme<'a> {
    interface: u32,
    physical: &'a RecordedMacro,
    flash: bool,
    macro_name: &'a str,
    timing: String,
    p: &'a Params,
    r: &'a Resolved,
    parameters: &'a [Value],
    files: &'a [(String, String)],
    levels: &'a [Level],
    registers: Vec<Row>,
    map: CounterMap,
    id_bits: u32,
    bank_counters: &'a [(&'a str, &'a str)],
    lane_counters: &'a [(&'a str, &'a str)],
    engine_counters: &'a [(&'a str, &'a str)],
}

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A module of `rtl/`.
    Leaf,
    /// A module that depends on the configuration.
    Module,
    /// A behavioural model, which synthesis leaves out.
    Model,
    /// A black box that takes a model's place in synthesis.
    Stub,
    /// Not Verilog of the design.
    Beside,
    /// As [`Kind::Beside`], and the same in every package.
    Static,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct File {
    name: String,
    text: String,
    about: String,
    kind: Kind,
}

impl File {
    fn new(kind: Kind, name: &str, about: &str, text: String) -> Self {
        File {
            name: name.to_owned(),
            text,
            about: about.to_owned(),
            kind,
        }
    }
}

/// An RTL package in memory: file names with their text, in file-list order first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    files: Vec<File>,
}

impl Package {
    /// Emits the package of a configuration under the prefix that it gives.
    ///
    /// # Errors
    /// [`Error::Config`] for a prefix with which a name of the design begins; as [`Technology::of`];
    /// [`Error::Check`] if a template cannot be filled, which is a defect of recross.
    pub fn emit(resolved: &Resolved) -> Result<Self> {
        Self::emit_as(resolved, &resolved.config.rtl.prefix)
    }

    /// As [`Package::emit`], under another prefix.
    ///
    /// # Errors
    /// As [`Package::emit`].
    pub fn emit_as(resolved: &Resolved, prefix: &str) -> Result<Self> {
        let params = Params::new(resolved);
        let analog_macro = RecordedMacro::new(resolved, &Technology::of(resolved)?);
        let mut files = emit_files(resolved, &params, &analog_macro)?;
        if prefix != DEFAULT_PREFIX {
            for file in &mut files {
                if let Some(word) = taken(&file.text, prefix) {
                    return Err(Error::Config {
                        origin: "in use".to_owned(),
                        key: "rtl.prefix".to_owned(),
                        found: format!("`{prefix}`"),
                        expected: format!(
                            "a prefix that no name of the design begins with; there is `{word}`"
                        ),
                        help: "choose a longer prefix".to_owned(),
                    });
                }
                file.name = put(&file.name, prefix);
                file.text = put(&file.text, prefix);
            }
        }
        let record = Record::new(resolved, &params, analog_macro, prefix);
        let text = serde_json::to_string_pretty(&record).map_err(defect)? + "\n";
        files.push(File::new(Kind::Beside, RECORD, "", text));
        Ok(Package { files })
    }

    /// All files but the manifest: name and text.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.select(|_| true)
    }

    /// The Verilog sources for simulation, in the order of the file list.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        self.select(|kind| matches!(kind, Kind::Leaf | Kind::Module | Kind::Model))
    }

    /// The Verilog sources for synthesis, in the order of their file list: the analog macro is a
    /// black box.
    pub fn synthesis_sources(&self) -> impl Iterator<Item = (&str, &str)> {
        self.select(|kind| matches!(kind, Kind::Leaf | Kind::Module | Kind::Stub))
    }

    /// The files that depend on the configuration: all but the modules of `rtl/`, the driver and the
    /// example of a host, which are the same in every package. Snapshot tests of generated hardware
    /// compare these.
    pub fn generated_files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.select(|kind| matches!(kind, Kind::Module | Kind::Stub | Kind::Beside))
    }

    fn select(&self, wanted: impl Fn(Kind) -> bool) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .filter(move |f| wanted(f.kind))
            .map(|f| (f.name.as_str(), f.text.as_str()))
    }
}

/// Name of the top module of a package with this prefix.
pub fn top(prefix: &str) -> String {
    put(TOP, prefix)
}

/// All files but the record, under the default prefix.
fn emit_files(resolved: &Resolved, p: &Params, physical: &RecordedMacro) -> Result<Vec<File>> {
    let levels = &Level::all(resolved);
    let parameters = &Value::all(p);
    let analog = macro_of(resolved);
    let a = &AnalogWidths::new(p, levels.len());
    let leaf =
        |kind, (name, text): (&str, &str)| File::new(kind, name, &about(text), text.to_owned());
    let model = format!("{}.v", analog.name);
    let mut files = vec![
        leaf(Kind::Model, CROSSBARS),
        leaf(Kind::Model, (&model, analog.model)),
        leaf(
            Kind::Stub,
            (&format!("{}_stub.v", analog.name), &analog.stub()),
        ),
        leaf(Kind::Leaf, analog.logic),
        File::new(
            Kind::Module,
            "recross_analog.v",
            "The analog macro of one bank and the logic of its converters",
            render(&Analog {
                p,
                w: a,
                levels,
                flash: resolved.config.adc.kind == Converter::Flash,
                macro_name: analog.name,
                write_cycles: resolved.write_cycles,
            })?,
        ),
        File::new(
            Kind::Module,
            "recross_adc_levels.v",
            "The mode switch: from the number of active rows to the converters' level",
            render(&Levels { p, w: a, levels })?,
        ),
    ];
    files.extend(LEAVES.iter().map(|&file| leaf(Kind::Leaf, file)));
    let lines = Lines::new(p);
    files.push(File::new(
        Kind::Module,
        "recross_registers.v",
        "The control slave's registers",
        render(&Registers {
            ports: &lines.ports,
            writes: &lines.writes,
            assigns: &lines.assigns,
            stores: &lines.stores,
            reads: &lines.reads,
        })?,
    ));
    files.push(leaf(Kind::Leaf, CONTROL));
    let w = &Widths::new(p);
    files.push(File::new(
        Kind::Module,
        "recross_core.v",
        "The engine with the parameters of this configuration, and its reset",
        render(&Core { p, w, parameters })?,
    ));
    let address_bits = CounterMap::new(p).address_bits();
    files.push(File::new(
        Kind::Module,
        "recross_top.v",
        "The top module: the engine and its control slave",
        render(&Top {
            p,
            w,
            control: &named_in(CONTROL.1, parameters),
            counters: COUNTERS,
            address_bits,
        })?,
    ));
    let list = |left_out: Kind| -> String {
        let listed = files.iter().filter(|f| f.kind != left_out);
        listed.map(|f| format!("{}\n", f.name)).collect()
    };
    let (simulated, synthesised) = (list(Kind::Stub), list(Kind::Model));
    let of = |kinds: &[Kind]| -> Vec<&str> {
        let wanted = files.iter().filter(|f| kinds.contains(&f.kind));
        wanted.map(|f| f.name.as_str()).collect()
    };
    let core = render(&FuseSoc {
        interface: INTERFACE,
        rtl: of(&[Kind::Leaf, Kind::Module]),
        model: of(&[Kind::Model]),
        stub: of(&[Kind::Stub]),
    })?;
    let [lef, liberty] = views(analog.name, resolved, p, physical).map_err(defect)?;
    let mut beside = |name: &str, about: &str, text: String| {
        files.push(File::new(Kind::Beside, name, about, text));
    };
    beside(
        &file_list(DEFAULT_PREFIX),
        "File list for simulation: the modules, each before those that use it",
        simulated,
    );
    beside(
        "recross_synth.f",
        "File list for synthesis: the analog macro is a black box",
        synthesised,
    );
    for (name, about, text) in [
        (
            "recross.core",
            "FuseSoC core: targets `lint`, `lint_synth`, `sim`, `sim_verilator`",
            core,
        ),
        (
            "recross_macro.lef",
            "Mock geometry of the analog macro: size and pins",
            lef,
        ),
        (
            "recross_macro.lib",
            "Mock timing of the analog macro, in Liberty",
            liberty,
        ),
    ] {
        beside(name, about, text);
    }
    beside(
        "recross_tb.v",
        "Test bench",
        render(&TestBench {
            parameters: &named_in(BENCH, parameters),
            address_bits,
        })?,
    );
    beside(
        "recross_cocotb.v",
        "The top module with a signal for each stream of a port, for the example of a host",
        render(&Ports {
            p,
            ports: 0..p.ports,
            address_bits,
        })?,
    );
    let clock_mhz = resolved.config.technology.clock_mhz;
    beside(
        "recross.sdc",
        "Clock and port constraints for synthesis",
        render(&Constraints {
            period_ns: 1000.0 / clock_mhz,
        })?,
    );
    beside(
        "recross_regs.h",
        "Registers, parameters and event counters, for C",
        render(&Header {
            registers: Define::registers(p),
            parameters: Define::parameters(p),
            counters: Define::counters(p),
            address_bits,
        })?,
    );
    for (name, about, text) in [
        (
            "recross_driver.h",
            "Driver in C: its functions",
            DRIVER_HEADER,
        ),
        ("recross_driver.c", "Driver in C", DRIVER),
        (
            "recross_cocotb.py",
            "Example of a host: drives the engine with cocotb and the bus models of cocotbext-axi",
            COCOTB,
        ),
        ("Makefile", "`make cocotb` runs that example", MAKE),
    ] {
        files.push(File::new(Kind::Static, name, about, text.to_owned()));
    }
    let mut listed: Vec<_> = files
        .iter()
        .map(|f| (f.name.clone(), f.about.clone()))
        .collect();
    for (name, about) in [
        (
            RECORD,
            "Parameters, converter levels, prefix and clock, for programs to read",
        ),
        (
            MANIFEST,
            "Checksums of all files, by which recross tells whether one was edited",
        ),
    ] {
        listed.push((name.to_owned(), about.to_owned()));
    }
    let readme = render(&Readme {
        interface: INTERFACE,
        physical,
        flash: resolved.config.adc.kind == Converter::Flash,
        macro_name: analog.name,
        timing: diagram::timing(resolved),
        p,
        r: resolved,
        parameters,
        files: &listed,
        levels,
        registers: Row::all(p),
        map: CounterMap::new(p),
        id_bits: p.lane_bits + p.bank_bits + p.slot_bits + p.row_number_bits,
        bank_counters: COUNTERS_BANK,
        lane_counters: COUNTERS_LANE,
        engine_counters: COUNTERS_ENGINE,
    })?;
    files.push(File::new(Kind::Beside, "README.md", "", readme));
    Ok(files)
}

/// The analog macro of a configuration.
fn macro_of(resolved: &Resolved) -> &'static Macro {
    match resolved.config.adc.kind {
        Converter::Sar => &SAR,
        // No configuration has an energy model as its converter.
        Converter::Flash | Converter::Murmann => &FLASH,
    }
}

/// The parameters whose names a text uses.
fn named_in(text: &str, parameters: &[Value]) -> Vec<Value> {
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let used: std::collections::BTreeSet<_> = words.by_ref().collect();
    let named = parameters.iter().filter(|v| used.contains(v.name));
    named.cloned().collect()
}

fn render(template: &impl Template) -> Result<String> {
    template
        .render()
        .map(|text| text.trim_end().to_owned() + "\n")
        .map_err(defect)
}

pub(super) fn defect(error: impl std::fmt::Display) -> Error {
    Error::Check {
        what: format!("a file of the package could not be written: {error}"),
        help: "this is a defect of recross; please report it".to_owned(),
    }
}
