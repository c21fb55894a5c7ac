// SPDX-License-Identifier: MIT OR Apache-2.0
// An event counter modulo 2^CountBits, whose carry crosses a register.
//
// In each cycle it adds step_i, or becomes zero if clear_i is high. The upper part takes the carry
// of the lower part a cycle later, so that the longest addition is shorter than the counter.
// value_o is exact if step_i was zero in the cycle before.
`default_nettype none

module recross_counter #(
    parameter integer CountBits = 32,
    parameter integer StepBits = 1
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    input  wire                 clear_i,
    input  wire [ StepBits-1:0] step_i,
    output wire [CountBits-1:0] value_o
);

  generate
    if (CountBits < 1 || StepBits < 1) begin : gen_error_bits
      ERROR_recross_counter_needs_bits bad ();
    end
  endgenerate

  localparam integer Wanted = StepBits > 8 ? StepBits : 8;
  localparam integer LowBits = Wanted < CountBits ? Wanted : CountBits;
  localparam integer Wide = (StepBits > LowBits ? StepBits : LowBits) + 1;

  reg [LowBits-1:0] low_q;
  wire [Wide-1:0] sum = {{(Wide - LowBits) {1'b0}}, low_q} + {{(Wide - StepBits) {1'b0}}, step_i};

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) low_q <= {LowBits{1'b0}};
    else if (clear_i) low_q <= {LowBits{1'b0}};
    else low_q <= sum[LowBits-1:0];
  end

  generate
    if (CountBits > LowBits) begin : gen_high
      localparam integer HighBits = CountBits - LowBits;
      reg carry_q;
      reg [HighBits-1:0] high_q;
      always @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) begin
          carry_q <= 1'b0;
          high_q  <= {HighBits{1'b0}};
        end else if (clear_i) begin
          carry_q <= 1'b0;
          high_q  <= {HighBits{1'b0}};
        end else begin
          carry_q <= sum[LowBits];
          if (carry_q) high_q <= high_q + 1'b1;
        end
      end
      assign value_o = {high_q, low_q};
    end else begin : gen_low
      wire unused = &{1'b0, sum[Wide-1:LowBits]};
      assign value_o = low_q;
    end
  endgenerate

endmodule

`default_nettype wire
