// SPDX-License-Identifier: MIT OR Apache-2.0
// A lane's vectors on their way out: one register for each port.
//
// As soon as a port's oldest place is final and the port's register is empty or its vector leaves, the
// vector of the place is read from the memory into the register, and the place is free. One vector a cycle is read, the ports taking
// turns, and none while the memory reads for an addition (busy_i).
//
// part_o[p] is high when the register has the vector of port p's oldest bag, head_i. wait_o[p] is high
// when that bag still has a place here, or its vector is on its way into the register. With retire_i[p],
// the bag retires, and a register with its vector is empty.
`default_nettype none

module recross_prefetch #(
    parameter integer Ports = 2,
    parameter integer PoolBits = 2,
    parameter integer PlaceBits = 2,
    parameter integer Width = 36  // of a vector
) (
    input  wire                       clk_i,
    input  wire                       rst_ni,
    input  wire [          Ports-1:0] any_i,
    input  wire [          Ports-1:0] final_i,
    input  wire [ Ports*PoolBits-1:0] oldest_i,
    input  wire [Ports*PlaceBits-1:0] oldest_window_i,
    output wire [          Ports-1:0] free_o,           // the oldest place is read, and is free
    input  wire                       busy_i,
    output wire                       fetch_o,
    output wire [       PoolBits-1:0] fetch_pool_o,
    input  wire [          Width-1:0] vector_i,         // in the cycle after fetch_o
    input  wire [Ports*PlaceBits-1:0] head_i,
    output wire [          Ports-1:0] wait_o,
    output wire [          Ports-1:0] part_o,
    input  wire [          Ports-1:0] retire_i,
    output wire [    Ports*Width-1:0] vector_o
);

  generate
    if (Ports < 1 || PoolBits < 1 || PlaceBits < 1 || Width < 1) begin : gen_error_size
      ERROR_recross_prefetch_needs_ports_and_bits bad ();
    end
  endgenerate

  localparam [Ports-1:0] ONE = 1;
  localparam [Ports-1:0] NONE = 0;

  reg [Ports-1:0] from_q;  // set for the port whose turn it is, and for all ports behind it
  reg [Ports-1:0] full_q;  // the register has a vector, or gets it in this cycle
  reg [Ports-1:0] load_q;  // the register gets its vector in this cycle
  reg [Ports*PlaceBits-1:0] window_q;
  reg [Ports*Width-1:0] vector_q;

  wire [Ports-1:0] leave = retire_i & part_o;
  wire [Ports-1:0] asks = final_i & (~full_q | leave);
  wire [Ports-1:0] turn = (asks & from_q) != NONE ? asks & from_q : asks;
  wire [Ports-1:0] chosen = busy_i ? NONE : turn & (~turn + ONE);
  wire any = chosen != NONE;

  reg [PoolBits-1:0] pool;
  integer n;
  always @* begin
    pool = {PoolBits{1'b0}};
    n = 0;
    if (chosen != NONE) begin
      for (n = 0; n < Ports; n = n + 1) begin
        pool = pool | (oldest_i[n*PoolBits+:PoolBits] & {PoolBits{chosen[n]}});
      end
    end
  end
  assign free_o = chosen;
  assign fetch_o = any;
  assign fetch_pool_o = pool;

  genvar p;
  generate
    for (p = 0; p < Ports; p = p + 1) begin : gen_port
      wire [PlaceBits-1:0] head = head_i[p*PlaceBits+:PlaceBits];
      wire own = full_q[p] && window_q[p*PlaceBits+:PlaceBits] == head;
      assign part_o[p] = own && !load_q[p];
      assign wait_o[p] = (own && load_q[p]) ||
          (any_i[p] && oldest_window_i[p*PlaceBits+:PlaceBits] == head);
    end
  endgenerate

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      from_q <= {Ports{1'b1}};
      full_q <= NONE;
      load_q <= NONE;
    end else begin
      if (any) from_q <= ~(chosen | (chosen - ONE));
      if (any || load_q != NONE) load_q <= chosen;
      if (any || leave != NONE) full_q <= (full_q & ~leave) | chosen;
    end
  end

  integer q;
  always @(posedge clk_i) begin
    if (any) begin
      for (q = 0; q < Ports; q = q + 1) begin
        if (chosen[q])
          window_q[q*PlaceBits+:PlaceBits] <= oldest_window_i[q*PlaceBits+:PlaceBits];
      end
    end
    if (load_q != NONE) begin
      for (q = 0; q < Ports; q = q + 1) begin
        if (load_q[q]) vector_q[q*Width+:Width] <= vector_i;
      end
    end
  end
  assign vector_o = vector_q;

endmodule

`default_nettype wire
