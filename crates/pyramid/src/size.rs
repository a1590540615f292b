//! Sizes in pixels, and grids of tiles.

use std::fmt;

/// A width and a height in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Size {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

impl Size {
    /// `width` x `height` px.
    #[must_use]
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// A square of `side` px.
    #[must_use]
    pub const fn square(side: u32) -> Self {
        Self::new(side, side)
    }

    /// Number of pixels.
    #[must_use]
    pub fn area(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// The size halved `times` times, rounding up each time.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::Size;
    /// assert_eq!(Size::new(1000, 5).halved(1), Size::new(500, 3));
    /// assert_eq!(Size::new(1000, 5).halved(2), Size::new(250, 2));
    /// assert_eq!(Size::new(1000, 5).halved(10), Size::new(1, 1));
    /// ```
    #[must_use]
    pub fn halved(self, times: u32) -> Self {
        Self::new(halved(self.width, times), halved(self.height, times))
    }

    /// The grid of square tiles of `side` px that covers it.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::{Grid, Size};
    /// assert_eq!(Size::new(600, 256).grid(256), Grid { columns: 3, rows: 1 });
    /// ```
    #[must_use]
    pub fn grid(self, side: u32) -> Grid {
        Grid { columns: self.width.div_ceil(side), rows: self.height.div_ceil(side) }
    }
}

/// `side` halved `times` times, rounding up each time.
///
/// Rounding up at every step equals rounding up once: ceil(ceil(a / 2) / 2) =
/// ceil(a / 4). Every tile lookup computes this, so it shifts instead of dividing.
fn halved(side: u32, times: u32) -> u32 {
    let times = times.min(63);
    ((u64::from(side) + ((1_u64 << times) - 1)) >> times) as u32
}

/// `1024x768`.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// Columns and rows of the tiles of a level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Grid {
    /// Tiles across.
    pub columns: u32,
    /// Tiles down.
    pub rows: u32,
}

impl Grid {
    /// Number of tiles.
    #[must_use]
    pub fn count(self) -> u64 {
        u64::from(self.columns) * u64::from(self.rows)
    }

    /// Whether there is a tile in column `x` of row `y`.
    #[must_use]
    pub fn contains(self, x: u32, y: u32) -> bool {
        x < self.columns && y < self.rows
    }

    /// Number of the tile in column `x` of row `y`, counted row by row from 0.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::Grid;
    /// let grid = Grid { columns: 3, rows: 2 };
    /// assert_eq!([grid.number(0, 0), grid.number(2, 0), grid.number(0, 1)], [0, 2, 3]);
    /// ```
    #[must_use]
    pub fn number(self, x: u32, y: u32) -> u64 {
        u64::from(y) * u64::from(self.columns) + u64::from(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_several_times_at_once_equals_halving_step_by_step() {
        for side in (1..400).chain([1 << 24, (1 << 24) - 1, u32::MAX]) {
            let mut step_by_step = Size::new(side, 1);
            for times in 0..40 {
                assert_eq!(Size::new(side, 1).halved(times), step_by_step, "{side} px, {times} times");
                step_by_step = Size::new(step_by_step.width.div_ceil(2), 1);
            }
        }
        assert_eq!(Size::square(5).halved(64), Size::square(1));
    }

    #[test]
    fn tiles_are_numbered_row_by_row() {
        let grid = Size::new(600, 300).grid(256);
        assert_eq!(grid, Grid { columns: 3, rows: 2 });
        let numbers: Vec<u64> = (0..2).flat_map(|y| (0..3).map(move |x| grid.number(x, y))).collect();
        assert_eq!(numbers, (0..grid.count()).collect::<Vec<_>>());
        assert!(grid.contains(2, 1) && !grid.contains(3, 0) && !grid.contains(0, 2));
    }
}
