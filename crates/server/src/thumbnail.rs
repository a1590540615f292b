//! How large a thumbnail is.

use origami_pyramid::{Pyramid, Size};

/// Size in pixels of a thumbnail whose longer side is `side`, or of the slide
/// itself if that is smaller.
///
/// The shape is that of the level it is made from, the coarsest whose longer
/// side is at least `side`.
pub fn size(pyramid: &Pyramid, side: u32) -> Size {
    let level = |z| pyramid.level_size(z).unwrap_or(pyramid.size());
    let z = (0..pyramid.max_level()).find(|&z| longer(level(z)) >= side).unwrap_or(pyramid.max_level());
    let size = level(z);
    let longer = longer(size);
    if longer <= side {
        return size;
    }
    let scaled = |length: u32| {
        let rounded = (2 * u64::from(length) * u64::from(side) + u64::from(longer)) / (2 * u64::from(longer));
        (rounded as u32).max(1)
    };
    Size::new(scaled(size.width), scaled(size.height))
}

fn longer(size: Size) -> u32 {
    size.width.max(size.height)
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
