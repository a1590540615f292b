//! Tests of which tiles an overview has.

use super::*;

/// The columns and rows of the levels of the overview of a slide of this size, the finest
/// first, without those of one tile.
fn levels(width: u32, height: u32, tile: u32) -> Vec<(u32, u32)> {
    let pyramid = Pyramid::new(Size::new(width, height), tile).unwrap();
    let tiles: Vec<TileId> = overview(pyramid).collect();
    assert!(tiles.is_sorted_by_key(|id| id.z), "coarse to fine");
    let grids = (0..=tiles.last().unwrap().z).rev().map(|z| pyramid.grid(z).unwrap());
    assert_eq!(grids.clone().map(Grid::count).sum::<u64>(), tiles.len() as u64, "whole levels");
    grids.map(|grid| (grid.columns, grid.rows)).take_while(|grid| *grid != (1, 1)).collect()
}

#[test]
fn an_overview_ends_at_the_level_that_fills_a_screen() {
    // 3125 px wide; the next coarser level, of 1563 px, does not fill one.
    assert_eq!(levels(100_000, 20_000, 256), [(13, 3), (7, 2), (4, 1), (2, 1)]);
    assert_eq!(levels(2048, 1024, 256), [(8, 4), (4, 2), (2, 1)], "full resolution");
    assert_eq!(levels(4096, 100, 256), [(8, 1), (4, 1), (2, 1)]);
    assert_eq!(levels(1500, 900, 256), [(6, 4), (3, 2), (2, 1)], "a small slide");
    assert_eq!(levels(1, 1, 256), []);
}

#[test]
fn an_overview_of_many_tiles_ends_at_a_coarser_level() {
    assert_eq!(levels(3000, 3000, 256), [(6, 6), (3, 3), (2, 2)], "12 x 12 are too many");
    assert_eq!(levels(3000, 3000, 1024), [(3, 3), (2, 2)]);
    assert_eq!(levels(50_000, 50_000, 16), [(7, 7), (4, 4), (2, 2)]);
}
