// SPDX-License-Identifier: MIT OR Apache-2.0
// recross_partial: after the last phase of a command, data_o holds the sum of its activations, element by
// element, modulo 2^PsumBits; the sum of a command with one row is right in its low ValueBits bits, and
// the other bits of data_o stay. The reference finds the element of a phase by its number. The solver
// picks the element that is compared.
//
// Assumed: phases come in order, and all phases of an activation; the codes of a phase are valid from
// the cycle after `done` and stay until they are accepted, before which no other phase ends; a command of
// one row has one activation with one row, and codes of one cell. Codes and pauses are free.
`include "assert.svh"
`default_nettype none

module recross_partial_props #(
    parameter integer Adcs = 2,
    parameter integer AdcBits = 2,
    parameter integer CellBits = 1,
    parameter integer Blocks = 1,
    parameter integer Dim = 2,
    parameter integer ValueBits = 2,
    parameter integer Slices = 2,
    parameter integer PhasesPerDim = 1,
    parameter integer DimsPerPhase = 1,
    parameter integer DimsPerBlock = 2,
    parameter integer RowBits = 2,
    parameter integer Phases = 2,
    parameter integer PhaseBits = 1,
    parameter integer PsumBits = 3,
    parameter integer OneActivation = 0,
    parameter integer OneRow = 0
) (
    input wire                           clk_i,
    input wire                           rst_ni,
    input wire                           done_i,
    input wire                           single_i,
    input wire                           last_i,    // the activation is the last of its command
    input wire [            RowBits-1:0] rows_i,
    input wire [Blocks*Adcs*AdcBits-1:0] codes_i,
    input wire                           fire_i
);

  localparam integer Number = PhasesPerDim == 1 ? Slices : Adcs;  // codes of an element in a phase

  // --- the bank's stages: an activation, and the phase whose codes are valid ----------------------

  reg [PhaseBits-1:0] phase_q;  // the phase that ends next
  reg first_q;  // of the command's first activation
  reg single_q;
  reg last_q;
  reg [RowBits-1:0] rows_q;
  wire fresh = phase_q == 0;  // an activation begins
  wire single = !fresh ? single_q : first_q && single_i;
  wire last = fresh ? last_i || single || OneActivation != 0 : last_q;
  wire [RowBits-1:0] rows = !fresh ? rows_q : single || OneRow != 0 ? 1 : rows_i;
  wire final_phase = phase_q == Phases - 1;

  reg valid_q;
  reg [PhaseBits-1:0] at_q;
  reg now_first_q;
  reg now_final_q;
  reg now_single_q;
  reg [RowBits-1:0] now_rows_q;
  reg [Blocks*Adcs*AdcBits-1:0] codes_q;
  wire fire = fire_i && valid_q;
  wire done = done_i && (!valid_q || fire);

  reg [Blocks*Adcs*AdcBits-1:0] codes;
  integer k;
  always @* begin
    codes = codes_i;
    if (single) begin
      for (k = 0; k < Blocks * Adcs; k = k + 1) codes[k*AdcBits+:AdcBits] = codes_i[k*AdcBits+:AdcBits] & ((1 << CellBits) - 1);
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      phase_q <= 0;
      first_q <= 1'b1;
      valid_q <= 1'b0;
    end else begin
      if (done) begin
        phase_q <= final_phase ? 0 : phase_q + 1'b1;
        if (final_phase) first_q <= last;
      end
      valid_q <= done || (valid_q && !fire);
    end
  end
  always @(posedge clk_i) begin
    if (done) begin
      single_q <= single;
      last_q <= last;
      rows_q <= rows;
      at_q <= phase_q;
      now_first_q <= first_q;
      now_final_q <= final_phase && last;
      now_single_q <= single;
      now_rows_q <= rows;
      codes_q <= codes;
    end
  end

  wire [Dim*PsumBits-1:0] data_o;
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
      .Phases(Phases),
      .RowBits(RowBits),
      .PhaseBits(PhaseBits),
      .PsumBits(PsumBits),
      .OneActivation(OneActivation),
      .OneRow(OneRow)
  ) dut (
      .clk_i(clk_i),
      .done_i(done),
      .phase_i(phase_q),
      .first_i(now_first_q),
      .final_i(now_final_q),
      .single_i(now_single_q),
      .rows_i(now_rows_q),
      .codes_i(codes_q),
      .fire_i(fire),
      .data_o(data_o)
  );

  // --- reference: one element --------------------------------------------------------------------

  (* anyconst *) reg [7:0] which;
  always @* assume (which < Dim);
  wire [7:0] block = which / DimsPerBlock;
  wire [7:0] inside = which % DimsPerBlock;
  // Its first phase, and its place among the elements of the phase.
  wire [7:0] from = PhasesPerDim == 1 ? inside / DimsPerPhase : inside * PhasesPerDim;
  wire [7:0] place = PhasesPerDim == 1 ? inside % DimsPerPhase : 0;
  wire mine = valid_q && at_q >= from && at_q < from + PhasesPerDim;
  wire [7:0] part = at_q - from;
  wire begins = mine && part == 0;

  reg [PsumBits-1:0] sum_q;
  reg [PsumBits-1:0] sum;
  wire [31:0] base = (block * Adcs + place * Number) * AdcBits;
  integer s;
  always @* begin
    sum = begins && now_first_q ? 0 : sum_q;
    if (mine) begin
      if (part == 0) sum = sum - (now_rows_q << (ValueBits - 1));
      for (s = 0; s < Number; s = s + 1)
        sum = sum + (codes_q[base+s*AdcBits+:AdcBits] << (CellBits * (s + part * Number)));
    end
  end

  wire [PsumBits-1:0] element = data_o[which*PsumBits+:PsumBits];
  wire [PsumBits-1:0] low = (1 << ValueBits) - 1;
  reg [PsumBits-1:0] element_q;
  reg [PsumBits-1:0] wanted_q;
  reg finished_q;
  reg single_sum_q;
  reg started_q;
  reg again_q;  // the sum has more than one activation
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      started_q <= 1'b0;
      finished_q <= 1'b0;
    end else begin
      started_q <= 1'b1;
      finished_q <= fire && now_final_q;
    end
  end
  always @(posedge clk_i) begin
    if (fire) begin
      sum_q <= sum;
      single_sum_q <= now_single_q;
      again_q <= !now_first_q;
    end
    element_q <= element;
    wanted_q <= sum;
  end

  initial assume (!rst_ni);

  always @(posedge clk_i) begin
    if (rst_ni && started_q) begin
      if (!finished_q) begin
        `RECROSS_ASSERT(data_stays, element == element_q);
      end else if (single_sum_q) begin
        `RECROSS_ASSERT(low_bits_of_a_row, ((element ^ wanted_q) & low) == 0);
        `RECROSS_ASSERT(upper_bits_stay, ((element ^ element_q) & ~low) == 0);
      end else begin
        `RECROSS_ASSERT(sum_of_a_mask, element == wanted_q);
      end
      cover_two_activations : cover (finished_q && (OneActivation != 0 || again_q) && which == Dim - 1 && element == 1);
      cover_row_after_mask : cover (finished_q && single_sum_q && element[PsumBits-1] && !element[ValueBits-1]);
    end
  end

endmodule

`default_nettype wire
