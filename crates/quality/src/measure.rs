//! The quality of rebuilt levels: tiles of the finished pack against the
//! slide's own pixels.

use crate::difference::difference;
use crate::handles::Handles;
use crate::original::tile_pixels;
use crate::report::{Measured, report};
use crate::sample::{SAMPLE, sample};
use crate::work::Stop;
use crate::{MeasureError, Original, PlainJpeg};
use origami_pack::{Mode, Pack, PackError, QualityReport};
use origami_pyramid::TileId;
use origami_render::{Pools, Uncached};
use rayon::ThreadPool;
use rayon::prelude::*;

/// Memory for decoded parents, in bytes.
const POOL: usize = 64 << 20;

/// The tiles that [`reports`] measures: some of each luma level, coarse to fine.
/// Those of other levels are measured where they are encoded.
///
/// # Errors
/// If the pack is damaged.
pub fn samples(pack: &Pack) -> Result<Vec<(u32, Vec<TileId>)>, PackError> {
    let levels = (0..).zip(pack.levels()).filter(|(_, level)| level.mode == Mode::Luma);
    levels.map(|(z, _)| Ok((z, sample(pack, z, SAMPLE)?))).collect()
}

/// Reports on the levels of `samples`, tiles of `pack`, as they will be served,
/// against `original`. `progress` is told of each tile.
///
/// # Errors
/// If the pack is damaged, the slide cannot be read, or somebody asked to stop.
pub fn reports<O: Original + ?Sized>(
    pack: &Pack,
    original: &O,
    samples: &[(u32, Vec<TileId>)],
    plain: PlainJpeg,
    threads: &ThreadPool,
    stop: &Stop<'_>,
    progress: &(dyn Fn() + Sync),
) -> Result<Vec<QualityReport>, MeasureError> {
    let pools = Pools::new(POOL);
    let mut reports = Vec::new();
    for &(z, ref ids) in samples {
        let measured: Result<Vec<Measured>, MeasureError> = threads.install(|| {
            let measure = |handles: &mut Option<Handles>, &id: &TileId| {
                stop.check()?;
                let handles = match handles {
                    Some(handles) => handles,
                    None => handles.insert(Handles::new(&pools, plain)?),
                };
                let measured = tile(handles, pack, original, id)?;
                progress();
                Ok(measured)
            };
            ids.par_iter().map_init(|| None, measure).collect()
        });
        reports.extend(report(z, &measured?));
    }
    Ok(reports)
}

/// One tile as it will be served against the slide's own pixels.
fn tile<O: Original + ?Sized>(
    handles: &mut Handles,
    pack: &Pack,
    original: &O,
    id: TileId,
) -> Result<Measured, MeasureError> {
    let served = handles.served(pack, id, &Uncached)?;
    let source = tile_pixels(pack, original, id)?;
    let pixels = handles.pixels(&served, source.width(), source.height())?;
    let difference = difference(&pixels, &source);
    let plain_bytes = handles.plain(&source)?.len();
    Ok(Measured { difference, wire_bytes: served.len(), plain_bytes })
}
