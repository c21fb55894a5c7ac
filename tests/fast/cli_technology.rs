//! The technology file on the command line.

use crate::cli::*;
use insta::assert_snapshot;

/// `c.toml` with a technology file beside it.
fn with_technology(text: &str) -> Place {
    let place = Place::new();
    place.write("tech.toml", text);
    let config = place.read("c.toml");
    place.write("c.toml", config + "\n[technology]\nfile = \"tech.toml\"\n");
    place
}

#[test]
fn init_prints_a_file_that_is_accepted() {
    let text = Place::new().good("init --technology").out;
    assert_eq!(text, recross::technology::DEFAULT_TECHNOLOGY);
    with_technology(&text).good("config --config c.toml");
    let json = Place::new().good("--json init --technology").out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["array"]["wordline"]["value"], 27.6);
    assert_eq!(json["array"]["wordline"]["key"], "array.wordline");
}

#[test]
fn the_file_is_found_beside_the_configuration() {
    let place = with_technology("[array]\nwordline = 30\n");
    std::fs::create_dir(place.path("d")).unwrap();
    for file in ["c.toml", "tech.toml"] {
        std::fs::rename(place.path(file), place.path(&format!("d/{file}"))).unwrap();
    }
    place.good("config --config d/c.toml");
    std::fs::remove_file(place.path("d/tech.toml")).unwrap();
    place.write("tech.toml", "");
    assert_snapshot!(place.bad(2, "config --config d/c.toml"), @"
    error: cannot read d/tech.toml: No such file or directory (os error 2)
    help: check the path: it does not exist
    ");
}

#[test]
fn wrong_numbers_are_rejected_before_any_work() {
    let message = |text: &str| {
        let place = with_technology(text);
        let said = place.bad(2, "run --config c.toml --trace t.bags --out o");
        assert!(!place.path("o").exists());
        said
    };
    assert_snapshot!(message("[array]\nwordline = -1\n"), @"
    error: configuration tech.toml:2: key `array.wordline.value`: found -1, expected a finite number, not negative
    help: `recross init --technology` prints every number with its unit and source
    ");
    assert_snapshot!(message("[array.wordline]\nvalue = 3\nunit = \"nJ\"\n"), @"
    error: configuration tech.toml:3: key `array.wordline.unit`: found `nJ`, expected `fJ`
    help: `recross init --technology` prints every number with its unit and source
    ");
    assert_snapshot!(message("[array]\nwordlin = 1\n"), @"
    error: configuration tech.toml:2: array.wordlin is not a key; did you mean array.wordline?
    help: the keys of [array] are wordline, cell_read, leakage, write, write_pulse, endurance, cell_area, feature
    ");
    assert!(message("[array\n").starts_with("error: configuration tech.toml:1: this is not TOML"));
}

/// A run's output folder can be used as it is: its configuration names the copy of the file beside
/// it.
#[test]
fn a_run_keeps_the_file_beside_the_configuration() {
    let place = with_technology("[array]\nwordline = 30\n");
    place.good("run --config c.toml --trace t.bags --out o/p");
    assert_eq!(
        place.read("o/p/technology.toml"),
        "[array]\nwordline = 30\n"
    );
    assert!(
        place
            .read("o/p/config.toml")
            .contains("file = \"technology.toml\"")
    );
    place.good("config --config o/p/config.toml");
}
