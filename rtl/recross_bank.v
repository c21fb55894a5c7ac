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
    parameter integer TagBits = 2,
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
    if (PsumBits < ValueBits + $clog2(Rows)) begin : gen_error_psum
      ERROR_recross_bank_psum_bits_must_hold_the_sum_of_all_rows bad ();
    end
    if (WordlineCycles < 1) begin : gen_error_wordline
      ERROR_recross_bank_wordlines_take_a_cycle bad ();
    end
  endgenerate

  // --- prepare: the queue, and one activation ahead of the sensing stage ------------------------

  // A command is one activation, or every activation is one row. Then the registers that would tell
  // keep one value, and synthesis removes them, here and in other modules.
  localparam integer OneActivation = MaxActiveRows == Rows && ReadSplitMax == 1 ? 1 : 0;
  localparam integer OneRow = ReadSplitMax == MaxActiveRows ? 1 : 0;

  wire queued;
  wire prep_valid;
  wire not_only_first;
  wire not_only_final;
  wire prep_first = OneActivation != 0 || not_only_first;  // first activation of its command
  wire prep_final = OneActivation != 0 || not_only_final;  // last activation of its command
  wire prep_single;  // one row, whose number is in the low bits of the mask
  wire [TagBits-1:0] prep_tag;
  wire [SlotBits-1:0] prep_slot;
  wire [Rows-1:0] prep_mask;
  wire [RowBits-1:0] prep_rows;

  // The sensing stage takes the prepared activation: at once, or if the macro answers in this cycle.
  wire take_now;
  wire take_on_answer;
  wire answer;  // from the converters: the last cycle of a conversion
  wire sense_take = take_now || (take_on_answer && answer);
  recross_prepare #(
      .Rows(Rows),
      .RowBits(RowBits),
      .RowNumberBits(RowNumberBits),
      .MaxActiveRows(MaxActiveRows),
      .ReadSplitMax(ReadSplitMax),
      .QueueDepth(QueueDepth),
      .QueueBits(QueueBits),
      .TagBits(TagBits),
      .SlotBits(SlotBits)
  ) u_prepare (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .cmd_valid_i(cmd_valid_i),
      .cmd_ready_o(cmd_ready_o),
      .cmd_tag_i(cmd_tag_i),
      .cmd_slot_i(cmd_slot_i),
      .cmd_single_i(cmd_single_i),
      .cmd_mask_i(cmd_mask_i),
      .queued_o(queued),
      .valid_o(prep_valid),
      .first_o(not_only_first),
      .final_o(not_only_final),
      .single_o(prep_single),
      .tag_o(prep_tag),
      .slot_o(prep_slot),
      .mask_o(prep_mask),
      .rows_o(prep_rows),
      .take_now_i(take_now),
      .take_on_answer_i(take_on_answer),
      .answer_i(answer)
  );

  // --- the mode switch -------------------------------------------------------------------------

  wire [AdcLevelBits-1:0] level;
  wire [AdcBits-1:0] level_limit;
  wire level_read;
  recross_adc_levels u_levels (
      .rows_i (prep_rows),
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
  assign take_now = prep_valid && !sense_valid_q && !hold;
  assign take_on_answer = prep_valid && !hold && converting_q && last_phase;

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
      sense_first_q  <= prep_first;
      sense_final_q  <= prep_final;
      sense_single_q <= prep_single;
      sense_tag_q    <= prep_tag;
      sense_slot_q   <= prep_slot;
      sense_mask_q[RowNumberBits-1:0] <= prep_mask[RowNumberBits-1:0];
      sense_rows_q   <= prep_rows;
      sense_level_q  <= level;
      sense_phase_q  <= {PhaseBits{1'b0}};
      if (!prep_single)
        sense_mask_q[Rows-1:RowNumberBits] <= prep_mask[Rows-1:RowNumberBits];
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

  // --- supervision -----------------------------------------------------------------------------

  wire bias_en;
  recross_supervisor u_supervisor (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .tick_i(tick_i),
      .waiting_i((converting_q && !start_q) || write_wait),
      .stray_i((answer && !converting_q) || write_stray),
      .active_i(busy_o || cmd_valid_i),
      .error_o(error_o),
      .bias_en_o(bias_en)
  );

  // --- the macro and the logic of its converters -----------------------------------------------

  reg convert_valid_q;
  wire [Blocks*Adcs*AdcBits-1:0] codes;
  recross_analog u_analog (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .bias_en_i(bias_en),
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
      queued || prep_valid || sense_valid_q || convert_valid_q || psum_valid_q ||
      write_row || prog_busy;

  // --- events ----------------------------------------------------------------------------------

  wire unused = &{1'b0, level_limit, level_read};
  recross_events #(
      .RowBits(RowBits),
      .AdcBits(AdcBits),
      .AdcLevelBits(AdcLevelBits),
      .Counters(Counters),
      .CountBits(CountBits)
  ) u_events (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .busy_i(sense_valid_q),
      .stall_i(set_up && no_room),
      .phase_done_i(done),
      .done_i(sense_done),
      .final_i(sense_final_q),
      .single_i(sense_single_q),
      .rows_i(sense_rows_q),
      .events_o(events_o),
      .run_i(count_run_i),
      .clear_i(count_clear_i),
      .en_i(count_en_i),
      .index_i(count_index_i),
      .count_o(count_o)
  );

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
