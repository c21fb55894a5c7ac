// SPDX-License-Identifier: MIT OR Apache-2.0
// recross_splitter: its parts are disjoint, cover the mask, respect the limits and come lowest rows
// first.
//
// The wrapper applies the splitter to any mask, and then to what was left, until nothing is.
`include "assert.svh"
`default_nettype none

module recross_splitter_props #(
    parameter integer Rows = 8,
    parameter integer RowBits = 4,
    parameter integer MaxActiveRows = 8,
    parameter integer ReadSplitMax = 1
) (
    input wire            clk_i,
    input wire            rst_ni,
    input wire            en_i,
    input wire [Rows-1:0] new_i
);

  reg [Rows-1:0] whole_q;  // the mask that is split
  reg [Rows-1:0] left_q;
  reg [Rows-1:0] taken_q;  // union of the parts so far
  reg [Rows-1:0] parts_q;

  wire [Rows-1:0] take_o;
  wire [Rows-1:0] rest_o;
  wire [RowBits-1:0] rows_o;

  recross_splitter #(
      .Rows(Rows),
      .RowBits(RowBits),
      .MaxActiveRows(MaxActiveRows),
      .ReadSplitMax(ReadSplitMax)
  ) dut (
      .en_i(en_i),
      .mask_i(left_q),
      .take_o(take_o),
      .rest_o(rest_o),
      .rows_o(rows_o)
  );

  // Such a splitter has no rest.
  wire never_splits = MaxActiveRows == Rows && ReadSplitMax == 1;

  integer i;
  reg [15:0] rows_taken;
  reg [15:0] rows_left;
  reg [Rows-1:0] above;  // rows above the lowest one left behind
  always @* begin
    rows_taken = 0;
    rows_left = 0;
    above = 0;
    for (i = 0; i < Rows; i = i + 1) begin
      rows_taken = rows_taken + take_o[i];
      rows_left = rows_left + left_q[i];
      above[i] = |(rest_o & ~({Rows{1'b1}} << i));
    end
  end
  wire [15:0] at_most = rows_left < MaxActiveRows ? rows_left : MaxActiveRows;
  wire [15:0] expected = at_most <= ReadSplitMax ? 16'd1 : at_most;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      whole_q <= 0;
      left_q  <= 0;
      taken_q <= 0;
      parts_q <= 0;
    end else if (left_q == 0) begin
      whole_q <= new_i;
      left_q  <= new_i;
      taken_q <= 0;
      parts_q <= 0;
    end else if (en_i) begin
      left_q  <= rest_o;
      taken_q <= taken_q | take_o;
      parts_q <= parts_q + 1'b1;
    end
  end

  initial assume (!rst_ni);

  always @(posedge clk_i) begin
    if (rst_ni) begin
      `RECROSS_ASSERT(parts_are_disjoint, (taken_q & left_q) == 0);
      `RECROSS_ASSERT(parts_cover_the_mask, (taken_q | left_q) == whole_q);
      if (!en_i) begin
        `RECROSS_ASSERT(takes_nothing_while_off, take_o == 0 && rest_o == (never_splits ? 0 : left_q));
      end
      if (en_i && left_q != 0) begin
        `RECROSS_ASSERT(splits_the_mask, (take_o | rest_o) == left_q && (take_o & rest_o) == 0);
        `RECROSS_ASSERT(takes_as_many_as_the_limits_allow, rows_taken == expected);
        `RECROSS_ASSERT(says_how_many, rows_o == rows_taken);
        `RECROSS_ASSERT(lowest_rows_first, (take_o & above) == 0);
      end
      cover_all_rows : cover (taken_q == {Rows{1'b1}});
      cover_largest_part : cover (en_i && left_q != 0 && rows_taken == (ReadSplitMax >= MaxActiveRows ? 1 : MaxActiveRows));
      cover_single_after_limit : cover (en_i && rows_left == 2 && rows_taken == (ReadSplitMax >= 2 || MaxActiveRows == 1 ? 1 : 2));
    end
  end

endmodule

`default_nettype wire
