//! Packing from full resolution up, in one reading of the slide.

use crate::PackSlideError;
use crate::coarse::Coarse;
use crate::encode::{EncodedFamily, FamilyEncoders, PackPlan, RowEncoder};
use crate::families::in_order;
use crate::sink::PackSink;
use rayon::ThreadPool;

/// Encodes the whole source of `plan`, whose families have stored roots, into
/// `sink`: families on `workers`, the coarser levels and the writing on this
/// thread.
pub(crate) fn encode(
    plan: &PackPlan<'_>,
    workers: &ThreadPool,
    sink: &mut PackSink,
) -> Result<(), PackSlideError> {
    let encoders = FamilyEncoders::new(plan);
    let mut rows = RowEncoder::new(plan)?;
    let mut coarse = Coarse::new(plan.pyramid, plan.roots());
    in_order(
        workers,
        plan.run.stop,
        plan.families(),
        |family| encoders.encode(family, None),
        |family, EncodedFamily { tiles, root }| {
            sink.write(&tiles)?;
            coarse.push(family.root, &root, |row| sink.write(&rows.encode(row, &[])?.tiles))?;
            plan.packed(family);
            Ok(())
        },
    )
}
