//! Reproducible back-pressure: the generator that decides in which cycles a stream may move.
//!
//! The C++ clock loop and [`StallPattern`] compute the same sequence, so that a cycle model can replay a stalled run exactly.

/// Back-pressure on one stream.
///
/// In every cycle of a run, the stream draws one number of 10 bits from its own generator, whether it needs it or not. If the draw is at
/// least `per_1024`, an input may offer a *new* item in this cycle, or an output is ready. An item that is already on offer stays on
/// offer. The generator starts anew from `seed` in the first cycle of every run; reset cycles draw nothing. `per_1024 = 0` never stalls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Stall {
    /// Share of stalled cycles in 1024ths, at most [`Stall::MAX_PER_1024`].
    pub per_1024: u32,
    /// Seed of the stream's generator.
    pub seed: u64,
}

impl Stall {
    /// The largest share that still lets a stream move: a draw of 1023 passes.
    pub const MAX_PER_1024: u32 = 1023;

    /// A stall of `per_1024` 1024ths of the cycles, seeded with `seed`.
    pub const fn new(per_1024: u32, seed: u64) -> Self {
        Self { per_1024, seed }
    }

    /// The generator at the first cycle of a run.
    pub const fn pattern(self) -> StallPattern {
        StallPattern {
            state: seed_state(self.seed),
            per_1024: self.per_1024,
        }
    }
}

/// One stream's generator: xorshift64*, whose state is one splitmix64 step of the seed.
///
/// ```text
/// seed:  z = seed + 0x9E3779B97F4A7C15
///        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9
///        z = (z ^ z >> 27) * 0x94D049BB133111EB
///        state = z ^ z >> 31, or 0x9E3779B97F4A7C15 where that is 0
/// draw:  state ^= state >> 12;  state ^= state << 25;  state ^= state >> 27
///        draw = (state * 0x2545F4914F6CDD1D) >> 54
/// ```
/// All arithmetic is modulo 2^64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StallPattern {
    state: u64,
    per_1024: u32,
}

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

const fn seed_state(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(GOLDEN);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^= z >> 31;
    if z == 0 { GOLDEN } else { z }
}

impl StallPattern {
    /// Draws for one cycle, and returns whether the stream may move in it.
    pub const fn next_cycle(&mut self) -> bool {
        self.draw() >= self.per_1024
    }

    /// The next draw, 0 to 1023.
    pub const fn draw(&mut self) -> u32 {
        let mut x = self.state;
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        self.state = x;
        (x.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 54) as u32
    }

    /// The generator's state, as the C++ loop takes it.
    pub(crate) const fn state(&self) -> u64 {
        self.state
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    /// The published first outputs of splitmix64 seeded with 0 and 1234567.
    #[test]
    fn seeds_as_splitmix64() {
        assert_eq!(seed_state(0), 0xE220_A839_7B1D_CDAF);
        assert_eq!(seed_state(1_234_567), 6_457_827_717_110_365_317);
    }

    #[test]
    fn share_of_stalled_cycles_is_as_asked() {
        for per_1024 in [0, 1, 256, 1023] {
            let mut pattern = Stall::new(per_1024, 7).pattern();
            let n = 1 << 16;
            let stalled = (0..n).filter(|_| !pattern.next_cycle()).count() as f64 / f64::from(n);
            let want = f64::from(per_1024) / 1024.0;
            assert!(
                (stalled - want).abs() < 0.01,
                "{per_1024}: {stalled} stalled, {want} asked"
            );
        }
        let mut never = Stall::new(0, 7).pattern();
        assert!((0..1000).all(|_| never.next_cycle()));
    }
}
