// SPDX-License-Identifier: MIT OR Apache-2.0
// One port's chain of hops, along which its beats pass all lanes.
//
// A hop serves HopLanes lanes, the last one those that remain: lane l is served by hop l / HopLanes, and
// is offered id k of the beat there with bit (l * Ids + k) of offer_o. The lane takes it by take_i. Part
// h of body_o and of place_o is of the beat in hop h. Bit h of close_o is high when the last beat of a
// bag leaves hop h. A bag's beats leave each hop in their order, so after the last hop the bag's ids are
// all taken.
`default_nettype none

module recross_chain #(
    parameter integer Lanes = 2,
    parameter integer LaneBits = 1,
    parameter integer HopLanes = 1,
    parameter integer Hops = 2,  // Lanes / HopLanes, rounded up
    parameter integer HopDepth = 2,  // beats that a hop holds
    parameter integer Ids = 2,
    parameter integer BodyBits = 5,
    parameter integer PlaceBits = 2
) (
    input  wire                         clk_i,
    input  wire                         rst_ni,
    input  wire                         in_valid_i,
    output wire                         in_ready_o,
    input  wire                         in_last_i,
    input  wire [        PlaceBits-1:0] in_place_i,
    input  wire [              Ids-1:0] in_en_i,
    input  wire [     Ids*LaneBits-1:0] in_lane_i,
    input  wire [     Ids*BodyBits-1:0] in_body_i,
    output wire [        Lanes*Ids-1:0] offer_o,
    input  wire [        Lanes*Ids-1:0] take_i,
    output wire [Hops*Ids*BodyBits-1:0] body_o,
    output wire [   Hops*PlaceBits-1:0] place_o,
    output wire [             Hops-1:0] close_o
);

  generate
    if (HopLanes < 1 || Hops != (Lanes + HopLanes - 1) / HopLanes) begin : gen_error_hops
      ERROR_recross_chain_hops_must_serve_the_lanes bad ();
    end
  endgenerate

  genvar h;
  generate
    for (h = 0; h < Hops; h = h + 1) begin : gen_hop
      localparam integer First = h * HopLanes;
      localparam integer Own = First + HopLanes > Lanes ? Lanes - First : HopLanes;
      wire in_valid;
      wire in_ready;
      wire in_last;
      wire [PlaceBits-1:0] in_place;
      wire [Ids-1:0] in_en;
      wire [Ids*LaneBits-1:0] in_lane;
      wire [Ids*BodyBits-1:0] in_body;
      wire out_valid;
      wire out_ready;
      wire out_last;
      wire [PlaceBits-1:0] out_place;
      wire [Ids-1:0] out_en;
      wire [Ids*LaneBits-1:0] out_lane;
      wire [Ids*BodyBits-1:0] out_body;
      if (h == 0) begin : gen_first
        assign in_valid = in_valid_i;
        assign in_last  = in_last_i;
        assign in_place = in_place_i;
        assign in_en    = in_en_i;
        assign in_lane  = in_lane_i;
        assign in_body  = in_body_i;
      end else begin : gen_next
        assign in_valid = gen_hop[h-1].out_valid;
        assign in_last  = gen_hop[h-1].out_last;
        assign in_place = gen_hop[h-1].out_place;
        assign in_en    = gen_hop[h-1].out_en;
        assign in_lane  = gen_hop[h-1].out_lane;
        assign in_body  = gen_hop[h-1].out_body;
      end
      if (h == Hops - 1) begin : gen_end
        // Nothing is left of a beat behind the last hop.
        assign out_ready = 1'b1;
        wire unused = &{1'b0, out_valid, out_last, out_en, out_lane};
      end else begin : gen_goes_on
        assign out_ready = gen_hop[h+1].in_ready;
      end
      recross_hop #(
          .Lanes(Own),
          .First(First),
          .LaneBits(LaneBits),
          .Depth(HopDepth),
          .Ids(Ids),
          .BodyBits(BodyBits),
          .PlaceBits(PlaceBits)
      ) u_hop (
          .clk_i(clk_i),
          .rst_ni(rst_ni),
          .in_valid_i(in_valid),
          .in_ready_o(in_ready),
          .in_last_i(in_last),
          .in_place_i(in_place),
          .in_en_i(in_en),
          .in_lane_i(in_lane),
          .in_body_i(in_body),
          .offer_o(offer_o[First*Ids+:Own*Ids]),
          .take_i(take_i[First*Ids+:Own*Ids]),
          .close_o(close_o[h]),
          .out_valid_o(out_valid),
          .out_ready_i(out_ready),
          .out_last_o(out_last),
          .out_place_o(out_place),
          .out_en_o(out_en),
          .out_lane_o(out_lane),
          .out_body_o(out_body)
      );
      assign body_o[h*Ids*BodyBits+:Ids*BodyBits] = out_body;
      assign place_o[h*PlaceBits+:PlaceBits] = out_place;
`ifdef RECROSS_ASSERT
      if (h == Hops - 1) begin : gen_assert
        always @(posedge clk_i or negedge rst_ni) begin
          if (rst_ni) every_id_has_a_lane: assert (!(out_valid && out_en != {Ids{1'b0}}));
        end
      end
`endif
    end
  endgenerate

  assign in_ready_o = gen_hop[0].in_ready;

endmodule

`default_nettype wire
