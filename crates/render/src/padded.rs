//! Tiles at the edges of a slide, extended to the size of the others.

use origami_pyramid::{Point, Rect, Rgb};

/// `tile` in the top left corner of a square of `side` px, the rest in the colour
/// `background`: what viewers expect whose tiles all have one size.
///
/// # Panics
/// If the tile is larger than the square.
///
/// # Examples
/// ```
/// use origami_pyramid::Rgb;
/// use origami_render::padded;
/// let square = padded(&Rgb::filled(1, 2, [9; 3]), 2, [255; 3]);
/// assert_eq!(square.row(1), [9, 9, 9, 255, 255, 255]);
/// ```
#[must_use]
pub fn padded(tile: &Rgb, side: u32, background: [u8; 3]) -> Rgb {
    let fits = tile.width() <= side as usize && tile.height() <= side as usize;
    assert!(fits, "a tile of {} in a square of {side} px", tile.size());
    let mut square = Rgb::filled(side as usize, side as usize, background);
    square.copy(Point::new(0, 0), tile, Rect::whole(tile.size()));
    square
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tile_stays_and_the_rest_is_background() {
        for (width, height) in [(5, 5), (1, 5), (5, 1), (3, 2), (1, 1)] {
            let tile = Rgb::from_vec((0..3 * width * height).map(|n| n as u8).collect(), width, height);
            let square = padded(&tile, 5, [200, 201, 202]);
            assert_eq!((square.width(), square.height()), (5, 5));
            for (y, x) in (0..5).flat_map(|y| (0..5).map(move |x| (y, x))) {
                let expected: &[u8] =
                    if x < width && y < height { &tile.row(y)[3 * x..][..3] } else { &[200, 201, 202] };
                assert_eq!(&square.row(y)[3 * x..][..3], expected, "{x}, {y} of {width}x{height}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "a tile of 6x2 in a square of 5 px")]
    fn a_tile_that_is_larger_than_the_square_is_refused() {
        let _ = padded(&Rgb::filled(6, 2, [0; 3]), 5, [0; 3]);
    }
}
