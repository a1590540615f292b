//! How much stain there is in a region.

use origami_pyramid::Rect;

/// Amounts of stain in a region, row by row.
pub(super) struct Amounts {
    pub rect: Rect,
    pub eosin: Vec<u8>,
    pub haematoxylin: Vec<u8>,
}

impl Amounts {
    /// Nothing in all of `rect`.
    pub(super) fn none(rect: Rect) -> Self {
        let area = rect.width as usize * rect.height as usize;
        Self { rect, eosin: vec![0; area], haematoxylin: vec![0; area] }
    }
}
