// SPDX-License-Identifier: MIT OR Apache-2.0
// recross_merge: one grant a cycle, one result a grant, and while a bank waits, each other bank is
// granted at most once.
//
// Banks offer arbitrary results and keep an offer until it is granted. The last property is shown
// for any pair of banks, which the solver picks.
`include "assert.svh"
`default_nettype none

module recross_merge_props #(
    parameter integer Banks = 4,
    parameter integer TagBits = 2,
    parameter integer Dim = 2,
    parameter integer ValueBits = 1,
    parameter integer PsumBits = 2
) (
    input wire                          clk_i,
    input wire                          rst_ni,
    input wire [             Banks-1:0] psum_valid_i,
    input wire [     Banks*TagBits-1:0] tags_i,
    input wire [             Banks-1:0] narrow_i,
    input wire [Banks*Dim*PsumBits-1:0] data_i
);

  localparam integer Width = Dim * PsumBits;
  localparam [Width-1:0] LOW = {Dim{{(PsumBits - ValueBits) {1'b0}}, {ValueBits{1'b1}}}};

  wire [Banks-1:0] psum_ready_o;
  wire merge_valid_o;
  wire [TagBits-1:0] merge_tag_o;
  wire merge_narrow_o;
  wire [Width-1:0] merge_data_o;
  wire conflict_o;

  // The lane's selection: the result of the granted bank.
  reg [TagBits-1:0] picked_tag;
  reg picked_narrow;
  reg [Width-1:0] picked_data;
  integer b;
  always @* begin
    picked_tag = 0;
    picked_narrow = 1'b0;
    picked_data = 0;
    for (b = 0; b < Banks; b = b + 1) begin
      if (psum_ready_o[b]) begin
        picked_tag = tags_i[b*TagBits+:TagBits];
        picked_narrow = narrow_i[b];
        picked_data = data_i[b*Width+:Width];
      end
    end
  end

  recross_merge #(
      .Banks(Banks),
      .TagBits(TagBits),
      .Dim(Dim),
      .ValueBits(ValueBits),
      .PsumBits(PsumBits)
  ) dut (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .psum_valid_i(psum_valid_i),
      .psum_ready_o(psum_ready_o),
      .picked_tag_i(picked_tag),
      .picked_narrow_i(picked_narrow),
      .picked_data_i(picked_data),
      .merge_valid_o(merge_valid_o),
      .merge_tag_o(merge_tag_o),
      .merge_narrow_o(merge_narrow_o),
      .merge_data_o(merge_data_o),
      .conflict_o(conflict_o)
  );

  (* anyconst *) reg [7:0] waits;  // this bank waits
  (* anyconst *) reg [7:0] other;
  always @* assume (waits < Banks && other < Banks && waits != other);

  wire [255:0] valid_at = psum_valid_i;
  wire [255:0] ready_at = psum_ready_o;

  reg started_q;  // a clock edge without a reset has passed
  reg [Banks-1:0] waiting_q;  // offered and not granted in the last cycle
  reg granted_q;
  reg [TagBits-1:0] tag_q;
  reg narrow_q;
  reg [Width-1:0] data_q;
  reg [Width-1:0] before_q;
  reg overtaken_q;  // `other` was granted since `waits` began to wait

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      started_q <= 1'b0;
      waiting_q <= 0;
      granted_q <= 1'b0;
      overtaken_q <= 1'b0;
    end else begin
      started_q <= 1'b1;
      waiting_q <= psum_valid_i & ~psum_ready_o;
      granted_q <= psum_valid_i != 0;
      overtaken_q <= valid_at[waits] && !ready_at[waits] &&
          (overtaken_q || ready_at[other]);
    end
  end

  reg [Banks*TagBits-1:0] tags_q;
  reg [Banks-1:0] narrows_q;
  reg [Banks*Width-1:0] datas_q;
  always @(posedge clk_i) begin
    tag_q <= picked_tag;
    narrow_q <= picked_narrow;
    data_q <= picked_data;
    before_q <= merge_data_o;
    tags_q <= tags_i;
    narrows_q <= narrow_i;
    datas_q <= data_i;
  end

  integer e;
  always @(posedge clk_i) begin
    // A bank keeps what it offers until it is granted.
    for (e = 0; e < Banks; e = e + 1) begin
      if (started_q && waiting_q[e]) begin
        assume (psum_valid_i[e]);
        assume (tags_i[e*TagBits+:TagBits] == tags_q[e*TagBits+:TagBits]);
        assume (narrow_i[e] == narrows_q[e]);
        assume (data_i[e*Width+:Width] == datas_q[e*Width+:Width]);
      end
    end
  end

  wire [Width-1:0] valid = narrow_q ? LOW : {Width{1'b1}};  // bits that the result uses

  initial assume (!rst_ni);

  always @(posedge clk_i) begin
    if (rst_ni) begin
      `RECROSS_ASSERT(grants_at_most_one, (psum_ready_o & (psum_ready_o - 1'b1)) == 0);
      `RECROSS_ASSERT(grants_what_is_offered, (psum_ready_o & ~psum_valid_i) == 0);
      `RECROSS_ASSERT(grants_one_if_any, (psum_ready_o != 0) == (psum_valid_i != 0));
      `RECROSS_ASSERT(others_overtake_once, !(overtaken_q && valid_at[waits] && ready_at[other]));
      `RECROSS_ASSERT(tells_conflicts, conflict_o == ((psum_valid_i & ~psum_ready_o) != 0));
      `RECROSS_ASSERT(result_for_each_grant, merge_valid_o == granted_q);
      if (granted_q) begin
        `RECROSS_ASSERT(same_tag, merge_tag_o == tag_q);
        `RECROSS_ASSERT(same_width, merge_narrow_o == narrow_q);
        `RECROSS_ASSERT(same_data, ((merge_data_o ^ data_q) & valid) == 0);
        `RECROSS_ASSERT(keeps_upper_bits, ((merge_data_o ^ before_q) & ~valid) == 0);
      end
      cover_all_wait : cover (started_q && waiting_q == ({Banks{1'b1}} ^ (1 << other)));
      cover_overtaken : cover (overtaken_q && ready_at[waits]);
      cover_narrow_after_wide : cover (merge_valid_o && merge_narrow_o && merge_data_o[Width-1] && !data_q[Width-1]);
    end
  end

endmodule

`default_nettype wire
