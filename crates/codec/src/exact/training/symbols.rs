//! Counts symbols by context and groups the contexts.

use super::clusters::{Histogram, cluster};
use super::grouping::Grouping;
use crate::exact::context::VALUE_CONTEXTS;
use crate::exact::token::{ContextSet, TokenSink};
use crate::exact::{AC_CONTEXTS, LAST_HIGH_CONTEXTS, LAST_LOW_CONTEXTS, RUN_CONTEXTS};

/// How often each symbol was coded in each context of a plane.
pub(super) struct SymbolCounts {
    /// Those of AC, then those of DC.
    values: Vec<Histogram>,
    last_high: Vec<Histogram>,
    last_low: Vec<Histogram>,
    runs: Vec<Histogram>,
}

/// The distributions of a plane, and the index of each context's distribution.
pub(super) struct ClusteredContexts {
    pub(super) distributions: Vec<[u16; 16]>,
    pub(super) ac: Vec<u8>,
    pub(super) dc: Vec<u8>,
    pub(super) last_high: Vec<u8>,
    pub(super) last_low: Vec<u8>,
    pub(super) runs: Vec<u8>,
}

impl Default for SymbolCounts {
    fn default() -> Self {
        Self {
            values: vec![[0; 16]; VALUE_CONTEXTS],
            last_high: vec![[0; 16]; LAST_HIGH_CONTEXTS],
            last_low: vec![[0; 16]; LAST_LOW_CONTEXTS],
            runs: vec![[0; 16]; RUN_CONTEXTS],
        }
    }
}

impl SymbolCounts {
    /// Adds the counts of `other`.
    pub(super) fn merge(&mut self, other: &Self) {
        let Self { values, last_high, last_low, runs } = self;
        let pairs = [
            (values, &other.values),
            (last_high, &other.last_high),
            (last_low, &other.last_low),
            (runs, &other.runs),
        ];
        for (counts, other) in pairs {
            let counts = counts.as_flattened_mut().iter_mut();
            counts.zip(other.as_flattened()).for_each(|(count, other)| *count += other);
        }
    }

    /// The number of symbols that were counted.
    #[cfg(test)]
    pub(super) fn total(&self) -> u32 {
        [&self.values, &self.last_high, &self.last_low, &self.runs].into_iter().flatten().flatten().sum()
    }

    /// Groups the contexts, those of AC tokens into at most
    /// `max_ac_distributions` distributions.
    pub(super) fn clustered(&self, max_ac_distributions: usize) -> ClusteredContexts {
        let ac = Grouping { width: 12, height: 10, symbols: 16, max_distributions: max_ac_distributions };
        let dc = Grouping { width: 12, height: 8, symbols: 16, max_distributions: 24 };
        let last_high = Grouping { width: 12, height: 18, symbols: 16, max_distributions: 32 };
        let last_low = Grouping { width: 12, height: 16, symbols: 4, max_distributions: 32 };
        let runs = Grouping { width: 2, height: 8, symbols: 16, max_distributions: 8 };
        let (ac_counts, dc_counts) = self.values.split_at(AC_CONTEXTS);
        let mut distributions = Vec::new();
        ClusteredContexts {
            ac: append_clusters(&mut distributions, ac_counts, ac),
            dc: append_clusters(&mut distributions, dc_counts, dc),
            last_high: append_clusters(&mut distributions, &self.last_high, last_high),
            last_low: append_clusters(&mut distributions, &self.last_low, last_low),
            runs: append_clusters(&mut distributions, &self.runs, runs),
            distributions,
        }
    }
}

/// Groups the contexts of one set and appends their distributions to
/// `distributions`. Returns each context's index among these.
fn append_clusters(
    distributions: &mut Vec<[u16; 16]>,
    histograms: &[Histogram],
    grouping: Grouping,
) -> Vec<u8> {
    let clusters = cluster(histograms, grouping);
    let first = distributions.len() as u8;
    distributions.extend(clusters.distributions);
    clusters.map.into_iter().map(|at| first + at).collect()
}

impl TokenSink for SymbolCounts {
    fn token(&mut self, set: ContextSet, context: usize, symbol: usize) {
        let histograms = match set {
            ContextSet::Value => &mut self.values,
            ContextSet::LastHigh => &mut self.last_high,
            ContextSet::LastLow => &mut self.last_low,
            ContextSet::Run => &mut self.runs,
        };
        histograms[context][symbol] += 1;
    }

    fn raw(&mut self, _value: u32, _bits: u32) {}
}
