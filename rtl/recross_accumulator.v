// SPDX-License-Identifier: MIT OR Apache-2.0
// Accumulates bags for one retirement port of a lane: one vector for each bag in flight there.
//
// The first result of a bag is stored. Each later result is added to the stored vector, and adds_o
// is high in that cycle. Only the low ValueBits bits of each element of a narrow result are used.
//
// A bag is done in this lane when its last command has been sent to a bank and the results of all
// its commands have been added. head_done_o is high when the bag at window_head_i is done. When
// retire_i is high, that bag leaves: its place becomes free, and one cycle later vector_o holds its
// vector. If the lane had no part in the bag, vector_o does not change.
`default_nettype none

module recross_accumulator #(
    parameter integer Dim = 4,
    parameter integer ValueBits = 4,
    parameter integer PsumBits = 7,
    parameter integer AccBits = 9,
    parameter integer Window = 4,
    parameter integer TagBits = 3,  // log2(Window) + 1
    parameter integer PendingBits = 6  // can count all commands of the largest bag
) (
    input  wire                    clk_i,
    input  wire                    rst_ni,
    input  wire                    sent_i,         // a command is sent to a bank
    input  wire                    sent_last_i,
    input  wire [     TagBits-1:0] sent_tag_i,
    input  wire                    merge_valid_i,
    input  wire [     TagBits-1:0] merge_tag_i,
    input  wire                    merge_narrow_i,
    input  wire [Dim*PsumBits-1:0] merge_data_i,
    output wire                    adds_o,         // this result is added to the stored vector
    input  wire [     TagBits-1:0] window_head_i,
    output wire                    head_done_o,
    input  wire                    retire_i,
    input  wire                    advance_i,      // vector_o may change
    output wire [ Dim*AccBits-1:0] vector_o
);

  generate
    if (TagBits < 2 || Window != 1 << (TagBits - 1)) begin : gen_error_window
      ERROR_recross_accumulator_window_must_be_half_the_tags bad ();
    end
    if (ValueBits < 1 || PsumBits < ValueBits || AccBits < PsumBits) begin : gen_error_acc
      ERROR_recross_accumulator_acc_bits_must_hold_a_partial_sum bad ();
    end
    if (Dim < 1 || PendingBits < 1) begin : gen_error_pending
      ERROR_recross_accumulator_needs_bits bad ();
    end
  endgenerate

  localparam integer PlaceBits = TagBits - 1;
  localparam [PendingBits-1:0] ONE = 1;

  reg [Dim*AccBits-1:0] vector_q[0:Window-1];
  reg [PendingBits-1:0] pending_q[0:Window-1];
  reg [Window-1:0] started_q;  // the place holds a vector
  reg [Window-1:0] counted_q;  // the place's pending count is valid
  reg [Window-1:0] last_q;  // the bag's last command has been sent
  reg [Window-1:0] done_q;  // the bag is done in this lane

  wire [PlaceBits-1:0] sent_place = sent_tag_i[PlaceBits-1:0];
  wire [PlaceBits-1:0] merge_place = merge_tag_i[PlaceBits-1:0];
  wire [PlaceBits-1:0] head_place = window_head_i[PlaceBits-1:0];
  wire unused_tags =
      &{1'b0, sent_tag_i[TagBits-1], merge_tag_i[TagBits-1], window_head_i[TagBits-1]};

  assign adds_o = merge_valid_i && started_q[merge_place];
  wire [Dim*AccBits-1:0] merge_old = adds_o ? vector_q[merge_place] : {(Dim * AccBits) {1'b0}};

  wire same_place = sent_i && merge_valid_i && sent_place == merge_place;
  wire [PendingBits-1:0] merge_pending = pending_q[merge_place];
  wire complete = merge_valid_i && last_q[merge_place] && !same_place &&
      merge_pending == ONE;

  assign head_done_o = done_q[head_place];

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      started_q <= {Window{1'b0}};
      counted_q <= {Window{1'b0}};
      last_q <= {Window{1'b0}};
      done_q <= {Window{1'b0}};
    end else begin
      if (merge_valid_i) started_q[merge_place] <= 1'b1;
      if (sent_i) counted_q[sent_place] <= 1'b1;
      if (sent_i && sent_last_i) last_q[sent_place] <= 1'b1;
      if (complete) done_q[merge_place] <= 1'b1;
      if (retire_i) begin
        started_q[head_place] <= 1'b0;
        counted_q[head_place] <= 1'b0;
        last_q[head_place] <= 1'b0;
        done_q[head_place] <= 1'b0;
      end
    end
  end

  // Commands sent whose results have not been added. The number stays the same in a cycle in which
  // one of the bag's commands is sent and one of its results is added.
  wire [PendingBits-1:0] sent_pending =
      counted_q[sent_place] ? pending_q[sent_place] : {PendingBits{1'b0}};
  always @(posedge clk_i) begin
    if (sent_i && !same_place) pending_q[sent_place] <= sent_pending + 1'b1;
    if (merge_valid_i && !same_place) pending_q[merge_place] <= merge_pending - 1'b1;
  end

  // Partial sums are sign-extended to AccBits. Sums modulo 2^AccBits do not depend on the order.
  reg [Dim*AccBits-1:0] merged;
  reg [AccBits-1:0] value;
  reg sign;
  integer d;
  always @* begin
    merged = {(Dim * AccBits) {1'b0}};
    value  = {AccBits{1'b0}};
    sign   = 1'b0;
    d      = 0;
    if (merge_valid_i) begin
      for (d = 0; d < Dim; d = d + 1) begin
        sign = merge_data_i[d*PsumBits+(merge_narrow_i?ValueBits : PsumBits)-1];
        value = {AccBits{sign}};
        value[ValueBits-1:0] = merge_data_i[d*PsumBits+:ValueBits];
        if (!merge_narrow_i) value[PsumBits-1:0] = merge_data_i[d*PsumBits+:PsumBits];
        merged[d*AccBits+:AccBits] = adds_o ? merge_old[d*AccBits+:AccBits] + value : value;
      end
    end
  end

  always @(posedge clk_i) begin
    if (merge_valid_i) vector_q[merge_place] <= merged;
  end

  reg [Dim*AccBits-1:0] out_q;
  assign vector_o = out_q;
  always @(posedge clk_i) begin
    if (advance_i && retire_i && started_q[head_place]) out_q <= vector_q[head_place];
  end

endmodule

`default_nettype wire
