//! Cell nuclei: which there are, and how one is drawn.

use super::noise::{hash, step, unit};
use super::texture::TEXTURES;
use super::tissue::{EPITHELIUM, LUMEN, Smooth, cell};
use origami_pyramid::Rect;

/// Side of the grid squares that hold at most one nucleus each, in pixels.
pub(super) const SQUARE: i32 = 15;
/// The farthest a nucleus reaches from its centre, in pixels.
pub(super) const REACH: i32 = 14;

/// One nucleus: an ellipse with chromatin inside.
pub(super) struct Nucleus {
    x: f32,
    y: f32,
    /// Unit vector along the long half-axis.
    along: [f32; 2],
    /// Half-axes in pixels, long and short.
    axes: [f32; 2],
    /// Haematoxylin in the middle, 0 to 255.
    stain: f32,
    seed: u32,
}

/// The grid squares whose nuclei may touch `rect`, row by row: drawing them in
/// this order gives every region the same overlaps.
pub(super) fn squares(rect: Rect) -> impl Iterator<Item = (i32, i32)> {
    let range = |start: u32, length: u32| {
        let (start, end) = (start as i32 - REACH, (start + length) as i32 + REACH);
        start.div_euclid(SQUARE)..end.div_euclid(SQUARE) + 1
    };
    let (columns, rows) = (range(rect.x, rect.width), range(rect.y, rect.height));
    rows.flat_map(move |row| columns.clone().map(move |column| (column, row)))
}

impl Nucleus {
    /// The nucleus of a grid square, if there is one; `smooth` gives the
    /// smooth fields at a point.
    pub(super) fn of(column: i32, row: i32, smooth: impl Fn(f32, f32) -> Smooth) -> Option<Self> {
        let h = hash(column, row, 100);
        let (chance, vary) = (unit(h, 2), unit(h, 3));
        let x = (column as f32 + unit(h, 0)) * SQUARE as f32;
        let y = (row as f32 + unit(h, 1)) * SQUARE as f32;
        let here = smooth(x, y);
        if here.presence < 0.9 {
            return None;
        }
        let (part, outwards) = cell(x + here.bend[0], y + here.bend[1]);
        let nucleus = |along, axes, stain| Self { x, y, along, axes, stain, seed: h };
        if part < LUMEN {
            None
        } else if part < EPITHELIUM {
            // Epithelial nuclei sit at the base, side by side, pointing inwards.
            let depth = part - LUMEN;
            let wanted = if depth > 0.42 && depth < 0.93 { 0.92 } else { 0.1 };
            let axes = [7.0 + 2.5 * vary, 4.4 + 1.4 * vary];
            (chance < wanted).then(|| nucleus(outwards, axes, 132.0 + 40.0 * vary))
        } else if chance < 0.62 * here.lymph.min(1.0) {
            let radius = 4.6 + 1.2 * vary;
            Some(nucleus([1.0, 0.0], [radius + 0.5, radius], 190.0 + 40.0 * vary))
        } else if chance > 0.83 {
            // Fibroblasts lie along the fibres, which run along x before they
            // are bent.
            let ahead = smooth(x + 8.0, y);
            let below = smooth(x, y + 8.0);
            let down = [ahead.bend[1] - here.bend[1], 8.0 + below.bend[1] - here.bend[1]];
            let length = (down[0] * down[0] + down[1] * down[1]).sqrt().max(0.01);
            let along = [down[1] / length, -down[0] / length];
            Some(nucleus(along, [8.0 + 4.5 * vary, 2.3 + 1.3 * vary], 150.0 + 40.0 * vary))
        } else {
            None
        }
    }

    /// Draws the nucleus where it touches `rect`, which has these amounts of
    /// eosin and haematoxylin, row by row.
    pub(super) fn draw(&self, rect: Rect, amounts: &mut [[u8; 2]]) {
        let grain = &TEXTURES.grain;
        let [long, short] = self.axes;
        let [ax, ay] = self.along;
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
                let texture = grain.at(x + offset, y);
                let radius = square + 0.22 * grain.at((x + offset) / 2, y / 2);
                let cover = 1.0 - step(0.72, 1.12, radius);
                // A darker rim, clumps inside.
                let amount = self.stain * (0.82 + 0.25 * step(0.2, 0.85, radius) + 0.3 * texture);
                let index = (y - top) as usize * rect.width as usize + (x - left) as usize;
                let [eosin, haematoxylin] = &mut amounts[index];
                let under = f32::from(*haematoxylin);
                *haematoxylin = (under + (amount - under).max(0.0) * cover).min(255.0) as u8;
                *eosin = (f32::from(*eosin) * (1.0 - 0.5 * cover)) as u8;
            }
        }
    }
}
