//! Tests of what is refused, and for which reason.

use super::*;
use crate::test_pack;
use origami_pyramid::{Rect, Size};
use origami_render::{Fidelity, Turn};

/// Pixels that a picture may have in these tests.
const AREA: u64 = 1 << 20;

/// More memory than anything takes.
const MUCH: u64 = u64::MAX;

/// The pyramid of a slide of 8192 x 8192 px.
fn pyramid() -> Pyramid {
    Pyramid::new(Size::square(8192), 256).unwrap()
}

fn picture(rect: [u32; 4], size: [u32; 2]) -> Picture {
    let [x, y, width, height] = rect;
    Picture::new(Rect { x, y, width, height }, Size::new(size[0], size[1]))
}

fn check(picture: &Picture, format: Format, limits: PictureLimits) -> Result<(), Error> {
    limits.check(picture, &pyramid(), Encoding::new(format, Fidelity::Quality(90)).unwrap())
}

#[test]
fn pictures_outside_the_slide_without_pixels_or_with_too_many_are_refused() {
    let whole = [0, 0, 8192, 8192];
    let turned = Turn { mirrored: false, millidegrees: 45_000 };
    for (picture, result) in [
        (picture(whole, [1024, 1024]), Ok(())),
        (picture([8191, 8191, 1, 1], [1024, 1024]), Ok(())),
        (picture([8191, 8191, 2, 1], [10, 10]), Err(NO_PIXELS)),
        (picture([8192, 0, 1, 1], [10, 10]), Err(NO_PIXELS)),
        (picture([u32::MAX, 0, u32::MAX, 1], [10, 10]), Err(NO_PIXELS)),
        (picture([0, 0, 0, 10], [10, 10]), Err(NO_PIXELS)),
        (picture(whole, [0, 10]), Err(NO_PIXELS)),
        (picture(whole, [1025, 1024]), Err(TOO_MANY_PIXELS)),
        (picture(whole, [u32::MAX, u32::MAX]), Err(TOO_MANY_PIXELS)),
        (Picture { turn: turned, ..picture(whole, [1024, 1024]) }, Err(TOO_MANY_PIXELS)),
        (Picture { turn: turned, ..picture(whole, [700, 700]) }, Ok(())),
        // As thin as this it has few pixels, but whoever turns it makes many.
        (Picture { turn: turned, ..picture(whole, [1 << 19, 1]) }, Err(TOO_MANY_PIXELS)),
        // All of full resolution for one row.
        (picture(whole, [8192, 1]), Err(TOO_SQUEEZED)),
        (picture([0, 0, 8192, 1024], [8192, 1]), Ok(())),
        (picture([0, 0, 8192, 10], [1 << 17, 1]), Err(TOO_LONG)),
    ] {
        let checked = check(&picture, Format::Jpeg, PictureLimits::new(AREA, MUCH));
        assert_eq!(checked, result, "{picture:?}");
    }
}

#[test]
fn a_picture_that_needs_a_very_wide_row_of_the_slide_is_refused_before_anything_is_read() {
    for width in [4096, 8192] {
        // All 256 rows of full resolution are wanted, and so all pixels of a row of tiles.
        let squeezed = picture([0, 0, width, 256], [1, 256]);
        let bytes = 3 * 256 * (u64::from(width) + 1);
        for (memory, result) in [(bytes, Ok(())), (bytes - 1, Err(TOO_WIDE))] {
            let checked = check(&squeezed, Format::Jpeg, PictureLimits::new(AREA, memory));
            assert_eq!(checked, result, "{width} px wide in {memory} bytes");
        }
    }
}

#[test]
fn a_flat_slide_counts_with_the_rows_that_it_has() {
    // In tiles of 1024 px, whole ones would take 201 MiB.
    let pyramid = Pyramid::new(Size::new(65_536, 10), 1024).unwrap();
    let whole = Picture::new(Rect::whole(pyramid.size()), Size::new(65_500, 10));
    let limits = PictureLimits::new(16 << 20, 8 << 20);
    assert_eq!(limits.check(&whole, &pyramid, test_pack::jpeg(90)), Ok(()));
}

#[test]
fn the_memory_of_its_encoder_bounds_how_many_pixels_a_picture_has_in_a_format() {
    let limits = PictureLimits::new(AREA, 8 << 20);
    for (format, width, most, reason) in [
        (Format::Jpeg, 1024, 1024, TOO_MANY_PIXELS),
        (Format::WebP, 803, 803, TOO_MUCH_MEMORY),
        (Format::Avif, 464, 463, TOO_MUCH_MEMORY),
    ] {
        for (height, result) in [(most, Ok(())), (most + 1, Err(reason))] {
            let checked = check(&picture([0, 0, 8192, 8192], [width, height]), format, limits);
            assert_eq!(checked, result, "{width}x{height} px in {format:?}");
        }
    }
}

#[test]
fn a_tile_is_allowed_in_every_encoding_however_little_memory_there_is() {
    let limits = Limits { pictures: PictureLimits::new(0, 0), streamed_area: 0 };
    for side in [256, 1024] {
        let pyramid = Pyramid::new(Size::square(8192), side).unwrap();
        // Between the tiles of full resolution and of the next level.
        let rect = Rect { x: 100, y: 100, width: 2 * side - 1, height: 2 * side - 1 };
        for encoding in test_pack::encodings() {
            let picture = Picture::new(rect, Size::square(side));
            let checked = limits.of_pictures(&pyramid).check(&picture, &pyramid, encoding);
            assert_eq!(checked, Ok(()), "{side} px in {encoding:?}");
        }
    }
}

#[test]
fn the_longest_picture_depends_on_the_format() {
    for format in Format::ALL {
        let side = max_side(format);
        for (width, result) in [(side, Ok(())), (side + 1, Err(TOO_LONG))] {
            let long = picture([0, 0, 8192, 10], [width, 1]);
            let checked = check(&long, format, PictureLimits::new(u64::MAX, MUCH));
            assert_eq!(checked, result, "{width} px of {format:?}");
        }
    }
}

#[test]
fn a_png_of_one_long_row_is_refused_before_it_takes_a_hundred_times_its_size() {
    for size in [[1 << 24, 1], [1, 1 << 24]] {
        let long = picture([0, 0, 1, 1], size);
        assert_eq!(check(&long, Format::Png, PictureLimits::new(1 << 24, MUCH)), Err(TOO_LONG));
    }
}
