//! Rectangles in pixels of some level.

use crate::Size;

/// A rectangle in pixels of some level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rect {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

impl Rect {
    /// All of something of this size.
    #[must_use]
    pub fn whole(size: Size) -> Self {
        Self { x: 0, y: 0, width: size.width, height: size.height }
    }

    /// What a grid of squares of `side` px over `size` has in column `x` of row
    /// `y`: cropped at the right and bottom edges, `None` beyond them.
    #[must_use]
    pub fn square(size: Size, side: u32, x: u32, y: u32) -> Option<Self> {
        let (x, y) = (x.checked_mul(side)?, y.checked_mul(side)?);
        let inside = x < size.width && y < size.height;
        inside.then(|| Self { x, y, width: side.min(size.width - x), height: side.min(size.height - y) })
    }

    /// Its width and height.
    #[must_use]
    pub fn size(self) -> Size {
        Size::new(self.width, self.height)
    }

    /// Whether it has pixels, and all of them lie in something of this size.
    #[must_use]
    pub fn is_inside(self, size: Size) -> bool {
        let fits =
            |start: u32, length: u32, whole: u32| length > 0 && start < whole && length <= whole - start;
        fits(self.x, self.width, size.width) && fits(self.y, self.height, size.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rectangle_is_inside_unless_a_pixel_of_it_is_not_or_it_has_none() {
        let size = Size::new(10, 20);
        let rect = |x, y, width, height| Rect { x, y, width, height };
        for inside in [Rect::whole(size), rect(9, 19, 1, 1), rect(0, 5, 10, 15)] {
            assert!(inside.is_inside(size), "{inside:?}");
        }
        for outside in [rect(0, 0, 0, 1), rect(0, 0, 11, 1), rect(10, 0, 1, 1), rect(1, 0, u32::MAX, 1)] {
            assert!(!outside.is_inside(size), "{outside:?}");
        }
    }

    #[test]
    fn the_last_squares_are_cropped() {
        let size = Size::new(300, 256);
        assert_eq!(Rect::square(size, 256, 1, 0), Some(Rect { x: 256, y: 0, width: 44, height: 256 }));
        assert_eq!(Rect::square(size, 256, 2, 0), None);
        assert_eq!(Rect::square(size, 256, 0, 1), None);
        assert_eq!(Rect::square(size, 256, u32::MAX, 0), None);
    }
}
