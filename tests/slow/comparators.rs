//! Checks that the comparators that the macros' pins enable are those that the energy model counts.

use crate::cosim::{geometries, random, reduced, translate};
use crate::icarus::{compile_with, simulate};
use recross::config::{AdcSwitch, Config};
use recross::cosim::Simulator;
use recross::hardware::Params;
use recross::mapping::contents::Contents;
use recross::rtl::Package;

/// Verilog of a second top module that adds up the comparators enabled in each conversion of each
/// macro, and reports enables outside conversions and enables that change within one.
fn watcher(p: &Params, limits: &[u32]) -> String {
    let converters = p.blocks * p.adcs;
    let mut look = String::new();
    for lane in 0..p.lanes {
        for bank in 0..p.banks {
            let at = format!(
                "recross_tb.u_top.u_core.u_engine.gen_lane[{lane}].u_lane.u_banks.gen_bank[{bank}].u_bank.u_analog"
            );
            let n = lane * p.banks + bank;
            look += &format!(
                "    if ({at}.start_i || {at}.open_i) begin\n      \
                 if (!{at}.start_i && {at}.cmp_en !== before[{n}]) wrong = wrong + 1;\n      \
                 before[{n}] = {at}.cmp_en;\n    \
                 end else if ({at}.cmp_en !== 0) wrong = wrong + 1;\n    \
                 if ({at}.u_macro.done_o) begin\n"
            );
            let mut below = 0;
            for (level, limit) in limits.iter().enumerate() {
                let number = (limit - below) * converters;
                below = *limit;
                look += &format!(
                    "      if ({at}.u_macro.cmp_en_i[{level}]) total = total + {number};\n"
                );
            }
            look += "    end\n";
        }
    }
    format!(
        "module watcher;\n  integer total;\n  integer wrong;\n  reg [{}:0] before[0:{}];\n  \
         initial begin\n    total = 0;\n    wrong = 0;\n  end\n  \
         always @(posedge recross_tb.clk) if (recross_tb.rst_n) begin\n{look}    \
         $display(\"ENABLED %0d WRONG %0d\", total, wrong);\n  end\nendmodule\n",
        limits.len() - 1,
        p.lanes * p.banks - 1,
    )
}

/// Enabled comparators, wrong enables, and the comparators that the commands imply, of a run in a
/// package with an edit. `None` if the macro's model ends the run, because the pins break its rules.
fn enabled(
    config: &Config,
    seed: u64,
    edit: Option<(&str, &str, &str)>,
) -> Option<(u64, u64, u64)> {
    let r = config.clone().resolve("test").unwrap();
    let folder = tempfile::tempdir().unwrap();
    Package::emit(&r).unwrap().write(folder.path()).unwrap();
    if let Some((file, from, to)) = edit {
        let path = folder.path().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{file}: `{from}`");
        std::fs::write(path, text.replace(from, to)).unwrap();
    }
    let limits: Vec<u32> = r.adc_levels.iter().map(|l| l.limit).collect();
    let text = watcher(&Params::new(&r), &limits);
    std::fs::write(folder.path().join("watcher.v"), text).unwrap();
    compile_with(folder.path(), &["-s", "watcher", "watcher.v"]);
    let case = random::case(&r, seed);
    let contents = Contents::new(&case.mapping, &case.table, &r).unwrap();
    let translated = translate(&case.mapping, &case.bags, &r);
    Simulator::write_stimulus(folder.path(), &contents, &translated, &r).unwrap();
    let said = simulate(folder.path(), folder.path());
    if !said.contains(&format!("{} bags", case.bags.len())) {
        assert!(said.contains("change in a conversion"), "{said}");
        return None;
    }
    let last = said
        .lines()
        .rfind(|line| line.starts_with("ENABLED"))
        .unwrap();
    let numbers: Vec<u64> = last
        .split(' ')
        .filter_map(|word| word.parse().ok())
        .collect();
    let counted = reduced(&translated, &case, &r);
    Some((numbers[0], numbers[1], counted.counters.comparators))
}

fn geometries() -> [Config; 4] {
    let mut graded = geometries::tiny();
    graded.adc.switch = AdcSwitch::Graded;
    let mut off = geometries::tiny();
    off.adc.switch = AdcSwitch::Off;
    [geometries::tiny(), graded, off, geometries::split()]
}

#[test]
fn the_pins_enable_what_the_energy_model_counts() {
    let mut all = 0;
    for config in geometries() {
        for seed in 0..4 {
            let (pins, wrong, counted) = enabled(&config, seed, None).unwrap();
            assert_eq!((pins, wrong), (counted, 0), "seed {seed} of {config:?}");
            all += counted;
        }
    }
    println!("{all} comparators");
    assert!(all > 10_000, "{all}");
}

/// Checks that the count can differ.
#[test]
fn wrong_enables_are_seen() {
    let flash = "recross_adc_flash.v";
    let graded = &geometries()[1];
    for (file, from, to) in [
        (
            flash,
            "~({Levels{1'b1}} << level_i)",
            "~({Levels{1'b1}} << (level_i + 1'b1))",
        ),
        (flash, "active_i ? ~(", "1'b1 ? ~("),
        (
            "recross_analog.v",
            ".active_i(start_i || open_i)",
            ".active_i(open_i)",
        ),
        (
            "recross_bank.v",
            ".level_i(sense_level_q)",
            ".level_i(level)",
        ),
    ] {
        if let Some((pins, wrong, counted)) = enabled(graded, 1, Some((file, from, to))) {
            assert!(pins != counted || wrong > 0, "{from}");
        }
    }
}
