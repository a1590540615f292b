//! The classes of magnitudes and activities that contexts distinguish.

use crate::Block;

/// Number of classes of a prediction's magnitude.
pub(super) const PREDICTION_CLASSES: usize = 10;
/// Number of classes of an expected magnitude.
pub const MAGNITUDE_CLASSES: usize = 12;
/// The smallest magnitudes of prediction classes 1 to 9, in sixteenths of a
/// step. One of them has to be [`MIN_SUBTRACTED`](super::values::MIN_SUBTRACTED).
pub(super) const PREDICTION_BOUNDS: [u8; 9] = [2, 3, 6, 8, 12, 16, 24, 35, 51];
/// The smallest expected magnitudes of classes 1 to 11.
const MAGNITUDE_BOUNDS: [u8; 11] = [1, 2, 3, 4, 6, 8, 11, 15, 21, 31, 46];

/// The class of each expected magnitude; larger ones are in that of 63.
pub(super) static MAGNITUDE_CLASS: [u8; 64] = classes(&MAGNITUDE_BOUNDS);

const fn classes<const N: usize>(bounds: &[u8]) -> [u8; N] {
    let mut table = [0; N];
    let mut class = 0;
    let mut value = 0;
    while value < N {
        while class < bounds.len() && value >= bounds[class] as usize {
            class += 1;
        }
        table[value] = class as u8;
        value += 1;
    }
    table
}

/// The activity of a block: the sum of the magnitudes of its AC predictions,
/// each at most 255.
#[inline(always)]
pub fn activity(prediction: &Block) -> u16 {
    let sum: u16 = prediction.0.iter().map(|value| value.unsigned_abs().min(255)).sum();
    sum - prediction.0[0].unsigned_abs().min(255)
}

/// The class of an [`activity`], 0 to 11.
#[inline(always)]
pub fn activity_class(activity: u16) -> usize {
    let length = u16::BITS - (activity >> 1).leading_zeros();
    (length as usize).min(11)
}
