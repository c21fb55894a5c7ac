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

  // The search takes 64 comparators, of which the lowest is reached, and the one above them. With more
  // thresholds, the half or quarter that holds the code is selected first. Then come two steps of the
  // search, the second decided for both halves before the first is known, and the majorities of the
  // 16 comparators that are left, all at once. So the majorities do not add up along the search. Steps
  // above AdcBits find nothing, and are constant.
  //
  // Majorities are written out: Verilator gives each call of a function names of its own, so that no
  // two banks would share code.
  //
  // Indices and widths that AdcBits does not use are made small, so that they exist.
  localparam integer Own = AdcBits < 6 ? Thresholds : 63;  // comparators in a word of the lowest ones
  localparam integer Part = AdcBits > 6 ? 64 : 1;  // in a word of other ones
  localparam integer Three = AdcBits > 6 ? 3 : 1;
  localparam integer In8 = AdcBits == 8 ? 1 : 0;
  localparam integer In7 = AdcBits > 6 ? 1 : 0;
  reg [5:0] found;
  reg [63:0] word;
  reg top;  // the comparator above the whole word
  reg half;
  reg quarter;
  reg upper;
  reg lower;
  reg [2:0] x;
  reg [16:0] y;  // 16 comparators, and the one above them
  reg [15:1] reached;  // the majority at each of them but the lowest
  reg [6:0] seven;  // those of the half that is searched
  integer c;
  integer s;
  always @* begin
    codes_o = {(Count * AdcBits) {1'b0}};
    found = 6'd0;
    word = 64'd0;
    top = 1'b0;
    half = 1'b0;
    quarter = 1'b0;
    upper = 1'b0;
    lower = 1'b0;
    x = 3'd0;
    y = 17'd0;
    reached = 15'd0;
    seven = 7'd0;
    c = 0;
    s = 0;
    if (en_i) begin
      for (c = 0; c < Count; c = c + 1) begin
        word = 64'd1;
        word[Own:1] = therm_i[c*Thresholds+:Own];
        top = 1'b0;
        x = 3'd0;
        if (AdcBits == 8) begin
          x[Three-1:0] = therm_i[c*Thresholds+In8*126+:Three];
          half = (x[0] & x[1]) | (x[2] & (x[0] | x[1]));
          x[Three-1:0] = half ? therm_i[c*Thresholds+In8*190+:Three] : therm_i[c*Thresholds+In7*62+:Three];
          quarter = (x[0] & x[1]) | (x[2] & (x[0] | x[1]));
          if (half && quarter) word[Part-1:0] = therm_i[c*Thresholds+In8*191+:Part];
          else if (half) word[Part-1:0] = therm_i[c*Thresholds+In8*127+:Part];
          else if (quarter) word[Part-1:0] = therm_i[c*Thresholds+In7*63+:Part];
          top = half ? !quarter && therm_i[c*Thresholds+In8*191] :
              quarter ? therm_i[c*Thresholds+In8*127] : therm_i[c*Thresholds+In7*63];
        end else if (AdcBits == 7) begin
          x[Three-1:0] = therm_i[c*Thresholds+In7*62+:Three];
          quarter = (x[0] & x[1]) | (x[2] & (x[0] | x[1]));
          if (quarter) word[Part-1:0] = therm_i[c*Thresholds+In7*63+:Part];
          top = !quarter && therm_i[c*Thresholds+In7*63];
        end
        x = word[33:31];
        found[5] = AdcBits > 5 && ((x[0] & x[1]) | (x[2] & (x[0] | x[1])));
        x = word[49:47];
        upper = (x[0] & x[1]) | (x[2] & (x[0] | x[1]));
        x = word[17:15];
        lower = (x[0] & x[1]) | (x[2] & (x[0] | x[1]));
        found[4] = AdcBits > 4 && (found[5] ? upper : lower);
        word = found[5] ? {32'd0, word[63:32]} : word;
        y = found[4] ? {word[32] || (top && found[5]), word[31:16]} : word[16:0];
        reached = (y[15:1] & y[14:0]) | (y[16:2] & (y[15:1] | y[14:0]));
        found[3] = AdcBits > 3 && reached[8];
        seven = found[3] ? reached[15:9] : reached[7:1];
        found[2] = AdcBits > 2 && seven[3];
        x = found[2] ? seven[6:4] : seven[2:0];
        found[1] = AdcBits > 1 && x[1];
        found[0] = found[1] ? x[2] : x[0];
        for (s = 0; s < AdcBits; s = s + 1)
          codes_o[c*AdcBits+s] = s == 7 ? half : s == 6 ? quarter : found[s%6];
      end
    end
  end

endmodule

`default_nettype wire
