//! The levels that viewers are told of: from full resolution down to the one that is one
//! tile.

use origami_pyramid::Pyramid;

/// How many times full resolution is halved until it is one tile.
pub fn halvings_to_one_tile(pyramid: &Pyramid) -> u32 {
    let mut halvings = 0..=pyramid.max_level();
    let whole =
        halvings.find(|halvings| pyramid.size().halved(*halvings).grid(pyramid.tile_size()).count() == 1);
    whole.unwrap_or(pyramid.max_level())
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_pyramid::Size;

    #[test]
    fn the_last_level_is_the_first_that_is_one_tile() {
        for (width, height, halvings) in [
            (256, 256, 0),
            (257, 1, 1),
            (1, 257, 1),
            (1024, 1024, 2),
            (1025, 3, 3),
            (1, 1, 0),
            (1 << 24, 9, 16),
        ] {
            let pyramid = Pyramid::new(Size::new(width, height), 256).unwrap();
            assert_eq!(halvings_to_one_tile(&pyramid), halvings, "{width}x{height}");
        }
    }
}
