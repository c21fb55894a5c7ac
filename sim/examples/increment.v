// A register stage on two valid/ready streams: every item that goes in comes out one cycle later, plus one.
module increment (
    input  wire        clk_i,
    input  wire        rst_ni,
    input  wire        in_valid_i,
    output wire        in_ready_o,
    input  wire [31:0] in_data_i,
    output reg         out_valid_o,
    input  wire        out_ready_i,
    output reg  [31:0] out_data_o
);
  assign in_ready_o = !out_valid_o || out_ready_i;
  always @(posedge clk_i) begin
    if (!rst_ni) begin
      out_valid_o <= 1'b0;
    end else if (in_ready_o) begin
      out_valid_o <= in_valid_i;
      out_data_o  <= in_data_i + 32'd1;
    end
  end
endmodule
