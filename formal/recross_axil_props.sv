// SPDX-License-Identifier: MIT OR Apache-2.0
// recross_axil: each request is given to the control logic once, as it came, and answered once; offers stay until
// they are taken; nothing is taken in reset.
//
// Nothing is assumed: bus and control logic may do anything in any cycle.
`include "assert.svh"
`default_nettype none

module recross_axil_props #(
    parameter integer AddrBits = 3
) (
    input wire                clk_i,
    input wire                rst_ni,
    input wire                awvalid_i,
    input wire [AddrBits-1:0] awaddr_i,
    input wire                wvalid_i,
    input wire [        31:0] wdata_i,
    input wire [         3:0] wstrb_i,
    input wire                bready_i,
    input wire                arvalid_i,
    input wire [AddrBits-1:0] araddr_i,
    input wire                rready_i,
    input wire                wr_done_i,
    input wire                wr_error_i,
    input wire                rd_done_i,
    input wire [        31:0] rd_data_i,
    input wire                rd_error_i
);

  wire awready, wready, bvalid, arready, rvalid, wr_valid, wr_full, rd_valid;
  wire [1:0] bresp;
  wire [1:0] rresp;
  wire [31:0] rdata;
  wire [31:0] wr_data;
  wire [AddrBits-1:0] wr_addr;
  wire [AddrBits-1:0] rd_addr;
  recross_axil #(
      .AddrBits(AddrBits)
  ) dut (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .axil_awvalid_i(awvalid_i),
      .axil_awready_o(awready),
      .axil_awaddr_i(awaddr_i),
      .axil_wvalid_i(wvalid_i),
      .axil_wready_o(wready),
      .axil_wdata_i(wdata_i),
      .axil_wstrb_i(wstrb_i),
      .axil_bvalid_o(bvalid),
      .axil_bready_i(bready_i),
      .axil_bresp_o(bresp),
      .axil_arvalid_i(arvalid_i),
      .axil_arready_o(arready),
      .axil_araddr_i(araddr_i),
      .axil_rvalid_o(rvalid),
      .axil_rready_i(rready_i),
      .axil_rdata_o(rdata),
      .axil_rresp_o(rresp),
      .wr_valid_o(wr_valid),
      .wr_addr_o(wr_addr),
      .wr_data_o(wr_data),
      .wr_full_o(wr_full),
      .wr_done_i(wr_done_i),
      .wr_error_i(wr_error_i),
      .rd_valid_o(rd_valid),
      .rd_addr_o(rd_addr),
      .rd_done_i(rd_done_i),
      .rd_data_i(rd_data_i),
      .rd_error_i(rd_error_i)
  );

  // What was taken and is not ended, and what was ended and is not answered.
  wire aw = awvalid_i && awready;
  wire w = wvalid_i && wready;
  wire ar = arvalid_i && arready;
  wire wr_end = wr_valid && wr_done_i;
  wire rd_end = rd_valid && rd_done_i;
  reg aw_here_q, w_here_q, ar_here_q, b_due_q, r_due_q, up_q;
  reg [AddrBits-1:0] awaddr_q;
  reg [31:0] wdata_q;
  reg full_q;
  reg [AddrBits-1:0] araddr_q;
  reg wr_error_q;
  reg rd_error_q;
  reg [31:0] rdata_q;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {aw_here_q, w_here_q, ar_here_q, b_due_q, r_due_q, up_q} <= 6'd0;
    end else begin
      up_q <= 1'b1;
      if (aw || wr_end) aw_here_q <= aw;
      if (w || wr_end) w_here_q <= w;
      if (ar || rd_end) ar_here_q <= ar;
      if (wr_end || (bvalid && bready_i)) b_due_q <= wr_end;
      if (rd_end || (rvalid && rready_i)) r_due_q <= rd_end;
    end
  end
  always @(posedge clk_i) begin
    if (aw) awaddr_q <= awaddr_i;
    if (w) {wdata_q, full_q} <= {wdata_i, wstrb_i == 4'b1111};
    if (ar) araddr_q <= araddr_i;
    if (wr_end) wr_error_q <= wr_error_i;
    if (rd_end) {rd_error_q, rdata_q} <= {rd_error_i, rd_error_i ? 32'd0 : rd_data_i};
  end

  initial assume (!rst_ni);
  always @(posedge clk_i) begin
    if (!rst_ni) begin
      `RECROSS_ASSERT(nothing_in_reset, !awready && !wready && !arready && !bvalid && !rvalid && !wr_valid && !rd_valid);
    end else begin
      // Ready exactly while there is room.
      `RECROSS_ASSERT(takes_an_address, awready == (up_q && !aw_here_q));
      `RECROSS_ASSERT(takes_data, wready == (up_q && !w_here_q));
      `RECROSS_ASSERT(takes_a_read, arready == (up_q && !ar_here_q));
      // Given as soon as both halves are here and the answer before is taken.
      `RECROSS_ASSERT(gives_a_write, wr_valid == (aw_here_q && w_here_q && !b_due_q));
      `RECROSS_ASSERT(gives_a_read, rd_valid == (ar_here_q && !r_due_q));
      `RECROSS_ASSERT(the_write, !wr_valid || (wr_addr == awaddr_q && wr_data == wdata_q && wr_full == full_q));
      `RECROSS_ASSERT(the_read, !rd_valid || rd_addr == araddr_q);
      // Answered once, with what the control logic said.
      `RECROSS_ASSERT(answers_a_write, bvalid == b_due_q);
      `RECROSS_ASSERT(answers_a_read, rvalid == r_due_q);
      `RECROSS_ASSERT(the_answer_to_a_write, !bvalid || bresp == {wr_error_q, 1'b0});
      `RECROSS_ASSERT(the_answer_to_a_read, !rvalid || (rresp == {rd_error_q, 1'b0} && rdata == rdata_q));
      cover_write : cover (bvalid && bresp == 2'b00 && aw_here_q && w_here_q);
      cover_read : cover (rvalid && rresp == 2'b10 && ar_here_q);
      cover_data_first : cover (w_here_q && !aw_here_q && ar_here_q);
    end
  end

endmodule

`default_nettype wire
