// SPDX-License-Identifier: MIT OR Apache-2.0
// A lane's places: where bags collect their sums. All ports share them.
//
// A bag takes a place with its first id in the lane. A place counts the bag's outstanding commands:
// up with each command made (a_made_i, b_made_i), down with each result that has been written
// (done_i). A port's places form a list, from its oldest bag to its youngest. The oldest place is final
// (final_o) when its bag gets no more ids and nothing of it is outstanding; free_i then frees it.
//
// Each port can always get one place: a port that has one takes a second one only if more are free than
// there are other ports without one. So no port waits for another one's results. In a cycle, two ports
// at most take a place; one of them must have none (first_o), unless two places are spare (two_spare_o).
//
// current_o: the port's bag at the hop has a place. It ends with close_i, when the bag's last beat
// leaves the hop; then the bag's ids are all taken, but the last may still be in a_* and b_*.
`default_nettype none

module recross_places #(
    parameter integer Ports = 2,
    parameter integer PortBits = 1,
    parameter integer Places = 4,  // at least one for each port
    parameter integer PoolBits = 2,  // log2(Places), rounded up, at least 1
    parameter integer PlaceBits = 2,  // of a bag's place in its port's window
    parameter integer PendingBits = 8  // can count all commands of a lane
) (
    input  wire                       clk_i,
    input  wire                       rst_ni,
    input  wire [          Ports-1:0] new_i,       // takes a place
    input  wire [          Ports-1:0] second_i,    // ... which is free2_o, not free_o
    input  wire [Ports*PlaceBits-1:0] window_i,    // the place in the window of each port's bag
    input  wire [          Ports-1:0] close_i,
    output wire [          Ports-1:0] eligible_o,  // has a place for its bag, or may take one
    output wire [          Ports-1:0] current_o,
    output wire [ Ports*PoolBits-1:0] youngest_o,  // the place of the current bag
    output wire [          Ports-1:0] first_o,     // has no place
    output wire                       two_spare_o,
    output wire [       PoolBits-1:0] free_o,
    output wire [       PoolBits-1:0] free2_o,
    input  wire                       a_valid_i,   // an id is matched
    input  wire [       PortBits-1:0] a_port_i,
    input  wire [       PoolBits-1:0] a_pool_i,
    input  wire                       a_made_i,    // it makes a command
    input  wire                       b_valid_i,
    input  wire [       PortBits-1:0] b_port_i,
    input  wire [       PoolBits-1:0] b_pool_i,
    input  wire                       b_made_i,
    input  wire                       done_i,
    input  wire [       PoolBits-1:0] done_pool_i,
    output wire [          Ports-1:0] any_o,       // the port has a place
    output wire [          Ports-1:0] final_o,
    output wire [ Ports*PoolBits-1:0] oldest_o,
    output wire [Ports*PlaceBits-1:0] oldest_window_o,  // whose bag's it is
    input  wire [          Ports-1:0] free_i       // frees the oldest place; at most one bit is set
);

  generate
    if (Ports < 1 || PortBits != (Ports > 2 ? $clog2(Ports) : 1)) begin : gen_error_ports
      ERROR_recross_places_port_bits_must_number_the_ports bad ();
    end
    if (Places < Ports || PoolBits != (Places > 2 ? $clog2(Places) : 1)) begin : gen_error_places
      ERROR_recross_places_needs_a_place_for_each_port_and_bits_that_number_them bad ();
    end
    if (PlaceBits < 1 || PendingBits < 2) begin : gen_error_bits
      ERROR_recross_places_needs_bits bad ();
    end
  endgenerate

  localparam [Ports-1:0] NO_PORT = 0;
  localparam [Places-1:0] ONE_PLACE = 1;
  localparam integer SpareBits = $clog2(Places + 1);
  localparam integer Spare = Places - Ports;
  localparam [SpareBits-1:0] SPARE = Spare[SpareBits-1:0];
  localparam [SpareBits-1:0] NO_SPARE = 0;
  localparam [SpareBits-1:0] ONE_SPARE = 1;

  reg [Places-1:0] used_q;
  reg [Places*PendingBits-1:0] pending_q;
  reg [Places-1:0] zero_q;  // nothing is outstanding
  // Of each place, the next younger one of the same port and its bag.
  reg [PoolBits-1:0] next_q[0:Places-1];
  reg [PlaceBits-1:0] next_window_q[0:Places-1];
  reg [SpareBits-1:0] spare_q;  // free places, less those kept for ports without one
  reg [Ports-1:0] any_q;
  reg [Ports-1:0] current_q;
  reg [Ports*PoolBits-1:0] oldest_q;
  reg [Ports*PlaceBits-1:0] oldest_window_q;
  reg [Ports*PoolBits-1:0] youngest_q;

  assign any_o = any_q;
  assign current_o = current_q;
  assign youngest_o = youngest_q;
  assign oldest_o = oldest_q;
  assign oldest_window_o = oldest_window_q;
  assign eligible_o = current_q | ~any_q | {Ports{spare_q != NO_SPARE}};

  wire [Places-1:0] lowest = ~used_q & (used_q + ONE_PLACE);
  wire [Places-1:0] used_then = used_q | lowest;
  wire [Places-1:0] lowest2 = ~used_then & (used_then + ONE_PLACE);
  reg [PoolBits-1:0] free;
  reg [PoolBits-1:0] free2;
  integer f;
  always @* begin
    free  = {PoolBits{1'b0}};
    free2 = {PoolBits{1'b0}};
    for (f = 0; f < Places; f = f + 1) begin
      free  = free | (f[PoolBits-1:0] & {PoolBits{lowest[f]}});
      free2 = free2 | (f[PoolBits-1:0] & {PoolBits{lowest2[f]}});
    end
  end
  assign free_o  = free;
  assign free2_o = free2;
  assign first_o = ~any_q;
  assign two_spare_o = (spare_q & ~ONE_SPARE) != NO_SPARE;

  // --- what is made ---------------------------------------------------------------------------

  // What was made is counted a cycle later, because it is known late in its cycle. Until then its place is
  // not final. No result of it can have come by then.
  reg up_a_q;
  reg up_b_q;
  reg [PoolBits-1:0] up_a_pool_q;
  reg [PoolBits-1:0] up_b_pool_q;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      up_a_q <= 1'b0;
      up_b_q <= 1'b0;
    end else begin
      up_a_q <= a_made_i;
      up_b_q <= b_made_i;
    end
  end
  always @(posedge clk_i) begin
    if (a_valid_i) up_a_pool_q <= a_pool_i;
    if (b_valid_i) up_b_pool_q <= b_pool_i;
  end

  // --- what is final -----------------------------------------------------------------------------

  wire [Ports-1:0] alone;  // the oldest place is the youngest
  reg  [Ports-1:0] matched;  // an id of the port's youngest bag is in a_* or b_*
  integer m;
  always @* begin
    matched = NO_PORT;
    m = 0;
    if (a_valid_i) begin
      for (m = 0; m < Ports; m = m + 1) begin
        matched[m] = a_port_i == m[PortBits-1:0] || (b_valid_i && b_port_i == m[PortBits-1:0]);
      end
    end
  end
  genvar p;
  generate
    for (p = 0; p < Ports; p = p + 1) begin : gen_port
      wire [PoolBits-1:0] oldest = oldest_q[p*PoolBits+:PoolBits];
      assign alone[p] = oldest == youngest_q[p*PoolBits+:PoolBits];
      wire uncounted = (up_a_q && up_a_pool_q == oldest) || (up_b_q && up_b_pool_q == oldest);
      assign final_o[p] = any_q[p] && zero_q[oldest] && !uncounted &&
          !(alone[p] && (current_q[p] || matched[p]));
    end
  endgenerate

  // --- the lists ---------------------------------------------------------------------------------

  wire [Ports-1:0] leaves_none = free_i & alone;  // unless it takes a place in the same cycle
  wire [Ports-1:0] appends = new_i & any_q & ~leaves_none;  // behind a place that stays
  wire [Ports-1:0] appends1 = appends & ~second_i;  // ... free
  wire [Ports-1:0] appends2 = appends & second_i;  // ... free2
  reg [PoolBits-1:0] freed;
  // Of the ports that take a place behind another: their youngest places, and the places of their bags.
  reg [PoolBits-1:0] prior1;
  reg [PoolBits-1:0] prior2;
  reg [PlaceBits-1:0] window1;
  reg [PlaceBits-1:0] window2;
  integer n;
  always @* begin
    freed = {PoolBits{1'b0}};
    prior1 = {PoolBits{1'b0}};
    prior2 = {PoolBits{1'b0}};
    window1 = {PlaceBits{1'b0}};
    window2 = {PlaceBits{1'b0}};
    n = 0;
    if (free_i != NO_PORT) begin
      for (n = 0; n < Ports; n = n + 1) begin
        freed = freed | (oldest_q[n*PoolBits+:PoolBits] & {PoolBits{free_i[n]}});
      end
    end
    if (appends != NO_PORT) begin
      for (n = 0; n < Ports; n = n + 1) begin
        prior1  = prior1 | (youngest_q[n*PoolBits+:PoolBits] & {PoolBits{appends1[n]}});
        prior2  = prior2 | (youngest_q[n*PoolBits+:PoolBits] & {PoolBits{appends2[n]}});
        window1 = window1 | (window_i[n*PlaceBits+:PlaceBits] & {PlaceBits{appends1[n]}});
        window2 = window2 | (window_i[n*PlaceBits+:PlaceBits] & {PlaceBits{appends2[n]}});
      end
    end
  end
  wire take_spare = (new_i & any_q & ~second_i) != NO_PORT;
  wire take_spare2 = (second_i & any_q) != NO_PORT;
  // A freed place is spare, unless it was the port's only one and the port gets no other.
  wire give_spare = (free_i & ~(alone & ~new_i)) != NO_PORT;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      used_q <= {Places{1'b0}};
      spare_q <= SPARE;
      any_q <= NO_PORT;
      current_q <= NO_PORT;
    end else begin
      if (new_i != NO_PORT || free_i != NO_PORT) begin
        used_q <= (used_q | (new_i != NO_PORT ? lowest : {Places{1'b0}}) |
            (second_i != NO_PORT ? lowest2 : {Places{1'b0}})) &
            ~(free_i != NO_PORT ? ONE_PLACE << freed : {Places{1'b0}});
        any_q <= (any_q & ~leaves_none) | new_i;
        spare_q <= spare_q + (give_spare ? ONE_SPARE : NO_SPARE) -
            (take_spare ? ONE_SPARE : NO_SPARE) - (take_spare2 ? ONE_SPARE : NO_SPARE);
      end
      if ((new_i | close_i) != NO_PORT) current_q <= (current_q | new_i) & ~close_i;
    end
  end

  integer q;
  always @(posedge clk_i) begin
    if (new_i != NO_PORT || free_i != NO_PORT) begin
      for (q = 0; q < Ports; q = q + 1) begin
        if (new_i[q]) youngest_q[q*PoolBits+:PoolBits] <= second_i[q] ? free2 : free;
        if (new_i[q] && !appends[q]) begin
          oldest_q[q*PoolBits+:PoolBits] <= second_i[q] ? free2 : free;
          oldest_window_q[q*PlaceBits+:PlaceBits] <= window_i[q*PlaceBits+:PlaceBits];
        end else if (free_i[q]) begin
          oldest_q[q*PoolBits+:PoolBits] <= next_q[freed];
          oldest_window_q[q*PlaceBits+:PlaceBits] <= next_window_q[freed];
        end
      end
      if (appends1 != NO_PORT) begin
        next_q[prior1] <= free;
        next_window_q[prior1] <= window1;
      end
      if (appends2 != NO_PORT) begin
        next_q[prior2] <= free2;
        next_window_q[prior2] <= window2;
      end
    end
  end

  // --- outstanding commands ----------------------------------------------------------------------

  // At a place, up to two commands are counted in a cycle, and one result is written.
  wire counting = up_a_q || up_b_q || done_i;
  reg [Places*PendingBits-1:0] pending;
  reg [Places-1:0] zero;
  reg up_a;
  reg up_b;
  reg down;
  reg [PendingBits-1:0] step;
  integer s;
  always @* begin
    pending = pending_q;
    zero = zero_q;
    up_a = 1'b0;
    up_b = 1'b0;
    down = 1'b0;
    step = {PendingBits{1'b0}};
    s = 0;
    if (counting) begin
      for (s = 0; s < Places; s = s + 1) begin
        up_a = up_a_q && up_a_pool_q == s[PoolBits-1:0];
        up_b = up_b_q && up_b_pool_q == s[PoolBits-1:0];
        down = done_i && done_pool_i == s[PoolBits-1:0];
        if (up_a || up_b || down) begin
          step = {PendingBits{down && !up_a && !up_b}};  // minus one, or else 0 to 2
          step[0] = up_a ^ up_b ^ down;
          if (up_a && up_b && !down) step[1] = 1'b1;
          pending[s*PendingBits+:PendingBits] = pending_q[s*PendingBits+:PendingBits] + step;
          zero[s] = pending[s*PendingBits+:PendingBits] == {PendingBits{1'b0}};
        end
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      pending_q <= {(Places * PendingBits) {1'b0}};
      zero_q <= {Places{1'b1}};
    end else if (counting) begin
      pending_q <= pending;
      zero_q <= zero;
    end
  end

endmodule

`default_nettype wire
