// SPDX-License-Identifier: MIT OR Apache-2.0
// The control slave of the configuration `small` with a stand-in for the engine. A row is answered 20
// cycles after its last block, and fails if its number is 0. A counter's value is {kind, lane, bank, index} and
// comes five cycles after the request. tell_* is what the engine tells, in the cycles with tell_valid.
// After a macro that does not answer has been told, no block is taken until a flush.
`default_nettype none

module control_bench #(
    parameter integer Blocks = 1,
    parameter integer ProgBits = 16
) (
    input  wire        clk_i,
    input  wire        rst_ni,
    input  wire        awvalid,
    output wire        awready,
    input  wire [13:0] awaddr,
    input  wire        wvalid,
    output wire        wready,
    input  wire [31:0] wdata,
    input  wire [ 3:0] wstrb,
    output wire        bvalid,
    input  wire        bready,
    output wire [ 1:0] bresp,
    input  wire        arvalid,
    output wire        arready,
    input  wire [13:0] araddr,
    output wire        rvalid,
    input  wire        rready,
    output wire [31:0] rdata,
    output wire [ 1:0] rresp,
    input  wire        tell_valid,
    input  wire [ 1:0] tell_bag,
    input  wire        tell_port,
    input  wire [31:0] tell_id,
    input  wire [ 1:0] tell_error,
    input  wire        tell_lane,
    input  wire        tell_bank,
    input  wire        tell_busy,
    input  wire        tell_flush,
    output wire        block_valid,
    input  wire        block_ready,
    output wire        block_lane,
    output wire        block_bank,
    output wire [ 4:0] block_addr,
    output wire [ProgBits-1:0] block_data,
    output wire        irq,
    output wire        enable,
    output wire [31:0] flushes,
    output wire [31:0] asked
);

  wire flush;
  reg flush_q;
  reg [1:0] error_q;
  reg error_lane_q;
  reg error_bank_q;
  reg [31:0] flushes_q;
  reg [31:0] asked_q;
  wire run = rst_ni && !flush_q;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      flush_q <= 1'b0;
      flushes_q <= 32'd0;
      error_q <= 2'b00;
      error_lane_q <= 1'b0;
      error_bank_q <= 1'b0;
    end else begin
      flush_q <= flush || (tell_valid && tell_flush);
      if (flush) flushes_q <= flushes_q + 1'b1;
      if (tell_valid && error_q == 2'b00) begin
        error_q <= tell_error;
        error_lane_q <= tell_lane;
        error_bank_q <= tell_bank;
      end
      if (flush_q) error_q <= 2'b00;
    end
  end
  assign flushes = flushes_q;
  assign asked = asked_q;

  // Answers, in the order of the rows.
  wire prog_valid;
  wire [4:0] prog_addr;
  wire works = run && !error_q[0];
  wire given = prog_valid && block_ready && works;
  localparam integer LastBlock = Blocks - 1;
  wire last = prog_addr[0] == LastBlock[0];
  assign block_valid = prog_valid && works;
  assign block_addr = prog_addr;
  reg [6:0] wait_q[0:19];
  wire [6:0] answer = wait_q[19];
  integer i;
  always @(posedge clk_i) begin
    for (i = 1; i < 20; i = i + 1) wait_q[i] <= run ? wait_q[i-1] : 7'd0;
    wait_q[0] <= {given && last, block_lane, block_bank, prog_addr[4:1]};
  end
  initial for (i = 0; i < 20; i = i + 1) wait_q[i] = 7'd0;

  wire count_valid;
  wire [1:0] count_kind;
  wire count_lane;
  wire count_bank;
  wire [3:0] count_index;
  reg [4:0] count_q;
  reg [31:0] value_q;
  wire count_ready = run && count_q == 5'd0;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      count_q <= 5'd0;
      asked_q <= 32'd0;
    end else begin
      count_q <= run ? {count_q[3:0], count_valid && count_ready} : 5'd0;
      if (count_valid && count_ready && count_kind == 2'd3)
        asked_q <= asked_q | 32'd1 << count_index;
    end
  end
  always @(posedge clk_i)
    if (count_valid && count_ready)
      value_q <= {16'hab00, 2'b00, count_kind, 3'd0, count_lane, 3'd0, count_bank, count_index};

  recross_control #(
      .Blocks(Blocks),
      .ProgBits(ProgBits)
  ) u_control (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .run_i(run),
      .axil_awvalid_i(awvalid),
      .axil_awready_o(awready),
      .axil_awaddr_i(awaddr),
      .axil_wvalid_i(wvalid),
      .axil_wready_o(wready),
      .axil_wdata_i(wdata),
      .axil_wstrb_i(wstrb),
      .axil_bvalid_o(bvalid),
      .axil_bready_i(bready),
      .axil_bresp_o(bresp),
      .axil_arvalid_i(arvalid),
      .axil_arready_o(arready),
      .axil_araddr_i(araddr),
      .axil_rvalid_o(rvalid),
      .axil_rready_i(rready),
      .axil_rdata_o(rdata),
      .axil_rresp_o(rresp),
      .irq_o(irq),
      .enable_o(enable),
      .flush_o(flush),
      .prog_valid_o(prog_valid),
      .prog_ready_i(block_ready && works),
      .prog_lane_o(block_lane),
      .prog_bank_o(block_bank),
      .prog_addr_o(prog_addr),
      .prog_data_o(block_data),
      .resp_valid_i(answer[6] && run),
      .resp_ready_o(),
      .resp_lane_i(answer[5]),
      .resp_bank_i(answer[4]),
      .resp_slot_i(answer[3]),
      .resp_row_i(answer[2:0]),
      .resp_fail_i(answer[2:0] == 3'd0),
      .count_valid_o(count_valid),
      .count_ready_i(count_ready),
      .count_kind_o(count_kind),
      .count_lane_o(count_lane),
      .count_bank_o(count_bank),
      .count_index_o(count_index),
      .count_valid_i(count_q[4] && run),
      .count_data_i(value_q),
      .error_i(error_q),
      .error_lane_i(error_lane_q),
      .error_bank_i(error_bank_q),
      .bag_error_i(tell_valid ? tell_bag : 2'b00),
      .bag_error_port_i(tell_port),
      .bag_error_id_i(tell_id),
      .idle_i(!(tell_valid && tell_busy))
  );

endmodule

`default_nettype wire
