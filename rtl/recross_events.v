// SPDX-License-Identifier: MIT OR Apache-2.0
// Events of a bank, and their counters.
//
// done_i is high in the last cycle of an activation, and phase_done_i in that of each of its column
// phases. final_i, single_i and rows_i describe the activation, which is sensed while busy_i is
// high. stall_i is high while a conversion is due that has no room for its result.
//
// With Counters = 1, events_o has the steps of each event, a cycle later, for counters outside. With
// Counters = 2 the counters are here: the value of counter index_i follows en_i by one cycle. What a
// choice does not have is zero. In the list below, event 0 of a bank stands last.
`default_nettype none

module recross_events #(
    parameter integer RowBits = 4,
    parameter integer AdcBits = 5,
    parameter integer AdcLevelBits = 1,
    parameter integer Counters = 1,  // 0: none, 1: sends its events to the lane, 2: of its own
    parameter integer CountBits = 32,
    parameter integer StepBits = RowBits > AdcBits ? RowBits : AdcBits  // not to be overridden
) (
    input  wire                   clk_i,
    input  wire                   rst_ni,
    input  wire                   busy_i,
    input  wire                   stall_i,
    input  wire                   phase_done_i,
    input  wire                   done_i,
    input  wire                   final_i,
    input  wire                   single_i,
    input  wire [    RowBits-1:0] rows_i,
    output wire [10*StepBits-1:0] events_o,
    input  wire                   run_i,
    input  wire                   clear_i,
    input  wire                   en_i,
    input  wire [            3:0] index_i,
    output wire [  CountBits-1:0] count_o
);

  generate
    if (StepBits != (RowBits > AdcBits ? RowBits : AdcBits)) begin : gen_error_step
      ERROR_recross_events_step_bits_must_hold_rows_and_codes bad ();
    end
    if (Counters < 0 || Counters > 2) begin : gen_error_counters
      ERROR_recross_events_counters_are_0_to_2 bad ();
    end
  endgenerate

  wire [10*StepBits-1:0] events;
  generate
    if (Counters == 0) begin : gen_no_events
      wire unused = &{1'b0, clk_i, rst_ni, busy_i, stall_i, phase_done_i, done_i, final_i, single_i,
                      rows_i};
      assign events = {(10 * StepBits) {1'b0}};
    end else begin : gen_events
      localparam [StepBits-1:0] ONE = 1;
      localparam [RowBits-1:0] ONE_ROW = 1;
      reg stall_q;  // a start was due in this cycle, and there was no room
      always @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) stall_q <= 1'b0;
        else stall_q <= stall_i;
      end
      // Of the activation that is being sensed. Asking again takes fewer gates than registers.
      wire [AdcLevelBits-1:0] level;
      wire [AdcBits-1:0] level_limit;
      wire level_read;
      recross_adc_levels u_sensed (
          .rows_i (rows_i),
          .level_o(level),
          .limit_o(level_limit),
          .read_o (level_read)
      );
      wire unused = &{1'b0, level};
      wire [StepBits-1:0] rows = {{(StepBits - RowBits) {1'b0}}, rows_i};
      wire [StepBits-1:0] limit = {{(StepBits - AdcBits) {1'b0}}, level_limit};
      assign events = {
        ONE & {StepBits{done_i && single_i}},  // row commands
        ONE & {StepBits{stall_q}},  // stall
        ONE & {StepBits{busy_i}},  // busy
        limit & {StepBits{phase_done_i}},  // thresholds
        ONE & {StepBits{phase_done_i && !level_read}},  // phases in MAC mode
        ONE & {StepBits{phase_done_i && level_read}},  // phases in read mode
        rows & {StepBits{done_i}},  // active rows
        ONE & {StepBits{done_i && rows_i == ONE_ROW}},  // activations of one row
        ONE & {StepBits{done_i}},  // activations
        ONE & {StepBits{done_i && final_i}}  // commands
      };
    end
    if (Counters == 2) begin : gen_count
      recross_counters #(
          .Number(10),
          .StepBits(StepBits),
          .NarrowBits(1),
          .Wide(10'b00_0100_1000),  // active rows and thresholds
          .CountBits(CountBits)
      ) u_counters (
          .clk_i(clk_i),
          .rst_ni(rst_ni),
          .run_i(run_i),
          .clear_i(clear_i),
          .steps_i(events),
          .en_i(en_i),
          .index_i(index_i),
          .count_o(count_o)
      );
      assign events_o = {(10 * StepBits) {1'b0}};
    end else begin : gen_no_count
      wire unused = &{1'b0, run_i, clear_i, en_i, index_i};
      assign count_o = {CountBits{1'b0}};
      if (Counters == 1) begin : gen_send
        reg [10*StepBits-1:0] events_q;
        always @(posedge clk_i or negedge rst_ni) begin
          if (!rst_ni) events_q <= {(10 * StepBits) {1'b0}};
          else events_q <= events;
        end
        assign events_o = events_q;
      end else begin : gen_drop
        assign events_o = events;
      end
    end
  endgenerate

endmodule

`default_nettype wire
