//! Malformed scan headers, restart markers and entropy-coded bytes.

use crate::common::{by_jpeg_encoder, markers, progressive};
use crate::{SOF0, SOF2, SOS, assert_refused, patched, read, small, with_restarts};
use origami_codec::{Coefficients, read_coefficients};

#[test]
fn empty_scans_are_refused() {
    for jpeg in [small(), progressive(&small())] {
        for header in markers(&jpeg, SOS) {
            let scan = header + 2 + usize::from(jpeg[header + 3]);
            let next = (scan..).find(|&offset| jpeg[offset] == 0xff && jpeg[offset + 1] != 0).unwrap();
            assert_refused(&[&jpeg[..scan], &jpeg[next..]].concat(), "ends within a block");
        }
    }
}

#[test]
fn malformed_scan_headers_are_refused() {
    let jpeg = small();
    let scan = markers(&jpeg, SOS)[0] + 4;
    assert_refused(&patched(&jpeg, scan, &[2]), "wrong length");
    assert_refused(&patched(&jpeg, scan, &[0]), "wrong length");
    assert_refused(&patched(&jpeg, scan, &[4]), "wrong length");
    assert_refused(&patched(&jpeg, scan + 1, &[9]), "does not have there");
    assert_refused(&patched(&jpeg, scan + 3, &[1]), "does not have there");
    assert_refused(&patched(&jpeg, scan + 1, &[2, 0, 1]), "does not have there");
    assert_refused(&patched(&jpeg, scan + 2, &[0x40]), "above 3");
    assert_refused(&patched(&jpeg, scan + 2, &[0x20]), "not in the stream");
    for part in [[1, 63, 0], [0, 62, 0], [0, 63, 1], [0, 63, 0x10], [63, 0, 0], [0, 64, 0]] {
        assert_refused(&patched(&jpeg, scan + 7, &part), "part of the blocks");
    }
}

#[test]
fn missing_and_repeated_frame_headers_are_refused() {
    let jpeg = small();
    let frame = markers(&jpeg, SOF0)[0];
    assert_refused(&patched(&jpeg, frame + 13, &[1]), "one id");
    let header = &jpeg[frame..frame + 19];
    assert_refused(&[&jpeg[..frame], header, &jpeg[frame..]].concat(), "second frame");
    assert_refused(&[&jpeg[..frame], &jpeg[frame + 19..]].concat(), "without a frame");
}

#[test]
fn restart_markers_that_are_missing_or_out_of_order_are_refused() {
    let jpeg = with_restarts();
    let restarts: Vec<usize> = (0xd0..=0xd7).flat_map(|code| markers(&jpeg, code)).collect();
    assert_eq!(restarts.len(), 4);
    for &restart in &restarts {
        assert!(read(&[&jpeg[..restart], &jpeg[restart + 2..]].concat()).is_err(), "one is missing");
        for code in 0xd0..=0xd7 {
            let other = patched(&jpeg, restart + 1, &[code]);
            assert_eq!(read(&other).is_ok(), other == jpeg, "{code:#x}");
        }
        let doubled = [&jpeg[..restart + 2], &jpeg[restart..]].concat();
        assert!(read(&doubled).is_err(), "one too many");
    }
    let last = jpeg.len() - 2;
    assert!(read(&[&jpeg[..last], &[0xff, 0xd4], &jpeg[last..]].concat()).is_err(), "one at the end");
    // The interval differs from the stream's.
    let interval = markers(&jpeg, 0xdd)[0] + 4;
    for other in [0, 1, 2, 4, 15, 255] {
        assert!(read(&patched(&jpeg, interval, &[0, other])).is_err(), "interval {other}");
    }
}

#[test]
fn blocks_after_those_of_the_picture_are_no_filler() {
    // With a smaller size some of the blocks would be left over.
    let jpeg = small();
    let size = markers(&jpeg, SOF0)[0] + 5;
    assert_refused(&patched(&jpeg, size, &[0, 16]), "after the last block");
    assert_refused(&patched(&jpeg, size + 2, &[0, 16]), "after the last block");
    let jpeg = progressive(&jpeg);
    let size = markers(&jpeg, SOF2)[0] + 5;
    assert_refused(&patched(&jpeg, size, &[0, 16]), "after the last block");
}

#[test]
fn a_claim_of_more_blocks_than_the_stream_has_bits_is_refused() {
    let jpeg = small();
    let huge = patched(&jpeg, markers(&jpeg, SOF0)[0] + 5, &[0x7f; 4]);
    let error = read_coefficients(&huge, usize::MAX, &mut Coefficients::default()).unwrap_err();
    assert!(error.to_string().contains("too short"), "{error}");
}

#[test]
fn a_repeated_scan_is_refused() {
    for jpeg in [small(), progressive(&small())] {
        let bounds: Vec<usize> = markers(&jpeg, SOS).into_iter().chain([jpeg.len() - 2]).collect();
        for bound in bounds.windows(2) {
            let scan = &jpeg[bound[0]..bound[1]];
            assert_refused(&[&jpeg[..bound[1]], scan, &jpeg[bound[1]..]].concat(), "read before");
        }
    }
}

#[test]
fn a_plane_without_a_scan_is_an_error() {
    let jpeg = by_jpeg_encoder(24, 24, |encoder| encoder.set_progressive(true));
    let scans = markers(&jpeg, SOS);
    if scans.iter().any(|&scan| jpeg[scan + 4] == 3) {
        assert!(read(&patched(&jpeg, scans[0] + 4, &[1])).is_err());
    }
    assert_refused(&[&jpeg[..scans[0]], &[0xff, 0xd9]].concat(), "no scan");
}
