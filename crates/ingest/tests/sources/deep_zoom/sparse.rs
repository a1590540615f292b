//! Images that leave out tiles.

use crate::common::{DeepZoom, rgb_png};
use crate::{open_error, open_valid, read, tolerant};
use origami_ingest::source::{OpenOptions, SourceProblem, open};
use origami_pyramid::{Rect, Rgb, Size};
use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;
use tempfile::TempDir;

/// An image of 4 x 2 tiles at full resolution.
const IMAGE: DeepZoom = DeepZoom { size: Size::new(100, 60), tile_size: 32, overlap: 1, format: "png" };

/// The part of an image in `region`: stripes to the left of `edge`, and one colour to
/// the right of it.
fn pixels(region: Rect, edge: u32, plain: [u8; 3]) -> Rgb {
    let rows = region.y..region.y + region.height;
    let data = rows.flat_map(|y| {
        let row = region.x..region.x + region.width;
        row.flat_map(move |x| if x < edge { [30 * (x % 2) as u8, 90, (5 * y) as u8] } else { plain })
    });
    Rgb::from_vec(data.collect(), region.width as usize, region.height as usize)
}

/// The image with all its levels; the stripes are 40 px wide.
fn folder(plain: [u8; 3]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("made.dzi"), IMAGE.descriptor("")).unwrap();
    for n in 0..=IMAGE.level() {
        let level = IMAGE.coarser(n);
        level.write_tiles(folder.path(), |rect| rgb_png(&pixels(rect, 40 >> n, plain)));
    }
    folder
}

/// Removes a tile of the level `n` levels coarser than full resolution.
fn remove(folder: &Path, n: u32, x: u32, y: u32) {
    fs::remove_file(IMAGE.coarser(n).tile_path(folder, x, y)).unwrap();
}

/// Fails unless the image is shown, with a note that says so of the tiles that `count`
/// names.
fn assert_reads(folder: &Path, plain: [u8; 3], count: &str) {
    let (source, whole) = (open_valid(folder), Rect::whole(IMAGE.size));
    assert!(read(&*source, whole) == pixels(whole, 40, plain), "{count}");
    let note = format!("{count} the colour of the coarser levels, or the background");
    assert_eq!(source.info().contents.notes, [note]);
    assert_eq!(source.damaged(), 0);
}

#[test]
fn a_tile_left_out_is_background_where_a_coarser_level_is_plain() {
    let folder = folder([255; 3]);
    remove(folder.path(), 0, 2, 0);
    assert_reads(folder.path(), [255; 3], "1 of 8 tiles is left out and shows");
    for (x, y) in [(3, 0), (2, 1), (3, 1)] {
        remove(folder.path(), 0, x, y);
    }
    remove(folder.path(), 1, 1, 0);
    assert_reads(folder.path(), [255; 3], "4 of 8 tiles are left out and show");
}

#[test]
fn a_tile_left_out_has_the_plain_colour_that_coarser_levels_show() {
    let folder = folder([0, 0, 20]);
    remove(folder.path(), 0, 3, 1);
    assert_reads(folder.path(), [0, 0, 20], "1 of 8 tiles is left out and shows");
    // The background is for what no level shows.
    let requested = OpenOptions { background: Some([7, 8, 9]), ..OpenOptions::default() };
    let source = open(folder.path(), &requested).unwrap();
    assert_eq!(read(&*source, Rect::whole(IMAGE.size)).uniform(96, 32, 4, 28), Some([0, 0, 20]));
}

#[test]
fn a_tile_is_lost_where_coarser_levels_show_more_than_one_colour() {
    let folder = folder([255; 3]);
    remove(folder.path(), 0, 1, 1);
    let error = open_error(folder.path());
    assert!(matches!(error.problem, SourceProblem::Tile { x: 1, y: 1, .. }), "{error}");
    let source = open(folder.path(), &tolerant(None)).unwrap();
    assert_eq!(read(&*source, Rect::whole(IMAGE.size)).uniform(32, 32, 32, 28), Some([255; 3]));
    assert_eq!(source.damaged(), 1);
    // A level that is lost as well does not make it blank.
    remove(folder.path(), 1, 0, 0);
    assert!(matches!(open_error(folder.path()).problem, SourceProblem::Tile { x: 1, y: 1, .. }));
}

#[test]
fn a_lost_tile_is_counted_as_damaged_and_not_as_left_out() {
    let folder = folder([255; 3]);
    remove(folder.path(), 0, 1, 1);
    let source = open(folder.path(), &tolerant(None)).unwrap();
    assert!(source.info().contents.notes.is_empty(), "{:?}", source.info().contents.notes);
    remove(folder.path(), 0, 3, 1);
    let source = open(folder.path(), &tolerant(None)).unwrap();
    read(&*source, Rect::whole(IMAGE.size));
    let notes = &source.info().contents.notes;
    assert!(notes.len() == 1 && notes[0].starts_with("1 of 8 tiles is left out"), "{notes:?}");
    assert_eq!(source.damaged(), 1);
}

/// Squares of two grays that differ little, as a PNG.
fn faint(region: Rect) -> Vec<u8> {
    let rows = region.y..region.y + region.height;
    let data = rows.flat_map(|y| {
        let row = region.x..region.x + region.width;
        row.flat_map(move |x| [211 + ((x / 8 + y / 8) % 2 * 28) as u8; 3])
    });
    rgb_png(&Rgb::from_vec(data.collect(), region.width as usize, region.height as usize))
}

#[test]
fn a_lost_tile_of_faint_contrast_is_not_blank() {
    let folder = folder([255; 3]);
    IMAGE.coarser(1).write_tiles(folder.path(), faint);
    remove(folder.path(), 0, 2, 0);
    assert!(matches!(open_error(folder.path()).problem, SourceProblem::Tile { x: 2, y: 0, .. }));
}

#[test]
fn a_few_pixels_of_the_coarsest_levels_do_not_make_a_lost_tile_blank() {
    let folder = folder([255; 3]);
    remove(folder.path(), 0, 3, 1);
    for n in 1..=4 {
        fs::remove_dir_all(folder.path().join(format!("made_files/{}", IMAGE.level() - n))).unwrap();
    }
    assert!(matches!(open_error(folder.path()).problem, SourceProblem::Tile { x: 3, y: 1, .. }));
}

/// A part of the image that exists on some levels.
struct Part {
    levels: RangeInclusive<u32>,
    /// Its size in pixels, from the top left corner of the image.
    size: Size,
}

/// A part that ends below full resolution, as high as the image.
fn coarse(width: u32) -> Part {
    Part { levels: 0..=6, size: Size::new(width, 60) }
}

/// The first tile, on all levels.
fn first() -> Part {
    Part { levels: 1..=7, size: Size::square(32) }
}

/// The descriptor of an image of which only these parts exist.
fn with_rects(parts: &[Part]) -> String {
    let rects = parts.iter().map(|Part { levels, size: Size { width, height } }| {
        let (min, max) = (levels.start(), levels.end());
        format!(
            r#"<DisplayRect MinLevel="{min}" MaxLevel="{max}"><Rect X="0" Y="0" Width="{width}" Height="{height}"/></DisplayRect>"#
        )
    });
    IMAGE.descriptor(&format!("<DisplayRects>{}</DisplayRects>", rects.collect::<String>()))
}

/// Removes the finest tiles except the first.
fn remove_all_but_the_first(folder: &Path) {
    for (x, y) in (0..2).flat_map(|y| (0..4).map(move |x| (x, y))).skip(1) {
        remove(folder, 0, x, y);
    }
}

/// The pixels that the level `n` levels coarser shows in `region`, enlarged.
fn enlarged(region: Rect, n: u32) -> Rgb {
    let coarse = pixels(Rect::whole(IMAGE.size.halved(n)), 40 >> n, [0, 0, 20]);
    let rows = region.y..region.y + region.height;
    let data = rows.flat_map(|y| {
        let row = coarse.row((y >> n) as usize);
        (region.x..region.x + region.width).flat_map(move |x| row[3 * (x >> n) as usize..][..3].to_vec())
    });
    Rgb::from_vec(data.collect(), region.width as usize, region.height as usize)
}

#[test]
fn a_part_that_ends_at_a_coarser_level_is_shown_enlarged() {
    let folder = folder([0, 0, 20]);
    remove_all_but_the_first(folder.path());
    let descriptor = folder.path().join("made.dzi");
    fs::write(&descriptor, with_rects(&[first(), coarse(100)])).unwrap();
    let source = open_valid(folder.path());
    let tile = Rect { x: 0, y: 0, width: 32, height: 32 };
    assert!(read(&*source, tile) == pixels(tile, 40, [0, 0, 20]));
    let rest = [Rect { x: 32, y: 0, width: 68, height: 60 }, Rect { x: 0, y: 32, width: 32, height: 28 }];
    for part in rest {
        assert!(read(&*source, part) == enlarged(part, 1), "{part:?}");
    }
    let notes = &source.info().contents.notes;
    assert_eq!(notes, &["7 of 8 tiles exist only at a coarser level and are shown enlarged"]);
    // The nearest coarser level that there is.
    fs::remove_dir_all(folder.path().join("made_files/6")).unwrap();
    let source = open_valid(folder.path());
    for part in rest {
        assert!(read(&*source, part) == enlarged(part, 2), "{part:?}");
    }
    // Beyond the part, nothing exists.
    fs::write(&descriptor, with_rects(&[first(), coarse(70)])).unwrap();
    let source = open_valid(folder.path());
    let found = read(&*source, Rect::whole(IMAGE.size));
    assert_eq!(found.uniform(70, 0, 30, 60), Some([255; 3]));
    let part = Rect { x: 32, y: 0, width: 38, height: 60 };
    assert!(read(&*source, part) == enlarged(part, 2));
    let notes = &source.info().contents.notes;
    assert!(notes[0].starts_with("2 of 8 tiles are left out"), "{notes:?}");
    assert!(notes[1].starts_with("5 of 8 tiles exist only"), "{notes:?}");
}

#[test]
fn a_part_that_no_level_has_is_lost() {
    let folder = folder([0, 0, 20]);
    remove_all_but_the_first(folder.path());
    for level in 0..7 {
        fs::remove_dir_all(folder.path().join(format!("made_files/{level}"))).unwrap();
    }
    fs::write(folder.path().join("made.dzi"), with_rects(&[first(), coarse(100)])).unwrap();
    let error = crate::read_error(&*open_valid(folder.path()), Rect::whole(IMAGE.size));
    assert!(error.to_string().contains("no coarser level has it"), "{error}");
    let source = open(folder.path(), &tolerant(None)).unwrap();
    assert!(source.info().contents.notes.is_empty());
    read(&*source, Rect::whole(IMAGE.size));
    assert_eq!(source.damaged(), 7);
}

#[test]
fn an_image_that_ends_at_a_coarser_level_is_refused_with_the_reason() {
    let folder = folder([255; 3]);
    fs::write(folder.path().join("made.dzi"), with_rects(&[coarse(100)])).unwrap();
    open_valid(folder.path());
    fs::remove_dir_all(folder.path().join("made_files/7")).unwrap();
    let error = open_error(folder.path()).to_string();
    assert!(error.contains("no DisplayRect reaches the finest level"), "{error}");
}

#[test]
fn a_sparse_image_is_background_outside_its_display_rects() {
    let folder = folder([255; 3]);
    let descriptor = folder.path().join("made.dzi");
    // Coarser levels are not asked there, whatever they show.
    for (x, y) in [(1, 0), (2, 0), (0, 1), (3, 1)] {
        remove(folder.path(), 0, x, y);
    }
    assert!(matches!(open_error(folder.path()).problem, SourceProblem::Tile { x: 1, y: 0, .. }));
    fs::write(&descriptor, with_rects(&[first()])).unwrap();
    let source = open_valid(folder.path());
    let found = read(&*source, Rect::whole(IMAGE.size));
    assert_eq!(found.uniform(32, 0, 32, 32), Some([255; 3]));
    assert_eq!(found.uniform(0, 32, 32, 28), Some([255; 3]));
    // A tile outside that is there is shown.
    assert_eq!(found.uniform(32, 32, 32, 28), None);
    assert_eq!(found.uniform(0, 0, 32, 32), None);
    // Inside, tiles are needed.
    remove(folder.path(), 0, 0, 0);
    let source = open_valid(folder.path());
    let error = crate::read_error(&*source, Rect::whole(IMAGE.size));
    assert!(matches!(error.problem, SourceProblem::Tile { x: 0, y: 0, .. }), "{error}");
}

#[test]
fn an_image_without_any_tile_is_an_error_even_if_damage_is_tolerated() {
    let folder = folder([255; 3]);
    for (x, y) in (0..2).flat_map(|y| (0..4).map(move |x| (x, y))) {
        remove(folder.path(), 0, x, y);
    }
    for options in [OpenOptions::default(), tolerant(None)] {
        let error = open(folder.path(), &options).err().unwrap().to_string();
        assert!(error.contains("none of its 8 tiles is there"), "{error}");
    }
}
