// SPDX-License-Identifier: MIT OR Apache-2.0
// One retirement port: its share of the window of bags in flight, and its adder tree over the
// lanes.
//
// The port's bags are numbered modulo 2 * Window. A header accepted on hdr_* opens the next bag and
// names the lanes that have a part in it. hdr_ready_o is low while all places are in use. ready_o
// is high when the port's oldest bag can retire: it is open, all its lanes are done, and the tree
// can advance. The bag retires in a cycle with retire_i high; retire_i must be low while ready_o is
// low. Then the lanes' vectors enter the pipelined tree, and their sum appears on res_*. There is
// exactly one result for each header, in order, and at most one per cycle.
`default_nettype none

module recross_retire #(
    parameter integer Lanes = 2,
    parameter integer TreeFanIn = 2,  // vectors that each adder of the tree sums, a power of two
    parameter integer Levels = 1,  // stages: log(Lanes) to base TreeFanIn, rounded up, at least 1
    parameter integer Dim = 4,
    parameter integer AccBits = 9,
    parameter integer Window = 4,  // bags in flight in this port
    parameter integer TagBits = 3  // log2(Window) + 1
) (
    input  wire                         clk_i,
    input  wire                         rst_ni,
    input  wire                         hdr_valid_i,
    output wire                         hdr_ready_o,
    input  wire [            Lanes-1:0] hdr_lanes_i,
    output wire [          TagBits-1:0] window_head_o,
    output wire [          TagBits-1:0] window_tail_o,
    input  wire [            Lanes-1:0] head_done_i,
    output wire [            Lanes-1:0] head_wait_o,
    output wire                         idle_o,         // no bag in flight
    output wire                         ready_o,
    input  wire                         retire_i,
    output wire                         advance_o,
    input  wire [Lanes*Dim*AccBits-1:0] vectors_i,
    output wire                         res_valid_o,
    input  wire                         res_ready_i,
    output wire [          TagBits-1:0] res_tag_o,
    output wire [      Dim*AccBits-1:0] res_data_o,
    output wire [                 15:0] words_o,        // vectors stored in registers in this cycle
    output wire [                 15:0] adds_o          // additions of two vectors in this cycle
);

  localparam integer PlaceBits = TagBits - 1;
  localparam integer Width = Dim * AccBits;

  reg [TagBits-1:0] head_q;
  reg [TagBits-1:0] tail_q;
  reg [Lanes-1:0] lanes_q[0:Window-1];

  wire full = (head_q ^ tail_q) == {1'b1, {PlaceBits{1'b0}}};
  wire empty = head_q == tail_q;
  assign hdr_ready_o = !full;
  assign window_head_o = head_q;
  assign window_tail_o = tail_q;

  wire open = hdr_valid_i && hdr_ready_o;
  assign head_wait_o = empty ? {Lanes{1'b0}} : lanes_q[head_q[PlaceBits-1:0]] & ~head_done_i;
  assign ready_o = !empty && head_wait_o == {Lanes{1'b0}} && advance_o;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      head_q <= {TagBits{1'b0}};
      tail_q <= {TagBits{1'b0}};
    end else begin
      if (open) tail_q <= tail_q + 1'b1;
      if (retire_i) head_q <= head_q + 1'b1;
    end
  end

  always @(posedge clk_i) begin
    if (open) lanes_q[tail_q[PlaceBits-1:0]] <= hdr_lanes_i;
  end

  // --- adder tree: stage 0 is the lanes' output registers, stage Levels is the result ----------

  reg [Levels:0] valid_q;
  reg [(Levels+1)*TagBits-1:0] tags_q;
  assign advance_o   = !valid_q[Levels] || res_ready_i;
  assign res_valid_o = valid_q[Levels];
  assign idle_o      = empty && valid_q == {(Levels + 1) {1'b0}};
  assign res_tag_o   = tags_q[Levels*TagBits+:TagBits];

  // Stages that a bag enters in this cycle.
  wire [Levels:0] load_stage = advance_o ? (valid_q << 1) | {{Levels{1'b0}}, retire_i} :
      {(Levels + 1) {1'b0}};

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= {(Levels + 1) {1'b0}};
    else if (advance_o) valid_q <= load_stage;
  end

  always @(posedge clk_i) begin
    if (advance_o) tags_q <= (tags_q << TagBits) | {{(Levels * TagBits) {1'b0}}, head_q};
  end

  localparam integer FanBits = $clog2(TreeFanIn);

  // The sum of those vectors whose bit in parts is set. The others enter as zero: an adder that is
  // bypassed would put a multiplexer behind each addition.
  function [Width-1:0] add;
    input [TreeFanIn*Width-1:0] vectors;
    input [TreeFanIn-1:0] parts;
    reg [Width-1:0] vector;
    integer m;
    integer d;
    begin
      add = {Width{1'b0}};
      for (m = 0; m < TreeFanIn; m = m + 1) begin
        vector = vectors[m*Width+:Width] & {Width{parts[m]}};
        for (d = 0; d < Dim; d = d + 1)
          add[d*AccBits+:AccBits] = add[d*AccBits+:AccBits] + vector[d*AccBits+:AccBits];
      end
    end
  endfunction

  // Stage s has Lanes / TreeFanIn^s vectors, rounded up. A vector's part bit is set if a lane below
  // it has a part in the bag. The registers of the other vectors do not change, so that lanes
  // without a part cause no switching. words counts the vectors stored in a cycle, and adds the
  // additions: a sum of k vectors with a part takes k - 1.
  genvar s;
  genvar v;
  genvar k;
  generate
    if (TagBits < 2 || Window != 1 << (TagBits - 1)) begin : gen_bad_window
      ERROR_recross_retire_window_must_be_half_the_tags bad ();
    end
    if (TreeFanIn != 1 << FanBits || TreeFanIn < 2) begin : gen_bad_fan_in
      ERROR_recross_retire_fan_in_must_be_a_power_of_two_from_2 bad ();
    end
    if (Levels < 1 || Lanes > 1 << (FanBits * Levels)) begin : gen_bad_levels
      ERROR_recross_retire_levels_are_too_few_for_the_lanes bad ();
    end
    for (s = 0; s <= Levels; s = s + 1) begin : gen_stage
      localparam integer Below = 1 << (FanBits * s);  // lanes below a vector
      localparam integer Count = (Lanes + Below - 1) / Below;
      wire [Count*Width-1:0] sums;
      wire [15:0] words;  // stored in this stage and the earlier ones
      wire [15:0] adds;
      reg [Count-1:0] part_q;
      wire [Count-1:0] part;
      integer w;
      reg [15:0] loads;
      always @* begin
        loads = 16'd0;
        w = 0;
        if (load_stage[s]) begin
          for (w = 0; w < Count; w = w + 1) loads = loads + {15'd0, part[w]};
        end
      end
      always @(posedge clk_i) begin
        if (load_stage[s]) part_q <= part;
      end
      if (s == 0) begin : gen_first
        assign sums  = vectors_i;
        assign part  = lanes_q[head_q[PlaceBits-1:0]];
        assign words = loads;
        assign adds  = 16'd0;
      end else begin : gen_next
        localparam integer Before = (Lanes + (Below >> FanBits) - 1) / (Below >> FanBits);
        // Each vector with a part takes one addition, except the first one of each sum.
        integer b;
        reg [15:0] taken;
        always @* begin
          taken = 16'd0;
          b = 0;
          if (load_stage[s]) begin
            for (b = 0; b < Before; b = b + 1) taken = taken + {15'd0, gen_stage[s-1].part_q[b]};
          end
        end
        assign words = gen_stage[s-1].words + loads;
        assign adds  = gen_stage[s-1].adds + taken - loads;
        for (v = 0; v < Count; v = v + 1) begin : gen_sum
          reg [Width-1:0] sum_q;
          wire [TreeFanIn*Width-1:0] members;
          wire [TreeFanIn-1:0] parts;
          for (k = 0; k < TreeFanIn; k = k + 1) begin : gen_member
            if (v * TreeFanIn + k < Before) begin : gen_there
              assign members[k*Width+:Width] = gen_stage[s-1].sums[(v*TreeFanIn+k)*Width+:Width];
              assign parts[k] = gen_stage[s-1].part_q[v*TreeFanIn+k];
            end else begin : gen_none
              assign members[k*Width+:Width] = {Width{1'b0}};
              assign parts[k] = 1'b0;
            end
          end
          assign sums[v*Width+:Width] = sum_q;
          assign part[v] = |parts;
          always @(posedge clk_i) begin
            if (load_stage[s] && part[v]) sum_q <= add(members, parts);
          end
        end
      end
    end
  endgenerate

  assign words_o = gen_stage[Levels].words;
  assign adds_o = gen_stage[Levels].adds;
  // An empty bag stores no vector: its result is zero.
  assign res_data_o = gen_stage[Levels].part_q[0] ? gen_stage[Levels].sums : {Width{1'b0}};

endmodule

`default_nettype wire
