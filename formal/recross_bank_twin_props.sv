// SPDX-License-Identifier: MIT OR Apache-2.0
// recross_bank: two banks have the same inputs until psum_ready_i differs for the first time; in that
// cycle, as in those before, both start a conversion or neither does. So no path leads from
// psum_ready_i to a start within a cycle. recross_bank_props.sv has the bank's other properties.
//
// The macro answers at any time, even to nothing, with any codes.
//
// Assumed: a mask has a row; a word of a row stays until it is taken, and none is offered during a
// reset; an answer is acknowledged only while it is there.
`include "assert.svh"
`default_nettype none

module recross_bank_twin_props #(
    parameter integer WordlineCycles = 1
) (
    input wire       clk_i,
    input wire       rst_ni,
    input wire       cmd_valid_i,
    input wire [1:0] cmd_tag_i,
    input wire       cmd_slot_i,
    input wire       cmd_single_i,
    input wire [3:0] cmd_mask_i,
    input wire       psum_ready_i,
    input wire       differ_i,  // the second bank's psum_ready_i is the other value
    input wire       prog_valid_i,
    input wire       prog_slot_i,
    input wire [1:0] prog_row_i,
    input wire       prog_block_i,
    input wire       resp_ack_i,
    input wire       tick_i,
    input wire [7:0] trim_i
);

  wire [1:0] starts;
  wire [1:0] psum_valids;
  wire [1:0] takens;
  wire [1:0] answers;
  genvar n;
  generate
    for (n = 0; n < 2; n = n + 1) begin : gen_bank
      recross_bank #(
          .Rows(4),
          .Cols(2),
          .CellBits(1),
          .Adcs(1),
          .Blocks(2),
          .Dim(2),
          .ValueBits(2),
          .Slices(2),
          .Phases(2),
          .PhasesPerDim(2),
          .DimsPerPhase(1),
          .DimsPerBlock(1),
          .AdcBits(2),
          .AdcLevelBits(1),
          .MaxActiveRows(2),
          .ReadSplitMax(1),
          .WordlineCycles(WordlineCycles),
          .QueueDepth(2),
          .QueueBits(1),
          .TagBits(2),
          .SlotBits(1),
          .RowNumberBits(2),
          .BlockBits(1),
          .RowBits(3),
          .PhaseBits(1),
          .PsumBits(4),
          .TrimBits(8),
          .Counters(0),
          .CountBits(1)
      ) dut (
          .clk_i(clk_i),
          .rst_ni(rst_ni),
          .cmd_valid_i(cmd_valid_i),
          .cmd_ready_o(),
          .cmd_tag_i(cmd_tag_i),
          .cmd_slot_i(cmd_slot_i),
          .cmd_single_i(cmd_single_i),
          .cmd_mask_i(cmd_mask_i),
          .psum_valid_o(psum_valids[n]),
          .psum_ready_i(psum_ready_i ^ (n == 1 && differ_i)),
          .psum_tag_o(),
          .psum_narrow_o(),
          .psum_data_o(),
          .prog_valid_i(prog_valid_i),
          .prog_taken_o(takens[n]),
          .prog_slot_i(prog_slot_i),
          .prog_row_i(prog_row_i),
          .prog_block_i(prog_block_i),
          .prog_data_i(2'd0),
          .resp_valid_o(answers[n]),
          .resp_ack_i(resp_ack_i),
          .resp_fail_o(),
          .resp_slot_o(),
          .resp_row_o(),
          .error_o(),
          .tick_i(tick_i),
          .trim_i(trim_i),
          .scan_en_i(1'b0),
          .scan_i(1'b0),
          .scan_o(starts[n]),
          .events_o(),
          .count_run_i(1'b0),
          .count_clear_i(1'b0),
          .count_en_i(1'b0),
          .count_index_i(4'd0),
          .count_o(),
          .busy_o()
      );
    end
  endgenerate

  // --- assumptions -------------------------------------------------------------------------------

  reg offered_q;  // a word was offered and not taken
  reg [3:0] offer_q;
  wire [3:0] offer = {prog_slot_i, prog_row_i, prog_block_i};
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      offered_q <= 1'b0;
    end else begin
      offered_q <= prog_valid_i && !takens[0];
    end
  end
  always @(posedge clk_i) offer_q <= offer;
  always @* begin
    assume (cmd_single_i || cmd_mask_i != 0);
    assume (!(resp_ack_i && !answers[0]));
    if (offered_q) assume (prog_valid_i && offer == offer_q);
    if (!rst_ni) assume (!prog_valid_i);
  end
  initial assume (!rst_ni);

  // --- property ----------------------------------------------------------------------------------

  // Not reset, as the macro is not: afterwards the two have different pasts.
  reg differed_q;  // in an earlier cycle
  initial differed_q = 1'b0;
  always @(posedge clk_i) if (differ_i) differed_q <= 1'b1;

  always @(posedge clk_i) begin
    if (rst_ni) begin
      `RECROSS_ASSERT(same_start, differed_q || starts[0] == starts[1]);
      cover_taken_in_a_start : cover (differ_i && !differed_q && psum_valids[0] && starts[0]);
      cover_later_apart : cover (differed_q && starts[0] != starts[1]);
      cover_after_a_write : cover (differ_i && !differed_q && starts[0] && answers[0]);
    end
  end

endmodule

`default_nettype wire
