// SPDX-License-Identifier: MIT OR Apache-2.0
// Stands for the parts of recross_bank that a design's configuration makes: any macro, with the rules
// of its pins as assertions, and a mode switch of two levels.
//
// The macro ends conversions and writes after any number of cycles, fails at will, gives any codes, and
// answers to nothing. Its codes may change in the cycle after the next start. A reset does not end a
// write. scan_o shows start_i to the wrapper, and with trim_i[0] high the macro ends a conversion.
`include "assert.svh"
`default_nettype none

module recross_analog (
    input  wire       clk_i,
    input  wire       rst_ni,
    input  wire       bias_en_i,
    input  wire [7:0] trim_i,
    input  wire       scan_en_i,
    input  wire       scan_i,
    output wire       scan_o,
    input  wire       wl_en_i,
    input  wire       wl_single_i,
    input  wire [1:0] wl_row_i,
    input  wire [3:0] wl_mask_i,
    input  wire       slot_i,
    input  wire       phase_i,
    input  wire       start_i,
    input  wire       open_i,
    input  wire       level_i,
    output wire       done_o,
    input  wire       en_i,
    output wire [5:0] codes_o,
    input  wire       prog_req_i,
    input  wire       prog_slot_i,
    input  wire [1:0] prog_row_i,
    input  wire       prog_block_i,
    input  wire [1:0] prog_data_i,
    output wire       prog_busy_o,
    output wire       prog_done_o,
    output wire       prog_fail_o
);

  wire answers = trim_i[0];
  (* anyseq *) reg [5:0] codes;
  (* anyseq *) reg written;
  (* anyseq *) reg settled;
  (* anyseq *) reg fails;

  assign scan_o = start_i;
  assign done_o = answers;
  wire done = answers && (start_i || open_q);

  reg [5:0] codes_q;
  always @(posedge clk_i) if (answers || start_i) codes_q <= codes;
  assign codes_o = en_i ? codes_q : 6'd0;

  reg busy_q;
  reg answered_q;
  initial busy_q = 1'b0;
  initial answered_q = 1'b0;
  assign prog_busy_o = busy_q;
  assign prog_done_o = written && !(busy_q && answered_q);
  assign prog_fail_o = fails;
  always @(posedge clk_i) begin
    if (prog_req_i) begin
      busy_q <= 1'b1;
      answered_q <= 1'b0;
    end else begin
      if (busy_q && prog_done_o) answered_q <= 1'b1;
      if (busy_q && (prog_done_o || answered_q) && settled) busy_q <= 1'b0;
    end
  end

  // --- what happened before ----------------------------------------------------------------------

  reg open_q;  // a conversion has begun and has not ended
  reg row_q;  // a row is being written
  reg driven_q;
  reg ended_q;  // the last conversion of an activation ended a cycle ago
  reg biased_q;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      open_q <= 1'b0;
      row_q <= 1'b0;
      driven_q <= 1'b0;
      ended_q <= 1'b0;
      biased_q <= 1'b0;
    end else begin
      open_q <= (open_q || start_i) && !answers;
      driven_q <= wl_en_i;
      ended_q <= done && phase_i;
      biased_q <= bias_en_i;
      if (prog_req_i) row_q <= 1'b1;
      else if (prog_done_o && busy_q && prog_block_q) row_q <= 1'b0;
    end
  end

  reg prog_block_q;
  reg single_q;
  reg [1:0] number_q;
  reg [3:0] mask_q;
  reg slot_q;
  reg phase_q;
  reg level_q;
  reg next_q;  // the phase that comes next
  always @(posedge clk_i) begin
    if (prog_req_i) prog_block_q <= prog_block_i;
    single_q <= wl_single_i;
    number_q <= wl_row_i;
    mask_q <= wl_mask_i;
    slot_q <= slot_i;
    phase_q <= phase_i;
    level_q <= level_i;
    if (!wl_en_i) next_q <= 1'b0;
    else if (start_i) next_q <= !phase_i;
  end

  // --- the rules ---------------------------------------------------------------------------------

  always @(posedge clk_i) begin
    if (rst_ni) begin
      `RECROSS_ASSERT(starts_when_none_is_open, !(start_i && open_q));
      `RECROSS_ASSERT(tells_what_is_open, open_i == open_q);
      `RECROSS_ASSERT(converts_driven_rows, !((start_i || open_q) && !wl_en_i));
      `RECROSS_ASSERT(phases_in_order, !(start_i && phase_i != next_q));
      if (open_q) begin
        `RECROSS_ASSERT(level_is_stable, level_i == level_q);
        `RECROSS_ASSERT(phase_is_stable, phase_i == phase_q);
      end
      if (wl_en_i && driven_q) begin
        `RECROSS_ASSERT(slot_is_stable, slot_i == slot_q);
        `RECROSS_ASSERT(rows_are_stable, wl_single_i == single_q && (wl_single_i ? wl_row_i == number_q : wl_mask_i == mask_q));
      end
      `RECROSS_ASSERT(low_between_activations, !(ended_q && wl_en_i));
      `RECROSS_ASSERT(bias_before_wordlines, !(wl_en_i && !(bias_en_i && biased_q)));
      `RECROSS_ASSERT(level_of_the_rows, !(start_i && level_i != (!wl_single_i && (wl_mask_i & (wl_mask_i - 4'd1)) != 0)));
      `RECROSS_ASSERT(some_row, !(start_i && !wl_single_i && wl_mask_i == 0));
      if (prog_req_i || busy_q || row_q) begin
        `RECROSS_ASSERT(no_activation_in_a_write, !wl_en_i && !start_i && !open_q);
      end
      `RECROSS_ASSERT(one_write, !(prog_req_i && busy_q));
      cover_one_cycle : cover (start_i && done_o && phase_i);
      cover_long : cover (done && !start_i && phase_i);
      cover_back_to_back : cover (start_i && ended_start_q);
      cover_second_block : cover (prog_req_i && prog_block_i);
      cover_rest_of_a_mask : cover (start_i && !wl_single_i && level_i && level_q && slot_i);
    end else begin
      `RECROSS_ASSERT(nothing_begins_in_a_reset, !start_i && !open_i && !wl_en_i && !prog_req_i);
    end
  end

  reg ended_start_q;  // a conversion ended a cycle ago
  always @(posedge clk_i) ended_start_q <= rst_ni && done;

endmodule

module recross_adc_levels (
    input  wire [2:0] rows_i,
    output wire       level_o,
    output wire [2:0] limit_o,
    output wire       read_o
);
  assign read_o = rows_i <= 3'd1;
  assign level_o = !read_o;
  assign limit_o = read_o ? 3'd1 : 3'd4;
endmodule

`default_nettype wire
