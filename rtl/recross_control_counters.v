// SPDX-License-Identifier: MIT OR Apache-2.0
// The control slave's windows of event counters: reads of the bus become requests to the engine, one by
// one.
//
// The two highest bits of an address select a window: 1 to 3 are the counters of the engine, of lanes and
// of banks. Bits 6:3 select a counter, the BankBits bits from 7 on the bank, and the LaneBits bits above
// these the lane. A read with bit 2 low asks the engine for the counter, and gives its low word. The upper
// word of the same value is kept; a read with bit 2 high gives that, and zero if nothing was asked yet.
//
//   rd_*      A read: rd_valid_i with its address, until the cycle with rd_done_o. rd_error_o tells that no
//             counter is there.
//   clear_i   Makes all counters zero.
//   freeze_i  Lets them stand still, once frozen_o tells so.
//
// run_i is low in a flush, which lets the counters start from zero. A request that it drops is made again.
`default_nettype none

module recross_control_counters #(
    parameter integer AddrBits = 14,
    parameter integer Lanes = 2,
    parameter integer LaneBits = 1,
    parameter integer Banks = 2,
    parameter integer BankBits = 1,
    parameter integer CountBits = 32,
    parameter integer EngineCounters = 6,
    parameter integer LaneCounters = 6,
    parameter integer BankCounters = 10
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    input  wire                 run_i,
    input  wire                 clear_i,
    input  wire                 freeze_i,
    output wire                 frozen_o,
    input  wire                 rd_valid_i,
    input  wire [ AddrBits-1:0] rd_addr_i,
    output wire                 rd_done_o,
    output wire [         31:0] rd_data_o,
    output wire                 rd_error_o,
    output wire                 count_valid_o,
    input  wire                 count_ready_i,
    output wire [          1:0] count_kind_o,
    output wire [ LaneBits-1:0] count_lane_o,
    output wire [ BankBits-1:0] count_bank_o,
    output wire [          3:0] count_index_o,
    input  wire                 count_valid_i,
    input  wire [CountBits-1:0] count_data_i
);

  localparam integer LaneLow = 7 + BankBits;
  localparam integer KindLow = LaneLow + LaneBits > 12 ? LaneLow + LaneBits : 12;

  generate
    if (AddrBits != KindLow + 2) begin : gen_bad_address
      ERROR_recross_control_counters_addr_bits_must_hold_the_windows bad ();
    end
    if (CountBits > 63 || EngineCounters > 16 || LaneCounters > 16 || BankCounters > 16)
    begin : gen_bad_counters
      ERROR_recross_control_counters_do_not_fit bad ();
    end
  endgenerate

  // --- the counter of an address -----------------------------------------------------------------

  localparam [16:0] LANES = Lanes[16:0];
  localparam [16:0] BANKS = Banks[16:0];
  localparam [4:0] OF_ENGINE = EngineCounters[4:0];
  localparam [4:0] OF_LANE = LaneCounters[4:0];
  localparam [4:0] OF_BANK = BankCounters[4:0];
  wire [1:0] window = rd_addr_i[AddrBits-1:KindLow];
  wire [3:0] number = rd_addr_i[6:3];
  wire [LaneBits-1:0] lane = rd_addr_i[LaneLow+:LaneBits];
  wire [BankBits-1:0] bank = rd_addr_i[7+:BankBits];
  wire counts = {1'b0, number} < (window == 2'd1 ? OF_ENGINE : window == 2'd2 ? OF_LANE : OF_BANK);
  wire lane_there = {{(17 - LaneBits) {1'b0}}, lane} < LANES;
  wire bank_there = {{(17 - BankBits) {1'b0}}, bank} < BANKS;
  wire no_lane = lane == {LaneBits{1'b0}};
  wire no_bank = bank == {BankBits{1'b0}};
  wire gap;
  generate
    if (KindLow > LaneLow + LaneBits) begin : gen_gap
      assign gap = |rd_addr_i[KindLow-1:LaneLow+LaneBits];
    end else begin : gen_no_gap
      assign gap = 1'b0;
    end
  endgenerate
  wire counter = window != 2'd0 && counts && rd_addr_i[1:0] == 2'b00 && !gap &&
      (window == 2'd1 ? no_lane && no_bank : window == 2'd2 ? lane_there && no_bank :
       lane_there && bank_there);
  wire ask = rd_valid_i && counter && !rd_addr_i[2];

  // --- requests ----------------------------------------------------------------------------------

  // A request to clear or to freeze comes before one to read: what is read later must see it.
  localparam [1:0] IDLE = 2'd0;
  localparam [1:0] REQUEST = 2'd1;
  localparam [1:0] WAIT = 2'd2;
  reg [1:0] state_q;
  reg clear_q;
  reg frozen_q;
  reg [1:0] kind_q;
  reg [3:0] index_q;
  reg [31:0] upper_q;
  wire change = frozen_q != freeze_i;
  wire told = state_q == WAIT && count_valid_i;
  wire told_read = told && kind_q != 2'd3;
  wire [63:0] value = {{(64 - CountBits) {1'b0}}, count_data_i};

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q  <= IDLE;
      clear_q  <= 1'b0;
      frozen_q <= 1'b0;
      kind_q   <= 2'd0;
      index_q  <= 4'd0;
      upper_q  <= 32'd0;
    end else begin
      case (state_q)
        IDLE: begin
          if (clear_q || change || ask) state_q <= REQUEST;
          kind_q  <= clear_q || change ? 2'd3 : window - 1'b1;
          index_q <= clear_q ? 4'd0 : change ? (freeze_i ? 4'd1 : 4'd2) : number;
        end
        REQUEST: if (count_ready_i) state_q <= WAIT;
        // A flush drops the request.
        default: if (told || !run_i) state_q <= IDLE;
      endcase
      // A flush makes the counters zero, too, so a request to clear is not made again.
      clear_q <= clear_i || (clear_q && state_q != IDLE);
      if (!run_i) frozen_q <= 1'b0;
      else if (told && kind_q == 2'd3 && index_q != 4'd0) frozen_q <= index_q == 4'd1;
      if (told_read) upper_q <= value[63:32];
    end
  end

  assign frozen_o = frozen_q;
  assign count_valid_o = state_q == REQUEST;
  assign count_kind_o = kind_q;
  assign count_lane_o = lane;
  assign count_bank_o = bank;
  assign count_index_o = index_q;
  assign rd_done_o = !ask || told_read;
  assign rd_data_o = rd_addr_i[2] ? upper_q : value[31:0];
  assign rd_error_o = !counter;

endmodule

`default_nettype wire
