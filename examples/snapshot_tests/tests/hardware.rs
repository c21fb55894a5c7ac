//! The hardware that recross generates for `engine.toml` stays as it was reviewed.

use recross::{config::Config, rtl::Package};

#[test]
fn generated_hardware_is_as_reviewed() -> recross::Result<()> {
    let config = Config::from_toml(include_str!("../engine.toml"), "engine.toml")?;
    let package = Package::emit(&config.resolve("engine.toml")?)?;
    insta::with_settings!({ prepend_module_to_snapshot => false }, {
        for (name, text) in package.generated_files() {
            insta::assert_snapshot!(name, text);
        }
    });
    Ok(())
}
