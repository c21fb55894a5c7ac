//! Arbitrary calls of the request builder: a run never panics, and ends with the error or the outcome that the calls ask for.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use crate::common::{built, fifo, model, pass_result, wide_result, words};
use proptest::prelude::*;
use verilated::{
    Ended, Error, HangKind, Model, Progress, RunOutcome, RunRequest, Stall, write_stimulus,
};

/// Inputs of `fifo.v` with the words of an item and the output on which their items come back.
const INPUTS: [(&str, usize, &str); 3] = [
    ("wide", 11, "wide_out"),
    ("pass", 3, "pass_out"),
    ("tick", 1, "echo"),
];

/// The callback breaks a run that has gone on for as many cycles.
const PATIENCE: u64 = 3000;

#[derive(Clone, Debug)]
enum Call {
    Input(&'static str, usize),
    Expect(&'static str, u64),
    Stall(&'static str, u32, u64),
    Record(&'static str),
    MaxCycles(u64),
    IdleLimit(u64),
    Drain(u64),
    Chunk(u64),
}
use Call::*;

/// Mostly a stream of `right`; now and then another one, or none at all.
fn name(right: Vec<&'static str>) -> impl Strategy<Value = &'static str> {
    let wrong = ["wide", "pass_out", "", "wid", "wide ", "in_valid", "taken"];
    prop_oneof![
        30 => proptest::sample::select(right),
        1 => proptest::sample::select(wrong.to_vec()),
    ]
}

/// Small numbers, and those near the ends of the range.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => 0..30_u64,
        1 => 0..5000_u64,
        1 => u64::MAX - 2..=u64::MAX,
        1 => (0..64_u32).prop_map(|bit| 1 << bit),
    ]
}

fn call() -> impl Strategy<Value = Call> {
    let inputs = vec!["wide", "pass", "tick", "block"];
    let outputs = vec!["wide_out", "pass_out", "echo"];
    let stalled = vec!["wide", "pass", "tick", "block", "wide_out", "pass_out"];
    // Whole items of an input's own size are what most requests have.
    let whole = (proptest::sample::select(INPUTS.to_vec()), 0..20_usize)
        .prop_map(|((stream, item, _), n)| Input(stream, item * n));
    let per_1024 = prop_oneof![20 => 0..=900_u32, 2 => 0..=1023_u32, 1 => 1024..=u32::MAX];
    prop_oneof![
        20 => whole,
        1 => (name(inputs.clone()), 0..40_usize).prop_map(|(stream, n)| Input(stream, n)),
        16 => (name(outputs), number()).prop_map(|(stream, n)| Expect(stream, n)),
        6 => (name(stalled), per_1024, any::<u64>())
            .prop_map(|(stream, share, seed)| Stall(stream, share, seed)),
        6 => name(inputs).prop_map(Record),
        3 => number().prop_map(MaxCycles),
        3 => number().prop_map(IdleLimit),
        3 => number().prop_map(Drain),
        3 => number().prop_map(Chunk),
    ]
}

/// What calls ask for, written down without the code under test.
#[derive(Debug, Default)]
struct Asked {
    refused: bool,
    items: BTreeMap<&'static str, usize>,
    expect: BTreeMap<&'static str, u64>,
    recorded: BTreeSet<&'static str>,
    slow: bool,
    max: Option<u64>,
    idle: Option<u64>,
    drain: u64,
    chunk: Option<u64>,
}

impl Asked {
    fn new(calls: &[Call]) -> Self {
        let mut asked = Self::default();
        let item_of = |stream: &str| match stream {
            "block" => Some(1),
            _ => INPUTS.iter().find(|i| i.0 == stream).map(|i| i.1),
        };
        let is_output = |stream: &str| INPUTS.iter().any(|i| i.2 == stream);
        for call in calls {
            let fits = match *call {
                Input(stream, n) => item_of(stream).is_some_and(|item| {
                    n % item == 0 && asked.items.insert(stream, n / item).is_none()
                }),
                Expect(stream, n) => is_output(stream) && asked.expect.insert(stream, n).is_none(),
                Stall(stream, share, _) => {
                    asked.slow |= share > 900;
                    share < 1024
                        && (item_of(stream).is_some() || is_output(stream))
                        && (stream != "echo" || share == 0)
                }
                Record(stream) => {
                    asked.recorded.insert(stream);
                    item_of(stream).is_some()
                }
                MaxCycles(n) => {
                    asked.max = Some(n);
                    true
                }
                IdleLimit(n) => {
                    asked.idle = Some(n);
                    true
                }
                Drain(n) => {
                    asked.drain = n;
                    true
                }
                Chunk(n) => {
                    asked.chunk = Some(n);
                    true
                }
            };
            asked.refused |= !fits;
        }
        asked
    }

    fn items(&self, stream: &str) -> usize {
        self.items.get(stream).copied().unwrap_or(0)
    }

    fn expects(&self, stream: &str) -> u64 {
        self.expect.get(stream).copied().unwrap_or(0)
    }

    /// Whether every expected item can come.
    fn possible(&self) -> bool {
        INPUTS
            .iter()
            .all(|(i, _, o)| self.expects(o) <= self.items(i) as u64)
    }

    /// Whether no limit can be in the way.
    fn unhurried(&self) -> bool {
        !self.slow
            && self.max.is_none_or(|n| n >= PATIENCE)
            && self.idle.is_none_or(|n| n == 0 || n >= PATIENCE)
            && self.drain <= 100
    }

    fn check_outcome(&self, outcome: &RunOutcome) {
        for (index, (input, item, output)) in INPUTS.into_iter().enumerate() {
            let got = outcome.output(output).unwrap();
            let sent = words(item * self.items(input), index as u32);
            let comes: Vec<u32> = match input {
                "wide" => sent.chunks(item).flat_map(wide_result).collect(),
                "pass" => sent.chunks(item).flat_map(pass_result).collect(),
                _ => sent.iter().map(|w| w.wrapping_add(1) & 0xff).collect(),
            };
            assert!(comes.starts_with(&got.words), "{output}");
            assert_eq!(got.words.len(), got.len() * got.item_words);
            assert!(got.cycles.is_sorted());
        }
    }

    fn check(&self, result: Result<RunOutcome, Error>, last: Option<Progress>) {
        match result {
            Err(Error::Request { .. }) => assert!(self.refused),
            _ if self.refused => panic!("a bad request was taken"),
            Ok(outcome) => {
                assert_eq!(outcome.ended, Ended::Complete);
                assert!(
                    self.possible(),
                    "items that never came did not keep the run from its end"
                );
                self.check_outcome(&outcome);
                assert!(outcome.cycles >= self.drain);
                let limit = self.max.unwrap_or(u64::MAX);
                assert!(outcome.cycles <= limit.saturating_add(self.drain));
                for (_, _, output) in INPUTS {
                    let n = outcome.output(output).unwrap().len();
                    assert!(n as u64 >= self.expects(output));
                }
                for (stream, accepted) in ["wide", "pass", "tick", "block"]
                    .iter()
                    .zip(&outcome.accepted)
                {
                    let recorded = self.recorded.contains(stream);
                    let want = if recorded { self.items(stream) } else { 0 };
                    assert_eq!(accepted.len(), want, "{stream}");
                    assert!(accepted.is_sorted_by(|a, b| a < b));
                }
            }
            Err(Error::Hang(report)) => {
                assert!(!(self.possible() && self.unhurried()), "{report}");
                self.check_outcome(&report.partial);
                match report.kind {
                    HangKind::Idle(n) => assert_eq!(n, self.idle.unwrap_or(100_000)),
                    HangKind::MaxCycles(n) => {
                        assert_eq!((Some(n), report.partial.cycles), (self.max, n));
                    }
                }
            }
            Err(Error::Interrupted { .. }) => {
                assert!(last.unwrap().cycles >= PATIENCE);
                assert!(!(self.possible() && self.unhurried()));
            }
            Err(other) => panic!("{other}"),
        }
        if let Some(last) = last {
            let sum = self.items.values().map(|n| *n as u64).sum::<u64>();
            assert_eq!(last.to_accept, sum);
            let expected = self
                .expect
                .values()
                .fold(0, |sum: u64, n| sum.saturating_add(*n));
            assert_eq!(last.expected, expected);
            assert!(last.accepted <= last.to_accept);
        }
    }
}

fn data(calls: &[Call]) -> Vec<Vec<u32>> {
    let index = |stream: &str| INPUTS.iter().position(|i| i.0 == stream).unwrap_or(9) as u32;
    calls
        .iter()
        .map(|call| match *call {
            Input(stream, n) => words(n, index(stream)),
            _ => Vec::new(),
        })
        .collect()
}

fn request<'d>(calls: &[Call], data: &'d [Vec<u32>]) -> RunRequest<'d> {
    let mut request = RunRequest::new();
    for (call, words) in calls.iter().zip(data) {
        request = match *call {
            Input(stream, _) => request.input(stream, words),
            Expect(stream, n) => request.expect(stream, n),
            Stall(stream, share, seed) => request.stall(stream, Stall::new(share, seed)),
            Record(stream) => request.record(stream),
            MaxCycles(n) => request.max_cycles(n),
            IdleLimit(n) => request.idle_limit(n),
            Drain(n) => request.drain(n),
            Chunk(n) => request.chunk(n),
        };
    }
    request
}

fn run(model: &mut Model, calls: &[Call]) {
    let data = data(calls);
    let mut request = request(calls, &data);
    let asked = Asked::new(calls);
    // A run may be endless by its request: then the callback, which ends it, must come.
    if asked.chunk.is_some_and(|n| n > PATIENCE) && !(asked.possible() && asked.unhurried()) {
        request = request.chunk(100);
    } else if asked.chunk.is_none() {
        request = request.chunk(500);
    }
    model.reset(1).unwrap();
    let mut last = None;
    let result = model.run(&request, &mut |progress| {
        last = Some(progress);
        match progress.cycles < PATIENCE {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    });
    asked.check(result, last);
    let dir = tempfile::tempdir().unwrap();
    let written = write_stimulus(&dir.path().join("s"), &fifo(), &request, 1);
    assert_eq!(written.is_err(), asked.refused, "{written:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn a_request_gives_an_error_or_what_it_promises(calls in proptest::collection::vec(call(), 0..8)) {
        thread_local! {
            static MODEL: RefCell<Model> = RefCell::new(model(&built(&fifo())));
        }
        MODEL.with_borrow_mut(|model| run(model, &calls));
    }
}

/// The sums of these overflow 64 bits.
#[test]
fn expectations_beyond_all_numbers_do_not_end_a_run_early() {
    let mut model = model(&built(&fifo()));
    for calls in [
        vec![Expect("echo", u64::MAX), IdleLimit(50)],
        vec![Expect("echo", u64::MAX), Input("tick", 5), IdleLimit(50)],
        vec![
            Expect("echo", u64::MAX),
            Expect("wide_out", u64::MAX),
            Input("tick", 1),
            Drain(u64::MAX),
            IdleLimit(50),
        ],
        // 2^64 in all: a sum that wraps is 0, and the run would end at once.
        vec![
            Expect("echo", 1 << 63),
            Expect("wide_out", 1 << 63),
            IdleLimit(50),
        ],
    ] {
        let data = data(&calls);
        let result = crate::common::go(&mut model, &request(&calls, &data));
        let Err(Error::Hang(report)) = result else {
            panic!("{calls:?}: {result:?}")
        };
        assert_eq!(report.kind, HangKind::Idle(50));
    }
}
