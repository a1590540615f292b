//! The contexts of a block's last position: the zigzag index of its last AC
//! coefficient that is not 0.

use super::BlockPosition;

/// The class of the last positions around a block, 0 to 15, or 17 without
/// neighbours: of the neighbours' mean, or of the mean of that and the
/// reference's last position at the same place if there is a reference.
#[inline(always)]
pub fn last_class(last: &[u8], position: BlockPosition, reference: Option<u8>) -> usize {
    let BlockPosition { at, columns, has_left, has_above, .. } = position;
    let sum = match (has_left, has_above) {
        (true, true) => usize::from(last[at - 1]) + usize::from(last[at - columns]),
        (true, false) => 2 * usize::from(last[at - 1]),
        (false, true) => 2 * usize::from(last[at - columns]),
        (false, false) => return 17,
    };
    let mean = match reference {
        Some(reference) => (sum + 2 * usize::from(reference) + 2) >> 2,
        None => (sum + 1) >> 1,
    };
    if mean < 8 { mean } else { 8 + (mean - 8) / 7 }
}

/// The context of a last position's upper four bits.
#[inline(always)]
pub fn last_high_context(last_class: usize, activity_class: usize) -> usize {
    12 * last_class + activity_class
}

/// The context of a last position's lower two bits, given the upper ones.
#[inline(always)]
pub fn last_low_context(high: usize, last_class: usize) -> usize {
    12 * high + if last_class < 8 { last_class / 2 } else { 4 + (last_class - 8) / 2 }
}
