//! Counts the bytes of each level, in the pack and as its tiles are served.

use crate::MeasureError;
use crate::error::undecodable;
use crate::work::{Stop, threads};
use origami_codec::{CodecError, Coefficients, Colour, SharedHeader, TileHeader, read_coefficients};
use origami_pack::{Entry, Identity, Level, Pack};
use origami_pyramid::{Family, Size, Subsampling, TileId};
use origami_render::{BulkRenderer, FamilyVisitor, RebuildError, TileJpeg};
use origami_units::size::megabytes;
use rayon::prelude::*;
use serde::Serialize;
use std::num::NonZeroUsize;
use std::ops::Add;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

/// A tile counts as glass if its scan, with the standard Huffman tables, is at most this many
/// times as long as that of a one-colour tile of its size.
const GLASS: u64 = 2;

/// Maximum number of blocks of a tile whose coefficients are read: those of a square one of
/// 4,096 px in 4:4:4.
const MAX_BLOCKS: usize = 3 << 18;

/// Length of EOI, the marker that ends a JPEG, in bytes.
const EOI_LEN: u64 = 2;

/// Numbers of tiles and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TileCounts {
    /// Tiles of the level.
    pub tiles: u64,
    /// Tiles of one colour, which take no bytes in the pack.
    pub blank: u64,
    /// Tiles equal to their prediction, which take no bytes in the pack.
    pub empty: u64,
    /// Tiles that show hardly anything, including blank ones: with the standard Huffman tables
    /// their scan is at most twice as long as that of a one-colour tile of their size.
    pub glass: u64,
    /// In packs of coefficients: tiles served byte for byte as they are in a plain
    /// pyramid, or in the source. 0 in other packs, like the next two.
    pub same_bytes: u64,
    /// Tiles served with the same coefficients, but different bytes.
    pub same_coefficients: u64,
    /// Tiles stored as the complete JPEGs that are served.
    pub verbatim: u64,
    /// Bytes of the tiles in the pack, without headers, tables and index.
    pub pack: u64,
    /// The part of `pack` that belongs to glass tiles.
    pub pack_glass: u64,
    /// Bytes of the tiles as they are served: complete JPEGs.
    pub served: u64,
    /// The part of `served` that belongs to glass tiles.
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
    /// The counts of one tile, given its index entry, the JPEG that is served, and the
    /// length of a one-colour tile's scan.
    fn for_tile(entry: Entry, level: &Level, jpeg: &[u8], flat_scan: u64) -> Result<Self, CodecError> {
        let header = SharedHeader::of(jpeg)?.bytes().len() as u64;
        let served = jpeg.len() as u64;
        let scans = served.saturating_sub(header + EOI_LEN);
        let pack = Pack::blob_range(entry).map_or(0, |range| range.end - range.start);
        let is_glass = standard_scan(jpeg).unwrap_or(scans) <= GLASS * flat_scan;
        let identity = level.header().map(|_| match entry {
            Entry::Blob { identity, .. } => identity,
            Entry::Blank { .. } | Entry::Constant { .. } | Entry::Empty => Identity::Bytes,
        });
        Ok(Self {
            tiles: 1,
            blank: u64::from(matches!(entry, Entry::Blank { .. } | Entry::Constant { .. })),
            empty: u64::from(matches!(entry, Entry::Empty)),
            glass: u64::from(is_glass),
            same_bytes: u64::from(identity == Some(Identity::Bytes)),
            same_coefficients: u64::from(identity == Some(Identity::Coefficients)),
            verbatim: u64::from(identity == Some(Identity::Verbatim)),
            pack,
            pack_glass: if is_glass { pack } else { 0 },
            served,
            served_glass: if is_glass { served } else { 0 },
            scans,
        })
    }

    /// The cells of a table row: numbers of tiles, blank, empty and glass ones; sizes
    /// of pack, served JPEGs, scans and `plain` JPEGs; and pack over served.
    #[must_use]
    pub fn cells(&self, plain: Option<u64>) -> [String; 9] {
        let Self { tiles, blank, empty, glass, pack, served, scans, .. } = *self;
        let [tiles, blank, empty, glass] = [tiles, blank, empty, glass].map(|count| count.to_string());
        let ratio = format!("{:.3}", pack as f64 / served.max(1) as f64);
        let [pack, served, scans] = [pack, served, scans].map(megabytes);
        let plain = plain.map_or("-".into(), megabytes);
        [tiles, blank, empty, glass, pack, served, scans, plain, ratio]
    }
}

/// The size of one level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LevelBytes {
    /// Deep Zoom level.
    pub z: u32,
    /// Name of its mode.
    pub mode: &'static str,
    /// Tiles and bytes.
    #[serde(flatten)]
    pub counts: TileCounts,
    /// Bytes of the same tiles as plain JPEGs of the same quality, as measured when
    /// the slide was packed; `None` if that was not measured.
    pub plain: Option<u64>,
}

impl LevelBytes {
    fn new(pack: &Pack, z: u32, counts: TileCounts) -> Self {
        let report = pack.metadata().levels.iter().find(|level| level.z == z);
        let plain = report.map(|report| report.jpeg_bytes).filter(|&bytes| bytes > 0);
        let mode = pack.level(z).map_or("", |level| level.mode.name());
        Self { z, mode, counts, plain }
    }
}

/// The sizes of all levels of `pack`, coarse to fine. Every tile is rebuilt as it is
/// served. `progress` receives the number of tiles of each step; their sum is the
/// number of tiles of the pack.
///
/// # Errors
/// If the pack is damaged, or a stop is requested.
pub fn bytes(
    pack: &Pack,
    workers: NonZeroUsize,
    interrupted: &AtomicBool,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<LevelBytes>, MeasureError> {
    let stop = Stop::new(interrupted);
    let BulkRenderer { families, parents: cache } = BulkRenderer::default();
    let parents = cache.of(pack);
    let counter = TileCounter::new(pack);
    let pyramid = pack.pyramid();
    let all: Vec<Family> = pyramid.all_families().collect();
    threads(workers)?.install(|| {
        all.into_par_iter().try_for_each(|family| -> Result<(), MeasureError> {
            stop.check()?;
            families.visit(pack, family, &parents, &counter)?;
            progress(pyramid.family_tiles(family).count() as u64);
            Ok(())
        })
    })?;
    Ok(counter.into_levels())
}

/// Counts every tile that it visits.
struct TileCounter<'a> {
    pack: &'a Pack,
    /// By level.
    counts: Mutex<Vec<TileCounts>>,
}

impl<'a> TileCounter<'a> {
    fn new(pack: &'a Pack) -> Self {
        Self { pack, counts: Mutex::new(vec![TileCounts::default(); pack.levels().len()]) }
    }

    fn into_levels(self) -> Vec<LevelBytes> {
        let counts = self.counts.into_inner().unwrap_or_else(PoisonError::into_inner);
        (0..).zip(counts).map(|(z, counts)| LevelBytes::new(self.pack, z, counts)).collect()
    }
}

impl FamilyVisitor for TileCounter<'_> {
    fn wants(&self, _: TileId) -> bool {
        true
    }

    fn take(&self, id: TileId, tile: Result<TileJpeg, RebuildError>) -> Result<(), RebuildError> {
        let (entry, jpeg) = (self.pack.entry(id)?, tile?);
        let size = self.pack.pyramid().tile_rect(id).expect("a tile with an entry is in the grid").size();
        let level = self.pack.level(id.z).expect("a level with an entry");
        let colour = level.header().map_or(Colour::Ycc, TileHeader::colour);
        let counts = TileCounts::for_tile(entry, level, &jpeg, flat_scan(size, level.subsampling, colour))
            .map_err(|error| undecodable(self.pack, id, error))?;
        let mut all = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        all[id.z as usize] = all[id.z as usize] + counts;
        Ok(())
    }
}

/// Length in bytes of the scan that `jpeg` has with the standard Huffman tables, whatever its own
/// are; `None` for kinds of JPEG whose coefficients cannot be read.
fn standard_scan(jpeg: &[u8]) -> Option<u64> {
    let mut tile = Coefficients::default();
    let facts = read_coefficients(jpeg, MAX_BLOCKS, &mut tile).ok()?;
    let len = match facts.scan {
        Some(scan) if facts.standard_huffman => scan.len(),
        _ => {
            // The steps have no effect on a scan.
            let header =
                TileHeader::new(&[[1; 64]; 3], tile.frame().subsampling(), tile.frame().colour()).ok()?;
            header.jpeg(&tile).ok()?.len() - header.joined_len(0)
        }
    };
    Some(len as u64)
}

/// Length in bytes of the scan of a one-colour tile with the standard Huffman tables,
/// except for the first block's DC. Every other block is a DC difference of 0 (2 bits)
/// and an end of block (4 bits for luma and RGB, 2 for chroma).
fn flat_scan(size: Size, subsampling: Subsampling, colour: Colour) -> u64 {
    let (across, down) = subsampling.factors();
    let mcus =
        u64::from(size.width).div_ceil(8 * across as u64) * u64::from(size.height).div_ceil(8 * down as u64);
    let luma = 6 * (across * down) as u64;
    let chroma = match subsampling {
        Subsampling::Gray => 0,
        _ if colour == Colour::Rgb => 2 * 6,
        _ => 2 * 4,
    };
    (mcus * (luma + chroma)).div_ceil(8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_pyramid::Ycc;

    #[test]
    fn a_tile_is_no_glass_because_it_has_huffman_tables_of_its_own() {
        let standard = TileHeader::new(&[[16; 64]; 3], Subsampling::Gray, Colour::Gray).unwrap();
        let own = TileHeader::optimised(standard.bytes()).unwrap();
        let mut tile = Coefficients::zeros(standard.frame(64, 64).unwrap());
        for block in tile.blocks_mut() {
            (block.0[1], block.0[5]) = (1, 1);
        }
        let [long, short] = [&standard, &own].map(|header| header.jpeg(&tile).unwrap());
        let scan = (long.len() - standard.joined_len(0)) as u64;
        let limit = GLASS * flat_scan(Size::square(64), Subsampling::Gray, Colour::Gray);
        let own_scan = (short.len() - SharedHeader::of(&short).unwrap().bytes().len()) as u64 - EOI_LEN;
        assert!(own_scan <= limit && limit < scan, "{own_scan}, {limit}, {scan}");
        assert_eq!([standard_scan(&long), standard_scan(&short)], [Some(scan); 2]);
    }

    #[test]
    fn the_scan_length_of_a_one_colour_tile_is_known_without_encoding_it() {
        for subsampling in [Subsampling::S420, Subsampling::S422, Subsampling::S444, Subsampling::Gray] {
            for (width, height) in [(256, 256), (240, 240), (37, 200), (1, 1), (8, 17)] {
                let mut tile = Ycc::zeros(width, height, subsampling);
                // Each plane's first DC difference is 0 too.
                tile.fill([128; 3]);
                let jpeg = origami_fixtures::encode(&mut tile, 80);
                let header = SharedHeader::of(&jpeg).unwrap().bytes().len();
                let expected = (jpeg.len() - header) as u64 - EOI_LEN;
                let size = Size::new(width as u32, height as u32);
                assert_eq!(flat_scan(size, subsampling, Colour::Ycc), expected, "{size}, {subsampling:?}");
            }
        }
    }
}
