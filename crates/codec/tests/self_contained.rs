//! Tests that tiles of containers become JPEGs that stand alone, say their colour and
//! nothing about their owner.

mod common;

use common::{
    Split, by_jpeg_encoder, encode, inserted, markers, progressive, rgb_jpeg, scan_ends, segment_offsets,
    split, textured, without,
};
use origami_codec::{
    Coefficients, Colour, Decoder, Photometric, Tidiness, read_coefficients, self_contained,
};
use origami_pyramid::{Rgb, Subsampling};

const JFIF: &[u8] = b"\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0";
const EXIF: &[u8] = b"\xff\xe1\0\x15Exif\0\0Jane Doe 1971";
const COMMENT: &[u8] = b"\xff\xfe\0\x0aJane Doe";

fn adobe(transform: u8) -> Vec<u8> {
    [&b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0"[..], &[transform]].concat()
}

fn made(tables: Option<&[u8]>, tile: &[u8], photometric: Option<Photometric>) -> (Vec<u8>, Tidiness) {
    let mut out = b"what was there before".to_vec();
    let tidiness = self_contained(tables, tile, photometric, &mut out).unwrap();
    (out, tidiness)
}

fn pixels(jpeg: &[u8]) -> Rgb {
    let mut rgb = Rgb::filled(1, 1, [0; 3]);
    Decoder::new().unwrap().decode_rgb(jpeg, 1 << 16, &mut rgb).unwrap();
    rgb
}

/// `jpeg` without APPn segments before its first scan.
fn bare(jpeg: &[u8]) -> Vec<u8> {
    without(jpeg, |code| (0xe0..=0xef).contains(&code))
}

/// `jpeg` with these ids of its three components.
fn with_ids(jpeg: &[u8], ids: [u8; 3]) -> Vec<u8> {
    let mut jpeg = jpeg.to_vec();
    let (frame, scan) = (markers(&jpeg, 0xc0)[0], markers(&jpeg, 0xda)[0]);
    for (plane, id) in ids.into_iter().enumerate() {
        jpeg[frame + 10 + 3 * plane] = id;
        jpeg[scan + 5 + 2 * plane] = id;
    }
    jpeg
}

#[test]
fn tables_and_tile_become_one_stream() {
    let jpeg = encode(&mut textured(48, 48, Subsampling::S420), 80);
    let Split { tables, tile } = split(&jpeg);
    let (whole, tidiness) = made(Some(&tables), &tile, None);
    assert_eq!(tidiness, Tidiness::Tidy);
    assert!(pixels(&whole) == pixels(&jpeg));
    let mut out = Vec::new();
    assert!(self_contained(Some(&tables), b"no jpeg", None, &mut out).is_err());
    assert!(self_contained(Some(&tables), b"II*\0\x08\0\0\0", None, &mut out).is_err());
    assert!(self_contained(Some(b"none"), &tile, None, &mut out).is_err());
    assert!(self_contained(Some(&tables), &tables, None, &mut out).is_err(), "no scan");
    assert!(self_contained(Some(&tables[..40]), &tile, None, &mut out).is_err(), "tables cut short");
}

#[test]
fn tables_may_be_padded_lack_their_end_or_have_segments_of_applications() {
    let jpeg = encode(&mut textured(48, 48, Subsampling::S420), 80);
    let Split { tables, tile } = split(&jpeg);
    let (clean, _) = made(Some(&tables), &tile, None);
    let end = tables.len() - 2;
    for untidy in [
        [&tables[..], &[0; 30]].concat(),
        [&tables[..], b"anything\xff\xd8"].concat(),
        tables[..end].to_vec(),
        [&tables[..end], &[0; 7]].concat(),
        inserted(&tables, &[2, end], &[0; 3]),
        inserted(&tables, &[2, end], b"\xff\xd3\xff\x01\xff\xe5\0\0"),
    ] {
        assert!(made(Some(&untidy), &tile, None) == (clean.clone(), Tidiness::Untidy));
    }
    for tidy in [inserted(&tables, &[2], EXIF), inserted(&tables, &[end], &adobe(0))] {
        assert!(made(Some(&tidy), &tile, None) == (clean.clone(), Tidiness::Tidy));
    }
}

#[test]
fn bytes_between_the_segments_of_a_tile_are_left_out_and_told() {
    let jpeg = bare(&encode(&mut textured(48, 48, Subsampling::S420), 80));
    let clean = (jpeg.clone(), Tidiness::Tidy);
    assert!(made(None, &jpeg, None) == clean);
    let filled = inserted(&jpeg, &segment_offsets(&jpeg), &[0xff; 3]);
    assert!(made(None, &filled, None) == clean);
    for bytes in [&b"\0\0text"[..], b"\xff\xd3", b"\xff\x01", b"\xff\xe5\0\0"] {
        let untidy = inserted(&jpeg, &segment_offsets(&jpeg), bytes);
        assert!(made(None, &untidy, None) == (jpeg.clone(), Tidiness::Untidy), "{bytes:x?}");
    }
    let without_end = &jpeg[..jpeg.len() - 2];
    assert!(made(None, without_end, None) == (without_end.to_vec(), Tidiness::Untidy));
}

#[test]
fn nothing_that_could_name_a_patient_remains() {
    let jpeg = encode(&mut textured(48, 48, Subsampling::S420), 80);
    for jpeg in [progressive(&jpeg), jpeg] {
        let clean = bare(&jpeg);
        // Before every segment, also between scans, and after the end.
        let offsets = [segment_offsets(&jpeg), scan_ends(&jpeg)].concat();
        let named = inserted(&inserted(&jpeg, &offsets, EXIF), &[2], COMMENT);
        let (out, tidiness) = made(None, &[&named[..], b"Jane Doe", JFIF, &jpeg].concat(), None);
        assert!(out == clean);
        assert_eq!(tidiness, Tidiness::Tidy);
    }
}

#[test]
fn a_shared_restart_interval_is_for_tiles_with_restart_markers() {
    let dri = b"\xff\xdd\0\x04\0\x03";
    let plain = encode(&mut textured(48, 48, Subsampling::S420), 80);
    let Split { tables, tile } = split(&plain);
    let tables = inserted(&tables, &[2], dri);
    assert!(pixels(&made(Some(&tables), &tile, None).0) == pixels(&plain));

    let restarts = by_jpeg_encoder(40, 24, |encoder| encoder.set_restart_interval(3));
    let at = markers(&restarts, 0xdd)[0];
    let without_interval = [&restarts[..at], &restarts[at + 6..]].concat();
    let tables = [&[0xff, 0xd8][..], dri, &[0xff, 0xd9]].concat();
    assert!(pixels(&made(Some(&tables), &without_interval, None).0) == pixels(&restarts));
}

#[test]
fn without_a_tag_the_colour_is_that_of_the_library() {
    let mut decoder = Decoder::new().unwrap();
    let ycc = bare(&encode(&mut textured(32, 32, Subsampling::S444), 80));
    let subsampled = bare(&encode(&mut textured(32, 32, Subsampling::S420), 80));
    for jpeg in [ycc, subsampled, bare(&rgb_jpeg(32, 80))] {
        for ids in [[1, 2, 3], [0, 1, 2], *b"RGB"] {
            for markers in [vec![], JFIF.to_vec(), adobe(0), adobe(1), [JFIF, &adobe(0)].concat()] {
                let tile = inserted(&with_ids(&jpeg, ids), &[2], &markers);
                let expected = decoder.header(&tile).unwrap().colour;
                let (out, _) = made(None, &tile, None);
                assert_eq!(decoder.header(&out).unwrap().colour, expected, "{ids:?} {markers:x?}");
                assert!(pixels(&out) == pixels(&tile));
                let mut read = Coefficients::default();
                if read_coefficients(&tile, 1 << 10, &mut read).is_ok() {
                    assert_eq!(read.frame().colour(), expected);
                }
            }
        }
    }
}

/// Tags and markers that contradict each other or what is stored.
#[test]
fn a_contradicted_tag_gives_the_colour_that_was_encoded() {
    let ycc = bare(&encode(&mut textured(32, 32, Subsampling::S444), 80));
    let rgb = with_ids(&bare(&rgb_jpeg(32, 80)), [1, 2, 3]);
    let rgb_tag = Some(Photometric::Rgb);
    let ycc_tag = Some(Photometric::Ycc);
    let mut decoder = Decoder::new().unwrap();
    for (what, tag, jpeg, before, colour) in [
        ("RGB", rgb_tag, &rgb, vec![], Colour::Rgb),
        ("RGB with JFIF", rgb_tag, &rgb, JFIF.to_vec(), Colour::Rgb),
        ("RGB with transform 1", rgb_tag, &rgb, adobe(1), Colour::Rgb),
        ("RGB with ids 0 1 2", rgb_tag, &with_ids(&rgb, [0, 1, 2]), vec![], Colour::Rgb),
        ("RGB under a tag of YCbCr", ycc_tag, &rgb, adobe(0), Colour::Rgb),
        ("YCbCr", ycc_tag, &ycc, vec![], Colour::Ycc),
        ("YCbCr with transform 0", ycc_tag, &ycc, adobe(0), Colour::Ycc),
        ("YCbCr with ids R G B", ycc_tag, &with_ids(&ycc, *b"RGB"), vec![], Colour::Ycc),
        ("YCbCr under a tag of RGB", rgb_tag, &ycc, JFIF.to_vec(), Colour::Ycc),
    ] {
        let (out, _) = made(None, &inserted(jpeg, &[2], &before), tag);
        assert_eq!(decoder.header(&out).unwrap().colour, colour, "{what}");
        // The samples are those of the encoder's own stream.
        let own = if colour == Colour::Rgb { rgb_jpeg(32, 80) } else { inserted(&ycc, &[2], JFIF) };
        assert!(pixels(&out) == pixels(&own), "{what}");
    }
}
