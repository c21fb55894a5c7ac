// SPDX-License-Identifier: MIT OR Apache-2.0
// Stand-ins for the analog macros that an FPGA can hold: the pins and functions of recross_macro_flash
// and recross_macro_sar in memories and adders. `make fpga` uses them. There are no images: crossbars
// are programmed through the port.
`default_nettype none

// Crossbars: a memory for each row of a block holds its cells at {slot, phase}. A write of a row takes
// as many cycles as there are phases.
module recross_fpga_crossbars #(
    parameter integer Rows = 8,
    parameter integer Cols = 8,
    parameter integer CellBits = 2,
    parameter integer Adcs = 4,
    parameter integer Blocks = 1,
    parameter integer SlotBits = 1,
    parameter integer RowNumberBits = 3,
    parameter integer BlockBits = 1,
    parameter integer PhaseBits = 1,
    parameter integer SumBits = 5
) (
    input  wire                           clk_i,
    input  wire                           wl_single_i,
    input  wire [      RowNumberBits-1:0] wl_row_i,
    input  wire [               Rows-1:0] wl_mask_i,
    input  wire [           SlotBits-1:0] slot_i,
    input  wire [          PhaseBits-1:0] phase_i,
    output reg  [Blocks*Adcs*SumBits-1:0] sums_o,
    input  wire                           prog_req_i,
    input  wire [           SlotBits-1:0] prog_slot_i,
    input  wire [      RowNumberBits-1:0] prog_row_i,
    input  wire [          BlockBits-1:0] prog_block_i,
    input  wire [      Cols*CellBits-1:0] prog_data_i,
    output wire                           prog_busy_o,
    output wire                           prog_done_o
);

  localparam integer Part = Adcs * CellBits;  // bits of a row in one phase
  localparam integer LastPhase = Cols / Adcs - 1;
  localparam [PhaseBits-1:0] LAST_PHASE = LastPhase[PhaseBits-1:0];
  localparam [Rows-1:0] ONE = 1;
  wire [Rows-1:0] wordlines = wl_single_i ? ONE << wl_row_i : wl_mask_i;

  reg busy_q;
  reg [PhaseBits-1:0] phase_q;
  reg [SlotBits-1:0] slot_q;
  reg [RowNumberBits-1:0] row_q;
  reg [BlockBits-1:0] block_q;
  reg [Cols*CellBits-1:0] data_q;
  initial busy_q = 1'b0;
  assign prog_busy_o = busy_q;
  assign prog_done_o = busy_q && phase_q == LAST_PHASE;
  always @(posedge clk_i) begin
    if (prog_req_i) begin
      busy_q <= 1'b1;
      phase_q <= {PhaseBits{1'b0}};
      slot_q <= prog_slot_i;
      row_q <= prog_row_i;
      block_q <= prog_block_i;
      data_q <= prog_data_i;
    end else if (busy_q) begin
      busy_q <= !prog_done_o;
      phase_q <= phase_q + 1'b1;
      data_q <= data_q >> Part;
    end
  end

  wire [Blocks*Rows*Part-1:0] cells;  // of all rows in one phase
  genvar b;
  genvar r;
  generate
    for (b = 0; b < Blocks; b = b + 1) begin : gen_block
      for (r = 0; r < Rows; r = r + 1) begin : gen_row
        reg [Part-1:0] cells_q[0:(1<<(SlotBits+PhaseBits))-1];
        always @(posedge clk_i)
          if (busy_q && block_q == b && row_q == r) cells_q[{slot_q, phase_q}] <= data_q[Part-1:0];
        assign cells[(b*Rows+r)*Part+:Part] =
            wordlines[r] ? cells_q[{slot_i, phase_i}] : {Part{1'b0}};
      end
    end
  endgenerate

  reg [SumBits-1:0] sum;
  integer block;
  integer row;
  integer adc;
  always @* begin
    for (block = 0; block < Blocks; block = block + 1) begin
      for (adc = 0; adc < Adcs; adc = adc + 1) begin
        sum = {SumBits{1'b0}};
        for (row = 0; row < Rows; row = row + 1)
          sum = sum + cells[(block*Rows+row)*Part+adc*CellBits+:CellBits];
        sums_o[(block*Adcs+adc)*SumBits+:SumBits] = sum;
      end
    end
  end

endmodule

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
    parameter [Levels*16-1:0] LevelLimits = {16'd24, 16'd3},
    parameter [Levels*16-1:0] LevelCycles = {16'd2, 16'd1},
    parameter integer WriteCycles = 1
) (
    input  wire clk_i,
    input  wire rst_ni,
    input  wire bias_en_i,
    input  wire [TrimBits-1:0] trim_i,
    input  wire scan_en_i,
    input  wire scan_i,
    output wire scan_o,
    input  wire wl_en_i,
    input  wire wl_single_i,
    input  wire [RowNumberBits-1:0] wl_row_i,
    input  wire [Rows-1:0] wl_mask_i,
    input  wire [SlotBits-1:0] slot_i,
    input  wire [PhaseBits-1:0] phase_i,
    input  wire start_i,
    input  wire [LevelBits-1:0] level_i,
    output wire done_o,
    input  wire [Levels-1:0] cmp_en_i,
    output wire [Blocks*Adcs*((1<<AdcBits)-1)-1:0] therm_o,
    input  wire prog_req_i,
    input  wire [SlotBits-1:0] prog_slot_i,
    input  wire [RowNumberBits-1:0] prog_row_i,
    input  wire [BlockBits-1:0] prog_block_i,
    input  wire [Cols*CellBits-1:0] prog_data_i,
    output wire prog_busy_o,
    output wire prog_done_o,
    output wire prog_fail_o
);

  localparam integer Count = Blocks * Adcs;
  localparam integer SumBits = $clog2(Rows * ((1 << CellBits) - 1) + 1);

  wire [Count*SumBits-1:0] sums;
  assign prog_fail_o = 1'b0;
  recross_fpga_crossbars #(
      .Rows(Rows),
      .Cols(Cols),
      .CellBits(CellBits),
      .Adcs(Adcs),
      .Blocks(Blocks),
      .SlotBits(SlotBits),
      .RowNumberBits(RowNumberBits),
      .BlockBits(BlockBits),
      .PhaseBits(PhaseBits),
      .SumBits(SumBits)
  ) u_crossbars (
      .clk_i(clk_i),
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
      .prog_done_o(prog_done_o)
  );

  reg open_q;
  reg [15:0] left_q;  // cycles of the conversion from this one on
  wire [15:0] cycles = LevelCycles[level_i*16+:16];
  assign done_o = start_i ? cycles == 16'd1 : open_q && left_q == 16'd1;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) open_q <= 1'b0;
    else if (start_i) open_q <= !done_o;
    else if (done_o) open_q <= 1'b0;
  end
  always @(posedge clk_i) left_q <= (start_i ? cycles : left_q) - 16'd1;

  localparam integer Steps = (1 << AdcBits) - 1;
  genvar c;
  genvar t;
  genvar k;
  generate
    for (t = 1; t <= Steps; t = t + 1) begin : gen_threshold
      wire [Levels-1:0] band;  // the bit of cmp_en_i that switches this comparator on
      for (k = 0; k < Levels; k = k + 1) begin : gen_level
        assign band[k] = LevelLimits[k*16+:16] >= t && (k == 0 || LevelLimits[(k>0?k-1 : 0)*16+:16] < t);
      end
      for (c = 0; c < Count; c = c + 1) begin : gen_comparator
        reg reached_q;
        always @(posedge clk_i)
          if (done_o) reached_q <= sums[c*SumBits+:SumBits] >= t && (band & cmp_en_i) != {Levels{1'b0}};
        assign therm_o[c*Steps+t-1] = reached_q;
      end
    end
  endgenerate

  reg scan_q;
  always @(posedge clk_i) if (scan_en_i) scan_q <= scan_i;
  assign scan_o = scan_q;

endmodule

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
    input  wire clk_i,
    input  wire rst_ni,
    input  wire bias_en_i,
    input  wire [TrimBits-1:0] trim_i,
    input  wire scan_en_i,
    input  wire scan_i,
    output wire scan_o,
    input  wire wl_en_i,
    input  wire wl_single_i,
    input  wire [RowNumberBits-1:0] wl_row_i,
    input  wire [Rows-1:0] wl_mask_i,
    input  wire [SlotBits-1:0] slot_i,
    input  wire [PhaseBits-1:0] phase_i,
    input  wire start_i,
    input  wire [LevelBits-1:0] level_i,
    input  wire cmp_strobe_i,
    input  wire [Blocks*Adcs*AdcBits-1:0] dac_i,
    output wire [Blocks*Adcs-1:0] cmp_o,
    input  wire prog_req_i,
    input  wire [SlotBits-1:0] prog_slot_i,
    input  wire [RowNumberBits-1:0] prog_row_i,
    input  wire [BlockBits-1:0] prog_block_i,
    input  wire [Cols*CellBits-1:0] prog_data_i,
    output wire prog_busy_o,
    output wire prog_done_o,
    output wire prog_fail_o
);

  localparam integer Count = Blocks * Adcs;
  localparam integer SumBits = $clog2(Rows * ((1 << CellBits) - 1) + 1);

  wire [Count*SumBits-1:0] sums;
  assign prog_fail_o = 1'b0;
  recross_fpga_crossbars #(
      .Rows(Rows),
      .Cols(Cols),
      .CellBits(CellBits),
      .Adcs(Adcs),
      .Blocks(Blocks),
      .SlotBits(SlotBits),
      .RowNumberBits(RowNumberBits),
      .BlockBits(BlockBits),
      .PhaseBits(PhaseBits),
      .SumBits(SumBits)
  ) u_crossbars (
      .clk_i(clk_i),
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
      .prog_done_o(prog_done_o)
  );

  genvar c;
  generate
    for (c = 0; c < Count; c = c + 1) begin : gen_comparator
      assign cmp_o[c] = sums[c*SumBits+:SumBits] >= dac_i[c*AdcBits+:AdcBits];
    end
  endgenerate

  reg scan_q;
  always @(posedge clk_i) if (scan_en_i) scan_q <= scan_i;
  assign scan_o = scan_q;

endmodule

`default_nettype wire
