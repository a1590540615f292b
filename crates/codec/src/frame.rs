//! The block grid of a JPEG, which follows from its size, subsampling and colour.

use crate::Colour;
use origami_pyramid::Subsampling;

/// Size and sampling of a JPEG with one or three planes. Its blocks of 8x8
/// samples fill whole MCUs, so planes can extend past the picture's right and
/// bottom edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    width: usize,
    height: usize,
    subsampling: Subsampling,
    colour: Colour,
}

impl Frame {
    /// Maximum number of samples a side, which is JPEG's own limit.
    pub const MAX_SIDE: usize = 65_535;

    /// Every combination of subsampling and colour that a frame can have.
    pub const SAMPLINGS: [(Subsampling, Colour); 5] = [
        (Subsampling::S420, Colour::Ycc),
        (Subsampling::S422, Colour::Ycc),
        (Subsampling::S444, Colour::Ycc),
        (Subsampling::S444, Colour::Rgb),
        (Subsampling::Gray, Colour::Gray),
    ];

    /// A frame of `width` x `height` px. `None` if a side is 0 or above
    /// [`Self::MAX_SIDE`], or `colour` has no planes of that subsampling: gray
    /// requires gray, RGB requires 4:4:4, and CMYK is not supported.
    ///
    /// # Examples
    /// ```
    /// use origami_codec::{Colour, Frame};
    /// use origami_pyramid::Subsampling;
    ///
    /// let frame = Frame::new(17, 8, Subsampling::S420, Colour::Ycc).expect("a valid frame");
    /// assert_eq!(frame.mcus(), (2, 1));
    /// assert_eq!(frame.blocks(0), (4, 2));
    /// assert_eq!(frame.blocks(1), (2, 1));
    /// assert_eq!(Frame::new(17, 8, Subsampling::S420, Colour::Rgb), None);
    /// ```
    #[must_use]
    pub fn new(width: usize, height: usize, subsampling: Subsampling, colour: Colour) -> Option<Self> {
        let sides = 1..=Self::MAX_SIDE;
        let valid = Self::SAMPLINGS.contains(&(subsampling, colour))
            && sides.contains(&width)
            && sides.contains(&height);
        valid.then_some(Self { width, height, subsampling, colour })
    }

    /// Width in pixels.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height in pixels.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// Chroma subsampling.
    #[must_use]
    pub fn subsampling(&self) -> Subsampling {
        self.subsampling
    }

    /// What the samples mean.
    #[must_use]
    pub fn colour(&self) -> Colour {
        self.colour
    }

    /// Number of planes, 1 or 3.
    #[must_use]
    pub fn planes(&self) -> usize {
        if self.subsampling == Subsampling::Gray { 1 } else { 3 }
    }

    /// Number of blocks of `plane` in an MCU, `(across, down)`, each 1 or 2. A
    /// single plane's MCU is one block.
    #[must_use]
    pub fn sampling(&self, plane: usize) -> (usize, usize) {
        if plane == 0 { self.subsampling.factors() } else { (1, 1) }
    }

    /// Number of MCUs that cover the picture, `(across, down)`.
    #[must_use]
    pub fn mcus(&self) -> (usize, usize) {
        let (across, down) = self.subsampling.factors();
        (self.width.div_ceil(8 * across), self.height.div_ceil(8 * down))
    }

    /// Number of blocks of `plane`, `(columns, rows)`, including those beyond
    /// the edges.
    #[must_use]
    pub fn blocks(&self, plane: usize) -> (usize, usize) {
        let ((across, down), (mcus_across, mcus_down)) = (self.sampling(plane), self.mcus());
        (mcus_across * across, mcus_down * down)
    }

    /// Number of blocks of `plane` that contain samples of the picture,
    /// `(columns, rows)`. The other ones only fill up MCUs.
    #[must_use]
    pub fn picture_blocks(&self, plane: usize) -> (usize, usize) {
        let (across, down) = self.scale(plane);
        (self.width.div_ceil(8 * across), self.height.div_ceil(8 * down))
    }

    /// Index of the first block of `plane` where planes follow one another; for
    /// `plane == self.planes()` the number of all blocks.
    #[must_use]
    pub fn first_block(&self, plane: usize) -> usize {
        (0..plane).map(|plane| self.blocks(plane)).map(|(columns, rows)| columns * rows).sum()
    }

    /// Total number of blocks of all planes.
    #[must_use]
    pub fn block_count(&self) -> usize {
        self.first_block(self.planes())
    }

    /// Luma samples per sample of `plane`, `(across, down)`.
    #[must_use]
    pub fn scale(&self, plane: usize) -> (usize, usize) {
        if plane == 0 { (1, 1) } else { self.subsampling.factors() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ycc(width: usize, height: usize, subsampling: Subsampling) -> Frame {
        Frame::new(width, height, subsampling, Colour::Ycc).expect("a frame")
    }

    #[test]
    fn blocks_fill_whole_mcus() {
        let tile = ycc(256, 256, Subsampling::S420);
        assert_eq!((tile.blocks(0), tile.blocks(1), tile.block_count()), ((32, 32), (16, 16), 1536));
        let edge = ycc(17, 8, Subsampling::S420);
        assert_eq!((edge.mcus(), edge.blocks(0), edge.blocks(2)), ((2, 1), (4, 2), (2, 1)));
        assert_eq!((edge.first_block(1), edge.first_block(2), edge.first_block(3)), (8, 10, 12));
        let wide = ycc(17, 9, Subsampling::S422);
        assert_eq!((wide.mcus(), wide.blocks(0), wide.blocks(1)), ((2, 2), (4, 2), (2, 2)));
        let full = ycc(17, 9, Subsampling::S444);
        assert_eq!((full.blocks(0), full.blocks(1), full.scale(1)), ((3, 2), (3, 2), (1, 1)));
        let gray = Frame::new(17, 9, Subsampling::Gray, Colour::Gray).expect("a frame");
        assert_eq!((gray.planes(), gray.block_count()), (1, 6));
    }

    #[test]
    fn colours_without_planes_of_the_subsampling_are_refused() {
        for (subsampling, colour) in [
            (Subsampling::S420, Colour::Rgb),
            (Subsampling::S420, Colour::Gray),
            (Subsampling::Gray, Colour::Ycc),
            (Subsampling::S444, Colour::Other),
        ] {
            assert_eq!(Frame::new(8, 8, subsampling, colour), None, "{subsampling:?} {colour:?}");
        }
        assert!(Frame::new(8, 8, Subsampling::S444, Colour::Rgb).is_some());
    }

    #[test]
    fn sides_out_of_range_are_refused() {
        assert_eq!(Frame::new(0, 8, Subsampling::S444, Colour::Ycc), None);
        assert_eq!(Frame::new(8, 65_536, Subsampling::S444, Colour::Ycc), None);
    }
}
