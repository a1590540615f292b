//! Row kernels chosen once at run time.
//!
//! Each kernel is one plain integer loop, compiled once for the baseline and
//! once more for every wider instruction set; the compiler vectorises it. All
//! copies are the same arithmetic, so they give the same bytes.
//!
//! `ORIGAMI_SIMD=scalar|avx2` lowers the choice, never raises it;
//! another value is an error.

use crate::{colour, mean, residual, upsample};
use std::sync::OnceLock;

/// Instruction sets there are kernels for, narrowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstructionSet {
    /// Whatever the target guarantees: SSE2 on x86-64.
    Scalar,
    /// 256-bit integer vectors.
    Avx2,
}

impl InstructionSet {
    /// Every set, narrowest first.
    pub const ALL: [Self; 2] = [Self::Scalar, Self::Avx2];

    /// The name that `ORIGAMI_SIMD` takes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Avx2 => "avx2",
        }
    }
}

/// Two rows of RGB in, a row of Cb and a row of Cr out.
type HalvedChromaRow = fn(&[u8], &[u8], &mut [u8], &mut [u8]);

/// One function per row kernel, all for one instruction set.
pub struct Kernels {
    /// The set these functions were compiled for.
    pub set: InstructionSet,
    luma_row: fn(&[u8], &mut [u8]),
    chroma_row: fn(&[u8], &mut [u8], &mut [u8]),
    halved_chroma_row: HalvedChromaRow,
    halve_row: fn(&[u8], &[u8], &mut [u8]),
    make_row: fn(&[u8], &[u8], &mut [u8]),
    apply_row: fn(&mut [u8], &[u8]),
    upsample_down: fn([&[u8]; 4], [i16; 4], &mut [u8]),
    upsample_across: fn(&[u8], &mut [u8]),
}

static SCALAR: Kernels = Kernels {
    set: InstructionSet::Scalar,
    luma_row: colour::luma_row,
    chroma_row: colour::chroma_row,
    halved_chroma_row: colour::halved_chroma_row,
    halve_row: mean::halve_row,
    make_row: residual::make_row,
    apply_row: residual::apply_row,
    upsample_down: upsample::down_row,
    upsample_across: upsample::across_row,
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
            // SAFETY: the table this stands in is only handed out by
            // `Kernels::of`, which found these features.
            unsafe { compiled($($arg),+) }
        }
    };
}

/// A module with every kernel compiled for one x86 feature set.
#[cfg(target_arch = "x86_64")]
macro_rules! kernels_for {
    ($module:ident, $set:expr, $features:literal) => {
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
            pub(super) static TABLE: Kernels =
                Kernels { set: $set, luma_row, chroma_row, halved_chroma_row, halve_row, make_row, apply_row, upsample_down, upsample_across };
        }
    };
}

#[cfg(target_arch = "x86_64")]
kernels_for!(avx2, InstructionSet::Avx2, "avx2");

impl Kernels {
    /// Luma of a row of RGB pixels; see [`colour::luma`].
    pub fn luma_row(&self, rgb: &[u8], out: &mut [u8]) {
        assert_eq!(rgb.len(), 3 * out.len());
        (self.luma_row)(rgb, out);
    }

    /// Cb and Cr of a row of RGB pixels; see [`colour::ycc`].
    pub fn chroma_row(&self, rgb: &[u8], cb: &mut [u8], cr: &mut [u8]) {
        assert!(rgb.len() == 3 * cb.len() && cb.len() == cr.len());
        (self.chroma_row)(rgb, cb, cr);
    }

    /// Cb and Cr of two RGB rows, halved in width; see [`colour::ycc`].
    pub fn halved_chroma_row(&self, top: &[u8], bottom: &[u8], cb: &mut [u8], cr: &mut [u8]) {
        assert!(top.len() == bottom.len() && top.len().is_multiple_of(3));
        assert!((top.len() / 3).div_ceil(2) == cb.len() && cb.len() == cr.len());
        (self.halved_chroma_row)(top, bottom, cb, cr);
    }

    /// The mean of two RGB rows, halved in width; see [`mean::halve`].
    pub fn halve_row(&self, top: &[u8], bottom: &[u8], out: &mut [u8]) {
        assert!(top.len() == bottom.len() && top.len().is_multiple_of(3));
        assert_eq!(out.len(), 3 * (top.len() / 3).div_ceil(2));
        (self.halve_row)(top, bottom, out);
    }

    /// One row of [`residual::make`].
    pub fn make_row(&self, actual: &[u8], predicted: &[u8], out: &mut [u8]) {
        assert!(actual.len() == out.len() && predicted.len() == out.len());
        (self.make_row)(actual, predicted, out);
    }

    /// One row of [`residual::apply`].
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

    /// The kernels of one instruction set, `None` if this processor lacks it.
    #[must_use]
    pub fn of(set: InstructionSet) -> Option<&'static Self> {
        #[cfg(target_arch = "x86_64")]
        if set == InstructionSet::Avx2 && is_x86_feature_detected!("avx2") {
            return Some(&avx2::TABLE);
        }
        (set == InstructionSet::Scalar).then_some(&SCALAR)
    }
}

/// The environment variable that lowers the choice of kernels.
pub const LIMIT: &str = "ORIGAMI_SIMD";

/// The instruction set that [`LIMIT`] allows at most.
///
/// # Errors
/// If it is set to something else than the name of a set.
pub fn limit() -> Result<InstructionSet, String> {
    let Some(wish) = std::env::var_os(LIMIT) else { return Ok(InstructionSet::Avx2) };
    let named = InstructionSet::ALL.into_iter().find(|set| wish == set.name());
    named.ok_or_else(|| format!("{LIMIT} is {}; it takes scalar or avx2", wish.display()))
}

/// The kernels this process uses: the widest the processor has, or what
/// [`LIMIT`] lowers them to.
///
/// # Panics
/// If [`limit`] fails: kernels nobody asked for would make a test of them lie.
#[must_use]
pub fn get() -> &'static Kernels {
    static CHOSEN: OnceLock<&'static Kernels> = OnceLock::new();
    CHOSEN.get_or_init(|| {
        let limit = limit().unwrap_or_else(|problem| panic!("{problem}"));
        Kernels::of(limit).unwrap_or(&SCALAR)
    })
}
