// SPDX-License-Identifier: MIT OR Apache-2.0
// One lane: takes ids of all ports, makes commands of them, and sums up the results of its banks.
//
//   pick (ids of two crossbars) -> gather (rows of a group) -> banks -> merge -> accumulator -> prefetch
//
// Port p uses bit p, or part p of a packed vector. It offers the ids of the beat in the lane's hop with
// offer_i; the lane takes them with take_o. place_i is the place of that beat's bag, and close_i tells
// that the bag's last beat leaves the hop. head_i is the place of the port's oldest bag: wait_o is high
// while this lane is not done with it, part_o when the lane has its vector, on vector_o, and with
// retire_i the bag retires.
//
// scan_bank_i selects the bank whose answer to a write, and whose errors, are on answer_o one cycle
// later.
`default_nettype none

module recross_lane #(
    parameter integer Ports = 1,
    parameter integer PortBits = 1,
    parameter integer Ids = 1,
    parameter integer PlaceBits = 2,
    parameter integer Gather = 4,
    parameter integer Places = 4,
    parameter integer PoolBits = 2,
    parameter integer PendingBits = 5,
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
    parameter integer AccBits = 9,
    parameter integer ProgBits = 16,
    parameter integer ProgAddrBits = 5,
    parameter integer TrimBits = 8,
    parameter integer Counters = 1,
    parameter integer CountBits = 32,
    parameter integer GroupBits = BankBits + SlotBits,  // not to be overridden
    parameter integer ItemBits = GroupBits + RowNumberBits + 2  // not to be overridden
) (
    input  wire                               clk_i,
    input  wire                               rst_ni,
    input  wire [              Ports*Ids-1:0] offer_i,
    output wire [              Ports*Ids-1:0] take_o,
    input  wire [     Ports*Ids*ItemBits-1:0] item_i,
    input  wire [        Ports*PlaceBits-1:0] place_i,
    input  wire [                  Ports-1:0] close_i,
    input  wire [        Ports*PlaceBits-1:0] head_i,
    output wire [                  Ports-1:0] wait_o,
    output wire [                  Ports-1:0] part_o,
    input  wire [                  Ports-1:0] retire_i,
    output wire [      Ports*Dim*AccBits-1:0] vector_o,
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
    input  wire                               count_bank_en_i,
    input  wire [               BankBits-1:0] count_bank_i,
    input  wire [                        3:0] count_index_i,
    output wire [              CountBits-1:0] count_o,
    output wire                               wait_place_o,  // an id is offered, and no place is free
    output wire                               wait_room_o,  // ... and the gather store is full
    output wire                               wait_queue_o,  // commands are due, and no bank takes one
    output wire [                  Banks-1:0] busy_o
);

  generate
    if (PendingBits < $clog2(Gather + Banks * (QueueDepth + 6) + 4)) begin : gen_error_pending
      ERROR_recross_lane_pending_bits_must_count_the_commands_in_flight bad ();
    end
    if (GroupBits != BankBits + SlotBits || ItemBits != GroupBits + RowNumberBits + 2) begin : gen_error_item
      ERROR_recross_lane_item_must_be_bank_slot_row_and_two_bits bad ();
    end
  endgenerate

  // --- ids: which ones, where their bags' sums are, and what commands they make ------------------

  wire [Ports-1:0] eligible;
  wire [Ports-1:0] current;
  wire [Ports*PoolBits-1:0] youngest;
  wire [Ports-1:0] first_place;
  wire [PoolBits-1:0] free_place;
  wire [PoolBits-1:0] free2_place;
  wire [Ports-1:0] new_place;
  wire [Ports-1:0] second_place;
  wire two_spare;
  wire room1;
  wire room2;
  wire a_valid;
  wire [PortBits-1:0] a_port;
  wire [PoolBits-1:0] a_pool;
  wire [GroupBits-1:0] a_group;
  wire [Ids-1:0] a_used;
  wire [Ids*RowNumberBits-1:0] a_rows;
  wire a_last;
  wire a_made;
  wire b_valid;
  wire [PortBits-1:0] b_port;
  wire [PoolBits-1:0] b_pool;
  wire [GroupBits-1:0] b_group;
  wire [Ids-1:0] b_used;
  wire [Ids*RowNumberBits-1:0] b_rows;
  wire b_last;
  wire b_made;
  recross_pick #(
      .Ports(Ports),
      .PortBits(PortBits),
      .Ids(Ids),
      .GroupBits(GroupBits),
      .RowNumberBits(RowNumberBits),
      .PoolBits(PoolBits)
  ) u_pick (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .offer_i(offer_i),
      .item_i(item_i),
      .take_o(take_o),
      .eligible_i(eligible),
      .has_i(current),
      .pool_i(youngest),
      .first_i(first_place),
      .two_spare_i(two_spare),
      .free_i(free_place),
      .free2_i(free2_place),
      .new_o(new_place),
      .second_o(second_place),
      .room1_i(room1),
      .room2_i(room2),
      .wait_place_o(wait_place_o),
      .wait_room_o(wait_room_o),
      .a_valid_o(a_valid),
      .a_port_o(a_port),
      .a_pool_o(a_pool),
      .a_group_o(a_group),
      .a_used_o(a_used),
      .a_rows_o(a_rows),
      .a_last_o(a_last),
      .b_valid_o(b_valid),
      .b_port_o(b_port),
      .b_pool_o(b_pool),
      .b_group_o(b_group),
      .b_used_o(b_used),
      .b_rows_o(b_rows),
      .b_last_o(b_last)
  );

  wire merge_valid;
  wire [PoolBits-1:0] merge_tag;
  wire [Ports-1:0] any;
  wire [Ports-1:0] ended;
  wire [Ports*PoolBits-1:0] oldest;
  wire [Ports*PlaceBits-1:0] oldest_window;
  wire [Ports-1:0] free_oldest;
  recross_places #(
      .Ports(Ports),
      .PortBits(PortBits),
      .Places(Places),
      .PoolBits(PoolBits),
      .PlaceBits(PlaceBits),
      .PendingBits(PendingBits)
  ) u_places (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .new_i(new_place),
      .second_i(second_place),
      .window_i(place_i),
      .close_i(close_i),
      .eligible_o(eligible),
      .current_o(current),
      .youngest_o(youngest),
      .first_o(first_place),
      .two_spare_o(two_spare),
      .free_o(free_place),
      .free2_o(free2_place),
      .a_valid_i(a_valid),
      .a_port_i(a_port),
      .a_pool_i(a_pool),
      .a_made_i(a_made),
      .b_valid_i(b_valid),
      .b_port_i(b_port),
      .b_pool_i(b_pool),
      .b_made_i(b_made),
      .done_i(merge_valid),
      .done_pool_i(merge_tag),
      .any_o(any),
      .final_o(ended),
      .oldest_o(oldest),
      .oldest_window_o(oldest_window),
      .free_i(free_oldest)
  );

  wire [Banks-1:0] bank_valid;
  wire [Banks-1:0] bank_ready;
  wire [SlotBits-1:0] bank_slot;
  wire [PoolBits-1:0] bank_tag;
  wire bank_single;
  wire [Rows-1:0] bank_mask;
  recross_gather #(
      .Entries(Gather),
      .Ports(Ports),
      .PortBits(PortBits),
      .PoolBits(PoolBits),
      .Banks(Banks),
      .BankBits(BankBits),
      .SlotBits(SlotBits),
      .Rows(Rows),
      .RowNumberBits(RowNumberBits),
      .Ids(Ids)
  ) u_gather (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .a_valid_i(a_valid),
      .a_port_i(a_port),
      .a_pool_i(a_pool),
      .a_group_i(a_group),
      .a_used_i(a_used),
      .a_rows_i(a_rows),
      .a_last_i(a_last),
      .b_valid_i(b_valid),
      .b_port_i(b_port),
      .b_pool_i(b_pool),
      .b_group_i(b_group),
      .b_used_i(b_used),
      .b_rows_i(b_rows),
      .b_last_i(b_last),
      .close_i(close_i),
      .a_made_o(a_made),
      .b_made_o(b_made),
      .room1_o(room1),
      .room2_o(room2),
      .bank_valid_o(bank_valid),
      .bank_ready_i(bank_ready),
      .bank_slot_o(bank_slot),
      .bank_tag_o(bank_tag),
      .bank_single_o(bank_single),
      .bank_mask_o(bank_mask),
      .wait_queue_o(wait_queue_o)
  );

  // --- commands to results -----------------------------------------------------------------------

  localparam integer StepBits = RowBits > AdcBits ? RowBits : AdcBits;
  wire [Banks-1:0] psum_valid;
  wire [Banks-1:0] psum_ready;
  wire [PoolBits-1:0] picked_tag;
  wire picked_narrow;
  wire [Dim*PsumBits-1:0] picked_data;
  wire [Banks*10*StepBits-1:0] events;
  wire [CountBits-1:0] bank_count;
  recross_banks #(
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
      .TagBits(PoolBits),
      .ProgBits(ProgBits),
      .ProgAddrBits(ProgAddrBits),
      .TrimBits(TrimBits),
      .Counters(Counters),
      .CountBits(CountBits)
  ) u_banks (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .cmd_valid_i(bank_valid),
      .cmd_ready_o(bank_ready),
      .cmd_tag_i(bank_tag),
      .cmd_slot_i(bank_slot),
      .cmd_single_i(bank_single),
      .cmd_mask_i(bank_mask),
      .psum_valid_o(psum_valid),
      .psum_ready_i(psum_ready),
      .picked_tag_o(picked_tag),
      .picked_narrow_o(picked_narrow),
      .picked_data_o(picked_data),
      .prog_en_i(prog_en_i),
      .prog_taken_o(prog_taken_o),
      .prog_bank_i(prog_bank_i),
      .prog_addr_i(prog_addr_i),
      .prog_data_i(prog_data_i),
      .scan_bank_i(scan_bank_i),
      .scan_ack_i(scan_ack_i),
      .answer_o(answer_o),
      .tick_i(tick_i),
      .trim_i(trim_i),
      .scan_en_i(scan_en_i),
      .scan_i(scan_i),
      .scan_o(scan_o),
      .count_run_i(count_run_i),
      .count_clear_i(count_clear_i),
      .count_en_i(count_bank_en_i),
      .count_bank_i(count_bank_i),
      .count_index_i(count_index_i),
      .count_o(bank_count),
      .events_o(events),
      .busy_o(busy_o)
  );

  wire merge_narrow;
  wire [Dim*PsumBits-1:0] merge_data;
  wire conflict;
  recross_merge #(
      .Banks(Banks),
      .TagBits(PoolBits),
      .Dim(Dim),
      .ValueBits(ValueBits),
      .PsumBits(PsumBits)
  ) u_merge (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .psum_valid_i(psum_valid),
      .psum_ready_o(psum_ready),
      .picked_tag_i(picked_tag),
      .picked_narrow_i(picked_narrow),
      .picked_data_i(picked_data),
      .merge_valid_o(merge_valid),
      .merge_tag_o(merge_tag),
      .merge_narrow_o(merge_narrow),
      .merge_data_o(merge_data),
      .conflict_o(conflict)
  );

  // --- results to vectors ------------------------------------------------------------------------

  wire granted = psum_valid != {Banks{1'b0}};
  wire reads;
  wire adds;
  wire fetch;
  wire [PoolBits-1:0] fetch_pool;
  wire [Dim*AccBits-1:0] fetched;
  recross_accumulator #(
      .Dim(Dim),
      .ValueBits(ValueBits),
      .PsumBits(PsumBits),
      .AccBits(AccBits),
      .Places(Places),
      .PoolBits(PoolBits)
  ) u_accumulator (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .grant_i(granted),
      .grant_pool_i(picked_tag),
      .reads_o(reads),
      .merge_valid_i(merge_valid),
      .merge_pool_i(merge_tag),
      .merge_narrow_i(merge_narrow),
      .merge_data_i(merge_data),
      .adds_o(adds),
      .fetch_i(fetch),
      .fetch_pool_i(fetch_pool),
      .vector_o(fetched)
  );

  recross_prefetch #(
      .Ports(Ports),
      .PoolBits(PoolBits),
      .PlaceBits(PlaceBits),
      .Width(Dim * AccBits)
  ) u_prefetch (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .any_i(any),
      .final_i(ended),
      .oldest_i(oldest),
      .oldest_window_i(oldest_window),
      .free_o(free_oldest),
      .busy_i(reads),
      .fetch_o(fetch),
      .fetch_pool_o(fetch_pool),
      .vector_i(fetched),
      .head_i(head_i),
      .wait_o(wait_o),
      .part_o(part_o),
      .retire_i(retire_i),
      .vector_o(vector_o)
  );

  // --- event counters ----------------------------------------------------------------------------

  wire sent = bank_valid != {Banks{1'b0}};
  recross_lane_counters #(
      .Number(6),
      .Banks(Banks),
      .StepBits(StepBits),
      .Counters(Counters),
      .CountBits(CountBits)
  ) u_counters (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .steps_i({adds, conflict, wait_queue_o, wait_room_o, wait_place_o, sent}),
      .events_i(events),
      .run_i(count_run_i),
      .clear_i(count_clear_i),
      .en_i(count_en_i),
      .bank_en_i(count_bank_en_i),
      .index_i(count_index_i),
      .bank_count_i(bank_count),
      .count_o(count_o)
  );

endmodule

`default_nettype wire
