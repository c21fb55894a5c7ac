//! Faults of the analog macros: rows whose writes fail.

use crate::cli::*;
use insta::assert_snapshot;

const COSIM: &str = "cosim --config c.toml --trace t.bags";

#[test]
fn bad_places_of_a_failing_row() {
    let place = Place::new();
    let bad = |more: &str| place.bad(2, &format!("{COSIM} {more}"));
    assert_snapshot!(bad("--preload port --fail-write 0:1:5"), @"
    error: invalid value '0:1:5' for '--fail-write <LANE:BANK:CROSSBAR:ROW>': expected lane, bank, crossbar and row: four whole numbers with `:` between them, as in `0:1:0:5`

    For more information, try '--help'.
    ");
    assert_snapshot!(bad("--fail-write 0:0:0:1"), @"
    error: argument --fail-write: found 0:0:0:1 with memories filled from images, expected rows written through the control slave, since images write nothing
    help: add `--preload port`
    ");
    assert_snapshot!(bad("--preload port --fail-write 2:0:0:1"), @"error: argument --fail-write: found lane 2 in `2:0:0:1`, expected a lane from 0 to 1");
    assert_snapshot!(bad("--preload port --fail-write 0:2:0:1"), @"error: argument --fail-write: found bank 2 in `0:2:0:1`, expected a bank from 0 to 1");
    assert_snapshot!(bad("--preload port --fail-write 0:0:16:1"), @"error: argument --fail-write: found crossbar 16 in `0:0:16:1`, expected a crossbar from 0 to 15");
    assert_snapshot!(bad("--preload port --fail-write 0:0:0:8"), @"error: argument --fail-write: found row 8 in `0:0:0:8`, expected a row from 0 to 7");
    // The last crossbar is free.
    assert_snapshot!(bad("--preload port --fail-write 1:1:15:0"), @"
    error: argument --fail-write: found row `1:1:15:0`, which this run does not write, expected a crossbar that the driven bags use
    help: rows without an embedding, and crossbars that no driven bag uses, are not written
    ");
}

/// A write fails on demand, and is reported with its place.
#[test]
fn a_failed_write_is_reported() {
    let place = Place::new();
    let line = format!("{COSIM} --preload port");
    place.good(&line);
    assert_snapshot!(place.bad(1, &format!("{line} --fail-write 0:1:0:3")), @"
    error: the write of lane 0, bank 1, crossbar 0, row 3 failed
    help: the macro could not verify the cells of the row; results that use it are undefined
    ");
}
