//! Where a viewer looks, and what it sees there.

use origami_pyramid::{Grid, Pyramid, Size, TileId};

/// Where a viewer looks: a level shown pixel by pixel, and the centre as shares
/// of the slide's width and height.
#[derive(Clone, Copy, Debug)]
pub struct Camera {
    pub z: u32,
    pub centre: (f64, f64),
}

/// The level a slide is opened at: the coarsest that fills the screen in one
/// direction, which is shown a little smaller than it is.
pub fn overview(pyramid: &Pyramid, screen: Size) -> u32 {
    let fills = |z: &u32| {
        pyramid
            .level_size(*z)
            .is_some_and(|level| level.width >= screen.width || level.height >= screen.height)
    };
    (0..pyramid.level_count()).find(fills).unwrap_or(pyramid.max_level())
}

/// `camera` after a pan by shares of the screen; its centre stays on the slide.
pub fn moved(pyramid: &Pyramid, screen: Size, camera: Camera, by: (f64, f64)) -> Camera {
    let level = pyramid.level_size(camera.z).unwrap_or(Size::square(1));
    let pan = |centre: f64, by: f64, screen: u32, side: u32| {
        (centre + by * f64::from(screen) / f64::from(side)).clamp(0.0, 1.0)
    };
    let centre = (
        pan(camera.centre.0, by.0, screen.width, level.width),
        pan(camera.centre.1, by.1, screen.height, level.height),
    );
    Camera { centre, ..camera }
}

/// The tiles that `camera` sees of its level and of those above it, down to the
/// one that is a single tile: a viewer shows the coarse ones until the fine
/// ones are there.
pub fn in_view(pyramid: &Pyramid, camera: Camera, screen: Size) -> Vec<TileId> {
    let whole = camera.z <= overview(pyramid, screen);
    let single = |z: &u32| pyramid.grid(*z).map(Grid::count) == Some(1);
    let coarsest = (0..camera.z).rev().find(single).unwrap_or(camera.z);
    let mut tiles = Vec::new();
    for z in coarsest..=camera.z {
        let (Some(level), Some(grid)) = (pyramid.level_size(z), pyramid.grid(z)) else { continue };
        let tile = f64::from(pyramid.tile_size());
        let scale = f64::from(1 << (camera.z - z));
        // First and last tile in one direction, and where the centre is in tiles.
        let seen = |centre: f64, side: u32, screen: u32, count: u32| {
            let centre = centre * f64::from(side) / tile;
            let half = if whole { f64::INFINITY } else { f64::from(screen) / scale / tile / 2.0 };
            let last = f64::from(count - 1);
            let first = (centre - half).floor().clamp(0.0, last);
            // A view that ends where a tile begins does not show that tile.
            let end = ((centre + half).ceil() - 1.0).clamp(first, last);
            (first as u32..=end as u32, centre)
        };
        let (across, x) = seen(camera.centre.0, level.width, screen.width, grid.columns);
        let (down, y) = seen(camera.centre.1, level.height, screen.height, grid.rows);
        let start = tiles.len();
        tiles.extend(down.flat_map(|y| across.clone().map(move |x| TileId { z, x, y })));
        let distance = |tile: &TileId| (f64::from(tile.x) + 0.5 - x).hypot(f64::from(tile.y) + 0.5 - y);
        tiles[start..].sort_by(|a, b| distance(a).total_cmp(&distance(b)).then(a.cmp(b)));
    }
    tiles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_shows_coarse_tiles_first_and_the_centre_before_the_edges() {
        let pyramid = Pyramid::new(Size::new(17_931, 12_368), 256).unwrap();
        let camera = Camera { z: 15, centre: (0.5, 0.5) };
        let tiles = in_view(&pyramid, camera, Size::new(1920, 1080));
        assert!(tiles.is_sorted_by_key(|tile| tile.z));
        // The centre is at tile 35.02, 24.16; 7.5 x 4.2 tiles around it are seen.
        let finest: Vec<_> = tiles.iter().filter(|tile| tile.z == 15).collect();
        assert_eq!((finest[0].x, finest[0].y), (35, 24));
        assert_eq!(finest.len(), 8 * 5);
        assert_eq!(tiles[0].z, 8);
    }
}
