//! Predicting the tiles of a family from its root.
//!
//! ```text
//! root (L2):  Y ──double──> + residual = L1 Y ──double──> + residual = L0 Y
//!             Cb, Cr ──double──> L1 Cb, Cr
//!             Cb, Cr ──double──double──> L0 Cb, Cr
//! ```
//!
//! Luma of a tile is predicted from its parent tile alone: samples beyond the
//! parent repeat the parent's edge, and the residual mends what that gets
//! wrong. Chroma has no residual and comes from level L2 across tile edges (see
//! [`crate::chroma`]); both levels' chroma needs L2 alone, and no luma.

use crate::geometry::{Pyramid, TileId};
use crate::{Plane, Samples, SamplesMut, upsample};

/// Where tile `id` starts, in pixels of its level from its family's corner.
#[must_use]
pub fn origin_in_family(pyramid: &Pyramid, id: TileId, depth: u32) -> (usize, usize) {
    let side = 1 << (2 - depth.min(2));
    let pixels = |index: u32| (index % side * pyramid.tile_size()) as usize;
    (pixels(id.x), pixels(id.y))
}

/// Predicts the luma of tile `id` from its parent tile's luma.
///
/// # Panics
/// If the sizes do not fit the pyramid.
pub fn predict_luma(
    pyramid: &Pyramid,
    id: TileId,
    parent: &Plane<impl Samples>,
    out: &mut Plane<impl SamplesMut>,
) {
    let tile = pyramid.tile_size();
    upsample::double(parent, ((id.x % 2 * tile) as usize, (id.y % 2 * tile) as usize), out);
}
