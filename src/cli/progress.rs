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
    part: Mutex<Option<Part>>,
}

/// Which part of the job the work is at.
#[derive(Clone, Copy)]
struct Part {
    what: &'static str,
    done: u64,
    total: u64,
    begun: Instant,
}

impl Part {
    /// `row 3 of 14, about 2 m 5 s left: `
    fn prefix(&self) -> String {
        let left = match self.done {
            0 => String::new(),
            done => {
                let each = self.begun.elapsed().as_secs_f64() / done as f64;
                let seconds = (each * (self.total - done) as f64).ceil() as u64;
                match seconds {
                    0..60 => format!(", about {seconds} s left"),
                    _ => format!(", about {} min left", seconds.div_ceil(60)),
                }
            }
        };
        format!("{} {} of {}{left}: ", self.what, self.done + 1, self.total)
    }
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
            part: Mutex::new(None),
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
        // A step may learn only later how long it takes, and then gets another bar.
        let estimated = |bar: &ProgressBar| bar.length().is_some_and(|length| length > 1);
        let (same, same_bar) = match &*self.current() {
            Some((now, bar)) => (*now == what, done == total || estimated(bar) == (total > 1)),
            None => (false, false),
        };
        if !same || !same_bar {
            self.clear();
            if !same {
                self.detail(what);
            }
            let part = *self.part.lock().unwrap_or_else(PoisonError::into_inner);
            let prefix = part.map_or(String::new(), |p| p.prefix());
            let bar = match self.bars {
                true => visible(what, total).with_prefix(prefix),
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

    fn part(&self, what: &'static str, done: u64, total: u64) {
        let mut part = self.part.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = match &*part {
            Some(now) if now.what == what && now.done <= done => now.begun,
            _ => Instant::now(),
        };
        *part = (done < total).then_some(Part {
            what,
            done,
            total,
            begun,
        });
    }

    fn check(&self) -> Result<()> {
        interrupt::check()
    }

    fn search(&self, on: bool) {
        interrupt::search(on);
    }

    fn enough(&self) -> bool {
        interrupt::enough()
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
        0 | 1 => "{spinner} {prefix}{msg} {elapsed}",
        _ => "{spinner} {prefix}{msg} [{bar:30}] {human_pos}/{human_len}, {eta} left",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_an_estimate_once_one_is_done() {
        let part = |done, seconds| Part {
            what: "row",
            done,
            total: 4,
            begun: Instant::now() - Duration::from_secs(seconds),
        };
        assert_eq!(part(0, 9).prefix(), "row 1 of 4: ");
        let text = part(1, 10).prefix();
        assert!(text.starts_with("row 2 of 4, about 3"), "{text}");
        let text = part(3, 300).prefix();
        assert_eq!(text, "row 4 of 4, about 2 min left: ");
    }
}
