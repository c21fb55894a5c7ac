// SPDX-License-Identifier: MIT OR Apache-2.0
// Weights the codes of one column phase by their slices and sums them, element by element.
//
// If all slices of an element fit in one phase (PhasesPerDim == 1), element e of the phase uses
// converters e * Slices to e * Slices + Slices - 1 of the block, and the remaining converters are
// unused. Otherwise a phase holds one element, and converter a holds slice (part_i * Adcs + a).
// Sums are modulo 2^PsumBits, which is enough for every final value. While en_i is low, the output
// is zero.
//
// With wire_i high, the codes belong to one row and are at most 2^CellBits - 1. Then they are
// placed side by side without any addition, and the adders' inputs are zero.
`default_nettype none

module recross_shift_add #(
    parameter integer Adcs = 4,
    parameter integer AdcBits = 5,
    parameter integer CellBits = 2,
    parameter integer Slices = 2,
    parameter integer PhasesPerDim = 1,
    parameter integer Elements = 2,  // elements of one phase, 1 when PhasesPerDim > 1
    parameter integer PartBits = 1,
    parameter integer PsumBits = 7
) (
    input  wire                         en_i,
    input  wire                         wire_i,
    input  wire [     Adcs*AdcBits-1:0] codes_i,
    input  wire [         PartBits-1:0] part_i,
    output reg  [Elements*PsumBits-1:0] values_o
);

  generate
    if (PhasesPerDim != (Slices + Adcs - 1) / Adcs) begin : gen_error_phases
      ERROR_recross_shift_add_phases_per_dim_must_hold_the_slices bad ();
    end
    if (Elements < 1 ||
        Elements > (PhasesPerDim == 1 ? Adcs / Slices : 1)) begin : gen_error_elements
      ERROR_recross_shift_add_elements_must_fit_in_a_phase bad ();
    end
    if (PartBits != (PhasesPerDim > 2 ? $clog2(PhasesPerDim) : 1)) begin : gen_error_part
      ERROR_recross_shift_add_part_bits_must_number_the_phases_per_dim bad ();
    end
    if (CellBits < 1 || AdcBits < 1 || PsumBits < 1) begin : gen_error_bits
      ERROR_recross_shift_add_needs_bits bad ();
    end
  endgenerate

  localparam integer Wide = PsumBits + AdcBits;

  localparam integer Number = PhasesPerDim == 1 ? Slices : Adcs;  // codes of one element

  localparam integer CellMax = (1 << CellBits) - 1;
  localparam [AdcBits-1:0] CELL = CellMax[AdcBits-1:0];

  reg [Wide-1:0] value;
  reg [AdcBits-1:0] code;
  integer e;
  integer s;
  always @* begin
    values_o = {(Elements * PsumBits) {1'b0}};
    value = {Wide{1'b0}};
    code = {AdcBits{1'b0}};
    e = 0;
    s = 0;
    if (en_i && wire_i) begin
      for (e = 0; e < Elements; e = e + 1) begin
        value = {Wide{1'b0}};
        for (s = 0; s < Number; s = s + 1) begin
          code = codes_i[(e*Number+s)*AdcBits+:AdcBits] & CELL;
          value = value | ({{PsumBits{1'b0}}, code} << (CellBits * s));
        end
        if (PhasesPerDim != 1) value = value << (part_i * (CellBits * Adcs));
        values_o[e*PsumBits+:PsumBits] = value[PsumBits-1:0];
      end
    end else if (en_i) begin
      for (e = 0; e < Elements; e = e + 1) begin
        value = {Wide{1'b0}};
        for (s = 0; s < Number; s = s + 1) begin
          code = codes_i[(e*Number+s)*AdcBits+:AdcBits] & {AdcBits{!wire_i}};
          value = value + ({{PsumBits{1'b0}}, code} << (CellBits * s));
        end
        if (PhasesPerDim != 1) value = value << (part_i * (CellBits * Adcs));
        values_o[e*PsumBits+:PsumBits] = value[PsumBits-1:0];
      end
    end
  end

endmodule

`default_nettype wire
