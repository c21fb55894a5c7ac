// SPDX-License-Identifier: MIT OR Apache-2.0
// recross_bank: each command gives one result, in order, with its tag; a result stays until it is
// taken, and none is overwritten; no conversion starts while a finished sum waits behind a result, even
// in the cycle in which that result is taken, so that the start does not depend on psum_ready_i; and the
// rules of the macro's pins, which recross_bank_parts.sv has. Errors stay; an answer to nothing, and a
// conversion without an answer from one tick to the next, are reported.
//
// With Results = 0, the properties that count commands and results are left out, which take most of the
// time.
//
// Assumed: a mask has a row; a word of a row stays until it is taken, and none is offered during a
// reset; an answer is acknowledged only while it is there.
`include "assert.svh"
`default_nettype none

module recross_bank_props #(
    parameter integer MaxActiveRows = 2,
    parameter integer ReadSplitMax = 1,
    parameter integer WordlineCycles = 1,
    parameter integer QueueDepth = 2,
    parameter integer QueueBits = 1,
    parameter integer Results = 1
) (
    input wire       clk_i,
    input wire       rst_ni,
    input wire       cmd_valid_i,
    input wire [1:0] cmd_tag_i,
    input wire       cmd_slot_i,
    input wire       cmd_single_i,
    input wire [3:0] cmd_mask_i,
    input wire       psum_ready_i,
    input wire       prog_valid_i,
    input wire       prog_slot_i,
    input wire [1:0] prog_row_i,
    input wire       prog_block_i,
    input wire [1:0] prog_data_i,
    input wire       resp_ack_i,
    input wire       tick_i,
    input wire       answers_i,  // the macro ends a conversion
    input wire       mark_i  // follow this command
);

  wire cmd_ready_o;
  wire psum_valid_o;
  wire [1:0] psum_tag_o;
  wire psum_narrow_o;
  wire [15:0] psum_data_o;
  wire prog_taken_o;
  wire resp_valid_o;
  wire resp_fail_o;
  wire resp_slot_o;
  wire [1:0] resp_row_o;
  wire [1:0] error_o;
  wire start;
  wire [29:0] events_o;
  wire busy_o;

  recross_bank #(
      .Rows(4),
      .Cols(2),
      .CellBits(1),
      .Adcs(1),
      .Blocks(2),
      .Dim(4),
      .ValueBits(1),
      .Slices(1),
      .Phases(2),
      .PhasesPerDim(1),
      .DimsPerPhase(1),
      .DimsPerBlock(2),
      .AdcBits(3),
      .AdcLevelBits(1),
      .MaxActiveRows(MaxActiveRows),
      .ReadSplitMax(ReadSplitMax),
      .WordlineCycles(WordlineCycles),
      .QueueDepth(QueueDepth),
      .QueueBits(QueueBits),
      .TagBits(2),
      .SlotBits(1),
      .RowNumberBits(2),
      .BlockBits(1),
      .RowBits(3),
      .PhaseBits(1),
      .PsumBits(4),
      .TrimBits(8),
      .Counters(1),
      .CountBits(8)
  ) dut (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .cmd_valid_i(cmd_valid_i),
      .cmd_ready_o(cmd_ready_o),
      .cmd_tag_i(cmd_tag_i),
      .cmd_slot_i(cmd_slot_i),
      .cmd_single_i(cmd_single_i),
      .cmd_mask_i(cmd_mask_i),
      .psum_valid_o(psum_valid_o),
      .psum_ready_i(psum_ready_i),
      .psum_tag_o(psum_tag_o),
      .psum_narrow_o(psum_narrow_o),
      .psum_data_o(psum_data_o),
      .prog_valid_i(prog_valid_i),
      .prog_taken_o(prog_taken_o),
      .prog_slot_i(prog_slot_i),
      .prog_row_i(prog_row_i),
      .prog_block_i(prog_block_i),
      .prog_data_i(prog_data_i),
      .resp_valid_o(resp_valid_o),
      .resp_ack_i(resp_ack_i),
      .resp_fail_o(resp_fail_o),
      .resp_slot_o(resp_slot_o),
      .resp_row_o(resp_row_o),
      .error_o(error_o),
      .tick_i(tick_i),
      .trim_i({7'd0, answers_i}),
      .scan_en_i(1'b0),
      .scan_i(1'b0),
      .scan_o(start),
      .events_o(events_o),
      .count_run_i(1'b0),
      .count_clear_i(1'b0),
      .count_en_i(1'b0),
      .count_index_i(4'd0),
      .count_o(),
      .busy_o(busy_o)
  );

  // --- one command, and the number of those in front of it ----------------------------------------

  wire accept = cmd_valid_i && cmd_ready_o;
  wire give = psum_valid_o && psum_ready_i;
  reg [3:0] inside_q;  // commands accepted and not given
  reg marked_q;  // a command is followed
  reg [3:0] before_q;  // results that come before its own
  reg [1:0] tag_q;
  reg single_q;

  // A finished sum that waits: the first event tells that a command's last conversion ended a cycle ago.
  reg finished_q;
  wire finished = events_o[0] || finished_q;

  reg started_q;  // a clock edge without a reset has passed
  reg waits_q;  // a result was there and was not taken
  reg [1:0] psum_tag_q;
  reg psum_narrow_q;
  reg [15:0] psum_data_q;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      started_q <= 1'b0;
      inside_q <= 4'd0;
      marked_q <= 1'b0;
      finished_q <= 1'b0;
      waits_q <= 1'b0;
    end else begin
      started_q <= 1'b1;
      inside_q <= inside_q + accept - give;
      if (!marked_q && accept && mark_i) begin
        marked_q <= 1'b1;
        before_q <= inside_q - give;
        tag_q <= cmd_tag_i;
        single_q <= cmd_single_i;
      end else if (marked_q && give) begin
        before_q <= before_q - 1'b1;
        if (before_q == 0) marked_q <= 1'b0;
      end
      finished_q <= finished && psum_valid_o;
      waits_q <= psum_valid_o && !psum_ready_i;
    end
  end

  always @(posedge clk_i) begin
    psum_tag_q <= psum_tag_o;
    psum_narrow_q <= psum_narrow_o;
    psum_data_q <= psum_data_o;
  end

  // --- answers that do not come, or come to nothing ------------------------------------------------

  reg open_q;  // a conversion has begun and has not ended
  reg late_q;  // and a tick has passed since
  reg stray_q;  // a cycle ago, the macro answered to nothing
  reg overdue_q;  // a cycle ago, a second tick came
  reg tick_q;
  reg [1:0] error_q;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      open_q <= 1'b0;
      late_q <= 1'b0;
      stray_q <= 1'b0;
      overdue_q <= 1'b0;
      tick_q <= 1'b0;
      error_q <= 2'b00;
    end else begin
      open_q <= (start || open_q) && !answers_i;
      late_q <= open_q && (late_q || tick_i);
      stray_q <= answers_i && !start && !open_q;
      overdue_q <= open_q && late_q && tick_i;
      tick_q <= tick_i;
      error_q <= error_o;
    end
  end

  // --- assumptions -------------------------------------------------------------------------------

  reg offered_q;
  reg [3:0] offer_q;
  wire [3:0] offer = {prog_slot_i, prog_row_i, prog_block_i};
  always @(posedge clk_i) begin
    offered_q <= prog_valid_i && !prog_taken_o;
    offer_q <= offer;
  end
  always @* begin
    assume (!(cmd_valid_i && !cmd_single_i && cmd_mask_i == 0));
    assume (rst_ni || !prog_valid_i);
    assume (!(resp_ack_i && !resp_valid_o));
    if (started_q && offered_q) begin
      assume (prog_valid_i);
      assume (offer == offer_q);
    end
  end

  initial assume (!rst_ni);

  // --- properties --------------------------------------------------------------------------------

  always @(posedge clk_i) begin
    if (rst_ni) begin
      if (Results != 0) begin
        `RECROSS_ASSERT(gives_what_it_took, !(psum_valid_o && inside_q == 0));
        `RECROSS_ASSERT(busy_with_commands, busy_o || inside_q == 0);
        `RECROSS_ASSERT(holds_a_few, inside_q <= QueueDepth + 4);
        if (marked_q) begin
          `RECROSS_ASSERT(counts_those_before, before_q < inside_q);
          if (give && before_q == 0) begin
            `RECROSS_ASSERT(same_tag, psum_tag_o == tag_q);
            `RECROSS_ASSERT(same_width, psum_narrow_o == single_q);
          end
        end
      end
      if (waits_q) begin
        `RECROSS_ASSERT(result_waits, psum_valid_o);
        `RECROSS_ASSERT(waiting_tag, psum_tag_o == psum_tag_q);
        `RECROSS_ASSERT(waiting_width, psum_narrow_o == psum_narrow_q);
        `RECROSS_ASSERT(waiting_data, psum_data_o == psum_data_q);
      end
      `RECROSS_ASSERT(stall_whether_taken_or_not, !(finished && psum_valid_o && start));
      `RECROSS_ASSERT(one_sum_waits, !(events_o[0] && finished_q));
      `RECROSS_ASSERT(errors_stay, (error_q & ~error_o) == 0);
      `RECROSS_ASSERT(reports_strays, error_o[1] || !stray_q);
      `RECROSS_ASSERT(reports_late_answers, error_o[0] || !overdue_q);
      `RECROSS_ASSERT(late_after_a_tick, !(error_o[0] && !error_q[0] && !tick_q));
      cover_stall : cover (finished_q && psum_valid_o && psum_ready_i);
      cover_start_behind_a_result : cover (start && waits_q);
      cover_full : cover (inside_q == QueueDepth + 4);
      cover_wide : cover (marked_q && give && before_q == 0 && !single_q && tag_q == 2'd3);
      cover_answer : cover (resp_valid_o && resp_fail_o && inside_q > 2);
      cover_late : cover (error_o == 2'b01);
    end
  end

endmodule

`default_nettype wire
