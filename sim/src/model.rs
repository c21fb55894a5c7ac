//! A running model.

use std::ffi::{CString, c_char, c_void};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::design::Design;
use crate::error::Error;
use crate::hang::{HangKind, HangReport};
use crate::job::Job;
use crate::options::TraceFormat;
use crate::outcome::{Ended, Progress, RunOutcome};
use crate::raw::{Loaded, status};
use crate::request::RunRequest;

/// How a model is created.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelOptions {
    /// Arguments that the design reads with `$value$plusargs` and `$test$plusargs`, such as `+image=weights.hex`.
    pub plusargs: Vec<String>,
}

/// A wave file that is being written, or whose first cycle has not come yet.
struct Waves {
    part: PathBuf,
    path: PathBuf,
    from: u64,
}

/// A model instance. It can be sent to another thread; several can live at once.
pub struct Model {
    raw: NonNull<c_void>,
    waves: Option<Waves>,
    /// The cycle in which `$finish` was executed.
    finished: Option<u64>,
    loaded: Arc<Loaded>,
}

// SAFETY: the instance is owned by this value alone, and the shim sets up its thread-local state on every call.
unsafe impl Send for Model {}

impl Model {
    pub(crate) fn create(loaded: &Arc<Loaded>, options: &ModelOptions) -> Result<Self, Error> {
        let mut arguments = vec![c"model".to_owned()];
        for plusarg in &options.plusargs {
            let fail = |why: &str| Error::Request {
                message: format!("plusarg `{}` {why}", plusarg.escape_debug()),
            };
            if !plusarg.starts_with('+') {
                return Err(fail("does not begin with `+`"));
            }
            arguments.push(CString::new(plusarg.as_str()).map_err(|_| fail("has a zero byte"))?);
        }
        let pointers: Vec<*const c_char> = arguments.iter().map(|a| a.as_ptr()).collect();
        let count = i32::try_from(pointers.len()).map_err(|_| Error::Request {
            message: "too many plusargs".into(),
        })?;
        // SAFETY: `pointers` has `count` strings, which the model copies.
        let raw = unsafe { (loaded.functions.create)(count, pointers.as_ptr()) };
        let raw = NonNull::new(raw).ok_or_else(|| Error::Fatal {
            cycle: 0,
            message: "the model's construction failed".into(),
        })?;
        Ok(Self {
            raw,
            waves: None,
            finished: None,
            loaded: Arc::clone(loaded),
        })
    }

    /// The design that this is a model of.
    pub fn design(&self) -> &Design {
        &self.loaded.design
    }

    /// Cycles since the model was created, reset cycles included.
    pub fn cycle(&self) -> u64 {
        // SAFETY: the instance lives.
        unsafe { (self.loaded.functions.cycle)(self.raw.as_ptr()) }
    }

    /// Runs `cycles` cycles with the reset asserted, no input valid and no output ready. Without a reset port, the cycles run all the same.
    ///
    /// # Errors
    /// [`Error::Fatal`], [`Error::Finished`] where the model stops, and [`Error::Trace`].
    pub fn reset(&mut self, cycles: u64) -> Result<(), Error> {
        self.check_running()?;
        // SAFETY: the instance lives.
        let code = unsafe { (self.loaded.functions.reset)(self.raw.as_ptr(), cycles) };
        if code != status::FATAL {
            self.settle_waves()?;
        }
        match code {
            status::COMPLETE => Ok(()),
            status::FINISH => {
                self.finished = Some(self.cycle());
                self.check_running()
            }
            _ => Err(self.fatal()),
        }
    }

    fn check_running(&self) -> Result<(), Error> {
        self.finished
            .map_or(Ok(()), |cycle| Err(Error::Finished { cycle }))
    }

    /// Runs until all input items were accepted and all expected output items have arrived; see [`RunRequest`]. State and cycle count continue
    /// from the last run.
    ///
    /// `progress` is called between chunks of [`RunRequest::chunk`] cycles; if it breaks, the run ends with [`Error::Interrupted`]. After an error
    /// the model may be in the middle of a handshake: reset it before the next run.
    ///
    /// # Errors
    /// [`Error::Request`] where the request does not fit the design; [`Error::Hang`] with a report, where a limit was reached;
    /// [`Error::Fatal`] and [`Error::Finished`] where the model stopped; [`Error::Interrupted`]; [`Error::Trace`].
    pub fn run(
        &mut self,
        request: &RunRequest<'_>,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<RunOutcome, Error> {
        self.run_watched(request, &mut |_, p| progress(p))
    }

    /// As [`Model::run`]; `watch` is called between chunks and may read probes. With [`RunRequest::chunk`] 1 it sees every cycle.
    ///
    /// # Errors
    /// As [`Model::run`].
    pub fn run_watched(
        &mut self,
        request: &RunRequest<'_>,
        watch: &mut dyn FnMut(&Self, Progress) -> ControlFlow<()>,
    ) -> Result<RunOutcome, Error> {
        let mut job = Job::new(self.design(), request, self.cycle())?;
        self.check_running()?;
        let mut spent = Duration::ZERO;
        let limits = request.limits();
        let (every, mut samples) = limits.sample;
        let mut next_callback = || match samples {
            0 => limits.chunk,
            _ => {
                samples -= 1;
                every
            }
        };
        let mut until_callback = next_callback();
        let (hang, ended) = loop {
            // Drain cycles come on top of the limit.
            let left = if job.run.remaining == 0 {
                u64::MAX
            } else {
                limits.max.saturating_sub(job.run.cycles)
            };
            if left == 0 {
                break (Some(HangKind::MaxCycles(limits.max)), Ended::Complete);
            }
            job.run.budget = until_callback.min(left);
            job.prepare();
            let before = job.run.cycles;
            let start = Instant::now();
            // SAFETY: `prepare` has set every pointer to memory of the length that goes with it, which lives until the next `prepare`;
            // the words of an item are as many as the library said when it was loaded.
            let code = unsafe { (self.loaded.functions.run)(self.raw.as_ptr(), &raw mut job.run) };
            spent += start.elapsed();
            if code != status::FATAL {
                self.settle_waves()?;
            }
            until_callback -= job.run.cycles - before;
            match code {
                status::COMPLETE => break (None, Ended::Complete),
                status::FINISH => {
                    self.finished = Some(self.cycle());
                    break (None, Ended::Finish);
                }
                status::IDLE => break (Some(HangKind::Idle(limits.idle)), Ended::Complete),
                status::BUDGET | status::FULL => {}
                status::FATAL => return Err(self.fatal()),
                other => {
                    return Err(Error::Request {
                        message: format!(
                            "the model's library refused the request (status {other})"
                        ),
                    });
                }
            }
            if until_callback == 0 {
                until_callback = next_callback();
                if watch(self, job.progress()).is_break() {
                    return Err(Error::Interrupted {
                        cycle: self.cycle(),
                    });
                }
            }
        };
        let states = hang.is_some().then(|| job.states(self.design()));
        let outcome = job.finish(ended, spent.as_secs_f64());
        match (hang, states) {
            (Some(kind), Some((inputs, outputs))) => {
                let mut probes = Vec::new();
                for probe in &self.design().probes {
                    probes.push((probe.name.clone(), self.probe(&probe.name)?));
                }
                Err(Error::Hang(Box::new(HangReport {
                    kind,
                    cycle: self.cycle(),
                    inputs,
                    outputs,
                    probes,
                    partial: outcome,
                })))
            }
            _ => Ok(outcome),
        }
    }

    /// Reads a probe and returns its value's words, low word first. A register has its value after the last clock edge. Logic that depends on
    /// the inputs of streams still has its value for the last cycle's inputs.
    ///
    /// # Errors
    /// [`Error::Request`] where no probe is called `name`.
    pub fn probe(&self, name: &str) -> Result<Vec<u32>, Error> {
        let Some(index) = self.design().probe(name) else {
            let known: Vec<_> = self
                .design()
                .probes
                .iter()
                .map(|p| p.name.as_str())
                .collect();
            return Err(Error::Request {
                message: format!(
                    "no probe is called `{name}`; the design has: {}",
                    known.join(", ")
                ),
            });
        };
        let mut words = vec![0; self.design().probes[index].field.words()];
        // SAFETY: the shim writes `words.len()` words, or none where its own count differs.
        let code = unsafe {
            (self.loaded.functions.probe)(
                self.raw.as_ptr(),
                index as u64,
                words.as_mut_ptr(),
                words.len() as u64,
            )
        };
        match code {
            0 => Ok(words),
            _ => Err(Error::Request {
                message: format!("the model's library has no probe `{name}`"),
            }),
        }
    }

    /// Returns what the model has printed (`$display` and the like) since the last call. Of more than about a megabyte, only the end is kept.
    pub fn take_log(&mut self) -> String {
        let text = self.text(0);
        // SAFETY: the instance lives.
        unsafe { (self.loaded.functions.clear_log)(self.raw.as_ptr()) };
        text
    }

    fn text(&self, what: i32) -> String {
        let call = self.loaded.functions.text;
        // SAFETY: a null buffer asks for the length only.
        let length = unsafe { call(self.raw.as_ptr(), what, ptr::null_mut(), 0) };
        let mut bytes = vec![0_u8; usize::try_from(length).unwrap_or(0)];
        // SAFETY: the buffer has the length that is passed.
        unsafe {
            call(
                self.raw.as_ptr(),
                what,
                bytes.as_mut_ptr().cast(),
                bytes.len() as u64,
            )
        };
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The reason why the model stopped, with the last lines that it printed.
    fn fatal(&self) -> Error {
        let log = self.text(0);
        let lines: Vec<&str> = log.lines().collect();
        let mut message = self.text(1);
        for line in &lines[lines.len().saturating_sub(10)..] {
            message.push_str("\n  ");
            message.push_str(line);
        }
        Error::Fatal {
            cycle: self.cycle(),
            message,
        }
    }

    /// Writes the waves of cycles `from` to `to - 1` of later runs and resets to `path`. The name has `.part` added until the last of these
    /// cycles is over, [`Model::finish_trace`] is called, or the model is dropped. In the file, cycle `c` begins at time `2 c` with the
    /// clock low, and the clock rises at `2 c + 1`. A trace under way is finished first.
    ///
    /// # Errors
    /// [`Error::Trace`] where the model was built without waves or the file cannot be created.
    pub fn trace(&mut self, path: &Path, from: u64, to: u64) -> Result<(), Error> {
        if self.loaded.trace == TraceFormat::Off {
            return Err(Error::Trace {
                message: "the model was built without waves; build it with a trace format".into(),
            });
        }
        self.finish_trace()?;
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let fail = |e: &dyn std::fmt::Display| Error::Trace {
            message: format!("creating {}: {e}", part.display()),
        };
        fs::File::create(&part).map_err(|e| fail(&e))?;
        let name = CString::new(part.as_os_str().as_encoded_bytes()).map_err(|e| fail(&e))?;
        // SAFETY: the path is copied.
        let code =
            unsafe { (self.loaded.functions.trace)(self.raw.as_ptr(), name.as_ptr(), from, to) };
        if code != 0 {
            return Err(self.fatal());
        }
        self.waves = Some(Waves {
            part,
            path: path.to_path_buf(),
            from,
        });
        Ok(())
    }

    /// Closes the wave file, gives it its final name, and returns that. Returns `None` if there is no trace under way, or none of its cycles
    /// has come.
    ///
    /// # Errors
    /// [`Error::Trace`] where not all of the file can be written, or it cannot be renamed. It then keeps its temporary name.
    pub fn finish_trace(&mut self) -> Result<Option<PathBuf>, Error> {
        let Some(waves) = self.waves.take() else {
            return Ok(None);
        };
        // SAFETY: the instance lives.
        let code = unsafe { (self.loaded.functions.trace_close)(self.raw.as_ptr()) };
        if code != 0 {
            return Err(Error::Trace {
                message: format!("writing {}: {}", waves.part.display(), self.text(1)),
            });
        }
        if self.cycle() <= waves.from {
            let _ = fs::remove_file(&waves.part);
            return Ok(None);
        }
        let fail = |e| Error::Trace {
            message: format!(
                "renaming {} to {}: {e}",
                waves.part.display(),
                waves.path.display()
            ),
        };
        fs::rename(&waves.part, &waves.path).map_err(fail)?;
        Ok(Some(waves.path))
    }

    /// Renames a file whose window is over.
    fn settle_waves(&mut self) -> Result<(), Error> {
        if self.waves.is_none() {
            return Ok(());
        }
        // SAFETY: the instance lives.
        let done = unsafe { (self.loaded.functions.trace_done)(self.raw.as_ptr()) };
        if done != 0 {
            self.finish_trace()?;
        }
        Ok(())
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        let _ = self.finish_trace();
        // SAFETY: the instance lives, and nothing uses it from here on.
        unsafe { (self.loaded.functions.destroy)(self.raw.as_ptr()) };
    }
}
