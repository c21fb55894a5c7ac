// SPDX-License-Identifier: MIT OR Apache-2.0
// recross_writer: each row whose words are taken in order gets exactly one answer, with its
// crossbar, its number, and whether one of its blocks failed; words go to the macro in order, and
// never while it is busy, while the bank senses, or while an answer is open; a word out of order is
// dropped and reported; activations are held for the whole write.
//
// The macro answers after one cycle or more, fails as it likes, and stays busy as long as it likes
// after its answer. A reset may come at any time and does not end the macro's write. Answers without
// a request may come at any time.
//
// Assumed: a word stays offered until it is taken; an answer is accepted only if it is there; no
// activation begins while hold_o is high.
`include "assert.svh"
`default_nettype none

module recross_writer_props #(
    parameter integer Blocks = 2,
    parameter integer SlotBits = 1,
    parameter integer RowNumberBits = 2,
    parameter integer BlockBits = 1
) (
    input wire                     clk_i,
    input wire                     rst_ni,
    input wire                     prog_valid_i,
    input wire [     SlotBits-1:0] prog_slot_i,
    input wire [RowNumberBits-1:0] prog_row_i,
    input wire [    BlockBits-1:0] prog_block_i,
    input wire                     resp_ack_i,
    input wire                     sensing_i,
    input wire                     answer_i,  // the macro answers, or a stray answer comes
    input wire                     settle_i,  // the macro stays busy after its answer
    input wire                     fail_i
);

  wire prog_taken_o;
  wire resp_valid_o;
  wire resp_fail_o;
  wire [SlotBits-1:0] resp_slot_o;
  wire [RowNumberBits-1:0] resp_row_o;
  wire hold_o;
  wire row_o;
  wire wait_o;
  wire stray_o;
  wire prog_req_o;

  // The macro: a reset does not reach it.
  reg write_q;  // from the cycle after a request to that of its answer
  reg settle_q;
  wire busy = write_q || settle_q;
  initial begin
    write_q  = 1'b0;
    settle_q = 1'b0;
  end
  always @(posedge clk_i) begin
    if (prog_req_o) write_q <= 1'b1;
    else if (answer_i) write_q <= 1'b0;
    settle_q <= busy && settle_i;
  end

  // What keeps the macro busy is from before the reset, and it has not answered since.
  reg old_q;
  always @(posedge clk_i) old_q <= !rst_ni || (old_q && busy && !answer_i);

  recross_writer #(
      .Blocks(Blocks),
      .SlotBits(SlotBits),
      .RowNumberBits(RowNumberBits),
      .BlockBits(BlockBits)
  ) dut (
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
      .sensing_i(sensing_i),
      .hold_o(hold_o),
      .row_o(row_o),
      .wait_o(wait_o),
      .stray_o(stray_o),
      .prog_req_o(prog_req_o),
      .prog_busy_i(busy),
      .prog_done_i(answer_i),
      .prog_fail_i(fail_i)
  );

  // --- reference: what was requested and answered since the last reset --------------------------

  reg [7:0] requested_q;  // blocks of the open row that the macro got
  reg [7:0] answered_q;  // blocks of the open row that it answered
  reg failed_q;
  reg [SlotBits-1:0] slot_q;
  reg [RowNumberBits-1:0] number_q;
  reg answer_q;  // an answer is due

  wire ours = requested_q != answered_q;  // the macro works on this row
  wire open = requested_q != 0;
  wire in_order = prog_block_i == requested_q &&
      (!open || (prog_slot_i == slot_q && prog_row_i == number_q));
  wire may = !busy && !sensing_i && !answer_q;
  wire complete = ours && answer_i && answered_q == Blocks - 1;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      requested_q <= 0;
      answered_q <= 0;
      failed_q <= 1'b0;
      answer_q <= 1'b0;
    end else begin
      if (prog_valid_i && may && in_order) begin
        requested_q <= requested_q + 1'b1;
        if (!open) failed_q <= 1'b0;
      end
      if (ours && answer_i) begin
        answered_q <= answered_q + 1'b1;
        failed_q   <= failed_q || fail_i;
      end
      if (complete) begin
        requested_q <= 0;
        answered_q  <= 0;
      end
      if (complete) answer_q <= 1'b1;
      else if (resp_ack_i) answer_q <= 1'b0;
    end
  end
  always @(posedge clk_i) begin
    if (prog_valid_i && may && !open) begin
      slot_q   <= prog_slot_i;
      number_q <= prog_row_i;
    end
  end

  // --- assumptions -----------------------------------------------------------------------------

  reg started_q;  // a clock edge without a reset has passed
  reg offered_q;  // a word was offered and not taken
  reg [SlotBits-1:0] offered_slot_q;
  reg [RowNumberBits-1:0] offered_row_q;
  reg [BlockBits-1:0] offered_block_q;
  reg quiet_q;  // no activation may be running
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      started_q <= 1'b0;
      offered_q <= 1'b0;
      quiet_q   <= 1'b0;
    end else begin
      started_q <= 1'b1;
      offered_q <= prog_valid_i && !prog_taken_o;
      quiet_q   <= hold_o && !sensing_i;
    end
  end
  always @(posedge clk_i) begin
    offered_slot_q  <= prog_slot_i;
    offered_row_q   <= prog_row_i;
    offered_block_q <= prog_block_i;
  end
  always @* begin
    if (started_q && offered_q) begin
      assume (prog_valid_i);
      assume (prog_slot_i == offered_slot_q && prog_row_i == offered_row_q);
      assume (prog_block_i == offered_block_q);
    end
    assume (!(quiet_q && sensing_i));
    assume (!(resp_ack_i && !resp_valid_o));
  end

  initial assume (!rst_ni);

  // --- properties ------------------------------------------------------------------------------

  reg cut_q;  // a reset came during a write
  reg dropped_q;
  initial cut_q = 1'b0;
  always @(posedge clk_i) if (!rst_ni && write_q) cut_q <= 1'b1;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) dropped_q <= 1'b0;
    else if (prog_taken_o && !prog_req_o && (open || Blocks == 1)) dropped_q <= 1'b1;
  end

  always @(posedge clk_i) begin
    if (rst_ni) begin
      `RECROSS_ASSERT(takes_when_it_may, prog_taken_o == (prog_valid_i && may));
      `RECROSS_ASSERT(requests_in_order, prog_req_o == (prog_taken_o && in_order));
      `RECROSS_ASSERT(one_answer_a_row, resp_valid_o == answer_q);
      if (answer_q) begin
        `RECROSS_ASSERT(right_row, resp_slot_o == slot_q && resp_row_o == number_q);
        `RECROSS_ASSERT(tells_failures, resp_fail_o == failed_q);
      end
      `RECROSS_ASSERT(holds_activations, hold_o == (prog_valid_i || open || busy));
      `RECROSS_ASSERT(tells_its_row, row_o == open && wait_o == ours);
      `RECROSS_ASSERT(reports_strays, stray_o == ((prog_taken_o && !in_order) ||
                      (answer_i && !write_q && !(old_q && busy))));
      cover_second_answer : cover (stray_o && busy && !prog_taken_o);
      cover_failed : cover (answer_q && failed_q && !fail_i && prog_valid_i && number_q != 0);
      cover_good_after_failed : cover (complete && !failed_q && !fail_i && number_q == 1);
      cover_dropped : cover (answer_q && dropped_q);
      cover_after_a_reset : cover (answer_q && cut_q);
      cover_settles : cover (answer_q && settle_q && resp_ack_i);
    end else begin
      `RECROSS_ASSERT(quiet_in_reset, !resp_valid_o && !row_o && !wait_o);
    end
  end

endmodule

`default_nettype wire
