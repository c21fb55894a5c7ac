//! Names of the files with memory images.

/// Name of the image of a bank's array. The model of the crossbars reads it by this name.
pub(crate) fn array_image(lane: u32, bank: u32) -> String {
    format!("lane{lane}_bank{bank}.hex")
}
