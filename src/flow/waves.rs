//! What a wave file costs, told before it is written.

use crate::cosim::{Preload, RunSpec, Waves};
use crate::error::Result;
use crate::mapping::contents::Contents;

/// Bytes of a cycle, measured on designs of 4 and 16 banks that were programmed and driven with the
/// bundled trace: 102 and 120 as `.fst`, 2,226 as `.vcd`.
const FST_BYTES: u64 = 110;
const VCD_BYTES: u64 = 2200;

/// A note on the time and the size that waves cost in a run of `driven` cycles.
///
/// # Errors
/// As [`Waves::format`].
pub(super) fn note(
    waves: &Waves,
    run: &RunSpec,
    driven: u64,
    contents: &Contents<'_>,
) -> Result<String> {
    waves.format()?;
    let vcd = waves.path.extension().is_some_and(|e| e == "vcd");
    let programmed = match run.preload {
        Preload::Port => contents.program_cycles(),
        Preload::Images => 0,
    };
    let last = waves.to.min(programmed + driven);
    let cycles = last.saturating_sub(waves.from);
    let bytes = cycles * if vcd { VCD_BYTES } else { FST_BYTES };
    let size = match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    };
    Ok(format!(
        "note: with waves, the model takes 2 to 4 times as long to build and 4 to 7 times as long to \
         run; {} will have about {size} for {cycles} cycles, {programmed} of them to fill the \
         memories ({}--wave-from and --wave-to cut it)",
        waves.path.display(),
        match run.preload {
            Preload::Port => "`--preload images` does without them; ",
            Preload::Images => "",
        },
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::formats::table::IntTable;
    use crate::formats::trace::Bags;

    #[test]
    fn size_follows_format_window_and_preload() {
        let resolved = Config::default().resolve("test").unwrap();
        let bags = Bags::from_lists(22_248, &[vec![1, 2]]).unwrap();
        let mapping = crate::flow::naive(&resolved, &bags, &()).unwrap();
        let table = IntTable::new(16, 8, vec![0; 22_248 * 16]);
        let contents = Contents::new(&mapping, &table, &resolved).unwrap();
        let told = |name: &str, (from, to), preload| {
            let waves = Waves {
                path: name.into(),
                from,
                to,
            };
            let run = RunSpec {
                preload,
                waves: Some(waves.clone()),
                ..RunSpec::default()
            };
            note(&waves, &run, 1671, &contents).unwrap()
        };
        insta::assert_snapshot!(told("w.fst", (0, u64::MAX), Preload::Port), @"note: with waves, the model takes 2 to 4 times as long to build and 4 to 7 times as long to run; w.fst will have about 695 MB for 6319495 cycles, 6317824 of them to fill the memories (`--preload images` does without them; --wave-from and --wave-to cut it)");
        insta::assert_snapshot!(told("w.vcd", (0, u64::MAX), Preload::Images), @"note: with waves, the model takes 2 to 4 times as long to build and 4 to 7 times as long to run; w.vcd will have about 3 MB for 1671 cycles, 0 of them to fill the memories (--wave-from and --wave-to cut it)");
        insta::assert_snapshot!(told("w.vcd", (1000, 1100), Preload::Port), @"note: with waves, the model takes 2 to 4 times as long to build and 4 to 7 times as long to run; w.vcd will have about 220 kB for 100 cycles, 6317824 of them to fill the memories (`--preload images` does without them; --wave-from and --wave-to cut it)");
    }
}
