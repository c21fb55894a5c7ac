// SPDX-License-Identifier: MIT OR Apache-2.0
// The analog macro of one bank with SAR converters, as a behavioural model: crossbars, wordline
// drivers, column multiplexer, and the sample-and-hold, capacitor DAC and comparator of each
// converter. Every pin is digital. Synthesis takes recross_macro_sar_stub.v in its place, a black
// box with the same pins.
//
// Wordlines, writing, reset, bias, trim and scan chain are those of recross_macro_flash.
//
// Conversion: start_i is high in the first trial cycle. The columns are acquired before it, during
// the set-up of the wordlines, by a sample-and-hold on each bitline. phase_i is stable to the last
// trial. cmp_strobe_i is high in each trial cycle: dac_i holds a trial code for each converter
// during the whole cycle, and before its end cmp_o is high for each converter whose column sum is
// that code or more. level_i tells the level; how many trials it takes is up to the logic outside.
`default_nettype none

module recross_macro_sar #(
    parameter integer Rows = 8,
    parameter integer Cols = 8,
    parameter integer CellBits = 2,
    parameter integer Adcs = 4,
    parameter integer Blocks = 1,
    parameter integer Slots = 2,
    parameter integer SlotBits = 1,
    parameter integer RowNumberBits = 3,
    parameter integer BlockBits = 1,
    parameter integer PhaseBits = 1,
    parameter integer AdcBits = 5,
    parameter integer LevelBits = 1,
    parameter integer TrimBits = 8,
    parameter integer WriteCycles = 1
) (
    input  wire                           clk_i,
    input  wire                           rst_ni,
    input  wire                           bias_en_i,
    input  wire [           TrimBits-1:0] trim_i,
    input  wire                           scan_en_i,
    input  wire                           scan_i,
    output wire                           scan_o,
    input  wire                           wl_en_i,
    input  wire                           wl_single_i,
    input  wire [      RowNumberBits-1:0] wl_row_i,
    input  wire [               Rows-1:0] wl_mask_i,
    input  wire [           SlotBits-1:0] slot_i,
    input  wire [          PhaseBits-1:0] phase_i,
    input  wire                           start_i,
    input  wire [          LevelBits-1:0] level_i,
    input  wire                           cmp_strobe_i,
    input  wire [Blocks*Adcs*AdcBits-1:0] dac_i,
    output reg  [        Blocks*Adcs-1:0] cmp_o,
    input  wire                           prog_req_i,
    input  wire [           SlotBits-1:0] prog_slot_i,
    input  wire [      RowNumberBits-1:0] prog_row_i,
    input  wire [          BlockBits-1:0] prog_block_i,
    input  wire [      Cols*CellBits-1:0] prog_data_i,
    output wire                           prog_busy_o,
    output wire                           prog_done_o,
    output wire                           prog_fail_o
);

  localparam integer Count = Blocks * Adcs;
  localparam integer SumBits = $clog2(Rows * ((1 << CellBits) - 1) + 1);
  localparam integer Wide = SumBits > AdcBits ? SumBits : AdcBits;

  generate
    if (AdcBits < 1 || AdcBits > 16) begin : gen_error_bits
      ERROR_recross_macro_sar_has_1_to_16_bits bad ();
    end
    if (LevelBits < 1) begin : gen_error_level
      ERROR_recross_macro_sar_level_needs_a_bit bad ();
    end
  endgenerate

  wire silent;
  wire [2:0] extra;
  wire [Count*SumBits-1:0] sums;
  recross_crossbars #(
      .Rows(Rows),
      .Cols(Cols),
      .CellBits(CellBits),
      .Adcs(Adcs),
      .Blocks(Blocks),
      .Slots(Slots),
      .SlotBits(SlotBits),
      .RowNumberBits(RowNumberBits),
      .BlockBits(BlockBits),
      .PhaseBits(PhaseBits),
      .SumBits(SumBits),
      .WriteCycles(WriteCycles)
  ) u_crossbars (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .sense_i(start_i && wl_en_i),
      .start_i(start_i),
      .convert_i(cmp_strobe_i),
      .wl_en_i(wl_en_i),
      .wl_single_i(wl_single_i),
      .wl_row_i(wl_row_i),
      .wl_mask_i(wl_mask_i),
      .slot_i(slot_i),
      .phase_i(phase_i),
      .sums_o(sums),
      .prog_req_i(prog_req_i),
      .prog_slot_i(prog_slot_i),
      .prog_row_i(prog_row_i),
      .prog_block_i(prog_block_i),
      .prog_data_i(prog_data_i),
      .prog_busy_o(prog_busy_o),
      .prog_done_o(prog_done_o),
      .prog_fail_o(prog_fail_o),
      .silent_o(silent),
      .draw_i(1'b0),
      .extra_o(extra)
  );

  reg [Count*SumBits-1:0] held_q;
  always @(posedge clk_i) if (start_i) held_q <= sums;

  reg [Wide-1:0] column;
  reg [Wide-1:0] trial;
  integer c;
  always @* begin
    cmp_o  = {Count{1'b0}};
    column = {Wide{1'b0}};
    trial  = {Wide{1'b0}};
    if (cmp_strobe_i) begin
      for (c = 0; c < Count; c = c + 1) begin
        column[SumBits-1:0] = start_i ? sums[c*SumBits+:SumBits] : held_q[c*SumBits+:SumBits];
        trial[AdcBits-1:0] = dac_i[c*AdcBits+:AdcBits];
        cmp_o[c] = column >= trial;
      end
    end
  end

  reg scan_q;
  always @(posedge clk_i) if (scan_en_i) scan_q <= scan_i;
  assign scan_o = scan_q;
  wire unused = &{1'b0, bias_en_i, trim_i, level_i, silent, extra};

`ifdef RECROSS_ASSERT
  reg strobe_q;
  reg [LevelBits-1:0] level_q;
  reg biased_q;
  always @(posedge clk_i) begin
    level_q  <= level_i;
    biased_q <= bias_en_i;
  end
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) strobe_q <= 1'b0;
    else begin
      strobe_q <= cmp_strobe_i;
      first_trial_with_the_start: assert (cmp_strobe_i || !start_i);
      trials_follow_a_start: assert (!cmp_strobe_i || start_i || strobe_q);
      level_is_stable: assert (!cmp_strobe_i || start_i || level_i == level_q);
      bias_before_wordlines: assert (!wl_en_i || (bias_en_i && biased_q));
    end
  end
`endif

endmodule

`default_nettype wire
