// SPDX-License-Identifier: MIT OR Apache-2.0
// recross_accumulator: the vector of a place is the sum of the results that it got since it was last fetched, in
// whatever distance they come; a result is added exactly where the place had one before.
//
// Assumed, as the lane does it: a result follows its grant by a cycle; a place is fetched when it has a
// vector, gets no result in that cycle and none is on its way; no fetch while a vector is read for a result.
`include "assert.svh"
`default_nettype none

module recross_accumulator_props #(
    parameter integer Dim = 1,
    parameter integer ValueBits = 2,
    parameter integer PsumBits = 3,
    parameter integer AccBits = 4,
    parameter integer Places = 2,
    parameter integer PoolBits = 1
) (
    input wire                    clk_i,
    input wire                    rst_ni,
    input wire                    grant_i,
    input wire [    PoolBits-1:0] grant_pool_i,
    input wire                    narrow_i,
    input wire [Dim*PsumBits-1:0] data_i,
    input wire                    fetch_i,
    input wire [    PoolBits-1:0] fetch_pool_i
);

  // The result of the grant in the last cycle.
  reg valid_q;
  reg [PoolBits-1:0] pool_q;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= 1'b0;
    else valid_q <= grant_i;
  end
  always @(posedge clk_i) pool_q <= grant_pool_i;

  wire reads;
  wire adds;
  wire [Dim*AccBits-1:0] vector;
  recross_accumulator #(
      .Dim(Dim),
      .ValueBits(ValueBits),
      .PsumBits(PsumBits),
      .AccBits(AccBits),
      .Places(Places),
      .PoolBits(PoolBits)
  ) dut (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .grant_i(grant_i),
      .grant_pool_i(grant_pool_i),
      .reads_o(reads),
      .merge_valid_i(valid_q),
      .merge_pool_i(pool_q),
      .merge_narrow_i(narrow_i),
      .merge_data_i(data_i),
      .adds_o(adds),
      .fetch_i(fetch_i),
      .fetch_pool_i(fetch_pool_i),
      .vector_o(vector)
  );

  // One place and one element.
  (* anyconst *) reg [PoolBits-1:0] place;
  (* anyconst *) reg [7:0] element;
  wire [PsumBits-1:0] wide = data_i[element*PsumBits+:PsumBits];
  wire signed [PsumBits-1:0] value = narrow_i ? {{(PsumBits - ValueBits + 1) {wide[ValueBits-1]}}, wide[ValueBits-2:0]} : wide;
  wire signed [AccBits-1:0] extended = value;
  wire comes = valid_q && pool_q == place;
  wire ends = fetch_i && fetch_pool_i == place;
  reg has_q;
  reg [AccBits-1:0] sum_q;
  reg fetched_q;
  reg [AccBits-1:0] expected_q;
  reg [1:0] results_q;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      has_q <= 1'b0;
      fetched_q <= 1'b0;
      results_q <= 2'd0;
    end else begin
      has_q <= (has_q || comes) && !ends;
      fetched_q <= ends;
      if (comes) results_q <= !has_q ? 2'd1 : results_q == 2'd3 ? 2'd3 : results_q + 2'd1;
    end
  end
  always @(posedge clk_i) begin
    if (comes) sum_q <= (has_q ? sum_q : {AccBits{1'b0}}) + extended;
    expected_q <= sum_q;
  end

  initial assume (!rst_ni);
  always @* begin
    assume (place < Places && element < Dim);
    assume (!grant_i || grant_pool_i < Places);
    assume (!fetch_i || fetch_pool_i < Places);
    // That of another place than the one that is watched is a matter of its own.
    assume (!ends || (has_q && !comes && !(grant_i && grant_pool_i == place)));
    assume (!(fetch_i && valid_q && pool_q == fetch_pool_i));
    assume (!(fetch_i && grant_i && grant_pool_i == fetch_pool_i));
    assume (!(fetch_i && reads));
  end
  always @(posedge clk_i) begin
    if (rst_ni) begin
      `RECROSS_ASSERT(the_sum, !fetched_q || vector[element*AccBits+:AccBits] == expected_q);
      `RECROSS_ASSERT(adds_to_what_is_there, !comes || adds == has_q);
      `RECROSS_ASSERT(adds_results_only, !adds || valid_q);
      `RECROSS_ASSERT(reads_what_is_there, !(reads && grant_pool_i == place) || (grant_i && has_q && !comes));
      `RECROSS_ASSERT(reads_or_forwards, !(grant_i && grant_pool_i == place && has_q && !comes) || reads);
      cover_forwarded : cover (fetched_q && results_q == 2'd3 && expected_q != 0);
      cover_narrow : cover (comes && narrow_i && has_q && extended[AccBits-1]);
    end
  end

endmodule

`default_nettype wire
