//! The package's C driver on a bus that answers anything (`driver.c`), with the compiler's checks of
//! undefined behaviour. It runs as a program of its own, which serves all inputs.

use super::ports;
use recross::rtl::Package;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};

/// Most bytes that `driver.c` takes.
const MOST: usize = 1 << 20;

fn start() -> Child {
    let resolved = ports();
    let folder = tempfile::tempdir().unwrap();
    let package = Package::emit(&resolved).unwrap();
    package.write(folder.path()).unwrap();
    std::fs::write(folder.path().join("main.c"), include_str!("driver.c")).unwrap();
    let cc = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let said = Command::new(cc)
        .current_dir(folder.path())
        .args(["-std=c99", "-Wall", "-Wextra", "-O1", "-g"])
        .args(["-fsanitize=address,undefined", "-fno-sanitize-recover=all"])
        .args(["recross_driver.c", "main.c", "-o", "driver"])
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success() && log.is_empty(), "{log}");
    Command::new(folder.path().join("driver"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The bytes choose calls of the driver and what the bus answers.
pub fn driver(bytes: &[u8]) {
    static CHILD: OnceLock<Mutex<Child>> = OnceLock::new();
    let mut child = CHILD.get_or_init(|| Mutex::new(start())).lock().unwrap();
    let bytes = &bytes[..bytes.len().min(MOST)];
    let input = child.stdin.as_mut().unwrap();
    let sent = input
        .write_all(&(bytes.len() as u32).to_le_bytes())
        .and_then(|()| input.write_all(bytes))
        .and_then(|()| input.flush());
    let mut done = [0];
    let answered = child.stdout.as_mut().unwrap().read_exact(&mut done);
    if sent.is_err() || answered.is_err() {
        panic!("the driver ended: {}", child.wait().unwrap());
    }
    assert_eq!(done, *b".");
}
