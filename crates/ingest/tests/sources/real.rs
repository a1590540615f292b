//! Real slides.

use crate::common::real_slide;
use crate::{open_valid, read};
use origami_ingest::source::{Info, PixelSize};
use origami_pyramid::{Rect, Size};
use std::fs::File;
use std::io::Read;
use zip::ZipArchive;

/// Whether a size is that of square pixels of `expected` micrometres, or neither is
/// known.
fn is_near(actual: Option<PixelSize>, expected: Option<f64>) -> bool {
    match (actual, expected) {
        (None, None) => true,
        (Some(PixelSize { x, y }), Some(mpp)) => (x - mpp).abs() < 5e-4 && (y - mpp).abs() < 5e-4,
        _ => false,
    }
}

#[test]
fn every_real_slide_has_its_size_resolution_and_grid() {
    for (name, (width, height), mpp, objective, grid) in [
        ("pathologyatlas-BS9-HE1.tif", (70_779, 22_023), Some(0.2528), None, Some(256)),
        ("pathologyatlas-seed-HE.dzi.zip", (17_931, 12_368), Some(0.263), Some(40.0), Some(254)),
        ("CMU-1-Small-Region.svs", (2220, 2967), Some(0.499), Some(20.0), Some(240)),
        ("hamamatsu-test3-DAPI-2-387.ndpi", (3968, 4864), Some(0.228), Some(40.0), None),
        ("weaker-licence/tcga-cr-7395-01a-01-ts1.svs", (4443, 3567), None, None, None),
        ("weaker-licence/nasa-earth-southern-africa.tif", (15_000, 15_000), None, None, Some(256)),
    ] {
        let Some(path) = real_slide(name) else { continue };
        let source = open_valid(&path);
        let info: &Info = source.info();
        assert_eq!(info.size, Size::new(width, height), "{name}");
        assert!(is_near(info.mpp, mpp), "{name}: {:?}", info.mpp);
        assert_eq!((info.objective, info.grid), (objective, grid), "{name}");
        assert_eq!(source.damaged(), 0);
        let corner = read(&*source, Rect { x: width - 1, y: height - 1, width: 1, height: 1 });
        assert_eq!(corner.size(), Size::square(1));
    }
}

#[test]
fn a_region_has_the_same_pixels_however_it_is_divided() {
    for (name, x, y) in [
        ("pathologyatlas-seed-HE.dzi.zip", 9000, 6000),
        ("CMU-1-Small-Region.svs", 1000, 900),
        ("hamamatsu-test3-DAPI-2-387.ndpi", 1000, 900),
    ] {
        let Some(path) = real_slide(name) else { continue };
        let source = open_valid(&path);
        let whole = read(&*source, Rect { x, y, width: 700, height: 500 });
        for top in (0..500).step_by(100) {
            for left in (0..700).step_by(70) {
                let part = read(&*source, Rect { x: x + left, y: y + top, width: 70, height: 100 });
                for row in 0..100 {
                    let expected = &whole.row(top as usize + row)[3 * left as usize..][..210];
                    assert_eq!(part.row(row), expected, "{name}: row {row} of the part at {left}, {top}");
                }
            }
        }
    }
}

#[test]
fn many_threads_read_what_one_thread_reads() {
    let Some(path) = real_slide("CMU-1-Small-Region.svs") else { return };
    let source = open_valid(&path);
    let region = Rect { x: 100, y: 100, width: 1500, height: 1500 };
    let expected = read(&*source, region);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert!(read(&*source, region) == expected));
        }
    });
}

#[test]
fn a_zipped_deep_zoom_image_shows_its_tiles_without_their_overlap() {
    let Some(path) = real_slide("pathologyatlas-seed-HE.dzi.zip") else { return };
    let source = open_valid(&path);
    let mut zip = ZipArchive::new(File::open(&path).unwrap()).unwrap();
    for (x, y) in [(0u32, 0u32), (1, 0), (35, 24), (70, 0), (0, 48), (70, 48)] {
        let mut jpeg = Vec::new();
        zip.by_name(&format!("HE_files/15/{x}_{y}.jpeg")).unwrap().read_to_end(&mut jpeg).unwrap();
        let tile = image::load_from_memory(&jpeg).unwrap().into_rgb8();
        // There is one pixel of overlap, but not at the edge of the slide.
        let (left, top) = (x.min(1), y.min(1));
        let (width, height) = (254.min(17_931 - 254 * x), 254.min(12_368 - 254 * y));
        let actual = read(&*source, Rect { x: 254 * x, y: 254 * y, width, height });
        let mut squares = 0.0;
        for (row, pixels) in (0..height).map(|row| (row, actual.row(row as usize))) {
            for (column, pixel) in (0..).zip(pixels.as_chunks::<3>().0) {
                let expected = tile.get_pixel(left + column, top + row);
                squares += (0..3).map(|c| f64::from(pixel[c].abs_diff(expected[c])).powi(2)).sum::<f64>();
            }
        }
        // Two decoders differ by a rounding or two.
        let mean = squares / f64::from(3 * width * height);
        assert!(mean < 1.5, "tile {x}, {y}: mean square {mean}");
    }
}
