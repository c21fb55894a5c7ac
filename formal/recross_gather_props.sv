// SPDX-License-Identifier: MIT OR Apache-2.0
// recross_gather: no id is lost, sent twice, or sent for another bag, bank, slot or row.
//
// For any one row of any one bag in any crossbar, chosen once by the solver, the wrapper counts the ids
// that came and the commands that have that row. The difference is never negative, and it is zero when
// no entry is left: the entries are counted by what a_made_o and b_made_o tell and by the commands, so
// the completion count of recross_places is right as well. A command is for one bank that has room, and
// has the form that banks expect. A full store sends one if all banks have room. Behind the bag's last
// unit of the crossbar, the bag's entries of the crossbar are due at once: while there is one and its
// bank has room, a command leaves in each cycle.
//
// Assumed: units come only when there was room in the cycle before. A unit has an id at least, and its
// rows ascend. A port's bag has one pool index; it is {port, number of the bag modulo 2}. The bag changes
// behind close_i as it does at a hop: an id that is taken in the cycle of close_i comes a cycle later and
// is the old bag's last. *_last_i may come with any unit.
`include "assert.svh"
`default_nettype none

module recross_gather_props #(
    parameter integer Entries = 2,
    parameter integer Ports = 2,
    parameter integer PortBits = 1,
    parameter integer Banks = 2,
    parameter integer BankBits = 1,
    parameter integer SlotBits = 1,
    parameter integer Rows = 4,
    parameter integer RowNumberBits = 2,
    parameter integer Ids = 1
) (
    input wire                         clk_i,
    input wire                         rst_ni,
    input wire                         a_valid,
    input wire [         PortBits-1:0] a_port_i,
    input wire [BankBits+SlotBits-1:0] a_group_i,
    input wire [              Ids-1:0] a_used_i,
    input wire [Ids*RowNumberBits-1:0] a_rows_i,
    input wire                         a_last_i,
    input wire                         b_valid,
    input wire [         PortBits-1:0] b_port_i,
    input wire [BankBits+SlotBits-1:0] b_group_i,
    input wire [              Ids-1:0] b_used_i,
    input wire [Ids*RowNumberBits-1:0] b_rows_i,
    input wire                         b_last_i,
    input wire [            Ports-1:0] close_i,
    input wire [            Banks-1:0] bank_ready_i
);

  localparam integer GroupBits = BankBits + SlotBits;
  localparam integer PoolBits = PortBits + 1;

  reg room1_q;
  reg room2_q;
  reg [Ports-1:0] close_q;
  reg [Ports-1:0] parity_q;  // of each port's bag
  wire a_valid_i = a_valid && room1_q;
  wire b_valid_i = a_valid_i && b_valid && room2_q;
  wire [PoolBits-1:0] a_pool_i = {a_port_i, parity_q[a_port_i]};
  wire [PoolBits-1:0] b_pool_i = {b_port_i, parity_q[b_port_i]};
  wire a_made_o;
  wire b_made_o;
  wire room1_o;
  wire room2_o;
  wire [Banks-1:0] bank_valid_o;
  wire [SlotBits-1:0] bank_slot_o;
  wire [PoolBits-1:0] bank_tag_o;
  wire bank_single_o;
  wire [Rows-1:0] bank_mask_o;
  wire wait_queue_o;
  recross_gather #(
      .Entries(Entries),
      .Ports(Ports),
      .PortBits(PortBits),
      .PoolBits(PoolBits),
      .Banks(Banks),
      .BankBits(BankBits),
      .SlotBits(SlotBits),
      .Rows(Rows),
      .RowNumberBits(RowNumberBits),
      .Ids(Ids)
  ) dut (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .a_valid_i(a_valid_i),
      .a_port_i(a_port_i),
      .a_pool_i(a_pool_i),
      .a_group_i(a_group_i),
      .a_used_i(a_used_i),
      .a_rows_i(a_rows_i),
      .a_last_i(a_last_i),
      .b_valid_i(b_valid_i),
      .b_port_i(b_port_i),
      .b_pool_i(b_pool_i),
      .b_group_i(b_group_i),
      .b_used_i(b_used_i),
      .b_rows_i(b_rows_i),
      .b_last_i(b_last_i),
      .close_i(close_i),
      .a_made_o(a_made_o),
      .b_made_o(b_made_o),
      .room1_o(room1_o),
      .room2_o(room2_o),
      .bank_valid_o(bank_valid_o),
      .bank_ready_i(bank_ready_i),
      .bank_slot_o(bank_slot_o),
      .bank_tag_o(bank_tag_o),
      .bank_single_o(bank_single_o),
      .bank_mask_o(bank_mask_o),
      .wait_queue_o(wait_queue_o)
  );

  (* anyconst *) reg [PoolBits-1:0] pool;
  (* anyconst *) reg [GroupBits-1:0] group;
  (* anyconst *) reg [RowNumberBits-1:0] row;
  wire [BankBits-1:0] bank = group[SlotBits+:BankBits];
  wire [SlotBits-1:0] slot = group[SlotBits-1:0];

  reg a_has;  // the unit has the row
  reg b_has;
  reg ascend;
  integer i;
  integer j;
  always @* begin
    a_has = 1'b0;
    b_has = 1'b0;
    ascend = 1'b1;
    for (i = 0; i < Ids; i = i + 1) begin
      if (a_used_i[i] && a_rows_i[i*RowNumberBits+:RowNumberBits] == row) a_has = 1'b1;
      if (b_used_i[i] && b_rows_i[i*RowNumberBits+:RowNumberBits] == row) b_has = 1'b1;
      for (j = 0; j < i; j = j + 1) begin
        if (a_used_i[i] && a_used_i[j] &&
            a_rows_i[i*RowNumberBits+:RowNumberBits] <= a_rows_i[j*RowNumberBits+:RowNumberBits])
          ascend = 1'b0;
        if (b_used_i[i] && b_used_i[j] &&
            b_rows_i[i*RowNumberBits+:RowNumberBits] <= b_rows_i[j*RowNumberBits+:RowNumberBits])
          ascend = 1'b0;
      end
    end
  end

  wire sent = bank_valid_o != 0;
  wire [Rows-1:0] rows = bank_single_o ? 1 << bank_mask_o[RowNumberBits-1:0] : bank_mask_o;
  wire sent_group = bank_valid_o[bank] && bank_tag_o == pool && bank_slot_o == slot;
  wire sent_row = sent_group && rows[row];
  wire a_mine = a_valid_i && a_pool_i == pool && a_group_i == group;
  wire b_mine = b_valid_i && b_pool_i == pool && b_group_i == group;
  wire came_a = a_mine && a_has;
  wire came_b = b_mine && b_has;

  reg [2:0] entries_q;
  reg [2:0] count_q;  // ids of the row, without a command
  reg [2:0] own_q;  // entries of the bag and crossbar
  reg complete_q;  // the last unit of these was the last
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      room1_q <= 1'b0;
      room2_q <= 1'b0;
      close_q <= 0;
      parity_q <= 0;
      entries_q <= 0;
      count_q <= 0;
      own_q <= 0;
      complete_q <= 1'b0;
    end else begin
      room1_q <= room1_o;
      room2_q <= room2_o;
      close_q <= close_i;
      parity_q <= parity_q ^ close_q;
      entries_q <= entries_q + a_made_o + b_made_o - sent;
      count_q <= count_q + came_a + came_b - sent_row;
      own_q <= own_q + (a_mine && a_made_o) + (b_mine && b_made_o) - sent_group;
      if (b_mine) complete_q <= b_last_i;
      else if (a_mine) complete_q <= a_last_i;
    end
  end

  integer k;
  initial assume (!rst_ni);
  always @(posedge clk_i) begin
    assume (bank < Banks && a_group_i[SlotBits+:BankBits] < Banks);
    assume (b_group_i[SlotBits+:BankBits] < Banks);
    assume (a_port_i < Ports && b_port_i < Ports);
    assume (row < Rows);
    for (k = 0; k < Ids; k = k + 1) begin
      assume (a_rows_i[k*RowNumberBits+:RowNumberBits] < Rows);
      assume (b_rows_i[k*RowNumberBits+:RowNumberBits] < Rows);
    end
    assume (a_used_i != 0 && b_used_i != 0 && ascend);
    if (rst_ni) begin
      // Nothing closes in two cycles in turn: the next bag's last beat is a cycle behind at least, and a
      // bag's parity would change before its ids come.
      assume ((close_i & close_q) == 0);
      `RECROSS_ASSERT(entries_fit, entries_q <= Entries);
      `RECROSS_ASSERT(sends_an_entry, !sent || entries_q != 0);
      `RECROSS_ASSERT(one_bank_with_room,
                      (bank_valid_o & (bank_valid_o - 1)) == 0 && (bank_valid_o & ~bank_ready_i) == 0);
      `RECROSS_ASSERT(made_only_by_ids, (!a_made_o || a_valid_i) && (!b_made_o || b_valid_i));
      `RECROSS_ASSERT(no_row_too_many, !sent_row || count_q != 0);
      `RECROSS_ASSERT(no_id_lost, count_q <= own_q && own_q <= entries_q);
      `RECROSS_ASSERT(room, room2_o || !room1_o || entries_q + a_valid_i + b_valid_i + 1 == Entries);
      `RECROSS_ASSERT(room_when_empty, entries_q != 0 || a_valid_i || room1_o);
      `RECROSS_ASSERT(waits_only_for_banks, !wait_queue_o || bank_ready_i != {Banks{1'b1}});
      `RECROSS_ASSERT(full_store_sends, entries_q != Entries || sent || bank_ready_i != {Banks{1'b1}});
      `RECROSS_ASSERT(complete_is_due, own_q == 0 || !complete_q || !bank_ready_i[bank] || sent);
      if (sent && bank_single_o) begin
        `RECROSS_ASSERT(only_a_number, bank_mask_o >> RowNumberBits == 0);
      end
      if (sent && !bank_single_o) begin
        `RECROSS_ASSERT(two_rows_at_least, (bank_mask_o & (bank_mask_o - 1)) != 0);
      end
      cover_full : cover (entries_q == Entries);
      cover_equal_ids : cover (count_q == 2);
      cover_many_rows : cover (sent && !bank_single_o && bank_mask_o == {Rows{1'b1}});
      cover_joined : cover (sent_row && !bank_single_o && count_q == 1);
      cover_complete : cover (sent && complete_q && own_q == 1 && entries_q == 1);
    end
  end

endmodule

`default_nettype wire
