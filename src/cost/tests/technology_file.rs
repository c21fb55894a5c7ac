//! Reading, overriding and checking of the technology file.

use super::*;
use crate::error::Error;

fn refused(text: &str) -> String {
    match Technology::from_toml(text, "mine.toml") {
        Err(e @ (Error::Config { .. } | Error::ConfigText { .. })) => e.to_string(),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn a_users_file_overrides_any_part() {
    let t = technology(
        "[adc]\nmodel = \"murmann\"\n[adc.flash]\nungated = 0.25\n\
         energy = { at = [1, 8], value = [2, 2000], source = \"my chip\", mark = \"published\" }\n\
         [array.wordline]\nvalue = 30\nunit = \"fJ\"\n[cpu]\nmemory = \"lpddr4\"\n",
    );
    assert_eq!(t.adc.model, AdcModel::Always(Converter::Murmann));
    assert_eq!(
        (t.adc.flash.ungated.value, t.adc.flash.ungated.mark),
        (0.25, Mark::User)
    );
    assert_eq!(t.adc.flash.energy.value(4.5), 1001.0);
    let curve = &t.adc.flash.energy;
    assert_eq!(
        (curve.source.as_str(), curve.mark),
        ("my chip", Mark::Published)
    );
    assert_eq!(
        (t.array.wordline.value, t.array.wordline.source.as_str()),
        (30.0, "test")
    );
    assert_eq!(t.cpu.memory, MemoryKind::Lpddr4);
    assert_eq!(t.array.cell_area, technology("").array.cell_area);
    // The file that `recross init --technology` prints is valid, and equals the built-in numbers.
    let all = technology(DEFAULT_TECHNOLOGY);
    assert_eq!(all, technology(""));
}

#[test]
fn wrong_files_are_rejected_with_key_and_reason() {
    for (text, parts) in [
        (
            "[array]\nwordlines = 1\n",
            [
                "mine.toml:2: array.wordlines",
                "did you mean array.wordline?",
            ],
        ),
        ("[arrays]\n", ["arrays", "did you mean array?"]),
        ("array = 3\n", ["array is 3", "a section, [array]"]),
        (
            "[array]\nwordline = -1\n",
            ["array.wordline.value", "not negative"],
        ),
        (
            "[array]\nwordline = nan\n",
            ["array.wordline.value", "finite"],
        ),
        (
            "[array]\nwordline = inf\n",
            ["array.wordline.value", "finite"],
        ),
        (
            "[array]\nwordline = \"27\"\n",
            ["array.wordline", "a number"],
        ),
        (
            "[array.wordline]\nvalue = [1]\n",
            ["array.wordline.value", "a number"],
        ),
        (
            "[array.wordline]\nunit = \"pJ\"\n",
            ["array.wordline.unit", "`fJ`"],
        ),
        (
            "[array.wordline]\nunit = 1\n",
            ["array.wordline.unit", "text in quotes"],
        ),
        (
            "[array.wordline]\nunits = \"fJ\"\n",
            ["array.wordline.units", "did you mean array.wordline.unit?"],
        ),
        (
            "[array.wordline]\nmark = \"sure\"\n",
            [
                "array.wordline.mark is `sure`",
                "use `published`, `computed`",
            ],
        ),
        (
            "[adc]\nmodel = \"pipeline\"\n",
            [
                "adc.model is `pipeline`",
                "use `as_configured`, `flash`, `sar` or `murmann`",
            ],
        ),
        (
            "[adc]\nmodel = 1\n",
            ["adc.model is 1", "use `as_configured`"],
        ),
        (
            "[cpu]\nmemory = \"tape\"\n",
            ["cpu.memory is `tape`", "use `lpddr4`, `ddr3`"],
        ),
        ("[cpu]\nbandwidth = 0\n", ["cpu.bandwidth", "more than 0"]),
        ("[gpu]\nefficiency = 1.5\n", ["gpu.efficiency", "at most 1"]),
        (
            "[adc.flash]\nenergy = 3\n",
            ["adc.flash.energy", "`at` and `value`"],
        ),
        (
            "[adc.flash.energy]\nvalue = [1, 2]\n",
            ["adc.flash.energy", "as many values"],
        ),
        (
            "[adc.sar.rows]\nat = [8, 1, 64]\n",
            ["adc.sar.rows.at", "ascending"],
        ),
        (
            "[adc.sar.rows]\nat = []\nvalue = []\n",
            ["adc.sar.rows.at", "a list"],
        ),
        (
            "[adc.sar.rows]\nvalue = [3, 2, 1]\n",
            ["adc.sar.rows", "positive, ascending"],
        ),
        (
            "[adc.sar.rows]\nvalue = [1, nan, 3]\n",
            ["adc.sar.rows.value", "finite"],
        ),
        ("[array\n", ["mine.toml:1", "TOML"]),
    ] {
        let message = refused(text);
        for part in parts {
            assert!(message.contains(part), "{text:?}: {message}");
        }
    }
}

#[test]
fn every_number_of_the_built_in_file_has_a_source() {
    let table: toml::Table = DEFAULT_TECHNOLOGY.parse().unwrap();
    fn walk(path: &str, value: &toml::Value, seen: &mut usize) {
        let toml::Value::Table(t) = value else { return };
        if !t.contains_key("value") {
            return t
                .iter()
                .for_each(|(k, v)| walk(&format!("{path}.{k}"), v, seen));
        }
        *seen += 1;
        for key in ["unit", "source", "mark"] {
            let text = t.get(key).and_then(toml::Value::as_str);
            assert!(text.is_some_and(|s| !s.is_empty()), "{path}.{key}");
        }
        assert!(t["node"].is_str(), "{path}.node");
    }
    let mut seen = 0;
    table.iter().for_each(|(k, v)| walk(k, v, &mut seen));
    assert!(seen > 50, "{seen}");
}
