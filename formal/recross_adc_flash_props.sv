// SPDX-License-Identifier: MIT OR Apache-2.0
// recross_adc_flash: its codes are those of majorities taken at every comparator, for all words that
// comparators can give; a clean thermometer word gives its number of ones; one wrong bit moves the
// code by at most one; each level enables its comparators and those of the levels below.
//
// The wrapper has no state. Assumption: the level is one of the converter's.
`include "assert.svh"
`default_nettype none

module recross_adc_flash_props #(
    parameter integer Count = 2,
    parameter integer AdcBits = 3,
    parameter integer Levels = 3,
    parameter integer LevelBits = 2
) (
    input wire                              clk_i,
    input wire                              active_i,
    input wire [             LevelBits-1:0] level_i,
    input wire                              done_i,
    input wire [Count*((1<<AdcBits)-1)-1:0] therm_i,
    input wire                              en_i,
    input wire [             AdcBits-1:0] ones_i,  // of a clean thermometer word
    input wire [             AdcBits-1:0] wrong_i  // the bit of it that is wrong
);

  localparam integer Thresholds = (1 << AdcBits) - 1;

  wire [Levels-1:0] cmp_en_o;
  wire done_o;
  wire [Count*AdcBits-1:0] codes_o;

  recross_adc_flash #(
      .Count(Count),
      .AdcBits(AdcBits),
      .Levels(Levels),
      .LevelBits(LevelBits)
  ) dut (
      .active_i(active_i),
      .level_i(level_i),
      .cmp_en_o(cmp_en_o),
      .done_i(done_i),
      .done_o(done_o),
      .therm_i(therm_i),
      .en_i(en_i),
      .codes_o(codes_o)
  );

  // Comparators 0 (always reached) to 2^AdcBits (never) of a clean word.
  wire [Thresholds+1:0] clean;
  wire [Thresholds+1:0] wrong = clean ^ (wrong_i == 0 ? 0 : {{Thresholds + 1{1'b0}}, 1'b1} << wrong_i);
  genvar t;
  generate
    for (t = 0; t <= Thresholds + 1; t = t + 1) begin : gen_clean
      assign clean[t] = t <= ones_i;
    end
  endgenerate

  always @* assume (level_i < Levels);

  wire [Levels-1:0] enables;  // expected
  genvar l;
  generate
    for (l = 0; l < Levels; l = l + 1) begin : gen_level
      assign enables[l] = active_i && level_i >= l;
    end
  endgenerate

  // One bit a converter: the word is clean, or clean with a wrong bit, and what its code must be.
  wire [Count-1:0] is_clean;
  wire [Count-1:0] is_wrong;
  wire [Count-1:0] as_expected;
  wire [Count-1:0] as_ones;
  wire [Count-1:0] near_ones;
  genvar c;
  generate
    for (c = 0; c < Count; c = c + 1) begin : gen_converter
      wire [Thresholds+1:0] word = {1'b0, therm_i[c*Thresholds+:Thresholds], 1'b1};
      wire [AdcBits-1:0] code = codes_o[c*AdcBits+:AdcBits];

      // Majorities everywhere, then a search for the highest one.
      wire [Thresholds:0] reached;
      assign reached[0] = 1'b1;
      for (t = 1; t <= Thresholds; t = t + 1) begin : gen_majority
        wire [1:0] votes = word[t-1] + word[t] + word[t+1];
        assign reached[t] = votes >= 2;
      end
      reg [AdcBits-1:0] expected;
      integer b;
      always @* begin
        expected = 0;
        for (b = AdcBits - 1; b >= 0; b = b - 1) expected[b] = reached[expected+(1<<b)];
      end

      assign is_clean[c] = word == clean;
      assign is_wrong[c] = word == wrong;
      assign as_expected[c] = code == expected;
      assign as_ones[c] = code == ones_i;
      assign near_ones[c] = code + 1 >= ones_i && code <= ones_i + 1;
    end
  endgenerate

  always @(posedge clk_i) begin
    `RECROSS_ASSERT(level_enables, cmp_en_o == enables);
    `RECROSS_ASSERT(done_is_the_macros, done_o == done_i);
    if (!en_i) begin
      `RECROSS_ASSERT(zero_while_off, codes_o == 0);
    end else begin
      `RECROSS_ASSERT(as_majorities_everywhere, &as_expected);
      `RECROSS_ASSERT(counts_a_clean_word, (is_clean & ~as_ones) == 0);
      `RECROSS_ASSERT(one_wrong_bit_moves_by_one, (is_wrong & ~near_ones) == 0);
    end
    cover_highest_level : cover (active_i && cmp_en_o[Levels-1]);
    cover_all_reached : cover (en_i && &is_clean && ones_i == Thresholds && &codes_o);
    cover_moved : cover (en_i && is_wrong[0] && !as_ones[0]);
    cover_not_moved : cover (en_i && is_wrong[0] && wrong_i == ones_i + 3 && as_ones[0] || AdcBits == 1);
    cover_unclean : cover (en_i && !is_clean[0] && !is_wrong[0] && as_ones[0] || AdcBits == 1);
  end

endmodule

`default_nettype wire
