// SPDX-License-Identifier: MIT OR Apache-2.0
// The order of retirement over the ports.
//
// Bag b belongs to port b modulo Ports, whose oldest bag can retire if its bit of ready_i is high.
// Bags retire in the order of their numbers over all ports: the oldest of all, whose port oldest_o
// names (one bit), then those of the ports that follow in turn, up to the first that is not ready.
// So in a cycle at most one bag a port retires, and never one before an older one.
`default_nettype none

module recross_order #(
    parameter integer Ports = 2
) (
    input  wire             clk_i,
    input  wire             rst_ni,
    input  wire [Ports-1:0] ready_i,
    output wire [Ports-1:0] retire_o,
    output wire [Ports-1:0] oldest_o
);

  localparam [Ports-1:0] FIRST = 1;

  reg [Ports-1:0] turn_q;
  reg [Ports-1:0] reached;  // ports whose older bags have retired, or retire now
  reg go;
  integer i;
  always @* begin
    reached = {Ports{1'b0}};
    go = 1'b0;
    // Twice round, because the oldest bag's port may be any.
    for (i = 0; i < 2 * Ports; i = i + 1) begin
      if (i < Ports && turn_q[i%Ports]) go = 1'b1;
      if (go) reached[i%Ports] = 1'b1;
      go = go && ready_i[i%Ports];
    end
  end

  assign retire_o = reached & ready_i;
  assign oldest_o = turn_q;

  // The turn is at the port that was reached and did not retire; if all did, it is where it was.
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) turn_q <= FIRST;
    else if (ready_i != {Ports{1'b1}}) turn_q <= reached & ~ready_i;
  end

endmodule

`default_nettype wire
