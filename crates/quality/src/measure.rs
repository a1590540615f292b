//! The quality of rebuilt levels: tiles of the finished pack against the
//! slide's own pixels.

use crate::difference::difference;
use crate::measurer::{Measurer, POOL, Pair, each};
use crate::report::{Measured, report};
use crate::sample::{SAMPLE, sample};
use crate::work::Stop;
use crate::{MeasureError, Original};
use origami_pack::{Mode, Pack, PackError, QualityReport};
use origami_pyramid::{Family, TileId};
use origami_render::Pools;
use rayon::ThreadPool;

/// Whether tiles of level `z` of `pack` are rebuilt with a loss and made of so few
/// pixels of the slide that these are worth reading again: at most a family's.
pub(crate) fn is_fine_luma(pack: &Pack, z: u32) -> bool {
    let finest = pack.pyramid().level_count().saturating_sub(Family::LEVELS);
    z >= finest && pack.level(z).is_some_and(|level| level.mode == Mode::Luma)
}

/// The tiles that [`reports`] measures: some of each luma level among the finest
/// three, coarse to fine. Coarser luma levels are not measured, those of other modes
/// where they are encoded.
///
/// # Errors
/// If the pack is damaged.
pub fn samples(pack: &Pack) -> Result<Vec<(u32, Vec<TileId>)>, PackError> {
    let levels = (0..pack.pyramid().level_count()).filter(|&z| is_fine_luma(pack, z));
    levels.map(|z| Ok((z, sample(pack, z, SAMPLE)?))).collect()
}

/// Reports on the levels of `samples`, tiles of `pack`, as they will be served,
/// against `original`. `progress` is told of each tile.
///
/// # Errors
/// If the pack is damaged, the slide cannot be read, or somebody asked to stop.
pub fn reports(
    pack: &Pack,
    original: &dyn Original,
    samples: &[(u32, Vec<TileId>)],
    threads: &ThreadPool,
    stop: &Stop<'_>,
    progress: &(dyn Fn() + Sync),
) -> Result<Vec<QualityReport>, MeasureError> {
    let pools = Pools::new(POOL);
    let measure = |measurer: &mut Measurer<'_>, id| {
        let Pair { served, pixels, source } = measurer.pair(id)?;
        let difference = difference(&pixels, &source);
        let plain_bytes = measurer.plain.jpeg(&source)?.len();
        progress();
        Ok(Measured { difference, wire_bytes: served.len(), plain_bytes })
    };
    let mut reports = Vec::new();
    for &(z, ref ids) in samples {
        let measurer = || Measurer::new(pack, z, original, &pools, stop);
        reports.extend(report(z, &each(ids, threads, stop, measurer, measure)?));
    }
    Ok(reports)
}
