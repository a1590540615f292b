//! Rows of planes to rows of pixels.

use super::Simd;

/// The parts of the factors of Cb and Cr that are no whole numbers, Q16: 1.402 is 1 + 0.402,
/// 1.772 is 2 - 0.228, and 0.71414 is 1 - 0.28586 (ITU-T T.871, section 7).
pub(super) const RED_OF_CR: i32 = 26_345;
pub(super) const BLUE_OF_CB: i32 = -14_942;
pub(super) const GREEN_OF_CB: i32 = -22_554;
pub(super) const GREEN_OF_CR: i32 = 18_734;

/// RGB of a row of Y, Cb and Cr, rounded half up as libjpeg does.
pub(super) fn rgb_row(simd: Simd, planes: [&[u8]; 3], out: &mut [u8]) {
    match simd {
        #[cfg(target_arch = "x86_64")]
        Simd::Avx2(token) => super::avx2::rgb_row(token, planes, out),
        Simd::Scalar => rgb_row_portably(planes, out),
    }
}

pub(super) fn rgb_row_portably([y, cb, cr]: [&[u8]; 3], out: &mut [u8]) {
    let pixels = out.as_chunks_mut::<3>().0.iter_mut();
    for (((pixel, &y), &cb), &cr) in pixels.zip(y).zip(cb).zip(cr) {
        *pixel = rgb_of(y, cb, cr);
    }
}

fn rgb_of(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let [y, cb, cr] = [i32::from(y), i32::from(cb) - 128, i32::from(cr) - 128];
    let part = |sum: i32| (sum + (1 << 15)) >> 16;
    [
        y + cr + part(RED_OF_CR * cr),
        y - cr + part(GREEN_OF_CB * cb + GREEN_OF_CR * cr),
        y + 2 * cb + part(BLUE_OF_CB * cb),
    ]
    .map(|sample| sample.clamp(0, 255) as u8)
}

/// Pixels of a row of three planes that are theirs without conversion.
pub(super) fn interleave_row(simd: Simd, planes: [&[u8]; 3], out: &mut [u8]) {
    match simd {
        #[cfg(target_arch = "x86_64")]
        Simd::Avx2(token) => super::avx2::interleave_row(token, planes, out),
        Simd::Scalar => interleave_row_portably(planes, out),
    }
}

pub(super) fn interleave_row_portably([red, green, blue]: [&[u8]; 3], out: &mut [u8]) {
    let pixels = out.as_chunks_mut::<3>().0.iter_mut();
    for (((pixel, &red), &green), &blue) in pixels.zip(red).zip(green).zip(blue) {
        *pixel = [red, green, blue];
    }
}
