//! Bytes by level: in the pack, and as the tiles are served.

use crate::MeasureError;
use crate::error::undecodable;
use crate::work::{Stop, threads};
use origami_codec::{CodecError, Colour, SharedHeader};
use origami_pack::{Entry, Identity, Level, Pack};
use origami_pyramid::{Family, Subsampling, TileId};
use origami_render::{Families, FamilyVisitor, RebuildError, TileJpeg};
use origami_units::size::megabytes;
use rayon::prelude::*;
use serde::Serialize;
use std::num::NonZeroUsize;
use std::ops::Add;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

/// How many times the scan of a one-colour tile of its size a tile's scan takes
/// at most to count as glass.
const GLASS: u64 = 2;

/// Bytes of EOI, the marker that ends a JPEG.
const EOI_LEN: u64 = 2;

/// Tiles and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TileCounts {
    /// Tiles of the level.
    pub tiles: u64,
    /// Tiles of one colour, which take no bytes in the pack.
    pub blank: u64,
    /// Tiles that are their prediction, which take no bytes in the pack.
    pub empty: u64,
    /// Tiles that show next to nothing, blank ones included: as served, their
    /// scan takes at most twice that of a one-colour tile of their size.
    pub glass: u64,
    /// In packs of coefficients: tiles served byte for byte as a plain pyramid,
    /// or the source, holds them. 0 in other packs, as are the next two.
    pub same_bytes: u64,
    /// Tiles served with the same coefficients, in other bytes.
    pub same_coefficients: u64,
    /// Tiles kept as the very files they are served as.
    pub verbatim: u64,
    /// Bytes of the tiles in the pack, without headers, tables and index.
    pub pack: u64,
    /// The part of `pack` that is glass.
    pub pack_glass: u64,
    /// Bytes of the tiles as they are served: complete JPEGs with the standard
    /// Huffman tables.
    pub served: u64,
    /// The part of `served` that is glass.
    pub served_glass: u64,
    /// Bytes of the served tiles without their headers: the entropy-coded scans.
    pub scans: u64,
}

impl Add for TileCounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            tiles: self.tiles + other.tiles,
            blank: self.blank + other.blank,
            empty: self.empty + other.empty,
            glass: self.glass + other.glass,
            same_bytes: self.same_bytes + other.same_bytes,
            same_coefficients: self.same_coefficients + other.same_coefficients,
            verbatim: self.verbatim + other.verbatim,
            pack: self.pack + other.pack,
            pack_glass: self.pack_glass + other.pack_glass,
            served: self.served + other.served,
            served_glass: self.served_glass + other.served_glass,
            scans: self.scans + other.scans,
        }
    }
}

impl TileCounts {
    /// One tile: its index entry, and the JPEG that is served.
    fn of(entry: Entry, level: &Level, jpeg: &[u8], flat_scan: u64) -> Result<Self, CodecError> {
        let header = SharedHeader::of(jpeg)?.bytes().len() as u64;
        let served = jpeg.len() as u64;
        let scans = served.saturating_sub(header + EOI_LEN);
        let pack = Pack::blob_range(entry).map_or(0, |range| range.end - range.start);
        let glass = scans <= GLASS * flat_scan;
        let identity = level.header().map(|_| match entry {
            Entry::Blob { identity, .. } => identity,
            Entry::Blank { .. } | Entry::Constant { .. } | Entry::Empty => Identity::Bytes,
        });
        let is = |kind| u64::from(identity == Some(kind));
        let if_glass = |bytes| if glass { bytes } else { 0 };
        Ok(Self {
            tiles: 1,
            blank: u64::from(matches!(entry, Entry::Blank { .. } | Entry::Constant { .. })),
            empty: u64::from(matches!(entry, Entry::Empty)),
            glass: u64::from(glass),
            same_bytes: is(Identity::Bytes),
            same_coefficients: is(Identity::Coefficients),
            verbatim: is(Identity::Verbatim),
            pack,
            pack_glass: if_glass(pack),
            served,
            served_glass: if_glass(served),
            scans,
        })
    }

    /// For people: tiles, blank, empty and glass ones; pack, served, scans,
    /// `plain` JPEGs, and pack over served.
    #[must_use]
    pub fn shown(&self, plain: Option<u64>) -> [String; 9] {
        let Self { tiles, blank, empty, glass, pack, served, scans, .. } = *self;
        let [tiles, blank, empty, glass] = [tiles, blank, empty, glass].map(|count| count.to_string());
        let ratio = format!("{:.3}", pack as f64 / served.max(1) as f64);
        let [pack, served, scans] = [pack, served, scans].map(megabytes);
        let plain = plain.map_or("-".into(), megabytes);
        [tiles, blank, empty, glass, pack, served, scans, plain, ratio]
    }
}

/// What one level takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LevelBytes {
    /// Deep Zoom level.
    pub z: u32,
    /// How its tiles are kept.
    pub mode: &'static str,
    /// Tiles and bytes.
    #[serde(flatten)]
    pub counts: TileCounts,
    /// Bytes of the same tiles as plain JPEGs of the same quality, as found when
    /// the slide was packed; `None` if that was not measured.
    pub plain: Option<u64>,
}

/// Bytes of every level of `pack`, coarse to fine. Every tile is rebuilt as it
/// is served; `progress` is told the tiles of each step, together all tiles of
/// the pack.
///
/// # Errors
/// If the pack is damaged, or somebody asked to stop.
pub fn bytes(
    pack: &Pack,
    workers: NonZeroUsize,
    interrupted: &AtomicBool,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<LevelBytes>, MeasureError> {
    let stop = Stop::new(interrupted);
    let (families, cache) = Families::for_whole_packs();
    let parents = cache.of(pack);
    let counting = Counting { pack, counts: Mutex::new(vec![TileCounts::default(); pack.levels().len()]) };
    let pyramid = pack.pyramid();
    let count = |family: Family| -> Result<(), MeasureError> {
        stop.check()?;
        families.visit(pack, family, &parents, &counting)?;
        progress(pyramid.family_tiles(family).count() as u64);
        Ok(())
    };
    let all: Vec<Family> = pyramid.all_families().collect();
    threads(workers)?.install(|| all.into_par_iter().try_for_each(count))?;
    let counts = counting.counts.into_inner().unwrap_or_else(PoisonError::into_inner);
    let level = |(z, counts): (u32, TileCounts)| {
        let plain = pack.metadata().levels.iter().find(|level| level.z == z).map(|level| level.jpeg_bytes);
        let mode = pack.level(z).map_or("", |level| level.mode.name());
        LevelBytes { z, mode, counts, plain: plain.filter(|&bytes| bytes > 0) }
    };
    Ok((0..).zip(counts).map(level).collect())
}

/// TileCounts every tile it is given.
struct Counting<'a> {
    pack: &'a Pack,
    /// By level.
    counts: Mutex<Vec<TileCounts>>,
}

impl FamilyVisitor for Counting<'_> {
    fn wants(&self, _: TileId) -> bool {
        true
    }

    fn take(&self, id: TileId, tile: Result<TileJpeg, RebuildError>) -> Result<(), RebuildError> {
        let (entry, jpeg) = (self.pack.entry(id)?, tile?);
        let rect = self.pack.pyramid().tile_rect(id).expect("a tile with an entry lies in the grid");
        let level = self.pack.level(id.z).expect("a level with an entry");
        let rgb = level.header().is_some_and(|header| header.colour() == Colour::Rgb);
        let flat = flat_scan(rect.width, rect.height, level.subsampling, rgb);
        let counts = TileCounts::of(entry, level, &jpeg, flat);
        let counts = counts.map_err(|error| undecodable(self.pack, id, error))?;
        let mut all = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        all[id.z as usize] = all[id.z as usize] + counts;
        Ok(())
    }
}

/// Bytes of the scan of a tile of one colour with the standard Huffman tables,
/// but for the first block's DC. Every other block is a DC difference of 0 (2
/// bits) and an end of block (4 bits for luma and RGB, 2 for chroma).
fn flat_scan(width: u32, height: u32, subsampling: Subsampling, rgb: bool) -> u64 {
    let (across, down) = subsampling.factors();
    let mcus = u64::from(width).div_ceil(8 * across as u64) * u64::from(height).div_ceil(8 * down as u64);
    let luma = 6 * (across * down) as u64;
    let chroma = match subsampling {
        Subsampling::Gray => 0,
        _ if rgb => 2 * 6,
        _ => 2 * 4,
    };
    (mcus * (luma + chroma)).div_ceil(8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_codec::{Encoder, encoded_bound};
    use origami_pyramid::Ycc;

    #[test]
    fn the_scan_of_a_one_colour_tile_is_known_without_encoding_it() {
        for subsampling in [Subsampling::S420, Subsampling::S422, Subsampling::S444, Subsampling::Gray] {
            for (width, height) in [(256, 256), (240, 240), (37, 200), (1, 1), (8, 17)] {
                let mut tile = Ycc::zeros(width, height, subsampling);
                // Each plane's first DC difference is 0 too.
                tile.fill([128; 3]);
                let mut out = vec![0; encoded_bound(width, height, subsampling)];
                let len = Encoder::new().unwrap().encode(&mut tile, 80, &mut out).unwrap();
                let header = SharedHeader::of(&out[..len]).unwrap().bytes().len();
                let expected = (len - header) as u64 - EOI_LEN;
                assert_eq!(flat_scan(width as u32, height as u32, subsampling, false), expected);
            }
        }
    }
}
