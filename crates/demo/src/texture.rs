//! Small seamless textures, made once and looked up per pixel.

use super::noise::{hash, lattice_gradient};
use std::sync::LazyLock;

/// Side of a texture in pixels.
const SIDE: usize = 512;

/// Signed noise that repeats every [`SIDE`] px. The coordinates it is sampled at are
/// bent, which hides the repetition.
pub(super) struct Texture(Vec<i8>);

/// The textures of the demo slide.
pub(super) struct Textures {
    /// Fine, even grain.
    pub grain: Texture,
    /// Streaks along x: collagen fibres.
    pub fibres: Texture,
}

/// The textures, made at first use.
pub(super) static TEXTURES: LazyLock<Textures> = LazyLock::new(|| Textures {
    grain: Texture::new(&[Octave::new(4, 4, 0.6), Octave::new(10, 10, 0.6)], 71),
    fibres: Texture::new(&[Octave::new(128, 16, 0.7), Octave::new(64, 8, 0.6), Octave::new(32, 4, 0.25)], 72),
});

/// Noise of one wavelength across and one down, in pixels.
struct Octave {
    across: usize,
    down: usize,
    strength: f32,
}

impl Octave {
    const fn new(across: usize, down: usize, strength: f32) -> Self {
        Self { across, down, strength }
    }

    /// The noise at a point; it repeats every [`SIDE`] px.
    fn sample(&self, x: usize, y: usize, seed: u32) -> f32 {
        let (columns, rows) = ((SIDE / self.across) as i32, (SIDE / self.down) as i32);
        let u = x as f32 * columns as f32 / SIDE as f32;
        let v = y as f32 * rows as f32 / SIDE as f32;
        let noise = lattice_gradient(u, v, seed + self.across as u32, |x, y, seed| {
            hash(x.rem_euclid(columns), y.rem_euclid(rows), seed)
        });
        self.strength * noise
    }
}

impl Texture {
    fn new(octaves: &[Octave], seed: u32) -> Self {
        let mut texture = vec![0; SIDE * SIDE];
        for (y, row) in texture.chunks_exact_mut(SIDE).enumerate() {
            for (x, sample) in row.iter_mut().enumerate() {
                let value: f32 = octaves.iter().map(|octave| octave.sample(x, y, seed)).sum();
                *sample = (value * 127.0).clamp(-127.0, 127.0) as i8;
            }
        }
        Self(texture)
    }

    /// The sample at a point, about `[-1, 1]`; the texture repeats.
    pub(super) fn sample(&self, x: i32, y: i32) -> f32 {
        let (x, y) = (x as usize % SIDE, y as usize % SIDE);
        f32::from(self.0[y * SIDE + x]) / 127.0
    }
}
