//! Reads families, from the source's pixels to what is kept of their tiles.

use super::{EncodedTile, PackPlan, TileEncoder, TilePixels};
use crate::PackSlideError;
use crate::source::{Source, SourceError};
use crossbeam::queue::SegQueue;
use origami_pyramid::{Family, Pyramid, Rgb, mean};

/// The pixels of a family at each of its levels. Its memory is reused for the next
/// family that is read.
#[derive(Default)]
struct FamilyPixels {
    /// From the root's level to full resolution.
    levels: Vec<Rgb>,
}

impl FamilyPixels {
    /// Reads a family of full resolution, and halves it level by level.
    fn read(&mut self, source: &dyn Source, pyramid: &Pyramid, family: Family) -> Result<(), SourceError> {
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

    /// The tiles of the family that was read, root first, row by row.
    fn tiles(&self, pyramid: &Pyramid, family: Family) -> Vec<TilePixels<'_>> {
        let tiles = pyramid.family_tiles(family).map(|id| {
            let below = id.z - family.root.z;
            TilePixels { id, pixels: &self.levels[below as usize], origin: pyramid.origin_under(id, below) }
        });
        tiles.collect()
    }
}

/// The tiles of a family, root first, and the root's pixels, from which the levels
/// above it are made.
pub(crate) struct EncodedFamily {
    pub tiles: Vec<EncodedTile>,
    pub root: Rgb,
}

/// Reads and encodes families according to a plan, on any number of threads.
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

    /// Reads a family and encodes all of its tiles.
    pub fn encode(&self, family: Family) -> Result<EncodedFamily, PackSlideError> {
        let plan = self.plan;
        let mut family_encoder = match self.idle.pop() {
            Some(idle) => idle,
            None => FamilyEncoder { encoder: plan.encoder()?, pixels: FamilyPixels::default() },
        };
        let FamilyEncoder { encoder, pixels } = &mut family_encoder;
        pixels.read(plan.run.source, &plan.pyramid, family)?;
        let tiles = encoder.encode(&pixels.tiles(&plan.pyramid, family))?;
        let root = pixels.levels[0].clone();
        self.idle.push(family_encoder);
        Ok(EncodedFamily { tiles, root })
    }
}
