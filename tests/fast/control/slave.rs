//! The control slave of the configuration `small` on a stand-in engine (`bench.v`), with pauses on all
//! channels of its bus.

use recross::config::{Config, Resolved};
use recross::hardware::{CounterMap, Params};
use recross::rtl::{Package, sources_of};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use verilated::{
    BuildOptions, Design, Field as Bits, Library, Model, Reset, RunRequest, SearchOptions, Stall,
    StreamSpec, Toolchain, build,
};

pub const OKAY: u32 = 0;
pub const SLVERR: u32 = 2;

fn resolved() -> Resolved {
    let text = include_str!("../../snapshots/configs/small.toml");
    Config::from_toml(text, "small")
        .unwrap()
        .resolve("small")
        .unwrap()
}

pub fn params() -> Params {
    Params::new(&resolved())
}

/// The slave with pauses of its bus.
pub struct Slave {
    pub model: Model,
    pauses: u32,
    seed: u64,
}

/// The modules of the slave, from a package in `folder`; `make mutants` tests those of an edited one.
fn modules(folder: &Path) -> Vec<PathBuf> {
    let edited = std::env::var_os("RECROSS_MUTANT_PACKAGE").map(PathBuf::from);
    let package = edited.unwrap_or_else(|| {
        let package = folder.join("package");
        Package::emit(&resolved()).unwrap().write(&package).unwrap();
        package
    });
    let own = |path: &PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy();
        let parts = ["registers", "axil", "control_counters", "control", "mutant"];
        parts.iter().any(|part| name == format!("recross_{part}"))
    };
    let sources = sources_of(&package).unwrap();
    sources.into_iter().filter(own).collect()
}

/// The model with rows of `blocks` blocks of `bits` bits, which is built once for all tests.
fn library(blocks: u32, bits: u32) -> &'static Library {
    static BUILT: [OnceLock<Library>; 2] = [const { OnceLock::new() }; 2];
    BUILT[usize::from(blocks > 1)].get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let mut sources = modules(folder);
        sources.push(folder.join("bench.v"));
        let bench = include_str!("bench.v")
            .replace("Blocks = 1,", &format!("Blocks = {blocks},"))
            .replace("ProgBits = 16\n", &format!("ProgBits = {bits}\n"));
        std::fs::write(folder.join("bench.v"), bench).unwrap();
        let p = params();
        let address = CounterMap::new(&p).address_bits();
        let stream = |name: &str, payload: Vec<Bits>| StreamSpec {
            name: name.to_owned(),
            valid: Bits::bit(format!("{name}valid"), 0),
            ready: Some(Bits::bit(format!("{name}ready"), 0)),
            payload: payload
                .into_iter()
                .map(|f| Bits::new(format!("{name}{}", f.port), f.lsb, f.width))
                .collect(),
        };
        let whole = |name: &str, width| Bits::whole(name, width);
        let design = Design {
            name: "control".into(),
            top: "control_bench".into(),
            sources,
            clock: "clk_i".into(),
            reset: Some(Reset {
                port: "rst_ni".into(),
                active_low: true,
            }),
            inputs: vec![
                stream("aw", vec![whole("addr", address)]),
                stream("w", vec![whole("data", 32), whole("strb", 4)]),
                stream("ar", vec![whole("addr", address)]),
                // What the engine tells, for one cycle an item.
                StreamSpec {
                    name: "tell".into(),
                    valid: Bits::bit("tell_valid", 0),
                    ready: None,
                    payload: vec![
                        whole("tell_bag", 2),
                        whole("tell_port", 1),
                        whole("tell_id", 32),
                        whole("tell_error", 2),
                        whole("tell_lane", 1),
                        whole("tell_bank", 1),
                        whole("tell_busy", 1),
                        whole("tell_flush", 1),
                    ],
                },
            ],
            outputs: vec![
                stream("b", vec![whole("resp", 2)]),
                stream("r", vec![whole("data", 32), whole("resp", 2)]),
                StreamSpec {
                    name: "block".into(),
                    valid: Bits::bit("block_valid", 0),
                    ready: Some(Bits::bit("block_ready", 0)),
                    payload: vec![
                        whole("block_lane", p.lane_bits),
                        whole("block_bank", p.bank_bits),
                        whole("block_addr", p.prog_addr_bits),
                        whole("block_data", bits),
                    ],
                },
            ],
            probes: ["irq", "enable", "flushes", "asked"]
                .map(|name| verilated::Probe {
                    name: name.into(),
                    field: whole(
                        name,
                        if name.len() > 3 && name != "enable" {
                            32
                        } else {
                            1
                        },
                    ),
                })
                .to_vec(),
            ..Design::default()
        };
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("control_models");
        let tools = Toolchain::find(&SearchOptions::default()).unwrap();
        let built = build(&tools, &design, &BuildOptions::new(cache)).unwrap();
        Library::load(&built).unwrap()
    })
}

impl Slave {
    pub fn new(pauses: u32) -> Self {
        Self::with(library(1, 16), pauses)
    }

    /// As [`Slave::new`], with rows of two blocks of 40 bits.
    pub fn of_two_blocks(pauses: u32) -> Self {
        Self::with(library(2, 40), pauses)
    }

    fn with(library: &Library, pauses: u32) -> Self {
        let mut model = library.model().unwrap();
        model.reset(4).unwrap();
        Slave {
            model,
            pauses,
            seed: 0,
        }
    }

    /// Writes and reads at the same time; gives the answers of the writes, and data and answers of the
    /// reads.
    pub fn go(&mut self, writes: &[(u32, u32, u32)], reads: &[u32]) -> (Vec<u32>, Vec<(u32, u32)>) {
        let aw: Vec<u32> = writes.iter().map(|w| w.0).collect();
        let w: Vec<u32> = writes.iter().flat_map(|w| [w.1, w.2]).collect();
        let mut request = RunRequest::new()
            .input("aw", &aw)
            .input("w", &w)
            .input("ar", reads)
            .expect("b", writes.len() as u64)
            .expect("r", reads.len() as u64)
            .idle_limit(2000);
        for stream in ["aw", "w", "ar", "b", "r", "block"] {
            self.seed += 1;
            request = request.stall(stream, Stall::new(self.pauses, self.seed));
        }
        let outcome = self
            .model
            .run(&request, &mut |_| ControlFlow::Continue(()))
            .unwrap();
        let b = outcome.output("b").unwrap();
        let r = outcome.output("r").unwrap();
        assert_eq!(
            (b.words.len(), r.words.len()),
            (writes.len(), 2 * reads.len())
        );
        (
            b.words.clone(),
            r.words.chunks(2).map(|r| (r[0], r[1])).collect(),
        )
    }

    pub fn write(&mut self, address: u32, value: u32) -> u32 {
        self.go(&[(address, value, 0xf)], &[]).0[0]
    }

    /// Data of a read, which must be answered with OKAY.
    pub fn read(&mut self, address: u32) -> u32 {
        let (data, answer) = self.go(&[], &[address]).1[0];
        assert_eq!(answer, OKAY, "{address:#x}");
        data
    }

    /// What the engine tells in one cycle; then the cycles that it takes to reach the registers.
    pub fn tell(&mut self, words: [u32; 8]) {
        let request = RunRequest::new().input("tell", &words).drain(8);
        self.model
            .run(&request, &mut |_| ControlFlow::Continue(()))
            .unwrap();
    }

    pub fn drain(&mut self, cycles: u64) {
        let request = RunRequest::new().drain(cycles);
        self.model
            .run(&request, &mut |_| ControlFlow::Continue(()))
            .unwrap();
    }

    pub fn probe(&mut self, name: &str) -> u32 {
        self.model.probe(name).unwrap()[0]
    }
}
