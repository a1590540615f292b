//! The grid of tiles of each level of a Deep Zoom image, and the sizes of the tiles.

use origami_pyramid::{Grid, Point, Rect, Size, TileId};

/// How a Deep Zoom image is cut into tiles.
pub(super) struct Layout {
    /// Size of full resolution.
    pub size: Size,
    /// Number of the finest level.
    pub finest: u32,
    /// Side of a tile without overlap, in pixels.
    pub tile_size: u32,
    /// Number of pixels by which a tile extends into each neighbour.
    pub overlap: u32,
    /// Extension of the tiles, without the dot.
    pub format: String,
}

/// The sizes that the picture of a tile may have.
pub(super) struct Extent {
    /// The size without anything beyond the image, which is the smallest.
    pub expected: Size,
    /// The largest size: that of a tile amid others. Some generators pad the tiles at
    /// the right and bottom edges to it.
    pub limit: Size,
    /// Where the tile's own pixels begin, after its overlaps.
    pub origin: Point,
}

/// The part of a row or column of pixels that a tile with its overlaps covers.
struct Span {
    before: u32,
    expected: u32,
    limit: u32,
}

impl Layout {
    /// Size of a level in pixels.
    pub fn level_size(&self, level: u32) -> Size {
        self.size.halved(self.finest - level)
    }

    /// The tiles of a level.
    pub fn grid(&self, level: u32) -> Grid {
        self.level_size(level).grid(self.tile_size)
    }

    /// The pixels of its level that a tile of the grid covers without its overlaps.
    pub fn visible(&self, id: TileId) -> Rect {
        Rect::square(self.level_size(id.z), self.tile_size, id.x, id.y).expect("a tile of the grid")
    }

    /// The sizes that a tile may have.
    pub fn extent(&self, id: TileId) -> Extent {
        let (visible, whole) = (self.visible(id), self.level_size(id.z));
        let across = self.span(visible.x, visible.width, whole.width);
        let down = self.span(visible.y, visible.height, whole.height);
        Extent {
            expected: Size::new(across.expected, down.expected),
            limit: Size::new(across.limit, down.limit),
            origin: Point::new(across.before, down.before),
        }
    }

    /// The pixels from `start` on that a tile of `length` px covers along an axis of
    /// `whole` px. Overlaps end where the image does.
    fn span(&self, start: u32, length: u32, whole: u32) -> Span {
        let before = self.overlap.min(start);
        let after = self.overlap.min(whole - start - length);
        Span { before, expected: before + length + after, limit: before + self.tile_size + self.overlap }
    }

    /// The part of the parent's picture that shows the same as a tile below level 0.
    pub fn part_of_parent(&self, child: TileId, parent: TileId) -> Rect {
        let (inner, outer, origin) = (self.visible(child), self.visible(parent), self.extent(parent).origin);
        let (left, top) = (inner.x / 2, inner.y / 2);
        let (right, bottom) = ((inner.x + inner.width).div_ceil(2), (inner.y + inner.height).div_ceil(2));
        Rect {
            x: left - outer.x + origin.x,
            y: top - outer.y + origin.y,
            width: right - left,
            height: bottom - top,
        }
    }
}

impl Extent {
    /// Checks the size of a tile's picture.
    ///
    /// # Errors
    /// Both sizes, if it is too small or too large.
    pub fn check(&self, found: Size) -> Result<(), String> {
        let Self { expected, limit, .. } = self;
        let widths = expected.width..=limit.width;
        let heights = expected.height..=limit.height;
        if widths.contains(&found.width) && heights.contains(&found.height) {
            return Ok(());
        }
        Err(format!("it is {found} px where {expected} px were expected"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(tile_size: u32, overlap: u32) -> Layout {
        Layout { size: Size::new(1000, 700), finest: 10, tile_size, overlap, format: "png".into() }
    }

    #[test]
    fn tiles_may_be_padded_at_the_right_and_bottom_edges_only() {
        let layout = layout(256, 2);
        for (x, y, expected, limit) in [
            (0, 0, Size::new(258, 258), Size::new(258, 258)),
            (1, 1, Size::new(260, 260), Size::new(260, 260)),
            (3, 1, Size::new(234, 260), Size::new(260, 260)),
            (1, 2, Size::new(260, 190), Size::new(260, 260)),
        ] {
            let extent = layout.extent(TileId { z: 10, x, y });
            assert_eq!((extent.expected, extent.limit), (expected, limit), "{x}, {y}");
            assert!(extent.check(expected).is_ok() && extent.check(limit).is_ok(), "{x}, {y}");
            for wrong in [Size::new(expected.width - 1, expected.height), Size::new(limit.width, 261)] {
                let error = extent.check(wrong).unwrap_err();
                assert!(
                    error.contains(&wrong.to_string()) && error.contains(&expected.to_string()),
                    "{error}"
                );
            }
        }
    }

    #[test]
    fn a_tile_is_inside_the_picture_of_its_parent() {
        for (tile_size, overlap) in [(1, 0), (7, 3), (254, 1), (255, 0), (256, 2)] {
            let layout = layout(tile_size, overlap);
            for z in 1..=10 {
                let grid = layout.grid(z);
                for (x, y) in [(0, 0), (grid.columns - 1, grid.rows - 1), (grid.columns / 2, grid.rows / 2)] {
                    let child = TileId { z, x, y };
                    let parent = child.parent(1).unwrap();
                    let part = layout.part_of_parent(child, parent);
                    assert!(part.is_inside(layout.extent(parent).expected), "{child} of {tile_size} px");
                }
            }
        }
        let part = layout(256, 2).part_of_parent(TileId { z: 10, x: 3, y: 2 }, TileId { z: 9, x: 1, y: 1 });
        assert_eq!(part, Rect { x: 130, y: 2, width: 116, height: 94 });
    }
}
