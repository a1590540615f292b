//! Deep Zoom folders.

mod descriptors;
mod samples;
mod sparse;
mod zips;

use crate::common::{Coding, DeepZoom, rgb_png};
use crate::{open_error, open_valid, read, read_error, tolerant};
use origami_ingest::source::{OpenOptions, SourceProblem, is_candidate, open};
use origami_pyramid::{Point, Rect, Rgb, Size};
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use turbojpeg::Subsamp;

const IMAGE: DeepZoom = DeepZoom { size: Size::new(107, 61), tile_size: 20, overlap: 3, format: "png" };

/// A pixel that identifies its position.
fn pixel(x: u32, y: u32) -> [u8; 3] {
    [(2 * x) as u8, (4 * y) as u8, (x ^ y) as u8]
}

fn pixels(region: Rect) -> Rgb {
    let rows = region.y..region.y + region.height;
    let data = rows.flat_map(|y| (region.x..region.x + region.width).flat_map(move |x| pixel(x, y)));
    Rgb::from_vec(data.collect(), region.width as usize, region.height as usize)
}

/// The pixels of a tile's `region`, padded at the right and bottom to those of a tile
/// amid others.
fn padded(region: Rect) -> Rgb {
    let [width, height] = [region.x, region.y].map(|start| {
        let before = if start == 0 { 0 } else { IMAGE.overlap };
        (before + IMAGE.tile_size + IMAGE.overlap) as usize
    });
    let mut out = Rgb::filled(width, height, [255, 0, 255]);
    out.copy(Point::default(), &pixels(region), Rect { x: 0, y: 0, ..region });
    out
}

/// A folder with the image.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    IMAGE.write(folder.path(), |rect| rgb_png(&pixels(rect)));
    folder
}

/// Fails unless the slide at `path` is the image.
fn assert_reads(path: &Path) {
    let whole = Rect::whole(IMAGE.size);
    assert!(read(&*open_valid(path), whole) == pixels(whole), "{}", path.display());
}

/// The error of reading all of the slide at `path`, whether it is found on opening or
/// on reading.
fn any_error(path: &Path) -> SourceProblem {
    match open(path, &OpenOptions::default()) {
        Ok(source) => read_error(&*source, Rect::whole(source.info().size)).problem,
        Err(error) => error.problem,
    }
}

#[test]
fn the_finest_level_has_the_number_that_deep_zoom_gives_it() {
    assert!(IMAGE.tile_path(Path::new(""), 0, 0).ends_with("made_files/7/0_0.png"));
}

#[test]
fn a_deep_zoom_folder_reads_with_any_overlap_and_lossless_tiles() {
    let folder = folder();
    assert_reads(folder.path());
    assert_reads(&folder.path().join("made.dzi"));
}

#[test]
fn a_missing_tile_is_an_error_or_painted_and_counted() {
    let folder = folder();
    fs::remove_file(IMAGE.tile_path(folder.path(), 2, 1)).unwrap();
    let error = open_error(folder.path());
    assert!(matches!(error.problem, SourceProblem::Tile { x: 2, y: 1, .. }), "{error}");
    assert!(error.to_string().contains("2_1.png"), "{error}");
    let source = open(folder.path(), &tolerant(Some([1, 2, 3]))).unwrap();
    assert_eq!(read(&*source, Rect::whole(IMAGE.size)).uniform(40, 20, 20, 20), Some([1, 2, 3]));
    assert_eq!(source.damaged(), 1);
}

#[test]
fn a_folder_with_two_images_is_refused() {
    let folder = folder();
    fs::write(folder.path().join("b.dzi"), IMAGE.descriptor("")).unwrap();
    assert_reads(folder.path());
    fs::create_dir(folder.path().join("b_files")).unwrap();
    assert!(matches!(open_error(folder.path()).problem, SourceProblem::Folder(2)));
}

#[test]
fn a_folder_with_other_slides_is_not_taken_for_one_image_but_opens_as_it() {
    for (name, is_slide) in [("photo.jpg", true), ("other.tif", true), ("notes.txt", false)] {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("image");
        fs::create_dir(&folder).unwrap();
        IMAGE.write(&folder, |rect| rgb_png(&pixels(rect)));
        fs::write(folder.join("made_files/thumbnail.jpg"), "part of the image").unwrap();
        fs::write(folder.join("._other.tif"), "hidden").unwrap();
        fs::write(folder.join(name), "not read").unwrap();
        assert_eq!(is_candidate(&folder), !is_slide, "{name}");
        assert_reads(&folder);
    }
}

#[test]
fn a_folder_that_is_missing_is_named() {
    let folder = folder();
    let files = folder.path().join("made_files");
    fs::rename(files.join("7"), files.join("6")).unwrap();
    let [error, lax] = [OpenOptions::default(), tolerant(None)]
        .map(|options| open(folder.path(), &options).err().unwrap().to_string());
    let level = Path::new("made_files").join("7");
    assert!(error.contains(level.to_str().unwrap()) && lax == error, "{error}");
    fs::rename(&files, folder.path().join("other")).unwrap();
    let error = open_error(&folder.path().join("made.dzi")).to_string();
    assert!(error.contains("made_files"), "{error}");
}

#[test]
fn nothing_is_chosen_that_an_image_does_not_have() {
    let options = OpenOptions { page: Some(2), ..OpenOptions::default() };
    let error = open(folder().path(), &options).err().unwrap();
    assert!(matches!(error.problem, SourceProblem::Choice(_)), "{error}");
}

#[test]
fn files_of_operating_systems_are_no_part_of_an_image() {
    let folder = folder();
    let level = folder.path().join("made_files/7");
    for name in ["._made.dzi", ".DS_Store", "Thumbs.db", "made_files/._7", "made_files/desktop.ini"] {
        fs::write(folder.path().join(name), [0; 100]).unwrap();
    }
    fs::create_dir(folder.path().join("._made_files")).unwrap();
    fs::write(level.join("._0_0.png"), [0; 100]).unwrap();
    assert_reads(folder.path());
}

#[test]
fn tiles_are_found_whatever_the_case_of_their_names_and_folder() {
    let folder = folder();
    let tile = IMAGE.tile_path(folder.path(), 1, 1);
    fs::rename(&tile, tile.with_file_name("01_1.PNG")).unwrap();
    fs::rename(folder.path().join("made_files"), folder.path().join("MADE_Files")).unwrap();
    fs::rename(folder.path().join("made.dzi"), folder.path().join("MADE.DZI")).unwrap();
    assert_reads(folder.path());
    assert_reads(&folder.path().join("MADE.DZI"));
}

#[test]
fn two_files_for_one_tile_are_named() {
    for other in ["1_0.PNG", "01_0.png", "1_00.pNg"] {
        let folder = folder();
        let tile = IMAGE.tile_path(folder.path(), 1, 0);
        fs::copy(&tile, tile.with_file_name(other)).unwrap();
        assert_reads(folder.path());
        fs::copy(IMAGE.tile_path(folder.path(), 2, 1), tile.with_file_name(other)).unwrap();
        for options in [OpenOptions::default(), tolerant(None)] {
            let error = open(folder.path(), &options).err().unwrap();
            let is_image = matches!(error.problem, SourceProblem::Damaged { format: "Deep Zoom image", .. });
            assert!(is_image, "{error}");
            let text = error.to_string();
            assert!(text.contains("1_0.png") && text.contains(other), "{text}");
        }
    }
}

#[test]
fn the_extension_of_jpegs_is_written_in_two_ways() {
    let coding = Coding { quality: 95, ..Coding::new(Subsamp::None) };
    let image = DeepZoom { overlap: 0, format: "jpeg", ..IMAGE };
    let folder = tempfile::tempdir().unwrap();
    image.write(folder.path(), |rect| coding.encode(&pixels(rect)));
    let expected = read(&*open_valid(folder.path()), Rect::whole(IMAGE.size));
    let tile = image.tile_path(folder.path(), 3, 2);
    fs::rename(&tile, tile.with_extension("JPG")).unwrap();
    let tile = image.tile_path(folder.path(), 0, 0);
    fs::copy(&tile, tile.with_extension("jpg")).unwrap();
    assert!(read(&*open_valid(folder.path()), Rect::whole(IMAGE.size)) == expected);
    fs::write(tile.with_extension("jpg"), "not the same").unwrap();
    assert!(open_error(folder.path()).to_string().contains("0_0.jpg"));
}

#[test]
fn tiles_padded_at_the_edges_are_cropped() {
    for jpeg in [false, true] {
        let coding = Coding { quality: 100, ..Coding::new(Subsamp::None) };
        let folder = tempfile::tempdir().unwrap();
        IMAGE.write(folder.path(), |rect| {
            let tile = padded(rect);
            if jpeg { coding.encode(&tile) } else { rgb_png(&tile) }
        });
        let source = open(folder.path(), &tolerant(None)).unwrap();
        let found = read(&*source, Rect::whole(IMAGE.size));
        let expected = pixels(Rect::whole(IMAGE.size));
        let difference = found.data().iter().zip(expected.data()).map(|(a, b)| a.abs_diff(*b));
        assert!(difference.max() <= Some(if jpeg { 40 } else { 0 }), "jpeg {jpeg}");
        assert_eq!(source.damaged(), 0);
    }
}

#[test]
fn a_tile_of_a_wrong_size_is_an_error_with_both_sizes() {
    let coding = Coding { quality: 95, ..Coding::new(Subsamp::None) };
    for (x, y, size, expected) in [
        (1, 1, Size::new(27, 26), "26x26 px were expected"),
        (1, 1, Size::new(25, 26), "26x26 px were expected"),
        (5, 3, Size::new(10, 3), "10x4 px were expected"),
        (5, 3, Size::new(27, 4), "10x4 px were expected"),
    ] {
        for jpeg in [false, true] {
            let folder = folder();
            let tile = Rgb::filled(size.width as usize, size.height as usize, [9; 3]);
            let bytes = if jpeg { coding.encode(&tile) } else { rgb_png(&tile) };
            fs::write(IMAGE.tile_path(folder.path(), x, y), bytes).unwrap();
            let text = any_error(folder.path()).to_string();
            assert!(text.contains(&size.to_string()) && text.contains(expected), "{x}, {y}: {text}");
        }
    }
}

#[test]
fn the_pixel_size_is_read_beside_the_tiles_or_the_descriptor() {
    let xml = "<image><property><name>MicronsPerPixelX</name><value>0.5</value></property>\
        <property><name>MicronsPerPixelY</name><value>0.5</value></property></image>";
    for name in ["made_files/vips-properties.xml", "scan-properties.xml"] {
        let folder = folder();
        fs::write(folder.path().join(name), xml).unwrap();
        let mpp = open_valid(folder.path()).info().mpp.unwrap_or_else(|| panic!("{name}"));
        assert!((mpp.x - 0.5).abs() < 1e-9);
    }
}
