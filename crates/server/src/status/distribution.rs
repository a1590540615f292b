//! What a histogram says of times.

use super::text;
use prometheus::proto::Histogram;

/// The sum of histograms with the same buckets.
#[derive(Default)]
pub struct Distribution {
    buckets: Vec<Bucket>,
    count: u64,
}

/// A bucket of a histogram.
#[derive(Clone, Copy)]
struct Bucket {
    /// The largest value in it.
    bound: f64,
    /// Number of values in it and in all buckets before it.
    cumulative: u64,
}

/// A time in seconds, as far as buckets tell it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantile {
    /// About this one.
    About(f64),
    /// A longer one than this, which is the largest bound of all buckets.
    Above(f64),
}

impl Quantile {
    /// It in words.
    pub fn text(self) -> String {
        match self {
            Self::About(seconds) => text::seconds(seconds),
            Self::Above(seconds) => format!("over {}", text::seconds(seconds)),
        }
    }
}

impl Distribution {
    /// Adds the values of `histogram`.
    pub fn add(&mut self, histogram: &Histogram) {
        self.count += histogram.get_sample_count();
        for (at, bucket) in histogram.get_bucket().iter().enumerate() {
            let cumulative = bucket.cumulative_count();
            match self.buckets.get_mut(at) {
                Some(sum) => sum.cumulative += cumulative,
                None => self.buckets.push(Bucket { bound: bucket.upper_bound(), cumulative }),
            }
        }
    }

    /// Number of values.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The value that this `share` of all values, 0 to 1, is not above, as Prometheus estimates
    /// it: as if the values in a bucket were spread evenly. `None` if there are no values.
    pub fn quantile(&self, share: f64) -> Option<Quantile> {
        if self.count == 0 {
            return None;
        }
        let rank = share * self.count as f64;
        let mut before = Bucket { bound: 0.0, cumulative: 0 };
        for bucket in self.buckets.iter().filter(|bucket| bucket.bound.is_finite()) {
            if bucket.cumulative as f64 >= rank {
                let values = (bucket.cumulative - before.cumulative).max(1) as f64;
                let part = (rank - before.cumulative as f64) / values;
                return Some(Quantile::About(before.bound + part * (bucket.bound - before.bound)));
            }
            before = *bucket;
        }
        Some(Quantile::Above(before.bound))
    }

    /// The text of [`Self::quantile`].
    pub fn quantile_text(&self, share: f64) -> String {
        self.quantile(share).map_or_else(|| text::NONE.to_owned(), Quantile::text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus::core::Collector;
    use prometheus::{Histogram as Recorder, HistogramOpts};

    /// Adds `values` in buckets up to 1, 2 and 4.
    fn add(sum: &mut Distribution, values: &[f64]) {
        let buckets = vec![1.0, 2.0, 4.0];
        let recorder = Recorder::with_opts(HistogramOpts::new("a", "b").buckets(buckets)).unwrap();
        for value in values {
            recorder.observe(*value);
        }
        sum.add(recorder.collect()[0].get_metric()[0].get_histogram());
    }

    fn distribution(values: &[f64]) -> Distribution {
        let mut distribution = Distribution::default();
        add(&mut distribution, values);
        distribution
    }

    #[test]
    fn quantiles_are_those_that_prometheus_estimates() {
        let even = distribution(&[0.5, 1.5, 1.5, 3.0]);
        for (share, expected) in [(0.0, 0.0), (0.25, 1.0), (0.5, 1.5), (0.75, 2.0), (1.0, 4.0)] {
            assert_eq!(even.quantile(share), Some(Quantile::About(expected)), "{share}");
        }
        assert_eq!(distribution(&[]).quantile(0.5), None);
    }

    #[test]
    fn what_is_above_all_buckets_is_said_to_be() {
        let slow = distribution(&[0.5, 9.0, 9.0]);
        assert_eq!(slow.quantile(0.99), Some(Quantile::Above(4.0)));
        assert_eq!(slow.quantile_text(0.99), "over 4.00 s");
    }

    #[test]
    fn histograms_are_added_bucket_by_bucket() {
        let mut sum = distribution(&[0.5, 0.5]);
        add(&mut sum, &[3.0, 3.0]);
        assert_eq!((sum.count(), sum.quantile(0.5)), (4, Some(Quantile::About(1.0))));
    }
}
