#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::config::{Adc, AdcBits, AdcSwitch, Config};
use crate::formats::table::IntTable;
use crate::formats::trace::Bags;
use crate::test_support::{
    Case, Clipping, any_case, groups_of, ideal_commands, mapping_of, random_case, tiny_config,
};
use proptest::prelude::*;

fn table(value_bits: u32, dim: u32, data: &[i16]) -> IntTable {
    IntTable::new(dim, value_bits, data.to_vec())
}

fn hardware(case: &Case) -> HardwareResult {
    reduce_hardware(
        &ideal_commands(case),
        case.bags.len(),
        &case.mapping,
        &case.table,
        &case.resolved,
    )
    .unwrap()
}

#[test]
fn exact_sums_by_hand() {
    let t = table(16, 2, &[1, -32768, -3, 32767, 100, 0]);
    let bags =
        Bags::from_lists(3, &[vec![], vec![0, 1, 2], vec![1, 1, 1], vec![0; 70_000]]).unwrap();
    let sums = reduce_exact(&bags, &t).unwrap();
    assert_eq!(sums, [0, 0, 98, -1, -9, 98_301, 70_000, -2_293_760_000]);
}

#[test]
fn exact_refuses_ids_beyond_the_table() {
    let bags = Bags::from_lists(9, &[vec![0], vec![1, 2]]).unwrap();
    let error = reduce_exact(&bags, &table(8, 2, &[1, 2, 3, 4])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "argument bags: found id 2 in bag 1, expected ids below 2, the vectors of the table"
    );
    let error = reduce_exact(&bags, &table(8, 0, &[])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "argument table: found vectors without elements, expected at least 1"
    );
}

/// Two rows, 3-bit values 3 (111 in offset binary) and -1 (011), 2-bit cells: slices 3,1 and 3,0.
fn two_rows(change: impl FnOnce(&mut Config)) -> HardwareResult {
    let mut config = tiny_config(2, 2, 2);
    change(&mut config);
    hardware(&Case {
        resolved: config.resolve("test").unwrap(),
        mapping: mapping_of(2, &[(&[0, 1], &[(0, 0)])]),
        table: table(3, 1, &[3, -1]),
        bags: Bags::from_lists(2, &[vec![0, 1], vec![0], vec![1], vec![1, 1], vec![]]).unwrap(),
    })
}

#[test]
fn hardware_by_hand() {
    let r = two_rows(|c| c.adc.switch = AdcSwitch::Dynamic);
    // Both rows: 6 + (1 << 2) - 2 * 4 = 2.
    assert_eq!(r.values, [2, 3, -1, -2, 0]);
    let c = &r.counters;
    assert_eq!((c.commands, c.activations), (5, 5));
    assert_eq!((c.single_row_activations, c.active_rows), (4, 6));
    // Read mode enables 3 thresholds, MAC mode (3 bits) 7; an activation has two conversions.
    assert_eq!(c.conversions, [8, 2]);
    assert_eq!(c.comparators, 8 * 3 + 2 * 7);
    assert_eq!(c.conversions_total(), 10);
}

#[test]
fn clipping_by_hand() {
    // 2-bit converters: the low slice's sum of 6 becomes 3, so 3 + 4 - 8 = -1. Single rows do not
    // clip.
    let r = two_rows(|c| c.adc.bits = AdcBits::Bits(2));
    assert_eq!(r.values, [-1, 3, -1, -2, 0]);
    // 1-bit converters: 1 + (1 << 2) - 8 = -3. Row 0 alone: 1 + 4 - 4 = 1; row 1: 1 + 0 - 4 = -3.
    let r = two_rows(|c| c.adc.bits = AdcBits::Bits(1));
    assert_eq!(r.values, [-3, 1, -3, -6, 0]);
    // Read row by row, nothing clips at two bits.
    let r = two_rows(|c| {
        c.adc.bits = AdcBits::Bits(2);
        c.adc.read_split_max = 2;
    });
    assert_eq!(r.values, [2, 3, -1, -2, 0]);
    assert_eq!(r.counters.activations, 6);
    assert_eq!(r.counters.single_row_activations, 6);
}

#[test]
fn one_bit_cells_by_hand() {
    // -4..=3 as 000..=111; ids 0..3 hold -4, 3, 1 (101), -2 (010).
    let case = Case {
        resolved: tiny_config(1, 4, 1).resolve("test").unwrap(),
        mapping: mapping_of(2, &[(&[2, 0], &[(0, 1)]), (&[3, 1], &[(0, 0)])]),
        table: table(3, 1, &[-4, 3, 1, -2]),
        bags: Bags::from_lists(4, &[vec![0, 1, 2, 3], vec![0, 0, 3], vec![1, 3]]).unwrap(),
    };
    let r = hardware(&case);
    assert_eq!(r.values, [-2, -10, 1]);
    // Each of the 2 + 3 + 1 activations has four phases of one converter, three of them used.
    assert_eq!(r.counters.conversions_total(), 6 * 4);
    assert_eq!(r.counters.conversions_read(&case.resolved), 3 * 4);
}

#[test]
fn hardware_refuses_a_foreign_table_or_mapping() {
    let resolved = tiny_config(2, 2, 2).resolve("test").unwrap();
    let mapping = mapping_of(2, &[(&[0, 1], &[(0, 0)])]);
    let small = mapping_of(2, &[(&[0], &[(0, 0)])]);
    let bags = Bags::from_lists(2, &[vec![0, 1]]).unwrap();
    let commands = ideal_commands(&Case {
        resolved: resolved.clone(),
        mapping: mapping.clone(),
        table: table(3, 1, &[0, 0]),
        bags,
    });
    let fail = |m, t: IntTable| {
        reduce_hardware(&commands, 1, m, &t, &resolved)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        fail(&mapping, table(8, 1, &[0, 0])),
        "argument table: found 1 elements of 8 bits, expected embedding.dim = 1 elements of \
         embedding.value_bits = 3 bits"
    );
    assert_eq!(
        fail(&mapping, table(3, 1, &[0])),
        "argument table: found 1 vectors, expected at least 2, one per mapped embedding"
    );
    assert_eq!(
        fail(&mapping, table(3, 1, &[0, 4])),
        "argument table: found value 4 of embedding 1, element 0, expected -4 to 3 (signed 3 bits)"
    );
    assert_eq!(
        fail(&small, table(3, 1, &[0, 1])),
        "argument commands: found row 1 of group 0, expected commands of bags that were translated with this mapping"
    );
}

#[test]
fn comparison_by_hand() {
    let c = compare(&[1, 2, 3, 4, 5, 6], &[1, 2, 3, 7, 0, 6], 2, 1).unwrap();
    assert!(!c.is_exact());
    assert_eq!(
        (c.bags, c.elements, c.wrong_bags, c.wrong_elements),
        (3, 6, 2, 2)
    );
    assert_eq!(
        c.first,
        [Mismatch {
            bag: 1,
            element: 1,
            expected: 4,
            got: 7
        }]
    );
    assert_eq!((c.max_abs, c.sum_abs), (5, 8));
    assert!((c.mean_abs() - 8.0 / 6.0).abs() < 1e-12);
    assert!((c.wrong_share() - 2.0 / 6.0).abs() < 1e-12);
    assert!(compare(&[], &[], 2, 1).unwrap().is_exact());
    let error = compare(&[1, 2], &[1, 2, 3, 4], 2, 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "found 4 result elements, expected 2 (1 bags of 2)"
    );
    assert_eq!(error.exit_status(), 1);
    let error = compare(&[1], &[1], 2, 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "argument expected: found 1 elements, expected a multiple of the vector's 2"
    );
}

/// The thresholds that the configuration requires, computed from its text alone.
fn oracle_limit(config: &Config, full_bits: u32, rows: i64) -> i64 {
    let full = (1i64 << full_bits) - 1;
    let per_row = (1i64 << config.crossbar.cell_bits) - 1;
    let most = match config.adc.max_active_rows {
        0 => i64::from(config.crossbar.rows),
        n => i64::from(n),
    };
    match config.adc.switch {
        AdcSwitch::Off => full,
        AdcSwitch::Dynamic if rows > 1 => full,
        AdcSwitch::Graded if rows > 1 => {
            let listed: Vec<i64> = match config.adc.levels.as_slice() {
                [] => (1..10).map(|k| 1 << k).filter(|&n| n < most).collect(),
                some => some.iter().map(|&n| i64::from(n)).collect(),
            };
            let level = listed.into_iter().filter(|&n| n >= rows).min();
            level.map_or(full, |n| (n * per_row).min(full))
        }
        _ => per_row.min(full),
    }
}

struct Oracle {
    values: Vec<i64>,
    counters: (u64, u64, u64, u64, u64),
}

/// The hardware path without translation: bag by bag, group by group, repeat by repeat, cell by cell.
fn oracle(case: &Case) -> Oracle {
    let Case {
        resolved,
        mapping,
        table,
        bags,
    } = case;
    let (e, x, a): (_, _, &Adc) = (
        &resolved.config.embedding,
        &resolved.config.crossbar,
        &resolved.config.adc,
    );
    let most = if a.max_active_rows == 0 {
        x.rows
    } else {
        a.max_active_rows
    } as usize;
    let slices = (0..).take_while(|s| s * x.cell_bits < e.value_bits).count() as u32;
    let mut out = Oracle {
        values: Vec::new(),
        counters: (0, 0, 0, 0, 0),
    };
    let per_activation = u64::from(x.cols * resolved.column_blocks);
    let groups = groups_of(mapping);
    for bag in bags.iter() {
        let mut sums = vec![0i64; e.dim as usize];
        for members in &groups {
            let counts: Vec<usize> = members
                .iter()
                .map(|g| bag.iter().filter(|&i| i == g).count())
                .collect();
            for round in 1..=counts.iter().copied().max().unwrap_or(0) {
                let rows: Vec<usize> = (0..counts.len()).filter(|&r| counts[r] >= round).collect();
                out.counters.0 += 1;
                for chunk in rows.chunks(most) {
                    let step = if chunk.len() <= a.read_split_max as usize {
                        1
                    } else {
                        chunk.len()
                    };
                    for sensed in chunk.chunks(step) {
                        let n = sensed.len() as i64;
                        let limit = oracle_limit(&resolved.config, resolved.adc_bits, n);
                        out.counters.1 += 1;
                        out.counters.2 += u64::from(n == 1);
                        out.counters.3 += n as u64;
                        out.counters.4 += limit as u64 * per_activation;
                        for (d, sum) in sums.iter_mut().enumerate() {
                            for s in 0..slices {
                                let base = 1i64 << x.cell_bits;
                                let bitline: i64 = sensed
                                    .iter()
                                    .map(|&r| i64::from(table.row(members[r])[d]))
                                    .map(|v| v + (1 << (e.value_bits - 1)))
                                    .map(|u| u / base.pow(s) % base)
                                    .sum();
                                *sum += bitline.min(limit) * base.pow(s);
                            }
                            *sum -= n << (e.value_bits - 1);
                        }
                    }
                }
            }
        }
        out.values.extend(sums);
    }
    out
}

fn check_against_oracle(case: &Case) -> (Vec<i64>, Vec<i64>) {
    // Ids of several groups that share a crossbar of row copies may share a command there.
    let mut case = case.clone();
    case.mapping.row_copies.clear();
    let case = &case;
    let expected = oracle(case);
    let got = hardware(case);
    assert_eq!(got.values, expected.values);
    let c = &got.counters;
    let counted = (
        c.commands,
        c.activations,
        c.single_row_activations,
        c.active_rows,
        c.comparators,
    );
    assert_eq!(counted, expected.counters);
    let per_activation =
        u64::from(case.resolved.config.crossbar.cols * case.resolved.column_blocks);
    assert_eq!(c.conversions_total(), c.activations * per_activation);
    if case.resolved.config.adc.switch != AdcSwitch::Off {
        assert_eq!(
            c.conversions_read(&case.resolved),
            c.single_row_activations * per_activation
        );
    }
    (reduce_exact(&case.bags, &case.table).unwrap(), got.values)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn lossless_hardware_is_exact(case in any_case(Clipping::Never)) {
        let (exact, got) = check_against_oracle(&case);
        prop_assert!(case.resolved.is_lossless());
        prop_assert!(compare(&exact, &got, case.table.dim, 3).unwrap().is_exact());
    }

    #[test]
    fn clipping_only_lowers(case in any_case(Clipping::Allowed)) {
        let (exact, got) = check_against_oracle(&case);
        prop_assert!(exact.iter().zip(&got).all(|(e, g)| g <= e));
        if case.resolved.is_lossless() {
            prop_assert_eq!(exact, got);
        }
    }

    #[test]
    fn exact_is_the_plain_sum(case in any_case(Clipping::Never)) {
        let exact = reduce_exact(&case.bags, &case.table).unwrap();
        let dim = case.table.dim as usize;
        for (bag, sums) in case.bags.iter().zip(exact.chunks(dim)) {
            for (d, &sum) in sums.iter().enumerate() {
                let plain: i64 =
                    bag.iter().map(|id| i64::from(case.table.row(*id)[d])).sum();
                prop_assert_eq!(sum, plain);
            }
        }
    }
}

#[test]
fn clipping_happens() {
    // `clipping_only_lowers` would also hold if nothing ever clipped; check that something does.
    let mut config = tiny_config(2, 8, 2);
    config.crossbar.rows = 16;
    config.adc.bits = AdcBits::Bits(3);
    let case = random_case(config.resolve("test").unwrap(), 8);
    let (exact, got) = check_against_oracle(&case);
    let c = compare(&exact, &got, 1, 0).unwrap();
    assert!(c.wrong_elements > 3, "{c:?}");
}
