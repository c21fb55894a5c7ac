// SPDX-License-Identifier: MIT OR Apache-2.0
// First-word-fall-through queue with registered storage.
//
// A word is accepted in each cycle in which push_valid_i and push_ready_o are high. A word is
// removed in each cycle in which pop_valid_o and pop_ready_i are high. Words leave in the order in
// which they arrived. push_ready_o does not depend on pop_ready_i.
//
// A word has a data part and, if push_more_i is high, a second part. The storage of the second part
// is written only for words that have it. pop_more_data_o is zero unless pop_more_i is high.
// pop_more_i may depend on pop_data_o.
`default_nettype none

module recross_fifo #(
    parameter integer Width = 8,
    parameter integer MoreWidth = 4,
    parameter integer Depth = 4,  // a power of two, at least 2
    parameter integer AddrBits = 2  // log2(Depth)
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    input  wire                 push_valid_i,
    output wire                 push_ready_o,
    input  wire [    Width-1:0] push_data_i,
    input  wire                 push_more_i,
    input  wire [MoreWidth-1:0] push_more_data_i,
    output wire                 pop_valid_o,
    input  wire                 pop_ready_i,
    output wire [    Width-1:0] pop_data_o,
    input  wire                 pop_more_i,
    output wire [MoreWidth-1:0] pop_more_data_o
);

  generate
    if (Depth != (1 << AddrBits)) begin : gen_error
      ERROR_recross_fifo_depth_must_be_two_to_the_address_bits bad ();
    end
    if (Width < 1 || MoreWidth < 1) begin : gen_error_width
      ERROR_recross_fifo_words_need_a_bit bad ();
    end
  endgenerate

  reg [Width-1:0] store_q[0:Depth-1];
  reg [MoreWidth-1:0] more_q[0:Depth-1];
  reg [AddrBits:0] write_q;
  reg [AddrBits:0] read_q;

  wire full = (write_q ^ read_q) == {1'b1, {AddrBits{1'b0}}};
  assign push_ready_o = !full;
  assign pop_valid_o  = write_q != read_q;
  assign pop_data_o   = store_q[read_q[AddrBits-1:0]];
  assign pop_more_data_o = pop_more_i ? more_q[read_q[AddrBits-1:0]] : {MoreWidth{1'b0}};

  wire push = push_valid_i && push_ready_o;
  wire pop = pop_valid_o && pop_ready_i;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      write_q <= {(AddrBits + 1) {1'b0}};
      read_q  <= {(AddrBits + 1) {1'b0}};
    end else begin
      if (push) write_q <= write_q + 1'b1;
      if (pop) read_q <= read_q + 1'b1;
    end
  end

  always @(posedge clk_i) begin
    if (push) begin
      store_q[write_q[AddrBits-1:0]] <= push_data_i;
      if (push_more_i) more_q[write_q[AddrBits-1:0]] <= push_more_data_i;
    end
  end

`ifdef RECROSS_ASSERT
  wire [AddrBits:0] level = write_q - read_q;
  localparam [AddrBits:0] FULL = {1'b1, {AddrBits{1'b0}}};
  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) holds_no_more_than_fits: assert (level <= FULL);
  end
`endif

endmodule

`default_nettype wire
