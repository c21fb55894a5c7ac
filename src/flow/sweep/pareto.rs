//! Points that no other point beats.

/// Whether `a` is as good as `b` everywhere, and better somewhere; less is better.
fn dominates<const N: usize>(a: &[f64; N], b: &[f64; N]) -> bool {
    std::iter::zip(a, b).all(|(a, b)| a <= b) && a != b
}

/// Indices of the points that no other dominates, ascending by their first cost, then the next, then
/// by index. Less is better; points that are equal in everything stay together, in or out.
pub fn front<const N: usize>(points: &[[f64; N]]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    let compare = |a: &usize, b: &usize| {
        let costs = std::iter::zip(&points[*a], &points[*b]);
        let first = costs.map(|(a, b)| a.total_cmp(b)).find(|o| o.is_ne());
        first.unwrap_or(a.cmp(b))
    };
    order.sort_by(compare);
    // Whoever dominates a point comes before it, and so does somebody of the front.
    let mut front: Vec<usize> = Vec::new();
    for i in order {
        if !front.iter().any(|&f| dominates(&points[f], &points[i])) {
            front.push(i);
        }
    }
    front
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equals_stay_together() {
        let points = [[1.0, 2.0], [2.0, 1.0], [1.0, 2.0], [2.0, 2.0], [1.0, 3.0]];
        assert_eq!(front(&points), [0, 2, 1]);
        assert_eq!(front::<3>(&[]), [0usize; 0]);
        assert_eq!(front(&[[0.0, -0.0], [-0.0, 0.0]]), [1, 0]);
    }

    proptest! {
        /// Few different values, so that there are many ties.
        #[test]
        fn as_by_looking_at_every_pair(points in prop::collection::vec(prop::array::uniform3(0u8..6), 0..60)) {
            let points: Vec<[f64; 3]> = points.into_iter().map(|p| p.map(f64::from)).collect();
            let beaten = |b: &[f64; 3]| points.iter().any(|a| {
                let no_worse = a[0] <= b[0] && a[1] <= b[1] && a[2] <= b[2];
                let better = a[0] < b[0] || a[1] < b[1] || a[2] < b[2];
                no_worse && better
            });
            let wanted: Vec<usize> = (0..points.len()).filter(|&i| !beaten(&points[i])).collect();
            let mut found = front(&points);
            prop_assert!(found.is_sorted_by(|&a, &b| points[a] <= points[b]));
            found.sort_unstable();
            prop_assert_eq!(found, wanted);
        }
    }
}
