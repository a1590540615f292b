//! Groups contexts that share a distribution.

use super::choice::{assigned, costs, nearest};
use super::frequencies::frequencies;
use super::grouping::Grouping;

/// How often each of 16 symbols occurred in a context.
pub(super) type Histogram = [u32; 16];

/// Rounds of reassigning contexts to distributions.
const ROUNDS: usize = 12;

/// A few distributions for many contexts.
pub(super) struct Clusters {
    /// The index of each context's distribution.
    pub(super) map: Vec<u8>,
    pub(super) distributions: Vec<[u16; 16]>,
}

/// Groups contexts with these histograms.
pub(super) fn cluster(histograms: &[Histogram], grouping: Grouping) -> Clusters {
    let symbols = grouping.symbols;
    let smoothed = smoothed(histograms, grouping);
    let seen: Vec<usize> =
        (0..histograms.len()).filter(|&context| histograms[context].iter().any(|&n| n > 0)).collect();
    let mut means = first_means(&smoothed, &seen, grouping.max_distributions.min(seen.len().max(1)));
    for _ in 0..ROUNDS {
        let costs = costs(&means, symbols);
        let mut next = vec![[1e-3; 16]; means.len()];
        for &context in &seen {
            add(&mut next[nearest(&smoothed[context], &costs).distribution], &smoothed[context]);
        }
        means = next;
    }
    sort_by_size(&mut means);
    let costs = costs(&means, symbols);
    let map = assigned(&smoothed, &costs, grouping);
    build(histograms, &map, means.len(), symbols)
}

/// Each histogram with a small share of its neighbours' counts and of the sum of
/// all.
fn smoothed(histograms: &[Histogram], grouping: Grouping) -> Vec<[f32; 16]> {
    let mut all = [0.0f64; 16];
    for histogram in histograms {
        all.iter_mut().zip(histogram).for_each(|(all, &n)| *all += f64::from(n));
    }
    let total: f64 = all.iter().sum::<f64>() + 1.0;
    let mut smoothed = Vec::with_capacity(histograms.len());
    for (context, histogram) in histograms.iter().enumerate() {
        let mut around = [0.0f64; 16];
        let neighbours = grouping.neighbours(context).into_iter().flatten();
        for other in neighbours.filter_map(|at| histograms.get(at)) {
            around.iter_mut().zip(other).for_each(|(around, &n)| *around += f64::from(n));
        }
        let sum: f64 = around.iter().sum::<f64>().max(1.0);
        smoothed.push(std::array::from_fn(|s| {
            (f64::from(histogram[s]) + 3.0 * around[s] / sum + 0.3 * all[s] / total) as f32
        }));
    }
    smoothed
}

/// The means to begin with: contexts sorted by the size of their values and
/// split into `count` parts in which the square roots of their counts have about
/// the same sum.
fn first_means(smoothed: &[[f32; 16]], seen: &[usize], count: usize) -> Vec<[f32; 16]> {
    let mut order = seen.to_vec();
    order.sort_by(|&a, &b| size(&smoothed[a]).total_cmp(&size(&smoothed[b])).then(a.cmp(&b)));
    let total: f32 = order.iter().map(|&context| root_count(&smoothed[context])).sum();
    let mut means = vec![[1e-3; 16]; count];
    let mut before = 0.0;
    for context in order {
        let part = (before / total * count as f32) as usize;
        add(&mut means[part.min(count - 1)], &smoothed[context]);
        before += root_count(&smoothed[context]);
    }
    means
}

/// The square root of the number of symbols that a histogram counts.
fn root_count(histogram: &[f32; 16]) -> f32 {
    histogram.iter().sum::<f32>().sqrt()
}

/// The mean magnitude of a histogram's values, where positive ones count as a
/// little larger. Symbol 6 is the value 0.
fn size(histogram: &[f32; 16]) -> f32 {
    let (mut sum, mut total) = (0.0, 1e-9);
    for (symbol, &n) in histogram.iter().enumerate() {
        let value = symbol as f32 - 6.0;
        sum += n * (value.abs() + 0.3 * value);
        total += n;
    }
    sum / total
}

/// Sorts the means by size and drops those of no context.
fn sort_by_size(means: &mut Vec<[f32; 16]>) {
    means.retain(|mean| mean.iter().sum::<f32>() > 0.1);
    means.sort_by(|a, b| size(a).total_cmp(&size(b)));
    if means.is_empty() {
        means.push([1.0; 16]);
    }
}

fn add(sum: &mut [f32; 16], histogram: &[f32; 16]) {
    sum.iter_mut().zip(histogram).for_each(|(sum, n)| *sum += n);
}

/// The distributions of the contexts that `map` groups; those without contexts
/// are dropped.
fn build(histograms: &[Histogram], map: &[usize], count: usize, symbols: usize) -> Clusters {
    let mut sums: Vec<Option<[u64; 16]>> = vec![None; count];
    for (histogram, &at) in histograms.iter().zip(map) {
        let sum = sums[at].get_or_insert([0; 16]);
        sum.iter_mut().zip(histogram).for_each(|(sum, &n)| *sum += u64::from(n));
    }
    let mut numbers = vec![0; count];
    let mut distributions = Vec::new();
    for (number, sum) in numbers.iter_mut().zip(&sums) {
        *number = distributions.len() as u8;
        distributions.extend(sum.map(|sum| frequencies(&sum, symbols)));
    }
    Clusters { map: map.iter().map(|&at| numbers[at]).collect(), distributions }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of 12 contexts.
    fn grouping(height: usize, symbols: usize, max_distributions: usize) -> Grouping {
        Grouping { width: 12, height, symbols, max_distributions }
    }

    #[test]
    fn contexts_of_two_kinds_get_two_distributions() {
        let small = std::array::from_fn(|s| if s == 6 { 900 } else { 10 });
        let large = std::array::from_fn(|s| if s == 15 { 900 } else { 10 });
        let histograms: Vec<Histogram> =
            (0..48).map(|context| if context < 24 { small } else { large }).collect();
        let clusters = cluster(&histograms, grouping(2, 16, 2));
        assert_eq!(clusters.map[..24], [0; 24]);
        assert_eq!(clusters.map[24..], [1; 24]);
        assert!(clusters.distributions[0][6] > 3000 && clusters.distributions[1][15] > 3000);
    }

    /// Many symbols of one kind, and a few of others.
    fn mostly(symbol: usize, n: u32) -> Histogram {
        std::array::from_fn(|s| if s == symbol { 90 * n } else { n })
    }

    #[test]
    fn contexts_without_counts_copy_a_distribution_so_that_maps_are_runs() {
        let mut histograms = vec![[0; 16]; 360];
        histograms[0] = mostly(6, 10);
        histograms[60] = mostly(15, 10);
        let map = cluster(&histograms, grouping(10, 16, 8)).map;
        // A symbol of a neighbour weighs three, which is more than the price.
        assert_eq!(map[..48], [0; 48]);
        let changes = map.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!(changes <= 6, "{map:?}");
        assert_eq!(map[60], 1);
    }

    #[test]
    fn a_context_differs_from_those_before_only_if_that_saves_its_price() {
        let mut histograms = vec![mostly(6, 100); 36];
        histograms[18] = mostly(15, 100);
        // With the common distribution the symbol takes about 7 bits, with its own nearly none.
        for (count, expected) in [(1, 0), (9, 1)] {
            histograms[30] = std::array::from_fn(|s| if s == 15 { count } else { 0 });
            let map = cluster(&histograms, Grouping { height: 1, ..grouping(1, 16, 2) }).map;
            assert_eq!((map[18], map[30]), (1, expected), "{count} symbols");
        }
    }

    #[test]
    fn no_counts_at_all_give_one_distribution() {
        let clusters = cluster(&[[0; 16]; 144], grouping(1, 4, 32));
        assert_eq!(
            (clusters.map, clusters.distributions),
            (vec![0; 144], vec![[1024, 1024, 1024, 1024, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]])
        );
    }
}
