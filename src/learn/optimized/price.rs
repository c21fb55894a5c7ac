//! What a bag pays for the ids that it has in a group.

/// A cost of 1 in whole numbers, so that sums are exact in any order.
pub(super) const ONE: i64 = 1 << 10;

/// Cost of `n` ids of one bag in one group, as increments: the n-th of them (from 0) adds
/// `next[n]`, in units of `1 / ONE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Price {
    next: Vec<i32>,
    /// Largest difference of two increments: the most that one move can win in one bag.
    pub(super) span: i64,
    /// Whether no increment is larger than the one before it.
    pub(super) falling: bool,
}

impl Price {
    /// From the cost of 0..=rows ids, if each id comes only with chance `keep`.
    ///
    /// A history is a sample: that a bag had two ids of a group does not say that the next such bag
    /// will. Thinning makes the third and fourth id count too, and so prefers groups that share
    /// much over groups that share little by luck. `keep` 1 is the cost itself. Scaled so that the
    /// largest increment is [`ONE`].
    pub(super) fn new(costs: &[f64], keep: f64) -> Self {
        let rows = costs.len() - 1;
        // Chances of 0..=n of n ids.
        let mut chances = vec![0.0; rows + 1];
        chances[0] = 1.0;
        let mut increments = Vec::with_capacity(rows + 1);
        for n in 0..rows {
            // The next id comes with chance `keep`, whatever came before.
            let mut add = 0.0;
            for k in 0..=n {
                add += chances[k] * (costs[k + 1] - costs[k]);
            }
            increments.push(add * keep);
            for k in (0..=n).rev() {
                chances[k + 1] += chances[k] * keep;
                chances[k] *= 1.0 - keep;
            }
        }
        // Nothing joins a full group; the entry keeps look-ups in bounds.
        increments.push(increments.last().copied().unwrap_or(0.0));
        let largest = increments.iter().copied().fold(0.0, f64::max);
        let scale = if largest > 0.0 {
            ONE as f64 / largest
        } else {
            0.0
        };
        let next: Vec<i32> = increments
            .iter()
            .map(|i| (i * scale).round() as i32)
            .collect();
        let (low, high) = next
            .iter()
            .fold((i32::MAX, i32::MIN), |(l, h), &n| (l.min(n), h.max(n)));
        Price {
            span: i64::from(high) - i64::from(low),
            falling: next.is_sorted_by(|a, b| a >= b),
            next,
        }
    }

    /// What an id adds that joins `there` others.
    #[inline]
    pub(super) fn joins(&self, there: u32) -> i64 {
        i64::from(self.next[there as usize])
    }

    /// What an id takes away that leaves `there` ids, itself included.
    #[inline]
    pub(super) fn leaves(&self, there: u32) -> i64 {
        i64::from(self.next[there as usize - 1])
    }
}

/// Costs of 0..=rows ids when activations are counted.
pub(super) fn activations(rows: usize) -> Vec<f64> {
    (0..=rows).map(|n| f64::from(u8::from(n > 0))).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn thinned_activations_fade_by_what_is_not_kept() {
        let exact = Price::new(&activations(4), 1.0);
        assert_eq!(exact.next, [1024, 0, 0, 0, 0]);
        let half = Price::new(&activations(4), 0.5);
        assert_eq!(half.next, [1024, 512, 256, 128, 128]);
        assert_eq!((half.span, half.falling), (896, true));
    }

    #[test]
    fn thinned_costs_are_expected_costs() {
        // Reading one row costs 1, sensing two or three costs 5 and 6.
        let costs = [0.0, 1.0, 5.0, 6.0];
        let expected = |n: u32, keep: f64| -> f64 {
            (0..1u32 << n)
                .map(|set| {
                    let k = set.count_ones();
                    keep.powi(k as i32) * (1.0 - keep).powi((n - k) as i32) * costs[k as usize]
                })
                .sum()
        };
        let keep = 0.3;
        let price = Price::new(&costs, keep);
        let of: Vec<f64> = (0..3)
            .map(|n| expected(n + 1, keep) - expected(n, keep))
            .collect();
        let largest = of.iter().copied().fold(0.0, f64::max);
        for (n, increment) in of.iter().enumerate() {
            let found = price.joins(n as u32) as f64 / ONE as f64;
            assert!((found - increment / largest).abs() < 1e-3, "{n}");
        }
        assert!(!price.falling);
    }
}
