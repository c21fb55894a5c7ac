// SPDX-License-Identifier: MIT OR Apache-2.0
// The crossbars of one bank: analog macro, a black box for synthesis.
//
// A word of storage is one bitline of one crossbar: Rows cells of CellBits bits, bit planes one
// after the other, so bit (plane * Rows + row) is bit `plane` of the cell at `row`. A word's
// address is (slot * Blocks + block) * Cols + bitline. Programming writes one word a cycle.
//
// A cycle with sense_i samples column phase phase_i of slot slot_i under the wordlines: those set in
// rows_i or, with single_i, the one whose number is in rows_i's low bits, the others meaning nothing.
// Slot and rows stay put from the cycle in which the drivers may start to that of the last phase.
// Converter a of block b sees the sum of the active cells of bitline (phase_i * Adcs + a). The sampled sums
// stay on sums_o, converter a of block b at index (b * Adcs + a), until the next sample.
//
// Simulation can load the contents at once: with +recross_images=FOLDER on the command line, a
// cycle with load_i reads FOLDER/bank<index_i>.hex.
`default_nettype none

`ifdef SYNTHESIS
(* blackbox *)
`endif
module recross_array #(
    parameter integer Rows = 8,
    parameter integer Cols = 8,
    parameter integer CellBits = 2,
    parameter integer Adcs = 4,
    parameter integer Blocks = 1,
    parameter integer Slots = 2,
    parameter integer SlotBits = 1,
    parameter integer PhaseBits = 1,
    parameter integer AddrBits = 4,
    parameter integer SumBits = 5
) (
    input  wire                           clk_i,
    input  wire                           prog_en_i,
    input  wire [           AddrBits-1:0] prog_addr_i,
    input  wire [      Rows*CellBits-1:0] prog_data_i,
    input  wire                           load_i,
    input  wire [                   15:0] index_i,
    input  wire                           sense_i,
    input  wire [           SlotBits-1:0] slot_i,
    input  wire [          PhaseBits-1:0] phase_i,
    input  wire                           single_i,
    input  wire [               Rows-1:0] rows_i,
    output wire [Blocks*Adcs*SumBits-1:0] sums_o
);

`ifndef SYNTHESIS
  localparam integer Words = Slots * Blocks * Cols;
  localparam integer Chunks = (Rows + 63) / 64;
  localparam integer Padded = Chunks * 64;
  localparam integer NumberBits = Rows > 2 ? $clog2(Rows) : 1;  // of a row's number
  localparam [Rows-1:0] ONE = 1;

  reg [Rows*CellBits-1:0] cells_q[0:Words-1];
  reg [Blocks*Adcs*SumBits-1:0] sums_q;
  assign sums_o = sums_q;

  // One phase of all converters of all blocks. The sum of a bitline's active cells is, for each bit
  // plane, a population count by halving.
  reg [Rows-1:0] wordlines;
  reg [31:0] first;
  reg [Padded-1:0] lit;
  reg [63:0] x;
  reg [31:0] sum;
  integer b;
  integer a;
  integer plane;
  integer chunk;
  always @(posedge clk_i) begin
    if (sense_i) begin
      wordlines = single_i ? ONE << rows_i[NumberBits-1:0] : rows_i;
      for (b = 0; b < Blocks; b = b + 1) begin
        first = ({{(32 - SlotBits) {1'b0}}, slot_i} * Blocks + b) * Cols +
            {{(32 - PhaseBits) {1'b0}}, phase_i} * Adcs;
        for (a = 0; a < Adcs; a = a + 1) begin
          sum = 32'd0;
          for (plane = 0; plane < CellBits; plane = plane + 1) begin
            lit = {Padded{1'b0}};
            lit[Rows-1:0] = cells_q[first+a][plane*Rows+:Rows] & wordlines;
            for (chunk = 0; chunk < Chunks; chunk = chunk + 1) begin
              x = lit[chunk*64+:64];
              x = x - ((x >> 1) & 64'h5555555555555555);
              x = (x & 64'h3333333333333333) + ((x >> 2) & 64'h3333333333333333);
              x = (x + (x >> 4)) & 64'h0f0f0f0f0f0f0f0f;
              x = x + (x >> 8);
              x = x + (x >> 16);
              x = x + (x >> 32);
              sum = sum + ({25'd0, x[6:0]} << plane);
            end
          end
          sums_q[(b*Adcs+a)*SumBits+:SumBits] <= sum[SumBits-1:0];
        end
      end
    end
  end

  reg [8*200-1:0] folder;
  reg [8*220-1:0] path;
  always @(posedge clk_i) begin
    if (prog_en_i) cells_q[prog_addr_i] <= prog_data_i;
    if (load_i) begin
      if ($value$plusargs("recross_images=%s", folder) != 0) begin
        $sformat(path, "%0s/bank%0d.hex", folder, index_i);
        $readmemh(path, cells_q);
      end
    end
  end
`endif

endmodule

`default_nettype wire
