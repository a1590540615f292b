//! Tests of encoders that get rows a few at a time: their bytes are read back.

use super::*;
use origami_pyramid::{Point, Rect};
use std::io::Cursor;

fn image(width: usize, height: usize) -> Rgb {
    let samples = (0..3 * width * height).map(|n| (n * n / 89 + n % 3 * 40) as u8);
    Rgb::from_vec(samples.collect(), width, height)
}

/// Encodes `image` `step` rows at a time.
fn encode(image: &Rgb, format: RowFormat, step: usize) -> Vec<u8> {
    let mut encoder = RowEncoder::new(format, image.size());
    let expected = encoder.content_length();
    let mut bytes = encoder.header();
    for start in (0..image.height()).step_by(step) {
        let height = step.min(image.height() - start);
        let mut rows = Rgb::filled(image.width(), height, [0; 3]);
        let window = Rect { x: 0, y: start as u32, width: image.size().width, height: height as u32 };
        rows.copy(Point::new(0, 0), image, window);
        bytes.extend(encoder.rows(&rows));
    }
    bytes.extend(encoder.end());
    assert!(expected.is_none_or(|len| len == bytes.len() as u64), "{expected:?}, not {}", bytes.len());
    bytes
}

fn images() -> [Rgb; 5] {
    [(1, 1), (7, 3), (3, 9), (200, 130), (1000, 40)].map(|(width, height)| image(width, height))
}

/// The samples of a `NumPy` array, and the header before them.
fn read_npy(bytes: &[u8]) -> (&str, &[u8]) {
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00");
    let end = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    assert_eq!(end % 64, 0, "samples are aligned");
    (std::str::from_utf8(&bytes[10..end]).unwrap(), &bytes[end..])
}

#[test]
fn raw_pixels_are_the_samples_and_nothing_else() {
    for image in images() {
        for step in [1, 2, 64] {
            assert!(encode(&image, RowFormat::Raw, step) == image.data());
        }
    }
}

#[test]
fn arrays_have_the_shape_of_their_picture() {
    for image in images() {
        let bytes = encode(&image, RowFormat::Npy, 3);
        let (header, samples) = read_npy(&bytes);
        let shape = format!("({}, {}, 3)", image.height(), image.width());
        let dictionary = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}");
        assert_eq!(header.trim_end(), dictionary);
        assert!(header.ends_with('\n'));
        assert!(samples == image.data());
    }
    // The longest header there is.
    let largest = RowEncoder::new(RowFormat::Npy, Size::square(u32::MAX)).header();
    assert!(read_npy(&largest).0.contains("(4294967295, 4294967295, 3)"));
}

#[test]
fn a_png_in_steps_has_every_pixel_and_the_same_bytes_whatever_the_steps() {
    for image in images() {
        let bytes = encode(&image, RowFormat::Png, 1);
        for step in [2, 7, 1000] {
            assert!(encode(&image, RowFormat::Png, step) == bytes, "{step} rows at a time");
        }
        let mut reader = ::png::Decoder::new(Cursor::new(&bytes)).read_info().unwrap();
        let mut out = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut out).unwrap();
        assert_eq!((info.color_type, info.bit_depth), (::png::ColorType::Rgb, ::png::BitDepth::Eight));
        assert_eq!((info.width, info.height), (image.size().width, image.size().height));
        assert!(out == image.data());
        reader.finish().expect("a complete end");
        assert!(bytes.ends_with(b"IEND\xae\x42\x60\x82"));
    }
}

#[test]
fn a_large_png_comes_out_long_before_its_end() {
    let rows = image(1000, 50);
    let mut encoder = RowEncoder::new(RowFormat::Png, Size::new(1000, 50 * 20));
    let mut longest = encoder.header().len();
    assert!(longest >= 33, "signature and size come first");
    let mut all = longest;
    for _ in 0..20 {
        let bytes = encoder.rows(&rows).len();
        (longest, all) = (longest.max(bytes), all + bytes);
    }
    let end = encoder.end().len();
    assert!(end < 70_000 && longest < all / 4, "{end} and {longest} of {all} bytes");
}

#[test]
#[should_panic(expected = "no more rows than the image has")]
fn rows_below_the_image_are_refused() {
    let mut encoder = RowEncoder::new(RowFormat::Raw, Size::new(4, 3));
    let _ = encoder.rows(&Rgb::filled(4, 4, [0; 3]));
}

#[test]
#[should_panic(expected = "rows are missing")]
fn an_image_without_its_last_rows_has_no_end() {
    let mut encoder = RowEncoder::new(RowFormat::Png, Size::new(4, 3));
    let _ = encoder.rows(&Rgb::filled(4, 2, [0; 3]));
    let _ = encoder.end();
}
