//! Cell nuclei: where they are, and how one is drawn.

use super::noise::{hash, step, unit};
use super::region::cells;
use super::texture::TEXTURES;
use super::tissue::{CellPoint, EPITHELIUM, LUMEN, Smooth};
use origami_pyramid::Rect;
use std::ops::Range;

/// Side of the grid squares that have at most one nucleus each, in pixels.
pub(super) const SQUARE: i32 = 15;
/// The farthest a nucleus extends from its centre, in pixels.
pub(super) const REACH: i32 = 14;

/// One nucleus: an ellipse with chromatin inside.
pub(super) struct Nucleus {
    x: f32,
    y: f32,
    shape: Shape,
    seed: u32,
}

/// Form and stain of a nucleus.
struct Shape {
    /// Unit vector along the long half-axis.
    along: [f32; 2],
    /// Half-axes in pixels, long and short.
    axes: [f32; 2],
    /// Haematoxylin in the middle, 0 to 255.
    stain: f32,
}

/// The grid squares, along one axis, whose nuclei may touch the `length` pixels from
/// `start`.
pub(super) fn squares(start: u32, length: u32) -> Range<i32> {
    cells(start as i32 - REACH, (start + length) as i32 + REACH, SQUARE)
}

impl Shape {
    /// `vary` is a random number in `[0, 1]` here and below.
    fn epithelial(outwards: [f32; 2], vary: f32) -> Self {
        Self { along: outwards, axes: [7.0 + 2.5 * vary, 4.4 + 1.4 * vary], stain: 132.0 + 40.0 * vary }
    }

    fn lymphocyte(vary: f32) -> Self {
        let radius = 4.6 + 1.2 * vary;
        Self { along: [1.0, 0.0], axes: [radius + 0.5, radius], stain: 190.0 + 40.0 * vary }
    }

    /// Fibroblasts are aligned with the fibres, which are at right angles to `across`.
    fn fibroblast(across: [f32; 2], vary: f32) -> Self {
        let length = (across[0] * across[0] + across[1] * across[1]).sqrt().max(0.01);
        let along = [across[1] / length, -across[0] / length];
        Self { along, axes: [8.0 + 4.5 * vary, 2.3 + 1.3 * vary], stain: 150.0 + 40.0 * vary }
    }
}

impl Nucleus {
    /// The nucleus of a grid square, if it has one; `smooth` gives the smooth fields
    /// at a point.
    pub(super) fn in_square(column: i32, row: i32, smooth: impl Fn(f32, f32) -> Smooth) -> Option<Self> {
        let seed = hash(column, row, 100);
        let (chance, vary) = (unit(seed, 2), unit(seed, 3));
        let x = (column as f32 + unit(seed, 0)) * SQUARE as f32;
        let y = (row as f32 + unit(seed, 1)) * SQUARE as f32;
        let here = smooth(x, y);
        if here.presence < 0.9 {
            return None;
        }
        let CellPoint { part, outwards } = CellPoint::compute(x + here.bend[0], y + here.bend[1]);
        if part < LUMEN {
            return None;
        }
        let shape = if part < EPITHELIUM {
            // Epithelial nuclei sit at the base, side by side, pointing inwards.
            let depth = part - LUMEN;
            let density = if depth > 0.42 && depth < 0.93 { 0.92 } else { 0.1 };
            if chance >= density {
                return None;
            }
            Shape::epithelial(outwards, vary)
        } else if chance < 0.62 * here.lymph.min(1.0) {
            Shape::lymphocyte(vary)
        } else if chance > 0.83 {
            // Fibres run along x before they are bent.
            let ahead = smooth(x + 8.0, y);
            let below = smooth(x, y + 8.0);
            let across = [ahead.bend[1] - here.bend[1], 8.0 + below.bend[1] - here.bend[1]];
            Shape::fibroblast(across, vary)
        } else {
            return None;
        };
        Some(Self { x, y, shape, seed })
    }

    /// Draws the nucleus where it touches `rect`. `amounts` are eosin and haematoxylin
    /// of the pixels of `rect`, row by row.
    pub(super) fn draw(&self, rect: Rect, amounts: &mut [[u8; 2]]) {
        let grain = &TEXTURES.grain;
        let [long, short] = self.shape.axes;
        let [ax, ay] = self.shape.along;
        let (left, top) = (rect.x as i32, rect.y as i32);
        let (right, bottom) = (left + rect.width as i32, top + rect.height as i32);
        let (cx, cy) = (self.x as i32, self.y as i32);
        let offset = (self.seed >> 7) as i32;
        for y in top.max(cy - REACH)..bottom.min(cy + REACH + 1) {
            for x in left.max(cx - REACH)..right.min(cx + REACH + 1) {
                let (dx, dy) = (x as f32 - self.x, y as f32 - self.y);
                let (u, v) = ((dx * ax + dy * ay) / long, (dy * ax - dx * ay) / short);
                let square = u * u + v * v;
                if square > 1.35 {
                    continue;
                }
                let texture = grain.sample(x + offset, y);
                let radius = square + 0.22 * grain.sample((x + offset) / 2, y / 2);
                let cover = 1.0 - step(0.72, 1.12, radius);
                // A darker rim, clumps inside.
                let amount = self.shape.stain * (0.82 + 0.25 * step(0.2, 0.85, radius) + 0.3 * texture);
                let index = (y - top) as usize * rect.width as usize + (x - left) as usize;
                let [eosin, haematoxylin] = &mut amounts[index];
                let under = f32::from(*haematoxylin);
                *haematoxylin = (under + (amount - under).max(0.0) * cover).min(255.0) as u8;
                *eosin = (f32::from(*eosin) * (1.0 - 0.5 * cover)) as u8;
            }
        }
    }
}
