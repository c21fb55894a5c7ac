// SPDX-License-Identifier: MIT OR Apache-2.0
// Takes the next activation out of a wordline mask.
//
// At most MaxActiveRows wordlines are sensed at once: a fuller mask gives its lowest MaxActiveRows
// rows first. An activation of ReadSplitMax rows or fewer is done as single-row reads, lowest row
// first. take_o holds the rows of the next activation, rest_o those left for later ones.
`default_nettype none

module recross_splitter #(
    parameter integer Rows = 64,
    parameter integer RowBits = 7,  // holds 0..Rows
    parameter integer MaxActiveRows = 64,  // 1..Rows
    parameter integer ReadSplitMax = 1  // 1..MaxActiveRows
) (
    input  wire [   Rows-1:0] mask_i,
    output wire [   Rows-1:0] take_o,
    output wire [   Rows-1:0] rest_o,
    output wire [RowBits-1:0] rows_o
);

  localparam integer Chunks = (Rows + 31) / 32;
  localparam integer Padded = Chunks * 32;

  function [5:0] ones;
    input [31:0] bits;
    reg [31:0] x;
    begin
      x = bits - ((bits >> 1) & 32'h55555555);
      x = (x & 32'h33333333) + ((x >> 2) & 32'h33333333);
      x = (x + (x >> 4)) & 32'h0f0f0f0f;
      x = x + (x >> 8);
      x = x + (x >> 16);
      ones = x[5:0];
    end
  endfunction

  function [RowBits+5:0] count;
    input [Rows-1:0] mask;
    integer chunk;
    reg [Padded-1:0] bits;
    begin
      bits = {Padded{1'b0}};
      bits[Rows-1:0] = mask;
      count = {(RowBits + 6) {1'b0}};
      for (chunk = 0; chunk < Chunks; chunk = chunk + 1) begin
        count = count + {{RowBits{1'b0}}, ones(bits[chunk*32+:32])};
      end
    end
  endfunction

  localparam [RowBits-1:0] LIMIT = MaxActiveRows;
  localparam [RowBits-1:0] SPLIT = ReadSplitMax;

  wire [RowBits-1:0] all = count(mask_i) & {{6{1'b0}}, {RowBits{1'b1}}};
  wire [Rows-1:0] lowest = mask_i & (~mask_i + {{(Rows - 1) {1'b0}}, 1'b1});

  wire [Rows-1:0] chunk_mask;
  wire [RowBits-1:0] chunk_rows;
  generate
    if (MaxActiveRows == Rows) begin : gen_whole
      assign chunk_mask = mask_i;
      assign chunk_rows = all;
    end else if (MaxActiveRows == 1) begin : gen_single
      assign chunk_mask = lowest;
      assign chunk_rows = LIMIT;
    end else begin : gen_chunk
      // The lowest MaxActiveRows set bits, by a running count.
      reg [Rows-1:0] picked;
      reg [RowBits-1:0] seen;
      integer i;
      always @* begin
        picked = {Rows{1'b0}};
        seen   = {RowBits{1'b0}};
        for (i = 0; i < Rows; i = i + 1) begin
          if (mask_i[i] && seen != LIMIT) begin
            picked[i] = 1'b1;
            seen = seen + 1'b1;
          end
        end
      end
      assign chunk_mask = picked;
      assign chunk_rows = seen;
    end
  endgenerate

  wire single = chunk_rows <= SPLIT;
  assign take_o = single ? lowest : chunk_mask;
  assign rest_o = mask_i & ~take_o;
  assign rows_o = single ? {{(RowBits - 1) {1'b0}}, 1'b1} : chunk_rows;

endmodule

`default_nettype wire
