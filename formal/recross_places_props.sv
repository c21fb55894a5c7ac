// SPDX-License-Identifier: MIT OR Apache-2.0
// recross_places: no place is given twice; a place is final exactly if its bag is at the hop no more, no
// id of it is on its way, and all its commands have been written; a port's places come in the order of
// its bags; and a port without a place can always take one.
//
// The solver picks any place, any port, and any bag of that port that gets the place (`pick`). The
// wrapper counts the commands of the bag, and the port's places in front of it.
//
// Assumed: a port takes a place only if it may and has none for its bag, one port a cycle, and ids follow
// their selection by one cycle, as recross_pick does it; a result is of a command made two cycles before
// at least (a command passes the queue of a bank); only the oldest place is freed, when it is final.
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
    input wire [          Ports-1:0] take,      // a port's id is selected
    input wire [          Ports-1:0] again,     // ... as the second one
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
  wire [PoolBits-1:0] free_o;
  wire [Ports-1:0] any_o;
  wire [Ports-1:0] final_o;
  wire [Ports*PoolBits-1:0] oldest_o;
  wire [Ports*PlaceBits-1:0] oldest_window_o;

  // One port selects up to two ids in a cycle; that two ports do so together changes only which of the
  // two inputs has whose id.
  wire [Ports-1:0] selects = take & (~take + 1'b1) & eligible_o;
  wire [Ports-1:0] new_i = selects & ~current_o;
  reg a_valid_q;
  reg b_valid_q;
  reg [PortBits-1:0] port_q;
  reg [PoolBits-1:0] pool_q;
  reg [PortBits-1:0] number;
  reg [PoolBits-1:0] youngest;
  integer n;
  always @* begin
    number = 0;
    youngest = 0;
    for (n = 0; n < Ports; n = n + 1) begin
      if (selects[n]) begin
        number = n;
        youngest = youngest_o[n*PoolBits+:PoolBits];
      end
    end
  end
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      a_valid_q <= 1'b0;
      b_valid_q <= 1'b0;
    end else begin
      a_valid_q <= selects != 0;
      b_valid_q <= (selects & again) != 0;
    end
  end
  always @(posedge clk_i) begin
    port_q <= number;
    pool_q <= new_i != 0 ? free_o : youngest;
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
      .window_i(window_i),
      .close_i(close_i),
      .eligible_o(eligible_o),
      .current_o(current_o),
      .youngest_o(youngest_o),
      .free_o(free_o),
      .a_valid_i(a_valid_q),
      .a_port_i(port_q),
      .a_pool_i(pool_q),
      .a_made_i(a_made),
      .b_valid_i(b_valid_q),
      .b_port_i(port_q),
      .b_pool_i(pool_q),
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
  reg held_q;  // the picked bag has the place
  reg [PoolBits:0] ahead_q;  // places of the port in front of it
  reg current_q;  // the picked bag is at the hop
  reg matching_q;  // an id of it is on its way
  reg [PendingBits:0] count_q;  // its commands that are not written
  reg [1:0] fresh_q;  // of these, the ones made in the last cycle
  wire gives = new_i[port];
  wire frees = free_i[port];
  wire starts = gives && pick && !held_q && free_o == place;
  wire [1:0] made = pool_q == place ? a_made + b_made : 2'd0;
  wire done = done_i && done_pool_i == place;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      places_q <= 0;
      held_q <= 1'b0;
      ahead_q <= 0;
      current_q <= 1'b0;
      matching_q <= 1'b0;
      count_q <= 0;
      fresh_q <= 0;
    end else begin
      places_q <= places_q + gives - frees;
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

  initial assume (!rst_ni);
  always @(posedge clk_i) begin
    assume (port < Ports && place < Places);
    if (rst_ni) begin
      // A place that nothing is known of has no results, and not too many commands.
      assume (!done || (held_q && count_q > fresh_q));
      assume (!held_q || count_q + made <= Most);
      `RECROSS_ASSERT(a_place_to_take, any_o[port] || eligible_o[port]);
      `RECROSS_ASSERT(places_are_counted, any_o[port] == (places_q != 0));
      `RECROSS_ASSERT(no_more_than_there_are, places_q <= Places - Ports + 1);
      if (held_q) begin
        `RECROSS_ASSERT(not_given_twice, new_i == 0 || free_o != place);
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
    end
  end

endmodule

`default_nettype wire
