// SPDX-License-Identifier: MIT OR Apache-2.0
// A lane's banks, and the selection of one of them for each purpose.
//
// A command goes to the bank whose bit of cmd_valid_i is set; that bit is set only if the bank's
// cmd_ready_o is high. The result of the bank whose bit of psum_ready_i is set is on picked_*; at most
// one is. The upper bits of the elements of a narrow result are zero there. scan_bank_i selects the bank
// whose answer to a write, and whose errors, are on answer_o one cycle later. A word to be written stays
// on prog_* until prog_taken_o. events_o and count_o are those of recross_bank, count_o that of bank
// count_bank_i.
`default_nettype none

module recross_banks #(
    parameter integer Rows = 8,
    parameter integer Cols = 8,
    parameter integer CellBits = 2,
    parameter integer Adcs = 4,
    parameter integer Blocks = 1,
    parameter integer Banks = 2,
    parameter integer BankBits = 1,
    parameter integer Dim = 4,
    parameter integer ValueBits = 4,
    parameter integer Slices = 2,
    parameter integer Phases = 2,
    parameter integer PhasesPerDim = 1,
    parameter integer DimsPerPhase = 2,
    parameter integer DimsPerBlock = 4,
    parameter integer AdcBits = 5,
    parameter integer AdcLevelBits = 1,
    parameter integer MaxActiveRows = 8,
    parameter integer ReadSplitMax = 1,
    parameter integer WordlineCycles = 1,
    parameter integer QueueDepth = 2,
    parameter integer QueueBits = 1,
    parameter integer SlotBits = 1,
    parameter integer RowNumberBits = 3,
    parameter integer BlockBits = 1,
    parameter integer RowBits = 4,
    parameter integer PhaseBits = 1,
    parameter integer PsumBits = 7,
    parameter integer TagBits = 2,
    parameter integer ProgBits = 16,
    parameter integer ProgAddrBits = 5,
    parameter integer TrimBits = 8,
    parameter integer Counters = 1,
    parameter integer CountBits = 32,
    parameter integer StepBits = RowBits > AdcBits ? RowBits : AdcBits  // not to be overridden
) (
    input  wire                               clk_i,
    input  wire                               rst_ni,
    input  wire [                  Banks-1:0] cmd_valid_i,
    output wire [                  Banks-1:0] cmd_ready_o,
    input  wire [                TagBits-1:0] cmd_tag_i,
    input  wire [               SlotBits-1:0] cmd_slot_i,
    input  wire                               cmd_single_i,
    input  wire [                   Rows-1:0] cmd_mask_i,
    output wire [                  Banks-1:0] psum_valid_o,
    input  wire [                  Banks-1:0] psum_ready_i,
    output wire [                TagBits-1:0] picked_tag_o,
    output wire                               picked_narrow_o,
    output wire [           Dim*PsumBits-1:0] picked_data_o,
    input  wire                               prog_en_i,  // high until prog_taken_o
    output wire                               prog_taken_o,
    input  wire [               BankBits-1:0] prog_bank_i,
    input  wire [           ProgAddrBits-1:0] prog_addr_i,
    input  wire [               ProgBits-1:0] prog_data_i,
    input  wire [               BankBits-1:0] scan_bank_i,
    input  wire                               scan_ack_i,  // the answer of this bank is taken
    output wire [4+SlotBits+RowNumberBits-1:0] answer_o,  // row, slot, fail, valid, error, from the top
    input  wire                               tick_i,
    input  wire [               TrimBits-1:0] trim_i,
    input  wire                               scan_en_i,
    input  wire                               scan_i,
    output wire                               scan_o,
    input  wire                               count_run_i,
    input  wire                               count_clear_i,
    input  wire                               count_en_i,
    input  wire [               BankBits-1:0] count_bank_i,
    input  wire [                        3:0] count_index_i,
    output wire [              CountBits-1:0] count_o,
    output wire [      Banks*10*StepBits-1:0] events_o,
    output wire [                  Banks-1:0] busy_o
);

  generate
    if (ProgBits < Cols * CellBits) begin : gen_error_prog
      ERROR_recross_banks_prog_bits_must_hold_a_block bad ();
    end
    if (ProgAddrBits < SlotBits + RowNumberBits + BlockBits) begin : gen_error_addr
      ERROR_recross_banks_prog_addr_bits_must_hold_a_block_s_place bad ();
    end
    if (Banks < 1 || Banks > 1 << BankBits) begin : gen_error_banks
      ERROR_recross_banks_bank_bits_must_number_the_banks bad ();
    end
  endgenerate

  localparam integer AnswerBits = 4 + SlotBits + RowNumberBits;
  wire [Banks-1:0] prog_taken;
  assign prog_taken_o = prog_taken != {Banks{1'b0}};

  genvar b;
  generate
    for (b = 0; b < Banks; b = b + 1) begin : gen_bank
      localparam [BankBits-1:0] NUMBER = b;
      wire [10*StepBits-1:0] events;
      wire [AnswerBits-1:0] answer;
      wire scan_in;
      wire scan_out;
      if (b == 0) begin : gen_scan_first
        assign scan_in = scan_i;
      end else begin : gen_scan_next
        assign scan_in = gen_bank[b-1].scan_out;
      end
      wire [TagBits-1:0] tag;
      wire narrow;
      wire [Dim*PsumBits-1:0] data;
      wire [CountBits-1:0] count;
      recross_bank #(
          .Rows(Rows),
          .Cols(Cols),
          .CellBits(CellBits),
          .Adcs(Adcs),
          .Blocks(Blocks),
          .Dim(Dim),
          .ValueBits(ValueBits),
          .Slices(Slices),
          .Phases(Phases),
          .PhasesPerDim(PhasesPerDim),
          .DimsPerPhase(DimsPerPhase),
          .DimsPerBlock(DimsPerBlock),
          .AdcBits(AdcBits),
          .AdcLevelBits(AdcLevelBits),
          .MaxActiveRows(MaxActiveRows),
          .ReadSplitMax(ReadSplitMax),
          .WordlineCycles(WordlineCycles),
          .QueueDepth(QueueDepth),
          .QueueBits(QueueBits),
          .TagBits(TagBits),
          .SlotBits(SlotBits),
          .RowNumberBits(RowNumberBits),
          .BlockBits(BlockBits),
          .RowBits(RowBits),
          .PhaseBits(PhaseBits),
          .PsumBits(PsumBits),
          .TrimBits(TrimBits),
          .Counters(Counters),
          .CountBits(CountBits)
      ) u_bank (
          .clk_i(clk_i),
          .rst_ni(rst_ni),
          .cmd_valid_i(cmd_valid_i[b]),
          .cmd_ready_o(cmd_ready_o[b]),
          .cmd_tag_i(cmd_tag_i),
          .cmd_slot_i(cmd_slot_i),
          .cmd_single_i(cmd_single_i),
          .cmd_mask_i(cmd_mask_i),
          .psum_valid_o(psum_valid_o[b]),
          .psum_ready_i(psum_ready_i[b]),
          .psum_tag_o(tag),
          .psum_narrow_o(narrow),
          .psum_data_o(data),
          .prog_valid_i(prog_en_i && prog_bank_i == NUMBER),
          .prog_taken_o(prog_taken[b]),
          .prog_slot_i(prog_addr_i[BlockBits+RowNumberBits+:SlotBits]),
          .prog_row_i(prog_addr_i[BlockBits+:RowNumberBits]),
          .prog_block_i(prog_addr_i[BlockBits-1:0]),
          .prog_data_i(prog_data_i[Cols*CellBits-1:0]),
          .error_o(answer[1:0]),
          .resp_valid_o(answer[2]),
          .resp_ack_i(scan_ack_i && scan_bank_i == NUMBER),
          .resp_fail_o(answer[3]),
          .resp_slot_o(answer[4+:SlotBits]),
          .resp_row_o(answer[4+SlotBits+:RowNumberBits]),
          .tick_i(tick_i),
          .trim_i(trim_i),
          .scan_en_i(scan_en_i),
          .scan_i(scan_in),
          .scan_o(scan_out),
          .events_o(events),
          .count_run_i(count_run_i),
          .count_clear_i(count_clear_i),
          .count_en_i(count_en_i && count_bank_i == NUMBER),
          .count_index_i(count_index_i),
          .count_o(count),
          .busy_o(busy_o[b])
      );
      assign events_o[b*10*StepBits+:10*StepBits] = events;
    end
  endgenerate

  assign scan_o = gen_bank[Banks-1].scan_out;

  // Selects the result to merge, the answer to scan and the counter to read: each bank's word is
  // masked, and the masked words are combined by OR. The upper bits of a narrow result's elements are
  // masked to zero.
  localparam [Dim*PsumBits-1:0] LOW = {Dim{{(PsumBits - ValueBits) {1'b0}}, {ValueBits{1'b1}}}};
  generate
    for (b = 0; b < Banks; b = b + 1) begin : gen_pick
      localparam [BankBits-1:0] NUMBER = b;
      wire [TagBits-1:0] own_tag = gen_bank[b].tag & {TagBits{psum_ready_i[b]}};
      wire own_narrow = gen_bank[b].narrow && psum_ready_i[b];
      wire [Dim*PsumBits-1:0] own_data = psum_ready_i[b] ?
          (gen_bank[b].narrow ? gen_bank[b].data & LOW : gen_bank[b].data) :
          {(Dim * PsumBits) {1'b0}};
      wire [AnswerBits-1:0] own_answer = gen_bank[b].answer & {AnswerBits{scan_bank_i == NUMBER}};
      wire [CountBits-1:0] own_count = gen_bank[b].count & {CountBits{count_bank_i == NUMBER}};
      wire [TagBits-1:0] tag;
      wire narrow;
      wire [Dim*PsumBits-1:0] data;
      wire [AnswerBits-1:0] answer;
      wire [CountBits-1:0] count;
      if (b == 0) begin : gen_first
        assign tag    = own_tag;
        assign narrow = own_narrow;
        assign data   = own_data;
        assign answer = own_answer;
        assign count  = own_count;
      end else begin : gen_next
        assign tag    = own_tag | gen_pick[b-1].tag;
        assign narrow = own_narrow | gen_pick[b-1].narrow;
        assign data   = own_data | gen_pick[b-1].data;
        assign answer = own_answer | gen_pick[b-1].answer;
        assign count  = own_count | gen_pick[b-1].count;
      end
    end
  endgenerate

  assign picked_tag_o = gen_pick[Banks-1].tag;
  assign picked_narrow_o = gen_pick[Banks-1].narrow;
  assign picked_data_o = gen_pick[Banks-1].data;
  assign count_o = gen_pick[Banks-1].count;

  reg [AnswerBits-1:0] answer_q;
  assign answer_o = answer_q;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) answer_q <= {AnswerBits{1'b0}};
    else answer_q <= gen_pick[Banks-1].answer;
  end

endmodule

`default_nettype wire
