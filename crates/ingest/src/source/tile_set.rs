//! Sets of tiles that several threads add to.

use origami_pyramid::Point;
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Some tiles of a slide.
#[derive(Default)]
pub(super) struct TileSet(Mutex<HashSet<Point>>);

impl TileSet {
    fn lock(&self) -> MutexGuard<'_, HashSet<Point>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds the tile at `position`; returns whether it is new.
    pub fn insert(&self, position: Point) -> bool {
        self.lock().insert(position)
    }

    pub fn contains(&self, position: Point) -> bool {
        self.lock().contains(&position)
    }

    pub fn count(&self) -> u64 {
        self.lock().len() as u64
    }
}
