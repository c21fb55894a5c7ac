//! Statistics of a trace: sizes, skew, repeats.

use std::fmt;

use serde::Serialize;

use super::Trace;

/// Summary of a trace, over all tables and per table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TraceStats {
    /// All tables together; ids of different tables count as different ids.
    #[serde(flatten)]
    pub all: TableStats,
    /// Each table; empty if there is only one.
    pub tables: Vec<TableStats>,
}

/// Summary of the bags of one table (or of all).
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct TableStats {
    /// Number of bags.
    pub bags: u64,
    /// Number of lookups.
    pub lookups: u64,
    /// Bags without any lookup.
    pub empty_bags: u64,
    /// Lookups per bag, empty bags included.
    pub bag_mean: f64,
    /// Half of the bags have at most this many lookups.
    pub bag_p50: u64,
    /// 90 % of the bags have at most this many lookups.
    pub bag_p90: u64,
    /// 99 % of the bags have at most this many lookups.
    pub bag_p99: u64,
    /// Lookups of the largest bag.
    pub bag_max: u64,
    /// Number of distinct ids that are looked up.
    pub distinct_ids: u64,
    /// The highest id, local to its table; `None` without lookups.
    pub max_id: Option<u32>,
    /// Share of the lookups that goes to the hottest 1 % of the distinct ids (rounded up).
    pub hottest_1_percent: f64,
    /// Share of the lookups that goes to the hottest 10 % of the distinct ids (rounded up).
    pub hottest_10_percent: f64,
    /// Exponent of the Zipf law fitted to the ids by popularity rank, by maximum likelihood over
    /// the distinct ids; 0 is uniform. `None` with fewer than two distinct ids.
    pub zipf_exponent: Option<f64>,
    /// Lookups of an id that the same bag has looked up before.
    pub repeats: u64,
    /// Bags with a repeated id.
    pub bags_with_repeats: u64,
    /// Number of rows of the table, if known.
    pub table_rows: Option<u64>,
    /// Lookups of ids that are not below the table's number of rows (all lookups, if the table does
    /// not exist).
    pub lookups_out_of_range: Option<u64>,
}

/// Computes the statistics of a trace; given the numbers of table rows, also the lookups out of
/// range.
pub fn stats(trace: &Trace, table_rows: Option<&[u32]>) -> TraceStats {
    let count = trace.table_count().max(table_rows.map_or(1, <[u32]>::len));
    let mut order: Vec<Vec<usize>> = vec![Vec::new(); count];
    for i in 0..trace.len() {
        order[usize::from(trace.table(i))].push(i);
    }
    let mut all = Collector::default();
    let mut tables = Vec::with_capacity(count);
    let mut rows_of_all = Some(0);
    let mut beyond_of_all = Some(0);
    for (t, bags) in order.iter().enumerate() {
        let mut one = Collector::default();
        bags.iter().for_each(|&i| one.bag(trace.bag(i)));
        let rows = table_rows.map(|rows| rows.get(t).copied().unwrap_or(0));
        let frequencies = frequencies(trace, bags);
        let mut stats = one.finish(&frequencies);
        stats.max_id = bags.iter().flat_map(|&i| trace.bag(i)).copied().max();
        stats.table_rows = rows.map(u64::from);
        stats.lookups_out_of_range = rows.map(|rows| {
            let ids = bags.iter().flat_map(|&i| trace.bag(i));
            ids.filter(|&&id| id >= rows).count() as u64
        });
        let sum = |a: Option<u64>, b: Option<u64>| Some(a? + b?);
        rows_of_all = sum(rows_of_all, stats.table_rows);
        beyond_of_all = sum(beyond_of_all, stats.lookups_out_of_range);
        all.add(one, frequencies);
        tables.push(stats);
    }
    let mut frequencies = std::mem::take(&mut all.frequencies);
    frequencies.sort_unstable_by(|a, b| b.cmp(a));
    let mut whole = all.finish(&frequencies);
    whole.max_id = tables.iter().filter_map(|t| t.max_id).max();
    whole.table_rows = rows_of_all;
    whole.lookups_out_of_range = beyond_of_all;
    if tables.len() == 1 {
        tables.clear();
    }
    TraceStats { all: whole, tables }
}

/// Sums of one pass over bags.
#[derive(Default)]
struct Collector {
    sizes: Vec<u64>,
    repeats: u64,
    bags_with_repeats: u64,
    frequencies: Vec<u64>,
    scratch: Vec<u32>,
}

impl Collector {
    fn bag(&mut self, ids: &[u32]) {
        self.sizes.push(ids.len() as u64);
        self.scratch.clear();
        self.scratch.extend_from_slice(ids);
        self.scratch.sort_unstable();
        let repeats = self.scratch.windows(2).filter(|w| w[0] == w[1]).count() as u64;
        self.repeats += repeats;
        self.bags_with_repeats += u64::from(repeats > 0);
    }

    fn add(&mut self, other: Collector, frequencies: Vec<u64>) {
        self.sizes.extend(other.sizes);
        self.repeats += other.repeats;
        self.bags_with_repeats += other.bags_with_repeats;
        self.frequencies.extend(frequencies);
    }

    /// `frequencies`: lookups of each distinct id, descending.
    fn finish(&mut self, frequencies: &[u64]) -> TableStats {
        self.sizes.sort_unstable();
        let sizes = &self.sizes;
        let lookups: u64 = sizes.iter().sum();
        TableStats {
            bags: sizes.len() as u64,
            lookups,
            empty_bags: sizes.partition_point(|&s| s == 0) as u64,
            bag_mean: ratio(lookups, sizes.len() as u64),
            bag_p50: percentile(sizes, 50),
            bag_p90: percentile(sizes, 90),
            bag_p99: percentile(sizes, 99),
            bag_max: sizes.last().copied().unwrap_or(0),
            distinct_ids: frequencies.len() as u64,
            max_id: None,
            hottest_1_percent: hottest(frequencies, lookups, 100),
            hottest_10_percent: hottest(frequencies, lookups, 10),
            zipf_exponent: zipf_exponent(frequencies),
            repeats: self.repeats,
            bags_with_repeats: self.bags_with_repeats,
            table_rows: None,
            lookups_out_of_range: None,
        }
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// Nearest-rank percentile: the smallest size that at least `percent` % of the bags do not exceed.
fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0)
}

fn hottest(frequencies: &[u64], lookups: u64, part: usize) -> f64 {
    let top = frequencies.len().div_ceil(part);
    ratio(frequencies[..top].iter().sum(), lookups)
}

/// Lookups of each distinct id of some bags, descending.
fn frequencies(trace: &Trace, bags: &[usize]) -> Vec<u64> {
    let ids = || bags.iter().flat_map(|&i| trace.bag(i)).copied();
    let (lookups, max) = ids().fold((0u64, 0), |(n, max), id| (n + 1, id.max(max)));
    let mut counts: Vec<u64> = if u64::from(max) <= 4 * lookups + 1024 {
        let mut dense = vec![0u64; max as usize + 1];
        ids().for_each(|id| dense[id as usize] += 1);
        dense.retain(|&n| n > 0);
        dense
    } else {
        // Ids over a wide range, such as hashes.
        let mut sorted: Vec<u32> = ids().collect();
        sorted.sort_unstable();
        sorted
            .chunk_by(|a, b| a == b)
            .map(|run| run.len() as u64)
            .collect()
    };
    counts.sort_unstable_by(|a, b| b.cmp(a));
    counts
}

/// Maximum-likelihood exponent `s` of `p(rank) = rank^-s / H(n, s)`, within 0..=8.
///
/// The log-likelihood is concave in `s`, so the zero of its derivative is found by bisection.
fn zipf_exponent(frequencies: &[u64]) -> Option<f64> {
    if frequencies.len() < 2 {
        return None;
    }
    let lookups: u64 = frequencies.iter().sum();
    let log_ranks: f64 = frequencies
        .iter()
        .enumerate()
        .map(|(i, &n)| n as f64 * ((i + 1) as f64).ln())
        .sum();
    let mean_log_rank = log_ranks / lookups as f64;
    let (mut low, mut high) = (0.0f64, 8.0f64);
    for _ in 0..48 {
        let s = 0.5 * (low + high);
        if expected_log_rank(frequencies.len(), s) > mean_log_rank {
            low = s;
        } else {
            high = s;
        }
    }
    Some(0.5 * (low + high))
}

/// Mean of ln(rank) under a Zipf law over `n` ranks.
fn expected_log_rank(n: usize, s: f64) -> f64 {
    const EXACT: usize = 4096;
    let (mut weight, mut logs) = (0.0, 0.0);
    let mut add = |rank: f64, width: f64| {
        let ln = rank.ln();
        let w = width * (-s * ln).exp();
        weight += w;
        logs += w * ln;
    };
    for rank in 1..=n.min(EXACT) {
        add(rank as f64, 1.0);
    }
    // Higher ranks are summed in blocks of 1/1024 of their first rank; each block counts as its
    // middle rank.
    let mut start = EXACT + 1;
    while start <= n {
        let width = (start / 1024).min(n - start + 1);
        add(start as f64 + (width as f64 - 1.0) / 2.0, width as f64);
        start += width;
    }
    logs / weight
}

/// `1 bag`, `2 bags`.
fn counted(n: u64, what: &str) -> String {
    match n {
        1 => format!("1 {what}"),
        _ => format!("{n} {what}s"),
    }
}

impl fmt::Display for TraceStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.all.fmt(f)?;
        for (t, stats) in self.tables.iter().enumerate() {
            write!(f, "\n\ntable {t}\n{stats}")?;
        }
        Ok(())
    }
}

impl fmt::Display for TableStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "bags                  {} ({} empty)",
            self.bags, self.empty_bags
        )?;
        writeln!(f, "lookups               {}", self.lookups)?;
        writeln!(
            f,
            "lookups per bag       mean {:.2}, p50 {}, p90 {}, p99 {}, max {}",
            self.bag_mean, self.bag_p50, self.bag_p90, self.bag_p99, self.bag_max
        )?;
        write!(f, "distinct ids          {}", self.distinct_ids)?;
        match self.max_id {
            Some(id) => writeln!(f, " (highest {id})")?,
            None => writeln!(f)?,
        }
        writeln!(
            f,
            "lookups to hot ids    {:.1} % to the hottest 1 %, {:.1} % to the hottest 10 %",
            100.0 * self.hottest_1_percent,
            100.0 * self.hottest_10_percent
        )?;
        match self.zipf_exponent {
            Some(s) => writeln!(f, "fitted Zipf exponent  {s:.3}")?,
            None => writeln!(f, "fitted Zipf exponent  none (fewer than two ids)")?,
        }
        write!(
            f,
            "repeats inside bags   {} in {}",
            counted(self.repeats, "lookup"),
            counted(self.bags_with_repeats, "bag")
        )?;
        if let (Some(rows), Some(beyond)) = (self.table_rows, self.lookups_out_of_range) {
            let (beyond, rows) = (counted(beyond, "lookup"), counted(rows, "row"));
            write!(f, "\nout of range          {beyond} ({rows})")?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn small() -> Trace {
        Trace::from_lists(&[
            (0, vec![5, 1, 5, 5]),
            (0, vec![]),
            (1, vec![0]),
            (1, vec![9, 9]),
        ])
        .unwrap()
    }

    #[test]
    fn numbers_equal_those_counted_by_hand() {
        let stats = stats(&small(), Some(&[5, 10]));
        let all = &stats.all;
        assert_eq!((all.bags, all.lookups, all.empty_bags), (4, 7, 1));
        assert_eq!((all.bag_p50, all.bag_p90, all.bag_max), (1, 4, 4));
        assert_eq!((all.repeats, all.bags_with_repeats), (3, 2));
        assert_eq!((all.distinct_ids, all.max_id), (4, Some(9)));
        assert_eq!(all.bag_mean, 7.0 / 4.0);
        assert_eq!(all.hottest_1_percent, 3.0 / 7.0);
        assert_eq!(all.table_rows, Some(15));
        assert_eq!(all.lookups_out_of_range, Some(3));
        assert_eq!(stats.tables[0].lookups_out_of_range, Some(3));
        assert_eq!(stats.tables[1].lookups_out_of_range, Some(0));
        assert_eq!(stats.tables[1].distinct_ids, 2);
        assert_eq!(super::stats(&small(), None).all.lookups_out_of_range, None);
    }

    #[test]
    fn the_text_form() {
        insta::assert_snapshot!(stats(&small(), Some(&[5, 10])), @"
        bags                  4 (1 empty)
        lookups               7
        lookups per bag       mean 1.75, p50 1, p90 4, p99 4, max 4
        distinct ids          4 (highest 9)
        lookups to hot ids    42.9 % to the hottest 1 %, 42.9 % to the hottest 10 %
        fitted Zipf exponent  0.843
        repeats inside bags   3 lookups in 2 bags
        out of range          3 lookups (15 rows)

        table 0
        bags                  2 (1 empty)
        lookups               4
        lookups per bag       mean 2.00, p50 0, p90 4, p99 4, max 4
        distinct ids          2 (highest 5)
        lookups to hot ids    75.0 % to the hottest 1 %, 75.0 % to the hottest 10 %
        fitted Zipf exponent  1.585
        repeats inside bags   2 lookups in 1 bag
        out of range          3 lookups (5 rows)

        table 1
        bags                  2 (0 empty)
        lookups               3
        lookups per bag       mean 1.50, p50 1, p90 2, p99 2, max 2
        distinct ids          2 (highest 9)
        lookups to hot ids    66.7 % to the hottest 1 %, 66.7 % to the hottest 10 %
        fitted Zipf exponent  1.000
        repeats inside bags   1 lookup in 1 bag
        out of range          0 lookups (10 rows)
        ");
        insta::assert_snapshot!(stats(&Trace::from_lists(&[]).unwrap(), None), @"
        bags                  0 (0 empty)
        lookups               0
        lookups per bag       mean 0.00, p50 0, p90 0, p99 0, max 0
        distinct ids          0
        lookups to hot ids    0.0 % to the hottest 1 %, 0.0 % to the hottest 10 %
        fitted Zipf exponent  none (fewer than two ids)
        repeats inside bags   0 lookups in 0 bags
        ");
    }

    #[test]
    fn the_fit_finds_the_exponent_of_a_zipf_law() {
        for s in [0.0f64, 0.7, 1.05, 2.0] {
            for n in [50usize, 20_000] {
                let law: Vec<u64> = (1..=n)
                    .map(|r| (1e9 * (r as f64).powf(-s)).round() as u64)
                    .collect();
                let fitted = zipf_exponent(&law).unwrap();
                assert!((fitted - s).abs() < 2e-3, "{s} over {n}: {fitted}");
            }
        }
        assert_eq!(zipf_exponent(&[7]), None);
    }

    #[test]
    fn blocks_of_ranks_agree_with_the_full_sum() {
        for s in [0.0, 0.9, 1.3] {
            let n = 60_000;
            let (w, l) = (1..=n).fold((0.0, 0.0), |(w, l), r| {
                let (r, p) = (r as f64, (r as f64).powf(-s));
                (w + p, l + p * r.ln())
            });
            assert!((expected_log_rank(n, s) - l / w).abs() < 1e-6, "{s}");
        }
    }

    #[test]
    fn sparse_ids_are_counted_without_a_table_of_their_range() {
        let trace = Trace::from_lists(&[(0, vec![super::super::MAX_ID, 3, 3])]).unwrap();
        let stats = stats(&trace, None);
        assert_eq!(stats.all.distinct_ids, 2);
        assert_eq!(frequencies(&trace, &[0]), [2, 1]);
    }
}
