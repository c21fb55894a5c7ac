//! The result of lowering: headers and commands, in flat arrays that the harness feeds without
//! copying.

use crate::hardware::RowMask;
use crate::ids::GroupId;

/// One command of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command<'a> {
    /// Sequence number of the bag; its low bits are the tag.
    pub bag: u32,
    /// The lane that executes it.
    pub lane: u32,
    /// Group number inside the lane: the address in the lane's replica table.
    pub group: u32,
    /// The number of the same group in the mapping.
    pub global_group: GroupId,
    /// Active wordlines, at least one.
    pub mask: RowMask<'a>,
    /// Whether it is the bag's last command in this lane.
    pub last: bool,
}

/// Commands of one lane in the order of issue; entry `i` of each array is command `i`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LaneCommands {
    /// Bag sequence numbers, ascending.
    pub bags: Vec<u32>,
    /// Lane-local group numbers.
    pub groups: Vec<u32>,
    /// The same groups as numbered in the mapping.
    pub global_groups: Vec<GroupId>,
    /// Masks, [`Lowered::mask_words`] words each.
    pub masks: Vec<u64>,
    /// Rows of each mask.
    pub rows: Vec<u16>,
    /// Whether the command is its bag's last in this lane.
    pub last: Vec<bool>,
}

impl LaneCommands {
    /// Number of commands.
    pub fn len(&self) -> usize {
        self.bags.len()
    }

    /// Whether the lane has no commands.
    pub fn is_empty(&self) -> bool {
        self.bags.is_empty()
    }

    fn clear(&mut self) {
        self.bags.clear();
        self.groups.clear();
        self.global_groups.clear();
        self.masks.clear();
        self.rows.clear();
        self.last.clear();
    }
}

/// Lowered bags: a header for each and the commands of each lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lowered {
    /// Sequence number of the first bag; `headers[i]` belongs to bag `first_bag + i`.
    pub first_bag: u32,
    /// 64-bit words of one mask, `ceil(rows / 64)`.
    pub mask_words: usize,
    /// For each bag, the lanes that have a command of it: lane `l` in bit `l`; 0 for an empty bag.
    pub headers: Vec<u64>,
    /// Commands, lane by lane.
    pub lanes: Vec<LaneCommands>,
}

impl Lowered {
    pub(super) fn empty(first_bag: u32, rows: u32, lanes: u32) -> Self {
        Lowered {
            first_bag,
            mask_words: (rows as usize).div_ceil(64),
            headers: Vec::new(),
            lanes: vec![LaneCommands::default(); lanes as usize],
        }
    }

    /// Removes all bags but keeps the allocated memory; the next bag is `first_bag`.
    pub fn restart(&mut self, first_bag: u32) {
        self.first_bag = first_bag;
        self.headers.clear();
        self.lanes.iter_mut().for_each(LaneCommands::clear);
    }

    /// Number of commands of all lanes.
    pub fn commands(&self) -> u64 {
        self.lanes.iter().map(|l| l.len() as u64).sum()
    }

    /// The commands of lane `lane` (below `lanes.len()`) in order.
    pub fn lane(&self, lane: usize) -> impl ExactSizeIterator<Item = Command<'_>> {
        let c = &self.lanes[lane];
        (0..c.len()).map(move |i| Command {
            bag: c.bags[i],
            lane: lane as u32,
            group: c.groups[i],
            global_group: c.global_groups[i],
            mask: RowMask(&c.masks[i * self.mask_words..(i + 1) * self.mask_words]),
            last: c.last[i],
        })
    }
}
