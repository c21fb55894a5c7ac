// SPDX-License-Identifier: MIT OR Apache-2.0
// Event counters of a lane and, with Counters = 1, the totals over its banks.
//
// steps_i has the lane's events, one bit each, and events_i those of its banks. A request is en_i for
// a counter of the lane, or bank_en_i for one of a bank; its value is on count_o two cycles later.
// bank_count_i is the value of a bank's own counter, one cycle after bank_en_i, with Counters = 2.
`default_nettype none

module recross_lane_counters #(
    parameter integer Number = 6,  // of the lane's own
    parameter integer Banks = 2,
    parameter integer StepBits = 5,  // of a bank's events
    parameter integer Counters = 1,
    parameter integer CountBits = 32
) (
    input  wire                         clk_i,
    input  wire                         rst_ni,
    input  wire [           Number-1:0] steps_i,
    input  wire [Banks*10*StepBits-1:0] events_i,
    input  wire                         run_i,
    input  wire                         clear_i,
    input  wire                         en_i,
    input  wire                         bank_en_i,
    input  wire [                  3:0] index_i,
    input  wire [        CountBits-1:0] bank_count_i,
    output wire [        CountBits-1:0] count_o
);

  generate
    if (Counters < 0 || Counters > 2) begin : gen_error_counters
      ERROR_recross_lane_counters_are_0_to_2 bad ();
    end
  endgenerate

  generate
    if (Counters == 0) begin : gen_no_count
      wire unused = &{1'b0, clk_i, rst_ni, steps_i, events_i, run_i, clear_i, en_i, bank_en_i, index_i,
                      bank_count_i};
      assign count_o = {CountBits{1'b0}};
    end else begin : gen_count
      wire [CountBits-1:0] of_lane;
      recross_counters #(
          .Number(Number),
          .StepBits(1),
          .NarrowBits(1),
          .Wide({Number{1'b0}}),
          .CountBits(CountBits)
      ) u_counters (
          .clk_i(clk_i),
          .rst_ni(rst_ni),
          .run_i(run_i),
          .clear_i(clear_i),
          .steps_i(steps_i),
          .en_i(en_i),
          .index_i(index_i),
          .count_o(of_lane)
      );

      wire [CountBits-1:0] of_banks;
      if (Counters == 1) begin : gen_totals
        localparam integer SumStepBits = StepBits + $clog2(Banks);
        localparam [9:0] WIDE = 10'b00_0100_1000;  // active rows and thresholds; others count by one
        reg [10*SumStepBits-1:0] steps;
        reg [SumStepBits-1:0] step;
        integer n;
        integer k;
        always @* begin
          steps = {(10 * SumStepBits) {1'b0}};
          step = {SumStepBits{1'b0}};
          k = 0;
          for (n = 0; n < 10; n = n + 1) begin
            for (k = 0; k < Banks; k = k + 1) begin
              step = {SumStepBits{1'b0}};
              step[0] = events_i[(k*10+n)*StepBits];
              if (WIDE[n]) step[StepBits-1:0] = events_i[(k*10+n)*StepBits+:StepBits];
              steps[n*SumStepBits+:SumStepBits] = steps[n*SumStepBits+:SumStepBits] + step;
            end
          end
        end
        recross_counters #(
            .Number(10),
            .StepBits(SumStepBits),
            .NarrowBits(1 + $clog2(Banks)),
            .Wide(WIDE),
            .CountBits(CountBits)
        ) u_totals (
            .clk_i(clk_i),
            .rst_ni(rst_ni),
            .run_i(run_i),
            .clear_i(clear_i),
            .steps_i(steps),
            .en_i(bank_en_i),
            .index_i(index_i),
            .count_o(of_banks)
        );
        wire unused = &{1'b0, events_i, bank_count_i};
      end else begin : gen_each
        assign of_banks = bank_count_i;
        wire unused = &{1'b0, events_i};
      end

      reg pick_valid_q;
      reg pick_bank_q;
      reg [CountBits-1:0] count_q;
      assign count_o = count_q;
      always @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) begin
          pick_valid_q <= 1'b0;
          pick_bank_q <= 1'b0;
          count_q <= {CountBits{1'b0}};
        end else begin
          pick_valid_q <= en_i || bank_en_i;
          pick_bank_q <= bank_en_i;
          if (pick_valid_q) count_q <= pick_bank_q ? of_banks : of_lane;
        end
      end
    end
  endgenerate

endmodule

`default_nettype wire
