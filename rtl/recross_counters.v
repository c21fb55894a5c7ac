// SPDX-License-Identifier: MIT OR Apache-2.0
// A set of event counters modulo 2^CountBits, read one at a time.
//
// steps_i holds what each counter counts in this cycle, counter 0 lowest. A counter whose bit in Wide
// is not set uses the low NarrowBits bits of its step only. The steps are registered before they are
// counted. While run_i is low nothing is counted, and clear_i makes all counters
// zero. The value of counter index_i follows en_i by one cycle; a number without a counter reads as
// zero.
`default_nettype none

module recross_counters #(
    parameter integer Number = 2,  // 1 to 16
    parameter integer StepBits = 1,
    parameter integer NarrowBits = 1,  // at most StepBits
    parameter [Number-1:0] Wide = {Number{1'b1}},
    parameter integer CountBits = 32
) (
    input  wire                       clk_i,
    input  wire                       rst_ni,
    input  wire                       run_i,
    input  wire                       clear_i,
    input  wire [Number*StepBits-1:0] steps_i,
    input  wire                       en_i,
    input  wire [                3:0] index_i,
    output wire [      CountBits-1:0] count_o
);

  generate
    if (Number < 1 || Number > 16) begin : gen_error_number
      ERROR_recross_counters_are_1_to_16 bad ();
    end
    if (NarrowBits < 1 || NarrowBits > StepBits) begin : gen_error_narrow
      ERROR_recross_counters_narrow_bits_are_1_to_step_bits bad ();
    end
  endgenerate

  wire unused = &{1'b0, steps_i};  // the high bits of narrow steps

  wire [Number*CountBits-1:0] values;
  genvar n;
  generate
    for (n = 0; n < Number; n = n + 1) begin : gen_counter
      localparam integer OwnBits = Wide[n] ? StepBits : NarrowBits;
      reg [OwnBits-1:0] step_q;
      always @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) step_q <= {OwnBits{1'b0}};
        else step_q <= run_i && !clear_i ? steps_i[n*StepBits+:OwnBits] : {OwnBits{1'b0}};
      end
      recross_counter #(
          .CountBits(CountBits),
          .StepBits (OwnBits)
      ) u_counter (
          .clk_i  (clk_i),
          .rst_ni (rst_ni),
          .clear_i(clear_i),
          .step_i (step_q),
          .value_o(values[n*CountBits+:CountBits])
      );
    end
  endgenerate

  reg [CountBits-1:0] picked;
  integer i;
  always @* begin
    picked = {CountBits{1'b0}};
    i = 0;
    if (en_i) begin
      for (i = 0; i < Number; i = i + 1)
        picked = picked | (values[i*CountBits+:CountBits] & {CountBits{index_i == i[3:0]}});
    end
  end

  reg [CountBits-1:0] count_q;
  assign count_o = count_q;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) count_q <= {CountBits{1'b0}};
    else if (en_i) count_q <= picked;
  end

endmodule

`default_nettype wire
