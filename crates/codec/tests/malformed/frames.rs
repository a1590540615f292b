//! Frame headers that are malformed or of unsupported JPEGs.

use crate::common::{arithmetic, encode, inserted, markers, segment_offsets, textured, without};
use crate::{DHT, DQT, SOF0, assert_refused, assert_unsupported, patched, read, small};
use origami_codec::{CodecError, Coefficients, Decoder, read_coefficients};
use origami_pyramid::{Size, Subsampling};
use turbojpeg::{Compressor, Image, PixelFormat};

#[test]
fn unusual_sampling_factors_are_refused_by_name() {
    let jpeg = encode(&mut textured(40, 40, Subsampling::S420), 50);
    let first = markers(&jpeg, SOF0)[0] + 11;
    for factors in [0x41, 0x12, 0x14, 0x44, 0x31] {
        assert_unsupported(&patched(&jpeg, first, &[factors]), "sampling factors");
    }
    assert_unsupported(&patched(&jpeg, first + 3, &[0x21]), "sampling factors");
    assert_unsupported(&patched(&jpeg, first + 6, &[0x22]), "sampling factors");
    for factors in [0x00, 0x20, 0x02, 0x52, 0x25, 0xff] {
        assert_refused(&patched(&jpeg, first, &[factors]), "out of range");
    }
}

#[test]
fn the_sampling_factors_of_a_gray_jpeg_mean_nothing() {
    let jpeg = encode(&mut textured(40, 41, Subsampling::Gray), 50);
    let expected = read(&jpeg).unwrap();
    for factors in [0x22, 0x41, 0x14] {
        let jpeg = patched(&jpeg, markers(&jpeg, SOF0)[0] + 11, &[factors]);
        assert!(read(&jpeg).unwrap() == expected);
    }
}

#[test]
fn a_height_after_the_scan_is_refused() {
    let jpeg = small();
    let size = markers(&jpeg, SOF0)[0] + 5;
    assert_unsupported(&patched(&jpeg, size, &[0, 0]), "DNL");
    let mut with_dnl = jpeg[..jpeg.len() - 2].to_vec();
    with_dnl.extend([0xff, 0xdc, 0, 4, 0, 17, 0xff, 0xd9]);
    assert_unsupported(&with_dnl, "DNL");
    assert_refused(&patched(&jpeg, size + 2, &[0, 0]), "width of 0");
}

#[test]
fn a_claim_of_too_many_blocks_is_refused_before_memory_is_allocated() {
    for subsampling in Subsampling::ALL {
        let jpeg = encode(&mut textured(16, 16, subsampling), 50);
        let size = markers(&jpeg, SOF0)[0] + 5;
        let huge = patched(&jpeg, size, &[0xff; 4]);
        let mut tile = Coefficients::default();
        let before = tile.clone();
        let error = read_coefficients(&huge, 4096, &mut tile).unwrap_err();
        assert!(
            matches!(error, CodecError::TooManyBlocks { max_blocks: 4096, found } if found >= 8192 * 8192)
        );
        assert!(tile == before);
        let blocks = read(&jpeg).unwrap().0.blocks().len();
        assert!(read_coefficients(&jpeg, blocks, &mut tile).is_ok());
        assert!(read_coefficients(&jpeg, blocks - 1, &mut tile).is_err());
    }
}

#[test]
fn other_kinds_of_jpeg_are_refused_by_name() {
    let jpeg = small();
    assert_unsupported(&arithmetic(&jpeg), "arithmetic");
    let frame = markers(&jpeg, SOF0)[0];
    assert_unsupported(&patched(&jpeg, frame + 4, &[12]), "8 bits");
    let mut cmyk = jpeg[..frame].to_vec();
    cmyk.extend([0xff, SOF0, 0, 20, 8, 0, 8, 0, 8, 4]);
    (1..=4).for_each(|id| cmyk.extend([id, 0x11, 0]));
    cmyk.extend(&jpeg[frame + 19..]);
    assert_unsupported(&cmyk, "number of planes");
    // Adobe's marker for RGB instead of JFIF's.
    let adobe = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0";
    assert_unsupported(&[&jpeg[..2], adobe, &jpeg[20..]].concat(), "subsampled RGB");
    for marker in [0xc9, 0xca, 0xcc] {
        assert_unsupported(&patched(&jpeg, frame + 1, &[marker]), "arithmetic");
    }
}

/// Checks that `jpeg` is refused as unsupported wherever it is read, with an error that
/// names `kind`.
#[track_caller]
fn assert_kind_unsupported(jpeg: &[u8], kind: &str) {
    assert_unsupported(jpeg, kind);
    let mut decoder = Decoder::new().unwrap();
    for error in [
        decoder.header(jpeg).unwrap_err(),
        decoder.decode_samples(jpeg, Size::square(64), &mut Vec::new()).unwrap_err(),
    ] {
        assert!(matches!(error, CodecError::Unsupported(_)), "{error}");
        assert!(error.to_string().contains(kind), "{error}");
    }
}

#[test]
fn lossless_and_hierarchical_streams_are_refused_by_name_before_their_tables_are_looked_for() {
    let mut handle = Compressor::new().unwrap();
    handle.set_lossless(true).unwrap();
    let image = Image { pixels: &[7u8; 192][..], width: 8, pitch: 24, height: 8, format: PixelFormat::RGB };
    let lossless = handle.compress_to_vec(image).unwrap();
    assert_kind_unsupported(&lossless, "lossless JPEG");
    let untidy = inserted(&lossless, &segment_offsets(&lossless), &[0; 5]);
    let mut decoder = Decoder::new().unwrap();
    let error = decoder.decode_samples(&untidy, Size::square(64), &mut Vec::new()).unwrap_err();
    assert!(matches!(error, CodecError::Unsupported(_)), "{error}");

    // Quantisation tables, but no Huffman tables, and neither.
    let without_huffman = without(&small(), |code| code == DHT);
    let without_tables = without(&without_huffman, |code| code == DQT);
    for jpeg in [small(), without_huffman, without_tables] {
        let frame = markers(&jpeg, SOF0)[0];
        for marker in [0xc3, 0xc7, 0xcb, 0xcf] {
            assert_kind_unsupported(&patched(&jpeg, frame + 1, &[marker]), "lossless JPEG");
        }
        for marker in [0xc5, 0xc6, 0xcd, 0xce, 0xde, 0xdf] {
            assert_kind_unsupported(&patched(&jpeg, frame + 1, &[marker]), "hierarchical JPEG");
        }
    }
}
