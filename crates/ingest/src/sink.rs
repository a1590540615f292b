//! Where encoded tiles go.

use crate::PackSlideError;
use crate::encode::{Content, EncodedTile};
use origami_pack::{LevelReport, PackWriter, QualityReport};
use origami_quality::{Measured, SAMPLE, report, sample_rank};
use std::collections::BTreeMap;

/// The writer, and by level the sums and samples that the report needs.
pub(crate) struct PackSink {
    pub writer: PackWriter,
    jpeg_bytes: BTreeMap<u32, u64>,
    samples: BTreeMap<u32, Vec<(u64, Measured)>>,
}

impl PackSink {
    pub fn new(writer: PackWriter) -> Self {
        Self { writer, jpeg_bytes: BTreeMap::new(), samples: BTreeMap::new() }
    }

    /// Takes the next tiles.
    pub fn write(&mut self, tiles: &[EncodedTile]) -> Result<(), PackSlideError> {
        tiles.iter().try_for_each(|tile| self.write_tile(tile))
    }

    fn write_tile(&mut self, tile: &EncodedTile) -> Result<(), PackSlideError> {
        match &tile.content {
            Content::Blob(bytes, identity) => self.writer.blob_as(tile.id, bytes, *identity)?,
            Content::Blank(colour) => self.writer.blank(tile.id, *colour),
            Content::Constant(dc) => self.writer.constant(tile.id, *dc),
            Content::Empty => self.writer.empty(tile.id),
        }
        *self.jpeg_bytes.entry(tile.id.z).or_default() += tile.jpeg_bytes;
        let measured = tile.measured.map(|measured| (sample_rank(tile.id), measured));
        self.samples.entry(tile.id.z).or_default().extend(measured);
        Ok(())
    }

    /// What each level takes, coarse to fine.
    pub fn levels(&self) -> Vec<LevelReport> {
        let mut levels = self.writer.reports().to_vec();
        for level in &mut levels {
            level.jpeg_bytes = self.jpeg_bytes.get(&level.z).copied().unwrap_or(0);
        }
        levels
    }

    /// Quality of the stored levels, coarse to fine.
    pub fn stored_quality(&mut self) -> Vec<QualityReport> {
        let of_level = |(&z, sample): (&u32, &mut Vec<(u64, Measured)>)| {
            // A few more than wanted may have been measured on the way.
            sample.sort_unstable_by_key(|&(rank, _)| rank);
            let sample: Vec<_> = sample.iter().take(SAMPLE as usize).map(|&(_, tile)| tile).collect();
            report(z, &sample)
        };
        self.samples.iter_mut().filter_map(of_level).collect()
    }
}
