// SPDX-License-Identifier: MIT OR Apache-2.0
// Programming port of the engine, and what the banks tell: answers to writes, and errors.
//
// A word accepted on prog_* stays on word_* until its lane's bit of word_taken_i is high; word_en_o has
// the bit of its lane. A word for a lane or a bank that does not exist is dropped.
//
// The banks are asked in turn: scan_bank_o selects a bank of every lane, and answers_i has the lanes'
// answers a cycle later, from recross_lane. An answer to a write is offered on resp_*, and the turn
// stays until it is taken; scan_ack_o then has the bit of its lane. error_o is sticky and names the
// first bank with an error. Bit 1 is also set by a word that is dropped.
//
// tick_o is high once in 2^TickBits cycles.
`default_nettype none

module recross_programming #(
    parameter integer Lanes = 2,
    parameter integer LaneBits = 1,
    parameter integer Banks = 2,
    parameter integer SlotBits = 1,
    parameter integer RowNumberBits = 3,
    parameter integer BankBits = 1,
    parameter integer ProgBits = 16,
    parameter integer ProgAddrBits = 5,
    parameter integer TickBits = 15
) (
    input  wire                                         clk_i,
    input  wire                                         rst_ni,
    input  wire                                         prog_valid_i,
    output wire                                         prog_ready_o,
    input  wire [                         LaneBits-1:0] prog_lane_i,
    input  wire [                         BankBits-1:0] prog_bank_i,
    input  wire [                     ProgAddrBits-1:0] prog_addr_i,
    input  wire [                         ProgBits-1:0] prog_data_i,
    output wire [                            Lanes-1:0] word_en_o,
    input  wire [                            Lanes-1:0] word_taken_i,
    output wire [                         BankBits-1:0] word_bank_o,
    output wire [                     ProgAddrBits-1:0] word_addr_o,
    output wire [                         ProgBits-1:0] word_data_o,
    output wire [                         BankBits-1:0] scan_bank_o,
    output wire [                            Lanes-1:0] scan_ack_o,
    input  wire [Lanes*(4+SlotBits+RowNumberBits)-1:0] answers_i,
    output wire                                         resp_valid_o,
    input  wire                                         resp_ready_i,
    output wire [                         LaneBits-1:0] resp_lane_o,
    output wire [                         BankBits-1:0] resp_bank_o,
    output wire [                         SlotBits-1:0] resp_slot_o,
    output wire [                    RowNumberBits-1:0] resp_row_o,
    output wire                                         resp_fail_o,
    output wire [                                  1:0] error_o,
    output wire [                         LaneBits-1:0] error_lane_o,
    output wire [                         BankBits-1:0] error_bank_o,
    output wire                                         tick_o
);

  generate
    if (LaneBits != (Lanes > 2 ? $clog2(Lanes) : 1)) begin : gen_error_lane
      ERROR_recross_programming_lane_bits_must_number_the_lanes bad ();
    end
    if (BankBits != (Banks > 2 ? $clog2(Banks) : 1)) begin : gen_error_bank
      ERROR_recross_programming_bank_bits_must_number_the_banks bad ();
    end
    if (TickBits < 1 || TickBits > 30) begin : gen_error_tick
      ERROR_recross_programming_tick_bits_are_1_to_30 bad ();
    end
  endgenerate

  // --- programming: a word is held in registers until its bank has taken it ---------------------

  reg [Lanes-1:0] prog_en_q;
  reg [BankBits-1:0] prog_bank_q;
  reg [ProgAddrBits-1:0] prog_addr_q;
  reg [ProgBits-1:0] prog_data_q;
  localparam [Lanes-1:0] ONE_LANE = 1;
  wire prog_free = prog_en_q == {Lanes{1'b0}};
  // A word for a lane or bank that does not exist is taken and dropped.
  wire prog_no_lane;
  wire prog_no_bank;
  assign prog_ready_o = prog_free || word_taken_i != {Lanes{1'b0}};

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) prog_en_q <= {Lanes{1'b0}};
    else if (prog_ready_o)
      prog_en_q <= prog_valid_i && !prog_no_lane && !prog_no_bank ? ONE_LANE << prog_lane_i :
          {Lanes{1'b0}};
  end

  always @(posedge clk_i) begin
    if (prog_valid_i && prog_ready_o) begin
      prog_bank_q  <= prog_bank_i;
      prog_addr_q  <= prog_addr_i;
      prog_data_q  <= prog_data_i;
    end
  end

  assign word_en_o = prog_en_q;
  assign word_bank_o = prog_bank_q;
  assign word_addr_o = prog_addr_q;
  assign word_data_o = prog_data_q;

  // --- answers and errors: the banks are asked in turn, four cycles each -------------------------

  localparam integer LastLane = Lanes - 1;
  localparam integer LastBank = Banks - 1;
  localparam [LaneBits-1:0] LAST_LANE = LastLane[LaneBits-1:0];
  localparam [BankBits-1:0] LAST_BANK = LastBank[BankBits-1:0];
  localparam integer AnswerBits = 4 + SlotBits + RowNumberBits;

  generate
    if (1 << LaneBits > Lanes) begin : gen_few_lanes
      assign prog_no_lane = prog_lane_i > LAST_LANE;
    end else begin : gen_all_lanes
      assign prog_no_lane = 1'b0;
    end
    if (1 << BankBits > Banks) begin : gen_few_banks
      assign prog_no_bank = prog_bank_i > LAST_BANK;
    end else begin : gen_all_banks
      assign prog_no_bank = 1'b0;
    end
  endgenerate

  reg [LaneBits-1:0] turn_lane_q;
  reg [BankBits-1:0] turn_bank_q;
  reg [3:0] turn_q;  // one-hot: a lane's bank is selected, then the lane, then the answer is used
  reg [AnswerBits-1:0] answer_q;
  reg [1:0] error_q;
  reg [LaneBits-1:0] error_lane_q;
  reg [BankBits-1:0] error_bank_q;
  wire turn_use = turn_q[2];
  assign resp_valid_o = turn_use && answer_q[2];
  assign resp_fail_o  = answer_q[3];
  assign resp_slot_o  = answer_q[4+:SlotBits];
  assign resp_row_o   = answer_q[4+SlotBits+:RowNumberBits];
  assign resp_lane_o  = turn_lane_q;
  assign resp_bank_o  = turn_bank_q;
  wire resp_take = resp_valid_o && resp_ready_i;
  assign scan_bank_o = turn_bank_q;
  genvar l;
  generate
    for (l = 0; l < Lanes; l = l + 1) begin : gen_ack
      localparam [LaneBits-1:0] NUMBER = l;
      assign scan_ack_o[l] = resp_take && turn_lane_q == NUMBER;
    end
  endgenerate
  wire turn_stay = resp_valid_o && !resp_ready_i;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      turn_lane_q <= {LaneBits{1'b0}};
      turn_bank_q <= {BankBits{1'b0}};
      turn_q <= 4'b1000;
    end else if (!turn_stay) begin
      turn_q <= {turn_q[2:0], turn_q[3]};
      if (turn_q[3]) begin
        if (turn_bank_q != LAST_BANK) begin
          turn_bank_q <= turn_bank_q + 1'b1;
        end else begin
          turn_bank_q <= {BankBits{1'b0}};
          turn_lane_q <= turn_lane_q == LAST_LANE ? {LaneBits{1'b0}} : turn_lane_q + 1'b1;
        end
      end
    end
  end

  always @(posedge clk_i) begin
    if (turn_q[1]) answer_q <= answers_i[turn_lane_q*AnswerBits+:AnswerBits];
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      error_q <= 2'b00;
      error_lane_q <= {LaneBits{1'b0}};
      error_bank_q <= {BankBits{1'b0}};
    end else if (turn_use && error_q == 2'b00 && answer_q[1:0] != 2'b00) begin
      error_q <= answer_q[1:0];
      error_lane_q <= turn_lane_q;
      error_bank_q <= turn_bank_q;
    end else if (prog_valid_i && prog_ready_o && (prog_no_lane || prog_no_bank) && error_q == 2'b00) begin
      error_q <= 2'b10;
      error_lane_q <= prog_lane_i;
      error_bank_q <= prog_bank_i;
    end
  end
  assign error_o = error_q;
  assign error_lane_o = error_lane_q;
  assign error_bank_o = error_bank_q;

  // The banks measure time in ticks.
  reg [TickBits-1:0] clock_q;
  reg tick_q;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      clock_q <= {TickBits{1'b0}};
      tick_q  <= 1'b0;
    end else begin
      clock_q <= clock_q + 1'b1;
      tick_q  <= clock_q == {TickBits{1'b1}};
    end
  end
  assign tick_o = tick_q;

endmodule

`default_nettype wire
