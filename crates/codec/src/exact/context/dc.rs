//! The context of a block's DC coefficient.

use super::BlockPosition;
use super::classes::PREDICTION_CLASS;
use crate::Block;

/// What is coded for a block's DC coefficient, and in which context.
pub struct DcContext {
    /// One of [`DC_CONTEXTS`](crate::exact::DC_CONTEXTS).
    pub context: usize,
    /// The prediction corrected by the neighbours' errors, in steps; fits in 16
    /// bits.
    pub base: i32,
    /// Whether the coded value is how far DC is below `base`, not above it.
    pub negated: bool,
}

impl DcContext {
    /// Corrects the prediction of DC by a quarter of the sum of the errors of the
    /// blocks to the left and above, or by half the error if only one exists.
    #[inline(always)]
    pub fn new(
        blocks: &[Block],
        prediction: &[Block],
        position: BlockPosition,
        activity_class: usize,
    ) -> Self {
        let BlockPosition { at, columns, has_left, has_above } = position;
        let (correction, difference) = match (has_left, has_above) {
            (true, true) => {
                let left = error(blocks, prediction, at - 1);
                let above = error(blocks, prediction, at - columns);
                ((left + above) >> 2, left - above)
            }
            (true, false) => {
                let left = error(blocks, prediction, at - 1);
                (left >> 1, left)
            }
            (false, true) => {
                let above = error(blocks, prediction, at - columns);
                (above >> 1, above)
            }
            (false, false) => (0, 0),
        };
        let value = i32::from(prediction[at].0[0]) + correction;
        let base = (value + 8) >> 4;
        let fraction = value - 16 * base;
        let class = PREDICTION_CLASS[(difference.unsigned_abs() >> 1).min(255) as usize];
        let context = 12 * usize::from(class)
            + 2 * ((3 * fraction.unsigned_abs() as usize) >> 3)
            + usize::from(activity_class > 6);
        Self { context, base, negated: fraction < 0 }
    }
}

/// How far the DC coefficient of block `at` is above its prediction, in
/// sixteenths of a step.
#[inline(always)]
fn error(blocks: &[Block], prediction: &[Block], at: usize) -> i32 {
    16 * i32::from(blocks[at].0[0]) - i32::from(prediction[at].0[0])
}
