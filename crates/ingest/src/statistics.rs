//! Collects what is reported of a slide's tiles, where their pixels are at hand.

use crate::encode::EncodedTile;
use origami_pack::{LevelReport, QualityReport};
use origami_quality::{Measured, SAMPLE, report, sample_rank};
use std::collections::BTreeMap;

/// Sums and samples of each level for the report.
#[derive(Default)]
pub(crate) struct Statistics {
    /// Bytes of the tiles as plain JPEGs, by level.
    jpeg_bytes: BTreeMap<u32, u64>,
    samples: BTreeMap<u32, Vec<SampledTile>>,
}

/// A measured tile, with its place in the order in which tiles are sampled.
struct SampledTile {
    rank: u64,
    measured: Measured,
}

impl Statistics {
    /// Counts a tile.
    pub fn add(&mut self, tile: &EncodedTile) {
        *self.jpeg_bytes.entry(tile.id.z).or_default() += tile.jpeg_bytes;
        let sampled = tile.measured.map(|measured| SampledTile { rank: sample_rank(tile.id), measured });
        self.samples.entry(tile.id.z).or_default().extend(sampled);
    }

    /// `written`, the reports on what was written of each level, with the bytes of plain
    /// JPEGs.
    pub fn levels(&self, written: &[LevelReport]) -> Vec<LevelReport> {
        let mut levels = written.to_vec();
        for level in &mut levels {
            level.jpeg_bytes = self.jpeg_bytes.get(&level.z).copied().unwrap_or(0);
        }
        levels
    }

    /// The quality of the levels that were measured, coarse to fine.
    pub fn quality(&mut self) -> Vec<QualityReport> {
        self.samples.iter_mut().filter_map(|(&z, sample)| quality_of(z, sample)).collect()
    }
}

/// The quality of level `z`; `None` if no tile of it was measured.
fn quality_of(z: u32, sample: &mut [SampledTile]) -> Option<QualityReport> {
    // More tiles than the sample takes may have been measured during encoding.
    sample.sort_unstable_by_key(|tile| tile.rank);
    let sample: Vec<Measured> = sample.iter().take(SAMPLE as usize).map(|tile| tile.measured).collect();
    report(z, &sample)
}
