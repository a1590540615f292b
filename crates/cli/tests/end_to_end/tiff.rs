//! The tiles of a TIFF as they are in the file, read by this file alone.

use origami_fixtures::geometry::{Cell, Grid, Size};
use std::path::Path;

/// A little-endian TIFF or BigTIFF.
pub struct Tiff {
    bytes: Vec<u8>,
    layout: Layout,
}

/// Sizes in bytes that differ between classic TIFF and BigTIFF.
struct Layout {
    /// Of the header before the offset of the first directory.
    header: usize,
    /// Of the number of entries in a directory.
    count: usize,
    /// Of an entry.
    entry: usize,
    /// Of an offset.
    offset: usize,
}

const CLASSIC: Layout = Layout { header: 4, count: 2, entry: 12, offset: 4 };
const BIG: Layout = Layout { header: 8, count: 8, entry: 20, offset: 8 };

const WIDTH: usize = 256;
const HEIGHT: usize = 257;
const TILE_WIDTH: usize = 322;
const TILE_OFFSETS: usize = 324;
const TILE_BYTE_COUNTS: usize = 325;
const JPEG_TABLES: usize = 347;

/// The values of a tag.
struct Values<'a> {
    bytes: &'a [u8],
    /// Bytes of each value.
    size: usize,
}

/// One image of JPEG tiles.
pub struct Image {
    pub size: Size,
    /// Side of a tile in pixels.
    pub tile: usize,
    offsets: Vec<usize>,
    lengths: Vec<usize>,
    tables: Vec<u8>,
}

/// A little-endian number.
fn number(bytes: &[u8]) -> usize {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | usize::from(byte))
}

impl Tiff {
    pub fn open(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap();
        assert_eq!(&bytes[..2], b"II");
        let layout = if bytes[2] == 43 { BIG } else { CLASSIC };
        Self { bytes, layout }
    }

    fn number(&self, at: usize, len: usize) -> usize {
        number(&self.bytes[at..at + len])
    }

    /// Offsets of the directories, in file order.
    fn directories(&self) -> Vec<usize> {
        let Layout { header, count, entry, offset } = self.layout;
        let mut directory = self.number(header, offset);
        let mut directories = Vec::new();
        while directory != 0 {
            directories.push(directory);
            let entries = entry * self.number(directory, count);
            directory = self.number(directory + count + entries, offset);
        }
        directories
    }

    fn values(&self, directory: usize, tag: usize) -> Option<Values<'_>> {
        let Layout { count, entry, offset, .. } = self.layout;
        let mut entries = (0..self.number(directory, count)).map(|n| directory + count + entry * n);
        let at = entries.find(|&at| self.number(at, 2) == tag)?;
        let size = match self.number(at + 2, 2) {
            3 => 2,
            4 => 4,
            16 => 8,
            _ => 1,
        };
        let length = size * self.number(at + 4, offset);
        let inline = at + 4 + offset;
        let start = if length <= offset { inline } else { self.number(inline, offset) };
        Some(Values { bytes: &self.bytes[start..start + length], size })
    }

    /// The values of a tag; none if the directory does not have it.
    fn integers(&self, directory: usize, tag: usize) -> Vec<usize> {
        let Some(Values { bytes, size }) = self.values(directory, tag) else { return Vec::new() };
        bytes.chunks_exact(size).map(number).collect()
    }

    /// The image of a directory, if it is tiled.
    fn image(&self, directory: usize) -> Option<Image> {
        let tile = self.integers(directory, TILE_WIDTH).first().copied()?;
        let [width, height] = [WIDTH, HEIGHT].map(|tag| self.integers(directory, tag)[0]);
        let tables = self.values(directory, JPEG_TABLES);
        Some(Image {
            size: Size { width, height },
            tile,
            offsets: self.integers(directory, TILE_OFFSETS),
            lengths: self.integers(directory, TILE_BYTE_COUNTS),
            tables: tables.map_or_else(Vec::new, |tables| tables.bytes.to_vec()),
        })
    }

    /// The tiled images, from the largest to the smallest.
    pub fn images(&self) -> Vec<Image> {
        let mut images: Vec<_> =
            self.directories().into_iter().filter_map(|directory| self.image(directory)).collect();
        images.sort_by_key(|image| std::cmp::Reverse(image.size));
        images
    }

    /// The JPEG of a tile, with the tables it shares with others.
    pub fn jpeg(&self, image: &Image, cell: Cell) -> Vec<u8> {
        let number = cell.y * image.grid().columns + cell.x;
        let own = &self.bytes[image.offsets[number]..][..image.lengths[number]];
        match &image.tables[..] {
            [] => own.to_vec(),
            tables => [&tables[..tables.len() - 2], &own[2..]].concat(),
        }
    }
}

impl Image {
    pub fn grid(&self) -> Grid {
        self.size.grid(self.tile)
    }

    /// Size of the part of a tile that is within the image.
    pub fn visible(&self, cell: Cell) -> Size {
        self.size.tile(self.tile, cell).size()
    }
}
