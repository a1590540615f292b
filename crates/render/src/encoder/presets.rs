//! What each [`Effort`] means to the libraries that encode.
//!
//! | effort | AVIF: speed of ravif, 1 to 10 | lossy WebP: method of libwebp, 0 to 6 | lossless WebP: level of libwebp, 0 to 9 |
//! |---|---|---|---|
//! | fast | 10, the quickest | 0, the quickest | 0, the quickest |
//! | normal | 8 | 4, the library's default | 6, the library's default |
//! | best | 4 | 6, the slowest | 8 |
//!
//! What is slower still is left out: at its lowest speeds AVIF takes several times as long
//! again, and level 9 of lossless WebP encodes each image in every way there is, to keep the
//! shortest.
//!
//! The bytes of images depend on these numbers, and their entity tags only on the efforts:
//! a number that changes needs a new release, which is in the tags too.

use crate::Effort;

/// What libwebp is told for a level of lossless images.
pub(super) struct LosslessPreset {
    /// Its method, 0 to 6.
    pub method: i32,
    /// Not a quality, but how hard it searches for what repeats, 0 to 100.
    pub quality: f32,
}

/// The speed of AVIF.
pub(super) fn avif_speed(effort: Effort) -> u8 {
    match effort {
        Effort::Fast => 10,
        Effort::Normal => 8,
        Effort::Best => 4,
    }
}

/// The method of lossy WebP.
pub(super) fn webp_method(effort: Effort) -> i32 {
    match effort {
        Effort::Fast => 0,
        Effort::Normal => 4,
        Effort::Best => 6,
    }
}

/// The level of lossless WebP.
pub(super) fn lossless_webp(effort: Effort) -> LosslessPreset {
    match effort {
        Effort::Fast => LosslessPreset { method: 0, quality: 0.0 },
        Effort::Normal => LosslessPreset { method: 4, quality: 75.0 },
        Effort::Best => LosslessPreset { method: 5, quality: 90.0 },
    }
}
