//! A built model that is driven stream by stream, for what an ordinary run does not do.
//!
//! Streams and results are laid out here once more, from the table at [`harness::design`], so that a
//! mistake of the product's own driver shows.

use super::{build_spec, with_stalls};
use recross::config::{Config, Resolved};
use recross::cosim::{BuildSpec, Optimisation, Simulator, harness};
use recross::formats::table::IntTable;
use recross::formats::trace::Bags;
use recross::hardware::Params;
use recross::host::{Lowered, Lowering};
use recross::ids::{BankId, EmbeddingId, SlotId};
use recross::mapping::contents::{Contents, Space};
use recross::mapping::{Group, Mapping, Placement, Training};
use recross::rtl::{Package, sources_of};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use verilated::{
    Library, Model, ModelOptions, RunOutcome, RunRequest, SearchOptions, Stall, Toolchain,
};

/// A built model of a configuration.
pub struct Bench {
    pub resolved: Resolved,
    pub params: Params,
    library: Library,
}

/// A model with the folder of its images.
pub struct Running {
    pub model: Model,
    _images: tempfile::TempDir,
}

/// What goes into a run.
#[derive(Default)]
pub struct Input<'a> {
    /// Bags; their numbers must go on from those before them.
    pub bags: Option<&'a Lowered>,
    /// Words of the programming port.
    pub prog: &'a [u32],
    /// Answers to wait for.
    pub answers: u64,
    /// Items of the counters' port.
    pub count: &'a [u32],
    /// Pulses of `flush_i`.
    pub flushes: u64,
    /// Share of the cycles, in 1024ths, in which a stream pauses, and the seed.
    pub pauses: u32,
    pub prog_pauses: u32,
    pub flush_pauses: u32,
    pub seed: u64,
    /// Limit of the cycles.
    pub most: Option<u64>,
    /// Cycles after the last item.
    pub drain: u64,
}

/// An answer to the write of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Answer {
    pub place: Place,
    pub fail: bool,
    pub cycle: u64,
}

/// Lane, bank, crossbar, row.
pub type Place = (u32, u32, u32, u32);

impl Bench {
    pub fn new(config: &Config) -> Self {
        let resolved = with_stalls(config, 0, 0, 1);
        let folder = tempfile::tempdir().unwrap();
        Package::emit(&resolved)
            .unwrap()
            .write(folder.path())
            .unwrap();
        Self::built(resolved, folder.path(), &build_spec())
    }

    /// Of a package that was edited; it runs too few cycles to be worth an optimisation. Assertions are
    /// off: they would find a mutant before the check that is tested.
    pub fn of_package(config: &Config, folder: &Path) -> Self {
        let spec = BuildSpec {
            optimisation: Optimisation::None,
            assertions: false,
            ..build_spec()
        };
        Self::built(with_stalls(config, 0, 0, 1), folder, &spec)
    }

    fn built(resolved: Resolved, folder: &Path, spec: &BuildSpec) -> Self {
        let params = Params::new(&resolved);
        let design = harness::design(&params, sources_of(folder).unwrap());
        let tools = Toolchain::find(&SearchOptions::default()).unwrap();
        let built = verilated::build(&tools, &design, &spec.options()).unwrap();
        Bench {
            library: Library::load(&built).unwrap(),
            resolved,
            params,
        }
    }

    /// A model after a reset, with `contents` from images.
    pub fn start(
        &self,
        mapping: &Mapping,
        contents: &Contents<'_>,
        plusargs: &[String],
    ) -> Running {
        let images = tempfile::tempdir().unwrap();
        let nothing = Lowering::new(mapping, &self.resolved).unwrap().buffer();
        Simulator::write_stimulus(images.path(), contents, &nothing, &self.resolved).unwrap();
        let mut options = ModelOptions::default();
        options.plusargs.extend([
            format!("+recross_images={}", images.path().display()),
            "+verilator+rand+reset+2".to_owned(),
            "+verilator+seed+7".to_owned(),
        ]);
        options.plusargs.extend_from_slice(plusargs);
        let mut model = self.library.model_with(&options).unwrap();
        model.reset(4).unwrap();
        let mut running = Running {
            model,
            _images: images,
        };
        // The reset inside ends two cycles later.
        self.run(
            &mut running,
            &Input {
                drain: 8,
                ..Input::default()
            },
        );
        running
    }

    pub fn run(&self, running: &mut Running, input: &Input<'_>) -> RunOutcome {
        self.try_run(running, input)
            .unwrap_or_else(|e| panic!("{e}"))
    }

    pub fn try_run(
        &self,
        running: &mut Running,
        input: &Input<'_>,
    ) -> Result<RunOutcome, verilated::Error> {
        let p = &self.params;
        let pause = |share: u32, n: u64| Stall::new(share, input.seed * 1000 + n);
        let mut headers = vec![Vec::new(); p.ports as usize];
        let mut commands = vec![Vec::new(); p.lanes as usize];
        if let Some(lowered) = input.bags {
            for (bag, header) in lowered.headers.iter().enumerate() {
                let to: &mut Vec<u32> = &mut headers[bag % p.ports as usize];
                to.push(*header as u32);
                if p.lanes > 32 {
                    to.push((header >> 32) as u32);
                }
            }
            for (lane, to) in commands.iter_mut().enumerate() {
                let mask_words = p.rows.div_ceil(32);
                for c in lowered.lane(lane) {
                    let rows: Vec<u32> = c.mask.rows().collect();
                    to.extend([c.bag & ((1 << p.bag_bits()) - 1), c.group]);
                    to.push(u32::from(rows.len() == 1));
                    to.extend((0..mask_words).map(|word| {
                        match rows.len() {
                            1 => rows[0] * u32::from(word == 0),
                            _ => rows
                                .iter()
                                .filter(|&&row| row / 32 == word)
                                .fold(0, |bits, row| bits | 1 << (row % 32)),
                        }
                    }));
                    to.push(u32::from(c.last));
                }
            }
        }
        let flushes = vec![0; input.flushes as usize];
        let mut request = RunRequest::new()
            .input("prog", input.prog)
            .stall("prog", pause(input.prog_pauses, 1))
            .record("prog")
            .expect("resp", input.answers)
            .stall("resp", pause(input.pauses, 2))
            .input("count", input.count)
            .expect("value", input.count.len() as u64 / 4)
            .input("flush", &flushes)
            .stall("flush", pause(input.flush_pauses, 3))
            .drain(input.drain)
            .idle_limit(20_000);
        if let Some(most) = input.most {
            request = request.max_cycles(most);
        }
        for (port, words) in headers.iter().enumerate() {
            let (hdr, res) = (format!("hdr{port}"), format!("res{port}"));
            let words_each = p.lanes.div_ceil(32) as usize;
            request = request
                .expect(res.clone(), (words.len() / words_each) as u64)
                .stall(res, pause(input.pauses, 100 + port as u64))
                .record(hdr.clone())
                .stall(hdr.clone(), pause(input.pauses, 200 + port as u64))
                .input(hdr, words);
        }
        for (lane, words) in commands.iter().enumerate() {
            let name = format!("cmd{lane}");
            request = request
                .stall(name.clone(), pause(input.pauses, 300 + lane as u64))
                .input(name, words);
        }
        running
            .model
            .run(&request, &mut |_| ControlFlow::Continue(()))
    }

    /// The bags' vectors in the order of the bags. Each port must give its own bags, in order.
    pub fn values(&self, outcome: &RunOutcome, bags: usize) -> Vec<Vec<i64>> {
        let p = &self.params;
        let ports = p.ports as usize;
        (0..bags)
            .map(|bag| {
                let items = outcome.output(&format!("res{}", bag % ports)).unwrap();
                let item = items.item(bag / ports).unwrap();
                assert_eq!(
                    item[0],
                    bag as u32 & ((1 << p.bag_bits()) - 1),
                    "tag of bag {bag}"
                );
                let bit = |at: u32| i64::from(item[1 + at as usize / 32] >> (at % 32) & 1);
                (0..p.dim)
                    .map(|d| {
                        let sum = (0..p.acc_bits - 1)
                            .fold(0, |sum, b| sum | bit(d * p.acc_bits + b) << b);
                        sum - (bit(d * p.acc_bits + p.acc_bits - 1) << (p.acc_bits - 1))
                    })
                    .collect()
            })
            .collect()
    }

    /// The cycles in which headers were taken and results given, in the order of the bags.
    pub fn spans(&self, outcome: &RunOutcome, bags: usize) -> Vec<(u64, u64)> {
        let ports = self.params.ports as usize;
        let design = self.library.design();
        (0..bags)
            .map(|bag| {
                let (port, at) = (bag % ports, bag / ports);
                let header = design.input(&format!("hdr{port}")).unwrap();
                let result = outcome.output(&format!("res{port}")).unwrap();
                (outcome.accepted[header][at], result.cycles[at])
            })
            .collect()
    }

    /// The cycles in which the words of the programming port were taken.
    pub fn requests<'o>(&self, outcome: &'o RunOutcome) -> &'o [u64] {
        &outcome.accepted[self.library.design().input("prog").unwrap()]
    }

    /// The answers to writes, in the order of their cycles.
    pub fn answers(&self, outcome: &RunOutcome) -> Vec<Answer> {
        let items = outcome.output("resp").unwrap();
        (0..items.len())
            .map(|at| {
                let item = items.item(at).unwrap();
                Answer {
                    place: (item[0], item[1], item[2], item[3]),
                    fail: item[4] != 0,
                    cycle: items.cycles[at],
                }
            })
            .collect()
    }

    pub fn lower(&self, mapping: &Mapping, bags: &Bags) -> Lowered {
        let lowering = Lowering::new(mapping, &self.resolved).unwrap();
        lowering.lower(bags).unwrap()
    }

    /// A probe's value, up to 64 bits.
    pub fn probe(&self, running: &Running, name: &str) -> u64 {
        let words = running.model.probe(name).unwrap();
        words
            .iter()
            .rev()
            .fold(0, |value, word| value << 32 | u64::from(*word))
    }

    /// The sticky error with its lane and bank.
    pub fn error(&self, running: &Running) -> (u64, u64, u64) {
        let probe = |name| self.probe(running, name);
        (
            probe("error of a bank"),
            probe("lane of the error"),
            probe("bank of the error"),
        )
    }
}

/// The bags' exact vectors.
pub fn exact(bags: &Bags, table: &IntTable) -> Vec<Vec<i64>> {
    let all = recross::reference::golden::reduce_exact(bags, table).unwrap();
    all.chunks(table.dim as usize)
        .map(<[i64]>::to_vec)
        .collect()
}

/// The id in each row of a mapping without a rule.
pub fn rows_of(mapping: &Mapping, r: &Resolved) -> BTreeMap<Place, u32> {
    assert!(mapping.rest.is_none());
    let banks = r.config.engine.banks_per_lane;
    let mut out = BTreeMap::new();
    for group in mapping.groups.iter().chain(&mapping.row_copies) {
        for Placement(bank, slot) in &group.placements {
            for (id, row) in group.ids.iter().zip(0..) {
                let place = (bank.0 / banks, bank.0 % banks, slot.0, row);
                assert!(out.insert(place, id.0).is_none());
            }
        }
    }
    out
}

/// The words that write each row.
pub fn writes(contents: &Contents<'_>, r: &Resolved) -> Vec<(Place, Vec<u32>)> {
    let program = contents.program();
    let blocks = r.column_blocks as usize;
    let arrays = program.iter().filter(|w| w.space == Space::Array).count();
    let words = &program.as_words()[..arrays * program.stride()];
    words
        .chunks(blocks * program.stride())
        .map(|row| (place_of(row, r), row.to_vec()))
        .collect()
}

/// The words that write the given rows, in this order.
pub fn writes_of(contents: &Contents<'_>, r: &Resolved, rows: &[Place]) -> Vec<u32> {
    let all: BTreeMap<Place, Vec<u32>> = writes(contents, r).into_iter().collect();
    rows.iter().flat_map(|row| all[row].clone()).collect()
}

/// Where a word of the programming port writes.
pub fn place_of(word: &[u32], r: &Resolved) -> Place {
    let row = word[3] >> r.block_bits & ((1 << r.row_number_bits) - 1);
    (
        word[1],
        word[2],
        word[3] >> (r.block_bits + r.row_number_bits),
        row,
    )
}

/// A full group in the first crossbar of each bank.
pub fn a_group_in_each_bank(config: &Config) -> Mapping {
    let engine = &config.engine;
    let rows = config.crossbar.rows;
    let group = |bank: u32| Group {
        ids: (bank * rows..(bank + 1) * rows).map(EmbeddingId).collect(),
        copies: 1,
        placements: vec![Placement(BankId(bank), SlotId(0))],
    };
    let banks = engine.lanes * engine.banks_per_lane;
    Mapping {
        format: 1,
        rows,
        embeddings: banks * rows,
        groups: (0..banks).map(group).collect(),
        rest: None,
        row_copies: Vec::new(),
        method: "test".to_owned(),
        seed: 0,
        train: Training::default(),
        ids: Vec::new(),
    }
}
