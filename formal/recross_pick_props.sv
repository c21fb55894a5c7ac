// SPDX-License-Identifier: MIT OR Apache-2.0
// recross_pick: takes only what eligible ports offer, in whole units, lowest ids first, and as many units
// as there are, at most two, and as the room allows; gives each its place, at most one of two to a port
// that has one already; tells a cycle later exactly what was taken; and the ports take turns.
//
// A port that offers and stays eligible is passed in Ports - 1 cycles in turn at most in which something
// is taken, also if it needs a place beside those that it has.
//
// Assumed: an id that joins the one before it is of the same group and has a higher row. So a unit is of
// one group, and its rows ascend, as the gather store expects it.
`include "assert.svh"
`default_nettype none

module recross_pick_props #(
    parameter integer Ports = 2,
    parameter integer PortBits = 1,
    parameter integer Ids = 2,
    parameter integer GroupBits = 1,
    parameter integer RowNumberBits = 1,
    parameter integer PoolBits = 2
) (
    input wire                                                   clk_i,
    input wire                                                   rst_ni,
    input wire [                                  Ports*Ids-1:0] offer_i,
    input wire [Ports*Ids*(GroupBits + RowNumberBits + 2) - 1:0] item_i,
    input wire [                                      Ports-1:0] eligible_i,
    input wire [                                      Ports-1:0] has_i,
    input wire [                             Ports*PoolBits-1:0] pool_i,
    input wire [                                      Ports-1:0] first_i,
    input wire two_spare_i,
    input wire [                                   PoolBits-1:0] free_i,
    input wire [                                   PoolBits-1:0] free2_i,
    input wire                                                   room1_i,
    input wire                                                   room2_i
);

  localparam integer ItemBits = GroupBits + RowNumberBits + 2;

  wire [Ports*Ids-1:0] take_o;
  wire [Ports-1:0] new_o;
  wire [Ports-1:0] second_o;
  wire wait_place_o;
  wire wait_room_o;
  wire a_valid_o;
  wire [PortBits-1:0] a_port_o;
  wire [PoolBits-1:0] a_pool_o;
  wire [GroupBits-1:0] a_group_o;
  wire [Ids-1:0] a_used_o;
  wire [Ids*RowNumberBits-1:0] a_rows_o;
  wire a_last_o;
  wire b_valid_o;
  wire [PortBits-1:0] b_port_o;
  wire [PoolBits-1:0] b_pool_o;
  wire [GroupBits-1:0] b_group_o;
  wire [Ids-1:0] b_used_o;
  wire [Ids*RowNumberBits-1:0] b_rows_o;
  wire b_last_o;
  recross_pick #(
      .Ports(Ports),
      .PortBits(PortBits),
      .Ids(Ids),
      .GroupBits(GroupBits),
      .RowNumberBits(RowNumberBits),
      .PoolBits(PoolBits)
  ) dut (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .offer_i(offer_i),
      .item_i(item_i),
      .take_o(take_o),
      .eligible_i(eligible_i),
      .has_i(has_i),
      .pool_i(pool_i),
      .first_i(first_i),
      .two_spare_i(two_spare_i),
      .free_i(free_i),
      .free2_i(free2_i),
      .new_o(new_o),
      .second_o(second_o),
      .room1_i(room1_i),
      .room2_i(room2_i),
      .wait_place_o(wait_place_o),
      .wait_room_o(wait_room_o),
      .a_valid_o(a_valid_o),
      .a_port_o(a_port_o),
      .a_pool_o(a_pool_o),
      .a_group_o(a_group_o),
      .a_used_o(a_used_o),
      .a_rows_o(a_rows_o),
      .a_last_o(a_last_o),
      .b_valid_o(b_valid_o),
      .b_port_o(b_port_o),
      .b_pool_o(b_pool_o),
      .b_group_o(b_group_o),
      .b_used_o(b_used_o),
      .b_rows_o(b_rows_o),
      .b_last_o(b_last_o)
  );

  // --- what is taken -----------------------------------------------------------------------------

  reg [Ports-1:0] offers;
  reg [Ports-1:0] takes;
  reg [Ports-1:0] leaves;  // takes some, but not all
  reg [2:0] units;
  reg lowest;  // of each port, no id is taken before one that is lower
  reg whole;
  reg joins;  // as assumed
  integer p;
  integer k;
  always @* begin
    units = 0;
    lowest = 1'b1;
    whole = 1'b1;
    joins = 1'b1;
    for (p = 0; p < Ports; p = p + 1) begin
      offers[p] = offer_i[p*Ids+:Ids] != 0;
      takes[p] = take_o[p*Ids+:Ids] != 0;
      leaves[p] = takes[p] && take_o[p*Ids+:Ids] != offer_i[p*Ids+:Ids];
      for (k = 0; k < Ids; k = k + 1) begin
        if (k > 0 && item_i[(p*Ids+k)*ItemBits+GroupBits+RowNumberBits]) begin
          if (item_i[(p*Ids+k)*ItemBits+RowNumberBits+:GroupBits] !=
              item_i[(p*Ids+k-1)*ItemBits+RowNumberBits+:GroupBits])
            joins = 1'b0;
          if (item_i[(p*Ids+k)*ItemBits+:RowNumberBits] <= item_i[(p*Ids+k-1)*ItemBits+:RowNumberBits])
            joins = 1'b0;
          if (take_o[p*Ids+k-1] && offer_i[p*Ids+k] && !take_o[p*Ids+k]) whole = 1'b0;
          if (take_o[p*Ids+k] && !take_o[p*Ids+k-1]) units = units + 1'b1;
        end else if (take_o[p*Ids+k]) units = units + 1'b1;
        if (take_o[p*Ids+k] && ((offer_i[p*Ids+:Ids] & ~take_o[p*Ids+:Ids]) & ((1 << k) - 1)) != 0)
          lowest = 1'b0;
      end
    end
  end
  wire [Ports-1:0] counts = offers & eligible_i;
  wire [Ports-1:0] appends = new_o & ~first_i;
  // Ports that have to wait if the first unit's port takes a place beside others.
  wire [Ports-1:0] could_append = counts & ~takes & ~has_i & ~first_i;

  // --- what is told a cycle later ----------------------------------------------------------------

  reg [Ports*Ids-1:0] take_q;
  reg [2:0] units_q;
  reg [Ports*Ids*ItemBits-1:0] item_q;
  reg [Ports*PoolBits-1:0] pool_q;  // the one that a unit of the port has or takes
  reg [Ports-1:0] new_q;
  reg [Ports-1:0] second_q;
  integer q;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      take_q <= 0;
      units_q <= 0;
    end else begin
      take_q <= take_o;
      units_q <= units;
    end
  end
  always @(posedge clk_i) begin
    item_q <= item_i;
    new_q <= new_o;
    second_q <= second_o;
    for (q = 0; q < Ports; q = q + 1) begin
      pool_q[q*PoolBits+:PoolBits] <= has_i[q] ? pool_i[q*PoolBits+:PoolBits] :
          second_o[q] ? free2_i : free_i;
    end
  end

  reg [Ports*Ids-1:0] told;
  reg [Ports-1:0] both_new;  // what second_o was, by the ports told
  reg a_right;
  reg b_right;
  reg a_last;
  reg b_last;
  reg ascend;
  integer m;
  integer n;
  always @* begin
    told = 0;
    both_new = 0;
    a_right = 1'b1;
    b_right = 1'b1;
    a_last = 1'b0;
    b_last = 1'b0;
    ascend = 1'b1;
    for (m = 1; m < Ids; m = m + 1) begin
      for (n = 0; n < m; n = n + 1) begin
        if (a_used_o[n] && a_used_o[m] &&
            a_rows_o[n*RowNumberBits+:RowNumberBits] >= a_rows_o[m*RowNumberBits+:RowNumberBits])
          ascend = 1'b0;
        if (b_valid_o && b_used_o[n] && b_used_o[m] &&
            b_rows_o[n*RowNumberBits+:RowNumberBits] >= b_rows_o[m*RowNumberBits+:RowNumberBits])
          ascend = 1'b0;
      end
    end
    for (m = 0; m < Ports; m = m + 1) begin
      if (a_valid_o && a_port_o == m) told[m*Ids+:Ids] = told[m*Ids+:Ids] | a_used_o;
      if (b_valid_o && b_port_o == m) told[m*Ids+:Ids] = told[m*Ids+:Ids] | b_used_o;
      if (b_valid_o && b_port_o == m && a_port_o != m) both_new[m] = new_q[m] && new_q[a_port_o];
      for (n = 0; n < Ids; n = n + 1) begin
        if (a_port_o == m && a_used_o[n]) begin
          if (item_q[(m*Ids+n)*ItemBits+RowNumberBits+:GroupBits] != a_group_o) a_right = 1'b0;
          if (item_q[(m*Ids+n)*ItemBits+:RowNumberBits] != a_rows_o[n*RowNumberBits+:RowNumberBits])
            a_right = 1'b0;
          if (item_q[(m*Ids+n)*ItemBits+GroupBits+RowNumberBits+1]) a_last = 1'b1;
        end
        if (b_port_o == m && b_used_o[n]) begin
          if (item_q[(m*Ids+n)*ItemBits+RowNumberBits+:GroupBits] != b_group_o) b_right = 1'b0;
          if (item_q[(m*Ids+n)*ItemBits+:RowNumberBits] != b_rows_o[n*RowNumberBits+:RowNumberBits])
            b_right = 1'b0;
          if (item_q[(m*Ids+n)*ItemBits+GroupBits+RowNumberBits+1]) b_last = 1'b1;
        end
      end
    end
  end

  // --- turns -------------------------------------------------------------------------------------

  (* anyconst *) reg [PortBits-1:0] port;
  reg passed_q;  // something was taken, and nothing of this port
  reg idle_q;  // the port did not offer or was not eligible
  reg [2:0] waits_q;  // up to the cycle before the last one, how often it was passed
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      passed_q <= 1'b0;
      idle_q <= 1'b1;
      waits_q <= 0;
    end else begin
      passed_q <= counts[port] && takes != 0 && !takes[port];
      idle_q <= !counts[port] || takes[port];
      if (idle_q) waits_q <= 0;
      else waits_q <= waits_q + passed_q;
    end
  end

  initial assume (!rst_ni);
  always @(posedge clk_i) begin
    assume (port < Ports);
    assume (joins);
    if (rst_ni) begin
      `RECROSS_ASSERT(only_what_is_offered, (take_o & ~offer_i) == 0);
      `RECROSS_ASSERT(only_of_eligible_ports, (takes & ~eligible_i) == 0);
      `RECROSS_ASSERT(lowest_first, lowest);
      `RECROSS_ASSERT(whole_units, whole);
      `RECROSS_ASSERT(as_the_room_allows, units <= (room1_i ? 1 + room2_i : 0));
      `RECROSS_ASSERT(one_if_there_is, !room1_i || counts == 0 || units != 0);
      `RECROSS_ASSERT(two_if_there_are, !room1_i || !room2_i || units != 1 ||
                      (leaves == 0 && (counts & ~takes) == (appends != 0 && !two_spare_i ? could_append : 0)));
      `RECROSS_ASSERT(one_port_before_two, (takes & (takes - 1)) == 0 || leaves == 0 || units == 2);
      `RECROSS_ASSERT(new_without_a_place, new_o == (takes & ~has_i));
      `RECROSS_ASSERT(one_place_beside_others, two_spare_i || (appends & (appends - 1)) == 0);
      `RECROSS_ASSERT(waits_for_a_place, wait_place_o == ((offers & ~eligible_i) != 0));
      `RECROSS_ASSERT(waits_for_room, wait_room_o == (counts != 0 && !room1_i));
      `RECROSS_ASSERT(takes_turns, waits_q < Ports);
      `RECROSS_ASSERT(tells_units, a_valid_o == (units_q != 0) && b_valid_o == (units_q == 2));
      `RECROSS_ASSERT(tells_all_ids, told == take_q);
      if (a_valid_o) begin
        `RECROSS_ASSERT(first_unit, a_used_o != 0 && a_right && a_last_o == a_last);
        `RECROSS_ASSERT(rows_ascend, ascend);
        `RECROSS_ASSERT(place_of_the_first, a_pool_o == pool_q[a_port_o*PoolBits+:PoolBits]);
        `RECROSS_ASSERT(second_place, second_q == both_new);
      end
      if (b_valid_o) begin
        `RECROSS_ASSERT(second_unit, b_used_o != 0 && b_right && b_last_o == b_last);
        `RECROSS_ASSERT(place_of_the_second, b_pool_o == pool_q[b_port_o*PoolBits+:PoolBits]);
        `RECROSS_ASSERT(no_id_in_both, a_port_o != b_port_o || (a_used_o & b_used_o) == 0);
      end
      cover_whole : cover (a_valid_o && a_used_o == {Ids{1'b1}} && a_last_o);
      cover_two_of_one : cover (Ids == 1 || (b_valid_o && a_port_o == b_port_o));
      cover_two_ports : cover (Ports == 1 || (b_valid_o && a_port_o != b_port_o && !b_last_o));
      cover_two_places : cover (Ports == 1 || (second_o != 0 && second_o > new_o - second_o));
      cover_held_back : cover (Ports < 3 || held_back);
      cover_waits : cover (waits_q == Ports - 1);
    end
  end

endmodule

`default_nettype wire
