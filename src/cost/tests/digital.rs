//! Energies of the digital parts, computed by hand.

use super::*;
use crate::hardware::Params;

/// Fields of the array's way in: four lanes in one hop, four ports, one id a beat.
fn fields(r: &Resolved) {
    let p = Params::new(r);
    // Of a beat: lane, bank, slot, row, and the bag's place in the window.
    assert_eq!((p.lane_bits, p.bank_bits, p.slot_bits), (2, 2, 5));
    assert_eq!((p.row_number_bits, p.place_bits, p.hops), (6, 5, 1));
    // In the lane: port, place of the sum, outstanding commands. A tree of two levels.
    assert_eq!((p.port_bits, p.pool_bits, p.pending_bits), (2, 4, 7));
    assert_eq!((p.levels, p.user_tag_bits, p.ids), (2, 16, 1));
    assert_eq!((p.psum_bits, p.acc_bits), (14, 20));
    assert_eq!((p.dim, p.beats, p.result_bits), (8, 4, 64));
}

/// Bits that a port's registers take for a beat of one id ...
const BEAT: f64 = 2.0 * 53.0 + 23.0;
/// ... and for a bag's vector: tag and flags five times, four times the vector.
const WAY_OUT: f64 = 5.0 * 18.0 + 4.0 * 160.0;

/// The digital parts of a bag's first command, with one activation of 4 rows.
#[test]
fn digital_parts_by_hand() {
    let r = measured_array(Converter::Flash, AdcSwitch::Dynamic);
    fields(&r);
    let e = energy(&r, &technology(""), &activations(&r, &[4]));
    let p = e.parts_pj;
    near(p.population_count, 0.42, 1e-9);
    near(p.shift_add, 0.064 * 21.0 * 14.0 / 16.0, 1e-9);
    // 8 elements of 14 bits in the bank; nothing is added in the lane.
    near(p.accumulate, 0.112 * (2.0 * 6.6 + 9.0), 1e-9);
    near(p.merge_tree, 0.160 * (3.0 * 6.6 + 7.0 * 9.0), 1e-9);
    // The input's queue has 36 bits of an id, the end and the tag: twice. The hop has end, place, and
    // enable, lane and place of the id, and whether it is its crossbar's last. The lane chooses an id
    // with port, place, body and that flag.
    let way_in = 4.0 * (BEAT + 2.0 + 4.0 + 14.0);
    // Each id writes a mask. Port, place and group are written; place, group and mask leave.
    let gathered = 4.0 * 64.0 + 13.0 + 11.0 + 64.0;
    // The queue writes and reads place, slot, flag and mask. Preparation and sensing hold place, slot
    // and flag twice, and three masks. Conversion holds place and flag; the bank's result and the
    // merge hold place, flag and vector.
    let [queue, sensed] = [2.0 * 74.0, 2.0 * 10.0 + 3.0 * 64.0];
    let bits = way_in + gathered + queue + sensed + 5.0 + 2.0 * 117.0 + WAY_OUT;
    // The outstanding commands go up and down; the vector is written and read.
    let counted = 2.0 * 7.0 * (6.6 + 9.0);
    near(
        p.buffers,
        1e-3 * (bits * 9.0 + counted + 2.0 * 160.0 * 27.0),
        1e-9,
    );
    // 32 bits of an id come in, 23 pass the lanes. Beats of 64 bits, tag and flags go out.
    let wires = 4.0 * (32.0 + 23.0) + 74.0 + 117.0 + 4.0 * (64.0 + 18.0);
    near(p.wires, 0.054 * wires, 1e-9);
    assert_eq!(p.leakage, 0.0);
    assert!(e.provenance.inferred.contains("digital.memory"));
    let estimated = |e: &Energy| e.provenance.notes.iter().any(|n| n.contains("beat"));
    assert!(!estimated(&e));
}

/// A command of one row: its number has 6 bits, a cell 1 bit, the result 8 bits per element.
#[test]
fn digital_parts_of_one_row_by_hand() {
    let r = measured_array(Converter::Flash, AdcSwitch::Dynamic);
    let t = technology("");
    let p = energy(&r, &t, &activations(&r, &[1])).parts_pj;
    assert_eq!(p.population_count, 0.0);
    near(p.shift_add, 0.064 * 21.0 / 16.0, 1e-9);
    near(p.accumulate, 0.064 * 9.0, 1e-9);
    let gathered = 64.0 + 13.0 + 11.0 + 6.0;
    let [queue, sensed] = [2.0 * 16.0, 2.0 * 10.0 + 2.0 * 6.0];
    let command = BEAT + 20.0 + gathered + queue + sensed + 5.0 + 2.0 * 69.0;
    let counted = 2.0 * 7.0 * (6.6 + 9.0);
    let bits = command + WAY_OUT;
    near(
        p.buffers,
        1e-3 * (bits * 9.0 + counted + 2.0 * 160.0 * 27.0),
        1e-9,
    );
    let wires = 32.0 + 23.0 + 16.0 + 69.0;
    near(p.wires, 0.054 * (wires + 4.0 * 82.0), 1e-9);
    // The vector of a second command of the same bag is added to the first one, which is read for
    // that.
    let both = energy(&r, &t, &activations(&r, &[1, 1])).parts_pj;
    near(
        both.accumulate,
        p.accumulate + 0.064 * 9.0 + 0.160 * 6.6,
        1e-9,
    );
    let second = command * 9.0 + counted + 2.0 * 160.0 * 27.0;
    near(both.buffers, p.buffers + 1e-3 * second, 1e-9);
    near(both.wires, p.wires + 0.054 * wires, 1e-9);
    near(both.merge_tree, p.merge_tree, 1e-12);
}

/// With two ids a beat, a bag of three ids is taken to need 1.75 beats, which pass two hops.
#[test]
fn beats_of_several_ids_by_hand() {
    let mut config = measured_array(Converter::Flash, AdcSwitch::Dynamic).config;
    let one_hop = config.clone().resolve("test").unwrap();
    (config.frontend.ids_per_beat, config.frontend.hop_lanes) = (2, 2);
    let r = config.resolve("test").unwrap();
    assert_eq!(Params::new(&r).hops, 2);
    let t = technology("");
    let [one, two] = [&one_hop, &r].map(|r| energy(r, &t, &activations(r, &[3])));
    let note = "half of the places are taken to be empty";
    assert!(two.provenance.notes.iter().any(|n| n.contains(note)));
    assert!(!one.provenance.notes.iter().any(|n| n.contains(note)));
    // 89 bits in the input's queue; end, place, and twice an id's 16 bits and two flags in a hop.
    let more = 1.75 * (2.0 * 89.0 + 2.0 * 42.0) - 3.0 * BEAT;
    near(
        two.parts_pj.buffers,
        one.parts_pj.buffers + 1e-3 * more * 9.0,
        1e-9,
    );
    let more = 1.75 * (64.0 + 42.0) - 3.0 * (32.0 + 23.0);
    near(two.parts_pj.wires, one.parts_pj.wires + 0.054 * more, 1e-9);
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
    near(one.accumulate, 0.128 * 9.0, 1e-9);
    let twice = 2.0 * 0.224 * (2.0 * 6.6 + 9.0);
    near(four.accumulate, twice, 1e-9);
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
    near(p.accumulate, bank, 1e-9);
}
