// Streams of many widths in packed ports: a register stage that adds `key` to the first payload and inverts the second.
module fifo (
    input  wire         clk,
    input  wire         rst_n,
    input  wire [4:0]   in_valid,   // bits 1 and 3 belong to other streams
    output wire [4:0]   in_ready,
    input  wire [399:0] in_data,
    output wire [2:0]   out_valid,
    input  wire [2:0]   out_ready,
    output wire [377:0] out_data,
    input  wire         tick_valid,
    input  wire [7:0]   tick_data,
    output reg          echo_valid,
    output reg  [7:0]   echo_data,
    output wire [32:0]  count__n,
    input  wire         block
);
    // Wide stream: 300 bits at [307:8], 7 bits at [7:1] of in_data; out at [299:0] and [306:300].
    reg          full;
    reg  [299:0] wide;
    reg  [6:0]   extra;
    reg  [32:0]  taken;
    assign in_ready = {3'b000, !pass_full, 1'b0} | {2'b00, (!full || out_ready[1]) && !block, 2'b00};
    assign out_valid = {pass_full, full, 1'b0};
    // Second stream: 70 bits at [399:330], out at [376:307].
    reg          pass_full;
    reg  [69:0]  pass;
    assign out_data = {1'b0, pass, extra, wide};
    assign count__n = taken;
    always @(posedge clk) begin
        if (!rst_n) begin
            full <= 1'b0;
            pass_full <= 1'b0;
            taken <= 33'h1_0000_0000;
        end else begin
            if (out_ready[1]) full <= 1'b0;
            if (in_valid[2] && in_ready[2]) begin
                full <= 1'b1;
                wide <= in_data[307:8] + 300'd1;
                extra <= ~in_data[7:1];
                taken <= taken + 33'd1;
            end
            if (out_ready[2]) pass_full <= 1'b0;
            if (in_valid[3] && !pass_full) begin
                pass_full <= 1'b1;
                pass <= in_data[399:330];
            end
        end
        echo_valid <= rst_n && tick_valid;
        echo_data <= tick_data + 8'd1;
    end
endmodule
