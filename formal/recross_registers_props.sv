// SPDX-License-Identifier: MIT OR Apache-2.0
// recross_registers: an event stays until a one is written to it, or all registers are cleared; no other write, read or
// event changes it. Of the configuration `small`; the registers of others differ in constants only.
//
// Nothing is assumed: writes, reads and events come in any cycle.
`include "assert.svh"
`default_nettype none

module recross_registers_props (
    input wire        clk_i,
    input wire        rst_ni,
    input wire        clear_i,
    input wire        wr_valid_i,
    input wire [11:0] wr_addr_i,
    input wire [31:0] wr_data_i,
    input wire        wr_full_i,
    input wire        wr_known_i,
    input wire        hold_i,
    input wire [ 9:0] set_i,
    input wire [ 3:0] refuse_i
);

  localparam [11:0] EVENTS = 12'h020;
  localparam [11:0] MASK = 12'h024;
  localparam [9:0] THERE = 10'b11_0111_1111;  // bit 7 is no event

  wire wr_done, wr_error, events_en;
  wire [9:0] events;
  wire [9:0] mask;
  wire [31:0] rd_data;
  assign events[7] = 1'b0;
  recross_registers dut (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .clear_i(clear_i),
      .wr_valid_i(wr_valid_i),
      .wr_addr_i(wr_addr_i),
      .wr_data_i(wr_data_i),
      .wr_full_i(wr_full_i),
      .wr_known_i(wr_known_i),
      .wr_done_o(wr_done),
      .wr_error_o(wr_error),
      .hold_i(hold_i),
      .events_en_o(events_en),
      .events_id_range_set_i(set_i[0]),
      .events_id_range_o(events[0]),
      .events_bag_long_set_i(set_i[1]),
      .events_bag_long_o(events[1]),
      .events_bank_silent_set_i(set_i[2]),
      .events_bank_silent_o(events[2]),
      .events_bank_wrong_set_i(set_i[3]),
      .events_bank_wrong_o(events[3]),
      .events_row_failed_set_i(set_i[4]),
      .events_row_failed_o(events[4]),
      .events_refused_set_i(set_i[5]),
      .events_refused_o(events[5]),
      .events_image_set_i(set_i[6]),
      .events_image_o(events[6]),
      .events_prog_done_set_i(set_i[8]),
      .events_prog_done_o(events[8]),
      .events_idle_set_i(set_i[9]),
      .events_idle_o(events[9]),
      .mask_o(mask),
      .prog_image_refuse_i(refuse_i[0]),
      .prog_bank_refuse_i(refuse_i[1]),
      .prog_row_refuse_i(refuse_i[2]),
      .prog_data_refuse_i(refuse_i[3]),
      .rd_addr_i(EVENTS),
      .rd_data_o(rd_data)
  );

  // What the registers must be, from the writes alone.
  reg [9:0] events_q;
  reg [9:0] mask_q;
  wire write = wr_valid_i && wr_full_i && wr_known_i;
  wire [9:0] ones = write && wr_addr_i == EVENTS ? wr_data_i[9:0] : 10'd0;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      events_q <= 10'd0;
      mask_q <= 10'd0;
    end else if (clear_i) begin
      events_q <= 10'd0;
      mask_q <= 10'd0;
    end else begin
      events_q <= THERE & (set_i | (events_q & ~ones));
      if (write && wr_addr_i == MASK) mask_q <= wr_data_i[9:0];
    end
  end
  // Registers that can be written and not refused, and those that can.
  wire plain = wr_addr_i == 12'h010 || wr_addr_i == 12'h014 || wr_addr_i == 12'h018 || wr_addr_i == EVENTS || wr_addr_i == MASK;
  wire window = wr_addr_i >= 12'h040 && wr_addr_i <= 12'h04c && wr_addr_i[1:0] == 2'b00;
  wire refuse = window && refuse_i[wr_addr_i[3:2]];

  initial assume (!rst_ni);
  always @(posedge clk_i) begin
    if (rst_ni) begin
      `RECROSS_ASSERT(events_stay, events == events_q);
      `RECROSS_ASSERT(events_are_read, rd_data == {22'd0, events_q});
      `RECROSS_ASSERT(the_mask_stays, mask == mask_q);
      `RECROSS_ASSERT(a_write_is_told, events_en == (write && wr_addr_i == EVENTS));
      `RECROSS_ASSERT(whole_words_of_registers, wr_error == (!(wr_full_i && wr_known_i && (plain || window)) || refuse));
      `RECROSS_ASSERT(only_the_window_waits, wr_done || (hold_i && window));
      cover_kept : cover (events_q == THERE && events_en && wr_data_i[9:0] == 10'h155);
      cover_set_while_cleared : cover (ones[3] && set_i[3] && events_q[3]);
    end
  end

endmodule

`default_nettype wire
