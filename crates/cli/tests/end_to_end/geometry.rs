//! Sizes, rectangles and grids of tiles, in types that are independent of the product.

/// A width and a height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size {
    pub width: usize,
    pub height: usize,
}

impl Size {
    pub const fn new(width: usize, height: usize) -> Self {
        Self { width, height }
    }

    /// The longer side.
    pub fn longest(self) -> usize {
        self.width.max(self.height)
    }

    /// The grid of square tiles of `side` px that covers it.
    pub fn grid(self, side: usize) -> Grid {
        Grid { columns: self.width.div_ceil(side), rows: self.height.div_ceil(side) }
    }

    /// The part of a tile of that grid that is within the picture.
    pub fn tile(self, side: usize, cell: Cell) -> Rect {
        let (x, y) = (cell.x * side, cell.y * side);
        Rect { x, y, width: side.min(self.width - x), height: side.min(self.height - y) }
    }
}

/// A rectangle in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rect {
    pub x: usize,
    pub y: usize,
    pub width: usize,
    pub height: usize,
}

impl Rect {
    /// All of a picture of this size.
    pub const fn whole(size: Size) -> Self {
        Self { x: 0, y: 0, width: size.width, height: size.height }
    }

    pub const fn size(self) -> Size {
        Size::new(self.width, self.height)
    }
}

/// Columns and rows of the tiles of a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    pub columns: usize,
    pub rows: usize,
}

impl Grid {
    /// Number of tiles.
    pub const fn count(self) -> usize {
        self.columns * self.rows
    }

    /// All tiles, row by row.
    pub fn cells(self) -> impl Iterator<Item = Cell> {
        (0..self.rows).flat_map(move |y| (0..self.columns).map(move |x| Cell { x, y }))
    }
}

/// The column and row of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    pub x: usize,
    pub y: usize,
}
