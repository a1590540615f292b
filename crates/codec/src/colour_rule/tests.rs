//! Tests of the rule over all that tags and streams can say.

use super::*;

/// What a stream of three components says besides its ids and structure, what its
/// container says, and what the samples are then: for each of the ids 1 2 3, 0 1 2 and
/// R G B one letter for components coded alike, one for chroma with tables of its own,
/// one for subsampled chroma. `R` is RGB, `Y` is YCbCr.
type Row = (Option<Photometric>, bool, Option<u8>, &'static str);

const TAGS: [Option<Photometric>; 3] = [None, Some(Photometric::Rgb), Some(Photometric::Ycc)];

#[rustfmt::skip]
const TABLE: [Row; 18] = [
    // Tag, JFIF, Adobe       123 012 RGB
    (None, false, None,      "YYY YYY RRR"),
    (None, false, Some(0),   "RRR RRR RRR"),
    (None, false, Some(1),   "YYY YYY YYY"),
    (None, true,  None,      "YYY YYY YYY"),
    (None, true,  Some(0),   "YYY YYY YYY"),
    (None, true,  Some(1),   "YYY YYY YYY"),
    (TAGS[1], false, None,    "RRR RRR RRR"),
    (TAGS[1], false, Some(0), "RRR RRR RRR"),
    (TAGS[1], false, Some(1), "RYY RYY RYY"),
    (TAGS[1], true,  None,    "RYY RYY RYY"),
    (TAGS[1], true,  Some(0), "RYY RYY RYY"),
    (TAGS[1], true,  Some(1), "RYY RYY RYY"),
    (TAGS[2], false, None,    "YYY YYY RYY"),
    (TAGS[2], false, Some(0), "RYY RYY RYY"),
    (TAGS[2], false, Some(1), "YYY YYY RYY"),
    (TAGS[2], true,  None,    "YYY YYY RYY"),
    (TAGS[2], true,  Some(0), "RYY RYY RYY"),
    (TAGS[2], true,  Some(1), "YYY YYY RYY"),
];

const IDS: [[u8; 3]; 3] = [[1, 2, 3], [0, 1, 2], *b"RGB"];
const STRUCTURES: [Structure; 3] = [Structure::Alike, Structure::SeparateChroma, Structure::Subsampled];

/// The signs of each column of a row, with its letter.
fn columns(&(_, jfif, adobe, letters): &Row) -> Vec<(ColourSigns, char)> {
    let combinations = IDS.into_iter().flat_map(|ids| STRUCTURES.map(|structure| (ids, structure)));
    combinations
        .zip(letters.chars().filter(|&letter| letter != ' '))
        .map(|((ids, structure), letter)| {
            let signs = ColourSigns { jfif, adobe, lossless: false, components: 3, ids, structure };
            (signs, letter)
        })
        .collect()
}

#[test]
fn every_combination_of_tag_markers_ids_and_structure_is_in_the_table() {
    let mut seen = 0;
    for row in &TABLE {
        for (signs, letter) in columns(row) {
            let expected = if letter == 'R' { Samples::Rgb } else { Samples::Ycc };
            assert_eq!(signs.decide(row.0), expected, "{:?} {signs:?}", row.0);
            seen += 1;
        }
    }
    assert_eq!(seen, 3 * 2 * 3 * 3 * 3);
}

#[test]
fn tags_that_are_not_about_three_components_leave_them_to_the_markers() {
    for row in TABLE.iter().filter(|row| row.0.is_none()) {
        for (signs, _) in columns(row) {
            for tag in [Photometric::Gray, Photometric::Cmyk] {
                assert_eq!(signs.decide(Some(tag)), signs.decide(None));
            }
        }
    }
}

#[test]
fn the_marker_that_is_needed_makes_decoders_see_the_decided_colour() {
    for row in &TABLE {
        for (signs, _) in columns(row) {
            let marker = signs.adobe_needed(row.0);
            let written = ColourSigns { jfif: false, adobe: marker.map(|marker| marker[15]), ..signs };
            assert_eq!(written.decide(None), signs.decide(row.0));
            let bare = ColourSigns { adobe: None, ..written };
            assert_eq!(marker.is_none(), bare.decide(None) == signs.decide(row.0), "no more than needed");
        }
    }
}

/// Signs of a stream of four components.
fn four(adobe: Option<u8>) -> ColourSigns {
    ColourSigns { adobe, components: 4, ..ColourSigns::default() }
}

#[test]
fn four_components_are_inks_unless_the_container_says_rgb() {
    let cmyk = Some(Photometric::Cmyk);
    for tag in [None, cmyk] {
        assert_eq!(four(None).decide(tag), Samples::Cmyk);
        assert_eq!(four(Some(0)).decide(tag), Samples::Cmyk);
        assert_eq!(four(Some(2)).decide(tag), Samples::Ycck);
    }
    assert_eq!(four(Some(2)).decide(Some(Photometric::Rgb)), Samples::Cmyk);
    assert_eq!(four(Some(2)).adobe_needed(Some(Photometric::Rgb)), None);
    // The marker says that the samples are inverted.
    assert_eq!(four(Some(0)).adobe_needed(cmyk), Some(adobe(0)));
    assert_eq!(four(Some(2)).adobe_needed(cmyk), Some(adobe(2)));
    assert_eq!(four(None).adobe_needed(cmyk), None);
}

#[test]
fn other_numbers_of_components_are_gray_or_nothing() {
    for tag in TAGS {
        let signs = ColourSigns { components: 1, jfif: true, adobe: Some(0), ..ColourSigns::default() };
        assert_eq!((signs.decide(tag), signs.adobe_needed(tag)), (Samples::Gray, None));
        let signs = ColourSigns { components: 2, ..ColourSigns::default() };
        assert_eq!((signs.decide(tag), signs.adobe_needed(tag)), (Samples::Unknown, None));
    }
}

#[test]
fn lossless_streams_without_markers_are_rgb_as_for_libjpeg() {
    let signs = ColourSigns { lossless: true, components: 3, ids: [1, 2, 3], ..ColourSigns::default() };
    assert_eq!(signs.decide(None), Samples::Rgb);
    assert_eq!(signs.adobe_needed(Some(Photometric::Ycc)), Some(adobe(1)));
}

#[test]
fn the_structure_is_read_from_the_frame_header() {
    for (components, expected) in [
        ([[1, 0x11, 0], [2, 0x11, 0], [3, 0x11, 0]], Structure::Alike),
        ([[1, 0x11, 0], [2, 0x11, 0], [3, 0x11, 1]], Structure::Alike),
        ([[1, 0x12, 3], [2, 0x12, 1], [3, 0x12, 1]], Structure::SeparateChroma),
        ([[1, 0x11, 0], [2, 0x11, 1], [3, 0x11, 2]], Structure::SeparateChroma),
        ([[1, 0x21, 0], [2, 0x11, 0], [3, 0x11, 0]], Structure::Subsampled),
        ([[1, 0x12, 0], [2, 0x11, 1], [3, 0x11, 1]], Structure::Subsampled),
    ] {
        let jpeg = [&[8, 0, 8, 0, 8, 3][..], components.as_flattened()].concat();
        let mut signs = ColourSigns::default();
        signs.note(MarkerSegment { marker: 0xc0, payload: &jpeg });
        assert_eq!((signs.components, signs.ids, signs.structure), (3, [1, 2, 3], expected));
    }
}
