//! The colour spaces of JPEG samples.

/// What the samples of a JPEG mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Luma only.
    Gray,
    /// Full-range YCbCr (JFIF).
    Ycc,
    /// Red, green and blue, stored without a transform.
    Rgb,
    /// CMYK or YCCK.
    Other,
}
