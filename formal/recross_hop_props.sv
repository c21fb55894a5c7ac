// SPDX-License-Identifier: MIT OR Apache-2.0
// recross_hop: no beat is lost, doubled, overtaken or changed; each enabled id of the hop's lanes is
// offered to its lane, and to no other, until it is taken, and exactly once; a beat moves on as soon as
// these ids are taken and there is room, with the other ids.
//
// The solver picks any beat in any run (`pick`), and the wrapper keeps what it should have.
//
// Assumed: a lane takes only what it is offered.
`include "assert.svh"
`default_nettype none

module recross_hop_props #(
    parameter integer Lanes = 2,
    parameter integer First = 1,
    parameter integer LaneBits = 2,
    parameter integer Depth = 2,
    parameter integer Ids = 2,
    parameter integer BodyBits = 2,
    parameter integer PlaceBits = 1
) (
    input wire                    clk_i,
    input wire                    rst_ni,
    input wire                    pick,
    input wire                    in_valid_i,
    input wire                    in_last_i,
    input wire [   PlaceBits-1:0] in_place_i,
    input wire [         Ids-1:0] in_en_i,
    input wire [Ids*LaneBits-1:0] in_lane_i,
    input wire [Ids*BodyBits-1:0] in_body_i,
    input wire [   Lanes*Ids-1:0] take_i,
    input wire                    out_ready_i
);

  wire in_ready_o;
  wire [Lanes*Ids-1:0] offer_o;
  wire close_o;
  wire out_valid_o;
  wire out_last_o;
  wire [PlaceBits-1:0] out_place_o;
  wire [Ids-1:0] out_en_o;
  wire [Ids*LaneBits-1:0] out_lane_o;
  wire [Ids*BodyBits-1:0] out_body_o;
  recross_hop #(
      .Lanes(Lanes),
      .First(First),
      .LaneBits(LaneBits),
      .Depth(Depth),
      .Ids(Ids),
      .BodyBits(BodyBits),
      .PlaceBits(PlaceBits)
  ) dut (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .in_valid_i(in_valid_i),
      .in_ready_o(in_ready_o),
      .in_last_i(in_last_i),
      .in_place_i(in_place_i),
      .in_en_i(in_en_i),
      .in_lane_i(in_lane_i),
      .in_body_i(in_body_i),
      .offer_o(offer_o),
      .take_i(take_i),
      .close_o(close_o),
      .out_valid_o(out_valid_o),
      .out_ready_i(out_ready_i),
      .out_last_o(out_last_o),
      .out_place_o(out_place_o),
      .out_en_o(out_en_o),
      .out_lane_o(out_lane_o),
      .out_body_o(out_body_o)
  );

  wire enter = in_valid_i && in_ready_o;
  wire leave = out_valid_o && out_ready_i;

  localparam integer CountBits = $clog2(Depth + 1);
  reg [CountBits-1:0] beats_q;  // in the hop
  reg held_q;  // the picked beat is in the hop
  reg [CountBits-1:0] ahead_q;  // beats in front of it
  reg last_q;
  reg [PlaceBits-1:0] place_q;
  reg [Ids*LaneBits-1:0] lane_q;
  reg [Ids*BodyBits-1:0] body_q;
  reg [Lanes*Ids-1:0] left_q;  // what the hop's lanes have to take of the picked beat
  reg [Ids-1:0] others_q;  // its ids of other lanes

  reg [Lanes*Ids-1:0] own;
  reg [Ids-1:0] others;
  integer l;
  integer k;
  always @* begin
    own = 0;
    others = in_en_i;
    for (k = 0; k < Ids; k = k + 1) begin
      for (l = 0; l < Lanes; l = l + 1) begin
        if (in_en_i[k] && in_lane_i[k*LaneBits+:LaneBits] == First + l) begin
          own[l*Ids+k] = 1'b1;
          others[k] = 1'b0;
        end
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      beats_q <= 0;
      held_q <= 1'b0;
      ahead_q <= 0;
    end else begin
      beats_q <= beats_q + enter - leave;
      if (enter && pick && !held_q) begin
        held_q <= 1'b1;
        ahead_q <= beats_q - leave;
      end else if (leave) begin
        if (ahead_q == 0) held_q <= 1'b0;
        else ahead_q <= ahead_q - 1'b1;
      end
    end
  end
  wire front = held_q && ahead_q == 0;

  always @(posedge clk_i) begin
    if (enter && pick && !held_q) begin
      last_q <= in_last_i;
      place_q <= in_place_i;
      lane_q <= in_lane_i;
      body_q <= in_body_i;
      left_q <= own;
      others_q <= others;
    end else if (front) begin
      left_q <= left_q & ~take_i;
    end
  end

  initial assume (!rst_ni);

  always @(posedge clk_i) begin
    if (rst_ni) begin
      assume ((take_i & ~offer_o) == 0);
      `RECROSS_ASSERT(room_until_full, in_ready_o == (beats_q < Depth));
      `RECROSS_ASSERT(nothing_without_a_beat, beats_q != 0 || (!out_valid_o && offer_o == 0));
      `RECROSS_ASSERT(closes_with_the_last_beat, close_o == (leave && out_last_o));
      if (front) begin
        `RECROSS_ASSERT(offers_what_is_left, offer_o == left_q);
        `RECROSS_ASSERT(moves_on_when_taken, out_valid_o == ((left_q & ~take_i) == 0));
        `RECROSS_ASSERT(last, out_last_o == last_q);
        `RECROSS_ASSERT(place, out_place_o == place_q);
        `RECROSS_ASSERT(lanes, out_lane_o == lane_q);
        `RECROSS_ASSERT(bodies, out_body_o == body_q);
        if (out_valid_o) begin
          `RECROSS_ASSERT(ids_of_other_lanes, out_en_o == others_q);
        end
      end
      cover_one_by_one : cover (front && leave && others_q == 0 && beats_q == Depth);
      cover_full : cover (held_q && ahead_q == Depth - 1 && left_q != 0);
      cover_passes : cover (front && leave && others_q == {Ids{1'b1}});
    end
  end

endmodule

`default_nettype wire
