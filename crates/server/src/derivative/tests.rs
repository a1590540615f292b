//! Tests of what is not found, and of names and lifetimes of derivatives.

use super::*;
use crate::metrics::Metrics;
use crate::slide::SlideSummary;
use crate::test_pack;
use actix_web::web::Data;
use origami_pyramid::{Rect, TileId};
use origami_render::{Effort, Format, Picture, Turn};
use std::collections::HashSet;
use tempfile::TempDir;

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
fn thumbnails_are_allowed_in_every_encoding_however_small_pictures_have_to_be() {
    let (_folder, slide) = slide();
    for encoding in test_pack::encodings() {
        let limits = PictureLimits::new(0, 0);
        assert_eq!(check(&slide.pack, Pixels::Thumbnail(1024), encoding, limits), Ok(()), "{encoding:?}");
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
            let limits = PictureLimits::new(1 << 20, 1 << 30);
            assert_eq!(check(&slide.pack, pixels, test_pack::jpeg(90), limits), result, "{pixels:?}");
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
