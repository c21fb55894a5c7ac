//! The package's C driver, compiled for a configuration, and the hardware that it drives: a Verilated
//! model of the whole top module.

use crate::cosim::bench::{Place, writes};
use crate::cosim::{Case, build_spec};
use recross::config::{Config, Resolved};
use recross::cosim::harness;
use recross::hardware::{Params, geometry};
use recross::mapping::contents::Contents;
use recross::rtl::{Package, sources_of};
use std::io::{BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use verilated::{
    Field, Library, Model, ModelOptions, Probe, RunOutcome, RunRequest, SearchOptions, Stall,
    Toolchain,
};

/// What the driver's functions return.
pub const OK: i64 = 0;
pub const BUS: i64 = 1;
pub const NOT_ONE: i64 = 2;
pub const INTERFACE: i64 = 3;
pub const GEOMETRY: i64 = 4;
pub const ARGUMENT: i64 = 5;
pub const FAILED: i64 = 6;
pub const TIMEOUT: i64 = 7;

/// Readings before the driver gives up.
pub const POLLS: u32 = 400;

/// A configuration's model, and the driver compiled for it.
pub struct Engine {
    pub resolved: Resolved,
    pub params: Params,
    library: Library,
    folder: tempfile::TempDir,
}

/// Compiles the driver and `main.c` beside it, as strictly as the compiler can.
pub fn compile(folder: &Path) {
    std::fs::write(folder.join("main.c"), include_str!("main.c")).unwrap();
    let cc = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let said = Command::new(cc)
        .current_dir(folder)
        .args([
            "-std=c99",
            "-Wall",
            "-Wextra",
            "-Wpedantic",
            "-Werror",
            "-O1",
        ])
        .args(["recross_driver.c", "main.c", "-o", "driver"])
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success() && log.is_empty(), "{log}");
}

impl Engine {
    pub fn new(text: &str) -> Self {
        let config = Config::from_toml(text, "test").unwrap();
        Self::of(config.resolve("test").unwrap())
    }

    pub fn of(resolved: Resolved) -> Self {
        assert!(resolved.is_lossless());
        let folder = tempfile::tempdir().unwrap();
        Package::emit(&resolved)
            .unwrap()
            .write(folder.path())
            .unwrap();
        compile(folder.path());
        let params = Params::new(&resolved);
        let spec = build_spec();
        let package = spec.rtl.as_deref().unwrap_or(folder.path());
        let mut design = harness::design(&params, sources_of(package).unwrap());
        design.probes.push(Probe {
            name: "interrupt".to_owned(),
            field: Field::whole("irq_o", 1),
        });
        let tools = Toolchain::find(&SearchOptions::default()).unwrap();
        let built = verilated::build(&tools, &design, &spec.options()).unwrap();
        Engine {
            library: Library::load(&built).unwrap(),
            resolved,
            params,
            folder,
        }
    }

    /// The driver on a model after a reset, with plus arguments of the model of the macros.
    pub fn start(&self, plusargs: &[&str]) -> Host<'_> {
        let mut options = ModelOptions::default();
        options
            .plusargs
            .extend(plusargs.iter().map(|&a| a.to_owned()));
        options.plusargs.push("+verilator+rand+reset+2".to_owned());
        options.plusargs.push("+verilator+seed+5".to_owned());
        let mut model = self.library.model_with(&options).unwrap();
        model.reset(4).unwrap();
        let mut child = Command::new(self.folder.path().join("driver"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut host = Host {
            to: child.stdin.take().unwrap(),
            from: BufReader::new(child.stdout.take().unwrap()),
            child,
            model,
            params: &self.params,
            vectors: vec![Vec::new(); self.params.ports as usize],
            interrupt: false,
            lie: None,
            accesses: 0,
            pauses: 0,
            runs: 0,
        };
        assert_eq!(host.call("open", &[]).0, OK);
        host
    }
}

/// A running driver and its hardware.
pub struct Host<'e> {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    pub model: Model,
    params: &'e Params,
    /// Beats of vectors that came out of each port: TUSER (two words), then data.
    pub vectors: Vec<Vec<(u64, Vec<u32>)>>,
    /// Whether the driver's waiting ends with the interrupt.
    pub interrupt: bool,
    /// A register that reads as something else.
    pub lie: Option<(u32, u32)>,
    /// Accesses to registers.
    pub accesses: usize,
    /// How often of 1024 cycles the ports' vectors are not taken.
    pub pauses: u32,
    runs: u64,
}

impl Drop for Host<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Host<'_> {
    /// Clocks the model, and keeps what comes out of the ports.
    pub fn run(&mut self, request: &RunRequest<'_>) -> RunOutcome {
        self.runs += 1;
        let mut request = request.clone();
        for port in 0..self.vectors.len() as u64 {
            let pauses = Stall::new(self.pauses, self.runs << 8 | port);
            request = request.stall(format!("vec{port}"), pauses);
        }
        let outcome = self
            .model
            .run(&request, &mut |_| ControlFlow::Continue(()))
            .unwrap_or_else(|e| panic!("{e}"));
        let words = (self.params.user_tag_bits + 2).div_ceil(32) as usize;
        for (port, to) in self.vectors.iter_mut().enumerate() {
            let items = outcome.output(&format!("vec{port}")).unwrap();
            for item in (0..items.len()).filter_map(|n| items.item(n)) {
                let user = item[..words]
                    .iter()
                    .rev()
                    .fold(0, |n, w| n << 32 | u64::from(*w));
                to.push((user, item[words + 1..].to_vec()));
            }
        }
        outcome
    }

    pub fn irq(&self) -> u32 {
        self.model.probe("interrupt").unwrap()[0]
    }

    /// A write of a register; whether the bus refused it.
    pub fn write(&mut self, address: u32, value: u32) -> bool {
        let outcome = self.run(
            &RunRequest::new()
                .input("aw", &[address])
                .input("w", &[value, 0xf])
                .expect("b", 1),
        );
        outcome.output("b").unwrap().words != [0]
    }

    fn read(&mut self, address: u32) -> (bool, u32) {
        let outcome = self.run(&RunRequest::new().input("ar", &[address]).expect("r", 1));
        let words = &outcome.output("r").unwrap().words;
        (words[1] != 0, words[0])
    }

    /// A beat of a port's ids, as many as it has, which all are `id`; the driver sends whole bags only.
    pub fn beat(&mut self, port: usize, id: u32, last: bool) {
        let p = self.params;
        let mut words = vec![id; p.ids as usize];
        words.push(u32::MAX >> (32 - 4 * p.ids));
        words.push(u32::from(last));
        words.extend(vec![0; p.user_tag_bits.div_ceil(32) as usize]);
        self.run(&RunRequest::new().input(format!("ids{port}"), &words));
    }

    /// Answers a question of the driver.
    fn answer(&mut self, question: &[&str]) -> String {
        let n: Vec<u32> = question[1..].iter().map(|n| n.parse().unwrap()).collect();
        match question[0] {
            "read" => {
                self.accesses += 1;
                let (refused, value) = self.read(n[0]);
                let lie = self.lie.filter(|lie| lie.0 == n[0]);
                format!("{} {}", u32::from(refused), lie.map_or(value, |lie| lie.1))
            }
            "write" => {
                self.accesses += 1;
                u32::from(self.write(n[0], n[1])).to_string()
            }
            "beat" => {
                self.run(&RunRequest::new().input(format!("ids{}", n[0]), &n[1..]));
                "0".to_owned()
            }
            "wait" if self.interrupt => {
                let waited = (0..5000).find(|_| {
                    self.run(&RunRequest::new().drain(1));
                    self.irq() == 1
                });
                u32::from(waited.is_none()).to_string()
            }
            "wait" => {
                self.run(&RunRequest::new().drain(50));
                "0".to_owned()
            }
            other => panic!("{other}"),
        }
    }

    /// Calls a function of the driver; its status and results.
    pub fn call(&mut self, name: &str, numbers: &[u32]) -> (i64, Vec<i64>) {
        self.call_with(name, numbers, None)
    }

    /// As [`Host::call`], with words besides up to four numbers.
    pub fn call_with(
        &mut self,
        name: &str,
        numbers: &[u32],
        words: Option<&[u32]>,
    ) -> (i64, Vec<i64>) {
        let mut all = numbers.to_vec();
        if let Some(words) = words {
            all.resize(4, 0);
            all.push(words.len() as u32);
        }
        let mut line = format!("{name} {}", all.len());
        for n in all.iter().chain(words.unwrap_or_default()) {
            line += &format!(" {n}");
        }
        writeln!(self.to, "{line}").unwrap();
        loop {
            let mut line = String::new();
            assert!(
                self.from.read_line(&mut line).unwrap() > 0,
                "the driver ended in {name}"
            );
            let parts: Vec<&str> = line.split_whitespace().collect();
            if parts[0] == "done" {
                let numbers: Vec<i64> = parts[1..].iter().map(|n| n.parse().unwrap()).collect();
                return (numbers[0], numbers[1..].to_vec());
            }
            let answer = self.answer(&parts);
            writeln!(self.to, "{answer}").unwrap();
        }
    }

    pub fn good(&mut self, name: &str, numbers: &[u32]) -> Vec<i64> {
        let (status, results) = self.call(name, numbers);
        assert_eq!(status, OK, "{name}");
        results
    }

    pub fn submit(&mut self, port: usize, tag: u32, ids: &[u32]) {
        let (status, _) = self.call_with("submit", &[port as u32, tag], Some(ids));
        assert_eq!(status, OK);
    }

    /// The vectors that a port has given: tag, status and elements, as the driver reads them.
    pub fn take(&mut self, port: usize) -> Vec<(i64, i64, Vec<i64>)> {
        let beats: Vec<_> = self.vectors[port].drain(..).collect();
        let each = self.params.beats as usize;
        assert_eq!(beats.len() % each, 0);
        beats
            .chunks(each)
            .map(|vector| {
                let user = vector[0].0;
                let words: Vec<u32> = vector.iter().flat_map(|beat| beat.1.clone()).collect();
                let (_, found) =
                    self.call_with("result", &[user as u32, (user >> 32) as u32], Some(&words));
                (found[0], found[1], found[2..].to_vec())
            })
            .collect()
    }

    /// Writes all rows, those that follow one another at once, and returns how many there are.
    pub fn program(&mut self, case: &Case, resolved: &Resolved) -> u32 {
        let contents = Contents::new(&case.mapping, &case.table, resolved).unwrap();
        assert_eq!(self.call("begin", &[geometry(self.params)]).0, OK);
        let rows = rows(&contents, resolved);
        let mut at = 0;
        while at < rows.len() {
            let (lane, bank, slot, row) = rows[at].0;
            let number = |place: Place| place.2 * self.params.rows + place.3;
            let run = rows[at..]
                .iter()
                .zip(0..)
                .take_while(|((place, _), n)| {
                    (place.0, place.1) == (lane, bank)
                        && number(*place) == number((lane, bank, slot, row)) + n
                })
                .count();
            let words: Vec<u32> = rows[at..at + run]
                .iter()
                .flat_map(|r| r.1.clone())
                .collect();
            let name = if run == 1 { "row" } else { "rows" };
            let (status, _) = self.call_with(name, &[lane, bank, slot, row], Some(&words));
            assert_eq!(status, OK);
            at += run;
        }
        rows.len() as u32
    }
}

/// The rows of `contents` with the words that the window takes for each.
pub fn rows(contents: &Contents<'_>, resolved: &Resolved) -> Vec<(Place, Vec<u32>)> {
    let stride = contents.program().stride();
    let data = |words: &[u32]| words.chunks(stride).flat_map(|w| w[3..].to_vec()).collect();
    writes(contents, resolved)
        .into_iter()
        .map(|(place, words)| (place, data(&words)))
        .collect()
}
