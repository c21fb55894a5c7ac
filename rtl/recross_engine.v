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
//   prog_*  Writes one word per cycle: into a bank's array if prog_table_i is low, or into a lane's
//           replica table if it is high.
//   count_* Reads an event counter. The value follows on count_valid_o five cycles after the
//           request, and the next request is accepted after that. count_kind_i selects a counter of
//           the engine (0), of lane count_lane_i (1), or of bank count_bank_i in that lane (2).
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
    parameter integer SumBits = 5,
    parameter integer MaxActiveRows = 8,
    parameter integer ReadSplitMax = 1,
    parameter integer WordlineCycles = 1,
    parameter integer CycleBits = 2,
    parameter integer QueueDepth = 2,
    parameter integer QueueBits = 1,
    parameter integer Window = 4,
    parameter integer RetirePorts = 1,
    parameter integer TagBits = 3,
    parameter integer SlotBits = 1,
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
    parameter integer ProgAddrBits = 4,
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
    input  wire                               count_valid_i,
    output wire                               count_ready_o,
    input  wire [                        1:0] count_kind_i,
    input  wire [               LaneBits-1:0] count_lane_i,
    input  wire [               BankBits-1:0] count_bank_i,
    input  wire [                        3:0] count_index_i,
    output wire                               count_valid_o,
    output wire [              CountBits-1:0] count_data_o,
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
  wire [Lanes*CountBits-1:0] count_lanes;

  // --- programming: registered once, then sent to all lanes ------------------------------------

  reg [Lanes-1:0] prog_en_q;
  reg prog_table_q;
  reg [BankBits-1:0] prog_bank_q;
  reg [ProgAddrBits-1:0] prog_addr_q;
  reg [ProgBits-1:0] prog_data_q;
  localparam [Lanes-1:0] ONE_LANE = 1;
  assign prog_ready_o = 1'b1;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) prog_en_q <= {Lanes{1'b0}};
    else prog_en_q <= prog_valid_i ? ONE_LANE << prog_lane_i : {Lanes{1'b0}};
  end

  always @(posedge clk_i) begin
    if (prog_valid_i) begin
      prog_table_q <= prog_table_i;
      prog_bank_q  <= prog_bank_i;
      prog_addr_q  <= prog_addr_i;
      prog_data_q  <= prog_data_i;
    end
  end

  // Memory images are loaded in the first cycle after reset.
  reg load_q;
  reg loaded_q;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      load_q   <= 1'b0;
      loaded_q <= 1'b0;
    end else begin
      load_q   <= !loaded_q;
      loaded_q <= 1'b1;
    end
  end

  // --- event counters: request, lane (two stages), selection -----------------------------------

  reg [1:0] count_kind_q;
  reg [LaneBits-1:0] count_lane_q;
  reg [BankBits-1:0] count_bank_q;
  reg [3:0] count_index_q;
  reg [Lanes-1:0] count_lane_en_q;
  reg [Lanes-1:0] count_bank_en_q;
  reg [4:0] count_valid_q;
  reg count_clear_q;
  reg count_hold_q;
  reg [CountBits-1:0] count_data_q;
  reg [CountBits-1:0] cycles_q;
  reg [CountBits-1:0] retired_q;
  reg [CountBits-1:0] window_full_q;
  reg [CountBits-1:0] result_stall_q;
  reg [CountBits-1:0] tree_words_q;
  reg [CountBits-1:0] tree_adds_q;
  wire [RetirePorts*16-1:0] tree_words;
  wire [RetirePorts*16-1:0] tree_adds;

  // One request at a time, so that its fields are stable until the value is read.
  assign count_ready_o = count_valid_q == 5'd0;
  wire count_take = count_valid_i && count_ready_o;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      count_valid_q <= 5'd0;
      count_clear_q <= 1'b0;
      count_hold_q <= 1'b0;
      count_lane_en_q <= {Lanes{1'b0}};
      count_bank_en_q <= {Lanes{1'b0}};
    end else begin
      count_valid_q <= {count_valid_q[3:0], count_take};
      count_clear_q <= count_take && count_kind_i == 2'd3 && count_index_i == 4'd0;
      if (count_take && count_kind_i == 2'd3 && count_index_i != 4'd0)
        count_hold_q <= count_index_i == 4'd1;
      count_lane_en_q <=
          count_take && count_kind_i == 2'd1 ? ONE_LANE << count_lane_i : {Lanes{1'b0}};
      count_bank_en_q <=
          count_take && count_kind_i == 2'd2 ? ONE_LANE << count_lane_i : {Lanes{1'b0}};
    end
  end

  always @(posedge clk_i) begin
    if (count_take) begin
      count_kind_q  <= count_kind_i;
      count_lane_q  <= count_lane_i;
      count_bank_q  <= count_bank_i;
      count_index_q <= count_index_i;
    end
    if (count_valid_q[3]) begin
      if (Counters == 0 || count_kind_q == 2'd3) count_data_q <= {CountBits{1'b0}};
      else if (count_kind_q != 2'd0) count_data_q <= count_lanes[count_lane_q*CountBits+:CountBits];
      else begin
        case (count_index_q)
          4'd0: count_data_q <= cycles_q;
          4'd1: count_data_q <= retired_q;
          4'd2: count_data_q <= window_full_q;
          4'd3: count_data_q <= result_stall_q;
          4'd4: count_data_q <= tree_words_q;
          default: count_data_q <= tree_adds_q;
        endcase
      end
    end
  end

  assign count_valid_o = count_valid_q[4];
  assign count_data_o  = count_data_q;

  // Increments of the counters, summed over all ports.
  reg [15:0] now_retired;
  reg [15:0] now_full;
  reg [15:0] now_stalled;
  reg [15:0] now_words;
  reg [15:0] now_adds;
  integer n;
  always @* begin
    now_retired = 16'd0;
    now_full = 16'd0;
    now_stalled = 16'd0;
    now_words = 16'd0;
    now_adds = 16'd0;
    for (n = 0; n < RetirePorts; n = n + 1) begin
      now_retired = now_retired + {15'd0, retire[n]};
      now_full = now_full + {15'd0, hdr_valid_i[n] && !hdr_ready_o[n]};
      now_stalled = now_stalled + {15'd0, res_valid_o[n] && !res_ready_i[n]};
      now_words = now_words + tree_words[n*16+:16];
      now_adds = now_adds + tree_adds[n*16+:16];
    end
  end

  wire [CountBits+15:0] now_retired_wide = {{CountBits{1'b0}}, now_retired};
  wire [CountBits+15:0] now_full_wide = {{CountBits{1'b0}}, now_full};
  wire [CountBits+15:0] now_stalled_wide = {{CountBits{1'b0}}, now_stalled};
  wire [CountBits+15:0] now_words_wide = {{CountBits{1'b0}}, now_words};
  wire [CountBits+15:0] now_adds_wide = {{CountBits{1'b0}}, now_adds};
  wire unused_wide = &{1'b0, now_retired_wide[CountBits+15:CountBits], now_full_wide[CountBits+15:CountBits],
      now_stalled_wide[CountBits+15:CountBits], now_words_wide[CountBits+15:CountBits], now_adds_wide[CountBits+15:CountBits]};

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      cycles_q <= {CountBits{1'b0}};
      retired_q <= {CountBits{1'b0}};
      window_full_q <= {CountBits{1'b0}};
      result_stall_q <= {CountBits{1'b0}};
      tree_words_q <= {CountBits{1'b0}};
      tree_adds_q <= {CountBits{1'b0}};
    end else if (count_clear_q) begin
      cycles_q <= {CountBits{1'b0}};
      retired_q <= {CountBits{1'b0}};
      window_full_q <= {CountBits{1'b0}};
      result_stall_q <= {CountBits{1'b0}};
      tree_words_q <= {CountBits{1'b0}};
      tree_adds_q <= {CountBits{1'b0}};
    end else if (!count_hold_q) begin
      cycles_q <= cycles_q + 1'b1;
      retired_q <= retired_q + now_retired_wide[CountBits-1:0];
      window_full_q <= window_full_q + now_full_wide[CountBits-1:0];
      result_stall_q <= result_stall_q + now_stalled_wide[CountBits-1:0];
      tree_words_q <= tree_words_q + now_words_wide[CountBits-1:0];
      tree_adds_q <= tree_adds_q + now_adds_wide[CountBits-1:0];
    end
  end

  // --- lanes -----------------------------------------------------------------------------------

  genvar l;
  genvar p;
  generate
    for (l = 0; l < Lanes; l = l + 1) begin : gen_lane
      localparam [15:0] NUMBER = l;
      wire [RetirePorts-1:0] opens;
      wire [RetirePorts-1:0] done;
      wire [RetirePorts*Width-1:0] vector;
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
          .Slots(Slots),
          .Banks(Banks),
          .Dim(Dim),
          .ValueBits(ValueBits),
          .Slices(Slices),
          .Phases(Phases),
          .PhasesPerDim(PhasesPerDim),
          .DimsPerPhase(DimsPerPhase),
          .DimsPerBlock(DimsPerBlock),
          .AdcBits(AdcBits),
          .SumBits(SumBits),
          .MaxActiveRows(MaxActiveRows),
          .ReadSplitMax(ReadSplitMax),
          .WordlineCycles(WordlineCycles),
          .CycleBits(CycleBits),
          .QueueDepth(QueueDepth),
          .QueueBits(QueueBits),
          .Window(Window),
          .RetirePorts(RetirePorts),
          .TagBits(TagBits),
          .SlotBits(SlotBits),
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
          .Counters(Counters),
          .CountBits(CountBits)
      ) u_lane (
          .clk_i(clk_i),
          .rst_ni(rst_ni),
          .index_i(NUMBER),
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
          .prog_en_i(prog_en_q[l]),
          .prog_table_i(prog_table_q),
          .prog_bank_i(prog_bank_q),
          .prog_addr_i(prog_addr_q),
          .prog_data_i(prog_data_q),
          .load_i(load_q),
          .count_clear_i(count_clear_q),
          .count_hold_i(count_hold_q),
          .count_en_i(count_lane_en_q[l]),
          .count_bank_en_i(count_bank_en_q[l]),
          .count_bank_i(count_bank_q),
          .count_index_i(count_index_q),
          .count_o(count_lanes[l*CountBits+:CountBits]),
          .wait_window_o(status_window_o[l]),
          .wait_queue_o(status_queue_o[l]),
          .busy_o(status_busy_o[l*Banks+:Banks])
      );
    end
  endgenerate

  // --- retirement ports ------------------------------------------------------------------------

  localparam integer PortBits = $clog2(RetirePorts);
  localparam integer OwnBits = TagBits - PortBits;

  generate
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
