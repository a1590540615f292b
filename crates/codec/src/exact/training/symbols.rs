//! Counts symbols by context and groups the contexts.

use super::clusters::{Grouping, Histogram, cluster};
use crate::exact::token::{ContextSet, TokenSink};
use crate::exact::{AC_CONTEXTS, DC_CONTEXTS, LAST_HIGH_CONTEXTS, LAST_LOW_CONTEXTS};

/// How often each symbol was coded in each context.
pub(super) struct SymbolCounts {
    ac: Vec<Histogram>,
    dc: Vec<Histogram>,
    last_high: Vec<Histogram>,
    last_low: Vec<Histogram>,
}

/// The distributions of a plane, and the index of each context's distribution.
pub(super) struct ClusteredContexts {
    pub(super) distributions: Vec<[u16; 16]>,
    pub(super) ac: Vec<u8>,
    pub(super) dc: Vec<u8>,
    pub(super) last_high: Vec<u8>,
    pub(super) last_low: Vec<u8>,
}

impl SymbolCounts {
    /// Counts of 0.
    pub(super) fn new() -> Self {
        Self {
            ac: vec![[0; 16]; AC_CONTEXTS],
            dc: vec![[0; 16]; DC_CONTEXTS],
            last_high: vec![[0; 16]; LAST_HIGH_CONTEXTS],
            last_low: vec![[0; 16]; LAST_LOW_CONTEXTS],
        }
    }

    /// Groups the contexts, those of AC tokens into at most
    /// `max_ac_distributions` distributions.
    pub(super) fn clustered(&self, max_ac_distributions: usize) -> ClusteredContexts {
        let ac = Grouping { width: 12, height: 10, symbols: 16, max_distributions: max_ac_distributions };
        let dc = Grouping { width: 12, height: 12, symbols: 16, max_distributions: 16 };
        let last_high = Grouping { width: 12, height: 18, symbols: 16, max_distributions: 32 };
        let last_low = Grouping { width: 12, height: 16, symbols: 4, max_distributions: 32 };
        let mut distributions = Vec::new();
        ClusteredContexts {
            ac: append_clusters(&mut distributions, &self.ac, ac),
            dc: append_clusters(&mut distributions, &self.dc, dc),
            last_high: append_clusters(&mut distributions, &self.last_high, last_high),
            last_low: append_clusters(&mut distributions, &self.last_low, last_low),
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
            ContextSet::Ac => &mut self.ac,
            ContextSet::Dc => &mut self.dc,
            ContextSet::LastHigh => &mut self.last_high,
            ContextSet::LastLow => &mut self.last_low,
        };
        histograms[context][symbol] += 1;
    }

    fn raw(&mut self, _value: u32, _bits: u32) {}
}
