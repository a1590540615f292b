//! Small seamless textures, made once and looked up per pixel.

use super::noise::{hash, lattice_gradient};
use std::sync::LazyLock;

/// Side of a texture in pixels.
const SIDE: usize = 512;

/// Signed noise that repeats every [`SIDE`] px; the regions that look it up
/// bend their coordinates, which hides the repetition.
pub(super) struct Texture(Vec<i8>);

/// The textures of the demo slide.
pub(super) struct Textures {
    /// Fine, even grain.
    pub grain: Texture,
    /// Streaks along x: collagen fibres.
    pub fibres: Texture,
}

/// They are made when they are first looked at.
pub(super) static TEXTURES: LazyLock<Textures> = LazyLock::new(|| Textures {
    grain: Texture::new(&[(4, 4, 0.6), (10, 10, 0.6)], 71),
    fibres: Texture::new(&[(128, 16, 0.7), (64, 8, 0.6), (32, 4, 0.25)], 72),
});

impl Texture {
    /// Octaves are `(wavelength across, wavelength down, strength)`.
    fn new(octaves: &[(usize, usize, f32)], seed: u32) -> Self {
        let mut texture = vec![0; SIDE * SIDE];
        for (y, row) in texture.chunks_exact_mut(SIDE).enumerate() {
            for (x, sample) in row.iter_mut().enumerate() {
                let value: f32 = octaves
                    .iter()
                    .map(|&(across, down, strength)| {
                        let (columns, rows) = ((SIDE / across) as i32, (SIDE / down) as i32);
                        let fold =
                            |x: i32, y: i32, seed| hash(x.rem_euclid(columns), y.rem_euclid(rows), seed);
                        let (u, v) =
                            (x as f32 * columns as f32 / SIDE as f32, y as f32 * rows as f32 / SIDE as f32);
                        strength * lattice_gradient(u, v, seed + across as u32, fold)
                    })
                    .sum();
                *sample = (value * 127.0).clamp(-127.0, 127.0) as i8;
            }
        }
        Self(texture)
    }

    /// The sample at a point, about `[-1, 1]`; the texture repeats.
    pub(super) fn at(&self, x: i32, y: i32) -> f32 {
        let (x, y) = (x as usize % SIDE, y as usize % SIDE);
        f32::from(self.0[y * SIDE + x]) / 127.0
    }
}
