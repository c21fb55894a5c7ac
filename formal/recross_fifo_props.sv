// SPDX-License-Identifier: MIT OR Apache-2.0
// recross_fifo: no word is lost, given twice, changed or overtaken.
//
// The solver picks any word in any run (`pick`). The wrapper remembers it and counts the words in
// front of it. When none is left, the word at the output must be the one that was remembered. A
// count of all words in the queue decides when a word must be accepted and given.
`include "assert.svh"
`default_nettype none

module recross_fifo_props #(
    parameter integer Width = 2,
    parameter integer MoreWidth = 2,
    parameter integer Depth = 4,
    parameter integer AddrBits = 2
) (
    input wire                 clk_i,
    input wire                 rst_ni,
    input wire                 pick,
    input wire                 push_valid_i,
    input wire [    Width-1:0] push_data_i,
    input wire                 push_more_i,
    input wire [MoreWidth-1:0] push_more_data_i,
    input wire                 pop_ready_i,
    input wire                 pop_more_i
);

  wire push_ready_o;
  wire pop_valid_o;
  wire [Width-1:0] pop_data_o;
  wire [MoreWidth-1:0] pop_more_data_o;

  recross_fifo #(
      .Width(Width),
      .MoreWidth(MoreWidth),
      .Depth(Depth),
      .AddrBits(AddrBits)
  ) dut (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .push_valid_i(push_valid_i),
      .push_ready_o(push_ready_o),
      .push_data_i(push_data_i),
      .push_more_i(push_more_i),
      .push_more_data_i(push_more_data_i),
      .pop_valid_o(pop_valid_o),
      .pop_ready_i(pop_ready_i),
      .pop_data_o(pop_data_o),
      .pop_more_i(pop_more_i),
      .pop_more_data_o(pop_more_data_o)
  );

  wire push = push_valid_i && push_ready_o;
  wire pop = pop_valid_o && pop_ready_i;

  reg [AddrBits:0] count_q;  // words in the queue
  reg [AddrBits:0] ahead_q;  // words in front of the picked one
  reg held_q;  // the picked word is in the queue
  reg [Width-1:0] data_q;
  reg more_q;
  reg [MoreWidth-1:0] more_data_q;
  reg was_full_q;
  wire front = held_q && ahead_q == 0;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      count_q <= 0;
      ahead_q <= 0;
      held_q <= 1'b0;
      was_full_q <= 1'b0;
    end else begin
      count_q <= count_q + push - pop;
      if (count_q == Depth) was_full_q <= 1'b1;
      if (held_q) begin
        if (pop && !front) ahead_q <= ahead_q - 1'b1;
        if (pop && front) held_q <= 1'b0;
      end else if (push && pick) begin
        held_q  <= 1'b1;
        ahead_q <= count_q - pop;
      end
    end
  end

  always @(posedge clk_i) begin
    if (push && pick && !held_q) begin
      data_q <= push_data_i;
      more_q <= push_more_i;
      more_data_q <= push_more_data_i;
    end
  end

  initial assume (!rst_ni);

  always @(posedge clk_i) begin
    if (rst_ni) begin
      `RECROSS_ASSERT(accepts_while_not_full, push_ready_o == (count_q != Depth));
      `RECROSS_ASSERT(gives_while_not_empty, pop_valid_o == (count_q != 0));
      if (front) begin
        `RECROSS_ASSERT(gives_the_word, pop_valid_o && pop_data_o == data_q);
        if (pop_more_i && more_q) begin
          `RECROSS_ASSERT(gives_the_second_part, pop_more_data_o == more_data_q);
        end
      end
      if (!pop_more_i) begin
        `RECROSS_ASSERT(second_part_is_zero, pop_more_data_o == 0);
      end
      cover_full_and_empty_again : cover (was_full_q && count_q == 0);
      cover_picked_behind_all : cover (held_q && ahead_q == Depth - 1);
      cover_second_part : cover (front && pop && more_q && pop_more_i && more_data_q != 0);
    end
  end

endmodule

`default_nettype wire
