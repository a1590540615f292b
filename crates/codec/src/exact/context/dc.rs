//! The context of a block's DC coefficient.

use super::BlockPosition;
use crate::Block;

/// The largest corrected prediction, in sixteenths of a step. Values up to 7 above or
/// below its whole steps, the largest that have symbols of their own, fit in 16 bits.
const MAX_PREDICTION: i32 = 16 * (i16::MAX as i32 - 7);

/// What is coded for a block's DC coefficient, and in which contexts.
pub struct DcContext {
    /// The row of contexts, one of 8; which context of the row also depends on the AC
    /// coefficients.
    pub row: usize,
    /// The magnitude that the neighbours' errors make likely, in 128ths.
    pub expected: u16,
    /// The prediction corrected by the neighbours' errors, in steps, -32,760 to 32,760.
    pub base: i16,
    /// Whether the coded value is how far DC is below `base`, not above it.
    pub is_negated: bool,
}

impl DcContext {
    /// Corrects the prediction of DC by the errors of the blocks around it, with
    /// `weights` where there are blocks to the left and above, otherwise by half the
    /// error of the one that exists. `error` gives the [`dc_error`] of a block.
    #[inline(always)]
    pub fn new(
        weights: &[i16; 4],
        predicted: i16,
        error: impl Fn(usize) -> i32,
        position: BlockPosition,
        activity_class: usize,
    ) -> Self {
        let DcNeighbours { correction, expected } = DcNeighbours::new(weights, error, position);
        let value = i32::from(predicted) + correction;
        let value = value.clamp(-MAX_PREDICTION, MAX_PREDICTION);
        let base = (value + 8) >> 4;
        let fraction = value - 16 * base;
        Self {
            row: 2 * ((3 * fraction.unsigned_abs() as usize) >> 3) + usize::from(activity_class > 6),
            expected: expected.min(u32::from(u16::MAX)) as u16,
            base: base as i16,
            is_negated: fraction < 0,
        }
    }
}

/// How far the DC coefficient of `block` is above its prediction, in sixteenths of a
/// step.
#[inline(always)]
pub fn dc_error(block: &Block, prediction: &Block) -> i32 {
    16 * i32::from(block.0[0]) - i32::from(prediction.0[0])
}

/// What the neighbours of a block say about its DC coefficient.
struct DcNeighbours {
    /// What is added to the prediction, in sixteenths of a step.
    correction: i32,
    /// The magnitude of the error that is then to be expected, in 128ths of a step.
    expected: u32,
}

impl DcNeighbours {
    /// `error` gives the error of another block of the plane.
    #[inline(always)]
    fn new(weights: &[i16; 4], error: impl Fn(usize) -> i32, position: BlockPosition) -> Self {
        let BlockPosition { at, columns, has_left, has_above, has_above_right } = position;
        match (has_left, has_above) {
            (true, true) => {
                let [left, above, corner] = [at - 1, at - columns, at - columns - 1].map(&error);
                let right = if has_above_right { error(at - columns + 1) } else { above };
                let [w0, w1, w2, w3] = weights.map(i32::from);
                Self {
                    correction: (w0 * left + w1 * above + w2 * corner + w3 * right) >> 8,
                    expected: 32 * (left.unsigned_abs() + above.unsigned_abs()) + 12 * corner.unsigned_abs(),
                }
            }
            (true, false) => Self::of_one(error(at - 1)),
            (false, true) => Self::of_one(error(at - columns)),
            (false, false) => Self { correction: 0, expected: 0 },
        }
    }

    /// The only neighbour takes the place of all.
    #[inline(always)]
    fn of_one(error: i32) -> Self {
        Self { correction: error >> 1, expected: 76 * error.unsigned_abs() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The table in `EXACT.md`, with numbers that cannot overflow: correction and
    /// expected magnitude of the block in column `x`, row `y` of `grid`, whose numbers are
    /// errors.
    fn oracle(weights: [i16; 4], grid: [[i64; 3]; 2], x: usize, y: usize) -> (i64, i64) {
        let at = |dx: i64, dy: i64| {
            let row = grid.get(usize::try_from(y as i64 + dy).ok()?)?;
            row.get(usize::try_from(x as i64 + dx).ok()?).copied()
        };
        let expected = |sum: i64| sum.min(65_535);
        match (at(-1, 0), at(0, -1)) {
            (Some(left), Some(above)) => {
                let corner = at(-1, -1).expect("left of the one above");
                let errors = [left, above, corner, at(1, -1).unwrap_or(above)];
                let sum: i64 =
                    errors.iter().zip(weights).map(|(error, weight)| error * i64::from(weight)).sum();
                (sum.div_euclid(256), expected(32 * (left.abs() + above.abs()) + 12 * corner.abs()))
            }
            (Some(error), None) | (None, Some(error)) => (error.div_euclid(2), expected(76 * error.abs())),
            (None, None) => (0, 0),
        }
    }

    fn blocks(values: [[i16; 3]; 2]) -> Vec<Block> {
        values
            .as_flattened()
            .iter()
            .map(|&dc| Block(std::array::from_fn(|k| if k == 0 { dc } else { 99 })))
            .collect()
    }

    proptest! {
        #[test]
        fn dc_is_predicted_as_the_specification_says(
            weights in prop::array::uniform4(-256i16..=256),
            values in prop::array::uniform2(prop::array::uniform3(prop_oneof![
                -40i16..40, -2_000i16..2_000, Just(i16::MAX), Just(-i16::MAX),
            ])),
            predicted in prop::array::uniform2(prop::array::uniform3(prop_oneof![
                -640i16..640, Just(i16::MAX), Just(-i16::MAX),
            ])),
            x in 0usize..3,
            y in 0usize..2,
            class in 0usize..12,
        ) {
            let errors = std::array::from_fn(|y| {
                std::array::from_fn(|x| 16 * i64::from(values[y][x]) - i64::from(predicted[y][x]))
            });
            let (correction, expected) = oracle(weights, errors, x, y);
            let value = (i64::from(predicted[y][x]) + correction).clamp(-524_160, 524_160);
            let base = (value + 8).div_euclid(16);
            let fraction = value - 16 * base;

            let position = BlockPosition::in_row(3 * y, x, 3, y > 0);
            let actual = {
                let (values, predicted) = (blocks(values), blocks(predicted));
                let error = |at: usize| dc_error(&values[at], &predicted[at]);
                DcContext::new(&weights, predicted[position.at].0[0], error, position, class)
            };
            prop_assert_eq!(i64::from(actual.base), base);
            prop_assert_eq!(actual.is_negated, fraction < 0);
            prop_assert_eq!(i64::from(actual.expected), expected);
            prop_assert_eq!(actual.row as i64, 3 * fraction.abs() / 8 * 2 + i64::from(class > 6));
        }
    }
}
