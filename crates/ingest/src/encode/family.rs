//! Families, from the source's pixels to the bytes of their tiles.

use super::depth::PredictionDepth;
use super::{EncodedTile, PackPlan, Planes, TileEncoder, TilePixels};
use crate::PackSlideError;
use crate::source::{Source, SourceError};
use crossbeam::queue::SegQueue;
use origami_pyramid::{Family, Pyramid, Rgb, TileId, mean};

/// The pixels of a family at each of its levels. The next family that is read
/// takes the same memory.
#[derive(Default)]
pub(crate) struct FamilyPixels {
    /// From the root's level to full resolution.
    levels: Vec<Rgb>,
}

impl FamilyPixels {
    /// Reads a family of full resolution, and halves it level by level.
    pub fn read(
        &mut self,
        source: &dyn Source,
        pyramid: &Pyramid,
        family: Family,
    ) -> Result<(), SourceError> {
        let region = pyramid.family_rect(family).expect("a family of this pyramid");
        let levels = (pyramid.max_level() - family.root.z + 1) as usize;
        self.levels.resize(levels, Rgb::filled(1, 1, [0; 3]));
        source.read(region, &mut self.levels[levels - 1])?;
        for finer in (1..levels).rev() {
            let (coarse, fine) = self.levels.split_at_mut(finer);
            mean::halve(&fine[0], &mut coarse[finer - 1]);
        }
        Ok(())
    }

    /// The pixels of the root.
    pub fn root(&self) -> &Rgb {
        &self.levels[0]
    }

    /// Visits the tiles of the family that was read, root first, row by row: their
    /// pixels, and of a predicted tile what `visit` made of its parent. The root's
    /// parent is in another family; `above` is what was made of it there.
    pub(super) fn visit<P>(
        &self,
        pyramid: &Pyramid,
        depth: PredictionDepth,
        family: Family,
        above: Option<&P>,
        mut visit: impl FnMut(TilePixels<'_>, Option<&P>) -> Result<Option<P>, PackSlideError>,
    ) -> Result<(), PackSlideError> {
        let mut parents: Vec<(TileId, P)> = Vec::new();
        for id in pyramid.family_tiles(family) {
            let parent = if id == family.root {
                above
            } else {
                let parent = id.parent(1).filter(|_| depth.is_predicted(id.z));
                parent.map(|parent| {
                    let found = parents.iter().find(|(id, _)| *id == parent);
                    &found.expect("parents come first, and are kept").1
                })
            };
            let made = visit(self.tile(pyramid, family, id), parent)?;
            parents.extend(made.map(|made| (id, made)));
        }
        Ok(())
    }

    fn tile(&self, pyramid: &Pyramid, family: Family, id: TileId) -> TilePixels<'_> {
        let below = id.z - family.root.z;
        let (x, y) = pyramid.origin_under(id, below);
        TilePixels { id, pixels: &self.levels[below as usize], origin: (x as usize, y as usize) }
    }
}

/// The tiles of one family, root first, and the root's pixels for the levels
/// above it.
pub(crate) struct EncodedFamily {
    pub tiles: Vec<EncodedTile>,
    pub root: Rgb,
}

/// Encodes families as a plan says, on any number of threads.
pub(crate) struct FamilyEncoders<'a> {
    plan: &'a PackPlan<'a>,
    /// What no thread uses at the moment.
    idle: SegQueue<FamilyEncoder<'a>>,
}

/// What a thread needs to encode a family.
struct FamilyEncoder<'a> {
    encoder: Box<dyn TileEncoder + 'a>,
    pixels: FamilyPixels,
}

impl<'a> FamilyEncoders<'a> {
    pub fn new(plan: &'a PackPlan<'a>) -> Self {
        Self { plan, idle: SegQueue::new() }
    }

    /// Reads a family and encodes all of its tiles; if roots are predicted, given
    /// what the root's parent is kept as.
    pub fn encode(&self, family: Family, above: Option<&Planes>) -> Result<EncodedFamily, PackSlideError> {
        let plan = self.plan;
        let mut free = match self.idle.pop() {
            Some(free) => free,
            None => FamilyEncoder { encoder: plan.encoder()?, pixels: FamilyPixels::default() },
        };
        let FamilyEncoder { encoder, pixels } = &mut free;
        pixels.read(plan.run.source, &plan.pyramid, family)?;
        let mut tiles = Vec::with_capacity(21);
        pixels.visit(&plan.pyramid, plan.depth, family, above, |tile, parent| {
            let (encoded, planes) = encoder.tile(tile, parent, plan.depth.is_parent(tile.id.z))?;
            tiles.push(encoded);
            Ok(planes)
        })?;
        let root = pixels.root().clone();
        self.idle.push(free);
        Ok(EncodedFamily { tiles, root })
    }
}
