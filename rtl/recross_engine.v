// SPDX-License-Identifier: MIT OR Apache-2.0
// The reduction engine: bags of ids in, vectors out, and between them identical lanes of banks.
//
//   ids_*   One stream of ids per port: port p uses bit p, or part p of a packed vector. A beat has
//           Ids ids of 32 bits: {lane, bank, slot, row} in the low bits, zeros above. ids_keep_i has
//           four bits an id, all high or all low. ids_last_i ends a bag. ids_user_i of its first beat
//           is its tag. Ports are independent: bags of one do not wait for those of another.
//   vec_*   One stream of vectors per port, packed in the same way: a vector for each bag, in the
//           order of the port's bags, in Beats beats. recross_result describes a beat. vec_user_o has
//           the bag's tag in its low bits. Above it, bit 0 tells that an id was dropped because its
//           place does not exist, and bit 1 that the bag has more than MaxBag ids.
//   prog_*  Writes one word, a block of a row of a crossbar. The blocks of a row come in order, from
//           0, and are one write.
//   resp_*  Gives one answer for each row written, in any order.
//   count_* Reads an event counter. The value follows on count_valid_o five cycles after the
//           request, and the next request is accepted after that. count_kind_i selects a counter of
//           the engine (0), of lane count_lane_i (1), or of bank count_bank_i in that lane (2). With
//           Counters = 1, the counters of kind 2 are the totals of a lane, and with Counters = 0 all
//           values are zero. Kind 3 is no counter: index 0 makes all counters zero, index 1 freezes
//           them, and index 2 lets them count on. Counters are exact while they are frozen.
//
// error_o is sticky and names the first bank with an error: see recross_bank for its two bits. Bit 1
// is also set by a word for a lane or bank that does not exist. bag_error_o has the two status bits of
// vec_user_o, for one cycle, when the fault is found, with the port and the first id that was dropped.
// If several ports find the same one in a cycle, the first port is told; see recross_faults.
//
// All streams are valid/ready. No output of a stream depends on an input of the same cycle. A flush
// makes rst_ni and run_i low, but not port_rst_ni: what is in flight is dropped, but a vector that is on
// vec_* is given to its end, and of a bag that is not at its end the rest is taken and dropped.
`default_nettype none

module recross_engine #(
    parameter integer Lanes = 2,
    parameter integer LaneBits = 1,
    parameter integer TreeFanIn = 2,  // vectors that each adder of the tree sums
    parameter integer Levels = 1,  // stages of the tree, at least 1
    parameter integer Ports = 1,
    parameter integer PortBits = 1,
    parameter integer Ids = 1,  // ids a beat
    parameter integer Window = 4,  // bags in flight, of a port
    parameter integer PlaceBits = 2,
    parameter integer HopLanes = 2,  // lanes of a hop
    parameter integer Hops = 1,
    parameter integer HopDepth = 2,  // beats that a hop holds
    parameter integer Gather = 4,  // entries of a lane's gather store
    parameter integer Places = 4,  // vectors that a lane has room for
    parameter integer PoolBits = 2,
    parameter integer PendingBits = 5,
    parameter integer MaxBag = 32,
    parameter integer CountBagBits = 6,
    parameter integer UserTagBits = 16,
    parameter integer ElementBits = 32,
    parameter integer ResultBits = 64,
    parameter integer Beats = 2,
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
    parameter integer SlotBits = 1,
    parameter integer RowNumberBits = 3,
    parameter integer BlockBits = 1,
    parameter integer BankBits = 1,
    parameter integer RowBits = 4,
    parameter integer PhaseBits = 1,
    parameter integer PsumBits = 7,
    parameter integer AccBits = 9,
    parameter integer ProgBits = 16,
    parameter integer ProgAddrBits = 5,
    parameter integer TrimBits = 8,
    parameter integer TickBits = 15,  // a macro has 2^TickBits cycles at least for an answer
    parameter integer Counters = 1,
    parameter integer CountBits = 32
) (
    input  wire                               clk_i,
    input  wire                               rst_ni,
    input  wire                               port_rst_ni,
    input  wire                               run_i,
    input  wire [                  Ports-1:0] ids_valid_i,
    output wire [                  Ports-1:0] ids_ready_o,
    input  wire [           Ports*Ids*32-1:0] ids_data_i,
    input  wire [            Ports*Ids*4-1:0] ids_keep_i,
    input  wire [                  Ports-1:0] ids_last_i,
    input  wire [      Ports*UserTagBits-1:0] ids_user_i,
    output wire [                  Ports-1:0] vec_valid_o,
    input  wire [                  Ports-1:0] vec_ready_i,
    output wire [       Ports*ResultBits-1:0] vec_data_o,
    output wire [                  Ports-1:0] vec_last_o,
    output wire [  Ports*(UserTagBits+2)-1:0] vec_user_o,
    input  wire                               prog_valid_i,
    output wire                               prog_ready_o,
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
    output wire [                        1:0] bag_error_o,
    output wire [               PortBits-1:0] bag_error_port_o,
    output wire [                       31:0] bag_error_id_o,
    output wire                               idle_o,
    output wire [    Ports*(PlaceBits+1)-1:0] status_head_o,  // oldest bag that has not retired, by port
    output wire [    Ports*(PlaceBits+1)-1:0] status_closed_o,  // oldest bag with ids on their way
    output wire [    Ports*(PlaceBits+1)-1:0] status_tail_o,  // next bag
    output wire [            Ports*Lanes-1:0] status_wait_o,  // lanes that a port's oldest bag waits for
    output wire [                  Lanes-1:0] status_wait_place_o,  // ids find no place for their sum
    output wire [                  Lanes-1:0] status_wait_room_o,  // ... no room in the gather store
    output wire [                  Lanes-1:0] status_queue_o,  // commands find no room in a queue
    output wire [            Lanes*Banks-1:0] status_busy_o  // banks with unfinished commands
);

  localparam integer Width = Dim * AccBits;
  localparam integer ItemBits = BankBits + SlotBits + RowNumberBits + 2;
  localparam integer NumberBits = PlaceBits + 1;
  localparam integer UserBits = UserTagBits + 2;

  generate
    if (Ports < 1 || PortBits != (Ports > 2 ? $clog2(Ports) : 1)) begin : gen_bad_ports
      ERROR_recross_engine_port_bits_must_number_the_ports bad ();
    end
    if (Slots > 1 << SlotBits || Banks > 1 << BankBits) begin : gen_bad_places
      ERROR_recross_engine_bits_must_number_the_crossbars_of_a_lane bad ();
    end
  endgenerate

  // Packed by port, and within a port by lane, hop or id.
  wire [Ports*Lanes*Ids-1:0] offer;
  wire [Ports*Lanes*Ids-1:0] take;
  wire [Ports*Hops*Ids*ItemBits-1:0] item;
  wire [Ports*Hops*PlaceBits-1:0] place;
  wire [Ports*Hops-1:0] close;
  wire [Ports*PlaceBits-1:0] head_place;
  wire [Ports*Lanes-1:0] waits;
  wire [Ports*Lanes-1:0] parts;
  wire [Ports*Lanes*Width-1:0] vectors;
  wire [Ports-1:0] retire;
  wire [Ports-1:0] idle;

  // --- programming, answers and errors ---------------------------------------------------------

  localparam integer AnswerBits = 4 + SlotBits + RowNumberBits;
  wire prog_ready;
  assign prog_ready_o = run_i && prog_ready;
  wire [Lanes-1:0] prog_en;
  wire [Lanes-1:0] prog_taken;
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
      .prog_valid_i(run_i && prog_valid_i),
      .prog_ready_o(prog_ready),
      .prog_lane_i(prog_lane_i),
      .prog_bank_i(prog_bank_i),
      .prog_addr_i(prog_addr_i),
      .prog_data_i(prog_data_i),
      .word_en_o(prog_en),
      .word_taken_i(prog_taken),
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

  wire count_ready;
  assign count_ready_o = run_i && count_ready;
  wire count_run;
  wire count_clear;
  wire [Lanes-1:0] count_lane_en;
  wire [Lanes-1:0] count_bank_en;
  wire [BankBits-1:0] count_bank;
  wire [3:0] count_index;
  wire [Lanes*CountBits-1:0] count_lanes;
  wire [Ports*16-1:0] tree_words;
  wire [Ports*16-1:0] tree_adds;
  recross_readout #(
      .Lanes(Lanes),
      .LaneBits(LaneBits),
      .Ports(Ports),
      .BankBits(BankBits),
      .Counters(Counters),
      .CountBits(CountBits)
  ) u_readout (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .retired_i(retire),
      .ids_wait_i(run_i ? ids_valid_i & ~ids_ready_o : {Ports{1'b0}}),
      .results_wait_i(vec_valid_o & ~vec_ready_i),
      .tree_words_i(tree_words),
      .tree_adds_i(tree_adds),
      .count_valid_i(run_i && count_valid_i),
      .count_ready_o(count_ready),
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

  // --- ports -------------------------------------------------------------------------------------

  wire [Ports*2-1:0] port_error;
  wire [Ports*32-1:0] port_error_id;
  genvar p;
  generate
    for (p = 0; p < Ports; p = p + 1) begin : gen_port
      recross_port #(
          .Lanes(Lanes),
          .LaneBits(LaneBits),
          .HopLanes(HopLanes),
          .Hops(Hops),
          .HopDepth(HopDepth),
          .Banks(Banks),
          .BankBits(BankBits),
          .Slots(Slots),
          .SlotBits(SlotBits),
          .Rows(Rows),
          .RowNumberBits(RowNumberBits),
          .Ids(Ids),
          .Window(Window),
          .PlaceBits(PlaceBits),
          .MaxBag(MaxBag),
          .CountBagBits(CountBagBits),
          .UserTagBits(UserTagBits),
          .TreeFanIn(TreeFanIn),
          .Levels(Levels),
          .Dim(Dim),
          .AccBits(AccBits),
          .ElementBits(ElementBits),
          .ResultBits(ResultBits),
          .Beats(Beats)
      ) u_port (
          .clk_i(clk_i),
          .rst_ni(rst_ni),
          .port_rst_ni(port_rst_ni),
          .run_i(run_i),
          .ids_valid_i(ids_valid_i[p]),
          .ids_ready_o(ids_ready_o[p]),
          .ids_data_i(ids_data_i[p*Ids*32+:Ids*32]),
          .ids_keep_i(ids_keep_i[p*Ids*4+:Ids*4]),
          .ids_last_i(ids_last_i[p]),
          .ids_user_i(ids_user_i[p*UserTagBits+:UserTagBits]),
          .vec_valid_o(vec_valid_o[p]),
          .vec_ready_i(vec_ready_i[p]),
          .vec_data_o(vec_data_o[p*ResultBits+:ResultBits]),
          .vec_last_o(vec_last_o[p]),
          .vec_user_o(vec_user_o[p*UserBits+:UserBits]),
          .offer_o(offer[p*Lanes*Ids+:Lanes*Ids]),
          .take_i(take[p*Lanes*Ids+:Lanes*Ids]),
          .item_o(item[p*Hops*Ids*ItemBits+:Hops*Ids*ItemBits]),
          .place_o(place[p*Hops*PlaceBits+:Hops*PlaceBits]),
          .close_o(close[p*Hops+:Hops]),
          .head_o(status_head_o[p*NumberBits+:NumberBits]),
          .closed_o(status_closed_o[p*NumberBits+:NumberBits]),
          .tail_o(status_tail_o[p*NumberBits+:NumberBits]),
          .wait_i(waits[p*Lanes+:Lanes]),
          .part_i(parts[p*Lanes+:Lanes]),
          .vectors_i(vectors[p*Lanes*Width+:Lanes*Width]),
          .retire_o(retire[p]),
          .error_o(port_error[p*2+:2]),
          .error_id_o(port_error_id[p*32+:32]),
          .idle_o(idle[p]),
          .words_o(tree_words[p*16+:16]),
          .adds_o(tree_adds[p*16+:16])
      );
      assign head_place[p*PlaceBits+:PlaceBits] = status_head_o[p*NumberBits+:PlaceBits];
    end
  endgenerate

  assign idle_o = &idle;
  assign status_wait_o = waits;

  recross_faults #(
      .Ports(Ports),
      .PortBits(PortBits)
  ) u_faults (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .error_i(port_error),
      .error_id_i(port_error_id),
      .error_o(bag_error_o),
      .error_port_o(bag_error_port_o),
      .error_id_o(bag_error_id_o)
  );

  // --- lanes -------------------------------------------------------------------------------------

  genvar l;
  generate
    for (l = 0; l < Lanes; l = l + 1) begin : gen_lane
      localparam integer Hop = l / HopLanes;
      wire [Ports*Ids-1:0] own_offer;
      wire [Ports*Ids-1:0] own_take;
      wire [Ports*Ids*ItemBits-1:0] own_item;
      wire [Ports*PlaceBits-1:0] own_place;
      wire [Ports-1:0] own_close;
      wire [Ports-1:0] own_wait;
      wire [Ports-1:0] own_part;
      wire [Ports*Width-1:0] vector;
      wire scan_in;
      wire scan_out;
      if (l == 0) begin : gen_scan_first
        assign scan_in = scan_i;
      end else begin : gen_scan_next
        assign scan_in = gen_lane[l-1].scan_out;
      end
      for (p = 0; p < Ports; p = p + 1) begin : gen_pins
        assign own_offer[p*Ids+:Ids] = offer[(p*Lanes+l)*Ids+:Ids];
        assign take[(p*Lanes+l)*Ids+:Ids] = own_take[p*Ids+:Ids];
        assign own_item[p*Ids*ItemBits+:Ids*ItemBits] = item[(p*Hops+Hop)*Ids*ItemBits+:Ids*ItemBits];
        assign own_place[p*PlaceBits+:PlaceBits] = place[(p*Hops+Hop)*PlaceBits+:PlaceBits];
        assign own_close[p] = close[p*Hops+Hop];
        assign waits[p*Lanes+l] = own_wait[p];
        assign parts[p*Lanes+l] = own_part[p];
        assign vectors[(p*Lanes+l)*Width+:Width] = vector[p*Width+:Width];
      end
      recross_lane #(
          .Ports(Ports),
          .PortBits(PortBits),
          .Ids(Ids),
          .PlaceBits(PlaceBits),
          .Gather(Gather),
          .Places(Places),
          .PoolBits(PoolBits),
          .PendingBits(PendingBits),
          .Rows(Rows),
          .Cols(Cols),
          .CellBits(CellBits),
          .Adcs(Adcs),
          .Blocks(Blocks),
          .Banks(Banks),
          .BankBits(BankBits),
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
          .SlotBits(SlotBits),
          .RowNumberBits(RowNumberBits),
          .BlockBits(BlockBits),
          .RowBits(RowBits),
          .PhaseBits(PhaseBits),
          .PsumBits(PsumBits),
          .AccBits(AccBits),
          .ProgBits(ProgBits),
          .ProgAddrBits(ProgAddrBits),
          .TrimBits(TrimBits),
          .Counters(Counters),
          .CountBits(CountBits)
      ) u_lane (
          .clk_i(clk_i),
          .rst_ni(rst_ni),
          .offer_i(own_offer),
          .take_o(own_take),
          .item_i(own_item),
          .place_i(own_place),
          .close_i(own_close),
          .head_i(head_place),
          .wait_o(own_wait),
          .part_o(own_part),
          .retire_i(retire),
          .vector_o(vector),
          .prog_en_i(prog_en[l]),
          .prog_taken_o(prog_taken[l]),
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
          .wait_place_o(status_wait_place_o[l]),
          .wait_room_o(status_wait_room_o[l]),
          .wait_queue_o(status_queue_o[l]),
          .busy_o(status_busy_o[l*Banks+:Banks])
      );
    end
  endgenerate

  assign scan_o = gen_lane[Lanes-1].scan_out;

endmodule

`default_nettype wire
