//! Reads the coefficients of the source's own JPEG tiles.

use super::plan::{CoefficientPlan, max_blocks};
use origami_codec::{CodecError, Coefficients, Facts, Frame, Tidiness, TileHeader, read_coefficients, tidy};
use origami_pack::Identity;
use origami_pyramid::TileId;

/// The coefficients of a source tile within the slide.
pub(super) struct SourceTile {
    pub coefficients: Coefficients,
    facts: Facts,
    extent: Extent,
}

/// Whether a source tile had to be cropped to the slide.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// It has the size of the pack's tile.
    Whole,
    /// It extended beyond the slide's edge.
    Cropped,
}

impl SourceTile {
    /// Reads `jpeg`, the source's tile `id`. `None` if it is not a JPEG whose
    /// coefficients can be read, or smaller than the pack's tile.
    pub fn read(plan: &CoefficientPlan<'_>, id: TileId, jpeg: &[u8]) -> Option<Self> {
        let max_blocks = max_blocks(plan.pyramid.tile_size());
        let mut coefficients = Coefficients::default();
        let facts = read_coefficients(jpeg, max_blocks, &mut coefficients).ok()?;
        let (frame, expected) = (*coefficients.frame(), plan.frame(id));
        let (width, height) = (expected.width(), expected.height());
        if (frame.width(), frame.height()) == (width, height) {
            return Some(Self { coefficients, facts, extent: Extent::Whole });
        }
        if frame.width() < width || frame.height() < height {
            return None;
        }
        let mut cropped = Coefficients::default();
        coefficients.crop(Frame::new(width, height, frame.subsampling(), frame.colour())?, &mut cropped);
        Some(Self { coefficients: cropped, facts, extent: Extent::Cropped })
    }

    /// How the JPEG that is served for its coefficients relates to `jpeg`, which it was read
    /// from; `None` if it has other steps, sampling or colour than the header of its level,
    /// or coefficients that the header's Huffman tables have no code for.
    pub fn identity(&self, plan: &CoefficientPlan<'_>, id: TileId, jpeg: &[u8]) -> Option<Identity> {
        if !self.fits(plan, id) {
            return None;
        }
        let same_bytes = plan.header(id.z).reproduces(jpeg, &self.facts, &self.coefficients).ok()?;
        let same_bytes = same_bytes && self.extent == Extent::Whole;
        Some(if same_bytes { Identity::Bytes } else { Identity::Coefficients })
    }

    /// Whether its sampling, colour space and quantisation tables are those of the
    /// header of full resolution.
    fn fits(&self, plan: &CoefficientPlan<'_>, id: TileId) -> bool {
        let (frame, expected) = (self.coefficients.frame(), plan.frame(id));
        let planes = frame.planes();
        (frame.subsampling(), frame.colour()) == (expected.subsampling(), expected.colour())
            && self.facts.quantisation[..planes] == plan.header(id.z).quantisation()[..planes]
    }

    /// The tile as a complete JPEG with the source's quantisation tables. `jpeg` is
    /// what it was read from; it is stored as it is only if it is tidy, because not
    /// every viewer reads it otherwise.
    ///
    /// # Errors
    /// If a cropped tile cannot be written with the standard Huffman tables.
    pub fn to_jpeg(&self, jpeg: &[u8]) -> Result<Vec<u8>, CodecError> {
        match (self.extent, self.facts.tidiness) {
            (Extent::Whole, Tidiness::Tidy) => Ok(jpeg.to_vec()),
            (Extent::Whole, Tidiness::Untidy) => {
                let mut tidied = Vec::new();
                tidy(jpeg, &mut tidied)?;
                Ok(tidied)
            }
            (Extent::Cropped, _) => {
                let frame = self.coefficients.frame();
                TileHeader::new(&self.facts.quantisation, frame.subsampling(), frame.colour())?
                    .jpeg(&self.coefficients)
            }
        }
    }
}
