// SPDX-License-Identifier: MIT OR Apache-2.0
// Reads and controls the event counters: the engine's own, which are here, and those of lanes and banks.
//
// count_* is the engine's port. A request takes five cycles: it is sent to its lane, which answers on
// lanes_i two cycles later, and is selected there. run_o, clear_o, bank_o and index_o go to all lanes;
// lane_en_o and bank_en_o have the bit of the lane whose counter is read, or that of one of its banks.
`default_nettype none

module recross_readout #(
    parameter integer Lanes = 2,
    parameter integer LaneBits = 1,
    parameter integer Ports = 1,
    parameter integer BankBits = 1,
    parameter integer Counters = 1,
    parameter integer CountBits = 32
) (
    input  wire                       clk_i,
    input  wire                       rst_ni,
    input  wire [    Ports-1:0] retired_i,       // ports that retire a bag
    input  wire [    Ports-1:0] ids_wait_i,
    input  wire [    Ports-1:0] results_wait_i,
    input  wire [ Ports*16-1:0] tree_words_i,
    input  wire [ Ports*16-1:0] tree_adds_i,
    input  wire                       count_valid_i,
    output wire                       count_ready_o,
    input  wire [                1:0] count_kind_i,
    input  wire [       LaneBits-1:0] count_lane_i,
    input  wire [       BankBits-1:0] count_bank_i,
    input  wire [                3:0] count_index_i,
    output wire                       count_valid_o,
    output wire [      CountBits-1:0] count_data_o,
    output wire                       run_o,
    output wire                       clear_o,
    output wire [          Lanes-1:0] lane_en_o,
    output wire [          Lanes-1:0] bank_en_o,
    output wire [       BankBits-1:0] bank_o,
    output wire [                3:0] index_o,
    input  wire [Lanes*CountBits-1:0] lanes_i
);

  generate
    if (LaneBits != (Lanes > 2 ? $clog2(Lanes) : 1)) begin : gen_error_lane
      ERROR_recross_readout_lane_bits_must_number_the_lanes bad ();
    end
    if (Counters < 0 || Counters > 2) begin : gen_error_counters
      ERROR_recross_readout_counters_are_0_to_2 bad ();
    end
  endgenerate

  reg [1:0] count_kind_q;
  reg [LaneBits-1:0] count_lane_q;
  reg [BankBits-1:0] count_bank_q;
  reg [3:0] count_index_q;
  reg [Lanes-1:0] count_lane_en_q;
  reg [Lanes-1:0] count_bank_en_q;
  reg [4:0] count_valid_q;
  reg count_run_q;
  reg count_clear_q;
  localparam [Lanes-1:0] ONE_LANE = 1;

  // One request at a time, so that its fields are stable until the value is read.
  assign count_ready_o = count_valid_q == 5'd0;
  wire count_take = count_valid_i && count_ready_o;
  wire count_control = count_valid_q[0] && count_kind_q == 2'd3;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      count_valid_q <= 5'd0;
      count_lane_en_q <= {Lanes{1'b0}};
      count_bank_en_q <= {Lanes{1'b0}};
      count_run_q <= 1'b1;
      count_clear_q <= 1'b0;
    end else begin
      count_valid_q <= {count_valid_q[3:0], count_take};
      count_lane_en_q <=
          count_take && count_kind_i == 2'd1 ? ONE_LANE << count_lane_i : {Lanes{1'b0}};
      count_bank_en_q <=
          count_take && count_kind_i == 2'd2 ? ONE_LANE << count_lane_i : {Lanes{1'b0}};
      count_clear_q <= count_control && count_index_q == 4'd0;
      if (count_control && count_index_q == 4'd1) count_run_q <= 1'b0;
      if (count_control && count_index_q == 4'd2) count_run_q <= 1'b1;
    end
  end

  always @(posedge clk_i) begin
    if (count_take) begin
      count_kind_q  <= count_kind_i;
      count_lane_q  <= count_lane_i;
      count_bank_q  <= count_bank_i;
      count_index_q <= count_index_i;
    end
  end
  assign count_valid_o = count_valid_q[4];
  assign run_o = count_run_q;
  assign clear_o = count_clear_q;
  assign lane_en_o = count_lane_en_q;
  assign bank_en_o = count_bank_en_q;
  assign bank_o = count_bank_q;
  assign index_o = count_index_q;

  generate
    if (Counters == 0) begin : gen_no_count
      wire unused = &{1'b0, retired_i, ids_wait_i, results_wait_i, tree_words_i, tree_adds_i, lanes_i, count_lane_q};
      assign count_data_o = {CountBits{1'b0}};
    end else begin : gen_count
      // Steps of the counters, summed over all ports.
      reg [15:0] now_retired;
      reg [15:0] now_held;
      reg [15:0] now_stalled;
      reg [15:0] now_words;
      reg [15:0] now_adds;
      integer n;
      always @* begin
        now_retired = 16'd0;
        now_held = 16'd0;
        now_stalled = 16'd0;
        now_words = 16'd0;
        now_adds = 16'd0;
        for (n = 0; n < Ports; n = n + 1) begin
          now_retired = now_retired + {15'd0, retired_i[n]};
          now_held = now_held + {15'd0, ids_wait_i[n]};
          now_stalled = now_stalled + {15'd0, results_wait_i[n]};
          now_words = now_words + tree_words_i[n*16+:16];
          now_adds = now_adds + tree_adds_i[n*16+:16];
        end
      end
      wire [CountBits-1:0] of_engine;
      recross_counters #(
          .Number(6),
          .StepBits(16),
          .NarrowBits(1 + $clog2(Ports)),
          .Wide(6'b11_0000),  // the trees' words and additions
          .CountBits(CountBits)
      ) u_counters (
          .clk_i(clk_i),
          .rst_ni(rst_ni),
          .run_i(count_run_q),
          .clear_i(count_clear_q),
          .steps_i({now_adds, now_words, now_stalled, now_held, now_retired, 16'd1}),
          .en_i(count_valid_q[2]),
          .index_i(count_index_q),
          .count_o(of_engine)
      );
      reg [CountBits-1:0] count_data_q;
      always @(posedge clk_i) begin
        if (count_valid_q[3]) begin
          case (count_kind_q)
            2'd0: count_data_q <= of_engine;
            2'd3: count_data_q <= {CountBits{1'b0}};
            default: count_data_q <= lanes_i[count_lane_q*CountBits+:CountBits];
          endcase
        end
      end
      assign count_data_o = count_data_q;
    end
  endgenerate

endmodule

`default_nettype wire
