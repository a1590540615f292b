//! The steps of visiting one family.

use super::{Families, FamilyVisitor};
use crate::rebuild::tile_size;
use crate::{Lease, Parents, RebuildError};
use origami_pack::{Entry, Mode, Pack};
use origami_pyramid::chroma::ChromaSource;
use origami_pyramid::{Family, TileId, Ycc};
use rayon::prelude::*;

/// A visit of one family, see [`Families::visit`].
pub(super) struct FamilyVisit<'a> {
    pub families: &'a Families,
    pub pack: &'a Pack,
    pub parents: &'a (dyn Parents + Sync),
    pub visitor: &'a dyn FamilyVisitor,
}

impl FamilyVisit<'_> {
    /// Makes the wanted tiles of `family`.
    pub fn run(&self, family: Family) -> Result<(), RebuildError> {
        let (pyramid, root) = (self.pack.pyramid(), family.root);
        let (mut luma_levels, mut other_levels) = (Vec::new(), Vec::new());
        for z in pyramid.family_levels(root.z).into_iter().flatten() {
            let wanted: Vec<TileId> =
                pyramid.tiles_under(root, z).filter(|&id| self.visitor.wants(id)).collect();
            match self.pack.level(z).map(|level| level.mode) {
                Some(Mode::Luma) => luma_levels.push(wanted),
                _ => other_levels.push(wanted),
            }
        }
        // Coarse levels come first: a tile seeds the parent cache for its children.
        for tiles in other_levels {
            tiles.par_iter().try_for_each(|&id| self.make_independently(id))?;
        }
        self.make_luma(root, luma_levels)
    }

    /// Makes a tile that depends on its parent at most.
    fn make_independently(&self, id: TileId) -> Result<(), RebuildError> {
        if !self.visitor.claims(id) {
            return Ok(());
        }
        if self.visitor.writes() {
            return self.visitor.take(id, self.families.tile(self.pack, id, self.parents));
        }
        let (pack, parents) = (self.pack, self.parents);
        let checked = self.families.with_rebuilder(pack, id, |rebuilder| rebuilder.check(pack, id, parents));
        checked.or_else(|error| self.visitor.take(id, Err(error)))
    }

    /// Makes the tiles of luma levels under `root`, given level by level from coarse to
    /// fine.
    fn make_luma(&self, root: TileId, levels: Vec<Vec<TileId>>) -> Result<(), RebuildError> {
        let mut predicted: Vec<Vec<TileId>> = Vec::new();
        for tiles in levels {
            let (blank, others): (Vec<TileId>, Vec<TileId>) =
                tiles.into_iter().partition(|&id| self.is_blank(id));
            blank.into_iter().try_for_each(|id| self.make_independently(id))?;
            predicted.push(others);
        }
        let Some(&finest) = predicted.iter().flatten().next_back() else { return Ok(()) };
        if self.visitor.is_over() {
            return Ok(());
        }
        let chroma = self.chroma(root, finest)?;
        if self.visitor.is_over() {
            return Ok(());
        }
        let planes = predicted.into_iter().map(|tiles| self.lease_planes(tiles));
        let mut levels = planes.collect::<Result<Vec<_>, RebuildError>>()?;
        chroma.upsample_levels(self.pack.pyramid(), &mut levels);
        levels.into_iter().try_for_each(|tiles| {
            tiles.into_par_iter().try_for_each(|(id, planes)| self.finish_luma(id, planes))
        })
    }

    /// Whether a tile has one colour, and so depends on no other.
    fn is_blank(&self, id: TileId) -> bool {
        matches!(self.pack.entry(id), Ok(Entry::Blank { .. }))
    }

    /// The chroma samples that the tiles under `root` need, down to the level of
    /// `finest`, which is one of them.
    fn chroma(&self, root: TileId, finest: TileId) -> Result<ChromaSource, RebuildError> {
        let region = self.pack.pyramid().rect_under(root, finest.z).expect("there is a tile under it");
        let mut chroma = ChromaSource::default();
        self.families.with_rebuilder(self.pack, finest, |rebuilder| {
            rebuilder.collect_chroma(self.pack, finest, region, self.parents, &mut chroma)
        })?;
        Ok(chroma)
    }

    /// Leases planes for tiles. Their samples are unspecified.
    fn lease_planes(&self, ids: Vec<TileId>) -> Result<Vec<(TileId, Ycc<Lease>)>, RebuildError> {
        let mut tiles = Vec::with_capacity(ids.len());
        for id in ids {
            let subsampling = self.pack.levels()[id.z as usize].subsampling;
            let planes = self.families.pools.lease_planes(tile_size(self.pack, id), subsampling)?;
            tiles.push((id, planes));
        }
        Ok(tiles)
    }

    /// Finishes a tile whose chroma is complete.
    fn finish_luma(&self, id: TileId, mut planes: Ycc<Lease>) -> Result<(), RebuildError> {
        if !self.visitor.claims(id) {
            return Ok(());
        }
        let made = self.families.with_rebuilder(self.pack, id, |rebuilder| {
            let context = rebuilder.context(self.pack, id, self.parents)?;
            rebuilder.finish_luma(context, &mut planes)?;
            self.visitor.writes().then(|| rebuilder.encode_tile(context, &mut planes)).transpose()
        });
        match made.transpose() {
            Some(tile) => self.visitor.take(id, tile),
            None => Ok(()),
        }
    }
}
