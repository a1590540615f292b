//! Quantised DCT coefficients of a tile, the very numbers a JPEG stores.

use crate::{Colour, Frame};
use origami_pyramid::Subsampling;

/// The 64 quantised coefficients of 8x8 samples in zigzag order, DC first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(64))]
pub struct Block(pub [i16; 64]);

impl Block {
    /// All coefficients 0.
    pub const ZERO: Self = Self([0; 64]);

    /// A block of this DC value without AC values.
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

/// Step sizes of the coefficients of each plane in zigzag order, 1 to 65,535.
/// Gray uses the first alone.
pub type Quantisation = [[u16; 64]; 3];

/// The blocks of all planes of one frame, plane by plane, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coefficients {
    frame: Frame,
    blocks: Vec<Block>,
}

impl Default for Coefficients {
    /// One gray block, for those that are about to take another shape.
    fn default() -> Self {
        let frame = Frame::new(8, 8, Subsampling::Gray, Colour::Gray);
        Self::zeros(frame.expect("a frame of one block"))
    }
}

impl Coefficients {
    /// All coefficients 0.
    #[must_use]
    pub fn zeros(frame: Frame) -> Self {
        Self { frame, blocks: vec![Block::ZERO; frame.block_count()] }
    }

    /// Takes the shape of `frame`, keeping the memory. Blocks keep whatever
    /// they held.
    pub fn reshape(&mut self, frame: Frame) {
        self.frame = frame;
        self.blocks.resize(frame.block_count(), Block::ZERO);
    }

    /// The shape.
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

    /// [`Self::plane`], to be written.
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

    /// [`Self::blocks`], to be written.
    #[must_use]
    pub fn blocks_mut(&mut self) -> &mut [Block] {
        &mut self.blocks
    }

    /// The DC values of a tile whose planes are all of one DC value and no AC
    /// ones; planes that are not there count as 0. `None` for other tiles.
    #[must_use]
    pub fn constant(&self) -> Option<[i16; 3]> {
        let mut dc = [0; 3];
        for (plane, dc) in dc.iter_mut().enumerate().take(self.frame.planes()) {
            let blocks = self.plane(plane);
            *dc = blocks[0].0[0];
            let alike = Block::flat(*dc);
            if blocks.iter().any(|block| *block != alike) {
                return None;
            }
        }
        Some(dc)
    }

    /// Makes every plane its DC value of `dc` and no AC ones.
    pub fn fill(&mut self, dc: [i16; 3]) {
        for (plane, dc) in dc.into_iter().enumerate().take(self.frame.planes()) {
            self.plane_mut(plane).fill(Block::flat(dc));
        }
    }

    /// Puts the upper left MCUs, those that cover the smaller `frame`, into
    /// `out`, which takes that shape.
    ///
    /// # Panics
    /// If `frame` is wider or higher, or of another subsampling or colour.
    pub fn crop(&self, frame: Frame, out: &mut Self) {
        let same = (frame.subsampling(), frame.colour()) == (self.frame.subsampling(), self.frame.colour());
        assert!(same, "another subsampling or colour");
        out.reshape(frame);
        for plane in 0..frame.planes() {
            let ((from, from_rows), (to, to_rows)) = (self.frame.blocks(plane), frame.blocks(plane));
            assert!(to <= from && to_rows <= from_rows, "a crop does not grow");
            let rows = self.plane(plane).chunks_exact(from).zip(out.plane_mut(plane).chunks_exact_mut(to));
            rows.for_each(|(from, to)| to.copy_from_slice(&from[..to.len()]));
        }
    }

    /// Puts all blocks into `out`, which takes the shape of the larger `frame`.
    /// New blocks have the DC value of the last block of their row, those of
    /// new rows of the block above, and no AC values.
    ///
    /// # Panics
    /// If `frame` is narrower or lower, or of another subsampling or colour.
    pub fn pad(&self, frame: Frame, out: &mut Self) {
        let same = (frame.subsampling(), frame.colour()) == (self.frame.subsampling(), self.frame.colour());
        assert!(same, "another subsampling or colour");
        out.reshape(frame);
        for plane in 0..frame.planes() {
            let ((from, from_rows), (to, to_rows)) = (self.frame.blocks(plane), frame.blocks(plane));
            assert!(to >= from && to_rows >= from_rows, "padding does not shrink");
            let (old, new) = out.plane_mut(plane).split_at_mut(from_rows * to);
            for (from, to) in self.plane(plane).chunks_exact(from).zip(old.chunks_exact_mut(to)) {
                let (kept, added) = to.split_at_mut(from.len());
                kept.copy_from_slice(from);
                added.fill(Block::flat(kept[kept.len() - 1].0[0]));
            }
            let above = &old[old.len() - to..];
            for row in new.chunks_exact_mut(to) {
                row.iter_mut().zip(above).for_each(|(block, above)| *block = Block::flat(above.0[0]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_of_one_dc_value_a_plane_is_constant() {
        let frame = Frame::new(20, 20, Subsampling::S420, Colour::Ycc).expect("a frame");
        let mut tile = Coefficients::zeros(frame);
        tile.fill([5, -6, 7]);
        assert_eq!(tile.constant(), Some([5, -6, 7]));
        tile.plane_mut(2)[3].0[63] = 1;
        assert_eq!(tile.constant(), None);
    }

    #[test]
    fn zigzag_visits_every_position_once() {
        let mut seen = [false; 64];
        ZIGZAG.iter().for_each(|&at| seen[usize::from(at)] = true);
        assert_eq!(seen, [true; 64]);
    }

    /// Blocks that all differ.
    fn numbered(frame: Frame) -> Coefficients {
        let mut tile = Coefficients::zeros(frame);
        tile.blocks_mut().iter_mut().zip(1..).for_each(|(block, n)| block.0 = [n; 64]);
        tile
    }

    #[test]
    fn a_crop_of_what_was_padded_is_as_before() {
        let frame = |width, height, subsampling| {
            Frame::new(width, height, subsampling, Colour::Ycc).expect("a frame")
        };
        for subsampling in [Subsampling::S444, Subsampling::S422, Subsampling::S420] {
            for (width, height) in [(1, 1), (17, 40), (64, 64), (64, 63), (33, 64)] {
                let tile = numbered(frame(width, height, subsampling));
                let (mut padded, mut back) =
                    (Coefficients::zeros(*tile.frame()), Coefficients::zeros(*tile.frame()));
                tile.pad(frame(64, 64, subsampling), &mut padded);
                assert_eq!(padded.frame(), &frame(64, 64, subsampling));
                padded.crop(*tile.frame(), &mut back);
                assert_eq!(back, tile, "{width}x{height} {subsampling:?}");
            }
        }
    }

    #[test]
    fn padding_repeats_the_last_dc_value_to_the_right_and_down() {
        let frame =
            |width, height| Frame::new(width, height, Subsampling::Gray, Colour::Gray).expect("a frame");
        let tile = numbered(frame(16, 16));
        let mut padded = numbered(frame(1, 1));
        tile.pad(frame(24, 30), &mut padded);
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
        let frame = |width| Frame::new(width, 8, Subsampling::Gray, Colour::Gray).expect("a frame");
        numbered(frame(8)).crop(frame(9), &mut numbered(frame(8)));
    }
}
