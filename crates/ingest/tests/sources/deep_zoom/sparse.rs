//! Images that leave out tiles.

use crate::common::{DeepZoom, rgb_png};
use crate::{open_error, open_valid, read, tolerant};
use origami_ingest::source::{OpenOptions, SourceProblem, open};
use origami_pyramid::{Rect, Rgb, Size};
use std::fs;
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

fn assert_reads(folder: &Path, plain: [u8; 3], note: &str) {
    let (source, whole) = (open_valid(folder), Rect::whole(IMAGE.size));
    assert!(read(&*source, whole) == pixels(whole, 40, plain), "{note}");
    assert_eq!(source.info().contents.notes, [note]);
    assert_eq!(source.damaged(), 0);
}

#[test]
fn a_tile_left_out_is_background_where_a_coarser_level_is_plain() {
    let folder = folder([255; 3]);
    remove(folder.path(), 0, 2, 0);
    assert_reads(folder.path(), [255; 3], "1 of 8 tiles is left out and shows the background");
    for (x, y) in [(3, 0), (2, 1), (3, 1)] {
        remove(folder.path(), 0, x, y);
    }
    remove(folder.path(), 1, 1, 0);
    assert_reads(folder.path(), [255; 3], "4 of 8 tiles are left out and show the background");
}

#[test]
fn a_tile_left_out_has_the_plain_colour_that_coarser_levels_show() {
    let folder = folder([0, 0, 20]);
    remove(folder.path(), 0, 3, 1);
    assert_reads(folder.path(), [0, 0, 20], "1 of 8 tiles is left out and shows the background");
    let requested = OpenOptions { background: Some([7, 8, 9]), ..OpenOptions::default() };
    let source = open(folder.path(), &requested).unwrap();
    assert_eq!(read(&*source, Rect::whole(IMAGE.size)).uniform(96, 32, 4, 28), Some([7, 8, 9]));
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
fn a_few_pixels_of_the_coarsest_levels_do_not_make_a_lost_tile_blank() {
    let folder = folder([255; 3]);
    remove(folder.path(), 0, 3, 1);
    for n in 1..=4 {
        fs::remove_dir_all(folder.path().join(format!("made_files/{}", IMAGE.level() - n))).unwrap();
    }
    assert!(matches!(open_error(folder.path()).problem, SourceProblem::Tile { x: 3, y: 1, .. }));
}

/// A descriptor of which only the first 32 x 32 px exist, on these levels.
fn with_rect(min_level: u32, max_level: u32) -> String {
    let rect = format!(
        r#"<DisplayRects><DisplayRect MinLevel="{min_level}" MaxLevel="{max_level}"><Rect X="0" Y="0" Width="32" Height="32"/></DisplayRect></DisplayRects>"#
    );
    IMAGE.descriptor(&rect)
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
    fs::write(&descriptor, with_rect(1, 7)).unwrap();
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
