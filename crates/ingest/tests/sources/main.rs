//! Slides and broken files, opened through the public interface.

#[path = "../common/mod.rs"]
mod common;

mod damaged;
mod deep_zoom;
mod detection;
mod pictures;
mod real;
mod tiff;

use common::{Coding, Tiff, TiffKind};
use origami_fixtures::TempFile;
use origami_ingest::source::{OpenOptions, Source, SourceError, open};
use origami_pyramid::{Rect, Rgb, Size};
use std::path::Path;
use turbojpeg::Subsamp;

/// Opens a slide that is valid.
fn open_valid(path: &Path) -> Box<dyn Source> {
    open(path, &OpenOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// The error of opening a file that is not a valid slide.
fn open_error(path: &Path) -> SourceError {
    match open(path, &OpenOptions::default()) {
        Ok(source) => panic!("{} opened as {:?}", path.display(), source.info()),
        Err(error) => error,
    }
}

/// Options that paint tiles which do not decode with this colour, or with the slide's
/// own background.
fn tolerant(background: Option<[u8; 3]>) -> OpenOptions {
    OpenOptions { tolerant: true, background, ..OpenOptions::default() }
}

fn read(source: &dyn Source, region: Rect) -> Rgb {
    let mut out = Rgb::filled(1, 1, [0; 3]);
    source.read(region, &mut out).unwrap_or_else(|error| panic!("{error}"));
    out
}

/// The error of reading a region that cannot be read.
fn read_error(source: &dyn Source, region: Rect) -> SourceError {
    source.read(region, &mut Rgb::filled(1, 1, [0; 3])).unwrap_err()
}

/// A square of `side` px with its top left corner at `(x, y)`.
fn square(x: u32, y: u32, side: u32) -> Rect {
    Rect { x, y, width: side, height: side }
}

/// A small TIFF of six tiles of 16 px, each of one gray.
fn small_tiff(kind: TiffKind, subsamp: Subsamp) -> Vec<u8> {
    let coding = Coding { quality: 95, ..Coding::new(subsamp) };
    let tiles = (0..6).map(|index| coding.encode(&Rgb::filled(16, 16, [gray_level(index); 3])));
    Tiff { kind, tiles: tiles.collect(), ..Tiff::new(Size::new(37, 21), 16, &coding) }.bytes()
}

/// The gray of a tile of a small TIFF.
fn gray_level(index: usize) -> u8 {
    (40 + 20 * index) as u8
}

/// Positions in a TIFF file that belong to a tag.
struct TagPosition {
    /// Where the value of the tag is.
    value: usize,
    /// The value itself, which is the position of the array if there is one.
    array: usize,
}

impl TagPosition {
    /// Finds `tag` in the first directory of a little-endian classic TIFF.
    fn find(tiff: &[u8], tag: u16) -> Self {
        let start = u32_at(tiff, 4) as usize;
        let count = u16::from_le_bytes([tiff[start], tiff[start + 1]]);
        let entry = (0..usize::from(count))
            .map(|index| start + 2 + 12 * index)
            .find(|&at| tiff[at..at + 2] == tag.to_le_bytes())
            .unwrap();
        Self { value: entry + 8, array: u32_at(tiff, entry + 8) as usize }
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn set_u32(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}
