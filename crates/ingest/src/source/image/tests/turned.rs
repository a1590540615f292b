//! Pictures whose metadata say that they are to be turned.

use super::*;
use ::image::codecs::webp::WebPEncoder;
use ::image::{ExtendedColorType, ImageEncoder};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write;

/// EXIF metadata with the orientation 6 as a LONG, as an `II` and as an `MM` TIFF.
const LONGS: [&[u8]; 2] = [
    b"II*\0\x08\0\0\0\x01\0\x12\x01\x04\0\x01\0\0\0\x06\0\0\0\0\0\0\0",
    b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x04\0\0\0\x01\0\0\0\x06\0\0\0\0",
];

/// A picture of 64x32 px, the left half black and the right half white.
fn picture() -> ImageBuffer<Luma<u8>, Vec<u8>> {
    ImageBuffer::from_fn(64, 32, |x, _| Luma([if x < 32 { 0 } else { 255 }]))
}

/// A WebP of that picture with EXIF metadata.
fn webp(exif: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = WebPEncoder::new_lossless(&mut bytes);
    encoder.set_exif_metadata(exif.to_vec()).unwrap();
    encoder.write_image(picture().as_raw(), 64, 32, ExtendedColorType::L8).unwrap();
    bytes
}

/// The text of a profile, as ImageMagick writes it.
fn raw_profile(name: &str, profile: &[u8]) -> Vec<u8> {
    let mut text = format!("\n{name}\n{:8}", profile.len()).into_bytes();
    for line in profile.chunks(12) {
        text.push(b'\n');
        text.extend(line.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()));
    }
    text.push(b'\n');
    text
}

/// Checks that the picture is shown as the orientation 6 demands: black above, white
/// below.
fn assert_upright(bytes: &[u8]) {
    let source = opened(bytes);
    assert_eq!(source.info().size, Size::new(32, 64));
    assert_eq!((pixel(&*source, 16, 4), pixel(&*source, 16, 60)), (vec![0; 3], vec![255; 3]));
}

#[test]
fn an_orientation_that_is_a_long_does_not_leave_the_picture_sideways() {
    for exif in LONGS {
        assert_upright(&with_segment(&black_and_white(), 0xe1, &[&b"Exif\0\0"[..], exif].concat()));
        assert_upright(&with_chunk(&png(&picture()), *b"eXIf", exif));
        assert_upright(&webp(exif));
    }
}

#[test]
fn a_malformed_thumbnail_in_the_metadata_does_not_leave_the_photo_sideways() {
    let mut metadata = exif(6);
    // The next directory has an array of a thumbnail's bits outside the metadata.
    let next = metadata.len() - 4;
    metadata[next..].copy_from_slice(&26u32.to_le_bytes());
    metadata.extend(b"\x01\0\x02\x01\x03\0\x03\0\0\0\xff\xff\0\0\0\0\0\0");
    assert_upright(&with_segment(&black_and_white(), 0xe1, &metadata));
}

#[test]
fn a_png_with_its_metadata_as_a_text_is_not_sideways() {
    let plain = [&b"Raw profile type APP1\0"[..], &raw_profile("generic profile", &exif(6))].concat();
    assert_upright(&with_chunk(&png(&picture()), *b"tEXt", &plain));
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&raw_profile("exif", &exif(6))).unwrap();
    let packed = [&b"Raw profile type exif\0\0"[..], &encoder.finish().unwrap()].concat();
    let packed = with_chunk(&png(&picture()), *b"zTXt", &packed);
    assert_upright(&packed);
    // XMP is kept under the same name.
    let xmp = raw_profile("generic profile", b"http://ns.adobe.com/xap/1.0/\0<x/>");
    let xmp = [&b"Raw profile type APP1\0"[..], &xmp].concat();
    assert_upright(&with_chunk(&packed, *b"tEXt", &xmp));
}

#[test]
fn an_old_text_does_not_turn_a_png_whose_own_metadata_say_otherwise() {
    let text = [&b"Raw profile type exif\0"[..], &raw_profile("exif", &exif(6))].concat();
    let own = exif(1)[6..].to_vec();
    let text_last = with_chunk(&with_chunk(&png(&picture()), *b"tEXt", &text), *b"eXIf", &own);
    let text_first = with_chunk(&with_chunk(&png(&picture()), *b"eXIf", &own), *b"tEXt", &text);
    for bytes in [text_last, text_first] {
        assert_eq!(opened(&bytes).info().size, Size::new(64, 32));
    }
}
