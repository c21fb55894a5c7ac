//! Energy of a command by its number of rows: the part of the energy that a mapping can change.

use super::energy::energy;
use crate::config::Resolved;
use crate::hardware::{BankWork, Counters, LaneCounters};
use crate::technology::Technology;

/// Energy of one command of 0, 1, ..., `crossbar.rows` rows, pJ, with the technology's converter
/// model.
///
/// It covers sensing, conversion, summation, transport to the bag's accumulator, and the addition
/// there. It ignores that a bag's first result in a lane is not added, and leaves out leakage and
/// the energy that a bag takes once, however it is divided into commands.
pub fn command_energy(resolved: &Resolved, technology: &Technology) -> Vec<f64> {
    (0..=resolved.config.crossbar.rows)
        .map(|rows| energy(resolved, technology, &counters(resolved, rows)).total_pj)
        .collect()
}

/// The counters after one command of `rows` rows, whose result is added to an earlier one.
fn counters(resolved: &Resolved, rows: u32) -> Counters {
    let bank = BankWork::new(resolved, rows).events;
    Counters {
        lanes: vec![LaneCounters {
            adds: bank.commands,
            ..LaneCounters::default()
        }],
        banks: vec![bank],
        ..Counters::default()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::config::{AdcSwitch, Config};

    fn of(change: &dyn Fn(&mut Config)) -> Vec<f64> {
        let mut config = Config::default();
        change(&mut config);
        let technology = Technology::built_in().unwrap();
        command_energy(&config.resolve("test").unwrap(), &technology)
    }

    #[test]
    fn one_row_is_cheap_and_two_are_not() {
        let dynamic = of(&|_| ());
        assert_eq!((dynamic.len(), dynamic[0]), (65, 0.0));
        assert!(dynamic[2] > 2.0 * dynamic[1], "{:?}", &dynamic[..3]);
        // Without the switch, converting one row costs as much as two: it saves in the digital part
        // only.
        let off = of(&|c| c.adc.switch = AdcSwitch::Off);
        assert!(
            off[2] < 1.3 * off[1] && off[1] > 2.0 * dynamic[1],
            "{:?}",
            &off[..3]
        );
        let gain = |of: &[f64]| of[2] - of[1];
        assert!(gain(&off) > 0.0 && gain(&off) < 0.5 * gain(&dynamic));
    }

    #[test]
    fn split_commands_cost_their_pieces() {
        let split = of(&|c| {
            (c.adc.read_split_max, c.adc.max_active_rows, c.adc.bits) =
                (2, 4, crate::config::AdcBits::Bits(8))
        });
        // Five rows are four at once and one read, six are four and two reads. Each read adds the
        // same energy, and less than a command of one row.
        let read = split[5] - split[4];
        assert!((split[6] - split[4] - 2.0 * read).abs() < 1e-9);
        assert!(read < split[1]);
        // Two rows are two reads with a mask; carrying a mask costs more than carrying a row's
        // number.
        assert!(split[1] < split[2] - read);
    }
}
