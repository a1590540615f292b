//! Packing from level 0 down, where the families' roots are predicted: their
//! parents have to be encoded first, and their pixels are made of all of the slide.
//!
//! ```text
//! 1. source -> families -> halve, halve -> rows of coarse tiles -> spool
//! 2. spool -> row of level 0 -> its tiles -> rows of level 1 below it -> ...
//!          -> families below it, read again -> their tiles
//! ```
//!
//! The second part goes down from a row of tiles to the two below it before it
//! comes to the next one, so that of each level only one row is in memory.

use crate::PackSlideError;
use crate::coarse::Coarse;
use crate::encode::{EncodedFamily, FamilyEncoders, FamilyPixels, PackPlan, Planes, RowEncoder, TileRow};
use crate::families::in_order;
use crate::sink::PackSink;
use crate::spool::Spool;
use crossbeam::queue::SegQueue;
use origami_pyramid::{Family, TileId};
use rayon::ThreadPool;
use std::path::Path;

/// Encodes the whole source of `plan` into `sink`: families on `workers`, the
/// coarser levels and the writing on this thread. Temporary files are in the
/// folder of `destination`.
pub(crate) fn encode(
    plan: &PackPlan<'_>,
    workers: &ThreadPool,
    sink: &mut PackSink,
    destination: &Path,
) -> Result<(), PackSlideError> {
    let spool = spooled(plan, workers, destination)?;
    let encoders = FamilyEncoders::new(plan);
    let rows = RowEncoder::new(plan)?;
    CoarseToFine { plan, workers, spool, encoders, rows, sink }.descend(0, 0, &[])
}

/// Reads all of the slide for the pixels of the levels above the families.
fn spooled(plan: &PackPlan<'_>, workers: &ThreadPool, destination: &Path) -> Result<Spool, PackSlideError> {
    let spool = Spool::new(destination, plan.pyramid, plan.roots())?;
    let mut coarse = Coarse::new(plan.pyramid, plan.roots());
    // Pixels that no thread uses at the moment.
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
            plan.packed(family);
            Ok(())
        },
    )?;
    Ok(spool)
}

/// The second part.
struct CoarseToFine<'a> {
    plan: &'a PackPlan<'a>,
    workers: &'a ThreadPool,
    spool: Spool,
    encoders: FamilyEncoders<'a>,
    rows: RowEncoder<'a>,
    sink: &'a mut PackSink,
}

impl CoarseToFine<'_> {
    /// Encodes row `y` of the tiles of level `z` and everything below it. `above`
    /// is what the row may be predicted from: the planes of the row of its parents.
    fn descend(&mut self, z: u32, y: u32, above: &[Planes]) -> Result<(), PackSlideError> {
        if z == self.plan.roots() {
            return self.families(y, above);
        }
        self.plan.run.stop.check()?;
        let planes = self.row(z, y, above)?;
        let below = self.plan.pyramid.grid(z + 1).expect("a level above the roots'").rows;
        (2 * y..below.min(2 * y + 2)).try_for_each(|y| self.descend(z + 1, y, &planes))
    }

    /// Encodes a row; what the rows below are predicted from.
    fn row(&mut self, z: u32, y: u32, above: &[Planes]) -> Result<Vec<Planes>, PackSlideError> {
        let pixels = self.spool.read(z, y)?;
        let encoded = self.rows.encode(TileRow { z, y, pixels: &pixels }, above)?;
        self.sink.write(&encoded.tiles)?;
        Ok(encoded.planes)
    }

    /// Encodes the families whose roots are row `y`, each given its root's parent.
    fn families(&mut self, y: u32, above: &[Planes]) -> Result<(), PackSlideError> {
        let (plan, encoders, sink) = (self.plan, &self.encoders, &mut *self.sink);
        let z = plan.roots();
        let columns = plan.pyramid.grid(z).expect("the roots' level").columns;
        in_order(
            self.workers,
            plan.run.stop,
            (0..columns).map(|x| Family { root: TileId { z, x, y } }),
            |family| encoders.encode(family, Some(&above[family.root.x as usize / 2])),
            |family, EncodedFamily { tiles, .. }| {
                sink.write(&tiles)?;
                plan.packed(family);
                Ok(())
            },
        )
    }
}
