//! Groups contexts that share a distribution.

/// How often each of 16 symbols occurred in a context.
pub(super) type Histogram = [u32; 16];

/// Rounds of reassigning contexts to distributions.
const ROUNDS: usize = 12;
/// The bits that a context has to save to have another distribution than one it could
/// copy. In the compressed model a map is runs and copies of rows, and an entry that
/// differs ends one: it takes a literal and a new copy, about 12 bits. The sample is
/// small, so what saves less on it is mostly noise.
const PRICE: f32 = 12.0;

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
    /// The contexts before `context` whose distributions it could copy: the one before
    /// it, and those at its place in the row and in the group of rows before.
    fn copied(self, context: usize) -> impl Iterator<Item = usize> {
        [1, self.width, self.width * self.height]
            .into_iter()
            .filter_map(move |back| context.checked_sub(back))
    }

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

/// A distribution that a context may have.
#[derive(Clone, Copy)]
struct Choice {
    /// Its index.
    distribution: usize,
    /// What the context's symbols take with it.
    bits: f32,
}

impl Choice {
    fn new(histogram: &[f32; 16], costs: &[[f32; 16]], distribution: usize) -> Self {
        let bits = histogram.iter().zip(&costs[distribution]).map(|(n, bits)| n * bits).sum();
        Self { distribution, bits }
    }

    /// The cheapest of `distributions` for a histogram, the first of equals.
    fn cheapest(
        histogram: &[f32; 16],
        costs: &[[f32; 16]],
        distributions: impl Iterator<Item = usize>,
    ) -> Option<Self> {
        distributions
            .map(|distribution| Self::new(histogram, costs, distribution))
            .min_by(|a, b| a.bits.total_cmp(&b.bits))
    }
}

/// The cheapest of all distributions for a histogram.
fn nearest(histogram: &[f32; 16], costs: &[[f32; 16]]) -> Choice {
    Choice::cheapest(histogram, costs, 0..costs.len()).expect("there is at least one distribution")
}

/// The distribution of each context: a copied one unless its own saves [`PRICE`] bits.
fn assigned(smoothed: &[[f32; 16]], costs: &[[f32; 16]], grouping: Grouping) -> Vec<usize> {
    let mut map: Vec<usize> = Vec::with_capacity(smoothed.len());
    for (context, histogram) in smoothed.iter().enumerate() {
        let own = nearest(histogram, costs);
        let copied = Choice::cheapest(histogram, costs, grouping.copied(context).map(|at| map[at]));
        let choice = copied.filter(|copied| copied.bits < own.bits + PRICE).unwrap_or(own);
        map.push(choice.distribution);
    }
    map
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
