//! Reads how large what a picture shows is.

use crate::source::scale::{Density, Scale};

impl Scale {
    /// What a picture says: its EXIF metadata, which are a TIFF, and the density that its
    /// container gives.
    pub(super) fn of_picture(exif: Option<&[u8]>, density: Option<Density>) -> Self {
        let container = Self { mpp: density.and_then(Density::pixel_size), objective: None };
        exif.map(Self::of_exif).unwrap_or_default().or(container)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::scale::METRE;

    /// EXIF metadata with so many pixels in a unit: 2 is an inch, 3 a centimetre.
    fn exif(pixels: u32, unit: u8) -> Vec<u8> {
        let mut bytes = b"II*\0\x08\0\0\0\x03\0".to_vec();
        // The fractions across and down come after the directory.
        bytes.extend([0x1a, 1, 5, 0, 1, 0, 0, 0, 50, 0, 0, 0]);
        bytes.extend([0x1b, 1, 5, 0, 1, 0, 0, 0, 58, 0, 0, 0]);
        bytes.extend([0x28, 1, 3, 0, 1, 0, 0, 0, unit, 0, 0, 0]);
        bytes.extend([0; 4]);
        bytes.extend([pixels, 1, pixels, 1].map(u32::to_le_bytes).as_flattened());
        bytes
    }

    #[test]
    fn exif_counts_before_the_density_of_the_container() {
        let density = Some(Density { x: 2_000_000.0, y: 2_000_000.0, unit: Some(METRE) });
        for (exif, expected) in [(exif(40_000, 3), 0.25), (exif(72, 2), 0.5), (b"no exif".to_vec(), 0.5)] {
            assert_eq!(Scale::of_picture(Some(&exif), density).mpp.map(|mpp| mpp.x), Some(expected));
        }
        assert_eq!(Scale::of_picture(None, None), Scale::default());
    }
}
