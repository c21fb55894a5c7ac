// SPDX-License-Identifier: MIT OR Apache-2.0
// Watches a bank: answers of the macro that do not come, or come to nothing; bias.
//
// error_o is sticky. Bit 0: waiting_i stayed high from one tick of tick_i to the next but one. Bit 1:
// stray_i was high. The bias is switched off when the bank has been idle, with active_i low, from one
// tick to the next.
`default_nettype none

module recross_supervisor (
    input  wire       clk_i,
    input  wire       rst_ni,
    input  wire       tick_i,
    input  wire       waiting_i,
    input  wire       stray_i,
    input  wire       active_i,
    output wire [1:0] error_o,
    output wire       bias_en_o
);

  reg late_q;  // a tick has passed since the request
  reg [1:0] error_q;
  assign error_o = error_q;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      late_q  <= 1'b0;
      error_q <= 2'b00;
    end else begin
      late_q <= waiting_i && (late_q || tick_i);
      if (waiting_i && late_q && tick_i) error_q[0] <= 1'b1;
      if (stray_i) error_q[1] <= 1'b1;
    end
  end

  reg bias_q;
  reg quiet_q;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      bias_q  <= 1'b0;
      quiet_q <= 1'b0;
    end else if (active_i) begin
      bias_q  <= 1'b1;
      quiet_q <= 1'b0;
    end else if (tick_i) begin
      quiet_q <= 1'b1;
      if (quiet_q) bias_q <= 1'b0;
    end
  end
  assign bias_en_o = bias_q;

endmodule

`default_nettype wire
