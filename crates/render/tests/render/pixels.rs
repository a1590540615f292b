//! Pixels of tiles are those that their JPEGs decode to.

use crate::common::{Via, all_tiles};
use crate::region::crop;
use crate::{coefficients, round_trip};
use origami_fixtures::decode_rgb;
use origami_pack::Pack;
use origami_pyramid::{Rect, Rgb, Size};
use origami_render::{Pools, Rebuilder, Uncached};

/// A part of a tile that touches no edge, unless the tile is small.
fn middle(size: Size) -> Rect {
    let Size { width, height } = size;
    Rect { x: width / 3, y: height / 3, width: width.div_ceil(2), height: height.div_ceil(3) }
}

/// Fails unless all tiles of `pack` have the pixels of their JPEGs, as a whole and in part.
fn check_pixels(pack: &Pack, plan: &str) {
    let mut rebuilder = Rebuilder::new(Pools::new(0)).unwrap();
    let mut pixels = Rgb::filled(0, 0, [0; 3]);
    for id in all_tiles(pack.pyramid()) {
        let expected = decode_rgb(&rebuilder.tile(pack, id, &Uncached).unwrap());
        for window in [Rect::whole(expected.size()), middle(expected.size())] {
            rebuilder.pixels(pack, id, window, &Uncached, &mut pixels).unwrap();
            assert!(pixels == crop(&expected, window), "{window:?} of {id} of {plan}");
        }
    }
}

#[test]
fn pixels_are_those_of_the_tiles_jpegs_in_packs_of_coefficients() {
    for plan in coefficients::plans() {
        check_pixels(&coefficients::open(&plan, Via::Map).1, &format!("{plan:?}"));
    }
}

#[test]
fn pixels_are_those_of_the_tiles_jpegs_in_luma_packs() {
    for plan in round_trip::plans() {
        check_pixels(&round_trip::open(&plan, Via::Map).1, &format!("{plan:?}"));
    }
}
