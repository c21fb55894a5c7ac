//! Two packages in one chip: each tool takes both.
use recross::config::{Config, Resolved};
use recross::rtl::{self, MANIFEST, Package};
use std::path::Path;
use std::process::{Command, Stdio};

fn config(name: &str, prefix: &str) -> Resolved {
    let path = format!(
        "{}/tests/snapshots/configs/{name}.toml",
        env!("CARGO_MANIFEST_DIR")
    );
    let resolved = Config::load(Path::new(&path)).unwrap();
    resolved
        .with("test", |c| c.rtl.prefix = prefix.to_owned())
        .unwrap()
}

/// The words of a text, as Verilog cuts them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '$')
}

#[test]
fn no_name_keeps_the_default_prefix() {
    let default = Package::emit(&config("ports", "recross")).unwrap();
    let package = Package::emit(&config("ports", "emb_b")).unwrap();
    assert_eq!(rtl::top("emb_b"), "emb_b_top");
    assert!(
        package
            .files()
            .any(|(name, _)| name == rtl::file_list("emb_b"))
    );
    for ((old, _), (name, text)) in default.files().zip(package.files()) {
        let renamed = old.starts_with("recross");
        assert_eq!(name, old.replacen("recross", "emb_b", usize::from(renamed)));
        let left: Vec<&str> = words(text).filter(|w| w.starts_with("recross_")).collect();
        assert!(left.is_empty(), "{name}: {left:?}");
        // What is left is the name of the program.
        for (at, _) in text.match_indices("recross") {
            let (before, after) = (&text[..at], &text[at + "recross".len()..]);
            let word = !before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
            assert!(
                !word || after.starts_with(' '),
                "{name}: {}",
                &text[at..at + 30]
            );
        }
    }
    let readme = package
        .files()
        .find(|(name, _)| *name == "README.md")
        .unwrap()
        .1;
    for (name, _) in package.files().filter(|(name, _)| *name != "README.md") {
        assert!(readme.contains(&format!("| `{name}` | ")), "{name}");
    }
    assert!(readme.contains(&format!("| `{MANIFEST}` | ")));
    assert!(readme.contains("+emb_b_images=FOLDER"));
}

#[test]
fn prefixes_with_which_names_of_the_design_begin_are_refused() {
    for prefix in ["clk", "recross_adc", "u", "gen"] {
        let error = Package::emit(&config("small", prefix)).unwrap_err();
        let said = error.to_string();
        assert!(said.contains("key `rtl.prefix`: found "), "{said}");
        assert_eq!(error.exit_status(), 2);
    }
}

/// Whether a tool takes a design without a word; `None` if it is not installed.
fn takes(folder: &Path, program: &str, args: &[&str]) -> Option<bool> {
    let mut command = Command::new(program);
    command.args(args).current_dir(folder).stdin(Stdio::null());
    let slang = concat!(env!("CARGO_MANIFEST_DIR"), "/.tools/slang");
    if program == "python3" {
        if !Path::new(slang).is_dir() {
            return None;
        }
        command.env("PYTHONPATH", slang);
    }
    let out = match command.output() {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return None,
        out => out.unwrap(),
    };
    let said = [out.stdout, out.stderr].concat();
    // Newer versions of Verilator close with lines of statistics.
    let said = String::from_utf8_lossy(&said);
    let said: Vec<&str> = said.lines().filter(|l| !l.starts_with("- ")).collect();
    if !said.is_empty() {
        println!("{program}: {}", said.join("\n"));
    }
    Some(out.status.success() && said.is_empty())
}

/// Whether each tool takes two packages in one run, with a module around them.
fn together(prefixes: [&str; 2]) -> Vec<(&'static str, bool)> {
    let folder = tempfile::tempdir().unwrap();
    let (mut sources, mut synthesised) = (Vec::new(), Vec::new());
    let mut soc = "module soc;\n".to_owned();
    for (name, prefix) in ["small", "ports"].into_iter().zip(prefixes) {
        let package = Package::emit(&config(name, prefix)).unwrap();
        package.write(&folder.path().join(name)).unwrap();
        let path = |(file, _): (&str, &str)| format!("{name}/{file}");
        sources.extend(package.sources().map(path));
        synthesised.extend(package.synthesis_sources().map(path));
        soc += &format!("  {} u_{name} ();\n", rtl::top(prefix));
    }
    std::fs::write(folder.path().join("soc.v"), soc + "endmodule\n").unwrap();
    let list: Vec<&str> = sources.iter().map(String::as_str).collect();
    let (first, second) = (rtl::top(prefixes[0]), rtl::top(prefixes[1]));
    let with = |args: &[&'static str], rest: &[&str]| -> Vec<String> {
        let all = args.iter().chain(rest).chain(&list);
        all.map(|&s| s.to_owned()).collect()
    };
    let read = format!(
        "read_verilog {} soc.v; hierarchy -check -top soc; proc; check -assert",
        synthesised.join(" ")
    );
    let slang = format!(
        "import sys, pyslang\n\
         try:\n    from pyslang.driver import Driver\n\
         except ImportError:\n    from pyslang import Driver\n\
         d = Driver()\n\
         d.addStandardArgs()\n\
         ok = d.parseCommandLine('slang -Wextra -Werror --std 1364-2005 --top {first} --top {second} {}')\n\
         ok = ok and d.processOptions() and d.parseAllSources() and d.runFullCompilation(True)\n\
         sys.exit(0 if ok else 1)\n",
        list.join(" ")
    );
    let verilator = "--lint-only -Wall -Wno-PINMISSING --language 1364-2005 --top-module soc soc.v";
    let verilator: Vec<&str> = verilator.split(' ').collect();
    let runs = [
        ("verilator", with(&[], &verilator)),
        (
            "iverilog",
            with(
                &["-g2005", "-Wall", "-t", "null"],
                &["-s", &first, "-s", &second],
            ),
        ),
        ("yosys", vec!["-q".to_owned(), "-p".to_owned(), read]),
        ("python3", vec!["-c".to_owned(), slang]),
    ];
    let runs = runs.iter().filter_map(|(program, args)| {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        Some((*program, takes(folder.path(), program, &args)?))
    });
    runs.collect()
}

#[test]
fn two_packages_with_different_prefixes_live_in_one_design() {
    let tools = together(["emb_a", "emb_b"]);
    assert!(
        tools.len() >= 2,
        "{tools:?}: install Verilator and Icarus Verilog"
    );
    if std::env::var_os("CI").is_some() {
        let all = "./scripts/tools.sh verilator iverilog yosys slang";
        assert_eq!(tools.len(), 4, "{tools:?}: install the rest with {all}");
    }
    assert!(tools.iter().all(|(_, taken)| *taken), "{tools:?}");
    // The check sees what it is for.
    let tools = together(["recross", "recross"]);
    assert!(tools.iter().all(|(_, taken)| !*taken), "{tools:?}");
}

/// The commands that the README gives, but for those that a simulation needs.
#[test]
fn the_readme_says_how_to_lint_and_to_compile_the_bench() {
    let folder = tempfile::tempdir().unwrap();
    let package = Package::emit(&config("small", "my")).unwrap();
    package.write(folder.path()).unwrap();
    let readme = std::fs::read_to_string(folder.path().join("README.md")).unwrap();
    let mut ran = 0;
    for line in readme.lines() {
        let program = line.split(' ').next().unwrap();
        let lint = line.starts_with("verilator --lint-only") || line.starts_with("yosys ");
        if lint || program == "iverilog" {
            if takes(folder.path(), program, &["--version"]).is_none() {
                continue;
            }
            assert_eq!(
                takes(folder.path(), "sh", &["-c", line]),
                Some(true),
                "{line}"
            );
            ran += 1;
        }
    }
    assert!(ran >= 3, "{ran} commands");
}
