//! The magnitudes of coded blocks, from which the contexts of later blocks are
//! computed, and which blocks are neighbours.

use crate::Block;

/// Magnitudes of a block's coefficients in zigzag order, at most 63, with 0
/// in place of DC.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub struct MagnitudeBlock(pub [u8; 64]);

impl MagnitudeBlock {
    pub const ZERO: Self = Self([0; 64]);

    /// The magnitudes of `block`, including DC: the caller sets that to 0, before
    /// or after.
    #[inline(always)]
    pub fn from_block(block: &Block) -> Self {
        Self(block.0.map(|coefficient| coefficient.unsigned_abs().min(63) as u8))
    }
}

/// The magnitudes and last positions of the blocks of a plane.
#[derive(Default)]
pub struct Magnitudes {
    /// The magnitudes of each block.
    pub blocks: Vec<MagnitudeBlock>,
    /// The last position of each block: the zigzag index of its last AC
    /// coefficient that is not 0, or 0 without any.
    pub last: Vec<u8>,
}

impl Magnitudes {
    /// Resizes to a plane of `count` blocks, reusing the memory.
    pub fn reshape(&mut self, count: usize) {
        self.blocks.resize(count, MagnitudeBlock::ZERO);
        self.last.resize(count, 0);
    }

    /// Sets this to the magnitudes and last positions of `blocks`.
    pub fn measure(&mut self, blocks: &[Block]) {
        self.reshape(blocks.len());
        for ((block, magnitudes), last) in blocks.iter().zip(&mut self.blocks).zip(&mut self.last) {
            *magnitudes = MagnitudeBlock::from_block(block);
            magnitudes.0[0] = 0;
            *last = magnitudes.0.iter().rposition(|&magnitude| magnitude != 0).unwrap_or(0) as u8;
        }
    }
}

/// The position of a block in its plane, and which neighbours its contexts may
/// use.
#[derive(Clone, Copy)]
pub struct BlockPosition {
    /// Index of the block in its plane, row by row.
    pub at: usize,
    /// Number of blocks in a row of the plane.
    pub columns: usize,
    /// Whether there is a block to the left.
    pub has_left: bool,
    /// Whether there is a block above in the same band.
    pub has_above: bool,
    /// Whether there is one to the right of that.
    pub has_above_right: bool,
}

impl BlockPosition {
    /// The position of the block in column `column` of a row of `columns` blocks whose
    /// first one is `first`. `has_above` says whether the row above is in the same band.
    #[inline(always)]
    pub fn in_row(first: usize, column: usize, columns: usize, has_above: bool) -> Self {
        Self {
            at: first + column,
            columns,
            has_left: column > 0,
            has_above,
            has_above_right: has_above && column + 1 < columns,
        }
    }
}

/// The magnitudes of the blocks next to a block.
#[derive(Clone, Copy)]
pub struct Neighbours<'a> {
    pub left: &'a MagnitudeBlock,
    pub above: &'a MagnitudeBlock,
    /// The block above the left one.
    pub corner: &'a MagnitudeBlock,
}

impl<'a> Neighbours<'a> {
    /// The neighbours of the block at `position`; `of` gives the magnitudes of a block. If
    /// only one of left and above exists, it takes the place of all three; without any, all
    /// are 0.
    #[inline(always)]
    pub fn new(of: impl Fn(usize) -> &'a MagnitudeBlock, position: BlockPosition) -> Self {
        let BlockPosition { at, columns, has_left, has_above, .. } = position;
        match (has_left, has_above) {
            (true, true) => Self { left: of(at - 1), above: of(at - columns), corner: of(at - columns - 1) },
            (true, false) => Self::all(of(at - 1)),
            (false, true) => Self::all(of(at - columns)),
            (false, false) => Self::all(&MagnitudeBlock::ZERO),
        }
    }

    #[inline(always)]
    fn all(block: &'a MagnitudeBlock) -> Self {
        Self { left: block, above: block, corner: block }
    }
}
