// SPDX-License-Identifier: MIT OR Apache-2.0
// Crossbar controller: serves the commands of one bank, one activation at a time.
//
//   queue -> prepare (split the mask) -> sense (wordlines, column phases) -> convert (codes,
//   shift-add, offset correction) -> result
//
// For each command accepted on cmd_*, exactly one result is given on psum_*, in the same order. It
// is the sum of the command's rows, element by element, in two's complement. A result waits for
// psum_ready_i. Meanwhile the bank works on the next command until that command's result is
// complete.
//
// With cmd_single_i high, the command has one row, and the low bits of cmd_mask_i hold the row's
// number. The other bits are ignored and are not stored. The result is then narrow (psum_narrow_o
// high): only the low ValueBits bits of each element are valid. With cmd_single_i low, cmd_mask_i
// is a mask. A mask with one row gives the same sum, but takes the mask's path through the bank.
//
// An activation occupies the sensing stage for WordlineCycles, and then for Phases column phases.
// The converters' level sets the number of cycles of a phase (see recross_adc_levels).
`default_nettype none

module recross_bank #(
    parameter integer Rows = 8,
    parameter integer Cols = 8,
    parameter integer CellBits = 2,
    parameter integer Adcs = 4,
    parameter integer Blocks = 1,
    parameter integer Slots = 2,
    parameter integer Dim = 4,
    parameter integer ValueBits = 4,
    parameter integer Slices = 2,
    parameter integer Phases = 2,  // Cols / Adcs
    parameter integer PhasesPerDim = 1,
    parameter integer DimsPerPhase = 2,  // 1 when PhasesPerDim > 1
    parameter integer DimsPerBlock = 4,
    parameter integer AdcBits = 5,
    parameter integer SumBits = 5,
    parameter integer MaxActiveRows = 8,
    parameter integer ReadSplitMax = 1,
    parameter integer WordlineCycles = 1,
    parameter integer CycleBits = 2,  // can hold WordlineCycles + the slowest phase
    parameter integer QueueDepth = 2,
    parameter integer QueueBits = 1,
    parameter integer TagBits = 3,
    parameter integer SlotBits = 1,
    parameter integer RowBits = 4,
    parameter integer PhaseBits = 1,
    parameter integer PsumBits = 7,
    parameter integer AddrBits = 4,
    parameter integer Counters = 1,  // 2: counters of this bank
    parameter integer CountBits = 32
) (
    input  wire                     clk_i,
    input  wire                     rst_ni,
    input  wire                     cmd_valid_i,
    output wire                     cmd_ready_o,
    input  wire [      TagBits-1:0] cmd_tag_i,
    input  wire [     SlotBits-1:0] cmd_slot_i,
    input  wire                     cmd_single_i,
    input  wire [         Rows-1:0] cmd_mask_i,
    output wire                     psum_valid_o,
    input  wire                     psum_ready_i,
    output wire [      TagBits-1:0] psum_tag_o,
    output wire                     psum_narrow_o,
    output wire [ Dim*PsumBits-1:0] psum_data_o,
    input  wire                     prog_en_i,
    input  wire [     AddrBits-1:0] prog_addr_i,
    input  wire [Rows*CellBits-1:0] prog_data_i,
    input  wire                     load_i,
    input  wire [             15:0] index_i,
    input  wire                     count_clear_i,
    input  wire                     count_hold_i,
    input  wire                     count_en_i,
    input  wire [              3:0] count_index_i,
    output wire [    CountBits-1:0] count_o,
    output wire [RowBits+AdcBits+7:0] count_events_o,
    output wire                     busy_o
);

  // --- queue -----------------------------------------------------------------------------------

  wire head_valid;
  wire head_ready;
  wire [TagBits-1:0] head_tag;
  wire [SlotBits-1:0] head_slot;
  wire head_single;
  wire [Rows-1:0] head_mask;
  wire take_mask;  // the command that leaves the queue has a mask

  // Width of a row's number, and of the rest of a mask.
  localparam integer NumberBits = Rows > 2 ? $clog2(Rows) : 1;
  localparam integer WideBits = Rows - NumberBits;

  recross_fifo #(
      .Width(TagBits + SlotBits + 1 + NumberBits),
      .MoreWidth(WideBits),
      .Depth(QueueDepth),
      .AddrBits(QueueBits)
  ) u_queue (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .push_valid_i(cmd_valid_i),
      .push_ready_o(cmd_ready_o),
      .push_data_i({cmd_tag_i, cmd_slot_i, cmd_single_i, cmd_mask_i[NumberBits-1:0]}),
      .push_more_i(!cmd_single_i),
      .push_more_data_i(cmd_mask_i[Rows-1:NumberBits]),
      .pop_valid_o(head_valid),
      .pop_ready_i(head_ready),
      .pop_data_o({head_tag, head_slot, head_single, head_mask[NumberBits-1:0]}),
      .pop_more_i(take_mask),
      .pop_more_data_o(head_mask[Rows-1:NumberBits])
  );

  // --- prepare: one activation ahead of the sensing stage --------------------------------------

  reg prep_valid_q;
  reg prep_first_q;  // first activation of its command
  reg prep_final_q;  // last activation of its command
  reg prep_single_q;  // one row, whose number is in the low bits of the mask
  reg [TagBits-1:0] prep_tag_q;
  reg [SlotBits-1:0] prep_slot_q;
  reg [Rows-1:0] prep_mask_q;
  reg [Rows-1:0] prep_rest_q;
  reg [RowBits-1:0] prep_rows_q;

  localparam [RowBits-1:0] ONE_ROW = 1;

  wire sense_take;  // the sensing stage takes the prepared activation
  wire prep_free = !prep_valid_q || sense_take;
  wire prep_again = prep_valid_q && !prep_final_q;  // the command has more activations
  wire prep_load = prep_free && (prep_again || head_valid);
  assign head_ready = prep_free && !prep_again;
  wire load_single = head_single && !prep_again;
  wire load_mask = prep_load && !load_single;
  assign take_mask = load_mask && !prep_again;

  wire [Rows-1:0] split_take;
  wire [Rows-1:0] split_rest;
  wire [RowBits-1:0] split_rows;
  recross_splitter #(
      .Rows(Rows),
      .RowBits(RowBits),
      .MaxActiveRows(MaxActiveRows),
      .ReadSplitMax(ReadSplitMax)
  ) u_splitter (
      .en_i(load_mask),
      .mask_i(prep_again ? prep_rest_q : head_mask),
      .take_o(split_take),
      .rest_o(split_rest),
      .rows_o(split_rows)
  );

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      prep_valid_q <= 1'b0;
      prep_final_q <= 1'b0;
    end else if (prep_free) begin
      prep_valid_q <= prep_load;
      if (prep_load) prep_final_q <= load_single || split_rest == {Rows{1'b0}};
    end
  end

  always @(posedge clk_i) begin
    if (prep_load) begin
      prep_first_q <= !prep_again;
      prep_single_q <= load_single;
      prep_mask_q[NumberBits-1:0] <=
          load_single ? head_mask[NumberBits-1:0] : split_take[NumberBits-1:0];
      prep_rows_q <= load_single ? ONE_ROW : split_rows;
      if (!prep_again) begin
        prep_tag_q  <= head_tag;
        prep_slot_q <= head_slot;
      end
      if (!load_single) begin
        prep_mask_q[Rows-1:NumberBits] <= split_take[Rows-1:NumberBits];
        prep_rest_q <= split_rest;
      end
    end
  end

  // --- the mode switch -------------------------------------------------------------------------

  wire [AdcBits-1:0] level_limit;
  wire [CycleBits-1:0] level_cycles;
  wire level_read;
  recross_adc_levels #(
      .RowBits(RowBits),
      .AdcBits(AdcBits),
      .CycleBits(CycleBits)
  ) u_levels (
      .rows_i  (prep_rows_q),
      .limit_o (level_limit),
      .cycles_o(level_cycles),
      .read_o  (level_read)
  );

  // --- sense: raise the wordlines, then sample one column phase after the other ----------------

  localparam integer LastPhase = Phases - 1;
  localparam [PhaseBits-1:0] LAST_PHASE = LastPhase[PhaseBits-1:0];
  localparam [CycleBits-1:0] WORDLINE_CYCLES = WordlineCycles[CycleBits-1:0];

  reg sense_valid_q;
  reg sense_first_q;
  reg sense_final_q;
  reg sense_single_q;
  reg sense_read_q;
  reg [TagBits-1:0] sense_tag_q;
  reg [SlotBits-1:0] sense_slot_q;
  reg [Rows-1:0] sense_mask_q;
  reg [RowBits-1:0] sense_rows_q;
  reg [AdcBits-1:0] sense_limit_q;
  reg [CycleBits-1:0] sense_cycles_q;  // cycles of one phase
  reg [CycleBits-1:0] sense_timer_q;  // cycles left in this phase after this one
  reg [PhaseBits-1:0] sense_phase_q;

  wire convert_stall;
  wire phase_due = sense_valid_q && sense_timer_q == {CycleBits{1'b0}};
  wire sample = phase_due && !convert_stall;
  wire sense_done = sample && sense_phase_q == LAST_PHASE;
  assign sense_take = prep_valid_q && (!sense_valid_q || sense_done);

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      sense_valid_q <= 1'b0;
      sense_timer_q <= {CycleBits{1'b0}};
    end else if (sense_take) begin
      sense_valid_q <= 1'b1;
      sense_timer_q <= WORDLINE_CYCLES + level_cycles - 1'b1;
    end else if (sense_valid_q) begin
      if (sense_done) sense_valid_q <= 1'b0;
      if (!phase_due) sense_timer_q <= sense_timer_q - 1'b1;
      else if (sample) sense_timer_q <= sense_cycles_q - 1'b1;
    end
  end

  always @(posedge clk_i) begin
    if (sense_take) begin
      sense_first_q  <= prep_first_q;
      sense_final_q  <= prep_final_q;
      sense_single_q <= prep_single_q;
      sense_read_q   <= level_read;
      sense_tag_q    <= prep_tag_q;
      sense_slot_q   <= prep_slot_q;
      sense_mask_q[NumberBits-1:0] <= prep_mask_q[NumberBits-1:0];
      sense_rows_q   <= prep_rows_q;
      sense_limit_q  <= level_limit;
      sense_cycles_q <= level_cycles;
      sense_phase_q  <= {PhaseBits{1'b0}};
      if (!prep_single_q) sense_mask_q[Rows-1:NumberBits] <= prep_mask_q[Rows-1:NumberBits];
    end else if (sample) begin
      sense_phase_q <= sense_phase_q + 1'b1;
    end
  end

  wire [Blocks*Adcs*SumBits-1:0] sums;
  recross_array #(
      .Rows(Rows),
      .Cols(Cols),
      .CellBits(CellBits),
      .Adcs(Adcs),
      .Blocks(Blocks),
      .Slots(Slots),
      .SlotBits(SlotBits),
      .PhaseBits(PhaseBits),
      .AddrBits(AddrBits),
      .SumBits(SumBits)
  ) u_array (
      .clk_i(clk_i),
      .prog_en_i(prog_en_i),
      .prog_addr_i(prog_addr_i),
      .prog_data_i(prog_data_i),
      .load_i(load_i),
      .index_i(index_i),
      .sense_i(sample),
      .slot_i(sense_slot_q),
      .phase_i(sense_phase_q),
      .single_i(sense_single_q),
      .rows_i(sense_mask_q),
      .sums_o(sums)
  );

  // --- convert: codes, shift-add, offset correction, sum over phases and activations -----------

  reg convert_valid_q;
  reg convert_first_q;
  reg convert_final_q;  // last phase of the last activation, which completes the result
  reg convert_single_q;
  reg [TagBits-1:0] convert_tag_q;
  reg [RowBits-1:0] convert_rows_q;
  reg [AdcBits-1:0] convert_limit_q;

  reg psum_valid_q;
  reg [TagBits-1:0] psum_tag_q;
  reg psum_narrow_q;

  assign convert_stall = convert_valid_q && convert_final_q && psum_valid_q && !psum_ready_i;
  wire convert_fire = convert_valid_q && !convert_stall;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      convert_valid_q <= 1'b0;
      convert_final_q <= 1'b0;
      psum_valid_q <= 1'b0;
    end else begin
      if (!convert_stall) begin
        convert_valid_q <= sample;
        convert_final_q <= sense_done && sense_final_q;
      end
      if (convert_fire && convert_final_q) psum_valid_q <= 1'b1;
      else if (psum_ready_i) psum_valid_q <= 1'b0;
    end
  end

  always @(posedge clk_i) begin
    if (sample) begin
      convert_first_q <= sense_first_q;
      convert_single_q <= sense_single_q;
      convert_tag_q   <= sense_tag_q;
      convert_rows_q  <= sense_rows_q;
      convert_limit_q <= sense_limit_q;
    end
  end

  wire [Blocks*Adcs*AdcBits-1:0] codes;
  recross_converters #(
      .Count  (Blocks * Adcs),
      .SumBits(SumBits),
      .AdcBits(AdcBits)
  ) u_converters (
      .en_i   (convert_valid_q),
      .sums_i (sums),
      .limit_i(convert_limit_q),
      .codes_o(codes)
  );

  recross_partial #(
      .Adcs(Adcs),
      .AdcBits(AdcBits),
      .CellBits(CellBits),
      .Blocks(Blocks),
      .Dim(Dim),
      .ValueBits(ValueBits),
      .Slices(Slices),
      .PhasesPerDim(PhasesPerDim),
      .DimsPerPhase(DimsPerPhase),
      .DimsPerBlock(DimsPerBlock),
      .RowBits(RowBits),
      .PhaseBits(PhaseBits),
      .PsumBits(PsumBits)
  ) u_partial (
      .clk_i(clk_i),
      .sample_i(sample),
      .phase_i(sense_phase_q),
      .valid_i(convert_valid_q),
      .first_i(convert_first_q),
      .final_i(convert_final_q),
      .single_i(convert_single_q),
      .rows_i(convert_rows_q),
      .codes_i(codes),
      .fire_i(convert_fire),
      .data_o(psum_data_o)
  );

  always @(posedge clk_i) begin
    if (convert_fire && convert_final_q) begin
      psum_tag_q <= convert_tag_q;
      psum_narrow_q <= convert_single_q;
    end
  end

  assign psum_valid_o = psum_valid_q;
  assign psum_tag_o   = psum_tag_q;
  assign psum_narrow_o = psum_narrow_q;
  assign busy_o       =
      head_valid || prep_valid_q || sense_valid_q || convert_valid_q || psum_valid_q;

  // --- event counters --------------------------------------------------------------------------

  // From bit 0: command, activation, of a single row, read phase, MAC phase, busy, stalled by the
  // merge, command of one row; then the active rows and the enabled thresholds.
  assign count_events_o = {
    sense_limit_q & {AdcBits{sample}},
    sense_rows_q & {RowBits{sense_done}},
    sense_done && sense_single_q,
    phase_due && convert_stall,
    sense_valid_q,
    sample && !sense_read_q,
    sample && sense_read_q,
    sense_done && sense_rows_q == ONE_ROW,
    sense_done,
    sense_done && sense_final_q
  };

  generate
    if (Counters == 2) begin : gen_counters
      recross_bank_counters #(
          .Sources(1),
          .RowBits(RowBits),
          .AdcBits(AdcBits),
          .CountBits(CountBits)
      ) u_counters (
          .clk_i(clk_i),
          .rst_ni(rst_ni),
          .clear_i(count_clear_i),
          .hold_i(count_hold_i),
          .events_i(count_events_o),
          .count_en_i(count_en_i),
          .count_index_i(count_index_i),
          .count_o(count_o)
      );
    end else begin : gen_no_counters
      wire unused = &{1'b0, count_clear_i, count_hold_i, count_en_i, count_index_i};
      assign count_o = {CountBits{1'b0}};
    end
  endgenerate

endmodule

`default_nettype wire
