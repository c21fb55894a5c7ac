//! Grouping methods: which embeddings share a crossbar.

mod counts;
mod pack;
mod recross;
mod simple;

pub(in crate::learn) use counts::bag_counts;
pub(in crate::learn) use recross::recross;
pub(in crate::learn) use simple::{frequency, id_order, random};
