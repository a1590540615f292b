//! Whole families, rebuilt at once.

use crate::rebuild::tile_size;
use crate::{Lease, Models, ParentCache, Parents, Pools, RebuildError, Rebuilder, TileJpeg};
use crossbeam::queue::SegQueue;
use origami_pack::{Entry, Level, Mode, Pack};
use origami_pyramid::chroma::ChromaSource;
use origami_pyramid::{Family, TileId, Ycc};
use rayon::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};

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
    fn take(&self, id: TileId, tile: Result<TileJpeg, RebuildError>) -> Result<(), RebuildError>;
}

/// Has all tiles made, and forgets them but for what is wrong.
struct Check<'a> {
    pack: &'a Pack,
    /// What is wrong with tiles that no others depend on.
    lone: Mutex<Vec<RebuildError>>,
}

impl FamilyVisitor for Check<'_> {
    fn wants(&self, _: TileId) -> bool {
        true
    }

    fn writes(&self) -> bool {
        false
    }

    fn take(&self, id: TileId, tile: Result<TileJpeg, RebuildError>) -> Result<(), RebuildError> {
        let Err(error) = tile else { return Ok(()) };
        if self.pack.level(id.z).is_some_and(Level::is_predicted) || self.pack.is_parent(id.z) {
            return Err(error);
        }
        self.lone.lock().unwrap_or_else(PoisonError::into_inner).push(error);
        Ok(())
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

    /// Makes the tiles of `family` that `visitor` wants, taking parents from
    /// `parents`.
    ///
    /// The chroma of luma tiles, which needs nothing but the chroma level, is
    /// carried up first, that of all levels at the same time; then each tile gets
    /// its luma. Tiles of other levels need their parents alone.
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
        let (pyramid, root) = (pack.pyramid(), family.root);
        let wanted = |z: u32| -> Vec<TileId> {
            pyramid.tiles_under(root, z).filter(|&id| visitor.wants(id)).collect()
        };
        let is_luma = |tiles: &Vec<TileId>| {
            let level = tiles.first().and_then(|id| pack.level(id.z));
            level.is_some_and(|level| level.mode == Mode::Luma)
        };
        let levels = pyramid.family_levels(root.z).into_iter().flatten().map(wanted);
        let (luma, others): (Vec<Vec<TileId>>, Vec<Vec<TileId>>) = levels.partition(is_luma);
        let visit = FamilyVisit { families: self, pack, parents, visitor };
        // A tile leaves its samples for those that are predicted from it: coarse
        // levels come first.
        for level in others {
            level.par_iter().try_for_each(|&id| visit.one(id))?;
        }
        visit.luma(root, luma)
    }

    /// Makes all tiles of `family` and forgets them; returns what is wrong with
    /// them. Where one is predicted from another, that is the first failure there
    /// was, since others may fail for the same reason.
    #[must_use]
    pub fn check(&self, pack: &Pack, family: Family, parents: &(dyn Parents + Sync)) -> Vec<RebuildError> {
        let check = Check { pack, lone: Mutex::default() };
        let visited = self.visit(pack, family, parents, &check);
        let mut problems = check.lone.into_inner().unwrap_or_else(PoisonError::into_inner);
        problems.extend(visited.err());
        problems
    }

    /// The JPEG of one tile, of whatever level.
    ///
    /// # Errors
    /// As [`Rebuilder::tile`].
    pub fn tile(&self, pack: &Pack, id: TileId, parents: &dyn Parents) -> Result<TileJpeg, RebuildError> {
        self.with(pack, id, |rebuilder| rebuilder.tile(pack, id, parents))
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
struct FamilyVisit<'a> {
    families: &'a Families,
    pack: &'a Pack,
    parents: &'a (dyn Parents + Sync),
    visitor: &'a dyn FamilyVisitor,
}

impl FamilyVisit<'_> {
    /// Makes a tile that needs its parent alone, or nothing.
    fn one(&self, id: TileId) -> Result<(), RebuildError> {
        if !self.visitor.claims(id) {
            return Ok(());
        }
        if self.visitor.writes() {
            return self.visitor.take(id, self.families.tile(self.pack, id, self.parents));
        }
        let (pack, parents) = (self.pack, self.parents);
        let checked = self.families.with(pack, id, |rebuilder| rebuilder.check(pack, id, parents));
        checked.or_else(|error| self.visitor.take(id, Err(error)))
    }

    /// Makes the tiles of luma levels under `root`, given level by level from
    /// coarse to fine.
    fn luma(&self, root: TileId, levels: Vec<Vec<TileId>>) -> Result<(), RebuildError> {
        // A tile of one colour needs nothing of its parents.
        let is_blank = |&id: &TileId| matches!(self.pack.entry(id), Ok(Entry::Blank { .. }));
        let mut predicted: Vec<Vec<TileId>> = Vec::new();
        for level in levels {
            let (blank, rest): (Vec<TileId>, Vec<TileId>) = level.into_iter().partition(is_blank);
            blank.into_iter().try_for_each(|id| self.one(id))?;
            predicted.push(rest);
        }
        let Some(&finest) = predicted.iter().flatten().next_back() else { return Ok(()) };
        if self.visitor.is_over() {
            return Ok(());
        }
        let chroma = self.chroma(root, finest)?;
        if self.visitor.is_over() {
            return Ok(());
        }
        let planes = predicted.into_iter().map(|tiles| self.planes(tiles));
        let mut levels = planes.collect::<Result<Vec<_>, RebuildError>>()?;
        chroma.carry_levels(self.pack.pyramid(), &mut levels);
        let finish = |(id, tile): (TileId, Ycc<Lease>)| self.with_luma(id, tile);
        levels.into_iter().try_for_each(|tiles| tiles.into_par_iter().try_for_each(finish))
    }

    /// What the tiles under `root` down to the level of `finest`, which is one of
    /// them, need of the chroma level.
    fn chroma(&self, root: TileId, finest: TileId) -> Result<ChromaSource, RebuildError> {
        let region = self.pack.pyramid().rect_under(root, finest.z).expect("there is a tile under it");
        let mut chroma = ChromaSource::default();
        self.families.with(self.pack, finest, |rebuilder| {
            rebuilder.place_chroma(self.pack, finest, region, self.parents, &mut chroma)
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
