//! The hand-written modules.

/// Name and text of each, in the order of the file list: a module comes before those that use it.
pub(super) const LEAVES: &[(&str, &str)] = &[
    ("recross_fifo.v", include_str!("../../rtl/recross_fifo.v")),
    ("recross_array.v", include_str!("../../rtl/recross_array.v")),
    (
        "recross_converters.v",
        include_str!("../../rtl/recross_converters.v"),
    ),
    (
        "recross_splitter.v",
        include_str!("../../rtl/recross_splitter.v"),
    ),
    (
        "recross_shift_add.v",
        include_str!("../../rtl/recross_shift_add.v"),
    ),
    (
        "recross_partial.v",
        include_str!("../../rtl/recross_partial.v"),
    ),
    (
        "recross_bank_counters.v",
        include_str!("../../rtl/recross_bank_counters.v"),
    ),
    ("recross_bank.v", include_str!("../../rtl/recross_bank.v")),
    (
        "recross_dispatcher.v",
        include_str!("../../rtl/recross_dispatcher.v"),
    ),
    ("recross_merge.v", include_str!("../../rtl/recross_merge.v")),
    (
        "recross_accumulator.v",
        include_str!("../../rtl/recross_accumulator.v"),
    ),
    ("recross_lane.v", include_str!("../../rtl/recross_lane.v")),
    (
        "recross_retire.v",
        include_str!("../../rtl/recross_retire.v"),
    ),
    ("recross_order.v", include_str!("../../rtl/recross_order.v")),
    (
        "recross_engine.v",
        include_str!("../../rtl/recross_engine.v"),
    ),
];

/// What a module is: the first sentence of the comment at its head.
pub(super) fn about(text: &str) -> String {
    let mut sentence = String::new();
    for line in text.lines().skip(1).map_while(|l| l.strip_prefix("// ")) {
        if !sentence.is_empty() {
            sentence.push(' ');
        }
        match line.split_once(". ") {
            Some((end, _)) => return sentence + end,
            None => sentence += line,
        }
        if let Some(whole) = sentence.strip_suffix('.') {
            return whole.to_owned();
        }
    }
    sentence
}
