// SPDX-License-Identifier: MIT OR Apache-2.0
// A lane's sums: one vector for each place, in a memory with one port for reading and one for writing.
//
// A result is granted in one cycle (grant_i, of the place grant_pool_i) and is on merge_* in the next.
// If the place has a vector, it is read at the grant, and in the next cycle the sum is written. The
// first result of a place is only written. A vector that is being written at the grant of a result to
// the same place is not read but forwarded. adds_o is high in the cycle of an addition. Only the low
// ValueBits bits of each element of a narrow result are used.
//
// fetch_i reads the vector of a place that gets no more results, and ends it: the next result of that
// place is a first one. fetch_i must be low while reads_o is high, because then a result is read for.
// The vector is on vector_o in the next cycle, and in no other.
`default_nettype none

module recross_accumulator #(
    parameter integer Dim = 4,
    parameter integer ValueBits = 4,
    parameter integer PsumBits = 7,
    parameter integer AccBits = 9,
    parameter integer Places = 4,
    parameter integer PoolBits = 2  // log2(Places), rounded up, at least 1
) (
    input  wire                    clk_i,
    input  wire                    rst_ni,
    input  wire                    grant_i,
    input  wire [    PoolBits-1:0] grant_pool_i,
    output wire                    reads_o,
    input  wire                    merge_valid_i,   // follows grant_i by a cycle
    input  wire [    PoolBits-1:0] merge_pool_i,
    input  wire                    merge_narrow_i,
    input  wire [Dim*PsumBits-1:0] merge_data_i,
    output wire                    adds_o,
    input  wire                    fetch_i,
    input  wire [    PoolBits-1:0] fetch_pool_i,
    output wire [ Dim*AccBits-1:0] vector_o
);

  generate
    if (Places < 1 || PoolBits != (Places > 2 ? $clog2(Places) : 1)) begin : gen_error_places
      ERROR_recross_accumulator_pool_bits_must_number_the_places bad ();
    end
    if (Dim < 1 || ValueBits < 1 || PsumBits < ValueBits || AccBits < PsumBits) begin : gen_error_acc
      ERROR_recross_accumulator_acc_bits_must_hold_a_partial_sum bad ();
    end
  endgenerate

  localparam integer Width = Dim * AccBits;
  localparam [Places-1:0] ONE = 1;

  reg [Places-1:0] started_q;  // the place has a vector
  reg add_q;  // the result on merge_* is added to a vector
  reg forward_q;  // to the one in sum_q
  reg [Width-1:0] sum_q;
  wire [Width-1:0] read;

  wire again = grant_i && merge_valid_i && grant_pool_i == merge_pool_i;
  wire starts = started_q[grant_pool_i];
  assign reads_o = grant_i && starts && !again;
  assign adds_o  = merge_valid_i && add_q;

  // Partial sums are sign-extended to AccBits. Sums modulo 2^AccBits do not depend on the order.
  wire [Width-1:0] old = forward_q ? sum_q : read;
  reg [Width-1:0] sum;
  reg [AccBits-1:0] value;
  reg sign;
  integer d;
  always @* begin
    sum = {Width{1'b0}};
    value = {AccBits{1'b0}};
    sign = 1'b0;
    d = 0;
    if (merge_valid_i) begin
      for (d = 0; d < Dim; d = d + 1) begin
        sign = merge_data_i[d*PsumBits+(merge_narrow_i?ValueBits : PsumBits)-1];
        value = {AccBits{sign}};
        value[ValueBits-1:0] = merge_data_i[d*PsumBits+:ValueBits];
        if (!merge_narrow_i) value[PsumBits-1:0] = merge_data_i[d*PsumBits+:PsumBits];
        sum[d*AccBits+:AccBits] = add_q ? old[d*AccBits+:AccBits] + value : value;
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) started_q <= {Places{1'b0}};
    else if (merge_valid_i || fetch_i) begin
      started_q <= (started_q | (merge_valid_i ? ONE << merge_pool_i : {Places{1'b0}})) &
          ~(fetch_i ? ONE << fetch_pool_i : {Places{1'b0}});
    end
  end

  always @(posedge clk_i) begin
    if (grant_i) begin
      add_q <= starts || again;
      forward_q <= again;
      if (again) sum_q <= sum;
    end
  end

  recross_ram_1r1w #(
      .Width(Width),
      .Depth(Places),
      .AddrBits(PoolBits)
  ) u_vectors (
      .clk_i(clk_i),
      .we_i(merge_valid_i),
      .waddr_i(merge_pool_i),
      .wdata_i(sum),
      .re_i(reads_o || fetch_i),
      .raddr_i(fetch_i ? fetch_pool_i : grant_pool_i),
      .rdata_o(read)
  );
  assign vector_o = read;

`ifdef RECROSS_ASSERT
  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) one_read_a_cycle: assert (!(fetch_i && reads_o));
  end
`endif

endmodule

`default_nettype wire
