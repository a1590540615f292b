//! All results of comparing a pack, in the layout of their JSON.

use super::{LevelBytes, LevelQuality, SourceFacts, TileCounts};
use crate::difference::IDENTICAL;
use origami_pack::{Level, Pack};
use serde::Serialize;

/// The facts of a pack.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PackFacts {
    /// Path of the file.
    pub path: String,
    /// Length of the file in bytes.
    pub bytes: u64,
    /// The generation in 16 hexadecimal digits.
    pub generation: String,
    /// Width of the slide in pixels.
    pub width: u32,
    /// Height of the slide in pixels.
    pub height: u32,
    /// Side of a tile in pixels.
    pub tile_size: u32,
    /// Mode of the finest level.
    pub mode: &'static str,
    /// JPEG quality of the finest level's served tiles, 1 to 100; `None` if their
    /// quantisation tables are the slide's own, or those of no quality.
    pub quality: Option<u8>,
    /// The JPEG quality whose standard tables are nearest to those of the finest
    /// level's served tiles.
    pub quality_estimate: u8,
    /// Chroma subsampling of the served tiles.
    pub subsampling: &'static str,
}

impl PackFacts {
    /// The quality of the finest level's served tiles for people: `quality 80`, or
    /// `the slide's own tables (about q30)`.
    #[must_use]
    pub fn quality_text(&self) -> String {
        match self.quality {
            Some(quality) => format!("quality {quality}"),
            None => format!("the slide's own tables (about q{})", self.quality_estimate),
        }
    }
}

/// All levels together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Totals {
    /// Tiles and bytes of all levels.
    #[serde(flatten)]
    pub counts: TileCounts,
    /// Bytes of the pack's tiles as plain JPEGs, as measured when it was packed.
    pub plain: Option<u64>,
    /// Bytes of the pack's file over those of the plain pyramid or, if these are
    /// unknown, of the served tiles.
    pub ratio: f64,
}

/// The results: what a pack saves and what it costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Version of this layout: 1. Members may be added to it without a new version.
    pub version: u32,
    /// The pack.
    pub pack: PackFacts,
    /// All levels together.
    pub totals: Totals,
    /// Sizes of the levels, coarse to fine.
    pub levels: Vec<LevelBytes>,
    /// The slide that the pack was compared with, if any.
    pub source: Option<SourceFacts>,
    /// Quality of the levels, coarse to fine; empty without a slide.
    pub quality: Vec<LevelQuality>,
}

impl Comparison {
    /// Combines the results for `pack`, with its facts and the totals of `levels`.
    #[must_use]
    pub fn new(
        pack: &Pack,
        levels: Vec<LevelBytes>,
        source: Option<SourceFacts>,
        quality: Vec<LevelQuality>,
    ) -> Self {
        let size = pack.pyramid().size();
        let finest = pack.levels().last();
        let facts = PackFacts {
            path: pack.path().display().to_string(),
            bytes: pack.bytes(),
            generation: format!("{:016x}", pack.generation()),
            width: size.width,
            height: size.height,
            tile_size: pack.pyramid().tile_size(),
            mode: pack.mode().name(),
            quality: finest.and_then(Level::known_quality),
            quality_estimate: finest.map_or(0, Level::quality_estimate),
            subsampling: finest.map_or("", |level| level.subsampling.name()),
        };
        let counts = levels.iter().fold(TileCounts::default(), |sum, level| sum + level.counts);
        let plain = levels.iter().map(|level| level.plain).sum::<Option<u64>>();
        let ratio = pack.bytes() as f64 / plain.unwrap_or(counts.served).max(1) as f64;
        let totals = Totals { counts, plain, ratio };
        Self { version: 1, pack: facts, totals, levels, source, quality }
    }
}

/// A sentence on how many tiles are served with the bytes or coefficients of a plain
/// pyramid; `None` for packs that do not promise either.
#[must_use]
pub fn identity(counts: &TileCounts) -> Option<String> {
    let TileCounts { same_bytes, same_coefficients, verbatim, .. } = counts;
    (same_bytes + same_coefficients + verbatim > 0).then(|| {
        format!(
            "{same_bytes} tiles are served byte for byte as a plain pyramid holds them, \
             {same_coefficients} with the same coefficients, {verbatim} are kept verbatim"
        )
    })
}

/// PSNR in dB for people: `99+` for the highest value that is reported.
#[must_use]
pub fn decibels(psnr: f64) -> String {
    if psnr >= IDENTICAL { "99+".into() } else { format!("{psnr:.1}") }
}
