//! Runs tools and shortens their output.

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::stop::Stop;

/// A tool's output, and whether it succeeded.
pub(crate) struct Said {
    pub(crate) ok: bool,
    pub(crate) text: String,
}

/// Runs `command` without standard input; the text is its standard output and error together.
pub(crate) fn run(command: &mut Command) -> io::Result<Said> {
    let output = command.stdin(Stdio::null()).output()?;
    Ok(said(command, output.status, output.stdout, output.stderr))
}

/// Does what [`run`] does; when `stop` is set, ends the tool and the programs that it has started.
///
/// # Errors
/// [`Error::Stopped`] then; [`Error::Io`] if the tool cannot be run.
pub(crate) fn run_until(command: &mut Command, stop: Option<&Stop>) -> Result<Said, Error> {
    let program = command.get_program().to_owned();
    let fail = |e| Error::io("running", &program)(e);
    let Some(stop) = stop else {
        return run(command).map_err(fail);
    };
    // Compilers start programs of their own, which only their group's signal reaches.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(fail)?;
    let (stdout, stderr) = (reader(child.stdout.take()), reader(child.stderr.take()));
    let ended = wait(&mut child, stop, || {
        stdout.is_finished() && stderr.is_finished()
    });
    // The pipes end when all programs have ended, so that none still writes into the build's folder.
    let bytes = |reader: thread::JoinHandle<_>| reader.join().unwrap_or_default();
    let (stdout, stderr) = (bytes(stdout), bytes(stderr));
    match ended.map_err(fail)? {
        Some(status) => Ok(said(command, status, stdout, stderr)),
        None => Err(Error::Stopped),
    }
}

/// Reads a pipe to its end on another thread.
fn reader(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read before an error is the tool's output.
            let _ = pipe.read_to_end(&mut bytes);
        }
        bytes
    })
}

/// Time between two looks at a tool that runs.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Time for a tool to remove its temporary files after it was asked to end.
const PATIENCE: Duration = Duration::from_secs(2);

/// The status of a tool that has ended; `None` if it was stopped. `silent`: whether its pipes have
/// ended.
fn wait(
    child: &mut Child,
    stop: &Stop,
    silent: impl Fn() -> bool,
) -> io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if stop.is_set() {
            break;
        }
        thread::sleep(LOOK_EVERY);
    }
    let asked = Instant::now();
    signal(child, Signal::Terminate);
    while asked.elapsed() < PATIENCE && !silent() {
        thread::sleep(LOOK_EVERY);
    }
    signal(child, Signal::Kill);
    child.wait()?;
    Ok(None)
}

enum Signal {
    Terminate,
    Kill,
}

/// Sends a signal to the process group of a tool.
#[cfg(unix)]
fn signal(child: &Child, signal: Signal) {
    unsafe extern "C" {
        fn kill(process: i32, signal: i32) -> i32;
    }
    // POSIX fixes these numbers.
    let number = match signal {
        Signal::Terminate => 15,
        Signal::Kill => 9,
    };
    let Ok(group) = i32::try_from(child.id()) else {
        return;
    };
    // SAFETY: `kill` takes no pointers. The group's number is that of its first process, a child of
    // this one that was not waited for, so no other process has it.
    unsafe { kill(-group, number) };
}

#[cfg(not(unix))]
fn signal(child: &mut Child, _: Signal) {
    // It may have ended by itself.
    let _ = child.kill();
}

fn said(command: &Command, status: ExitStatus, stdout: Vec<u8>, stderr: Vec<u8>) -> Said {
    let mut text = String::from_utf8_lossy(&stderr).into_owned();
    text.push_str(&String::from_utf8_lossy(&stdout));
    if !status.success() && text.trim().is_empty() {
        text = format!(
            "{} ended with {status} and printed nothing",
            command.get_program().to_string_lossy()
        );
    }
    Said {
        ok: status.success(),
        text,
    }
}

/// At most `limit` lines of `text`, from the first one that contains `marker`, or from the top if none does.
pub(crate) fn excerpt(text: &str, marker: &str, limit: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let start = lines.iter().position(|l| l.contains(marker)).unwrap_or(0);
    let mut out = lines[start..]
        .iter()
        .take(limit)
        .copied()
        .collect::<Vec<_>>()
        .join("\n");
    if lines.len() - start > limit {
        out.push_str(&format!("\n({} more lines)", lines.len() - start - limit));
    }
    out
}

/// Processor seconds that this process's finished child processes have used, if the system reports them.
pub(crate) fn children_cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The command name, in parentheses, may contain blanks.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let ticks = fields.get(13)?.parse::<u64>().ok()? + fields.get(14)?.parse::<u64>().ok()?;
    // Linux reports in USER_HZ, which is 100 on every architecture that it runs on.
    Some(ticks as f64 / 100.0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_tool_that_is_stopped_ends_with_its_programs() {
        let stop = Stop::default();
        let start = Instant::now();
        let folder = tempfile::tempdir().unwrap();
        let pid = folder.path().join("pid");
        let script = "sleep 60 & echo $! > pid; wait";
        let mut command = Command::new("sh");
        command.args(["-c", script]).current_dir(folder.path());
        let result = thread::scope(|scope| {
            scope.spawn(|| {
                while !pid.exists() && start.elapsed() < Duration::from_secs(30) {
                    thread::sleep(LOOK_EVERY);
                }
                stop.set();
            });
            run_until(&mut command, Some(&stop))
        });
        assert!(matches!(result, Err(Error::Stopped)));
        assert!(start.elapsed() < Duration::from_secs(30));
        // Its pipe has ended, so the program has; Linux shows it as gone or as waiting for init.
        let pid = std::fs::read_to_string(pid).unwrap();
        let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
        assert!(state.is_err() || state.is_ok_and(|s| s.contains(") Z ")));
    }

    #[test]
    fn a_tool_that_can_be_stopped_says_the_same() {
        let say = |stop: Option<&Stop>| {
            let mut command = Command::new("rustc");
            let said = run_until(command.arg("--no-such-option"), stop).unwrap();
            (said.ok, said.text)
        };
        let stop = Stop::default();
        assert_eq!(say(Some(&stop)), say(None));
        assert!(!say(None).0);
    }

    #[test]
    fn excerpt_starts_at_the_first_error() {
        let text = "note\nbad: error 1\nmore\nmore";
        assert_eq!(
            excerpt(text, "error", 2),
            "bad: error 1\nmore\n(1 more lines)"
        );
        assert_eq!(excerpt(text, "absent", 9), text);
        assert_eq!(excerpt("", "x", 3), "");
    }
}
