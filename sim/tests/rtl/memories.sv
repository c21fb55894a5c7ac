// Memories of several widths that are read from files, and a word of each.
module memories (
    input  wire         clk,
    input  wire [3:0]   address,
    input  wire         valid,
    output reg  [6:0]   w7,
    output reg  [15:0]  w16,
    output reg  [32:0]  w33,
    output reg  [63:0]  w64,
    output reg  [129:0] w130
);
    reg [6:0] m7[0:15];
    reg [15:0] m16[0:15];
    reg [32:0] m33[0:15];
    reg [63:0] m64[0:15];
    reg [129:0] m130[3:18];
    reg [8*200-1:0] folder;
    reg [8*220-1:0] path;
    initial begin
        if ($value$plusargs("folder=%s", folder)) begin
            $sformat(path, "%0s/7.hex", folder);
            $readmemh(path, m7);
            $sformat(path, "%0s/16.hex", folder);
            $readmemh(path, m16);
            $sformat(path, "%0s/33.hex", folder);
            $readmemh(path, m33);
            $sformat(path, "%0s/64.hex", folder);
            $readmemh(path, m64);
            $sformat(path, "%0s/130.hex", folder);
            $readmemh(path, m130);
        end
    end
    always @(posedge clk) begin
        if (valid) begin
            w7 <= m7[address];
            w16 <= m16[address];
            w33 <= m33[address];
            w64 <= m64[address];
            w130 <= m130[{1'b0, address} + 5'd3];
        end
    end
endmodule
