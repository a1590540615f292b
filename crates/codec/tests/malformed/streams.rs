//! Streams that are truncated, have flipped bits, or contain bytes outside
//! segments.

use crate::common::{markers, progressive};
use crate::{SOS, assert_refused, read, small, with_restarts};
use origami_codec::{Facts, Tidiness};

#[test]
fn another_picture_in_place_of_the_end_is_an_error() {
    let jpeg = small();
    let without_end = &jpeg[..jpeg.len() - 2];
    assert_refused(&[without_end, &[0xff, 0xd8]].concat(), "no marker segment");
    assert_refused(&[without_end, &small()].concat(), "marker segment");
}

#[test]
fn bytes_after_the_end_are_counted() {
    let expected = read(&small()).unwrap();
    for tail in [&b""[..], b"\0", b"\xff\xd9", b"a longer comment", &small()] {
        let (tile, facts) = read(&[&small(), tail].concat()).unwrap();
        assert!(tile == expected.0);
        assert_eq!(facts, Facts { trailing: tail.len(), ..expected.1.clone() });
    }
}

#[test]
fn fill_bytes_before_markers_are_skipped() {
    let jpeg = with_restarts();
    let (expected, _) = read(&jpeg).unwrap();
    let mut filled = Vec::new();
    for (offset, &byte) in jpeg.iter().enumerate() {
        let marker = byte == 0xff && jpeg.get(offset + 1).is_some_and(|&next| next >= 0xc0);
        filled.extend(std::iter::repeat_n(0xff, if marker && offset > 0 { 3 } else { 0 }));
        filled.push(byte);
    }
    assert!(filled.len() > jpeg.len() + 20);
    let (tile, facts) = read(&filled).unwrap();
    assert!(tile == expected);
    assert_eq!(facts.tidiness, Tidiness::Tidy, "the standard allows it");
}

#[test]
fn a_jpeg_truncated_anywhere_is_an_error() {
    for jpeg in [small(), progressive(&small()), with_restarts()] {
        let first_scan = markers(&jpeg, SOS)[0];
        for len in 0..jpeg.len() {
            // Without its EOI, or a half of that, nothing of the picture is missing.
            assert_eq!(read(&jpeg[..len]).is_ok(), len >= jpeg.len() - 2, "cut at {len}");
            // A progressive JPEG may lack its last scans.
            let ended = [&jpeg[..len], &[0xff, 0xd9]].concat();
            let before_marker = len > first_scan && jpeg[len..].starts_with(&[0xff]) && jpeg[len + 1] != 0;
            let within_marker = jpeg[..len].ends_with(&[0xff]) && jpeg[len] != 0;
            assert!(before_marker || within_marker || read(&ended).is_err(), "ended at {len}");
        }
    }
}

#[test]
fn a_flipped_bit_is_an_error_or_gives_coefficients() {
    for jpeg in [small(), progressive(&small()), with_restarts()] {
        let mut flipped = jpeg.clone();
        let mut successes = 0;
        for bit in 0..8 * jpeg.len() {
            flipped[bit / 8] ^= 1 << (bit % 8);
            if let Ok((tile, facts)) = read(&flipped) {
                successes += 1;
                assert!(facts.quantisation.iter().flatten().all(|&step| step > 0));
                assert!(!tile.blocks().is_empty());
            }
            flipped[bit / 8] ^= 1 << (bit % 8);
        }
        assert!(successes > 100, "of {}", 8 * jpeg.len());
    }
}
