//! Real slides with a lie or a hole in them.

use crate::bad_input::file;
use crate::binary::{self, files};
use crate::served::Served;
use crate::slides::{SMALL, slide};
use crate::tiles::Tiles;
use std::fs;
use std::path::Path;

const TILE_OFFSETS: u16 = 324;
const TILE_BYTE_COUNTS: u16 = 325;

/// Side of the slide's own tiles in pixels, and tiles in a row of it.
const NATIVE: (usize, usize) = (240, 10);

fn u32_at(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
}

/// Where the values of `tag` stand in the first directory of a little-endian
/// classic TIFF.
fn values(tiff: &[u8], tag: u16) -> usize {
    let directory = u32_at(tiff, 4);
    let count = u16::from_le_bytes([tiff[directory], tiff[directory + 1]]);
    let mut entries = (0..usize::from(count)).map(|number| directory + 2 + 12 * number);
    let entry = entries.find(|&at| tiff[at..at + 2] == tag.to_le_bytes()).unwrap();
    u32_at(tiff, entry + 8)
}

#[test]
fn a_cut_slide_is_refused_with_the_byte_where_it_ends() {
    let Some(path) = slide(SMALL) else { return };
    let whole = fs::read(path).unwrap();
    let output = tempfile::tempdir().unwrap();
    for length in [whole.len() - 1000, whole.len() / 2, 1000, 100] {
        let (_folder, path) = file("cut.svs", &whole[..length]);
        binary::pack(&path, output.path(), &[]).refused(&[path.to_str().unwrap(), " byte "]);
    }
    assert_eq!(files(output.path()), [""; 0]);
}

#[test]
fn tiles_beyond_the_end_of_the_file_are_refused_with_their_offset() {
    let Some(path) = slide(SMALL) else { return };
    let mut bytes = fs::read(path).unwrap();
    let offsets = values(&bytes, TILE_OFFSETS);
    bytes[offsets + 4 * (2 * NATIVE.1 + 3)..][..4].copy_from_slice(&0xffff_fff0u32.to_le_bytes());
    let (_folder, path) = file("beyond.svs", &bytes);
    let output = tempfile::tempdir().unwrap();
    binary::pack(&path, output.path(), &[]).refused(&[
        path.to_str().unwrap(),
        "tile (3, 2)",
        &0xffff_fff0u32.to_string(),
        "--tolerant",
    ]);
    assert_eq!(files(output.path()), [""; 0]);
}

/// The slide with native tile `(x, y)` overwritten.
fn with_corrupt_tile(slide: &Path, x: usize, y: usize) -> Vec<u8> {
    let mut bytes = fs::read(slide).unwrap();
    let index = 4 * (y * NATIVE.1 + x);
    let offset = u32_at(&bytes, values(&bytes, TILE_OFFSETS) + index);
    let length = u32_at(&bytes, values(&bytes, TILE_BYTE_COUNTS) + index);
    bytes[offset..][..length].fill(0x55);
    bytes
}

#[test]
fn a_tile_that_does_not_decode_is_named_or_painted_and_counted() {
    let Some(path) = slide(SMALL) else { return };
    let (x, y) = (4, 5);
    let bytes = with_corrupt_tile(&path, x, y);
    let (_folder, path) = file("corrupt.svs", &bytes);
    let packs = tempfile::tempdir().unwrap();
    binary::pack(&path, packs.path(), &[]).refused(&[path.to_str().unwrap(), "tile (4, 5)", "--tolerant"]);
    assert_eq!(files(packs.path()), [""; 0]);

    let more = ["--tolerant", "--background", "c81e64"];
    let ran = binary::pack(&path, packs.path(), &more).good();
    assert!(ran.stdout.contains("1 source tiles did not decode"), "{}", ran.stdout);
    let pack = packs.path().join("corrupt.origami");
    assert_eq!(binary::inspect(&pack)["metadata"]["damaged_tiles"], 1);
    binary::verify(&pack);
    let server = Served::start(packs.path());
    let tiles = Tiles::of(&server, "corrupt");
    // The middle of the painted tile.
    let (x, y) = (x * NATIVE.0 + NATIVE.0 / 2, y * NATIVE.0 + NATIVE.0 / 2);
    let tile = tiles.read(tiles.max, x / tiles.tile, y / tiles.tile);
    let found = tile.pixel(x % tiles.tile, y % tiles.tile);
    let near = found.iter().zip([0xc8u8, 0x1e, 0x64]).all(|(a, b)| a.abs_diff(b) <= 6);
    assert!(near, "background expected at ({x}, {y}), found {found:?}");
}

#[test]
fn a_slide_that_fails_half_way_does_not_keep_the_next_from_being_packed() {
    let Some(slide) = slide(SMALL) else { return };
    let (_folder, corrupt) = file("corrupt.svs", &with_corrupt_tile(&slide, 4, 5));
    let output = tempfile::tempdir().unwrap();
    let mut command = binary::command(["pack", "--no-report", "-o"]);
    let ran = binary::Ran::of(command.arg(output.path()).args([&corrupt, &slide]));
    ran.refused(&[corrupt.to_str().unwrap(), "tile (4, 5)", "1 of 2 slides failed"]);
    assert_eq!(files(output.path()), ["CMU-1-Small-Region.origami"]);
}
