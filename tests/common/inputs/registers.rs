//! The registers of the whole engine, and its streams of ids, in a Verilated model.

use super::{Choices, built, ports};
use recross::config::Resolved;
use recross::cosim::harness;
use recross::hardware::{
    Access, COUNTERS, CounterMap, PARAMETERS, PARAMETERS_AT, Params, REGISTERS, at, geometry,
};
use recross::rtl::{Package, sources_of};
use std::ops::ControlFlow;
use std::sync::OnceLock;
use verilated::{
    BuildOptions, Library, Model, Optimisation, RunOutcome, RunRequest, SearchOptions, Stall,
    Toolchain,
};

const OKAY: u32 = 0;
const SLVERR: u32 = 2;

struct Engine {
    resolved: Resolved,
    params: Params,
    library: Library,
    _package: tempfile::TempDir,
}

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let resolved = ports();
        let folder = tempfile::tempdir().unwrap();
        let package = Package::emit(&resolved).unwrap();
        package.write(folder.path()).unwrap();
        let params = Params::new(&resolved);
        let design = harness::design(&params, sources_of(folder.path()).unwrap());
        let tools = Toolchain::find(&SearchOptions::default()).unwrap();
        let mut options = BuildOptions::new(built().join("models"));
        // A replay of the corpus takes less time than the compiler's optimisation.
        if !cfg!(fuzzing) {
            options.optimisation = Optimisation::None;
        }
        let built = verilated::build(&tools, &design, &options).unwrap();
        Engine {
            library: Library::load(&built).unwrap(),
            resolved,
            params,
            _package: folder,
        }
    })
}

/// Whether an address can be read.
fn is_read(address: u32, p: &Params) -> bool {
    if !address.is_multiple_of(4) {
        return false;
    }
    let parameters = PARAMETERS_AT..PARAMETERS_AT + 4 * PARAMETERS.len() as u32;
    let map = CounterMap::new(p);
    if address >> map.kind_low == 0 {
        return REGISTERS.iter().any(|r| r.offset == address) || parameters.contains(&address);
    }
    let low = address & !4;
    let banks = if p.counters == 2 { p.banks } else { 1 };
    let engine = (0..COUNTERS[0]).any(|index| map.engine(index) == low);
    let lane = || (0..p.lanes).any(|l| (0..COUNTERS[1]).any(|index| map.lane(l, index) == low));
    let bank = || {
        (0..p.lanes)
            .any(|l| (0..banks).any(|b| (0..COUNTERS[2]).any(|index| map.bank(l, b, index) == low)))
    };
    engine || lane() || bank()
}

/// What a write of an address must be answered with, if that does not depend on what came before.
fn answer(address: u32, strobe: u32, p: &Params) -> Option<u32> {
    let map = CounterMap::new(p);
    let register = REGISTERS
        .iter()
        .find(|r| r.offset == address && address >> map.kind_low == 0);
    match register {
        Some(r) if r.is_written() && strobe == 0xf => (!r.guarded).then_some(OKAY),
        _ => Some(SLVERR),
    }
}

/// Mostly an address where something is.
fn address(choices: &mut Choices<'_>, p: &Params) -> u32 {
    let map = CounterMap::new(p);
    let end = (1u64 << map.address_bits()) as u32;
    match choices.below(8) {
        0 => choices.word() % end,
        1 => map.engine(choices.byte().into()) % end,
        2 => map.lane(choices.below(4) as u32, choices.byte().into()) % end,
        3 => {
            map.bank(
                choices.below(4) as u32,
                choices.below(4) as u32,
                choices.byte().into(),
            ) % end
        }
        _ => REGISTERS[choices.below(REGISTERS.len())].offset,
    }
}

fn value(choices: &mut Choices<'_>, address: u32, p: &Params) -> u32 {
    let small = |choices: &mut Choices<'_>| u32::from(choices.byte() % 4);
    match address {
        at::prog_image if choices.below(8) > 0 => geometry(p),
        at::prog_bank => small(choices) << 16 | small(choices),
        at::prog_row => small(choices) << 16 | u32::from(choices.byte() % 16),
        at::command | at::control => choices.byte().into(),
        _ => choices.word(),
    }
}

struct Hardware {
    model: Model,
    vectors: usize,
}

impl Hardware {
    fn run(&mut self, request: &RunRequest<'_>) -> RunOutcome {
        let outcome = self
            .model
            .run(request, &mut |_| ControlFlow::Continue(()))
            .unwrap_or_else(|e| panic!("{e}"));
        let vectors = outcome.outputs.iter().filter(|o| o.name.starts_with("vec"));
        self.vectors += vectors.map(|o| o.len()).sum::<usize>();
        outcome
    }

    fn write(&mut self, address: u32, value: u32) -> u32 {
        let outcome = self.run(
            &RunRequest::new()
                .input("aw", &[address])
                .input("w", &[value, 0xf])
                .expect("b", 1),
        );
        outcome.output("b").unwrap().words[0]
    }

    fn read(&mut self, address: u32) -> (u32, u32) {
        let outcome = self.run(&RunRequest::new().input("ar", &[address]).expect("r", 1));
        let words = &outcome.output("r").unwrap().words;
        (words[0], words[1])
    }
}

/// The bytes choose groups of writes, reads and beats that come at the same time, and pauses. Every access is
/// answered once and as described, and whatever happened, a soft reset leaves an engine that works.
pub fn registers(bytes: &[u8]) {
    let engine = engine();
    let p = &engine.params;
    let mut choices = Choices(bytes);
    let mut model = engine.library.model().unwrap();
    model.reset(4).unwrap();
    let mut hardware = Hardware { model, vectors: 0 };
    let mut scratch = 0;
    for _ in 0..12 {
        if choices.is_empty() {
            break;
        }
        let (mut aw, mut w, mut ar) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..choices.below(16) {
            let address = address(&mut choices, p);
            let strobe = if choices.below(8) == 7 {
                choices.word() & 0xf
            } else {
                0xf
            };
            aw.push(address);
            w.extend([value(&mut choices, address, p), strobe]);
        }
        for _ in 0..choices.below(8) {
            ar.push(address(&mut choices, p));
        }
        let beats: Vec<Vec<u32>> = (0..p.ports).map(|_| beats(&mut choices, p)).collect();
        // Beats need not be taken: a port may be held, or wait for a reset.
        let mut request = RunRequest::new()
            .input("aw", &aw)
            .input("w", &w)
            .input("ar", &ar)
            .expect("b", aw.len() as u64)
            .expect("r", ar.len() as u64)
            .drain(choices.byte().into())
            .idle_limit(20_000);
        for stream in ["aw", "w", "ar", "b", "r"] {
            let pauses = choices.below(4) as u32 * 250;
            request = request.stall(stream, Stall::new(pauses, choices.byte().into()));
        }
        let outcome = hardware.run(&request);
        let b = &outcome.output("b").unwrap().words;
        assert_eq!(b.len(), aw.len());
        for ((&address, data), &told) in aw.iter().zip(w.chunks(2)).zip(b) {
            assert!([OKAY, SLVERR].contains(&told));
            if let Some(want) = answer(address, data[1], p) {
                assert_eq!(told, want, "write of {address:#x}");
            }
            match (address, told) {
                (at::scratch, OKAY) => scratch = data[0],
                (at::command, OKAY) if data[0] >> 1 & 1 == 1 => scratch = 0,
                _ => {}
            }
        }
        let r = &outcome.output("r").unwrap().words;
        assert_eq!(r.len(), 2 * ar.len());
        for (&address, told) in ar.iter().zip(r.chunks(2)) {
            let want = if is_read(address, p) { OKAY } else { SLVERR };
            assert_eq!(told[1], want, "read of {address:#x}");
        }
        assert_eq!(hardware.read(at::scratch), (scratch, OKAY));
        for register in REGISTERS {
            let constant = |f: &&recross::hardware::Field| {
                matches!(f.access, Access::Constant(_) | Access::Shared(_))
            };
            let mask: u32 = register
                .fields
                .iter()
                .filter(constant)
                .map(|f| f.mask())
                .sum();
            if mask != 0 {
                let told = hardware.read(register.offset);
                assert_eq!((told.0 & mask, told.1), (register.reset(p) & mask, OKAY));
            }
        }
        // What comes of beats depends on all that was written: it may only not hang the bus.
        let mut offered = RunRequest::new().max_cycles(400).idle_limit(0);
        let names: Vec<String> = (0..p.ports).map(|port| format!("ids{port}")).collect();
        for (name, beats) in names.iter().zip(&beats) {
            offered = offered.input(name, beats);
        }
        match hardware
            .model
            .run(&offered, &mut |_| ControlFlow::Continue(()))
        {
            Ok(_) | Err(verilated::Error::Hang(_)) => {}
            Err(e) => panic!("{e}"),
        }
    }
    works(engine, &mut hardware);
}

/// A few beats of one port: an id of any kind in each place, full or not.
fn beats(choices: &mut Choices<'_>, p: &Params) -> Vec<u32> {
    let mut words = Vec::new();
    for _ in 0..choices.below(4) {
        for _ in 0..p.ids {
            let id = choices.word();
            words.push(if id & 3 == 0 {
                id
            } else {
                id % (p.lanes * p.banks * p.slots * p.rows)
            });
        }
        let ids = choices.below(p.ids as usize + 1);
        let keep = (1u64 << (4 * ids)) as u32 - 1;
        words.extend([keep, choices.below(2) as u32, choices.byte().into()]);
    }
    words
}

/// After a soft reset all is as after a reset, and a bag without ids on each port comes back as zero.
fn works(engine: &Engine, hardware: &mut Hardware) {
    let p = &engine.params;
    let reset = |hardware: &mut Hardware| assert_eq!(hardware.write(at::command, 2), OKAY);
    reset(hardware);
    // Ends a bag whose beginning is gone.
    let end: Vec<u32> = (0..p.ids).map(|_| 0).chain([0, 1, 0]).collect();
    let names: Vec<String> = (0..p.ports).map(|port| format!("ids{port}")).collect();
    let ends = names
        .iter()
        .fold(RunRequest::new().drain(400), |request, name| {
            request.input(name, &end).idle_limit(20_000)
        });
    hardware.run(&ends);
    reset(hardware);
    // A macro that was busy ends in peace.
    hardware.run(&RunRequest::new().drain(600));
    reset(hardware);
    assert_eq!(
        hardware.read(at::status).0 & 7,
        1,
        "idle, nothing pending, closed"
    );
    hardware.write(at::events, u32::MAX);
    assert_eq!(hardware.read(at::events).0, 0);
    let mut bags = RunRequest::new().idle_limit(20_000);
    for (port, name) in names.iter().enumerate() {
        bags = bags.input(name, &end);
        bags = bags.expect(format!("vec{port}"), engine.resolved.result_beats.into());
    }
    let outcome = hardware.run(&bags);
    for port in 0..p.ports {
        let vector = outcome.output(&format!("vec{port}")).unwrap();
        assert_eq!(vector.len() as u32, p.beats);
        for item in (0..vector.len()).filter_map(|n| vector.item(n)) {
            assert!(item[2..].iter().all(|&word| word == 0), "{item:?}");
        }
    }
}
