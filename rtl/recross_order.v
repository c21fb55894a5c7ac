// SPDX-License-Identifier: MIT OR Apache-2.0
// Decides which bags retire in a cycle, in the order of their numbers over all ports.
//
// Bag b belongs to port b modulo Ports. ready_i[p] is high when the oldest bag of port p can
// retire. The oldest bag of all retires first; its port's bit is set in oldest_o. The oldest bags
// of the ports that follow it retire in the same cycle, up to the first port that is not ready. So
// each port retires at most one bag per cycle, and no bag retires before an older one.
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

  generate
    if (Ports < 1) begin : gen_error_ports
      ERROR_recross_order_needs_a_port bad ();
    end
  endgenerate

  localparam [Ports-1:0] FIRST = 1;

  reg [Ports-1:0] turn_q;
  reg [Ports-1:0] reached;  // ports at which all older bags retire in this cycle
  reg go;
  integer i;
  always @* begin
    reached = {Ports{1'b0}};
    go = 1'b0;
    // Two rounds, because the oldest bag may belong to any port.
    for (i = 0; i < 2 * Ports; i = i + 1) begin
      if (i < Ports && turn_q[i%Ports]) go = 1'b1;
      if (go) reached[i%Ports] = 1'b1;
      go = go && ready_i[i%Ports];
    end
  end

  assign retire_o = reached & ready_i;
  assign oldest_o = turn_q;

  // The first port that is not ready is next. If all ports retire a bag, the turn stays the same.
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) turn_q <= FIRST;
    else if (ready_i != {Ports{1'b1}}) turn_q <= reached & ~ready_i;
  end

endmodule

`default_nettype wire
