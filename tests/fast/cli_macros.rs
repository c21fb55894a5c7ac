//! Faults of the analog macros: rows whose writes fail.

use crate::cli::*;
use insta::assert_snapshot;

const COSIM: &str = "cosim --config c.toml --trace t.bags";

#[test]
fn bad_places_of_a_failing_row() {
    let place = Place::new();
    let bad = |more: &str| place.bad(2, &format!("{COSIM} {more}"));
    assert_snapshot!(bad("--preload port --fail-write 0:1:5"), @"");
    assert_snapshot!(bad("--fail-write 0:0:0:1"), @"");
    assert_snapshot!(bad("--preload port --fail-write 2:0:0:1"), @"");
    assert_snapshot!(bad("--preload port --fail-write 0:2:0:1"), @"");
    assert_snapshot!(bad("--preload port --fail-write 0:0:16:1"), @"");
    assert_snapshot!(bad("--preload port --fail-write 0:0:0:8"), @"");
    // The last crossbar is free.
    assert_snapshot!(bad("--preload port --fail-write 1:1:15:0"), @"");
}

/// A write fails on demand, and is reported with its place.
#[test]
fn a_failed_write_is_reported() {
    let place = Place::new();
    let line = format!("{COSIM} --preload port");
    place.good(&line);
    assert_snapshot!(place.bad(1, &format!("{line} --fail-write 0:1:0:3")), @"");
}
