//! A real slide, damaged in one place.

use crate::common::real_slide;
use crate::common::tiff::tags;
use crate::{
    TagPosition, TempFile, open_error, open_valid, read, read_error, set_u32, square, tolerant, u32_at,
};
use origami_ingest::source::{SourceProblem, open};
use std::fs;

/// Number of tiles in a row of the slide.
const COLUMNS: usize = 10;

/// Side of a tile of the slide.
const SIDE: u32 = 240;

/// The bytes of a slide of tiles of 240 px, if it exists.
fn slide() -> Option<Vec<u8>> {
    real_slide("CMU-1-Small-Region.svs").map(|path| fs::read(path).unwrap())
}

/// The positions of a tile's entries in the arrays of a TIFF.
struct TileEntry {
    offset: usize,
    length: usize,
}

impl TileEntry {
    fn new(tiff: &[u8], x: usize, y: usize) -> Self {
        let index = 4 * (y * COLUMNS + x);
        Self {
            offset: TagPosition::find(tiff, tags::TILE_OFFSETS).array + index,
            length: TagPosition::find(tiff, tags::TILE_BYTE_COUNTS).array + index,
        }
    }
}

#[test]
fn a_truncated_slide_is_refused_with_the_offset_of_the_missing_bytes() {
    let Some(whole) = slide() else { return };
    for length in [whole.len() - 1000, whole.len() / 2, 1000, 100] {
        let error = open_error(&TempFile::new("cut.svs", &whole[..length]).path);
        let has_offset = matches!(
            error.problem,
            SourceProblem::Damaged { offset: Some(_), .. } | SourceProblem::Tile { offset: Some(_), .. }
        );
        assert!(has_offset, "{length}: {error}");
    }
}

#[test]
fn a_truncated_zip_is_refused() {
    let Some(path) = real_slide("pathologyatlas-seed-HE.dzi.zip") else { return };
    let whole = fs::read(path).unwrap();
    let error = open_error(&TempFile::new("cut.dzi.zip", &whole[..whole.len() / 2]).path);
    assert!(matches!(error.problem, SourceProblem::Damaged { format: "zip", .. }), "{error}");
}

#[test]
fn a_tile_beyond_the_end_of_the_file_is_named() {
    let Some(mut bytes) = slide() else { return };
    let entry = TileEntry::new(&bytes, 3, 2);
    set_u32(&mut bytes, entry.offset, 0xffff_fff0);
    let file = TempFile::new("beyond.svs", &bytes);
    let error = open_error(&file.path);
    assert!(
        matches!(error.problem, SourceProblem::Tile { x: 3, y: 2, offset: Some(0xffff_fff0), .. }),
        "{error}"
    );
    let source = open(&file.path, &tolerant(None)).unwrap();
    let tile = read(&*source, square(3 * SIDE, 2 * SIDE, SIDE));
    assert_eq!(tile.uniform(0, 0, 240, 240), Some([255; 3]));
    assert_eq!(source.damaged(), 1);
}

#[test]
fn a_tile_that_does_not_decode_is_an_error_or_painted_and_counted_once() {
    let Some(whole) = slide() else { return };
    let entry = TileEntry::new(&whole, 1, 1);
    let (offset, length) = (u32_at(&whole, entry.offset), u32_at(&whole, entry.length));
    let mut corrupt = whole.clone();
    corrupt[offset as usize..][..64].fill(0x55);
    // Of half a tile, the JPEG library only warns.
    let mut cut = whole;
    set_u32(&mut cut, entry.length, length / 2);

    for (name, bytes) in [("corrupt", corrupt), ("cut", cut)] {
        let file = TempFile::new("broken.svs", &bytes);
        let source = open_valid(&file.path);
        read(&*source, square(500, 0, 200));
        let error = read_error(&*source, square(300, 300, 10));
        let SourceProblem::Tile { x: 1, y: 1, offset: Some(reported), .. } = error.problem else {
            panic!("{name}: {error}")
        };
        assert_eq!(reported, u64::from(offset), "{name}");
        let message = error.to_string();
        assert!(message.contains("broken.svs") && message.contains("tile (1, 1)"), "{message}");

        let source = open(&file.path, &tolerant(Some([9, 8, 7]))).unwrap();
        for _ in 0..2 {
            let pixels = read(&*source, square(200, 200, 300));
            assert_eq!(pixels.uniform(40, 40, 240, 240), Some([9, 8, 7]), "{name}");
            assert_eq!(pixels.uniform(0, 0, 40, 40), None, "{name}: the neighbour is intact");
        }
        assert_eq!(source.damaged(), 1, "{name}");
    }
}

#[test]
fn a_tile_of_another_size_than_the_directory_claims_is_an_error() {
    let Some(mut bytes) = slide() else { return };
    let width = TagPosition::find(&bytes, tags::TILE_WIDTH).value;
    bytes[width..][..2].copy_from_slice(&256u16.to_le_bytes());
    let file = TempFile::new("resized.svs", &bytes);
    let message = read_error(&*open_valid(&file.path), square(0, 0, 10)).to_string();
    assert!(message.contains("240x240") && message.contains("256x240"), "{message}");
}

#[test]
fn a_tile_without_bytes_shows_the_background_and_is_not_damaged() {
    let Some(mut bytes) = slide() else { return };
    let entry = TileEntry::new(&bytes, 0, 0);
    set_u32(&mut bytes, entry.length, 0);
    let file = TempFile::new("sparse.svs", &bytes);
    let source = open_valid(&file.path);
    assert_eq!(read(&*source, square(0, 0, SIDE)).uniform(0, 0, 240, 240), Some([255; 3]));
    let part = read(&*source, square(200, 0, 80));
    assert_eq!(part.uniform(40, 0, 40, 80), None);
    assert_eq!(source.damaged(), 0);
}
