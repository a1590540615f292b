//! Quantised DCT coefficients of a tile, the very numbers a JPEG stores.

use crate::Frame;

/// The 64 quantised coefficients of 8x8 samples in zigzag order, DC first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(64))]
pub struct Block(pub [i16; 64]);

impl Block {
    /// All coefficients 0.
    pub const ZERO: Self = Self([0; 64]);
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
            let mut alike = Block::ZERO;
            alike.0[0] = *dc;
            if blocks.iter().any(|block| *block != alike) {
                return None;
            }
        }
        Some(dc)
    }

    /// Makes every plane its DC value of `dc` and no AC ones.
    pub fn fill(&mut self, dc: [i16; 3]) {
        for (plane, dc) in dc.into_iter().enumerate().take(self.frame.planes()) {
            let mut block = Block::ZERO;
            block.0[0] = dc;
            self.plane_mut(plane).fill(block);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Colour;
    use origami_pyramid::Subsampling;

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
}
