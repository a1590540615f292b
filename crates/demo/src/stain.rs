//! The colour of light that passes through haematoxylin and eosin.

use std::sync::LazyLock;

/// Colour of light through bare glass.
pub(super) const GLASS: [u8; 3] = [244, 243, 246];

/// Share of light, in 1/65536, that one step of stain lets through in red, green and
/// blue. A point has up to 255 steps.
const EOSIN: [u32; 3] = [65_500, 65_202, 65_348];
const HAEMATOXYLIN: [u32; 3] = [65_115, 64_990, 65_345];

/// Transmitted light by stain amount: Beer-Lambert, by repeated integer
/// multiplication, so that the result does not depend on a platform's `exp`.
pub(super) struct Stains {
    eosin: [[u32; 3]; 256],
    haematoxylin: [[u32; 3]; 256],
}

/// The tables of both stains, computed at first use.
pub(super) static STAINS: LazyLock<Stains> = LazyLock::new(|| Stains {
    eosin: absorption(EOSIN, GLASS.map(|c| u32::from(c) << 8)),
    haematoxylin: absorption(HAEMATOXYLIN, [1 << 16; 3]),
});

impl Stains {
    /// Colour of a point with these amounts of stain.
    pub(super) fn colour(&self, eosin: u8, haematoxylin: u8) -> [u8; 3] {
        let eosin = &self.eosin[usize::from(eosin)];
        let haematoxylin = &self.haematoxylin[usize::from(haematoxylin)];
        [0, 1, 2].map(|c| ((eosin[c] * haematoxylin[c] + (1 << 23)) >> 24).min(255) as u8)
    }
}

/// The light that is left of `light` after 0 to 255 steps.
fn absorption(step: [u32; 3], mut light: [u32; 3]) -> [[u32; 3]; 256] {
    let mut table = [light; 256];
    for entry in &mut table[1..] {
        light = [0, 1, 2].map(|c| ((u64::from(light[c]) * u64::from(step[c])) >> 16) as u32);
        *entry = light;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unstained_glass_keeps_its_colour_and_stain_darkens() {
        let stains = &*STAINS;
        assert_eq!(stains.colour(0, 0), GLASS);
        for amount in 1..=255 {
            assert!(stains.colour(amount, 0)[1] <= stains.colour(amount - 1, 0)[1]);
            assert!(stains.colour(0, amount)[0] <= stains.colour(0, amount - 1)[0]);
        }
        let [red, green, blue] = stains.colour(120, 0);
        assert!(red > blue && blue > green, "eosin is pink: {red} {green} {blue}");
        let [red, green, blue] = stains.colour(0, 220);
        assert!(blue > red && red > green, "haematoxylin is violet: {red} {green} {blue}");
    }
}
