//! Coefficients that wait in the spool, and the planes that others are predicted from.

use super::plan::CoefficientPlan;
use crate::PackSlideError;
use crate::encode::Content;
use crate::spool::Spool;
use origami_codec::exact::Sample;
use origami_codec::{CodecError, Coefficients, PaddedPlanes, Quantisation};
use origami_pyramid::TileId;

/// The tiles of a pack of coefficients that was read.
#[derive(Clone, Copy)]
pub(crate) struct SpooledTiles<'a> {
    pub plan: &'a CoefficientPlan<'a>,
    pub spool: &'a Spool,
}

impl<'a> SpooledTiles<'a> {
    /// Decodes tile `id`, which was kept as `content`.
    ///
    /// # Errors
    /// If it is not what was written.
    ///
    /// # Panics
    /// If it is a complete JPEG. No tile that is coded or a parent is.
    pub fn decode(self, id: TileId, content: &Content, out: &mut Coefficients) -> Result<(), CodecError> {
        out.reshape(self.plan.frame(id));
        match content {
            Content::Constant(dc) => {
                out.fill(*dc);
                Ok(())
            }
            Content::Blob(scan, _) => self.plan.waiting_header(id.z).read_scan(scan, out),
            Content::Blank(_) | Content::Empty => unreachable!("packs of coefficients have no such tiles"),
        }
    }

    /// The planes that the children of tile `id` are predicted from.
    pub fn planes(self, id: TileId) -> Result<PaddedPlanes<Vec<u8>>, PackSlideError> {
        let mut tile = Coefficients::default();
        self.decode(id, &self.spool.read(id)?, &mut tile)?;
        Ok(self.plan.planes(id.z, &tile))
    }

    /// A tile of a predicted level with its parent.
    pub fn example(self, id: TileId) -> Result<Example<'a>, PackSlideError> {
        let mut tile = Coefficients::default();
        self.decode(id, &self.spool.read(id)?, &mut tile)?;
        let parent = self.planes(id.parent(1).expect("predicted levels have a coarser one"))?;
        let origin = self.plan.origin_in_parent(id);
        Ok(Example { tile, parent, origin, quantisation: self.plan.header(id.z).quantisation() })
    }
}

/// A tile to train models on, or to try them with.
pub(crate) struct Example<'a> {
    pub tile: Coefficients,
    pub parent: PaddedPlanes<Vec<u8>>,
    /// Where it begins in its parent, in luma samples.
    pub origin: (usize, usize),
    quantisation: &'a Quantisation,
}

impl Example<'_> {
    pub fn sample(&self) -> Sample<'_> {
        let Self { tile, parent, origin, quantisation } = self;
        Sample { tile, parent: parent.view(), origin: *origin, quantisation }
    }
}
