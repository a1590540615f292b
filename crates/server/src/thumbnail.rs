//! Computes the size of thumbnails.

use origami_pyramid::{Pyramid, Rect, Size};
use origami_render::Picture;

/// The picture that a thumbnail of a slide with this `pyramid` is, whose longer side is
/// `side` px; see [`size`].
pub fn picture(pyramid: &Pyramid, side: u32) -> Picture {
    Picture::new(Rect::whole(pyramid.size()), size(pyramid, side))
}

/// Size in pixels of a thumbnail whose longer side is `side`, or of the slide
/// itself if that is smaller.
///
/// The thumbnail has the shape of the level it is made from, the coarsest one whose
/// longer side is at least `side`. The shorter side is rounded to the nearest pixel,
/// and is at least 1.
pub fn size(pyramid: &Pyramid, side: u32) -> Size {
    let slide = pyramid.size();
    let mut levels = (0..pyramid.max_level()).filter_map(|z| pyramid.level_size(z));
    let level = levels.find(|size| longer_side(*size) >= side).unwrap_or(slide);
    let longer = longer_side(level);
    if longer <= side {
        return level;
    }
    Size::new(scaled(level.width, side, longer), scaled(level.height, side, longer))
}

fn longer_side(size: Size) -> u32 {
    size.width.max(size.height)
}

/// `length * numerator / denominator`, rounded to the nearest integer, at least 1.
/// The fraction is at most 1.
fn scaled(length: u32, numerator: u32, denominator: u32) -> u32 {
    let [length, numerator, denominator] = [length, numerator, denominator].map(u64::from);
    let rounded = (2 * length * numerator + denominator) / (2 * denominator);
    (rounded as u32).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pyramid(width: u32, height: u32) -> Pyramid {
        Pyramid::new(Size::new(width, height), 256).unwrap()
    }

    #[test]
    fn thumbnails_have_the_shape_of_the_coarsest_level_that_is_large_enough() {
        let pyramid = pyramid(4000, 1000);
        assert_eq!(size(&pyramid, 500), Size::new(500, 125));
        assert_eq!(size(&pyramid, 501), Size::new(501, 125));
        assert_eq!(size(&pyramid, 1024), Size::new(1024, 256));
    }

    #[test]
    fn small_slides_and_strips_keep_their_shape() {
        assert_eq!(size(&pyramid(1, 1), 512), Size::new(1, 1));
        assert_eq!(size(&pyramid(300, 200), 512), Size::new(300, 200));
        assert_eq!(size(&pyramid(1, 5000), 512), Size::new(1, 512));
    }
}
