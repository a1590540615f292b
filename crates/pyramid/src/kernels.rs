//! Row kernels, with a table of them for each instruction set.
//!
//! Each kernel is one plain integer loop, compiled once for the baseline and
//! once more for every wider instruction set; the compiler vectorises it. All
//! copies do the same arithmetic, so they give the same bytes.

use crate::area::{self, Coverages};
use crate::simd::{self, Simd};
use crate::{colour, mean, residual, upsample};

/// Two rows of RGB in, a row of Cb and a row of Cr out.
type HalvedChromaRow = fn(&[u8], &[u8], &mut [u8], &mut [u8]);

/// One function per row kernel, all for one instruction set.
pub struct Kernels {
    luma_row: fn(&[u8], &mut [u8]),
    chroma_row: fn(&[u8], &mut [u8], &mut [u8]),
    halved_chroma_row: HalvedChromaRow,
    halve_row: fn(&[u8], &[u8], &mut [u8]),
    make_row: fn(&[u8], &[u8], &mut [u8]),
    apply_row: fn(&mut [u8], &[u8]),
    upsample_down: fn([&[u8]; 4], [i16; 4], &mut [u8]),
    upsample_across: fn(&[u8], &mut [u8]),
    add_row: fn(&[u8], u32, &mut [u32]),
    mean_row: fn(&[u32], Coverages<'_>, f64, &mut [u8]),
}

static SCALAR: Kernels = Kernels {
    luma_row: colour::luma_row,
    chroma_row: colour::chroma_row,
    halved_chroma_row: colour::halved_chroma_row,
    halve_row: mean::halve_row,
    make_row: residual::make_row,
    apply_row: residual::apply_row,
    upsample_down: upsample::down_row,
    upsample_across: upsample::across_row,
    add_row: area::add_row,
    mean_row: area::mean_row,
};

/// One kernel body compiled for `$features`, callable as an ordinary function.
#[cfg(target_arch = "x86_64")]
macro_rules! compiled_for {
    ($features:literal, $name:ident = $body:path, $($arg:ident: $type:ty),+) => {
        fn $name($($arg: $type),+) {
            #[target_feature(enable = $features)]
            fn compiled($($arg: $type),+) {
                $body($($arg),+);
            }
            // SAFETY: this is reachable only through the module's `table`, whose
            // token proves that the processor has these features.
            unsafe { compiled($($arg),+) }
        }
    };
}

/// A module with every kernel compiled for one x86 feature set, and the table of
/// them, given out only for the token that proves these features.
#[cfg(target_arch = "x86_64")]
macro_rules! kernels_for {
    ($module:ident, $token:ty, $features:literal) => {
        #[expect(unsafe_code, reason = "calling functions compiled for a detected instruction set")]
        mod $module {
            use super::*;
            compiled_for!($features, luma_row = colour::luma_row, rgb: &[u8], out: &mut [u8]);
            compiled_for!($features, chroma_row = colour::chroma_row, rgb: &[u8], cb: &mut [u8], cr: &mut [u8]);
            compiled_for!($features, halved_chroma_row = colour::halved_chroma_row, top: &[u8], bottom: &[u8], cb: &mut [u8], cr: &mut [u8]);
            compiled_for!($features, halve_row = mean::halve_row, top: &[u8], bottom: &[u8], out: &mut [u8]);
            compiled_for!($features, make_row = residual::make_row, actual: &[u8], predicted: &[u8], out: &mut [u8]);
            compiled_for!($features, apply_row = residual::apply_row, row: &mut [u8], residual: &[u8]);
            compiled_for!($features, upsample_down = upsample::down_row, rows: [&[u8]; 4], weights: [i16; 4], out: &mut [u8]);
            compiled_for!($features, upsample_across = upsample::across_row, padded: &[u8], out: &mut [u8]);
            compiled_for!($features, add_row = area::add_row, row: &[u8], weight: u32, sums: &mut [u32]);
            compiled_for!($features, mean_row = area::$module::mean_row, sums: &[u32], coverages: Coverages<'_>, height: f64, out: &mut [u8]);
            static TABLE: Kernels = Kernels {
                luma_row, chroma_row, halved_chroma_row, halve_row, make_row, apply_row, upsample_down, upsample_across,
                add_row, mean_row,
            };
            pub(super) fn table(_: $token) -> &'static Kernels {
                &TABLE
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
kernels_for!(avx2, simd::Avx2, "avx2");

impl Kernels {
    /// Luma of a row of RGB pixels; see [`colour::luma`].
    ///
    /// # Panics
    /// If `rgb` is not three bytes for each byte of `out`.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::kernels;
    /// let mut luma = [0; 2];
    /// kernels::get().luma_row(&[255, 255, 255, 255, 0, 0], &mut luma);
    /// assert_eq!(luma, [255, 76]);
    /// ```
    pub fn luma_row(&self, rgb: &[u8], out: &mut [u8]) {
        assert_eq!(rgb.len(), 3 * out.len());
        (self.luma_row)(rgb, out);
    }

    /// Cb and Cr of a row of RGB pixels; see [`colour::ycc`].
    ///
    /// # Panics
    /// If `rgb` is not three bytes for each byte of `cb` and of `cr`.
    pub fn chroma_row(&self, rgb: &[u8], cb: &mut [u8], cr: &mut [u8]) {
        assert!(rgb.len() == 3 * cb.len() && cb.len() == cr.len());
        (self.chroma_row)(rgb, cb, cr);
    }

    /// Cb and Cr of two RGB rows, halved in width; see [`colour::ycc`].
    ///
    /// # Panics
    /// If the rows differ in length, or `cb` or `cr` is not half as many samples as
    /// a row has pixels, rounded up.
    pub fn halved_chroma_row(&self, top: &[u8], bottom: &[u8], cb: &mut [u8], cr: &mut [u8]) {
        assert!(top.len() == bottom.len() && top.len().is_multiple_of(3));
        assert!((top.len() / 3).div_ceil(2) == cb.len() && cb.len() == cr.len());
        (self.halved_chroma_row)(top, bottom, cb, cr);
    }

    /// The mean of two RGB rows, halved in width; see [`mean::halve`].
    ///
    /// # Panics
    /// If the rows differ in length, or `out` is not half as many pixels, rounded up.
    pub fn halve_row(&self, top: &[u8], bottom: &[u8], out: &mut [u8]) {
        assert!(top.len() == bottom.len() && top.len().is_multiple_of(3));
        assert_eq!(out.len(), 3 * (top.len() / 3).div_ceil(2));
        (self.halve_row)(top, bottom, out);
    }

    /// One row of [`residual::make`].
    ///
    /// # Panics
    /// If the rows differ in length.
    pub fn make_row(&self, actual: &[u8], predicted: &[u8], out: &mut [u8]) {
        assert!(actual.len() == out.len() && predicted.len() == out.len());
        (self.make_row)(actual, predicted, out);
    }

    /// One row of [`residual::apply`].
    ///
    /// # Panics
    /// If the rows differ in length.
    pub fn apply_row(&self, row: &mut [u8], residual: &[u8]) {
        assert_eq!(row.len(), residual.len());
        (self.apply_row)(row, residual);
    }

    /// One row of the first pass of [`upsample::double`]: four rows, weighted.
    pub(crate) fn upsample_down(&self, rows: [&[u8]; 4], weights: [i16; 4], out: &mut [u8]) {
        assert!(rows.iter().all(|row| row.len() == out.len()));
        (self.upsample_down)(rows, weights, out);
    }

    /// One row of the second pass of [`upsample::double`].
    pub(crate) fn upsample_across(&self, padded: &[u8], out: &mut [u8]) {
        assert_eq!(padded.len(), out.len().div_ceil(2) + 4);
        (self.upsample_across)(padded, out);
    }

    /// Adds the samples of `row`, each times `weight`, to `sums`. The weights of all rows
    /// that are added to the same sums are [`area::MAX_LENGTH`] together at most.
    ///
    /// # Panics
    /// If there is not a sum for each sample.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::area::Coverages;
    /// use origami_pyramid::kernels;
    /// // Two pixels and a half of a column, over two rows.
    /// let mut sums = [0; 10];
    /// for row in [[10; 9], [20; 9]] {
    ///     kernels::get().add_row(&row, 1, &mut sums[..9]);
    /// }
    /// let coverages = Coverages { taps: 3, starts: &[0], weights: &[2, 2, 1], inverse_widths: &[0.2] };
    /// let mut mean = [0; 3];
    /// kernels::get().mean_row(&sums, coverages, 2.0, &mut mean);
    /// assert_eq!(mean, [15; 3]);
    /// ```
    pub fn add_row(&self, row: &[u8], weight: u32, sums: &mut [u32]) {
        assert_eq!(row.len(), sums.len());
        (self.add_row)(row, weight, sums);
    }

    /// Writes a row of mean RGB pixels to `out`, rounded half up, from sums of
    /// [`Self::add_row`], followed by one more that is not used. `height` is the sum of the
    /// weights of the rows.
    ///
    /// # Panics
    /// If `coverages` has pixels that `sums` lacks, or not as many as `out`.
    pub fn mean_row(&self, sums: &[u32], coverages: Coverages<'_>, height: f64, out: &mut [u8]) {
        let Coverages { taps, starts, weights, inverse_widths } = coverages;
        assert!(starts.len() == inverse_widths.len() && out.len() == 3 * starts.len());
        assert_eq!(weights.len(), taps * starts.len());
        (self.mean_row)(sums, coverages, height, out);
    }

    /// The kernels of one instruction set.
    #[must_use]
    pub fn for_simd(simd: Simd) -> &'static Self {
        match simd {
            Simd::Scalar => &SCALAR,
            #[cfg(target_arch = "x86_64")]
            Simd::Avx2(token) => avx2::table(token),
        }
    }
}

/// The kernels this process uses: those of [`simd::get`].
///
/// # Panics
/// As [`simd::get`].
#[must_use]
pub fn get() -> &'static Kernels {
    Kernels::for_simd(simd::get())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::InstructionSet;

    #[test]
    fn every_instruction_set_has_kernels_of_its_own() {
        for simd in InstructionSet::ALL.into_iter().filter_map(simd::detect) {
            let portable = std::ptr::eq(Kernels::for_simd(simd), &SCALAR);
            assert_eq!(portable, simd.set() == InstructionSet::Scalar, "{}", simd.set().name());
        }
    }
}
