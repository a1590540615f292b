//! The quality of rebuilt levels: tiles of the finished pack against the
//! slide's own pixels.

use crate::encode::{LumaEncoder, Plan};
use crate::quality::{self, Measured};
use crate::source::{Source, SourceError};
use crate::stop::Stop;
use crate::{Event, Options, PackSlideError};
use origami_codec::{CodecError, Decoder};
use origami_pack::{
    Entry, Mode, Pack, PackError, Parents, Pools, QualityReport, RebuildError, Rebuilder, Tile, Uncached,
};
use origami_pyramid::{Pyramid, Rect, Rgb, TileId, mean};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::num::NonZeroUsize;
use std::sync::Arc;

/// Most tiles measured for each level.
pub(crate) const SAMPLE: u64 = 500;

/// A well-mixed number for a tile, the same on every run (SplitMix64).
pub(crate) fn lot(id: TileId) -> u64 {
    let mut z =
        (u64::from(id.z) << 56 ^ u64::from(id.y) << 28 ^ u64::from(id.x)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Whether stored tile `id` is measured as it is encoded, when nobody knows yet
/// how many tiles are blank: the lots are drawn against all tiles of the level.
pub(crate) fn may_be_sampled(pyramid: &Pyramid, id: TileId) -> bool {
    let (columns, rows) = pyramid.grid(id.z).unwrap_or((1, 1));
    lot(id) % (u64::from(columns) * u64::from(rows)) < SAMPLE
}

/// At most `most` tiles of level `z` to measure: those of the lowest lots among
/// the tiles that are not blank.
pub(crate) fn sample(pack: &Pack, z: u32, most: u64) -> Result<Vec<TileId>, PackError> {
    let level = pack.level(z).expect("a level of the pack");
    let mut ids = Vec::new();
    for y in 0..level.rows {
        for x in 0..level.columns {
            let id = TileId { z, x, y };
            if !matches!(pack.entry(id)?, Entry::Blank { .. } | Entry::Constant { .. }) {
                ids.push(id);
            }
        }
    }
    ids.sort_unstable_by_key(|&id| (lot(id), id));
    ids.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    Ok(ids)
}

/// The threads that tiles are measured on.
pub(crate) fn threads(wanted: NonZeroUsize) -> Result<ThreadPool, PackSlideError> {
    let wanted = wanted.get();
    ThreadPoolBuilder::new()
        .num_threads(wanted)
        .build()
        .map_err(|error| PackSlideError::Threads { wanted, error: std::io::Error::other(error) })
}

/// Reports on every luma level of `pack`, coarse to fine.
pub(crate) fn measure(
    pack: &Pack,
    source: &dyn Source,
    plan: &Plan<'_>,
    threads: &ThreadPool,
    stop: &Stop<'_>,
    progress: &(dyn Fn(Event) + Sync),
) -> Result<Vec<QualityReport>, PackSlideError> {
    let pools = Pools::new(64 << 20);
    // Those of exact levels were measured where they were encoded.
    let levels = (0..).zip(pack.levels()).filter(|(_, level)| level.mode == Mode::Luma);
    let samples: Vec<(u32, Vec<TileId>)> =
        levels.map(|(z, _)| Ok((z, sample(pack, z, SAMPLE)?))).collect::<Result<_, PackSlideError>>()?;
    progress(Event::Measuring { tiles: samples.iter().map(|(_, ids)| ids.len() as u64).sum() });
    let mut reports = Vec::new();
    for (z, ids) in samples {
        let measured: Result<Vec<Measured>, PackSlideError> = threads.install(|| {
            let measure = |handles: &mut Option<_>, id| {
                stop.check()?;
                let handles = match handles {
                    Some(handles) => handles,
                    None => handles.insert(Handles::new(pack, &pools, plan.options())?),
                };
                let measured = handles.measure(pack, source, id)?;
                progress(Event::Measured);
                Ok(measured)
            };
            ids.into_par_iter().map_init(|| None, measure).collect()
        });
        reports.extend(quality::report(z, &measured?));
    }
    Ok(reports)
}

/// What a thread needs to measure tiles.
pub(crate) struct Handles<'a> {
    rebuilder: Rebuilder,
    decoder: Decoder,
    encoder: LumaEncoder<'a>,
}

impl<'a> Handles<'a> {
    /// Handles for tiles of `pack`, whose plain JPEGs are made with `options`.
    pub fn new(pack: &Pack, pools: &Arc<Pools>, options: &'a Options) -> Result<Self, CodecError> {
        Ok(Self {
            rebuilder: Rebuilder::new(Arc::clone(pools))?,
            decoder: Decoder::new()?,
            encoder: LumaEncoder::new(options, *pack.pyramid())?,
        })
    }

    /// The JPEG of a tile as it is served.
    pub fn served<'p>(
        &mut self,
        pack: &'p Pack,
        id: TileId,
        parents: &dyn Parents,
    ) -> Result<Tile<'p>, RebuildError> {
        self.rebuilder.tile(pack, id, parents)
    }

    /// What a viewer makes of a tile's JPEG, which has to be of the tile's size.
    pub fn pixels(&mut self, jpeg: &[u8], width: usize, height: usize) -> Result<Rgb, CodecError> {
        let mut rgb = Rgb::filled(1, 1, [0; 3]);
        self.decoder.decode_rgb(jpeg, width * height, &mut rgb)?;
        let (found_width, found_height) = (rgb.width(), rgb.height());
        if (found_width, found_height) == (width, height) {
            return Ok(rgb);
        }
        Err(CodecError::Size { width, height, found_width, found_height })
    }

    /// The plain JPEG of a tile with these pixels.
    pub fn plain(&mut self, id: TileId, pixels: &Rgb) -> Result<&[u8], CodecError> {
        self.encoder.jpeg(&mut self.encoder.planes(id, pixels, (0, 0)))
    }

    /// The tile as it will be served against the slide's own pixels.
    fn measure(&mut self, pack: &Pack, source: &dyn Source, id: TileId) -> Result<Measured, PackSlideError> {
        let served = self.served(pack, id, &Uncached)?;
        let source = original(pack, source, id)?;
        let pixels = self.pixels(&served, source.width(), source.height())?;
        let difference = quality::difference(&pixels, &source);
        let plain_bytes = self.plain(id, &source)?.len();
        Ok(Measured { difference, wire_bytes: served.len(), plain_bytes })
    }
}

/// The slide's own pixels of a tile: full resolution, halved to its level.
pub(crate) fn original(pack: &Pack, source: &dyn Source, id: TileId) -> Result<Rgb, SourceError> {
    let pyramid = pack.pyramid();
    let depth = pyramid.depth(id.z).expect("a level of the pack");
    let rect = pyramid.tile_rect(id).expect("a tile of the pack");
    let (width, height) = pyramid.size();
    let (x, y) = (rect.x << depth, rect.y << depth);
    let region = Rect {
        x,
        y,
        width: (rect.width << depth).min(width - x),
        height: (rect.height << depth).min(height - y),
    };
    let mut pixels = Rgb::filled(1, 1, [0; 3]);
    source.read(region, &mut pixels)?;
    for _ in 0..depth {
        let mut halved = Rgb::filled(1, 1, [0; 3]);
        mean::halve(&pixels, &mut halved);
        pixels = halved;
    }
    Ok(pixels)
}
