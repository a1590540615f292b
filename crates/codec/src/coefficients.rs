//! The quantised DCT coefficients of a tile: exactly the numbers a JPEG stores.

use crate::{Colour, Frame};
use origami_pyramid::Subsampling;

/// The 64 quantised coefficients of 8x8 samples in zigzag order, DC first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(64))]
pub struct Block(pub [i16; 64]);

impl Block {
    /// All coefficients 0.
    pub const ZERO: Self = Self([0; 64]);

    /// A block with this DC value and AC values of 0.
    pub(crate) fn flat(dc: i16) -> Self {
        let mut block = Self::ZERO;
        block.0[0] = dc;
        block
    }
}

/// The natural position (row * 8 + column) of each coefficient in zigzag order
/// (ITU-T T.81, figure A.6).
pub const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// Quantisation steps of each plane's coefficients in zigzag order, 1 to
/// 65,535. Gray uses only those of the first plane.
pub type Quantisation = [[u16; 64]; 3];

/// The blocks of all planes of one frame, plane by plane, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coefficients {
    frame: Frame,
    blocks: Vec<Block>,
}

impl Default for Coefficients {
    /// One gray block of zeros, to be reshaped.
    fn default() -> Self {
        Self::zeros(Frame::new(8, 8, Subsampling::Gray, Colour::Gray).expect("a frame of one block"))
    }
}

impl Coefficients {
    /// All coefficients 0.
    #[must_use]
    pub fn zeros(frame: Frame) -> Self {
        Self { frame, blocks: vec![Block::ZERO; frame.block_count()] }
    }

    /// Changes the shape to that of `frame`, reusing the memory. The blocks'
    /// values are unspecified afterwards.
    pub fn reshape(&mut self, frame: Frame) {
        self.frame = frame;
        self.blocks.resize(frame.block_count(), Block::ZERO);
    }

    /// The size and sampling of the planes.
    #[must_use]
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// The blocks of `plane`, row by row, [`Frame::blocks`] of them.
    ///
    /// # Panics
    /// If there is no such plane.
    #[must_use]
    pub fn plane(&self, plane: usize) -> &[Block] {
        &self.blocks[self.frame.first_block(plane)..self.frame.first_block(plane + 1)]
    }

    /// [`Self::plane`] for writing.
    ///
    /// # Panics
    /// If there is no such plane.
    #[must_use]
    pub fn plane_mut(&mut self, plane: usize) -> &mut [Block] {
        &mut self.blocks[self.frame.first_block(plane)..self.frame.first_block(plane + 1)]
    }

    /// All blocks, plane by plane.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// [`Self::blocks`] for writing.
    #[must_use]
    pub fn blocks_mut(&mut self) -> &mut [Block] {
        &mut self.blocks
    }

    /// The DC value of each plane if within every plane all blocks have the same
    /// DC value and AC values of 0; otherwise `None`. The chroma of gray tiles
    /// is given as 0.
    ///
    /// # Examples
    /// ```
    /// use origami_codec::{Coefficients, Colour, Frame};
    /// use origami_pyramid::Subsampling;
    ///
    /// let frame = Frame::new(20, 20, Subsampling::S420, Colour::Ycc).expect("a valid frame");
    /// let mut tile = Coefficients::zeros(frame);
    /// tile.fill([5, -6, 7]);
    /// assert_eq!(tile.constant(), Some([5, -6, 7]));
    /// tile.plane_mut(1)[0].0[0] = 0;
    /// assert_eq!(tile.constant(), None);
    /// ```
    #[must_use]
    pub fn constant(&self) -> Option<[i16; 3]> {
        let mut dc = [0; 3];
        for (plane, dc) in dc.iter_mut().enumerate().take(self.frame.planes()) {
            let blocks = self.plane(plane);
            *dc = blocks[0].0[0];
            let flat = Block::flat(*dc);
            if blocks.iter().any(|block| *block != flat) {
                return None;
            }
        }
        Some(dc)
    }

    /// Gives all blocks of each plane that plane's value of `dc` and AC values
    /// of 0.
    pub fn fill(&mut self, dc: [i16; 3]) {
        for (plane, dc) in dc.into_iter().enumerate().take(self.frame.planes()) {
            self.plane_mut(plane).fill(Block::flat(dc));
        }
    }

    /// Copies the upper left MCUs, those that cover the smaller `frame`, to
    /// `out`, which is reshaped.
    ///
    /// # Panics
    /// If `frame` is wider or higher, or has another subsampling or colour.
    pub fn crop(&self, frame: Frame, out: &mut Self) {
        self.require_same_kind(&frame);
        out.reshape(frame);
        for plane in 0..frame.planes() {
            let ((old_columns, old_rows), (columns, rows)) = (self.frame.blocks(plane), frame.blocks(plane));
            assert!(columns <= old_columns && rows <= old_rows, "a crop does not grow");
            let new = out.plane_mut(plane).chunks_exact_mut(columns);
            for (from, to) in self.plane(plane).chunks_exact(old_columns).zip(new) {
                to.copy_from_slice(&from[..columns]);
            }
        }
    }

    /// Copies all blocks to `out`, which is reshaped to the larger `frame`. New
    /// blocks to the right have the DC value of the last block of their row,
    /// those in new rows that of the last block above, and AC values of 0.
    ///
    /// # Panics
    /// If `frame` is narrower or lower, or has another subsampling or colour.
    ///
    /// # Examples
    /// ```
    /// use origami_codec::{Block, Coefficients, Colour, Frame};
    /// use origami_pyramid::Subsampling;
    ///
    /// let frame = Frame::new(8, 8, Subsampling::Gray, Colour::Gray).expect("a valid frame");
    /// let wider = Frame::new(16, 8, Subsampling::Gray, Colour::Gray).expect("a valid frame");
    /// let mut tile = Coefficients::zeros(frame);
    /// tile.plane_mut(0)[0] = Block([3; 64]);
    ///
    /// let mut padded = Coefficients::default();
    /// tile.pad(wider, &mut padded);
    /// assert_eq!(padded.plane(0)[0], Block([3; 64]));
    /// assert_eq!(padded.plane(0)[1].0[..3], [3, 0, 0]);
    /// ```
    pub fn pad(&self, frame: Frame, out: &mut Self) {
        self.require_same_kind(&frame);
        out.reshape(frame);
        for plane in 0..frame.planes() {
            let ((old_columns, old_rows), (columns, rows)) = (self.frame.blocks(plane), frame.blocks(plane));
            assert!(columns >= old_columns && rows >= old_rows, "padding does not shrink");
            let (top, bottom) = out.plane_mut(plane).split_at_mut(old_rows * columns);
            for (from, to) in self.plane(plane).chunks_exact(old_columns).zip(top.chunks_exact_mut(columns)) {
                let (copied, added) = to.split_at_mut(old_columns);
                copied.copy_from_slice(from);
                added.fill(Block::flat(from[old_columns - 1].0[0]));
            }
            let last_row = &top[top.len() - columns..];
            for row in bottom.chunks_exact_mut(columns) {
                for (block, above) in row.iter_mut().zip(last_row) {
                    *block = Block::flat(above.0[0]);
                }
            }
        }
    }

    /// Panics unless `frame` has the same subsampling and colour.
    fn require_same_kind(&self, frame: &Frame) {
        let same = (frame.subsampling(), frame.colour()) == (self.frame.subsampling(), self.frame.colour());
        assert!(same, "another subsampling or colour");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ycc(width: usize, height: usize, subsampling: Subsampling) -> Frame {
        Frame::new(width, height, subsampling, Colour::Ycc).expect("a frame")
    }

    fn gray(width: usize, height: usize) -> Frame {
        Frame::new(width, height, Subsampling::Gray, Colour::Gray).expect("a frame")
    }

    #[test]
    fn a_tile_of_one_dc_value_a_plane_is_constant() {
        let mut tile = Coefficients::zeros(ycc(20, 20, Subsampling::S420));
        tile.fill([5, -6, 7]);
        assert_eq!(tile.constant(), Some([5, -6, 7]));
        tile.plane_mut(2)[3].0[63] = 1;
        assert_eq!(tile.constant(), None);
    }

    #[test]
    fn zigzag_visits_every_position_once() {
        let mut seen = [false; 64];
        ZIGZAG.iter().for_each(|&position| seen[usize::from(position)] = true);
        assert_eq!(seen, [true; 64]);
    }

    /// Blocks that all differ.
    fn numbered(frame: Frame) -> Coefficients {
        let mut tile = Coefficients::zeros(frame);
        tile.blocks_mut().iter_mut().zip(1..).for_each(|(block, n)| block.0 = [n; 64]);
        tile
    }

    #[test]
    fn cropping_undoes_padding() {
        for subsampling in [Subsampling::S444, Subsampling::S422, Subsampling::S420] {
            for (width, height) in [(1, 1), (17, 40), (64, 64), (64, 63), (33, 64)] {
                let tile = numbered(ycc(width, height, subsampling));
                let larger = ycc(64, 64, subsampling);
                let (mut padded, mut cropped) = (Coefficients::default(), Coefficients::default());
                tile.pad(larger, &mut padded);
                assert_eq!(padded.frame(), &larger);
                padded.crop(*tile.frame(), &mut cropped);
                assert_eq!(cropped, tile, "{width}x{height} {subsampling:?}");
            }
        }
    }

    #[test]
    fn padding_repeats_the_last_dc_value_to_the_right_and_down() {
        let tile = numbered(gray(16, 16));
        let mut padded = numbered(gray(1, 1));
        tile.pad(gray(24, 30), &mut padded);
        let blocks: Vec<(i16, i16)> = padded.blocks().iter().map(|block| (block.0[0], block.0[63])).collect();
        let expected = [
            [(1, 1), (2, 2), (2, 0)],
            [(3, 3), (4, 4), (4, 0)],
            [(3, 0), (4, 0), (4, 0)],
            [(3, 0), (4, 0), (4, 0)],
        ];
        assert_eq!(blocks, expected.concat());
    }

    #[test]
    #[should_panic(expected = "a crop does not grow")]
    fn a_crop_does_not_grow() {
        numbered(gray(8, 8)).crop(gray(9, 8), &mut numbered(gray(8, 8)));
    }
}
