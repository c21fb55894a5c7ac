//! The control slave's registers as Verilog, and as tables of the README and of the C header.

use crate::hardware::{
    Access, COUNTERS_BANK, COUNTERS_ENGINE, COUNTERS_LANE, CounterMap, Field, PARAMETERS,
    PARAMETERS_AT, Params, REGISTERS, Register,
};

/// A name of a register or a field in Verilog: the register's alone, or with the field's.
fn name(register: &Register, field: &Field) -> String {
    match field.name {
        "value" => register.name.to_owned(),
        field => format!("{}_{field}", register.name),
    }
}

/// An address, ready to print.
fn address(offset: u32) -> String {
    format!("12'h{offset:03x}")
}

/// A range of a port or of a bus.
fn range(field: &Field) -> String {
    match field.bits {
        1 => format!("[{}]", field.low),
        bits => format!("[{}:{}]", field.low + bits - 1, field.low),
    }
}

fn constant(bits: u32, value: u32) -> String {
    match bits {
        1 => format!("1'b{value}"),
        _ => format!("{bits}'h{value:x}"),
    }
}

/// A register that can be written.
#[derive(Debug)]
pub(super) struct Write {
    pub name: &'static str,
    pub address: String,
    pub guarded: bool,
}

/// A register of the Verilog module.
#[derive(Debug)]
pub(super) struct Store {
    pub name: String,
    pub reset: String,
    pub step: String,
}

/// A word that can be read.
#[derive(Debug)]
pub(super) struct Read {
    pub name: String,
    pub address: String,
    pub value: String,
}

/// What the template of the Verilog module prints.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub ports: Vec<String>,
    pub writes: Vec<Write>,
    pub assigns: Vec<String>,
    pub stores: Vec<Store>,
    pub reads: Vec<Read>,
}

impl Lines {
    pub fn new(params: &Params) -> Self {
        let mut lines = Lines::default();
        REGISTERS.iter().for_each(|r| lines.add(r, params));
        for (number, parameter) in (0u32..).zip(PARAMETERS) {
            lines.reads.push(Read {
                name: parameter.name.to_owned(),
                address: address(PARAMETERS_AT + 4 * number),
                value: constant(32, (parameter.value)(params)),
            });
        }
        lines
    }

    fn port(&mut self, output: bool, bits: u32, name: String) {
        let range = match bits {
            1 => String::new(),
            bits => format!("[{}:0]", bits - 1),
        };
        let direction = if output { "output" } else { "input " };
        self.ports
            .push(format!("{direction} wire {range:<6} {name}"));
    }

    fn add(&mut self, r: &Register, params: &Params) {
        if r.is_written() {
            self.writes.push(Write {
                name: r.name,
                address: address(r.offset),
                guarded: r.guarded,
            });
        }
        if r.guarded {
            self.port(false, 1, format!("{}_refuse_i", r.name));
            self.port(true, 1, format!("{}_refused_o", r.name));
            self.assigns.push(format!(
                "assign {}_refused_o = refused && wr_addr_i == {};",
                r.name,
                address(r.offset)
            ));
        }
        let taken =
            |f: &Field| matches!(f.access, Access::Live | Access::Take | Access::ClearByOne);
        if r.fields.iter().any(taken) {
            self.port(true, 1, format!("{}_en_o", r.name));
            self.assigns
                .push(format!("assign {0}_en_o = {0}_write;", r.name));
        }
        let mut parts = Vec::new();
        let mut next = 0;
        for f in r.fields {
            if f.low > next {
                parts.push(constant(f.low - next, 0));
            }
            parts.push(self.field(r, f, params));
            next = f.low + f.bits;
        }
        if next < 32 {
            parts.push(constant(32 - next, 0));
        }
        parts.reverse();
        let value = match parts.as_slice() {
            [one] => one.clone(),
            parts => format!("{{{}}}", parts.join(", ")),
        };
        self.reads.push(Read {
            name: r.name.to_owned(),
            address: address(r.offset),
            value,
        });
    }

    /// Adds a field; gives the expression of what it reads.
    fn field(&mut self, r: &Register, f: &Field, params: &Params) -> String {
        let name = name(r, f);
        let width = match f.bits {
            1 => String::new(),
            bits => format!("[{}:0] ", bits - 1),
        };
        let bits = match f.bits {
            32 => String::new(),
            _ => range(f),
        };
        let written = format!("wr_data_i{bits}");
        match f.access {
            Access::Read | Access::Live => {
                self.port(false, f.bits, format!("{name}_i"));
                format!("{name}_i")
            }
            Access::Constant(value) => constant(f.bits, value(params)),
            Access::Shared(value) => {
                self.port(true, f.bits, format!("{name}_o"));
                let value = constant(f.bits, value(params));
                self.assigns.push(format!("assign {name}_o = {value};"));
                format!("{name}_o")
            }
            Access::Write(_) | Access::Scratch => {
                let reset = match f.access {
                    Access::Write(value) => value,
                    _ => 0,
                };
                self.assigns.push(format!("reg {width}{name}_q;"));
                if !matches!(f.access, Access::Scratch) {
                    self.port(true, f.bits, format!("{name}_o"));
                    self.assigns.push(format!("assign {name}_o = {name}_q;"));
                }
                self.stores.push(Store {
                    reset: constant(f.bits, reset),
                    step: format!("if ({}_write) {name}_q <= {written};", r.name),
                    name: name.clone(),
                });
                format!("{name}_q")
            }
            Access::ClearByOne => {
                self.port(false, f.bits, format!("{name}_set_i"));
                self.port(true, f.bits, format!("{name}_o"));
                self.assigns.push(format!("reg {width}{name}_q;"));
                self.assigns.push(format!("assign {name}_o = {name}_q;"));
                let (write, none) = (format!("{}_write", r.name), constant(f.bits, 0));
                self.stores.push(Store {
                    reset: none.clone(),
                    step: format!(
                        "{name}_q <= {name}_set_i | ({name}_q & ~({write} ? {written} : {none}));"
                    ),
                    name: name.clone(),
                });
                format!("{name}_q")
            }
            Access::Take => constant(f.bits, 0),
            Access::Pulse => {
                self.port(true, f.bits, format!("{name}_o"));
                self.assigns
                    .push(format!("assign {name}_o = {}_write && {written};", r.name));
                constant(f.bits, 0)
            }
        }
    }
}

/// A row of the README's table: a register, or a field of one.
#[derive(Debug)]
pub(super) struct Row {
    pub offset: String,
    pub name: String,
    pub bits: String,
    pub access: &'static str,
    pub reset: String,
    pub about: String,
}

impl Row {
    pub fn all(params: &Params) -> Vec<Row> {
        let mut rows = Vec::new();
        for r in REGISTERS {
            let single = r.fields.len() == 1 && r.fields[0].name == "value";
            for f in r.fields {
                let reset = match f.access {
                    Access::Constant(_) | Access::Shared(_) | Access::Write(_) => {
                        format!("{:#x}", (r.reset(params) & f.mask()) >> f.low)
                    }
                    Access::Scratch | Access::ClearByOne => "0x0".to_owned(),
                    _ => String::new(),
                };
                rows.push(Row {
                    offset: format!("{:#05x}", r.offset),
                    name: match single {
                        true => format!("`{}`", r.name),
                        false => format!("`{}.{}`", r.name, f.name),
                    },
                    bits: match f.bits {
                        1 => f.low.to_string(),
                        bits => format!("{}:{}", f.low + bits - 1, f.low),
                    },
                    access: f.access.short(),
                    reset,
                    about: match (f.about, r.fields.len()) {
                        ("", 1) => r.about.to_owned(),
                        ("", _) => format!("{}: {}", r.about, f.name),
                        (about, _) if single => format!("{}; {about}", r.about),
                        (about, _) => about.to_owned(),
                    },
                });
            }
        }
        rows
    }
}

/// A `#define` of the C header.
#[derive(Debug)]
pub(super) struct Define {
    pub name: String,
    pub value: String,
    pub about: String,
}

impl Define {
    fn new(name: String, value: String, about: &str) -> Self {
        Define {
            name: format!("RECROSS_{}", name.to_uppercase()),
            value,
            about: match about {
                "" => String::new(),
                about => format!(" /* {about} */"),
            },
        }
    }

    /// Addresses of registers, and masks and shifts of their fields.
    pub fn registers(params: &Params) -> Vec<Define> {
        let mut defines = Vec::new();
        for r in REGISTERS {
            let offset = format!("0x{:03x}u", r.offset);
            let access = r.fields.first().map_or("", |f| f.access.short());
            let about = format!("{access}: {}", r.about);
            defines.push(Define::new(format!("reg_{}", r.name), offset, &about));
            for f in r.fields.iter().filter(|f| f.name != "value") {
                let name = format!("{}_{}", r.name, f.name);
                let mask = format!("0x{:08x}u", f.mask());
                defines.push(Define::new(name.clone(), mask, f.about));
                if f.bits > 1 {
                    let shift = format!("{}u", f.low);
                    defines.push(Define::new(format!("{name}_shift"), shift, ""));
                }
            }
            let constant = |f: &Field| matches!(f.access, Access::Constant(_) | Access::Shared(_));
            if r.fields.iter().all(constant) {
                let value = format!("0x{:08x}u", r.reset(params));
                defines.push(Define::new(format!("{}_value", r.name), value, ""));
            }
        }
        defines
    }

    /// The parameters: values and addresses.
    pub fn parameters(params: &Params) -> Vec<Define> {
        let mut defines = Vec::new();
        for (number, p) in PARAMETERS.iter().enumerate() {
            let name = screaming(p.name);
            let value = (p.value)(params);
            let at = PARAMETERS_AT as usize + 4 * number;
            defines.push(Define::new(name.clone(), format!("{value}u"), p.about));
            defines.push(Define::new(
                format!("reg_param_{name}"),
                format!("0x{at:03x}u"),
                "",
            ));
        }
        defines
    }

    /// Numbers of the event counters of each kind, and their addresses.
    pub fn counters(params: &Params) -> Vec<Define> {
        let map = CounterMap::new(params);
        let mut defines = Vec::new();
        for (kind, counters, arguments, address) in [
            ("engine", COUNTERS_ENGINE, "(index)", map.engine(0)),
            ("lane", COUNTERS_LANE, "(lane, index)", map.lane(0, 0)),
            (
                "bank",
                COUNTERS_BANK,
                "(lane, bank, index)",
                map.bank(0, 0, 0),
            ),
        ] {
            let mut value = format!("(0x{address:x}u");
            for (name, low) in [("lane", map.lane_low), ("bank", map.bank_low), ("index", 3)] {
                if arguments.contains(name) {
                    value += &format!(" | (uint32_t)({name}) << {low}");
                }
            }
            let macro_name = format!("reg_{kind}_counter");
            let mut define = Define::new(macro_name, value + ")", "");
            define.name += arguments;
            defines.push(define);
            for (index, (name, about)) in counters.iter().enumerate() {
                let name = format!("{kind}_counter_{name}");
                defines.push(Define::new(name, format!("{index}u"), about));
            }
        }
        defines
    }
}

/// `MAX_BAG` for `MaxBag`.
fn screaming(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_uppercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_rise_and_fields_do_not_overlap() {
        let mut last = None;
        for r in REGISTERS {
            assert!(last < Some(r.offset) && r.offset % 4 == 0 && r.offset < PARAMETERS_AT);
            last = Some(r.offset);
            let mut used = 0;
            for f in r.fields {
                assert!(f.bits >= 1 && f.low + f.bits <= 32, "{}.{}", r.name, f.name);
                assert_eq!(used & f.mask(), 0, "{}.{}", r.name, f.name);
                used |= f.mask();
            }
        }
        let end = PARAMETERS_AT as usize + 4 * PARAMETERS.len();
        assert!(end <= 1 << crate::hardware::REGISTER_BITS);
    }

    #[test]
    fn names_of_parameters_for_c() {
        assert_eq!(screaming("MaxBag"), "MAX_BAG");
        assert_eq!(screaming("Ids"), "IDS");
    }
}
