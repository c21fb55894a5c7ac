// SPDX-License-Identifier: MIT OR Apache-2.0
// recross_retire: each header gives exactly one result, in order, with its tag and with the sum of the
// vectors of its lanes; a bag retires only when all of its lanes are done.
//
// The solver picks any bag in any run (`pick`). The wrapper counts the bags in front of it in the
// window and in all, and the steps of the tree since it retired. Lanes give arbitrary vectors: one
// loads a new vector when a bag retires, and may also keep the old one.
`include "assert.svh"
`default_nettype none

module recross_retire_props #(
    parameter integer Lanes = 2,
    parameter integer TreeFanIn = 2,
    parameter integer Levels = 1,
    parameter integer Dim = 1,
    parameter integer AccBits = 2,
    parameter integer Window = 2,
    parameter integer TagBits = 2
) (
    input wire                         clk_i,
    input wire                         rst_ni,
    input wire                         pick,
    input wire                         hdr_valid_i,
    input wire [            Lanes-1:0] hdr_lanes_i,
    input wire [            Lanes-1:0] head_done_i,
    input wire                         may_retire,
    input wire [            Lanes-1:0] load,
    input wire [Lanes*Dim*AccBits-1:0] new_vectors,
    input wire                         res_ready_i
);

  localparam integer Width = Dim * AccBits;

  wire hdr_ready_o;
  wire [TagBits-1:0] window_head_o;
  wire [TagBits-1:0] window_tail_o;
  wire [Lanes-1:0] head_wait_o;
  wire idle_o;
  wire ready_o;
  wire advance_o;
  reg [Lanes*Width-1:0] vectors_q;
  wire res_valid_o;
  wire [TagBits-1:0] res_tag_o;
  wire [Width-1:0] res_data_o;
  wire [15:0] words_o;
  wire [15:0] adds_o;
  wire retire = ready_o && may_retire;

  recross_retire #(
      .Lanes(Lanes),
      .TreeFanIn(TreeFanIn),
      .Levels(Levels),
      .Dim(Dim),
      .AccBits(AccBits),
      .Window(Window),
      .TagBits(TagBits)
  ) dut (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .hdr_valid_i(hdr_valid_i),
      .hdr_ready_o(hdr_ready_o),
      .hdr_lanes_i(hdr_lanes_i),
      .window_head_o(window_head_o),
      .window_tail_o(window_tail_o),
      .head_done_i(head_done_i),
      .head_wait_o(head_wait_o),
      .idle_o(idle_o),
      .ready_o(ready_o),
      .retire_i(retire),
      .advance_o(advance_o),
      .vectors_i(vectors_q),
      .res_valid_o(res_valid_o),
      .res_ready_i(res_ready_i),
      .res_tag_o(res_tag_o),
      .res_data_o(res_data_o),
      .words_o(words_o),
      .adds_o(adds_o)
  );

  integer l;
  always @(posedge clk_i) begin
    for (l = 0; l < Lanes; l = l + 1) begin
      if (advance_o && retire && load[l]) vectors_q[l*Width+:Width] <= new_vectors[l*Width+:Width];
    end
  end

  wire open = hdr_valid_i && hdr_ready_o;
  wire leave = res_valid_o && res_ready_i;

  reg [3:0] window_q;  // bags in the window
  reg [3:0] flying_q;  // bags in the window and in the tree
  reg [TagBits-1:0] tag_q;  // of the next header
  reg held_q;  // the picked bag is in flight
  reg retired_q;
  reg [3:0] ahead_q;  // bags in flight in front of the picked one
  reg [3:0] before_q;  // of these, bags in the window
  reg [2:0] steps_q;  // of the tree, since the picked bag retired
  wire front = held_q && ahead_q == 0;
  wire at_head = held_q && !retired_q && before_q == 0;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      window_q <= 0;
      flying_q <= 0;
      tag_q <= 0;
      held_q <= 1'b0;
      retired_q <= 1'b0;
      ahead_q <= 0;
      before_q <= 0;
      steps_q <= 0;
    end else begin
      window_q <= window_q + open - retire;
      flying_q <= flying_q + open - leave;
      if (open) tag_q <= tag_q + 1'b1;
      if (open && pick && !held_q) begin
        held_q <= 1'b1;
        retired_q <= 1'b0;
        ahead_q <= flying_q - leave;
        before_q <= window_q - retire;
        steps_q <= 0;
      end else if (held_q) begin
        if (leave && front) held_q <= 1'b0;
        if (leave && !front) ahead_q <= ahead_q - 1'b1;
        if (retire && at_head) retired_q <= 1'b1;
        if (retire && !retired_q && !at_head) before_q <= before_q - 1'b1;
        if (retired_q && advance_o) steps_q <= steps_q + 1'b1;
      end
    end
  end

  reg [TagBits-1:0] picked_tag_q;
  reg [Lanes-1:0] lanes_q;
  reg fresh_q;  // the picked bag retired in the last cycle: its vectors are there
  reg [Width-1:0] sum_q;
  reg [Width-1:0] sum;
  integer i;
  integer d;
  always @* begin
    sum = 0;
    for (i = 0; i < Lanes; i = i + 1) begin
      for (d = 0; d < Dim; d = d + 1) begin
        if (lanes_q[i]) begin
          sum[d*AccBits+:AccBits] = sum[d*AccBits+:AccBits] + vectors_q[i*Width+d*AccBits+:AccBits];
        end
      end
    end
  end
  always @(posedge clk_i) begin
    if (open && pick && !held_q) begin
      picked_tag_q <= tag_q;
      lanes_q <= hdr_lanes_i;
    end
    fresh_q <= rst_ni && retire && at_head;
    if (fresh_q) sum_q <= sum;
  end

  initial assume (!rst_ni);

  always @(posedge clk_i) begin
    if (rst_ni) begin
      `RECROSS_ASSERT(opens_while_not_full, hdr_ready_o == (window_q != Window));
      `RECROSS_ASSERT(next_tag, window_tail_o == tag_q);
      `RECROSS_ASSERT(idle_without_bags, idle_o == (flying_q == 0));
      `RECROSS_ASSERT(no_result_without_a_bag, !res_valid_o || flying_q != 0);
      if (at_head) begin
        `RECROSS_ASSERT(place, window_head_o == picked_tag_q);
        `RECROSS_ASSERT(waits_for_its_lanes, head_wait_o == (lanes_q & ~head_done_i));
        `RECROSS_ASSERT(ready_when_done, ready_o == (head_wait_o == 0 && advance_o));
      end
      if (front) begin
        `RECROSS_ASSERT(result_in_time, res_valid_o == (retired_q && steps_q == Levels));
      end
      if (front && res_valid_o) begin
        `RECROSS_ASSERT(tag, res_tag_o == picked_tag_q);
        `RECROSS_ASSERT(sum_of_its_lanes, res_data_o == sum_q);
      end
      cover_full_and_tree_full : cover (window_q == Window && flying_q == Window + Levels + 1);
      cover_all_lanes : cover (leave && front && lanes_q == {Lanes{1'b1}} && sum_q == {Width{1'b1}});
      cover_no_lane : cover (leave && front && lanes_q == 0);
      cover_behind : cover (held_q && before_q == Window - 1);
    end
  end

endmodule

`default_nettype wire
