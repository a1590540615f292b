//! The position and structure of the tissue.
//!
//! Everything here is a function of a point in slide pixels. The smooth fields are
//! computed on lattices anchored at the slide's origin and interpolated between, so
//! a pixel has the same value in every region.

use super::noise::{floor, fractal, gradient, hash, lerp, step, unit};

/// Lattice step of the smooth fields in pixels.
pub(super) const COARSE: i32 = 16;
/// Lattice step of the cell field in pixels.
pub(super) const FINE: i32 = 4;
/// Mean distance of neighbouring glands or fat cells in pixels.
const CELL: f32 = 152.0;

/// [`CellPoint::part`] where the lumen ends.
pub(super) const LUMEN: f32 = 1.0;
/// [`CellPoint::part`] where the epithelium ends.
pub(super) const EPITHELIUM: f32 = 2.0;
/// [`CellPoint::part`] in the middle of the stroma and everywhere far from glands.
pub(super) const STROMA: f32 = 3.0;

/// Centre, half-axes and tilt (`dx` leans by `tilt` per `dy`) of the pieces of tissue
/// on the slide.
const PIECES: [[f32; 5]; 6] = [
    [4700.0, 4300.0, 3300.0, 2500.0, 0.25],
    [3300.0, 9000.0, 1900.0, 1500.0, -0.3],
    [11_300.0, 3500.0, 2700.0, 1700.0, -0.35],
    [10_900.0, 8400.0, 3400.0, 2100.0, 0.15],
    [6800.0, 9700.0, 900.0, 750.0, 0.0],
    [14_300.0, 6000.0, 620.0, 480.0, 0.4],
];

/// The smooth fields at a point.
#[derive(Clone, Copy, Default)]
pub(super) struct Smooth {
    /// Positive inside tissue, rising by about 1 over the width of its rim.
    pub presence: f32,
    /// How far textures and cells are displaced, in pixels.
    pub bend: [f32; 2],
    /// Strength of the eosin, about 0.6 to 1.4.
    pub eosin: f32,
    /// Density of lymphocytes, 0 to 1.
    pub lymph: f32,
}

impl Smooth {
    /// Computes the fields at a point.
    pub(super) fn compute(x: f32, y: f32) -> Self {
        let outline = 0.42 * fractal(x, y, 2600.0, 5, 10);
        let piece = PIECES
            .iter()
            .map(|&[cx, cy, rx, ry, tilt]| {
                let (dx, dy) = (x - cx, y - cy);
                let (dx, dy) = ((dx - tilt * dy) / rx, (dy + tilt * dx) / ry);
                1.0 - (dx * dx + dy * dy).sqrt()
            })
            .fold(f32::MIN, f32::max);
        let inside = piece + outline;
        if inside < -0.05 {
            return Self { presence: -1.0, eosin: 1.0, ..Self::default() };
        }
        // Thin clefts where the section tore.
        let tear = fractal(x, y, 900.0, 3, 20).abs();
        let torn = step(0.1, 0.45, gradient(x, y, 2100.0, 24));
        let cleft = 55.0 * (tear - 0.05 * torn);
        let bend = [210.0 * fractal(x, y, 760.0, 3, 30), 210.0 * fractal(x, y, 760.0, 3, 40)];
        Self {
            presence: (inside * 200.0).min(if torn > 0.0 { cleft } else { 2.0 }).clamp(-1.0, 2.0),
            bend,
            eosin: 1.0 + 0.34 * fractal(x, y, 1500.0, 3, 50),
            lymph: step(0.18, 0.62, fractal(x, y, 1100.0, 3, 60))
                + step(0.42, 0.6, fractal(x, y, 420.0, 2, 64)),
        }
    }

    /// Linear interpolation of all fields.
    pub(super) fn lerp(self, other: Self, t: f32) -> Self {
        Self {
            presence: lerp(self.presence, other.presence, t),
            bend: [lerp(self.bend[0], other.bend[0], t), lerp(self.bend[1], other.bend[1], t)],
            eosin: lerp(self.eosin, other.eosin, t),
            lymph: lerp(self.lymph, other.lymph, t),
        }
    }
}

/// Where a bent point is within the gland or fat cell nearest to it.
pub(super) struct CellPoint {
    /// 0 at the middle of a gland or fat cell, [`LUMEN`] at the edge of its hollow,
    /// [`EPITHELIUM`] where its wall ends, at most [`STROMA`].
    pub part: f32,
    /// Unit vector that points away from the middle.
    pub outwards: [f32; 2],
}

impl CellPoint {
    /// Finds the place of the bent point `(x, y)`.
    pub(super) fn compute(x: f32, y: f32) -> Self {
        let NearestCell { distance, neighbour_distance, away, hash } = NearestCell::find(x, y);
        let scale = 1.0 / distance.max(1.0);
        let outwards = [away[0] * scale, away[1] * scale];
        // 0 in the middle, 1 where the neighbour begins.
        let ratio = 2.0 * distance / (distance + neighbour_distance).max(1.0);
        let (centre_x, centre_y) = (x - away[0], y - away[1]);
        let zone = gradient(centre_x, centre_y, 2000.0, 90) + 0.16 * (unit(hash, 2) - 0.5);
        let part = if zone > 0.33 {
            fat(ratio)
        } else if zone > -0.3 && unit(hash, 3) > 0.12 {
            gland(ratio, unit(hash, 3))
        } else {
            STROMA
        };
        Self { part, outwards }
    }
}

/// The gland or fat cell whose centre is nearest to a point.
struct NearestCell {
    /// Distance from its centre in pixels.
    distance: f32,
    /// Distance from the second nearest centre.
    neighbour_distance: f32,
    /// Vector from its centre to the point.
    away: [f32; 2],
    /// Its own random number.
    hash: u32,
}

impl NearestCell {
    fn find(x: f32, y: f32) -> Self {
        let (column, row) = (floor(x / CELL), floor(y / CELL));
        let mut nearest =
            Self { distance: f32::MAX, neighbour_distance: f32::MAX, away: [0.0, 0.0], hash: 0 };
        for cy in row - 1..=row + 1 {
            for cx in column - 1..=column + 1 {
                let hash = hash(cx, cy, 80);
                let centre_x = (cx as f32 + 0.16 + 0.68 * unit(hash, 0)) * CELL;
                let centre_y = (cy as f32 + 0.16 + 0.68 * unit(hash, 1)) * CELL;
                let away = [x - centre_x, y - centre_y];
                let distance = (away[0] * away[0] + away[1] * away[1]).sqrt();
                if distance < nearest.distance {
                    nearest = Self { distance, neighbour_distance: nearest.distance, away, hash };
                } else {
                    nearest.neighbour_distance = nearest.neighbour_distance.min(distance);
                }
            }
        }
        nearest
    }
}

/// A fat cell is hollow up to a thin wall.
fn fat(ratio: f32) -> f32 {
    if ratio < 0.9 { ratio / 0.9 } else { (LUMEN + (ratio - 0.9) * 26.0).min(STROMA) }
}

/// A gland has a hollow, an epithelium, and stroma up to its neighbours.
fn gland(ratio: f32, size: f32) -> f32 {
    let outer = 0.62 + 0.22 * size;
    let inner = outer * (0.18 + 0.34 * size);
    if ratio < inner {
        ratio / inner
    } else if ratio < outer {
        LUMEN + (ratio - inner) / (outer - inner)
    } else {
        (EPITHELIUM + (ratio - outer) * 8.0).min(STROMA)
    }
}
