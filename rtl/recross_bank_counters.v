// SPDX-License-Identifier: MIT OR Apache-2.0
// Event counters of one bank, or of all banks of a lane together.
//
// events_i has one field of events for each source; a field's layout is that of the assignment below.
// Counters wrap modulo 2^CountBits. They keep their values while hold_i is high. count_o is the
// counter of index count_index_i from the cycle after count_en_i.
`default_nettype none

module recross_bank_counters #(
    parameter integer Sources = 1,
    parameter integer RowBits = 4,
    parameter integer AdcBits = 5,
    parameter integer CountBits = 32
) (
    input  wire                                   clk_i,
    input  wire                                   rst_ni,
    input  wire                                   clear_i,
    input  wire                                   hold_i,
    input  wire [Sources*(RowBits+AdcBits+8)-1:0] events_i,
    input  wire                                   count_en_i,
    input  wire [                            3:0] count_index_i,
    output wire [                  CountBits-1:0] count_o
);

  localparam integer EventBits = RowBits + AdcBits + 8;
  localparam integer SumBits = CountBits + EventBits;  // holds every sum; the upper bits are dropped
  localparam integer Number = 10;

  // Sums of the increments over all sources, in the order of the counters.
  reg [Number*SumBits-1:0] sums;
  reg [EventBits-1:0] field;
  integer s;
  integer n;
  always @* begin
    sums = {(Number * SumBits) {1'b0}};
    for (s = 0; s < Sources; s = s + 1) begin
      field = events_i[s*EventBits+:EventBits];
      for (n = 0; n < 8; n = n + 1) begin
        // Counters 3 and 6 are those that count more than one event.
        sums[(n<3?n : n<5?n+1 : n+2)*SumBits+:SumBits] =
            sums[(n<3?n : n<5?n+1 : n+2)*SumBits+:SumBits] + {{(SumBits - 1) {1'b0}}, field[n]};
      end
      sums[3*SumBits+:SumBits] =
          sums[3*SumBits+:SumBits] + {{(SumBits - RowBits) {1'b0}}, field[8+:RowBits]};
      sums[6*SumBits+:SumBits] =
          sums[6*SumBits+:SumBits] + {{(SumBits - AdcBits) {1'b0}}, field[8+RowBits+:AdcBits]};
    end
  end

  genvar c;
  generate
    for (c = 0; c < Number; c = c + 1) begin : gen_counter
      reg [CountBits-1:0] value_q;
      wire unused = &{1'b0, sums[(c+1)*SumBits-1-:EventBits]};
      always @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) value_q <= {CountBits{1'b0}};
        else if (clear_i) value_q <= {CountBits{1'b0}};
        else if (!hold_i) value_q <= value_q + sums[c*SumBits+:CountBits];
      end
      wire [CountBits-1:0] picked;
      if (c == 0) begin : gen_first
        assign picked = value_q & {CountBits{count_index_i == c}};
      end else begin : gen_next
        assign picked = gen_counter[c-1].picked | (value_q & {CountBits{count_index_i == c}});
      end
    end
  endgenerate

  reg [CountBits-1:0] count_q;
  assign count_o = count_q;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) count_q <= {CountBits{1'b0}};
    else if (count_en_i) count_q <= gen_counter[Number-1].picked;
  end

endmodule

`default_nettype wire
