// SPDX-License-Identifier: MIT OR Apache-2.0
// Chooses the ids that a lane takes from its hop in a cycle: two at most, of all ports.
//
// Port p offers id k with bit (p * Ids + k) of offer_i. A port counts only if it is eligible_i: its bag
// has a place of the lane, or may take one. The first id is the lowest one of the first port that
// counts, beginning at the port whose turn it is. The second id is the next one of the same port, or
// else the lowest one of the next port that counts. The turn then is the next port's. room1_i and
// room2_i tell whether there is room for one and for two ids.
//
// new_o has the bit of a port that takes a new place, of which there is one at most: when the first id
// takes one, the second is not of another port that needs one.
//
// The ids are on a_* and b_* in the next cycle, b_* only together with a_*. The body of an id is
// {group, row}, its pool index that of its bag's place.
`default_nettype none

module recross_pick #(
    parameter integer Ports = 2,
    parameter integer PortBits = 1,  // log2(Ports), at least 1
    parameter integer Ids = 2,
    parameter integer BodyBits = 5,
    parameter integer PoolBits = 2
) (
    input  wire                          clk_i,
    input  wire                          rst_ni,
    input  wire [         Ports*Ids-1:0] offer_i,
    input  wire [Ports*Ids*BodyBits-1:0] body_i,
    output wire [         Ports*Ids-1:0] take_o,
    input  wire [             Ports-1:0] eligible_i,
    input  wire [             Ports-1:0] has_i,       // the port's bag has a place
    input  wire [    Ports*PoolBits-1:0] pool_i,      // which one
    input  wire [          PoolBits-1:0] free_i,      // the place that a bag without one takes
    output wire [             Ports-1:0] new_o,
    input  wire                          room1_i,
    input  wire                          room2_i,
    output wire                          wait_place_o,  // an id is offered whose port is not eligible
    output wire                          wait_room_o,   // an id of an eligible port finds no room
    output wire                          a_valid_o,
    output wire [          PortBits-1:0] a_port_o,
    output wire [          PoolBits-1:0] a_pool_o,
    output wire [          BodyBits-1:0] a_body_o,
    output wire                          b_valid_o,
    output wire [          PortBits-1:0] b_port_o,
    output wire [          PoolBits-1:0] b_pool_o,
    output wire [          BodyBits-1:0] b_body_o
);

  generate
    if (Ports < 1 || PortBits != (Ports > 2 ? $clog2(Ports) : 1)) begin : gen_error_ports
      ERROR_recross_pick_port_bits_must_number_the_ports bad ();
    end
    if (Ids < 1 || BodyBits < 1 || PoolBits < 1) begin : gen_error_bits
      ERROR_recross_pick_needs_ids_and_bits bad ();
    end
  endgenerate

  localparam [Ports-1:0] ONE = 1;
  localparam [Ids-1:0] ONE_ID = 1;
  localparam [Ports-1:0] NONE = 0;

  reg [Ports-1:0] from_q;  // set for the port whose turn it is, and for all ports behind it
  reg a_valid_q;
  reg [PortBits-1:0] a_port_q;
  reg [PoolBits-1:0] a_pool_q;
  reg [BodyBits-1:0] a_body_q;
  reg b_valid_q;
  reg [PortBits-1:0] b_port_q;
  reg [PoolBits-1:0] b_pool_q;
  reg [BodyBits-1:0] b_body_q;

  wire any_offer = offer_i != {(Ports * Ids) {1'b0}};

  reg [Ports-1:0] counts;  // ports that offer and are eligible
  reg [Ports-1:0] barred;  // ports that offer and are not eligible
  reg [Ports-1:0] a_turn;
  reg [Ports-1:0] a_port;
  reg [Ids-1:0] a_ids;  // what the first port offers
  reg [Ids-1:0] a_id;
  reg [Ids-1:0] a_rest;
  reg a_new;
  reg [Ports-1:0] b_counts;
  reg [Ports-1:0] b_turn;
  reg [Ports-1:0] b_port;
  reg [Ids-1:0] b_ids;
  reg [Ids-1:0] b_id;
  reg b_new;
  reg [PortBits-1:0] a_number;
  reg [PortBits-1:0] b_number;
  reg [PoolBits-1:0] a_pool;
  reg [PoolBits-1:0] b_pool;
  reg [BodyBits-1:0] a_body;
  reg [BodyBits-1:0] b_body;
  reg [Ports*Ids-1:0] take;
  reg [Ports-1:0] fresh;
  integer p;
  integer k;

  // A lane without an offer does nothing, and costs a simulation nothing.
  always @* begin
    counts = NONE;
    barred = NONE;
    a_turn = NONE;
    a_port = NONE;
    a_ids = {Ids{1'b0}};
    a_id = {Ids{1'b0}};
    a_rest = {Ids{1'b0}};
    a_new = 1'b0;
    b_counts = NONE;
    b_turn = NONE;
    b_port = NONE;
    b_ids = {Ids{1'b0}};
    b_id = {Ids{1'b0}};
    b_new = 1'b0;
    a_number = {PortBits{1'b0}};
    b_number = {PortBits{1'b0}};
    a_pool = {PoolBits{1'b0}};
    b_pool = {PoolBits{1'b0}};
    a_body = {BodyBits{1'b0}};
    b_body = {BodyBits{1'b0}};
    take = {(Ports * Ids) {1'b0}};
    fresh = NONE;
    p = 0;
    k = 0;
    if (any_offer) begin
      for (p = 0; p < Ports; p = p + 1) begin
        counts[p] = offer_i[p*Ids+:Ids] != {Ids{1'b0}} && eligible_i[p];
        barred[p] = offer_i[p*Ids+:Ids] != {Ids{1'b0}} && !eligible_i[p];
      end
      if (counts != NONE && room1_i) begin
        a_turn = (counts & from_q) != NONE ? counts & from_q : counts;
        a_port = a_turn & (~a_turn + ONE);
        for (p = 0; p < Ports; p = p + 1) begin
          a_ids = a_ids | (offer_i[p*Ids+:Ids] & {Ids{a_port[p]}});
        end
        a_id   = a_ids & (~a_ids + ONE_ID);
        a_rest = a_ids & ~a_id;
        a_new  = (a_port & has_i) == NONE;
        if (room2_i) begin
          if (a_rest != {Ids{1'b0}}) begin
            b_port = a_port;
            b_ids  = a_rest;
          end else begin
            b_counts = counts & ~a_port & (a_new ? has_i : {Ports{1'b1}});
            // Behind the first port, and then from port 0.
            b_turn = b_counts & ~(a_port | (a_port - ONE));
            if (b_turn == NONE) b_turn = b_counts;
            b_port = b_turn & (~b_turn + ONE);
            for (p = 0; p < Ports; p = p + 1) begin
              b_ids = b_ids | (offer_i[p*Ids+:Ids] & {Ids{b_port[p]}});
            end
            b_new = b_port != NONE && (b_port & has_i) == NONE;
          end
          b_id = b_ids & (~b_ids + ONE_ID);
        end
        fresh = (a_new ? a_port : NONE) | (b_new ? b_port : NONE);
        if (a_new) a_pool = free_i;
        if (b_new || (a_new && b_port == a_port)) b_pool = free_i;
        for (p = 0; p < Ports; p = p + 1) begin
          a_number = a_number | (p[PortBits-1:0] & {PortBits{a_port[p]}});
          b_number = b_number | (p[PortBits-1:0] & {PortBits{b_port[p]}});
          a_pool = a_pool | (pool_i[p*PoolBits+:PoolBits] & {PoolBits{a_port[p] && has_i[p]}});
          b_pool = b_pool | (pool_i[p*PoolBits+:PoolBits] & {PoolBits{b_port[p] && has_i[p]}});
          take[p*Ids+:Ids] = (a_id & {Ids{a_port[p]}}) | (b_id & {Ids{b_port[p]}});
          for (k = 0; k < Ids; k = k + 1) begin
            a_body = a_body |
                (body_i[(p*Ids+k)*BodyBits+:BodyBits] & {BodyBits{a_port[p] && a_id[k]}});
            b_body = b_body |
                (body_i[(p*Ids+k)*BodyBits+:BodyBits] & {BodyBits{b_port[p] && b_id[k]}});
          end
        end
      end
    end
  end

  wire a_take = a_port != NONE;
  wire b_take = b_port != NONE;
  wire [Ports-1:0] last = b_take ? b_port : a_port;
  assign take_o = take;
  assign new_o = fresh;
  assign wait_place_o = barred != NONE;
  assign wait_room_o = counts != NONE && !room1_i;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      a_valid_q <= 1'b0;
      b_valid_q <= 1'b0;
      from_q <= {Ports{1'b1}};
    end else begin
      a_valid_q <= a_take;
      b_valid_q <= b_take;
      if (a_take) from_q <= ~(last | (last - ONE));
    end
  end

  always @(posedge clk_i) begin
    if (a_take) begin
      a_port_q <= a_number;
      a_pool_q <= a_pool;
      a_body_q <= a_body;
    end
    if (b_take) begin
      b_port_q <= b_number;
      b_pool_q <= b_pool;
      b_body_q <= b_body;
    end
  end

  assign a_valid_o = a_valid_q;
  assign a_port_o  = a_port_q;
  assign a_pool_o  = a_pool_q;
  assign a_body_o  = a_body_q;
  assign b_valid_o = b_valid_q;
  assign b_port_o  = b_port_q;
  assign b_pool_o  = b_pool_q;
  assign b_body_o  = b_body_q;

endmodule

`default_nettype wire
