// SPDX-License-Identifier: MIT OR Apache-2.0
// Chooses the ids that a lane takes from its hop in a cycle: those of two crossbars at most, of all
// ports.
//
// Port p offers id k with bit (p * Ids + k) of offer_i, whose item is {last of its crossbar, joins the id
// before it, group, row}. An id on offer and the ones behind it that join make a unit, and are taken
// together. A port counts only if it is eligible_i: its bag has a place of the lane, or may take one. The
// first unit is the lowest one of the first port that counts, beginning at the port whose turn it is. The
// second unit is the next one of the same port, or else the lowest one of the next port that counts. The
// turn then is the next port's, unless the second unit's port went before one that may not take a place
// in the same cycle. room1_i and room2_i tell whether there is room for one and for two units.
//
// new_o has the bits of ports that take a new place. The first one takes free_i, and the second one,
// whose bit is in second_o, free2_i. One of two must be first_i, a port that has no place at all, unless
// two_spare_i.
//
// The units are on a_* and b_* in the next cycle, b_* only together with a_*. The rows of the ids in
// *_used_o are in *_rows_o. The pool index is that of the place of the bag. *_last_o: the bag has no more
// ids of the group.
`default_nettype none

module recross_pick #(
    parameter integer Ports = 2,
    parameter integer PortBits = 1,  // log2(Ports), at least 1
    parameter integer Ids = 2,
    parameter integer GroupBits = 2,
    parameter integer RowNumberBits = 3,
    parameter integer PoolBits = 2,
    parameter integer ItemBits = GroupBits + RowNumberBits + 2  // not to be overridden
) (
    input  wire                          clk_i,
    input  wire                          rst_ni,
    input  wire [         Ports*Ids-1:0] offer_i,
    input  wire [Ports*Ids*ItemBits-1:0] item_i,
    output wire [         Ports*Ids-1:0] take_o,
    input  wire [             Ports-1:0] eligible_i,
    input  wire [             Ports-1:0] has_i,         // the port's bag has a place
    input  wire [    Ports*PoolBits-1:0] pool_i,        // which one
    input  wire [             Ports-1:0] first_i,       // the port has no place of any bag
    input  wire                          two_spare_i,   // two ports that have a place may take another one
    input  wire [          PoolBits-1:0] free_i,        // the place that a bag without one takes
    input  wire [          PoolBits-1:0] free2_i,
    output wire [             Ports-1:0] new_o,
    output wire [             Ports-1:0] second_o,
    input  wire                          room1_i,
    input  wire                          room2_i,
    output wire                          wait_place_o,  // an id is offered whose port is not eligible
    output wire                          wait_room_o,   // an id of an eligible port finds no room
    output wire                          a_valid_o,
    output wire [          PortBits-1:0] a_port_o,
    output wire [          PoolBits-1:0] a_pool_o,
    output wire [         GroupBits-1:0] a_group_o,
    output wire [               Ids-1:0] a_used_o,
    output wire [ Ids*RowNumberBits-1:0] a_rows_o,
    output wire                          a_last_o,
    output wire                          b_valid_o,
    output wire [          PortBits-1:0] b_port_o,
    output wire [          PoolBits-1:0] b_pool_o,
    output wire [         GroupBits-1:0] b_group_o,
    output wire [               Ids-1:0] b_used_o,
    output wire [ Ids*RowNumberBits-1:0] b_rows_o,
    output wire                          b_last_o
);

  generate
    if (Ports < 1 || PortBits != (Ports > 2 ? $clog2(Ports) : 1)) begin : gen_error_ports
      ERROR_recross_pick_port_bits_must_number_the_ports bad ();
    end
    if (Ids < 1 || GroupBits < 1 || RowNumberBits < 1 || PoolBits < 1) begin : gen_error_bits
      ERROR_recross_pick_needs_ids_and_bits bad ();
    end
    if (ItemBits != GroupBits + RowNumberBits + 2) begin : gen_error_item
      ERROR_recross_pick_item_must_be_group_row_and_two_bits bad ();
    end
  endgenerate

  localparam [Ports-1:0] ONE = 1;
  localparam [Ids-1:0] ONE_ID = 1;
  localparam [Ports-1:0] NONE = 0;
  localparam integer JoinsBit = GroupBits + RowNumberBits;
  localparam integer LastBit = JoinsBit + 1;

  reg [Ports-1:0] from_q;  // set for the port whose turn it is, and for all ports behind it
  reg a_valid_q;
  reg [PortBits-1:0] a_port_q;
  reg [PoolBits-1:0] a_pool_q;
  reg [GroupBits-1:0] a_group_q;
  reg [Ids-1:0] a_used_q;
  reg [Ids*RowNumberBits-1:0] a_rows_q;
  reg a_last_q;
  reg b_valid_q;
  reg [PortBits-1:0] b_port_q;
  reg [PoolBits-1:0] b_pool_q;
  reg [GroupBits-1:0] b_group_q;
  reg [Ids-1:0] b_used_q;
  reg [Ids*RowNumberBits-1:0] b_rows_q;
  reg b_last_q;

  wire any_offer = offer_i != {(Ports * Ids) {1'b0}};

  reg [Ports-1:0] counts;  // ports that offer and are eligible
  reg [Ports-1:0] barred;  // ports that offer and are not eligible
  reg [Ports-1:0] a_turn;
  reg [Ports-1:0] a_port;
  reg [Ids-1:0] a_ids;  // what the first port offers
  reg [Ids*ItemBits-1:0] a_items;
  reg [Ids-1:0] a_head;  // the unit's first id
  reg [Ids-1:0] a_unit;
  reg a_new;
  reg [Ports-1:0] b_counts;
  reg skips;  // a port that counts may not take a place beside the first one
  reg [Ports-1:0] b_turn;
  reg [Ports-1:0] b_port;
  reg [Ids-1:0] b_ids;
  reg [Ids*ItemBits-1:0] b_items;
  reg [Ids-1:0] b_head;
  reg [Ids-1:0] b_unit;
  reg b_new;
  reg [PortBits-1:0] a_number;
  reg [PortBits-1:0] b_number;
  reg [PoolBits-1:0] a_pool;
  reg [PoolBits-1:0] b_pool;
  reg [GroupBits-1:0] a_group;
  reg [GroupBits-1:0] b_group;
  reg [Ids*RowNumberBits-1:0] a_rows;
  reg [Ids*RowNumberBits-1:0] b_rows;
  reg a_last;
  reg b_last;
  reg [Ports*Ids-1:0] take;
  integer p;
  integer k;

  // A lane without an offer does nothing, and costs a simulation nothing.
  always @* begin
    counts = NONE;
    barred = NONE;
    a_turn = NONE;
    a_port = NONE;
    a_ids = {Ids{1'b0}};
    a_items = {(Ids * ItemBits) {1'b0}};
    a_head = {Ids{1'b0}};
    a_unit = {Ids{1'b0}};
    a_new = 1'b0;
    b_counts = NONE;
    skips = 1'b0;
    b_turn = NONE;
    b_port = NONE;
    b_ids = {Ids{1'b0}};
    b_items = {(Ids * ItemBits) {1'b0}};
    b_head = {Ids{1'b0}};
    b_unit = {Ids{1'b0}};
    b_new = 1'b0;
    a_number = {PortBits{1'b0}};
    b_number = {PortBits{1'b0}};
    a_pool = {PoolBits{1'b0}};
    b_pool = {PoolBits{1'b0}};
    a_group = {GroupBits{1'b0}};
    b_group = {GroupBits{1'b0}};
    a_rows = {(Ids * RowNumberBits) {1'b0}};
    b_rows = {(Ids * RowNumberBits) {1'b0}};
    a_last = 1'b0;
    b_last = 1'b0;
    take = {(Ports * Ids) {1'b0}};
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
          a_ids   = a_ids | (offer_i[p*Ids+:Ids] & {Ids{a_port[p]}});
          a_items = a_items | (item_i[p*Ids*ItemBits+:Ids*ItemBits] & {(Ids * ItemBits) {a_port[p]}});
        end
        a_head = a_ids & (~a_ids + ONE_ID);
        a_unit = a_head;
        for (k = 1; k < Ids; k = k + 1) begin
          if (a_unit[k-1] && a_ids[k] && a_items[k*ItemBits+JoinsBit]) a_unit[k] = 1'b1;
        end
        a_new = (a_port & has_i) == NONE;
        if (room2_i) begin
          if ((a_ids & ~a_unit) != {Ids{1'b0}}) begin
            b_port = a_port;
            b_ids  = a_ids & ~a_unit;
          end else begin
            b_counts = counts & ~a_port;
            if (a_new && (a_port & first_i) == NONE && !two_spare_i) begin
              skips = (b_counts & ~has_i & ~first_i) != NONE;
              b_counts = b_counts & (has_i | first_i);
            end
            // Behind the first port, and then from port 0.
            b_turn = b_counts & ~(a_port | (a_port - ONE));
            if (b_turn == NONE) b_turn = b_counts;
            b_port = b_turn & (~b_turn + ONE);
            for (p = 0; p < Ports; p = p + 1) begin
              b_ids = b_ids | (offer_i[p*Ids+:Ids] & {Ids{b_port[p]}});
            end
            b_new = b_port != NONE && (b_port & has_i) == NONE;
          end
          for (p = 0; p < Ports; p = p + 1) begin
            b_items = b_items |
                (item_i[p*Ids*ItemBits+:Ids*ItemBits] & {(Ids * ItemBits) {b_port[p]}});
          end
          b_head = b_ids & (~b_ids + ONE_ID);
          b_unit = b_head;
          for (k = 1; k < Ids; k = k + 1) begin
            if (b_unit[k-1] && b_ids[k] && b_items[k*ItemBits+JoinsBit]) b_unit[k] = 1'b1;
          end
        end
        if (a_new) a_pool = free_i;
        if (b_new) b_pool = a_new ? free2_i : free_i;
        else if (a_new && b_port == a_port) b_pool = free_i;
        for (p = 0; p < Ports; p = p + 1) begin
          a_number = a_number | (p[PortBits-1:0] & {PortBits{a_port[p]}});
          b_number = b_number | (p[PortBits-1:0] & {PortBits{b_port[p]}});
          a_pool = a_pool | (pool_i[p*PoolBits+:PoolBits] & {PoolBits{a_port[p] && has_i[p]}});
          b_pool = b_pool | (pool_i[p*PoolBits+:PoolBits] & {PoolBits{b_port[p] && has_i[p]}});
          take[p*Ids+:Ids] = (a_unit & {Ids{a_port[p]}}) | (b_unit & {Ids{b_port[p]}});
        end
        for (k = 0; k < Ids; k = k + 1) begin
          a_group = a_group | (a_items[k*ItemBits+RowNumberBits+:GroupBits] & {GroupBits{a_head[k]}});
          b_group = b_group | (b_items[k*ItemBits+RowNumberBits+:GroupBits] & {GroupBits{b_head[k]}});
          a_rows[k*RowNumberBits+:RowNumberBits] = a_items[k*ItemBits+:RowNumberBits];
          b_rows[k*RowNumberBits+:RowNumberBits] = b_items[k*ItemBits+:RowNumberBits];
          if (a_unit[k] && a_items[k*ItemBits+LastBit]) a_last = 1'b1;
          if (b_unit[k] && b_items[k*ItemBits+LastBit]) b_last = 1'b1;
        end
      end
    end
  end

  wire a_take = a_port != NONE;
  wire b_take = b_port != NONE;
  wire [Ports-1:0] last = b_take && !skips ? b_port : a_port;
  assign take_o = take;
  assign new_o = (a_new ? a_port : NONE) | (b_new ? b_port : NONE);
  assign second_o = a_new && b_new ? b_port : NONE;
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
      a_group_q <= a_group;
      a_used_q <= a_unit;
      a_rows_q <= a_rows;
      a_last_q <= a_last;
    end
    if (b_take) begin
      b_port_q <= b_number;
      b_pool_q <= b_pool;
      b_group_q <= b_group;
      b_used_q <= b_unit;
      b_rows_q <= b_rows;
      b_last_q <= b_last;
    end
  end

  assign a_valid_o = a_valid_q;
  assign a_port_o  = a_port_q;
  assign a_pool_o  = a_pool_q;
  assign a_group_o = a_group_q;
  assign a_used_o  = a_used_q;
  assign a_rows_o  = a_rows_q;
  assign a_last_o  = a_last_q;
  assign b_valid_o = b_valid_q;
  assign b_port_o  = b_port_q;
  assign b_pool_o  = b_pool_q;
  assign b_group_o = b_group_q;
  assign b_used_o  = b_used_q;
  assign b_rows_o  = b_rows_q;
  assign b_last_o  = b_last_q;

`ifdef RECROSS_ASSERT
  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      takes_what_is_offered: assert ((take_o & ~offer_i) == {(Ports * Ids) {1'b0}});
      one_new_place_has_another :
      assert (two_spare_i || (new_o & ~first_i & ((new_o & ~first_i) - ONE)) == NONE);
      new_places_are_eligible: assert ((new_o & ~eligible_i) == NONE);
    end
  end
`endif

endmodule

`default_nettype wire
