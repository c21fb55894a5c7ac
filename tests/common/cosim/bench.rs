//! A built model that is driven stream by stream, for what an ordinary run does not do.
//!
//! The model is `recross_core`, whose streams tell each answer to a row and its cycle; a test drives the
//! control slave beside it through the same top module as an ordinary run.
//!
//! Streams and results are laid out here once more, from the table at [`harness::design`], so that a
//! mistake of the product's own driver shows.

use super::{build_spec, package_of, with_stalls};
use recross::config::{Config, Resolved};
use recross::cosim::{BuildSpec, Simulator, harness};
use recross::formats::table::IntTable;
use recross::formats::trace::Bags;
use recross::hardware::Params;
use recross::host::{BagOrder, Translated, Translator};
use recross::ids::{BankId, EmbeddingId, SlotId};
use recross::mapping::contents::Contents;
use recross::mapping::{Group, Mapping, Placement, Training};
use recross::rtl::sources_of;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use verilated::{
    Design, Field, Library, Model, ModelOptions, RunOutcome, RunRequest, SearchOptions, Stall,
    StreamSpec, Toolchain,
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
    /// Bags of each port.
    pub bags: Option<&'a Translated>,
    /// A beat without ids that ends a bag, on each port.
    pub ends: bool,
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
        let (package, _emitted) = package_of(&resolved);
        Self::built(resolved, &package, &build_spec())
    }

    /// Of a package that was edited. Assertions are off: they would find a mutant before the check that is
    /// tested.
    pub fn of_package(config: &Config, folder: &Path) -> Self {
        let spec = BuildSpec {
            assertions: false,
            ..build_spec()
        };
        Self::built(with_stalls(config, 0, 0, 1), folder, &spec)
    }

    fn built(resolved: Resolved, folder: &Path, spec: &BuildSpec) -> Self {
        let params = Params::new(&resolved);
        let design = core(
            &params,
            harness::design(&params, sources_of(folder).unwrap()),
        );
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
        let nothing = self.translate(mapping, &Bags::from_lists(1, &[]).unwrap());
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
        let mut ids = vec![Vec::new(); p.ports as usize];
        let mut bags = vec![0; p.ports as usize];
        let driven = input.bags.map_or(&[][..], |all| &all.ports);
        for (port, to) in driven.iter().zip(&mut ids) {
            for (bag, list) in port.iter() {
                let mut beats: Vec<&[u32]> = list.chunks(p.ids as usize).collect();
                if beats.is_empty() {
                    beats.push(&[]);
                }
                let last = beats.len() - 1;
                for (at, beat) in beats.into_iter().enumerate() {
                    let mut keep = 0;
                    for n in 0..p.ids as usize {
                        to.push(beat.get(n).copied().unwrap_or(0));
                        keep |= if n < beat.len() { 15 << (4 * n) } else { 0 };
                    }
                    to.extend([keep, u32::from(at == last), self.tag(bag)]);
                }
            }
        }
        if input.ends {
            for to in &mut ids {
                to.extend(vec![0; p.ids as usize]);
                to.extend([0, 1, 0]);
            }
        }
        if let Some(all) = input.bags {
            for (count, port) in bags.iter_mut().zip(&all.ports) {
                *count = port.iter().count() as u64;
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
        for (port, words) in ids.iter().enumerate() {
            let (ids, vec) = (format!("ids{port}"), format!("vec{port}"));
            request = request
                .expect(vec.clone(), bags[port] * u64::from(p.beats))
                .stall(vec, pause(input.pauses, 100 + port as u64))
                .record(ids.clone())
                .stall(ids.clone(), pause(input.pauses, 200 + port as u64))
                .input(ids, words);
        }
        running
            .model
            .run(&request, &mut |_| ControlFlow::Continue(()))
    }

    /// The tag that is driven for a bag.
    fn tag(&self, bag: u32) -> u32 {
        match self.params.user_tag_bits {
            32 => bag,
            bits => bag & ((1 << bits) - 1),
        }
    }

    /// The bags' vectors in the order of the bags. Each port must give its own bags, in its order, with
    /// their tags and no error.
    pub fn values(&self, outcome: &RunOutcome, bags: &Translated) -> Vec<Vec<i64>> {
        let p = &self.params;
        let bits = p.element_bits as usize;
        let each = p.result_bits as usize / bits;
        let user_words = (p.user_tag_bits + 2).div_ceil(32) as usize;
        let mut out = vec![Vec::new(); bags.bags()];
        for (number, port) in bags.ports.iter().enumerate() {
            let items = outcome.output(&format!("vec{number}")).unwrap();
            for (at, (bag, _)) in port.iter().enumerate() {
                let mut vector = Vec::new();
                for beat in 0..p.beats as usize {
                    let item = items.item(at * p.beats as usize + beat).unwrap();
                    let user = item[..user_words]
                        .iter()
                        .rev()
                        .fold(0u64, |n, w| n << 32 | u64::from(*w));
                    assert_eq!(
                        user,
                        u64::from(self.tag(bag)),
                        "tag and status of bag {bag}"
                    );
                    let last = u32::from(beat + 1 == p.beats as usize);
                    assert_eq!(item[user_words], last, "TLAST of bag {bag}, beat {beat}");
                    let data = &item[user_words + 1..];
                    for n in 0..each {
                        let word = |w: usize| u64::from(data[n * bits / 32 + w]);
                        vector.push(match bits {
                            32 => i64::from(word(0) as u32 as i32),
                            _ => (word(0) | word(1) << 32) as i64,
                        });
                    }
                }
                let rest = vector.split_off(p.dim as usize);
                assert!(rest.iter().all(|&v| v == 0), "padding of bag {bag}");
                out[bag as usize] = vector;
            }
        }
        out
    }

    /// The cycles in which each bag's first beat was taken and the last beat of its vector given, in the
    /// order of the bags.
    pub fn spans(&self, outcome: &RunOutcome, bags: &Translated) -> Vec<(u64, u64)> {
        let design = self.library.design();
        let mut out = vec![(0, 0); bags.bags()];
        for (number, port) in bags.ports.iter().enumerate() {
            let ids = design.input(&format!("ids{number}")).unwrap();
            let vectors = outcome.output(&format!("vec{number}")).unwrap();
            let mut beat = 0;
            for (at, (bag, list)) in port.iter().enumerate() {
                let end = (at + 1) * self.params.beats as usize - 1;
                out[bag as usize] = (outcome.accepted[ids][beat], vectors.cycles[end]);
                beat += list.len().div_ceil(self.params.ids as usize).max(1);
            }
        }
        out
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

    pub fn translate(&self, mapping: &Mapping, bags: &Bags) -> Translated {
        let translator = Translator::new(mapping, &self.resolved).unwrap();
        translator
            .translate(bags, BagOrder::of(&self.resolved))
            .unwrap()
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

/// `recross_core` in place of the top module: streams for programming, answers, counters and flushes
/// in place of the control slave's bus.
fn core(p: &Params, mut design: Design) -> Design {
    let bus = ["aw", "w", "ar", "b", "r"];
    design.inputs.retain(|s| !bus.contains(&s.name.as_str()));
    design.outputs.retain(|s| !bus.contains(&s.name.as_str()));
    design.tied_low.retain(|f| !f.port.starts_with("s_axil_"));
    design.top = "recross_core".to_owned();
    let stream =
        |name: &str, valid: &str, ready: Option<&str>, payload: &[(&str, u32)]| StreamSpec {
            name: name.to_owned(),
            valid: Field::bit(valid, 0),
            ready: ready.map(|port| Field::bit(port, 0)),
            payload: payload
                .iter()
                .map(|&(port, width)| Field::whole(port, width))
                .collect(),
        };
    let prog = [
        ("prog_lane_i", p.lane_bits),
        ("prog_bank_i", p.bank_bits),
        ("prog_addr_i", p.prog_addr_bits),
        ("prog_data_i", p.prog_bits),
    ];
    let count = [
        ("count_kind_i", 2),
        ("count_lane_i", p.lane_bits),
        ("count_bank_i", p.bank_bits),
        ("count_index_i", 4),
    ];
    let resp = [
        ("resp_lane_o", p.lane_bits),
        ("resp_bank_o", p.bank_bits),
        ("resp_slot_o", p.slot_bits),
        ("resp_row_o", p.row_number_bits),
        ("resp_fail_o", 1),
    ];
    let value = [("count_data_o", p.count_bits)];
    design.inputs.extend([
        stream("prog", "prog_valid_i", Some("prog_ready_o"), &prog),
        stream("count", "count_valid_i", Some("count_ready_o"), &count),
        stream("flush", "flush_i", None, &[]),
    ]);
    design.outputs.extend([
        stream("resp", "resp_valid_o", Some("resp_ready_i"), &resp),
        stream("value", "count_valid_o", None, &value),
    ]);
    design
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
    program
        .as_words()
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
    let row = word[2] >> r.block_bits & ((1 << r.row_number_bits) - 1);
    (
        word[0],
        word[1],
        word[2] >> (r.block_bits + r.row_number_bits),
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
