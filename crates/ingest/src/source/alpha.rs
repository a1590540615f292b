//! Blends transparent pixels with the background.

/// What an alpha sample says of the colour of its pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AlphaKind {
    /// The colour is multiplied by alpha already.
    Associated,
    /// It is not.
    Unassociated,
}

impl AlphaKind {
    /// A colour with `alpha` (255 is opaque) over the background, rounded to the nearest.
    pub fn over(self, colour: [u8; 3], alpha: u8, background: [u8; 3]) -> [u8; 3] {
        let (alpha, rest) = (u32::from(alpha), u32::from(255 - alpha));
        let mut out = [0; 3];
        for ((out, above), below) in out.iter_mut().zip(colour).zip(background) {
            let (above, below) = (u32::from(above), u32::from(below) * rest);
            *out = match self {
                Self::Unassociated => (above * alpha + below + 127) / 255,
                Self::Associated => (above + (below + 127) / 255).min(255),
            } as u8;
        }
        out
    }
}
