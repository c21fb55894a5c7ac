//! Energies worked out by hand, and the measured totals of a 64x64 activation.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::config::{Adc as AdcConfig, AdcBits, AdcSwitch, Config, Converter, Crossbar, Resolved};
use crate::error::Error;
use crate::hardware::{BankCounters, Counters, EngineCounters, LaneCounters};

/// 64x64 cells of 1 bit, 8 converters of 6 bit, vectors of 8 elements: one array a bank.
fn measured_array(kind: Converter, switch: AdcSwitch) -> Resolved {
    let mut config = Config::default();
    config.embedding.dim = 8;
    config.crossbar = Crossbar {
        rows: 64,
        cols: 64,
        cell_bits: 1,
        adcs: 8,
    };
    config.adc = AdcConfig {
        kind,
        switch,
        bits: AdcBits::Bits(6),
        ..AdcConfig::default()
    };
    let r = config.resolve("test").unwrap();
    assert_eq!((r.phases, r.column_blocks), (8, 1));
    r
}

/// Counters of one bank that did the given activations (rows of each), a command each, all of one bag;
/// as the RTL counts them.
fn activations(r: &Resolved, rows: &[u32]) -> Counters {
    let mut b = BankCounters {
        commands: rows.len() as u64,
        row_commands: rows.iter().filter(|&&n| n == 1).count() as u64,
        ..BankCounters::default()
    };
    for &n in rows {
        let level = r.adc_levels[r.adc_level(n)];
        b.activations += 1;
        b.active_rows += u64::from(n);
        b.single_row += u64::from(n == 1);
        let phases = u64::from(r.phases);
        match level.read_mode {
            true => b.read_phases += phases,
            false => b.mac_phases += phases,
        }
        b.thresholds += phases * u64::from(level.limit);
        b.busy += u64::from(r.activation_cycles(n)) + 3;
        b.merge_stall += 3;
    }
    Counters {
        engine: EngineCounters {
            cycles: 1000,
            retired: 1,
            // As if all of four lanes had a part: two levels.
            tree_words: 7,
            tree_adds: 3,
            ..EngineCounters::default()
        },
        lanes: vec![LaneCounters {
            commands: b.commands,
            adds: b.commands - 1,
            ..LaneCounters::default()
        }],
        banks: vec![b],
    }
}

fn technology(text: &str) -> Technology {
    Technology::from_toml(text, "test").unwrap()
}

/// What the measured totals hold: wordlines, drivers, converters.
fn analog(e: &Energy) -> f64 {
    e.parts_pj.array + e.parts_pj.drivers + adc(e)
}

fn adc(e: &Energy) -> f64 {
    e.parts_pj.adc_read + e.parts_pj.adc_mac
}

#[track_caller]
fn near(found: f64, wanted: f64, within: f64) {
    let off = if wanted == 0.0 {
        found.abs()
    } else {
        (found / wanted - 1.0).abs()
    };
    assert!(off <= within, "{found} is not {wanted} within {within}");
}

/// NeuroSim's whole-activation energies, 64x64, 22 nm, 6 bit: within 1 %.
#[test]
fn whole_activations_of_the_measured_array() {
    let t = technology("");
    let flash = [
        (1, 9.07),
        (2, 9.68),
        (4, 10.46),
        (8, 11.45),
        (16, 12.66),
        (32, 14.42),
        (64, 17.21),
    ];
    let r = measured_array(Converter::Flash, AdcSwitch::Off);
    for (rows, pj) in flash {
        near(analog(&energy(&r, &t, &activations(&r, &[rows]))), pj, 0.01);
    }
    let r = measured_array(Converter::Sar, AdcSwitch::Off);
    for (rows, pj) in [(1, 4.43), (8, 5.96), (64, 18.45)] {
        near(analog(&energy(&r, &t, &activations(&r, &[rows]))), pj, 0.01);
    }
}

/// The 2-bit run is a smaller converter: with 2-bit cells a read enables its three thresholds.
#[test]
fn a_read_of_a_resized_converter_is_the_two_bit_run() {
    let mut config = measured_array(Converter::Flash, AdcSwitch::Dynamic).config;
    config.crossbar.cell_bits = 2;
    config.adc.bits = AdcBits::Bits(6);
    let r = config.resolve("test").unwrap();
    let counters = activations(&r, &[1]);
    let resized = energy(
        &r,
        &technology("[adc.flash]\nswitching = \"resized\"\n"),
        &counters,
    );
    // 64 conversions of 5.5 fJ * 128/185; measured 0.256 pJ and 1.13 pJ.
    near(adc(&resized), 0.064 * 5.5 * 128.0 / 185.0, 1e-9);
    near(adc(&resized), 0.256, 0.05);
    near(analog(&resized), 1.13, 0.011);
    // Gated: 3 of 63 thresholds.
    let gated = energy(&r, &technology(""), &counters);
    near(adc(&gated), 0.064 * 128.0 * 3.0 / 63.0, 1e-9);
    near(analog(&gated), 1.266, 0.001);
}

/// The gains of a 2-bit read over a 6-bit conversion at one active row, by array size.
#[test]
fn gains_of_larger_arrays_come_out() {
    let t = technology("[adc.flash]\nswitching = \"resized\"\n");
    for (size, gain) in [(64, 8.0), (128, 7.1), (256, 6.0)] {
        let of = |switch| {
            let mut config = measured_array(Converter::Flash, switch).config;
            config.crossbar = Crossbar {
                rows: size,
                cols: size,
                cell_bits: 2,
                adcs: size / 8,
            };
            config.embedding.dim = size / 4;
            let r = config.resolve("test").unwrap();
            assert_eq!(r.column_blocks, 1);
            analog(&energy(&r, &t, &activations(&r, &[1])))
        };
        near(of(AdcSwitch::Off) / of(AdcSwitch::Dynamic), gain, 0.03);
    }
}

/// One read and one MAC of 64 rows, each converter model, fixed and dynamic.
#[test]
fn conversions_by_mode_and_model() {
    let t = technology("");
    let fixed = measured_array(Converter::Flash, AdcSwitch::Off);
    let dynamic = measured_array(Converter::Flash, AdcSwitch::Dynamic);
    let of = |r: &Resolved| energy_by_model(r, &t, &activations(r, &[1, 64]));
    let (f, d) = (of(&fixed), of(&dynamic));
    // 64 conversions each. A 1-bit cell's read enables one threshold, resolves one bit.
    let row = 128.0 / 185.0;
    near(f[0].parts_pj.adc_mac, 0.064 * 185.0 * (row + 1.0), 1e-9);
    assert_eq!(f[0].parts_pj.adc_read, 0.0);
    near(d[0].parts_pj.adc_read, 0.064 * 185.0 * row / 63.0, 1e-9);
    near(d[0].parts_pj.adc_mac, 0.064 * 185.0, 1e-9);
    let row = 55.5 / 204.0;
    near(f[1].parts_pj.adc_mac, 0.064 * 204.0 * (row + 1.0), 1e-9);
    near(d[1].parts_pj.adc_read, 0.064 * 53.0 * row, 1e-9);
    near(d[1].parts_pj.adc_mac, 0.064 * 204.0, 1e-9);
    // The fit: 1.07 pJ at 6 bit; a read pays the 4-bit floor of 0.92 pJ.
    near(f[2].parts_pj.adc_mac, 128.0 * 1.07, 0.01);
    near(d[2].parts_pj.adc_read, 64.0 * 0.92, 0.01);
    near(d[2].parts_pj.adc_mac, 64.0 * 1.07, 0.01);
    let floor = |e: &Energy| {
        e.provenance
            .notes
            .iter()
            .any(|n| n.contains("under 4 bits"))
    };
    assert_eq!(
        [floor(&f[2]), floor(&d[2]), floor(&d[0])],
        [false, true, false]
    );
    // Everything but the converters is the same.
    let rest = |e: &Energy| e.total_pj - adc(e);
    near(rest(&f[0]), rest(&d[2]), 1e-12);
}

/// Graded, thresholds linear: activations of 1, 2, 3, 5 rows enable 1, 2, 4, 8 of 63.
#[test]
fn graded_flash_is_priced_by_its_thresholds() {
    let r = measured_array(Converter::Flash, AdcSwitch::Graded);
    let c = activations(&r, &[1, 2, 3, 5]);
    assert_eq!(c.banks[0].thresholds, 8 * (1 + 2 + 4 + 8));
    let e = energy(&r, &technology(""), &c);
    // 3 x 64 conversions at a mean of 14/3 thresholds and 10/3 rows: 146 - (2/3) * 10/2 fJ.
    let rows = (136.0 + (10.0 / 3.0 - 2.0) * 5.0) / 185.0;
    near(
        e.parts_pj.adc_mac,
        0.192 * 185.0 * rows * (14.0 / 3.0) / 63.0,
        1e-9,
    );
    near(e.parts_pj.adc_read, 0.064 * 128.0 / 63.0, 1e-9);
}

/// SAR: the bits that were resolved are the cycles that the sensing stage was busy.
#[test]
fn graded_sar_is_priced_by_its_cycles() {
    let r = measured_array(Converter::Sar, AdcSwitch::Graded);
    // Limits 1, 2, 4, 8 and 63: 1, 2, 3, 4 and 6 bits.
    let c = activations(&r, &[1, 2, 3, 5, 64]);
    assert_eq!(
        c.banks[0].busy - c.banks[0].merge_stall,
        5 + 8 * (1 + 2 + 3 + 4 + 6)
    );
    let e = energy(&r, &technology(""), &c);
    // On the line from 53 fJ at 1 bit to 204 fJ at 6 bit: a mean of 15/4 bits and 74/4 rows.
    let bits = 53.0 + (3.75 - 1.0) * 151.0 / 5.0;
    let rows = (71.6 + (18.5 - 8.0) * (204.0 - 71.6) / 56.0) / 204.0;
    near(e.parts_pj.adc_mac, 0.256 * bits * rows, 1e-9);
    near(e.parts_pj.adc_read, 0.064 * 53.0 * 55.5 / 204.0, 1e-9);
    assert!(e.provenance.notes.iter().any(|n| n.contains("upper bound")));
}

/// Three rows in one activation against three single-row reads, as `read_split_max = 3` does it.
#[test]
fn splitting_at_the_threshold_pays_reads_for_one_conversion() {
    let t = technology("");
    let together = measured_array(Converter::Flash, AdcSwitch::Dynamic);
    let mut config = together.config.clone();
    config.adc.read_split_max = 3;
    let apart = config.resolve("test").unwrap();
    let mut split = activations(&apart, &[1, 1, 1]);
    (split.banks[0].commands, split.banks[0].row_commands) = (1, 0);
    split.lanes[0].adds = 0;
    let (a, b) = (
        energy(&apart, &t, &split),
        energy(&together, &t, &activations(&together, &[3])),
    );
    near(adc(&a), 3.0 * 0.064 * 128.0 / 63.0, 1e-9);
    near(adc(&b), 0.064 * 141.0, 1e-9);
    // 804 fJ twice more; the rows' part is the same.
    near(
        a.parts_pj.drivers - b.parts_pj.drivers,
        2.0 * (0.632 + 0.042 * 4.096),
        1e-9,
    );
    near(a.parts_pj.array, b.parts_pj.array, 1e-12);
    assert_eq!((a.lookups, b.lookups), (3, 3));
}

/// The digital parts of one command with one activation of 4 rows, the first of its bag, part by part.
#[test]
fn digital_parts_by_hand() {
    let r = measured_array(Converter::Flash, AdcSwitch::Dynamic);
    let p = energy(&r, &technology(""), &activations(&r, &[4])).parts_pj;
    // 8 elements; psum 8 + 6, accumulator 8 + 12 bit; tag 8, slot 5, group 7, 64 rows; 4 lanes.
    assert_eq!(
        (
            r.psum_bits,
            r.acc_bits,
            r.tag_bits,
            r.slot_bits,
            r.group_bits
        ),
        (14, 20, 8, 5, 7)
    );
    near(p.population_count, 0.42, 1e-9);
    near(p.shift_add, 0.064 * 21.0 * 14.0 / 16.0, 1e-9);
    // 8 elements of 14 bit in the bank; 8 of 20 bit are written in the lane.
    near(p.accumulate, 0.112 * (2.0 * 6.6 + 9.0) + 0.160 * 9.0, 1e-9);
    near(p.merge_tree, 0.160 * (3.0 * 6.6 + 7.0 * 9.0), 1e-9);
    // Table word: 3 bits of count, four replicas of 2 + 5 bits.
    assert_eq!(r.table_bits, 31);
    // Held: tag, two flags, table word, mask. In the queue, written and read: tag, slot, flag, mask.
    // Prepared and sensed: tag, slot, flag, and three masks. Converted: tag and flag. In the bank and in
    // the merge: tag, flag, vector.
    let [held, queue, sensed] = [105.0, 2.0 * 78.0, 2.0 * 14.0 + 3.0 * 64.0];
    let bits = held + queue + sensed + 9.0 + 2.0 * 121.0;
    near(p.buffers, 1e-3 * (bits * 9.0 + 31.0 * 80.0), 1e-9);
    // Tag, group, two flags and mask come in.
    near(p.wires, 0.054 * (81.0 + 78.0 + 121.0 + 160.0), 1e-9);
    assert_eq!(p.leakage, 0.0);
}

/// One row: its number has 6 bits, its cells 1, its result 8 an element.
#[test]
fn digital_parts_of_one_row_by_hand() {
    let r = measured_array(Converter::Flash, AdcSwitch::Dynamic);
    let t = technology("");
    let p = energy(&r, &t, &activations(&r, &[1])).parts_pj;
    assert_eq!(p.population_count, 0.0);
    near(p.shift_add, 0.064 * 21.0 / 16.0, 1e-9);
    // 64 bits are taken in the bank, 160 written in the lane.
    near(p.accumulate, 0.064 * 9.0 + 0.160 * 9.0, 1e-9);
    let [held, queue, sensed] = [47.0, 2.0 * 20.0, 2.0 * 14.0 + 2.0 * 6.0];
    let bits = held + queue + sensed + 9.0 + 2.0 * 73.0;
    near(p.buffers, 1e-3 * (bits * 9.0 + 31.0 * 80.0), 1e-9);
    near(p.wires, 0.054 * (23.0 + 20.0 + 73.0 + 160.0), 1e-9);
    // A second row of the same bag: its vector is added to the first one's.
    let both = energy(&r, &t, &activations(&r, &[1, 1])).parts_pj;
    let second = 0.064 * 9.0 + 0.160 * (9.0 + 6.6 + 9.0);
    near(both.accumulate, p.accumulate + second, 1e-9);
    near(both.wires, p.wires + 0.054 * (23.0 + 20.0 + 73.0), 1e-9);
    near(both.merge_tree, p.merge_tree, 1e-12);
}

/// An element of four 2-bit slices in two phases of two converters: 16 elements, 14 and 20 bit.
#[test]
fn elements_of_several_phases_by_hand() {
    let mut config = Config::default();
    (config.crossbar.cell_bits, config.crossbar.adcs) = (2, 2);
    let r = config.resolve("test").unwrap();
    assert_eq!((r.phases, r.phases_per_dim, r.dims_per_block), (32, 2, 16));
    assert_eq!((r.column_blocks, r.psum_bits, r.acc_bits), (1, 14, 20));
    let t = technology("");
    let [one, four] = [1, 4].map(|n| energy(&r, &t, &activations(&r, &[n])).parts_pj);
    // 64 codes of 2 bit, or each added up in 14 bit.
    near(one.shift_add, 0.064 * 21.0 * 2.0 / 16.0, 1e-9);
    near(four.shift_add, 0.064 * 21.0 * 14.0 / 16.0, 1e-9);
    // Each bit of a value is taken in once; two phases add to each sum.
    near(one.accumulate, 0.128 * 9.0 + 0.320 * 9.0, 1e-9);
    let twice = 2.0 * 0.224 * (2.0 * 6.6 + 9.0);
    near(four.accumulate, twice + 0.320 * 9.0, 1e-9);
}

/// With one row at a time there is nothing to count, even of a mask of three.
#[test]
fn single_row_reads_of_a_mask_count_nothing() {
    let mut config = measured_array(Converter::Flash, AdcSwitch::Dynamic).config;
    config.adc.max_active_rows = 1;
    let r = config.resolve("test").unwrap();
    let mut split = activations(&r, &[1, 1, 1]);
    (split.banks[0].commands, split.banks[0].row_commands) = (1, 0);
    split.lanes[0].adds = 0;
    let p = energy(&r, &technology(""), &split).parts_pj;
    assert_eq!(p.population_count, 0.0);
    // All three are added up, as wide as any sum.
    near(p.shift_add, 3.0 * 0.064 * 21.0 * 14.0 / 16.0, 1e-9);
    let bank = 3.0 * 0.112 * (2.0 * 6.6 + 9.0);
    near(p.accumulate, bank + 0.160 * 9.0, 1e-9);
}

#[test]
fn leakage_is_an_option() {
    let r = measured_array(Converter::Flash, AdcSwitch::Dynamic);
    let c = activations(&r, &[4]);
    let e = energy(&r, &technology("[array]\nleakage = 3\n"), &c);
    // 512 crossbars of 4096 cells, 1000 cycles of 2 ns.
    near(e.parts_pj.leakage, 512.0 * 4096.0 * 3.0 * 2e-6, 1e-9);
    assert!(e.provenance.user.contains("array.leakage"));
}

/// Energies of parts of a run add up, whatever the blocks; nothing costs nothing.
#[test]
fn energy_is_linear_in_equal_activations() {
    let r = Config::default().resolve("test").unwrap();
    let t = technology("");
    let one = energy(&r, &t, &activations(&r, &[5]));
    let mut ten = activations(&r, &[5; 10]);
    let engine = &mut ten.engine;
    (engine.retired, engine.tree_words, engine.tree_adds) = (10, 70, 30);
    ten.lanes[0].adds = 0;
    near(energy(&r, &t, &ten).total_pj, 10.0 * one.total_pj, 1e-9);
    let none = energy(&r, &t, &Counters::default());
    assert_eq!(
        (none.total_pj, none.per_lookup_pj, none.per_bag_pj),
        (0.0, None, None)
    );
    near(
        one.total_pj,
        one.parts_pj.named().iter().map(|p| p.1).sum(),
        1e-12,
    );
    assert!(one.provenance.inferred.contains("digital.population_count"));
    assert!(!one.provenance.inferred.contains("adc.sar.bit_area"));
    serde_json::to_string(&one).unwrap();
}

fn refused(text: &str) -> String {
    match Technology::from_toml(text, "mine.toml") {
        Err(e @ (Error::Config { .. } | Error::ConfigText { .. })) => e.to_string(),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn a_users_file_overrides_any_part() {
    let t = technology(
        "[adc]\nmodel = \"murmann\"\n[adc.flash]\nungated = 0.25\n\
         energy = { at = [1, 8], value = [2, 2000], source = \"my chip\", mark = \"published\" }\n\
         [array.wordline]\nvalue = 30\nunit = \"fJ\"\n[cpu]\nmemory = \"lpddr4\"\n",
    );
    assert_eq!(t.adc.model, AdcModel::Always(Converter::Murmann));
    assert_eq!(
        (t.adc.flash.ungated.value, t.adc.flash.ungated.mark),
        (0.25, Mark::User)
    );
    assert_eq!(t.adc.flash.energy.value(4.5), 1001.0);
    let curve = &t.adc.flash.energy;
    assert_eq!(
        (curve.source.as_str(), curve.mark),
        ("my chip", Mark::Published)
    );
    assert_eq!(
        (t.array.wordline.value, t.array.wordline.source.as_str()),
        (30.0, "test")
    );
    assert_eq!(t.cpu.memory, MemoryKind::Lpddr4);
    assert_eq!(t.array.cell_area, technology("").array.cell_area);
    // The file that init prints is a valid file, and changes nothing but where numbers are from.
    let all = technology(DEFAULT_TECHNOLOGY);
    assert_eq!(all, technology(""));
}

#[test]
fn wrong_files_are_refused_with_key_and_reason() {
    for (text, parts) in [
        (
            "[array]\nwordlines = 1\n",
            [
                "mine.toml:2: array.wordlines",
                "did you mean array.wordline?",
            ],
        ),
        ("[arrays]\n", ["arrays", "did you mean array?"]),
        ("array = 3\n", ["array is 3", "a section, [array]"]),
        (
            "[array]\nwordline = -1\n",
            ["array.wordline.value", "not negative"],
        ),
        (
            "[array]\nwordline = nan\n",
            ["array.wordline.value", "finite"],
        ),
        (
            "[array]\nwordline = inf\n",
            ["array.wordline.value", "finite"],
        ),
        (
            "[array]\nwordline = \"27\"\n",
            ["array.wordline", "a number"],
        ),
        (
            "[array.wordline]\nvalue = [1]\n",
            ["array.wordline.value", "a number"],
        ),
        (
            "[array.wordline]\nunit = \"pJ\"\n",
            ["array.wordline.unit", "`fJ`"],
        ),
        (
            "[array.wordline]\nunit = 1\n",
            ["array.wordline.unit", "text in quotes"],
        ),
        (
            "[array.wordline]\nunits = \"fJ\"\n",
            ["array.wordline.units", "did you mean array.wordline.unit?"],
        ),
        (
            "[array.wordline]\nmark = \"sure\"\n",
            [
                "array.wordline.mark is `sure`",
                "use `published`, `computed`",
            ],
        ),
        (
            "[adc]\nmodel = \"pipeline\"\n",
            [
                "adc.model is `pipeline`",
                "use `as_configured`, `flash`, `sar` or `murmann`",
            ],
        ),
        (
            "[adc]\nmodel = 1\n",
            ["adc.model is 1", "use `as_configured`"],
        ),
        (
            "[cpu]\nmemory = \"tape\"\n",
            ["cpu.memory is `tape`", "use `lpddr4`, `ddr3`"],
        ),
        ("[cpu]\nbandwidth = 0\n", ["cpu.bandwidth", "more than 0"]),
        ("[gpu]\nefficiency = 1.5\n", ["gpu.efficiency", "at most 1"]),
        (
            "[adc.flash]\nenergy = 3\n",
            ["adc.flash.energy", "`at` and `value`"],
        ),
        (
            "[adc.flash.energy]\nvalue = [1, 2]\n",
            ["adc.flash.energy", "as many values"],
        ),
        (
            "[adc.sar.rows]\nat = [8, 1, 64]\n",
            ["adc.sar.rows.at", "ascending"],
        ),
        (
            "[adc.sar.rows]\nat = []\nvalue = []\n",
            ["adc.sar.rows.at", "a list"],
        ),
        (
            "[adc.sar.rows]\nvalue = [3, 2, 1]\n",
            ["adc.sar.rows", "positive, ascending"],
        ),
        (
            "[adc.sar.rows]\nvalue = [1, nan, 3]\n",
            ["adc.sar.rows.value", "finite"],
        ),
        ("[array\n", ["mine.toml:1", "TOML"]),
    ] {
        let message = refused(text);
        for part in parts {
            assert!(message.contains(part), "{text:?}: {message}");
        }
    }
}

#[test]
fn every_number_of_the_built_in_file_says_where_it_is_from() {
    let table: toml::Table = DEFAULT_TECHNOLOGY.parse().unwrap();
    fn walk(path: &str, value: &toml::Value, seen: &mut usize) {
        let toml::Value::Table(t) = value else { return };
        if !t.contains_key("value") {
            return t
                .iter()
                .for_each(|(k, v)| walk(&format!("{path}.{k}"), v, seen));
        }
        *seen += 1;
        for key in ["unit", "source", "mark"] {
            let text = t.get(key).and_then(toml::Value::as_str);
            assert!(text.is_some_and(|s| !s.is_empty()), "{path}.{key}");
        }
        assert!(t["node"].is_str(), "{path}.node");
    }
    let mut seen = 0;
    table.iter().for_each(|(k, v)| walk(k, v, &mut seen));
    assert!(seen > 50, "{seen}");
}
