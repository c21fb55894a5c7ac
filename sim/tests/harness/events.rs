//! Stops, prints, plusargs, memory images and waves.

use std::path::Path;

use crate::common::{built, events, go, model, options, tools};
use verilated::{
    BuildOptions, Ended, Error, Library, Model, ModelOptions, RunRequest, TraceFormat, build,
};

fn command(model: &mut Model, command: u32) -> Result<verilated::RunOutcome, Error> {
    go(
        model,
        &RunRequest::new().input("command", &[command]).drain(2),
    )
}

#[test]
fn fatal_and_stop_are_errors_and_leave_the_process_alive() {
    let library = Library::load(&built(&events())).unwrap();
    for (code, reason) in [(1, "told to stop"), (3, "$stop")] {
        let mut model = library.model().unwrap();
        command(&mut model, 0).unwrap();
        let Err(Error::Fatal { cycle: 3, message }) = command(&mut model, code) else {
            panic!("no stop")
        };
        assert!(message.contains("events.sv:"), "{message}");
        assert!(message.contains(reason), "{message}");
        assert!(message.contains("command 0\n"), "{message}");
        // A stopped model stays stopped.
        assert!(matches!(command(&mut model, 0), Err(Error::Fatal { .. })));
        assert!(matches!(model.reset(1), Err(Error::Fatal { .. })));
    }
}

#[test]
fn a_loop_that_does_not_settle_is_an_error() {
    let mut model = model(&built(&events()));
    let error = command(&mut model, 5).unwrap_err().to_string();
    assert!(error.contains("did not converge"), "{error}");
}

#[test]
fn finish_ends_the_run_and_the_model() {
    let mut model = model(&built(&events()));
    let outcome = command(&mut model, 2).unwrap();
    assert_eq!((outcome.ended, outcome.cycles), (Ended::Finish, 1));
    assert_eq!(
        command(&mut model, 0).unwrap_err().to_string(),
        "the model has executed $finish in cycle 1 and cannot be run any further; create a new model"
    );
    assert_eq!(model.take_log(), "command 2\n");
    assert_eq!(model.take_log(), "");
}

#[test]
fn assertions_are_checked_only_where_asked() {
    let mut off = model(&built(&events()));
    command(&mut off, 4).unwrap();
    let with = BuildOptions {
        assertions: true,
        ..options()
    };
    let mut on = model(&build(&tools(), &events(), &with).unwrap());
    let error = command(&mut on, 4).unwrap_err().to_string();
    assert!(error.contains("value is 0"), "{error}");
}

#[test]
fn plusargs_and_memory_images_reach_the_design() {
    let dir = tempfile::tempdir().unwrap();
    let image = dir.path().join("m.hex");
    std::fs::write(&image, "01 02 a3 04\n").unwrap();
    let library = Library::load(&built(&events())).unwrap();
    let create = |plusargs: &[String]| {
        library.model_with(&ModelOptions {
            plusargs: plusargs.to_vec(),
        })
    };
    let mut given = create(&["+given=8".into(), format!("+image={}", image.display())]).unwrap();
    let mut plain = create(&[]).unwrap();
    for (model, value, looked_up) in [(&mut given, 9, 0xa3), (&mut plain, 1, 0)] {
        command(model, 0).unwrap();
        assert_eq!(model.probe("value").unwrap(), [value]);
        assert_eq!(model.probe("looked_up").unwrap(), [looked_up]);
    }
    let refused = |plusarg: &str| create(&[plusarg.into()]).err().unwrap().to_string();
    assert_eq!(
        refused("x"),
        "simulation request: plusarg `x` does not begin with `+`"
    );
    assert_eq!(
        refused("+x\0"),
        "simulation request: plusarg `+x\\0` has a zero byte"
    );
}

/// The times in a VCD file.
fn vcd_times(path: &Path) -> Vec<u64> {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains("$enddefinitions"));
    text.lines()
        .filter_map(|l| l.strip_prefix('#'))
        .map(|t| t.parse().unwrap())
        .collect()
}

#[test]
fn vcd_waves_keep_to_their_window() {
    let with = BuildOptions {
        trace: TraceFormat::Vcd,
        ..options()
    };
    let built = build(&tools(), &events(), &with).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let mut model = model(&built);
    model.trace(&path("a.vcd"), 10, 20).unwrap();
    assert!(!path("a.vcd").exists());
    go(&mut model, &RunRequest::new().drain(15)).unwrap();
    // Open, and under its temporary name.
    assert!(!path("a.vcd").exists() && path("a.vcd.part").exists());
    go(&mut model, &RunRequest::new().drain(15)).unwrap();
    assert!(!path("a.vcd.part").exists());
    // The clock changes in every half cycle.
    assert_eq!(vcd_times(&path("a.vcd")), (20..40).collect::<Vec<_>>());
    assert_eq!(model.finish_trace().unwrap(), None);
    // A second window, closed by dropping the model.
    model.trace(&path("b.vcd"), 0, u64::MAX).unwrap();
    go(&mut model, &RunRequest::new().drain(3)).unwrap();
    drop(model);
    assert_eq!(vcd_times(&path("b.vcd")), (60..66).collect::<Vec<_>>());
    // A window that never comes leaves no file; one that is finished early is named.
    let mut model = crate::common::model(&built);
    model.trace(&path("c.vcd"), 100, 200).unwrap();
    go(&mut model, &RunRequest::new().drain(3)).unwrap();
    model.trace(&path("d.vcd"), 3, 200).unwrap();
    go(&mut model, &RunRequest::new().drain(1)).unwrap();
    assert_eq!(model.finish_trace().unwrap(), Some(path("d.vcd")));
    assert_eq!(vcd_times(&path("d.vcd")), [6, 7]);
    let mut names: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["a.vcd", "b.vcd", "d.vcd"]);
    let missing = path("no/such.vcd");
    let error = model.trace(&missing, 0, 1).unwrap_err().to_string();
    assert!(
        error.starts_with(&format!("wave file: creating {}.part: ", missing.display())),
        "{error}"
    );
}

#[test]
fn fst_waves_have_a_header_with_their_window() {
    let with = BuildOptions {
        trace: TraceFormat::Fst,
        ..options()
    };
    let built = match build(&tools(), &events(), &with) {
        Ok(built) => built,
        // Newer versions need lz4, which a machine may lack: then the message must say so.
        Err(error @ Error::TraceLibrary { .. }) => {
            assert!(error.is_missing_tool());
            let text = error.to_string();
            assert!(text.contains("-dev`) or trace as VCD"), "{text}");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.fst");
    let mut model = model(&built);
    model.trace(&path, 5, 9).unwrap();
    go(&mut model, &RunRequest::new().drain(20)).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let number = |at: usize| u64::from_be_bytes(bytes[at..at + 8].try_into().unwrap());
    // Header block: type 0, length 329, first and last time.
    assert_eq!((bytes[0], number(1)), (0, 329));
    assert_eq!((number(9), number(17)), (10, 17));
}

#[test]
fn waves_of_a_model_without_them_are_refused() {
    let mut model = model(&built(&events()));
    assert_eq!(
        model
            .trace(Path::new("x.fst"), 0, 1)
            .unwrap_err()
            .to_string(),
        "wave file: the model was built without waves; build it with a trace format"
    );
}

/// A wave file on a full disk: an error, not the end of the process, and no file under the final name.
#[cfg(target_os = "linux")]
#[test]
fn waves_that_cannot_be_written_are_an_error() {
    let with = BuildOptions {
        trace: TraceFormat::Vcd,
        ..options()
    };
    let library = Library::load(&build(&tools(), &events(), &with).unwrap()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.vcd");
    let full = || std::os::unix::fs::symlink("/dev/full", dir.path().join("w.vcd.part"));
    full().unwrap();
    let told = |error: Error| {
        let text = error.to_string();
        assert!(text.contains("No space left"), "{text}");
    };
    // Found out when the file is closed: by the caller, by the end of the window, by dropping the model.
    let mut model = library.model().unwrap();
    model.trace(&path, 0, 100).unwrap();
    go(&mut model, &RunRequest::new().drain(2)).unwrap();
    told(model.finish_trace().unwrap_err());
    assert_eq!(model.finish_trace().unwrap(), None);
    go(&mut model, &RunRequest::new().drain(2)).unwrap();
    model.trace(&path, 0, 6).unwrap();
    told(go(&mut model, &RunRequest::new().drain(9)).unwrap_err());
    drop(model);
    let mut model = library.model().unwrap();
    model.trace(&path, 0, 100).unwrap();
    go(&mut model, &RunRequest::new().drain(2)).unwrap();
    drop(model);
    // Found out in the middle of a run.
    let mut model = library.model().unwrap();
    model.trace(&path, 0, u64::MAX).unwrap();
    told(go(&mut model, &RunRequest::new().drain(1_000_000)).unwrap_err());
    drop(model);
    assert!(!path.exists());
}
