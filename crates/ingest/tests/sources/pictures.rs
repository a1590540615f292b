//! Plain pictures.

use crate::common::png;
use crate::{TempFile, open_error, open_valid, read, square};
use image::{ImageBuffer, Rgb, Rgba};
use origami_ingest::source::{OpenOptions, open};
use origami_pyramid::{Rect, Size};

/// A picture of one pixel.
fn one_pixel() -> Vec<u8> {
    png(&ImageBuffer::from_pixel(1, 1, Rgb([9u8; 3])))
}

/// A PNG of one pixel whose header claims another size.
fn png_claiming(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = one_pixel();
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = crc32fast::hash(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.to_be_bytes());
    bytes
}

#[test]
fn pictures_of_odd_sizes_are_read_whole() {
    for (width, height) in [(1, 1), (1, 5000), (5000, 1), (257, 3), (31, 77)] {
        let picture = ImageBuffer::from_fn(width, height, |x, y| Rgb([x as u8, y as u8, 7]));
        let file = TempFile::new("picture.png", &png(&picture));
        let source = open_valid(&file.path);
        assert_eq!(source.info().size, Size::new(width, height));
        assert_eq!(read(&*source, Rect { x: 0, y: 0, width, height }).data(), picture.as_raw());
        let last = read(&*source, square(width - 1, height - 1, 1));
        assert_eq!(last.data(), [(width - 1) as u8, (height - 1) as u8, 7]);
    }
}

#[test]
fn a_picture_of_no_size_is_refused() {
    open_error(&TempFile::new("nothing.png", &png_claiming(0, 1)).path);
}

#[test]
fn a_picture_that_claims_too_much_memory_is_refused_before_it_is_decoded() {
    let file = TempFile::new("huge.png", &png_claiming(100_000, 100_000));
    let error = open_error(&file.path).to_string();
    assert!(error.contains("100000x100000") && error.contains("tiled TIFF"), "{error}");
}

#[test]
fn transparent_pixels_show_the_background() {
    let picture = ImageBuffer::from_fn(3, 1, |x, _| Rgba([0u8, 0, 0, [0, 128, 255][x as usize]]));
    let file = TempFile::new("clear.png", &png(&picture));
    let white = read(&*open_valid(&file.path), Rect { x: 0, y: 0, width: 3, height: 1 });
    assert_eq!(white.data(), [255, 255, 255, 127, 127, 127, 0, 0, 0]);
    let options = OpenOptions { background: Some([200, 100, 50]), ..OpenOptions::default() };
    let source = open(&file.path, &options).unwrap();
    assert_eq!(read(&*source, square(0, 0, 1)).data(), [200, 100, 50]);
}

#[test]
fn sixteen_bit_samples_become_eight_bit_ones() {
    let picture = ImageBuffer::from_pixel(2, 2, Rgb([0xffffu16, 0x8000, 0x0101]));
    let file = TempFile::new("deep.png", &png(&picture));
    let first = read(&*open_valid(&file.path), square(0, 0, 1));
    assert_eq!(first.data(), [255, 128, 1]);
}
