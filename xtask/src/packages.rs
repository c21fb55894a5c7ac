//! Emits RTL packages for lint.

use crate::Outcome;
use recross::config::{Config, PRESETS};
use recross::rtl::Package;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder to write to: `OUT/preset_NAME` for a preset, `OUT/NAME` for `NAME.toml`
    out: PathBuf,
    /// Configurations
    configs: Vec<PathBuf>,
}

pub fn run(args: &Args) -> Outcome<()> {
    for preset in PRESETS {
        let resolved = preset.config().resolve(preset.name)?;
        let folder = args.out.join(format!("preset_{}", preset.name));
        Package::emit(&resolved)?.write(&folder)?;
    }
    for file in &args.configs {
        let name = file.file_stem().map(Path::new).ok_or("not a file")?;
        Package::emit(&Config::load(file)?)?.write(&args.out.join(name))?;
    }
    Ok(())
}
