// SPDX-License-Identifier: MIT OR Apache-2.0
// Takes the ids of one port from AXI-Stream, checks them, and gives each bag a place.
//
// An id is a word of 32 bits of s_data_i: {lane, bank, slot, row} in its low bits, zeros above. It
// counts if all four of its bits of s_keep_i are high, and is absent if all are low. A bag is a packet:
// s_last_i ends it. s_user_i of a bag's first beat comes back with the bag's result. If less than 32
// bits are used, bit 31 of an id tells that the bag has no more ids of its crossbar; this makes no
// difference to the result.
//
// beat_item_o has for each id {last of its crossbar, joins the id before it, bank, slot, row}. It joins
// if it is of the same crossbar and of a higher row: lanes take such ids together.
//
// A bag has a place in the port's window from its first beat to its retirement. The first beat waits
// while all places are taken. Places are numbered in order, modulo 2 * Window; the low bits of the
// number are the place.
//
// An id of a lane, bank, slot or row that does not exist is dropped, and so is one with some bits of
// s_keep_i high. Its bag is flagged: bit 0 of flags_o. Bit 1 is set if the bag has more than MaxBag ids,
// dropped ones included. The other ids of the bag are served. error_o tells of the same two faults in
// the cycle in which the beat goes on; error_id_o is then the first id that is dropped.
//
// user_o and flags_o belong to the bag at read_place_i, whose last beat has gone on.
//
// A flush makes run_i and rst_ni low, but not port_rst_ni. If it meets a bag whose last beat has not
// come yet, the beats of that bag are taken and dropped.
`default_nettype none

module recross_intake #(
    parameter integer Ids = 2,  // ids a beat
    parameter integer Lanes = 2,
    parameter integer LaneBits = 1,
    parameter integer Banks = 2,
    parameter integer BankBits = 1,
    parameter integer Slots = 2,
    parameter integer SlotBits = 1,
    parameter integer Rows = 8,
    parameter integer RowNumberBits = 3,
    parameter integer Window = 4,  // bags in flight, a power of two
    parameter integer PlaceBits = 2,  // log2(Window)
    parameter integer MaxBag = 32,
    parameter integer CountBagBits = 6,  // can count to MaxBag + 1
    parameter integer UserBits = 8,
    parameter integer BodyBits = BankBits + SlotBits + RowNumberBits,  // not to be overridden
    parameter integer ItemBits = BodyBits + 2  // not to be overridden
) (
    input  wire                    clk_i,
    input  wire                    rst_ni,
    input  wire                    port_rst_ni,
    input  wire                    run_i,
    input  wire                    s_valid_i,
    output wire                    s_ready_o,
    input  wire [      Ids*32-1:0] s_data_i,
    input  wire [       Ids*4-1:0] s_keep_i,
    input  wire                    s_last_i,
    input  wire [    UserBits-1:0] s_user_i,
    input  wire [     PlaceBits:0] head_i,        // the oldest bag that has not retired
    output wire [     PlaceBits:0] tail_o,        // the next bag
    output wire                    beat_valid_o,
    input  wire                    beat_ready_i,
    output wire                    beat_last_o,
    output wire [   PlaceBits-1:0] beat_place_o,
    output wire [         Ids-1:0] beat_en_o,
    output wire [Ids*LaneBits-1:0] beat_lane_o,
    output wire [Ids*ItemBits-1:0] beat_item_o,
    output wire [             1:0] error_o,
    output wire [            31:0] error_id_o,
    output wire                    empty_o,       // no beat waits, and no bag is open
    input  wire [   PlaceBits-1:0] read_place_i,
    output wire [    UserBits-1:0] user_o,
    output wire [             1:0] flags_o
);

  localparam integer IdBits = LaneBits + BodyBits;

  generate
    if (Ids < 1 || Ids > 8 || UserBits < 1) begin : gen_error_ids
      ERROR_recross_intake_takes_1_to_8_ids_and_a_tag bad ();
    end
    if (PlaceBits < 1 || Window != 1 << PlaceBits) begin : gen_error_window
      ERROR_recross_intake_window_must_be_a_power_of_two bad ();
    end
    if (IdBits > 32 || BodyBits != BankBits + SlotBits + RowNumberBits) begin : gen_error_id
      ERROR_recross_intake_ids_have_32_bits bad ();
    end
    if (Lanes > 1 << LaneBits || Banks > 1 << BankBits || Slots > 1 << SlotBits ||
        Rows > 1 << RowNumberBits) begin : gen_error_places
      ERROR_recross_intake_bits_must_number_the_places bad ();
    end
    if (MaxBag < 1 || CountBagBits != $clog2(MaxBag + 2)) begin : gen_error_bag
      ERROR_recross_intake_count_bag_bits_must_count_to_one_more_than_max_bag bad ();
    end
  endgenerate

  wire valid;
  wire last;
  wire [Ids*32-1:0] data;
  wire [Ids*4-1:0] keep;
  wire [UserBits-1:0] user;
  wire unused_more;
  wire take;
  wire room;

  // What has come, without regard to what a flush drops.
  reg inside_q;  // the last beat that came is not its bag's last
  reg drop_q;  // beats are dropped up to the end of the bag
  assign s_ready_o = run_i && (room || drop_q);
  wire come = s_valid_i && s_ready_o;
  always @(posedge clk_i or negedge port_rst_ni) begin
    if (!port_rst_ni) begin
      inside_q <= 1'b0;
      drop_q   <= 1'b0;
    end else begin
      if (come) inside_q <= !s_last_i;
      if (!run_i) drop_q <= inside_q;
      else if (come && s_last_i) drop_q <= 1'b0;
    end
  end

  recross_fifo #(
      .Width(Ids * 36 + 1 + UserBits),
      .MoreWidth(1),
      .Depth(2),
      .AddrBits(1)
  ) u_buffer (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .push_valid_i(s_valid_i && run_i && !drop_q),
      .push_ready_o(room),
      .push_data_i({s_user_i, s_last_i, s_keep_i, s_data_i}),
      .push_more_i(1'b0),
      .push_more_data_i(1'b0),
      .pop_valid_o(valid),
      .pop_ready_i(take),
      .pop_data_o({user, last, keep, data}),
      .pop_more_i(1'b0),
      .pop_more_data_o(unused_more)
  );
  wire unused = &{1'b0, unused_more};

  // --- the ids of the front beat -----------------------------------------------------------------

  localparam integer LastLane = Lanes - 1;
  localparam integer LastBank = Banks - 1;
  localparam integer LastSlot = Slots - 1;
  localparam integer LastRow = Rows - 1;
  localparam [LaneBits-1:0] LAST_LANE = LastLane[LaneBits-1:0];
  localparam [BankBits-1:0] LAST_BANK = LastBank[BankBits-1:0];
  localparam [SlotBits-1:0] LAST_SLOT = LastSlot[SlotBits-1:0];
  localparam [RowNumberBits-1:0] LAST_ROW = LastRow[RowNumberBits-1:0];

  wire [Ids-1:0] bad;
  wire [Ids-1:0] there;
  genvar k;
  generate
    for (k = 0; k < Ids; k = k + 1) begin : gen_id
      wire [31:0] id = data[k*32+:32];
      wire [LaneBits-1:0] lane = id[BodyBits+:LaneBits];
      wire [3:0] above;  // which field is too large; a field whose numbers all exist cannot be
      if (Lanes < 1 << LaneBits) begin : gen_lane
        assign above[3] = lane > LAST_LANE;
      end else begin : gen_all_lanes
        assign above[3] = 1'b0;
      end
      if (Banks < 1 << BankBits) begin : gen_bank
        assign above[2] = id[RowNumberBits+SlotBits+:BankBits] > LAST_BANK;
      end else begin : gen_all_banks
        assign above[2] = 1'b0;
      end
      if (Slots < 1 << SlotBits) begin : gen_slot
        assign above[1] = id[RowNumberBits+:SlotBits] > LAST_SLOT;
      end else begin : gen_all_slots
        assign above[1] = 1'b0;
      end
      if (Rows < 1 << RowNumberBits) begin : gen_row
        assign above[0] = id[RowNumberBits-1:0] > LAST_ROW;
      end else begin : gen_all_rows
        assign above[0] = 1'b0;
      end
      wire wide;
      if (IdBits < 31) begin : gen_wide
        assign wide = id[30:IdBits] != {(31 - IdBits) {1'b0}};
      end else begin : gen_exact
        assign wide = 1'b0;
      end
      wire whole = keep[k*4+:4] == 4'b1111;
      assign there[k] = keep[k*4+:4] != 4'b0000;
      assign bad[k] = there[k] && (!whole || wide || above != 4'b0000);
      assign beat_en_o[k] = there[k] && !bad[k];
      assign beat_lane_o[k*LaneBits+:LaneBits] = lane;
      wire ends;  // its crossbar
      if (IdBits < 32) begin : gen_ends
        assign ends = id[31];
      end else begin : gen_never_ends
        assign ends = 1'b0;
      end
      wire joins;
      if (k > 0) begin : gen_joins
        assign joins = beat_en_o[k-1] && data[(k-1)*32+RowNumberBits+:IdBits-RowNumberBits] ==
            id[RowNumberBits+:IdBits-RowNumberBits] &&
            data[(k-1)*32+:RowNumberBits] < id[0+:RowNumberBits];
      end else begin : gen_first
        assign joins = 1'b0;
      end
      assign beat_item_o[k*ItemBits+:ItemBits] = {ends, joins, id[BodyBits-1:0]};
    end
  endgenerate

  // --- the bag -----------------------------------------------------------------------------------

  localparam [CountBagBits-1:0] MOST = MaxBag[CountBagBits-1:0];
  localparam [CountBagBits-1:0] TOO_MANY = MOST + 1'b1;

  reg open_q;  // the bag's first beat has gone on, and its last has not
  reg [PlaceBits:0] tail_q;
  reg [CountBagBits-1:0] count_q;  // of the open bag, at most MaxBag + 1
  reg range_q;  // the open bag has lost an id
  reg [UserBits-1:0] user_q[0:Window-1];
  reg [1:0] flags_q[0:Window-1];

  wire [PlaceBits-1:0] next_place = tail_q[PlaceBits-1:0];
  wire [PlaceBits-1:0] place = open_q ? next_place - 1'b1 : next_place;
  wire full = (head_i ^ tail_q) == {1'b1, {PlaceBits{1'b0}}};
  assign tail_o = tail_q;
  assign empty_o = !valid && !open_q;
  assign beat_valid_o = valid && (open_q || !full);
  assign beat_last_o = last;
  assign beat_place_o = place;
  assign take = beat_valid_o && beat_ready_i;

  reg [3:0] many;
  reg [31:0] first_bad;
  integer i;
  always @* begin
    many = 4'd0;
    first_bad = 32'd0;
    i = 0;
    if (valid) begin
      for (i = Ids - 1; i >= 0; i = i - 1) begin
        many = many + {3'd0, there[i]};
        if (bad[i]) first_bad = data[i*32+:32];
      end
    end
  end

  // One bit more than the sum needs, so that it holds `many` of a short bag.
  localparam integer SumBits = (CountBagBits > 4 ? CountBagBits : 4) + 1;
  wire [SumBits-1:0] so_far = {{(SumBits - CountBagBits) {1'b0}}, open_q ? count_q : {CountBagBits{1'b0}}};
  wire [SumBits-1:0] sum = so_far + {{(SumBits - 4) {1'b0}}, many};
  wire long = sum > {{(SumBits - CountBagBits) {1'b0}}, MOST};
  wire range = (open_q && range_q) || bad != {Ids{1'b0}};
  wire was_long = open_q && count_q == TOO_MANY;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      open_q <= 1'b0;
      tail_q <= {(PlaceBits + 1) {1'b0}};
    end else if (take) begin
      open_q <= !last;
      if (!open_q) tail_q <= tail_q + 1'b1;
    end
  end

  always @(posedge clk_i) begin
    if (take) begin
      count_q <= long ? TOO_MANY : sum[CountBagBits-1:0];
      range_q <= range;
      if (!open_q) user_q[place] <= user;
      if (last) flags_q[place] <= {long, range};
    end
  end

  assign error_o = {take && long && !was_long, take && bad != {Ids{1'b0}}};
  assign error_id_o = first_bad;
  assign user_o = user_q[read_place_i];
  assign flags_o = flags_q[read_place_i];

endmodule

`default_nettype wire
