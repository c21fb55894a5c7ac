// SPDX-License-Identifier: MIT OR Apache-2.0
// Crossbars of one bank: an analog macro with a behavioural model. It is a black box for synthesis.
//
// Each memory word is one bitline of one crossbar: Rows cells of CellBits bits, stored one bit
// plane after the other. Bit (plane * Rows + row) is bit `plane` of the cell at `row`. The word's
// address is (slot * Blocks + block) * Cols + bitline. Programming writes one word per cycle.
//
// When sense_i is high, the array samples column phase phase_i of slot slot_i under the wordlines
// in rows_i. With single_i low, rows_i is a mask. With single_i high, its low bits hold the number
// of the only active row, and the other bits are ignored. slot_i and the wordlines are stable from
// the first cycle in which the drivers may switch until the last phase has been sampled.
//
// Converter a of block b receives the sum of the active cells on bitline (phase_i * Adcs + a). The
// sum appears at index (b * Adcs + a) of sums_o one cycle later and stays there until the next
// sample.
//
// In simulation, the contents can be loaded in one cycle: if +recross_images=FOLDER is given, a
// cycle with load_i high reads FOLDER/bank<index_i>.hex.
`default_nettype none

`ifdef SYNTHESIS
// The black box has ports and no body, so nothing uses its inputs and nothing drives its outputs.
// verilator lint_off UNUSED
// verilator lint_off UNDRIVEN
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
  localparam integer NumberBits = Rows > 2 ? $clog2(Rows) : 1;  // width of a row's number
  localparam [Rows-1:0] ONE = 1;

  reg [Rows*CellBits-1:0] cells_q[0:Words-1];

  // The sums of one phase, for all converters of all blocks. The number of active cells in each bit
  // plane is counted 64 rows at a time, by adding neighbouring fields of growing width.
  function [Blocks*Adcs*SumBits-1:0] sampled_sums;
    input [SlotBits-1:0] slot;
    input [PhaseBits-1:0] phase;
    input single;
    input [Rows-1:0] rows;
    reg [Rows-1:0] wordlines;
    reg [31:0] first;
    reg [Padded-1:0] lit;
    reg [63:0] x;
    reg [31:0] sum;
    integer block;
    integer adc;
    integer plane;
    integer chunk;
    begin
      wordlines = single ? ONE << rows[NumberBits-1:0] : rows;
      sampled_sums = {(Blocks * Adcs * SumBits) {1'b0}};
      for (block = 0; block < Blocks; block = block + 1) begin
        first = ({{(32 - SlotBits) {1'b0}}, slot} * Blocks + block) * Cols +
            {{(32 - PhaseBits) {1'b0}}, phase} * Adcs;
        for (adc = 0; adc < Adcs; adc = adc + 1) begin
          sum = 32'd0;
          for (plane = 0; plane < CellBits; plane = plane + 1) begin
            lit = {Padded{1'b0}};
            lit[Rows-1:0] = cells_q[first+adc][plane*Rows+:Rows] & wordlines;
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
          sampled_sums[(block*Adcs+adc)*SumBits+:SumBits] = sum[SumBits-1:0];
        end
      end
    end
  endfunction

  reg [Blocks*Adcs*SumBits-1:0] sums_q;
  assign sums_o = sums_q;
  always @(posedge clk_i) begin
    if (sense_i) sums_q <= sampled_sums(slot_i, phase_i, single_i, rows_i);
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

`ifdef SYNTHESIS
// verilator lint_on UNUSED
// verilator lint_on UNDRIVEN
`endif

`default_nettype wire
