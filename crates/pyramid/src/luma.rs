//! Predicting the luma of a tile from its parent's.
//!
//! ```text
//! parent: Y ──double──> + residual = child Y ──double──> + residual = its child's Y ...
//! ```
//!
//! The prediction is made from the parent tile alone: samples beyond it repeat
//! its edge, and the residual corrects the error. Chroma has no residual and is
//! predicted across tile edges from a coarser level; see [`crate::chroma`].

use crate::{Plane, Pyramid, Samples, SamplesMut, TileId, upsample};

/// Predicts the luma of tile `id` from that of its parent tile.
///
/// # Panics
/// If the sizes do not fit the pyramid, or the tile is of level 0.
///
/// # Examples
/// ```
/// use origami_pyramid::{Plane, Pyramid, Size, TileId, luma};
/// let pyramid = Pyramid::new(Size::square(64), 32).unwrap();
/// let parent = Plane::new(vec![90; 32 * 32], 32, 32, 32);
/// let mut prediction = Plane::zeros(32, 32);
/// luma::predict(&pyramid, TileId { z: 6, x: 1, y: 0 }, &parent, &mut prediction);
/// assert_eq!(prediction.uniform(), Some(90));
/// ```
pub fn predict(
    pyramid: &Pyramid,
    id: TileId,
    parent: &Plane<impl Samples>,
    out: &mut Plane<impl SamplesMut>,
) {
    upsample::double(parent, pyramid.origin_under(id, 1), out);
}
