//! The control slave on a stand-in engine (`control/bench.v`), against the description of its registers:
//! every access, in random order and with pauses on all channels.

mod slave;

use recross::hardware::{
    Access, COUNTERS, CounterMap, Field, PARAMETERS, PARAMETERS_AT, REGISTERS, Register, at,
    geometry,
};
use slave::{OKAY, SLVERR, Slave, params};
use std::ops::ControlFlow;
use verilated::{RunRequest, Stall};

fn is_stored(f: &Field) -> bool {
    matches!(f.access, Access::Write(_) | Access::Scratch | Access::Live)
}

fn mask(r: &Register, wanted: impl Fn(&Field) -> bool) -> u32 {
    r.fields.iter().filter(|f| wanted(f)).map(Field::mask).sum()
}

/// Every register has the access that the description says, and every other address is refused.
#[test]
fn registers_are_as_described() {
    for pauses in [0, 600] {
        let mut s = Slave::new(pauses);
        let p = params();
        for r in REGISTERS {
            let constant = |f: &Field| matches!(f.access, Access::Constant(_) | Access::Shared(_));
            let known = mask(r, |f| constant(f) || is_stored(f));
            assert_eq!(
                s.read(r.offset) & known,
                r.reset(&p),
                "{} after reset",
                r.name
            );
        }
        assert_eq!(s.read(at::id).to_le_bytes(), *b"RCRS");
        for (number, parameter) in (0u32..).zip(PARAMETERS) {
            let value = s.read(PARAMETERS_AT + 4 * number);
            assert_eq!(value, (parameter.value)(&p), "{}", parameter.name);
        }
        // Writes of every kind of strobe, to all addresses: only whole words to what can be written.
        for address in (0..0x900).step_by(4) {
            let register = REGISTERS.iter().find(|r| r.offset == address);
            let written = register.is_some_and(Register::is_written);
            let (before, there) = s.go(&[], &[address]).1[0];
            let last = PARAMETERS_AT + 4 * PARAMETERS.len() as u32;
            let known = register.is_some() || (PARAMETERS_AT..last).contains(&address);
            assert_eq!(there == OKAY, known, "read of {address:#x}");
            for strobe in [0, 1, 7, 0xe] {
                let answer = s.go(&[(address, !before, strobe)], &[]).0[0];
                assert_eq!(answer, SLVERR, "{address:#x} with strobe {strobe}");
                assert_eq!(s.go(&[], &[address]).1[0], (before, there));
            }
            let unaligned = s.go(&[(address + 1, !before, 0xf)], &[address + 2]);
            assert_eq!((unaligned.0[0], unaligned.1[0].1), (SLVERR, SLVERR));
            if !written {
                assert_eq!(s.write(address, !before), SLVERR, "{address:#x}");
                assert_eq!(s.go(&[], &[address]).1[0], (before, there));
            }
        }
        for r in REGISTERS.iter().filter(|r| r.is_written()) {
            let stored = mask(r, is_stored);
            for value in [0xffff_ffff, 0x5a5a_5a5a, 0] {
                let answer = s.write(r.offset, value);
                if stored != 0 {
                    assert_eq!(answer, OKAY, "{}", r.name);
                    let want = value & stored;
                    assert_eq!(s.read(r.offset) & stored, want, "{}", r.name);
                }
            }
        }
    }
}

#[test]
fn address_and_data_come_in_any_order_and_reads_do_not_wait_for_writes() {
    let mut s = Slave::new(0);
    let p = params();
    let mut run = |request: &RunRequest<'_>| {
        let outcome = s.model.run(request, &mut |_| ControlFlow::Continue(()));
        let outcome = outcome.unwrap();
        let words = |name| outcome.output(name).unwrap().words.clone();
        (words("b"), words("r"), words("block"))
    };
    // The half that comes first waits; reads go on meanwhile.
    let (address, data) = ([at::scratch], [0x1234, 0xf]);
    let none = (Vec::new(), vec![0, OKAY], Vec::new());
    let read = |name: &'static str, words| {
        let both = RunRequest::new().input(name, words).input("ar", &address);
        both.expect("r", 1).drain(20)
    };
    let later = RunRequest::new().input("ar", &address).expect("r", 1);
    assert_eq!(run(&read("aw", &address)), none);
    assert_eq!(run(&later).1, [0, OKAY]);
    let rest = RunRequest::new().input("w", &data).expect("b", 1);
    assert_eq!(run(&rest).0, [OKAY]);
    let was = (Vec::new(), vec![0x1234, OKAY], Vec::new());
    assert_eq!(run(&read("w", &[0x5678, 0xf])), was);
    assert_eq!(run(&later).1, [0x1234, OKAY]);
    let rest = RunRequest::new().input("aw", &address).expect("b", 1);
    assert_eq!(run(&rest).0, [OKAY]);
    assert_eq!(run(&later).1, [0x5678, OKAY]);

    // The engine takes no block: the word of the second row waits, and reads do not.
    let open = [geometry(&p), 0xf];
    let opened = RunRequest::new()
        .input("aw", &[at::prog_image])
        .input("w", &open);
    assert_eq!(run(&opened.expect("b", 1)).0, [OKAY]);
    let reads = [at::scratch; 10];
    let held = RunRequest::new()
        .input("aw", &[at::prog_data; 2])
        .input("w", &[7, 0xf, 8, 0xf])
        .input("ar", &reads)
        .expect("r", 10)
        .stall("block", Stall::new(Stall::MAX_PER_1024, 1));
    let (b, r, block) = run(&held);
    assert_eq!((b, r), (vec![OKAY], [0x5678, OKAY].repeat(10)));
    assert_eq!(block, [0; 0]);
    let (b, _, block) = run(&RunRequest::new().expect("b", 1).expect("block", 2));
    assert_eq!((b, block.len()), (vec![OKAY], 8));
    // Nobody takes the answer to a write.
    let silent = RunRequest::new()
        .input("aw", &[at::scratch; 2])
        .input("w", &[1, 0xf, 2, 0xf])
        .input("ar", &reads)
        .expect("r", 10)
        .stall("b", Stall::new(Stall::MAX_PER_1024, 2));
    let (b, r, _) = run(&silent);
    assert_eq!((b.len(), r.len()), (0, 20));
}

#[test]
fn events_are_kept_with_their_first_offender() {
    let mut s = Slave::new(300);
    s.write(at::events, u32::MAX);
    assert_eq!((s.read(at::events), s.probe("irq")), (0, 0));
    s.write(at::mask, 0x2);
    s.tell([1, 1, 77, 0, 0, 0, 0, 0]);
    s.tell([1, 0, 78, 0, 0, 0, 0, 0]);
    assert_eq!((s.read(at::events), s.probe("irq")), (1, 0));
    assert_eq!(
        (s.read(at::id_range_port), s.read(at::id_range_id)),
        (1, 77)
    );
    s.tell([2, 1, 5, 0, 0, 0, 0, 0]);
    assert_eq!((s.read(at::events), s.probe("irq")), (3, 1));
    assert_eq!(s.read(at::bag_long_port), 1);
    // Only a one clears, and only its own bit.
    s.write(at::events, 0xffff_fffc);
    assert_eq!(s.read(at::events), 3);
    s.write(at::events, 2);
    assert_eq!((s.read(at::events), s.probe("irq")), (1, 0));
    s.write(at::events, 1);
    s.tell([1, 0, 79, 0, 0, 0, 0, 0]);
    assert_eq!(
        (s.read(at::id_range_port), s.read(at::id_range_id)),
        (0, 79)
    );
    s.write(at::events, u32::MAX);
    // Bits 2 and 3 are the banks' errors; 9 tells that the last bag has ended.
    s.tell([0, 0, 0, 2, 1, 0, 0, 0]);
    assert_eq!((s.read(at::events), s.read(at::bank_error)), (8, 1 << 16));
    s.tell([0, 0, 0, 0, 0, 0, 1, 0]);
    assert_eq!(s.read(at::events), 8 | 1 << 9);
    assert_eq!(s.read(at::status) & 1, 1);
    // A soft reset clears all.
    assert_eq!(s.write(at::command, 2), OKAY);
    assert_eq!((s.read(at::events), s.read(at::mask)), (0, 0));
    assert_eq!(s.probe("flushes"), 1);
    s.write(at::control, 0);
    assert_eq!(s.probe("enable"), 0);
    s.write(at::command, 1);
    assert_eq!((s.probe("enable"), s.probe("flushes")), (0, 2));
}

/// What is told in the very cycle in which its event is cleared comes after that: the event stays, with
/// the new offender. The fault comes one cycle later in each run, so that one of them is that cycle.
#[test]
fn events_set_while_they_are_cleared_tell_the_new_offender() {
    for kind in [1, 2, 3] {
        let mut stayed = Vec::new();
        for before in 0..12 {
            let mut s = Slave::new(0);
            s.write(at::events, u32::MAX);
            s.tell([kind, 1, 77, 0, 0, 0, 0, 0]);
            assert_eq!(s.read(at::events), kind);
            let mut told = vec![0; 8 * before];
            told.extend([kind, 0, 78, 0, 0, 0, 0, 0]);
            let cleared = [kind, 0xf];
            let both = RunRequest::new()
                .input("aw", &[at::events])
                .input("w", &cleared)
                .input("tell", &told)
                .expect("b", 1)
                .drain(8);
            let outcome = s.model.run(&both, &mut |_| ControlFlow::Continue(()));
            assert_eq!(outcome.unwrap().output("b").unwrap().words, [OKAY]);
            let events = s.read(at::events);
            assert!(events == 0 || events == kind, "{events}");
            stayed.push(events == kind);
            let (port, id) = if events == kind { (0, 78) } else { (1, 77) };
            if kind & 1 != 0 {
                assert_eq!(s.read(at::id_range_port), port, "{before} cycles before");
                assert_eq!(s.read(at::id_range_id), id, "{before} cycles before");
            }
            if kind & 2 != 0 {
                assert_eq!(s.read(at::bag_long_port), port, "{before} cycles before");
            }
        }
        assert!(stayed.is_sorted() && !stayed[0] && stayed[11], "{stayed:?}");
    }
}

#[test]
fn rows_go_to_their_places() {
    for pauses in [0, 700] {
        let mut s = Slave::new(pauses);
        let p = params();
        s.write(at::events, u32::MAX);
        // Closed, then opened by the header word of this geometry alone.
        assert_eq!(s.write(at::prog_data, 5), SLVERR);
        assert_eq!(
            (s.read(at::events), s.read(at::refused_at)),
            (1 << 5, at::prog_data)
        );
        s.write(at::events, u32::MAX);
        assert_eq!(s.write(at::prog_image, geometry(&p)), OKAY);
        assert_eq!(s.read(at::status) >> 2 & 1, 1);
        assert_eq!(s.write(at::prog_image, geometry(&p) ^ 1), SLVERR);
        assert_eq!(
            (s.read(at::events), s.read(at::refused_at)),
            (1 << 6, at::prog_image)
        );
        assert_eq!(s.read(at::status) >> 2 & 1, 0);
        s.write(at::events, u32::MAX);
        s.write(at::prog_image, geometry(&p));
        // From the last row but one of a slot on.
        let mut writes = vec![
            (at::prog_bank, 1 << 16 | 1, 0xf),
            (at::prog_row, p.rows - 2, 0xf),
        ];
        writes.extend((0..4).map(|n| (at::prog_data, 0x1111 * (n + 1), 0xf)));
        let aw: Vec<u32> = writes.iter().map(|w| w.0).collect();
        let w: Vec<u32> = writes.iter().flat_map(|w| [w.1, w.2]).collect();
        let request = RunRequest::new()
            .input("aw", &aw)
            .input("w", &w)
            .expect("b", 6)
            .expect("block", 4)
            .stall("block", Stall::new(pauses, 9));
        let outcome = s.model.run(&request, &mut |_| ControlFlow::Continue(()));
        let outcome = outcome.unwrap();
        assert_eq!(outcome.output("b").unwrap().words, [OKAY; 6]);
        let place = |slot: u32, row: u32| (slot << p.row_number_bits | row) << p.block_bits;
        let want: Vec<u32> = (0..4)
            .flat_map(|n| {
                let row = p.rows - 2 + n;
                [1, 1, place(row / p.rows, row % p.rows), 0x1111 * (n + 1)]
            })
            .collect();
        assert_eq!(outcome.output("block").unwrap().words, want);
        assert_eq!(s.read(at::prog_row), 1 << 16 | 2);
        // The stand-in answers a while later, and fails row 0.
        let answered = RunRequest::new().drain(200);
        s.model
            .run(&answered, &mut |_| ControlFlow::Continue(()))
            .unwrap();
        assert_eq!((s.read(at::prog_done), s.read(at::prog_failed)), (4, 1));
        assert_eq!(
            (s.read(at::fail_bank), s.read(at::fail_row)),
            (1 << 16 | 1, 1 << 16)
        );
        assert_eq!(
            (s.read(at::prog_pending), s.read(at::status) >> 1 & 1),
            (0, 0)
        );
        assert_eq!(s.read(at::events) & 0x110, 0x110);
        // No place behind the last.
        s.write(at::prog_row, p.slots << 16);
        assert_eq!(s.write(at::prog_data, 1), SLVERR);
        s.write(at::prog_row, p.rows);
        assert_eq!(s.write(at::prog_data, 1), SLVERR);
        s.write(at::prog_row, 0);
        s.write(at::prog_bank, p.banks);
        assert_eq!(s.write(at::prog_data, 1), SLVERR);
        s.write(at::prog_bank, p.lanes << 16);
        assert_eq!(s.write(at::prog_data, 1), SLVERR);
        s.write(at::command, 8);
        assert_eq!((s.read(at::prog_done), s.read(at::prog_failed)), (0, 0));
    }
}

/// As with events, an answer in the very cycle in which answers are cleared comes after that, and is
/// that of the first row that failed.
#[test]
fn answers_that_come_while_they_are_cleared_count() {
    const CLEAR_ANSWERS: u32 = 8;
    let p = params();
    let mut counted = Vec::new();
    for wait in 0..40 {
        let mut s = Slave::new(0);
        s.write(at::prog_image, geometry(&p));
        // The stand-in fails row 0, here of both crossbars one after the other.
        s.write(at::prog_data, 1);
        s.drain(60);
        assert_eq!((s.read(at::prog_failed), s.read(at::fail_row)), (1, 0));
        s.write(at::command, CLEAR_ANSWERS);
        s.write(at::prog_row, 1 << 16);
        s.write(at::prog_data, 2);
        s.drain(wait);
        s.write(at::command, CLEAR_ANSWERS);
        s.drain(60);
        assert_eq!(s.read(at::fail_row), 1 << 16, "after {wait} cycles");
        counted.push((s.read(at::prog_done), s.read(at::prog_failed)));
    }
    let after = counted.iter().take_while(|c| **c == (1, 1)).count();
    assert!(0 < after && after < 40, "{counted:?}");
    assert!(counted[after..].iter().all(|c| *c == (0, 0)), "{counted:?}");
}

/// Two blocks a row of two words each: the row is under way from its first block to its answer.
#[test]
fn a_row_of_several_blocks_ends_once() {
    const DONE: u32 = 1 << 8;
    let mut s = Slave::of_two_blocks(0);
    let p = params();
    let busy = |s: &mut Slave| s.read(at::status) >> 1 & 1;
    let data = |n: u32| (at::prog_data, 0x100 + n, 0xf);
    s.write(at::events, u32::MAX);
    s.write(at::prog_image, geometry(&p));
    s.write(at::prog_row, 1);
    assert_eq!(s.go(&[data(0)], &[]).0, [OKAY]);
    assert_eq!((busy(&mut s), s.write(at::prog_row, 1)), (0, SLVERR));
    s.write(at::events, u32::MAX);
    assert_eq!(s.go(&[data(1)], &[]).0, [OKAY]);
    s.drain(60);
    assert_eq!((busy(&mut s), s.read(at::events) & DONE), (1, 0));
    assert_eq!(s.write(at::prog_bank, 1), SLVERR);
    s.write(at::events, u32::MAX);
    assert_eq!(s.go(&[data(2), data(3)], &[]).0, [OKAY; 2]);
    assert_eq!((busy(&mut s), s.read(at::prog_done)), (1, 0));
    s.drain(60);
    assert_eq!((busy(&mut s), s.read(at::events)), (0, DONE));
    assert_eq!((s.read(at::prog_done), s.read(at::prog_row)), (1, 2));
    s.write(at::events, u32::MAX);

    // The blocks of the next row, with their words put together.
    let writes: Vec<_> = (0..4).map(data).collect();
    let aw: Vec<u32> = writes.iter().map(|w| w.0).collect();
    let w: Vec<u32> = writes.iter().flat_map(|w| [w.1, w.2]).collect();
    let request = RunRequest::new()
        .input("aw", &aw)
        .input("w", &w)
        .expect("b", 4)
        .expect("block", 2);
    let outcome = s.model.run(&request, &mut |_| ControlFlow::Continue(()));
    let outcome = outcome.unwrap();
    let place = 2 << p.block_bits;
    let want = [0, 0, place, 0x100, 1, 0, 0, place | 1, 0x102, 3];
    assert_eq!(outcome.output("block").unwrap().words, want);
    s.drain(60);
    s.write(at::events, u32::MAX);

    // A flush drops a row that has begun and one without an answer, and neither is done.
    for words in [2, 4] {
        s.write(at::prog_row, 1);
        let writes: Vec<_> = (0..words).map(data).collect();
        s.go(&writes, &[]);
        s.write(at::command, 1);
        s.drain(60);
        assert_eq!((busy(&mut s), s.read(at::events) & DONE), (0, 0));
        assert_eq!((s.read(at::prog_done), s.read(at::prog_pending)), (2, 0));
    }
}

/// A macro that does not answer does not block the bus.
#[test]
fn a_silent_macro_leaves_the_bus_free() {
    let mut s = Slave::new(0);
    s.write(at::prog_image, geometry(&params()));
    s.tell([0, 0, 0, 1, 0, 0, 0, 0]);
    s.write(at::events, u32::MAX);
    s.write(at::prog_row, 1);
    assert_eq!(s.write(at::prog_data, 1), OKAY);
    for register in [at::prog_data, at::prog_row, at::prog_bank] {
        assert_eq!(s.write(register, 1), SLVERR);
        assert_eq!(
            (s.read(at::events), s.read(at::refused_at)),
            (1 << 5, register)
        );
        s.write(at::events, u32::MAX);
    }
    assert_eq!(s.write(at::command, 1), OKAY);
    for register in [at::prog_bank, at::prog_row, at::prog_data] {
        assert_eq!(s.write(register, 1), OKAY);
    }
    s.drain(60);
    assert_eq!((s.read(at::prog_done), s.read(at::prog_failed)), (1, 0));
}

#[test]
fn counters_are_read_whole_and_in_order() {
    for pauses in [0, 500] {
        let mut s = Slave::new(pauses);
        let p = params();
        let map = CounterMap::new(&p);
        // The stand-in's value of a counter: kind, lane, bank and index, below a number that grows.
        let check = |s: &mut Slave, address: u32, want: u32| {
            let (low, high) = match s.go(&[], &[address, address + 4]).1[..] {
                [low, high] => (low, high),
                _ => unreachable!(),
            };
            assert_eq!((low.1, high.1), (OKAY, OKAY), "{address:#x}");
            assert_eq!(low.0 & 0xffff, want, "{address:#x}");
            assert_eq!(high.0, 0, "32 bits");
        };
        for index in 0..COUNTERS[0] {
            check(&mut s, map.engine(index), index);
        }
        for lane in 0..p.lanes {
            for index in 0..COUNTERS[1] {
                check(&mut s, map.lane(lane, index), 1 << 12 | lane << 8 | index);
            }
            for bank in 0..p.banks {
                for index in 0..COUNTERS[2] {
                    let want = 2 << 12 | lane << 8 | bank << 4 | index;
                    check(&mut s, map.bank(lane, bank, index), want);
                }
            }
        }
        for address in [
            map.engine(COUNTERS[0]),
            map.lane(0, COUNTERS[1]),
            map.bank(0, 0, COUNTERS[2]),
            map.engine(0) + 1,
            map.engine(0) | 1 << map.lane_low,
            map.lane(0, 0) | 1 << map.bank_low,
            map.engine(0) | 1 << 11,
        ] {
            assert_eq!(s.go(&[], &[address]).1[0].1, SLVERR, "{address:#x}");
            assert_eq!(s.write(address, 0), SLVERR);
        }
        // Freeze, run and clear are requests of kind 3; a flush lets the counters run, and the
        // request to freeze is made again.
        let asked = s.probe("asked");
        s.write(at::control, 3);
        check(&mut s, map.engine(1), 1);
        assert_eq!(s.probe("asked"), asked | 1 << 1);
        assert_eq!(s.read(at::status) >> 3 & 1, 1);
        s.write(at::command, 4);
        check(&mut s, map.engine(2), 2);
        assert_eq!(s.probe("asked"), asked | 3);
        s.tell([0, 0, 0, 0, 0, 0, 0, 1]);
        check(&mut s, map.engine(2), 2);
        assert_eq!(s.read(at::status) >> 3 & 1, 1);
        s.write(at::control, 1);
        check(&mut s, map.engine(2), 2);
        assert_eq!(s.probe("asked"), 7);
    }
}
