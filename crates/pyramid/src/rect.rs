//! Rectangles in pixels of a level.

use crate::Size;
use std::ops::Range;

/// A rectangle in pixels of a level.
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
    /// All of an image of this size.
    #[must_use]
    pub fn whole(size: Size) -> Self {
        Self { x: 0, y: 0, width: size.width, height: size.height }
    }

    /// The square in column `x` of row `y` of a grid of squares of `side` px over
    /// `size`, cropped at the right and bottom edges. `None` outside the grid.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::{Rect, Size};
    /// let size = Size::new(300, 256);
    /// let cropped = Rect { x: 256, y: 0, width: 44, height: 256 };
    /// assert_eq!(Rect::square(size, 256, 1, 0), Some(cropped));
    /// assert_eq!(Rect::square(size, 256, 2, 0), None);
    /// ```
    #[must_use]
    pub fn square(size: Size, side: u32, x: u32, y: u32) -> Option<Self> {
        let (x, y) = (x.checked_mul(side)?, y.checked_mul(side)?);
        let inside = x < size.width && y < size.height;
        inside.then(|| Self { x, y, width: side.min(size.width - x), height: side.min(size.height - y) })
    }

    /// The rectangle of these columns and rows.
    pub(crate) fn spanning(columns: &Range<u32>, rows: &Range<u32>) -> Self {
        Self {
            x: columns.start,
            y: rows.start,
            width: columns.end - columns.start,
            height: rows.end - rows.start,
        }
    }

    /// Its columns of pixels.
    pub(crate) fn columns(self) -> Range<u32> {
        self.x..self.x + self.width
    }

    /// Its rows of pixels.
    pub(crate) fn rows(self) -> Range<u32> {
        self.y..self.y + self.height
    }

    /// Its width and height.
    #[must_use]
    pub fn size(self) -> Size {
        Size::new(self.width, self.height)
    }

    /// Whether it is not empty, and entirely inside an image of this size.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::{Rect, Size};
    /// let rect = Rect { x: 8, y: 0, width: 2, height: 5 };
    /// assert!(rect.is_inside(Size::new(10, 5)));
    /// assert!(!rect.is_inside(Size::new(9, 5)));
    /// ```
    #[must_use]
    pub fn is_inside(self, size: Size) -> bool {
        is_range_inside(self.x, self.width, size.width) && is_range_inside(self.y, self.height, size.height)
    }
}

/// Whether `length` pixels from `start` are at least one and all below `whole`.
/// No input overflows.
fn is_range_inside(start: u32, length: u32, whole: u32) -> bool {
    length > 0 && start < whole && length <= whole - start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rectangle_is_inside_if_it_is_not_empty_and_all_its_pixels_are() {
        let size = Size::new(10, 20);
        for [x, y, width, height] in [[0, 0, 10, 20], [9, 19, 1, 1], [0, 5, 10, 15]] {
            let inside = Rect { x, y, width, height };
            assert!(inside.is_inside(size), "{inside:?}");
        }
        for [x, y, width, height] in [[0, 0, 0, 1], [0, 0, 11, 1], [10, 0, 1, 1], [1, 0, u32::MAX, 1]] {
            let outside = Rect { x, y, width, height };
            assert!(!outside.is_inside(size), "{outside:?}");
        }
        assert!(Rect::whole(size).is_inside(size));
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
