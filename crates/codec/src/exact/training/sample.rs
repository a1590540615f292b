//! The tiles that models are trained on.

use crate::{Coefficients, PaddedPlanes, Quantisation};

/// A tile to train a model on.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// Its coefficients.
    pub tile: &'a Coefficients,
    /// Its decoded parent.
    pub parent: PaddedPlanes<&'a [u8]>,
    /// Where the tile's quadrant of the parent begins, `(x, y)` in luma samples.
    pub origin: (usize, usize),
    /// The steps with which the tile was quantised.
    pub quantisation: &'a Quantisation,
}

impl Sample<'_> {
    /// Where the quadrant begins in the parent's `plane`, `(x, y)` in samples of
    /// that plane.
    fn corner(&self, plane: usize) -> (usize, usize) {
        let (across, down) = self.tile.frame().scale(plane);
        (self.origin.0 / across, self.origin.1 / down)
    }

    /// The 8x8 parent samples, less 128, from which block `at` of `plane` is
    /// predicted.
    pub(super) fn window(&self, plane: usize, at: usize) -> [[f64; 8]; 8] {
        let (columns, _) = self.tile.frame().blocks(plane);
        let (parent, corner) = (self.parent.samples(plane), self.corner(plane));
        let (left, top) = (corner.0 + 4 * (at % columns), corner.1 + 4 * (at / columns));
        std::array::from_fn(|y| {
            let row = parent.row((top + y).saturating_sub(2).min(parent.height() - 1));
            std::array::from_fn(|x| f64::from(row[(left + x).saturating_sub(2).min(row.len() - 1)]) - 128.0)
        })
    }
}
