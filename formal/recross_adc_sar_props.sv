// SPDX-License-Identifier: MIT OR Apache-2.0
// recross_adc_sar: for any sum that is constant in a conversion, a level of n bits gives the code
// min(sum, 2^n - 1) after exactly n cycles; done comes once a conversion and never without a start;
// the codes stay until the next start's cycle is over; each trial code is the sum's upper bits and
// the trial bit.
//
// A start may come at any time, also in a conversion. Assumptions: the level is one of the
// converter's; in a trial, cmp_i compares the sum with dac_o (it is any value otherwise).
`include "assert.svh"
`default_nettype none

module recross_adc_sar_props #(
    parameter integer Count = 2,
    parameter integer AdcBits = 3,
    parameter integer Levels = 2,
    parameter integer LevelBits = 1,
    parameter [Levels*5-1:0] LevelTries = {Levels{AdcBits[4:0]}}
) (
    input wire                         clk_i,
    input wire                         rst_ni,
    input wire                         start_i,
    input wire [        LevelBits-1:0] level_i,
    input wire                         en_i,
    input wire [Count*(AdcBits+1)-1:0] new_i,   // sums of a conversion that begins
    input wire [            Count-1:0] other_i  // decisions while nothing is tried
);

  wire done_o;
  wire cmp_strobe_o;
  wire [Count*AdcBits-1:0] dac_o;
  wire [Count*AdcBits-1:0] codes_o;
  wire [Count-1:0] cmp;

  recross_adc_sar #(
      .Count(Count),
      .AdcBits(AdcBits),
      .Levels(Levels),
      .LevelBits(LevelBits),
      .LevelTries(LevelTries)
  ) dut (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .start_i(start_i),
      .level_i(level_i),
      .done_o(done_o),
      .dac_o(dac_o),
      .cmp_strobe_o(cmp_strobe_o),
      .cmp_i(cmp),
      .en_i(en_i),
      .codes_o(codes_o)
  );

  always @* assume (level_i < Levels);
  initial assume (!rst_ni);

  reg [4:0] left_q;  // trials that are left, with this cycle's
  wire [4:0] left = start_i ? LevelTries[level_i*5+:5] : left_q;
  reg valid_q;  // the codes are those of the conversion that ended last

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      left_q  <= 0;
      valid_q <= 0;
    end else begin
      if (left != 0) left_q <= left - 1'b1;
      if (left == 1) valid_q <= 1'b1;
      else if (start_i) valid_q <= 1'b0;
    end
  end

  // One bit a converter: its trial code and its code are the expected ones; its sum was limited.
  wire [Count-1:0] dac_ok;
  wire [Count-1:0] code_ok;
  wire [Count-1:0] limited;
  genvar c;
  generate
    for (c = 0; c < Count; c = c + 1) begin : gen_converter
      reg [AdcBits:0] sum_q;
      reg [AdcBits-1:0] code_q;  // expected: the sum, limited by the level
      wire [AdcBits:0] sum = start_i ? new_i[c*(AdcBits+1)+:AdcBits+1] : sum_q;
      wire [AdcBits:0] largest = (1 << left) - 1;
      wire [AdcBits-1:0] code = !start_i ? code_q : sum > largest ? largest : sum;
      wire [AdcBits-1:0] dac = dac_o[c*AdcBits+:AdcBits];
      assign cmp[c] = cmp_strobe_o ? sum >= dac : other_i[c];
      always @(posedge clk_i) begin
        sum_q  <= sum;
        code_q <= code;
      end
      assign dac_ok[c]  = dac == ((code >> left << left) | (1 << (left - 1)));
      assign code_ok[c] = codes_o[c*AdcBits+:AdcBits] == code_q;
      assign limited[c] = sum_q != code_q;
    end
  endgenerate

  always @(posedge clk_i) begin
    if (rst_ni) begin
      `RECROSS_ASSERT(done_after_all_bits, done_o == (left == 1));
      `RECROSS_ASSERT(strobe_in_trials, cmp_strobe_o == (left != 0));
      if (left != 0) begin
        `RECROSS_ASSERT(tries_the_next_bit, &dac_ok);
      end
      if (!en_i) begin
        `RECROSS_ASSERT(zero_while_off, codes_o == 0);
      end else if (valid_q) begin
        `RECROSS_ASSERT(codes_are_the_limited_sums, &code_ok);
      end
      cover_limited : cover (valid_q && en_i && limited[0] && codes_o[AdcBits-1:0] == {AdcBits{1'b1}});
      cover_not_limited : cover (valid_q && en_i && !limited[0] && codes_o[AdcBits-1:0] != 0);
      cover_back_to_back : cover (valid_q && start_i && level_i == 0);
      cover_longest : cover (done_o && left_q == 1 || AdcBits == 1);
    end
  end

endmodule

`default_nettype wire
