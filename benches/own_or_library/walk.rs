//! Simulates viewers that walk over a grid of tiles.

use fastrand::Rng;
use origami_pyramid::{Point, Size, TileId};

/// Parents along a side of the grid.
pub const PARENTS: u32 = 32;

/// Tiles of one parent along a side: 16 tiles are predicted from it.
const CHILDREN: u32 = 4;

const TILES: u32 = PARENTS * CHILDREN;

/// Size of a field of view in tiles.
const VIEW: Size = Size::new(6, 4);

/// A viewer continues in its direction; one of this many steps turns.
const STEPS_TO_TURN: u32 = 4;

/// One of this many steps jumps to another place.
const STEPS_TO_JUMP: u32 = 64;

/// The directions of a step, across and down.
const DIRECTIONS: [Direction; 4] = [
    Direction { x: 1, y: 0 },
    Direction { x: 0, y: 1 },
    Direction { x: -1, y: 0 },
    Direction { x: 0, y: -1 },
];

#[derive(Clone, Copy)]
struct Direction {
    x: i32,
    y: i32,
}

/// A field of view: its upper left tile, and the direction of the next step.
#[derive(Clone, Copy)]
struct View {
    origin: Point,
    direction: Direction,
}

impl View {
    fn anywhere(rng: &mut Rng) -> Self {
        let (x, y) = (rng.u32(..=TILES - VIEW.width), rng.u32(..=TILES - VIEW.height));
        Self { origin: Point::new(x, y), direction: any_direction(rng) }
    }

    fn next(self, rng: &mut Rng) -> Self {
        if rng.u32(..STEPS_TO_JUMP) == 0 {
            return Self::anywhere(rng);
        }
        let direction = if rng.u32(..STEPS_TO_TURN) == 0 { any_direction(rng) } else { self.direction };
        let x = self.origin.x.saturating_add_signed(direction.x).min(TILES - VIEW.width);
        let y = self.origin.y.saturating_add_signed(direction.y).min(TILES - VIEW.height);
        Self { origin: Point::new(x, y), direction }
    }

    fn contains(self, tile: Point) -> bool {
        let Point { x, y } = self.origin;
        (x..x + VIEW.width).contains(&tile.x) && (y..y + VIEW.height).contains(&tile.y)
    }

    fn tiles(self) -> impl Iterator<Item = Point> {
        let Point { x, y } = self.origin;
        (y..y + VIEW.height).flat_map(move |y| (x..x + VIEW.width).map(move |x| Point::new(x, y)))
    }
}

fn any_direction(rng: &mut Rng) -> Direction {
    DIRECTIONS[rng.usize(..4)]
}

/// The parents of the first `len` tiles that come into the view of `viewers` viewers,
/// who step in turns. A tile that comes into view again counts again, although a cache
/// of encoded tiles might still have it.
pub fn parents(rng: &mut Rng, viewers: usize, len: usize) -> Vec<TileId> {
    let mut views: Vec<View> = (0..viewers).map(|_| View::anywhere(rng)).collect();
    let mut parents = Vec::new();
    while parents.len() < len {
        for view in &mut views {
            let before = *view;
            *view = before.next(rng);
            let new_tiles = view.tiles().filter(|&tile| !before.contains(tile));
            parents.extend(new_tiles.map(|tile| TileId { z: 0, x: tile.x / CHILDREN, y: tile.y / CHILDREN }));
        }
    }
    parents.truncate(len);
    parents
}
