//! The assertions beside the modules are alive in the co-simulations of the tests: an assertion that
//! fails ends the run, with an error that names the module's file and the line.

use crate::cosim::{build_spec, cosimulate, geometries, random, with_stalls};
use recross::config::Config;
use recross::cosim::{BuildSpec, Preload, Simulator};
use recross::rtl::Package;

/// The error of a run of a package in which `from` was replaced by `to`, and the line of the assertion
/// `label` in the file.
fn broken(
    config: &Config,
    assertions: bool,
    (file, from, to): (&str, &str, &str),
    (asserting, label): (&str, &str),
) -> (Option<String>, usize) {
    let mut config = config.clone();
    config.simulation.idle_limit = 1000;
    let resolved = with_stalls(&config, 100, 700, 1);
    let folder = tempfile::tempdir().unwrap();
    Package::emit(&resolved)
        .unwrap()
        .write(folder.path())
        .unwrap();
    let path = folder.path().join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.matches(from).count(), 1, "{file}: `{from}`");
    std::fs::write(&path, text.replace(from, to)).unwrap();
    let text = std::fs::read_to_string(folder.path().join(asserting)).unwrap();
    let line = 1 + text
        .lines()
        .position(|line| line.contains(&format!("{label}: assert")))
        .expect("a labelled assertion");
    let spec = BuildSpec {
        rtl: Some(folder.path().to_owned()),
        assertions,
        ..build_spec()
    };
    let sim = Simulator::build(&resolved, &spec).unwrap();
    let case = random::case(&resolved, 1);
    let error = match cosimulate(&sim, &resolved, &case, Preload::Port) {
        Ok(checked) => checked.verdict.into_result().err(),
        Err(error) => Some(error),
    };
    let found = error.map(|e| {
        assert_eq!(e.exit_status(), 1, "{e}");
        e.to_string()
    });
    (found, line)
}

/// Requires that the assertion is named, and only where assertions are on.
fn named(config: &Config, edit: (&str, &str, &str), assertion: (&str, &str)) {
    let (found, line) = broken(config, true, edit, assertion);
    let found = found.expect("the assertion fails");
    let place = format!("{}:{line}", assertion.0);
    assert!(found.contains(&place), "no `{place}`: {found}");
    assert!(found.contains(assertion.1), "{found}");
    let (found, _) = broken(config, false, edit, assertion);
    let said = found.unwrap_or_default();
    assert!(!said.contains(assertion.1), "{said}");
}

#[test]
fn result_overwritten() {
    named(
        &geometries::contended(),
        (
            "recross_bank.v",
            "assign convert_full = convert_valid_q && convert_final_q && psum_valid_q;",
            "assign convert_full = 1'b0;",
        ),
        ("recross_bank.v", "no_result_is_overwritten"),
    );
}

#[test]
fn word_taken_from_an_empty_queue() {
    named(
        &geometries::contended(),
        (
            "recross_fifo.v",
            "wire pop = pop_valid_o && pop_ready_i;",
            "wire pop = pop_ready_i;",
        ),
        ("recross_fifo.v", "holds_no_more_than_fits"),
    );
}

#[test]
fn two_results_granted() {
    named(
        &geometries::contended(),
        (
            "recross_merge.v",
            "wire [Banks-1:0] grant = requests & (~requests + ONE);",
            "wire [Banks-1:0] grant = requests;",
        ),
        ("recross_merge.v", "one_grant"),
    );
}

#[test]
fn write_while_the_macro_is_busy() {
    named(
        &geometries::tiny(),
        (
            "recross_writer.v",
            "!resp_q && !prog_busy_i && !sensing_i;",
            "!sensing_i;",
        ),
        ("recross_writer.v", "writes_to_a_free_macro"),
    );
}

#[test]
fn enables_of_another_level() {
    named(
        &geometries::tiny(),
        ("recross_adc_flash.v", "| (LEVEL_0 << level_i)", "| LEVEL_0"),
        ("recross_macro_flash.v", "enables_of_the_level"),
    );
}
