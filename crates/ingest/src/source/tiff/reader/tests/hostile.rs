//! Files that claim what they do not have, and kinds that are refused by name.

use super::made::{Form, Made};
use super::{error, opened, read};
use crate::source::OpenOptions;
use crate::source::tiff::tags;
use origami_pyramid::Size;

fn small(compression: u64) -> Made {
    Form { compression, ..Form::tiles(3, 8) }.made(|_, _, _| 7)
}

fn assert_refused(made: &Made, part: &str) {
    let text = error(made, &OpenOptions::default());
    assert!(text.contains(part), "{text:?}, expected {part:?}");
}

#[test]
fn kinds_that_cannot_be_read_are_named() {
    for (compression, part) in [
        (6, "a TIFF compressed with old-style JPEG (compression 6) cannot be read"),
        (33_005, "foreign: a TIFF compressed with JPEG 2000"),
        (34_887, "LERC"),
        (50_000, "ZSTD"),
        (50_002, "a TIFF compressed with JPEG XL cannot be read"),
        (12_345, "a TIFF with compression 12345 cannot be read"),
    ] {
        assert_refused(&small(1).with(tags::COMPRESSION, &[compression]), part);
    }
    for (tag, values, part) in [
        (tags::SAMPLE_FORMAT, &[3, 3, 3][..], "a TIFF with 8-bit float samples cannot be read"),
        (tags::SAMPLE_FORMAT, &[2][..], "8-bit signed samples"),
        (tags::BITS_PER_SAMPLE, &[32; 3][..], "32-bit samples"),
        (tags::BITS_PER_SAMPLE, &[8, 8, 16][..], "differ in their bits"),
        (tags::PHOTOMETRIC, &[8][..], "L*a*b*"),
        (tags::PHOTOMETRIC, &[32_803][..], "CFA"),
        (tags::SAMPLES_PER_PIXEL, &[0][..], "a TIFF of 0 samples a pixel cannot be read"),
        (tags::TILE_WIDTH, &[20_000][..], "tiles of 20000x16 px"),
    ] {
        assert_refused(&small(1).with(tag, values), part);
    }
    assert_refused(&small(8).with(tags::PREDICTOR, &[3]), "the predictor of floats");
}

#[test]
fn tiles_outside_the_file_are_found_when_it_is_opened() {
    let far = small(1).with(tags::TILE_OFFSETS, &[8, 8, 8, 8, 0x7fff_0000, 8]);
    let refused = opened(&far.bytes(), &OpenOptions::default()).err();
    assert!(format!("{refused:?}").contains("x: 1, y: 1"), "{refused:?}");
    let header = small(1).with(tags::TILE_OFFSETS, &[8, 4, 8, 8, 8, 8]);
    assert_refused(&header, "tile (1, 0)");
    assert_refused(&small(1).with(tags::TILE_OFFSETS, &[8; 5]), "6 tile offsets, found 5");
    read(&small(1).with(tags::TILE_OFFSETS, &[8; 7]), &OpenOptions::default());
}

#[test]
fn streams_too_short_for_their_pixels_are_refused() {
    for compression in [5, 7, 8, 32_773, 50_001] {
        let made = small(1)
            .with(tags::COMPRESSION, &[compression])
            .with(tags::WIDTH, &[8000])
            .with(tags::HEIGHT, &[8000])
            .with(tags::TILE_WIDTH, &[8000])
            .with(tags::TILE_HEIGHT, &[8000]);
        assert_refused(&made, "cannot hold its pixels");
    }
}

#[test]
fn a_strip_of_gigabytes_is_refused_with_its_size() {
    let form = Form { is_tiled: false, chunk: Size::new(37, 21), compression: 8, ..Form::tiles(3, 8) };
    let made = form.made(|_, _, _| 7);
    let made =
        made.with(tags::WIDTH, &[60_000]).with(tags::HEIGHT, &[60_000]).with(tags::ROWS_PER_STRIP, &[]);
    assert_refused(&made, "strips of 60000x60000 px");
}

#[test]
fn a_huge_slide_without_tiles_is_refused() {
    let made = small(1)
        .with(tags::WIDTH, &[1_000_000])
        .with(tags::HEIGHT, &[1_000_000])
        .with(tags::TILE_WIDTH, &[8000])
        .with(tags::TILE_HEIGHT, &[8000])
        .with(tags::TILE_OFFSETS, &[0; 125 * 125])
        .with(tags::TILE_BYTE_COUNTS, &[0; 125 * 125]);
    assert_refused(&made, "of which only 0 are there");
}

#[test]
fn byte_counts_that_were_not_filled_in_are_not_a_white_slide() {
    for compression in [1, 5, 8] {
        let form = Form { compression, ..Form::tiles(3, 8) };
        let made = form.made(|x, y, c| (x * 5 + y * 3 + c) as u16);
        assert_refused(&made.with(tags::TILE_BYTE_COUNTS, &[0; 6]), "byte counts of all 6 are 0");
        // libtiff finds the length of an only strip as well.
        let form = Form { is_tiled: false, chunk: form.size, ..form };
        let made = form.made(|x, y, c| (x * 5 + y * 3 + c) as u16);
        let expected = read(&made, &OpenOptions::default()).0;
        let uncounted = made.with(tags::STRIP_BYTE_COUNTS, &[0]);
        assert!(read(&uncounted, &OpenOptions::default()).0 == expected, "compression {compression}");
    }
}

#[test]
fn tiles_that_are_left_out_are_counted_in_a_note() {
    let mut made = small(8);
    assert!(read(&made, &OpenOptions::default()).1.contents.notes.is_empty());
    made.directories[0][2].clear();
    let notes = read(&made, &OpenOptions::default()).1.contents.notes;
    assert_eq!(notes, ["1 of 6 tiles is left out and shows the background"]);
}
