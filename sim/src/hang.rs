//! The report on a run that stopped making progress.

use std::fmt;

use crate::outcome::RunOutcome;

/// Why a run was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HangKind {
    /// No stream moved for this many cycles.
    Idle(u64),
    /// The request's limit of this many cycles was reached.
    MaxCycles(u64),
}

/// One stream's state when the run was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamState {
    /// Name of the stream.
    pub name: String,
    /// Items that moved in this run.
    pub done: u64,
    /// Items still to move; 0 if an output has given all expected items or more.
    pub left: u64,
    /// Whether the stream was valid in the last cycle.
    pub valid: bool,
    /// Whether the stream was ready in the last cycle; always `true` if it has no ready bit.
    pub ready: bool,
    /// The last cycle in which an item moved, counted from the model's creation.
    pub last_handshake: Option<u64>,
}

/// Everything that is known about a run that stopped making progress.
#[derive(Clone, Debug)]
pub struct HangReport {
    /// Why the run was given up.
    pub kind: HangKind,
    /// The cycle in which it was given up, counted from the model's creation.
    pub cycle: u64,
    /// The input streams.
    pub inputs: Vec<StreamState>,
    /// The output streams.
    pub outputs: Vec<StreamState>,
    /// Every probe's name and value, low word first.
    pub probes: Vec<(String, Vec<u32>)>,
    /// The items that had arrived by then.
    pub partial: RunOutcome,
}

impl fmt::Display for HangReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            HangKind::Idle(limit) => write!(
                f,
                "the model hangs: no stream has moved for {limit} cycles, up to cycle {}",
                self.cycle
            )?,
            HangKind::MaxCycles(limit) => write!(
                f,
                "the run was not done after its limit of {limit} cycles, in cycle {}",
                self.cycle
            )?,
        }
        for s in &self.inputs {
            write!(f, "\n  input `{}`: ", s.name)?;
            match (s.left, s.valid, s.ready) {
                (0, ..) => write!(f, "all {} items accepted", s.done)?,
                (_, true, false) => write!(
                    f,
                    "is offering item {} but the design is not ready; {} left",
                    s.done, s.left
                )?,
                (_, true, true) => write!(f, "is moving; {} accepted, {} left", s.done, s.left)?,
                (_, false, _) => write!(
                    f,
                    "is paused by its stall pattern; {} accepted, {} left",
                    s.done, s.left
                )?,
            }
            last(f, s)?;
        }
        for s in &self.outputs {
            write!(f, "\n  output `{}`: ", s.name)?;
            match (s.left, s.valid, s.ready) {
                (0, false, _) => write!(f, "all {} items arrived", s.done)?,
                (0, true, _) => write!(
                    f,
                    "all expected items arrived ({}), and the design offers more",
                    s.done
                )?,
                (_, true, true) => write!(f, "is moving; {} arrived, {} missing", s.done, s.left)?,
                (_, true, false) => write!(
                    f,
                    "is paused by its stall pattern; {} arrived, {} missing",
                    s.done, s.left
                )?,
                (_, false, _) => write!(
                    f,
                    "waits for item {} but the design offers nothing; {} missing",
                    s.done, s.left
                )?,
            }
            last(f, s)?;
        }
        for (name, words) in &self.probes {
            write!(f, "\n  probe `{name}` = {}", hex(words))?;
        }
        Ok(())
    }
}

fn last(f: &mut fmt::Formatter<'_>, s: &StreamState) -> fmt::Result {
    match s.last_handshake {
        Some(cycle) => write!(f, " (last moved in cycle {cycle})"),
        None => write!(f, " (never moved)"),
    }
}

/// A value, given as words with the low word first, as one hexadecimal number.
fn hex(words: &[u32]) -> String {
    let top = words.iter().rposition(|&w| w != 0).unwrap_or(0);
    let mut text = format!("0x{:x}", words.get(top).copied().unwrap_or(0));
    for word in words.iter().take(top).rev() {
        text.push_str(&format!("{word:08x}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_joins_words_from_the_top() {
        assert_eq!(hex(&[]), "0x0");
        assert_eq!(hex(&[0, 0]), "0x0");
        assert_eq!(hex(&[0x1f, 0]), "0x1f");
        assert_eq!(hex(&[0x1, 0xab]), "0xab00000001");
    }
}
