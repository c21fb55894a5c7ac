// SPDX-License-Identifier: MIT OR Apache-2.0
// Controller of a bank's successive-approximation converters, which all convert in step.
//
// A conversion begins in the cycle of start_i, with level_i, and tries one bit in each cycle, from
// the highest bit that the level needs. In a cycle with cmp_strobe_o, dac_o holds the trial code of
// each converter, and before the cycle's end cmp_i says for each whether its column sum is at least
// that code. A level of n bits takes n cycles and gives the code min(sum, 2^n - 1); done_o is high in
// the last one, and start_i may come again in the next. The codes are valid from the cycle after
// done_o to the end of the next cycle with start_i. While en_i is low, all codes are zero. No cycle
// acquires the sum: each bitline has its sample-and-hold in the macro, which settles before start_i.
//
// A start_i during a conversion abandons that conversion and begins another.
`default_nettype none

module recross_adc_sar #(
    parameter integer Count = 4,  // converters
    parameter integer AdcBits = 5,  // 1 to 16
    parameter integer Levels = 2,
    parameter integer LevelBits = Levels > 2 ? $clog2(Levels) : 1,
    parameter [Levels*5-1:0] LevelTries = {Levels{AdcBits[4:0]}}  // bits of each level, 1 to AdcBits
) (
    input  wire                     clk_i,
    input  wire                     rst_ni,
    input  wire                     start_i,
    input  wire [    LevelBits-1:0] level_i,
    output wire                     done_o,
    output wire [Count*AdcBits-1:0] dac_o,
    output wire                     cmp_strobe_o,
    input  wire [        Count-1:0] cmp_i,
    input  wire                     en_i,
    output wire [Count*AdcBits-1:0] codes_o
);

  localparam [AdcBits-1:0] ONE = 1;

  generate
    if (AdcBits < 1 || AdcBits > 16) begin : gen_error_bits
      ERROR_recross_adc_sar_has_1_to_16_bits bad ();
    end
    if (Levels < 1 || LevelBits < 1 || LevelBits > 30 || (1 << LevelBits) < Levels) begin : gen_error_levels
      ERROR_recross_adc_sar_level_bits_must_hold_the_levels bad ();
    end
    if (Count < 1) begin : gen_error_count
      ERROR_recross_adc_sar_needs_a_converter bad ();
    end
  endgenerate

  // The first trial bit of each level.
  wire [Levels*AdcBits-1:0] firsts;
  genvar l;
  generate
    for (l = 0; l < Levels; l = l + 1) begin : gen_level
      localparam [4:0] TRIES = LevelTries[l*5+:5];
      if (TRIES < 1 || {27'd0, TRIES} > AdcBits) begin : gen_error_tries
        ERROR_recross_adc_sar_level_tries_1_to_all_bits bad ();
      end
      assign firsts[l*AdcBits+:AdcBits] = ONE << (TRIES - 5'd1);
    end
  endgenerate

  reg [AdcBits-1:0] first;
  integer i;
  always @* begin
    first = firsts[(Levels-1)*AdcBits+:AdcBits];
    for (i = 0; i < Levels - 1; i = i + 1) begin
      if (level_i == i[LevelBits-1:0]) first = firsts[i*AdcBits+:AdcBits];
    end
  end

  // The bit that is tried in this cycle, one-hot. It leaves the register at the lower end when the
  // conversion is done, so zero means that there is none.
  reg [AdcBits-1:0] trial_q;
  wire [AdcBits-1:0] trial = start_i ? first : trial_q;
  wire [AdcBits-1:0] trial_d;
  assign {trial_d, done_o} = {1'b0, trial};
  assign cmp_strobe_o = start_i || trial_q != {AdcBits{1'b0}};

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) trial_q <= {AdcBits{1'b0}};
    else if (cmp_strobe_o) trial_q <= trial_d;
  end

  // Bits that were kept, zero below the trial bit.
  reg  [Count*AdcBits-1:0] codes_q;
  wire [Count*AdcBits-1:0] kept = start_i ? {(Count * AdcBits) {1'b0}} : codes_q;
  assign dac_o   = kept | {Count{trial}};
  assign codes_o = en_i ? codes_q : {(Count * AdcBits) {1'b0}};

  reg [Count*AdcBits-1:0] codes_d;
  integer c;
  always @* begin
    codes_d = kept;
    for (c = 0; c < Count; c = c + 1) begin
      if (cmp_i[c]) codes_d[c*AdcBits+:AdcBits] = dac_o[c*AdcBits+:AdcBits];
    end
  end

  always @(posedge clk_i) if (cmp_strobe_o) codes_q <= codes_d;

endmodule

`default_nettype wire
