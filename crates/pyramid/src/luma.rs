//! Predicting the luma of a tile from its parent's.
//!
//! ```text
//! parent: Y ──double──> + residual = child Y ──double──> + residual = its child's Y ...
//! ```
//!
//! The prediction is made from the parent tile alone: samples beyond it repeat
//! its edge, and the residual mends what that gets wrong. Chroma has no residual
//! and comes from further away, across tile edges; see [`crate::chroma`].

use crate::{Plane, Pyramid, Samples, SamplesMut, TileId, upsample};

/// Predicts the luma of tile `id` from that of its parent tile.
///
/// # Panics
/// If the sizes do not fit the pyramid, or the tile is of level 0.
pub fn predict(
    pyramid: &Pyramid,
    id: TileId,
    parent: &Plane<impl Samples>,
    out: &mut Plane<impl SamplesMut>,
) {
    let (x, y) = pyramid.origin_under(id, 1);
    upsample::double(parent, (x as usize, y as usize), out);
}
