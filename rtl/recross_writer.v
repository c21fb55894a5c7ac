// SPDX-License-Identifier: MIT OR Apache-2.0
// Writes rows of a bank's crossbars: passes words to the macro, and answers once for each row.
//
// prog_valid_i stays high, with its fields stable, until prog_taken_o. The words of a row are its
// blocks in order, from 0. The macro gets a word with prog_req_o; prog_done_i ends it. While hold_o
// is high, no activation may begin: from the offer of a row's first word to the answer to its last,
// and while the macro is busy. A word waits until sensing_i is low. A word that is out of order is
// taken and dropped, and stray_o is high; it is also high if the macro answers without a request.
//
// When the last block is done, resp_valid_o is high until resp_ack_i. resp_fail_o tells whether one
// of the blocks failed. A reset forgets the row, but waits for the macro.
`default_nettype none

module recross_writer #(
    parameter integer Blocks = 1,
    parameter integer SlotBits = 1,
    parameter integer RowNumberBits = 3,
    parameter integer BlockBits = 1
) (
    input  wire                     clk_i,
    input  wire                     rst_ni,
    input  wire                     prog_valid_i,
    output wire                     prog_taken_o,
    input  wire [     SlotBits-1:0] prog_slot_i,
    input  wire [RowNumberBits-1:0] prog_row_i,
    input  wire [    BlockBits-1:0] prog_block_i,
    output wire                     resp_valid_o,
    input  wire                     resp_ack_i,
    output wire                     resp_fail_o,
    output wire [     SlotBits-1:0] resp_slot_o,
    output wire [RowNumberBits-1:0] resp_row_o,
    input  wire                     sensing_i,
    output wire                     hold_o,
    output wire                     row_o,         // a row is being written
    output wire                     wait_o,        // the macro has not answered
    output wire                     stray_o,
    output wire                     prog_req_o,
    input  wire                     prog_busy_i,
    input  wire                     prog_done_i,
    input  wire                     prog_fail_i
);

  generate
    if (Blocks < 1 || BlockBits < 1 || 1 << BlockBits < Blocks) begin : gen_error_blocks
      ERROR_recross_writer_block_bits_must_hold_the_blocks bad ();
    end
    if (SlotBits < 1 || RowNumberBits < 1) begin : gen_error_place
      ERROR_recross_writer_places_need_bits bad ();
    end
  endgenerate

  localparam integer LastBlock = Blocks - 1;
  localparam [BlockBits-1:0] LAST_BLOCK = LastBlock[BlockBits-1:0];

  reg row_q;  // from the first word of a row to the answer to its last
  reg wait_q;
  reg [BlockBits-1:0] block_q;  // the block that comes next, or is being written
  reg fail_q;
  reg resp_q;
  reg old_q;  // the macro may still be at a write from before the reset
  reg [SlotBits-1:0] slot_q;
  reg [RowNumberBits-1:0] number_q;

  wire free = !wait_q && !resp_q && !prog_busy_i && !sensing_i;
  wire same_row = prog_slot_i == slot_q && prog_row_i == number_q;
  // With one block, every word is a row.
  wire in_order = Blocks == 1 ? prog_block_i == {BlockBits{1'b0}} :
      prog_block_i == block_q && (same_row || !row_q);
  wire last_block = Blocks == 1 || block_q == LAST_BLOCK;
  assign prog_taken_o = prog_valid_i && free;
  assign prog_req_o = prog_taken_o && in_order;
  assign hold_o = prog_valid_i || row_q || prog_busy_i;
  assign row_o = row_q;
  assign wait_o = wait_q;
  assign stray_o = (prog_taken_o && !in_order) ||
      (prog_done_i && !wait_q && !(old_q && prog_busy_i));

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      row_q   <= 1'b0;
      wait_q  <= 1'b0;
      block_q <= {BlockBits{1'b0}};
      fail_q  <= 1'b0;
      resp_q  <= 1'b0;
      old_q   <= 1'b1;
    end else begin
      old_q <= old_q && prog_busy_i && !prog_done_i;
      if (prog_req_o) begin
        row_q  <= 1'b1;
        wait_q <= 1'b1;
        if (!row_q) fail_q <= 1'b0;
      end else if (wait_q && prog_done_i) begin
        wait_q <= 1'b0;
        if (prog_fail_i) fail_q <= 1'b1;
        if (last_block) begin
          block_q <= {BlockBits{1'b0}};
          row_q   <= 1'b0;
          resp_q  <= 1'b1;
        end else begin
          block_q <= block_q + 1'b1;
        end
      end
      if (resp_ack_i) resp_q <= 1'b0;
    end
  end

  always @(posedge clk_i) begin
    if (prog_req_o && !row_q) begin
      slot_q   <= prog_slot_i;
      number_q <= prog_row_i;
    end
  end

  assign resp_valid_o = resp_q;
  assign resp_fail_o  = fail_q;
  assign resp_slot_o  = slot_q;
  assign resp_row_o   = number_q;

`ifdef RECROSS_ASSERT
  reg offered_q;
  reg [SlotBits-1:0] offered_slot_q;
  reg [RowNumberBits-1:0] offered_row_q;
  reg [BlockBits-1:0] offered_block_q;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) offered_q <= 1'b0;
    else begin
      offered_q <= prog_valid_i && !prog_taken_o;
      writes_to_a_free_macro: assert (!(prog_req_o && (prog_busy_i || sensing_i || resp_q)));
      nothing_is_sensed_in_a_write: assert (!(sensing_i && (wait_q || prog_busy_i)));
      answers_between_rows: assert (!(resp_q && row_q));
      acknowledged_when_offered: assert (!resp_ack_i || resp_q);
      if (offered_q) begin
        word_stays: assert (prog_valid_i && prog_slot_i == offered_slot_q &&
                            prog_row_i == offered_row_q && prog_block_i == offered_block_q);
      end
    end
  end
  always @(posedge clk_i) begin
    offered_slot_q  <= prog_slot_i;
    offered_row_q   <= prog_row_i;
    offered_block_q <= prog_block_i;
  end
`endif

endmodule

`default_nettype wire
