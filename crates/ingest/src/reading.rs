//! Reads a slide once, from full resolution up, and keeps what it becomes of every tile.

use crate::coarse::CoarseLevels;
use crate::encode::{EncodedFamily, EncodedTile, FamilyEncoders, PackPlan};
use crate::families::in_order;
use crate::spool::Spool;
use crate::statistics::Statistics;
use crate::{PackEvent, PackSlideError};
use rayon::ThreadPool;

/// Reads the source of `plan` into `spool`. Families are read on `workers`; coarser levels
/// are made, and all tiles kept, on this thread.
pub(crate) fn read(
    plan: &PackPlan<'_>,
    workers: &ThreadPool,
    spool: &mut Spool,
) -> Result<Statistics, PackSlideError> {
    let encoders = FamilyEncoders::new(plan);
    let mut rows = plan.encoder()?;
    let mut coarse = CoarseLevels::new(plan.pyramid, plan.root_level());
    let mut statistics = Statistics::default();
    (plan.run.progress)(PackEvent::Reading(plan.pyramid.size().area()));
    in_order(
        workers,
        plan.run.stop,
        plan.families(),
        |family| encoders.encode(family),
        |family, EncodedFamily { tiles, root }| {
            keep(&tiles, spool, &mut statistics)?;
            coarse.push(family.root, &root, |row| {
                keep(&rows.encode(&row.tiles(&plan.pyramid))?, spool, &mut statistics)
            })?;
            let region = plan.pyramid.family_rect(family).expect("a family of this pyramid");
            (plan.run.progress)(PackEvent::Read(region.size().area()));
            Ok(())
        },
    )?;
    Ok(statistics)
}

fn keep(tiles: &[EncodedTile], spool: &mut Spool, statistics: &mut Statistics) -> Result<(), PackSlideError> {
    tiles.iter().try_for_each(|tile| {
        statistics.add(tile);
        spool.write(tile)
    })
}
