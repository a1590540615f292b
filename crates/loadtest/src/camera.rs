//! Where a viewer looks, and which tiles it sees there.

use origami_pyramid::{Grid, Pyramid, Size, TileId};
use std::ops::RangeInclusive;

/// A position on a slide as fractions of its width and height, or a distance as
/// fractions of a screen's.
#[derive(Clone, Copy, Debug)]
pub struct Position {
    pub x: f64,
    pub y: f64,
}

impl Position {
    /// The middle of a slide.
    pub const CENTRE: Self = Self { x: 0.5, y: 0.5 };
}

/// Where a viewer looks: the level that it displays pixel by pixel, and the
/// position at the middle of its screen.
#[derive(Clone, Copy, Debug)]
pub struct Camera {
    pub z: u32,
    pub centre: Position,
}

impl Camera {
    /// Pans by fractions of the screen; the centre stays on the slide.
    pub fn panned(self, pyramid: &Pyramid, screen: Size, by: Position) -> Self {
        let level = pyramid.level_size(self.z).unwrap_or(Size::square(1));
        let centre = Position {
            x: pan(self.centre.x, by.x, screen.width, level.width),
            y: pan(self.centre.y, by.y, screen.height, level.height),
        };
        Self { centre, ..self }
    }
}

/// One coordinate of a centre after a pan; `screen` and `level` are in pixels.
fn pan(centre: f64, by: f64, screen: u32, level: u32) -> f64 {
    (centre + by * f64::from(screen) / f64::from(level)).clamp(0.0, 1.0)
}

/// The level at which a slide is opened: the coarsest that fills the screen in
/// one direction. It is displayed a little smaller than it is.
pub fn overview(pyramid: &Pyramid, screen: Size) -> u32 {
    (0..pyramid.level_count())
        .find(|z| {
            pyramid
                .level_size(*z)
                .is_some_and(|level| level.width >= screen.width || level.height >= screen.height)
        })
        .unwrap_or(pyramid.max_level())
}

/// The tiles that `camera` sees of its level and of the coarser ones, up to the
/// level that is a single tile: a viewer displays coarse tiles until the fine
/// ones have arrived. Coarse tiles come first, on each level those at the centre.
pub fn visible_tiles(pyramid: &Pyramid, camera: Camera, screen: Size) -> Vec<TileId> {
    let coarsest =
        (0..camera.z).rev().find(|z| pyramid.grid(*z).map(Grid::count) == Some(1)).unwrap_or(camera.z);
    let viewport = Viewport { pyramid, camera, screen, overview: overview(pyramid, screen) };
    (coarsest..=camera.z).flat_map(|z| viewport.tiles(z)).collect()
}

struct Viewport<'a> {
    pyramid: &'a Pyramid,
    camera: Camera,
    screen: Size,
    /// At this level and all coarser ones the whole slide is displayed.
    overview: u32,
}

impl Viewport<'_> {
    /// The visible tiles of level `z`, those at the centre first.
    fn tiles(&self, z: u32) -> Vec<TileId> {
        let (Some(level), Some(grid)) = (self.pyramid.level_size(z), self.pyramid.grid(z)) else {
            return Vec::new();
        };
        let centre = self.camera.centre;
        let across = self.axis(z, centre.x, level.width, self.screen.width, grid.columns);
        let down = self.axis(z, centre.y, level.height, self.screen.height, grid.rows);
        let mut tiles: Vec<_> =
            down.tiles.clone().flat_map(|y| across.tiles.clone().map(move |x| TileId { z, x, y })).collect();
        tiles.sort_by(|a, b| {
            let [a_distance, b_distance] =
                [a, b].map(|tile| across.distance(tile.x).hypot(down.distance(tile.y)));
            a_distance.total_cmp(&b_distance).then(a.cmp(b))
        });
        tiles
    }

    /// One direction of level `z`, which is `side` pixels long and has `count`
    /// tiles; `centre` is a fraction of `side`, `screen` in pixels.
    fn axis(&self, z: u32, centre: f64, side: u32, screen: u32, count: u32) -> VisibleAxis {
        let tile = f64::from(self.pyramid.tile_size());
        let scale = f64::from(1 << (self.camera.z - z));
        let centre = centre * f64::from(side) / tile;
        let reach = if self.camera.z <= self.overview {
            f64::INFINITY
        } else {
            f64::from(screen) / scale / tile / 2.0
        };
        let last = f64::from(count - 1);
        let first = (centre - reach).floor().clamp(0.0, last);
        // A view that ends where a tile begins does not include that tile.
        let end = ((centre + reach).ceil() - 1.0).clamp(first, last);
        VisibleAxis { tiles: first as u32..=end as u32, centre }
    }
}

/// One direction of a level.
struct VisibleAxis {
    /// The visible columns or rows.
    tiles: RangeInclusive<u32>,
    /// The centre of the view, in tiles.
    centre: f64,
}

impl VisibleAxis {
    /// How far the middle of a column or row is from the centre, in tiles.
    fn distance(&self, tile: u32) -> f64 {
        f64::from(tile) + 0.5 - self.centre
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_shows_coarse_tiles_first_and_the_centre_before_the_edges() {
        let pyramid = Pyramid::new(Size::new(17_931, 12_368), 256).unwrap();
        let camera = Camera { z: 15, centre: Position::CENTRE };
        let tiles = visible_tiles(&pyramid, camera, Size::new(1920, 1080));
        assert!(tiles.is_sorted_by_key(|tile| tile.z));
        // The centre is at tile 35.02, 24.16; 7.5 x 4.2 tiles around it are visible.
        let finest: Vec<_> = tiles.iter().filter(|tile| tile.z == 15).collect();
        assert_eq!((finest[0].x, finest[0].y), (35, 24));
        assert_eq!(finest.len(), 8 * 5);
        assert_eq!(tiles[0].z, 8);
    }
}
