//! The request builder of `verilated` and its stimulus files, for designs and requests of any kind.

use super::{Choices, Given};
use verilated::{Design, Field, Probe, Reset, RunRequest, Stall, StreamSpec, write_stimulus};

const NAMES: &[&str] = &["a", "b", "c", "d", "", "a b", "\"", "é\n"];

fn name(choices: &mut Choices<'_>) -> String {
    // Mostly one of the first, so that names meet.
    let at = choices.below(32);
    NAMES[if at < NAMES.len() { at } else { at % 4 }].to_owned()
}

fn number(choices: &mut Choices<'_>) -> u64 {
    match choices.below(8) {
        0 => u64::MAX - u64::from(choices.byte()),
        1 => choices.long(),
        _ => choices.byte().into(),
    }
}

fn width(choices: &mut Choices<'_>) -> u32 {
    match choices.below(16) {
        0 => choices.word(),
        1 => 0,
        2 => u32::MAX,
        n => n as u32 * 11,
    }
}

fn field(choices: &mut Choices<'_>, one_bit: bool) -> Field {
    let port = name(choices);
    match (one_bit, choices.below(8)) {
        (true, 1..) => Field::bit(port, choices.byte().into()),
        (_, 0) => Field::new(port, choices.word(), width(choices)),
        _ => Field::whole(port, width(choices)),
    }
}

fn stream(choices: &mut Choices<'_>) -> StreamSpec {
    StreamSpec {
        name: name(choices),
        valid: field(choices, true),
        ready: (choices.below(4) > 0).then(|| field(choices, true)),
        payload: (0..choices.below(4))
            .map(|_| field(choices, false))
            .collect(),
    }
}

fn design(choices: &mut Choices<'_>) -> Design {
    Design {
        name: name(choices),
        top: name(choices),
        sources: vec!["a.v".into(); choices.below(3)],
        clock: "clk".to_owned(),
        reset: (choices.below(2) > 0).then(|| Reset {
            port: name(choices),
            active_low: true,
        }),
        inputs: (0..choices.below(4)).map(|_| stream(choices)).collect(),
        outputs: (0..choices.below(4)).map(|_| stream(choices)).collect(),
        probes: (0..choices.below(3))
            .map(|_| Probe {
                name: name(choices),
                field: field(choices, false),
            })
            .collect(),
        tied_low: (0..choices.below(3))
            .map(|_| field(choices, false))
            .collect(),
        ..Design::default()
    }
}

/// The bytes choose a design, then calls of the builder. A stimulus that is written has all items, and
/// exactly the numbers that its description promises.
pub fn request(bytes: &[u8]) {
    let mut choices = Choices(bytes);
    let design = design(&mut choices);
    let valid = design.validate();
    let words = vec![0x5a5a_5a5a; 4096];
    let mut request = RunRequest::new();
    for _ in 0..choices.below(12) {
        let named = name(&mut choices);
        request = match choices.below(8) {
            0 | 1 => {
                // Mostly whole items.
                let item = design
                    .input(&named)
                    .map_or(1, |n| design.inputs[n].item_words());
                let items = choices.below(8);
                let extra = usize::from(choices.below(16) == 1);
                let number = item.saturating_mul(items).saturating_add(extra);
                request.input(named, &words[..number.min(words.len())])
            }
            2 => request.expect(named, number(&mut choices)),
            3 => {
                let share = match choices.below(8) {
                    0 => choices.word(),
                    n => n as u32 * 150,
                };
                request.stall(named, Stall::new(share, choices.long()))
            }
            4 => request.record(named),
            5 => request.max_cycles(number(&mut choices)),
            6 => request
                .idle_limit(number(&mut choices))
                .drain(number(&mut choices)),
            _ => request
                .chunk(number(&mut choices))
                .sample(number(&mut choices), number(&mut choices)),
        };
    }
    let reset = number(&mut choices);
    let given = Given::new("before", &[]);
    let path = given.beside("stimulus");
    let written = write_stimulus(&path, &design, &request, reset);
    assert_eq!(written.is_ok(), path.is_file());
    let Ok(()) = written else {
        assert!(!written.unwrap_err().to_string().is_empty());
        return;
    };
    assert!(valid.is_ok());
    let bytes = std::fs::read(&path).unwrap();
    let numbers: Vec<u64> = bytes
        .chunks(8)
        .map(|n| u64::from_le_bytes(n.try_into().unwrap()))
        .collect();
    assert_eq!(numbers[1], reset);
    assert_eq!(
        numbers[5..7],
        [design.inputs.len() as u64, design.outputs.len() as u64]
    );
    let mut at = 7;
    for input in &design.inputs {
        assert!(numbers[at + 1] <= u64::from(Stall::MAX_PER_1024));
        let words = numbers[at] as usize * input.item_words();
        at += 3 + words.div_ceil(2);
    }
    assert_eq!(numbers.len(), at + 3 * design.outputs.len());
}
