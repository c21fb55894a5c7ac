//! A rough clock of lanes and banks, good enough to pick the lane of a command.

use crate::config::Resolved;
use crate::hardware::BankWork;
use crate::mapping::{LaneGroup, Layout};

/// Where a command would run and when it would be done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice {
    pub lane: u32,
    pub group: u32,
    issue: u64,
    bank: usize,
    finish: u64,
}

impl Choice {
    /// Whether it is done first, or at the same time by a lane that is free first.
    pub fn before(&self, other: &Self) -> bool {
        (self.finish, self.issue) < (other.finish, other.issue)
    }
}

/// Cycles at which lanes and banks are free again, if each command goes to its least loaded replica.
///
/// A bag cannot start before the bag one window ahead of it has retired. Without that floor an idle
/// bank would save up credit for ever and then be flooded.
#[derive(Debug, Clone)]
pub(super) struct Estimate {
    lane_free: Vec<u64>,
    bank_free: Vec<u64>,
    banks_per_lane: usize,
    /// Retirement of the bags in the window, by sequence number modulo the window.
    retired: Vec<u64>,
    /// Cycles of a command by its number of rows.
    cycles: Vec<u64>,
    place: usize,
    floor: u64,
    finish: u64,
    /// Bags that can retire in a cycle.
    ports: usize,
}

impl Estimate {
    pub fn new(resolved: &Resolved) -> Self {
        let engine = &resolved.config.engine;
        Estimate {
            lane_free: vec![0; engine.lanes as usize],
            bank_free: vec![0; resolved.banks as usize],
            banks_per_lane: engine.banks_per_lane as usize,
            retired: vec![0; engine.window as usize],
            cycles: BankWork::cycles_by_rows(resolved),
            place: 0,
            floor: 0,
            finish: 0,
            ports: engine.retire_ports as usize,
        }
    }

    pub fn begin_bag(&mut self) {
        self.floor = self.retired[self.place];
    }

    pub fn end_bag(&mut self) {
        // Bags retire in order, at most one a cycle from each port.
        let window = self.retired.len();
        let before = self.retired[(self.place + window - self.ports) % window];
        self.finish = self.finish.max(before + 1);
        self.retired[self.place] = self.finish;
        self.place = (self.place + 1) % self.retired.len();
    }

    /// The lane where a command of `rows` rows on a group with these options is done first; ties go
    /// to the lane that is free first, then to the lowest.
    pub fn choose(&self, options: &[LaneGroup], layout: &Layout, rows: u32) -> Option<Choice> {
        let mut best: Option<Choice> = None;
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
            let choice = Choice {
                lane: option.lane,
                group: option.group,
                issue,
                bank,
                finish,
            };
            if best.is_none_or(|b| choice.before(&b)) {
                best = Some(choice);
            }
        }
        best
    }

    pub fn commit(&mut self, choice: &Choice) {
        self.lane_free[choice.lane as usize] = choice.issue + 1;
        self.bank_free[choice.bank] = choice.finish;
        self.finish = self.finish.max(choice.finish);
    }
}
