// SPDX-License-Identifier: MIT OR Apache-2.0
// Merges the results of a lane's banks into one stream of at most one result per cycle.
//
// Each result accepted from a bank is given exactly once on merge_*, one cycle later. merge_* has
// no back-pressure. Banks take turns: the search for the next result starts behind the bank that
// was served last. The lane selects the result of the bank whose bit is set in psum_ready_o and
// returns it on picked_*. Only the low ValueBits bits of each element of a narrow result are valid;
// the other bits of merge_data_o keep those of an earlier result.
`default_nettype none

module recross_merge #(
    parameter integer Banks = 2,
    parameter integer TagBits = 3,
    parameter integer Dim = 4,
    parameter integer ValueBits = 4,
    parameter integer PsumBits = 7
) (
    input  wire                    clk_i,
    input  wire                    rst_ni,
    input  wire [       Banks-1:0] psum_valid_i,
    output wire [       Banks-1:0] psum_ready_o,
    input  wire [     TagBits-1:0] picked_tag_i,
    input  wire                    picked_narrow_i,
    input  wire [Dim*PsumBits-1:0] picked_data_i,
    output wire                    merge_valid_o,
    output wire [     TagBits-1:0] merge_tag_o,
    output wire                    merge_narrow_o,
    output wire [Dim*PsumBits-1:0] merge_data_o,
    output wire                    conflict_o  // a result waits for another one
);

  generate
    if (Banks < 1 || TagBits < 1 || Dim < 1) begin : gen_error_size
      ERROR_recross_merge_needs_banks_and_bits bad ();
    end
    if (ValueBits < 1 || PsumBits <= ValueBits) begin : gen_error_psum
      ERROR_recross_merge_psum_bits_must_exceed_value_bits bad ();
    end
  endgenerate

  localparam [Banks-1:0] ONE = 1;
  localparam [Dim*PsumBits-1:0] LOW = {Dim{{(PsumBits - ValueBits) {1'b0}}, {ValueBits{1'b1}}}};

  // Set for the bank at which the search starts, and for all banks behind it.
  reg [Banks-1:0] from_q;
  wire [Banks-1:0] behind = psum_valid_i & from_q;
  wire [Banks-1:0] requests = behind != {Banks{1'b0}} ? behind : psum_valid_i;
  wire [Banks-1:0] grant = requests & (~requests + ONE);
  wire any = psum_valid_i != {Banks{1'b0}};
  assign psum_ready_o = grant;

  reg valid_q;
  reg [TagBits-1:0] tag_q;
  reg narrow_q;
  reg [Dim*PsumBits-1:0] data_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= 1'b0;
      from_q <= {Banks{1'b1}};
    end else begin
      valid_q <= any;
      // Set for the banks above the granted one. Behind the last bank no bit is set, and the search
      // starts from bank 0.
      if (any) from_q <= ~(grant | (grant - ONE));
    end
  end

  always @(posedge clk_i) begin
    if (any) begin
      tag_q <= picked_tag_i;
      narrow_q <= picked_narrow_i;
      if (picked_narrow_i) data_q <= (data_q & ~LOW) | (picked_data_i & LOW);
      else data_q <= picked_data_i;
    end
  end

  assign merge_valid_o = valid_q;
  assign merge_tag_o = tag_q;
  assign merge_narrow_o = narrow_q;
  assign merge_data_o = data_q;
  assign conflict_o = (psum_valid_i & ~grant) != {Banks{1'b0}};

`ifdef RECROSS_ASSERT
  reg [Banks-1:0] waiting_q;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) waiting_q <= {Banks{1'b0}};
    else begin
      waiting_q <= psum_valid_i & ~grant;
      one_grant: assert ((grant & (grant - ONE)) == {Banks{1'b0}});
      grants_what_is_offered: assert ((grant & ~psum_valid_i) == {Banks{1'b0}});
      grants_one_if_any: assert ((grant != {Banks{1'b0}}) == any);
      offers_stay: assert ((waiting_q & ~psum_valid_i) == {Banks{1'b0}});
    end
  end
`endif

endmodule

`default_nettype wire
