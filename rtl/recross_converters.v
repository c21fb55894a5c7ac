// SPDX-License-Identifier: MIT OR Apache-2.0
// Analog-to-digital converters of one bank: an analog macro with a behavioural model. It is a black
// box for synthesis.
//
// Each converter turns its column sum into the code min(sum, limit_i). The mode switch sets
// limit_i, the largest code: a flash converter enables limit_i thresholds, and a SAR converter
// resolves the bits that hold limit_i. While en_i is low, all codes are zero.
`default_nettype none

`ifdef SYNTHESIS
// The black box has ports and no body, so nothing uses its inputs and nothing drives its outputs.
// verilator lint_off UNUSED
// verilator lint_off UNDRIVEN
(* blackbox *)
`endif
module recross_converters #(
    parameter integer Count = 4,
    parameter integer SumBits = 5,
    parameter integer AdcBits = 5
) (
    input  wire                     en_i,
    input  wire [Count*SumBits-1:0] sums_i,
    input  wire [      AdcBits-1:0] limit_i,
    output reg  [Count*AdcBits-1:0] codes_o
);

`ifndef SYNTHESIS
  generate
    if (AdcBits > SumBits) begin : gen_error
      ERROR_recross_converters_have_more_bits_than_the_sums bad ();
    end
  endgenerate

  wire [SumBits-1:0] limit;
  generate
    if (SumBits == AdcBits) begin : gen_same
      assign limit = limit_i;
    end else begin : gen_wider
      assign limit = {{(SumBits - AdcBits) {1'b0}}, limit_i};
    end
  endgenerate

  reg [SumBits-1:0] code;
  integer c;
  always @* begin
    codes_o = {(Count * AdcBits) {1'b0}};
    code = {SumBits{1'b0}};
    if (en_i) begin
      for (c = 0; c < Count; c = c + 1) begin
        code = sums_i[c*SumBits+:SumBits];
        if (code > limit) code = limit;
        codes_o[c*AdcBits+:AdcBits] = code[AdcBits-1:0];
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
