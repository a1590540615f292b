//! Enlarges tiles of coarser levels where finer ones do not exist.

use origami_pyramid::{Point, Rect, Rgb};

/// A tile some levels coarser than those below it.
pub(super) struct Ancestor<'a> {
    /// Its picture.
    pub pixels: &'a Rgb,
    /// The pixels of its level that it covers without its overlaps.
    pub visible: Rect,
    /// Where those begin in its picture.
    pub origin: Point,
    /// Number of levels between.
    pub halvings: u32,
}

impl Ancestor<'_> {
    /// Paints the pixels of `part` of the finer level, which the tile covers, so that the
    /// top left one is at `to`.
    ///
    /// Each has the value of the coarser pixel over it. Halved again, as the pixels of
    /// coarser levels are means, they give the coarser level exactly.
    pub fn enlarge(&self, part: Rect, to: Point, out: &mut Rgb) {
        let (left, width) = (3 * to.x as usize, 3 * part.width as usize);
        for y in 0..part.height {
            let from = self.pixels.row(above(part.y + y, self.halvings, self.visible.y, self.origin.y));
            let row = &mut out.row_mut((to.y + y) as usize)[left..][..width];
            for (x, pixel) in (part.x..).zip(row.chunks_exact_mut(3)) {
                let x = above(x, self.halvings, self.visible.x, self.origin.x);
                pixel.copy_from_slice(&from[3 * x..][..3]);
            }
        }
    }
}

/// Where the pixel over one at `finer` is in the picture of a tile whose own pixels are
/// those of its level from `start` on, and begin at `origin` in the picture.
fn above(finer: u32, halvings: u32, start: u32, origin: u32) -> usize {
    ((finer >> halvings) - start + origin) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pixel_becomes_a_square_under_it() {
        // Columns 5 to 7 of a level; the first is an overlap.
        let pixels = Rgb::from_vec(vec![9, 9, 9, 1, 1, 1, 2, 2, 2], 3, 1);
        let visible = Rect { x: 6, y: 2, width: 2, height: 1 };
        let ancestor = Ancestor { pixels: &pixels, visible, origin: Point::new(1, 0), halvings: 2 };
        let mut out = Rgb::filled(8, 3, [0; 3]);
        ancestor.enlarge(Rect { x: 25, y: 9, width: 5, height: 2 }, Point::new(1, 0), &mut out);
        let row: Vec<u8> = [0, 1, 1, 1, 2, 2, 0, 0].iter().flat_map(|&level| [level; 3]).collect();
        assert_eq!((out.row(0), out.row(1), out.row(2)), (&row[..], &row[..], &[0; 24][..]));
    }
}
