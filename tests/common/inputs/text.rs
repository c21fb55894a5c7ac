//! Configurations and technology files.

use super::told;
use recross::config::{Config, Resolved, Settings, annotated_template};
use recross::hardware::{CounterMap, Params, geometry};
use recross::technology::{MacroArea, Technology};

/// Lines that begin with `--set ` are arguments, the rest is the file.
pub fn config(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (set, file): (Vec<&str>, Vec<&str>) = text.lines().partition(|l| l.starts_with("--set "));
    let set: Vec<String> = set.iter().map(|l| l[6..].to_owned()).collect();
    let settings = told(Settings::parse(&set)).unwrap_or_default();
    let Some(config) = told(Config::from_toml(&file.join("\n"), "file")) else {
        return;
    };
    let again = |config: &Config| {
        let text = annotated_template(config).unwrap();
        assert_eq!(
            Config::from_toml(&text, "again").unwrap(),
            *config,
            "{text}"
        );
    };
    again(&config);
    let Some(resolved) = told(config.resolve_with(&settings, "file")) else {
        return;
    };
    again(&resolved.config);
    used(&resolved);
}

/// What every command derives from a configuration.
fn used(resolved: &Resolved) {
    let params = Params::new(resolved);
    assert_ne!(geometry(&params), 0);
    assert!(CounterMap::new(&params).address_bits() <= 32);
    let r = &resolved.config;
    let last = resolved.bank(r.engine.lanes - 1, r.engine.banks_per_lane - 1);
    assert_eq!(last.0 + 1, r.engine.lanes * r.engine.banks_per_lane);
    for rows in 1..=resolved.max_active_rows {
        assert!(resolved.adc_level(rows) < resolved.adc_levels.len());
        assert!(resolved.activation_cycles(rows) > 0);
    }
}

/// The text of a technology file.
pub fn technology(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Some(technology) = told(Technology::from_toml(&text, "file")) else {
        return;
    };
    for preset in recross::config::PRESETS {
        let resolved = preset.config().resolve("preset").unwrap();
        let mut used = Default::default();
        let area = MacroArea::new(&resolved, &technology, &mut used).total();
        assert!(area >= 0.0, "{area}");
    }
}
