// SPDX-License-Identifier: MIT OR Apache-2.0
// Retirement of one port's bags, in order, and their adder tree over the lanes.
//
// Bags are numbered modulo 2 * Window; the low bits of a number are the bag's place in the port's
// window. close_i tells that the last beat of a bag has left the chain: the bag is closed, and its ids
// are all in the lanes. The oldest bag, head_o, retires in the first cycle in which it is closed, no
// lane waits for it (wait_i), and the tree can advance. Then the vectors of the lanes that have a part
// in it (part_i) enter the tree: sums of TreeFanIn vectors are stored at the end of the cycle. The
// result is offered on res_* Levels - 1 cycles later. There is one result for each bag, in order, and at
// most one a cycle. user_i is of the oldest bag and comes out with its result.
`default_nettype none

module recross_retire #(
    parameter integer Lanes = 2,
    parameter integer TreeFanIn = 2,  // vectors that each adder of the tree sums, a power of two
    parameter integer Levels = 1,  // stages: log(Lanes) to base TreeFanIn, rounded up, at least 1
    parameter integer Dim = 4,
    parameter integer AccBits = 9,
    parameter integer PlaceBits = 2,  // log2 of the bags in flight
    parameter integer UserBits = 10
) (
    input  wire                         clk_i,
    input  wire                         rst_ni,
    input  wire                         close_i,
    output wire [          PlaceBits:0] head_o,
    output wire [          PlaceBits:0] closed_o,     // the oldest bag that is not closed
    input  wire [            Lanes-1:0] wait_i,
    input  wire [            Lanes-1:0] part_i,
    output wire                         retire_o,
    input  wire [         UserBits-1:0] user_i,
    input  wire [Lanes*Dim*AccBits-1:0] vectors_i,
    output wire                         res_valid_o,
    input  wire                         res_ready_i,
    output wire [         UserBits-1:0] res_user_o,
    output wire [      Dim*AccBits-1:0] res_data_o,
    output wire                         empty_o,      // the tree is empty
    output wire [                 15:0] words_o,      // vectors stored in registers in this cycle
    output wire [                 15:0] adds_o        // additions of two vectors in this cycle
);

  localparam integer Width = Dim * AccBits;
  localparam integer FanBits = $clog2(TreeFanIn);

  generate
    if (PlaceBits < 1 || UserBits < 1) begin : gen_bad_bits
      ERROR_recross_retire_needs_bits bad ();
    end
    if (TreeFanIn != 1 << FanBits || TreeFanIn < 2) begin : gen_bad_fan_in
      ERROR_recross_retire_fan_in_must_be_a_power_of_two_from_2 bad ();
    end
    if (Levels < 1 || Lanes > 1 << (FanBits * Levels)) begin : gen_bad_levels
      ERROR_recross_retire_levels_are_too_few_for_the_lanes bad ();
    end
  endgenerate

  // --- which bag ---------------------------------------------------------------------------------

  reg [PlaceBits:0] head_q;
  reg [PlaceBits:0] closed_q;
  wire advance;
  wire some = head_q != closed_q;
  wire retire = some && wait_i == {Lanes{1'b0}} && advance;
  assign head_o   = head_q;
  assign closed_o = closed_q;
  assign retire_o = retire;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      head_q   <= {(PlaceBits + 1) {1'b0}};
      closed_q <= {(PlaceBits + 1) {1'b0}};
    end else begin
      if (close_i) closed_q <= closed_q + 1'b1;
      if (retire) head_q <= head_q + 1'b1;
    end
  end

  // --- adder tree: stage 0 is the lanes' output registers, stage Levels is the result ----------

  reg [Levels:1] valid_q;
  reg [Levels*UserBits-1:0] users_q;
  assign advance     = !valid_q[Levels] || res_ready_i;
  assign res_valid_o = valid_q[Levels];
  assign empty_o     = valid_q == {Levels{1'b0}};
  assign res_user_o  = users_q[(Levels-1)*UserBits+:UserBits];

  // Stages that a bag enters in this cycle.
  wire [Levels:1] load_stage;
  assign load_stage[1] = advance && retire;
  genvar t;
  generate
    for (t = 2; t <= Levels; t = t + 1) begin : gen_load
      assign load_stage[t] = advance && valid_q[t-1];
    end
  endgenerate

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= {Levels{1'b0}};
    else if (advance) valid_q <= load_stage;
  end

  generate
    if (Levels > 1) begin : gen_users
      always @(posedge clk_i) begin
        if (advance) users_q <= {users_q[(Levels-1)*UserBits-1:0], user_i};
      end
    end else begin : gen_user
      always @(posedge clk_i) begin
        if (advance) users_q <= user_i;
      end
    end
  endgenerate

  // Stage s has Lanes / TreeFanIn^s vectors, rounded up. A vector's part bit is set if a lane below
  // it has a part in the bag. The registers of the other vectors do not change, so that lanes
  // without a part cause no switching. words counts the vectors stored in a cycle, and adds the
  // additions: a sum of k vectors with a part takes k - 1.
  genvar s;
  genvar v;
  genvar k;
  generate
    for (s = 0; s <= Levels; s = s + 1) begin : gen_stage
      localparam integer Below = 1 << (FanBits * s);  // lanes below a vector
      localparam integer Count = (Lanes + Below - 1) / Below;
      wire [Count*Width-1:0] sums;
      wire [Count-1:0] have;
      wire load;
      wire [15:0] words;  // stored in this stage and the earlier ones
      wire [15:0] adds;
      wire [Count-1:0] part;  // what is stored in this cycle has a part
      integer w;
      reg [15:0] loads;
      always @* begin
        loads = 16'd0;
        w = 0;
        if (load) begin
          for (w = 0; w < Count; w = w + 1) loads = loads + {15'd0, part[w]};
        end
      end
      if (s == 0) begin : gen_first
        // The lanes' registers were loaded before. They count when the bag retires.
        assign load  = retire;
        assign sums  = vectors_i;
        assign part  = part_i;
        assign have  = part_i;
        assign words = loads;
        assign adds  = 16'd0;
      end else begin : gen_next
        localparam integer Before = (Lanes + (Below >> FanBits) - 1) / (Below >> FanBits);
        reg [Count-1:0] part_q;
        assign have = part_q;
        assign load = load_stage[s];
        always @(posedge clk_i) begin
          if (load) part_q <= part;
        end
        // Each vector with a part takes one addition, except the first one of each sum.
        integer b;
        reg [15:0] taken;
        always @* begin
          taken = 16'd0;
          b = 0;
          if (load) begin
            for (b = 0; b < Before; b = b + 1) taken = taken + {15'd0, gen_stage[s-1].have[b]};
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
              assign parts[k] = gen_stage[s-1].have[v*TreeFanIn+k];
            end else begin : gen_none
              assign members[k*Width+:Width] = {Width{1'b0}};
              assign parts[k] = 1'b0;
            end
          end
          assign sums[v*Width+:Width] = sum_q;
          assign part[v] = |parts;
          // The others enter as zero: an adder that is bypassed would put a multiplexer behind each
          // addition.
          reg [Width-1:0] sum;
          integer m;
          integer d;
          always @* begin
            sum = {Width{1'b0}};
            m = 0;
            d = 0;
            if (load) begin
              for (m = 0; m < TreeFanIn; m = m + 1) begin
                for (d = 0; d < Dim; d = d + 1) begin
                  sum[d*AccBits+:AccBits] = sum[d*AccBits+:AccBits] +
                      (members[m*Width+d*AccBits+:AccBits] & {AccBits{parts[m]}});
                end
              end
            end
          end
          always @(posedge clk_i) begin
            if (load && part[v]) sum_q <= sum;
          end
        end
      end
    end
  endgenerate

  assign words_o = gen_stage[Levels].words;
  assign adds_o = gen_stage[Levels].adds;
  // An empty bag stores no vector: its result is zero.
  assign res_data_o = gen_stage[Levels].have[0] ? gen_stage[Levels].sums : {Width{1'b0}};

endmodule

`default_nettype wire
