// SPDX-License-Identifier: MIT OR Apache-2.0
// recross_faults: each kind that any port finds is told within two cycles, with a port that found it and its
// id; nothing else is told.
//
// Nothing is assumed: ports find faults in any cycle.
`include "assert.svh"
`default_nettype none

module recross_faults_props #(
    parameter integer Ports = 2,
    parameter integer PortBits = 1
) (
    input wire                clk_i,
    input wire                rst_ni,
    input wire [ 2*Ports-1:0] error_i,
    input wire [32*Ports-1:0] error_id_i
);

  wire [1:0] error_o;
  wire [PortBits-1:0] error_port_o;
  wire [31:0] error_id_o;
  recross_faults #(
      .Ports(Ports),
      .PortBits(PortBits)
  ) dut (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .error_i(error_i),
      .error_id_i(error_id_i),
      .error_o(error_o),
      .error_port_o(error_port_o),
      .error_id_o(error_id_o)
  );

  // One kind, and what was found in the last two cycles.
  (* anyconst *) reg kind;
  reg [Ports-1:0] found;
  integer p;
  always @* begin
    for (p = 0; p < Ports; p = p + 1) found[p] = error_i[2*p+kind];
  end
  reg [Ports-1:0] found1_q;
  reg [Ports-1:0] found2_q;
  reg [32*Ports-1:0] id1_q;
  reg [32*Ports-1:0] id2_q;
  reg told_q;  // in the last cycle
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      found1_q <= 0;
      found2_q <= 0;
      told_q   <= 1'b0;
    end else begin
      found1_q <= found;
      found2_q <= found1_q;
      told_q   <= error_o[kind];
    end
  end
  always @(posedge clk_i) begin
    id1_q <= error_id_i;
    id2_q <= id1_q;
  end
  wire of_last = found1_q[error_port_o] && id1_q[32*error_port_o+:32] == error_id_o;
  wire of_earlier = found2_q[error_port_o] && id2_q[32*error_port_o+:32] == error_id_o;
  // No other kind is told beside it.
  wire alone = error_o == 2'b01 << kind;

  initial assume (!rst_ni);
  always @(posedge clk_i) begin
    if (rst_ni) begin
      `RECROSS_ASSERT(told_in_time, found2_q == 0 || told_q || error_o[kind]);
      `RECROSS_ASSERT(told_with_its_port, !error_o[kind] || (error_port_o < Ports && (of_last || of_earlier)));
      `RECROSS_ASSERT(at_once_if_alone, found1_q == 0 || error_o != 0);
      cover_late : cover (Ports == 1 || (error_o[kind] && alone && !of_last && found1_q == 0));
      cover_both : cover (error_o == 2'b11);
    end
  end

endmodule

`default_nettype wire
