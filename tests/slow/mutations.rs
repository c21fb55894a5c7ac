//! Checks that the checks can fail: each test breaks the emitted RTL in one way, and co-simulation
//! must report an error.
//!
//! If a mutant survives, the stimulus is too weak: add to [`stimuli`].
#![allow(clippy::result_large_err)]

use crate::cosim::bench::Bench;
use crate::cosim::{Case, build_spec, cosimulate, geometries, random, with_stalls};
use crate::{counting, interrupted, macros, writing};
use recross::config::{Config, Resolved};
use recross::cosim::{BuildSpec, Preload, Simulator};
use recross::rtl::Package;
use std::path::Path;

/// Random contents, each run without pauses and with pauses in 300 (input) and 600 (output) of 1024
/// cycles; the last two with many bags of at most three ids, whose vectors compete on their way out.
pub fn stimuli(mut config: Config) -> Vec<(Resolved, Case)> {
    config.simulation.idle_limit = 1000;
    (0..8)
        .flat_map(|seed| [(0, 0), (300, 600)].map(|pauses| (seed, pauses)))
        .map(|(seed, (input, output))| {
            let resolved = with_stalls(&config, input, output, seed);
            let mut case = random::case(&resolved, seed);
            if seed >= 6 {
                let embeddings = case.bags.embeddings();
                case.bags = random::short_bags(embeddings, 300, 3, &mut random::rng(seed));
            }
            (resolved, case)
        })
        .collect()
}

/// Co-simulates a package of `config` with all stimuli; returns the errors of the runs that fail.
fn findings(config: &Config, package: &Path) -> Vec<String> {
    let spec = BuildSpec {
        rtl: Some(package.to_owned()),
        // They would find many mutants before the checks that are tested here.
        assertions: false,
        ..build_spec()
    };
    let mut out = Vec::new();
    for (resolved, case) in stimuli(config.clone()) {
        let sim = Simulator::build(&resolved, &spec).expect("a mutant that Verilator accepts");
        let checked = cosimulate(&sim, &resolved, &case, Preload::Port);
        match checked.and_then(|c| c.verdict.into_result()) {
            Ok(_) => {}
            Err(e) => {
                assert_eq!(e.exit_status(), 1, "{e}");
                out.push(e.to_string());
            }
        }
    }
    out
}

fn emit(config: &Config, edit: Option<(&str, &str, &str)>) -> tempfile::TempDir {
    let resolved = config.clone().resolve("test").unwrap();
    let folder = tempfile::tempdir().unwrap();
    Package::emit(&resolved)
        .unwrap()
        .write(folder.path())
        .unwrap();
    if let Some(edit) = edit {
        apply(folder.path(), edit);
    }
    folder
}

/// Edits a package.
fn apply(folder: &Path, (file, from, to): (&str, &str, &str)) {
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.matches(from).count(), 1, "{file}: `{from}`");
    std::fs::write(&path, text.replace(from, to)).unwrap();
}

/// Requires that the mutant is reported, and that a report contains `words`.
fn reported(config: &Config, (file, from, to): (&str, &str, &str), words: &str) {
    let package = emit(config, Some((file, from, to)));
    let found = findings(config, package.path());
    assert!(!found.is_empty(), "the mutant survives");
    assert!(
        found.iter().any(|report| report.contains(words)),
        "no report contains `{words}`: {found:#?}"
    );
}

#[test]
fn the_design_itself_passes_all_stimuli() {
    let config = geometries::tiny();
    let package = emit(&config, None);
    assert_eq!(findings(&config, package.path()), Vec::<String>::new());
    let config = geometries::ports();
    let package = emit(&config, None);
    assert_eq!(findings(&config, package.path()), Vec::<String>::new());
}

#[test]
fn bank_result_overwritten_while_it_waits() {
    let edit = (
        "recross_bank.v",
        "assign convert_full = convert_valid_q && convert_final_q && psum_valid_q;",
        "assign convert_full = 1'b0;",
    );
    reported(&geometries::contended(), edit, "hangs");
}

/// The banks of lane 1 take one cycle more. The report must name the first cycle that shows it, the lane
/// and the bag.
#[test]
fn one_lane_slower_than_the_others() {
    let edit = (
        "recross_engine.v",
        ".WordlineCycles(WordlineCycles),",
        ".WordlineCycles(l == 1 ? WordlineCycles + 1 : WordlineCycles),",
    );
    let package = emit(&geometries::tiny(), Some(edit));
    let found = findings(&geometries::tiny(), package.path());
    let located = |report: &String| report.contains("first divergence: cycle");
    assert!(found.iter().any(located), "{found:#?}");
    let contains = |words: &'static str| move |report: &String| report.contains(words);
    assert!(found.iter().all(contains(", lane 1")), "{found:#?}");
    assert!(
        found.iter().any(contains(" is the first that differs")),
        "{found:#?}"
    );
}

/// The lane sends a one-row mask instead of the row's number. Values and cycles stay the same; only
/// the counter differs.
#[test]
fn a_mask_of_one_row_changes_only_the_counter() {
    let edit = (
        "recross_banks.v",
        ".cmd_single_i(cmd_single_i),\n          .cmd_mask_i(cmd_mask_i),",
        ".cmd_single_i(1'b0),\n          .cmd_mask_i(cmd_single_i ? \
         {{(Rows - 1) {1'b0}}, 1'b1} << cmd_mask_i[$clog2(Rows)-1:0] : cmd_mask_i),",
    );
    let package = emit(&geometries::tiny(), Some(edit));
    let found = findings(&geometries::tiny(), package.path());
    assert!(!found.is_empty());
    for report in &found {
        assert!(report.contains("commands of one row: found"));
        assert!(!report.contains("golden"), "{report}");
        assert!(report.contains("; 0 bags and"), "{report}");
    }
}

/// Requires that a check of the module `check` panics with the mutant.
fn fails(config: Config, edits: &[(&str, &str, &str)], check: fn(&Bench)) {
    let package = emit(&config, None);
    for edit in edits {
        apply(package.path(), *edit);
    }
    let bench = Bench::of_package(&config, package.path());
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(&bench)));
    assert!(caught.is_err(), "the mutant survives");
}

/// The level reaches the converters a cycle after the start of each conversion.
#[test]
fn level_a_cycle_late() {
    let package = emit(&geometries::tiny(), None);
    for edit in [
        (
            "recross_bank.v",
            "  reg wl_en_q;\n",
            "  reg wl_en_q;\n  reg [AdcLevelBits-1:0] behind_q;\n  \
             always @(posedge clk_i) if (start_q) behind_q <= sense_level_q;\n",
        ),
        (
            "recross_bank.v",
            ".level_i(sense_level_q),",
            ".level_i(behind_q),",
        ),
    ] {
        apply(package.path(), edit);
    }
    let found = findings(&geometries::tiny(), package.path());
    assert!(!found.is_empty(), "the mutant survives");
}

/// Mutants that a plain run does not show: each must fail the check that is named.
macro_rules! mutants_of_checks {
    ($($name:ident: $config:expr, $check:path, $($file:literal, $from:literal => $to:literal),+;)*) => {
        $(#[test] fn $name() {
            fails($config, &[$(($file, $from, $to)),+], $check);
        })*
    };
}

mutants_of_checks! {
    answers_name_the_row_asked_for: writing::fast(), writing::rewritten_many_times,
        "recross_bank.v", ".resp_row_o(resp_row_o)," => ".resp_row_o(),";
    failure_forgotten: writing::fast(), writing::failed_writes,
        "recross_writer.v", "if (prog_fail_i) fail_q <= 1'b1;" => "if (prog_fail_i) fail_q <= 1'b0;";
    failure_kept_for_the_next_row: writing::fast(), writing::failed_writes,
        "recross_writer.v", "if (!row_q) fail_q <= 1'b0;" => "";
    activation_between_two_blocks: writing::two_blocks(), writing::rewritten_many_times,
        "recross_writer.v", "assign hold_o = prog_valid_i || row_q ||" => "assign hold_o = prog_valid_i ||";
    write_into_an_activation: writing::fast(), writing::rewritten_many_times,
        "recross_writer.v", "&& !prog_busy_i && !sensing_i;" => "&& !prog_busy_i;";
    activation_into_a_write: writing::fast(), writing::rewritten_many_times,
        "recross_writer.v", "assign hold_o = prog_valid_i || row_q || prog_busy_i;" => "assign hold_o = 1'b0;";
    answer_before_the_last_block: writing::two_blocks(), writing::rewritten_many_times,
        "recross_writer.v", "Blocks == 1 || block_q == LAST_BLOCK;" => "1'b1;";
    block_kept_by_a_flush: interrupted::slow_writes(geometries::split()), interrupted::flushed,
        "recross_writer.v",
        "wait_q  <= 1'b0;\n      block_q <= {BlockBits{1'b0}};" => "wait_q  <= 1'b0;";
    write_after_a_flush_into_a_write: interrupted::slow_writes(geometries::tiny()), interrupted::flushed_under_way,
        "recross_writer.v", "!resp_q && !prog_busy_i &&" => "!resp_q &&";
    activation_after_a_flush_into_a_write: interrupted::slow_writes(geometries::tiny()), interrupted::flushed,
        "recross_writer.v", "prog_valid_i || row_q || prog_busy_i;" => "prog_valid_i || row_q;";
    entries_kept_by_a_flush: interrupted::slow_writes(geometries::tiny()), interrupted::flushed,
        "recross_gather.v", "valid_q <= NONE;\n      open_q <= NONE;" => "open_q <= NONE;";
    vectors_kept_by_a_flush: interrupted::slow_writes(geometries::tiny()), interrupted::flushed,
        "recross_accumulator.v", "started_q <= {Places{1'b0}};" => "started_q <= started_q;";
    turn_of_the_merge_kept_by_a_flush: interrupted::modes_a_cycle_apart(geometries::contended()), interrupted::flushed_after_each_run,
        "recross_merge.v", "from_q <= {Banks{1'b1}};" => "from_q <= from_q;";
    conversion_kept_by_a_flush: interrupted::slow_writes(geometries::tiny()), interrupted::flushed,
        "recross_bank.v", "start_q <= 1'b0;\n      converting_q <= 1'b0;" => "start_q <= 1'b0;";
    freeze_ignored: counting::config(8), counting::frozen_cleared_and_wrapped,
        "recross_counters.v", "run_i && !clear_i ? steps_i" => "!clear_i ? steps_i";
    clear_ignored: counting::config(8), counting::frozen_cleared_and_wrapped,
        "recross_readout.v", "count_control && count_index_q == 4'd0;" => "1'b0;";
    carry_lost: counting::config(10), counting::frozen_cleared_and_wrapped,
        "recross_counter.v", "carry_q <= sum[LowBits];" => "carry_q <= 1'b0;";
    first_error_replaced: macros::two_blocks(), macros::words_out_of_order,
        "recross_programming.v", "if (turn_use && error_q == 2'b00 &&" => "if (turn_use &&";
    word_out_of_order_written: macros::two_blocks(), macros::words_out_of_order,
        "recross_writer.v", "assign prog_req_o = prog_taken_o && in_order;" => "assign prog_req_o = prog_taken_o;";
    word_out_of_order_not_reported: macros::two_blocks(), macros::words_out_of_order,
        "recross_writer.v", "(prog_taken_o && !in_order) ||" => "";
    word_of_another_row_written: macros::two_blocks(), macros::words_out_of_order,
        "recross_writer.v", "&& (same_row || !row_q);" => ";";
}

macro_rules! mutants {
    ($geometry:ident: $($name:ident: $file:literal, $from:literal => $to:literal, $words:literal;)*) => {
        $(#[test] fn $name() {
            reported(&geometries::$geometry(), ($file, $from, $to), $words);
        })*
    };
}

mutants! { ports:
    other_lanes_not_waited_for: "recross_retire.v",
        "some && wait_i == {Lanes{1'b0}} &&" => "some && wait_i[0] == 1'b0 &&",
        "bags differ from the exact golden reducer";
    turn_of_the_ports_forgotten: "recross_pick.v",
        "if (a_take) from_q <= ~(last | (last - ONE));" => "if (a_take) from_q <= {Ports{1'b1}};",
        "timing differs from the cycle model";
    turn_of_the_vectors_forgotten: "recross_prefetch.v",
        "if (any) from_q <= ~(chosen | (chosen - ONE));" => "if (any) from_q <= {Ports{1'b1}};",
        "timing differs from the cycle model";
    share_of_a_port_one_bag_too_large: "recross_intake.v",
        "wire full = (head_i ^ tail_q) == {1'b1, {PlaceBits{1'b0}}};"
            => "wire full = tail_q - head_i == {1'b1, {PlaceBits{1'b0}}} + 1'b1;",
        "bag";
    vector_of_the_wrong_port_taken: "recross_lane.v",
        ".retire_i(retire_i)," => ".retire_i({retire_i[0], retire_i[Ports-1:1]}),",
        "bag";
    entries_of_the_wrong_port_shut: "recross_gather.v",
        "if (port_q[k*PortBits+:PortBits] == p[PortBits-1:0]) closed"
            => "if (port_q[k*PortBits+:PortBits] != p[PortBits-1:0]) closed",
        "bags differ from the exact golden reducer";
    idle_while_a_port_has_bags: "recross_engine.v",
        "assign idle_o = &idle;" => "assign idle_o = |idle;",
        "the engine is idle";
    second_id_of_a_cycle_lost: "recross_pick.v",
        "b_valid_q <= b_take;" => "b_valid_q <= 1'b0;",
        "bags differ from the exact golden reducer";
    last_vector_of_a_sum_left_out: "recross_retire.v",
        "{AccBits{parts[m]}}" => "{AccBits{parts[m] && m < TreeFanIn - 1}}",
        "bags differ from the exact golden reducer";
    sums_counted_as_additions: "recross_retire.v",
        "adds + taken - loads;" => "adds + taken;",
        "engine tree_adds: found";
    waiting_ids_counted_once_per_cycle: "recross_readout.v",
        "now_held = now_held + {15'd0," => "now_held = now_held | {15'd0,",
        "engine ids_wait: found";
}

mutants! { cramped:
    id_matched_without_room: "recross_gather.v",
        "assign room1_o = free_q > coming;" => "assign room1_o = free_q >= coming;",
        "bag";
    open_entries_leave_too_late: "recross_gather.v",
        "wire few = free_q <= ONE_FREE;" => "wire few = free_q == {FreeBits{1'b0}};",
        "timing differs from the cycle model";
    entry_joined_while_it_leaves: "recross_gather.v",
        "a_join = a_hit & ~a_set & ~leave;" => "a_join = a_hit & ~a_set;",
        "bag";
    first_entry_always_has_the_turn: "recross_gather.v",
        "from_q <= first[Entries-1] ? ~NONE : ~(first | (first - ONE));" => "from_q <= ~NONE;",
        "timing differs from the cycle model";
    reserved_place_given_away: "recross_places.v",
        "current_q | ~any_q | {Ports{spare_q != NO_SPARE}}"
            => "current_q | {Ports{used_q != {Places{1'b1}}}}",
        "";
    waits_for_room_not_shown: "recross_engine.v",
        ".wait_room_o(status_wait_room_o[l])," => ".wait_room_o(),",
        "something waits for room in the gather store";
    waits_for_places_not_shown: "recross_engine.v",
        ".wait_place_o(status_wait_place_o[l])," => ".wait_place_o(),",
        "something waits for a place for its bag";
}

mutants! { tiny:
    wrong_offset_correction: "recross_partial.v",
        "(rows << (ValueBits - 1))" => "(rows << (ValueBits - 2))",
        "bags differ from the exact golden reducer";
    command_dropped_by_a_full_queue: "recross_fifo.v",
        "assign push_ready_o = !full;" => "assign push_ready_o = 1'b1;",
        "hangs";
    wrong_mode_on_two_rows: "recross_adc_levels.v",
        "ROWS_L0 = 1;" => "ROWS_L0 = 2;",
        "read-mode conversions";
    swapped_slices: "recross_shift_add.v",
        "value = value + ({{PsumBits{1'b0}}, code} << (CellBits * s));"
            => "value = value + ({{PsumBits{1'b0}}, code} << (CellBits * (Number - 1 - s)));",
        "bags differ from the exact golden reducer";
    swapped_slices_of_one_row: "recross_shift_add.v",
        "value = value | ({{PsumBits{1'b0}}, code} << (CellBits * s));"
            => "value = value | ({{PsumBits{1'b0}}, code} << (CellBits * (Number - 1 - s)));",
        "bags differ from the exact golden reducer";
    offset_of_one_row_forgotten: "recross_partial.v",
        "((value[ValueBits-1:0] ^ TOP_BIT) & field)" => "(value[ValueBits-1:0] & field)",
        "bags differ from the exact golden reducer";
    wrong_row_at_the_pins: "recross_bank.v",
        ".wl_row_i(sense_mask_q[RowNumberBits-1:0])," => ".wl_row_i(~sense_mask_q[RowNumberBits-1:0]),",
        "bags differ from the exact golden reducer";
    row_number_taken_for_a_mask_with_a_stale_rest: "recross_bank.v",
        ".wl_single_i(sense_single_q)," => ".wl_single_i(1'b0),",
        "bags differ from the exact golden reducer";
    rows_of_the_entry_before: "recross_gather.v",
        "(made_here[w] ? {Rows{1'b0}} : mask_q[w*Rows+:Rows])" => "mask_q[w*Rows+:Rows]",
        "bags differ from the exact golden reducer";
    repeated_id_joins_its_entry: "recross_gather.v",
        "a_join = a_hit & ~a_set & ~leave;" => "a_join = a_hit & ~leave;",
        "bags differ from the exact golden reducer";
    two_rows_sent_as_one: "recross_gather.v",
        "many_q[w] <= !made_here[w] || pair || (a_in[w] && a_many) || (b_in[w] && b_many);"
            => "many_q[w] <= !made_here[w] && w > 0;",
        "bags differ from the exact golden reducer";
    stale_mask_in_the_queue: "recross_fifo.v",
        "if (push_more_i) more_q" => "if (!push_more_i) more_q",
        "active rows";
    stale_mask_prepared: "recross_prepare.v",
        "if (!load_single) begin" => "if (!load_single && !valid_q) begin",
        "bag";
    stale_mask_sensed: "recross_bank.v",
        "if (!prep_single)\n" => "if (prep_single)\n",
        "bags differ from the exact golden reducer";
    narrow_result_flagged_as_wide: "recross_bank.v",
        "psum_narrow_q <= convert_single_q;" => "psum_narrow_q <= 1'b0;",
        "bags differ from the exact golden reducer";
    wide_result_merged_as_narrow: "recross_merge.v",
        "narrow_q <= picked_narrow_i;" => "narrow_q <= 1'b1;",
        "bags differ from the exact golden reducer";
    narrow_flag_ignored_by_the_sign: "recross_accumulator.v",
        "merge_narrow_i?ValueBits : PsumBits" => "PsumBits",
        "bags differ from the exact golden reducer";
    narrow_flag_ignored_by_the_upper_bits: "recross_accumulator.v",
        "if (!merge_narrow_i) value[PsumBits" => "value[PsumBits",
        "bags differ from the exact golden reducer";
    first_result_added: "recross_accumulator.v",
        "add_q <= starts || again;" => "add_q <= 1'b1;",
        "bags differ from the exact golden reducer";
    first_results_counted_as_additions: "recross_lane.v",
        ".steps_i({adds, conflict," => ".steps_i({merge_valid, conflict,",
        "results added: found";
    additions_not_counted_with_a_narrow_result: "recross_lane.v",
        ".steps_i({adds, conflict," => ".steps_i({adds && !merge_narrow, conflict,",
        "adds: found";
    every_read_counted_as_a_command_of_one_row: "recross_events.v",
        "{done_i && single_i}" => "{done_i && rows_i == ONE_ROW}",
        "commands of one row: found";
    wordlines_off_by_one: "recross_bank.v",
        ".wl_mask_i(sense_mask_q)," => ".wl_mask_i({sense_mask_q[Rows-2:0], sense_mask_q[Rows-1]}),",
        "bags differ from the exact golden reducer";
    end_of_a_bag_lost: "recross_hop.v",
        "assign close_o = leave && head_last_q;"
            => "assign close_o = leave && head_last_q && head_place_q != {PlaceBits{1'b1}};",
        "hangs";
    slot_read_from_the_bank_field: "recross_gather.v",
        "assign bank_slot_o   = group[SlotBits-1:0];"
            => "assign bank_slot_o   = group[GroupBits-1-:SlotBits];",
        "bags differ from the exact golden reducer";
    retired_with_commands_pending: "recross_places.v",
        "zero_q[oldest] && !uncounted &&" => "!uncounted &&",
        "bags differ from the exact golden reducer";
    sending_and_adding_at_once_not_seen: "recross_places.v",
        "step[0] = up_a ^ up_b ^ down;" => "step[0] = up_a ^ up_b ^ (down && !up_a);",
        "hangs";
    accumulator_keeps_the_previous_bag: "recross_accumulator.v",
        "~(fetch_i ? ONE << fetch_pool_i : {Places{1'b0}});" => "{Places{1'b1}};",
        "bags differ from the exact golden reducer";
    sum_ahead_read_from_the_memory: "recross_accumulator.v",
        "forward_q <= again;" => "forward_q <= 1'b0;",
        "bags differ from the exact golden reducer";
    merge_grants_two_banks: "recross_merge.v",
        "grant = requests & (~requests + ONE);" => "grant = requests;",
        "hangs";
    lanes_subtracted: "recross_retire.v",
        "= sum[d*AccBits+:AccBits] +" => "= sum[d*AccBits+:AccBits] -",
        "bags differ from the exact golden reducer";
    sign_extension_dropped: "recross_accumulator.v",
        "value = {AccBits{sign}};" => "value = {AccBits{1'b0}};",
        "bags differ from the exact golden reducer";
    split_forgets_the_top_row: "recross_splitter.v",
        "assign rest_o = mask_i & ~take_o;"
            => "assign rest_o = mask_i & ~take_o & {1'b0, {(Rows - 1) {1'b1}}};",
        "active rows";
    later_activation_overwrites_the_first: "recross_partial.v",
        "element = (first_q && first_part ?" => "element = (first_part ?",
        "bags differ from the exact golden reducer";
    last_phase_left_out: "recross_bank.v",
        "localparam integer LastPhase = Phases - 1;"
            => "localparam integer LastPhase = Phases - 2;",
        "MAC-mode conversions";
    every_activation_counted_as_a_command: "recross_events.v",
        "{done_i && final_i}" => "{done_i}",
        "bank commands: found";
    thresholds_counted_once_per_activation: "recross_events.v",
        "limit & {StepBits{phase_done_i}}," => "limit & {StepBits{done_i}},",
        "enabled thresholds: found";
    one_cycle_too_many_per_activation: "recross_lane.v",
        ".WordlineCycles(WordlineCycles)," => ".WordlineCycles(WordlineCycles + 1),",
        "busy cycles without merge stalls: found";
    lowest_bit_of_the_codes_lost: "recross_adc_flash.v",
        "s == 6 ? quarter : found[s%6];" => "s == 6 ? quarter : found[s%6] && s > 0;",
        "bags differ from the exact golden reducer";
    result_overwritten_while_it_waits: "recross_retire.v",
        "assign advance     = !valid_q[Levels] || res_ready_i;" => "assign advance     = 1'b1;",
        "re";
    window_one_bag_too_large: "recross_intake.v",
        "wire full = (head_i ^ tail_q) == {1'b1, {PlaceBits{1'b0}}};"
            => "wire full = tail_q - head_i == {1'b1, {PlaceBits{1'b0}}} + 1'b1;",
        "bag";
    merge_starts_at_the_lowest_bank: "recross_merge.v",
        "if (any) from_q <= ~(grant | (grant - ONE));" => "if (any) from_q <= {Banks{1'b1}};",
        "timing differs from the cycle model";
    retirement_one_cycle_late: "recross_retire.v",
        "wire retire = some &&"
            => "reg late_q;\n  always @(posedge clk_i) late_q <= wait_i == {Lanes{1'b0}};\n  \
                wire retire = some && late_q &&",
        "timing differs from the cycle model";
    queue_one_place_short: "recross_fifo.v",
        "wire full = (write_q ^ read_q) == {1'b1, {AddrBits{1'b0}}};"
            => "wire full = write_q - read_q >= {1'b1, {AddrBits{1'b0}}} - 1'b1;",
        "timing differs from the cycle model";
    waits_for_queues_not_counted: "recross_lane.v",
        "conflict, wait_queue_o, wait_room_o," => "conflict, 1'b0, wait_room_o,",
        "wait_queue: found";
    stalled_results_counted_twice: "recross_readout.v",
        "{15'd0, results_wait_i[n]};" => "{14'd0, results_wait_i[n], 1'b0};",
        "engine results_wait: found";
    wordlines_driven_during_a_write: "recross_bank.v",
        "wl_en_q <= sense_valid_q && !sense_done;" => "wl_en_q <= (sense_valid_q && !sense_done) || prog_busy;",
        "a driven wordline during a write";
    no_answer_to_row_0: "recross_writer.v",
        "resp_q  <= 1'b1;" => "resp_q  <= number_q != {RowNumberBits{1'b0}};",
        "hangs";
    phase_counts_on_before_the_end: "recross_bank.v",
        "end else if (done) begin\n      sense_phase_q" => "end else if (start_q) begin\n      sense_phase_q",
        "the phase changes in a conversion";
    enables_of_the_level_below: "recross_analog.v",
        ".level_i (level_i)," => ".level_i (1'b0),",
        "bags differ from the exact golden reducer";
    lanes_waited_for_are_inverted: "recross_engine.v",
        "assign status_wait_o = waits;" => "assign status_wait_o = ~waits;",
        "oldest bag waits for the lane";
    lanes_waited_for_are_shown_as_none: "recross_engine.v",
        "assign status_wait_o = waits;" => "assign status_wait_o = {(Ports * Lanes) {1'b0}};",
        "oldest bag waits for the lane";
    waits_for_queues_not_shown: "recross_engine.v",
        ".wait_queue_o(status_queue_o[l])," => ".wait_queue_o(),",
        "something waits for room in a bank's queue";
    waits_of_another_lane_shown: "recross_engine.v",
        ".wait_queue_o(status_queue_o[l])," => ".wait_queue_o(status_queue_o[Lanes-1-l]),",
        "something waits for room in a bank's queue";
    closed_bags_shown_as_retired: "recross_engine.v",
        ".closed_o(status_closed_o[p*NumberBits+:NumberBits])," => ".closed_o(),",
        "oldest bag with ids under way";
    error_shown_in_some_turns: "recross_programming.v",
        "assign error_o = error_q;" => "assign error_o = error_q | {1'b0, turn_q[0]};",
        "the control slave refused a write";
    busy_until_the_macro_is_done_only: "recross_bank.v",
        "queued || prep_valid || sense_valid_q || convert_valid_q || psum_valid_q ||" => "queued ||",
        ", bank ";
    sticky_error_without_a_reason: "recross_supervisor.v",
        "if (stray_i) error_q[1] <= 1'b1;" => "if (active_i) error_q[1] <= 1'b1;",
        "answered without a request";
    word_programmed_into_lower_banks_too: "recross_banks.v",
        "&& prog_bank_i == NUMBER)" => "&& prog_bank_i >= NUMBER)",
        "violated the programming protocol";
}
