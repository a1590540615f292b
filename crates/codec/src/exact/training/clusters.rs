//! Groups contexts that share a distribution.

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

/// The layout of a set's contexts, and how many distributions they get.
///
/// The contexts are rows of `width`, and `height` rows belong together. Contexts
/// next to each other in a row or, within such rows, in a column are alike, so
/// each also learns from its neighbours' counts.
#[derive(Clone, Copy)]
pub(super) struct Grouping {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Number of symbols of the distributions.
    pub(super) symbols: usize,
    /// The largest number of distributions.
    pub(super) max_distributions: usize,
}

impl Grouping {
    /// The contexts to the left and right of `context`, above and below it.
    fn neighbours(self, context: usize) -> [Option<usize>; 4] {
        let Self { width, height, .. } = self;
        let (column, row) = (context % width, context / width % height);
        [
            (column > 0).then(|| context - 1),
            (column + 1 < width).then_some(context + 1),
            (row > 0).then(|| context - width),
            (row + 1 < height).then_some(context + width),
        ]
    }
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
            add(&mut next[nearest(&smoothed[context], &costs)], &smoothed[context]);
        }
        means = next;
    }
    sort_by_size(&mut means);
    let costs = costs(&means, symbols);
    let map: Vec<usize> = smoothed.iter().map(|histogram| nearest(histogram, &costs)).collect();
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

/// How many bits each symbol takes in each distribution.
fn costs(means: &[[f32; 16]], symbols: usize) -> Vec<[f32; 16]> {
    means
        .iter()
        .map(|mean| {
            let sum: f32 = mean[..symbols].iter().sum();
            mean.map(|n| -(n / sum).max(1.0 / 8192.0).log2())
        })
        .collect()
}

/// The distribution that is cheapest for a histogram, the first of equals.
fn nearest(histogram: &[f32; 16], costs: &[[f32; 16]]) -> usize {
    costs
        .iter()
        .map(|cost| histogram.iter().zip(cost).map(|(n, bits)| n * bits).sum::<f32>())
        .enumerate()
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map_or(0, |(at, _)| at)
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

/// Converts counts to frequencies in 4,096ths, at least 1 for each of the first
/// `symbols` symbols and 0 for the others.
fn frequencies(counts: &[u64; 16], symbols: usize) -> [u16; 16] {
    let weights = counts.map(|n| n as f64 + 0.05);
    let sum: f64 = weights[..symbols].iter().sum();
    let mut frequencies = [0u16; 16];
    for (frequency, weight) in frequencies.iter_mut().zip(weights).take(symbols) {
        *frequency = (weight / sum * 4096.0).max(1.0) as u16;
    }
    // The most frequent symbol, which has at least 256, takes the rounding error.
    let rest = 4096 - frequencies.iter().map(|&n| i32::from(n)).sum::<i32>();
    let largest = (0..symbols).max_by_key(|&s| (frequencies[s], symbols - s)).unwrap_or(0);
    frequencies[largest] = (i32::from(frequencies[largest]) + rest) as u16;
    frequencies
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of 12 contexts.
    fn grouping(height: usize, symbols: usize, max_distributions: usize) -> Grouping {
        Grouping { width: 12, height, symbols, max_distributions }
    }

    #[test]
    fn frequencies_sum_to_4096_and_leave_no_symbol_out() {
        for counts in [[0; 16], [1_000_000; 16], std::array::from_fn(|s| if s == 3 { 1 << 40 } else { 0 })] {
            for symbols in [4, 16] {
                let actual = frequencies(&counts, symbols);
                assert_eq!(actual.iter().map(|&n| u32::from(n)).sum::<u32>(), 4096);
                assert!(actual[..symbols].iter().all(|&n| n > 0));
                assert!(actual[symbols..].iter().all(|&n| n == 0));
            }
        }
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

    #[test]
    fn contexts_without_counts_take_the_distribution_of_a_neighbour_or_the_first() {
        let mut histograms = vec![[0; 16]; 120];
        histograms[0] = std::array::from_fn(|s| if s == 6 { 900 } else { 10 });
        histograms[60] = std::array::from_fn(|s| if s == 15 { 900 } else { 10 });
        let map = cluster(&histograms, grouping(10, 16, 8)).map;
        let other: Vec<usize> = (0..120).filter(|&context| map[context] != 0).collect();
        assert_eq!(other, [48, 60, 61, 72], "the one with counts and those next to it");
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
