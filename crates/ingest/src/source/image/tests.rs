//! Pictures as cameras, scanners and image editors write them, and damaged ones.

mod cut_short;
mod turned;

use super::*;
use crate::source::{PixelSize, open};
use ::image::{ImageBuffer, Luma};
use jpeg_encoder::{ColorType, Encoder};
use origami_fixtures::TempFile;
use std::io::Cursor;

/// A JPEG of these samples.
fn jpeg(samples: &[u8], width: u16, height: u16, kind: ColorType) -> Vec<u8> {
    let mut bytes = Vec::new();
    Encoder::new(&mut bytes, 95).encode(samples, width, height, kind).unwrap();
    bytes
}

/// A gray JPEG of 64x32 px, the left half black and the right half white.
fn black_and_white() -> Vec<u8> {
    let samples: Vec<u8> = (0..64 * 32).map(|index| if index % 64 < 32 { 0 } else { 255 }).collect();
    jpeg(&samples, 64, 32, ColorType::Luma)
}

/// A gray JPEG of 64 px square, of noise.
fn noise() -> Vec<u8> {
    let samples: Vec<u8> =
        (0..64 * 64u32).map(|index| (index.wrapping_mul(0x9e37_79b9) >> 24) as u8).collect();
    jpeg(&samples, 64, 64, ColorType::Luma)
}

/// A JPEG with a segment put after its SOI.
fn with_segment(jpeg: &[u8], code: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8, 0xff, code];
    bytes.extend((body.len() as u16 + 2).to_be_bytes());
    bytes.extend(body);
    bytes.extend(&jpeg[2..]);
    bytes
}

/// EXIF metadata with an orientation only.
fn exif(orientation: u8) -> Vec<u8> {
    let mut bytes = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    bytes.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    bytes
}

fn png<P>(picture: &ImageBuffer<P, Vec<P::Subpixel>>) -> Vec<u8>
where
    P: ::image::Pixel + ::image::PixelWithColorType,
    [P::Subpixel]: ::image::EncodableLayout,
{
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A chunk of a PNG.
fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let content = [&kind[..], data].concat();
    [&(data.len() as u32).to_be_bytes()[..], &content, &crc32fast::hash(&content).to_be_bytes()].concat()
}

/// A PNG with a chunk put after its header.
fn with_chunk(png: &[u8], kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    [&png[..33], &chunk(kind, data), &png[33..]].concat()
}

fn open_with(bytes: &[u8], options: &OpenOptions) -> Result<Box<dyn Source>, SourceError> {
    open(&TempFile::new("picture", bytes).path, options)
}

fn opened(bytes: &[u8]) -> Box<dyn Source> {
    open_with(bytes, &OpenOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// The problem with a file that does not open.
fn refused(bytes: &[u8]) -> String {
    match open_with(bytes, &OpenOptions::default()) {
        Ok(source) => panic!("opened as {:?}", source.info()),
        Err(error) => error.problem.to_string(),
    }
}

fn pixel(source: &dyn Source, x: u32, y: u32) -> Vec<u8> {
    let mut out = Rgb::filled(1, 1, [0; 3]);
    source.read(Rect { x, y, width: 1, height: 1 }, &mut out).unwrap();
    out.data().to_vec()
}

#[test]
fn a_photo_is_shown_upright() {
    let source = opened(&with_segment(&black_and_white(), 0xe1, &exif(6)));
    assert_eq!(source.info().size, Size::new(32, 64));
    assert_eq!((pixel(&*source, 16, 4), pixel(&*source, 16, 60)), (vec![0; 3], vec![255; 3]));
    let mirrored = opened(&with_segment(&black_and_white(), 0xe1, &exif(2)));
    assert_eq!((pixel(&*mirrored, 4, 16), pixel(&*mirrored, 60, 16)), (vec![255; 3], vec![0; 3]));
}

#[test]
fn a_jpeg_that_is_cut_short_is_an_error_and_not_gray() {
    let whole = noise();
    opened(&whole);
    for length in [whole.len() / 2, whole.len() - 200] {
        refused(&whole[..length]);
    }
}

#[test]
fn a_whole_jpeg_without_its_end_is_read_and_counted() {
    let whole = noise();
    assert_eq!(opened(&whole).untidy(), 0);
    let source = opened(&whole[..whole.len() - 2]);
    assert_eq!(source.untidy(), 1);
    assert_eq!(pixel(&*source, 63, 63), pixel(&*opened(&whole), 63, 63));
}

#[test]
fn stray_markers_between_the_segments_of_a_photo_are_passed_over() {
    let whole = noise();
    let (start, rest) = whole.split_at(2);
    // A restart marker, TEM, and a segment whose length is below its own two bytes.
    for stray in [&b"\xff\xd3"[..], b"\xff\x01", b"\xff\xe5\0\0"] {
        let source = opened(&[start, stray, rest].concat());
        assert_eq!(source.untidy(), 1, "{stray:x?}");
        assert_eq!(pixel(&*source, 63, 63), pixel(&*opened(&whole), 63, 63), "{stray:x?}");
    }
    let problem = refused(&[start, &whole].concat());
    assert!(problem.contains("no marker segment"), "{problem}");
}

#[test]
fn inks_of_a_photo_editor_are_not_a_negative() {
    let cyan: Vec<u8> = [255, 0, 0, 0].repeat(64);
    for kind in [ColorType::Cmyk, ColorType::CmykAsYcck] {
        let source = opened(&jpeg(&cyan, 8, 8, kind));
        let found = pixel(&*source, 4, 4);
        let is_near = found.iter().zip([0u8, 255, 255]).all(|(found, right)| found.abs_diff(right) < 6);
        assert!(is_near, "{kind:?}: {found:?}");
    }
}

#[test]
fn densities_give_the_pixel_size_unless_they_are_those_of_screens() {
    let picture = ImageBuffer::from_pixel(2, 2, Luma([9u8]));
    let density = [4_000_000u32.to_be_bytes(), 2_000_000u32.to_be_bytes()].concat();
    let microscope = with_chunk(&png(&picture), *b"pHYs", &[&density[..], &[1]].concat());
    assert_eq!(opened(&microscope).info().mpp, Some(PixelSize { x: 0.25, y: 0.5 }));
    let density = [2835u32.to_be_bytes(); 2].concat();
    let screen = with_chunk(&png(&picture), *b"pHYs", &[&density[..], &[1]].concat());
    assert_eq!(opened(&screen).info().mpp, None);
    let jfif = with_segment(&black_and_white(), 0xe0, b"JFIF\0\x01\x02\x02\x4e\x20\x4e\x20\0\0");
    // The encoder's own JFIF header, which comes later, has no unit.
    assert_eq!(opened(&jfif).info().mpp, Some(PixelSize { x: 0.5, y: 0.5 }));
}

#[test]
fn a_few_bytes_that_claim_many_pixels_are_refused_before_memory_is_taken() {
    let mut bytes = black_and_white();
    let frame = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    bytes[frame + 5..][..4].copy_from_slice(&[0x4e, 0x20, 0x4e, 0x20]);
    let problem = refused(&bytes);
    assert!(problem.contains("20000x20000") && problem.contains("does not hold"), "{problem}");
}

#[test]
fn a_camera_of_twelve_bits_is_not_black() {
    let dark = ImageBuffer::from_fn(2, 1, |x, _| Luma([1600 * x as u16]));
    let source = opened(&png(&dark));
    assert_eq!(pixel(&*source, 1, 0), [199; 3]);
    let range = source.info().contents.range.clone().unwrap();
    assert_eq!((range.bits, range.high), (16, 2047.0));
    let range = Some(ValueRange { low: 0.0, high: 3200.0 });
    let source = open_with(&png(&dark), &OpenOptions { range, ..OpenOptions::default() }).unwrap();
    assert_eq!(pixel(&*source, 1, 0), [128; 3]);
}

#[test]
fn the_first_of_several_pictures_is_shown_with_a_word() {
    let source = opened(&with_segment(&black_and_white(), 0xe2, b"MPF\0"));
    assert_eq!(source.info().contents.notes, ["the first of several pictures in the file is shown"]);
}

#[test]
fn a_page_that_a_picture_does_not_have_is_an_error() {
    let options = OpenOptions { page: Some(2), ..OpenOptions::default() };
    let error = open_with(&black_and_white(), &options).err().unwrap();
    assert!(matches!(error.problem, SourceProblem::Choice(_)), "{error}");
}

#[test]
fn an_empty_range_is_an_error_and_not_a_picture_in_black_and_white() {
    let range = Some(ValueRange { low: 100.0, high: 100.0 });
    let deep = png(&ImageBuffer::from_pixel(8, 8, Luma([800u16])));
    for bytes in [black_and_white(), deep] {
        let error = open_with(&bytes, &OpenOptions { range, ..OpenOptions::default() }).err().unwrap();
        assert!(matches!(&error.problem, SourceProblem::Choice(text) if text.contains("empty")), "{error}");
    }
}
