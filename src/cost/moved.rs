//! Bits that the digital part moves, derived from the event counters.

use super::events::Events;
use crate::config::Resolved;
use crate::hardware::{Counters, Params};

/// Bits moved in a run, from ids to vectors.
///
/// A command of one row carries the row's number from the gather store on, and its result has
/// `value_bits` bits an element: no wider register is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moved {
    /// Written to registers; read from queues and stores made of them.
    pub registers: f64,
    /// Of numbers that are counted up or down, and stored.
    pub counted: f64,
    /// Read from and written to the lanes' memories of sums.
    pub memory: f64,
    /// On wires between the design's parts.
    pub wires: f64,
    /// Whether the number of beats is a mean: the counters do not hold it if a beat has several ids.
    pub beats_estimated: bool,
}

impl Moved {
    pub fn new(r: &Resolved, events: &Events, counters: &Counters) -> Self {
        let p = Params::new(r);
        let f = f64::from;
        let ids = events.active_rows; // each id is a row of one command
        let bags = counters.engine.retired as f64;
        let (commands, single) = (events.commands, events.row_commands);
        let several = commands - single;
        let masked = events.activations - single;
        let adds = counters.lane_total().adds as f64;
        let (rows, dim) = (f(p.rows), f(p.dim));
        let vector = dim * f(p.acc_bits);
        let (pool, group) = (f(p.pool_bits), f(p.bank_bits + p.slot_bits));
        let body = group + f(p.row_number_bits);

        // A port's beat is written to and read from a queue, and then written in each hop. The bag's
        // last beat is half empty on average.
        let beats = (ids + bags * f(p.ids - 1) / 2.0) / f(p.ids);
        let input = f(36 * p.ids + 1 + p.user_tag_bits);
        // In the chain, an id has a bit that tells that it is its crossbar's last, and of several ids each
        // has one that tells that it joins the one before.
        let item = body + 1.0 + f(u32::from(p.ids > 1));
        let beat = f(1 + p.place_bits) + f(p.ids) * (f(1 + p.lane_bits) + item);
        let way_in = beats * (2.0 * input + f(p.hops) * beat);

        // The lane's choice of an id; the mask of the entry that it joins; an entry's other fields; and
        // what is read when the entry leaves.
        let row_bits = several * rows + single * f(p.row_number_bits);
        let fields = pool + group;
        let chosen = ids * (f(p.port_bits) + pool + body + 1.0);
        let gathered = ids * rows + commands * (f(p.port_bits) + 2.0 * fields) + row_bits;

        // A queue entry is written and read; then come preparation and sensing (mask, rest of the mask
        // and sensed mask, or the row's number twice), conversion, and the result in the bank and in
        // the merge.
        let head = commands * (pool + f(p.slot_bits) + 1.0);
        let to_bank = head + row_bits;
        let sensed = 2.0 * head + masked * 3.0 * rows + single * 2.0 * f(p.row_number_bits);
        let converted = commands * (pool + 1.0);
        let result =
            commands * (pool + 1.0) + dim * (several * f(p.psum_bits) + single * f(p.value_bits));

        // Each result is written to the memory, and each but a bag's first in a lane reads it before.
        // The finished vector is read once; the tree's registers are counted with the tree.
        let lanes_of_bags = commands - adds;
        let memory = vector * (commands + adds + lanes_of_bags);

        // A bag's tag and status are written and read at the intake, pass the tree, and wait with the
        // vector, which moves up by a beat with each beat that is taken.
        let user = f(p.user_tag_bits + 2);
        let way_out = bags * (user * f(3 + p.levels) + f(p.beats) * vector);

        Moved {
            registers: way_in
                + chosen
                + gathered
                + 2.0 * to_bank
                + sensed
                + converted
                + 2.0 * result
                + way_out,
            counted: 2.0 * commands * f(p.pending_bits),
            memory,
            // The chain passes all lanes, however many hops it has.
            wires: beats * (f(32 * p.ids) + beat)
                + to_bank
                + result
                + bags * f(p.beats) * (f(p.result_bits) + user),
            beats_estimated: p.ids > 1 && bags > 0.0,
        }
    }
}
