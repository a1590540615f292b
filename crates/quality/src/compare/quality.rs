//! Measures a sample of tiles, as served and as plain JPEG, against the slide.

use super::{Fidelity, FidelitySummary, Pictures};
use crate::measure::is_fine_luma;
use crate::measurer::{MeasuredLevel, Measurer, TilePair};
use crate::sample::LevelSample;
use crate::work::{Stop, threads};
use crate::{MeasureError, Original};
use origami_pack::Pack;
use origami_pyramid::TileId;
use origami_render::BulkRenderer;
use rayon::ThreadPool;
use serde::Serialize;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Number of levels that are measured in any case, from the finest: they are most of
/// what people look at.
const LEVELS: u32 = 2;

/// Maximum number of worst tiles of 256 px for each reason. Of larger tiles there are
/// fewer, so that their pictures do not take more bytes, but at least one.
const MAX_WORST: usize = 3;

/// How to compare.
#[derive(Clone, Debug)]
pub struct CompareSettings {
    /// Number of threads that rebuild and measure.
    pub workers: NonZeroUsize,
    /// Maximum number of tiles of a level whose quality is measured.
    pub sample: u64,
    /// Set it to stop early.
    pub interrupted: Arc<AtomicBool>,
}

/// The quality of one level.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LevelQuality {
    /// Deep Zoom level.
    pub z: u32,
    /// Number of measured tiles, none of them blank.
    pub tiles: u64,
    /// Number of tiles that are served byte for byte as a plain JPEG of the slide's
    /// pixels with the same quantisation tables. `None` where the tiles may be the
    /// source's own.
    pub identical: Option<u64>,
    /// The tiles as served, against the slide's own pixels.
    pub served: FidelitySummary,
    /// The tiles as plain JPEGs, against the same pixels. Where `identical` is `None`,
    /// those are the served tiles, since a plain pyramid would contain them.
    pub plain: FidelitySummary,
    /// The worst tiles, worst first for each reason.
    pub worst: Vec<TileQuality>,
}

/// The quality of one tile of the sample.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TileQuality {
    /// Deep Zoom level.
    pub z: u32,
    /// Column.
    pub x: u32,
    /// Row.
    pub y: u32,
    /// The measures by which it is among the worst.
    pub reasons: Vec<&'static str>,
    /// As served.
    pub served: Fidelity,
    /// As plain JPEG.
    pub plain: Fidelity,
    /// Length of the served JPEG in bytes.
    pub served_bytes: u64,
    /// Length of the plain JPEG in bytes.
    pub plain_bytes: u64,
    /// Whether the served JPEG equals the plain one, byte for byte.
    #[serde(skip)]
    pub identical: bool,
    /// Pictures of the tile, if it is among the worst; otherwise empty.
    #[serde(skip)]
    pub pictures: Pictures,
}

/// A measure by which the worst tiles are selected.
struct Reason {
    name: &'static str,
    /// How bad a tile is; larger is worse.
    badness: fn(&TileQuality) -> f64,
}

const REASONS: [Reason; 2] = [
    Reason {
        name: "SSIMULACRA 2",
        badness: |tile| 100.0 - tile.served.ssimulacra2.unwrap_or(100.0 * tile.served.ssim),
    },
    Reason { name: "dE2000", badness: |tile| tile.served.delta_e },
];

/// What served tiles are compared with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PlainTiles {
    /// The slide's pixels, encoded with the quantisation tables of the level.
    Encoded,
    /// The served tiles themselves, which are the source's own.
    Served,
}

impl PlainTiles {
    /// Those of level `z` of `pack`. Only full resolution can be made of the source's
    /// own tiles, and then has no known quality.
    fn of(pack: &Pack, z: u32) -> Self {
        let quality = pack.level(z).expect("a level of the pack").known_quality();
        if z == pack.pyramid().max_level() && quality.is_none() { Self::Served } else { Self::Encoded }
    }
}

/// The tiles that [`quality`] measures, coarse to fine: at most `max_tiles` of each of
/// the finest two levels, and of the third if its tiles are rebuilt with a loss.
///
/// # Errors
/// If the pack is damaged.
pub fn quality_samples(pack: &Pack, max_tiles: u64) -> Result<Vec<LevelSample>, MeasureError> {
    let count = pack.pyramid().level_count();
    let finest = count.saturating_sub(LEVELS);
    let levels = (0..count).filter(|&z| z >= finest || is_fine_luma(pack, z));
    levels.map(|z| Ok(LevelSample::new(pack, z, max_tiles)?)).collect()
}

/// Measures the tiles `samples` of `pack` against `original`, the slide that it was
/// made from. `progress` receives the number of tiles of each step.
///
/// # Errors
/// If the pack is damaged, the slide cannot be read, or a stop is requested.
pub fn quality(
    pack: &Pack,
    original: &dyn Original,
    samples: &[LevelSample],
    settings: &CompareSettings,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<LevelQuality>, MeasureError> {
    let threads = threads(settings.workers)?;
    let renderer = &BulkRenderer::default();
    let stop = &Stop::new(&settings.interrupted);
    let mut levels = Vec::new();
    for sample in samples {
        let level = MeasuredLevel { pack, z: sample.z, original, renderer, stop };
        levels.extend(level_quality(level, &sample.ids, &threads, progress)?);
    }
    Ok(levels)
}

/// Measures the tiles `ids` of a level; `None` if there are none.
fn level_quality(
    level: MeasuredLevel<'_>,
    ids: &[TileId],
    threads: &ThreadPool,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Option<LevelQuality>, MeasureError> {
    let plain_tiles = PlainTiles::of(level.pack, level.z);
    let tiles = level.measure_tiles(ids, threads, |measurer, id| {
        let tile = tile_quality(measurer, id, plain_tiles)?;
        progress(1);
        Ok(tile)
    })?;
    let served = FidelitySummary::new(tiles.iter().map(|tile| tile.served));
    let plain = FidelitySummary::new(tiles.iter().map(|tile| tile.plain));
    let (Some(served), Some(plain)) = (served, plain) else { return Ok(None) };
    let identical = tiles.iter().filter(|tile| tile.identical).count() as u64;
    Ok(Some(LevelQuality {
        z: level.z,
        tiles: tiles.len() as u64,
        identical: (plain_tiles == PlainTiles::Encoded).then_some(identical),
        served,
        plain,
        worst: worst_tiles(level, &tiles)?,
    }))
}

fn tile_quality(
    measurer: &mut Measurer<'_>,
    id: TileId,
    plain_tiles: PlainTiles,
) -> Result<TileQuality, MeasureError> {
    let TilePair { jpeg, pixels, source } = measurer.tile(id)?;
    let plain_jpeg = match plain_tiles {
        PlainTiles::Encoded => measurer.plain.jpeg(&source)?.to_vec(),
        PlainTiles::Served => jpeg.to_vec(),
    };
    let identical = plain_jpeg == jpeg[..];
    let served = Fidelity::measure(&pixels, &source);
    let plain =
        if identical { served } else { Fidelity::measure(&measurer.decode(id, &plain_jpeg)?, &source) };
    Ok(TileQuality {
        z: id.z,
        x: id.x,
        y: id.y,
        reasons: Vec::new(),
        served,
        plain,
        served_bytes: jpeg.len() as u64,
        plain_bytes: plain_jpeg.len() as u64,
        identical,
        pictures: Pictures::default(),
    })
}

/// The worst of a level's tiles, with their pictures.
fn worst_tiles(level: MeasuredLevel<'_>, tiles: &[TileQuality]) -> Result<Vec<TileQuality>, MeasureError> {
    let tile_area = level.pack.pyramid().tile_size().pow(2) as usize;
    let mut worst = worst_by_each_reason(tiles, (MAX_WORST * 256 * 256 / tile_area).clamp(1, MAX_WORST));
    let mut measurer = level.measurer()?;
    for tile in &mut worst {
        let TilePair { jpeg, pixels, source } = measurer.tile(TileId { z: level.z, x: tile.x, y: tile.y })?;
        tile.pictures = Pictures::new(&source, &jpeg, &pixels);
    }
    Ok(worst)
}

/// The `count` worst tiles by each reason, each tile once.
fn worst_by_each_reason(tiles: &[TileQuality], count: usize) -> Vec<TileQuality> {
    let mut worst: Vec<TileQuality> = Vec::new();
    for Reason { name, badness } in REASONS {
        let mut order: Vec<&TileQuality> = tiles.iter().collect();
        order.sort_by(|a, b| badness(b).total_cmp(&badness(a)).then((a.x, a.y).cmp(&(b.x, b.y))));
        for tile in order.into_iter().take(count) {
            match worst.iter_mut().find(|other| (other.x, other.y) == (tile.x, tile.y)) {
                Some(other) => other.reasons.push(name),
                None => worst.push(TileQuality { reasons: vec![name], ..tile.clone() }),
            }
        }
    }
    worst
}
