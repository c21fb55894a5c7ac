//! What was generated.

use serde::Serialize;

use super::{DesignReport, Head, LayoutReport};

/// What `recross gen` says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GenReport {
    /// Version and command.
    #[serde(flatten)]
    pub head: Head,
    /// The design.
    pub design: DesignReport,
    /// The mapping of the memory images, if there are any.
    pub mapping: Option<LayoutReport>,
    /// The package's folder.
    pub folder: String,
    /// Its top module.
    pub top: String,
    /// Its file list.
    pub file_list: String,
    /// Files of the package.
    pub package_files: u64,
    /// Memory images.
    pub image_files: u64,
    /// All files written.
    pub files: Vec<String>,
}
