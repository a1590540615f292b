//! Encodes families, from the source's pixels to the bytes of their tiles.

use super::depth::PredictionDepth;
use super::{EncodedTile, EncoderOutput, PackPlan, Planes, TileEncoder, TilePixels};
use crate::PackSlideError;
use crate::source::{Source, SourceError};
use crossbeam::queue::SegQueue;
use origami_pyramid::{Family, Pyramid, Rgb, TileId, mean};

/// Tiles of a family of three whole levels.
const MAX_TILES: usize = 1 + 4 + 16;

/// The pixels of a family at each of its levels. Its memory is reused for the next
/// family that is read.
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

    /// Visits the tiles of the family that was read, root first, row by row. `visit`
    /// receives the pixels of a tile and, if its level is predicted, what `visit`
    /// returned for its parent. The root's parent is in another family, so its result
    /// is given as `root_parent`.
    pub(super) fn visit<P>(
        &self,
        pyramid: &Pyramid,
        depth: PredictionDepth,
        family: Family,
        root_parent: Option<&P>,
        mut visit: impl FnMut(TilePixels<'_>, Option<&P>) -> Result<Option<P>, PackSlideError>,
    ) -> Result<(), PackSlideError> {
        let mut results: Vec<(TileId, P)> = Vec::new();
        for id in pyramid.family_tiles(family) {
            let parent = if id == family.root {
                root_parent
            } else {
                depth.is_predicted(id.z).then(|| parent_of(&results, id))
            };
            let result = visit(self.tile(pyramid, family, id), parent)?;
            results.extend(result.map(|result| (id, result)));
        }
        Ok(())
    }

    fn tile(&self, pyramid: &Pyramid, family: Family, id: TileId) -> TilePixels<'_> {
        let below = id.z - family.root.z;
        TilePixels { id, pixels: &self.levels[below as usize], origin: pyramid.origin_under(id, below) }
    }
}

/// The result for the parent of tile `id`.
fn parent_of<P>(results: &[(TileId, P)], id: TileId) -> &P {
    let entry = results.iter().find(|(tile, _)| Some(*tile) == id.parent(1));
    &entry.expect("parents are visited first, and give results").1
}

/// The tiles of a family, root first, and the root's pixels, from which the levels
/// above it are made.
pub(crate) struct EncodedFamily {
    pub tiles: Vec<EncodedTile>,
    pub root: Rgb,
}

/// Encodes families according to a plan, on any number of threads.
pub(crate) struct FamilyEncoders<'a> {
    plan: &'a PackPlan<'a>,
    /// Encoders that no thread is using.
    idle: SegQueue<FamilyEncoder<'a>>,
}

/// What one thread needs to encode a family.
struct FamilyEncoder<'a> {
    encoder: Box<dyn TileEncoder + 'a>,
    pixels: FamilyPixels,
}

impl<'a> FamilyEncoders<'a> {
    pub fn new(plan: &'a PackPlan<'a>) -> Self {
        Self { plan, idle: SegQueue::new() }
    }

    /// Reads a family and encodes all of its tiles. If roots are predicted,
    /// `root_parent` are the planes of the root's parent.
    pub fn encode(
        &self,
        family: Family,
        root_parent: Option<&Planes>,
    ) -> Result<EncodedFamily, PackSlideError> {
        let plan = self.plan;
        let mut family_encoder = match self.idle.pop() {
            Some(idle) => idle,
            None => FamilyEncoder { encoder: plan.encoder()?, pixels: FamilyPixels::default() },
        };
        let FamilyEncoder { encoder, pixels } = &mut family_encoder;
        pixels.read(plan.run.source, &plan.pyramid, family)?;
        let mut tiles = Vec::with_capacity(MAX_TILES);
        pixels.visit(&plan.pyramid, plan.depth, family, root_parent, |tile, parent| {
            let EncoderOutput { tile, planes } = encoder.encode(tile, parent, plan.depth.role(tile.id.z))?;
            tiles.push(tile);
            Ok(planes)
        })?;
        let root = pixels.root().clone();
        self.idle.push(family_encoder);
        Ok(EncodedFamily { tiles, root })
    }
}
