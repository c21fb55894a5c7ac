// SPDX-License-Identifier: MIT OR Apache-2.0
// Front end of a bank: queues commands, and prepares one activation ahead of the sensing stage.
//
// For each command accepted on cmd_*, its activations are given in order. A command with a mask has
// those into which recross_splitter cuts the mask; one with cmd_single_i high has one activation, and
// the low bits of mask_o hold the row's number. first_o and final_o mark the first and the last
// activation of a command.
//
// While valid_o is high, an activation is prepared, and the other outputs describe it. It is taken in
// a cycle with take_now_i high, or with take_on_answer_i and answer_i high; take_now_i and
// take_on_answer_i are high only while valid_o is. queued_o is high while a command is in the queue.
`default_nettype none

module recross_prepare #(
    parameter integer Rows = 8,
    parameter integer RowBits = 4,
    parameter integer RowNumberBits = 3,
    parameter integer MaxActiveRows = 8,
    parameter integer ReadSplitMax = 1,
    parameter integer QueueDepth = 2,
    parameter integer QueueBits = 1,
    parameter integer TagBits = 3,
    parameter integer SlotBits = 1
) (
    input  wire                clk_i,
    input  wire                rst_ni,
    input  wire                cmd_valid_i,
    output wire                cmd_ready_o,
    input  wire [ TagBits-1:0] cmd_tag_i,
    input  wire [SlotBits-1:0] cmd_slot_i,
    input  wire                cmd_single_i,
    input  wire [    Rows-1:0] cmd_mask_i,
    output wire                queued_o,
    output wire                valid_o,
    output wire                first_o,
    output wire                final_o,
    output wire                single_o,
    output wire [ TagBits-1:0] tag_o,
    output wire [SlotBits-1:0] slot_o,
    output wire [    Rows-1:0] mask_o,
    output wire [ RowBits-1:0] rows_o,
    input  wire                take_now_i,
    input  wire                take_on_answer_i,
    input  wire                answer_i
);

  generate
    if (RowNumberBits != $clog2(Rows)) begin : gen_error_row_number
      ERROR_recross_prepare_row_number_bits_must_number_the_rows bad ();
    end
  endgenerate

  // --- queue -----------------------------------------------------------------------------------

  wire head_valid;
  wire head_ready;
  wire [TagBits-1:0] head_tag;
  wire [SlotBits-1:0] head_slot;
  wire head_single;
  wire [Rows-1:0] head_mask;
  wire take_mask;  // the command that leaves the queue has a mask

  localparam integer WideBits = Rows - RowNumberBits;  // what a mask has beyond a row's number

  recross_fifo #(
      .Width(TagBits + SlotBits + 1 + RowNumberBits),
      .MoreWidth(WideBits),
      .Depth(QueueDepth),
      .AddrBits(QueueBits)
  ) u_queue (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .push_valid_i(cmd_valid_i),
      .push_ready_o(cmd_ready_o),
      .push_data_i({cmd_tag_i, cmd_slot_i, cmd_single_i, cmd_mask_i[RowNumberBits-1:0]}),
      .push_more_i(!cmd_single_i),
      .push_more_data_i(cmd_mask_i[Rows-1:RowNumberBits]),
      .pop_valid_o(head_valid),
      .pop_ready_i(head_ready),
      .pop_data_o({head_tag, head_slot, head_single, head_mask[RowNumberBits-1:0]}),
      .pop_more_i(take_mask),
      .pop_more_data_o(head_mask[Rows-1:RowNumberBits])
  );

  // --- prepare ---------------------------------------------------------------------------------

  localparam integer OneActivation = MaxActiveRows == Rows && ReadSplitMax == 1 ? 1 : 0;

  reg valid_q;
  reg first_q;  // first activation of its command
  reg final_q;  // last activation of its command
  reg single_q;  // one row, whose number is in the low bits of the mask
  reg [TagBits-1:0] tag_q;
  reg [SlotBits-1:0] slot_q;
  reg [Rows-1:0] mask_q;
  reg [Rows-1:0] rest_q;
  reg [RowBits-1:0] rows_q;

  localparam [RowBits-1:0] ONE_ROW = 1;

  // The answer comes late in the cycle, so that it enters last.
  wire empty = !valid_q || take_now_i;
  wire free = empty || (take_on_answer_i && answer_i);
  wire again = OneActivation == 0 && valid_q && !final_q;  // the command goes on
  wire next = again || head_valid;  // there is an activation to prepare
  wire load = (empty && next) || (take_on_answer_i && next && answer_i);
  assign head_ready = free && !again;
  wire load_single = head_single && !again;
  // Whether the next activation has a mask does not depend on whether it is loaded in this cycle, so
  // that the count of its rows does not wait for the end of a conversion.
  assign take_mask = head_valid && !head_single && !again;
  wire split = again || take_mask;

  wire [Rows-1:0] split_take;
  wire [Rows-1:0] split_rest;
  wire [RowBits-1:0] split_rows;
  recross_splitter #(
      .Rows(Rows),
      .RowBits(RowBits),
      .MaxActiveRows(MaxActiveRows),
      .ReadSplitMax(ReadSplitMax)
  ) u_splitter (
      .en_i(split),
      .mask_i(again ? rest_q : head_mask),
      .take_o(split_take),
      .rest_o(split_rest),
      .rows_o(split_rows)
  );

  wire [Rows-1:0] rest = OneActivation != 0 ? {Rows{1'b0}} : split_rest;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= 1'b0;
      final_q <= OneActivation != 0;
    end else if (free) begin
      valid_q <= load;
      if (load) final_q <= load_single || rest == {Rows{1'b0}};
    end
  end

  always @(posedge clk_i) begin
    if (load) begin
      first_q <= !again;
      single_q <= load_single;
      mask_q[RowNumberBits-1:0] <=
          load_single ? head_mask[RowNumberBits-1:0] : split_take[RowNumberBits-1:0];
      rows_q <= load_single ? ONE_ROW : split_rows;
      if (!again) begin
        tag_q  <= head_tag;
        slot_q <= head_slot;
      end
      if (!load_single) begin
        mask_q[Rows-1:RowNumberBits] <= split_take[Rows-1:RowNumberBits];
        rest_q <= rest;
      end
    end
  end

  assign queued_o = head_valid;
  assign valid_o = valid_q;
  assign first_o = first_q;
  assign final_o = final_q;
  assign single_o = single_q;
  assign tag_o = tag_q;
  assign slot_o = slot_q;
  assign mask_o = mask_q;
  assign rows_o = rows_q;

endmodule

`default_nettype wire
