//! Contexts grouped into a few distributions.

/// How often each of 16 symbols occurred in a context.
pub(super) type Histogram = [u32; 16];

/// Rounds of reassigning contexts to distributions.
const ROUNDS: usize = 12;

/// Which distribution each context has.
pub(super) struct Clusters {
    pub(super) map: Vec<u8>,
    pub(super) distributions: Vec<[u16; 16]>,
}

/// Groups contexts into at most `count` distributions of `symbols` symbols.
/// Neighbours among the `width` contexts of a row, and those of the rows above
/// and below as far as they are within the same `height` rows, are alike and
/// lend each other experience.
pub(super) fn cluster(
    histograms: &[Histogram],
    (width, height): (usize, usize),
    symbols: usize,
    count: usize,
) -> Clusters {
    let smoothed = smoothed(histograms, width, height);
    let seen: Vec<usize> =
        (0..histograms.len()).filter(|&context| histograms[context].iter().any(|&n| n > 0)).collect();
    let mut means = first_means(&smoothed, &seen, count.min(seen.len().max(1)));
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
    finished(histograms, &map, means.len(), symbols)
}

/// Each histogram with a little of its neighbours' and of everybody's.
fn smoothed(histograms: &[Histogram], width: usize, height: usize) -> Vec<[f32; 16]> {
    let mut all = [0.0f64; 16];
    for histogram in histograms {
        all.iter_mut().zip(histogram).for_each(|(all, &n)| *all += f64::from(n));
    }
    let total: f64 = all.iter().sum::<f64>() + 1.0;
    let neighbours = |context: usize| {
        let (column, row) = (context % width, context / width % height);
        [
            (column > 0).then(|| context - 1),
            (column + 1 < width).then_some(context + 1),
            (row > 0).then(|| context - width),
            (row + 1 < height).then_some(context + width),
        ]
    };
    let blend = |context: usize| {
        let mut around = [0.0f64; 16];
        for other in neighbours(context).into_iter().flatten().filter_map(|at| histograms.get(at)) {
            around.iter_mut().zip(other).for_each(|(around, &n)| *around += f64::from(n));
        }
        let sum: f64 = around.iter().sum::<f64>().max(1.0);
        std::array::from_fn(|s| {
            (f64::from(histograms[context][s]) + 3.0 * around[s] / sum + 0.3 * all[s] / total) as f32
        })
    };
    (0..histograms.len()).map(blend).collect()
}

/// Contexts in order of their values' sizes, cut where the square roots of
/// their counts sum up to equal parts.
fn first_means(smoothed: &[[f32; 16]], seen: &[usize], count: usize) -> Vec<[f32; 16]> {
    let mut order = seen.to_vec();
    order.sort_by(|&a, &b| size(&smoothed[a]).total_cmp(&size(&smoothed[b])).then(a.cmp(&b)));
    let root = |context: usize| smoothed[context].iter().sum::<f32>().sqrt();
    let total: f32 = order.iter().map(|&context| root(context)).sum();
    let mut means = vec![[1e-3; 16]; count];
    let mut before = 0.0;
    for context in order {
        let part = (before / total * count as f32) as usize;
        add(&mut means[part.min(count - 1)], &smoothed[context]);
        before += root(context);
    }
    means
}

/// Mean magnitude of a histogram's values, positive ones a little larger.
/// Symbol 6 is the value 0.
fn size(histogram: &[f32; 16]) -> f32 {
    let (mut sum, mut total) = (0.0, 1e-9);
    for (symbol, &n) in histogram.iter().enumerate() {
        let value = symbol as f32 - 6.0;
        sum += n * (value.abs() + 0.3 * value);
        total += n;
    }
    sum / total
}

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

/// Bits of each symbol in each distribution.
fn costs(means: &[[f32; 16]], symbols: usize) -> Vec<[f32; 16]> {
    let cost = |mean: &[f32; 16]| {
        let sum: f32 = mean[..symbols].iter().sum();
        mean.map(|n| -(n / sum).max(1.0 / 8192.0).log2())
    };
    means.iter().map(cost).collect()
}

/// The distribution that is cheapest for a histogram, the first of equals.
fn nearest(histogram: &[f32; 16], costs: &[[f32; 16]]) -> usize {
    let bits = |cost: &[f32; 16]| histogram.iter().zip(cost).map(|(n, bits)| n * bits).sum::<f32>();
    let by_bits = costs.iter().map(bits).enumerate().min_by(|a, b| a.1.total_cmp(&b.1));
    by_bits.map_or(0, |(at, _)| at)
}

/// Frequencies of what the map gathers; distributions nobody has are dropped.
fn finished(histograms: &[Histogram], map: &[usize], count: usize, symbols: usize) -> Clusters {
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

/// SymbolCounts as 4,096ths, none of the first `symbols` below 1.
fn frequencies(counts: &[u64; 16], symbols: usize) -> [u16; 16] {
    let weights = counts.map(|n| n as f64 + 0.05);
    let sum: f64 = weights[..symbols].iter().sum();
    let mut frequencies = [0u16; 16];
    for (frequency, weight) in frequencies.iter_mut().zip(weights).take(symbols) {
        *frequency = (weight / sum * 4096.0).max(1.0) as u16;
    }
    // Rounding is made up for by the most frequent, which has at least 256.
    let rest = 4096 - frequencies.iter().map(|&n| i32::from(n)).sum::<i32>();
    let most = (0..symbols).max_by_key(|&s| (frequencies[s], symbols - s)).unwrap_or(0);
    frequencies[most] = (i32::from(frequencies[most]) + rest) as u16;
    frequencies
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequencies_sum_to_4096_and_leave_no_symbol_out() {
        for counts in [[0; 16], [1_000_000; 16], std::array::from_fn(|s| if s == 3 { 1 << 40 } else { 0 })] {
            for symbols in [4, 16] {
                let found = frequencies(&counts, symbols);
                assert_eq!(found.iter().map(|&n| u32::from(n)).sum::<u32>(), 4096);
                assert!(found[..symbols].iter().all(|&n| n > 0) && found[symbols..].iter().all(|&n| n == 0));
            }
        }
    }

    #[test]
    fn contexts_of_two_kinds_get_two_distributions() {
        let small = std::array::from_fn(|s| if s == 6 { 900 } else { 10 });
        let large = std::array::from_fn(|s| if s == 15 { 900 } else { 10 });
        let histograms: Vec<Histogram> =
            (0..48).map(|context| if context < 24 { small } else { large }).collect();
        let clusters = cluster(&histograms, (12, 2), 16, 2);
        assert_eq!(clusters.map[..24], [0; 24]);
        assert_eq!(clusters.map[24..], [1; 24]);
        assert!(clusters.distributions[0][6] > 3000 && clusters.distributions[1][15] > 3000);
    }

    #[test]
    fn unseen_contexts_follow_a_neighbour_or_copy_what_was_before() {
        let mut histograms = vec![[0; 16]; 120];
        histograms[0] = std::array::from_fn(|s| if s == 6 { 900 } else { 10 });
        histograms[60] = std::array::from_fn(|s| if s == 15 { 900 } else { 10 });
        let map = cluster(&histograms, (12, 10), 16, 8).map;
        let other: Vec<usize> = (0..120).filter(|&context| map[context] != 0).collect();
        assert_eq!(other, [48, 60, 61, 72], "the seen one and those next to it");
    }

    #[test]
    fn no_counts_at_all_give_one_distribution() {
        let clusters = cluster(&[[0; 16]; 144], (12, 1), 4, 32);
        assert_eq!(
            (clusters.map, clusters.distributions),
            (vec![0; 144], vec![[1024, 1024, 1024, 1024, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]])
        );
    }
}
