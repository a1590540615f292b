//! Tests of formats and of the encoder.

use super::*;
use origami_codec::Decoder;
use std::collections::HashSet;
use std::io::Cursor;

fn encoder() -> PixelEncoder {
    PixelEncoder::new(Pools::new(0)).unwrap()
}

/// Waves with some noise.
fn noisy_image(width: usize, height: usize) -> Rgb {
    let mut pixels = Rgb::filled(width, height, [0; 3]);
    for (n, sample) in pixels.data_mut().iter_mut().enumerate() {
        *sample = (n * n / 97 + n % 3 * 40) as u8;
    }
    pixels
}

fn all_differ(property: fn(Format) -> &'static str) -> bool {
    Format::ALL.into_iter().map(property).collect::<HashSet<_>>().len() == Format::ALL.len()
}

#[test]
fn all_properties_distinguish_the_formats() {
    for (number, format) in Format::ALL.into_iter().enumerate() {
        assert_eq!(format as usize, number);
        for extension in format.extensions() {
            assert_eq!(Format::of_extension(extension), Some(format));
        }
        assert_eq!(format.extension(), format.extensions()[0]);
        assert!(Format::UNKNOWN.contains(&format!(".{}", format.extension())));
    }
    assert!(all_differ(Format::content_type));
    assert!(all_differ(Format::extension));
    assert!(all_differ(Format::etag_part));
    // Clients keep entity tags of tiles for years, so they must not change.
    assert_eq!((Format::default(), Format::Jpeg.etag_part()), (Format::Jpeg, ""));
}

#[test]
fn other_extensions_belong_to_no_format() {
    for extension in ["", ".", "JPG", "Png", "PNG", ".png", "png ", "jpegx", "webp", "bmp", "image/png"] {
        assert_eq!(Format::of_extension(extension), None, "{extension:?}");
    }
}

#[test]
fn png_has_every_pixel_and_the_same_bytes_every_time() {
    let mut encoder = encoder();
    // Filters work on several bytes at a time, so widths matter.
    for (width, height) in [(1, 1), (1, 40), (40, 1), (7, 9), (11, 3), (240, 256), (256, 256)] {
        let pixels = noisy_image(width, height);
        let encoded = encoder.encode(&pixels, Format::Png, 80).unwrap();
        let other = encoder.encode(&pixels, Format::Png, 20).unwrap();
        assert_eq!(encoded, other, "the quality is ignored");
        assert_eq!(encoded.capacity(), encoded.len());
        let mut reader = png::Decoder::new(Cursor::new(&encoded)).read_info().unwrap();
        let mut out = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut out).unwrap();
        assert_eq!((info.color_type, info.bit_depth), (png::ColorType::Rgb, png::BitDepth::Eight));
        assert_eq!((info.width as usize, info.height as usize), (width, height));
        assert!(out == pixels.data(), "{width}x{height}");
    }
}

#[test]
fn an_image_of_one_colour_is_small_as_png() {
    let glass = Rgb::filled(256, 256, [242, 240, 243]);
    let encoded = encoder().encode(&glass, Format::Png, 80).unwrap();
    assert!(encoded.len() < 4096, "{} bytes", encoded.len());
}

#[test]
fn jpeg_resembles_the_pixels_and_grows_with_quality() {
    let (mut encoder, pixels) = (encoder(), Rgb::filled(33, 17, [200, 40, 96]));
    let encoded = encoder.encode(&pixels, Format::Jpeg, 80).unwrap();
    assert_eq!(encoded, encoder.encode(&pixels, Format::Jpeg, 80).unwrap());
    assert_eq!(encoded.capacity(), encoded.len());
    let mut decoded = Rgb::filled(1, 1, [0; 3]);
    Decoder::new().unwrap().decode_rgb(&encoded, 33 * 17, &mut decoded).unwrap();
    assert_eq!((decoded.width(), decoded.height()), (33, 17));
    for (sample, expected) in decoded.data().iter().zip(pixels.data()) {
        assert!(sample.abs_diff(*expected) < 6, "{sample} for {expected}");
    }
    let noisy = noisy_image(64, 64);
    let [coarse, fine] = [10, 95].map(|quality| encoder.encode(&noisy, Format::Jpeg, quality).unwrap().len());
    assert!(coarse < fine, "{coarse} and {fine} bytes");
}
