//! The quality of rebuilt levels: tiles of the finished pack against the
//! slide's own pixels.

use crate::PackSlideError;
use crate::encode::TileEncoder;
use crate::pipeline::Options;
use crate::quality::{self, Measured};
use crate::source::Source;
use origami_codec::Decoder;
use origami_pack::{Entry, Mode, Pack, Pools, QualityReport, Rebuilder, Uncached};
use origami_pyramid::{Rect, Rgb, TileId, mean};
use rayon::prelude::*;

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

/// The tiles of luma level `z` to measure: those of the lowest lots among the
/// tiles that are not blank.
fn sample(pack: &Pack, z: u32) -> Result<Vec<TileId>, PackSlideError> {
    let level = pack.level(z).expect("a level of the pack");
    let mut ids = Vec::new();
    for y in 0..level.rows {
        for x in 0..level.columns {
            let id = TileId { z, x, y };
            if !matches!(pack.entry(id)?, Entry::Blank { .. }) {
                ids.push(id);
            }
        }
    }
    ids.sort_unstable_by_key(|&id| (lot(id), id));
    ids.truncate(SAMPLE as usize);
    Ok(ids)
}

/// Reports on every luma level of `pack`, coarse to fine. Runs on the current
/// rayon pool; `progress` is told of each tile.
pub(crate) fn measure(
    pack: &Pack,
    source: &dyn Source,
    options: &Options,
    progress: impl Fn() + Sync,
) -> Result<Vec<QualityReport>, PackSlideError> {
    let pools = Pools::new(64 << 20);
    let mut reports = Vec::new();
    for (z, _) in (0..).zip(pack.levels()).filter(|(_, level)| level.mode == Mode::Luma) {
        let differences: Result<Vec<Measured>, PackSlideError> = sample(pack, z)?
            .into_par_iter()
            .map_init(
                || None,
                |handles, id| {
                    options.check_interrupted()?;
                    if handles.is_none() {
                        let encoder = TileEncoder::new(options, *pack.pyramid())?;
                        *handles = Some((Rebuilder::new(pools.clone())?, Decoder::new()?, encoder));
                    }
                    let (rebuilder, decoder, encoder) = handles.as_mut().expect("just made");
                    let served = rebuilder.tile(pack, id, &Uncached)?;
                    let mut rgb = Rgb::filled(1, 1, [0; 3]);
                    decoder.decode_rgb(&served, usize::MAX, &mut rgb)?;
                    let source = original(pack, source, id)?;
                    let difference = quality::difference(&rgb, &source);
                    let plain_bytes = encoder.jpeg(&mut encoder.planes(id, &source, (0, 0)))?.len();
                    let measured = Measured { difference, wire_bytes: served.len(), plain_bytes };
                    progress();
                    Ok(measured)
                },
            )
            .collect();
        reports.extend(quality::report(z, &differences?));
    }
    Ok(reports)
}

/// The slide's own pixels of a tile: full resolution, halved to its level.
fn original(pack: &Pack, source: &dyn Source, id: TileId) -> Result<Rgb, PackSlideError> {
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
