//! An estimate of when banks and lanes are free, used to choose the copy that serves a bag.

use crate::config::Resolved;
use crate::hardware::BankWork;
use crate::mapping::Crossbar;

/// Estimated load of banks and lanes, if the ports take ids without a pause.
///
/// A command cannot start before its bag's ids have come in. Without this lower bound, a bank that
/// was idle for a long time would appear free in the past, and too many commands would be sent to it.
#[derive(Debug, Clone)]
pub(super) struct Load {
    /// Cycle in which each bank is free again.
    free: Vec<u64>,
    /// Cycles of all commands of each bank.
    total: Vec<u64>,
    /// As `free` and `total`, for the ids that each lane takes, in half cycles: a lane takes ids of two
    /// crossbars in a cycle, and of each as many as a beat has.
    lane_free: Vec<u64>,
    lane_total: Vec<u64>,
    /// Cycles of a command by its number of rows.
    cycles: Vec<u64>,
    banks_per_lane: u32,
    ids_per_beat: u32,
    /// Ids that all ports take in a cycle, and ids so far.
    ids_per_cycle: u64,
    ids: u64,
}

impl Load {
    pub fn new(resolved: &Resolved) -> Self {
        let frontend = &resolved.config.frontend;
        Load {
            free: vec![0; resolved.banks as usize],
            total: vec![0; resolved.banks as usize],
            lane_free: vec![0; resolved.config.engine.lanes as usize],
            lane_total: vec![0; resolved.config.engine.lanes as usize],
            cycles: BankWork::cycles_by_rows(resolved),
            banks_per_lane: resolved.config.engine.banks_per_lane,
            ids_per_beat: frontend.ids_per_beat,
            ids_per_cycle: u64::from(frontend.ports * frontend.ids_per_beat),
            ids: 0,
        }
    }

    /// A bag of so many ids comes in.
    pub fn bag(&mut self, ids: usize) {
        self.ids += ids.max(1) as u64;
    }

    #[inline]
    fn bank(&self, crossbar: Crossbar) -> usize {
        (crossbar.lane * self.banks_per_lane + crossbar.bank) as usize
    }

    /// When a command could start on a crossbar, and the load of its bank or lane so far, whichever is
    /// more.
    #[inline]
    fn rank(&self, crossbar: Crossbar) -> (u64, u64) {
        let (bank, lane) = (self.bank(crossbar), crossbar.lane as usize);
        let now = self.ids / self.ids_per_cycle;
        (
            self.free[bank].max(self.lane_free[lane] / 2).max(now),
            self.total[bank].max(self.lane_total[lane] / 2),
        )
    }

    /// The crossbar where a command starts first. Ties go to the smaller load so far, then to the first
    /// one.
    pub fn best<T>(&self, options: impl Iterator<Item = (Crossbar, T)>) -> Option<(Crossbar, T)> {
        let mut best: Option<((u64, u64), (Crossbar, T))> = None;
        for option in options {
            let rank = self.rank(option.0);
            if best.as_ref().is_none_or(|b| rank < b.0) {
                best = Some((rank, option));
            }
        }
        best.map(|(_, option)| option)
    }

    /// Adds a command of `rows` rows.
    pub fn add(&mut self, crossbar: Crossbar, rows: u32) {
        let (start, _) = self.rank(crossbar);
        let (bank, lane) = (self.bank(crossbar), crossbar.lane as usize);
        let now = self.ids / self.ids_per_cycle;
        let halves = u64::from(rows.div_ceil(self.ids_per_beat));
        self.lane_free[lane] = self.lane_free[lane].max(2 * now) + halves;
        self.lane_total[lane] += halves;
        let cycles = self.cycles[rows as usize];
        self.free[bank] = start + cycles;
        self.total[bank] += cycles;
    }
}
