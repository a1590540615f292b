//! Passes encoded tiles to the pack's writer and collects statistics for the reports.

use crate::PackSlideError;
use crate::encode::{Content, EncodedTile};
use origami_pack::{LevelReport, ModelChoice, PackWriter, QualityReport};
use origami_quality::{Measured, SAMPLE, report, sample_rank};
use std::collections::BTreeMap;

/// The pack's writer, with the sums and samples of each level for the report.
pub(crate) struct PackSink {
    pub writer: PackWriter,
    /// Bytes of the tiles as plain JPEGs, by level.
    jpeg_bytes: BTreeMap<u32, u64>,
    samples: BTreeMap<u32, Vec<SampledTile>>,
}

/// A measured tile, with its place in the order in which tiles are sampled.
struct SampledTile {
    rank: u64,
    measured: Measured,
}

impl PackSink {
    pub fn new(writer: PackWriter) -> Self {
        Self { writer, jpeg_bytes: BTreeMap::new(), samples: BTreeMap::new() }
    }

    /// Writes the next tiles.
    pub fn write(&mut self, tiles: &[EncodedTile]) -> Result<(), PackSlideError> {
        tiles.iter().try_for_each(|tile| self.write_tile(tile))
    }

    fn write_tile(&mut self, tile: &EncodedTile) -> Result<(), PackSlideError> {
        match &tile.content {
            Content::Blob(bytes, identity) => {
                self.writer.blob_as(tile.id, bytes, *identity, ModelChoice::First)?
            }
            Content::Blank(colour) => self.writer.blank(tile.id, *colour),
            Content::Constant(dc) => self.writer.constant(tile.id, *dc),
            Content::Empty => self.writer.empty(tile.id),
        }
        *self.jpeg_bytes.entry(tile.id.z).or_default() += tile.jpeg_bytes;
        let sampled = tile.measured.map(|measured| SampledTile { rank: sample_rank(tile.id), measured });
        self.samples.entry(tile.id.z).or_default().extend(sampled);
        Ok(())
    }

    /// The sizes of all levels, coarse to fine.
    pub fn levels(&self) -> Vec<LevelReport> {
        let mut levels = self.writer.reports().to_vec();
        for level in &mut levels {
            level.jpeg_bytes = self.jpeg_bytes.get(&level.z).copied().unwrap_or(0);
        }
        levels
    }

    /// The quality of the stored levels, coarse to fine.
    pub fn stored_quality(&mut self) -> Vec<QualityReport> {
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
