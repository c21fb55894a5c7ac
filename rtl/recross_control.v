// SPDX-License-Identifier: MIT OR Apache-2.0
// The control slave: registers on AXI4-Lite, between a host and the engine's streams for programming,
// answers and event counters. README.md of a package lists the registers.
//
// The two highest bits of an address select a window: 0 the registers, in its lowest 4 KiB, and 1 to 3
// the event counters: see recross_control_counters.
//
// An access to an address where nothing is, a write to what can only be read, and a write of less than
// four bytes are answered with an error, without effect.
//
// rst_ni is not low in a flush, and run_i is: see recross_reset. A flush drops a row that is not written
// to its end.
`default_nettype none

module recross_control #(
    parameter integer AddrBits = 14,
    parameter integer Lanes = 2,
    parameter integer LaneBits = 1,
    parameter integer PortBits = 1,
    parameter integer Rows = 8,
    parameter integer Blocks = 1,
    parameter integer Slots = 2,
    parameter integer Banks = 2,
    parameter integer SlotBits = 1,
    parameter integer RowNumberBits = 3,
    parameter integer BlockBits = 1,
    parameter integer BankBits = 1,
    parameter integer ProgBits = 16,
    parameter integer ProgAddrBits = 5,
    parameter integer CountBits = 32,
    parameter integer EngineCounters = 6,
    parameter integer LaneCounters = 6,
    parameter integer BankCounters = 10
) (
    input  wire                     clk_i,
    input  wire                     rst_ni,
    input  wire                     run_i,
    input  wire                     axil_awvalid_i,
    output wire                     axil_awready_o,
    input  wire [     AddrBits-1:0] axil_awaddr_i,
    input  wire                     axil_wvalid_i,
    output wire                     axil_wready_o,
    input  wire [             31:0] axil_wdata_i,
    input  wire [              3:0] axil_wstrb_i,
    output wire                     axil_bvalid_o,
    input  wire                     axil_bready_i,
    output wire [              1:0] axil_bresp_o,
    input  wire                     axil_arvalid_i,
    output wire                     axil_arready_o,
    input  wire [     AddrBits-1:0] axil_araddr_i,
    output wire                     axil_rvalid_o,
    input  wire                     axil_rready_i,
    output wire [             31:0] axil_rdata_o,
    output wire [              1:0] axil_rresp_o,
    output wire                     irq_o,
    output wire                     enable_o,
    output wire                     flush_o,
    output wire                     prog_valid_o,
    input  wire                     prog_ready_i,
    output wire [     LaneBits-1:0] prog_lane_o,
    output wire [     BankBits-1:0] prog_bank_o,
    output wire [ ProgAddrBits-1:0] prog_addr_o,
    output wire [     ProgBits-1:0] prog_data_o,
    input  wire                     resp_valid_i,
    output wire                     resp_ready_o,
    input  wire [     LaneBits-1:0] resp_lane_i,
    input  wire [     BankBits-1:0] resp_bank_i,
    input  wire [     SlotBits-1:0] resp_slot_i,
    input  wire [RowNumberBits-1:0] resp_row_i,
    input  wire                     resp_fail_i,
    output wire                     count_valid_o,
    input  wire                     count_ready_i,
    output wire [              1:0] count_kind_o,
    output wire [     LaneBits-1:0] count_lane_o,
    output wire [     BankBits-1:0] count_bank_o,
    output wire [              3:0] count_index_o,
    input  wire                     count_valid_i,
    input  wire [    CountBits-1:0] count_data_i,
    input  wire [              1:0] error_i,
    input  wire [     LaneBits-1:0] error_lane_i,
    input  wire [     BankBits-1:0] error_bank_i,
    input  wire [              1:0] bag_error_i,
    input  wire [     PortBits-1:0] bag_error_port_i,
    input  wire [             31:0] bag_error_id_i,
    input  wire                     idle_i
);

  localparam integer Words = (ProgBits + 31) / 32;  // of a block of a row
  localparam integer WordBits = Words > 2 ? $clog2(Words) : 1;

  generate
    if (ProgAddrBits != SlotBits + RowNumberBits + BlockBits) begin : gen_bad_row
      ERROR_recross_control_prog_addr_bits_must_hold_a_block_s_place bad ();
    end
    if (LaneBits > 15 || BankBits > 15 || SlotBits > 16 || RowNumberBits > 15 || PortBits > 15)
    begin : gen_bad_halves
      ERROR_recross_control_numbers_have_too_many_bits bad ();
    end
  endgenerate

  // --- the bus -----------------------------------------------------------------------------------

  wire wr_valid;
  wire [AddrBits-1:0] wr_addr;
  wire [31:0] wr_data;
  wire wr_full;
  wire wr_done;
  wire wr_error;
  wire rd_valid;
  wire [AddrBits-1:0] rd_addr;
  wire rd_done;
  wire [31:0] rd_data;
  wire rd_error;
  recross_axil #(
      .AddrBits(AddrBits)
  ) u_axil (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .axil_awvalid_i(axil_awvalid_i),
      .axil_awready_o(axil_awready_o),
      .axil_awaddr_i(axil_awaddr_i),
      .axil_wvalid_i(axil_wvalid_i),
      .axil_wready_o(axil_wready_o),
      .axil_wdata_i(axil_wdata_i),
      .axil_wstrb_i(axil_wstrb_i),
      .axil_bvalid_o(axil_bvalid_o),
      .axil_bready_i(axil_bready_i),
      .axil_bresp_o(axil_bresp_o),
      .axil_arvalid_i(axil_arvalid_i),
      .axil_arready_o(axil_arready_o),
      .axil_araddr_i(axil_araddr_i),
      .axil_rvalid_o(axil_rvalid_o),
      .axil_rready_i(axil_rready_i),
      .axil_rdata_o(axil_rdata_o),
      .axil_rresp_o(axil_rresp_o),
      .wr_valid_o(wr_valid),
      .wr_addr_o(wr_addr),
      .wr_data_o(wr_data),
      .wr_full_o(wr_full),
      .wr_done_i(wr_done),
      .wr_error_i(wr_error),
      .rd_valid_o(rd_valid),
      .rd_addr_o(rd_addr),
      .rd_done_i(rd_done),
      .rd_data_i(rd_data),
      .rd_error_i(rd_error)
  );

  // --- registers ---------------------------------------------------------------------------------

  localparam [AddrBits-13:0] REGISTERS = 0;
  wire [31:0] read_word;
  wire read_bad;
  wire freeze;
  wire flush;
  wire reset;
  wire clear_counters;
  wire clear_answers;
  wire [31:0] geometry;
  wire [9:0] events;
  wire events_en;
  wire [9:0] mask;
  wire prog_hold;
  wire image_wrong;
  wire place_refuse;
  wire data_refuse;
  wire image_en;
  wire bank_en;
  wire row_en;
  wire data_en;
  wire prog_busy;
  reg open_q;
  wire frozen;
  reg prog_busy_q;
  reg idle_q;
  reg [1:0] error_q;
  reg [15:0] range_port_q;
  reg [31:0] range_id_q;
  reg [15:0] long_port_q;
  reg [31:0] bank_error_q;
  reg [11:0] refused_at_q;
  reg [15:0] bank_q;
  reg [15:0] lane_q;
  reg [15:0] row_q;
  reg [15:0] slot_q;
  reg [31:0] done_q;
  reg [31:0] failed_q;
  reg [31:0] fail_bank_q;
  reg [31:0] fail_row_q;
  reg [15:0] pending_q;
  wire image_refused;
  wire bank_refused;
  wire row_refused;
  wire data_refused;
  wire row_event = bank_refused || row_refused || data_refused;
  wire answer = resp_valid_i && resp_ready_o;
  wire failed = answer && resp_fail_i;
  recross_registers u_registers (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .clear_i(reset),
      .wr_valid_i(wr_valid),
      .wr_addr_i(wr_addr[11:0]),
      .wr_data_i(wr_data),
      .wr_full_i(wr_full),
      .wr_known_i(wr_addr[AddrBits-1:12] == REGISTERS),
      .wr_done_o(wr_done),
      .wr_error_o(wr_error),
      .hold_i(prog_hold),
      .geometry_o(geometry),
      .control_enable_o(enable_o),
      .control_freeze_o(freeze),
      .command_flush_o(flush),
      .command_reset_o(reset),
      .command_clear_counters_o(clear_counters),
      .command_clear_answers_o(clear_answers),
      .status_idle_i(idle_i),
      .status_prog_busy_i(prog_busy),
      .status_prog_open_i(open_q),
      .status_frozen_i(frozen),
      .events_en_o(events_en),
      .events_id_range_set_i(bag_error_i[0]),
      .events_id_range_o(events[0]),
      .events_bag_long_set_i(bag_error_i[1]),
      .events_bag_long_o(events[1]),
      .events_bank_silent_set_i(error_i[0] && !error_q[0]),
      .events_bank_silent_o(events[2]),
      .events_bank_wrong_set_i(error_i[1] && !error_q[1]),
      .events_bank_wrong_o(events[3]),
      .events_row_failed_set_i(failed),
      .events_row_failed_o(events[4]),
      .events_refused_set_i(row_event),
      .events_refused_o(events[5]),
      .events_image_set_i(image_refused),
      .events_image_o(events[6]),
      .events_prog_done_set_i(prog_busy_q && !prog_busy && run_i),
      .events_prog_done_o(events[8]),
      .events_idle_set_i(idle_i && !idle_q),
      .events_idle_o(events[9]),
      .mask_o(mask),
      .id_range_port_i(range_port_q),
      .id_range_id_i(range_id_q),
      .bag_long_port_i(long_port_q),
      .bank_error_bank_i(bank_error_q[15:0]),
      .bank_error_lane_i(bank_error_q[31:16]),
      .refused_at_i({4'd0, refused_at_q}),
      .prog_image_refuse_i(image_wrong),
      .prog_image_refused_o(image_refused),
      .prog_image_en_o(image_en),
      .prog_bank_refuse_i(place_refuse),
      .prog_bank_refused_o(bank_refused),
      .prog_bank_en_o(bank_en),
      .prog_bank_bank_i(bank_q),
      .prog_bank_lane_i(lane_q),
      .prog_row_refuse_i(place_refuse),
      .prog_row_refused_o(row_refused),
      .prog_row_en_o(row_en),
      .prog_row_row_i(row_q),
      .prog_row_slot_i(slot_q),
      .prog_data_refuse_i(data_refuse),
      .prog_data_refused_o(data_refused),
      .prog_data_en_o(data_en),
      .prog_done_i(done_q),
      .prog_failed_i(failed_q),
      .fail_bank_bank_i(fail_bank_q[15:0]),
      .fail_bank_lane_i(fail_bank_q[31:16]),
      .fail_row_row_i(fail_row_q[15:0]),
      .fail_row_slot_i(fail_row_q[31:16]),
      .prog_pending_i(pending_q),
      .rd_addr_i(rd_addr[11:0]),
      .rd_data_o(read_word),
      .rd_error_o(read_bad)
  );
  assign events[7] = 1'b0;

  reg irq_q;
  reg flush_q;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      irq_q <= 1'b0;
      flush_q <= 1'b0;
      prog_busy_q <= 1'b0;
      idle_q <= 1'b1;
      error_q <= 2'b00;
    end else begin
      irq_q <= (events & mask) != 10'd0;
      flush_q <= flush || reset;
      prog_busy_q <= prog_busy;
      idle_q <= idle_i;
      error_q <= error_i;
    end
  end
  assign irq_o   = irq_q;
  assign flush_o = flush_q;

  // --- the first of each fault -------------------------------------------------------------------

  // An event that is cleared in the cycle of the next fault is set by that fault, which is then its first.
  wire [1:0] kept = events[1:0] & ~(events_en ? wr_data[1:0] : 2'b00);

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      range_port_q <= 16'd0;
      range_id_q   <= 32'd0;
      long_port_q  <= 16'd0;
      bank_error_q <= 32'd0;
      refused_at_q <= 12'd0;
    end else begin
      if (bag_error_i[0] && !kept[0]) begin
        range_port_q <= {{(16 - PortBits) {1'b0}}, bag_error_port_i};
        range_id_q   <= bag_error_id_i;
      end
      if (bag_error_i[1] && !kept[1])
        long_port_q <= {{(16 - PortBits) {1'b0}}, bag_error_port_i};
      if (error_i != 2'b00 && error_q == 2'b00)
        bank_error_q <= {
          {(16 - LaneBits) {1'b0}}, error_lane_i, {(16 - BankBits) {1'b0}}, error_bank_i
        };
      if ((image_refused || row_event) && events[6:5] == 2'b00) refused_at_q <= wr_addr[11:0];
    end
  end

  // --- rows --------------------------------------------------------------------------------------

  localparam [16:0] LANES = Lanes[16:0];
  localparam [16:0] BANKS = Banks[16:0];
  localparam [16:0] SLOTS = Slots[16:0];
  localparam [16:0] ROWS = Rows[16:0];
  localparam integer LastRow = Rows - 1;
  localparam integer LastBlock = Blocks - 1;
  localparam integer LastWord = Words - 1;
  localparam [15:0] LAST_ROW = LastRow[15:0];
  localparam [BlockBits-1:0] LAST_BLOCK = LastBlock[BlockBits-1:0];
  localparam [WordBits-1:0] LAST_WORD = LastWord[WordBits-1:0];
  reg valid_q;  // a block is complete
  reg [BlockBits-1:0] block_q;
  reg [WordBits-1:0] word_q;
  wire begun = word_q != {WordBits{1'b0}} || block_q != {BlockBits{1'b0}};
  wire there = {1'b0, lane_q} < LANES && {1'b0, bank_q} < BANKS && {1'b0, slot_q} < SLOTS &&
      {1'b0, row_q} < ROWS;
  wire given = valid_q && prog_ready_i;
  wire row_given = given && block_q == LAST_BLOCK;

  // Behind a macro that never answers, a block may wait for ever. Once the engine has told an error
  // of a bank (it tells the first only), a write is refused in place of waiting, so that the bus is
  // free for a flush.
  wire blocked = valid_q && error_i != 2'b00;
  assign prog_hold = (valid_q && !blocked) || !run_i || flush_q;
  assign image_wrong = wr_data != geometry && wr_data != 32'd0;
  assign place_refuse = begun || blocked;
  assign data_refuse = !open_q || !there || blocked;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      open_q  <= 1'b0;
      valid_q <= 1'b0;
      block_q <= {BlockBits{1'b0}};
      word_q  <= {WordBits{1'b0}};
      bank_q  <= 16'd0;
      lane_q  <= 16'd0;
      row_q   <= 16'd0;
      slot_q  <= 16'd0;
    end else if (reset) begin
      open_q  <= 1'b0;
      valid_q <= 1'b0;
      block_q <= {BlockBits{1'b0}};
      word_q  <= {WordBits{1'b0}};
      bank_q  <= 16'd0;
      lane_q  <= 16'd0;
      row_q   <= 16'd0;
      slot_q  <= 16'd0;
    end else begin
      if (image_en) open_q <= wr_data != 32'd0;
      else if (image_refused) open_q <= 1'b0;
      if (bank_en) {lane_q, bank_q} <= wr_data;
      if (row_en) {slot_q, row_q} <= wr_data;
      if (data_en) word_q <= word_q == LAST_WORD ? {WordBits{1'b0}} : word_q + 1'b1;
      if (given) begin
        if (block_q != LAST_BLOCK) begin
          block_q <= block_q + 1'b1;
        end else begin
          block_q <= {BlockBits{1'b0}};
          row_q   <= row_q == LAST_ROW ? 16'd0 : row_q + 1'b1;
          if (row_q == LAST_ROW) slot_q <= slot_q + 1'b1;
        end
      end
      valid_q <= valid_q ? !prog_ready_i : data_en && word_q == LAST_WORD;
      if (!run_i || flush_q) begin
        valid_q <= 1'b0;
        block_q <= {BlockBits{1'b0}};
        word_q  <= {WordBits{1'b0}};
      end
    end
  end

  // A block comes from its lowest word on, and each word moves down as the next one comes.
  reg [Words*32-1:0] data_q;
  generate
    if (Words == 1) begin : gen_word
      always @(posedge clk_i) if (data_en) data_q <= wr_data;
    end else begin : gen_words
      always @(posedge clk_i) if (data_en) data_q <= {wr_data, data_q[Words*32-1:32]};
    end
    if (Words * 32 > ProgBits) begin : gen_rest
      wire unused = &{1'b0, data_q[Words*32-1:ProgBits]};
    end
  endgenerate

  assign prog_valid_o = valid_q;
  assign prog_lane_o = lane_q[LaneBits-1:0];
  assign prog_bank_o = bank_q[BankBits-1:0];
  assign prog_addr_o = {slot_q[SlotBits-1:0], row_q[RowNumberBits-1:0], block_q};
  assign prog_data_o = data_q[ProgBits-1:0];
  assign resp_ready_o = 1'b1;
  wire [15:0] resp_slot;
  assign resp_slot[SlotBits-1:0] = resp_slot_i;
  generate
    if (SlotBits < 16) begin : gen_slot
      assign resp_slot[15:SlotBits] = {(16 - SlotBits) {1'b0}};
    end
  endgenerate
  // From a row's first block to its answer.
  assign prog_busy = valid_q || block_q != {BlockBits{1'b0}} || pending_q != 16'd0;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      pending_q <= 16'd0;
      done_q <= 32'd0;
      failed_q <= 32'd0;
      fail_bank_q <= 32'd0;
      fail_row_q <= 32'd0;
    end else begin
      if (!run_i || flush_q) pending_q <= 16'd0;
      else if (row_given && !answer) pending_q <= pending_q + 1'b1;
      else if (answer && !row_given && pending_q != 16'd0) pending_q <= pending_q - 1'b1;
      if (reset) begin
        done_q   <= 32'd0;
        failed_q <= 32'd0;
      end else begin
        // An answer in the cycle in which answers are cleared comes after that.
        if (answer || clear_answers) done_q <= (clear_answers ? 32'd0 : done_q) + {31'd0, answer};
        if (failed || clear_answers) failed_q <= (clear_answers ? 32'd0 : failed_q) + {31'd0, failed};
        if (failed && (clear_answers || failed_q == 32'd0)) begin
          fail_bank_q <= {
            {(16 - LaneBits) {1'b0}}, resp_lane_i, {(16 - BankBits) {1'b0}}, resp_bank_i
          };
          fail_row_q <= {
            resp_slot, {(16 - RowNumberBits) {1'b0}}, resp_row_i
          };
        end
      end
    end
  end

  // --- event counters ----------------------------------------------------------------------------

  wire [31:0] count_word;
  wire count_bad;
  recross_control_counters #(
      .AddrBits(AddrBits),
      .Lanes(Lanes),
      .LaneBits(LaneBits),
      .Banks(Banks),
      .BankBits(BankBits),
      .CountBits(CountBits),
      .EngineCounters(EngineCounters),
      .LaneCounters(LaneCounters),
      .BankCounters(BankCounters)
  ) u_counters (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .run_i(run_i),
      .clear_i(clear_counters),
      .freeze_i(freeze),
      .frozen_o(frozen),
      .rd_valid_i(rd_valid),
      .rd_addr_i(rd_addr),
      .rd_done_o(rd_done),
      .rd_data_o(count_word),
      .rd_error_o(count_bad),
      .count_valid_o(count_valid_o),
      .count_ready_i(count_ready_i),
      .count_kind_o(count_kind_o),
      .count_lane_o(count_lane_o),
      .count_bank_o(count_bank_o),
      .count_index_o(count_index_o),
      .count_valid_i(count_valid_i),
      .count_data_i(count_data_i)
  );

  wire of_register = rd_addr[AddrBits-1:12] == REGISTERS;
  assign rd_data  = of_register ? read_word : count_word;
  assign rd_error = of_register ? read_bad : count_bad;

endmodule

`default_nettype wire
