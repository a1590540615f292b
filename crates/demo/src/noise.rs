//! Hash and gradient noise.
//!
//! Only `+ - * /`, `sqrt` and conversions are used on floats: IEEE 754 rounds
//! these the same everywhere, so the demo slide has the same bytes on every
//! machine.

/// A well-mixed 32-bit hash of a lattice point.
pub(super) fn hash(x: i32, y: i32, seed: u32) -> u32 {
    let mut h = (x as u32).wrapping_mul(0x9e37_79b1)
        ^ (y as u32).wrapping_mul(0x85eb_ca77)
        ^ seed.wrapping_mul(0xc2b2_ae3d);
    h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
    h = (h ^ (h >> 12)).wrapping_mul(0x297a_2d39);
    h ^ (h >> 15)
}

/// The byte `index` (0..4) of a hash as a number in `[0, 1]`.
pub(super) fn unit(hash: u32, index: u32) -> f32 {
    (hash >> (8 * index) & 0xff) as f32 / 255.0
}

/// Gradient noise in about `[-1, 1]`, with features of `wavelength` px.
pub(super) fn gradient(x: f32, y: f32, wavelength: f32, seed: u32) -> f32 {
    lattice_gradient(x / wavelength, y / wavelength, seed, hash)
}

/// Gradient noise on the unit lattice, whose points `hash` hashes; it may wrap
/// coordinates to make the noise repeat.
pub(super) fn lattice_gradient(x: f32, y: f32, seed: u32, hash: impl Fn(i32, i32, u32) -> u32) -> f32 {
    let (left, top) = (floor(x), floor(y));
    let (fx, fy) = (x - left as f32, y - top as f32);
    let upper_left = influence(hash(left, top, seed), fx, fy);
    let upper_right = influence(hash(left + 1, top, seed), fx - 1.0, fy);
    let lower_left = influence(hash(left, top + 1, seed), fx, fy - 1.0);
    let lower_right = influence(hash(left + 1, top + 1, seed), fx - 1.0, fy - 1.0);
    let (sx, sy) = (ease(fx), ease(fy));
    let upper = lerp(upper_left, upper_right, sx);
    let lower = lerp(lower_left, lower_right, sx);
    1.6 * lerp(upper, lower, sy)
}

/// The gradient of a lattice point, given by its hash, times the distance from it.
fn influence(hash: u32, dx: f32, dy: f32) -> f32 {
    let (gx, gy) = (unit(hash, 0) * 2.0 - 1.0, unit(hash, 1) * 2.0 - 1.0);
    gx * dx + gy * dy
}

/// Gradient noise summed over `octaves`, each of half the wavelength and strength of
/// the one before.
pub(super) fn fractal(x: f32, y: f32, wavelength: f32, octaves: u32, seed: u32) -> f32 {
    let mut sum = 0.0;
    let mut scale = 1.0;
    for octave in 0..octaves {
        sum += scale * gradient(x, y, wavelength * scale, seed + octave);
        scale *= 0.5;
    }
    sum
}

/// Linear interpolation: `a` at `t` = 0, `b` at 1.
pub(super) fn lerp(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

/// Smooth step: 0 below `from`, 1 above `to`.
pub(super) fn step(from: f32, to: f32, value: f32) -> f32 {
    let t = ((value - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// The largest integer not above `value`.
pub(super) fn floor(value: f32) -> i32 {
    let truncated = value as i32;
    truncated - i32::from(truncated as f32 > value)
}

/// Smooth step from 0 to 1 whose first and second derivatives vanish at both ends.
fn ease(t: f32) -> f32 {
    t * t * t * (t * (t * 6.0 - 15.0) + 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_the_same_on_every_machine() {
        assert_eq!(hash(3, -7, 11), 4_273_392_808);
        assert_eq!(gradient(123.25, -45.5, 32.0, 9).to_bits(), 1_047_278_352);
    }

    #[test]
    fn floor_rounds_towards_minus_infinity() {
        assert_eq!([-1.5f32, -1.0, -0.25, 0.0, 0.75, 2.0].map(floor), [-2, -1, -1, 0, 0, 2]);
    }
}
