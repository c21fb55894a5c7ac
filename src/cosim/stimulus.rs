//! Converts lowered bags and contents to the words of the top module's streams, and results back.

use crate::config::Resolved;
use crate::error::{Error, Result};
use crate::host::Lowered;
use crate::io::write_atomic;
use crate::mapping::contents::{Contents, ProgramWords, Space, array_image, table_image};
use std::fmt::Write as _;
use std::path::Path;
use verilated::{OutputItems, RunOutcome};

/// The words of the header and command streams for a sequence of bags.
#[derive(Debug, Clone)]
pub struct Stimulus {
    bags: usize,
    header_words: usize,
    /// By retirement port.
    headers: Vec<Vec<u32>>,
    command_words: usize,
    /// By lane.
    commands: Vec<Vec<u32>>,
}

impl Stimulus {
    /// Lays out headers and commands with the fields that [`super::harness::design`] lists. A
    /// command of one row has the row's number in place of a mask.
    pub fn new(lowered: &Lowered, resolved: &Resolved) -> Self {
        let lanes = resolved.config.engine.lanes;
        let header_words = lanes.div_ceil(32) as usize;
        let ports = resolved.config.frontend.ports as usize;
        let mut headers = vec![Vec::new(); ports];
        for (&header, bag) in lowered.headers.iter().zip(0..) {
            let words: &mut Vec<u32> = &mut headers[bag % ports];
            words.push(header as u32);
            if header_words == 2 {
                words.push((header >> 32) as u32);
            }
        }
        let mask_words = resolved.config.crossbar.rows.div_ceil(32) as usize;
        let command_words = 4 + mask_words;
        let tags = (1u32 << resolved.bag_bits()) - 1;
        let commands = (0..lowered.lanes.len())
            .map(|lane| {
                let mut words = Vec::with_capacity(lowered.lanes[lane].len() * command_words);
                for command in lowered.lane(lane) {
                    words.push(command.bag & tags);
                    words.push(command.group);
                    let mut rows = command.mask.rows();
                    match (rows.next(), rows.next()) {
                        (Some(row), None) => {
                            words.extend([1, row]);
                            words.extend(std::iter::repeat_n(0, mask_words - 1));
                        }
                        _ => {
                            words.push(0);
                            words.extend((0..mask_words).map(|w| {
                                let pair = command.mask.0[w / 2];
                                (pair >> (32 * (w % 2))) as u32
                            }));
                        }
                    }
                    words.push(u32::from(command.last));
                }
                words
            })
            .collect();
        Stimulus {
            bags: lowered.headers.len(),
            header_words,
            headers,
            command_words,
            commands,
        }
    }

    /// Number of bags.
    pub fn bags(&self) -> usize {
        self.bags
    }

    /// Number of bags of a retirement port.
    pub fn bags_of(&self, port: u32) -> usize {
        self.headers[port as usize].len() / self.header_words
    }

    /// Items of stream `hdr<port>`.
    pub fn headers(&self, port: usize) -> &[u32] {
        &self.headers[port]
    }

    /// Items of stream `cmd<lane>`.
    pub fn commands(&self, lane: usize) -> &[u32] {
        &self.commands[lane]
    }

    /// Extracts the results (bags x dim) and their cycles from the `res<port>` streams. Checks that
    /// each port delivers its own bags in order.
    pub(super) fn results(
        &self,
        outcome: &RunOutcome,
        resolved: &Resolved,
    ) -> Result<(Vec<i64>, Vec<u64>)> {
        let ports = self.headers.len();
        let mut outputs = Vec::with_capacity(ports);
        for port in 0..ports {
            let items = outcome
                .output(&format!("res{port}"))
                .ok_or_else(|| violated(format!("found no results on port {port}")))?;
            let bags = self.bags_of(port as u32);
            if items.len() != bags {
                let results = items.len();
                return Err(violated(format!(
                    "found {results} results on port {port}, expected {bags}, one per bag"
                )));
            }
            outputs.push(items);
        }
        let dim = resolved.config.embedding.dim;
        let tags = (1u32 << resolved.bag_bits()) - 1;
        let mut values = Vec::with_capacity(self.bags * dim as usize);
        let mut cycles = Vec::with_capacity(self.bags);
        for bag in 0..self.bags {
            let (items, at) = (outputs[bag % ports], bag / ports);
            let Some((&tag, data)) = items.item(at).and_then(<[u32]>::split_first) else {
                return Err(violated(format!("found no result of bag {bag}")));
            };
            if tag != bag as u32 & tags {
                return Err(violated(format!(
                    "found tag {tag} in the result of bag {bag}, expected {}",
                    bag as u32 & tags
                )));
            }
            values.extend((0..dim).map(|d| signed(data, d * resolved.acc_bits, resolved.acc_bits)));
            cycles.push(items.cycles[at] - outcome.start_cycle);
        }
        Ok((values, cycles))
    }

    /// Writes `counts.hex`, `hdr.hex` and `cmd<lane>.hex` for the package's own test bench.
    pub(super) fn write_hex(&self, folder: &Path, resolved: &Resolved) -> Result<()> {
        let mut counts = format!("{:08x}\n", self.bags);
        for words in &self.commands {
            let _ = writeln!(counts, "{:08x}", words.len() / self.command_words);
        }
        crate::io::write_bytes(&folder.join("counts.hex"), counts.as_bytes())?;
        let lanes = resolved.config.engine.lanes;
        let ports = self.headers.len();
        let headers: String = (0..self.bags)
            .map(|bag| {
                let at = bag / ports * self.header_words;
                let item = &self.headers[bag % ports][at..at + self.header_words];
                let words = item.iter().enumerate().rev();
                hex(words.map(|(i, &w)| (w, (lanes - 32 * i as u32).min(32))))
            })
            .collect();
        crate::io::write_bytes(&folder.join("hdr.hex"), headers.as_bytes())?;
        let rows = resolved.config.crossbar.rows;
        for (lane, words) in self.commands.iter().enumerate() {
            let text: String = words
                .chunks(self.command_words)
                .map(|item| {
                    let (last, rest) = item.split_last().unwrap_or((&0, &[]));
                    let mask = rest[3..].iter().enumerate().rev();
                    hex(std::iter::once((*last, 1))
                        .chain(mask.map(|(i, &w)| (w, (rows - 32 * i as u32).min(32))))
                        .chain([(rest[2], 1), (rest[1], resolved.group_bits())])
                        .chain([(rest[0], resolved.bag_bits())]))
                })
                .collect();
            crate::io::write_bytes(&folder.join(format!("cmd{lane}.hex")), text.as_bytes())?;
        }
        Ok(())
    }
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

/// Writes the memory images of all banks and lanes.
pub(crate) fn write_images(
    folder: &Path,
    contents: &Contents<'_>,
    resolved: &Resolved,
) -> Result<()> {
    let banks = resolved.config.engine.banks_per_lane;
    for lane in 0..resolved.config.engine.lanes {
        write_atomic(&folder.join(table_image(lane)), |mut out| {
            contents.write_table_image(lane, &mut out)
        })?;
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

/// Checks that each row of `program` was answered once, and refuses writes of which the analog macro
/// reported that they failed.
pub(super) fn check_writes(
    answers: &OutputItems,
    program: &ProgramWords,
    resolved: &Resolved,
) -> Result<()> {
    let items: Vec<&[u32]> = (0..answers.len())
        .filter_map(|at| answers.item(at))
        .collect();
    let mut answered: Vec<&[u32]> = items.iter().map(|item| &item[..4]).collect();
    answered.sort_unstable();
    let of_block = |addr: u32| addr & ((1 << resolved.block_bits) - 1);
    let mut written: Vec<[u32; 4]> = program
        .iter()
        .filter(|word| word.space == Space::Array && of_block(word.addr) == 0)
        .map(|word| {
            let row = word.addr >> resolved.block_bits;
            let slot = row >> resolved.row_number_bits;
            let row = row & ((1 << resolved.row_number_bits) - 1);
            [word.lane, word.bank, slot, row]
        })
        .collect();
    written.sort_unstable();
    if answered.len() != written.len() {
        return Err(Error::Check {
            what: format!(
                "the RTL violated the programming protocol: found {} answers, expected {}",
                answered.len(),
                written.len()
            ),
            help: ONE_ANSWER.to_owned(),
        });
    }
    if let Some((found, row)) =
        std::iter::zip(&answered, &written).find(|(a, w)| **a != w.as_slice())
    {
        return Err(Error::Check {
            what: format!(
                "the RTL violated the programming protocol: found an answer to the write of {}, \
                 expected one to that of {}",
                place(found),
                place(row)
            ),
            help: ONE_ANSWER.to_owned(),
        });
    }
    let failed: Vec<&[u32]> = items.into_iter().filter(|item| item[4] != 0).collect();
    let Some(first) = failed.first() else {
        return Ok(());
    };
    let more = match failed.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Err(Error::Check {
        what: format!("the write of {}{more} failed", place(first)),
        help: "the macro could not verify the cells of the row; results that use it are undefined"
            .to_owned(),
    })
}

const ONE_ANSWER: &str = "each row that is written must be answered once";

fn place(at: &[u32]) -> String {
    format!(
        "lane {}, bank {}, crossbar {}, row {}",
        at[0], at[1], at[2], at[3]
    )
}

fn violated(what: String) -> Error {
    Error::Check {
        what: format!("the RTL violated the result protocol: {what}"),
        help: "each bag must have one result, and each port must deliver its bags in order"
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
