//! Corrects a plane's prediction by the errors of its reference plane.

use crate::Block;
use crate::dct::mulhrs;

/// Adds to `prediction` the share `carry` (Q14) of the prediction error of the
/// reference plane. With `e = sat(sat(16 * coefficient) - predicted)` of the
/// reference this is `p = max(-32767, sat(p + mulhrs(sat(2 * e), carry)))` for
/// every coefficient; `sat` saturates to 16 bits.
///
/// All slices have the same number of blocks. The contexts are computed from
/// the result.
#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "one index runs through four arrays")]
pub fn carry_errors(
    carry: &[i16; 64],
    reference: &[Block],
    reference_prediction: &[Block],
    prediction: &mut [Block],
) {
    for ((block, predicted), out) in reference.iter().zip(reference_prediction).zip(prediction) {
        for k in 0..64 {
            let coefficient = (0..4).fold(block.0[k], |value, _| value.saturating_add(value));
            let error = coefficient.saturating_sub(predicted.0[k]);
            let share = mulhrs(error.saturating_add(error), carry[k]);
            out.0[k] = out.0[k].saturating_add(share).max(-i16::MAX);
        }
    }
}
