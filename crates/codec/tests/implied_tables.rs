//! Tests that tiles which leave out the standard Huffman tables, as frames of Motion JPEG
//! do, are read with them, and that no other tile is.

mod common;

use common::{
    Split, arithmetic, by_jpeg_encoder, encode, inserted, markers, optimized, progressive, rgb_jpeg, split,
    textured, without,
};
use jpeg_encoder::SamplingFactor;
use origami_codec::{Coefficients, Decoder, Facts, Tidiness, read_coefficients, self_contained};
use origami_pyramid::{Rgb, Size, Subsampling};

const SOF0: u8 = 0xc0;
const DHT: u8 = 0xc4;
const SOS: u8 = 0xda;
const DQT: u8 = 0xdb;
const APP0: u8 = 0xe0;

fn made(tables: Option<&[u8]>, tile: &[u8]) -> (Vec<u8>, Tidiness) {
    let mut out = b"what was there before".to_vec();
    let tidiness = self_contained(tables, tile, None, &mut out).unwrap();
    (out, tidiness)
}

fn pixels(jpeg: &[u8]) -> Rgb {
    let mut rgb = Rgb::filled(1, 1, [0; 3]);
    Decoder::new().unwrap().decode_rgb_covering(jpeg, Size::square(1), Size::square(64), &mut rgb).unwrap();
    rgb
}

fn coefficients(jpeg: &[u8]) -> (Coefficients, Facts) {
    let mut tile = Coefficients::default();
    let facts = read_coefficients(jpeg, 4096, &mut tile).unwrap();
    (tile, facts)
}

/// `jpeg` with another frame header marker.
fn with_frame(jpeg: &[u8], code: u8) -> Vec<u8> {
    let mut jpeg = jpeg.to_vec();
    let frame = markers(&jpeg, SOF0)[0];
    jpeg[frame + 1] = code;
    jpeg
}

fn without_huffman(stream: &[u8]) -> Vec<u8> {
    without(stream, |code| code == DHT)
}

fn without_quantisation(stream: &[u8]) -> Vec<u8> {
    without(stream, |code| code == DQT)
}

/// Number of segments that define Huffman tables.
fn huffman_segments(stream: &[u8]) -> usize {
    markers(stream, DHT).len()
}

/// `stream` with `bytes` in place of each marker of Huffman tables.
fn with_damage(stream: &[u8], bytes: [u8; 2]) -> Vec<u8> {
    let mut damaged = stream.to_vec();
    for at in markers(stream, DHT) {
        damaged[at..at + 2].copy_from_slice(&bytes);
    }
    damaged
}

/// A tile with four Huffman tables, the standard ones, in a segment each.
fn sequential() -> Vec<u8> {
    let jpeg = encode(&mut textured(48, 40, Subsampling::S420), 80);
    assert_eq!(huffman_segments(&jpeg), 4);
    jpeg
}

/// Requires that `tables` and `tile`, of which the latter is `jpeg` but for its tables,
/// are read as that and counted as untidy.
#[track_caller]
fn assert_read_as(jpeg: &[u8], tables: Option<&[u8]>, tile: &[u8], what: &str) {
    let (out, tidiness) = made(tables, tile);
    assert_eq!(tidiness, Tidiness::Untidy, "{what}");
    assert!(pixels(&out) == pixels(jpeg), "{what}");
    let ((tile, facts), (expected, _)) = (coefficients(&out), coefficients(jpeg));
    assert!(tile == expected, "{what}");
    assert!(facts.standard_huffman, "{what}");
    assert_eq!(facts.tidiness, Tidiness::Tidy, "what is made is whole, {what}");
}

/// Requires that no tables are put in, and that the result is refused for want of them.
#[track_caller]
fn assert_no_tables_put_in(tables: Option<&[u8]>, tile: &[u8], what: &str) {
    let (out, _) = made(tables, tile);
    let given = tables.map_or(0, huffman_segments) + huffman_segments(tile);
    assert!(huffman_segments(&out) <= given, "{what}");
    let error = Decoder::new().unwrap().header(&out).unwrap_err().to_string();
    assert!(error.contains("names a Huffman table that is not in the stream"), "{what}: {error}");
}

#[test]
fn a_sequential_tile_without_huffman_tables_is_read_with_the_standard_ones() {
    let restarts = by_jpeg_encoder(40, 24, |encoder| {
        encoder.set_sampling_factor(SamplingFactor::R_4_2_2);
        encoder.set_restart_interval(3);
    });
    let of_ycc = Subsampling::ALL.map(|subsampling| encode(&mut textured(48, 40, subsampling), 80));
    for jpeg in of_ycc.into_iter().chain([rgb_jpeg(32, 80), restarts]) {
        for code in [0xc0, 0xc1] {
            let jpeg = with_frame(&jpeg, code);
            let tile = without_huffman(&jpeg);
            assert_read_as(&jpeg, None, &tile, "baseline or extended");
            let filled = inserted(&tile, &[2], &[0xff; 3]);
            assert_read_as(&jpeg, None, &filled, "with fill bytes");
            let named = inserted(&tile, &[2], b"\xff\xfe\0\x06AVI1");
            assert_read_as(&jpeg, None, &named, "with a comment");
        }
    }
}

#[test]
fn a_tile_that_also_lacks_its_end_is_read() {
    let jpeg = sequential();
    let tile = without_huffman(&jpeg);
    let (out, tidiness) = made(None, &tile[..tile.len() - 2]);
    assert_eq!(tidiness, Tidiness::Untidy);
    assert!(pixels(&out) == pixels(&jpeg));
}

#[test]
fn shared_tables_may_be_those_of_quantisation_only() {
    let jpeg = sequential();
    let Split { tables, tile } = split(&jpeg);
    let quantisation = without_huffman(&tables);
    assert_read_as(&jpeg, Some(&quantisation), &tile, "shared quantisation tables");
    let without_end = &quantisation[..quantisation.len() - 2];
    assert_read_as(&jpeg, Some(without_end), &tile, "shared tables without an end");
    let nothing = [0xff, 0xd8, 0xff, 0xd9];
    assert_read_as(&jpeg, Some(&nothing), &without_huffman(&jpeg), "no shared tables");
}

#[test]
fn tables_that_are_there_are_not_joined_by_others() {
    for jpeg in [sequential(), optimized(&sequential())] {
        let Split { tables, tile } = split(&jpeg);
        let quantisation = without_huffman(&tables);
        let huffman = without_quantisation(&tables);
        for (tables, tile) in [
            (None, jpeg.clone()),
            (Some(&tables), tile),
            (Some(&quantisation), without_quantisation(&jpeg)),
            (Some(&huffman), without_huffman(&jpeg)),
        ] {
            let (out, tidiness) = made(tables.map(|tables| &tables[..]), &tile);
            assert_eq!(tidiness, Tidiness::Tidy);
            assert_eq!(huffman_segments(&out), huffman_segments(&jpeg));
            assert!(pixels(&out) == pixels(&jpeg));
        }
    }
}

#[test]
fn a_stream_that_lost_some_of_its_tables_is_not_read_with_standard_ones() {
    let jpeg = sequential();
    let (tables, scan) = (markers(&jpeg, DHT), markers(&jpeg, SOS)[0]);
    let partial = [&jpeg[..tables[3]], &jpeg[scan..]].concat();
    assert_no_tables_put_in(None, &partial, "without the last table");

    let none = without_huffman(&jpeg);
    let shared = [&[0xff, 0xd8][..], &jpeg[tables[0]..tables[2]], &[0xff, 0xd9]].concat();
    assert_no_tables_put_in(Some(&shared), &none, "with shared tables of luma only");
    let late = inserted(&none, &[none.len() - 2], &jpeg[tables[0]..scan]);
    assert_no_tables_put_in(None, &late, "with tables after the scan");
}

/// The tables are there, but could only be found by guessing.
#[test]
fn tables_whose_markers_are_damaged_are_not_replaced_by_standard_ones() {
    let jpeg = optimized(&sequential());
    let Split { tables, tile } = split(&jpeg);
    // The first is passed over, the others are codes of other markers.
    for damaged in [[0x7f, DHT], [0xff, 0xd4], [0xff, 0x84], [0xff, 0xcc]] {
        let what = format!("{damaged:x?}");
        assert_no_tables_put_in(None, &with_damage(&jpeg, damaged), &what);
        assert_no_tables_put_in(Some(&with_damage(&tables, damaged)), &tile, &what);
    }
}

#[test]
fn progressive_tiles_imply_no_tables() {
    let jpeg = sequential();
    let none = with_frame(&without_huffman(&jpeg), 0xc2);
    assert_no_tables_put_in(None, &none, "no tables at all");
    assert_no_tables_put_in(None, &without_huffman(&progressive(&jpeg)), "none for the first scan");
}

#[test]
fn arithmetic_tiles_stay_as_they_are() {
    let jpeg = arithmetic(&sequential());
    assert!(markers(&jpeg, 0xc9).len() == 1 && huffman_segments(&jpeg) == 0);
    let (out, tidiness) = made(None, &jpeg);
    assert!(out == without(&jpeg, |code| code == APP0));
    assert_eq!(tidiness, Tidiness::Tidy);
    assert!(pixels(&out) == pixels(&jpeg));
}
