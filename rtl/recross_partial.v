// SPDX-License-Identifier: MIT OR Apache-2.0
// Computes the partial sum of a bank's command: shift-add, offset correction, and sum over column
// phases and activations.
//
// done_i is high in the last cycle of the conversion of column phase phase_i. From the next cycle on,
// codes_i holds the phase's codes, and first_i, final_i, single_i and rows_i
// describe its activation. first_i is high in the command's first activation, and final_i in the
// last phase of the last activation. The codes are accepted when fire_i is high, into registers, and
// added in the next cycle. If final_i was high as well, data_o holds the command's sum from that cycle
// until the next sum replaces it: in the first cycle as the adders give it, and then from registers.
//
// Phases come in order, so that the vector is a shift register: a phase takes the elements at its
// low end, adds its values, and puts them back at the high end. After an activation each element is
// back in its place.
//
// A command of one row (single_i) needs no addition. Each phase writes its codes side by side into
// its own bits of the element, and inverting the element's top bit removes the offset of the binary
// code. The value fits in ValueBits bits, so only the low ValueBits bits of each element move, and
// only they change in data_o.
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
    parameter integer Phases = 2,
    parameter integer RowBits = 4,
    parameter integer PhaseBits = 1,
    parameter integer PsumBits = 7,
    parameter integer OneActivation = 0,  // first_i is always high
    parameter integer OneRow = 0  // rows_i is always 1
) (
    input  wire                           clk_i,
    input  wire                           done_i,
    input  wire [          PhaseBits-1:0] phase_i,
    input  wire                           first_i,
    input  wire                           final_i,
    input  wire                           single_i,
    input  wire [            RowBits-1:0] rows_i,
    input  wire [Blocks*Adcs*AdcBits-1:0] codes_i,
    input  wire                           fire_i,
    output wire [       Dim*PsumBits-1:0] data_o
);

  generate
    if (Slices != (ValueBits + CellBits - 1) / CellBits) begin : gen_error_slices
      ERROR_recross_partial_slices_must_hold_a_value bad ();
    end
    if (PhasesPerDim != (Slices + Adcs - 1) / Adcs) begin : gen_error_parts
      ERROR_recross_partial_phases_per_dim_must_hold_the_slices bad ();
    end
    if (DimsPerPhase != (PhasesPerDim == 1 ? Adcs / Slices : 1)) begin : gen_error_elements
      ERROR_recross_partial_dims_per_phase_must_be_what_the_converters_hold bad ();
    end
    if (DimsPerBlock < 1 || DimsPerBlock % DimsPerPhase != 0 ||
        DimsPerBlock / DimsPerPhase * PhasesPerDim > Phases) begin : gen_error_block
      ERROR_recross_partial_dims_per_block_must_fit_in_the_phases bad ();
    end
    if (Dim < 1 || Blocks != (Dim + DimsPerBlock - 1) / DimsPerBlock) begin : gen_error_blocks
      ERROR_recross_partial_blocks_must_hold_the_vector bad ();
    end
    if (PhaseBits != (Phases > 2 ? $clog2(Phases) : 1)) begin : gen_error_phase
      ERROR_recross_partial_phase_bits_must_number_the_phases bad ();
    end
    if (PsumBits <= ValueBits || PsumBits <= RowBits) begin : gen_error_psum
      ERROR_recross_partial_psum_bits_must_exceed_value_and_row_bits bad ();
    end
  endgenerate

  // A step is the elements of one phase, or the one element of PhasesPerDim phases.
  localparam integer Elements = PhasesPerDim == 1 ? DimsPerPhase : 1;
  localparam integer Steps = DimsPerBlock / Elements;
  localparam integer Row = Elements * PsumBits;
  localparam integer Column = Steps * Row;  // bits of one block
  localparam integer Total = Blocks * Column;
  localparam integer PartBits = PhasesPerDim > 2 ? $clog2(PhasesPerDim) : 1;

  // Columns may be left over behind the last element. Their phases change nothing.
  localparam integer LeftOver = Phases > Steps * PhasesPerDim ? 1 : 0;
  reg in_vector_q;
  wire [31:0] phase_wide = {{(32 - PhaseBits) {1'b0}}, phase_i};
  always @(posedge clk_i)
    if (done_i) in_vector_q <= LeftOver == 0 || phase_wide < Steps * PhasesPerDim;

  // --- codes that were accepted ------------------------------------------------------------------

  reg add_q;  // there are some
  reg final_q;
  reg first_q;
  reg single_q;
  reg [RowBits-1:0] rows_q;
  reg [Blocks*Adcs*AdcBits-1:0] codes_q;
  always @(posedge clk_i) begin
    add_q   <= fire_i && in_vector_q;
    final_q <= fire_i && final_i;
    first_q <= first_i;
    single_q <= single_i;
    rows_q <= rows_i;
    codes_q <= codes_i;
  end

  // Part of the element that the phase holds.
  wire [PartBits-1:0] part;
  wire [ValueBits-1:0] field;  // bits of the element that belong to the part
  generate
    if (PhasesPerDim == 1) begin : gen_whole
      assign part  = {PartBits{1'b0}};
      assign field = {ValueBits{1'b1}};
    end else begin : gen_parts
      localparam integer LastPart = PhasesPerDim - 1;
      localparam [PartBits-1:0] LAST_PART = LastPart[PartBits-1:0];
      reg [PartBits-1:0] next_q;  // of the phase whose codes are valid
      reg [PartBits-1:0] part_q;
      always @(posedge clk_i) begin
        if (done_i) begin
          if (phase_i == {PhaseBits{1'b0}} || next_q == LAST_PART) next_q <= {PartBits{1'b0}};
          else next_q <= next_q + 1'b1;
        end
        part_q <= next_q;
      end
      localparam integer FieldBits = Adcs * CellBits;
      localparam [ValueBits-1:0] FIELD = {{(ValueBits - FieldBits) {1'b0}}, {FieldBits{1'b1}}};
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
          .PartBits(PartBits),
          .PsumBits(PsumBits)
      ) u_shift_add (
          .en_i    (add_q),
          .wire_i  (single_q),
          .codes_i (codes_q[b*Adcs*AdcBits+:Adcs*AdcBits]),
          .part_i  (part),
          .values_o(values[b*Row+:Row])
      );
    end
  endgenerate

  // With the first part of an element, the offset of the binary code is subtracted once per
  // activation: active rows * 2^(ValueBits-1). The adders' inputs are zero when there is nothing to
  // add, so that they do not switch.
  localparam [PsumBits-1:0] ONE_ROW = 1;
  wire first_part = part == {PartBits{1'b0}};
  wire [PsumBits-1:0] rows = OneRow != 0 ? ONE_ROW : {{(PsumBits - RowBits) {1'b0}}, rows_q};

  localparam [ValueBits-1:0] TOP_BIT = {1'b1, {(ValueBits - 1) {1'b0}}};

  reg [Total-1:0] total_q;
  reg [Blocks*Row-1:0] next;  // what the phase puts at the high end of each block
  reg [Row-1:0] old;
  reg [PsumBits-1:0] element;
  reg [PsumBits-1:0] offset;
  reg [PsumBits-1:0] value;
  integer k;
  integer e;
  always @* begin
    next = {(Blocks * Row) {1'b0}};
    old = {Row{1'b0}};
    element = {PsumBits{1'b0}};
    offset = {PsumBits{1'b0}};
    value = {PsumBits{1'b0}};
    k = 0;
    e = 0;
    if (add_q) begin
      if (first_part && !single_q) offset = {PsumBits{1'b0}} - (rows << (ValueBits - 1));
      for (k = 0; k < Blocks; k = k + 1) begin
        // The first part of an element takes it from the low end; later ones find it at the high
        // end.
        old = first_part ? total_q[k*Column+:Row] : total_q[(k+1)*Column-Row+:Row];
        for (e = 0; e < Elements; e = e + 1) begin
          value = values[(k*Elements+e)*PsumBits+:PsumBits];
          if (single_q) begin
            next[(k*Elements+e)*PsumBits+:ValueBits] = (old[e*PsumBits+:ValueBits] & ~field) |
                ((value[ValueBits-1:0] ^ TOP_BIT) & field);
          end else begin
            element = old[e*PsumBits+:PsumBits];
            if (OneActivation != 0) element = first_part ? offset : element;
            else element = (first_q && first_part ? {PsumBits{1'b0}} : element) + offset;
            value = value & {PsumBits{!single_q}};
            next[(k*Elements+e)*PsumBits+:PsumBits] = element + value;
          end
        end
      end
    end
  end

  localparam [PsumBits-1:0] LOW = {{(PsumBits - ValueBits) {1'b0}}, {ValueBits{1'b1}}};
  localparam [Dim*PsumBits-1:0] LOW_DATA = {Dim{LOW}};
  localparam [Column-1:0] LOW_COLUMN = {(Column / PsumBits) {LOW}};
  localparam [Row-1:0] LOW_ROW = {Elements{LOW}};

  // Bits that keep their value have no multiplexer, so that synthesis finds an enable for them.
  integer n;
  always @(posedge clk_i) begin
    if (add_q) begin
      for (n = 0; n < Blocks; n = n + 1) begin
        if (first_part) begin
          if (single_q)
            total_q[n*Column+:Column] <= (total_q[n*Column+:Column] & ~LOW_COLUMN) |
                ((total_q[n*Column+:Column] >> (Row - 1) >> 1) & LOW_COLUMN);
          else total_q[n*Column+:Column] <= total_q[n*Column+:Column] >> (Row - 1) >> 1;
        end
        if (single_q)
          total_q[(n+1)*Column-Row+:Row] <=
              (total_q[(n+1)*Column-Row+:Row] & ~LOW_ROW) | (next[n*Row+:Row] & LOW_ROW);
        else total_q[(n+1)*Column-Row+:Row] <= next[n*Row+:Row];
      end
    end
  end

  // The vector after the last phase, which moves it if it is the only part of its element, and
  // changes nothing if columns are left over.
  reg [Total-1:0] result;
  integer m;
  always @* begin
    result = total_q;
    m = 0;
    if (LeftOver == 0) begin
      for (m = 0; m < Blocks; m = m + 1) begin
        if (PhasesPerDim == 1)
          result[m*Column+:Column] = total_q[m*Column+:Column] >> (Row - 1) >> 1;
        result[(m+1)*Column-Row+:Row] = next[m*Row+:Row];
      end
    end
  end

  // The high bits of the elements stay while the sum is one row.
  localparam [Dim*PsumBits-1:0] HIGH_DATA = ~LOW_DATA;
  // The last block may have room for more elements than are left.
  generate
    if (Total > Dim * PsumBits) begin : gen_rest
      wire unused = &{1'b0, result[Total-1:Dim*PsumBits]};
    end
  endgenerate

  reg [Dim*PsumBits-1:0] data_q;
  wire final_wide = final_q && !single_q;
  assign data_o = ((final_q ? result[Dim*PsumBits-1:0] : data_q) & LOW_DATA) |
      ((final_wide ? result[Dim*PsumBits-1:0] : data_q) & HIGH_DATA);
  always @(posedge clk_i) if (final_q) data_q <= data_o;

endmodule

`default_nettype wire
