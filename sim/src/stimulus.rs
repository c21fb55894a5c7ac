//! Writes the stimulus file that the plain C++ program reads.

use std::io::Write;
use std::path::Path;

use crate::design::Design;
use crate::error::Error;
use crate::request::RunRequest;

/// `VMSTSIM1`, as a little-endian number; the same is in `main.cpp`.
const MAGIC: u64 = 0x314d_4953_5453_4d56;

/// Writes `request` as a stimulus file for the program that [`crate::build_main`] builds, which runs it after `reset_cycles` cycles of reset.
///
/// The file consists of 64-bit little-endian numbers. It begins with a magic number, reset cycles, cycle limit, idle limit, drain cycles,
/// number of inputs and number of outputs. For each input follow its number of items, stall share and generator state, then the items'
/// 32-bit words in pairs, low half first. For each output follow its expected items, stall share and generator state. The file appears
/// under its name only when it is complete.
///
/// # Errors
/// [`Error::Design`] where the design contradicts itself, [`Error::Request`] where the request does not fit the design, and [`Error::Io`].
pub fn write_stimulus(
    path: &Path,
    design: &Design,
    request: &RunRequest<'_>,
    reset_cycles: u64,
) -> Result<(), Error> {
    design.validate()?;
    let plan = request.resolve(design)?;
    let limits = request.limits();
    let mut numbers = vec![
        MAGIC,
        reset_cycles,
        limits.max,
        limits.idle,
        limits.drain,
        design.inputs.len() as u64,
        design.outputs.len() as u64,
    ];
    for input in plan.inputs {
        numbers.extend([
            input.items,
            u64::from(input.stall.per_1024),
            input.stall.pattern().state(),
        ]);
        numbers.extend(
            input.words.chunks(2).map(|pair| {
                u64::from(pair[0]) | pair.get(1).map_or(0, |&high| u64::from(high) << 32)
            }),
        );
    }
    for output in plan.outputs {
        numbers.extend([
            output.expect,
            u64::from(output.stall.per_1024),
            output.stall.pattern().state(),
        ]);
    }
    let folder = path
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."));
    let mut file =
        tempfile::NamedTempFile::new_in(folder).map_err(Error::io("creating a file in", folder))?;
    let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
    file.write_all(&bytes).map_err(Error::io("writing", path))?;
    file.persist(path)
        .map_err(|e| Error::io("writing", path)(e.error))?;
    Ok(())
}
