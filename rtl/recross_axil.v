// SPDX-License-Identifier: MIT OR Apache-2.0
// AXI4-Lite slave: takes requests from the bus one by one and gives each to the control logic.
//
//   wr_*  A write, once its address and its data are here, in any order: wr_valid_o with address, data,
//         and wr_full_o if all four bytes are written. All are stable until the cycle with wr_done_i,
//         which ends the write; wr_error_i is then its answer.
//   rd_*  A read: rd_valid_o with its address, until the cycle with rd_done_i; rd_data_i and rd_error_i
//         are then its answer.
//
// Reads and writes are independent. No output depends on an input of the same cycle. From one cycle
// after a reset, and only then, requests are taken.
`default_nettype none

module recross_axil #(
    parameter integer AddrBits = 14
) (
    input  wire                clk_i,
    input  wire                rst_ni,
    input  wire                axil_awvalid_i,
    output wire                axil_awready_o,
    input  wire [AddrBits-1:0] axil_awaddr_i,
    input  wire                axil_wvalid_i,
    output wire                axil_wready_o,
    input  wire [        31:0] axil_wdata_i,
    input  wire [         3:0] axil_wstrb_i,
    output wire                axil_bvalid_o,
    input  wire                axil_bready_i,
    output wire [         1:0] axil_bresp_o,
    input  wire                axil_arvalid_i,
    output wire                axil_arready_o,
    input  wire [AddrBits-1:0] axil_araddr_i,
    output wire                axil_rvalid_o,
    input  wire                axil_rready_i,
    output wire [        31:0] axil_rdata_o,
    output wire [         1:0] axil_rresp_o,
    output wire                wr_valid_o,
    output wire [AddrBits-1:0] wr_addr_o,
    output wire [        31:0] wr_data_o,
    output wire                wr_full_o,
    input  wire                wr_done_i,
    input  wire                wr_error_i,
    output wire                rd_valid_o,
    output wire [AddrBits-1:0] rd_addr_o,
    input  wire                rd_done_i,
    input  wire [        31:0] rd_data_i,
    input  wire                rd_error_i
);

  generate
    if (AddrBits < 1) begin : gen_bad_address
      ERROR_recross_axil_addresses_need_bits bad ();
    end
  endgenerate

  reg up_q;
  reg aw_q;  // an address of a write is here
  reg w_q;  // data of a write are here
  reg b_q;  // an answer to a write is offered
  reg ar_q;  // an address of a read is here
  reg r_q;  // an answer to a read is offered

  assign axil_awready_o = up_q && !aw_q;
  assign axil_wready_o = up_q && !w_q;
  assign axil_arready_o = up_q && !ar_q;
  assign axil_bvalid_o = b_q;
  assign axil_rvalid_o = r_q;
  assign wr_valid_o = aw_q && w_q && !b_q;
  assign rd_valid_o = ar_q && !r_q;
  wire wr_end = wr_valid_o && wr_done_i;
  wire rd_end = rd_valid_o && rd_done_i;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      up_q <= 1'b0;
      aw_q <= 1'b0;
      w_q  <= 1'b0;
      b_q  <= 1'b0;
      ar_q <= 1'b0;
      r_q  <= 1'b0;
    end else begin
      up_q <= 1'b1;
      aw_q <= aw_q ? !wr_end : axil_awvalid_i && up_q;
      w_q  <= w_q ? !wr_end : axil_wvalid_i && up_q;
      b_q  <= b_q ? !axil_bready_i : wr_end;
      ar_q <= ar_q ? !rd_end : axil_arvalid_i && up_q;
      r_q  <= r_q ? !axil_rready_i : rd_end;
    end
  end

  reg [AddrBits-1:0] wr_addr_q;
  reg [31:0] wr_data_q;
  reg wr_full_q;
  reg wr_error_q;
  reg [AddrBits-1:0] rd_addr_q;
  reg [31:0] rd_data_q;
  reg rd_error_q;
  always @(posedge clk_i) begin
    if (!aw_q) wr_addr_q <= axil_awaddr_i;
    if (!w_q) begin
      wr_data_q <= axil_wdata_i;
      wr_full_q <= axil_wstrb_i == 4'hf;
    end
    if (wr_end) wr_error_q <= wr_error_i;
    if (!ar_q) rd_addr_q <= axil_araddr_i;
    if (rd_end) begin
      rd_data_q  <= rd_error_i ? 32'd0 : rd_data_i;
      rd_error_q <= rd_error_i;
    end
  end
  assign wr_addr_o = wr_addr_q;
  assign wr_data_o = wr_data_q;
  assign wr_full_o = wr_full_q;
  assign rd_addr_o = rd_addr_q;
  assign axil_bresp_o = {wr_error_q, 1'b0};
  assign axil_rresp_o = {rd_error_q, 1'b0};
  assign axil_rdata_o = rd_data_q;

endmodule

`default_nettype wire
