//! Accesses to the registers of the control slave.

use super::failure::ErrorContext;
use crate::error::{Error, Result};
use crate::hardware::REGISTERS;
use std::ops::ControlFlow;
use verilated::{Model, Progress, RunOutcome, RunRequest};

/// The response to an access that was done.
const OKAY: u32 = 0;
/// Strobes of a write of a whole word.
const WHOLE: u32 = 0xf;

/// Writes of registers, as items of the streams `aw` and `w`.
#[derive(Debug, Default)]
pub(super) struct Writes {
    addresses: Vec<u32>,
    data: Vec<u32>,
}

impl Writes {
    pub fn push(&mut self, address: u32, data: u32) {
        self.addresses.push(address);
        self.data.extend([data, WHOLE]);
    }

    /// Offers all writes and waits for their answers.
    ///
    /// # Errors
    /// [`Error::Check`] if the slave answers one with an error, or the model hangs; [`Error::Interrupted`].
    pub fn run(
        &self,
        model: &mut Model,
        idle_limit: Option<u64>,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> std::result::Result<RunOutcome, verilated::Error> {
        let mut request = RunRequest::new()
            .input("aw", &self.addresses)
            .input("w", &self.data)
            .expect("b", self.addresses.len() as u64);
        if let Some(limit) = idle_limit {
            request = request.idle_limit(limit);
        }
        model.run(&request, progress)
    }

    /// Refuses answers that are errors.
    pub fn check(&self, outcome: &RunOutcome) -> Result<()> {
        let answers = outcome.output("b").map_or(&[][..], |b| &b.words);
        let mut pairs = self.addresses.iter().zip(answers);
        match pairs.find(|(_, response)| **response != OKAY) {
            Some((address, _)) => Err(refused("write", *address)),
            None => Ok(()),
        }
    }
}

/// Writes a register. Returns the cycle of its answer.
pub(super) fn write(model: &mut Model, address: u32, data: u32) -> Result<(u64, f64)> {
    let mut one = Writes::default();
    one.push(address, data);
    let outcome = one
        .run(model, None, &mut |_| ControlFlow::Continue(()))
        .map_err(failed)?;
    one.check(&outcome)?;
    let cycles = outcome.output("b").map_or(&[][..], |b| &b.cycles);
    Ok((cycles.first().copied().unwrap_or_default(), outcome.seconds))
}

/// Reads registers. Returns also the wall seconds that it took.
pub(super) fn read(model: &mut Model, addresses: &[u32]) -> Result<(Vec<u32>, f64)> {
    let request = RunRequest::new()
        .input("ar", addresses)
        .expect("r", addresses.len() as u64);
    let outcome = model
        .run(&request, &mut |_| ControlFlow::Continue(()))
        .map_err(failed)?;
    let items = outcome.output("r").map_or(&[][..], |r| &r.words);
    let mut words = Vec::with_capacity(addresses.len());
    for (item, &address) in items.chunks(2).zip(addresses) {
        if item[1] != OKAY {
            return Err(refused("read", address));
        }
        words.push(item[0]);
    }
    Ok((words, outcome.seconds))
}

fn failed(error: verilated::Error) -> Error {
    ErrorContext::default().error(error)
}

fn refused(what: &str, address: u32) -> Error {
    let register = REGISTERS.iter().find(|r| r.offset == address);
    let name = register.map_or_else(|| "a counter".to_owned(), |r| format!("`{}`", r.name));
    Error::Check {
        what: format!("the control slave refused a {what} of {name} at {address:#x}"),
        help: "if the package was edited, compare it with the one from `recross gen`".to_owned(),
    }
}
