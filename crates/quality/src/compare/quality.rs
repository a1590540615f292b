//! A sample of tiles, as served and as plain JPEG, against the slide.

use super::{Fidelity, Pictures, Summary};
use crate::handles::Handles;
use crate::original::tile_pixels;
use crate::sample::sample;
use crate::work::{Stop, threads};
use crate::{MeasureError, Original, PlainJpeg};
use origami_pack::Pack;
use origami_pyramid::{Rgb, TileId};
use origami_render::{Pools, Tile, Uncached};
use rayon::prelude::*;
use serde::Serialize;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// How many levels are measured, from the finest: those that may be lossy.
const LEVELS: u32 = 2;

/// How many of the worst tiles of 256 px are kept for each reason; of larger ones
/// fewer, so that their pictures do not take more, but always one.
const WORST: usize = 3;

/// Memory for decoded parents, in bytes.
const POOL: usize = 64 << 20;

/// How to compare.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Threads that rebuild and measure.
    pub workers: NonZeroUsize,
    /// Most tiles of a level whose quality is measured.
    pub sample: u64,
    /// Set to stop early.
    pub interrupted: Arc<AtomicBool>,
}

/// The quality of one level.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LevelQuality {
    /// Deep Zoom level.
    pub z: u32,
    /// Tiles measured, none of them blank.
    pub tiles: u64,
    /// How many of them are served byte for byte as a plain JPEG of the slide's
    /// pixels, of the same quality; `None` where the quantisation tables are the
    /// source's own, so that there is no such quality.
    pub identical: Option<u64>,
    /// The tiles as served, against the slide's own pixels.
    pub served: Summary,
    /// The tiles as plain JPEGs, against the same pixels; the served tiles where
    /// `identical` is `None`, since a plain pyramid would hold those.
    pub plain: Summary,
    /// The worst tiles, worst first for each reason.
    pub worst: Vec<WorstTile>,
}

/// One of the worst tiles.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WorstTile {
    /// Deep Zoom level.
    pub z: u32,
    /// Column.
    pub x: u32,
    /// Row.
    pub y: u32,
    /// By which measures it is among the worst.
    pub reasons: Vec<&'static str>,
    /// As served.
    pub served: Fidelity,
    /// As plain JPEG.
    pub plain: Fidelity,
    /// Bytes of the served JPEG.
    pub served_bytes: u64,
    /// Bytes of the plain JPEG.
    pub plain_bytes: u64,
    /// To look at.
    #[serde(skip)]
    pub pictures: Pictures,
}

/// One tile of the sample.
struct Measured {
    id: TileId,
    served: Fidelity,
    plain: Fidelity,
    served_bytes: u64,
    plain_bytes: u64,
    identical: bool,
}

/// Why a tile is among the worst, and how bad it is by that.
type Reason = (&'static str, fn(&Measured) -> f64);

const REASONS: [Reason; 2] = [
    ("SSIMULACRA 2", |tile| 100.0 - tile.served.ssimulacra2.unwrap_or(100.0 * tile.served.ssim)),
    ("dE2000", |tile| tile.served.delta_e),
];

/// The tiles of each level that [`quality`] measures, coarse to fine.
///
/// # Errors
/// If the pack is damaged.
pub fn sampled(pack: &Pack, most: u64) -> Result<Vec<(u32, Vec<TileId>)>, MeasureError> {
    let count = pack.pyramid().level_count();
    let levels = count.saturating_sub(LEVELS)..count;
    levels.map(|z| Ok((z, sample(pack, z, most)?))).collect()
}

/// Measures the tiles `samples` of `pack` against `original`, which is the slide it
/// was made from. `progress` is told of each tile.
///
/// # Errors
/// If the pack is damaged, the slide cannot be read, or somebody asked to stop.
pub fn quality<O: Original + ?Sized>(
    pack: &Pack,
    original: &O,
    samples: &[(u32, Vec<TileId>)],
    settings: &Settings,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<LevelQuality>, MeasureError> {
    let (threads, pools) = (threads(settings.workers)?, Pools::new(POOL));
    let stop = Stop::new(&settings.interrupted);
    let mut levels = Vec::new();
    for &(z, ref ids) in samples {
        let level = pack.level(z).expect("a level of the pack");
        let reencodes = level.quality > 0;
        let jpeg = PlainJpeg {
            quality: level.quality,
            subsampling: level.subsampling,
            tile_size: pack.pyramid().tile_size(),
        };
        let measure = |measurer: &mut Option<_>, &id: &TileId| {
            stop.check()?;
            let measurer = match measurer {
                Some(measurer) => measurer,
                None => measurer.insert(Measurer::new(pack, original, &pools, jpeg)?),
            };
            let measured = measurer.measure(id)?;
            progress(1);
            Ok(measured)
        };
        let tiles: Result<Vec<Measured>, MeasureError> =
            threads.install(|| ids.par_iter().map_init(|| None, measure).collect());
        let tiles = tiles?;
        let spread = |of: fn(&Measured) -> Fidelity| Summary::of(&tiles.iter().map(of).collect::<Vec<_>>());
        let (Some(served), Some(plain)) = (spread(|tile| tile.served), spread(|tile| tile.plain)) else {
            continue;
        };
        let mut measurer = Measurer::new(pack, original, &pools, jpeg)?;
        let count = (WORST * 256 * 256 / jpeg.tile_size.pow(2) as usize).clamp(1, WORST);
        let worst = worst(&tiles, count).into_iter().map(|(tile, reasons)| measurer.show(tile, reasons));
        levels.push(LevelQuality {
            z,
            tiles: tiles.len() as u64,
            identical: reencodes.then(|| tiles.iter().filter(|tile| tile.identical).count() as u64),
            served,
            plain,
            worst: worst.collect::<Result<_, _>>()?,
        });
    }
    Ok(levels)
}

/// The `count` worst tiles by each reason, each tile once.
fn worst(tiles: &[Measured], count: usize) -> Vec<(&Measured, Vec<&'static str>)> {
    let mut worst: Vec<(&Measured, Vec<_>)> = Vec::new();
    for (reason, badness) in REASONS {
        let mut order: Vec<&Measured> = tiles.iter().collect();
        order.sort_by(|a, b| badness(b).total_cmp(&badness(a)).then(a.id.cmp(&b.id)));
        for tile in order.into_iter().take(count) {
            match worst.iter_mut().find(|(other, _)| other.id == tile.id) {
                Some((_, reasons)) => reasons.push(reason),
                None => worst.push((tile, vec![reason])),
            }
        }
    }
    worst
}

/// What a thread needs to measure tiles of one level.
struct Measurer<'a, O: ?Sized> {
    handles: Handles,
    pack: &'a Pack,
    original: &'a O,
    /// Whether there are plain JPEGs other than the served ones.
    reencodes: bool,
}

/// A tile as it is served and as it should be.
struct Pair {
    served: Tile,
    /// What `served` decodes to.
    pixels: Rgb,
    source: Rgb,
}

impl<'a, O: Original + ?Sized> Measurer<'a, O> {
    /// Handles for tiles of `pack`; a quality of 0 says that the tables are the
    /// source's own, so that there are no plain JPEGs but the served ones.
    fn new(
        pack: &'a Pack,
        original: &'a O,
        pools: &Arc<Pools>,
        jpeg: PlainJpeg,
    ) -> Result<Self, MeasureError> {
        Ok(Self { handles: Handles::new(pools, jpeg)?, pack, original, reencodes: jpeg.quality > 0 })
    }

    fn pair(&mut self, id: TileId) -> Result<Pair, MeasureError> {
        let served = self.handles.served(self.pack, id, &Uncached)?;
        let source = tile_pixels(self.pack, self.original, id)?;
        let pixels = self.handles.pixels(&served, source.width(), source.height());
        let pixels = pixels.map_err(|error| MeasureError::tile(self.pack, id, error))?;
        Ok(Pair { served, pixels, source })
    }

    fn measure(&mut self, id: TileId) -> Result<Measured, MeasureError> {
        let Pair { served, pixels, source } = self.pair(id)?;
        let plain = if self.reencodes { self.handles.plain(&source)?.to_vec() } else { served.to_vec() };
        let identical = plain == served[..];
        let fidelity = Fidelity::of(&pixels, &source);
        Ok(Measured {
            id,
            served: fidelity,
            plain: if identical {
                fidelity
            } else {
                let pixels = self.handles.pixels(&plain, source.width(), source.height())?;
                Fidelity::of(&pixels, &source)
            },
            served_bytes: served.len() as u64,
            plain_bytes: plain.len() as u64,
            identical,
        })
    }

    fn show(&mut self, tile: &Measured, reasons: Vec<&'static str>) -> Result<WorstTile, MeasureError> {
        let Pair { served, pixels, source } = self.pair(tile.id)?;
        let TileId { z, x, y } = tile.id;
        Ok(WorstTile {
            z,
            x,
            y,
            reasons,
            served: tile.served,
            plain: tile.plain,
            served_bytes: tile.served_bytes,
            plain_bytes: tile.plain_bytes,
            pictures: Pictures::new(&source, &served, &pixels),
        })
    }
}
