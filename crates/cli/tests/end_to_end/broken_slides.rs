//! Real slides with a wrong number or missing bytes.

use crate::binary::{self, Outcome, files};
use crate::server::Server;
use crate::slides::{SMALL, slide};
use crate::tiles::Tiles;
use origami_fixtures::TempFile;
use origami_fixtures::geometry::Cell;
use std::fs;
use std::path::Path;

const TILE_OFFSETS: u16 = 324;
const TILE_BYTE_COUNTS: u16 = 325;

/// Side of the slide's own tiles in pixels.
const SIDE: usize = 240;
/// Number of its own tiles in a row.
const COLUMNS: usize = 10;

fn u32_at(bytes: &[u8], offset: usize) -> usize {
    u32::from_le_bytes(bytes[offset..offset + 4].try_into().unwrap()) as usize
}

/// Offset of the value of `tag` for one of the slide's own tiles, in the first directory of a
/// little-endian classic TIFF.
fn value_offset(tiff: &[u8], tag: u16, tile: Cell) -> usize {
    let directory = u32_at(tiff, 4);
    let count = u16::from_le_bytes([tiff[directory], tiff[directory + 1]]);
    let mut entries = (0..usize::from(count)).map(|number| directory + 2 + 12 * number);
    let entry = entries.find(|&entry| tiff[entry..entry + 2] == tag.to_le_bytes()).unwrap();
    u32_at(tiff, entry + 8) + 4 * (tile.y * COLUMNS + tile.x)
}

#[test]
fn a_truncated_slide_is_refused_with_the_byte_where_it_ends() {
    let Some(path) = slide(SMALL) else { return };
    let whole = fs::read(path).unwrap();
    let output = tempfile::tempdir().unwrap();
    for length in [whole.len() - 1000, whole.len() / 2, 1000, 100] {
        let file = TempFile::new("cut.svs", &whole[..length]);
        binary::pack(&file.path, output.path(), &[]).expect_error(&[file.path.to_str().unwrap(), " byte "]);
    }
    assert_eq!(files(output.path()), [""; 0]);
}

#[test]
fn tiles_beyond_the_end_of_the_file_are_refused_with_their_offset() {
    let Some(path) = slide(SMALL) else { return };
    let mut bytes = fs::read(path).unwrap();
    let offset = value_offset(&bytes, TILE_OFFSETS, Cell { x: 3, y: 2 });
    bytes[offset..][..4].copy_from_slice(&0xffff_fff0u32.to_le_bytes());
    let file = TempFile::new("beyond.svs", &bytes);
    let output = tempfile::tempdir().unwrap();
    binary::pack(&file.path, output.path(), &[]).expect_error(&[
        file.path.to_str().unwrap(),
        "tile (3, 2)",
        &0xffff_fff0u32.to_string(),
        "--tolerant",
    ]);
    assert_eq!(files(output.path()), [""; 0]);
}

/// The slide's own tile that is overwritten.
const CORRUPT: Cell = Cell { x: 4, y: 5 };

/// A copy of the slide with tile [`CORRUPT`] overwritten.
fn corrupt_slide(slide: &Path) -> TempFile {
    let mut bytes = fs::read(slide).unwrap();
    let offset = u32_at(&bytes, value_offset(&bytes, TILE_OFFSETS, CORRUPT));
    let length = u32_at(&bytes, value_offset(&bytes, TILE_BYTE_COUNTS, CORRUPT));
    bytes[offset..][..length].fill(0x55);
    TempFile::new("corrupt.svs", &bytes)
}

#[test]
fn a_tile_that_does_not_decode_is_an_error_that_names_it() {
    let Some(slide) = slide(SMALL) else { return };
    let corrupt = corrupt_slide(&slide);
    let packs = tempfile::tempdir().unwrap();
    binary::pack(&corrupt.path, packs.path(), &[]).expect_error(&[
        corrupt.path.to_str().unwrap(),
        "tile (4, 5)",
        "--tolerant",
    ]);
    assert_eq!(files(packs.path()), [""; 0]);
}

#[test]
fn a_tile_that_does_not_decode_is_painted_and_counted_if_that_is_tolerated() {
    let Some(slide) = slide(SMALL) else { return };
    let corrupt = corrupt_slide(&slide);
    let packs = tempfile::tempdir().unwrap();
    let more = ["--tolerant", "--background", "c81e64"];
    let outcome = binary::pack(&corrupt.path, packs.path(), &more).expect_success();
    assert!(
        outcome.stdout.contains("\n  1 source tile did not decode and was painted as background\n"),
        "{}",
        outcome.stdout
    );
    let pack = packs.path().join("corrupt.origami");
    assert_eq!(binary::inspect(&pack)["metadata"]["damaged_tiles"], 1);
    binary::verify(&pack);
    let server = Server::start(packs.path());
    let tiles = Tiles::of(&server, "corrupt");
    // The middle of the painted tile.
    let (x, y) = (CORRUPT.x * SIDE + SIDE / 2, CORRUPT.y * SIDE + SIDE / 2);
    let tile = tiles.read(tiles.max, Cell { x: x / tiles.tile, y: y / tiles.tile });
    let colour = tile.pixel(x % tiles.tile, y % tiles.tile);
    let is_near = colour.iter().zip([0xc8u8, 0x1e, 0x64]).all(|(a, b)| a.abs_diff(b) <= 6);
    assert!(is_near, "background expected at ({x}, {y}), not {colour:?}");
}

#[test]
fn a_slide_that_fails_half_way_does_not_stop_the_next_from_being_packed() {
    let Some(slide) = slide(SMALL) else { return };
    let corrupt = corrupt_slide(&slide);
    let output = tempfile::tempdir().unwrap();
    let mut command = binary::command(["pack", "--no-report", "-o"]);
    let outcome = Outcome::run(command.arg(output.path()).args([&corrupt.path, &slide]));
    outcome.expect_error(&[corrupt.path.to_str().unwrap(), "tile (4, 5)", "1 packed, 0 current, 1 failed"]);
    assert_eq!(files(output.path()), ["CMU-1-Small-Region.origami"]);
}
