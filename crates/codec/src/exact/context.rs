//! What a block's tokens are coded under: numbers made from its prediction,
//! from blocks coded before it and from its own coefficients coded before.
//!
//! All of it is integer arithmetic that encoder and decoder repeat alike, so
//! every rounding and saturation here is part of the format (`EXACT.md`).

use super::model::{AC_CONTEXTS, DC_CONTEXTS};
use crate::{Block, dct::mulhrs};

/// Classes of a prediction's magnitude.
const PREDICTION_CLASSES: usize = 10;
/// Classes of an expected magnitude.
pub(super) const MAGNITUDE_CLASSES: usize = 12;
/// First magnitude of prediction classes 1 to 9, sixteenths of a step. One
/// boundary has to be [`BASED`].
const PREDICTION_BOUNDS: [u8; 9] = [2, 3, 6, 8, 12, 16, 24, 35, 51];
/// First expected magnitude of classes 1 to 11.
const MAGNITUDE_BOUNDS: [u8; 11] = [1, 2, 3, 4, 6, 8, 11, 15, 21, 31, 46];
/// Predictions from this magnitude on are subtracted from the coefficient,
/// smaller ones are context alone.
const BASED: i16 = 24;
/// The first AC context of coefficients that end their block.
const ENDING: usize = AC_CONTEXTS / 2;

/// Values are decoded alike, whatever they are: a row of contexts has one for
/// each class of magnitude. After those of AC stand the rows of DC contexts,
/// each of one context again and again.
pub(super) const DC_ROWS: usize = AC_CONTEXTS;
/// Number of contexts in rows.
pub(super) const ROW_CONTEXTS: usize = AC_CONTEXTS + DC_CONTEXTS * MAGNITUDE_CLASSES;

/// The row of a DC context.
#[inline(always)]
pub(super) fn dc_row(context: usize) -> usize {
    DC_ROWS + MAGNITUDE_CLASSES * context
}

/// The class of each magnitude of a prediction, those above 255 being 255.
static PREDICTION_CLASS: [u8; 256] = classes(&PREDICTION_BOUNDS);
/// The class of each expected magnitude, those above 63 being 63.
static MAGNITUDE_CLASS: [u8; 64] = classes(&MAGNITUDE_BOUNDS);

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

/// The first context of each position's first row.
static POSITIONS: [u16; 64] = {
    let mut positions = [0; 64];
    let mut k = 0;
    while k < 64 {
        positions[k] = (k * PREDICTION_CLASSES * MAGNITUDE_CLASSES) as u16;
        k += 1;
    }
    positions
};

/// The weights of [`super::PlaneModel::weights`].
pub(crate) type Weights = [[u16; 64]; 6];

/// Magnitudes of a block's coefficients in zigzag order, at most 63, with 0
/// in place of DC.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(crate) struct MagnitudeBlock(pub(crate) [u8; 64]);

impl MagnitudeBlock {
    pub(crate) const ZERO: Self = Self([0; 64]);

    /// The magnitudes of `block`, DC included; who calls sees to it.
    #[inline(always)]
    pub(crate) fn of(block: &Block) -> Self {
        Self(block.0.map(|coefficient| coefficient.unsigned_abs().min(63) as u8))
    }
}

/// What later blocks see of the blocks of a plane.
#[derive(Default)]
pub(crate) struct Magnitudes {
    /// One for each block.
    pub(crate) blocks: Vec<MagnitudeBlock>,
    /// Position of each block's last AC coefficient that is not 0; 0 without any.
    pub(crate) last: Vec<u8>,
}

impl Magnitudes {
    /// Takes the size of a plane of `count` blocks, keeping the memory.
    pub(crate) fn reshape(&mut self, count: usize) {
        self.blocks.resize(count, MagnitudeBlock::ZERO);
        self.last.resize(count, 0);
    }

    /// Becomes what is to be seen of `blocks`.
    pub(crate) fn measure(&mut self, blocks: &[Block]) {
        self.reshape(blocks.len());
        for ((block, magnitudes), last) in blocks.iter().zip(&mut self.blocks).zip(&mut self.last) {
            *magnitudes = MagnitudeBlock::of(block);
            magnitudes.0[0] = 0;
            *last = magnitudes.0.iter().rposition(|&magnitude| magnitude != 0).unwrap_or(0) as u8;
        }
    }
}

/// A block's place among those of its plane and band.
#[derive(Clone, Copy)]
pub(crate) struct BlockPosition {
    /// Number of the block in its plane.
    pub(crate) at: usize,
    /// Blocks in a row of the plane.
    pub(crate) columns: usize,
    /// Whether the block to the left is there to be seen.
    pub(crate) left: bool,
    /// Whether the block above is; blocks of other bands are not.
    pub(crate) above: bool,
}

/// The neighbours' magnitudes: left, above, and above left. A missing one is
/// taken from another, see [`neighbours`].
pub(crate) type Neighbours<'a> = [&'a MagnitudeBlock; 3];

/// Where one of left and above is missing the other stands for it, and left
/// for a missing corner; without any, all are 0.
#[inline(always)]
pub(crate) fn neighbours(magnitudes: &[MagnitudeBlock], place: BlockPosition) -> Neighbours<'_> {
    let BlockPosition { at, columns, left, above } = place;
    match (left, above) {
        (true, true) => [&magnitudes[at - 1], &magnitudes[at - columns], &magnitudes[at - columns - 1]],
        (true, false) => [&magnitudes[at - 1]; 3],
        (false, true) => [&magnitudes[at - columns]; 3],
        (false, false) => [&MagnitudeBlock::ZERO; 3],
    }
}

/// Sum of the prediction's AC magnitudes, each at most 255.
#[inline(always)]
pub(crate) fn activity(prediction: &Block) -> u16 {
    let sum: u16 = prediction.0.iter().map(|value| value.unsigned_abs().min(255)).sum();
    sum - prediction.0[0].unsigned_abs().min(255)
}

/// The class of an [`activity`], 0 to 11.
#[inline(always)]
pub(crate) fn activity_class(activity: u16) -> usize {
    let length = u16::BITS - (activity >> 1).leading_zeros();
    (length as usize).min(11)
}

/// The class of the neighbours' last positions, 0 to 15 or 17: their mean,
/// half of it the reference's last position at the same place if there is one.
#[inline(always)]
pub(crate) fn last_class(last: &[u8], place: BlockPosition, reference: Option<u8>) -> usize {
    let BlockPosition { at, columns, left, above } = place;
    let sum = match (left, above) {
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

/// Context of a last position's upper four bits.
#[inline(always)]
pub(crate) fn last_high_context(last_class: usize, activity_class: usize) -> usize {
    12 * last_class + activity_class
}

/// Context of a last position's lower two bits, given the upper ones.
#[inline(always)]
pub(crate) fn last_low_context(high: usize, last_class: usize) -> usize {
    12 * high + if last_class < 8 { last_class / 2 } else { 4 + (last_class - 8) / 2 }
}

/// What the values of one block are coded under, but for what the block's own
/// coefficients add.
#[repr(align(64))]
pub(crate) struct Setup {
    /// First context of each coefficient's row.
    row: [u16; 64],
    /// Expected magnitude of each, 128ths.
    expected: [u16; 64],
    /// What is subtracted from each magnitude in the prediction's direction.
    pub(crate) base: [i16; 64],
}

impl Setup {
    pub(crate) const EMPTY: Self = Self { row: [0; 64], expected: [0; 64], base: [0; 64] };

    /// Makes AC positions up to `last`, which ends the block, ready; others may
    /// keep what they held.
    #[inline(always)]
    pub(crate) fn prepare(
        &mut self,
        weights: &Weights,
        prediction: &Block,
        activity: u16,
        [left, above, corner]: Neighbours<'_>,
        reference: &MagnitudeBlock,
        last: usize,
    ) {
        let active = (activity >> 4).min(255);
        let last = last & 63;
        // Sixteen at once, which is one vector.
        for group in 0..last / 16 + 1 {
            let prediction = sixteen(&prediction.0, group);
            let weights: [&[u16; 16]; 6] = std::array::from_fn(|i| sixteen(&weights[i], group));
            let [left, above, corner, reference] =
                [left, above, corner, reference].map(|magnitudes| sixteen(&magnitudes.0, group));
            let magnitude = prediction.map(i16::wrapping_abs);
            let clamped = magnitude.map(|magnitude| magnitude.unsigned_abs().min(255));
            let positions = sixteen(&POSITIONS, group);
            // Whole arrays are assigned: the compiler need not ask whether they overlap.
            *sixteen_mut(&mut self.row, group) = std::array::from_fn(|k| {
                let mut class = 0;
                for bound in PREDICTION_BOUNDS {
                    class += u16::from(magnitude[k] >= i16::from(bound));
                }
                positions[k] + class * MAGNITUDE_CLASSES as u16
            });
            *sixteen_mut(&mut self.base, group) = magnitude.map(|magnitude| {
                let base = (magnitude.unsigned_abs() + 8) >> 4;
                if magnitude >= BASED { base as i16 } else { 0 }
            });
            // The limits on weights keep every product below 65,536.
            *sixteen_mut(&mut self.expected, group) = std::array::from_fn(|k| {
                let beside = u16::from(left[k]) + u16::from(above[k]);
                weights[5][k]
                    .saturating_add(beside.wrapping_mul(weights[0][k]))
                    .saturating_add(u16::from(corner[k]).wrapping_mul(weights[1][k]))
                    .saturating_add(clamped[k].wrapping_mul(weights[2][k]))
                    .saturating_add(active.wrapping_mul(weights[3][k]))
                    .saturating_add(u16::from(reference[k]).wrapping_mul(weights[4][k]))
            });
        }
        self.row[last] += ENDING as u16;
    }

    /// Makes DC ready, which stands before the AC positions.
    #[inline(always)]
    pub(crate) fn prepare_dc(&mut self, dc: &DcSetup) {
        self.row[0] = dc_row(dc.context) as u16;
        self.base[0] = if dc.negated { -dc.base } else { dc.base } as i16;
    }

    /// Context of coefficient `k`, `run` being what those after it add.
    #[inline(always)]
    pub(crate) fn context(&self, k: usize, run: FadingSum) -> usize {
        let expected = ((u32::from(self.expected[k]) + run.0) >> 7).min(63);
        usize::from(self.row[k]) + usize::from(MAGNITUDE_CLASS[expected as usize])
    }
}

#[inline(always)]
fn sixteen<T>(all: &[T; 64], group: usize) -> &[T; 16] {
    &all.as_chunks::<16>().0[group]
}

#[inline(always)]
fn sixteen_mut<T>(all: &mut [T; 64], group: usize) -> &mut [T; 16] {
    &mut all.as_chunks_mut::<16>().0[group]
}

/// Fading sum of the magnitudes coded so far in a block, 128ths.
#[derive(Clone, Copy, Default)]
pub(crate) struct FadingSum(u32);

impl FadingSum {
    /// Takes in a magnitude of at most 32,768: `run += 128 * magnitude`, then
    /// `run -= run / 8`, rounded down.
    #[inline(always)]
    pub(crate) fn follow(&mut self, magnitude: u32) {
        let run = self.0 + (magnitude << 7);
        self.0 = run - (run >> 3);
    }
}

/// What a block's DC is coded under.
pub(crate) struct DcSetup {
    pub(crate) context: usize,
    /// The prediction corrected by the neighbours' errors, in steps; 16 bits
    /// hold it.
    pub(crate) base: i32,
    /// Whether the coded value is what DC lies below `base`, not above it.
    pub(crate) negated: bool,
}

/// Corrects the prediction of DC by a quarter of the errors of the blocks to
/// the left and above, or half of the only one's.
#[inline(always)]
pub(crate) fn dc_setup(
    blocks: &[Block],
    prediction: &[Block],
    place: BlockPosition,
    activity_class: usize,
) -> DcSetup {
    let BlockPosition { at, columns, left, above } = place;
    // How far a block's DC is above its prediction, sixteenths of a step.
    let error = |at: usize| 16 * i32::from(blocks[at].0[0]) - i32::from(prediction[at].0[0]);
    let (correction, difference) = match (left, above) {
        (true, true) => {
            let (left, above) = (error(at - 1), error(at - columns));
            ((left + above) >> 2, left - above)
        }
        (true, false) => (error(at - 1) >> 1, error(at - 1)),
        (false, true) => (error(at - columns) >> 1, error(at - columns)),
        (false, false) => (0, 0),
    };
    let value = i32::from(prediction[at].0[0]) + correction;
    let base = (value + 8) >> 4;
    let fraction = value - 16 * base;
    let class = PREDICTION_CLASS[(difference.unsigned_abs() >> 1).min(255) as usize];
    let context = 12 * usize::from(class)
        + 2 * ((3 * fraction.unsigned_abs() as usize) >> 3)
        + usize::from(activity_class > 6);
    DcSetup { context, base, negated: fraction < 0 }
}

/// Adds to `prediction` the share `carry` (Q14) of what its reference plane's
/// prediction missed. With `e = sat(sat(16 * coefficient) - predicted)` of
/// the reference this is `p = max(-32767, sat(p + mulhrs(sat(2 * e), carry)))`
/// for every coefficient; `sat` saturates to 16 bits.
///
/// All slices are of the same blocks. Contexts are made from the result.
#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "one index runs through four arrays")]
pub(crate) fn carry_errors(
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
