//! One region of the demo slide: lattices, stain amounts, colours.

use super::noise::lerp;
use super::nuclei::{Nucleus, REACH, SQUARE, squares};
use super::stain::{GLASS, STAINS};
use super::texture::{TEXTURES, Textures};
use super::tissue::{COARSE, EPITHELIUM, FINE, LUMEN, STROMA, Smooth, cell};
use origami_pyramid::{Rect, Rgb};

/// The smooth fields on their lattice, around a region.
struct Lattice {
    left: i32,
    top: i32,
    columns: usize,
    nodes: Vec<Smooth>,
}

impl Lattice {
    fn around(rect: Rect) -> Self {
        // Nuclei reach in from outside and look a little further still.
        let margin = REACH + SQUARE + 10;
        let range = |start: u32, length: u32| {
            let (start, end) = (start as i32 - margin, (start + length) as i32 + margin);
            start.div_euclid(COARSE)..end.div_euclid(COARSE) + 2
        };
        let (columns, rows) = (range(rect.x, rect.width), range(rect.y, rect.height));
        let nodes = rows
            .clone()
            .flat_map(|y| columns.clone().map(move |x| Smooth::at((x * COARSE) as f32, (y * COARSE) as f32)))
            .collect();
        Self { left: columns.start, top: rows.start, columns: columns.len(), nodes }
    }

    /// The fields at a point of the slide.
    fn at(&self, x: f32, y: f32) -> Smooth {
        let step = COARSE as f32;
        let (u, v) = (x / step - self.left as f32, y / step - self.top as f32);
        let (column, row) = (u as usize, v as usize);
        let line = |row: usize| {
            let nodes = &self.nodes[row * self.columns + column..][..2];
            nodes[0].between(nodes[1], u - column as f32)
        };
        line(row).between(line(row + 1), v - row as f32)
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
    for (column, row) in squares(rect) {
        if let Some(nucleus) = Nucleus::of(column, row, |x, y| lattice.at(x, y)) {
            nucleus.draw(rect, &mut amounts);
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
    fn at(lattice: &Lattice, x: i32, y: i32) -> Self {
        let (x, y) = (x as f32, y as f32);
        let smooth = lattice.at(x, y);
        let part =
            if smooth.presence > 0.0 { cell(x + smooth.bend[0], y + smooth.bend[1]).0 } else { STROMA };
        Self { smooth, part }
    }

    fn between(self, other: Self, t: f32) -> Self {
        Self { smooth: self.smooth.between(other.smooth, t), part: lerp(self.part, other.part, t) }
    }
}

/// Amounts of eosin and haematoxylin row by row, of everything but the nuclei.
fn ground(rect: Rect, lattice: &Lattice) -> Vec<[u8; 2]> {
    let mut amounts = vec![[0; 2]; rect.width as usize * rect.height as usize];
    let (left, top) = (rect.x as i32, rect.y as i32);
    let (right, bottom) = (left + rect.width as i32, top + rect.height as i32);
    let columns = left.div_euclid(FINE)..(right - 1).div_euclid(FINE) + 2;
    let line = |row: i32| -> Vec<Node> {
        columns.clone().map(|column| Node::at(lattice, column * FINE, row * FINE)).collect()
    };
    let textures = &*TEXTURES;
    let mut upper = line(top.div_euclid(FINE));
    for row in top.div_euclid(FINE)..(bottom - 1).div_euclid(FINE) + 1 {
        let lower = line(row + 1);
        for y in top.max(row * FINE)..bottom.min((row + 1) * FINE) {
            let t = (y - row * FINE) as f32 / FINE as f32;
            let start = (y - top) as usize * rect.width as usize;
            for (column, (above, below)) in columns.clone().zip(upper.windows(2).zip(lower.windows(2))) {
                let ends = [above[0].between(below[0], t), above[1].between(below[1], t)];
                if ends.iter().all(|node| node.smooth.presence <= 0.0) {
                    continue;
                }
                for x in left.max(column * FINE)..right.min((column + 1) * FINE) {
                    let node = ends[0].between(ends[1], (x - column * FINE) as f32 / FINE as f32);
                    amounts[start + (x - left) as usize] = matter(node, x, y, textures);
                }
            }
        }
        upper = lower;
    }
    amounts
}

/// Eosin and haematoxylin of what lies between the nuclei.
fn matter(Node { smooth, part }: Node, x: i32, y: i32, textures: &Textures) -> [u8; 2] {
    let bent = (x + smooth.bend[0] as i32, y + smooth.bend[1] as i32);
    let fibre = textures.fibres.at(bent.0, bent.1);
    let grain = textures.grain.at(bent.0 / 2, y);
    let hollow = ((LUMEN + 0.06 - part) * 9.0).clamp(0.0, 1.0);
    let stroma = ((part - EPITHELIUM) * 4.0 + 0.5).clamp(0.0, 1.0);
    let epithelium = [74.0 + 12.0 * grain, 34.0 + 9.0 * grain];
    let strand = (fibre * 1.6).clamp(-1.0, 1.0);
    let connective = [(78.0 + 44.0 * strand) * smooth.eosin + 8.0 * grain, 10.0 + 4.0 * grain];
    let solid = (1.0 - hollow) * smooth.presence.clamp(0.0, 1.0);
    [0, 1].map(|i| (lerp(epithelium[i], connective[i], stroma) * solid).clamp(0.0, 255.0) as u8)
}
