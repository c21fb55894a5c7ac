// SPDX-License-Identifier: MIT OR Apache-2.0
// recross_dispatcher: each accepted command is sent once, in order and unchanged; it is accepted only
// while its bag expects commands; it goes to the replica whose bank has the fewest unfinished
// commands, the lowest one in a tie (RoundRobin == 0), or to its group's replicas in turn.
//
// Assumed: a group is programmed, with at least one replica on banks that exist, before a command of
// it comes; a place is opened only after the last command of the bag that had it; a bank finishes
// only commands that it has, and takes no more than its load counter can count. With RoundRobin == 1,
// nothing is programmed while a bag expects commands or a command is held.
`include "assert.svh"
`default_nettype none

module recross_dispatcher_props #(
    parameter integer Rows = 4,
    parameter integer Banks = 3,
    parameter integer BankBits = 2,
    parameter integer SlotBits = 1,
    parameter integer Groups = 2,
    parameter integer GroupBits = 1,
    parameter integer MaxReplicas = 2,
    parameter integer ReplicaBits = 2,
    parameter integer TableBits = 8,
    parameter integer RoundRobin = 0,
    parameter integer QueueDepth = 2,
    parameter integer Window = 2,
    parameter integer TagBits = 2
) (
    input wire                 clk_i,
    input wire                 rst_ni,
    input wire                 open_i,
    input wire [  TagBits-1:0] window_tail_i,
    input wire                 cmd_valid_i,
    input wire [  TagBits-1:0] cmd_tag_i,
    input wire [GroupBits-1:0] cmd_group_i,
    input wire                 cmd_single_i,
    input wire [     Rows-1:0] cmd_mask_i,
    input wire                 cmd_last_i,
    input wire [    Banks-1:0] bank_ready_i,
    input wire [    Banks-1:0] finished_i,
    input wire                 prog_en_i,
    input wire [GroupBits-1:0] prog_addr_i,
    input wire [TableBits-1:0] prog_data_i
);

  localparam integer NumberBits = Rows > 2 ? $clog2(Rows) : 1;
  localparam integer Place = BankBits + SlotBits;

  wire cmd_ready_o;
  wire [Banks-1:0] bank_valid_o;
  wire [SlotBits-1:0] bank_slot_o;
  wire [TagBits-1:0] bank_tag_o;
  wire bank_single_o;
  wire [Rows-1:0] bank_mask_o;
  wire bank_last_o;
  wire wait_window_o;
  wire wait_queue_o;
  wire sent_o;
  wire starved_o;

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
      .RetirePorts(1),
      .TagBits(TagBits)
  ) dut (
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
      .bank_valid_o(bank_valid_o),
      .bank_ready_i(bank_ready_i),
      .bank_slot_o(bank_slot_o),
      .bank_tag_o(bank_tag_o),
      .bank_single_o(bank_single_o),
      .bank_mask_o(bank_mask_o),
      .bank_last_o(bank_last_o),
      .finished_i(finished_i),
      .prog_en_i(prog_en_i),
      .prog_addr_i(prog_addr_i),
      .prog_data_i(prog_data_i),
      .sent_o(sent_o),
      .wait_window_o(wait_window_o),
      .wait_queue_o(wait_queue_o),
      .starved_o(starved_o)
  );

  // --- reference -------------------------------------------------------------------------------

  reg [Window-1:0] expects_q;
  reg [Groups-1:0] programmed_q;
  reg [TableBits-1:0] table_q[0:Groups-1];
  reg [ReplicaBits-1:0] turn_q[0:Groups-1];
  reg [3:0] load_q[0:Banks-1];
  reg held_q;
  reg [TableBits-1:0] entry_q;
  reg [GroupBits-1:0] group_q;
  reg [TagBits-1:0] tag_q;
  reg single_q;
  reg [Rows-1:0] mask_q;
  reg last_q;

  wire [TagBits-2:0] open_place = window_tail_i[TagBits-2:0];
  wire [TagBits-2:0] cmd_place = cmd_tag_i[TagBits-2:0];
  wire accept = cmd_valid_i && cmd_ready_o;
  wire [Banks-1:0] sent = bank_valid_o & bank_ready_i;

  integer b;
  integer g;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      expects_q <= 0;
      programmed_q <= 0;
      held_q <= 1'b0;
      for (b = 0; b < Banks; b = b + 1) load_q[b] <= 0;
    end else begin
      if (open_i) expects_q[open_place] <= 1'b1;
      if (accept && cmd_last_i) expects_q[cmd_place] <= 1'b0;
      if (prog_en_i) programmed_q[prog_addr_i] <= 1'b1;
      held_q <= accept || (held_q && sent == 0);
      for (b = 0; b < Banks; b = b + 1) load_q[b] <= load_q[b] + sent[b] - finished_i[b];
    end
  end

  wire [ReplicaBits-1:0] replicas = entry_q[ReplicaBits-1:0];
  always @(posedge clk_i) begin
    if (prog_en_i) table_q[prog_addr_i] <= prog_data_i;
    if (accept) begin
      entry_q <= table_q[cmd_group_i];
      group_q <= cmd_group_i;
      tag_q <= cmd_tag_i;
      single_q <= cmd_single_i;
      mask_q <= cmd_mask_i;
      last_q <= cmd_last_i;
    end
    if (sent != 0) turn_q[group_q] <= (turn_q[group_q] + 1'b1 == replicas) ? 0 : turn_q[group_q] + 1'b1;
    if (prog_en_i) turn_q[prog_addr_i] <= 0;
  end

  // From the last replica to the first, so that the lowest one wins a tie.
  reg [BankBits-1:0] bank;
  reg [SlotBits-1:0] slot;
  reg [BankBits-1:0] other;
  reg [4:0] least;
  integer r;
  always @* begin
    bank = 0;
    slot = 0;
    other = 0;
    least = 5'd31;
    for (r = MaxReplicas - 1; r >= 0; r = r - 1) begin
      other = entry_q[ReplicaBits+r*Place+:BankBits];
      if (RoundRobin == 1 ? r == turn_q[group_q] : r < replicas && load_q[other] <= least) begin
        bank  = other;
        slot  = entry_q[ReplicaBits+r*Place+BankBits+:SlotBits];
        least = load_q[other];
      end
    end
  end

  // --- assumptions -----------------------------------------------------------------------------

  reg legal;
  integer p;
  always @* begin
    legal = prog_data_i[ReplicaBits-1:0] != 0 && prog_data_i[ReplicaBits-1:0] <= MaxReplicas;
    for (p = 0; p < MaxReplicas; p = p + 1) begin
      legal = legal && prog_data_i[ReplicaBits+p*Place+:BankBits] < Banks;
    end
    assume (!prog_en_i || legal);
    assume (!(cmd_valid_i && !programmed_q[cmd_group_i]));
    assume (!(open_i && expects_q[open_place]));
    assume (!(RoundRobin == 1 && prog_en_i && (held_q || expects_q != 0 || open_i)));
    for (p = 0; p < Banks; p = p + 1) begin
      assume (!(finished_i[p] && load_q[p] == 0));
      assume (!(bank_ready_i[p] && load_q[p] == QueueDepth + 7));
    end
  end

  initial assume (!rst_ni);

  // --- properties ------------------------------------------------------------------------------

  localparam [Rows-1:0] NUMBER = (1 << NumberBits) - 1;
  wire [Rows-1:0] valid = single_q ? NUMBER : {Rows{1'b1}};

  always @(posedge clk_i) begin
    if (rst_ni) begin
      `RECROSS_ASSERT(admission, cmd_ready_o == (expects_q[cmd_place] && (!held_q || sent != 0)));
      `RECROSS_ASSERT(waits_for_a_header, wait_window_o == (cmd_valid_i && !expects_q[cmd_place]));
      `RECROSS_ASSERT(waits_for_a_queue, wait_queue_o == (held_q && sent == 0));
      `RECROSS_ASSERT(tells_what_is_sent, sent_o == (sent != 0));
      `RECROSS_ASSERT(has_nothing_to_do, starved_o == (!cmd_valid_i && !held_q));
      `RECROSS_ASSERT(sends_what_it_holds, (bank_valid_o != 0) == held_q);
      if (held_q) begin
        `RECROSS_ASSERT(to_the_right_bank, bank_valid_o == 1 << bank);
        `RECROSS_ASSERT(same_slot, bank_slot_o == slot);
        `RECROSS_ASSERT(same_tag, bank_tag_o == tag_q);
        `RECROSS_ASSERT(same_last, bank_last_o == last_q);
        `RECROSS_ASSERT(same_single, bank_single_o == single_q);
        `RECROSS_ASSERT(same_rows, ((bank_mask_o ^ mask_q) & valid) == 0);
      end
      cover_second_replica : cover (sent != 0 && bank != entry_q[ReplicaBits+:BankBits] && replicas == 2);
      cover_back_to_back : cover (sent != 0 && accept && !single_q && &mask_q);
      cover_busy : cover (load_q[Banks-1] == 3 && held_q && !bank_ready_i[Banks-1] && bank == Banks - 1);
      cover_second_bag : cover (sent != 0 && tag_q[TagBits-1] && last_q);
    end
  end

endmodule

`default_nettype wire
