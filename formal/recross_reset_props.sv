// SPDX-License-Identifier: MIT OR Apache-2.0
// recross_reset: rst_no is low while rst_ni is, goes high with the second clock edge after it, and is
// low for the one cycle after each flush_i; port_rst_no is the same without flushes; run_o is high only if rst_no was high in this cycle and
// the last one, and then always.
//
// Assumed: test_mode_i is constant.
`include "assert.svh"
`default_nettype none

module recross_reset_props (
    input wire clk_i,
    input wire rst_ni,
    input wire flush_i
);

  (* anyconst *) reg test_mode;
  wire rst_no;
  wire port_rst_no;
  wire run_o;
  recross_reset dut (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .test_mode_i(test_mode),
      .flush_i(flush_i),
      .rst_no(rst_no),
      .port_rst_no(port_rst_no),
      .run_o(run_o)
  );

  reg [1:0] edges_q;  // clock edges since rst_ni went high, up to 3
  reg flush_q;
  reg flushed_q;
  reg [1:0] released_q;  // rst_no in the last two cycles, the later one in bit 0
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      edges_q <= 0;
      flush_q <= 1'b0;
      flushed_q <= 1'b0;
      released_q <= 2'b00;
    end else begin
      if (edges_q != 3) edges_q <= edges_q + 1'b1;
      flush_q <= flush_i;
      flushed_q <= flushed_q || flush_q;
      released_q <= {released_q[0], rst_no};
    end
  end

  initial assume (!rst_ni);

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      `RECROSS_ASSERT(low_at_once, !rst_no && !port_rst_no && !run_o);
    end else if (test_mode) begin
      `RECROSS_ASSERT(follows_in_test_mode, rst_no && port_rst_no);
    end else begin
      `RECROSS_ASSERT(released_by_the_clock, rst_no == (edges_q >= 2 && !flush_q));
      `RECROSS_ASSERT(ports_outlive_a_flush, port_rst_no == (edges_q >= 2));
      `RECROSS_ASSERT(runs_a_cycle_later, run_o == (rst_no && released_q[0]));
      `RECROSS_ASSERT(no_run_in_a_flush, !(flush_q && run_o));
      cover_runs_after_a_flush : cover (run_o && released_q == 2'b01 && flushed_q);
      cover_flush_twice : cover (flush_q && released_q == 2'b10);
    end
  end

endmodule

`default_nettype wire
