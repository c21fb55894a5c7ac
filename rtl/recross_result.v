// SPDX-License-Identifier: MIT OR Apache-2.0
// Gives the vectors of one port on AXI-Stream, the elements in order, several beats a vector.
//
// An element is sign-extended to ElementBits. A beat has ResultBits bits; the last one of a vector has
// m_last_o, and zeros behind the vector's last element. m_user_o is the same in all beats of a vector.
// All outputs of the stream come from registers. Two vectors find room, so that vector_ready_o does
// not depend on m_ready_i.
//
// A flush makes run_i low, but not rst_ni. A vector that is on m_* stays there to its end, and the one
// behind it is dropped. vector_valid_i must be low while run_i is.
`default_nettype none

module recross_result #(
    parameter integer Dim = 4,
    parameter integer AccBits = 9,
    parameter integer ElementBits = 32,
    parameter integer ResultBits = 64,  // a multiple of ElementBits
    parameter integer Beats = 2,  // of a vector: Dim * ElementBits / ResultBits, rounded up
    parameter integer UserBits = 10
) (
    input  wire                   clk_i,
    input  wire                   rst_ni,
    input  wire                   run_i,
    input  wire                   vector_valid_i,
    output wire                   vector_ready_o,
    input  wire [Dim*AccBits-1:0] vector_i,
    input  wire [   UserBits-1:0] user_i,
    output wire                   m_valid_o,
    input  wire                   m_ready_i,
    output wire [ ResultBits-1:0] m_data_o,
    output wire                   m_last_o,
    output wire [   UserBits-1:0] m_user_o,
    output wire                   empty_o
);

  localparam integer Each = ResultBits / ElementBits;  // elements a beat
  localparam integer BeatBits = Each * AccBits;

  generate
    if (ElementBits < AccBits || Each < 1 || ResultBits != Each * ElementBits) begin : gen_error_element
      ERROR_recross_result_beats_must_hold_whole_elements bad ();
    end
    if (Dim < 1 || Beats < 1 || Beats * Each < Dim || (Beats - 1) * Each >= Dim) begin : gen_error_beats
      ERROR_recross_result_beats_must_be_those_of_a_vector bad ();
    end
    if (UserBits < 1) begin : gen_error_user
      ERROR_recross_result_needs_user_bits bad ();
    end
  endgenerate

  localparam integer Width = Beats * BeatBits;

  reg head_valid_q;
  reg [Width-1:0] head_q;  // the next beat in the low bits
  reg [UserBits-1:0] head_user_q;
  reg [Beats-1:0] left_q;  // a bit for each beat that follows, one in the low bits for each
  reg next_valid_q;
  reg [Dim*AccBits-1:0] next_q;
  reg [UserBits-1:0] next_user_q;

  // With zeros above, so that the next beat can be shifted to the low bits.
  wire [Width+BeatBits-1:0] head = {{BeatBits{1'b0}}, head_q};
  wire [Beats:0] left = {1'b0, left_q};

  wire enter = vector_valid_i && vector_ready_o;
  wire take = head_valid_q && m_ready_i;
  wire leave = take && !left[0];
  wire pass = enter && (leave || !head_valid_q);  // straight into the front
  assign vector_ready_o = !next_valid_q;
  assign m_valid_o = head_valid_q;
  assign m_last_o = !left[0];
  assign m_user_o = head_user_q;
  assign empty_o = !head_valid_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      head_valid_q <= 1'b0;
      next_valid_q <= 1'b0;
    end else if (enter || leave || !run_i) begin
      head_valid_q <= enter || (run_i && next_valid_q) || (head_valid_q && !leave);
      next_valid_q <= run_i && head_valid_q && !leave;
    end
  end

  wire [Width-1:0] loaded;
  localparam [Beats-1:0] ONE = 1;
  localparam [Beats-1:0] FOLLOW = (ONE << (Beats - 1)) - ONE;
  generate
    if (Width > Dim * AccBits) begin : gen_pad
      assign loaded = {{(Width - Dim * AccBits) {1'b0}}, pass ? vector_i : next_q};
    end else begin : gen_full
      assign loaded = pass ? vector_i : next_q;
    end
  endgenerate
  always @(posedge clk_i) begin
    if (pass || (leave && next_valid_q)) begin
      head_q <= loaded;
      head_user_q <= pass ? user_i : next_user_q;
      left_q <= FOLLOW;
    end else if (take) begin
      head_q <= head[BeatBits+:Width];
      left_q <= left[Beats:1];
    end
    if (enter && !pass) begin
      next_q <= vector_i;
      next_user_q <= user_i;
    end
  end

  genvar e;
  generate
    for (e = 0; e < Each; e = e + 1) begin : gen_element
      wire [AccBits-1:0] value = head[e*AccBits+:AccBits];
      if (ElementBits > AccBits) begin : gen_extend
        assign m_data_o[e*ElementBits+:ElementBits] =
            {{(ElementBits - AccBits) {value[AccBits-1]}}, value};
      end else begin : gen_same
        assign m_data_o[e*ElementBits+:ElementBits] = value;
      end
    end
  endgenerate

endmodule

`default_nettype wire
