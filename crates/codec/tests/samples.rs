//! Tests decoding to samples of one, three and four components, of tidy and untidy
//! streams, within the sizes that a caller allows.

mod common;

use common::{arithmetic, encode, inserted, sample, scan_ends, segment_offsets, textured};
use origami_codec::{CodecError, Colour, DecodedSamples, Decoder, Photometric, Tidiness, self_contained};
use origami_pyramid::{Plane, Rgb, Size, Subsampling};
use turbojpeg::{Colorspace, Compressor, Image, PixelFormat, Subsamp};

const WIDTH: usize = 40;
const HEIGHT: usize = 24;
const SIZE: Size = Size::new(WIDTH as u32, HEIGHT as u32);

fn decode(jpeg: &[u8]) -> Result<(Vec<u8>, DecodedSamples), CodecError> {
    let mut samples = Vec::new();
    let decoded = Decoder::new()?.decode_samples(jpeg, SIZE, &mut samples)?;
    Ok((samples, decoded))
}

fn smooth_inks() -> Vec<u8> {
    (0..WIDTH * HEIGHT)
        .flat_map(|i| [0, 40, 80, 120].map(|base| (base + i % WIDTH + i / WIDTH) as u8))
        .collect()
}

/// Compresses pixels of one byte a sample.
fn compressed(mut handle: Compressor, pixels: &[u8], format: PixelFormat) -> Vec<u8> {
    let pitch = format.size() * WIDTH;
    handle.compress_to_vec(Image { pixels, width: WIDTH, pitch, height: HEIGHT, format }).unwrap()
}

/// A JPEG of four components.
fn inks(colorspace: Colorspace) -> Vec<u8> {
    let mut handle = Compressor::new().unwrap();
    handle.set_colorspace(colorspace).unwrap();
    handle.set_subsamp(Subsamp::None).unwrap();
    handle.set_quality(95).unwrap();
    compressed(handle, &smooth_inks(), PixelFormat::CMYK)
}

/// A JPEG whose chroma is halved only downwards, whose coefficients cannot be read.
fn s440() -> Vec<u8> {
    let mut handle = Compressor::new().unwrap();
    handle.set_subsamp(Subsamp::Sub1x2).unwrap();
    handle.set_quality(90).unwrap();
    let pixels: Vec<u8> =
        (0..3 * WIDTH * HEIGHT).map(|i| sample(i / 3 % WIDTH, i / 3 / WIDTH, i % 3)).collect();
    compressed(handle, &pixels, PixelFormat::RGB)
}

#[test]
fn four_components_are_decoded_as_they_are_stored() {
    for colorspace in [Colorspace::CMYK, Colorspace::YCCK] {
        let (samples, decoded) = decode(&inks(colorspace)).unwrap();
        assert_eq!(decoded, DecodedSamples { size: SIZE, planes: 4, tidiness: Tidiness::Tidy });
        let close = samples.iter().zip(smooth_inks()).all(|(a, b)| a.abs_diff(b) <= 8);
        assert!(close && samples.len() == 4 * WIDTH * HEIGHT, "{colorspace:?}");
    }
}

#[test]
fn four_components_keep_their_meaning_when_markers_are_left_out() {
    for colorspace in [Colorspace::CMYK, Colorspace::YCCK] {
        let jpeg = inks(colorspace);
        for photometric in [None, Some(Photometric::Cmyk)] {
            let mut out = Vec::new();
            self_contained(None, &jpeg, photometric, &mut out).unwrap();
            assert!(decode(&out).unwrap() == decode(&jpeg).unwrap(), "{colorspace:?} {photometric:?}");
        }
    }
}

#[test]
fn one_component_gives_the_luma() {
    let jpeg = encode(&mut textured(WIDTH, HEIGHT, Subsampling::Gray), 80);
    let (samples, decoded) = decode(&jpeg).unwrap();
    let mut luma = Plane::zeros(WIDTH, HEIGHT);
    Decoder::new().unwrap().decode_luma(&jpeg, &mut luma).unwrap();
    assert_eq!((decoded.planes, &samples[WIDTH..2 * WIDTH]), (1, luma.row(1)));
}

#[test]
fn untidy_streams_of_any_kind_are_decoded_and_counted() {
    let ycc = encode(&mut textured(WIDTH, HEIGHT, Subsampling::S420), 80);
    for jpeg in [s440(), inks(Colorspace::CMYK), inks(Colorspace::YCCK), arithmetic(&ycc), ycc] {
        let (expected, clean) = decode(&jpeg).unwrap();
        let end = jpeg.len() - 2;
        for untidy in [
            jpeg[..end].to_vec(),
            inserted(&jpeg, &segment_offsets(&jpeg), &[0; 9]),
            inserted(&jpeg, &segment_offsets(&jpeg), b"\xff\xd3\xff\x01\xff\xe5\0\0"),
            inserted(&jpeg, &scan_ends(&jpeg), &[0; 90]),
            [&jpeg[..end], &[0; 90]].concat(),
        ] {
            let (samples, decoded) = decode(&untidy).unwrap();
            assert!(samples == expected);
            assert_eq!(decoded, DecodedSamples { tidiness: Tidiness::Untidy, ..clean });
        }
    }
}

#[test]
fn truncated_streams_of_any_kind_are_errors() {
    let ycc = encode(&mut textured(WIDTH, HEIGHT, Subsampling::S420), 80);
    for jpeg in [s440(), inks(Colorspace::CMYK), ycc] {
        for len in 0..jpeg.len() - 2 {
            assert!(decode(&jpeg[..len]).is_err(), "cut at {len}");
            let mut rgb = Rgb::filled(1, 1, [0; 3]);
            let mut decoder = Decoder::new().unwrap();
            assert!(decoder.decode_rgb_covering(&jpeg[..len], SIZE, SIZE, &mut rgb).is_err(), "cut at {len}");
        }
    }
}

#[test]
fn sizes_outside_the_allowed_ones_are_refused_before_a_pixel_is_written() {
    let jpeg = encode(&mut textured(WIDTH, HEIGHT, Subsampling::S420), 80);
    let mut decoder = Decoder::new().unwrap();
    let mut rgb = Rgb::filled(1, 1, [7; 3]);
    for (visible, limit) in [
        (Size::new(41, 24), Size::square(64)),
        (Size::new(40, 25), Size::square(64)),
        (Size::square(1), Size::new(39, 64)),
        (Size::square(1), Size::new(64, 23)),
    ] {
        let error = decoder.decode_rgb_covering(&jpeg, visible, limit, &mut rgb).unwrap_err();
        assert!(matches!(error, CodecError::Size { found: SIZE, .. }), "{error}");
        assert_eq!(rgb, Rgb::filled(1, 1, [7; 3]));
    }
    let error = decoder.decode_samples(&jpeg, Size::new(40, 23), &mut Vec::new()).unwrap_err();
    assert!(matches!(error, CodecError::Size { .. }), "{error}");
    for (visible, limit) in [(SIZE, SIZE), (Size::square(1), Size::square(64)), (SIZE, Size::square(64))] {
        let tidiness = decoder.decode_rgb_covering(&jpeg, visible, limit, &mut rgb).unwrap();
        assert_eq!((rgb.size(), tidiness), (SIZE, Tidiness::Tidy));
    }
}

#[test]
fn a_few_bytes_that_claim_a_large_picture_are_refused_before_memory_is_allocated() {
    let mut jpeg = encode(&mut textured(16, 16, Subsampling::S444), 50);
    let frame = (0..jpeg.len()).find(|&offset| jpeg[offset..].starts_with(&[0xff, 0xc0])).unwrap();
    jpeg[frame + 5..frame + 9].fill(0x20);
    let mut samples = Vec::new();
    let limit = Size::square(0x2020);
    let error = Decoder::new().unwrap().decode_samples(&jpeg, limit, &mut samples).unwrap_err();
    assert!(error.to_string().contains("too short"), "{error}");
    assert_eq!(samples.capacity(), 0);
}

#[test]
fn inks_are_no_rgb() {
    let mut rgb = Rgb::filled(1, 1, [0; 3]);
    let decoded = Decoder::new().unwrap().decode_rgb_covering(&inks(Colorspace::CMYK), SIZE, SIZE, &mut rgb);
    assert!(matches!(decoded, Err(CodecError::Colour(Colour::Other))));
}
