// SPDX-License-Identifier: MIT OR Apache-2.0
// Digital part of a bank's flash converters: comparator enables, and the encoder of the codes.
//
// While a conversion is open (active_i), bits 0 to level_i of cmp_en_o are high: level n enables all
// comparators with thresholds up to its limit. Only the macro knows when its comparators are done,
// so done_o is done_i. It is not masked with active_i, because the controller reports a `done` that
// no conversion asked for.
//
// therm_i has 2^AdcBits - 1 bits a converter. Bit t - 1 says that the sum is at least t, and it is
// low while that comparator is off. The code is the number of the highest threshold that is reached.
// Thresholds are searched from the middle, and the decision at threshold k is the majority of
// comparators k - 1, k and k + 1, where comparator 0 is high and comparator 2^AdcBits low. So
// the code of a thermometer word with one wrong bit differs by at most one. While en_i is low, all
// codes are zero.
`default_nettype none

module recross_adc_flash #(
    parameter integer Count = 4,  // converters
    parameter integer AdcBits = 5,  // 1 to 8
    parameter integer Levels = 2,
    parameter integer LevelBits = Levels > 2 ? $clog2(Levels) : 1
) (
    input  wire                              active_i,
    input  wire [             LevelBits-1:0] level_i,
    output wire [                Levels-1:0] cmp_en_o,
    input  wire                              done_i,
    output wire                              done_o,
    input  wire [Count*((1<<AdcBits)-1)-1:0] therm_i,
    input  wire                              en_i,
    output reg  [         Count*AdcBits-1:0] codes_o
);

  generate
    if (AdcBits < 1 || AdcBits > 8) begin : gen_error_bits
      ERROR_recross_adc_flash_has_1_to_8_bits bad ();
    end
    if (Levels < 1 || LevelBits < 1 || LevelBits > 30 || (1 << LevelBits) < Levels) begin : gen_error_levels
      ERROR_recross_adc_flash_level_bits_must_hold_the_levels bad ();
    end
    if (Count < 1) begin : gen_error_count
      ERROR_recross_adc_flash_needs_a_converter bad ();
    end
  endgenerate

  localparam integer Thresholds = (1 << AdcBits) - 1;

  localparam [Levels-1:0] LEVEL_0 = 1;

  assign cmp_en_o =
      active_i ? ~({Levels{1'b1}} << level_i) | (LEVEL_0 << level_i) : {Levels{1'b0}};
  assign done_o   = done_i;

  function majority(input [2:0] x);
    majority = (x[0] & x[1]) | (x[2] & (x[0] | x[1]));
  endfunction

  // Searches 64 comparators, the lowest of which is reached, for the highest that is. next is the
  // comparator above them. Steps above AdcBits find nothing, and are constant.
  localparam integer SearchBits = AdcBits < 6 ? AdcBits : 6;

  // A step is decided for both halves before the step above is known, and then selected, so that the
  // majorities do not add up along the search.
  function [SearchBits-1:0] search(input [63:0] x6, input next);
    reg [5:0] found;
    reg [31:0] x5;
    reg [15:0] x4;
    reg [7:0] x3;
    reg [3:0] x2;
    reg top;
    begin
      found[5] = AdcBits > 5 && majority(x6[33:31]);
      found[4] = AdcBits > 4 && (found[5] ? majority(x6[49:47]) : majority(x6[17:15]));
      x5 = found[5] ? x6[63:32] : x6[31:0];
      top = found[5] ? next : x6[32];
      found[3] = AdcBits > 3 && (found[4] ? majority(x5[25:23]) : majority(x5[9:7]));
      x4 = found[4] ? x5[31:16] : x5[15:0];
      top = found[4] ? top : x5[16];
      found[2] = AdcBits > 2 && (found[3] ? majority(x4[13:11]) : majority(x4[5:3]));
      x3 = found[3] ? x4[15:8] : x4[7:0];
      top = found[3] ? top : x4[8];
      found[1] = AdcBits > 1 && (found[2] ? majority(x3[7:5]) : majority(x3[3:1]));
      x2 = found[2] ? x3[7:4] : x3[3:0];
      top = found[2] ? top : x3[4];
      found[0] = found[1] ? majority({top, x2[3:2]}) : majority(x2[2:0]);
      search = found[SearchBits-1:0];
    end
  endfunction

  integer c;
  generate
    if (AdcBits == 8) begin : gen_8
      // The quarters are selected without a word of more than 64 bits, which simulates faster.
      reg half;
      reg quarter;
      reg [63:0] x;
      reg next;
      always @* begin
        codes_o = {(Count * AdcBits) {1'b0}};
        half = 1'b0;
        quarter = 1'b0;
        x = 64'd0;
        next = 1'b0;
        c = 0;
        if (en_i) begin
          for (c = 0; c < Count; c = c + 1) begin
            half = majority(therm_i[c*Thresholds+126+:3]);
            quarter = half ? majority(therm_i[c*Thresholds+190+:3]) :
                majority(therm_i[c*Thresholds+62+:3]);
            x = half ?
                (quarter ? therm_i[c*Thresholds+191+:64] : therm_i[c*Thresholds+127+:64]) :
                (quarter ? therm_i[c*Thresholds+63+:64] : {therm_i[c*Thresholds+:63], 1'b1});
            next = half ? !quarter && therm_i[c*Thresholds+191] :
                quarter ? therm_i[c*Thresholds+127] : therm_i[c*Thresholds+63];
            codes_o[c*AdcBits+:AdcBits] = {half, quarter, search(x, next)};
          end
        end
      end
    end else if (AdcBits == 7) begin : gen_7
      reg half;
      reg [63:0] x;
      reg next;
      always @* begin
        codes_o = {(Count * AdcBits) {1'b0}};
        half = 1'b0;
        x = 64'd0;
        next = 1'b0;
        c = 0;
        if (en_i) begin
          for (c = 0; c < Count; c = c + 1) begin
            half = majority(therm_i[c*Thresholds+62+:3]);
            x = half ? therm_i[c*Thresholds+63+:64] : {therm_i[c*Thresholds+:63], 1'b1};
            next = !half && therm_i[c*Thresholds+63];
            codes_o[c*AdcBits+:AdcBits] = {half, search(x, next)};
          end
        end
      end
    end else begin : gen_6
      reg [63:0] x;
      always @* begin
        codes_o = {(Count * AdcBits) {1'b0}};
        x = 64'd1;
        c = 0;
        if (en_i) begin
          for (c = 0; c < Count; c = c + 1) begin
            x[Thresholds:1] = therm_i[c*Thresholds+:Thresholds];
            codes_o[c*AdcBits+:AdcBits] = search(x, 1'b0);
          end
        end
      end
    end
  endgenerate

endmodule

`default_nettype wire
