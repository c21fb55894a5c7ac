// SPDX-License-Identifier: MIT OR Apache-2.0
// Tells the faults that ports find in their ids, a cycle later.
//
// error_i has two bits a port, one for each kind of fault, and error_id_i the id that goes with them.
// error_o has the kinds told in a cycle, with a port that found them and its id. Of several ports that
// find a kind in a cycle, the lowest is told. If the lowest ports of the two kinds differ, kind 0 is told
// first, and kind 1 a cycle after it. What is found of a kind while an earlier one of that kind is told
// late is told with it.
`default_nettype none

module recross_faults #(
    parameter integer Ports = 2,
    parameter integer PortBits = 1  // log2(Ports), at least 1
) (
    input  wire                clk_i,
    input  wire                rst_ni,
    input  wire [ 2*Ports-1:0] error_i,
    input  wire [32*Ports-1:0] error_id_i,
    output wire [         1:0] error_o,
    output wire [PortBits-1:0] error_port_o,
    output wire [        31:0] error_id_o
);

  generate
    if (Ports < 1 || PortBits != (Ports > 2 ? $clog2(Ports) : 1)) begin : gen_error_ports
      ERROR_recross_faults_port_bits_must_number_the_ports bad ();
    end
  endgenerate

  reg [1:0] found;
  reg [PortBits-1:0] port0;
  reg [PortBits-1:0] port1;
  reg [31:0] id0;
  reg [31:0] id1;
  integer f;
  always @* begin
    found = 2'b00;
    port0 = {PortBits{1'b0}};
    port1 = {PortBits{1'b0}};
    id0 = 32'd0;
    id1 = 32'd0;
    f = 0;
    if (error_i != {(2 * Ports) {1'b0}}) begin
      for (f = Ports - 1; f >= 0; f = f - 1) begin
        if (error_i[2*f]) begin
          found[0] = 1'b1;
          port0 = f[PortBits-1:0];
          id0 = error_id_i[32*f+:32];
        end
        if (error_i[2*f+1]) begin
          found[1] = 1'b1;
          port1 = f[PortBits-1:0];
          id1 = error_id_i[32*f+:32];
        end
      end
    end
  end

  reg [1:0] late_q;  // a kind that is still to be told; both bits are never set
  reg [PortBits-1:0] late_port_q;
  reg [31:0] late_id_q;
  reg [1:0] told_q;
  reg [PortBits-1:0] told_port_q;
  reg [31:0] told_id_q;

  wire apart = found == 2'b11 && port0 != port1;
  wire [1:0] now = late_q != 2'b00 ? late_q : apart ? 2'b01 : found;
  wire [1:0] later = found & ~now;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      late_q <= 2'b00;
      told_q <= 2'b00;
    end else begin
      late_q <= later;
      told_q <= now;
    end
  end
  always @(posedge clk_i) begin
    if (now != 2'b00) begin
      told_port_q <= late_q != 2'b00 ? late_port_q : now[0] ? port0 : port1;
      told_id_q   <= late_q != 2'b00 ? late_id_q : now[0] ? id0 : id1;
    end
    if (later != 2'b00) begin
      late_port_q <= later[0] ? port0 : port1;
      late_id_q   <= later[0] ? id0 : id1;
    end
  end

  assign error_o = told_q;
  assign error_port_o = told_port_q;
  assign error_id_o = told_id_q;

endmodule

`default_nettype wire
