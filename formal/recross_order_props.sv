// SPDX-License-Identifier: MIT OR Apache-2.0
// recross_order: in each cycle, the bags retire that a walk from the oldest bag finds.
//
// The reference keeps the oldest bag's port as a number. It walks from there over the ports and
// stops at the first that is not ready.
`include "assert.svh"
`default_nettype none

module recross_order_props #(
    parameter integer Ports = 4
) (
    input wire             clk_i,
    input wire             rst_ni,
    input wire [Ports-1:0] ready_i
);

  wire [Ports-1:0] retire_o;
  wire [Ports-1:0] oldest_o;

  recross_order #(
      .Ports(Ports)
  ) dut (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .ready_i(ready_i),
      .retire_o(retire_o),
      .oldest_o(oldest_o)
  );

  wire [255:0] ready = ready_i;
  reg [7:0] oldest_q;
  reg [Ports-1:0] expected;
  reg [7:0] port;
  reg walks;
  integer i;
  always @* begin
    expected = 0;
    port = oldest_q;
    walks = 1'b1;
    for (i = 0; i < Ports; i = i + 1) begin
      if (walks && ready[port]) begin
        expected[port] = 1'b1;
        port = port == Ports - 1 ? 8'd0 : port + 8'd1;
      end else walks = 1'b0;
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) oldest_q <= 8'd0;
    else oldest_q <= port;
  end

  initial assume (!rst_ni);

  always @(posedge clk_i) begin
    if (rst_ni) begin
      `RECROSS_ASSERT(oldest_port, oldest_o == 1 << oldest_q);
      `RECROSS_ASSERT(retires_the_walk, retire_o == expected);
      cover_all : cover (&retire_o && oldest_q == Ports - 1);
      cover_stops : cover (retire_o == 0 && (Ports == 1 || (ready_i != 0 && oldest_q == Ports - 1)));
    end
  end

endmodule

`default_nettype wire
