//! The contexts of a block's values: its AC coefficients and, after them, its DC
//! coefficient.

use super::classes::{MAGNITUDE_CLASS, MAGNITUDE_CLASSES, PREDICTION_BOUNDS, PREDICTION_CLASSES};
use super::{DcContext, MagnitudeBlock, Neighbours};
use crate::Block;
use crate::exact::model::{AC_CONTEXTS, DC_CONTEXTS};

/// Predictions of at least this magnitude are subtracted from the coefficient;
/// smaller ones only determine its context.
pub(super) const MIN_SUBTRACTED: i16 = 24;
/// The first AC context of coefficients that are the last of their block.
const LAST_CONTEXTS: usize = AC_CONTEXTS / 2;

/// Number of contexts of values: AC and DC values are coded by the same steps, so the
/// contexts of DC follow those of AC.
pub const VALUE_CONTEXTS: usize = AC_CONTEXTS + DC_CONTEXTS;

/// The first context of each zigzag position.
static POSITION_CONTEXTS: [u16; 64] = {
    let mut contexts = [0; 64];
    let mut k = 0;
    while k < 64 {
        contexts[k] = (k * PREDICTION_CLASSES * MAGNITUDE_CLASSES) as u16;
        k += 1;
    }
    contexts
};

/// The weights of six features, each by zigzag index.
pub type Weights = [[u16; 64]; 6];

/// The contexts of the values of one block, except for the contribution of the
/// block's own coefficients.
#[repr(align(64))]
pub struct ValueContexts {
    /// First context of each value's row.
    row: [u16; 64],
    /// Expected magnitude of each value, in 128ths.
    expected: [u16; 64],
    /// What is subtracted from each value. AC values count in the direction of
    /// their prediction.
    pub base: [i16; 64],
}

impl ValueContexts {
    pub const EMPTY: Self = Self { row: [0; 64], expected: [0; 64], base: [0; 64] };

    /// Computes the contexts of AC positions up to `last`, the block's last
    /// position; later ones may keep their previous contents.
    #[inline(always)]
    pub fn prepare_ac(
        &mut self,
        weights: &Weights,
        prediction: &Block,
        activity: u16,
        neighbours: Neighbours<'_>,
        reference: &MagnitudeBlock,
        last: usize,
    ) {
        let Neighbours { left, above, corner } = neighbours;
        let active = (activity >> 4).min(255);
        let last = last & 63;
        // Sixteen at once, which is one vector.
        for group in 0..last / 16 + 1 {
            let magnitude = sixteen(&prediction.0, group).map(i16::wrapping_abs);
            let [left, above, corner, reference] =
                [left, above, corner, reference].map(|magnitudes| sixteen(&magnitudes.0, group));
            let features = Features { left, above, corner, magnitude: &magnitude, active, reference };
            // Whole arrays are assigned, so the compiler need not check whether they overlap.
            *sixteen_mut(&mut self.row, group) = rows(sixteen(&POSITION_CONTEXTS, group), &magnitude);
            *sixteen_mut(&mut self.base, group) = magnitude.map(base);
            *sixteen_mut(&mut self.expected, group) =
                features.expected(std::array::from_fn(|i| sixteen(&weights[i], group)));
        }
        self.row[last] += LAST_CONTEXTS as u16;
    }

    /// Sets the contexts of DC, which takes the place before the AC positions.
    #[inline(always)]
    pub fn prepare_dc(&mut self, dc: &DcContext) {
        self.row[0] = (AC_CONTEXTS + MAGNITUDE_CLASSES * dc.row) as u16;
        self.expected[0] = dc.expected;
        self.base[0] = if dc.is_negated { -dc.base } else { dc.base };
    }

    /// The context of value `k`, one of [`VALUE_CONTEXTS`], where `sum` is that of the
    /// magnitudes after it.
    #[inline(always)]
    pub fn context(&self, k: usize, sum: DecayingSum) -> usize {
        let expected = ((u32::from(self.expected[k]) + sum.0) >> 7).min(63);
        usize::from(self.row[k]) + usize::from(MAGNITUDE_CLASS[expected as usize])
    }
}

/// The first contexts of sixteen rows: those of the positions, and the classes
/// of the predictions.
#[inline(always)]
fn rows(positions: &[u16; 16], magnitude: &[i16; 16]) -> [u16; 16] {
    std::array::from_fn(|k| {
        let mut class = 0;
        for bound in PREDICTION_BOUNDS {
            class += u16::from(magnitude[k] >= i16::from(bound));
        }
        positions[k] + class * MAGNITUDE_CLASSES as u16
    })
}

/// What is subtracted from a coefficient whose prediction has this magnitude.
#[inline(always)]
fn base(magnitude: i16) -> i16 {
    let base = (magnitude.unsigned_abs() + 8) >> 4;
    if magnitude >= MIN_SUBTRACTED { base as i16 } else { 0 }
}

/// The features from which sixteen magnitudes are estimated.
struct Features<'a> {
    left: &'a [u8; 16],
    above: &'a [u8; 16],
    corner: &'a [u8; 16],
    /// Magnitudes of the predictions.
    magnitude: &'a [i16; 16],
    /// A sixteenth of the block's activity, at most 255.
    active: u16,
    reference: &'a [u8; 16],
}

impl Features<'_> {
    /// The expected magnitudes. The limits on weights keep every product below
    /// 65,536.
    #[inline(always)]
    fn expected(&self, weights: [&[u16; 16]; 6]) -> [u16; 16] {
        let predicted = self.magnitude.map(|magnitude| magnitude.unsigned_abs().min(255));
        std::array::from_fn(|k| {
            let beside = u16::from(self.left[k]) + u16::from(self.above[k]);
            weights[5][k]
                .saturating_add(beside.wrapping_mul(weights[0][k]))
                .saturating_add(u16::from(self.corner[k]).wrapping_mul(weights[1][k]))
                .saturating_add(predicted[k].wrapping_mul(weights[2][k]))
                .saturating_add(self.active.wrapping_mul(weights[3][k]))
                .saturating_add(u16::from(self.reference[k]).wrapping_mul(weights[4][k]))
        })
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

/// Decaying sum of the magnitudes coded so far in a block, in 128ths.
#[derive(Clone, Copy, Default)]
pub struct DecayingSum(u32);

impl DecayingSum {
    /// Adds a magnitude of at most 32,768: `sum += 128 * magnitude`, then
    /// `sum -= sum / 8`, rounded down.
    #[inline(always)]
    pub fn add(&mut self, magnitude: u32) {
        let sum = self.0 + (magnitude << 7);
        self.0 = sum - (sum >> 3);
    }
}
