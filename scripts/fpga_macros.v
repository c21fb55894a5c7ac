// SPDX-License-Identifier: MIT OR Apache-2.0
// Stand-ins for the analog macros that an FPGA can hold: the functions of recross_array and
// recross_converters in registers and adders. `make fpga` uses them. There are no images: an array is
// programmed through its port.
`default_nettype none

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

  localparam integer NumberBits = Rows > 2 ? $clog2(Rows) : 1;
  localparam integer PlaceBits = SlotBits + PhaseBits;
  localparam [Rows-1:0] ONE = 1;
  wire [Rows-1:0] wordlines = single_i ? ONE << rows_i[NumberBits-1:0] : rows_i;

  // Word (slot * Blocks + block) * Cols + phase * Adcs + adc stands in the memory of its block and
  // converter, at {slot, phase}.
  wire [31:0] word = {{(32 - AddrBits) {1'b0}}, prog_addr_i};
  wire [31:0] phase = (word % Cols) / Adcs;
  wire [31:0] slot = word / (Blocks * Cols);
  wire [PlaceBits-1:0] prog_place = {slot[SlotBits-1:0], phase[PhaseBits-1:0]};
  wire [31:0] memory = ((word / Cols) % Blocks) * Adcs + word % Adcs;

  genvar m;
  generate
    for (m = 0; m < Blocks * Adcs; m = m + 1) begin : gen_memory
      reg [Rows*CellBits-1:0] cells_q[0:(1<<PlaceBits)-1];
      wire [Rows*CellBits-1:0] bitline = cells_q[{slot_i, phase_i}];
      reg [SumBits-1:0] sum;
      reg [SumBits-1:0] sum_q;
      integer plane;
      integer row;
      always @* begin
        sum = {SumBits{1'b0}};
        for (plane = 0; plane < CellBits; plane = plane + 1) begin
          for (row = 0; row < Rows; row = row + 1) begin
            if (bitline[plane*Rows+row] && wordlines[row]) sum = sum + (1 << plane);
          end
        end
      end
      always @(posedge clk_i) begin
        if (sense_i) sum_q <= sum;
        if (prog_en_i && memory == m) cells_q[prog_place] <= prog_data_i;
      end
      assign sums_o[m*SumBits+:SumBits] = sum_q;
    end
  endgenerate

endmodule

module recross_converters #(
    parameter integer Count = 4,
    parameter integer SumBits = 5,
    parameter integer AdcBits = 5
) (
    input  wire                     en_i,
    input  wire [Count*SumBits-1:0] sums_i,
    input  wire [      AdcBits-1:0] limit_i,
    output wire [Count*AdcBits-1:0] codes_o
);

  genvar c;
  generate
    for (c = 0; c < Count; c = c + 1) begin : gen_code
      wire [SumBits-1:0] sum = sums_i[c*SumBits+:SumBits];
      assign codes_o[c*AdcBits+:AdcBits] = !en_i ? {AdcBits{1'b0}} : sum > limit_i ? limit_i : sum[AdcBits-1:0];
    end
  endgenerate

endmodule

`default_nettype wire
