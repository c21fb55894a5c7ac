//! A loaded model library, and the models that are made from it.

use std::sync::Arc;

use crate::built::Built;
use crate::design::Design;
use crate::error::Error;
use crate::model::{Model, ModelOptions};
use crate::raw::Loaded;

/// A loaded model library; cheap to clone, and kept loaded while one of its models lives.
#[derive(Clone)]
pub struct Library(Arc<Loaded>);

impl Library {
    /// Loads what [`crate::build`] built.
    ///
    /// The file's hash, its interface version, and every size that this crate relies on (streams, words per item, probes, wave format) are
    /// checked. Loading runs the file's machine code: the cache folder must be one that only trusted programs write to.
    ///
    /// # Errors
    /// [`Error::Load`] where the file is not such a library, was changed since it was built, or belongs to another design.
    pub fn load(built: &Built) -> Result<Self, Error> {
        Ok(Self(Arc::new(Loaded::open(built)?)))
    }

    /// Creates a model without plusargs.
    ///
    /// # Errors
    /// [`Error::Fatal`] where the model's construction stops.
    pub fn model(&self) -> Result<Model, Error> {
        self.model_with(&ModelOptions::default())
    }

    /// Creates a model.
    ///
    /// # Errors
    /// [`Error::Request`] for a plusarg that does not begin with `+` or has a zero byte, [`Error::Fatal`] where the model's construction
    /// stops.
    pub fn model_with(&self, options: &ModelOptions) -> Result<Model, Error> {
        Model::create(&self.0, options)
    }

    /// The design that was built.
    pub fn design(&self) -> &Design {
        &self.0.design
    }
}
