//! One region of the demo slide: lattices, stain amounts, colours.

use super::noise::lerp;
use super::nuclei::{Nucleus, REACH, SQUARE, squares};
use super::stain::{GLASS, STAINS};
use super::texture::{TEXTURES, Textures};
use super::tissue::{COARSE, CellPoint, EPITHELIUM, FINE, LUMEN, STROMA, Smooth};
use origami_pyramid::{Rect, Rgb};
use std::ops::Range;

/// The cells of a grid of `step` px, along one axis, that contain the points from
/// `start` to `end`, both included.
pub(super) fn cells(start: i32, end: i32, step: i32) -> Range<i32> {
    start.div_euclid(step)..end.div_euclid(step) + 1
}

/// The lattice points around such cells: one more.
fn nodes(cells: &Range<i32>) -> Range<i32> {
    cells.start..cells.end + 1
}

/// The smooth fields on their lattice, around a region.
struct Lattice {
    left: i32,
    top: i32,
    columns: usize,
    nodes: Vec<Smooth>,
}

impl Lattice {
    fn around(rect: Rect) -> Self {
        let columns = Self::nodes_around(rect.x, rect.width);
        let rows = Self::nodes_around(rect.y, rect.height);
        let mut nodes = Vec::with_capacity(columns.len() * rows.len());
        for y in rows.clone() {
            nodes.extend(columns.clone().map(|x| Smooth::compute((x * COARSE) as f32, (y * COARSE) as f32)));
        }
        Self { left: columns.start, top: rows.start, columns: columns.len(), nodes }
    }

    /// The lattice points needed along one axis for `length` pixels from `start`.
    fn nodes_around(start: u32, length: u32) -> Range<i32> {
        // Nuclei reach in from outside, and sample the fields a little further out.
        let margin = REACH + SQUARE + 10;
        nodes(&cells(start as i32 - margin, (start + length) as i32 + margin, COARSE))
    }

    /// The fields at a point of the slide.
    fn sample(&self, x: f32, y: f32) -> Smooth {
        let step = COARSE as f32;
        let (u, v) = (x / step - self.left as f32, y / step - self.top as f32);
        let (column, row) = (u as usize, v as usize);
        let start = row * self.columns + column;
        let upper = &self.nodes[start..][..2];
        let lower = &self.nodes[start + self.columns..][..2];
        let (right, down) = (u - column as f32, v - row as f32);
        upper[0].lerp(upper[1], right).lerp(lower[0].lerp(lower[1], right), down)
    }
}

/// Paints `rect` of the slide into `out`, which has its size.
pub(super) fn paint(rect: Rect, out: &mut Rgb) {
    let lattice = Lattice::around(rect);
    if lattice.nodes.iter().all(|node| node.presence <= 0.0) {
        for pixel in out.data_mut().chunks_exact_mut(3) {
            pixel.copy_from_slice(&GLASS);
        }
        return;
    }
    let mut amounts = ground(rect, &lattice);
    // In the same order in every region, so that nuclei overlap in the same way.
    for row in squares(rect.y, rect.height) {
        for column in squares(rect.x, rect.width) {
            if let Some(nucleus) = Nucleus::in_square(column, row, |x, y| lattice.sample(x, y)) {
                nucleus.draw(rect, &mut amounts);
            }
        }
    }
    let stains = &*STAINS;
    for (pixel, &[eosin, haematoxylin]) in out.data_mut().chunks_exact_mut(3).zip(&amounts) {
        pixel.copy_from_slice(&stains.colour(eosin, haematoxylin));
    }
}

/// A point of the fine lattice: the smooth fields and the cell field.
#[derive(Clone, Copy)]
struct Node {
    smooth: Smooth,
    part: f32,
}

impl Node {
    fn compute(lattice: &Lattice, x: i32, y: i32) -> Self {
        let (x, y) = (x as f32, y as f32);
        let smooth = lattice.sample(x, y);
        let part = if smooth.presence > 0.0 {
            CellPoint::compute(x + smooth.bend[0], y + smooth.bend[1]).part
        } else {
            STROMA
        };
        Self { smooth, part }
    }

    /// Linear interpolation of all fields.
    fn lerp(self, other: Self, t: f32) -> Self {
        Self { smooth: self.smooth.lerp(other.smooth, t), part: lerp(self.part, other.part, t) }
    }
}

/// Amounts of eosin and haematoxylin row by row, of everything but the nuclei.
fn ground(rect: Rect, lattice: &Lattice) -> Vec<[u8; 2]> {
    let width = rect.width as usize;
    let mut amounts = vec![[0; 2]; width * rect.height as usize];
    let (left, top) = (rect.x as i32, rect.y as i32);
    let (right, bottom) = (left + rect.width as i32, top + rect.height as i32);
    let columns = nodes(&cells(left, right - 1, FINE));
    let rows = cells(top, bottom - 1, FINE);
    let textures = &*TEXTURES;
    let mut upper = node_row(lattice, &columns, rows.start);
    for row in rows {
        let lower = node_row(lattice, &columns, row + 1);
        for y in top.max(row * FINE)..bottom.min((row + 1) * FINE) {
            let t = (y - row * FINE) as f32 / FINE as f32;
            let interpolated: Vec<Node> =
                upper.iter().zip(&lower).map(|(above, below)| above.lerp(*below, t)).collect();
            let line = &mut amounts[(y - top) as usize * width..][..width];
            ground_row(&interpolated, left, y, textures, line);
        }
        upper = lower;
    }
    amounts
}

/// The nodes of one row of the fine lattice.
fn node_row(lattice: &Lattice, columns: &Range<i32>, row: i32) -> Vec<Node> {
    columns.clone().map(|column| Node::compute(lattice, column * FINE, row * FINE)).collect()
}

/// Fills in the amounts of row `y` from column `left` on. `nodes` are those of the
/// fine lattice around these pixels, interpolated for the row.
fn ground_row(nodes: &[Node], left: i32, y: i32, textures: &Textures, amounts: &mut [[u8; 2]]) {
    let right = left + amounts.len() as i32;
    for (column, ends) in (left.div_euclid(FINE)..).zip(nodes.windows(2)) {
        if ends.iter().all(|node| node.smooth.presence <= 0.0) {
            continue;
        }
        for x in left.max(column * FINE)..right.min((column + 1) * FINE) {
            let node = ends[0].lerp(ends[1], (x - column * FINE) as f32 / FINE as f32);
            amounts[(x - left) as usize] = matter(node, x, y, textures);
        }
    }
}

/// Eosin and haematoxylin of a point between the nuclei.
fn matter(Node { smooth, part }: Node, x: i32, y: i32, textures: &Textures) -> [u8; 2] {
    let (bent_x, bent_y) = (x + smooth.bend[0] as i32, y + smooth.bend[1] as i32);
    let fibre = textures.fibres.sample(bent_x, bent_y);
    let grain = textures.grain.sample(bent_x / 2, y);
    let hollow = ((LUMEN + 0.06 - part) * 9.0).clamp(0.0, 1.0);
    let stroma = ((part - EPITHELIUM) * 4.0 + 0.5).clamp(0.0, 1.0);
    let epithelium = [74.0 + 12.0 * grain, 34.0 + 9.0 * grain];
    let strand = (fibre * 1.6).clamp(-1.0, 1.0);
    let connective = [(78.0 + 44.0 * strand) * smooth.eosin + 8.0 * grain, 10.0 + 4.0 * grain];
    let solid = (1.0 - hollow) * smooth.presence.clamp(0.0, 1.0);
    [0, 1].map(|i| (lerp(epithelium[i], connective[i], stroma) * solid).clamp(0.0, 255.0) as u8)
}
