//! An estimate of when lanes and banks are free, used to choose the lane of a command.

use crate::config::Resolved;
use crate::hardware::BankWork;
use crate::mapping::{LaneGroup, Layout};

/// A lane and bank for a command, with the estimated cycles of issue and completion.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    pub lane: u32,
    pub group: u32,
    issue: u64,
    bank: usize,
    finish: u64,
}

impl Target {
    /// Whether it finishes earlier than `other`, or at the same time and is issued earlier.
    pub fn before(&self, other: &Self) -> bool {
        (self.finish, self.issue) < (other.finish, other.issue)
    }
}

/// Estimated cycles at which lanes and banks are free again, if each command goes to its least
/// loaded replica.
///
/// A bag cannot start before the bag `engine.window` bags earlier has retired. Without this lower
/// bound, a bank that was idle for a long time would appear free in the past, and too many commands
/// would be sent to it.
#[derive(Debug, Clone)]
pub(super) struct Estimate {
    lane_free: Vec<u64>,
    bank_free: Vec<u64>,
    banks_per_lane: usize,
    /// Cycle of retirement of the bags in the window, by sequence number modulo the window.
    retired: Vec<u64>,
    /// Cycles of a command by its number of rows.
    cycles: Vec<u64>,
    /// Index of the current bag in `retired`.
    place: usize,
    /// Earliest cycle at which the current bag can start.
    floor: u64,
    /// Latest completion of a command, or retirement of a bag, so far.
    finish: u64,
    /// Number of bags that can retire per cycle.
    ports: usize,
}

impl Estimate {
    pub fn new(resolved: &Resolved) -> Self {
        let engine = &resolved.config.engine;
        Estimate {
            lane_free: vec![0; engine.lanes as usize],
            bank_free: vec![0; resolved.banks as usize],
            banks_per_lane: engine.banks_per_lane as usize,
            retired: vec![0; resolved.window_of_all() as usize],
            cycles: BankWork::cycles_by_rows(resolved),
            place: 0,
            floor: 0,
            finish: 0,
            ports: resolved.config.frontend.ports as usize,
        }
    }

    pub fn begin_bag(&mut self) {
        self.floor = self.retired[self.place];
    }

    pub fn end_bag(&mut self) {
        // Bags retire in order, at most one per port and cycle.
        let window = self.retired.len();
        let before = self.retired[(self.place + window - self.ports) % window];
        self.finish = self.finish.max(before + 1);
        self.retired[self.place] = self.finish;
        self.place = (self.place + 1) % self.retired.len();
    }

    /// The option where a command of `rows` rows finishes first. Ties go to the lane with the
    /// earlier issue, then to the lowest lane.
    pub fn choose(&self, options: &[LaneGroup], layout: &Layout, rows: u32) -> Option<Target> {
        let mut best: Option<Target> = None;
        for option in options {
            let lane = option.lane as usize;
            let issue = self.lane_free[lane].max(self.floor);
            let replicas = layout.lane(lane).replicas(option.group);
            let Some((free, bank)) = replicas
                .iter()
                .map(|r| lane * self.banks_per_lane + r.bank as usize)
                .map(|bank| (self.bank_free[bank], bank))
                .min()
            else {
                continue;
            };
            let finish = free.max(issue + 1) + self.cycles[rows as usize];
            let target = Target {
                lane: option.lane,
                group: option.group,
                issue,
                bank,
                finish,
            };
            if best.is_none_or(|b| target.before(&b)) {
                best = Some(target);
            }
        }
        best
    }

    pub fn commit(&mut self, target: &Target) {
        self.lane_free[target.lane as usize] = target.issue + 1;
        self.bank_free[target.bank] = target.finish;
        self.finish = self.finish.max(target.finish);
    }
}
