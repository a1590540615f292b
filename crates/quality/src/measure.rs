//! Measures the rebuilt levels of a finished pack against the slide's own pixels, for
//! the quality report inside the pack.

use crate::difference::difference;
use crate::measurer::{MeasuredLevel, Measurer, TilePair};
use crate::report::{Measured, report};
use crate::sample::{LevelSample, SAMPLE};
use crate::work::Stop;
use crate::{MeasureError, Original};
use origami_pack::{Mode, Pack, PackError, QualityReport};
use origami_pyramid::{Family, TileId};
use origami_render::BulkRenderer;
use rayon::ThreadPool;

/// Whether level `z` of `pack` is a luma level, whose tiles are rebuilt with a loss,
/// and fine enough that a tile covers at most as many pixels of the slide as a family
/// does, so that reading them again is not too slow.
pub(crate) fn is_fine_luma(pack: &Pack, z: u32) -> bool {
    let finest = pack.pyramid().level_count().saturating_sub(Family::LEVELS);
    z >= finest && pack.level(z).is_some_and(|level| level.mode == Mode::Luma)
}

/// The tiles that [`reports`] measures: a sample of each luma level among the finest
/// three, coarse to fine. Coarser luma levels are not measured; levels of other modes
/// are measured while they are encoded.
///
/// # Errors
/// If the pack is damaged.
pub fn samples(pack: &Pack) -> Result<Vec<LevelSample>, PackError> {
    let levels = (0..pack.pyramid().level_count()).filter(|&z| is_fine_luma(pack, z));
    levels.map(|z| LevelSample::new(pack, z, SAMPLE)).collect()
}

/// The reports on the levels of `samples`: tiles of `pack`, as they will be served,
/// against `original`. `progress` is called for each tile that was measured.
///
/// # Errors
/// If the pack is damaged, the slide cannot be read, or a stop is requested.
pub fn reports(
    pack: &Pack,
    original: &dyn Original,
    samples: &[LevelSample],
    threads: &ThreadPool,
    stop: &Stop<'_>,
    progress: &(dyn Fn() + Sync),
) -> Result<Vec<QualityReport>, MeasureError> {
    let renderer = &BulkRenderer::default();
    let mut reports = Vec::new();
    for sample in samples {
        let level = MeasuredLevel { pack, z: sample.z, original, renderer, stop };
        let measured = level.measure_tiles(&sample.ids, threads, |measurer, id| {
            let measured = measure_tile(measurer, id)?;
            progress();
            Ok(measured)
        })?;
        reports.extend(report(sample.z, &measured));
    }
    Ok(reports)
}

fn measure_tile(measurer: &mut Measurer<'_>, id: TileId) -> Result<Measured, MeasureError> {
    let TilePair { jpeg, pixels, source } = measurer.tile(id)?;
    let difference = difference(&pixels, &source);
    let plain_bytes = measurer.plain.jpeg(&source)?.len();
    Ok(Measured { difference, wire_bytes: jpeg.len(), plain_bytes })
}
