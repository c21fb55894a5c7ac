// SPDX-License-Identifier: MIT OR Apache-2.0
// Command front end of a lane: admits commands whose bag is open, looks up the replicas of their
// group and sends each command to one bank.
//
// Each command accepted on cmd_* is sent to exactly one bank, and commands are sent in the order in
// which they arrive. A command is accepted only while its bag is open and expects commands of this
// lane, so cmd_ready_o depends on cmd_tag_i. Checking that the tag lies in the window would not be
// enough: a lane that many bags do not touch may offer a command of a bag that is so far ahead that
// its tag equals the tag of a bag in the window.
//
// With cmd_single_i high, a command has one row, and the low bits of cmd_mask_i hold the row's
// number. The other bits of bank_mask_o are then undefined: they keep the bits of an earlier mask.
//
// The replica table has one word for each of the lane's groups. Its low ReplicaBits bits are the
// number of replicas. The bank (BankBits) and the slot (SlotBits) of each replica follow.
//
// With RoundRobin == 0, a command goes to the replica whose bank has the fewest unfinished
// commands; the lowest replica wins a tie. With RoundRobin == 1, a group's replicas take turns.
`default_nettype none

module recross_dispatcher #(
    parameter integer Rows = 8,
    parameter integer Banks = 2,
    parameter integer BankBits = 1,
    parameter integer SlotBits = 1,
    parameter integer Groups = 4,
    parameter integer GroupBits = 2,
    parameter integer MaxReplicas = 2,
    parameter integer ReplicaBits = 2,  // can hold 0 to MaxReplicas
    parameter integer TableBits = 6,  // ReplicaBits + MaxReplicas * (BankBits + SlotBits)
    parameter integer RoundRobin = 0,
    parameter integer QueueDepth = 2,
    parameter integer Window = 4,
    parameter integer RetirePorts = 1,  // largest number of bags opened in a cycle
    parameter integer TagBits = 3  // log2(Window) + 1
) (
    input  wire                           clk_i,
    input  wire                           rst_ni,
    input  wire [        RetirePorts-1:0] open_i,  // opens a bag of this lane
    input  wire [RetirePorts*TagBits-1:0] window_tail_i,  // its tag
    input  wire                           cmd_valid_i,
    output wire                           cmd_ready_o,
    input  wire [            TagBits-1:0] cmd_tag_i,
    input  wire [          GroupBits-1:0] cmd_group_i,
    input  wire                           cmd_single_i,
    input  wire [               Rows-1:0] cmd_mask_i,
    input  wire                           cmd_last_i,
    output wire [              Banks-1:0] bank_valid_o,
    input  wire [              Banks-1:0] bank_ready_i,
    output wire [           SlotBits-1:0] bank_slot_o,
    output wire [            TagBits-1:0] bank_tag_o,
    output wire                           bank_single_o,
    output wire [               Rows-1:0] bank_mask_o,
    output wire                           bank_last_o,
    input  wire [              Banks-1:0] finished_i,  // the merge takes the bank's result
    input  wire                           prog_en_i,
    input  wire [          GroupBits-1:0] prog_addr_i,
    input  wire [          TableBits-1:0] prog_data_i,
    output wire                           sent_o,  // a command is sent to a bank
    output wire                           wait_window_o,
    output wire                           wait_queue_o,
    output wire                           starved_o  // no command is here
);

  generate
    if (BankBits != (Banks > 2 ? $clog2(Banks) : 1)) begin : gen_error_bank
      ERROR_recross_dispatcher_bank_bits_must_number_the_banks bad ();
    end
    if (GroupBits != (Groups > 2 ? $clog2(Groups) : 1)) begin : gen_error_group
      ERROR_recross_dispatcher_group_bits_must_number_the_groups bad ();
    end
    if (MaxReplicas < 1 || ReplicaBits != $clog2(MaxReplicas + 1)) begin : gen_error_replica
      ERROR_recross_dispatcher_replica_bits_must_hold_max_replicas bad ();
    end
    if (TableBits != ReplicaBits + MaxReplicas * (BankBits + SlotBits)) begin : gen_error_table
      ERROR_recross_dispatcher_table_bits_must_hold_a_row bad ();
    end
    if (TagBits < 2 || Window != 1 << (TagBits - 1)) begin : gen_error_window
      ERROR_recross_dispatcher_window_must_be_half_the_tags bad ();
    end
    if (RetirePorts < 1 || RetirePorts > Window) begin : gen_error_ports
      ERROR_recross_dispatcher_ports_need_a_place_each bad ();
    end
    if (RoundRobin < 0 || RoundRobin > 1) begin : gen_error_choice
      ERROR_recross_dispatcher_round_robin_is_0_or_1 bad ();
    end
  endgenerate

  // Width of a bank's number of unfinished commands: its queue, one in each stage and one result.
  localparam integer LoadBits = $clog2(QueueDepth + 8);

  // --- admission and table look-up -------------------------------------------------------------

  localparam integer PlaceBits = TagBits - 1;
  localparam integer NumberBits = Rows > 2 ? $clog2(Rows) : 1;  // width of a row's number

  reg [Window-1:0] expects_q;  // the place's bag is open and its last command is still to come
  wire [PlaceBits-1:0] cmd_place = cmd_tag_i[PlaceBits-1:0];
  wire admit = expects_q[cmd_place];
  wire unused_tail = &{1'b0, window_tail_i};
  integer p;

  reg held_valid_q;
  reg held_last_q;
  reg [TagBits-1:0] held_tag_q;
  reg held_single_q;
  reg [Rows-1:0] held_mask_q;
  reg [TableBits-1:0] held_entry_q;
  reg [TableBits-1:0] table_q[0:Groups-1];

  wire send;
  assign cmd_ready_o = admit && (!held_valid_q || send);
  wire take = cmd_valid_i && cmd_ready_o;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      expects_q <= {Window{1'b0}};
    end else begin
      // No two ports share a place.
      for (p = 0; p < RetirePorts; p = p + 1) begin
        if (open_i[p]) expects_q[window_tail_i[p*TagBits+:PlaceBits]] <= 1'b1;
      end
      if (take && cmd_last_i) expects_q[cmd_place] <= 1'b0;
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) held_valid_q <= 1'b0;
    else if (take) held_valid_q <= 1'b1;
    else if (send) held_valid_q <= 1'b0;
  end

  always @(posedge clk_i) begin
    if (take) begin
      held_last_q  <= cmd_last_i;
      held_tag_q   <= cmd_tag_i;
      held_single_q <= cmd_single_i;
      held_mask_q[NumberBits-1:0] <= cmd_mask_i[NumberBits-1:0];
      held_entry_q <= table_q[cmd_group_i];
      if (!cmd_single_i) held_mask_q[Rows-1:NumberBits] <= cmd_mask_i[Rows-1:NumberBits];
    end
  end

  always @(posedge clk_i) begin
    if (prog_en_i) table_q[prog_addr_i] <= prog_data_i;
  end

`ifndef SYNTHESIS
  // At time 0, +recross_images=FOLDER loads the table from FOLDER/lane<l>_table.hex. The number of
  // the lane is that behind `gen_lane[` in the module's hierarchical name.
  reg [8*512-1:0] name;
  reg [8*400-1:0] folder;
  reg [8*440-1:0] file;
  reg [31:0] lane;
  integer at;
  integer digit;
  initial begin
    $sformat(name, "%m");
    lane = 32'd0;
    for (at = 512 - 9; at > 0; at = at - 1) begin
      if (name[at*8+:72] == "gen_lane[") begin
        lane = 32'd0;
        digit = at - 1;
        while (digit >= 0 && name[digit*8+:8] >= "0" && name[digit*8+:8] <= "9") begin
          lane = lane * 10 + {24'd0, name[digit*8+:8]} - 32'd48;
          digit = digit - 1;
        end
      end
    end
    if ($value$plusargs("recross_images=%s", folder) != 0) begin
      $sformat(file, "%0s/lane%0d_table.hex", folder, lane);
      $readmemh(file, table_q);
    end
  end
`endif

  // --- replica choice --------------------------------------------------------------------------

  localparam integer Place = BankBits + SlotBits;

  wire [ReplicaBits-1:0] replicas = held_entry_q[ReplicaBits-1:0];
  reg [Banks*LoadBits-1:0] load_q;
  reg [BankBits-1:0] chosen_bank;
  reg [SlotBits-1:0] chosen_slot;

  generate
    if (RoundRobin == 0) begin : gen_least
      reg [LoadBits-1:0] least;
      reg [BankBits-1:0] bank;
      reg [LoadBits-1:0] load;
      integer i;
      always @* begin
        chosen_bank = held_entry_q[ReplicaBits+:BankBits];
        chosen_slot = held_entry_q[ReplicaBits+BankBits+:SlotBits];
        least = load_q[chosen_bank*LoadBits+:LoadBits];
        bank = chosen_bank;
        load = least;
        for (i = 1; i < MaxReplicas; i = i + 1) begin
          bank = held_entry_q[ReplicaBits+i*Place+:BankBits];
          load = load_q[bank*LoadBits+:LoadBits];
          if (i[ReplicaBits-1:0] < replicas && load < least) begin
            least = load;
            chosen_bank = bank;
            chosen_slot = held_entry_q[ReplicaBits+i*Place+BankBits+:SlotBits];
          end
        end
      end
      wire unused = &{1'b0, bank, load};
    end else begin : gen_turns
      reg [GroupBits-1:0] held_group_q;
      reg [ReplicaBits-1:0] turn_q[0:Groups-1];
      wire [ReplicaBits-1:0] turn = turn_q[held_group_q];
      wire wraps = turn + 1'b1 >= replicas;
      always @(posedge clk_i) begin
        if (take) held_group_q <= cmd_group_i;
        if (prog_en_i) turn_q[prog_addr_i] <= {ReplicaBits{1'b0}};
        else if (send) turn_q[held_group_q] <= wraps ? {ReplicaBits{1'b0}} : turn + 1'b1;
      end
`ifndef SYNTHESIS
      // A table from an image has its turns at zero, as one that is programmed.
      integer g;
      initial for (g = 0; g < Groups; g = g + 1) turn_q[g] = {ReplicaBits{1'b0}};
`endif
      wire [31:0] place = {{(32 - ReplicaBits) {1'b0}}, turn} * Place + ReplicaBits;
      always @* begin
        chosen_bank = held_entry_q[place+:BankBits];
        chosen_slot = held_entry_q[place+BankBits+:SlotBits];
      end
    end
  endgenerate

  localparam [Banks-1:0] ONE = 1;
  wire [Banks-1:0] one_hot = ONE << chosen_bank;
  assign bank_valid_o = held_valid_q ? one_hot : {Banks{1'b0}};
  assign bank_slot_o = chosen_slot;
  assign bank_tag_o = held_tag_q;
  assign bank_single_o = held_single_q;
  assign bank_mask_o = held_mask_q;
  assign bank_last_o = held_last_q;
  assign send = |(bank_valid_o & bank_ready_i);

  genvar b;
  generate
    for (b = 0; b < Banks; b = b + 1) begin : gen_load
      wire sent = bank_valid_o[b] && bank_ready_i[b];
      always @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) load_q[b*LoadBits+:LoadBits] <= {LoadBits{1'b0}};
        else if (sent && !finished_i[b])
          load_q[b*LoadBits+:LoadBits] <= load_q[b*LoadBits+:LoadBits] + 1'b1;
        else if (!sent && finished_i[b])
          load_q[b*LoadBits+:LoadBits] <= load_q[b*LoadBits+:LoadBits] - 1'b1;
      end
    end
  endgenerate

  // --- events ----------------------------------------------------------------------------------

  assign sent_o = send;
  assign wait_window_o = cmd_valid_i && !admit;
  assign wait_queue_o  = held_valid_q && !send;
  assign starved_o = !cmd_valid_i && !held_valid_q;

endmodule

`default_nettype wire
