//! Mappings that were learned before: the same history and configuration need not be learned again.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::config::Resolved;
use crate::cosim::Cache;
use crate::error::{Error, Result};
use crate::formats::trace::Bags;
use crate::learn;
use crate::mapping::Mapping;
use crate::progress::Progress;

/// A mapping and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Recalled {
    /// The mapping.
    pub mapping: Mapping,
    /// Whether an earlier run learned it.
    pub from_cache: bool,
    /// Whether the user ended the search early. Such a mapping is not kept.
    pub interrupted: bool,
}

/// As [`mapping::learn`], or the mapping that an earlier call with the same arguments left in the
/// folder of `cache`. One that is damaged is learned again. Another
/// build of this program learns for itself. A mapping that cannot be left in the folder is no error:
/// the user is told.
///
/// # Errors
/// As [`mapping::learn`].
pub fn learn_or_recall(
    resolved: &Resolved,
    history: &Bags,
    cache: &Cache,
    progress: &dyn Progress,
) -> Result<Recalled> {
    let path = entry(resolved, history, cache.folder())?;
    if let Ok(mapping) = Mapping::read(&path)
        && mapping
            .validate(resolved, history.embeddings(), &path)
            .is_ok()
    {
        return Ok(Recalled {
            mapping,
            from_cache: true,
            interrupted: false,
        });
    }
    let learned = learn::learn_with_report(resolved, history, progress)?;
    let interrupted = learned.interrupted();
    let mapping = learned.mapping;
    if !interrupted && let Err(e) = mapping.write(&path) {
        cache.missed(&e.to_string());
        cache.tell(progress);
    }
    Ok(Recalled {
        mapping,
        from_cache: false,
        interrupted,
    })
}

fn entry(resolved: &Resolved, history: &Bags, cache: &Path) -> Result<PathBuf> {
    let mut key = blake3::Hasher::new();
    key.update(&program());
    // Neither names nor simulation change where anything lies.
    let mut config = resolved.config.clone();
    config.rtl = Default::default();
    config.simulation = Default::default();
    let config = serde_json::to_vec(&config)
        .map_err(|e| Error::argument("config", e.to_string(), "a configuration", ""))?;
    if let Some(path) = resolved.technology_file() {
        key.update(&std::fs::read(&path).map_err(Error::io("read", &path))?);
    }
    for part in [config.len(), history.len(), history.parts().len()] {
        key.update(&(part as u64).to_le_bytes());
    }
    for &first in history.parts() {
        key.update(&(first as u64).to_le_bytes());
    }
    key.update(&config);
    key.update(&history.embeddings().to_le_bytes());
    let mut bytes = Vec::new();
    for bag in history.iter() {
        bytes.extend_from_slice(&(bag.len() as u32).to_le_bytes());
        bytes.extend(bag.iter().flat_map(|id| id.0.to_le_bytes()));
        if bytes.len() > 1 << 20 {
            key.update(&bytes);
            bytes.clear();
        }
    }
    key.update(&bytes);
    let name = format!("{}.json", key.finalize().to_hex());
    Ok(cache.join("mappings").join(name))
}

/// What tells one build of this program from another: version, size and time of its file.
pub(crate) fn program() -> Vec<u8> {
    let mut out = env!("CARGO_PKG_VERSION").as_bytes().to_vec();
    let file = std::env::current_exe().and_then(std::fs::metadata);
    if let Ok(file) = file {
        out.extend(file.len().to_le_bytes());
        let time = file.modified().ok();
        let time = time.and_then(|t| t.duration_since(SystemTime::UNIX_EPOCH).ok());
        out.extend(time.unwrap_or_default().as_nanos().to_le_bytes());
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn what_was_learned_is_recalled_for_the_same_arguments_only() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path());
        let lists: Vec<Vec<u32>> = (0..300).map(|i| vec![i % 90, i * 7 % 90, 89]).collect();
        let bags = Bags::from_lists(90, &lists).unwrap();
        let config = Config::default();
        let learn = |config: &Config, bags: &Bags| {
            let resolved = config.clone().resolve("test").unwrap();
            let recalled = learn_or_recall(&resolved, bags, &cache, &()).unwrap();
            (recalled.mapping, recalled.from_cache)
        };
        let (first, recalled) = learn(&config, &bags);
        assert!(!recalled);
        assert_eq!(learn(&config, &bags), (first.clone(), true));
        let mut stalls = config.clone();
        stalls.simulation.input_idle = 100;
        assert!(learn(&stalls, &bags).1);
        let mut seed = config.clone();
        seed.mapping.seed = 7;
        assert!(!learn(&seed, &bags).1);
        assert!(!learn(&config, &bags.slice(0..299)).1);

        // Damaged entries are learned again.
        for entry in std::fs::read_dir(folder.path().join("mappings")).unwrap() {
            std::fs::write(entry.unwrap().path(), b"{\"format\":1,").unwrap();
        }
        assert_eq!(learn(&config, &bags), (first.clone(), false));
        assert_eq!(learn(&config, &bags), (first, true));
    }
}
