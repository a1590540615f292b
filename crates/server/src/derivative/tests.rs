//! Tests of what is refused, and of names and lifetimes of derivatives.

use super::*;
use crate::metrics::Metrics;
use crate::slide::SlideSummary;
use crate::test_pack;
use actix_web::web::Data;
use origami_pyramid::{Rect, TileId};
use origami_render::{Effort, Turn};
use std::collections::HashSet;
use tempfile::TempDir;

/// Pixels that a picture may have in these tests.
const AREA: u64 = 1 << 20;

/// A slide of 8192 x 8192 px.
fn slide() -> (TempDir, ServedSlide) {
    let folder = tempfile::tempdir().unwrap();
    let pack = Arc::new(test_pack::create(folder.path()));
    let summary = SlideSummary {
        id: "a".to_owned(),
        title: "a".to_owned(),
        folder: String::new(),
        generation: format_generation(pack.generation()),
        width: 8192,
        height: 8192,
        tile_size: 256,
        levels: 14,
        mode: pack.mode().name(),
        bytes: pack.bytes(),
        mpp: None,
        objective: None,
        magnification: None,
        format: String::new(),
        modified: 0,
    };
    (folder, ServedSlide::new(Arc::new(summary), pack, Data::new(Metrics::new())))
}

fn picture(rect: [u32; 4], size: [u32; 2]) -> Picture {
    let [x, y, width, height] = rect;
    Picture::new(Rect { x, y, width, height }, Size::new(size[0], size[1]))
}

#[test]
fn pictures_outside_the_slide_without_pixels_or_with_too_many_are_refused() {
    let (_folder, slide) = slide();
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
        let checked = check(&slide.pack, Pixels::Picture(picture), Format::Jpeg, AREA);
        assert_eq!(checked, result, "{picture:?}");
    }
}

#[test]
fn a_picture_that_needs_a_very_wide_row_of_the_slide_is_refused_before_anything_is_read() {
    let (_folder, slide) = slide();
    // All 256 rows of full resolution are wanted, and so a row of its tiles. 32 tiles have
    // two million pixels.
    for (width, picture_area, result) in [
        (8192, 1 << 19, Ok(())),
        (8192, 1 << 18, Err(TOO_WIDE)),
        (4096, 1 << 18, Ok(())),
        (4097, 1 << 18, Err(TOO_WIDE)),
    ] {
        let squeezed = Pixels::Picture(picture([0, 0, width, 256], [1, 256]));
        let checked = check(&slide.pack, squeezed, Format::Jpeg, picture_area);
        assert_eq!(checked, result, "{width} px wide, where {picture_area} are allowed");
    }
}

#[test]
fn no_picture_in_the_proportions_of_the_slide_is_too_wide() {
    let (_folder, slide) = slide();
    for (rect, size) in [
        ([0, 0, 8192, 8192], [8192, 8192]),
        ([0, 0, 8192, 8192], [4097, 4097]),
        ([0, 0, 8192, 257], [8192, 257]),
        ([0, 0, 8192, 257], [4097, 129]),
        ([10, 20, 5000, 300], [2501, 151]),
        ([20, 10, 300, 5000], [151, 2501]),
        ([255, 255, 257, 257], [256, 256]),
    ] {
        let picture = picture(rect, size);
        // As few pixels as allow this picture, or a tile.
        let picture_area = picture.size.area().max(256 * 256);
        let checked = check(&slide.pack, Pixels::Picture(picture), Format::Png, picture_area);
        assert_eq!(checked, Ok(()), "{picture:?}");
    }
}

#[test]
fn the_longest_picture_depends_on_the_format() {
    let (_folder, slide) = slide();
    for format in Format::ALL {
        let side = max_side(format);
        for (width, result) in [(side, Ok(())), (side + 1, Err(TOO_LONG))] {
            let long = Pixels::Picture(picture([0, 0, 8192, 10], [width, 1]));
            assert_eq!(check(&slide.pack, long, format, u64::MAX), result, "{width} px of {format:?}");
        }
    }
}

#[test]
fn a_png_of_one_long_row_is_refused_before_it_takes_a_hundred_times_its_size() {
    let (_folder, slide) = slide();
    for size in [[1 << 24, 1], [1, 1 << 24]] {
        let long = Pixels::Picture(picture([0, 0, 1, 1], size));
        assert_eq!(check(&slide.pack, long, Format::Png, 1 << 24), Err(TOO_LONG));
    }
}

#[test]
fn tiles_that_do_not_exist_are_not_found() {
    let (_folder, slide) = slide();
    for (id, result) in [
        (TileId { z: 13, x: 31, y: 31 }, Ok(())),
        (TileId { z: 13, x: 32, y: 0 }, Err(Error::NotFound("tile"))),
        (TileId { z: 13, x: 0, y: u32::MAX }, Err(Error::NotFound("tile"))),
        (TileId { z: 14, x: 0, y: 0 }, Err(Error::NotFound("level"))),
    ] {
        for pixels in [Pixels::Tile(id), Pixels::PaddedTile(id)] {
            assert_eq!(check(&slide.pack, pixels, Format::Png, AREA), result, "{pixels:?}");
        }
    }
}

#[test]
fn every_derivative_has_a_job_and_a_key_of_its_own() {
    let (_folder, slide) = slide();
    let id = TileId { z: 13, x: 1, y: 2 };
    let all = [Pixels::Tile(id), Pixels::PaddedTile(id), Pixels::Thumbnail(64)];
    let (mut keys, mut jobs, mut count) = (HashSet::new(), HashSet::new(), 0);
    for (pixels, encoding) in all
        .into_iter()
        .flat_map(|pixels| test_pack::encodings().into_iter().map(move |encoding| (pixels, encoding)))
    {
        let derivative = Derivative::new(&slide, pixels, encoding, Lifetime::Immutable);
        assert!(derivative.disk_key().starts_with("a/"), "{}", derivative.disk_key());
        keys.insert(derivative.disk_key());
        jobs.insert(derivative.job().key());
        count += 1;
    }
    assert_eq!((keys.len(), jobs.len()), (count, count));
}

#[test]
fn a_lowered_effort_is_another_derivative_that_is_asked_for_again() {
    let (_folder, slide) = slide();
    let webp = Encoding::new(Format::WebP, Fidelity::Quality(80)).unwrap();
    let usual = Derivative::new(&slide, Pixels::Thumbnail(64), webp, Lifetime::Immutable);
    let lowered = usual.lowered().unwrap();
    assert_eq!((lowered.encoding.effort, lowered.lifetime), (Effort::Fast, Lifetime::Revalidated));
    assert_eq!(lowered.name(), format!("{}-fast", usual.name()));
    assert!(lowered.lowered().is_none(), "nothing is below it");
    for format in [Format::Jpeg, Format::Png] {
        let encoding = Encoding::new(format, Fidelity::Quality(80)).unwrap();
        let derivative = Derivative::new(&slide, Pixels::Thumbnail(64), encoding, Lifetime::Immutable);
        assert!(derivative.lowered().is_none(), "{format:?} has no efforts");
    }
}

#[test]
fn the_effort_of_the_settings_is_not_a_lowered_one_and_the_way_down_begins_there() {
    let (_folder, slide) = slide();
    let avif = Encoding::new(Format::Avif, Fidelity::Quality(80)).unwrap();
    for (effort, names) in [
        (Effort::Best, &["-avif-q80-best", "-avif-q80", "-avif-q80-fast"][..]),
        (Effort::Fast, &["-avif-q80-fast"][..]),
    ] {
        let usual =
            Derivative::new(&slide, Pixels::Thumbnail(64), avif.with_effort(effort), Lifetime::Immutable);
        assert!(!usual.is_lowered && usual.lifetime == Lifetime::Immutable, "{effort:?}");
        let all: Vec<_> = iter::successors(Some(usual), Derivative::lowered).collect();
        assert_eq!(all.len(), names.len(), "{effort:?}");
        assert!(all.iter().zip(names).all(|(one, name)| one.name().ends_with(name)), "{effort:?}");
        assert!(all[1..].iter().all(|one| one.is_lowered && one.lifetime == Lifetime::Revalidated));
    }
}

#[test]
fn only_large_pictures_are_likely_to_take_room_while_they_are_sent() {
    let (_folder, slide) = slide();
    let whole = picture([0, 0, 8192, 8192], [4096, 2048]);
    let quarter_turn = Turn { mirrored: false, millidegrees: 90_000 };
    let tile = Pixels::Tile(TileId { z: 13, x: 1, y: 2 });
    for (pixels, lossy, lossless) in [
        (tile, 1 << 14, 1 << 16),
        (Pixels::Thumbnail(512), 1 << 16, 1 << 18),
        (Pixels::Picture(whole), 1 << 21, 1 << 23),
        (Pixels::Picture(Picture { turn: quarter_turn, ..whole }), 1 << 21, 1 << 23),
    ] {
        for (format, bytes) in [(Format::Jpeg, lossy), (Format::Avif, lossy), (Format::Png, lossless)] {
            let encoding = Encoding::new(format, Fidelity::Quality(80)).unwrap();
            let derivative = Derivative::new(&slide, pixels, encoding, Lifetime::Immutable);
            assert_eq!(derivative.likely_bytes(), bytes, "{pixels:?} as {format:?}");
        }
    }
}
