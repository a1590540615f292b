//! Tests of all encoders: their images are decoded by other programs' code where there
//! is some.

use super::*;
use crate::Effort;
use image::ImageFormat;
use origami_codec::Decoder;
use origami_pyramid::Size;
use std::collections::HashSet;
use std::io::Cursor;

fn encoder() -> PixelEncoder {
    PixelEncoder::new(Pools::new(0)).unwrap()
}

fn encoding(format: Format, fidelity: Fidelity) -> Encoding {
    Encoding::new(format, fidelity).unwrap()
}

fn jpeg(quality: u8) -> Encoding {
    encoding(Format::Jpeg, Fidelity::Quality(quality))
}

/// Every kind of encoding, at this quality if it has one.
fn encodings(quality: u8) -> Vec<Encoding> {
    let fidelities = [Fidelity::Lossless, Fidelity::Quality(quality)];
    let mut encodings: Vec<Encoding> = Vec::new();
    for (format, fidelity) in Format::ALL.into_iter().flat_map(|f| fidelities.map(|fidelity| (f, fidelity))) {
        for effort in Effort::ALL {
            let encoding = Encoding::new(format, fidelity).map(|encoding| encoding.with_effort(effort));
            encodings.extend(encoding.filter(|encoding| !encodings.contains(encoding)));
        }
    }
    encodings
}

/// Waves with some noise.
fn noisy_image(width: usize, height: usize) -> Rgb {
    let mut pixels = Rgb::filled(width, height, [0; 3]);
    for (n, sample) in pixels.data_mut().iter_mut().enumerate() {
        *sample = (n * n / 97 + n % 3 * 40) as u8;
    }
    pixels
}

/// Long waves in three directions, as smooth as photographs are.
fn smooth_image(width: usize, height: usize) -> Rgb {
    let mut pixels = Rgb::filled(width, height, [0; 3]);
    for y in 0..height {
        for (x, pixel) in pixels.row_mut(y).chunks_exact_mut(3).enumerate() {
            let (x, y) = (x as f64, y as f64);
            for (sample, wave) in pixel.iter_mut().zip([x / 25.0, y / 30.0, (x + y) / 40.0]) {
                *sample = (128.0 + 90.0 * wave.sin()) as u8;
            }
        }
    }
    pixels
}

fn decode(bytes: &[u8], format: ImageFormat) -> Rgb {
    let image = image::load_from_memory_with_format(bytes, format).unwrap().to_rgb8();
    let (width, height) = image.dimensions();
    Rgb::from_vec(image.into_raw(), width as usize, height as usize)
}

/// Peak signal-to-noise ratio in decibels.
fn psnr(actual: &Rgb, expected: &Rgb) -> f64 {
    assert_eq!(actual.size(), expected.size());
    let squares = actual.data().iter().zip(expected.data()).map(|(&a, &b)| f64::from(a.abs_diff(b)).powi(2));
    let error = squares.sum::<f64>() / expected.data().len() as f64;
    10.0 * (255.0 * 255.0 / error.max(1e-9)).log10()
}

/// The size that the header of an AVIF says.
fn avif_size(bytes: &[u8]) -> Size {
    assert_eq!(&bytes[4..12], b"ftypavif");
    let start = bytes.windows(4).position(|name| name == b"ispe").expect("a size");
    let [width, height] = [8, 12].map(|at| u32::from_be_bytes(bytes[start + at..][..4].try_into().unwrap()));
    Size::new(width, height)
}

#[test]
fn all_encodings_give_the_same_bytes_every_time_without_spare_capacity() {
    let pixels = noisy_image(67, 45);
    let encodings = encodings(80);
    assert_eq!(encodings.len(), 1 + 1 + 6 + 3);
    for encoding in encodings {
        for tone in Tone::ALL {
            let mut toned = pixels.clone();
            tone.apply(&mut toned);
            let bytes = encoder().encode(&toned, tone, encoding).unwrap();
            assert_eq!(bytes.capacity(), bytes.len());
            let mut used = encoder();
            used.encode(&smooth_image(9, 200), Tone::Colour, encoding).unwrap();
            assert!(used.encode(&toned, tone, encoding).unwrap() == bytes, "{tone:?} {encoding:?}");
        }
    }
}

#[test]
fn png_has_every_pixel() {
    let (mut encoder, png) = (encoder(), encoding(Format::Png, Fidelity::Lossless));
    // Filters work on several bytes at a time, so widths matter.
    for (width, height) in [(1, 1), (1, 40), (40, 1), (7, 9), (11, 3), (240, 256), (256, 256)] {
        let pixels = noisy_image(width, height);
        for (tone, colour, depth) in [
            (Tone::Colour, ::png::ColorType::Rgb, ::png::BitDepth::Eight),
            (Tone::Gray, ::png::ColorType::Grayscale, ::png::BitDepth::Eight),
            (Tone::Bitonal, ::png::ColorType::Grayscale, ::png::BitDepth::One),
        ] {
            let mut toned = pixels.clone();
            tone.apply(&mut toned);
            let bytes = encoder.encode(&toned, tone, png).unwrap();
            let mut reader = ::png::Decoder::new(Cursor::new(&bytes)).read_info().unwrap();
            let mut out = vec![0; reader.output_buffer_size().unwrap()];
            let info = reader.next_frame(&mut out).unwrap();
            assert_eq!((info.color_type, info.bit_depth), (colour, depth));
            assert!(decode(&bytes, ImageFormat::Png) == toned, "{tone:?} {width}x{height}");
        }
    }
}

#[test]
fn an_image_of_one_colour_is_small_in_all_formats() {
    let glass = Rgb::filled(256, 256, [242, 240, 243]);
    for encoding in encodings(80) {
        let bytes = encoder().encode(&glass, Tone::Colour, encoding).unwrap();
        assert!(bytes.len() < 4096, "{} bytes as {encoding:?}", bytes.len());
    }
}

#[test]
fn lossless_webp_has_every_pixel_whatever_the_effort() {
    let mut encoder = encoder();
    let lossless = encoding(Format::WebP, Fidelity::Lossless);
    for (width, height) in [(1, 1), (1, 40), (40, 1), (7, 9), (256, 256)] {
        for pixels in [noisy_image(width, height), smooth_image(width, height)] {
            for effort in Effort::ALL {
                let bytes = encoder.encode(&pixels, Tone::Colour, lossless.with_effort(effort)).unwrap();
                assert!(decode(&bytes, ImageFormat::WebP) == pixels, "{width}x{height} {effort:?}");
            }
        }
    }
}

#[test]
fn lossy_images_resemble_the_pixels_at_every_size() {
    let mut encoder = encoder();
    for (width, height) in [(1, 1), (33, 17), (256, 256)] {
        let pixels = smooth_image(width, height);
        for quality in [80, 95] {
            let bytes = encoder.encode(&pixels, Tone::Colour, jpeg(quality)).unwrap();
            let mut decoded = Rgb::filled(1, 1, [0; 3]);
            Decoder::new().unwrap().decode_rgb(&bytes, width * height, &mut decoded).unwrap();
            let jpeg_psnr = psnr(&decoded, &pixels);
            let webp = encoding(Format::WebP, Fidelity::Quality(quality));
            for effort in Effort::ALL {
                let bytes = encoder.encode(&pixels, Tone::Colour, webp.with_effort(effort)).unwrap();
                let webp_psnr = psnr(&decode(&bytes, ImageFormat::WebP), &pixels);
                let least = jpeg_psnr.min(webp_psnr);
                assert!(least > 33.0, "{jpeg_psnr} and {webp_psnr} dB at {width}x{height}, {quality}");
            }
        }
    }
}

#[test]
fn avif_says_its_size_whatever_the_effort() {
    let mut encoder = encoder();
    let avif = encoding(Format::Avif, Fidelity::Quality(80));
    for (width, height) in [(1, 1), (1, 70), (70, 1), (33, 17), (256, 256)] {
        let pixels = smooth_image(width, height);
        for effort in Effort::ALL {
            let bytes = encoder.encode(&pixels, Tone::Colour, avif.with_effort(effort)).unwrap();
            assert_eq!(avif_size(&bytes), pixels.size());
        }
    }
}

#[test]
fn no_two_efforts_are_the_same_work() {
    let (mut encoder, pixels) = (encoder(), smooth_image(256, 256));
    for of_any_effort in [
        encoding(Format::WebP, Fidelity::Quality(80)),
        encoding(Format::WebP, Fidelity::Lossless),
        encoding(Format::Avif, Fidelity::Quality(80)),
    ] {
        let images: HashSet<_> = Effort::ALL
            .map(|effort| encoder.encode(&pixels, Tone::Colour, of_any_effort.with_effort(effort)).unwrap())
            .into();
        assert_eq!(images.len(), Effort::ALL.len(), "{of_any_effort:?}");
    }
}

#[test]
fn images_grow_with_their_quality() {
    let (mut encoder, pixels) = (encoder(), noisy_image(64, 64));
    for format in [Format::Jpeg, Format::WebP, Format::Avif] {
        let sizes = [10, 50, 95].map(|quality| {
            encoder.encode(&pixels, Tone::Colour, encoding(format, Fidelity::Quality(quality))).unwrap().len()
        });
        assert!(sizes.is_sorted() && sizes[0] < sizes[2], "{sizes:?} bytes as {format:?}");
    }
}

/// The sampling factors of the first component, and the number of components, in the
/// frame header of a JPEG.
fn sampling(jpeg: &[u8]) -> (u8, u8) {
    let frame = jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]).expect("a baseline frame");
    (jpeg[frame + 11], jpeg[frame + 9])
}

#[test]
fn jpeg_has_the_chroma_that_its_quality_and_tone_ask_for() {
    let (mut encoder, mut pixels) = (encoder(), smooth_image(48, 48));
    let [below, from] = [89, 90].map(|quality| encoder.encode(&pixels, Tone::Colour, jpeg(quality)).unwrap());
    assert_eq!(sampling(&below), (0x22, 3));
    assert_eq!(sampling(&from), (0x11, 3));
    Tone::Gray.apply(&mut pixels);
    for tone in [Tone::Gray, Tone::Bitonal] {
        assert_eq!(sampling(&encoder.encode(&pixels, tone, jpeg(90)).unwrap()).1, 1);
    }
}

#[test]
fn a_jpeg_beyond_all_buffers_is_encoded_without_one() {
    let pixels = Rgb::filled(3000, 2500, [90, 120, 200]);
    let bytes = encoder().encode(&pixels, Tone::Colour, jpeg(90)).unwrap();
    let mut decoded = Rgb::filled(1, 1, [0; 3]);
    Decoder::new().unwrap().decode_rgb(&bytes, 3000 * 2500, &mut decoded).unwrap();
    assert!(psnr(&decoded, &pixels) > 45.0);
}

#[test]
#[should_panic(expected = "16384x1 px as")]
fn an_image_that_a_format_cannot_hold_is_refused() {
    let wide = Rgb::filled(16_384, 1, [0; 3]);
    let _ = encoder().encode(&wide, Tone::Colour, encoding(Format::WebP, Fidelity::Lossless));
}

#[test]
fn formats_hold_what_they_say() {
    for encoding in encodings(80) {
        let max = encoding.format.max_side().min(70_000) as usize;
        for pixels in [Rgb::filled(max, 1, [9, 8, 7]), Rgb::filled(1, max, [9, 8, 7])] {
            assert!(!encoder().encode(&pixels, Tone::Colour, encoding).unwrap().is_empty(), "{encoding:?}");
        }
    }
}
