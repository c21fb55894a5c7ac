// SPDX-License-Identifier: MIT OR Apache-2.0
// The reduction engine: identical lanes, a window of bags that the retirement ports share, and
// retirement in the order of the bags' numbers.
//
//   hdr_*   One header stream per port: port p uses bit p, or part p of a packed vector. Port p
//           accepts the headers of bags p, p + RetirePorts, p + 2 * RetirePorts and so on, in
//           order. Bit l of a header is set if lane l has a part in the bag. A port whose places
//           are all in use does not block the others.
//   cmd_*   One command stream per lane: lane l uses bit l, or part l of a packed vector. With
//           cmd_single_i high, a command has one row: the low bits of its mask hold the row's
//           number, and the other bits are zero.
//   res_*   One result stream per port, packed in the same way. A port gives one result for each of
//           its headers, in order. Bags leave the window in the order of their numbers. So a result
//           that is not accepted blocks all later bags as soon as its port's adder tree is full.
//   prog_*  Writes one word: into a lane's replica table if prog_table_i is high, or else a block of
//           a row of a crossbar. The blocks of a row come in order, from 0, and are one write.
//   resp_*  Gives one answer for each row written, in any order.
//   count_* Reads an event counter. The value follows on count_valid_o five cycles after the
//           request, and the next request is accepted after that. count_kind_i selects a counter of
//           the engine (0), of lane count_lane_i (1), or of bank count_bank_i in that lane (2). With
//           Counters = 1, the counters of kind 2 are the totals of a lane, and with Counters = 0 all
//           values are zero. Kind 3 is no counter: index 0 makes all counters zero, index 1 freezes
//           them, and index 2 lets them count on. Counters are exact while they are frozen.
//
// error_o is sticky and names the first bank with an error: see recross_bank for its two bits. Bit 1
// is also set by a word for a lane or bank that does not exist.
//
// All streams are valid/ready, and nothing is dropped. A command waits at its lane until its bag's
// header has been accepted, so headers and commands may be offered independently.
`default_nettype none

module recross_engine #(
    parameter integer Lanes = 2,
    parameter integer LaneBits = 1,
    parameter integer TreeFanIn = 2,  // vectors that each adder of the tree sums
    parameter integer Levels = 1,  // stages of the tree, at least 1
    parameter integer Rows = 8,
    parameter integer Cols = 8,
    parameter integer CellBits = 2,
    parameter integer Adcs = 4,
    parameter integer Blocks = 1,
    parameter integer Slots = 2,
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
    parameter integer TickBits = 15,  // a macro has 2^TickBits cycles at least for an answer
    parameter integer Counters = 1,
    parameter integer CountBits = 32
) (
    input  wire                               clk_i,
    input  wire                               rst_ni,
    input  wire [            RetirePorts-1:0] hdr_valid_i,
    output wire [            RetirePorts-1:0] hdr_ready_o,
    input  wire [      RetirePorts*Lanes-1:0] hdr_lanes_i,
    input  wire [                  Lanes-1:0] cmd_valid_i,
    output wire [                  Lanes-1:0] cmd_ready_o,
    input  wire [          Lanes*TagBits-1:0] cmd_tag_i,
    input  wire [        Lanes*GroupBits-1:0] cmd_group_i,
    input  wire [                  Lanes-1:0] cmd_single_i,
    input  wire [             Lanes*Rows-1:0] cmd_mask_i,
    input  wire [                  Lanes-1:0] cmd_last_i,
    output wire [            RetirePorts-1:0] res_valid_o,
    input  wire [            RetirePorts-1:0] res_ready_i,
    output wire [    RetirePorts*TagBits-1:0] res_tag_o,
    output wire [RetirePorts*Dim*AccBits-1:0] res_data_o,
    input  wire                               prog_valid_i,
    output wire                               prog_ready_o,
    input  wire                               prog_table_i,
    input  wire [               LaneBits-1:0] prog_lane_i,
    input  wire [               BankBits-1:0] prog_bank_i,
    input  wire [           ProgAddrBits-1:0] prog_addr_i,
    input  wire [               ProgBits-1:0] prog_data_i,
    output wire                               resp_valid_o,
    input  wire                               resp_ready_i,
    output wire [               LaneBits-1:0] resp_lane_o,
    output wire [               BankBits-1:0] resp_bank_o,
    output wire [               SlotBits-1:0] resp_slot_o,
    output wire [          RowNumberBits-1:0] resp_row_o,
    output wire                               resp_fail_o,
    input  wire                               count_valid_i,
    output wire                               count_ready_o,
    input  wire [                        1:0] count_kind_i,
    input  wire [               LaneBits-1:0] count_lane_i,
    input  wire [               BankBits-1:0] count_bank_i,
    input  wire [                        3:0] count_index_i,
    output wire                               count_valid_o,
    output wire [              CountBits-1:0] count_data_o,
    input  wire [               TrimBits-1:0] trim_i,
    input  wire                               scan_en_i,
    input  wire                               scan_i,
    output wire                               scan_o,
    output wire [                        1:0] error_o,
    output wire [               LaneBits-1:0] error_lane_o,
    output wire [               BankBits-1:0] error_bank_o,
    output wire                               idle_o,
    output wire [                TagBits-1:0] status_head_o,  // oldest bag that has not retired
    output wire [    RetirePorts*TagBits-1:0] status_tail_o,  // next bag to open, by port
    output wire [                  Lanes-1:0] status_wait_o,  // lanes that the oldest bag waits for
    output wire [                  Lanes-1:0] status_window_o,  // lanes waiting for a header
    output wire [                  Lanes-1:0] status_queue_o,  // lanes waiting for room in a queue
    output wire [            Lanes*Banks-1:0] status_busy_o  // banks with unfinished commands
);

  localparam integer Width = Dim * AccBits;

  // Packed by port. What comes from the lanes is packed by port, and within a port by lane.
  wire [RetirePorts*TagBits-1:0] window_head;
  wire [RetirePorts*TagBits-1:0] window_tail;
  wire [RetirePorts*Lanes-1:0] head_done;
  wire [RetirePorts*Lanes-1:0] head_wait;
  wire [RetirePorts-1:0] ready;
  wire [RetirePorts-1:0] retire;
  wire [RetirePorts-1:0] advance;
  wire [RetirePorts-1:0] oldest;
  wire [RetirePorts-1:0] idle;
  wire [RetirePorts*Lanes*Width-1:0] vectors;
  wire [RetirePorts-1:0] open = hdr_valid_i & hdr_ready_o;

  // --- programming, answers and errors ---------------------------------------------------------

  localparam integer AnswerBits = 4 + SlotBits + RowNumberBits;
  wire [Lanes-1:0] prog_en;
  wire [Lanes-1:0] prog_taken;
  wire prog_table;
  wire [BankBits-1:0] prog_bank;
  wire [ProgAddrBits-1:0] prog_addr;
  wire [ProgBits-1:0] prog_data;
  wire [BankBits-1:0] scan_bank;
  wire [Lanes-1:0] scan_ack;
  wire [Lanes*AnswerBits-1:0] answers;
  wire tick;
  recross_programming #(
      .Lanes(Lanes),
      .LaneBits(LaneBits),
      .Banks(Banks),
      .SlotBits(SlotBits),
      .RowNumberBits(RowNumberBits),
      .BankBits(BankBits),
      .ProgBits(ProgBits),
      .ProgAddrBits(ProgAddrBits),
      .TickBits(TickBits)
  ) u_programming (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .prog_valid_i(prog_valid_i),
      .prog_ready_o(prog_ready_o),
      .prog_table_i(prog_table_i),
      .prog_lane_i(prog_lane_i),
      .prog_bank_i(prog_bank_i),
      .prog_addr_i(prog_addr_i),
      .prog_data_i(prog_data_i),
      .word_en_o(prog_en),
      .word_taken_i(prog_taken),
      .word_table_o(prog_table),
      .word_bank_o(prog_bank),
      .word_addr_o(prog_addr),
      .word_data_o(prog_data),
      .scan_bank_o(scan_bank),
      .scan_ack_o(scan_ack),
      .answers_i(answers),
      .resp_valid_o(resp_valid_o),
      .resp_ready_i(resp_ready_i),
      .resp_lane_o(resp_lane_o),
      .resp_bank_o(resp_bank_o),
      .resp_slot_o(resp_slot_o),
      .resp_row_o(resp_row_o),
      .resp_fail_o(resp_fail_o),
      .error_o(error_o),
      .error_lane_o(error_lane_o),
      .error_bank_o(error_bank_o),
      .tick_o(tick)
  );

  // --- event counters --------------------------------------------------------------------------

  wire count_run;
  wire count_clear;
  wire [Lanes-1:0] count_lane_en;
  wire [Lanes-1:0] count_bank_en;
  wire [BankBits-1:0] count_bank;
  wire [3:0] count_index;
  wire [Lanes*CountBits-1:0] count_lanes;
  wire [RetirePorts*16-1:0] tree_words;
  wire [RetirePorts*16-1:0] tree_adds;
  recross_readout #(
      .Lanes(Lanes),
      .LaneBits(LaneBits),
      .RetirePorts(RetirePorts),
      .BankBits(BankBits),
      .Counters(Counters),
      .CountBits(CountBits)
  ) u_readout (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .retired_i(retire),
      .headers_wait_i(hdr_valid_i & ~hdr_ready_o),
      .results_wait_i(res_valid_o & ~res_ready_i),
      .tree_words_i(tree_words),
      .tree_adds_i(tree_adds),
      .count_valid_i(count_valid_i),
      .count_ready_o(count_ready_o),
      .count_kind_i(count_kind_i),
      .count_lane_i(count_lane_i),
      .count_bank_i(count_bank_i),
      .count_index_i(count_index_i),
      .count_valid_o(count_valid_o),
      .count_data_o(count_data_o),
      .run_o(count_run),
      .clear_o(count_clear),
      .lane_en_o(count_lane_en),
      .bank_en_o(count_bank_en),
      .bank_o(count_bank),
      .index_o(count_index),
      .lanes_i(count_lanes)
  );

  // --- lanes -----------------------------------------------------------------------------------

  genvar l;
  genvar p;
  generate
    for (l = 0; l < Lanes; l = l + 1) begin : gen_lane
      wire [RetirePorts-1:0] opens;
      wire [RetirePorts-1:0] done;
      wire [RetirePorts*Width-1:0] vector;
      wire scan_in;
      wire scan_out;
      if (l == 0) begin : gen_scan_first
        assign scan_in = scan_i;
      end else begin : gen_scan_next
        assign scan_in = gen_lane[l-1].scan_out;
      end
      for (p = 0; p < RetirePorts; p = p + 1) begin : gen_opens
        assign opens[p] = open[p] && hdr_lanes_i[p*Lanes+l];
        assign head_done[p*Lanes+l] = done[p];
        assign vectors[(p*Lanes+l)*Width+:Width] = vector[p*Width+:Width];
      end
      recross_lane #(
          .Rows(Rows),
          .Cols(Cols),
          .CellBits(CellBits),
          .Adcs(Adcs),
          .Blocks(Blocks),
          .Banks(Banks),
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
          .Window(Window),
          .RetirePorts(RetirePorts),
          .TagBits(TagBits),
          .SlotBits(SlotBits),
          .RowNumberBits(RowNumberBits),
          .BlockBits(BlockBits),
          .BankBits(BankBits),
          .Groups(Groups),
          .GroupBits(GroupBits),
          .MaxReplicas(MaxReplicas),
          .ReplicaBits(ReplicaBits),
          .TableBits(TableBits),
          .RoundRobin(RoundRobin),
          .RowBits(RowBits),
          .PhaseBits(PhaseBits),
          .PsumBits(PsumBits),
          .AccBits(AccBits),
          .PendingBits(PendingBits),
          .ProgBits(ProgBits),
          .ProgAddrBits(ProgAddrBits),
          .TrimBits(TrimBits),
          .Counters(Counters),
          .CountBits(CountBits)
      ) u_lane (
          .clk_i(clk_i),
          .rst_ni(rst_ni),
          .window_head_i(window_head),
          .open_i(opens),
          .window_tail_i(window_tail),
          .cmd_valid_i(cmd_valid_i[l]),
          .cmd_ready_o(cmd_ready_o[l]),
          .cmd_tag_i(cmd_tag_i[l*TagBits+:TagBits]),
          .cmd_group_i(cmd_group_i[l*GroupBits+:GroupBits]),
          .cmd_single_i(cmd_single_i[l]),
          .cmd_mask_i(cmd_mask_i[l*Rows+:Rows]),
          .cmd_last_i(cmd_last_i[l]),
          .head_done_o(done),
          .retire_i(retire),
          .advance_i(advance),
          .vector_o(vector),
          .prog_en_i(prog_en[l]),
          .prog_taken_o(prog_taken[l]),
          .prog_table_i(prog_table),
          .prog_bank_i(prog_bank),
          .prog_addr_i(prog_addr),
          .prog_data_i(prog_data),
          .scan_bank_i(scan_bank),
          .scan_ack_i(scan_ack[l]),
          .answer_o(answers[l*AnswerBits+:AnswerBits]),
          .tick_i(tick),
          .trim_i(trim_i),
          .scan_en_i(scan_en_i),
          .scan_i(scan_in),
          .scan_o(scan_out),
          .count_run_i(count_run),
          .count_clear_i(count_clear),
          .count_en_i(count_lane_en[l]),
          .count_bank_en_i(count_bank_en[l]),
          .count_bank_i(count_bank),
          .count_index_i(count_index),
          .count_o(count_lanes[l*CountBits+:CountBits]),
          .wait_window_o(status_window_o[l]),
          .wait_queue_o(status_queue_o[l]),
          .busy_o(status_busy_o[l*Banks+:Banks])
      );
    end
  endgenerate

  assign scan_o = gen_lane[Lanes-1].scan_out;

  // --- retirement ports ------------------------------------------------------------------------

  localparam integer PortBits = $clog2(RetirePorts);
  localparam integer OwnBits = TagBits - PortBits;

  generate
    if (Groups != Banks * Slots || Slots > 1 << SlotBits || Banks > 1 << BankBits) begin : gen_bad_places
      ERROR_recross_engine_groups_must_be_the_crossbars_of_a_lane bad ();
    end
    if (RetirePorts != 1 << PortBits || Window < 2 * RetirePorts) begin : gen_bad_ports
      ERROR_recross_engine_ports_must_be_a_power_of_two_with_two_places_each bad ();
    end
    for (p = 0; p < RetirePorts; p = p + 1) begin : gen_port
      wire [OwnBits-1:0] head;
      wire [OwnBits-1:0] tail;
      wire [OwnBits-1:0] tag;
      // The low bits of a bag's tag are its port, and the others its number within the port.
      assign window_head[p*TagBits+PortBits+:OwnBits] = head;
      assign window_tail[p*TagBits+PortBits+:OwnBits] = tail;
      assign res_tag_o[p*TagBits+PortBits+:OwnBits]   = tag;
      if (PortBits > 0) begin : gen_number
        localparam [PortBits-1:0] NUMBER = p;
        assign window_head[p*TagBits+:PortBits] = NUMBER;
        assign window_tail[p*TagBits+:PortBits] = NUMBER;
        assign res_tag_o[p*TagBits+:PortBits]   = NUMBER;
      end
      recross_retire #(
          .Lanes(Lanes),
          .TreeFanIn(TreeFanIn),
          .Levels(Levels),
          .Dim(Dim),
          .AccBits(AccBits),
          .Window(Window / RetirePorts),
          .TagBits(OwnBits)
      ) u_retire (
          .clk_i(clk_i),
          .rst_ni(rst_ni),
          .hdr_valid_i(hdr_valid_i[p]),
          .hdr_ready_o(hdr_ready_o[p]),
          .hdr_lanes_i(hdr_lanes_i[p*Lanes+:Lanes]),
          .window_head_o(head),
          .window_tail_o(tail),
          .head_done_i(head_done[p*Lanes+:Lanes]),
          .head_wait_o(head_wait[p*Lanes+:Lanes]),
          .idle_o(idle[p]),
          .ready_o(ready[p]),
          .retire_i(retire[p]),
          .advance_o(advance[p]),
          .vectors_i(vectors[p*Lanes*Width+:Lanes*Width]),
          .res_valid_o(res_valid_o[p]),
          .res_ready_i(res_ready_i[p]),
          .res_tag_o(tag),
          .res_data_o(res_data_o[p*Width+:Width]),
          .words_o(tree_words[p*16+:16]),
          .adds_o(tree_adds[p*16+:16])
      );
    end
  endgenerate

  recross_order #(
      .Ports(RetirePorts)
  ) u_order (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .ready_i(ready),
      .retire_o(retire),
      .oldest_o(oldest)
  );

  assign idle_o = &idle;

  // --- status of the oldest bag ----------------------------------------------------------------

  reg [TagBits-1:0] head_tag;
  reg [Lanes-1:0] head_lanes;
  integer o;
  always @* begin
    head_tag = {TagBits{1'b0}};
    head_lanes = {Lanes{1'b0}};
    for (o = 0; o < RetirePorts; o = o + 1) begin
      if (oldest[o]) begin
        head_tag = window_head[o*TagBits+:TagBits];
        head_lanes = head_wait[o*Lanes+:Lanes];
      end
    end
  end
  assign status_head_o = head_tag;
  assign status_tail_o = window_tail;
  assign status_wait_o = head_lanes;

endmodule

`default_nettype wire
