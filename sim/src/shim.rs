//! Generates the part of the C++ shim that depends on the design.

use std::fmt::Write;

use crate::design::{Design, Field, StreamSpec};
use crate::options::{Optimisation, TraceFormat};
use crate::ports::Ports;

/// Included before every file that is compiled.
pub(crate) const PRELUDE: &str = include_str!("../shim/prelude.hpp");
/// Access to bit ranges of ports.
pub(crate) const FIELDS: &str = include_str!("../shim/fields.hpp");
/// `$readmemh`.
pub(crate) const READMEM: &str = include_str!("../shim/readmem.hpp");
/// The clock loop and the C interface.
pub(crate) const HARNESS: &str = include_str!("../shim/harness.hpp");
/// A plain program around both.
pub(crate) const MAIN: &str = include_str!("../shim/main.cpp");
/// This file: what it generates depends on it.
pub(crate) const SOURCE: &str = include_str!("shim.rs");
/// The C++ prefix of a verilated model.
pub(crate) const PREFIX: &str = "Vm";

/// Whether a generated source has only what runs once: set-up, initial blocks, the first settling.
fn runs_once(file: &str) -> bool {
    file.ends_with("__Slow.cpp") || file.ends_with("__Syms.cpp")
}

/// The generated sources that run once, to be compiled apart, and the others. The first are a large part of the code, and
/// compile several times faster without optimisation. Where nothing is optimised, all are compiled together, because
/// a translation unit of their own would read Verilator's headers again.
pub(crate) fn split(
    generated: Vec<String>,
    optimisation: Optimisation,
) -> (Vec<String>, Vec<String>) {
    generated
        .into_iter()
        .partition(|f| optimisation != Optimisation::None && runs_once(f))
}

/// The C++ file of the generated sources that run once.
pub(crate) fn generate_once(generated: &[String]) -> String {
    let mut text = String::from("#include \"readmem.hpp\"\n");
    for file in generated {
        line(&mut text, format_args!("#include \"{file}\""));
    }
    text
}

/// The main C++ file of a model: generated sources, `struct D`, the clock loop, and `MAIN` if it is to be a program.
pub(crate) fn generate(
    design: &Design,
    ports: &Ports,
    generated: &[String],
    trace: TraceFormat,
    main: bool,
) -> String {
    let mut text = String::from("// What of the verilated model runs often, and its shim.\n");
    text.push_str("#include \"readmem.hpp\"\n");
    for file in generated {
        line(&mut text, format_args!("#include \"{file}\""));
    }
    line(&mut text, format_args!("#include \"{PREFIX}.h\""));
    match trace {
        TraceFormat::Off => {}
        TraceFormat::Fst => {
            text.push_str("#include \"verilated_fst_c.h\"\n#define VM_TRACER VerilatedFstC\n")
        }
        TraceFormat::Vcd => {
            text.push_str("#include \"verilated_vcd_c.h\"\n#define VM_TRACER VerilatedVcdC\n")
        }
    }
    text.push_str("#include \"fields.hpp\"\n");
    line(
        &mut text,
        format_args!("struct D {{\n    using Top = {PREFIX};"),
    );
    let code = trace.code();
    line(
        &mut text,
        format_args!("    static constexpr uint64_t TRACE = {code};"),
    );
    for (index, stream) in design.inputs.iter().enumerate() {
        input(&mut text, ports, index, stream);
    }
    for (index, stream) in design.outputs.iter().enumerate() {
        output(&mut text, ports, index, stream);
    }
    for (name, constant, struct_name, count) in [
        ("inputs", "INPUTS", "In", design.inputs.len()),
        ("outputs", "OUTPUTS", "Out", design.outputs.len()),
    ] {
        line(
            &mut text,
            format_args!("    static constexpr std::size_t {constant} = {count};"),
        );
        line(
            &mut text,
            format_args!(
                "    template <class F> static VM_INLINE void {name}(F&& f) {{\n        (void)f;"
            ),
        );
        for index in 0..count {
            line(
                &mut text,
                format_args!("        f({struct_name}{index}{{}});"),
            );
        }
        text.push_str("    }\n");
    }
    let clock = set_bit(ports, &Field::bit(&design.clock, 0));
    line(
        &mut text,
        format_args!("    static VM_INLINE void clock(Top& t, bool v) {{ {clock} }}"),
    );
    let reset = design.reset.as_ref().map_or_else(
        || "(void)t, (void)asserted;".to_owned(),
        |r| {
            format!(
                "const bool v = asserted != {}; {}",
                r.active_low,
                set_bit(ports, &Field::bit(&r.port, 0))
            )
        },
    );
    let tied: String = design
        .tied_low
        .iter()
        .map(|field| {
            let words = field.words();
            let set = access(ports, "set", field, "zeros");
            format!("{{ const uint32_t zeros[{words}] = {{}}; {set} }} ")
        })
        .collect();
    line(
        &mut text,
        format_args!("    static void reset(Top& t, bool asserted) {{ {reset} {tied}}}"),
    );
    probes(&mut text, design, ports);
    text.push_str("};\n#include \"harness.hpp\"\n");
    if main {
        text.push_str("#include \"main.cpp\"\n");
    }
    text
}

/// Appends one line; writing to a `String` cannot fail.
fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    let _ = writeln!(text, "{arguments}");
}

fn access(ports: &Ports, verb: &str, field: &Field, words: &str) -> String {
    format!(
        "vm::{verb}<{}, {}>(t.{}, {words});",
        field.lsb,
        field.width,
        ports.cpp_name(&field.port)
    )
}

fn set_bit(ports: &Ports, field: &Field) -> String {
    format!(
        "vm::set_bit<{}>(t.{}, v);",
        field.lsb,
        ports.cpp_name(&field.port)
    )
}

fn get_bit(ports: &Ports, field: &Field) -> String {
    format!(
        "vm::get_bit<{}>(t.{})",
        field.lsb,
        ports.cpp_name(&field.port)
    )
}

fn payload(ports: &Ports, verb: &str, stream: &StreamSpec) -> String {
    let mut text = String::new();
    let mut word = 0;
    for field in &stream.payload {
        text.push_str(&access(ports, verb, field, &format!("w + {word}")));
        text.push(' ');
        word += field.words();
    }
    text
}

fn stream_head(text: &mut String, kind: &str, index: usize, stream: &StreamSpec) {
    line(text, format_args!("    struct {kind}{index} {{"));
    line(
        text,
        format_args!(
            "        static constexpr std::size_t INDEX = {index}, WORDS = {};",
            stream.item_words()
        ),
    );
}

fn input(text: &mut String, ports: &Ports, index: usize, stream: &StreamSpec) {
    stream_head(text, "In", index, stream);
    let load = payload(ports, "set", stream);
    line(
        text,
        format_args!("        static VM_INLINE void load(Top& t, const uint32_t* w) {{ {load}}}"),
    );
    let valid = set_bit(ports, &stream.valid);
    line(
        text,
        format_args!("        static VM_INLINE void valid(Top& t, bool v) {{ {valid} }}"),
    );
    let ready = stream
        .ready
        .as_ref()
        .map_or_else(|| "((void)t, true)".to_owned(), |f| get_bit(ports, f));
    line(
        text,
        format_args!(
            "        static VM_INLINE bool ready(const Top& t) {{ return {ready}; }}\n    }};"
        ),
    );
}

fn output(text: &mut String, ports: &Ports, index: usize, stream: &StreamSpec) {
    stream_head(text, "Out", index, stream);
    let store = payload(ports, "get", stream);
    line(
        text,
        format_args!(
            "        static VM_INLINE void store(const Top& t, uint32_t* w) {{ (void)t, (void)w; {store}}}"
        ),
    );
    let valid = get_bit(ports, &stream.valid);
    line(
        text,
        format_args!("        static VM_INLINE bool valid(const Top& t) {{ return {valid}; }}"),
    );
    // A stream without a ready bit moves whenever it is valid. The host refuses to stall it.
    let ready = stream
        .ready
        .as_ref()
        .map_or_else(|| "(void)t, (void)v;".to_owned(), |f| set_bit(ports, f));
    line(
        text,
        format_args!("        static VM_INLINE void ready(Top& t, bool v) {{ {ready} }}\n    }};"),
    );
}

fn probes(text: &mut String, design: &Design, ports: &Ports) {
    // The last entry keeps the array from being empty.
    let words: String = design
        .probes
        .iter()
        .map(|p| format!("{}, ", p.field.words()))
        .collect();
    line(
        text,
        format_args!(
            "    static constexpr std::size_t PROBES = {};\n    static constexpr uint64_t PROBE_WORDS[] = {{{words}0}};",
            design.probes.len()
        ),
    );
    text.push_str("    static bool probe(const Top& t, uint64_t index, uint32_t* w, uint64_t n) {\n        (void)t, (void)w, (void)n;\n");
    text.push_str("        switch (index) {\n");
    for (index, probe) in design.probes.iter().enumerate() {
        let get = access(ports, "get", &probe.field, "w");
        line(
            text,
            format_args!(
                "        case {index}: if (n != PROBE_WORDS[{index}]) return false; {get} return true;"
            ),
        );
    }
    text.push_str("        default: return false;\n        }\n    }\n");
}
