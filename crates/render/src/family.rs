//! Whole families, rebuilt at once.

use crate::rebuild::tile_size;
use crate::{Lease, Models, ParentCache, Parents, Pools, RebuildError, Rebuilder, Tile};
use crossbeam::queue::SegQueue;
use origami_pack::{Entry, Mode, Pack};
use origami_pyramid::chroma::ChromaSource;
use origami_pyramid::{Family, TileId, Ycc};
use rayon::prelude::*;
use std::sync::Arc;

/// Rebuilds families in parallel on the current rayon pool, with as many
/// [`Rebuilder`]s as threads turn out to need one.
#[derive(Debug)]
pub struct Families {
    pools: Arc<Pools>,
    models: Arc<Models>,
    /// Rebuilders that no thread uses at the moment.
    idle: SegQueue<Rebuilder>,
}

/// Whoever wants the tiles of a family.
///
/// Called from any thread, in any order.
pub trait FamilyVisitor: Sync {
    /// Whether tile `id` is wanted. Others are made as far as wanted ones need
    /// them.
    fn wants(&self, id: TileId) -> bool;

    /// Whether tile `id`, which was wanted, still is. Asked once, just before it
    /// is made; what is claimed is taken, unless it fails.
    fn claims(&self, _id: TileId) -> bool {
        true
    }

    /// Whether no more tiles will be claimed, so that what they have in common
    /// need not be made.
    fn is_over(&self) -> bool {
        false
    }

    /// Whether tiles are written as JPEGs and handed on. If not, stored ones are
    /// decoded, others are rebuilt, and what fails is all that is handed on.
    fn writes(&self) -> bool {
        true
    }

    /// Takes the JPEG of a tile, or what kept it from being made.
    ///
    /// # Errors
    /// What ends the family.
    fn take(&self, id: TileId, tile: Result<Tile, RebuildError>) -> Result<(), RebuildError>;
}

/// Has all tiles made, the root included, and forgets them.
struct Check;

impl FamilyVisitor for Check {
    fn wants(&self, _: TileId) -> bool {
        true
    }

    fn writes(&self) -> bool {
        false
    }

    fn take(&self, _: TileId, tile: Result<Tile, RebuildError>) -> Result<(), RebuildError> {
        tile.map(drop)
    }
}

impl Families {
    /// Rebuilders will lease from `pools` and share `models`.
    #[must_use]
    pub fn new(pools: Arc<Pools>, models: Arc<Models>) -> Self {
        Self { pools, models, idle: SegQueue::new() }
    }

    /// Families for going through whole packs, where memory is not short, and a
    /// cache for their parents: buffers for far more than any number of threads
    /// holds, so that none of them ever goes without.
    #[must_use]
    pub fn for_whole_packs() -> (Self, ParentCache) {
        const PARENTS: usize = 128 << 20;
        const MODELS: usize = 8 << 20;
        const BUFFERS: usize = 8 << 30;
        let pools = Pools::new(BUFFERS);
        let parents = ParentCache::new(PARENTS, Arc::clone(&pools));
        (Self::new(pools, Models::new(MODELS)), parents)
    }

    /// Makes the tiles of `family` that `visitor` wants, those of its root's
    /// level included, taking parents from `parents`.
    ///
    /// In luma packs the chroma of both predicted levels, which needs nothing
    /// but L2, is carried up first, L1 and L0 at the same time; then each tile
    /// gets its luma. Tiles of coefficients need their parents alone.
    ///
    /// # Errors
    /// The first failure there was: of what all tiles need, or of
    /// [`FamilyVisitor::take`].
    pub fn visit(
        &self,
        pack: &Pack,
        family: Family,
        parents: &(dyn Parents + Sync),
        visitor: &dyn FamilyVisitor,
    ) -> Result<(), RebuildError> {
        let [roots, l1, l0] = [2, 1, 0].map(|depth| -> Vec<TileId> {
            pack.pyramid().family_tiles(family, depth).filter(|&id| visitor.wants(id)).collect()
        });
        let visit = Visit { families: self, pack, parents, visitor };
        let one = |id: &TileId| visit.one(*id);
        roots.iter().try_for_each(one)?;
        if l1.is_empty() && l0.is_empty() {
            return Ok(());
        }
        if !has_luma_levels(pack) {
            // An L1 tile leaves its samples for those under it, so it comes first.
            l1.par_iter().try_for_each(one)?;
            return l0.par_iter().try_for_each(one);
        }
        // A tile of one colour needs nothing of its parents.
        let is_blank = |&id: &TileId| matches!(pack.entry(id), Ok(Entry::Blank { .. }));
        let (blank, l1): (Vec<TileId>, Vec<TileId>) = l1.into_iter().partition(is_blank);
        blank.iter().try_for_each(one)?;
        let (blank, l0): (Vec<TileId>, Vec<TileId>) = l0.into_iter().partition(is_blank);
        blank.iter().try_for_each(one)?;
        if (l1.is_empty() && l0.is_empty()) || visitor.is_over() {
            return Ok(());
        }
        let chroma = visit.chroma(family)?;
        if visitor.is_over() {
            return Ok(());
        }
        let (mut l1, mut l0) = (visit.planes(l1)?, visit.planes(l0)?);
        chroma.carry_levels(pack.pyramid(), &mut l1, &mut l0);
        let finish = |(id, tile): (TileId, Ycc<Lease>)| visit.with_luma(id, tile);
        l1.into_par_iter().try_for_each(finish)?;
        l0.into_par_iter().try_for_each(finish)
    }

    /// Makes all tiles of `family` and forgets them.
    ///
    /// # Errors
    /// The first failure there was.
    pub fn check(
        &self,
        pack: &Pack,
        family: Family,
        parents: &(dyn Parents + Sync),
    ) -> Result<(), RebuildError> {
        self.visit(pack, family, parents, &Check)
    }

    /// The JPEG of one tile, of whatever level.
    ///
    /// # Errors
    /// As [`Rebuilder::tile`].
    pub fn tile(&self, pack: &Pack, id: TileId, parents: &dyn Parents) -> Result<Tile, RebuildError> {
        self.with(pack, id, |rebuilder| rebuilder.tile(pack, id, parents))
    }

    /// Makes one tile, of whatever level, and forgets it.
    ///
    /// # Errors
    /// As [`Rebuilder::tile`].
    pub fn check_tile(&self, pack: &Pack, id: TileId, parents: &dyn Parents) -> Result<(), RebuildError> {
        self.with(pack, id, |rebuilder| rebuilder.check(pack, id, parents))
    }

    /// Lends a rebuilder to `work`. One that panics is not used again.
    pub(crate) fn with<T>(
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

/// What the parts of [`Families::visit`] have in common.
struct Visit<'a> {
    families: &'a Families,
    pack: &'a Pack,
    parents: &'a (dyn Parents + Sync),
    visitor: &'a dyn FamilyVisitor,
}

impl Visit<'_> {
    /// Makes a tile that needs its parent alone, or nothing.
    fn one(&self, id: TileId) -> Result<(), RebuildError> {
        if !self.visitor.claims(id) {
            return Ok(());
        }
        if self.visitor.writes() {
            return self.visitor.take(id, self.families.tile(self.pack, id, self.parents));
        }
        let checked = self.families.check_tile(self.pack, id, self.parents);
        checked.or_else(|error| self.visitor.take(id, Err(error)))
    }

    /// L2's chroma under and around a family.
    fn chroma(&self, family: Family) -> Result<ChromaSource, RebuildError> {
        let (pack, pyramid) = (self.pack, self.pack.pyramid());
        let mut chroma = ChromaSource::default();
        let (Some(root), Some(region)) =
            (pyramid.family_tiles(family, 2).next(), pyramid.family_rect(family, 0))
        else {
            return Ok(chroma);
        };
        self.families.with(pack, root, |rebuilder| {
            chroma.aim(pyramid, region, 0, pack.levels()[root.z as usize].subsampling);
            rebuilder.place_chroma(pack, root, self.parents, &mut chroma)
        })?;
        Ok(chroma)
    }

    /// Room for the planes of tiles, their samples unspecified.
    fn planes(&self, ids: Vec<TileId>) -> Result<Vec<(TileId, Ycc<Lease>)>, RebuildError> {
        let room = |id: TileId| {
            let subsampling = self.pack.levels()[id.z as usize].subsampling;
            Ok((id, self.families.pools.lease_planes(tile_size(self.pack, id), subsampling)?))
        };
        ids.into_iter().map(room).collect()
    }

    /// Finishes a tile that has its chroma already.
    fn with_luma(&self, id: TileId, mut tile: Ycc<Lease>) -> Result<(), RebuildError> {
        if !self.visitor.claims(id) {
            return Ok(());
        }
        let made = self.families.with(self.pack, id, |rebuilder| {
            let place = rebuilder.place(self.pack, id, self.parents)?;
            rebuilder.finish_luma(place, &mut tile)?;
            self.visitor.writes().then(|| rebuilder.encode_tile(place, &mut tile)).transpose()
        });
        made.transpose().map_or(Ok(()), |made| self.visitor.take(id, made))
    }
}

/// Whether L1 and L0 are both predicted in luma.
fn has_luma_levels(pack: &Pack) -> bool {
    let top = pack.pyramid().max_level();
    top > 0 && [top - 1, top].into_iter().all(|z| pack.level(z).is_some_and(|level| level.mode == Mode::Luma))
}
