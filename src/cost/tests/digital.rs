//! Energies of the digital parts, computed by hand.

use super::*;

/// The digital parts of a bag's first command, with one activation of 4 rows.
#[test]
fn digital_parts_by_hand() {
    let r = measured_array(Converter::Flash, AdcSwitch::Dynamic);
    let p = energy(&r, &technology(""), &activations(&r, &[4])).parts_pj;
    // 8 elements; psum 8 + 6 bits, accumulator 8 + 12 bits; tag 8, slot 5, group 7 bits; 64 rows; 4
    // lanes.
    assert_eq!((r.psum_bits, r.acc_bits, r.slot_bits), (14, 20, 5));
    near(p.population_count, 0.42, 1e-9);
    near(p.shift_add, 0.064 * 21.0 * 14.0 / 16.0, 1e-9);
    // 8 elements of 14 bits in the bank; 8 of 20 bits are written in the lane.
    near(p.accumulate, 0.112 * (2.0 * 6.6 + 9.0) + 0.160 * 9.0, 1e-9);
    near(p.merge_tree, 0.160 * (3.0 * 6.6 + 7.0 * 9.0), 1e-9);
    // The table word has 3 bits of count and four replicas of 2 + 5 bits.
    // The dispatcher holds tag, two flags, table word and mask. The queue writes and reads tag,
    // slot, flag and mask. Preparation and sensing hold tag, slot and flag twice, and three masks.
    // Conversion holds tag and flag; the bank's result and the merge hold tag, flag and vector.
    let [held, queue, sensed] = [105.0, 2.0 * 78.0, 2.0 * 14.0 + 3.0 * 64.0];
    let bits = held + queue + sensed + 9.0 + 2.0 * 121.0;
    near(p.buffers, 1e-3 * (bits * 9.0 + 31.0 * 80.0), 1e-9);
    // The lane's input has tag, group, two flags and mask.
    near(p.wires, 0.054 * (81.0 + 78.0 + 121.0 + 160.0), 1e-9);
    assert_eq!(p.leakage, 0.0);
}

/// A command of one row: its number has 6 bits, a cell 1 bit, the result 8 bits per element.
#[test]
fn digital_parts_of_one_row_by_hand() {
    let r = measured_array(Converter::Flash, AdcSwitch::Dynamic);
    let t = technology("");
    let p = energy(&r, &t, &activations(&r, &[1])).parts_pj;
    assert_eq!(p.population_count, 0.0);
    near(p.shift_add, 0.064 * 21.0 / 16.0, 1e-9);
    // 64 bits are stored in the bank, 160 are written in the lane.
    near(p.accumulate, 0.064 * 9.0 + 0.160 * 9.0, 1e-9);
    let [held, queue, sensed] = [47.0, 2.0 * 20.0, 2.0 * 14.0 + 2.0 * 6.0];
    let bits = held + queue + sensed + 9.0 + 2.0 * 73.0;
    near(p.buffers, 1e-3 * (bits * 9.0 + 31.0 * 80.0), 1e-9);
    near(p.wires, 0.054 * (23.0 + 20.0 + 73.0 + 160.0), 1e-9);
    // The vector of a second command of the same bag is added to the first one.
    let both = energy(&r, &t, &activations(&r, &[1, 1])).parts_pj;
    let second = 0.064 * 9.0 + 0.160 * (9.0 + 6.6 + 9.0);
    near(both.accumulate, p.accumulate + second, 1e-9);
    near(both.wires, p.wires + 0.054 * (23.0 + 20.0 + 73.0), 1e-9);
    near(both.merge_tree, p.merge_tree, 1e-12);
}

/// Elements of four 2-bit slices, converted by two converters in two phases each: 16 elements, sums
/// of 14 and 20 bits.
#[test]
fn elements_of_several_phases_by_hand() {
    let mut config = Config::default();
    (config.crossbar.cell_bits, config.crossbar.adcs) = (2, 2);
    let r = config.resolve("test").unwrap();
    assert_eq!((r.phases, r.phases_per_dim, r.dims_per_block), (32, 2, 16));
    assert_eq!((r.column_blocks, r.psum_bits, r.acc_bits), (1, 14, 20));
    let t = technology("");
    let [one, four] = [1, 4].map(|n| energy(&r, &t, &activations(&r, &[n])).parts_pj);
    // 64 codes: 2 bits each for one row; added in 14 bits for several.
    near(one.shift_add, 0.064 * 21.0 * 2.0 / 16.0, 1e-9);
    near(four.shift_add, 0.064 * 21.0 * 14.0 / 16.0, 1e-9);
    // One row: each bit of a value is stored once. Several: two phases add to each sum.
    near(one.accumulate, 0.128 * 9.0 + 0.320 * 9.0, 1e-9);
    let twice = 2.0 * 0.224 * (2.0 * 6.6 + 9.0);
    near(four.accumulate, twice + 0.320 * 9.0, 1e-9);
}

/// If every activation has one row, no rows are counted, even for a mask of three.
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
    // All three are added at full width.
    near(p.shift_add, 3.0 * 0.064 * 21.0 * 14.0 / 16.0, 1e-9);
    let bank = 3.0 * 0.112 * (2.0 * 6.6 + 9.0);
    near(p.accumulate, bank + 0.160 * 9.0, 1e-9);
}
