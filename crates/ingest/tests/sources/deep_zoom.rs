//! Deep Zoom folders.

use crate::common::{DeepZoom, rgb_png};
use crate::{open_error, open_valid, read, read_error, tolerant};
use origami_ingest::source::{SourceProblem, open};
use origami_pyramid::{Rect, Rgb, Size};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

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

/// A folder with the image.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    IMAGE.write(folder.path(), |rect| rgb_png(&pixels(rect)));
    folder
}

#[test]
fn the_finest_level_has_the_number_that_deep_zoom_gives_it() {
    assert!(IMAGE.tile_path(Path::new(""), 0, 0).ends_with("made_files/7/0_0.png"));
}

#[test]
fn a_deep_zoom_folder_reads_with_any_overlap_and_lossless_tiles() {
    let (folder, whole) = (folder(), Rect::whole(IMAGE.size));
    for path in [folder.path(), &folder.path().join("made.dzi")] {
        assert!(read(&*open_valid(path), whole) == pixels(whole), "{}", path.display());
    }
}

#[test]
fn a_descriptor_needs_no_xml_declaration_or_namespace() {
    let folder = folder();
    let xml = r#"<Image TileSize="20" Overlap="3" Format="png"><Size Width="107" Height="61"/></Image>"#;
    fs::write(folder.path().join("made.dzi"), xml).unwrap();
    let whole = Rect::whole(IMAGE.size);
    assert!(read(&*open_valid(folder.path()), whole) == pixels(whole));
}

#[test]
fn a_missing_tile_is_an_error_or_painted_and_counted() {
    let folder = folder();
    fs::remove_file(IMAGE.tile_path(folder.path(), 2, 1)).unwrap();
    let whole = Rect::whole(IMAGE.size);
    let error = read_error(&*open_valid(folder.path()), whole);
    assert!(matches!(error.problem, SourceProblem::Tile { x: 2, y: 1, .. }), "{error}");
    let source = open(folder.path(), &tolerant(Some([1, 2, 3]))).unwrap();
    assert_eq!(read(&*source, whole).uniform(40, 20, 20, 20), Some([1, 2, 3]));
    assert_eq!(source.damaged(), 1);
}

#[test]
fn a_folder_with_two_descriptors_is_refused() {
    let folder = folder();
    fs::write(folder.path().join("b.dzi"), "").unwrap();
    assert!(matches!(open_error(folder.path()).problem, SourceProblem::Folder(2)));
}
