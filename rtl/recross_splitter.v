// SPDX-License-Identifier: MIT OR Apache-2.0
// Takes the next activation from a wordline mask.
//
// At most MaxActiveRows wordlines are sensed at once: a mask with more rows gives its lowest
// MaxActiveRows rows first. An activation of at most ReadSplitMax rows is done as single-row reads,
// lowest row first. take_o holds the rows of the next activation, rows_o their number, and rest_o
// the rows that are left. mask_i has a row while en_i is high. While en_i is low, take_o is zero.
//
// With MaxActiveRows = Rows and ReadSplitMax = 1 a mask is never split, the module only counts its
// rows, and rest_o is always zero.
`default_nettype none

module recross_splitter #(
    parameter integer Rows = 8,
    parameter integer RowBits = $clog2(Rows + 1),
    parameter integer MaxActiveRows = 8,  // 1 to Rows
    parameter integer ReadSplitMax = 1  // 1 to MaxActiveRows
) (
    input  wire               en_i,
    input  wire [   Rows-1:0] mask_i,
    output wire [   Rows-1:0] take_o,
    output wire [   Rows-1:0] rest_o,
    output wire [RowBits-1:0] rows_o
);

  generate
    if (Rows < 1 || RowBits < 1 || RowBits > 30 || Rows >> RowBits != 0) begin : gen_error_rows
      ERROR_recross_splitter_row_bits_must_hold_the_rows bad ();
    end
    if (MaxActiveRows < 1 || MaxActiveRows > Rows) begin : gen_error_limit
      ERROR_recross_splitter_max_active_rows_1_to_all_rows bad ();
    end
    if (ReadSplitMax < 1 || ReadSplitMax > MaxActiveRows) begin : gen_error_split
      ERROR_recross_splitter_read_split_max_1_to_max_active_rows bad ();
    end
  endgenerate

  // The next activation, before a small one is split in single-row reads.
  wire [   Rows-1:0] chunk;
  wire [RowBits-1:0] chunk_rows;

  generate
    if (ReadSplitMax == MaxActiveRows) begin : gen_one
      // Every activation is a single-row read, so nothing is counted.
      localparam [Rows-1:0] ONE = 1;
      localparam [RowBits-1:0] ONE_ROW = 1;
      wire [Rows-1:0] mask = en_i ? mask_i : {Rows{1'b0}};
      assign chunk = mask & (~mask + ONE);
      assign chunk_rows = ONE_ROW;
    end else if (MaxActiveRows == Rows) begin : gen_whole
      // All rows at once, counted 32 at a time by adding neighbouring fields of growing width.
      localparam integer Chunks = (Rows + 31) / 32;
      localparam integer Padded = Chunks * 32;
      assign chunk = en_i ? mask_i : {Rows{1'b0}};
      reg [Padded-1:0] bits;
      reg [31:0] x;
      reg [31:0] total;
      integer i;
      always @* begin
        bits = {Padded{1'b0}};
        x = 32'd0;
        total = 32'd0;
        i = 0;
        if (en_i) begin
          bits[Rows-1:0] = mask_i;
          for (i = 0; i < Chunks; i = i + 1) begin
            x = bits[i*32+:32];
            x = (x & 32'h55555555) + ((x >> 1) & 32'h55555555);
            x = (x & 32'h33333333) + ((x >> 2) & 32'h33333333);
            x = (x & 32'h0f0f0f0f) + ((x >> 4) & 32'h0f0f0f0f);
            x = (x & 32'h00ff00ff) + ((x >> 8) & 32'h00ff00ff);
            total = total + {26'd0, x[5:0]} + {26'd0, x[21:16]};
          end
        end
      end
      assign chunk_rows = total[RowBits-1:0];
    end else begin : gen_limited
      // The lowest MaxActiveRows rows are those that have fewer rows below. Rows are counted in groups
      // of four, in each group and then over the groups by a prefix sum. Each bit of the counts is a
      // word with a bit a row, so that one operation on words works on all groups. A group's count
      // stands at its highest row; what the other rows hold is not used.
      localparam integer Groups = 1 << $clog2((Rows + 3) / 4);
      localparam integer Width = 4 * Groups;
      localparam integer Stages = $clog2(Groups);
      localparam integer Bits = $clog2(MaxActiveRows);  // a larger count is only known as such

      // Rows of a group from the second, third and fourth.
      localparam [Width-1:0] FROM_2 = {Groups{4'b1110}};
      localparam [Width-1:0] FROM_3 = {Groups{4'b1100}};
      localparam [Width-1:0] FROM_4 = {Groups{4'b1000}};

      // In stage s, a block of 2^s groups adds its count to each group of the block above. These words
      // have the highest row of each block that does so.
      wire [(Stages+1)*Width-1:0] senders;
      genvar t;
      for (t = 0; t < Stages; t = t + 1) begin : gen_stage
        localparam integer Block = 4 << t;
        assign senders[t*Width+:Width] = {(Width / Block / 2) {{Block{1'b0}}, 1'b1, {(Block - 1) {1'b0}}}};
      end
      assign senders[Stages*Width+:Width] = {Width{1'b0}};
      localparam integer Group = Stages > 0 ? 4 : 0;  // distance of the next group

      reg [Width-1:0] mask;
      reg [Width-1:0] row_1;  // the row below, in the same group
      reg [Width-1:0] row_2;
      reg [Width-1:0] row_3;
      reg [4*Width-1:0] least;  // at least 0, 1, 2 or 3 of them
      reg [Width-1:0] x;
      reg [Width-1:0] y;
      reg [Width-1:0] carry;
      reg [Width-1:0] sender;
      reg [Bits*Width-1:0] counts;
      reg [Width-1:0] more;  // the count has more bits
      reg [Width-1:0] room;
      reg [Width-1:0] take;
      reg [RowBits-1:0] rows;
      integer s;
      integer k;
      integer j;
      integer d;
      integer limit;
      always @* begin
        mask = {Width{1'b0}};
        row_1 = {Width{1'b0}};
        row_2 = {Width{1'b0}};
        row_3 = {Width{1'b0}};
        least = {(4 * Width) {1'b0}};
        x = {Width{1'b0}};
        y = {Width{1'b0}};
        carry = {Width{1'b0}};
        sender = {Width{1'b0}};
        counts = {(Bits * Width) {1'b0}};
        more = {Width{1'b0}};
        room = {Width{1'b0}};
        take = {Width{1'b0}};
        rows = {RowBits{1'b0}};
        s = 0;
        k = 0;
        j = 0;
        d = 0;
        limit = 0;
        if (en_i) begin
          mask[Rows-1:0] = mask_i;
          row_1 = (mask << 1) & FROM_2;
          row_2 = (mask << 2) & FROM_3;
          row_3 = (mask << 3) & FROM_4;
          least = {
            row_1 & row_2 & row_3,
            (row_1 & row_2) | (row_3 & (row_1 | row_2)),
            row_1 | row_2 | row_3,
            {Width{1'b1}}
          };

          // The group's count at its highest row: these rows and its own.
          x = row_1 ^ row_2 ^ row_3;
          carry = mask & x;
          counts[0+:Width] = mask ^ x;
          if (Bits > 1) counts[(Bits>1?Width : 0)+:Width] = least[2*Width+:Width] ^ carry;
          else more = least[2*Width+:Width] ^ carry;
          if (Bits > 2) counts[(Bits>2?2*Width : 0)+:Width] = least[2*Width+:Width] & carry;
          else more = more | (least[2*Width+:Width] & carry);

          for (s = 0; s < Stages; s = s + 1) begin
            sender = senders[s*Width+:Width];
            carry  = {Width{1'b0}};
            for (k = 0; k < Bits; k = k + 1) begin
              x = counts[k*Width+:Width];
              y = (x & sender) << Group;
              for (j = 0; j < s; j = j + 1) y = y | (y << (4 << j));
              counts[k*Width+:Width] = x ^ y ^ carry;
              carry = (x & y) | (carry & (x | y));
            end
            y = (more & sender) << Group;
            for (j = 0; j < s; j = j + 1) y = y | (y << (4 << j));
            more = more | y | carry;
          end

          for (k = 0; k < Bits; k = k + 1) rows[k] = counts[(k+1)*Width-1];

          // A row is taken if the rows below it in its group leave room for it: with d of them, the
          // count of the groups below is less than limit = MaxActiveRows - d.
          take = mask;
          for (d = 0; d < 4; d = d + 1) begin
            limit = MaxActiveRows - d;
            room  = {Width{limit >= (1 << Bits)}};
            for (k = 0; k < Bits; k = k + 1) begin
              if (limit > 0 && limit[k]) room = room | ~counts[k*Width+:Width];
              else if (limit < (1 << Bits)) room = room & ~counts[k*Width+:Width];
            end
            room = room & ~more;
            if (d == 0 && !room[Width-1]) rows = MaxActiveRows[RowBits-1:0];
            // From a group's highest row to all rows of the next group.
            x = (room & FROM_4) << 1;
            x[0] = limit > 0;
            x = x | (x << 1);
            x = x | (x << 2);
            take = take & (~least[d*Width+:Width] | x);
          end
        end
      end
      assign chunk = take[Rows-1:0];
      assign chunk_rows = rows;
    end
  endgenerate

  // Single-row reads.
  generate
    if (ReadSplitMax == 1 || ReadSplitMax == MaxActiveRows) begin : gen_no_split
      assign take_o = chunk;
      assign rows_o = chunk_rows;
    end else begin : gen_split
      localparam [Rows-1:0] ONE = 1;
      localparam [RowBits-1:0] ONE_ROW = 1;
      localparam [RowBits-1:0] SPLIT = ReadSplitMax[RowBits-1:0];
      wire [Rows-1:0] mask = en_i ? mask_i : {Rows{1'b0}};
      wire [Rows-1:0] lowest = mask & (~mask + ONE);
      wire single = chunk_rows <= SPLIT;
      assign take_o = single ? lowest : chunk;
      assign rows_o = single ? ONE_ROW : chunk_rows;
    end

    if (ReadSplitMax == 1 && MaxActiveRows == Rows) begin : gen_no_rest
      assign rest_o = {Rows{1'b0}};
    end else begin : gen_rest
      assign rest_o = mask_i & ~take_o;
    end
  endgenerate

endmodule

`default_nettype wire
