// SPDX-License-Identifier: MIT OR Apache-2.0
// A memory with one port for reading and one for writing. A design with a compiled memory replaces
// this module by one of the same name with that memory.
//
// The word at raddr_i is on rdata_o in the cycle after re_i; in other cycles rdata_o has no meaning. A
// word is not read in the cycle in which it is written.
`default_nettype none

module recross_ram_1r1w #(
    parameter integer Width = 8,
    parameter integer Depth = 4,
    parameter integer AddrBits = 2  // log2(Depth), rounded up, at least 1
) (
    input  wire                clk_i,
    input  wire                we_i,
    input  wire [AddrBits-1:0] waddr_i,
    input  wire [   Width-1:0] wdata_i,
    input  wire                re_i,
    input  wire [AddrBits-1:0] raddr_i,
    output wire [   Width-1:0] rdata_o
);

  generate
    if (Width < 1 || Depth < 1) begin : gen_error_size
      ERROR_recross_ram_1r1w_needs_bits_and_words bad ();
    end
    if (AddrBits < 1 || AddrBits != (Depth > 2 ? $clog2(Depth) : 1)) begin : gen_error_addr
      ERROR_recross_ram_1r1w_addr_bits_must_number_the_words bad ();
    end
  endgenerate

  reg [Width-1:0] words_q[0:Depth-1];
  reg [Width-1:0] read_q;
  assign rdata_o = read_q;

  always @(posedge clk_i) begin
    if (we_i) words_q[waddr_i] <= wdata_i;
    if (re_i) read_q <= words_q[raddr_i];
  end

`ifdef RECROSS_ASSERT
  always @(posedge clk_i) begin
    reads_what_is_stored: assert (!(we_i && re_i && waddr_i == raddr_i));
  end
`endif

endmodule

`default_nettype wire
