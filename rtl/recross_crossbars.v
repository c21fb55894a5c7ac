// SPDX-License-Identifier: MIT OR Apache-2.0
// Behavioural model of the crossbars of one bank: cells, programming of rows, and column sums. It
// is a part of the models of the analog macro and is not synthesised.
//
// Each memory word is one bitline of one crossbar: Rows cells of CellBits bits, stored one bit
// plane after the other. Bit (plane * Rows + row) is bit `plane` of the cell at `row`. The word's
// address is (slot * Blocks + block) * Cols + bitline.
//
// The write of a row or crossbar that does not exist fails and changes nothing.
//
// While sense_i is high, sums_o holds the sums of the active cells: converter a of block b receives
// bitline (phase_i * Adcs + a) at index (b * Adcs + a). Otherwise sums_o is zero.
//
// The model ends the simulation if the pins break the macro's rules.
//
// The following plus arguments are read at time 0:
//   +recross_images=FOLDER      loads FOLDER/lane<l>_bank<b>.hex. The model finds l and b in its
//                               own hierarchical name, behind `gen_lane[` and `gen_bank[`.
//   +recross_fail_lane=L +recross_fail_bank=B +recross_fail_slot=S +recross_fail_row=R
//                               writes to this row fail and leave its cells wrong.
//   +recross_silent_lane=L +recross_silent_bank=B
//                               this macro never answers.
//   +recross_latency_seed=N     the macro adds 0 to 7 cycles to each conversion and write.
`default_nettype none

module recross_crossbars #(
    parameter integer Rows = 8,
    parameter integer Cols = 8,
    parameter integer CellBits = 2,
    parameter integer Adcs = 4,
    parameter integer Blocks = 1,
    parameter integer Slots = 2,
    parameter integer SlotBits = 1,
    parameter integer RowNumberBits = 3,
    parameter integer BlockBits = 1,
    parameter integer PhaseBits = 1,
    parameter integer SumBits = 5,
    parameter integer WriteCycles = 1
) (
    input  wire                           clk_i,
    input  wire                           rst_ni,
    input  wire                           sense_i,
    input  wire                           start_i,      // the first cycle of a conversion
    input  wire                           convert_i,    // from the first cycle to the last
    input  wire                           wl_en_i,
    input  wire                           wl_single_i,
    input  wire [      RowNumberBits-1:0] wl_row_i,
    input  wire [               Rows-1:0] wl_mask_i,
    input  wire [           SlotBits-1:0] slot_i,
    input  wire [          PhaseBits-1:0] phase_i,
    output reg  [Blocks*Adcs*SumBits-1:0] sums_o,
    input  wire                           prog_req_i,
    input  wire [           SlotBits-1:0] prog_slot_i,
    input  wire [      RowNumberBits-1:0] prog_row_i,
    input  wire [          BlockBits-1:0] prog_block_i,
    input  wire [      Cols*CellBits-1:0] prog_data_i,
    output wire                           prog_busy_o,
    output wire                           prog_done_o,
    output wire                           prog_fail_o,
    output wire                           silent_o,
    input  wire                           draw_i,       // draws extra_o for the next conversion
    output wire [                    2:0] extra_o       // cycles that the next conversion takes longer
);

  generate
    if (Cols % Adcs != 0) begin : gen_error_phases
      ERROR_recross_crossbars_phases_must_be_cols_by_adcs bad ();
    end
    if (PhaseBits != (Cols / Adcs > 2 ? $clog2(Cols / Adcs) : 1)) begin : gen_error_phase
      ERROR_recross_crossbars_phase_bits_must_number_the_phases bad ();
    end
    if (RowNumberBits != $clog2(Rows)) begin : gen_error_row_number
      ERROR_recross_crossbars_row_number_bits_must_number_the_rows bad ();
    end
    if (SlotBits != (Slots > 2 ? $clog2(Slots) : 1)) begin : gen_error_slot
      ERROR_recross_crossbars_slot_bits_must_number_the_slots bad ();
    end
    if (BlockBits != (Blocks > 2 ? $clog2(Blocks) : 1)) begin : gen_error_block
      ERROR_recross_crossbars_block_bits_must_number_the_blocks bad ();
    end
    if (SumBits != $clog2(Rows * ((1 << CellBits) - 1) + 1)) begin : gen_error_sum
      ERROR_recross_crossbars_sum_bits_must_hold_the_sum_of_all_rows bad ();
    end
    if (WriteCycles < 1) begin : gen_error_write
      ERROR_recross_crossbars_writes_take_a_cycle bad ();
    end
  endgenerate

  localparam integer Words = Slots * Blocks * Cols;
  localparam integer Chunks = (Rows + 63) / 64;
  localparam integer Padded = Chunks * 64;
  localparam [Rows-1:0] ONE = 1;

  reg [Rows*CellBits-1:0] cells_q[0:Words-1];

  // The cells of the bitlines that are sensed, by converter and bit plane.
  wire [Blocks*Adcs*CellBits*Rows-1:0] planes;
  genvar b;
  genvar a;
  generate
    for (b = 0; b < Blocks; b = b + 1) begin : gen_block
      wire [31:0] first = ({{(32 - SlotBits) {1'b0}}, slot_i} * Blocks + b) * Cols +
          {{(32 - PhaseBits) {1'b0}}, phase_i} * Adcs;
      for (a = 0; a < Adcs; a = a + 1) begin : gen_converter
        assign planes[(b*Adcs+a)*CellBits*Rows+:CellBits*Rows] =
            sense_i ? cells_q[first+a] : {(CellBits * Rows) {1'b0}};
      end
    end
  endgenerate

  // The sums of one phase. The number of active cells in each bit plane is counted 64 rows at a time, by
  // adding neighbouring fields of growing width. Verilator does not unroll a loop over a variable, and
  // so takes less time for many banks.
  integer converters;
  initial converters = Blocks * Adcs;
  reg [Rows-1:0] wordlines;
  reg [Padded-1:0] active;
  reg [63:0] x;
  reg [31:0] sum;
  integer converter;
  integer plane;
  integer chunk;
  always @* begin
    sums_o = {(Blocks * Adcs * SumBits) {1'b0}};
    wordlines = {Rows{1'b0}};
    active = {Padded{1'b0}};
    x = 64'd0;
    sum = 32'd0;
    converter = 0;
    plane = 0;
    chunk = 0;
    if (sense_i) begin
      wordlines = wl_single_i ? ONE << wl_row_i : wl_mask_i;
      for (converter = 0; converter < converters; converter = converter + 1) begin
        sum = 32'd0;
        for (plane = 0; plane < CellBits; plane = plane + 1) begin
          active[Rows-1:0] = planes[(converter*CellBits+plane)*Rows+:Rows] & wordlines;
          for (chunk = 0; chunk < Chunks; chunk = chunk + 1) begin
            x = active[chunk*64+:64];
            x = x - ((x >> 1) & 64'h5555555555555555);
            x = (x & 64'h3333333333333333) + ((x >> 2) & 64'h3333333333333333);
            x = (x + (x >> 4)) & 64'h0f0f0f0f0f0f0f0f;
            x = x + (x >> 8);
            x = x + (x >> 16);
            x = x + (x >> 32);
            sum = sum + ({25'd0, x[6:0]} << plane);
          end
        end
        sums_o[converter*SumBits+:SumBits] = sum[SumBits-1:0];
      end
    end
  end

  // --- what the plus arguments say, read once at time 0 -----------------------------------------

  localparam integer NameBytes = 512;
  reg [8*NameBytes-1:0] name;
  reg [8*400-1:0] folder;
  reg [8*440-1:0] file;
  reg [31:0] lane;
  reg [31:0] bank;
  reg [71:0] recent;  // the last nine letters of the name
  reg [7:0] letter;
  reg [1:0] number_of;  // 1: the digits are those of the lane, 2: of the bank
  reg [31:0] wanted_lane;
  reg [31:0] wanted_bank;
  reg silent_q;
  reg fails_q;
  reg [31:0] fail_slot_q;
  reg [31:0] fail_row_q;
  reg [31:0] random_q;  // 0: no extra cycles

  integer at;
  initial begin
    $sformat(name, "%m");
    lane = 32'd0;
    bank = 32'd0;
    recent = 72'd0;
    number_of = 2'd0;
    for (at = 0; at < NameBytes; at = at + 1) begin
      letter = name[8*NameBytes-1-:8];
      name   = name << 8;
      recent = {recent[63:0], letter};
      if (recent == "gen_lane[") begin
        number_of = 2'd1;
        lane = 32'd0;
      end else if (recent == "gen_bank[") begin
        number_of = 2'd2;
        bank = 32'd0;
      end else if (letter < "0" || letter > "9") number_of = 2'd0;
      else if (number_of == 2'd1) lane = lane * 10 + {24'd0, letter} - 32'd48;
      else if (number_of == 2'd2) bank = bank * 10 + {24'd0, letter} - 32'd48;
    end
    if ($value$plusargs("recross_images=%s", folder) != 0) begin
      $sformat(file, "%0s/lane%0d_bank%0d.hex", folder, lane, bank);
      $readmemh(file, cells_q);
    end
    wanted_lane = 32'd0;
    wanted_bank = 32'd0;
    silent_q = 1'b0;
    if ($value$plusargs("recross_silent_lane=%d", wanted_lane) != 0) begin
      if ($value$plusargs("recross_silent_bank=%d", wanted_bank) != 0)
        silent_q = wanted_lane == lane && wanted_bank == bank;
    end
    fails_q = 1'b0;
    fail_slot_q = 32'd0;
    fail_row_q = 32'd0;
    if ($value$plusargs("recross_fail_lane=%d", wanted_lane) != 0 &&
        $value$plusargs("recross_fail_bank=%d", wanted_bank) != 0 &&
        $value$plusargs("recross_fail_slot=%d", fail_slot_q) != 0 &&
        $value$plusargs("recross_fail_row=%d", fail_row_q) != 0)
      fails_q = wanted_lane == lane && wanted_bank == bank;
    random_q = 32'd0;
    if ($value$plusargs("recross_latency_seed=%d", random_q) != 0)
      random_q = (random_q * 32'd2654435761 + lane * 32'd40503 + bank * 32'd9973) | 32'd1;
  end

  assign silent_o = silent_q;

  // A linear congruential generator; its upper bits are the better ones.
  assign extra_o = random_q == 32'd0 ? 3'd0 : random_q[31:29];
  always @(posedge clk_i) begin
    if ((draw_i || prog_req_i) && random_q != 32'd0)
      random_q <= random_q * 32'd1664525 + 32'd1013904223;
  end

  // --- programming: busy from the cycle after the request to the cycle of done -------------------

  reg busy_q;
  reg [31:0] left_q;  // cycles of the write after this one
  reg [SlotBits-1:0] slot_q;
  reg [RowNumberBits-1:0] row_q;
  reg [BlockBits-1:0] block_q;
  reg [Cols*CellBits-1:0] data_q;
  initial busy_q = 1'b0;

  wire [31:0] first_line = ({{(32 - SlotBits) {1'b0}}, slot_q} * Blocks +
      {{(32 - BlockBits) {1'b0}}, block_q}) * Cols;
  wire [31:0] row_wide = {{(32 - RowNumberBits) {1'b0}}, row_q};
  assign prog_busy_o = busy_q;
  assign prog_done_o = busy_q && left_q == 32'd0 && !silent_q;
  wire [31:0] slot_wide = {{(32 - SlotBits) {1'b0}}, slot_q};
  wire there = row_wide < Rows && slot_wide < Slots;
  assign prog_fail_o = prog_done_o &&
      (!there || (fails_q && fail_slot_q == slot_wide && fail_row_q == row_wide));

  integer line;
  // Nothing reads the cells in the cycle in which they change, so the order of the assignments does
  // not matter. Verilator takes no delayed ones in so long a loop.
  // verilator lint_off BLKSEQ
  always @(posedge clk_i) begin
    if (prog_req_i) begin
      busy_q <= 1'b1;
      left_q <= WriteCycles - 32'd1 + {29'd0, extra_o};
      slot_q <= prog_slot_i;
      row_q <= prog_row_i;
      block_q <= prog_block_i;
      data_q <= prog_data_i;
    end else if (busy_q) begin
      if (left_q != 32'd0) left_q <= left_q - 32'd1;
      if (prog_done_o) busy_q <= 1'b0;
      if (prog_done_o && there) begin
        for (line = 0; line < Cols * CellBits; line = line + 1)
          cells_q[first_line+line/CellBits][(line%CellBits)*Rows+row_wide] =
              data_q[line] ^ prog_fail_o;
      end
    end
  end
  // verilator lint_on BLKSEQ

  // --- the macro's rules ---------------------------------------------------------------------------

  reg driven_q;  // wordlines, and what they had in the first cycle of it
  reg single_q;
  reg [RowNumberBits-1:0] wl_row_q;
  reg [Rows-1:0] wl_mask_q;
  reg [SlotBits-1:0] wl_slot_q;
  reg [PhaseBits-1:0] phase_q;
  initial driven_q = 1'b0;

  // The rule that is broken; 0 if none is.
  reg [8*48-1:0] broken;
  always @* begin
    broken = 384'd0;
    if (wl_en_i && driven_q && (wl_single_i != single_q || slot_i != wl_slot_q ||
                                (wl_single_i ? wl_row_i != wl_row_q : wl_mask_i != wl_mask_q)))
      broken = "wordlines change while they are driven";
    if (convert_i && !wl_en_i) broken = "a conversion without driven wordlines";
    if (convert_i && !start_i && phase_i != phase_q) broken = "the phase changes in a conversion";
    if ((prog_req_i || busy_q) && (wl_en_i || convert_i)) broken = "a driven wordline during a write";
    if (prog_req_i && busy_q) broken = "a write during a write";
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      driven_q <= 1'b0;
    end else begin
      driven_q <= wl_en_i;
      if (broken != 384'd0) begin
        $display("recross_crossbars: lane %0d, bank %0d: %0s", lane, bank, broken);
        $stop;
      end
    end
  end

  always @(posedge clk_i) begin
    phase_q <= phase_i;
    if (wl_en_i && !driven_q) begin
      single_q <= wl_single_i;
      wl_row_q <= wl_row_i;
      wl_mask_q <= wl_mask_i;
      wl_slot_q <= slot_i;
    end
  end

`ifdef RECROSS_ASSERT
  wire in_reset = !rst_ni;
  always @(posedge clk_i) begin
    block_exists: assert (!prog_req_i || {{(32 - BlockBits) {1'b0}}, prog_block_i} < Blocks);
    nothing_begins_in_a_reset: assert (!in_reset || (!start_i && !prog_req_i));
  end
`endif

endmodule

`default_nettype wire
