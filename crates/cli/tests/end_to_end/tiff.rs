//! The tiles of a TIFF as they stand in the file, read by this file alone.

use std::path::Path;

/// A little-endian TIFF or BigTIFF.
pub struct Tiff {
    bytes: Vec<u8>,
    big: bool,
}

/// One image of JPEG tiles.
pub struct Image {
    pub size: (usize, usize),
    pub tile: usize,
    offsets: Vec<usize>,
    lengths: Vec<usize>,
    tables: Vec<u8>,
}

impl Tiff {
    pub fn open(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap();
        assert_eq!(&bytes[..2], b"II");
        let big = bytes[2] == 43;
        Self { bytes, big }
    }

    fn number(&self, at: usize, len: usize) -> usize {
        self.bytes[at..at + len].iter().rev().fold(0, |number, &byte| number << 8 | usize::from(byte))
    }

    /// Lengths in this kind of TIFF: of a count of entries, an entry, an offset.
    fn lengths(&self) -> (usize, usize, usize) {
        if self.big { (8, 20, 8) } else { (2, 12, 4) }
    }

    /// The directories, in file order.
    fn directories(&self) -> Vec<usize> {
        let (count, entry, offset) = self.lengths();
        let mut at = self.number(if self.big { 8 } else { 4 }, offset);
        let mut found = Vec::new();
        while at != 0 {
            found.push(at);
            at = self.number(at + count + entry * self.number(at, count), offset);
        }
        found
    }

    /// The bytes of a tag's values and the size of one.
    fn values(&self, directory: usize, tag: usize) -> (&[u8], usize) {
        let (count, entry, offset) = self.lengths();
        let entries = (0..self.number(directory, count)).map(|n| directory + count + entry * n);
        let Some(at) = entries.into_iter().find(|&at| self.number(at, 2) == tag) else { return (&[], 1) };
        let size = match self.number(at + 2, 2) {
            3 => 2,
            4 => 4,
            16 => 8,
            _ => 1,
        };
        let length = size * self.number(at + 4, offset);
        let inline = at + 4 + offset;
        let start = if length <= offset { inline } else { self.number(inline, offset) };
        (&self.bytes[start..start + length], size)
    }

    fn integers(&self, directory: usize, tag: usize) -> Vec<usize> {
        let (bytes, size) = self.values(directory, tag);
        let number = |value: &[u8]| value.iter().rev().fold(0, |n, &byte| n << 8 | usize::from(byte));
        bytes.chunks_exact(size).map(number).collect()
    }

    /// The tiled images, from the largest to the smallest.
    pub fn images(&self) -> Vec<Image> {
        let image = |directory| {
            let tile = self.integers(directory, 322).first().copied()?;
            Some(Image {
                size: (self.integers(directory, 256)[0], self.integers(directory, 257)[0]),
                tile,
                offsets: self.integers(directory, 324),
                lengths: self.integers(directory, 325),
                tables: self.values(directory, 347).0.to_vec(),
            })
        };
        let mut images: Vec<Image> = self.directories().into_iter().filter_map(image).collect();
        images.sort_by_key(|image| std::cmp::Reverse(image.size));
        images
    }

    /// The JPEG of a tile, with the tables it shares with others.
    pub fn jpeg(&self, image: &Image, x: usize, y: usize) -> Vec<u8> {
        let number = y * image.columns() + x;
        let own = &self.bytes[image.offsets[number]..][..image.lengths[number]];
        match &image.tables[..] {
            [] => own.to_vec(),
            tables => [&tables[..tables.len() - 2], &own[2..]].concat(),
        }
    }
}

impl Image {
    pub fn columns(&self) -> usize {
        self.size.0.div_ceil(self.tile)
    }

    pub fn rows(&self) -> usize {
        self.size.1.div_ceil(self.tile)
    }

    /// Width and height of the part of a tile that shows.
    pub fn shown(&self, x: usize, y: usize) -> (usize, usize) {
        (self.tile.min(self.size.0 - x * self.tile), self.tile.min(self.size.1 - y * self.tile))
    }
}
