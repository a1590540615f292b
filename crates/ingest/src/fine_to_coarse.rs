//! Encodes a slide from full resolution up, reading it once.

use crate::PackSlideError;
use crate::coarse::CoarseLevels;
use crate::encode::{EncodedFamily, FamilyEncoders, PackPlan, RowEncoder};
use crate::families::in_order;
use crate::sink::PackSink;
use rayon::ThreadPool;

/// Encodes the source of `plan`, whose families have stored roots, into `sink`.
/// Families are encoded on `workers`; coarser levels are encoded, and all tiles
/// written, on this thread.
pub(crate) fn encode(
    plan: &PackPlan<'_>,
    workers: &ThreadPool,
    sink: &mut PackSink,
) -> Result<(), PackSlideError> {
    let encoders = FamilyEncoders::new(plan);
    let mut rows = RowEncoder::new(plan)?;
    let mut coarse = CoarseLevels::new(plan.pyramid, plan.root_level());
    in_order(
        workers,
        plan.run.stop,
        plan.families(),
        |family| encoders.encode(family, None),
        |family, EncodedFamily { tiles, root }| {
            sink.write(&tiles)?;
            coarse.push(family.root, &root, |row| sink.write(&rows.encode(row, &[])?.tiles))?;
            plan.report_packed(family);
            Ok(())
        },
    )
}
