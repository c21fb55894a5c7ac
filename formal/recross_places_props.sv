// SPDX-License-Identifier: MIT OR Apache-2.0
// recross_places: no place is given twice; a place is final exactly if its bag is at the hop no more, no
// id of it is on its way, and all its commands have been written; a port's places come in the order of
// its bags; a port without a place can always take one, and one that has a place may take another exactly if
// more are free than the ports without one need.
//
// The solver picks any place, any port, and any bag of that port that gets the place (`pick`). The
// wrapper counts the commands of the bag, and the port's places in front of it.
//
// Assumed: units follow their selection by one cycle, as recross_pick does it: of one port or of two. A
// port takes a place only if it may and has none for its bag. If two ports take one, one of them must be
// first_o, and the second one takes free2_o. A result is of a command made two cycles before at least (a
// command passes the queue of a bank). Only the oldest place is freed, when it is final.
`include "assert.svh"
`default_nettype none

module recross_places_props #(
    parameter integer Ports = 2,
    parameter integer PortBits = 1,
    parameter integer Places = 3,
    parameter integer PoolBits = 2,
    parameter integer PlaceBits = 1,
    parameter integer PendingBits = 2
) (
    input wire                       clk_i,
    input wire                       rst_ni,
    input wire                       pick,
    input wire [          Ports-1:0] take,  // the first unit's port
    input wire [          Ports-1:0] again,  // the second one's
    input wire [Ports*PlaceBits-1:0] window_i,
    input wire [          Ports-1:0] close_i,
    input wire                       a_new,
    input wire                       b_new,
    input wire                       done_i,
    input wire [       PoolBits-1:0] done_pool_i,
    input wire [          Ports-1:0] free
);

  localparam integer Most = (1 << PendingBits) - 1;

  wire [Ports-1:0] eligible_o;
  wire [Ports-1:0] current_o;
  wire [Ports*PoolBits-1:0] youngest_o;
  wire [Ports-1:0] first_o;
  wire [PoolBits-1:0] free_o;
  wire [PoolBits-1:0] free2_o;
  wire [Ports-1:0] any_o;
  wire [Ports-1:0] final_o;
  wire [Ports*PoolBits-1:0] oldest_o;
  wire [Ports*PlaceBits-1:0] oldest_window_o;

  wire [Ports-1:0] a_selects = take & (~take + 1'b1) & eligible_o;
  wire [Ports-1:0] a_new_place = a_selects & ~current_o;
  wire [Ports-1:0] also = again & (~again + 1'b1) & eligible_o;
  wire two_spare_o;
  wire both_append = (a_new_place & ~first_o) != 0 && (also & ~a_selects & ~current_o & ~first_o) != 0;
  wire [Ports-1:0] b_selects = a_selects == 0 || (both_append && !two_spare_o) ? 0 : also;
  wire [Ports-1:0] b_new_place = b_selects & ~a_selects & ~current_o;
  wire [Ports-1:0] selects = a_selects | b_selects;
  wire [Ports-1:0] new_i = a_new_place | b_new_place;
  wire [Ports-1:0] second_i = a_new_place != 0 ? b_new_place : 0;
  reg a_valid_q;
  reg b_valid_q;
  reg [PortBits-1:0] a_port_q;
  reg [PortBits-1:0] b_port_q;
  reg [PoolBits-1:0] a_pool_q;
  reg [PoolBits-1:0] b_pool_q;
  reg [PortBits-1:0] a_port;
  reg [PortBits-1:0] b_port;
  reg [PoolBits-1:0] a_pool;
  reg [PoolBits-1:0] b_pool;
  integer n;
  always @* begin
    a_port = 0;
    b_port = 0;
    for (n = 0; n < Ports; n = n + 1) begin
      if (a_selects[n]) a_port = n;
      if (b_selects[n]) b_port = n;
    end
    a_pool = a_new_place != 0 ? free_o : youngest_o[a_port*PoolBits+:PoolBits];
    b_pool = youngest_o[b_port*PoolBits+:PoolBits];
    if (b_selects == a_selects) b_pool = a_pool;
    else if (second_i != 0) b_pool = free2_o;
    else if (b_new_place != 0) b_pool = free_o;
  end
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      a_valid_q <= 1'b0;
      b_valid_q <= 1'b0;
    end else begin
      a_valid_q <= a_selects != 0;
      b_valid_q <= b_selects != 0;
    end
  end
  always @(posedge clk_i) begin
    a_port_q <= a_port;
    b_port_q <= b_port;
    a_pool_q <= a_pool;
    b_pool_q <= b_pool;
  end
  wire a_made = a_valid_q && a_new;
  wire b_made = b_valid_q && b_new;
  wire [Ports-1:0] free_i = free & (~free + 1'b1) & final_o;

  recross_places #(
      .Ports(Ports),
      .PortBits(PortBits),
      .Places(Places),
      .PoolBits(PoolBits),
      .PlaceBits(PlaceBits),
      .PendingBits(PendingBits)
  ) dut (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .new_i(new_i),
      .second_i(second_i),
      .window_i(window_i),
      .close_i(close_i),
      .eligible_o(eligible_o),
      .current_o(current_o),
      .youngest_o(youngest_o),
      .first_o(first_o),
      .two_spare_o(two_spare_o),
      .free_o(free_o),
      .free2_o(free2_o),
      .a_valid_i(a_valid_q),
      .a_port_i(a_port_q),
      .a_pool_i(a_pool_q),
      .a_made_i(a_made),
      .b_valid_i(b_valid_q),
      .b_port_i(b_port_q),
      .b_pool_i(b_pool_q),
      .b_made_i(b_made),
      .done_i(done_i),
      .done_pool_i(done_pool_i),
      .any_o(any_o),
      .final_o(final_o),
      .oldest_o(oldest_o),
      .oldest_window_o(oldest_window_o),
      .free_i(free_i)
  );

  (* anyconst *) reg [PoolBits-1:0] place;
  (* anyconst *) reg [PortBits-1:0] port;

  wire [PoolBits-1:0] oldest = oldest_o[port*PoolBits+:PoolBits];
  reg [PoolBits:0] places_q;  // of the port
  reg [PoolBits:0] total_q;  // of all ports
  reg held_q;  // the picked bag has the place
  reg [PoolBits:0] ahead_q;  // places of the port in front of it
  reg current_q;  // the picked bag is at the hop
  reg matching_q;  // an id of it is on its way
  reg [PendingBits:0] count_q;  // its commands that are not written
  reg [1:0] fresh_q;  // of these, the ones made in the last cycle
  wire gives = new_i[port];
  wire frees = free_i[port];
  wire starts = gives && pick && !held_q && (second_i[port] ? free2_o : free_o) == place;
  wire [1:0] made = {1'b0, a_made && a_pool_q == place} + {1'b0, b_made && b_pool_q == place};
  wire done = done_i && done_pool_i == place;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      places_q <= 0;
      total_q <= 0;
      held_q <= 1'b0;
      ahead_q <= 0;
      current_q <= 1'b0;
      matching_q <= 1'b0;
      count_q <= 0;
      fresh_q <= 0;
    end else begin
      places_q <= places_q + gives - frees;
      total_q <= total_q + (new_i != 0) + (second_i != 0) - (free_i != 0);
      if (starts) begin
        held_q <= 1'b1;
        ahead_q <= places_q - frees;
        current_q <= !close_i[port];
        matching_q <= 1'b1;
        count_q <= 0;
        fresh_q <= 0;
      end else if (held_q) begin
        if (frees && ahead_q == 0) held_q <= 1'b0;
        if (frees && ahead_q != 0) ahead_q <= ahead_q - 1'b1;
        if (close_i[port]) current_q <= 1'b0;
        matching_q <= selects[port] && current_q;
        count_q <= count_q + made - done;
        fresh_q <= made;
      end
    end
  end
  reg [PlaceBits-1:0] window_q;
  always @(posedge clk_i) if (starts) window_q <= window_i[port*PlaceBits+:PlaceBits];

  // More places are free than the ports without one need.
  reg [PoolBits:0] kept;
  integer e;
  always @* begin
    kept = 0;
    for (e = 0; e < Ports; e = e + 1) kept = kept + !any_o[e];
  end
  wire spare = total_q + kept < Places;

  initial assume (!rst_ni);
  always @(posedge clk_i) begin
    assume (port < Ports && place < Places);
    if (rst_ni) begin
      // A place that nothing is known of has no results, and not too many commands.
      assume (!done || (held_q && count_q > fresh_q));
      assume (!held_q || count_q + made <= Most);
      `RECROSS_ASSERT(a_place_to_take, any_o[port] || eligible_o[port]);
      `RECROSS_ASSERT(eligible_ports, eligible_o == (current_o | ~any_o | {Ports{spare}}));
      `RECROSS_ASSERT(two_more, two_spare_o == (total_q + kept + 1 < Places));
      `RECROSS_ASSERT(places_are_counted, any_o[port] == (places_q != 0));
      `RECROSS_ASSERT(no_more_than_there_are, places_q <= Places - Ports + 1);
      `RECROSS_ASSERT(two_places, second_i == 0 || free_o != free2_o);
      `RECROSS_ASSERT(places_there_are, (new_i == 0 || free_o < Places) && (second_i == 0 || free2_o < Places));
      if (held_q) begin
        `RECROSS_ASSERT(not_given_twice, (new_i == 0 || free_o != place) && (second_i == 0 || free2_o != place));
        `RECROSS_ASSERT(no_more_in_front, ahead_q < places_q);
        `RECROSS_ASSERT(at_the_hop, !current_q || (current_o[port] && youngest_o[port*PoolBits+:PoolBits] == place));
        if (ahead_q == 0) begin
          `RECROSS_ASSERT(oldest_place, oldest == place);
          `RECROSS_ASSERT(its_bag, oldest_window_o[port*PlaceBits+:PlaceBits] == window_q);
          `RECROSS_ASSERT(final_when_complete, final_o[port] == (!current_q && !matching_q && count_q == 0));
        end
      end
      cover_behind : cover (held_q && ahead_q == Places - Ports);
      cover_complete : cover (held_q && frees && ahead_q == 0);
      cover_many : cover (held_q && count_q == Most);
      cover_at_once : cover (held_q && made == 2 && done);
      cover_two_ports : cover (second_i != 0);
      cover_two_behind : cover (Places < Ports + 2 || Ports == 1 || both_append && second_i != 0);
      cover_second_behind : cover (Places == Ports || (starts && second_i[port] && any_o[port]));
    end
  end

endmodule

`default_nettype wire
