// SPDX-License-Identifier: MIT OR Apache-2.0
// Weights the codes of one column phase by their slice and adds them up, per element.
//
// When all slices of an element fit one phase (PhasesPerDim == 1), converters e * Slices ..
// e * Slices + Slices - 1 of a block belong to element e of the phase; the remaining converters
// are unused. Otherwise the phase holds one element, and converter a holds slice
// (part_i * Adcs + a). Sums are modulo 2^PsumBits, which holds every final value.
`default_nettype none

module recross_shift_add #(
    parameter integer Adcs = 8,
    parameter integer AdcBits = 8,
    parameter integer CellBits = 2,
    parameter integer Slices = 4,
    parameter integer PhasesPerDim = 1,
    parameter integer Elements = 2,  // elements of one phase, 1 when PhasesPerDim > 1
    parameter integer PartBits = 1,
    parameter integer PsumBits = 14
) (
    input  wire [     Adcs*AdcBits-1:0] codes_i,
    input  wire [         PartBits-1:0] part_i,
    output wire [Elements*PsumBits-1:0] values_o
);

  localparam integer Wide = PsumBits + AdcBits;

  // One phase's codes of one element, the first at weight 1.
  function [Wide-1:0] weigh;
    input [Adcs*AdcBits-1:0] codes;
    input integer first;
    input integer number;
    integer s;
    begin
      weigh = {Wide{1'b0}};
      for (s = 0; s < number; s = s + 1) begin
        weigh = weigh +
            ({{PsumBits{1'b0}}, codes[(first+s)*AdcBits+:AdcBits]} << (CellBits * s));
      end
    end
  endfunction

  genvar e;
  generate
    if (PhasesPerDim == 1) begin : gen_whole
      for (e = 0; e < Elements; e = e + 1) begin : gen_element
        wire [Wide-1:0] value = weigh(codes_i, e * Slices, Slices);
        assign values_o[e*PsumBits+:PsumBits] = value[PsumBits-1:0];
        wire unused = &{1'b0, value[Wide-1:PsumBits]};
      end
      wire unused = &{1'b0, part_i, codes_i};
    end else begin : gen_parts
      wire [Wide-1:0] value = weigh(codes_i, 0, Adcs) << (part_i * (CellBits * Adcs));
      assign values_o = value[PsumBits-1:0];
      wire unused = &{1'b0, value[Wide-1:PsumBits]};
    end
  endgenerate

endmodule

`default_nettype wire
