//! The digital part's gates, counted by Yosys in the emitted design.
//!
//! Yosys maps each module to gates once, however many instances it has. The memories of queues, and
//! those that a compiled macro can replace, are counted in bits. All other memories are mapped to
//! registers. The analog macro is a black box. The logic of the converters is counted apart from the
//! bank that holds it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::gates::{GateCount, GateSource, Gates};
use crate::config::{Converter, EventCounters, Resolved};
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::rtl::{DEFAULT_PREFIX, Package, TOP};

/// Time limit for Yosys.
const LIMIT: Duration = Duration::from_secs(300);

const HELP: &str = "run without the count; the estimate is used instead";

/// What a bank does not contain.
const AROUND_BANKS: &[&str] = &[
    TOP,
    "*recross_control",
    "*recross_control_counters",
    "*recross_axil",
    "*recross_engine",
    "*recross_port",
    "*recross_intake",
    "*recross_chain",
    "*recross_hop",
    "*recross_retire",
    "*recross_result",
    "*recross_reset",
    "*recross_programming",
    "*recross_readout",
    "*recross_pick",
    "*recross_places",
    "*recross_gather",
    "*recross_prefetch",
    "*recross_merge",
    "*recross_accumulator",
    "*recross_ram_1r1w",
];

/// Modules whose memories are counted in bits.
const MEMORIES: [&str; 2] = ["recross_fifo", "recross_ram_1r1w"];

/// A lane's modules from the choice of ids to commands, and those that know what is outstanding and
/// hold vectors until they retire.
const LANE_FRONT: [&str; 4] = [
    "recross_pick",
    "recross_gather",
    "recross_places",
    "recross_prefetch",
];

/// Gates of one bank, and of what a lane has for the counters of its banks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BankCount {
    /// The bank without the logic of its converters.
    pub bank: Gates,
    /// The logic of its converters.
    pub converters: Gates,
    /// Counters that the lane has instead of its banks, divided by the number of banks.
    pub totals: Gates,
}

/// Counts the gates of a configuration's design; `None` without a `yosys` on the search path.
///
/// # Errors
/// [`Error::ToolFailed`] if Yosys rejects the design, prints unexpected statistics or takes longer
/// than five minutes; [`Error::Io`] for temporary files; what `progress` returns.
pub fn count_gates(resolved: &Resolved, progress: &dyn Progress) -> Result<Option<GateCount>> {
    let Some(modules) = modules(resolved, "", progress)? else {
        return Ok(None);
    };
    summed(&modules, resolved).map(Some)
}

/// Counts the gates of one bank, which takes seconds however large the design is; `None` without a
/// `yosys` on the search path.
///
/// # Errors
/// As [`count_gates`], and those of the same configuration without counters.
pub fn count_bank(resolved: &Resolved, progress: &dyn Progress) -> Result<Option<BankCount>> {
    let banks_only = format!("delete {}; ", AROUND_BANKS.join(" "));
    let Some(found) = modules(resolved, &banks_only, progress)? else {
        return Ok(None);
    };
    let banks = f64::from(resolved.config.engine.banks_per_lane);
    let mut totals = Gates::default();
    if resolved.config.engine.counters == EventCounters::Totals {
        let with = |counters| {
            let other = resolved.with("other counters", |c| c.engine.counters = counters)?;
            modules(&other, &banks_only, progress)
        };
        let (Some(none), Some(full)) = (with(EventCounters::None)?, with(EventCounters::Full)?)
        else {
            return Ok(None);
        };
        let around = |modules: &BTreeMap<String, Module>| -> Result<Gates> {
            Ok(total(modules, "recross_lane")? - total(modules, "recross_bank")? * banks)
        };
        // The lane has counters of its own as well.
        let own = parts(&full, "recross_lane_counters", "recross_counters");
        totals = (around(&found)? - around(&none)? - own) * (1.0 / banks);
    }
    let converters = converters(&found, resolved)?;
    Ok(Some(BankCount {
        bank: total(&found, "recross_bank")? - converters,
        converters,
        totals,
    }))
}

/// Counts the gates of a lane from the choice of ids to commands, with the places of sums and the
/// vectors that wait for their retirement; `None` without a `yosys` on the search path.
///
/// # Errors
/// As [`count_gates`].
pub fn count_lane_front(resolved: &Resolved, progress: &dyn Progress) -> Result<Option<Gates>> {
    let names = LANE_FRONT.map(|m| format!("*{m}")).join(" ");
    let others = format!("select -set front {names}; delete * @front %d; ");
    match modules(resolved, &others, progress)? {
        Some(modules) => lane_front(&modules).map(Some),
        None => Ok(None),
    }
}

/// What Yosys does, and its share of the time in percent.
const STEPS: [(&str, u64); 9] = [
    ("proc", 7),
    ("opt", 15),
    (
        "wreduce; peepopt; opt_clean; alumacc; opt; tee -q -o memories.txt stat",
        8,
    ),
    ("memory -nomap", 2),
    ("select -set kept KEPT; memory_map * @kept %d; opt_clean", 1),
    ("techmap", 12),
    ("opt -fast", 25),
    ("abc -fast -g AND,NAND,OR,NOR,XOR,XNOR,MUX", 26),
    ("opt_clean; tee -q -o gates.txt stat", 4),
];

/// Maps the modules of a design to gates, after a command that deletes some of them; `None` without
/// Yosys.
fn modules(
    resolved: &Resolved,
    delete: &str,
    progress: &dyn Progress,
) -> Result<Option<BTreeMap<String, Module>>> {
    let folder = crate::io::temporary_folder()?;
    let package = Package::emit_as(resolved, DEFAULT_PREFIX)?;
    package.write(folder.path())?;
    let files: Vec<&str> = package.synthesis_sources().map(|(name, _)| name).collect();
    let kept = MEMORIES.map(|m| format!("*{m}")).join(" ");
    let mut script = format!(
        "read_verilog {}; hierarchy -check -top {TOP}; {delete}",
        files.join(" ")
    );
    // After each step, a file tells that it is done.
    for (number, (commands, _)) in STEPS.iter().enumerate() {
        let commands = commands.replace("KEPT", &kept);
        script += &format!("{commands}; tee -q -o step{number} log; ");
    }
    let log = folder.path().join("log.txt");
    let output = std::fs::File::create(&log).map_err(Error::io("create", &log))?;
    let errors = output.try_clone().map_err(Error::io("create", &log))?;
    let child = Command::new("yosys")
        .args(["-q", "-p", &script])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .spawn();
    let mut child = match child {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(|e| failed(e.to_string()))?,
    };
    let status = waited(&mut child, folder.path(), progress);
    if status.is_err() {
        let _ = child.kill();
        let _ = child.wait();
    }
    let status = status?;
    if !status.success() {
        let output_text = std::fs::read_to_string(&log).unwrap_or_default();
        return Err(failed(
            output_text.lines().take(5).collect::<Vec<_>>().join("\n"),
        ));
    }
    let read = |name: &str| {
        let path = folder.path().join(name);
        std::fs::read_to_string(&path).map_err(Error::io("read", &path))
    };
    Ok(Some(joined(&read("memories.txt")?, &read("gates.txt")?)))
}

/// Waits for the end of Yosys, and reports which of its steps are done.
fn waited(child: &mut Child, folder: &Path, progress: &dyn Progress) -> Result<ExitStatus> {
    let start = Instant::now();
    let all = STEPS.iter().map(|s| s.1).sum();
    let (mut number, mut done) = (0, 0);
    loop {
        while number < STEPS.len() && folder.join(format!("step{number}")).exists() {
            done += STEPS[number].1;
            number += 1;
        }
        progress.step("counting gates", done, all)?;
        if let Some(status) = child.try_wait().map_err(|e| failed(e.to_string()))? {
            return Ok(status);
        }
        if start.elapsed() > LIMIT {
            let seconds = LIMIT.as_secs();
            return Err(failed(format!("did not finish within {seconds} s")));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn failed(log: String) -> Error {
    Error::ToolFailed {
        tool: "Yosys".to_owned(),
        log,
        help: HELP.to_owned(),
    }
}

/// One module: its own gates, and the modules that it instantiates with their numbers.
#[derive(Debug, Default)]
struct Module {
    gates: Gates,
    parts: Vec<(String, u64)>,
}

/// The modules of two statistics: memory bits are in the first, gates in the second. In the second,
/// only the modules that keep their memories have some.
fn joined(memories: &str, gates: &str) -> BTreeMap<String, Module> {
    let mut modules = parse(gates);
    for (name, module) in parse(memories) {
        let bits = match MEMORIES.contains(&base(&name)) {
            true => module.gates.memory_bits,
            false => 0.0,
        };
        modules.entry(name).or_default().gates.memory_bits = bits;
    }
    modules
}

/// A module with all that it contains.
fn total(modules: &BTreeMap<String, Module>, name: &str) -> Result<Gates> {
    let found = modules.keys().find(|m| base(m) == name);
    let module =
        found.ok_or_else(|| failed(format!("found no module {name} in its statistics")))?;
    Ok(with_parts(modules, module))
}

/// What a module contains of another one.
fn parts(modules: &BTreeMap<String, Module>, name: &str, part: &str) -> Gates {
    let module = modules.iter().find(|(m, _)| base(m) == name);
    let parts = module.into_iter().flat_map(|(_, m)| &m.parts);
    parts
        .filter(|(m, _)| base(m) == part)
        .fold(Gates::default(), |sum, (m, n)| {
            sum + with_parts(modules, m) * *n as f64
        })
}

/// The modules of [`LANE_FRONT`].
fn lane_front(modules: &BTreeMap<String, Module>) -> Result<Gates> {
    let mut sum = Gates::default();
    for part in LANE_FRONT {
        sum = sum + total(modules, part)?;
    }
    Ok(sum)
}

/// The logic of a bank's converters.
fn converters(modules: &BTreeMap<String, Module>, resolved: &Resolved) -> Result<Gates> {
    let name = match resolved.config.adc.kind {
        Converter::Sar => "recross_adc_sar",
        Converter::Flash | Converter::Murmann => "recross_adc_flash",
    };
    total(modules, name)
}

/// Sums the statistics of all modules to bank, lane and what is around the lanes.
fn summed(modules: &BTreeMap<String, Module>, resolved: &Resolved) -> Result<GateCount> {
    let bank = total(modules, "recross_bank")?;
    let lane = total(modules, "recross_lane")?;
    let all = total(modules, TOP)?;
    let converters = converters(modules, resolved)?;
    let n = &resolved.config.engine;
    Ok(GateCount {
        source: GateSource::Yosys,
        converters,
        bank: bank - converters,
        lane: lane - bank * f64::from(n.banks_per_lane),
        lane_front: lane_front(modules)?,
        engine: all - lane * f64::from(n.lanes),
    })
}

/// Name of a module without parameters: `recross_bank` for `$paramod$0123\recross_bank`.
fn base(module: &str) -> &str {
    module.rsplit('\\').next().unwrap_or(module)
}

fn with_parts(modules: &BTreeMap<String, Module>, name: &str) -> Gates {
    let Some(module) = modules.get(name) else {
        return Gates::default(); // a black box
    };
    let parts = module.parts.iter();
    parts.fold(module.gates, |sum, (part, count)| {
        sum + with_parts(modules, part) * *count as f64
    })
}

/// Reads `stat`: old versions print `name count`, new ones `count name`.
fn parse(text: &str) -> BTreeMap<String, Module> {
    let mut modules = BTreeMap::new();
    let mut name = String::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let ["===", module, "==="] = words.as_slice() {
            name = (*module).to_owned();
            modules.insert(name.clone(), Module::default());
        } else if line.starts_with("===") {
            break; // the sum over the hierarchy
        }
        let Some(module) = modules.get_mut(&name) else {
            continue;
        };
        let number = words.iter().find_map(|w| w.parse::<u64>().ok());
        if let (true, Some(bits)) = (line.contains("memory bits"), number) {
            module.gates.memory_bits += bits as f64;
        }
        let (kind, count) = match (words.as_slice(), number) {
            ([kind, _] | [_, kind], Some(count)) if kind.parse::<u64>().is_err() => (*kind, count),
            _ => continue,
        };
        match kind.strip_prefix('$').filter(|k| !k.starts_with("paramod")) {
            Some(cell) => module.gates.gates += gates_of(cell) * count as f64,
            None if base(kind).starts_with("recross_") => {
                module.parts.push((kind.to_owned(), count));
            }
            None => {}
        }
    }
    modules
}

/// Gates (two-input NANDs) of a cell such as `_XOR_`, by its number of transistors in common
/// libraries.
fn gates_of(cell: &str) -> f64 {
    match cell.trim_start_matches('_') {
        "NOT_" => 0.67,
        "NAND_" | "NOR_" => 1.0,
        "XOR_" | "XNOR_" | "MUX_" => 2.33,
        // An enable adds a multiplexer, a reset two transistors.
        c if c.starts_with("DFFE_PN") || c.starts_with("SDFFE") || c.starts_with("SDFFCE") => 8.33,
        c if c.starts_with("DFFE") => 7.67,
        c if c.starts_with("DFF_PN") || c.starts_with("SDFF") => 6.0,
        c if c.starts_with("DFF") => 5.33,
        // The bits of memories are counted separately.
        c if c.starts_with("mem") => 0.0,
        _ => 1.33,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::config::Config;

    const OLD: &str = "
=== $paramod$1\\recross_bank ===

   Number of wires:                 10
   Number of wire bits:            228
   Number of memories:               1
   Number of memory bits:            0
   Number of cells:                  8
     $_XOR_                          2
     $_DFFE_PN0P_                    1
     $mem_v2                         1
     recross_fifo                    2
     recross_adc_flash               1

=== recross_adc_flash ===

     $_NAND_                        50

=== recross_fifo ===

   Number of memory bits:           50
     $_DFFE_PP_                      1
     $mem_v2                         1

=== recross_pick ===

     $_NAND_                         1

=== recross_gather ===

   Number of memory bits:           40
     $_DFFE_PP_                     40
     $_NAND_                        20

=== recross_places ===

     $_NAND_                       300

=== recross_prefetch ===

     $_NAND_                      4000

=== recross_accumulator ===

     $_NAND_                         3
     $paramod$9\\recross_ram_1r1w     1

=== $paramod$9\\recross_ram_1r1w ===

   Number of memory bits:          640
     $mem_v2                         1

=== $paramod$2\\recross_lane ===

     $paramod$1\\recross_bank         4
     $_NOT_                        100
     recross_pick                    1
     recross_gather                  1
     recross_places                  1
     recross_prefetch                1
     recross_accumulator             1

=== $paramod$3\\recross_engine ===

     $paramod$2\\recross_lane         4
     $_NAND_                         5

=== recross_top ===

     $paramod$3\\recross_engine       1
     $_NAND_                         2

=== design hierarchy ===

     $_XOR_                         99
";

    #[test]
    fn statistics_are_summed_along_the_hierarchy() {
        let resolved = Config::default().resolve("test").unwrap();
        let count = summed(&joined(OLD, OLD), &resolved).unwrap();
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} is not {b}");
        near(count.bank.gates, 2.0 * 2.33 + 8.33 + 2.0 * 7.67);
        near(count.bank.memory_bits, 100.0);
        near(count.converters.gates, 50.0);
        // The store's 40 bits are registers, not a memory.
        let front = 1.0 + 40.0 * 7.67 + 20.0 + 300.0 + 4000.0;
        near(count.lane_front.gates, front);
        near(count.lane_front.memory_bits, 0.0);
        near(count.lane.gates, 67.0 + front + 3.0);
        near(count.lane.memory_bits, 640.0);
        near(count.engine.gates, 7.0);
        // The same statistics in the format of newer versions.
        let new = |line: &str| -> String {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                [name, n] if n.parse::<u64>().is_ok() => format!("   {n}   {name}\n"),
                ["Number", "of", "memory", "bits:", n] => format!("   {n} memory bits\n"),
                ["Number", ..] => String::new(),
                _ => format!("{line}\n"),
            }
        };
        let new: String = OLD.lines().map(new).collect();
        assert_eq!(summed(&joined(&new, &new), &resolved).unwrap(), count);
    }

    #[test]
    fn statistics_without_the_bank_are_rejected() {
        let resolved = Config::default().resolve("test").unwrap();
        let error = summed(&joined("", "=== recross_fifo ===\n"), &resolved).unwrap_err();
        assert!(error.to_string().contains("recross_bank"), "{error}");
    }
}
