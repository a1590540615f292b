//! Families and rows of tiles, rebuilt in parallel.

mod row;
mod visit;
mod visitor;

pub use visitor::FamilyVisitor;

use crate::{Models, Parents, Pools, RebuildError, Rebuilder, TileJpeg};
use crossbeam::queue::SegQueue;
use origami_pack::Pack;
use origami_pyramid::{Family, TileId};
use std::sync::Arc;
use visit::FamilyVisit;
use visitor::FailureCollector;

/// Rebuilds families in parallel on the current rayon pool. Each thread that works
/// borrows a [`Rebuilder`]; more are made as needed.
#[derive(Debug)]
pub struct Families {
    pools: Arc<Pools>,
    models: Arc<Models>,
    /// Rebuilders that no thread is using.
    idle: SegQueue<Rebuilder>,
}

impl Families {
    /// Rebuilders will lease from `pools` and share `models`.
    #[must_use]
    pub fn new(pools: Arc<Pools>, models: Arc<Models>) -> Self {
        Self { pools, models, idle: SegQueue::new() }
    }

    /// Makes the tiles of `family` that `visitor` wants, with parents from `parents`.
    ///
    /// The chroma of luma tiles depends on the chroma level alone. It is upsampled
    /// first, for all levels at the same time; then each tile gets its luma. Tiles of
    /// other levels depend on their parents alone.
    ///
    /// # Errors
    /// The first failure: of something that all tiles need, or of
    /// [`FamilyVisitor::take`].
    ///
    /// # Examples
    /// ```
    /// # use origami_pack::Pack;
    /// # use origami_pyramid::TileId;
    /// # use origami_render::{Families, FamilyVisitor, Models, Pools, RebuildError, TileJpeg, Uncached};
    /// # use std::sync::atomic::{AtomicUsize, Ordering};
    /// struct Counter(AtomicUsize);
    ///
    /// impl FamilyVisitor for Counter {
    ///     fn wants(&self, _: TileId) -> bool {
    ///         true
    ///     }
    ///
    ///     fn take(&self, _: TileId, tile: Result<TileJpeg, RebuildError>) -> Result<(), RebuildError> {
    ///         assert!(!tile?.is_empty());
    ///         self.0.fetch_add(1, Ordering::Relaxed);
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let pack = Pack::open("tests/golden/v3-luma.origami".as_ref()).unwrap();
    /// let families = Families::new(Pools::new(64 << 20), Models::new(8 << 20));
    /// let family = pack.pyramid().all_families().last().unwrap();
    /// let counter = Counter(AtomicUsize::new(0));
    /// families.visit(&pack, family, &Uncached, &counter).unwrap();
    /// assert_eq!(counter.0.into_inner(), pack.pyramid().family_tiles(family).count());
    /// ```
    pub fn visit(
        &self,
        pack: &Pack,
        family: Family,
        parents: &(dyn Parents + Sync),
        visitor: &dyn FamilyVisitor,
    ) -> Result<(), RebuildError> {
        FamilyVisit { families: self, pack, parents, visitor }.run(family)
    }

    /// Makes all tiles of `family`, discards them, and returns the failures. Of tiles
    /// that are predicted from one another, only the first failure is returned, since
    /// others may have the same cause.
    #[must_use]
    pub fn check(&self, pack: &Pack, family: Family, parents: &(dyn Parents + Sync)) -> Vec<RebuildError> {
        let collector = FailureCollector::new(pack);
        let visited = self.visit(pack, family, parents, &collector);
        let mut failures = collector.into_failures();
        failures.extend(visited.err());
        failures
    }

    /// The JPEG of one tile of any level.
    ///
    /// # Errors
    /// As [`Rebuilder::tile`].
    pub fn tile(&self, pack: &Pack, id: TileId, parents: &dyn Parents) -> Result<TileJpeg, RebuildError> {
        self.with_rebuilder(pack, id, |rebuilder| rebuilder.tile(pack, id, parents))
    }

    /// Lends a rebuilder to `work` on tile `id`. If `work` panics, the rebuilder is not
    /// used again.
    pub(crate) fn with_rebuilder<T>(
        &self,
        pack: &Pack,
        id: TileId,
        work: impl FnOnce(&mut Rebuilder) -> Result<T, RebuildError>,
    ) -> Result<T, RebuildError> {
        let mut rebuilder = match self.idle.pop() {
            Some(rebuilder) => rebuilder,
            None => Rebuilder::with_models(Arc::clone(&self.pools), Arc::clone(&self.models))
                .map_err(|error| RebuildError::codec(pack, id, error))?,
        };
        let result = work(&mut rebuilder);
        self.idle.push(rebuilder);
        result
    }
}
