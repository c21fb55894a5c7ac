// SPDX-License-Identifier: MIT OR Apache-2.0
// The analog macro of one bank with flash converters, as a behavioural model: crossbars, wordline
// drivers, column multiplexer, sample-and-hold and comparators. Every pin is digital. Synthesis
// takes recross_macro_flash_stub.v in its place, a black box with the same pins.
//
// Wordlines: wl_en_i is high while the wordlines of crossbar slot_i are driven: those of wl_mask_i,
// or, with wl_single_i high, the row wl_row_i alone. The rest is stable while wl_en_i is high. Row
// and mask share their low wires, so that each pin that the mode leaves out has to be ignored.
//
// Conversion: start_i is high for one cycle. phase_i, level_i and cmp_en_i are stable from the
// cycle of start_i to the cycle of done_o, the last of the conversion, which may be that of
// start_i. therm_o holds the comparators' outputs from the cycle after done_o to the end of the
// next conversion: bit t-1 of a converter is high if its column sum is t or more. cmp_en_i[k]
// switches on the comparators of the thresholds above the limit of level k-1 and up to that of
// level k; the outputs of the others are low.
//
// Writing: prog_req_i is high for one cycle, in which address and data are valid. prog_busy_o is
// high from the next cycle until the macro can be used again, and prog_done_o for one cycle, with
// prog_fail_o high if the cells do not verify. No conversion and no driven wordline meets a write.
//
// rst_ni ends a conversion without done_o, and nothing may begin while it is low. It does not end a
// write, and the cells keep their
// values. bias_en_i is high at least two cycles before wl_en_i. trim_i and the scan chain serve the
// macro only.
`default_nettype none

module recross_macro_flash #(
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
    parameter integer Levels = 2,
    parameter integer LevelBits = 1,
    parameter integer TrimBits = 8,
    parameter [Levels*16-1:0] LevelLimits = {16'd24, 16'd3},  // the largest code of each level
    parameter [Levels*16-1:0] LevelCycles = {16'd2, 16'd1},  // cycles of a conversion
    parameter integer WriteCycles = 1
) (
    input  wire                                     clk_i,
    input  wire                                     rst_ni,
    input  wire                                     bias_en_i,
    input  wire [                     TrimBits-1:0] trim_i,
    input  wire                                     scan_en_i,
    input  wire                                     scan_i,
    output wire                                     scan_o,
    input  wire                                     wl_en_i,
    input  wire                                     wl_single_i,
    input  wire [                RowNumberBits-1:0] wl_row_i,
    input  wire [                         Rows-1:0] wl_mask_i,
    input  wire [                     SlotBits-1:0] slot_i,
    input  wire [                    PhaseBits-1:0] phase_i,
    input  wire                                     start_i,
    input  wire [                    LevelBits-1:0] level_i,
    output wire                                     done_o,
    input  wire [                       Levels-1:0] cmp_en_i,
    output wire [Blocks*Adcs*((1<<AdcBits)-1)-1:0] therm_o,
    input  wire                                     prog_req_i,
    input  wire [                     SlotBits-1:0] prog_slot_i,
    input  wire [                RowNumberBits-1:0] prog_row_i,
    input  wire [                    BlockBits-1:0] prog_block_i,
    input  wire [                Cols*CellBits-1:0] prog_data_i,
    output wire                                     prog_busy_o,
    output wire                                     prog_done_o,
    output wire                                     prog_fail_o
);

  localparam integer Count = Blocks * Adcs;
  localparam integer Steps = (1 << AdcBits) - 1;
  localparam integer SumBits = $clog2(Rows * ((1 << CellBits) - 1) + 1);

  genvar g;
  generate
    if (AdcBits < 1 || AdcBits > 8) begin : gen_error_bits
      ERROR_recross_macro_flash_has_1_to_8_bits bad ();
    end
    if (Levels < 1 || LevelBits != (Levels > 2 ? $clog2(Levels) : 1)) begin : gen_error_levels
      ERROR_recross_macro_flash_level_bits_must_number_the_levels bad ();
    end
    for (g = 0; g < Levels; g = g + 1) begin : gen_level
      localparam integer Limit = {16'd0, LevelLimits[g*16+:16]};
      localparam integer Before = g > 0 ? {16'd0, LevelLimits[(g>0?g-1 : 0)*16+:16]} : 0;
      if (Limit < 1 || Limit < Before || Limit > Steps) begin : gen_error_limit
        ERROR_recross_macro_flash_level_limits_must_ascend_and_fit_the_converter bad ();
      end
      if (LevelCycles[g*16+:16] == 16'd0) begin : gen_error_cycles
        ERROR_recross_macro_flash_levels_take_a_cycle bad ();
      end
    end
  endgenerate

  // --- conversion --------------------------------------------------------------------------------

  reg open_q;
  reg [15:0] left_q;  // cycles of the conversion from this one on
  wire silent;
  wire [2:0] extra;
  wire [15:0] cycles = LevelCycles[level_i*16+:16] + {13'd0, extra};
  assign done_o = !silent && (start_i ? cycles == 16'd1 : open_q && left_q == 16'd1);

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) open_q <= 1'b0;
    else if (start_i) open_q <= !done_o;
    else if (done_o) open_q <= 1'b0;
  end

  always @(posedge clk_i) begin
    if (start_i) left_q <= cycles - 16'd1;
    else if (open_q && left_q != 16'd1) left_q <= left_q - 16'd1;
  end

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
      .sense_i(done_o && wl_en_i),
      .start_i(start_i),
      .convert_i(start_i || open_q),
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
      .draw_i(start_i),
      .extra_o(extra)
  );

  // Comparators that each bit of cmp_en_i switches on.
  reg [Levels*Steps-1:0] bands_q;
  reg [Steps-1:0] band;
  integer k;
  initial begin
    for (k = 0; k < Levels; k = k + 1) begin
      band = ~({Steps{1'b1}} << LevelLimits[k*16+:16]);
      if (k > 0) band = band & ({Steps{1'b1}} << LevelLimits[(k-1)*16+:16]);
      bands_q[k*Steps+:Steps] = band;
    end
  end

  localparam integer Chunks = (Steps + 63) / 64;  // 64 comparators at a time simulate faster
  integer converters;  // a loop over a variable is not unrolled by Verilator
  initial converters = Count;
  reg [Count*Steps-1:0] therm_q;
  reg [Count*Steps-1:0] therm;
  reg [Chunks*64-1:0] reached;
  reg [31:0] sum;
  reg [Steps-1:0] enabled;
  integer c;
  integer n;
  integer q;
  always @* begin
    enabled = {Steps{1'b0}};
    n = 0;
    if (done_o) begin
      for (n = 0; n < Levels; n = n + 1) if (cmp_en_i[n]) enabled = enabled | bands_q[n*Steps+:Steps];
    end
  end
  wire unused_reached = &{1'b0, reached};
  // What is assigned at once is used in this block only.
  // verilator lint_off BLKSEQ
  always @(posedge clk_i) begin
    if (done_o) begin
      for (c = 0; c < converters; c = c + 1) begin
        sum = {{(32 - SumBits) {1'b0}}, sums[c*SumBits+:SumBits]};
        for (q = 0; q < Chunks; q = q + 1) begin
          if (sum >= q * 64 + 64) reached[q*64+:64] = {64{1'b1}};
          else if (sum <= q * 64) reached[q*64+:64] = 64'd0;
          else reached[q*64+:64] = ~({64{1'b1}} << sum[5:0]);
        end
        therm[c*Steps+:Steps] = reached[Steps-1:0] & enabled;
      end
      therm_q <= therm;
    end
  end
  // verilator lint_on BLKSEQ
  assign therm_o = therm_q;

  // Level and enables are stable during a conversion, and no conversion begins in another.
  reg [LevelBits-1:0] level_q;
  reg [Levels-1:0] cmp_en_q;
  always @(posedge clk_i) begin
    level_q  <= level_i;
    cmp_en_q <= cmp_en_i;
    if (open_q && (start_i || level_i != level_q || cmp_en_i != cmp_en_q)) begin
      $display("recross_macro_flash: start, level or enables change in a conversion");
      $stop;
    end
  end

  // --- test ----------------------------------------------------------------------------------------

  reg scan_q;
  always @(posedge clk_i) if (scan_en_i) scan_q <= scan_i;
  assign scan_o = scan_q;
  wire unused = &{1'b0, bias_en_i, trim_i};

`ifdef RECROSS_ASSERT
  reg biased_q;
  always @(posedge clk_i) biased_q <= bias_en_i;
  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      enables_of_the_level: assert (!(start_i || open_q) || cmp_en_i == ~({Levels{1'b1}} << level_i << 1));
      bias_before_wordlines: assert (!wl_en_i || (bias_en_i && biased_q));
    end
  end
`endif

endmodule

`default_nettype wire
