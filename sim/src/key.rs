//! The names of cache entries: a hash of everything that goes into a build.

use crate::toolchain::Toolchain;

/// A key under construction. Every part is hashed with its length, so that no two lists of parts give the same bytes.
pub(crate) struct Key(blake3::Hasher);

impl Key {
    pub(crate) fn new(tools: &Toolchain) -> Self {
        let mut key = Self(blake3::Hasher::new());
        key.add(env!("CARGO_PKG_VERSION"))
            .add(tools.version_text())
            .add(tools.cxx_version())
            .add(tools.cxx_name());
        key
    }

    pub(crate) fn add(&mut self, part: impl AsRef<[u8]>) -> &mut Self {
        let part = part.as_ref();
        self.0.update(&(part.len() as u64).to_le_bytes());
        self.0.update(part);
        self
    }

    pub(crate) fn finish(&self, stem: &str) -> String {
        let hex = self.0.finalize().to_hex();
        format!("{stem}-{}", &hex.as_str()[..32])
    }
}
