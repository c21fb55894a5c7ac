// Stops, prints, finishes, reads plusargs and memory images, on command.
module events (
    input  wire        clk,
    input  wire        valid,
    input  wire [2:0]  command,
    output reg  [15:0] value,
    output wire        unsettled,
    output wire [7:0]  looked_up
);
    reg [7:0] memory[0:3];
    reg [8*64-1:0] image;
    reg [15:0] given;
    assign looked_up = memory[2];
    initial begin
        value = 0;
        if ($value$plusargs("given=%d", given)) value = given;
        if ($value$plusargs("image=%s", image)) $readmemh(image, memory);
    end
    // Command 5 closes a loop that does not settle.
    reg spin = 1'b0;
    wire never;
    assign never = spin & ~never;
    assign unsettled = never;
    always @(posedge clk) begin
        if (valid) begin
            if (command == 5) spin <= 1'b1;
            $display("command %0d", command);
            if (command == 1) $fatal(1, "told to stop");
            if (command == 2) $finish;
            if (command == 3) $stop;
            if (command == 4) assert (value == 16'd9) else $error("value is %0d", value);
            value <= value + 16'd1;
        end
    end
endmodule
