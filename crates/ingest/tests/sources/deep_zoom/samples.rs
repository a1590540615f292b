//! Tiles whose samples are not 8-bit colours, and files that are no tiles.

use super::{IMAGE, any_error, folder, pixels};
use crate::common::{Coding, DeepZoom, png, rgb_png};
use crate::{open_valid, read};
use image::{ImageBuffer, Luma};
use jpeg_encoder::{ColorType, Encoder};
use origami_ingest::source::{OpenOptions, Source, SourceProblem, ValueRange, open};
use origami_pyramid::{Rect, Size};
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use turbojpeg::Subsamp;

/// A sample of 12 bits that identifies its position in the image.
fn deep_sample(x: u32, y: u32) -> u16 {
    (20 * x + 30 * y) as u16
}

/// The image in 12 of 16 bits of gray.
fn deep_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    IMAGE.write(folder.path(), |rect| {
        let sample = |x, y| Luma([deep_sample(rect.x + x, rect.y + y)]);
        png(&ImageBuffer::from_fn(rect.width, rect.height, sample))
    });
    folder
}

fn with_range(path: &Path, low: f64, high: f64) -> Box<dyn Source> {
    let range = Some(ValueRange { low, high });
    open(path, &OpenOptions { range, ..OpenOptions::default() }).unwrap_or_else(|error| panic!("{error}"))
}

/// Fails unless the levels of all pixels of the 12-bit image are those of this range.
fn assert_range(source: &dyn Source, low: f64, high: f64, origin: &str) {
    let found = read(source, Rect::whole(IMAGE.size));
    for (x, y) in (0..IMAGE.size.height).flat_map(|y| (0..IMAGE.size.width).map(move |x| (x, y))) {
        let level = 255.0 * (f64::from(deep_sample(x, y)) - low) / (high - low);
        let expected = [level.clamp(0.0, 255.0).round() as u8; 3];
        assert_eq!(found.row(y as usize)[3 * x as usize..][..3], expected, "{x}, {y}");
    }
    let range = source.info().contents.range.clone().unwrap();
    assert_eq!((range.bits, range.low, range.high, &*range.origin), (16, low, high, origin));
}

#[test]
fn tiles_of_sixteen_bits_are_not_black_and_have_one_range() {
    let folder = deep_folder();
    // The largest sample is 106 * 20 + 60 * 30, so that 12 bits are used.
    assert_range(&*open_valid(folder.path()), 0.0, 4095.0, "the bits that its samples use");
    assert_range(&*with_range(folder.path(), 100.0, 2000.0), 100.0, 2000.0, "as requested");
}

#[test]
fn a_requested_range_counts_for_tiles_of_eight_bits() {
    let coding = Coding { quality: 100, ..Coding::new(Subsamp::None) };
    for format in ["png", "jpg"] {
        let image = DeepZoom { overlap: 0, format, ..IMAGE };
        let folder = tempfile::tempdir().unwrap();
        image.write(folder.path(), |rect| {
            if format == "png" { rgb_png(&pixels(rect)) } else { coding.encode(&pixels(rect)) }
        });
        let plain = open_valid(folder.path());
        assert_eq!(plain.info().contents.range, None);
        assert_eq!(plain.kept_tiles().is_ok(), format == "jpg");
        let source = with_range(folder.path(), 50.0, 150.0);
        let whole = Rect::whole(IMAGE.size);
        let (before, after) = (read(&*plain, whole), read(&*source, whole));
        for (before, after) in before.data().iter().zip(after.data()) {
            let level = 255.0 * (f64::from(*before) - 50.0) / 100.0;
            assert_eq!(*after, level.clamp(0.0, 255.0).round() as u8, "{before} of {format}");
        }
        let range = source.info().contents.range.clone().unwrap();
        assert_eq!((range.bits, &*range.origin), (8, "as requested"));
        let reason = source.kept_tiles().err().unwrap();
        assert!(format == "png" || reason == "its samples are shown in another range", "{reason}");
    }
}

#[test]
fn an_empty_range_is_an_error() {
    let range = Some(ValueRange { low: 9.0, high: 9.0 });
    let error = open(folder().path(), &OpenOptions { range, ..OpenOptions::default() }).err().unwrap();
    assert!(matches!(error.problem, SourceProblem::Choice(_)), "{error}");
}

#[test]
fn tiles_of_inks_have_the_colours_of_a_picture_of_inks() {
    let image = DeepZoom { size: Size::new(48, 32), tile_size: 16, overlap: 0, format: "jpg" };
    let inks: Vec<u8> = [0, 60, 200, 30].repeat(16 * 16);
    for kind in [ColorType::Cmyk, ColorType::CmykAsYcck] {
        let mut jpeg = Vec::new();
        Encoder::new(&mut jpeg, 95).encode(&inks, 16, 16, kind).unwrap();
        let folder = tempfile::tempdir().unwrap();
        image.write(folder.path(), |_| jpeg.clone());
        let picture = folder.path().join("picture.jpg");
        fs::write(&picture, &jpeg).unwrap();
        let tile = Rect { x: 0, y: 0, width: 16, height: 16 };
        let expected = read(&*open_valid(&picture), tile);
        let source = open_valid(&folder.path().join("made.dzi"));
        assert!(read(&*source, Rect { x: 16, y: 16, ..tile }) == expected, "{kind:?}");
        assert_eq!(source.kept_tiles().err().unwrap(), "its tiles hold inks");
    }
}

#[test]
fn a_tile_of_inks_of_a_wrong_size_is_an_error_with_both_sizes() {
    let image = DeepZoom { size: Size::new(48, 32), tile_size: 16, overlap: 0, format: "jpg" };
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, 95).encode(&[9; 4 * 16 * 8], 16, 8, ColorType::Cmyk).unwrap();
    let folder = tempfile::tempdir().unwrap();
    image.write(folder.path(), |_| jpeg.clone());
    let text = any_error(folder.path()).to_string();
    assert!(text.contains("16x8") && text.contains("16x16 px were expected"), "{text}");
}

#[test]
fn a_file_that_is_no_picture_is_named_as_such() {
    for (content, expected) in [
        ("", "the file is empty"),
        ("<!DOCTYPE html><p>404", "it is no JPEG, PNG or WebP picture"),
        ("\u{1}", "it is no JPEG, PNG or WebP picture"),
    ] {
        let folder = folder();
        fs::write(IMAGE.tile_path(folder.path(), 2, 1), content).unwrap();
        let problem = any_error(folder.path());
        assert!(matches!(problem, SourceProblem::Tile { x: 2, y: 1, .. }), "{problem}");
        assert!(problem.to_string().contains(expected), "{problem}");
    }
}
