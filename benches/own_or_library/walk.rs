//! Viewers that walk over a grid of tiles.

use fastrand::Rng;
use origami_pyramid::TileId;

/// Parents along a side of the grid.
pub const PARENTS: u32 = 32;

/// Tiles of one parent along a side: 16 of them want it.
const CHILDREN: u32 = 4;

const TILES: u32 = PARENTS * CHILDREN;

/// Tiles in a field of view, across and down.
const VIEW: (u32, u32) = (6, 4);

/// A viewer goes on in its direction; one step of so many turns, one jumps.
const STEPS_TO_TURN: u32 = 4;
const STEPS_TO_JUMP: u32 = 64;

/// A field of view, by its first tile, and where it goes next.
#[derive(Clone, Copy)]
struct View {
    x: u32,
    y: u32,
    direction: (i32, i32),
}

impl View {
    fn anywhere(rng: &mut Rng) -> Self {
        let (x, y) = (rng.u32(..=TILES - VIEW.0), rng.u32(..=TILES - VIEW.1));
        Self { x, y, direction: direction(rng) }
    }

    fn next(self, rng: &mut Rng) -> Self {
        if rng.u32(..STEPS_TO_JUMP) == 0 {
            return Self::anywhere(rng);
        }
        let direction = if rng.u32(..STEPS_TO_TURN) == 0 { direction(rng) } else { self.direction };
        let x = self.x.saturating_add_signed(direction.0).min(TILES - VIEW.0);
        let y = self.y.saturating_add_signed(direction.1).min(TILES - VIEW.1);
        Self { x, y, direction }
    }

    fn shows(self, x: u32, y: u32) -> bool {
        (self.x..self.x + VIEW.0).contains(&x) && (self.y..self.y + VIEW.1).contains(&y)
    }

    fn tiles(self) -> impl Iterator<Item = (u32, u32)> {
        (self.y..self.y + VIEW.1).flat_map(move |y| (self.x..self.x + VIEW.0).map(move |x| (x, y)))
    }
}

fn direction(rng: &mut Rng) -> (i32, i32) {
    [(1, 0), (0, 1), (-1, 0), (0, -1)][rng.usize(..4)]
}

/// The parents of the first `len` tiles that come into the view of `viewers`
/// viewers, who step in turns. A tile that comes back counts again, which it
/// would not if the cache of encoded tiles still had it.
pub fn parents(rng: &mut Rng, viewers: usize, len: usize) -> Vec<TileId> {
    let mut views: Vec<View> = (0..viewers).map(|_| View::anywhere(rng)).collect();
    let mut parents = Vec::new();
    while parents.len() < len {
        for view in &mut views {
            let before = *view;
            *view = before.next(rng);
            let shown = view.tiles().filter(|&(x, y)| !before.shows(x, y));
            parents.extend(shown.map(|(x, y)| TileId { z: 0, x: x / CHILDREN, y: y / CHILDREN }));
        }
    }
    parents.truncate(len);
    parents
}
