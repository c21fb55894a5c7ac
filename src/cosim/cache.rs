//! The folder of finished models and learned mappings, which no job depends on.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

use crate::error::Result;
use crate::io::temporary_folder;
use crate::progress::Progress;

/// `$RECROSS_CACHE` if set, else `recross` in the user's cache folder, else in the temporary
/// folder.
pub fn default_cache_dir() -> PathBuf {
    let var = |name: &str| {
        std::env::var_os(name)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    if let Some(dir) = var("RECROSS_CACHE") {
        return dir;
    }
    var("XDG_CACHE_HOME")
        .or_else(|| var("HOME").map(|home| home.join(".cache")))
        .unwrap_or_else(std::env::temp_dir)
        .join("recross")
}

/// The cache folder, and what replaces it for the rest of a job once it turned out not to be usable.
/// Clones share both.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    temporary: Option<TempDir>,
    /// Whether models are kept in the temporary folder.
    given_up: bool,
    /// What to tell the user, who is told once.
    note: Option<String>,
    told: bool,
}

impl Default for Cache {
    /// The user's cache folder.
    fn default() -> Self {
        Cache::new(default_cache_dir())
    }
}

impl Cache {
    /// A cache in `folder`; nothing is made yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Cache {
            folder: folder.into(),
            state: Arc::default(),
        }
    }

    /// The folder as it was given.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where models are kept now: the folder, or a temporary one after [`Cache::give_up`].
    pub(super) fn models(&self) -> PathBuf {
        let state = self.state();
        match &state.temporary {
            Some(temporary) if state.given_up => temporary.path().to_path_buf(),
            _ => self.folder.clone(),
        }
    }

    /// Keeps models in a temporary folder from now on.
    ///
    /// # Errors
    /// As [`temporary_folder`].
    pub(super) fn give_up(&self, reason: &str) -> Result<PathBuf> {
        self.temporary()?;
        self.state().given_up = true;
        self.missed(reason);
        Ok(self.models())
    }

    /// A temporary folder that lives as long as the cache.
    ///
    /// # Errors
    /// As [`temporary_folder`].
    pub(super) fn temporary(&self) -> Result<PathBuf> {
        let mut state = self.state();
        let folder = match state.temporary.take() {
            Some(folder) => folder,
            None => temporary_folder()?,
        };
        let path = folder.path().to_path_buf();
        state.temporary = Some(folder);
        Ok(path)
    }

    /// Remembers that the folder could not be used.
    pub fn missed(&self, reason: &str) {
        self.remember(format!(
            "note: the cache folder {} cannot be used ({reason}); going on without it; name another \
             with --cache or RECROSS_CACHE",
            self.folder.display()
        ));
    }

    /// Remembers that a model could not be loaded from the folder, but could from elsewhere.
    pub(super) fn not_loaded(&self, reason: &str) {
        self.remember(format!(
            "note: a model could not be loaded from the cache folder {} ({reason}); a copy in a \
             temporary folder is used; name another folder with --cache or RECROSS_CACHE",
            self.folder.display()
        ));
    }

    fn remember(&self, text: String) {
        self.state().note.get_or_insert(text);
    }

    /// Tells the user what was remembered, once.
    pub fn tell(&self, progress: &dyn Progress) {
        let text = {
            let mut state = self.state();
            match state.told {
                true => None,
                false => state.note.clone().inspect(|_| state.told = true),
            }
        };
        if let Some(text) = text {
            progress.note(&text);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is whole whatever a thread that panicked was doing.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P: Into<PathBuf>> From<P> for Cache {
    fn from(folder: P) -> Self {
        Cache::new(folder)
    }
}
