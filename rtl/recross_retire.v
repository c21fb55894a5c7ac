// SPDX-License-Identifier: MIT OR Apache-2.0
// One retirement port: its share of the window of bags in flight, and its adder tree over the lanes.
//
// The port's bags are numbered modulo 2 * Window. A header taken on hdr_* opens the next bag and says
// which lanes have a part in it; a full share makes hdr_ready_o low. ready_o says that the port's oldest
// bag can retire: it is open, all of its lanes are done, and the tree moves. It does so in a cycle in
// which retire_i, which must not be high without ready_o, is high: the lanes' vectors meet in the
// pipelined tree, and the sum appears on res_*, exactly one result for each header, in order, at most
// one a cycle.
`default_nettype none

module recross_retire #(
    parameter integer Lanes = 2,
    parameter integer Levels = 1,  // ceil(log2(Lanes))
    parameter integer Dim = 4,
    parameter integer AccBits = 9,
    parameter integer Window = 4,  // places of this port
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
    output wire [                 15:0] words_o,        // vectors that registers take
    output wire [                 15:0] adds_o          // vectors added to another
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

  // --- adder tree: stage 0 is the lanes' output registers, stage Levels the result ------------

  reg [Levels:0] valid_q;
  reg [(Levels+1)*TagBits-1:0] tags_q;
  assign advance_o   = !valid_q[Levels] || res_ready_i;
  assign res_valid_o = valid_q[Levels];
  assign idle_o      = empty && valid_q == {(Levels + 1) {1'b0}};
  assign res_tag_o   = tags_q[Levels*TagBits+:TagBits];

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= {(Levels + 1) {1'b0}};
    else if (advance_o) valid_q <= load_stage;
  end

  always @(posedge clk_i) begin
    if (advance_o) tags_q <= (tags_q << TagBits) | {{(Levels * TagBits) {1'b0}}, head_q};
  end

  // Stages that take in a bag in this cycle.
  wire [Levels:0] load_stage = advance_o ? (valid_q << 1) | {{Levels{1'b0}}, retire_i} : {(Levels + 1) {1'b0}};

  function [Width-1:0] add;
    input [Width-1:0] left;
    input [Width-1:0] right;
    integer d;
    begin
      for (d = 0; d < Dim; d = d + 1) begin
        add[d*AccBits+:AccBits] = left[d*AccBits+:AccBits] + right[d*AccBits+:AccBits];
      end
    end
  endfunction

  // Vectors of stage s: (Lanes + 2^s - 1) / 2^s of them, each with a bit that says whether a lane
  // below it has a part in the bag. Registers of the others stay as they are, so that a bag costs
  // what its own lanes cost. words and adds count what a cycle loads and adds.
  genvar s;
  genvar v;
  generate
    for (s = 0; s <= Levels; s = s + 1) begin : gen_stage
      localparam integer Count = (Lanes + (1 << s) - 1) >> s;
      wire [Count*Width-1:0] sums;
      wire [15:0] words;  // loaded in this stage and those before
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
        localparam integer Before = (Lanes + (1 << (s - 1)) - 1) >> (s - 1);
        wire [Count-1:0] both;
        reg [15:0] pairs;
        integer p;
        always @* begin
          pairs = 16'd0;
          p = 0;
          if (load_stage[s]) begin
            for (p = 0; p < Count; p = p + 1) pairs = pairs + {15'd0, both[p]};
          end
        end
        assign words = gen_stage[s-1].words + loads;
        assign adds  = gen_stage[s-1].adds + pairs;
        for (v = 0; v < Count; v = v + 1) begin : gen_sum
          reg [Width-1:0] sum_q;
          assign sums[v*Width+:Width] = sum_q;
          if (2 * v + 1 < Before) begin : gen_pair
            wire left = gen_stage[s-1].part_q[2*v];
            wire right = gen_stage[s-1].part_q[2*v+1];
            assign part[v] = left || right;
            assign both[v] = left && right;
            always @(posedge clk_i) begin
              if (load_stage[s]) begin
                if (left && right) begin
                  sum_q <= add(gen_stage[s-1].sums[2*v*Width+:Width],
                               gen_stage[s-1].sums[(2*v+1)*Width+:Width]);
                end else if (left) begin
                  sum_q <= gen_stage[s-1].sums[2*v*Width+:Width];
                end else if (right) begin
                  sum_q <= gen_stage[s-1].sums[(2*v+1)*Width+:Width];
                end
              end
            end
          end else begin : gen_odd
            assign part[v] = gen_stage[s-1].part_q[2*v];
            assign both[v] = 1'b0;
            always @(posedge clk_i) begin
              if (load_stage[s] && part[v]) sum_q <= gen_stage[s-1].sums[2*v*Width+:Width];
            end
          end
        end
      end
    end
  endgenerate

  assign words_o = gen_stage[Levels].words;
  assign adds_o = gen_stage[Levels].adds;
  // An empty bag has loaded nothing.
  assign res_data_o = gen_stage[Levels].part_q[0] ? gen_stage[Levels].sums : {Width{1'b0}};

endmodule

`default_nettype wire
