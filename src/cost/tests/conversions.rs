//! Energies of activations and conversions: measured totals, and values computed by hand.

use super::*;

/// NeuroSim's energies of whole activations at 64x64, 22 nm and 6 bits, within 1 %.
#[test]
fn whole_activations_match_the_measured_array() {
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

/// NeuroSim's 2-bit run has a smaller converter. With 2-bit cells, a read enables its three
/// thresholds.
#[test]
fn a_read_of_a_resized_converter_matches_the_two_bit_run() {
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

/// Energy of a 6-bit conversion over that of a 2-bit read at one active row, by array size.
#[test]
fn gains_match_those_of_larger_arrays() {
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

/// One read and one MAC of 64 rows with each converter model, fixed and dynamic.
#[test]
fn conversions_by_mode_and_model() {
    let t = technology("");
    let fixed = measured_array(Converter::Flash, AdcSwitch::Off);
    let dynamic = measured_array(Converter::Flash, AdcSwitch::Dynamic);
    let of = |r: &Resolved| energy_by_model(r, &t, &activations(r, &[1, 64]));
    let (f, d) = (of(&fixed), of(&dynamic));
    // 64 conversions each. With 1-bit cells, a read enables one threshold and resolves one bit.
    let row = 128.0 / 185.0;
    near(f[0].parts_pj.adc_mac, 0.064 * 185.0 * (row + 1.0), 1e-9);
    assert_eq!(f[0].parts_pj.adc_read, 0.0);
    near(d[0].parts_pj.adc_read, 0.064 * 185.0 * row / 63.0, 1e-9);
    near(d[0].parts_pj.adc_mac, 0.064 * 185.0, 1e-9);
    let row = 55.5 / 204.0;
    near(f[1].parts_pj.adc_mac, 0.064 * 204.0 * (row + 1.0), 1e-9);
    near(d[1].parts_pj.adc_read, 0.064 * 53.0 * row, 1e-9);
    near(d[1].parts_pj.adc_mac, 0.064 * 204.0, 1e-9);
    // The fit gives 1.07 pJ at 6 bits; a read costs the 4-bit floor of 0.92 pJ.
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
    // All other parts are the same.
    let rest = |e: &Energy| e.total_pj - adc(e);
    near(rest(&f[0]), rest(&d[2]), 1e-12);
}

/// Graded flash is linear in the thresholds: activations of 1, 2, 3, 5 rows enable 1, 2, 4, 8 of
/// 63.
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

/// A SAR converter resolves one bit per cycle, so the busy cycles give the bits.
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
    // Interpolated between 53 fJ at 1 bit and 204 fJ at 6 bits: a mean of 15/4 bits and 74/4 rows.
    let bits = 53.0 + (3.75 - 1.0) * 151.0 / 5.0;
    let rows = (71.6 + (18.5 - 8.0) * (204.0 - 71.6) / 56.0) / 204.0;
    near(e.parts_pj.adc_mac, 0.256 * bits * rows, 1e-9);
    near(e.parts_pj.adc_read, 0.064 * 53.0 * 55.5 / 204.0, 1e-9);
    assert!(e.provenance.notes.iter().any(|n| n.contains("upper bound")));
}

/// Three rows in one activation, compared with three single-row reads (`read_split_max = 3`).
#[test]
fn splitting_replaces_one_mac_by_reads() {
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
    // The drivers' 804 fJ occur two more times; their part per active row is the same.
    near(
        a.parts_pj.drivers - b.parts_pj.drivers,
        2.0 * (0.632 + 0.042 * 4.096),
        1e-9,
    );
    near(a.parts_pj.array, b.parts_pj.array, 1e-12);
    assert_eq!((a.lookups, b.lookups), (3, 3));
}
