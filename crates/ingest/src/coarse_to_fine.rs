//! Encodes a slide from level 0 down, reading it twice. This is necessary where the
//! families' roots are predicted: their parents must be encoded first, and the
//! parents' pixels depend on the whole slide.
//!
//! ```text
//! 1. source -> families -> halve, halve -> rows of coarse tiles -> spool
//! 2. spool -> row of level 0 -> its tiles -> rows of level 1 below it -> ...
//!          -> families below it, read again -> their tiles
//! ```
//!
//! The second pass is depth first: the two rows of tiles below a row come before
//! the next row of the same level, so that only one row of each level is in memory.

use crate::PackSlideError;
use crate::coarse::CoarseLevels;
use crate::encode::{EncodedFamily, FamilyEncoders, FamilyPixels, PackPlan, Planes, RowEncoder, TileRow};
use crate::families::in_order;
use crate::sink::PackSink;
use crate::spool::Spool;
use crossbeam::queue::SegQueue;
use origami_pyramid::{Family, TileId};
use rayon::ThreadPool;
use std::path::Path;

/// Encodes the source of `plan` into `sink`. Families are encoded on `workers`;
/// coarser levels are encoded, and all tiles written, on this thread. Temporary
/// files are created in the folder of `destination`.
pub(crate) fn encode(
    plan: &PackPlan<'_>,
    workers: &ThreadPool,
    sink: &mut PackSink,
    destination: &Path,
) -> Result<(), PackSlideError> {
    let spool = spool_coarse_levels(plan, workers, destination)?;
    let encoders = FamilyEncoders::new(plan);
    let rows = RowEncoder::new(plan)?;
    CoarseToFine { plan, workers, spool, encoders, rows, sink }.descend(0, 0, &[])
}

/// The first pass: reads the whole slide for the pixels of the levels above the
/// families.
fn spool_coarse_levels(
    plan: &PackPlan<'_>,
    workers: &ThreadPool,
    destination: &Path,
) -> Result<Spool, PackSlideError> {
    let spool = Spool::new(destination, plan.pyramid, plan.root_level())?;
    let mut coarse = CoarseLevels::new(plan.pyramid, plan.root_level());
    // Buffers that no thread is using.
    let idle: SegQueue<FamilyPixels> = SegQueue::new();
    in_order(
        workers,
        plan.run.stop,
        plan.families(),
        |family| {
            let mut pixels = idle.pop().unwrap_or_default();
            pixels.read(plan.run.source, &plan.pyramid, family)?;
            let root = pixels.root().clone();
            idle.push(pixels);
            Ok(root)
        },
        |family, root| {
            coarse.push(family.root, &root, |row| spool.write(row))?;
            plan.report_packed(family);
            Ok(())
        },
    )?;
    Ok(spool)
}

/// The second pass.
struct CoarseToFine<'a> {
    plan: &'a PackPlan<'a>,
    workers: &'a ThreadPool,
    spool: Spool,
    encoders: FamilyEncoders<'a>,
    rows: RowEncoder<'a>,
    sink: &'a mut PackSink,
}

impl CoarseToFine<'_> {
    /// Encodes row `y` of the tiles of level `z` and everything below it. `parents`
    /// are the planes of their parents' row in level `z - 1`, empty where nothing is
    /// predicted from them.
    fn descend(&mut self, z: u32, y: u32, parents: &[Planes]) -> Result<(), PackSlideError> {
        if z == self.plan.root_level() {
            return self.encode_families(y, parents);
        }
        self.plan.run.stop.check()?;
        let planes = self.encode_row(z, y, parents)?;
        let rows_below = self.plan.pyramid.grid(z + 1).expect("a level above the roots'").rows;
        (2 * y..rows_below.min(2 * y + 2)).try_for_each(|y| self.descend(z + 1, y, &planes))
    }

    /// Encodes a row of tiles; returns the planes that the rows below are predicted
    /// from.
    fn encode_row(&mut self, z: u32, y: u32, parents: &[Planes]) -> Result<Vec<Planes>, PackSlideError> {
        let pixels = self.spool.read(z, y)?;
        let encoded = self.rows.encode(TileRow { z, y, pixels: &pixels }, parents)?;
        self.sink.write(&encoded.tiles)?;
        Ok(encoded.planes)
    }

    /// Encodes the families whose roots are row `y`, predicting each root from its
    /// parent.
    fn encode_families(&mut self, y: u32, parents: &[Planes]) -> Result<(), PackSlideError> {
        let (plan, encoders, sink) = (self.plan, &self.encoders, &mut *self.sink);
        let z = plan.root_level();
        let columns = plan.pyramid.grid(z).expect("the roots' level").columns;
        in_order(
            self.workers,
            plan.run.stop,
            (0..columns).map(|x| Family { root: TileId { z, x, y } }),
            |family| encoders.encode(family, Some(&parents[family.root.x as usize / 2])),
            |family, EncodedFamily { tiles, .. }| {
                sink.write(&tiles)?;
                plan.report_packed(family);
                Ok(())
            },
        )
    }
}
