//! Random ranks under a Zipf law.

use rand::Rng;

/// Draws ranks 0..n with probability proportional to `(rank + 1)^-s`, by Vose's alias method.
pub(super) struct Zipf {
    /// For each rank: the probability to return it, in units of 2^-32, and the rank to return
    /// otherwise.
    slots: Vec<(u32, u32)>,
}

impl Zipf {
    pub(super) fn new(n: u32, s: f64) -> Self {
        let mut weights: Vec<f64> = (1..=n).map(|r| f64::from(r).powf(-s)).collect();
        let scale = f64::from(n) / weights.iter().sum::<f64>();
        weights.iter_mut().for_each(|w| *w *= scale);
        let mut slots: Vec<(u32, u32)> = (0..n).map(|r| (u32::MAX, r)).collect();
        let (mut small, mut large): (Vec<u32>, Vec<u32>) =
            (0..n).partition(|&r| weights[r as usize] < 1.0);
        while let (Some(&l), Some(s)) = (large.last(), small.pop()) {
            let (low, high) = (s as usize, l as usize);
            slots[low] = ((weights[low] * 4_294_967_296.0) as u32, l);
            weights[high] -= 1.0 - weights[low];
            if weights[high] < 1.0 {
                large.pop();
                small.push(l);
            }
        }
        Zipf { slots }
    }

    /// Must not be called if `n` is 0.
    pub(super) fn draw(&self, rng: &mut impl Rng) -> u32 {
        let word = rng.next_u64();
        let rank = ((word >> 32) * self.slots.len() as u64) >> 32;
        let (stay, other) = self.slots[rank as usize];
        if word as u32 <= stay {
            rank as u32
        } else {
            other
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn ranks_follow_the_law() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let law = Zipf::new(20, 1.05);
        let draws = 400_000;
        let mut seen = [0u32; 20];
        (0..draws).for_each(|_| seen[law.draw(&mut rng) as usize] += 1);
        let all: f64 = (1..=20).map(|r| f64::from(r).powf(-1.05)).sum();
        for (i, &n) in seen.iter().enumerate() {
            let p = ((i + 1) as f64).powf(-1.05) / all;
            let sd = (f64::from(draws) * p * (1.0 - p)).sqrt();
            let off = (f64::from(n) - f64::from(draws) * p).abs();
            assert!(off < 5.0 * sd, "rank {i}: {n}, off by {off}, sd {sd}");
        }
    }
}
