//! Which of a few distributions each context has.

use super::grouping::Grouping;

/// The bits that a context has to save to have another distribution than one it could
/// copy. In the compressed model a map is runs and copies of rows, and an entry that
/// differs ends one: it takes a literal and a new copy, about 12 bits. The sample is
/// small, so what saves less on it is mostly noise.
const PRICE: f32 = 12.0;

/// How many bits each symbol takes in each distribution.
pub(super) fn costs(means: &[[f32; 16]], symbols: usize) -> Vec<[f32; 16]> {
    means
        .iter()
        .map(|mean| {
            let sum: f32 = mean[..symbols].iter().sum();
            mean.map(|n| -libm::log2f((n / sum).max(1.0 / 8192.0)))
        })
        .collect()
}

/// A distribution that a context may have.
#[derive(Clone, Copy)]
pub(super) struct Choice {
    /// Its index.
    pub(super) distribution: usize,
    /// What the context's symbols take with it.
    bits: f32,
}

impl Choice {
    fn new(histogram: &[f32; 16], costs: &[[f32; 16]], distribution: usize) -> Self {
        Self { distribution, bits: dot_product(histogram, &costs[distribution]) }
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

/// The sum of the products, added in the order in which vectors add: the result has to be
/// the same on every machine, and most of the time of training is spent here.
fn dot_product(a: &[f32; 16], b: &[f32; 16]) -> f32 {
    let products: [f32; 16] = std::array::from_fn(|i| a[i] * b[i]);
    let eight: [f32; 8] = std::array::from_fn(|i| products[i] + products[i + 8]);
    let four: [f32; 4] = std::array::from_fn(|i| eight[i] + eight[i + 4]);
    (four[0] + four[2]) + (four[1] + four[3])
}

/// The cheapest of all distributions for a histogram.
pub(super) fn nearest(histogram: &[f32; 16], costs: &[[f32; 16]]) -> Choice {
    Choice::cheapest(histogram, costs, 0..costs.len()).expect("there is at least one distribution")
}

/// The distribution of each context: a copied one unless its own saves [`PRICE`] bits.
pub(super) fn assigned(smoothed: &[[f32; 16]], costs: &[[f32; 16]], grouping: Grouping) -> Vec<usize> {
    let mut map: Vec<usize> = Vec::with_capacity(smoothed.len());
    for (context, histogram) in smoothed.iter().enumerate() {
        let own = nearest(histogram, costs);
        let copied = Choice::cheapest(histogram, costs, grouping.copied(context).map(|at| map[at]));
        let choice = copied.filter(|copied| copied.bits < own.bits + PRICE).unwrap_or(own);
        map.push(choice.distribution);
    }
    map
}
