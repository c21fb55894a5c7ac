// SPDX-License-Identifier: MIT OR Apache-2.0
// recross_counter: the sum of all steps since the last clear, modulo 2^CountBits, in each cycle
// that follows one without a step.
//
// Nothing is assumed: steps and clears come in any order.
`include "assert.svh"
`default_nettype none

module recross_counter_props #(
    parameter integer CountBits = 10,
    parameter integer StepBits = 2
) (
    input wire                clk_i,
    input wire                rst_ni,
    input wire                clear_i,
    input wire [StepBits-1:0] step_i
);

  wire [CountBits-1:0] value_o;
  recross_counter #(
      .CountBits(CountBits),
      .StepBits(StepBits)
  ) dut (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .clear_i(clear_i),
      .step_i(step_i),
      .value_o(value_o)
  );

  // One addition of the whole width.
  localparam integer Wide = StepBits > CountBits ? StepBits : CountBits;
  reg [Wide-1:0] total_q;
  reg still_q;  // the last cycle had no step, or cleared
  reg counted_q;  // a step came before the last clear
  reg cleared_q;
  wire [Wide-1:0] sum = total_q + step_i;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      total_q  <= 0;
      still_q  <= 1'b1;
      counted_q <= 1'b0;
      cleared_q <= 1'b0;
    end else begin
      total_q  <= clear_i ? 0 : sum[CountBits-1:0];
      still_q  <= clear_i || step_i == 0;
      counted_q <= counted_q || step_i != 0;
      cleared_q <= cleared_q || (clear_i && counted_q);
    end
  end

  initial assume (!rst_ni);

  always @(posedge clk_i) begin
    if (rst_ni) begin
      if (still_q) `RECROSS_ASSERT(exact_when_still, value_o == total_q[CountBits-1:0]);
      cover_counted : cover (still_q && value_o > 5 && cleared_q);
    end
  end

endmodule

`default_nettype wire
