// SPDX-License-Identifier: MIT OR Apache-2.0
// A lane's gather store: collects the rows of a bag that lie in one group, and makes them one command.
//
// Two units at most come in a cycle, b_* only together with a_*; there must be room (room1_o, room2_o
// told of it in the cycle before). A unit is the ids of one group whose bits are set in *_used_i, with
// different rows *_rows_i. It joins the open entry of its port and group, if there is one and none of the
// rows is set there. Otherwise it makes a new entry. An entry that has one of the rows already is shut: a
// crossbar's row is read once in a command. With *_last_i, the bag has no more ids of the group, and the
// entry that the unit joins or makes is shut.
//
// close_i[p] is high in the cycle in which the last beat of a bag of port p leaves the hop. One cycle
// later, behind the bag's last ids, all entries of the port shut. So an open entry of a port is always of
// the port's current bag.
//
// Each entry leaves once, as a command to its bank. Entries take turns, and those that are shut go
// first. If none of them can leave and less than two entries are free, an open one leaves. An entry
// whose bank has no room does not hold up the others. A full store always has an entry that may leave,
// so ids wait for nothing but the banks.
//
// bank_tag_o is the pool index of the bag's place. With bank_single_o high, the low bits of bank_mask_o
// hold the number of the only row.
`default_nettype none

module recross_gather #(
    parameter integer Entries = 4,
    parameter integer Ports = 2,
    parameter integer PortBits = 1,
    parameter integer PoolBits = 2,
    parameter integer Banks = 2,
    parameter integer BankBits = 1,
    parameter integer SlotBits = 1,
    parameter integer Rows = 8,
    parameter integer RowNumberBits = 3,
    parameter integer Ids = 1,  // of a unit
    parameter integer GroupBits = BankBits + SlotBits  // not to be overridden
) (
    input  wire                         clk_i,
    input  wire                         rst_ni,
    input  wire                         a_valid_i,
    input  wire [         PortBits-1:0] a_port_i,
    input  wire [         PoolBits-1:0] a_pool_i,
    input  wire [        GroupBits-1:0] a_group_i,
    input  wire [              Ids-1:0] a_used_i,
    input  wire [Ids*RowNumberBits-1:0] a_rows_i,
    input  wire                         a_last_i,
    input  wire                         b_valid_i,
    input  wire [         PortBits-1:0] b_port_i,
    input  wire [         PoolBits-1:0] b_pool_i,
    input  wire [        GroupBits-1:0] b_group_i,
    input  wire [              Ids-1:0] b_used_i,
    input  wire [Ids*RowNumberBits-1:0] b_rows_i,
    input  wire                         b_last_i,
    input  wire [            Ports-1:0] close_i,
    output wire                         a_made_o,       // the unit makes a new entry
    output wire                         b_made_o,
    output wire                         room1_o,        // for a unit in the next cycle
    output wire                         room2_o,
    output wire [            Banks-1:0] bank_valid_o,
    input  wire [            Banks-1:0] bank_ready_i,
    output wire [         SlotBits-1:0] bank_slot_o,
    output wire [         PoolBits-1:0] bank_tag_o,
    output wire                         bank_single_o,
    output wire [             Rows-1:0] bank_mask_o,
    output wire                         wait_queue_o    // entries are due, and no bank takes any
);

  generate
    if (Entries < 1 || Ports < 1 || PortBits != (Ports > 2 ? $clog2(Ports) : 1)) begin : gen_error_ports
      ERROR_recross_gather_port_bits_must_number_the_ports bad ();
    end
    if (GroupBits != BankBits + SlotBits || Banks > 1 << BankBits) begin : gen_error_group
      ERROR_recross_gather_group_must_be_bank_and_slot bad ();
    end
    if (Rows < 2 || RowNumberBits != $clog2(Rows)) begin : gen_error_row_number
      ERROR_recross_gather_row_number_bits_must_number_the_rows bad ();
    end
  endgenerate

  localparam integer FreeBits = Entries > 2 ? $clog2(Entries + 1) : 2;
  localparam [Entries-1:0] ONE = 1;
  localparam [Entries-1:0] NONE = 0;
  localparam [Rows-1:0] ONE_ROW = 1;
  localparam [Ids-1:0] ONE_ID = 1;
  localparam [Ids-1:0] NO_ID = 0;

  reg [Entries-1:0] valid_q;
  reg [Entries-1:0] open_q;
  reg [Entries-1:0] many_q;  // has two rows or more
  reg [Entries*PortBits-1:0] port_q;
  reg [Entries*PoolBits-1:0] pool_q;
  reg [Entries*GroupBits-1:0] group_q;
  reg [Entries*Rows-1:0] mask_q;
  reg [Entries-1:0] from_q;  // entries from the one on that has the turn to leave
  reg [FreeBits-1:0] free_q;
  reg [Ports-1:0] close_q;

  wire [Entries-1:0] leave;

  // --- matching ----------------------------------------------------------------------------------

  reg [Rows-1:0] a_row;
  reg [Rows-1:0] b_row;
  reg a_many;  // several rows
  reg b_many;
  integer i;
  always @* begin
    a_row = {Rows{1'b0}};
    b_row = {Rows{1'b0}};
    a_many = (a_used_i & (a_used_i - ONE_ID)) != NO_ID;
    b_many = (b_used_i & (b_used_i - ONE_ID)) != NO_ID;
    i = 0;
    if (a_valid_i) begin
      for (i = 0; i < Ids; i = i + 1) begin
        if (a_used_i[i]) a_row = a_row | (ONE_ROW << a_rows_i[i*RowNumberBits+:RowNumberBits]);
      end
    end
    if (b_valid_i) begin
      for (i = 0; i < Ids; i = i + 1) begin
        if (b_used_i[i]) b_row = b_row | (ONE_ROW << b_rows_i[i*RowNumberBits+:RowNumberBits]);
      end
    end
  end

  wire same = b_valid_i && a_port_i == b_port_i && a_group_i == b_group_i;  // both look for one entry
  wire equal = same && (a_row & b_row) != {Rows{1'b0}};

  // Of a port and group, at most one entry is open.
  reg [Entries-1:0] a_hit;
  reg [Entries-1:0] b_hit;
  reg [Entries-1:0] a_set;  // the entry has one of the rows already
  reg [Entries-1:0] b_set;
  integer e;
  always @* begin
    a_hit = NONE;
    b_hit = NONE;
    a_set = NONE;
    b_set = NONE;
    e = 0;
    if (a_valid_i) begin
      for (e = 0; e < Entries; e = e + 1) begin
        a_hit[e] = open_q[e] && port_q[e*PortBits+:PortBits] == a_port_i &&
            group_q[e*GroupBits+:GroupBits] == a_group_i;
        a_set[e] = (mask_q[e*Rows+:Rows] & a_row) != {Rows{1'b0}};
      end
      if (b_valid_i) begin
        for (e = 0; e < Entries; e = e + 1) begin
          b_hit[e] = open_q[e] && port_q[e*PortBits+:PortBits] == b_port_i &&
              group_q[e*GroupBits+:GroupBits] == b_group_i;
          b_set[e] = (mask_q[e*Rows+:Rows] & b_row) != {Rows{1'b0}};
        end
      end
    end
  end

  // What leaves comes late in the cycle, so that it enters last.
  wire [Entries-1:0] a_join = a_hit & ~a_set & ~leave;
  wire [Entries-1:0] b_join = b_hit & ~b_set;  // no open entry leaves while there is room for two
  wire a_made = a_valid_i && a_join == NONE;
  wire barred = equal || a_last_i;  // of one group, the second unit needs an entry of its own
  wire pair = same && a_made && !barred;  // the second unit joins the entry that the first one makes
  wire apart = same && (a_made || barred);  // the second unit does not join an entry that is there
  wire b_made = b_valid_i && (b_join == NONE || apart) && !pair;
  assign a_made_o = a_made;
  assign b_made_o = b_made;
  // An entry that a unit has found, and cannot join, is shut, and so is one that is complete.
  wire [Entries-1:0] shut = (a_hit & (a_set | {Entries{a_last_i}})) |
      (b_hit & (b_set | {Entries{equal || b_last_i}}));

  wire [Entries-1:0] a_slot = ~valid_q & (valid_q + ONE);
  wire [Entries-1:0] taken = valid_q | a_slot;
  wire [Entries-1:0] b_slot = ~taken & (taken + ONE);

  // Entries that are new, and those that the first and the second row go into.
  wire [Entries-1:0] made_here = (a_made ? a_slot : NONE) | (b_made ? b_slot : NONE);
  wire [Entries-1:0] a_in = a_made ? a_slot : a_join;
  wire [Entries-1:0] b_in = b_made ? b_slot : (pair ? a_slot : b_join);

  // --- what leaves -------------------------------------------------------------------------------

  localparam [FreeBits-1:0] ONE_FREE = 1;
  wire few = free_q <= ONE_FREE;
  wire empty = valid_q == NONE;
  reg [Entries-1:0] can;  // its bank has room
  integer c;
  always @* begin
    can = NONE;
    c = 0;
    if (!empty && (few || (valid_q & ~open_q) != NONE)) begin
      for (c = 0; c < Entries; c = c + 1)
        can[c] = valid_q[c] && bank_ready_i[group_q[c*GroupBits+SlotBits+:BankBits]];
    end
  end

  // Entries take turns; those that are shut go first. The next of either kind, from the turn on and
  // before it, are found side by side.
  wire [Entries-1:0] due = can & ~open_q;
  wire [Entries-1:0] due_on = due & from_q;
  wire [Entries-1:0] can_on = can & from_q;
  wire [Entries-1:0] next_due = due_on != NONE ? due_on & (~due_on + ONE) : due & (~due + ONE);
  wire [Entries-1:0] next_can = can_on != NONE ? can_on & (~can_on + ONE) : can & (~can + ONE);
  wire [Entries-1:0] first = next_due | (due == NONE && few ? next_can : NONE);
  assign leave = first;
  assign wait_queue_o = !empty && (few ? can == NONE : (valid_q & ~open_q) != NONE && due == NONE);

  reg [GroupBits-1:0] group;
  reg [PoolBits-1:0] pool;
  reg many;
  reg [Rows-1:0] mask;
  reg [RowNumberBits-1:0] row;
  reg [Banks-1:0] bank;
  integer o;
  integer r;
  always @* begin
    group = {GroupBits{1'b0}};
    pool = {PoolBits{1'b0}};
    many = (first & many_q) != NONE;
    mask = {Rows{1'b0}};
    row = {RowNumberBits{1'b0}};
    bank = {Banks{1'b0}};
    o = 0;
    r = 0;
    if (first != NONE) begin
      for (o = 0; o < Entries; o = o + 1) begin
        group = group | (group_q[o*GroupBits+:GroupBits] & {GroupBits{first[o]}});
        pool  = pool | (pool_q[o*PoolBits+:PoolBits] & {PoolBits{first[o]}});
        mask  = mask | (mask_q[o*Rows+:Rows] & {Rows{first[o]}});
      end
      // Of a single row; of more rows it has no meaning.
      for (r = 0; r < Rows; r = r + 1) row = row | (r[RowNumberBits-1:0] & {RowNumberBits{mask[r]}});
      for (r = 0; r < Banks; r = r + 1) bank[r] = group[SlotBits+:BankBits] == r[BankBits-1:0];
    end
  end
  assign bank_valid_o  = bank;
  assign bank_slot_o   = group[SlotBits-1:0];
  assign bank_tag_o    = pool;
  assign bank_single_o = first != NONE && !many;
  assign bank_mask_o   = (mask & {Rows{many}}) |
      {{(Rows - RowNumberBits) {1'b0}}, row & {RowNumberBits{!many}}};

  // --- state -------------------------------------------------------------------------------------

  wire gone = first != NONE;
  wire [FreeBits-1:0] made = {{(FreeBits - 1) {1'b0}}, a_made} + {{(FreeBits - 1) {1'b0}}, b_made};
  wire [FreeBits-1:0] coming = {{(FreeBits - 1) {1'b0}}, a_valid_i} + {{(FreeBits - 1) {1'b0}}, b_valid_i};
  // Ids that come in this cycle may make an entry each, which free_q does not know yet.
  assign room1_o = free_q > coming;
  assign room2_o = free_q > coming + ONE_FREE;

  reg [Entries-1:0] closed;  // entries of ports whose bag has ended
  reg a_closed;
  reg b_closed;
  integer k;
  integer p;
  always @* begin
    closed = NONE;
    a_closed = 1'b0;
    b_closed = 1'b0;
    k = 0;
    p = 0;
    if (close_q != {Ports{1'b0}}) begin
      for (p = 0; p < Ports; p = p + 1) begin
        if (close_q[p]) begin
          if (a_port_i == p[PortBits-1:0]) a_closed = 1'b1;
          if (b_port_i == p[PortBits-1:0]) b_closed = 1'b1;
          for (k = 0; k < Entries; k = k + 1) begin
            if (port_q[k*PortBits+:PortBits] == p[PortBits-1:0]) closed[k] = 1'b1;
          end
        end
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= NONE;
      open_q <= NONE;
      from_q <= ~NONE;
      free_q <= Entries[FreeBits-1:0];
      close_q <= {Ports{1'b0}};
    end else begin
      if (close_i != {Ports{1'b0}} || close_q != {Ports{1'b0}}) close_q <= close_i;
      if (a_valid_i || gone) begin
        valid_q <= (valid_q & ~leave) | (a_made ? a_slot : NONE) | (b_made ? b_slot : NONE);
        free_q  <= free_q - made + {{(FreeBits - 1) {1'b0}}, gone};
      end
      // The turn is behind what left; behind the last entry it is the first one's.
      if (gone) from_q <= first[Entries-1] ? ~NONE : ~(first | (first - ONE));
      if (a_valid_i || gone || close_q != {Ports{1'b0}}) begin
        open_q <= (open_q & ~leave & ~shut & ~closed) |
            (a_made && !a_closed && !a_last_i && !(same && !pair) && !(pair && b_last_i) ? a_slot : NONE) |
            (b_made && !b_closed && !b_last_i ? b_slot : NONE);
      end
    end
  end

  integer w;
  always @(posedge clk_i) begin
    if (a_valid_i) begin
      for (w = 0; w < Entries; w = w + 1) begin
        if ((a_made && a_slot[w]) || (b_made && b_slot[w])) begin
          port_q[w*PortBits+:PortBits] <= a_made && a_slot[w] ? a_port_i : b_port_i;
          pool_q[w*PoolBits+:PoolBits] <= a_made && a_slot[w] ? a_pool_i : b_pool_i;
          group_q[w*GroupBits+:GroupBits] <= a_made && a_slot[w] ? a_group_i : b_group_i;
        end
        if (a_in[w] || b_in[w]) begin
          many_q[w] <= !made_here[w] || pair || (a_in[w] && a_many) || (b_in[w] && b_many);
          mask_q[w*Rows+:Rows] <= (made_here[w] ? {Rows{1'b0}} : mask_q[w*Rows+:Rows]) |
              (a_row & {Rows{a_in[w]}}) | (b_row & {Rows{b_in[w]}});
        end
      end
    end
  end

`ifdef RECROSS_ASSERT
  reg [FreeBits-1:0] left;  // entries that are free
  reg twins;  // two open entries of one port and group
  reg blank;  // an entry without a row, or whose rows are not those of its kind
  reg strange;  // an id joins an entry of another bag
  integer f;
  integer g;
  always @* begin
    left = {FreeBits{1'b0}};
    twins = 1'b0;
    blank = 1'b0;
    strange = 1'b0;
    for (f = 0; f < Entries; f = f + 1) begin
      left = left + {{(FreeBits - 1) {1'b0}}, !valid_q[f]};
      if (valid_q[f] && (mask_q[f*Rows+:Rows] == {Rows{1'b0}} ||
          many_q[f] != ((mask_q[f*Rows+:Rows] & (mask_q[f*Rows+:Rows] - ONE_ROW)) != {Rows{1'b0}})))
        blank = 1'b1;
      if ((a_join[f] && pool_q[f*PoolBits+:PoolBits] != a_pool_i) ||
          (b_join[f] && pool_q[f*PoolBits+:PoolBits] != b_pool_i))
        strange = 1'b1;
      for (g = 0; g < f; g = g + 1) begin
        if (open_q[f] && open_q[g] && port_q[f*PortBits+:PortBits] == port_q[g*PortBits+:PortBits] &&
            group_q[f*GroupBits+:GroupBits] == group_q[g*GroupBits+:GroupBits])
          twins = 1'b1;
      end
    end
  end
  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      free_entries_are_counted: assert (free_q == left);
      open_entries_are_there: assert ((open_q & ~valid_q) == NONE);
      one_open_entry_of_a_group: assert (!twins);
      entries_have_rows: assert (!blank);
      joins_its_own_bag: assert (!strange);
      the_second_id_has_a_first: assert (a_valid_i || !b_valid_i);
      there_is_room: assert (free_q >= coming);
      one_leaves: assert ((leave & (leave - ONE)) == NONE && (leave & ~can) == NONE);
    end
  end
`endif

endmodule

`default_nettype wire
