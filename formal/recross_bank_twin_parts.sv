// SPDX-License-Identifier: MIT OR Apache-2.0
// Stands for the parts of recross_bank that a design's configuration makes, in the proof with two
// banks: a macro that does what trim_i says, so that both banks have the same one, and a mode switch
// of two levels.
//
// Bit 0 of trim_i ends the conversion, bit 1 the write; bit 2 keeps the macro busy after it, bit 3
// makes it fail; the rest are codes. A reset does not end a write. scan_o shows start_i.
`default_nettype none

module recross_adc_levels (
    input  wire [2:0] rows_i,
    output wire       level_o,
    output wire [1:0] limit_o,
    output wire       read_o
);
  assign level_o = rows_i > 1;
  assign limit_o = level_o ? 2'd2 : 2'd1;
  assign read_o  = !level_o;
endmodule

module recross_analog (
    input  wire       clk_i,
    input  wire       rst_ni,
    input  wire       bias_en_i,
    input  wire [7:0] trim_i,
    input  wire       scan_en_i,
    input  wire       scan_i,
    output wire       scan_o,
    input  wire       wl_en_i,
    input  wire       wl_single_i,
    input  wire [1:0] wl_row_i,
    input  wire [3:0] wl_mask_i,
    input  wire       slot_i,
    input  wire       phase_i,
    input  wire       start_i,
    input  wire       open_i,
    input  wire       level_i,
    output wire       done_o,
    input  wire       en_i,
    output wire [3:0] codes_o,
    input  wire       prog_req_i,
    input  wire       prog_slot_i,
    input  wire [1:0] prog_row_i,
    input  wire       prog_block_i,
    input  wire [3:0] prog_data_i,
    output wire       prog_busy_o,
    output wire       prog_done_o,
    output wire       prog_fail_o
);

  assign scan_o  = start_i;
  assign done_o  = trim_i[0];
  assign codes_o = en_i ? trim_i[7:4] : 4'd0;

  // --- writes: a reset does not end them ---------------------------------------------------------

  reg write_q;
  reg settle_q;
  initial begin
    write_q  = 1'b0;
    settle_q = 1'b0;
  end
  assign prog_busy_o = write_q || settle_q;
  assign prog_done_o = write_q && trim_i[1];
  assign prog_fail_o = trim_i[3];
  always @(posedge clk_i) begin
    if (prog_req_i) write_q <= 1'b1;
    else if (prog_done_o) write_q <= 1'b0;
    settle_q <= prog_busy_o && trim_i[2];
  end

endmodule

`default_nettype wire
