// SPDX-License-Identifier: MIT OR Apache-2.0
// Takes the next activation from a wordline mask.
//
// At most MaxActiveRows wordlines are sensed at once: a mask with more rows gives its lowest
// MaxActiveRows rows first. An activation of at most ReadSplitMax rows is done as single-row reads,
// lowest row first. take_o holds the rows of the next activation, rows_o their number, and rest_o
// the rows that are left. While en_i is low, take_o is zero.
`default_nettype none

module recross_splitter #(
    parameter integer Rows = 8,
    parameter integer RowBits = 4,  // can hold 0 to Rows
    parameter integer MaxActiveRows = 8,  // 1 to Rows
    parameter integer ReadSplitMax = 1  // 1 to MaxActiveRows
) (
    input  wire               en_i,
    input  wire [   Rows-1:0] mask_i,
    output wire [   Rows-1:0] take_o,
    output wire [   Rows-1:0] rest_o,
    output wire [RowBits-1:0] rows_o
);

  localparam integer Chunks = (Rows + 31) / 32;
  localparam integer Padded = Chunks * 32;

  localparam [RowBits-1:0] LIMIT = MaxActiveRows[RowBits-1:0];

  localparam [Rows-1:0] ONE = 1;

  reg [Rows-1:0] lowest;
  reg [Rows-1:0] chunk_mask;
  reg [RowBits-1:0] chunk_rows;
  generate
    if (MaxActiveRows == Rows) begin : gen_whole
      // All rows at once, counted 32 at a time by adding neighbouring fields of growing width.
      reg [Padded-1:0] bits;
      reg [31:0] x;
      reg [31:0] total;
      integer i;
      always @* begin
        lowest = {Rows{1'b0}};
        chunk_mask = {Rows{1'b0}};
        bits = {Padded{1'b0}};
        x = 32'd0;
        total = 32'd0;
        i = 0;
        if (en_i) begin
          lowest = mask_i & (~mask_i + ONE);
          chunk_mask = mask_i;
          bits[Rows-1:0] = mask_i;
          for (i = 0; i < Chunks; i = i + 1) begin
            x = bits[i*32+:32];
            x = x - ((x >> 1) & 32'h55555555);
            x = (x & 32'h33333333) + ((x >> 2) & 32'h33333333);
            x = (x + (x >> 4)) & 32'h0f0f0f0f;
            x = x + (x >> 8);
            x = x + (x >> 16);
            total = total + {26'd0, x[5:0]};
          end
        end
        chunk_rows = total[RowBits-1:0];
      end
    end else begin : gen_chunk
      // The lowest MaxActiveRows set bits, found with a running count.
      integer i;
      always @* begin
        lowest = {Rows{1'b0}};
        chunk_mask = {Rows{1'b0}};
        chunk_rows = {RowBits{1'b0}};
        i = 0;
        if (en_i) begin
          lowest = mask_i & (~mask_i + ONE);
          for (i = 0; i < Rows; i = i + 1) begin
            if (mask_i[i] && chunk_rows != LIMIT) begin
              chunk_mask[i] = 1'b1;
              chunk_rows = chunk_rows + 1'b1;
            end
          end
        end
      end
    end
  endgenerate

  wire single;
  generate
    if (ReadSplitMax >= MaxActiveRows) begin : gen_always
      assign single = 1'b1;
    end else begin : gen_few
      localparam [RowBits-1:0] SPLIT = ReadSplitMax[RowBits-1:0];
      assign single = chunk_rows <= SPLIT;
    end
  endgenerate

  assign take_o = single ? lowest : chunk_mask;
  assign rest_o = mask_i & ~take_o;
  assign rows_o = single ? {{(RowBits - 1) {1'b0}}, 1'b1} : chunk_rows;

endmodule

`default_nettype wire
