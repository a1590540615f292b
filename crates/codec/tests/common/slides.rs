//! The JPEG tiles in the files of real slides.

use origami_codec::{Photometric, self_contained};
use origami_fixtures::slide;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// At most `max_tiles` JPEGs of a slide, evenly spread over it.
pub fn tiles(name: &str, max_tiles: usize) -> Vec<Vec<u8>> {
    let Some(path) = slide(name) else { return Vec::new() };
    if name.ends_with(".zip") { tiles_in_zip(&path, max_tiles) } else { tiles_in_tiff(&path, max_tiles) }
}

fn tiles_in_zip(path: &Path, max_tiles: usize) -> Vec<Vec<u8>> {
    let mut zip = zip::ZipArchive::new(File::open(path).unwrap()).unwrap();
    let numbers: Vec<usize> = (0..zip.len())
        .filter(|&n| zip.name_for_index(n).is_some_and(|name| name.unwrap().ends_with(".jpeg")))
        .collect();
    let step = numbers.len().div_ceil(max_tiles);
    let mut tiles = Vec::new();
    for number in numbers.into_iter().step_by(step) {
        let mut bytes = Vec::new();
        zip.by_index(number).unwrap().read_to_end(&mut bytes).unwrap();
        tiles.push(bytes);
    }
    tiles
}

/// A little-endian classic TIFF with JPEG tiles.
struct Tiff(Vec<u8>);

/// The values of a tag.
struct Values {
    offset: usize,
    count: usize,
    /// Bytes of each.
    size: usize,
}

/// A tile, in the directory at offset `directory`.
struct Tile {
    directory: usize,
    offset: usize,
    len: usize,
}

impl Tiff {
    const COMPRESSION: usize = 259;
    const PHOTOMETRIC: usize = 262;
    /// Of tiles, or of strips that are a whole JPEG.
    const OFFSETS: [usize; 2] = [324, 273];
    const LENGTHS: [usize; 2] = [325, 279];
    const JPEG_TABLES: usize = 347;

    fn number(&self, offset: usize, len: usize) -> usize {
        self.0[offset..offset + len].iter().rev().fold(0, |number, &byte| number << 8 | usize::from(byte))
    }

    fn values(&self, directory: usize, tag: usize) -> Option<Values> {
        let mut entries = (0..self.number(directory, 2)).map(|n| directory + 2 + 12 * n);
        let entry = entries.find(|&entry| self.number(entry, 2) == tag)?;
        let size = [0, 1, 1, 2, 4, 8, 1, 1][self.number(entry + 2, 2)];
        let count = self.number(entry + 4, 4);
        let offset = if size * count <= 4 { entry + 8 } else { self.number(entry + 8, 4) };
        Some(Values { offset, count, size })
    }

    fn integers(&self, directory: usize, tag: usize) -> Vec<usize> {
        let Some(values) = self.values(directory, tag) else { return Vec::new() };
        (0..values.count).map(|n| self.number(values.offset + n * values.size, values.size)).collect()
    }

    /// The JPEG tiles of all directories.
    fn tiles(&self) -> Vec<Tile> {
        let mut tiles = Vec::new();
        let mut directory = self.number(4, 4);
        while directory != 0 {
            if self.integers(directory, Self::COMPRESSION) == [7] {
                let offsets = Self::OFFSETS.map(|tag| self.integers(directory, tag)).concat();
                let lengths = Self::LENGTHS.map(|tag| self.integers(directory, tag)).concat();
                let places = offsets.into_iter().zip(lengths);
                tiles.extend(places.map(|(offset, len)| Tile { directory, offset, len }));
            }
            directory = self.number(directory + 2 + 12 * self.number(directory, 2), 4);
        }
        tiles
    }

    /// The self-contained JPEG of a tile.
    fn jpeg(&self, tile: &Tile) -> Vec<u8> {
        let tables = self.values(tile.directory, Self::JPEG_TABLES);
        let tables = tables.map(|values| &self.0[values.offset..values.offset + values.count]);
        let photometric = match self.integers(tile.directory, Self::PHOTOMETRIC)[..] {
            [2] => Some(Photometric::Rgb),
            [6] => Some(Photometric::Ycc),
            _ => None,
        };
        let mut jpeg = Vec::new();
        let bytes = &self.0[tile.offset..tile.offset + tile.len];
        self_contained(tables, bytes, photometric, &mut jpeg).unwrap();
        jpeg
    }
}

fn tiles_in_tiff(path: &Path, max_tiles: usize) -> Vec<Vec<u8>> {
    let tiff = Tiff(std::fs::read(path).unwrap());
    assert_eq!(&tiff.0[..4], b"II*\0");
    let tiles = tiff.tiles();
    assert!(!tiles.is_empty(), "no JPEG tiles in {}", path.display());
    let step = tiles.len().div_ceil(max_tiles);
    let spread = tiles.iter().step_by(step).filter(|tile| tile.len > 0);
    spread.map(|tile| tiff.jpeg(tile)).collect()
}
