// SPDX-License-Identifier: MIT OR Apache-2.0
// One port: ids in, vectors out, and between them the chain to the lanes and the bags in flight.
//
// ids_* takes bags, one after the other, as recross_intake describes. vec_* gives a vector for each of
// them, in their order: vec_user_o has the bag's tag in its low bits, and above it two status bits. Bit
// 0: an id was dropped because its place does not exist. Bit 1: the bag has more than MaxBag ids.
//
// offer_o, take_i, place_o and close_o are those of recross_chain, and item_o is its body_o. tail_o, closed_o and head_o
// count the bags that have begun, whose ids are all in the lanes, and that have retired. wait_i, part_i
// and vectors_i come from the lanes (recross_prefetch), and a bag retires with retire_o. A vector that
// is not taken blocks the port's later bags, but no other port.
//
// error_o is high in a cycle in which a bag gets its first id too many (bit 1), or a beat has an id that
// is dropped (bit 0), which is error_id_o.
`default_nettype none

module recross_port #(
    parameter integer Lanes = 2,
    parameter integer LaneBits = 1,
    parameter integer HopLanes = 2,
    parameter integer Hops = 1,
    parameter integer HopDepth = 2,
    parameter integer Banks = 2,
    parameter integer BankBits = 1,
    parameter integer Slots = 2,
    parameter integer SlotBits = 1,
    parameter integer Rows = 8,
    parameter integer RowNumberBits = 3,
    parameter integer Ids = 1,
    parameter integer Window = 4,
    parameter integer PlaceBits = 2,
    parameter integer MaxBag = 32,
    parameter integer CountBagBits = 6,
    parameter integer UserTagBits = 16,
    parameter integer TreeFanIn = 2,
    parameter integer Levels = 1,
    parameter integer Dim = 4,
    parameter integer AccBits = 9,
    parameter integer ElementBits = 32,
    parameter integer ResultBits = 64,
    parameter integer Beats = 2,
    parameter integer ItemBits = BankBits + SlotBits + RowNumberBits + 2  // not to be overridden
) (
    input  wire                         clk_i,
    input  wire                         rst_ni,
    input  wire                         port_rst_ni,  // outlives a flush
    input  wire                         run_i,
    input  wire                         ids_valid_i,
    output wire                         ids_ready_o,
    input  wire [           Ids*32-1:0] ids_data_i,
    input  wire [            Ids*4-1:0] ids_keep_i,
    input  wire                         ids_last_i,
    input  wire [      UserTagBits-1:0] ids_user_i,
    output wire                         vec_valid_o,
    input  wire                         vec_ready_i,
    output wire [       ResultBits-1:0] vec_data_o,
    output wire                         vec_last_o,
    output wire [    UserTagBits+2-1:0] vec_user_o,
    output wire [        Lanes*Ids-1:0] offer_o,
    input  wire [        Lanes*Ids-1:0] take_i,
    output wire [Hops*Ids*ItemBits-1:0] item_o,
    output wire [   Hops*PlaceBits-1:0] place_o,
    output wire [             Hops-1:0] close_o,
    output wire [          PlaceBits:0] head_o,
    output wire [          PlaceBits:0] closed_o,
    output wire [          PlaceBits:0] tail_o,
    input  wire [            Lanes-1:0] wait_i,
    input  wire [            Lanes-1:0] part_i,
    input  wire [Lanes*Dim*AccBits-1:0] vectors_i,
    output wire                         retire_o,
    output wire [                  1:0] error_o,
    output wire [                 31:0] error_id_o,
    output wire                         idle_o,
    output wire [                 15:0] words_o,
    output wire [                 15:0] adds_o
);

  localparam integer UserBits = UserTagBits + 2;

  generate
    if (ItemBits != BankBits + SlotBits + RowNumberBits + 2) begin : gen_error_item
      ERROR_recross_port_item_must_be_bank_slot_row_and_two_bits bad ();
    end
  endgenerate

  wire beat_valid;
  wire beat_ready;
  wire beat_last;
  wire [PlaceBits-1:0] beat_place;
  wire [Ids-1:0] beat_en;
  wire [Ids*LaneBits-1:0] beat_lane;
  wire [Ids*ItemBits-1:0] beat_item;
  wire intake_empty;
  wire [UserTagBits-1:0] user;
  wire [1:0] flags;
  recross_intake #(
      .Ids(Ids),
      .Lanes(Lanes),
      .LaneBits(LaneBits),
      .Banks(Banks),
      .BankBits(BankBits),
      .Slots(Slots),
      .SlotBits(SlotBits),
      .Rows(Rows),
      .RowNumberBits(RowNumberBits),
      .Window(Window),
      .PlaceBits(PlaceBits),
      .MaxBag(MaxBag),
      .CountBagBits(CountBagBits),
      .UserBits(UserTagBits)
  ) u_intake (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .port_rst_ni(port_rst_ni),
      .run_i(run_i),
      .s_valid_i(ids_valid_i),
      .s_ready_o(ids_ready_o),
      .s_data_i(ids_data_i),
      .s_keep_i(ids_keep_i),
      .s_last_i(ids_last_i),
      .s_user_i(ids_user_i),
      .head_i(head_o),
      .tail_o(tail_o),
      .beat_valid_o(beat_valid),
      .beat_ready_i(beat_ready),
      .beat_last_o(beat_last),
      .beat_place_o(beat_place),
      .beat_en_o(beat_en),
      .beat_lane_o(beat_lane),
      .beat_item_o(beat_item),
      .error_o(error_o),
      .error_id_o(error_id_o),
      .empty_o(intake_empty),
      .read_place_i(head_o[PlaceBits-1:0]),
      .user_o(user),
      .flags_o(flags)
  );

  recross_chain #(
      .Lanes(Lanes),
      .LaneBits(LaneBits),
      .HopLanes(HopLanes),
      .Hops(Hops),
      .HopDepth(HopDepth),
      .Ids(Ids),
      .BodyBits(ItemBits),
      .PlaceBits(PlaceBits)
  ) u_chain (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .in_valid_i(beat_valid),
      .in_ready_o(beat_ready),
      .in_last_i(beat_last),
      .in_place_i(beat_place),
      .in_en_i(beat_en),
      .in_lane_i(beat_lane),
      .in_body_i(beat_item),
      .offer_o(offer_o),
      .take_i(take_i),
      .body_o(item_o),
      .place_o(place_o),
      .close_o(close_o)
  );

  wire res_valid;
  wire res_ready;
  wire [UserBits-1:0] res_user;
  wire [Dim*AccBits-1:0] res_data;
  wire retire_empty;
  recross_retire #(
      .Lanes(Lanes),
      .TreeFanIn(TreeFanIn),
      .Levels(Levels),
      .Dim(Dim),
      .AccBits(AccBits),
      .PlaceBits(PlaceBits),
      .UserBits(UserBits)
  ) u_retire (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .close_i(close_o[Hops-1]),
      .head_o(head_o),
      .closed_o(closed_o),
      .wait_i(wait_i),
      .part_i(part_i),
      .retire_o(retire_o),
      .user_i({flags, user}),
      .vectors_i(vectors_i),
      .res_valid_o(res_valid),
      .res_ready_i(res_ready),
      .res_user_o(res_user),
      .res_data_o(res_data),
      .empty_o(retire_empty),
      .words_o(words_o),
      .adds_o(adds_o)
  );

  wire result_empty;
  recross_result #(
      .Dim(Dim),
      .AccBits(AccBits),
      .ElementBits(ElementBits),
      .ResultBits(ResultBits),
      .Beats(Beats),
      .UserBits(UserBits)
  ) u_result (
      .clk_i(clk_i),
      .rst_ni(port_rst_ni),
      .run_i(run_i),
      .vector_valid_i(res_valid),
      .vector_ready_o(res_ready),
      .vector_i(res_data),
      .user_i(res_user),
      .m_valid_o(vec_valid_o),
      .m_ready_i(vec_ready_i),
      .m_data_o(vec_data_o),
      .m_last_o(vec_last_o),
      .m_user_o(vec_user_o),
      .empty_o(result_empty)
  );

  // A bag that has begun and has not retired is counted by tail_o and head_o.
  assign idle_o = intake_empty && tail_o == head_o && retire_empty && result_empty;

endmodule

`default_nettype wire
