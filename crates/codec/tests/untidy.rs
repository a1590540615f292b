//! Tests that complete but untidy streams are read as the clean ones they were made of,
//! and that nothing that lost a block passes for one.

mod common;

use common::{
    by_jpeg_encoder, encode, inserted, markers, optimized, progressive, rgb_jpeg, scan_ends, segment_offsets,
    textured,
};
use jpeg_encoder::SamplingFactor;
use origami_codec::{CodecError, Coefficients, Decoder, Facts, Tidiness, read_coefficients, tidy};
use origami_pyramid::{Rgb, Size, Subsampling};
use proptest::prelude::*;
use std::sync::LazyLock;

/// JPEGs of all kinds whose coefficients can be read.
static CLEAN: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut clean = vec![rgb_jpeg(40, 60)];
    for subsampling in Subsampling::ALL {
        let jpeg = encode(&mut textured(40, 24, subsampling), 60);
        clean.extend([optimized(&jpeg), progressive(&jpeg), jpeg]);
    }
    for (interval, progressive) in [(1, false), (3, false), (2, true)] {
        clean.push(by_jpeg_encoder(83, 61, |encoder| {
            encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
            encoder.set_restart_interval(interval);
            encoder.set_progressive(progressive);
        }));
    }
    clean
});

fn read(jpeg: &[u8]) -> Result<(Coefficients, Facts), CodecError> {
    let mut tile = Coefficients::default();
    read_coefficients(jpeg, 4096, &mut tile).map(|facts| (tile, facts))
}

fn pixels(jpeg: &[u8]) -> Result<(Rgb, Tidiness), CodecError> {
    let mut rgb = Rgb::filled(1, 1, [0; 3]);
    let decoded = Decoder::new()?.decode_rgb_covering(jpeg, Size::square(1), Size::square(100), &mut rgb);
    decoded.map(|tidiness| (rgb, tidiness))
}

fn tidied(jpeg: &[u8]) -> Result<Vec<u8>, CodecError> {
    let mut out = b"what was there before".to_vec();
    tidy(jpeg, &mut out).map(|()| out)
}

/// Requires that `untidy`, which was made of `clean`, is read as that, and counted.
#[track_caller]
fn assert_read_as(untidy: &[u8], clean: &[u8], what: &str) {
    let (expected, clean_facts) = read(clean).unwrap();
    let (tile, facts) = read(untidy).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(tile == expected, "{what}");
    assert_eq!((facts.tidiness, clean_facts.tidiness), (Tidiness::Untidy, Tidiness::Tidy), "{what}");
    assert_eq!((facts.scan, facts.quantisation), (None, clean_facts.quantisation), "{what}");
    assert!(tidied(untidy).unwrap() == clean, "{what}");
    assert!(pixels(untidy).unwrap().0 == pixels(clean).unwrap().0, "{what}");
}

#[test]
fn an_untidy_stream_has_the_coefficients_of_the_clean_one() {
    for jpeg in CLEAN.iter() {
        assert!(tidied(jpeg).unwrap() == *jpeg, "what is tidy stays as it is");
        let end = jpeg.len() - 2;
        let (segments, ends) = (segment_offsets(jpeg), scan_ends(jpeg));
        assert_read_as(&jpeg[..end], jpeg, "without EOI");
        assert_read_as(&jpeg[..=end], jpeg, "with half of EOI");
        assert_read_as(&inserted(jpeg, &segments, &[0; 5]), jpeg, "zeros between segments");
        assert_read_as(&inserted(jpeg, &segments, b"text\xff\0text"), jpeg, "text between segments");
        for zeros in [1, 4, 30] {
            assert_read_as(&inserted(jpeg, &ends, &vec![0; zeros]), jpeg, "zeros before markers");
            let padded = [&jpeg[..end], &vec![0; zeros]].concat();
            assert_read_as(&padded, jpeg, "zeros in place of EOI");
        }
        assert_read_as(&inserted(jpeg, &ends, b"\0\0\xff\xff\xff"), jpeg, "zeros and fill bytes");
    }
}

#[test]
fn bytes_other_than_zeros_before_markers_are_passed_over() {
    // They are too short for an MCU of six blocks.
    let jpeg = encode(&mut textured(40, 24, Subsampling::S420), 60);
    for bytes in [&b"\x12\x34"[..], b"\xff\0", b"\x55"] {
        assert_read_as(&inserted(&jpeg, &scan_ends(&jpeg), bytes), &jpeg, "before EOI");
        assert_read_as(&[&jpeg[..jpeg.len() - 2], bytes].concat(), &jpeg, "in place of EOI");
    }
}

/// Markers that stand alone, and segments of applications whose length is not even that
/// of itself.
const STRAY: [&[u8]; 5] =
    [b"\xff\xd3", b"\xff\x01", b"\xff\xd0\xff\xff\x01\xff\xd7", b"\xff\xe5\0\0", b"\xff\xfe\0\x01"];

/// Where stray markers are passed over: before the segments up to the first scan, and
/// before headers of later scans, unless the bits of the scan before end there.
fn between_segments(jpeg: &[u8]) -> Vec<usize> {
    let ends = scan_ends(jpeg);
    let scans = markers(jpeg, 0xda);
    let later = scans[1..].iter().copied().filter(|scan| !ends.contains(scan));
    segment_offsets(jpeg).into_iter().chain(later).collect()
}

#[test]
fn stray_markers_between_segments_are_passed_over() {
    for jpeg in CLEAN.iter() {
        for stray in STRAY {
            let untidy = inserted(jpeg, &between_segments(jpeg), stray);
            assert_read_as(&untidy, jpeg, &format!("{stray:x?}"));
            assert_read_as(&untidy[..untidy.len() - 2], jpeg, &format!("{stray:x?} without EOI"));
        }
    }
}

#[test]
fn a_stream_with_stray_markers_that_lost_a_block_is_an_error() {
    for jpeg in CLEAN.iter() {
        let untidy = inserted(jpeg, &between_segments(jpeg), &STRAY.concat());
        for len in 0..untidy.len() - 2 {
            assert!(read(&untidy[..len]).is_err(), "cut at {len}");
        }
    }
}

#[test]
fn a_marker_that_stands_alone_does_not_end_a_scan() {
    for jpeg in CLEAN.iter() {
        let (header, ends) = (markers(jpeg, 0xda)[0], scan_ends(jpeg));
        let bits = header + 2 + usize::from(jpeg[header + 3]);
        for stray in [&b"\xff\xd3"[..], b"\xff\x01"] {
            for offset in [bits.midpoint(ends[0]), ends[ends.len() - 1]] {
                assert!(read(&inserted(jpeg, &[offset], stray)).is_err(), "{stray:x?} at {offset}");
            }
        }
    }
}

#[test]
fn fill_bytes_before_markers_are_tidy() {
    for jpeg in CLEAN.iter() {
        let filled = inserted(jpeg, &segment_offsets(jpeg), &[0xff; 7]);
        assert_eq!(read(&filled).unwrap().1.tidiness, Tidiness::Tidy);
        let filled = inserted(jpeg, &scan_ends(jpeg), &[0xff; 7]);
        assert_eq!(read(&filled).unwrap().1.tidiness, Tidiness::Tidy);
    }
}

proptest! {
    #[test]
    fn any_mixture_of_zeros_gives_the_same_coefficients(
        kind in any::<prop::sample::Index>(),
        zeros in prop::collection::vec(0usize..40, 1..20),
        with_end in any::<bool>(),
    ) {
        let jpeg = kind.get(&CLEAN[..]);
        let offsets = [segment_offsets(jpeg), scan_ends(jpeg)].concat();
        let mut untidy = Vec::new();
        let mut from = 0;
        for (number, &offset) in offsets.iter().enumerate() {
            untidy.extend_from_slice(&jpeg[from..offset]);
            untidy.resize(untidy.len() + zeros[number % zeros.len()], 0);
            from = offset;
        }
        untidy.extend_from_slice(if with_end { &jpeg[from..] } else { &[] });
        if untidy != *jpeg {
            assert_read_as(&untidy, jpeg, "a mixture");
        }
    }
}

#[test]
fn a_stream_that_lost_a_block_is_an_error() {
    for jpeg in CLEAN.iter() {
        for len in 0..jpeg.len() - 2 {
            let cut = &jpeg[..len];
            assert!(read(cut).is_err(), "cut at {len}");
            assert!(tidied(cut).is_err(), "cut at {len}");
        }
    }
}

/// Number of blocks that differ.
fn differing(a: &Coefficients, b: &Coefficients) -> usize {
    a.blocks().iter().zip(b.blocks()).filter(|(a, b)| a != b).count()
}

#[test]
fn zeros_in_place_of_lost_blocks_do_not_pass_for_filler() {
    for subsampling in Subsampling::ALL {
        let jpeg = encode(&mut textured(40, 24, subsampling), 60);
        let (expected, _) = read(&jpeg).unwrap();
        for len in jpeg.len() / 2..jpeg.len() - 3 {
            for end in [&[][..], &[0xff, 0xd9]] {
                let Ok((tile, _)) = read(&[&jpeg[..len], &[0; 600], end].concat()) else { continue };
                // One zero byte may well be the last of the picture: up to two blocks, and the
                // one before that was cut.
                assert!(differing(&tile, &expected) <= 3, "{subsampling:?} cut at {len}");
            }
        }
    }
}

#[test]
fn another_number_of_restart_intervals_is_an_error_in_untidy_streams_too() {
    let jpeg = &CLEAN[CLEAN.len() - 2];
    let dri = (0..jpeg.len()).find(|&offset| jpeg[offset..].starts_with(&[0xff, 0xdd])).unwrap();
    let untidy = inserted(jpeg, &scan_ends(jpeg), &[0; 4]);
    assert!(read(&untidy).is_ok());
    for interval in (0..=30).filter(|&interval| interval != 3) {
        let mut other = untidy.clone();
        other[dri + 5] = interval;
        assert!(read(&other).is_err(), "interval {interval}");
    }
}
