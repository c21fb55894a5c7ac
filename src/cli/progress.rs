//! Notes and progress bars on stderr, and Ctrl-C in between.

use std::io::IsTerminal;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::interrupt;
use crate::error::Result;
use crate::progress::Progress;

/// Watches the work: draws bars on a terminal, logs steps when asked to, stops after Ctrl-C.
pub(super) struct Watch {
    verbose: u8,
    quiet: bool,
    bars: bool,
    start: Instant,
    current: Mutex<Bar>,
}

/// What the work is at, with its bar.
type Bar = Option<(&'static str, ProgressBar)>;

impl Watch {
    /// Bars appear only if stderr is a terminal.
    pub(super) fn new(verbose: u8, quiet: bool) -> Self {
        Watch {
            verbose,
            quiet,
            bars: !quiet && std::io::stderr().is_terminal(),
            start: Instant::now(),
            current: Mutex::new(None),
        }
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        if let Some((_, bar)) = self.current().take() {
            bar.finish_and_clear();
        }
    }

    fn line(&self, text: &str) {
        match &*self.current() {
            Some((_, bar)) => bar.suspend(|| eprintln!("{text}")),
            None => eprintln!("{text}"),
        }
    }

    fn current(&self) -> MutexGuard<'_, Bar> {
        // A bar is whole whatever a thread that panicked was doing.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Progress for Watch {
    fn step(&self, what: &'static str, done: u64, total: u64) -> Result<()> {
        interrupt::check()?;
        let new = !matches!(&*self.current(), Some((now, _)) if *now == what);
        if new {
            self.clear();
            self.detail(what);
            let bar = match self.bars {
                true => visible(what, total),
                false => ProgressBar::hidden(),
            };
            *self.current() = Some((what, bar));
        }
        if let Some((_, bar)) = &*self.current() {
            bar.set_length(total);
            bar.set_position(done);
        }
        Ok(())
    }

    fn check(&self) -> Result<()> {
        interrupt::check()
    }

    fn note(&self, text: &str) {
        if !self.quiet {
            self.line(text);
        }
    }

    fn detail(&self, text: &str) {
        if self.verbose > 0 {
            self.line(&format!(
                "[{:7.3} s] {text}",
                self.start.elapsed().as_secs_f64()
            ));
        }
    }

    fn quality(&self, groups_touched_per_bag: f64) {
        if let Some((what, bar)) = &*self.current() {
            bar.set_message(format!(
                "{what}, {groups_touched_per_bag:.2} groups touched per bag"
            ));
        }
        self.detail(&format!(
            "{groups_touched_per_bag:.3} groups touched per bag"
        ));
    }
}

fn visible(what: &'static str, total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total).with_message(what);
    let template = match total {
        0 | 1 => "{spinner} {msg} {elapsed}",
        _ => "{spinner} {msg} [{bar:30}] {human_pos}/{human_len} {eta}",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
