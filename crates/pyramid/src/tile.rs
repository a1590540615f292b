//! The address of a tile.

use crate::Point;
use std::fmt;

/// The address of a tile: `z` is the Deep Zoom level, `x` and `y` are its column
/// and row in the level's tile grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileId {
    /// Deep Zoom level, 0 = 1x1 px.
    pub z: u32,
    /// Column in the level's tile grid.
    pub x: u32,
    /// Row in the level's tile grid.
    pub y: u32,
}

impl TileId {
    /// The tile `n` levels coarser that covers this one; `None` above level 0.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::TileId;
    /// let id = TileId { z: 9, x: 5, y: 6 };
    /// assert_eq!(id.parent(1), Some(TileId { z: 8, x: 2, y: 3 }));
    /// assert_eq!(id.parent(2), Some(TileId { z: 7, x: 1, y: 1 }));
    /// assert_eq!(id.parent(10), None);
    /// ```
    #[must_use]
    pub fn parent(self, n: u32) -> Option<Self> {
        let z = self.z.checked_sub(n)?;
        Some(Self { z, x: self.x.unbounded_shr(n), y: self.y.unbounded_shr(n) })
    }

    /// Which quarter of its parent the tile is: 0 or 1 across, 0 or 1 down.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::{Point, TileId};
    /// assert_eq!(TileId { z: 9, x: 5, y: 6 }.quarter(), Point { x: 1, y: 0 });
    /// ```
    #[must_use]
    pub fn quarter(self) -> Point {
        Point::new(self.x & 1, self.y & 1)
    }
}

/// `z/x/y`, as in URLs.
impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.z, self.x, self.y)
    }
}
