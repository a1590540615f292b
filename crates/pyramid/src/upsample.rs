//! Doubling a plane: the prediction of a level from its parent.
//!
//! Separable, centred, four taps of the Catmull-Rom cubic at phases 1/4 and
//! 3/4, whose weights are exact in 128ths:
//!
//! ```text
//! source      k-2     k-1      k      k+1     k+2
//!              |       |       |       |       |
//! 2k:         -3      29      111     -9             sample at k - 1/4
//! 2k+1:               -9      111     29      -3     sample at k + 1/4
//! ```
//!
//! Columns are done first, then rows; each pass rounds to 8 bits as
//! `clamp((sum + 64) >> 7, 0, 255)`. Source samples beyond the plane repeat its
//! nearest edge sample. (Keys, "Cubic convolution interpolation for digital
//! image processing", 1981, with a = -1/2.)

use crate::kernels::{self, Kernels};
use crate::{Plane, Point, Samples, SamplesMut};

/// Weights of the four taps for an even output; an odd one has them reversed.
pub(crate) const EVEN: [i16; 4] = [-3, 29, 111, -9];
pub(crate) const ODD: [i16; 4] = [-9, 111, 29, -3];

/// Output columns done at a time, so that the row between the passes is small.
const STRIP: usize = 1024;

/// Fills `out` with the window at `origin` of `source` doubled. `origin` is in
/// samples of the doubled plane; its column must be even.
///
/// # Panics
/// If the column is odd or the window leaves the doubled plane.
///
/// # Examples
/// ```
/// use origami_pyramid::{Plane, Point, upsample};
/// let source = Plane::new(vec![0, 100], 2, 1, 2);
/// let mut out = Plane::zeros(4, 2);
/// upsample::double(&source, Point::default(), &mut out);
/// assert_eq!([out.row(0), out.row(1)], [[0, 20, 80, 107]; 2]);
/// ```
pub fn double<S: Samples>(source: &Plane<S>, origin: Point, out: &mut Plane<impl SamplesMut>) {
    double_with(kernels::get(), source, origin, out);
}

/// [`double`] with the kernels of a chosen instruction set.
///
/// # Panics
/// As [`double`].
pub fn double_with(
    kernels: &Kernels,
    source: &Plane<impl Samples>,
    origin: Point,
    out: &mut Plane<impl SamplesMut>,
) {
    let (left, top) = (origin.x as usize, origin.y as usize);
    assert!(left.is_multiple_of(2), "a doubled window starts at an even column");
    assert!(left + out.width() <= 2 * source.width(), "window outside the doubled plane");
    assert!(top + out.height() <= 2 * source.height(), "window outside the doubled plane");
    let mut between = [0; STRIP / 2 + 4];
    for strip in (0..out.width()).step_by(STRIP) {
        let width = STRIP.min(out.width() - strip);
        // Source columns first - 2 .. first - 2 + taps; those inside the plane are
        // `begin..end` and go to `inside` of the row between the passes.
        let first = (left + strip) / 2;
        let taps = width.div_ceil(2) + 4;
        let begin = first.saturating_sub(2);
        let end = (first + taps - 2).min(source.width());
        let before = begin + 2 - first;
        let inside = before..before + end - begin;
        let between = &mut between[..taps];
        for y in 0..out.height() {
            let (lines, weights) = vertical_taps(top + y, source.height());
            let rows = lines.map(|line| &source.row(line)[begin..end]);
            kernels.upsample_down(rows, weights, &mut between[inside.clone()]);
            let (edge_left, edge_right) = (between[inside.start], between[inside.end - 1]);
            between[..inside.start].fill(edge_left);
            between[inside.end..].fill(edge_right);
            kernels.upsample_across(between, &mut out.row_mut(y)[strip..strip + width]);
        }
    }
}

/// The four source rows, of `height`, that row `row` of the doubled plane is made
/// from, and their weights. Rows beyond the plane repeat the nearest one.
#[inline(always)]
fn vertical_taps(row: usize, height: usize) -> ([usize; 4], [i16; 4]) {
    let upper = row / 2 + row % 2;
    let lines = [0, 1, 2, 3].map(|tap: usize| (upper + tap).saturating_sub(2).min(height - 1));
    (lines, if row.is_multiple_of(2) { EVEN } else { ODD })
}

/// The first pass: four rows into one, sample by sample.
#[inline(always)]
pub(crate) fn down_row(rows: [&[u8]; 4], weights: [i16; 4], out: &mut [u8]) {
    let n = out.len();
    let [a, b, c, d] = rows.map(|row| &row[..n]);
    for i in 0..n {
        out[i] = taps([a[i], b[i], c[i], d[i]], weights);
    }
}

/// The second pass: `padded` starts two samples left of the one at `out[0]`
/// and has `ceil(out.len() / 2) + 4` samples.
#[inline(always)]
pub(crate) fn across_row(padded: &[u8], out: &mut [u8]) {
    let pairs = out.len() / 2;
    let [a, b, c, d, e] = [0, 1, 2, 3, 4].map(|from: usize| &padded[from..][..pairs]);
    let (whole, rest) = out.as_chunks_mut::<2>();
    for (i, pair) in whole.iter_mut().enumerate() {
        let even = taps([a[i], b[i], c[i], d[i]], EVEN);
        let odd = taps([b[i], c[i], d[i], e[i]], ODD);
        // As one word, the pairs are stored with vector instructions; as two bytes
        // they are not, which takes AVX2 3.7 times as long.
        *pair = (u16::from(even) | u16::from(odd) << 8).to_le_bytes();
    }
    if let [last] = rest {
        *last = taps([0, 1, 2, 3].map(|tap| padded[pairs + tap]), EVEN);
    }
}

/// One weighted sum. Samples are centred on 0 first: the weights sum to 128, so
/// the result is the same and the sum stays within 16 bits (152 * 128 + 64).
/// The arithmetic wraps because overflow checks, which could never fail, would keep
/// builds that have them from using vector instructions.
#[inline(always)]
fn taps(samples: [u8; 4], weights: [i16; 4]) -> u8 {
    let mut sum = 64i16;
    for (sample, weight) in samples.into_iter().zip(weights) {
        sum = sum.wrapping_add((i16::from(sample) - 128).wrapping_mul(weight));
    }
    ((sum >> 7) + 128).clamp(0, 255) as u8
}
