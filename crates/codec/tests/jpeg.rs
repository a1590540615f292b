//! Tests JPEG encoding and decoding of samples, and that mismatches are refused
//! before any sample is written.

mod common;

use common::{encode, split};
use origami_codec::{
    CodecError, Colour, Decoder, Encoder, Photometric, SharedHeader, encoded_bound, self_contained,
};
use origami_pyramid::{Plane, Rgb, Size, Subsampling, Ycc};

/// A tile so smooth that JPEG changes it by a few steps only.
fn smooth(width: usize, height: usize, subsampling: Subsampling) -> Ycc<Vec<u8>> {
    let mut tile = Ycc::zeros(width, height, subsampling);
    let (luma, chroma) = tile.planes_mut();
    for mut plane in std::iter::once(luma).chain(chroma.into_iter().flatten()) {
        for y in 0..plane.height() {
            for (x, sample) in plane.row_mut(y).iter_mut().enumerate() {
                *sample = (60 + (x + y) % 120) as u8;
            }
        }
    }
    tile
}

#[test]
fn planes_survive_encoding_at_every_subsampling_and_odd_size() {
    for subsampling in Subsampling::ALL {
        for (width, height) in [(1, 1), (17, 9), (16, 16), (256, 256), (255, 31), (1, 300)] {
            let mut tile = smooth(width, height, subsampling);
            let jpeg = encode(&mut tile, 95);
            let mut back = Ycc::zeros(width, height, subsampling);
            Decoder::new().unwrap().decode_ycc(&jpeg, &mut back).unwrap();
            let mut luma = Plane::zeros(width, height);
            Decoder::new().unwrap().decode_luma(&jpeg, &mut luma).unwrap();
            for y in 0..height {
                assert_eq!(luma.row(y), back.luma().row(y), "both methods give the same luma");
                for (a, b) in tile.luma().row(y).iter().zip(luma.row(y)) {
                    assert!(a.abs_diff(*b) <= 12, "{subsampling:?} {width}x{height}: {a} became {b}");
                }
            }
        }
    }
}

#[test]
fn the_same_tile_gives_the_same_bytes() {
    let mut encoder = Encoder::new().unwrap();
    let mut first = vec![0; encoded_bound(100, 50, Subsampling::S420)];
    let mut second = first.clone();
    let n = encoder.encode(&mut smooth(100, 50, Subsampling::S420), 80, &mut first).unwrap();
    encoder.encode(&mut smooth(64, 64, Subsampling::Gray), 30, &mut second).unwrap();
    let m = encoder.encode(&mut smooth(100, 50, Subsampling::S420), 80, &mut second).unwrap();
    assert_eq!(first[..n], second[..m]);
}

#[test]
fn a_444_stream_for_a_420_buffer_is_refused_before_a_sample_is_written() {
    let jpeg = encode(&mut smooth(64, 64, Subsampling::S444), 90);
    // The bytes behind the buffer would show a write past its end.
    let len = origami_pyramid::ycc::ycc_len(64, 64, Subsampling::S420);
    let mut buffer = vec![0xa5; len + 8192];
    let mut tile = Ycc::new(&mut buffer[..len], 64, 64, Subsampling::S420);
    let error = Decoder::new().unwrap().decode_ycc(&jpeg, &mut tile).unwrap_err();
    assert!(
        matches!(
            error,
            CodecError::Subsampling { expected: Subsampling::S420, found: Some(Subsampling::S444) }
        ),
        "{error}"
    );
    assert!(buffer.iter().all(|&b| b == 0xa5), "nothing was written");
}

#[test]
fn every_mismatch_of_subsampling_is_refused() {
    for stored in Subsampling::ALL {
        let jpeg = encode(&mut smooth(40, 24, stored), 90);
        for expected in Subsampling::ALL {
            let mut tile = Ycc::zeros(40, 24, expected);
            let result = Decoder::new().unwrap().decode_ycc(&jpeg, &mut tile);
            assert_eq!(result.is_ok(), stored == expected, "{stored:?} into {expected:?}");
            if result.is_err() {
                assert!(tile.samples().iter().all(|&b| b == 0));
            }
        }
    }
}

#[test]
fn another_size_is_refused_in_both_directions() {
    let jpeg = encode(&mut smooth(64, 48, Subsampling::S420), 90);
    for (width, height) in [(48, 64), (63, 48), (64, 47), (128, 128)] {
        let error = Decoder::new()
            .unwrap()
            .decode_ycc(&jpeg, &mut Ycc::zeros(width, height, Subsampling::S420))
            .unwrap_err();
        assert!(matches!(error, CodecError::Size { found: Size { width: 64, height: 48 }, .. }), "{error}");
        let error = Decoder::new().unwrap().decode_luma(&jpeg, &mut Plane::zeros(width, height)).unwrap_err();
        assert!(matches!(error, CodecError::Size { .. }), "{error}");
    }
}

#[test]
fn pixels_of_another_size_are_refused_before_any_is_written() {
    let jpeg = encode(&mut smooth(64, 48, Subsampling::S420), 90);
    let mut decoder = Decoder::new().unwrap();
    let mut rgb = Rgb::filled(1, 1, [7; 3]);
    for (expected, message) in [
        (Size::new(48, 64), "JPEG is 64x48 px where 48x64 px were expected"),
        (Size::new(65, 48), "JPEG is 64x48 px where 65x48 px were expected"),
        (Size::new(64, 47), "JPEG claims 64x48 px, more than the 3008 px allowed here"),
    ] {
        let error = decoder.decode_rgb_sized(&jpeg, expected, &mut rgb).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(rgb, Rgb::filled(1, 1, [7; 3]));
    }
    decoder.decode_rgb_sized(&jpeg, Size::new(64, 48), &mut rgb).unwrap();
    assert_eq!((rgb.width(), rgb.height()), (64, 48));
}

/// An RGB JPEG as Aperio scanners store it: three full planes, no transform. It
/// is made of a 4:4:4 stream by a container's tag that says RGB.
fn rgb_jpeg(width: usize, height: usize) -> Vec<u8> {
    let jpeg = encode(&mut smooth(width, height, Subsampling::S444), 90);
    // Without the JFIF segment, which would mean YCbCr.
    let app0_end = 2 + 2 + usize::from(u16::from_be_bytes([jpeg[4], jpeg[5]]));
    let bare = [&jpeg[..2], &jpeg[app0_end..]].concat();
    let mut out = Vec::new();
    self_contained(None, &bare, Some(Photometric::Rgb), &mut out).unwrap();
    out
}

#[test]
fn an_rgb_stream_is_refused_as_ycc_and_decodes_to_its_own_samples() {
    let jpeg = rgb_jpeg(32, 32);
    let mut decoder = Decoder::new().unwrap();
    assert_eq!(decoder.header(&jpeg).unwrap().colour, Colour::Rgb);
    let error = decoder.decode_ycc(&jpeg, &mut Ycc::zeros(32, 32, Subsampling::S444)).unwrap_err();
    assert!(matches!(error, CodecError::Colour(Colour::Rgb)), "{error}");
    assert!(decoder.decode_luma(&jpeg, &mut Plane::zeros(32, 32)).is_err());
    let mut rgb = Rgb::filled(1, 1, [0; 3]);
    decoder.decode_rgb(&jpeg, 32 * 32, &mut rgb).unwrap();
    let red = rgb.row(10)[30];
    assert!(red.abs_diff(60 + 20) <= 6, "red is the first plane unchanged, got {red}");
}

#[test]
fn a_stream_that_claims_too_many_pixels_is_refused_before_allocating() {
    let mut jpeg = encode(&mut smooth(16, 16, Subsampling::S420), 90);
    let header = SharedHeader::of(&jpeg).unwrap();
    let scan = header.scan_of(&jpeg).unwrap().to_vec();
    jpeg.resize(header.joined_len(scan.len()), 0);
    header.join(65_000, 65_000, &scan, &mut jpeg);
    let mut rgb = Rgb::filled(1, 1, [0; 3]);
    let error = Decoder::new().unwrap().decode_rgb(&jpeg, 1 << 20, &mut rgb).unwrap_err();
    assert!(matches!(error, CodecError::TooLarge { found: Size { width: 65_000, .. }, .. }), "{error}");
    assert_eq!(rgb.width(), 1);
}

#[test]
fn streams_truncated_at_any_length_are_errors_and_the_decoder_stays_usable() {
    let jpeg = encode(&mut smooth(64, 64, Subsampling::S420), 80);
    let mut decoder = Decoder::new().unwrap();
    let mut tile = Ycc::zeros(64, 64, Subsampling::S420);
    for len in 0..jpeg.len() - 2 {
        assert!(
            decoder.decode_ycc(&jpeg[..len], &mut tile).is_err(),
            "{len} of {} bytes decoded",
            jpeg.len()
        );
    }
    decoder.decode_ycc(&jpeg, &mut tile).unwrap();
}

#[test]
fn a_tile_without_tables_is_not_decoded_with_those_of_the_previous_stream() {
    let jpeg = encode(&mut smooth(48, 48, Subsampling::S420), 80);
    let mut decoder = Decoder::new().unwrap();
    let mut rgb = Rgb::filled(1, 1, [0; 3]);
    decoder.decode_rgb(&jpeg, 1 << 16, &mut rgb).unwrap();
    let error = decoder.decode_rgb(&split(&jpeg).tile, 1 << 16, &mut rgb).unwrap_err();
    assert!(error.to_string().contains("quantisation table"), "{error}");
}

#[test]
fn a_short_output_buffer_is_an_error_not_an_overrun() {
    let mut out = vec![0; 100];
    let error =
        Encoder::new().unwrap().encode(&mut smooth(64, 64, Subsampling::S420), 80, &mut out).unwrap_err();
    assert!(matches!(error, CodecError::OutputTooSmall { len: 100, .. }), "{error}");
}

#[test]
fn a_shared_header_restores_the_same_jpeg_at_any_size() {
    let header = SharedHeader::of(&encode(&mut smooth(256, 256, Subsampling::Gray), 80)).unwrap();
    let again = SharedHeader::of(header.bytes()).unwrap();
    assert_eq!(again, header, "a stored header reads back");
    for (width, height) in [(256, 256), (17, 256), (1, 1)] {
        let jpeg = encode(&mut smooth(width, height, Subsampling::Gray), 80);
        let scan = header.scan_of(&jpeg).unwrap();
        let mut out = vec![0; header.joined_len(scan.len()) + 10];
        assert_eq!(header.join(width as u16, height as u16, scan, &mut out), jpeg);
    }
    let other = encode(&mut smooth(256, 256, Subsampling::Gray), 70);
    assert!(header.scan_of(&other).is_err(), "other tables");
}

#[test]
fn headers_truncated_at_any_length_are_errors() {
    let jpeg = encode(&mut smooth(16, 16, Subsampling::Gray), 80);
    let header = SharedHeader::of(&jpeg).unwrap();
    for len in 0..header.bytes().len() {
        assert!(SharedHeader::of(&jpeg[..len]).is_err(), "{len} bytes passed as a header");
    }
}
