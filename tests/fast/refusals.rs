//! Parameters that contradict each other: every module refuses them when it is elaborated, by an
//! instance of a module that does not exist and whose name says what is wrong.
use recross::config::Config;
use recross::rtl::Package;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use verilated::{SearchOptions, Toolchain};

/// In each line: a module, a value of one of its parameters that does not go with the defaults of the
/// others, and the refusal's name behind `ERROR_recross_`.
const REFUSED: &str = "
accumulator Places=5 accumulator_pool_bits_must_number_the_places
accumulator AccBits=6 accumulator_acc_bits_must_hold_a_partial_sum
banks ProgBits=15 banks_prog_bits_must_hold_a_block
banks ProgAddrBits=4 banks_prog_addr_bits_must_hold_a_block_s_place
banks Banks=3 banks_bank_bits_must_number_the_banks
adc_flash AdcBits=9 adc_flash_has_1_to_8_bits
adc_flash LevelBits=0 adc_flash_level_bits_must_hold_the_levels
adc_flash Count=0 adc_flash_needs_a_converter
adc_sar AdcBits=17 adc_sar_has_1_to_16_bits
adc_sar LevelBits=0 adc_sar_level_bits_must_hold_the_levels
adc_sar Count=0 adc_sar_needs_a_converter
adc_sar LevelTries=6 adc_sar_level_tries_1_to_all_bits
bank Phases=4 bank_phases_must_be_cols_by_adcs
bank Adcs=3 bank_phases_must_be_cols_by_adcs
bank PsumBits=6 bank_psum_bits_must_hold_the_sum_of_all_rows
bank WordlineCycles=0 bank_wordlines_take_a_cycle
chain Hops=1 chain_hops_must_serve_the_lanes
chain HopLanes=0 chain_hops_must_serve_the_lanes
counter CountBits=0 counter_needs_bits
counter StepBits=0 counter_needs_bits
counters Number=17 counters_are_1_to_16
counters NarrowBits=2 counters_narrow_bits_are_1_to_step_bits
crossbars Adcs=3 crossbars_phases_must_be_cols_by_adcs
crossbars PhaseBits=2 crossbars_phase_bits_must_number_the_phases
crossbars RowNumberBits=2 crossbars_row_number_bits_must_number_the_rows
crossbars Slots=3 crossbars_slot_bits_must_number_the_slots
crossbars Blocks=3 crossbars_block_bits_must_number_the_blocks
crossbars SumBits=4 crossbars_sum_bits_must_hold_the_sum_of_all_rows
crossbars WriteCycles=0 crossbars_writes_take_a_cycle
engine Slots=3 engine_bits_must_number_the_crossbars_of_a_lane
engine Ports=3 engine_port_bits_must_number_the_ports
events StepBits=6 events_step_bits_must_hold_rows_and_codes
events Counters=3 events_counters_are_0_to_2
faults Ports=3 faults_port_bits_must_number_the_ports
fifo Depth=3 fifo_depth_must_be_two_to_the_address_bits
fifo MoreWidth=0 fifo_words_need_a_bit
gather Ports=3 gather_port_bits_must_number_the_ports
gather Entries=0 gather_port_bits_must_number_the_ports
gather GroupBits=6 gather_group_must_be_bank_and_slot
gather Banks=3 gather_group_must_be_bank_and_slot
gather Rows=9 gather_row_number_bits_must_number_the_rows
hop First=3 hop_lane_bits_must_number_its_lanes
hop Ids=0 hop_needs_ids_and_bits
hop Depth=1 hop_must_hold_two_beats
axil AddrBits=0 axil_addresses_need_bits
control ProgAddrBits=6 control_prog_addr_bits_must_hold_a_block_s_place
control PortBits=16 control_numbers_have_too_many_bits
control_counters AddrBits=15 control_counters_addr_bits_must_hold_the_windows
control_counters CountBits=64 control_counters_do_not_fit
control_counters LaneCounters=17 control_counters_do_not_fit
intake Ids=9 intake_takes_1_to_8_ids_and_a_tag
intake UserBits=0 intake_takes_1_to_8_ids_and_a_tag
intake Window=8 intake_window_must_be_a_power_of_two
intake LaneBits=28 intake_ids_have_32_bits
intake BodyBits=6 intake_ids_have_32_bits
intake Lanes=3 intake_bits_must_number_the_places
intake Banks=3 intake_bits_must_number_the_places
intake Slots=3 intake_bits_must_number_the_places
intake MaxBag=63 intake_count_bag_bits_must_count_to_one_more_than_max_bag
lane PendingBits=4 lane_pending_bits_must_count_the_commands_in_flight
lane ItemBits=6 lane_item_must_be_bank_slot_row_and_two_bits
lane_counters Counters=3 lane_counters_are_0_to_2
macro_flash AdcBits=9 macro_flash_has_1_to_8_bits
macro_flash LevelBits=2 macro_flash_level_bits_must_number_the_levels
macro_flash LevelLimits=32'h00030018 macro_flash_level_limits_must_ascend_and_fit_the_converter
macro_flash LevelLimits=32'h00200003 macro_flash_level_limits_must_ascend_and_fit_the_converter
macro_flash LevelLimits=32'h00180000 macro_flash_level_limits_must_ascend_and_fit_the_converter
macro_flash LevelCycles=32'h00020000 macro_flash_levels_take_a_cycle
macro_sar AdcBits=17 macro_sar_has_1_to_16_bits
macro_sar LevelBits=0 macro_sar_level_needs_a_bit
merge TagBits=0 merge_needs_banks_and_bits
merge PsumBits=4 merge_psum_bits_must_exceed_value_bits
partial Slices=3 partial_slices_must_hold_a_value
partial Adcs=1 partial_phases_per_dim_must_hold_the_slices
partial DimsPerPhase=1 partial_dims_per_phase_must_be_what_the_converters_hold
partial DimsPerBlock=6 partial_dims_per_block_must_fit_in_the_phases
partial DimsPerBlock=3 partial_dims_per_block_must_fit_in_the_phases
partial Blocks=2 partial_blocks_must_hold_the_vector
partial PhaseBits=2 partial_phase_bits_must_number_the_phases
partial PsumBits=4 partial_psum_bits_must_exceed_value_and_row_bits
pick Ports=3 pick_port_bits_must_number_the_ports
pick Ids=0 pick_needs_ids_and_bits
pick ItemBits=6 pick_item_must_be_group_row_and_two_bits
places Ports=3 places_port_bits_must_number_the_ports
places Places=5 places_needs_a_place_for_each_port_and_bits_that_number_them
places PendingBits=1 places_needs_bits
port ItemBits=6 port_item_must_be_bank_slot_row_and_two_bits
prefetch Width=0 prefetch_needs_ports_and_bits
prepare RowNumberBits=4 prepare_row_number_bits_must_number_the_rows
programming Lanes=3 programming_lane_bits_must_number_the_lanes
programming Banks=3 programming_bank_bits_must_number_the_banks
programming TickBits=0 programming_tick_bits_are_1_to_30
ram_1r1w Width=0 ram_1r1w_needs_bits_and_words
ram_1r1w Depth=5 ram_1r1w_addr_bits_must_number_the_words
readout Lanes=3 readout_lane_bits_must_number_the_lanes
readout Counters=3 readout_counters_are_0_to_2
result ElementBits=8 result_beats_must_hold_whole_elements
result ResultBits=80 result_beats_must_hold_whole_elements
result Beats=3 result_beats_must_be_those_of_a_vector
result Dim=5 result_beats_must_be_those_of_a_vector
result UserBits=0 result_needs_user_bits
retire PlaceBits=0 retire_needs_bits
retire TreeFanIn=3 retire_fan_in_must_be_a_power_of_two_from_2
retire Lanes=3 retire_levels_are_too_few_for_the_lanes
shift_add PhasesPerDim=2 shift_add_phases_per_dim_must_hold_the_slices
shift_add Elements=3 shift_add_elements_must_fit_in_a_phase
shift_add PartBits=2 shift_add_part_bits_must_number_the_phases_per_dim
shift_add AdcBits=0 shift_add_needs_bits
splitter RowBits=3 splitter_row_bits_must_hold_the_rows
splitter MaxActiveRows=9 splitter_max_active_rows_1_to_all_rows
splitter ReadSplitMax=9 splitter_read_split_max_1_to_max_active_rows
writer Blocks=3 writer_block_bits_must_hold_the_blocks
writer SlotBits=0 writer_places_need_bits
";

/// What a module passes on is refused where it is used.
const REFUSED_BELOW: &str = "
bank RowBits=3 splitter_row_bits_must_hold_the_rows
bank RowNumberBits=4 prepare_row_number_bits_must_number_the_rows
bank Counters=3 events_counters_are_0_to_2
bank QueueBits=2 fifo_depth_must_be_two_to_the_address_bits
bank BlockBits=0 writer_block_bits_must_hold_the_blocks
bank PhaseBits=2 partial_phase_bits_must_number_the_phases
bank DimsPerBlock=8 partial_dims_per_block_must_fit_in_the_phases
control AddrBits=15 control_counters_addr_bits_must_hold_the_windows
control CountBits=64 control_counters_do_not_fit
accumulator PoolBits=3 ram_1r1w_addr_bits_must_number_the_words
lane ProgBits=15 banks_prog_bits_must_hold_a_block
lane ProgAddrBits=4 banks_prog_addr_bits_must_hold_a_block_s_place
lane Ports=3 pick_port_bits_must_number_the_ports
lane Places=5 places_needs_a_place_for_each_port_and_bits_that_number_them
lane RowNumberBits=4 gather_row_number_bits_must_number_the_rows
lane PsumBits=6 bank_psum_bits_must_hold_the_sum_of_all_rows
lane Counters=3 lane_counters_are_0_to_2
port Window=8 intake_window_must_be_a_power_of_two
port Hops=2 chain_hops_must_serve_the_lanes
port ElementBits=8 result_beats_must_hold_whole_elements
port Levels=0 retire_levels_are_too_few_for_the_lanes
engine Window=8 intake_window_must_be_a_power_of_two
engine Gather=13 lane_pending_bits_must_count_the_commands_in_flight
engine MaxBag=63 intake_count_bag_bits_must_count_to_one_more_than_max_bag
engine AccBits=6 accumulator_acc_bits_must_hold_a_partial_sum
engine Lanes=3 programming_lane_bits_must_number_the_lanes
engine TickBits=0 programming_tick_bits_are_1_to_30
engine ProgBits=8 banks_prog_bits_must_hold_a_block
engine Levels=0 retire_levels_are_too_few_for_the_lanes
";

/// The lines of both tables, in their words.
fn cases() -> Vec<[&'static str; 3]> {
    let lines = REFUSED.lines().chain(REFUSED_BELOW.lines());
    let words = lines.map(|l| l.split(' ').collect::<Vec<_>>());
    words.filter_map(|w| w.try_into().ok()).collect()
}

/// The package of the configuration whose parameters are the defaults, and the modules of converters of the other kind.
fn modules(folder: &Path) {
    let small = Config::load(Path::new("tests/snapshots/configs/small.toml")).unwrap();
    let package = Package::emit(&small).unwrap();
    package.write(folder).unwrap();
    for file in std::fs::read_dir("rtl").unwrap() {
        let path = file.unwrap().path();
        std::fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
    }
}

/// What Verilator says of a module, elaborated alone with one parameter changed.
fn said(tools: &Toolchain, folder: &Path, module: &str, parameter: &str) -> String {
    let top = format!("recross_{module}");
    let ran = Command::new(tools.verilator())
        .current_dir(folder)
        .args([
            "--lint-only",
            "-Wno-lint",
            "-Wno-fatal",
            "--language",
            "1364-2005",
        ])
        .args(["-y", ".", "--top-module", &top, &format!("-G{parameter}")])
        .arg(format!("{top}.v"))
        .output()
        .unwrap();
    String::from_utf8_lossy(&ran.stderr).into_owned()
}

#[test]
fn every_module_refuses_parameters_that_contradict_each_other() {
    let tools = Toolchain::find(&SearchOptions::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    modules(folder.path());
    let cases = cases();
    assert!(cases.len() > 80, "{} cases", cases.len());
    let failed = &|part: &[[&str; 3]]| -> Vec<String> {
        let mut failed = Vec::new();
        for [module, parameter, name] in part {
            let said = said(&tools, folder.path(), module, parameter);
            if !said.contains(&format!("'ERROR_recross_{name}'")) {
                failed.push(format!("{module} {parameter} {name}:\n{said}"));
            }
        }
        failed
    };
    let failed: Vec<String> = std::thread::scope(|scope| {
        let parts = cases.chunks(cases.len().div_ceil(4));
        let parts: Vec<_> = parts.map(|p| scope.spawn(move || failed(p))).collect();
        parts.into_iter().flat_map(|p| p.join().unwrap()).collect()
    });
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Each refusal has a case above, and names the module that it stands in.
#[test]
fn every_refusal_is_tested() {
    let mut named: BTreeMap<String, String> = BTreeMap::new();
    let mut with_parameters = BTreeSet::new();
    for file in std::fs::read_dir("rtl").unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let module = stem.strip_prefix("recross_").unwrap();
        if text.contains("\n    parameter ") {
            with_parameters.insert(module.to_owned());
        }
        for part in text.split("ERROR_recross_").skip(1) {
            let name = part.split(' ').next().unwrap();
            assert!(name.starts_with(module), "{name} in {module}");
            named.insert(name.to_owned(), module.to_owned());
        }
    }
    let expected: BTreeSet<&str> = cases().into_iter().map(|[_, _, name]| name).collect();
    assert_eq!(expected, named.keys().map(String::as_str).collect());
    let refusing: BTreeSet<String> = named.into_values().collect();
    assert_eq!(refusing, with_parameters);
}
