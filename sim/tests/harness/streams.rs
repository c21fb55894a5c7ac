//! Streams: data, order, cycles, stalls, hangs, interruption.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use crate::common::{built, fifo, go, model, pass_result, wide_result, words};
use verilated::{Ended, Error, HangKind, RunRequest, Stall, write_stimulus};

/// A cycle model of the wide stage, written from `fifo.v`: cycles of acceptance and of arrival, relative to the first cycle.
fn wide_cycles(n: usize, input: Stall, output: Stall) -> (Vec<u64>, Vec<u64>) {
    let (mut input, mut output) = (input.pattern(), output.pattern());
    let (mut accepted, mut arrived) = (Vec::new(), Vec::new());
    let (mut offering, mut full) = (false, false);
    let mut cycle = 0;
    while arrived.len() < n {
        let may = input.next_cycle();
        let ready_out = output.next_cycle();
        offering |= may && accepted.len() < n;
        let ready_in = !full || ready_out;
        if full && ready_out {
            arrived.push(cycle);
            full = false;
        }
        if offering && ready_in {
            accepted.push(cycle);
            offering = false;
            full = true;
        }
        cycle += 1;
    }
    (accepted, arrived)
}

#[test]
fn wide_and_packed_streams_carry_every_bit() {
    let mut model = model(&built(&fifo()));
    model.reset(3).unwrap();
    assert_eq!(model.cycle(), 3);
    assert_eq!(model.probe("taken").unwrap(), [0, 1]);
    let mut wide = words(11 * 40, 1);
    // The carry runs through all 300 bits.
    wide[..10].fill(u32::MAX);
    let pass = words(3 * 25, 2);
    let tick = words(60, 3);
    let request = RunRequest::new()
        .input("wide", &wide)
        .input("pass", &pass)
        .input("tick", &tick)
        .record("wide")
        .expect("wide_out", 40)
        .expect("pass_out", 25)
        .expect("echo", 60);
    let outcome = go(&mut model, &request).unwrap();
    assert_eq!(outcome.ended, Ended::Complete);
    assert_eq!(outcome.start_cycle, 3);
    let got = outcome.output("wide_out").unwrap();
    assert_eq!(got.len(), 40);
    assert_eq!(
        got.words,
        wide.chunks(11).flat_map(wide_result).collect::<Vec<_>>()
    );
    assert_eq!(got.item(39).unwrap(), wide_result(&wide[39 * 11..]));
    assert_eq!(got.item(40), None);
    assert_eq!(
        outcome.output("pass_out").unwrap().words,
        pass.chunks(3).flat_map(pass_result).collect::<Vec<_>>()
    );
    let echo = outcome.output("echo").unwrap();
    assert_eq!(
        echo.words,
        tick.iter().map(|w| (w + 1) & 0xff).collect::<Vec<_>>()
    );
    // One a cycle from cycle 3 on, out one cycle later.
    assert_eq!(echo.cycles, (4..64).collect::<Vec<_>>());
    assert_eq!(outcome.cycles, 61);
    assert_eq!(outcome.accepted[0], (3..43).collect::<Vec<_>>());
    assert!(outcome.accepted[1].is_empty());
    assert_eq!(model.probe("taken").unwrap(), [40, 1]);
    assert_eq!(
        model.probe("nope").unwrap_err().to_string(),
        "simulation request: no probe is called `nope`; the design has: taken"
    );
    // State and cycle count go on.
    let again = go(&mut model, &RunRequest::new().drain(5)).unwrap();
    assert_eq!(
        (again.start_cycle, again.cycles, model.cycle()),
        (64, 5, 69)
    );
}

#[test]
fn stalled_runs_take_exactly_the_predicted_cycles() {
    let mut model = model(&built(&fifo()));
    let n = 500;
    let wide = words(11 * n, 4);
    let cases = [
        (0, 0),
        (300, 0),
        (0, 300),
        (512, 700),
        (1000, 900),
        (1023, 0),
    ];
    for (case, (slow_in, slow_out)) in cases.into_iter().enumerate() {
        let n = if slow_in == 1023 { 3 } else { n };
        let (input, output) = (Stall::new(slow_in, case as u64), Stall::new(slow_out, 99));
        model.reset(1).unwrap();
        let request = RunRequest::new()
            .input("wide", &wide[..11 * n])
            .record("wide")
            .stall("wide", input)
            .expect("wide_out", n as u64)
            .stall("wide_out", output);
        let (accepted, arrived) = wide_cycles(n, input, output);
        // The sequence must not depend on how the run is cut in chunks.
        for chunk_cycles in [1 << 16, 7] {
            let outcome = go(&mut model, &request.clone().chunk(chunk_cycles)).unwrap();
            let relative = |cycles: &[u64]| -> Vec<u64> {
                cycles.iter().map(|c| c - outcome.start_cycle).collect()
            };
            assert_eq!(
                relative(&outcome.accepted[0]),
                accepted,
                "{slow_in}, {slow_out}"
            );
            assert_eq!(
                relative(&outcome.outputs[0].cycles),
                arrived,
                "{slow_in}, {slow_out}"
            );
            let want: Vec<u32> = wide[..11 * n].chunks(11).flat_map(wide_result).collect();
            assert_eq!(outcome.outputs[0].words, want);
        }
    }
}

#[test]
fn surplus_items_are_collected() {
    let mut model = model(&built(&fifo()));
    model.reset(1).unwrap();
    let tick = words(3000, 5);
    // More than the spare room: the run goes on after each enlargement.
    let request = RunRequest::new()
        .input("tick", &tick)
        .expect("echo", 1)
        .drain(1);
    let outcome = go(&mut model, &request).unwrap();
    assert_eq!(outcome.outputs[2].len(), 3000);
    assert_eq!(outcome.cycles, 3001);
}

#[test]
fn a_hang_is_explained() {
    let mut model = model(&built(&fifo()));
    model.reset(2).unwrap();
    let pass = words(3, 6);
    let wide = words(22, 7);
    let request = RunRequest::new()
        .input("pass", &pass)
        .input("wide", &wide)
        .expect("pass_out", 2)
        .expect("wide_out", 2)
        .idle_limit(20);
    let Err(Error::Hang(report)) = go(&mut model, &request) else {
        panic!("no hang")
    };
    assert_eq!(
        report.to_string(),
        "the model hangs: no stream has moved for 20 cycles, up to cycle 25
  input `wide`: all 2 items accepted (last moved in cycle 3)
  input `pass`: all 1 items accepted (last moved in cycle 2)
  input `tick`: all 0 items accepted (never moved)
  input `block`: all 0 items accepted (never moved)
  output `wide_out`: all 2 items arrived (last moved in cycle 4)
  output `pass_out`: waits for item 1 but the design offers nothing; 1 missing (last moved in cycle 3)
  output `echo`: all 0 items arrived (never moved)
  probe `taken` = 0x100000002"
    );
    assert_eq!(
        report.partial.output("pass_out").unwrap().words,
        pass_result(&pass)
    );

    // An output that never takes anything back-pressures the input. 1023: ready in about one cycle of 1024.
    let stall = Stall::new(1023, 3);
    assert!((0..200).all({
        let mut pattern = stall.pattern();
        move |_| !pattern.next_cycle()
    }));
    let request = RunRequest::new()
        .input("wide", &wide)
        .expect("wide_out", 2)
        .stall("wide_out", stall)
        .max_cycles(200);
    let Err(Error::Hang(report)) = go(&mut model, &request) else {
        panic!("no hang")
    };
    assert_eq!(report.kind, HangKind::MaxCycles(200));
    let text = report.to_string();
    assert!(
        text.starts_with("the run was not done after its limit of 200 cycles, in cycle 225"),
        "{text}"
    );
    assert!(
        text.contains("`wide`: is offering item 1 but the design is not ready; 1 left"),
        "{text}"
    );
    assert!(
        text.contains("`wide_out`: is paused by its stall pattern; 0 arrived, 2 missing"),
        "{text}"
    );
}

#[test]
fn progress_is_told_and_can_interrupt() {
    let mut model = model(&built(&fifo()));
    model.reset(1).unwrap();
    let tick = words(100, 8);
    let request = RunRequest::new()
        .input("tick", &tick)
        .expect("echo", 100)
        .chunk(10);
    let mut seen = VecDeque::new();
    let result = model.run(&request, &mut |p| {
        seen.push_back((p.cycles, p.accepted, p.arrived, p.to_accept, p.expected));
        if seen.len() == 3 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert!(
        matches!(result, Err(Error::Interrupted { cycle: 31 })),
        "{result:?}"
    );
    assert_eq!(
        seen,
        [
            (10, 10, 9, 100, 100),
            (20, 20, 19, 100, 100),
            (30, 30, 29, 100, 100)
        ]
    );
}

#[test]
fn samples_come_before_chunks() {
    let mut model = model(&built(&fifo()));
    model.reset(1).unwrap();
    let tick = words(100, 8);
    let request = RunRequest::new()
        .input("tick", &tick)
        .expect("echo", 100)
        .chunk(50)
        .sample(7, 3);
    let mut seen = Vec::new();
    let outcome = model.run(&request, &mut |p| {
        seen.push(p.cycles);
        ControlFlow::Continue(())
    });
    assert_eq!(outcome.unwrap().cycles, 101);
    assert_eq!(seen, [7, 14, 21, 71]);
}

/// An item without payload is a pulse of the valid bit.
#[test]
fn streams_may_have_no_payload() {
    let mut design = fifo();
    let block = design.input("block").unwrap();
    design.inputs[block].payload.clear();
    let mut model = model(&built(&design));
    model.reset(1).unwrap();
    let wide = words(11, 2);
    let request = RunRequest::new()
        .input("block", &[7; 5])
        .record("block")
        .input("wide", &wide)
        .record("wide");
    let outcome = go(&mut model, &request).unwrap();
    assert_eq!(outcome.accepted[block], [1, 2, 3, 4, 5]);
    assert_eq!(outcome.accepted[0], [6]);
}

#[test]
fn bad_requests_are_refused() {
    let mut model = model(&built(&fifo()));
    let three = [0; 3];
    let mut refuse = |request: RunRequest<'_>, message: &str| {
        let error = go(&mut model, &request).unwrap_err().to_string();
        assert_eq!(error, format!("simulation request: {message}"));
    };
    refuse(
        RunRequest::new().input("wise", &three),
        "no input stream is called `wise`; the design has: wide, pass, tick, block",
    );
    refuse(
        RunRequest::new()
            .expect("pass_out", 1)
            .expect("pass_out", 1),
        "output stream `pass_out` is named twice",
    );
    refuse(
        RunRequest::new().input("wide", &three),
        "input stream `wide` got 3 words, not a multiple of its 11 words per item",
    );
    refuse(
        RunRequest::new()
            .input("pass", &three)
            .stall("pass", Stall::new(1024, 0)),
        "stream `pass` is to stall in 1024 of 1024 cycles and would never move; expected 0 to 1023",
    );
    refuse(
        RunRequest::new()
            .expect("echo", 1)
            .stall("echo", Stall::new(1, 0)),
        "output stream `echo` has no ready bit and cannot be stalled",
    );
    // A name that is not in the design is never passed over.
    refuse(
        RunRequest::new().stall("pas", Stall::new(1, 0)),
        "no stream is called `pas`; the design has: wide, pass, tick, block, wide_out, pass_out, echo",
    );
    refuse(
        RunRequest::new().record("pass_out"),
        "no input stream is called `pass_out`; the design has: wide, pass, tick, block",
    );
}

#[test]
fn models_of_one_library_are_independent_and_can_change_threads() {
    let library = verilated::Library::load(&built(&fifo())).unwrap();
    let (mut a, mut b) = (library.model().unwrap(), library.model().unwrap());
    drop(library);
    let work = |model: &mut verilated::Model, n: usize, seed: u32| {
        let wide = words(11 * n, seed);
        model.reset(1).unwrap();
        let request = RunRequest::new()
            .input("wide", &wide)
            .expect("wide_out", n as u64);
        let outcome = go(model, &request).unwrap();
        assert_eq!(
            outcome.outputs[0].words,
            wide.chunks(11).flat_map(wide_result).collect::<Vec<_>>()
        );
        assert_eq!(model.probe("taken").unwrap(), [n as u32, 1]);
    };
    work(&mut a, 10, 1);
    std::thread::scope(|scope| {
        scope.spawn(|| work(&mut a, 200, 2));
        scope.spawn(|| work(&mut b, 300, 3));
    });
}

#[test]
fn the_plain_program_gives_the_same_items_in_the_same_cycles() {
    let design = fifo();
    let program =
        verilated::build_main(&crate::common::tools(), &design, &crate::common::options()).unwrap();
    let wide = words(11 * 101, 9);
    let pass = words(3 * 7, 10);
    let request = RunRequest::new()
        .input("wide", &wide)
        .stall("wide", Stall::new(300, 1))
        .input("pass", &pass)
        .expect("wide_out", 101)
        .expect("pass_out", 7)
        .stall("pass_out", Stall::new(600, 2));
    let mut model = model(&built(&design));
    model.reset(4).unwrap();
    let outcome = go(&mut model, &request).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (stimulus, result) = (dir.path().join("in"), dir.path().join("out"));
    write_stimulus(&stimulus, &design, &request, 4).unwrap();
    let ran = std::process::Command::new(program.path())
        .arg(&stimulus)
        .arg(&result)
        .output()
        .unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    assert!(
        said.starts_with(&format!("status 1 cycles {} seconds ", outcome.cycles)),
        "{said}"
    );
    let want: Vec<u8> = outcome
        .outputs
        .iter()
        .flat_map(|o| &o.words)
        .flat_map(|w| w.to_le_bytes())
        .collect();
    assert_eq!(std::fs::read(&result).unwrap(), want);
}
