//! A timing wheel with at most one event per bank. It finds the next event without visiting the
//! cycles in between.

/// The cycle of an event that has no known cycle.
pub(super) const NEVER: u64 = u64::MAX;

/// The cycle in which each bank's next result becomes visible to the merge.
///
/// An event fewer cycles away than there are slots is a bit in its cycle's slot, a mask of banks.
/// The few events further away are kept in a separate list.
#[derive(Debug, Clone)]
pub(super) struct Wheel {
    slots: Vec<u64>,
    /// Slots that are not empty, 64 per word.
    filled: Vec<u64>,
    /// Banks whose event was too far away for a slot when it was set, as a mask.
    far: u64,
    /// Cycle of the event of each bank in `far`.
    far_at: [u64; 64],
    /// The earliest of them.
    far_next: u64,
}

impl Wheel {
    /// A wheel with slots for events up to about `usual` cycles away, at most 1023.
    pub fn new(usual: u64) -> Self {
        let size = usual.clamp(64, 1024).next_power_of_two() as usize;
        Wheel {
            slots: vec![0; size],
            filled: vec![0; size / 64],
            far: 0,
            far_at: [NEVER; 64],
            far_next: NEVER,
        }
    }

    /// Sets the event of `bank` to cycle `at`, which must be later than `now`.
    #[inline(always)]
    pub fn set(&mut self, bank: u32, at: u64, now: u64) {
        if at - now < self.slots.len() as u64 {
            let slot = at as usize & (self.slots.len() - 1);
            self.slots[slot] |= 1 << bank;
            self.filled[slot / 64] |= 1 << (slot % 64);
        } else {
            self.far |= 1 << bank;
            self.far_at[bank as usize] = at;
            self.far_next = self.far_next.min(at);
        }
    }

    /// Removes and returns the banks whose event is at `now`. Must be called for every cycle with
    /// an event.
    #[inline(always)]
    pub fn take(&mut self, now: u64) -> u64 {
        let slot = now as usize & (self.slots.len() - 1);
        let mut banks = self.slots[slot];
        if banks != 0 {
            self.slots[slot] = 0;
            self.filled[slot / 64] &= !(1 << (slot % 64));
        }
        if now == self.far_next {
            banks |= self.take_far(now);
        }
        banks
    }

    #[cold]
    fn take_far(&mut self, now: u64) -> u64 {
        let (mut due, mut left) = (0, self.far);
        self.far_next = NEVER;
        while left != 0 {
            let bank = left.trailing_zeros();
            left &= left - 1;
            let at = self.far_at[bank as usize];
            if at == now {
                due |= 1 << bank;
            } else {
                self.far_next = self.far_next.min(at);
            }
        }
        self.far &= !due;
        due
    }

    /// The first cycle after `now` with an event, [`NEVER`] if there is none.
    #[inline(always)]
    pub fn next_after(&self, now: u64) -> u64 {
        let mask = self.slots.len() - 1;
        let start = (now as usize + 1) & mask;
        let words = self.filled.len();
        let mut word = start / 64;
        let mut bits = self.filled[word] & (!0 << (start % 64));
        // One word more than there are, because the lower slots of the first word come last.
        for _ in 0..=words {
            if bits != 0 {
                let slot = word * 64 + bits.trailing_zeros() as usize;
                let ahead = slot.wrapping_sub(start) & mask;
                return (now + 1 + ahead as u64).min(self.far_next);
            }
            word = if word + 1 == words { 0 } else { word + 1 };
            bits = self.filled[word];
        }
        self.far_next
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn events_come_back_in_order_of_time() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut wheel = Wheel::new(64);
        let mut due = [NEVER; 64];
        let mut now = 0;
        for _ in 0..20_000 {
            let bank = rng.random_range(0..64u32);
            if due[bank as usize] == NEVER {
                let ahead = match rng.random_range(0..3u32) {
                    0 => rng.random_range(1..8u64),
                    1 => rng.random_range(60..70),
                    _ => rng.random_range(1..1000),
                };
                due[bank as usize] = now + ahead;
                wheel.set(bank, now + ahead, now);
            }
            if rng.random_bool(0.6) {
                let next = due.iter().copied().min().unwrap();
                assert_eq!(wheel.next_after(now), next);
                if next == NEVER {
                    continue;
                }
                now = next;
                let mut want = 0u64;
                for (bank, at) in due.iter_mut().enumerate() {
                    if *at == now {
                        want |= 1 << bank;
                        *at = NEVER;
                    }
                }
                assert_eq!(wheel.take(now), want);
            }
        }
        assert!(now > 10_000, "{now}");
    }
}
