//! How large a thumbnail is.

use origami_pyramid::Pyramid;

/// Width and height in pixels of a thumbnail whose longer side is `side`, or of
/// the slide itself if that is smaller.
///
/// The shape is that of the level it is made from, the coarsest whose longer
/// side is at least `side`.
pub fn size(pyramid: &Pyramid, side: u32) -> (u32, u32) {
    let size = |z| pyramid.level_size(z).unwrap_or(pyramid.size());
    let fits = |&z: &u32| size(z).0.max(size(z).1) >= side;
    let z = (0..pyramid.max_level()).find(fits).unwrap_or(pyramid.max_level());
    let (width, height) = size(z);
    let longer = width.max(height);
    if longer <= side {
        return (width, height);
    }
    let scaled = |length: u32| {
        let rounded = (2 * u64::from(length) * u64::from(side) + u64::from(longer)) / (2 * u64::from(longer));
        (rounded as u32).max(1)
    };
    (scaled(width), scaled(height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thumbnails_have_the_shape_of_the_coarsest_level_that_is_large_enough() {
        let pyramid = Pyramid::new(4000, 1000, 256).unwrap();
        assert_eq!(size(&pyramid, 500), (500, 125));
        assert_eq!(size(&pyramid, 501), (501, 125));
        assert_eq!(size(&pyramid, 1024), (1024, 256));
    }

    #[test]
    fn small_slides_and_strips_keep_their_shape() {
        assert_eq!(size(&Pyramid::new(1, 1, 256).unwrap(), 512), (1, 1));
        assert_eq!(size(&Pyramid::new(300, 200, 256).unwrap(), 512), (300, 200));
        assert_eq!(size(&Pyramid::new(1, 5000, 256).unwrap(), 512), (1, 512));
    }
}
