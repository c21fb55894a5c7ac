//! Lookup traces: reading, writing, looking at and making them.

mod bags;

pub use bags::Bags;
