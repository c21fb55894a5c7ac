// SPDX-License-Identifier: MIT OR Apache-2.0
// recross_retire: each bag that is closed retires once, in order, as soon as no lane waits for it and
// the tree can advance; its result comes out Levels - 1 cycles later at the earliest, with its tag and
// with the sum of the vectors of the lanes that have a part in it.
//
// The solver picks any bag in any run (`pick`, when it is closed). The wrapper counts the bags in front
// of it. Lanes give arbitrary vectors.
//
// Assumed: at most Window bags are in flight, which recross_intake sees to.
`include "assert.svh"
`default_nettype none

module recross_retire_props #(
    parameter integer Lanes = 2,
    parameter integer TreeFanIn = 2,
    parameter integer Levels = 1,
    parameter integer Dim = 1,
    parameter integer AccBits = 2,
    parameter integer PlaceBits = 1,
    parameter integer UserBits = 2
) (
    input wire                         clk_i,
    input wire                         rst_ni,
    input wire                         pick,
    input wire                         close_i,
    input wire [            Lanes-1:0] wait_i,
    input wire [            Lanes-1:0] part_i,
    input wire [         UserBits-1:0] user_i,
    input wire [Lanes*Dim*AccBits-1:0] vectors_i,
    input wire                         res_ready_i
);

  localparam integer Width = Dim * AccBits;
  localparam integer Window = 1 << PlaceBits;

  wire [PlaceBits:0] head_o;
  wire [PlaceBits:0] closed_o;
  wire retire_o;
  wire res_valid_o;
  wire [UserBits-1:0] res_user_o;
  wire [Width-1:0] res_data_o;
  wire empty_o;
  wire [15:0] words_o;
  wire [15:0] adds_o;

  recross_retire #(
      .Lanes(Lanes),
      .TreeFanIn(TreeFanIn),
      .Levels(Levels),
      .Dim(Dim),
      .AccBits(AccBits),
      .PlaceBits(PlaceBits),
      .UserBits(UserBits)
  ) dut (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .close_i(close_i),
      .head_o(head_o),
      .closed_o(closed_o),
      .wait_i(wait_i),
      .part_i(part_i),
      .retire_o(retire_o),
      .user_i(user_i),
      .vectors_i(vectors_i),
      .res_valid_o(res_valid_o),
      .res_ready_i(res_ready_i),
      .res_user_o(res_user_o),
      .res_data_o(res_data_o),
      .empty_o(empty_o),
      .words_o(words_o),
      .adds_o(adds_o)
  );

  wire leave = res_valid_o && res_ready_i;

  reg [3:0] closed_q;  // bags that are closed and have not retired
  reg [3:0] flying_q;  // bags in the tree
  reg [PlaceBits:0] number_q;  // of the oldest bag
  reg held_q;  // the picked bag has closed and has not come out
  reg retired_q;
  reg [3:0] before_q;  // closed bags in front of the picked one
  reg [3:0] ahead_q;  // bags in the tree in front of the picked one
  reg [2:0] steps_q;  // of the tree, since the picked bag retired
  wire at_head = held_q && !retired_q && before_q == 0;
  wire front = held_q && retired_q && ahead_q == 0;
  // The tree moves when its last stage is empty or its result is taken.
  wire advance = !res_valid_o || res_ready_i;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      closed_q <= 0;
      flying_q <= 0;
      number_q <= 0;
      held_q <= 1'b0;
      retired_q <= 1'b0;
      before_q <= 0;
      ahead_q <= 0;
      steps_q <= 0;
    end else begin
      closed_q <= closed_q + close_i - retire_o;
      flying_q <= flying_q + retire_o - leave;
      if (retire_o) number_q <= number_q + 1'b1;
      if (close_i && pick && !held_q) begin
        held_q <= 1'b1;
        retired_q <= 1'b0;
        before_q <= closed_q - retire_o;
      end else if (held_q && !retired_q) begin
        if (retire_o && before_q == 0) begin
          retired_q <= 1'b1;
          ahead_q <= flying_q - leave;
          steps_q <= 1;
        end else if (retire_o) begin
          before_q <= before_q - 1'b1;
        end
      end else if (held_q) begin
        if (leave && front) held_q <= 1'b0;
        if (leave && !front) ahead_q <= ahead_q - 1'b1;
        if (advance && steps_q != Levels) steps_q <= steps_q + 1'b1;
      end
    end
  end

  reg [Width-1:0] sum;
  integer i;
  integer d;
  always @* begin
    sum = 0;
    for (i = 0; i < Lanes; i = i + 1) begin
      for (d = 0; d < Dim; d = d + 1) begin
        if (part_i[i]) begin
          sum[d*AccBits+:AccBits] = sum[d*AccBits+:AccBits] + vectors_i[i*Width+d*AccBits+:AccBits];
        end
      end
    end
  end
  reg [Width-1:0] sum_q;
  reg [UserBits-1:0] user_q;
  reg all_q;
  always @(posedge clk_i) begin
    if (at_head && retire_o) begin
      sum_q  <= sum;
      user_q <= user_i;
      all_q  <= part_i == {Lanes{1'b1}};
    end
  end

  initial assume (!rst_ni);

  always @(posedge clk_i) begin
    if (rst_ni) begin
      assume (!(close_i && closed_q == Window));
      `RECROSS_ASSERT(retires_as_soon_as_it_can, retire_o == (closed_q != 0 && wait_i == 0 && advance));
      `RECROSS_ASSERT(head, head_o == number_q);
      `RECROSS_ASSERT(closed, closed_o - head_o == closed_q[PlaceBits:0]);
      `RECROSS_ASSERT(empty_without_bags, empty_o == (flying_q == 0));
      `RECROSS_ASSERT(no_result_without_a_bag, !res_valid_o || flying_q != 0);
      if (front) begin
        `RECROSS_ASSERT(result_in_time, res_valid_o == (steps_q == Levels));
      end
      if (front && res_valid_o) begin
        `RECROSS_ASSERT(tag, res_user_o == user_q);
        `RECROSS_ASSERT(sum_of_its_lanes, res_data_o == sum_q);
      end
      cover_full_and_tree_full : cover (closed_q == Window && flying_q == Levels);
      cover_all_lanes : cover (leave && front && all_q && sum_q == {Width{1'b1}});
      cover_no_lane : cover (leave && front && sum_q == 0 && !all_q);
      cover_behind : cover (held_q && !retired_q && before_q == Window - 1);
    end
  end

endmodule

`default_nettype wire
