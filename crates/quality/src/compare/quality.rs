//! A sample of tiles, as served and as plain JPEG, against the slide.

use super::{Fidelity, FidelitySummary, Pictures};
use crate::measure::is_fine_luma;
use crate::measurer::{Measurer, POOL, Pair, each};
use crate::sample::sample;
use crate::work::{Stop, threads};
use crate::{MeasureError, Original};
use origami_pack::Pack;
use origami_pyramid::TileId;
use origami_render::Pools;
use serde::Serialize;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// How many levels are measured in any case, from the finest: most of what
/// people look at.
const LEVELS: u32 = 2;

/// How many of the worst tiles of 256 px are kept for each reason; of larger ones
/// fewer, so that their pictures do not take more, but always one.
const WORST: usize = 3;

/// How to compare.
#[derive(Clone, Debug)]
pub struct CompareSettings {
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
    pub served: FidelitySummary,
    /// The tiles as plain JPEGs, against the same pixels; the served tiles where
    /// `identical` is `None`, since a plain pyramid would hold those.
    pub plain: FidelitySummary,
    /// The worst tiles, worst first for each reason.
    pub worst: Vec<TileQuality>,
}

/// One tile of the sample.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TileQuality {
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
    /// Whether the served JPEG is the plain one, byte for byte.
    #[serde(skip)]
    pub identical: bool,
    /// To look at, if it is among the worst.
    #[serde(skip)]
    pub pictures: Pictures,
}

/// Why a tile is among the worst, and how bad it is by that.
type Reason = (&'static str, fn(&TileQuality) -> f64);

const REASONS: [Reason; 2] = [
    ("SSIMULACRA 2", |tile| 100.0 - tile.served.ssimulacra2.unwrap_or(100.0 * tile.served.ssim)),
    ("dE2000", |tile| tile.served.delta_e),
];

/// The tiles of each level that [`quality`] measures, coarse to fine: those of
/// the finest two levels, and of the third if its tiles are rebuilt with a loss.
///
/// # Errors
/// If the pack is damaged.
pub fn sampled(pack: &Pack, most: u64) -> Result<Vec<(u32, Vec<TileId>)>, MeasureError> {
    let count = pack.pyramid().level_count();
    let finest = count.saturating_sub(LEVELS);
    let levels = (0..count).filter(|&z| z >= finest || is_fine_luma(pack, z));
    levels.map(|z| Ok((z, sample(pack, z, most)?))).collect()
}

/// Measures the tiles `samples` of `pack` against `original`, which is the slide it
/// was made from. `progress` is told of each tile.
///
/// # Errors
/// If the pack is damaged, the slide cannot be read, or somebody asked to stop.
pub fn quality(
    pack: &Pack,
    original: &dyn Original,
    samples: &[(u32, Vec<TileId>)],
    settings: &CompareSettings,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<LevelQuality>, MeasureError> {
    let (threads, pools) = (threads(settings.workers)?, Pools::new(POOL));
    let stop = Stop::new(&settings.interrupted);
    let mut levels = Vec::new();
    for &(z, ref ids) in samples {
        // A quality of 0 says that the tables are the source's own, so that there
        // are no plain JPEGs but the served ones.
        let reencodes = pack.level(z).expect("a level of the pack").quality > 0;
        let measurer = || Measurer::new(pack, z, original, &pools, &stop);
        let tiles = each(ids, &threads, &stop, measurer, |measurer, id| {
            let tile = measured(measurer, id, reencodes)?;
            progress(1);
            Ok(tile)
        })?;
        let spread =
            |of: fn(&TileQuality) -> Fidelity| FidelitySummary::of(&tiles.iter().map(of).collect::<Vec<_>>());
        let (Some(served), Some(plain)) = (spread(|tile| tile.served), spread(|tile| tile.plain)) else {
            continue;
        };
        let count = (WORST * 256 * 256 / pack.pyramid().tile_size().pow(2) as usize).clamp(1, WORST);
        let mut worst = worst(&tiles, count);
        let mut measurer = measurer()?;
        for tile in &mut worst {
            let Pair { served, pixels, source } = measurer.pair(TileId { z, x: tile.x, y: tile.y })?;
            tile.pictures = Pictures::new(&source, &served, &pixels);
        }
        levels.push(LevelQuality {
            z,
            tiles: tiles.len() as u64,
            identical: reencodes.then(|| tiles.iter().filter(|tile| tile.identical).count() as u64),
            served,
            plain,
            worst,
        });
    }
    Ok(levels)
}

/// Measures one tile; its plain JPEG is the served one if none is encoded.
fn measured(measurer: &mut Measurer<'_>, id: TileId, reencodes: bool) -> Result<TileQuality, MeasureError> {
    let Pair { served: jpeg, pixels, source } = measurer.pair(id)?;
    let plain_jpeg = if reencodes { measurer.plain.jpeg(&source)?.to_vec() } else { jpeg.to_vec() };
    let identical = plain_jpeg == jpeg[..];
    let served = Fidelity::of(&pixels, &source);
    let plain = if identical { served } else { Fidelity::of(&measurer.pixels(id, &plain_jpeg)?, &source) };
    let (served_bytes, plain_bytes) = (jpeg.len() as u64, plain_jpeg.len() as u64);
    let (TileId { z, x, y }, reasons, pictures) = (id, Vec::new(), Pictures::default());
    Ok(TileQuality { z, x, y, reasons, served, plain, served_bytes, plain_bytes, identical, pictures })
}

/// The `count` worst tiles by each reason, each tile once.
fn worst(tiles: &[TileQuality], count: usize) -> Vec<TileQuality> {
    let mut worst: Vec<TileQuality> = Vec::new();
    for (reason, badness) in REASONS {
        let mut order: Vec<&TileQuality> = tiles.iter().collect();
        order.sort_by(|a, b| badness(b).total_cmp(&badness(a)).then((a.x, a.y).cmp(&(b.x, b.y))));
        for tile in order.into_iter().take(count) {
            match worst.iter_mut().find(|other| (other.x, other.y) == (tile.x, tile.y)) {
                Some(other) => other.reasons.push(reason),
                None => worst.push(TileQuality { reasons: vec![reason], ..tile.clone() }),
            }
        }
    }
    worst
}
