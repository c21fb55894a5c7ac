// SPDX-License-Identifier: MIT OR Apache-2.0
// Reset and flush: the engine's reset, and when its streams may move.
//
// rst_no goes low at once with rst_ni, and high with a clock edge, two cycles after rst_ni. In the
// cycle after flush_i it is low for one cycle. port_rst_no is the same without the flush, for what must
// outlive one: the ends of packets that have begun. run_o is high from one cycle after rst_no went
// high: until then, no stream may take an item, and none may begin to give one. With test_mode_i high,
// both resets follow rst_ni without registers, for scan tests.
`default_nettype none

module recross_reset (
    input  wire clk_i,
    input  wire rst_ni,
    input  wire test_mode_i,
    input  wire flush_i,
    output wire rst_no,
    output wire port_rst_no,
    output wire run_o
);

  reg [1:0] sync_q;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) sync_q <= 2'b00;
    else sync_q <= {sync_q[0], 1'b1};
  end

  reg flush_q;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) flush_q <= 1'b0;
    else flush_q <= flush_i;
  end

`ifndef SYNTHESIS
  // A simulator sees edges, not levels: the reset inside starts released, so that the first reset
  // has one and acts before the first clock edge, as a level does.
  initial begin
    sync_q  = 2'b11;
    flush_q = 1'b0;
  end
`endif

  assign port_rst_no = test_mode_i ? rst_ni : sync_q[1];
  assign rst_no = test_mode_i ? rst_ni : sync_q[1] && !flush_q;

  reg run_q;
  always @(posedge clk_i or negedge rst_no) begin
    if (!rst_no) run_q <= 1'b0;
    else run_q <= 1'b1;
  end
  assign run_o = run_q && !flush_q;

endmodule

`default_nettype wire
