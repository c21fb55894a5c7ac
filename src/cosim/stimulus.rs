//! Converts translated bags and contents to the words of the top module's streams, and results back.

use crate::config::Resolved;
use crate::error::{Error, Result};
use crate::hardware::Params;
use crate::host::Translated;
use crate::io::write_atomic;
use crate::mapping::contents::{Contents, array_image};
use std::fmt::Write as _;
use std::path::Path;
use verilated::{OutputItems, RunOutcome};

use super::harness::STATUS_BITS;

/// The beats of each port's stream of ids.
#[derive(Debug, Clone)]
pub struct Stimulus {
    params: Params,
    ports: Vec<PortStimulus>,
}

/// What a port is given.
#[derive(Debug, Clone)]
struct PortStimulus {
    /// Items of stream `ids<port>`.
    words: Vec<u32>,
    /// Numbers of the port's bags, in its order.
    bags: Vec<u32>,
}

/// Words of a beat besides its ids: keep, last and tag.
const BEAT_WORDS: usize = 3;

impl Stimulus {
    /// Cuts the bags of each port into beats with the fields that [`super::harness::design`] lists. A
    /// bag's tag is the low bits of its number.
    pub fn new(translated: &Translated, resolved: &Resolved) -> Self {
        let params = Params::new(resolved);
        let ids = params.ids as usize;
        let ports = translated.ports.iter().map(|port| {
            let mut words = Vec::new();
            for (bag, list) in port.iter() {
                let tag = bag & low_bits(params.user_tag_bits);
                for (beat, last) in beats(list, ids) {
                    words.extend_from_slice(beat);
                    words.extend(std::iter::repeat_n(0, ids - beat.len()));
                    words.extend([low_bits(4 * beat.len() as u32), u32::from(last), tag]);
                }
            }
            let bags = port.iter().map(|(bag, _)| bag).collect();
            PortStimulus { words, bags }
        });
        Stimulus {
            ports: ports.collect(),
            params,
        }
    }

    /// Number of bags.
    pub fn bags(&self) -> usize {
        self.ports.iter().map(|port| port.bags.len()).sum()
    }

    /// Number of bags of each port.
    pub fn bags_by_port(&self) -> impl Iterator<Item = usize> {
        self.ports.iter().map(|port| port.bags.len())
    }

    /// Items of stream `ids<port>`.
    pub fn ids(&self, port: usize) -> &[u32] {
        &self.ports[port].words
    }

    /// Number of items of stream `vec<port>`.
    pub fn beats_out(&self, port: usize) -> u64 {
        self.ports[port].bags.len() as u64 * u64::from(self.params.beats)
    }

    /// Extracts the results (bags x dim, in the order of the bags' numbers) and
    /// the cycles of their last beats from the `vec<port>` streams. Checks tags, status and ends.
    pub(super) fn results(&self, outcome: &RunOutcome) -> Result<(Vec<i64>, Vec<u64>)> {
        let p = &self.params;
        let (dim, beats) = (p.dim as usize, p.beats as usize);
        let mut values = vec![0; self.bags() * dim];
        let mut cycles = vec![0; self.bags()];
        for (number, port) in self.ports.iter().enumerate() {
            let items = outcome
                .output(&format!("vec{number}"))
                .ok_or_else(|| violated(format!("found no vectors on port {number}")))?;
            if items.len() != port.bags.len() * beats {
                return Err(violated(format!(
                    "found {} beats of vectors on port {number}, expected {beats} for each of {} bags",
                    items.len(),
                    port.bags.len()
                )));
            }
            for (at, &bag) in port.bags.iter().enumerate() {
                let row = bag as usize;
                let vector = &mut values[row * dim..][..dim];
                self.vector(items, at * beats, bag, vector)?;
                cycles[row] = items.cycles[(at + 1) * beats - 1] - outcome.start_cycle;
            }
        }
        Ok((values, cycles))
    }

    /// Reads the vector of `bag` from the items from `from` on.
    fn vector(&self, items: &OutputItems, from: usize, bag: u32, out: &mut [i64]) -> Result<()> {
        let p = &self.params;
        let user_words = (p.user_tag_bits + STATUS_BITS).div_ceil(32) as usize;
        let each = (p.result_bits / p.element_bits) as usize;
        let tag = bag & low_bits(p.user_tag_bits);
        for (beat, elements) in out.chunks_mut(each).enumerate() {
            let Some(item) = items.item(from + beat) else {
                return Err(violated(format!("found no vector of bag {bag}")));
            };
            let (user, rest) = item.split_at(user_words);
            let user = user.iter().rev().fold(0u64, |n, w| n << 32 | u64::from(*w));
            let status = user >> p.user_tag_bits;
            let found = user as u32 & low_bits(p.user_tag_bits);
            if found != tag {
                return Err(violated(format!(
                    "found tag {found} in the vector of bag {bag}, expected {tag}"
                )));
            }
            if status != 0 {
                return Err(violated(format!(
                    "found status {status:#b} in the vector of bag {bag}, expected 0: no error"
                )));
            }
            let last = beat + 1 == p.beats as usize;
            if rest[0] != u32::from(last) {
                return Err(violated(format!(
                    "beat {beat} of the vector of bag {bag} has TLAST {}, expected {}",
                    rest[0],
                    u32::from(last)
                )));
            }
            for (value, lsb) in elements
                .iter_mut()
                .zip((0..).step_by(p.element_bits as usize))
            {
                *value = signed(&rest[1..], lsb, p.element_bits);
            }
        }
        Ok(())
    }

    /// Writes `counts.hex` and `ids<port>.hex` for the package's own test bench: the numbers of beats
    /// and of bags of each port, and for each beat tag, last, keep and ids, from the top bit down.
    pub(super) fn write_hex(&self, folder: &Path) -> Result<()> {
        let p = &self.params;
        let item = p.ids as usize + BEAT_WORDS;
        let mut counts = String::new();
        for (number, port) in self.ports.iter().enumerate() {
            let beats = port.words.len() / item;
            let _ = writeln!(counts, "{beats:08x}\n{:08x}", port.bags.len());
            let text: String = port
                .words
                .chunks(item)
                .map(|words| {
                    let (ids, rest) = words.split_at(p.ids as usize);
                    let own = [
                        (rest[2], p.user_tag_bits),
                        (rest[1], 1),
                        (rest[0], 4 * p.ids),
                    ];
                    hex(own.into_iter().chain(ids.iter().rev().map(|&id| (id, 32))))
                })
                .collect();
            crate::io::write_bytes(&folder.join(format!("ids{number}.hex")), text.as_bytes())?;
        }
        crate::io::write_bytes(&folder.join("counts.hex"), counts.as_bytes())
    }
}

/// The beats of a bag, and whether each is the last; without ids, one without ids.
fn beats(list: &[u32], ids: usize) -> impl Iterator<Item = (&[u32], bool)> {
    let beats = list.len().div_ceil(ids).max(1);
    (1..=beats).map(move |beat| {
        let start = (beat - 1) * ids;
        (&list[start..list.len().min(start + ids)], beat == beats)
    })
}

/// The lowest `bits` (at most 32) bits set.
fn low_bits(bits: u32) -> u32 {
    ((1u64 << bits) - 1) as u32
}

/// Writes fields of up to 32 bits, most significant first, as a line of hexadecimal digits.
fn hex(fields: impl Iterator<Item = (u32, u32)>) -> String {
    let bits: Vec<bool> = fields
        .flat_map(|(word, width)| (0..width).rev().map(move |b| word >> b & 1 == 1))
        .collect();
    let lead = (4 - bits.len() % 4) % 4;
    let padded: Vec<bool> = std::iter::repeat_n(false, lead).chain(bits).collect();
    let mut line: String = padded
        .chunks(4)
        .map(|nibble| {
            let digit = nibble.iter().fold(0, |d, &b| d << 1 | u32::from(b));
            char::from_digit(digit, 16).unwrap_or('0')
        })
        .collect();
    line.push('\n');
    line
}

/// Extracts the two's-complement number in `width` bits (1..=64) from bit `lsb` of little-endian
/// words.
fn signed(words: &[u32], lsb: u32, width: u32) -> i64 {
    let mut value = 0u64;
    for (index, &word) in words.iter().enumerate() {
        let at = 32 * index as i64 - i64::from(lsb);
        if (0..64).contains(&at) {
            value |= u64::from(word) << at;
        } else if (-31..0).contains(&at) {
            value |= u64::from(word) >> -at;
        }
    }
    let unused = 64 - width;
    ((value << unused) as i64) >> unused
}

/// Writes the memory images of all banks.
pub(crate) fn write_images(
    folder: &Path,
    contents: &Contents<'_>,
    resolved: &Resolved,
) -> Result<()> {
    let banks = resolved.config.engine.banks_per_lane;
    for lane in 0..resolved.config.engine.lanes {
        for bank in 0..banks {
            write_atomic(&folder.join(array_image(lane, bank)), |mut out| {
                contents.write_array_image(lane, bank, &mut out)
            })?;
        }
    }
    Ok(())
}

/// The most bytes of a folder's name that the RTL reads (`folder` in `rtl/recross_crossbars.v`).
const LONGEST_FOLDER: usize = 200;

/// The name of a folder of images, if the RTL can read it.
pub(super) fn readable_name(folder: &Path) -> Option<&str> {
    let name = folder.to_str()?;
    let plain = name.bytes().all(|b| b.is_ascii_graphic());
    (plain && name.len() <= LONGEST_FOLDER).then_some(name)
}

pub(super) fn images_in_temporary(
    contents: &Contents<'_>,
    resolved: &Resolved,
) -> Result<tempfile::TempDir> {
    let folder = crate::io::temporary_folder()?;
    write_images(folder.path(), contents, resolved)?;
    Ok(folder)
}

fn violated(what: String) -> Error {
    Error::Check {
        what: format!("the RTL violated the result protocol: {what}"),
        help: "each bag must have one vector, and each port must give those of its bags in their order"
            .to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn signed_reads_across_words() {
        let words = [0xffff_0000, 0x0000_00ff, 0x8000_0000];
        assert_eq!(signed(&words, 0, 16), 0);
        assert_eq!(signed(&words, 16, 24), -1);
        assert_eq!(signed(&words, 16, 25), 0x00ff_ffff);
        assert_eq!(signed(&words, 40, 24), 0);
        assert_eq!(signed(&words, 95, 1), -1);
        assert_eq!(signed(&words, 8, 64), 0x0000_0000_ffff_ff00_u64 as i64);
    }

    #[test]
    fn only_names_that_the_rtl_reads_are_given_to_it() {
        let named = |name: &str| readable_name(Path::new(name)).is_some();
        assert!(named("out/rtl/images") && named(&"a".repeat(200)));
        assert!(!named("my run/images") && !named(&"a".repeat(201)) && !named("r\u{e9}sum\u{e9}"));
    }

    #[test]
    fn hex_packs_the_most_significant_field_first() {
        assert_eq!(hex([(1, 1), (0b10, 2), (0x3, 2)].into_iter()), "1b\n");
        assert_eq!(hex([(0xdead_beef, 32)].into_iter()), "deadbeef\n");
    }
}
