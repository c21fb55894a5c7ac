//! The marginal cost of one more id of a bag in a group.

/// Fixed-point representation of a cost of 1. Integer sums are exact in any order.
pub(super) const ONE: i64 = 1 << 10;

/// Cost of `n` ids of one bag in one group, as increments: id number `n` (from 0) adds `next[n]`,
/// in units of `1 / ONE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Price {
    next: Vec<i32>,
    /// Largest difference between two increments: the most that one move can save in one bag.
    pub(super) span: i64,
    /// Whether no increment is larger than the one before it.
    pub(super) falling: bool,
}

impl Price {
    /// Builds the increments of the expected cost when each id is kept with probability `keep`.
    /// `costs[n]` is the cost of `n` ids, for `n` in 0..=rows.
    ///
    /// A history is a sample: two ids that shared a bag once may not do so again. With `keep` below
    /// 1 the third and fourth id of a bag in a group reduce the cost too, so groups that share many
    /// ids with a bag are preferred over groups that share two by chance. With `keep` 1 the
    /// expected cost is the cost itself. The increments are scaled so that the largest is [`ONE`].
    pub(super) fn new(costs: &[f64], keep: f64) -> Self {
        let rows = costs.len() - 1;
        // Probability that k of the n ids so far are kept, for k in 0..=n.
        let mut chances = vec![0.0; rows + 1];
        chances[0] = 1.0;
        let mut increments = Vec::with_capacity(rows + 1);
        for n in 0..rows {
            // The next id is kept with probability `keep`, independently of the others.
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
        // No id joins a full group; this entry only keeps look-ups in bounds.
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

    /// Cost that an id adds when it joins `there` others.
    #[inline]
    pub(super) fn joins(&self, there: u32) -> i64 {
        i64::from(self.next[there as usize])
    }

    /// Cost that an id removes when it leaves a group with `there` ids, itself included.
    #[inline]
    pub(super) fn leaves(&self, there: u32) -> i64 {
        i64::from(self.next[there as usize - 1])
    }
}

/// Costs of 0..=rows ids when the objective is the number of groups touched.
pub(super) fn groups_touched(rows: usize) -> Vec<f64> {
    (0..=rows).map(|n| f64::from(u8::from(n > 0))).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn increments_of_groups_touched_fall_by_the_factor_not_kept() {
        let exact = Price::new(&groups_touched(4), 1.0);
        assert_eq!(exact.next, [1024, 0, 0, 0, 0]);
        let half = Price::new(&groups_touched(4), 0.5);
        assert_eq!(half.next, [1024, 512, 256, 128, 128]);
        assert_eq!((half.span, half.falling), (896, true));
    }

    #[test]
    fn increments_are_those_of_the_expected_cost() {
        // One row costs 1, two cost 5, three cost 6.
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
