// SPDX-License-Identifier: MIT OR Apache-2.0
// recross_prefetch: each final place is read once, into its port's register when that has room; the register has the
// vector that was read until its bag retires; a bag whose vector is on its way is waited for; ports take turns.
//
// Assumed, as the lane does it: a port's oldest place is final only if there is one; a bag retires when its part is
// here and not waited for; the oldest place behind one that is read has another place of the window.
`include "assert.svh"
`default_nettype none

module recross_prefetch_props #(
    parameter integer Ports = 2,
    parameter integer PoolBits = 2,
    parameter integer PlaceBits = 1,
    parameter integer Width = 2
) (
    input wire                       clk_i,
    input wire                       rst_ni,
    input wire [          Ports-1:0] any_i,
    input wire [          Ports-1:0] final_i,
    input wire [ Ports*PoolBits-1:0] oldest_i,
    input wire [Ports*PlaceBits-1:0] oldest_window_i,
    input wire                       busy_i,
    input wire [          Width-1:0] vector_i,
    input wire [Ports*PlaceBits-1:0] head_i,
    input wire [          Ports-1:0] retire_i
);

  wire [Ports-1:0] free;
  wire fetch;
  wire [PoolBits-1:0] fetch_pool;
  wire [Ports-1:0] waits;
  wire [Ports-1:0] part;
  wire [Ports*Width-1:0] vector;
  recross_prefetch #(
      .Ports(Ports),
      .PoolBits(PoolBits),
      .PlaceBits(PlaceBits),
      .Width(Width)
  ) dut (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .any_i(any_i),
      .final_i(final_i),
      .oldest_i(oldest_i),
      .oldest_window_i(oldest_window_i),
      .free_o(free),
      .busy_i(busy_i),
      .fetch_o(fetch),
      .fetch_pool_o(fetch_pool),
      .vector_i(vector_i),
      .head_i(head_i),
      .wait_o(waits),
      .part_o(part),
      .retire_i(retire_i),
      .vector_o(vector)
  );

  // One port.
  (* anyconst *) reg [3:0] port;
  wire [PlaceBits-1:0] head = head_i[port*PlaceBits+:PlaceBits];
  wire [PlaceBits-1:0] oldest_window = oldest_window_i[port*PlaceBits+:PlaceBits];
  wire reads = free[port];
  wire retires = retire_i[port] && part[port];
  reg here_q;  // a vector was read and its bag has not retired
  reg now_q;  // it was read in the last cycle
  reg [PlaceBits-1:0] window_q;
  reg [Width-1:0] vector_q;
  wire [Width-1:0] own = now_q ? vector_i : vector_q;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      here_q <= 1'b0;
      now_q  <= 1'b0;
    end else begin
      here_q <= reads || (here_q && !retires);
      now_q  <= reads;
    end
  end
  always @(posedge clk_i) begin
    if (reads) window_q <= oldest_window;
    if (now_q) vector_q <= vector_i;
  end
  // How often others were read while this port's place could have been.
  wire could = final_i[port] && (!here_q || retires);
  reg [3:0] passed_q;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) passed_q <= 4'd0;
    else if (!could || reads) passed_q <= 4'd0;
    else if (fetch) passed_q <= passed_q + 4'd1;
  end
  wire [Ports-1:0] many = free & (free - 1'b1);

  initial assume (!rst_ni);
  always @* begin
    assume (port < Ports);
    assume ((final_i & ~any_i) == 0);
    assume ((retire_i & (waits | ~part)) == 0);
  end
  always @(posedge clk_i) begin
    if (rst_ni) begin
      `RECROSS_ASSERT(one_read, many == 0 && fetch == (free != 0));
      `RECROSS_ASSERT(reads_the_oldest, !reads || (fetch_pool == oldest_i[port*PoolBits+:PoolBits] && final_i[port]));
      `RECROSS_ASSERT(reads_into_room, !reads || !here_q || retires);
      `RECROSS_ASSERT(none_while_busy, !(busy_i && fetch));
      `RECROSS_ASSERT(reads_when_it_can, !could || busy_i || fetch);
      `RECROSS_ASSERT(the_part, part[port] == (here_q && !now_q && window_q == head));
      `RECROSS_ASSERT(the_vector, !part[port] || vector[port*Width+:Width] == own);
      `RECROSS_ASSERT(waits_for_its_own, waits[port] == ((now_q && window_q == head) || (any_i[port] && oldest_window == head)));
      `RECROSS_ASSERT(takes_turns, passed_q < Ports);
      cover_leaves_and_comes : cover (retires && reads);
      cover_passed : cover (passed_q == Ports - 1);
      cover_kept : cover (here_q && !now_q && window_q != head && (fetch || Ports == 1));
    end
  end

endmodule

`default_nettype wire
