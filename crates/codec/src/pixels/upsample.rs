//! Doubles rows of chroma as libjpeg does ("fancy upsampling"): a sample is three quarters
//! of the nearest one and a quarter of the next nearest, on both axes that are subsampled.
//! Edges repeat their last sample. Planes of one or two columns are repeated instead.

use super::Simd;
use std::ops::Range;

/// Width in samples of the widest plane whose samples are repeated, and filtered neither
/// across nor down.
const MAX_REPEATED: usize = 2;

/// What is added before a sum of sixteenths is shifted, for even and odd pixels.
type Rounding = [u16; 2];

/// Of rows alone: quarters, rounded up by 1 and 2 of them.
const ACROSS: Rounding = [4, 8];
/// Of sums of two rows.
const BOTH: Rounding = [8, 7];

/// Doubles rows. It owns scratch memory.
#[derive(Debug, Default)]
pub(super) struct Upsampler {
    /// Four times the samples of a row, with one more on each side.
    sums: Vec<u16>,
    row: Vec<u8>,
}

impl Upsampler {
    /// The pixels in `columns` of `row`, doubled across.
    pub fn double(&mut self, simd: Simd, row: &[u8], columns: Range<usize>) -> &[u8] {
        self.double_rows(simd, [row, row], columns, ACROSS)
    }

    /// The pixels in `columns` of a row that is three quarters the first row and a quarter
    /// the second, doubled across.
    pub fn double_between(&mut self, simd: Simd, rows: [&[u8]; 2], columns: Range<usize>) -> &[u8] {
        self.double_rows(simd, rows, columns, BOTH)
    }

    fn double_rows(
        &mut self,
        simd: Simd,
        [near, far]: [&[u8]; 2],
        columns: Range<usize>,
        rounding: Rounding,
    ) -> &[u8] {
        let (width, samples) = (near.len(), columns.start / 2..columns.end.div_ceil(2));
        self.row.resize((2 * samples.len()).max(self.row.len()), 0);
        let row = &mut self.row[..2 * samples.len()];
        if width <= MAX_REPEATED {
            for (pair, sample) in row.as_chunks_mut::<2>().0.iter_mut().zip(&near[samples.clone()]) {
                *pair = [*sample; 2];
            }
        } else {
            self.sums.resize((samples.len() + 2).max(self.sums.len()), 0);
            let sums = &mut self.sums[..samples.len() + 2];
            let before = samples.start.saturating_sub(1);
            let known = before..(samples.end + 1).min(width);
            let start = before + 1 - samples.start;
            let middle = &mut sums[start..start + known.len()];
            add_rows(simd, &near[known.clone()], &far[known.clone()], middle);
            if samples.start == 0 {
                sums[0] = sums[1];
            }
            if samples.end == width {
                sums[samples.len() + 1] = sums[samples.len()];
            }
            double_sums(simd, sums, rounding, row);
        }
        &self.row[columns.start - 2 * samples.start..][..columns.len()]
    }
}

/// Three times `near` plus `far`.
fn add_rows(simd: Simd, near: &[u8], far: &[u8], sums: &mut [u16]) {
    match simd {
        #[cfg(target_arch = "x86_64")]
        Simd::Avx2(token) => super::avx2::add_rows(token, near, far, sums),
        Simd::Scalar => add_rows_portably(near, far, sums),
    }
}

#[inline(always)]
pub(super) fn add_rows_portably(near: &[u8], far: &[u8], sums: &mut [u16]) {
    for ((sum, near), far) in sums.iter_mut().zip(near).zip(far) {
        *sum = 3 * u16::from(*near) + u16::from(*far);
    }
}

/// Two pixels for each of `sums` but the first and the last.
fn double_sums(simd: Simd, sums: &[u16], rounding: Rounding, out: &mut [u8]) {
    match simd {
        #[cfg(target_arch = "x86_64")]
        Simd::Avx2(token) => super::avx2::double_sums(token, sums, rounding, out),
        Simd::Scalar => double_sums_portably(sums, rounding, out),
    }
}

#[inline(always)]
pub(super) fn double_sums_portably(sums: &[u16], [even, odd]: Rounding, out: &mut [u8]) {
    let pairs = out.as_chunks_mut::<2>().0;
    let (before, here, after) = (sums, &sums[1..], &sums[2..]);
    for (((pair, before), here), after) in pairs.iter_mut().zip(before).zip(here).zip(after) {
        let left = (3 * here + before + even) >> 4;
        let right = (3 * here + after + odd) >> 4;
        *pair = (left | right << 8).to_le_bytes();
    }
}
