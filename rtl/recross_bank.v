// SPDX-License-Identifier: MIT OR Apache-2.0
// Crossbar controller: serves the commands of one bank, one activation at a time, and writes rows.
//
//   queue -> prepare (split the mask) -> sense (wordlines, column phases) -> convert (codes,
//   shift-add, offset correction) -> result
//
// For each command accepted on cmd_*, exactly one result is given on psum_*, in the same order. It
// is the sum of the command's rows, element by element, in two's complement. A result waits for
// psum_ready_i. Meanwhile the bank works on the next command, up to the conversion that would
// complete a second result.
//
// With cmd_single_i high, the command has one row, and the low bits of cmd_mask_i hold the row's
// number. The other bits are ignored and are not stored. The result is then narrow (psum_narrow_o
// high): only the low ValueBits bits of each element are valid. With cmd_single_i low, cmd_mask_i
// is a mask. A mask with one row gives the same sum, but takes the mask's path through the bank.
//
// An activation occupies the sensing stage for WordlineCycles, and then for Phases conversions. A
// conversion begins with `start` and ends with `done`, which recross_analog gives; the level of the
// mode switch is stable from before the start to the end.
//
// Writing: prog_valid_i stays high until prog_taken_o. The words of a row are its blocks in order,
// from 0, and are one write: no activation begins from the first word to the answer to the last.
// Then resp_valid_o is high until resp_ack_i. A word that is out of order is taken and dropped.
//
// error_o is sticky. Bit 0: no answer from the macro between two ticks of tick_i. Bit 1: an answer
// to nothing, or a word out of order.
`default_nettype none

module recross_bank #(
    parameter integer Rows = 8,
    parameter integer Cols = 8,
    parameter integer CellBits = 2,
    parameter integer Adcs = 4,
    parameter integer Blocks = 1,
    parameter integer Dim = 4,
    parameter integer ValueBits = 4,
    parameter integer Slices = 2,
    parameter integer Phases = 2,  // Cols / Adcs
    parameter integer PhasesPerDim = 1,
    parameter integer DimsPerPhase = 2,  // 1 when PhasesPerDim > 1
    parameter integer DimsPerBlock = 4,
    parameter integer AdcBits = 5,
    parameter integer AdcLevelBits = 1,
    parameter integer MaxActiveRows = 8,
    parameter integer ReadSplitMax = 1,
    parameter integer WordlineCycles = 1,
    parameter integer QueueDepth = 2,
    parameter integer QueueBits = 1,
    parameter integer TagBits = 3,
    parameter integer SlotBits = 1,
    parameter integer RowNumberBits = 3,
    parameter integer BlockBits = 1,
    parameter integer RowBits = 4,
    parameter integer PhaseBits = 1,
    parameter integer PsumBits = 7,
    parameter integer TrimBits = 8,
    parameter integer Counters = 1,  // 0: none, 1: sends its events to the lane, 2: of its own
    parameter integer CountBits = 32,
    parameter integer StepBits = RowBits > AdcBits ? RowBits : AdcBits  // not to be overridden
) (
    input  wire                        clk_i,
    input  wire                        rst_ni,
    input  wire                        cmd_valid_i,
    output wire                        cmd_ready_o,
    input  wire [         TagBits-1:0] cmd_tag_i,
    input  wire [        SlotBits-1:0] cmd_slot_i,
    input  wire                        cmd_single_i,
    input  wire [            Rows-1:0] cmd_mask_i,
    output wire                        psum_valid_o,
    input  wire                        psum_ready_i,
    output wire [         TagBits-1:0] psum_tag_o,
    output wire                        psum_narrow_o,
    output wire [    Dim*PsumBits-1:0] psum_data_o,
    input  wire                        prog_valid_i,
    output wire                        prog_taken_o,
    input  wire [        SlotBits-1:0] prog_slot_i,
    input  wire [   RowNumberBits-1:0] prog_row_i,
    input  wire [       BlockBits-1:0] prog_block_i,
    input  wire [   Cols*CellBits-1:0] prog_data_i,
    output wire                        resp_valid_o,
    input  wire                        resp_ack_i,
    output wire                        resp_fail_o,
    output wire [        SlotBits-1:0] resp_slot_o,
    output wire [   RowNumberBits-1:0] resp_row_o,
    output wire [                 1:0] error_o,
    input  wire                        tick_i,
    input  wire [        TrimBits-1:0] trim_i,
    input  wire                        scan_en_i,
    input  wire                        scan_i,
    output wire                        scan_o,
    output wire [    10*StepBits-1:0] events_o,       // in this cycle, for counters of the lane
    input  wire                        count_run_i,
    input  wire                        count_clear_i,
    input  wire                        count_en_i,
    input  wire [                 3:0] count_index_i,
    output wire [       CountBits-1:0] count_o,
    output wire                        busy_o
);

  generate
    if (Cols % Adcs != 0 || Phases != Cols / Adcs) begin : gen_error_phases
      ERROR_recross_bank_phases_must_be_cols_by_adcs bad ();
    end
    if (RowNumberBits != $clog2(Rows)) begin : gen_error_row_number
      ERROR_recross_bank_row_number_bits_must_number_the_rows bad ();
    end
    if (PsumBits < ValueBits + $clog2(Rows)) begin : gen_error_psum
      ERROR_recross_bank_psum_bits_must_hold_the_sum_of_all_rows bad ();
    end
    if (StepBits != (RowBits > AdcBits ? RowBits : AdcBits)) begin : gen_error_step
      ERROR_recross_bank_step_bits_must_hold_rows_and_codes bad ();
    end
    if (WordlineCycles < 1) begin : gen_error_wordline
      ERROR_recross_bank_wordlines_take_a_cycle bad ();
    end
    if (Counters < 0 || Counters > 2) begin : gen_error_counters
      ERROR_recross_bank_counters_are_0_to_2 bad ();
    end
  endgenerate

  // --- queue -----------------------------------------------------------------------------------

  wire head_valid;
  wire head_ready;
  wire [TagBits-1:0] head_tag;
  wire [SlotBits-1:0] head_slot;
  wire head_single;
  wire [Rows-1:0] head_mask;
  wire take_mask;  // the command that leaves the queue has a mask

  localparam integer WideBits = Rows - RowNumberBits;  // what a mask has beyond a row's number

  recross_fifo #(
      .Width(TagBits + SlotBits + 1 + RowNumberBits),
      .MoreWidth(WideBits),
      .Depth(QueueDepth),
      .AddrBits(QueueBits)
  ) u_queue (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .push_valid_i(cmd_valid_i),
      .push_ready_o(cmd_ready_o),
      .push_data_i({cmd_tag_i, cmd_slot_i, cmd_single_i, cmd_mask_i[RowNumberBits-1:0]}),
      .push_more_i(!cmd_single_i),
      .push_more_data_i(cmd_mask_i[Rows-1:RowNumberBits]),
      .pop_valid_o(head_valid),
      .pop_ready_i(head_ready),
      .pop_data_o({head_tag, head_slot, head_single, head_mask[RowNumberBits-1:0]}),
      .pop_more_i(take_mask),
      .pop_more_data_o(head_mask[Rows-1:RowNumberBits])
  );

  // --- prepare: one activation ahead of the sensing stage --------------------------------------

  // A command is one activation, or every activation is one row. Then the registers that would tell
  // keep one value, and synthesis removes them.
  localparam integer OneActivation = MaxActiveRows == Rows && ReadSplitMax == 1 ? 1 : 0;
  localparam integer OneRow = ReadSplitMax == MaxActiveRows ? 1 : 0;

  reg prep_valid_q;
  reg prep_first_q;  // first activation of its command
  reg prep_final_q;  // last activation of its command
  reg prep_single_q;  // one row, whose number is in the low bits of the mask
  reg [TagBits-1:0] prep_tag_q;
  reg [SlotBits-1:0] prep_slot_q;
  reg [Rows-1:0] prep_mask_q;
  reg [Rows-1:0] prep_rest_q;
  reg [RowBits-1:0] prep_rows_q;

  localparam [RowBits-1:0] ONE_ROW = 1;

  // The sensing stage takes the prepared activation: at once, or if the macro answers in this cycle.
  // The answer comes late in the cycle, so that it enters last.
  wire take_now;
  wire take_on_answer;
  wire answer;  // from the converters: the last cycle of a conversion
  wire sense_take = take_now || (take_on_answer && answer);
  wire prep_empty = !prep_valid_q || take_now;
  wire prep_free = prep_empty || (take_on_answer && answer);
  wire prep_again = OneActivation == 0 && prep_valid_q && !prep_final_q;  // the command goes on
  wire prep_next = prep_again || head_valid;  // there is an activation to prepare
  wire prep_load = (prep_empty && prep_next) || (take_on_answer && prep_next && answer);
  assign head_ready = prep_free && !prep_again;
  wire load_single = head_single && !prep_again;
  // Whether the next activation has a mask does not depend on whether it is loaded in this cycle, so
  // that the count of its rows does not wait for the end of a conversion.
  assign take_mask = head_valid && !head_single && !prep_again;
  wire split = prep_again || take_mask;

  wire [Rows-1:0] split_take;
  wire [Rows-1:0] split_rest;
  wire [RowBits-1:0] split_rows;
  recross_splitter #(
      .Rows(Rows),
      .RowBits(RowBits),
      .MaxActiveRows(MaxActiveRows),
      .ReadSplitMax(ReadSplitMax)
  ) u_splitter (
      .en_i(split),
      .mask_i(prep_again ? prep_rest_q : head_mask),
      .take_o(split_take),
      .rest_o(split_rest),
      .rows_o(split_rows)
  );

  wire [Rows-1:0] rest = OneActivation != 0 ? {Rows{1'b0}} : split_rest;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      prep_valid_q <= 1'b0;
      prep_final_q <= OneActivation != 0;
    end else if (prep_free) begin
      prep_valid_q <= prep_load;
      if (prep_load) prep_final_q <= load_single || rest == {Rows{1'b0}};
    end
  end

  always @(posedge clk_i) begin
    if (prep_load) begin
      prep_first_q <= !prep_again;
      prep_single_q <= load_single;
      prep_mask_q[RowNumberBits-1:0] <=
          load_single ? head_mask[RowNumberBits-1:0] : split_take[RowNumberBits-1:0];
      prep_rows_q <= load_single ? ONE_ROW : split_rows;
      if (!prep_again) begin
        prep_tag_q  <= head_tag;
        prep_slot_q <= head_slot;
      end
      if (!load_single) begin
        prep_mask_q[Rows-1:RowNumberBits] <= split_take[Rows-1:RowNumberBits];
        prep_rest_q <= rest;
      end
    end
  end

  // --- the mode switch -------------------------------------------------------------------------

  wire [AdcLevelBits-1:0] level;
  wire [AdcBits-1:0] level_limit;
  wire level_read;
  recross_adc_levels u_levels (
      .rows_i (prep_rows_q),
      .level_o(level),
      .limit_o(level_limit),
      .read_o (level_read)
  );

  // --- sense: raise the wordlines, then convert one column phase after the other ---------------

  localparam integer LastPhase = Phases - 1;
  localparam [PhaseBits-1:0] LAST_PHASE = LastPhase[PhaseBits-1:0];
  localparam integer SetupLeft = WordlineCycles - 1;
  localparam integer SetupBits = WordlineCycles > 2 ? $clog2(WordlineCycles) : 1;
  localparam [SetupBits-1:0] SETUP = SetupLeft[SetupBits-1:0];

  reg sense_valid_q;
  reg sense_first_q;
  reg sense_final_q;
  reg sense_single_q;
  reg [TagBits-1:0] sense_tag_q;
  reg [SlotBits-1:0] sense_slot_q;
  reg [Rows-1:0] sense_mask_q;
  reg [RowBits-1:0] sense_rows_q;
  reg [AdcLevelBits-1:0] sense_level_q;
  reg [SetupBits-1:0] sense_setup_q;  // cycles of the set-up after this one
  reg [PhaseBits-1:0] sense_phase_q;
  wire start;  // a conversion begins in the next cycle
  reg start_q;  // a conversion begins
  reg converting_q;  // from the first cycle of a conversion to its last
  reg wl_en_q;

  wire hold;  // a write keeps activations from beginning
  wire convert_full;
  wire last_phase = sense_phase_q == LAST_PHASE;
  wire done = converting_q && answer;
  wire sense_done = converting_q && last_phase && answer;
  assign take_now = prep_valid_q && !sense_valid_q && !hold;
  assign take_on_answer = prep_valid_q && !hold && converting_q && last_phase;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      sense_valid_q <= 1'b0;
      start_q <= 1'b0;
      converting_q <= 1'b0;
      wl_en_q <= 1'b0;
    end else begin
      if (sense_take) sense_valid_q <= 1'b1;
      else if (sense_done) sense_valid_q <= 1'b0;
      start_q <= start;
      converting_q <= start || (converting_q && !answer);
      // The wordlines are low in the first cycle of an activation, in which slot and mask change.
      wl_en_q <= sense_valid_q && !sense_done;
    end
  end

  always @(posedge clk_i) begin
    if (sense_take) begin
      sense_first_q  <= prep_first_q;
      sense_final_q  <= prep_final_q;
      sense_single_q <= prep_single_q;
      sense_tag_q    <= prep_tag_q;
      sense_slot_q   <= prep_slot_q;
      sense_mask_q[RowNumberBits-1:0] <= prep_mask_q[RowNumberBits-1:0];
      sense_rows_q   <= prep_rows_q;
      sense_level_q  <= level;
      sense_phase_q  <= {PhaseBits{1'b0}};
      if (!prep_single_q)
        sense_mask_q[Rows-1:RowNumberBits] <= prep_mask_q[Rows-1:RowNumberBits];
    end else if (done) begin
      sense_phase_q <= sense_phase_q + 1'b1;
    end
  end

  always @(posedge clk_i) begin
    if (sense_take) sense_setup_q <= SETUP;
    else if (sense_setup_q != {SetupBits{1'b0}}) sense_setup_q <= sense_setup_q - 1'b1;
  end

  // A conversion starts when the set-up is over and the next stage has room, or after the conversion
  // of the phase before. The strobe is registered, so it is decided a cycle ahead. No conversion ends
  // while the first phase waits for room, so the next stage gets it by a result that leaves.
  wire set_up = sense_valid_q && !converting_q &&
      (WordlineCycles == 1 || sense_setup_q == {SetupBits{1'b0}});
  wire no_room = convert_full && !psum_ready_i;
  wire first_start = set_up && !no_room;
  assign start = first_start || (converting_q && !last_phase && answer);

  // --- write: one row at a time, between activations -------------------------------------------

  wire prog_req;
  wire prog_busy;
  wire prog_done;
  wire prog_fail;
  wire write_wait;
  wire write_row;
  wire write_stray;
  recross_writer #(
      .Blocks(Blocks),
      .SlotBits(SlotBits),
      .RowNumberBits(RowNumberBits),
      .BlockBits(BlockBits)
  ) u_writer (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .prog_valid_i(prog_valid_i),
      .prog_taken_o(prog_taken_o),
      .prog_slot_i(prog_slot_i),
      .prog_row_i(prog_row_i),
      .prog_block_i(prog_block_i),
      .resp_valid_o(resp_valid_o),
      .resp_ack_i(resp_ack_i),
      .resp_fail_o(resp_fail_o),
      .resp_slot_o(resp_slot_o),
      .resp_row_o(resp_row_o),
      .sensing_i(sense_valid_q),
      .hold_o(hold),
      .row_o(write_row),
      .wait_o(write_wait),
      .stray_o(write_stray),
      .prog_req_o(prog_req),
      .prog_busy_i(prog_busy),
      .prog_done_i(prog_done),
      .prog_fail_i(prog_fail)
  );

  // --- supervision: answers that do not come, or come to nothing; bias ---------------------------

  reg late_q;  // a tick has passed since the request
  reg [1:0] error_q;
  wire waiting = (converting_q && !start_q) || write_wait;
  wire stray = (answer && !converting_q) || write_stray;
  assign error_o = error_q;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      late_q  <= 1'b0;
      error_q <= 2'b00;
    end else begin
      late_q <= waiting && (late_q || tick_i);
      if (waiting && late_q && tick_i) error_q[0] <= 1'b1;
      if (stray) error_q[1] <= 1'b1;
    end
  end

  // The bias is switched off when the bank has been idle from one tick to the next.
  reg bias_q;
  reg quiet_q;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      bias_q  <= 1'b0;
      quiet_q <= 1'b0;
    end else if (busy_o || cmd_valid_i) begin
      bias_q  <= 1'b1;
      quiet_q <= 1'b0;
    end else if (tick_i) begin
      quiet_q <= 1'b1;
      if (quiet_q) bias_q <= 1'b0;
    end
  end

  // --- the macro and the logic of its converters -----------------------------------------------

  reg convert_valid_q;
  wire [Blocks*Adcs*AdcBits-1:0] codes;
  recross_analog u_analog (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .bias_en_i(bias_q),
      .trim_i(trim_i),
      .scan_en_i(scan_en_i),
      .scan_i(scan_i),
      .scan_o(scan_o),
      .wl_en_i(wl_en_q),
      .wl_single_i(sense_single_q),
      .wl_row_i(sense_mask_q[RowNumberBits-1:0]),
      .wl_mask_i(sense_mask_q),
      .slot_i(sense_slot_q),
      .phase_i(sense_phase_q),
      .start_i(start_q),
      .open_i(converting_q && !start_q),
      .level_i(sense_level_q),
      .done_o(answer),
      .en_i(convert_valid_q),
      .codes_o(codes),
      .prog_req_i(prog_req),
      .prog_slot_i(prog_slot_i),
      .prog_row_i(prog_row_i),
      .prog_block_i(prog_block_i),
      .prog_data_i(prog_data_i),
      .prog_busy_o(prog_busy),
      .prog_done_o(prog_done),
      .prog_fail_o(prog_fail)
  );

  // --- convert: codes, shift-add, offset correction, sum over phases and activations -----------

  reg convert_first_q;
  reg convert_final_q;  // last phase of the last activation, which completes the result
  reg convert_single_q;
  reg [TagBits-1:0] convert_tag_q;
  reg [RowBits-1:0] convert_rows_q;

  reg psum_valid_q;
  reg [TagBits-1:0] psum_tag_q;
  reg psum_narrow_q;

  // Decided from registers: a result that leaves in this cycle makes room in the next one. While the
  // stage is full, no conversion starts, so that none ends either.
  assign convert_full = convert_valid_q && convert_final_q && psum_valid_q;
  wire convert_fire = convert_valid_q && !convert_full;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      convert_valid_q <= 1'b0;
      convert_final_q <= 1'b0;
      psum_valid_q <= 1'b0;
    end else begin
      if (!convert_full) begin
        convert_valid_q <= done;
        convert_final_q <= sense_done && sense_final_q;
      end
      if (convert_fire && convert_final_q) psum_valid_q <= 1'b1;
      else if (psum_ready_i) psum_valid_q <= 1'b0;
    end
  end

  always @(posedge clk_i) begin
    if (done) begin
      convert_first_q <= sense_first_q;
      convert_single_q <= sense_single_q;
      convert_tag_q   <= sense_tag_q;
      convert_rows_q  <= sense_rows_q;
    end
  end

  recross_partial #(
      .Adcs(Adcs),
      .AdcBits(AdcBits),
      .CellBits(CellBits),
      .Blocks(Blocks),
      .Dim(Dim),
      .ValueBits(ValueBits),
      .Slices(Slices),
      .PhasesPerDim(PhasesPerDim),
      .DimsPerPhase(DimsPerPhase),
      .DimsPerBlock(DimsPerBlock),
      .Phases(Phases),
      .RowBits(RowBits),
      .PhaseBits(PhaseBits),
      .PsumBits(PsumBits),
      .OneActivation(OneActivation),
      .OneRow(OneRow)
  ) u_partial (
      .clk_i(clk_i),
      .done_i(done),
      .phase_i(sense_phase_q),
      .first_i(convert_first_q),
      .final_i(convert_final_q),
      .single_i(convert_single_q),
      .rows_i(convert_rows_q),
      .codes_i(codes),
      .fire_i(convert_fire),
      .data_o(psum_data_o)
  );

  always @(posedge clk_i) begin
    if (convert_fire && convert_final_q) begin
      psum_tag_q <= convert_tag_q;
      psum_narrow_q <= convert_single_q;
    end
  end

  assign psum_valid_o = psum_valid_q;
  assign psum_tag_o   = psum_tag_q;
  assign psum_narrow_o = psum_narrow_q;
  assign busy_o       =
      head_valid || prep_valid_q || sense_valid_q || convert_valid_q || psum_valid_q ||
      write_row || prog_busy;

  // --- events, in the order of the counters' numbers -------------------------------------------

  wire [10*StepBits-1:0] events;
  generate
    if (Counters == 0) begin : gen_no_events
      wire unused = &{1'b0, level_limit, level_read};
      assign events = {(10 * StepBits) {1'b0}};
    end else begin : gen_events
      localparam [StepBits-1:0] ONE = 1;
      reg stall_q;  // a start was due in this cycle, and there was no room
      always @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) stall_q <= 1'b0;
        else stall_q <= set_up && no_room;
      end
      // Of the activation that is being sensed. Asking again takes fewer gates than registers.
      wire [AdcLevelBits-1:0] sense_level;
      wire [AdcBits-1:0] sense_limit;
      wire sense_read;
      recross_adc_levels u_sensed (
          .rows_i (sense_rows_q),
          .level_o(sense_level),
          .limit_o(sense_limit),
          .read_o (sense_read)
      );
      wire unused = &{1'b0, level_limit, level_read, sense_level};
      wire [StepBits-1:0] rows = {{(StepBits - RowBits) {1'b0}}, sense_rows_q};
      wire [StepBits-1:0] limit = {{(StepBits - AdcBits) {1'b0}}, sense_limit};
      assign events = {
        ONE & {StepBits{sense_done && sense_single_q}},  // row commands
        ONE & {StepBits{stall_q}},  // stall
        ONE & {StepBits{sense_valid_q}},  // busy
        limit & {StepBits{done}},  // thresholds
        ONE & {StepBits{done && !sense_read}},  // phases in MAC mode
        ONE & {StepBits{done && sense_read}},  // phases in read mode
        rows & {StepBits{sense_done}},  // active rows
        ONE & {StepBits{sense_done && sense_rows_q == ONE_ROW}},  // activations of one row
        ONE & {StepBits{sense_done}},  // activations
        ONE & {StepBits{sense_done && sense_final_q}}  // commands
      };
    end
    if (Counters == 2) begin : gen_count
      recross_counters #(
          .Number(10),
          .StepBits(StepBits),
          .NarrowBits(1),
          .Wide(10'b00_0100_1000),  // active rows and thresholds
          .CountBits(CountBits)
      ) u_counters (
          .clk_i(clk_i),
          .rst_ni(rst_ni),
          .run_i(count_run_i),
          .clear_i(count_clear_i),
          .steps_i(events),
          .en_i(count_en_i),
          .index_i(count_index_i),
          .count_o(count_o)
      );
      assign events_o = {(10 * StepBits) {1'b0}};
    end else begin : gen_no_count
      wire unused = &{1'b0, count_run_i, count_clear_i, count_en_i, count_index_i};
      assign count_o = {CountBits{1'b0}};
      if (Counters == 1) begin : gen_send
        reg [10*StepBits-1:0] events_q;
        always @(posedge clk_i or negedge rst_ni) begin
          if (!rst_ni) events_q <= {(10 * StepBits) {1'b0}};
          else events_q <= events;
        end
        assign events_o = events_q;
      end else begin : gen_drop
        assign events_o = events;
      end
    end
  endgenerate

`ifdef RECROSS_ASSERT
  reg goes_on_q;  // a conversion did not end in the cycle before
  always @(posedge clk_i) goes_on_q <= rst_ni && converting_q && !answer;
  reg waits_q;  // a result was there and was not taken
  reg [TagBits-1:0] waiting_tag_q;
  reg waiting_narrow_q;
  reg [Dim*PsumBits-1:0] waiting_data_q;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) waits_q <= 1'b0;
    else begin
      waits_q <= psum_valid_q && !psum_ready_i;
      no_result_is_overwritten: assert (!(convert_fire && convert_final_q && psum_valid_q));
      no_codes_are_overwritten: assert (!(done && convert_full));
      starts_when_none_is_open: assert (!(start_q && goes_on_q));
      starts_when_there_is_room: assert (!(start_q && convert_full));
      converts_driven_rows: assert (!(converting_q && !wl_en_q));
      no_activation_in_a_write: assert (!(sense_valid_q && (write_row || prog_busy)));
      if (waits_q) begin
        result_stays: assert (psum_valid_q && psum_tag_q == waiting_tag_q &&
                              psum_narrow_q == waiting_narrow_q && psum_data_o == waiting_data_q);
      end
    end
  end
  always @(posedge clk_i) begin
    waiting_tag_q <= psum_tag_q;
    waiting_narrow_q <= psum_narrow_q;
    waiting_data_q <= psum_data_o;
  end
`endif

endmodule

`default_nettype wire
