// SPDX-License-Identifier: MIT OR Apache-2.0
// One port's stop at a hop of the chain: a buffer of Depth beats, whose front beat the hop's lanes see.
//
// A beat has Ids ids, each with an enable, the number of its lane, and a body that the lanes interpret.
// An enabled id of the lanes First to First + Lanes - 1 is offered: bit (l * Ids + k) of offer_o is
// set for id k and lane First + l. The lane takes it by setting the same bit of take_i in any cycle in
// which it is offered. Ids are taken one by one, in any order. The beat moves on when all of them have
// been taken, in this cycle or before, and the next hop has room. It then has only the ids of other
// lanes. close_o is high when the last beat of a bag moves on.
//
// in_ready_o does not depend on out_ready_i, so that a chain of hops has no path along it.
`default_nettype none

module recross_hop #(
    parameter integer Lanes = 2,  // lanes of this hop
    parameter integer First = 0,  // number of its first lane
    parameter integer LaneBits = 2,
    parameter integer Depth = 2,
    parameter integer Ids = 2,
    parameter integer BodyBits = 5,
    parameter integer PlaceBits = 2
) (
    input  wire                    clk_i,
    input  wire                    rst_ni,
    input  wire                    in_valid_i,
    output wire                    in_ready_o,
    input  wire                    in_last_i,    // the bag's last beat
    input  wire [   PlaceBits-1:0] in_place_i,   // of the bag, in the port's window
    input  wire [         Ids-1:0] in_en_i,
    input  wire [Ids*LaneBits-1:0] in_lane_i,
    input  wire [Ids*BodyBits-1:0] in_body_i,
    output wire [   Lanes*Ids-1:0] offer_o,
    input  wire [   Lanes*Ids-1:0] take_i,
    output wire                    close_o,
    output wire                    out_valid_o,
    input  wire                    out_ready_i,
    output wire                    out_last_o,
    output wire [   PlaceBits-1:0] out_place_o,
    output wire [         Ids-1:0] out_en_o,
    output wire [Ids*LaneBits-1:0] out_lane_o,
    output wire [Ids*BodyBits-1:0] out_body_o
);

  generate
    if (Lanes < 1 || First < 0 || First + Lanes > 1 << LaneBits) begin : gen_error_lanes
      ERROR_recross_hop_lane_bits_must_number_its_lanes bad ();
    end
    if (Depth < 2) begin : gen_error_depth
      ERROR_recross_hop_must_hold_two_beats bad ();
    end
    if (Ids < 1 || BodyBits < 1 || PlaceBits < 1) begin : gen_error_bits
      ERROR_recross_hop_needs_ids_and_bits bad ();
    end
  endgenerate

  localparam integer Waiting = Depth - 1;  // beats behind the front one
  localparam integer Width = 1 + PlaceBits + Ids + Ids * LaneBits + Ids * BodyBits;

  reg head_valid_q;
  reg head_last_q;
  reg [PlaceBits-1:0] head_place_q;
  reg [Ids-1:0] head_en_q;  // not taken yet
  reg [Ids*LaneBits-1:0] head_lane_q;
  reg [Ids*BodyBits-1:0] head_body_q;
  reg [Waiting-1:0] wait_valid_q;
  reg [Waiting*Width-1:0] wait_q;

  genvar l;
  genvar k;
  wire [Ids-1:0] here;  // enabled ids of this hop's lanes
  wire [Ids-1:0] taken;
  generate
    for (k = 0; k < Ids; k = k + 1) begin : gen_id
      wire [Lanes-1:0] offer;
      wire [Lanes-1:0] take;
      for (l = 0; l < Lanes; l = l + 1) begin : gen_lane
        localparam integer Number = First + l;
        localparam [LaneBits-1:0] NUMBER = Number[LaneBits-1:0];
        assign offer[l] = head_valid_q && head_en_q[k] && head_lane_q[k*LaneBits+:LaneBits] == NUMBER;
        assign offer_o[l*Ids+k] = offer[l];
        assign take[l] = take_i[l*Ids+k];
      end
      assign here[k]  = offer != {Lanes{1'b0}};
      assign taken[k] = take != {Lanes{1'b0}};
    end
  endgenerate

  assign in_ready_o  = !wait_valid_q[Waiting-1];
  assign out_valid_o = head_valid_q && (here & ~taken) == {Ids{1'b0}};
  assign out_last_o  = head_last_q;
  assign out_place_o = head_place_q;
  assign out_en_o    = head_en_q & ~here;
  assign out_lane_o  = head_lane_q;
  assign out_body_o  = head_body_q;

  wire enter = in_valid_i && in_ready_o;
  wire leave = out_valid_o && out_ready_i;
  assign close_o = leave && head_last_q;

  wire pass = enter && (!head_valid_q || (leave && !wait_valid_q[0]));  // straight into the front

  // Waiting beats fill up from the front, and move up when the front beat leaves.
  wire [Width-1:0] in = {in_last_i, in_place_i, in_en_i, in_lane_i, in_body_i};
  wire [Waiting-1:0] stay;
  wire [Waiting-1:0] put;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      head_valid_q <= 1'b0;
      wait_valid_q <= {Waiting{1'b0}};
    end else if (enter || leave) begin
      head_valid_q <= enter || wait_valid_q[0] || !leave;
      wait_valid_q <= stay | put;
    end
  end

  always @(posedge clk_i) begin
    if (leave && wait_valid_q[0]) begin
      {head_last_q, head_place_q, head_en_q, head_lane_q, head_body_q} <= wait_q[Width-1:0];
    end else if (pass) begin
      {head_last_q, head_place_q, head_en_q, head_lane_q, head_body_q} <= in;
    end else if (taken != {Ids{1'b0}}) begin
      head_en_q <= head_en_q & ~taken;
    end
  end

  genvar w;
  generate
    for (w = 0; w < Waiting; w = w + 1) begin : gen_waiting
      if (w == 0) begin : gen_first
        assign put[w] = enter && !pass && !stay[w];
      end else begin : gen_behind
        assign put[w] = enter && !pass && !stay[w] && stay[w-1];
      end
      if (w + 1 < Waiting) begin : gen_moves
        assign stay[w] = leave ? wait_valid_q[w+1] : wait_valid_q[w];
        always @(posedge clk_i) begin
          if (put[w]) wait_q[w*Width+:Width] <= in;
          else if (leave && wait_valid_q[w+1]) wait_q[w*Width+:Width] <= wait_q[(w+1)*Width+:Width];
        end
      end else begin : gen_last
        assign stay[w] = !leave && wait_valid_q[w];
        always @(posedge clk_i) if (put[w]) wait_q[w*Width+:Width] <= in;
      end
    end
  endgenerate

endmodule

`default_nettype wire
