// SPDX-License-Identifier: MIT OR Apache-2.0
// Computes the partial sum of a bank's command: shift-add, offset correction, and sum over column
// phases and activations.
//
// sample_i is high when column phase phase_i is sampled. One cycle later valid_i is high, codes_i
// holds the phase's codes, and first_i, final_i, single_i and rows_i describe its activation.
// first_i is high in the command's first activation, and final_i in the last phase of the last
// activation. The codes are accepted when fire_i is high. If final_i is high as well, data_o holds
// the command's sum from the next cycle until the next sum replaces it.
//
// A command of one row (single_i) needs no addition. Each phase writes its codes side by side into
// its own bits of the element, and inverting the element's top bit removes the offset of the binary
// code. The value fits in ValueBits bits, so only the low ValueBits bits of each element of data_o
// change.
`default_nettype none

module recross_partial #(
    parameter integer Adcs = 4,
    parameter integer AdcBits = 5,
    parameter integer CellBits = 2,
    parameter integer Blocks = 1,
    parameter integer Dim = 4,
    parameter integer ValueBits = 4,
    parameter integer Slices = 2,
    parameter integer PhasesPerDim = 1,
    parameter integer DimsPerPhase = 2,  // 1 when PhasesPerDim > 1
    parameter integer DimsPerBlock = 4,
    parameter integer RowBits = 4,
    parameter integer PhaseBits = 1,
    parameter integer PsumBits = 7
) (
    input  wire                           clk_i,
    input  wire                           sample_i,
    input  wire [          PhaseBits-1:0] phase_i,
    input  wire                           valid_i,
    input  wire                           first_i,
    input  wire                           final_i,
    input  wire                           single_i,
    input  wire [            RowBits-1:0] rows_i,
    input  wire [Blocks*Adcs*AdcBits-1:0] codes_i,
    input  wire                           fire_i,
    output wire [       Dim*PsumBits-1:0] data_o
);

  // Position of the phase in the vector. The step selects the elements. If an element takes several
  // phases, the part selects its slices.
  localparam integer Elements = PhasesPerDim == 1 ? DimsPerPhase : 1;
  localparam integer Steps = DimsPerBlock / Elements;
  localparam integer Row = Elements * PsumBits;
  localparam integer Total = Blocks * Steps * Row;

  wire [PhaseBits-1:0] step;
  wire [PhaseBits-1:0] part;
  wire [ValueBits-1:0] field;  // bits of the element that belong to the part
  generate
    if (PhasesPerDim == 1) begin : gen_step
      reg [PhaseBits-1:0] step_q;
      always @(posedge clk_i) if (sample_i) step_q <= phase_i;
      assign step  = step_q;
      assign part  = {PhaseBits{1'b0}};
      assign field = {ValueBits{1'b1}};
    end else begin : gen_parts
      localparam integer LastPart = PhasesPerDim - 1;
      localparam [PhaseBits-1:0] LAST_PART = LastPart[PhaseBits-1:0];
      reg [PhaseBits-1:0] step_q;
      reg [PhaseBits-1:0] part_q;
      always @(posedge clk_i) begin
        if (sample_i) begin
          if (phase_i == {PhaseBits{1'b0}}) begin
            step_q <= {PhaseBits{1'b0}};
            part_q <= {PhaseBits{1'b0}};
          end else if (part_q == LAST_PART) begin
            step_q <= step_q + 1'b1;
            part_q <= {PhaseBits{1'b0}};
          end else begin
            part_q <= part_q + 1'b1;
          end
        end
      end
      localparam integer FieldBits = Adcs * CellBits;
      localparam [ValueBits-1:0] FIELD = {{(ValueBits - FieldBits) {1'b0}}, {FieldBits{1'b1}}};
      assign step  = step_q;
      assign part  = part_q;
      assign field = FIELD << (part_q * FieldBits);
    end
  endgenerate

  wire [Blocks*Row-1:0] values;
  genvar b;
  generate
    for (b = 0; b < Blocks; b = b + 1) begin : gen_block
      recross_shift_add #(
          .Adcs(Adcs),
          .AdcBits(AdcBits),
          .CellBits(CellBits),
          .Slices(Slices),
          .PhasesPerDim(PhasesPerDim),
          .Elements(Elements),
          .PartBits(PhaseBits),
          .PsumBits(PsumBits)
      ) u_shift_add (
          .en_i    (valid_i),
          .wire_i  (single_i),
          .codes_i (codes_i[b*Adcs*AdcBits+:Adcs*AdcBits]),
          .part_i  (part),
          .values_o(values[b*Row+:Row])
      );
    end
  endgenerate

  // The values of a phase are added to the elements of its step. With the first part of an element,
  // the offset of the binary code is subtracted once per activation: active rows * 2^(ValueBits-1).
  // The adders' inputs are zero when there is nothing to add, so that they do not switch.
  wire first_part = part == {PhaseBits{1'b0}};
  wire [PsumBits-1:0] rows_wide = {{(PsumBits - RowBits) {1'b0}}, rows_i};
  wire [31:0] step_wide = {{(32 - PhaseBits) {1'b0}}, step};
  wire in_vector = step_wide < Steps;

  localparam [ValueBits-1:0] TOP_BIT = {1'b1, {(ValueBits - 1) {1'b0}}};

  reg [Total-1:0] total_q;
  reg [Total-1:0] total_d;
  reg [PsumBits-1:0] element;
  reg [PsumBits-1:0] offset;
  reg [PsumBits-1:0] value;
  integer k;
  integer e;
  always @* begin
    total_d = total_q;
    element = {PsumBits{1'b0}};
    offset = {PsumBits{1'b0}};
    value = {PsumBits{1'b0}};
    k = 0;
    e = 0;
    if (valid_i && in_vector) begin
      if (first_part && !single_i) offset = rows_wide << (ValueBits - 1);
      for (k = 0; k < Blocks; k = k + 1) begin
        for (e = 0; e < Elements; e = e + 1) begin
          if (single_i) begin
            element[ValueBits-1:0] = total_q[((k*Steps+step_wide)*Elements+e)*PsumBits+:ValueBits];
            total_d[((k*Steps+step_wide)*Elements+e)*PsumBits+:ValueBits] =
                (element[ValueBits-1:0] & ~field) |
                ((values[(k*Elements+e)*PsumBits+:ValueBits] ^ TOP_BIT) & field);
          end else begin
            element = first_i && first_part ? {PsumBits{1'b0}} :
                total_q[((k*Steps+step_wide)*Elements+e)*PsumBits+:PsumBits];
            value = values[(k*Elements+e)*PsumBits+:PsumBits] & {PsumBits{!single_i}};
            total_d[((k*Steps+step_wide)*Elements+e)*PsumBits+:PsumBits] = element - offset + value;
          end
        end
      end
    end
  end

  localparam [Dim*PsumBits-1:0] LOW = {Dim{{(PsumBits - ValueBits) {1'b0}}, {ValueBits{1'b1}}}};

  reg [Dim*PsumBits-1:0] data_q;
  assign data_o = data_q;
  always @(posedge clk_i) begin
    if (fire_i) begin
      total_q <= total_d;
      if (final_i) begin
        if (single_i) data_q <= (data_q & ~LOW) | (total_d[Dim*PsumBits-1:0] & LOW);
        else data_q <= total_d[Dim*PsumBits-1:0];
      end
    end
  end

endmodule

`default_nettype wire
