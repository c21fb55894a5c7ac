//! Writes rows through the window of the control slave, and waits for their answers.

use super::bus::{self, Writes};
use super::failure::{self, ErrorContext};
use super::status;
use crate::config::Resolved;
use crate::error::{Error, Result};
use crate::hardware::{Params, at, geometry};
use crate::mapping::contents::ProgramWords;
use std::ops::ControlFlow;
use verilated::{Model, Progress, RunRequest};

/// Cycles between two looks at the answers, at least.
const LOOK_CYCLES: u64 = 16;
/// Cycles in which a row that is answered twice shows.
const SPARE_CYCLES: u64 = 64;

/// What the programming of the memories took.
#[derive(Debug, Default)]
pub(super) struct Programmed {
    pub cycles: u64,
    /// Wall seconds.
    pub seconds: f64,
}

/// The writes of registers for `program`: a new place is written only where a row does not follow the
/// one before.
fn writes(program: &ProgramWords, resolved: &Resolved) -> Writes {
    let params = Params::new(resolved);
    let mut writes = Writes::default();
    writes.push(at::prog_image, geometry(&params));
    let (mut at_bank, mut at_row) = (None, None);
    for word in program.iter() {
        let row = word.addr >> params.block_bits;
        let slot = row >> params.row_number_bits;
        let row = row & ((1 << params.row_number_bits) - 1);
        if word.addr & ((1 << params.block_bits) - 1) == 0 {
            let bank = word.lane << 16 | word.bank;
            if at_bank != Some(bank) {
                writes.push(at::prog_bank, bank);
                at_bank = Some(bank);
            }
            if at_row != Some((slot, row)) {
                writes.push(at::prog_row, slot << 16 | row);
            }
            at_row = Some(match row + 1 == params.rows {
                true => (slot + 1, 0),
                false => (slot, row + 1),
            });
        }
        word.data
            .iter()
            .for_each(|&d| writes.push(at::prog_data, d));
    }
    writes
}

/// Writes the `rows` rows of `program`, and refuses writes that the analog macro could not verify.
///
/// # Errors
/// [`Error::Check`] if a write fails, a row is not answered once, or the model hangs;
/// [`Error::Interrupted`].
pub(super) fn program(
    model: &mut Model,
    program: &ProgramWords,
    rows: u64,
    resolved: &Resolved,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Programmed> {
    let params = Params::new(resolved);
    let fail =
        |e, model: &mut Model| ErrorContext::default().error(status::told(e, model, &params));
    let from = model.cycle();
    let idle_limit =
        u64::from(resolved.config.simulation.idle_limit).max(8 * u64::from(resolved.write_cycles));
    let writes = writes(program, resolved);
    let outcome = writes.run(model, Some(idle_limit), progress);
    let outcome = outcome.map_err(|e| fail(e, model))?;
    // A write is refused, too, if it would wait for a bank whose macro is silent.
    writes
        .check(&outcome)
        .map_err(|refused| failure::of_bank(model).unwrap_or(refused))?;
    let mut seconds = outcome.seconds;

    let look = RunRequest::new().drain(LOOK_CYCLES.max(u64::from(resolved.write_cycles) / 4));
    let (mut done, mut moved) = (0, model.cycle());
    while u64::from(done) < rows {
        seconds += model
            .run(&look, progress)
            .map_err(|e| fail(e, model))?
            .seconds;
        let (now, took) = bus::read(model, &[at::prog_done])?;
        seconds += took;
        if now[0] != done {
            (done, moved) = (now[0], model.cycle());
        } else if model.cycle() - moved > idle_limit {
            // No row is answered any more. This waits once more, and tells what all streams do.
            let answer = RunRequest::new().expect("b", 1).idle_limit(idle_limit);
            model.run(&answer, progress).map_err(|e| fail(e, model))?;
        }
    }
    let spare = RunRequest::new().drain(SPARE_CYCLES);
    seconds += model
        .run(&spare, progress)
        .map_err(|e| fail(e, model))?
        .seconds;
    let told = [at::prog_done, at::prog_failed, at::fail_bank, at::fail_row];
    let (told, took) = bus::read(model, &told)?;
    check(&told, rows)?;
    let (_, closed) = bus::write(model, at::prog_image, 0)?;
    Ok(Programmed {
        cycles: model.cycle() - from,
        seconds: seconds + took + closed,
    })
}

/// Checks what the registers tell after `rows` rows: answers, failures, and bank and row of the first
/// failure.
fn check(told: &[u32], rows: u64) -> Result<()> {
    let [done, failed, bank, row] = *told else {
        return Ok(());
    };
    if u64::from(done) != rows {
        return Err(Error::Check {
            what: format!(
                "the RTL violated the programming protocol: found {done} answers, expected {rows}"
            ),
            help: "each row that is written must be answered once".to_owned(),
        });
    }
    if failed == 0 {
        return Ok(());
    }
    let halves = |word: u32| (word >> 16, word & 0xffff);
    let ((lane, bank), (slot, row)) = (halves(bank), halves(row));
    let more = match failed - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Err(Error::Check {
        what: format!(
            "the write of lane {lane}, bank {bank}, crossbar {slot}, row {row}{more} failed"
        ),
        help: "the macro could not verify the cells of the row; results that use it are undefined"
            .to_owned(),
    })
}
