//! Emits RTL packages: one for each preset, and one for each configuration file that is named.
//!
//! `cargo run --example packages -- OUT [CONFIG.toml ...]` writes `OUT/preset_<name>` and `OUT/<file name>`;
//! `scripts/lint.sh` checks them all.

use recross::config::{Config, PRESETS};
use recross::rtl::Package;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let out = arguments.next().ok_or("name the folder to write to")?;
    for preset in PRESETS {
        let resolved = preset.config().resolve(preset.name)?;
        Package::emit(&resolved)?.write(&out.join(format!("preset_{}", preset.name)))?;
    }
    for file in arguments {
        let name = file.file_stem().map(Path::new).ok_or("not a file")?;
        Package::emit(&Config::load(&file)?)?.write(&out.join(name))?;
    }
    Ok(())
}
