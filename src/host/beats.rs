//! Bags as the ports take them.

/// The bags of one port, in their order, each with the words of its ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PortBags {
    bags: Vec<u32>,
    /// End of each bag's words.
    ends: Vec<usize>,
    words: Vec<u32>,
}

impl PortBags {
    /// Number of bags.
    pub fn len(&self) -> usize {
        self.bags.len()
    }

    /// Whether there is no bag.
    pub fn is_empty(&self) -> bool {
        self.bags.is_empty()
    }

    /// The number of each bag in the trace.
    pub fn bags(&self) -> &[u32] {
        &self.bags
    }

    /// The words of all bags, one bag after the other.
    pub fn words(&self) -> &[u32] {
        &self.words
    }

    /// The words of the port's bag `index`.
    pub fn of(&self, index: usize) -> &[u32] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.words[start..self.ends[index]]
    }

    /// Each bag's number and words.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &[u32])> {
        (0..self.len()).map(|i| (self.bags[i], self.of(i)))
    }

    /// The beats of all bags: at most `ids_per_beat` words, and whether they end their bag. A bag
    /// without ids has a beat without words.
    pub fn beats(&self, ids_per_beat: u32) -> impl Iterator<Item = (&[u32], bool)> {
        let each = ids_per_beat.max(1) as usize;
        (0..self.len()).flat_map(move |bag| {
            let words = self.of(bag);
            let beats = words.len().div_ceil(each).max(1);
            (1..=beats).map(move |beat| {
                let start = (beat - 1) * each;
                (&words[start..words.len().min(start + each)], beat == beats)
            })
        })
    }

    /// Adds a bag.
    pub fn push(&mut self, bag: u32, words: impl IntoIterator<Item = u32>) {
        self.bags.push(bag);
        self.words.extend(words);
        self.ends.push(self.words.len());
    }

    /// Drops the first `count` bags.
    pub(crate) fn drop_first(&mut self, count: usize) {
        let Some(before) = count.checked_sub(1) else {
            return;
        };
        let words = self.ends[before];
        self.words.drain(..words);
        self.bags.drain(..count);
        self.ends.drain(..count);
        self.ends.iter_mut().for_each(|end| *end -= words);
    }
}

/// The bags of each port.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Translated {
    /// By port.
    pub ports: Vec<PortBags>,
}

impl Translated {
    /// No bags yet.
    pub fn new(ports: u32) -> Self {
        Translated {
            ports: vec![PortBags::default(); ports as usize],
        }
    }

    /// Bags of all ports.
    pub fn bags(&self) -> usize {
        self.ports.iter().map(PortBags::len).sum()
    }

    /// Ids of all bags.
    pub fn ids(&self) -> usize {
        self.ports.iter().map(|p| p.words.len()).sum()
    }
}
