// SPDX-License-Identifier: MIT OR Apache-2.0
// One command lane: dispatcher, banks, merge and bag accumulators.
//
// A lane accepts at most one command per cycle and works independently of the other lanes. Bag b
// belongs to retirement port b modulo RetirePorts, and each port has an accumulator in the lane.
// Port p uses bit p of head_done_o, retire_i and advance_i, and part p of the packed vectors.
//
// scan_bank_i selects the bank whose answer to a write, and whose errors, are on answer_o one cycle
// later.
`default_nettype none

module recross_lane #(
    parameter integer Rows = 8,
    parameter integer Cols = 8,
    parameter integer CellBits = 2,
    parameter integer Adcs = 4,
    parameter integer Blocks = 1,
    parameter integer Banks = 2,
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
    parameter integer Window = 4,
    parameter integer RetirePorts = 1,
    parameter integer TagBits = 3,
    parameter integer SlotBits = 1,
    parameter integer RowNumberBits = 3,
    parameter integer BlockBits = 1,
    parameter integer BankBits = 1,
    parameter integer Groups = 4,
    parameter integer GroupBits = 2,
    parameter integer MaxReplicas = 2,
    parameter integer ReplicaBits = 2,
    parameter integer TableBits = 6,
    parameter integer RoundRobin = 0,
    parameter integer RowBits = 4,
    parameter integer PhaseBits = 1,
    parameter integer PsumBits = 7,
    parameter integer AccBits = 9,
    parameter integer PendingBits = 6,
    parameter integer ProgBits = 16,
    parameter integer ProgAddrBits = 5,
    parameter integer TrimBits = 8,
    parameter integer Counters = 1,
    parameter integer CountBits = 32
) (
    input  wire                               clk_i,
    input  wire                               rst_ni,
    input  wire [    RetirePorts*TagBits-1:0] window_head_i,  // the oldest bag of each port
    input  wire [            RetirePorts-1:0] open_i,  // opens a bag of this lane
    input  wire [    RetirePorts*TagBits-1:0] window_tail_i,  // its tag
    input  wire                               cmd_valid_i,
    output wire                               cmd_ready_o,
    input  wire [                TagBits-1:0] cmd_tag_i,
    input  wire [              GroupBits-1:0] cmd_group_i,
    input  wire                               cmd_single_i,
    input  wire [                   Rows-1:0] cmd_mask_i,
    input  wire                               cmd_last_i,
    output wire [            RetirePorts-1:0] head_done_o,
    input  wire [            RetirePorts-1:0] retire_i,
    input  wire [            RetirePorts-1:0] advance_i,
    output wire [RetirePorts*Dim*AccBits-1:0] vector_o,
    input  wire                               prog_en_i,  // high until prog_taken_o
    output wire                               prog_taken_o,
    input  wire                               prog_table_i,  // replica table, not array
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
    input  wire                               count_bank_en_i,
    input  wire [               BankBits-1:0] count_bank_i,
    input  wire [                        3:0] count_index_i,
    output wire [              CountBits-1:0] count_o,
    output wire                               wait_window_o,
    output wire                               wait_queue_o,
    output wire [                  Banks-1:0] busy_o
);

  generate
    if (RetirePorts != 1 << $clog2(RetirePorts) || Window < 2 * RetirePorts) begin : gen_error_ports
      ERROR_recross_lane_ports_must_be_a_power_of_two_with_two_places_each bad ();
    end
    if (ProgBits < TableBits || ProgBits < Cols * CellBits) begin : gen_error_prog
      ERROR_recross_lane_prog_bits_must_hold_a_table_row_and_a_block bad ();
    end
    if (ProgAddrBits < GroupBits ||
        ProgAddrBits < SlotBits + RowNumberBits + BlockBits) begin : gen_error_addr
      ERROR_recross_lane_prog_addr_bits_must_hold_a_group_and_a_block bad ();
    end
  endgenerate

  wire [Banks-1:0] bank_valid;
  wire [Banks-1:0] bank_ready;
  wire [SlotBits-1:0] bank_slot;
  wire [TagBits-1:0] bank_tag;
  wire bank_single;
  wire [Rows-1:0] bank_mask;
  wire bank_last;
  wire [Banks-1:0] psum_valid;
  wire [Banks-1:0] psum_ready;
  wire merge_valid;
  wire [TagBits-1:0] merge_tag;
  wire merge_narrow;
  wire [Dim*PsumBits-1:0] merge_data;
  wire [RetirePorts-1:0] port_adds;
  wire adds = |port_adds;  // at most one bit is set

  wire dispatched;
  wire starved;
  wire conflict;
  wire [Banks-1:0] prog_taken;
  assign prog_taken_o = prog_en_i && (prog_table_i || prog_taken != {Banks{1'b0}});

  recross_dispatcher #(
      .Rows(Rows),
      .Banks(Banks),
      .BankBits(BankBits),
      .SlotBits(SlotBits),
      .Groups(Groups),
      .GroupBits(GroupBits),
      .MaxReplicas(MaxReplicas),
      .ReplicaBits(ReplicaBits),
      .TableBits(TableBits),
      .RoundRobin(RoundRobin),
      .QueueDepth(QueueDepth),
      .Window(Window),
      .RetirePorts(RetirePorts),
      .TagBits(TagBits)
  ) u_dispatcher (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .open_i(open_i),
      .window_tail_i(window_tail_i),
      .cmd_valid_i(cmd_valid_i),
      .cmd_ready_o(cmd_ready_o),
      .cmd_tag_i(cmd_tag_i),
      .cmd_group_i(cmd_group_i),
      .cmd_single_i(cmd_single_i),
      .cmd_mask_i(cmd_mask_i),
      .cmd_last_i(cmd_last_i),
      .bank_valid_o(bank_valid),
      .bank_ready_i(bank_ready),
      .bank_slot_o(bank_slot),
      .bank_tag_o(bank_tag),
      .bank_single_o(bank_single),
      .bank_mask_o(bank_mask),
      .bank_last_o(bank_last),
      .finished_i(psum_ready),
      .prog_en_i(prog_en_i && prog_table_i),
      .prog_addr_i(prog_addr_i[GroupBits-1:0]),
      .prog_data_i(prog_data_i[TableBits-1:0]),
      .sent_o(dispatched),
      .wait_window_o(wait_window_o),
      .wait_queue_o(wait_queue_o),
      .starved_o(starved)
  );

  localparam integer StepBits = RowBits > AdcBits ? RowBits : AdcBits;
  localparam integer AnswerBits = 4 + SlotBits + RowNumberBits;

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
          .cmd_valid_i(bank_valid[b]),
          .cmd_ready_o(bank_ready[b]),
          .cmd_tag_i(bank_tag),
          .cmd_slot_i(bank_slot),
          .cmd_single_i(bank_single),
          .cmd_mask_i(bank_mask),
          .psum_valid_o(psum_valid[b]),
          .psum_ready_i(psum_ready[b]),
          .psum_tag_o(tag),
          .psum_narrow_o(narrow),
          .psum_data_o(data),
          .prog_valid_i(prog_en_i && !prog_table_i && prog_bank_i == NUMBER),
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
          .count_en_i(count_bank_en_i && count_bank_i == NUMBER),
          .count_index_i(count_index_i),
          .count_o(count),
          .busy_o(busy_o[b])
      );
      if (Counters != 1) begin : gen_no_events
        wire unused = &{1'b0, events};
      end
    end
  endgenerate

  assign scan_o = gen_bank[Banks-1].scan_out;

  // Selects the result to merge, the answer to scan and the counter to read: each bank's word is
  // masked, and the masked words are combined by OR. The upper bits of a narrow result's elements are masked to zero.
  localparam [Dim*PsumBits-1:0] LOW = {Dim{{(PsumBits - ValueBits) {1'b0}}, {ValueBits{1'b1}}}};
  generate
    for (b = 0; b < Banks; b = b + 1) begin : gen_pick
      localparam [BankBits-1:0] NUMBER = b;
      wire [TagBits-1:0] own_tag = gen_bank[b].tag & {TagBits{psum_ready[b]}};
      wire own_narrow = gen_bank[b].narrow && psum_ready[b];
      wire [Dim*PsumBits-1:0] own_data = psum_ready[b] ?
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

  recross_merge #(
      .Banks(Banks),
      .TagBits(TagBits),
      .Dim(Dim),
      .ValueBits(ValueBits),
      .PsumBits(PsumBits)
  ) u_merge (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .psum_valid_i(psum_valid),
      .psum_ready_o(psum_ready),
      .picked_tag_i(gen_pick[Banks-1].tag),
      .picked_narrow_i(gen_pick[Banks-1].narrow),
      .picked_data_i(gen_pick[Banks-1].data),
      .merge_valid_o(merge_valid),
      .merge_tag_o(merge_tag),
      .merge_narrow_o(merge_narrow),
      .merge_data_o(merge_data),
      .conflict_o(conflict)
  );

  // An accumulator sees a bag's number within its port: the tag without the port's bits.
  localparam integer PortBits = $clog2(RetirePorts);
  localparam integer OwnBits = TagBits - PortBits;
  localparam integer LastPort = RetirePorts - 1;
  localparam [TagBits-1:0] PORT_MASK = LastPort[TagBits-1:0];
  wire sent = |(bank_valid & bank_ready);
  wire unused_heads = &{1'b0, window_head_i};

  genvar p;
  generate
    for (p = 0; p < RetirePorts; p = p + 1) begin : gen_port
      localparam [TagBits-1:0] NUMBER = p;
      recross_accumulator #(
          .Dim(Dim),
          .ValueBits(ValueBits),
          .PsumBits(PsumBits),
          .AccBits(AccBits),
          .Window(Window / RetirePorts),
          .TagBits(OwnBits),
          .PendingBits(PendingBits)
      ) u_accumulator (
          .clk_i(clk_i),
          .rst_ni(rst_ni),
          .sent_i(sent && (bank_tag & PORT_MASK) == NUMBER),
          .sent_last_i(bank_last),
          .sent_tag_i(bank_tag[TagBits-1:PortBits]),
          .merge_valid_i(merge_valid && (merge_tag & PORT_MASK) == NUMBER),
          .merge_tag_i(merge_tag[TagBits-1:PortBits]),
          .merge_narrow_i(merge_narrow),
          .merge_data_i(merge_data),
          .adds_o(port_adds[p]),
          .window_head_i(window_head_i[p*TagBits+PortBits+:OwnBits]),
          .head_done_o(head_done_o[p]),
          .retire_i(retire_i[p]),
          .advance_i(advance_i[p]),
          .vector_o(vector_o[p*Dim*AccBits+:Dim*AccBits])
      );
    end
  endgenerate

  reg [AnswerBits-1:0] answer_q;
  assign answer_o = answer_q;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) answer_q <= {AnswerBits{1'b0}};
    else answer_q <= gen_pick[Banks-1].answer;
  end

  // --- event counters: the banks' value and the lane's arrive a cycle after the request ---------

  generate
    if (Counters == 0) begin : gen_no_count
      wire unused = &{1'b0, dispatched, starved, conflict, adds, count_run_i, count_clear_i,
                      count_en_i, count_bank_en_i, count_bank_i, count_index_i,
                      gen_pick[Banks-1].count};
      assign count_o = {CountBits{1'b0}};
    end else begin : gen_count
      wire [CountBits-1:0] of_lane;
      recross_counters #(
          .Number(6),
          .StepBits(1),
          .NarrowBits(1),
          .Wide(6'd0),
          .CountBits(CountBits)
      ) u_counters (
          .clk_i(clk_i),
          .rst_ni(rst_ni),
          .run_i(count_run_i),
          .clear_i(count_clear_i),
          .steps_i({adds, conflict, starved, wait_queue_o, wait_window_o, dispatched}),
          .en_i(count_en_i),
          .index_i(count_index_i),
          .count_o(of_lane)
      );

      wire [CountBits-1:0] of_banks;
      if (Counters == 1) begin : gen_totals
        localparam integer SumStepBits = StepBits + $clog2(Banks);
        localparam [9:0] WIDE = 10'b00_0100_1000;  // active rows and thresholds; others count by one
        wire [Banks*10*StepBits-1:0] events;
        for (b = 0; b < Banks; b = b + 1) begin : gen_events
          assign events[b*10*StepBits+:10*StepBits] = gen_bank[b].events;
        end
        reg [10*SumStepBits-1:0] steps;
        reg [SumStepBits-1:0] step;
        integer n;
        integer k;
        always @* begin
          steps = {(10 * SumStepBits) {1'b0}};
          step = {SumStepBits{1'b0}};
          k = 0;
          for (n = 0; n < 10; n = n + 1) begin
            for (k = 0; k < Banks; k = k + 1) begin
              step = {SumStepBits{1'b0}};
              step[0] = events[(k*10+n)*StepBits];
              if (WIDE[n]) step[StepBits-1:0] = events[(k*10+n)*StepBits+:StepBits];
              steps[n*SumStepBits+:SumStepBits] = steps[n*SumStepBits+:SumStepBits] + step;
            end
          end
        end
        recross_counters #(
            .Number(10),
            .StepBits(SumStepBits),
            .NarrowBits(1 + $clog2(Banks)),
            .Wide(WIDE),
            .CountBits(CountBits)
        ) u_totals (
            .clk_i(clk_i),
            .rst_ni(rst_ni),
            .run_i(count_run_i),
            .clear_i(count_clear_i),
            .steps_i(steps),
            .en_i(count_bank_en_i),
            .index_i(count_index_i),
            .count_o(of_banks)
        );
        wire unused = &{1'b0, events, gen_pick[Banks-1].count};
      end else begin : gen_each
        assign of_banks = gen_pick[Banks-1].count;
      end

      reg pick_valid_q;
      reg pick_bank_q;
      reg [CountBits-1:0] count_q;
      assign count_o = count_q;
      always @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) begin
          pick_valid_q <= 1'b0;
          pick_bank_q <= 1'b0;
          count_q <= {CountBits{1'b0}};
        end else begin
          pick_valid_q <= count_en_i || count_bank_en_i;
          pick_bank_q <= count_bank_en_i;
          if (pick_valid_q) count_q <= pick_bank_q ? of_banks : of_lane;
        end
      end
    end
  endgenerate

endmodule

`default_nettype wire
