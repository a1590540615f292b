//! Writes slides as tiled TIFF files.

use super::{Coding, pixels};
use origami_codec::Colour;
use origami_pyramid::{Rect, Size};

/// Numbers of TIFF tags. They are repeated here, so that tests fail if the reader has a
/// wrong one.
pub mod tags {
    pub const WIDTH: u16 = 256;
    pub const HEIGHT: u16 = 257;
    pub const COMPRESSION: u16 = 259;
    pub const PHOTOMETRIC: u16 = 262;
    pub const SAMPLES_PER_PIXEL: u16 = 277;
    pub const TILE_WIDTH: u16 = 322;
    pub const TILE_HEIGHT: u16 = 323;
    pub const TILE_OFFSETS: u16 = 324;
    pub const TILE_BYTE_COUNTS: u16 = 325;
    pub const JPEG_TABLES: u16 = 347;
}

/// Field types.
const SHORT: u16 = 3;
const LONG: u16 = 4;
const UNDEFINED: u16 = 7;
const LONG8: u16 = 16;

/// Value of the tag for the compression: JPEG.
const JPEG: u64 = 7;

/// The two formats of TIFF files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TiffKind {
    /// With 32-bit offsets.
    Classic,
    /// BigTIFF, with 64-bit offsets.
    Big,
}

impl TiffKind {
    /// Type of the sides of tiles. Readers have to accept both types in both formats.
    fn side_type(self) -> u16 {
        match self {
            Self::Classic => SHORT,
            Self::Big => LONG,
        }
    }
}

/// A TIFF of JPEG tiles, to be written.
pub struct Tiff {
    pub kind: TiffKind,
    pub size: Size,
    /// Size of the tiles.
    pub tile: Size,
    pub photometric: u64,
    /// JPEGTables.
    pub tables: Option<Vec<u8>>,
    /// The JPEG of each tile, row by row; empty for a tile that is left out.
    pub tiles: Vec<Vec<u8>>,
}

impl Tiff {
    /// A slide whose tiles are encoded as `coding` says, each as a complete JPEG.
    pub fn new(size: Size, tile: u32, coding: &Coding) -> Self {
        let grid = size.grid(tile);
        let tiles = (0..grid.count() as u32).map(|number| {
            let (x, y) = (number % grid.columns * tile, number / grid.columns * tile);
            coding.encode(&pixels(Rect { x, y, width: tile, height: tile }))
        });
        let tiles = tiles.collect();
        let photometric = match coding.colour() {
            Colour::Gray => 1,
            Colour::Rgb => 2,
            _ => 6,
        };
        Self { kind: TiffKind::Classic, size, tile: Size::square(tile), photometric, tables: None, tiles }
    }

    /// Moves the tables, which all tiles share, to JPEGTables, as scanners do. RGB
    /// tiles also lose the markers that say that they are RGB.
    pub fn spliced(self) -> Self {
        let mut split: Vec<SplitJpeg> = self.tiles.iter().map(|tile| SplitJpeg::new(tile)).collect();
        let tables = std::mem::take(&mut split[0].tables);
        let tiles = split.into_iter().map(|jpeg| jpeg.rest).collect();
        Self { tables: Some(tables), tiles, ..self }
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        let mut file = TiffWriter::new(self.kind);
        let tables = self.tables.as_ref().map(|tables| (tables.len() as u64, file.append(tables)));
        let offsets = self.tiles.iter().map(|tile| if tile.is_empty() { 0 } else { file.append(tile) });
        let offsets: Vec<u64> = offsets.collect();
        let lengths: Vec<u64> = self.tiles.iter().map(|tile| tile.len() as u64).collect();
        let (count, array) = (self.tiles.len() as u64, file.array_type());
        let samples = if self.photometric == 1 { 1 } else { 3 };
        let side = self.kind.side_type();
        let mut entries = vec![
            Entry::new(tags::WIDTH, LONG, self.size.width.into()),
            Entry::new(tags::HEIGHT, LONG, self.size.height.into()),
            Entry::new(tags::COMPRESSION, SHORT, JPEG),
            Entry::new(tags::PHOTOMETRIC, SHORT, self.photometric),
            Entry::new(tags::SAMPLES_PER_PIXEL, SHORT, samples),
            Entry::new(tags::TILE_WIDTH, side, self.tile.width.into()),
            Entry::new(tags::TILE_HEIGHT, side, self.tile.height.into()),
            Entry { count, ..Entry::new(tags::TILE_OFFSETS, array, file.append_array(&offsets)) },
            Entry { count, ..Entry::new(tags::TILE_BYTE_COUNTS, array, file.append_array(&lengths)) },
        ];
        if let Some((count, offset)) = tables {
            entries.push(Entry { count, ..Entry::new(tags::JPEG_TABLES, UNDEFINED, offset) });
        }
        file.finish(&entries)
    }
}

/// A JPEG with its tables taken out.
struct SplitJpeg {
    /// The tables, as a stream of their own.
    tables: Vec<u8>,
    /// All other segments but the application markers, and the scan.
    rest: Vec<u8>,
}

impl SplitJpeg {
    fn new(jpeg: &[u8]) -> Self {
        let (mut tables, mut rest) = (vec![0xff, 0xd8], vec![0xff, 0xd8]);
        let (mut at, mut in_header) = (2, true);
        while in_header {
            let (marker, len) = (jpeg[at + 1], usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]])));
            let mut segment = jpeg[at..at + 2 + len].to_vec();
            at += 2 + len;
            match marker {
                0xdb | 0xc4 => tables.extend(segment),
                0xe0 | 0xee => {}
                0xc0 => {
                    renumber_components(&mut segment[9..], 3);
                    rest.extend(segment);
                }
                0xda => {
                    renumber_components(&mut segment[4..], 2);
                    rest.extend(segment);
                    in_header = false;
                }
                other => panic!("marker {other:02x}"),
            }
        }
        rest.extend_from_slice(&jpeg[at..]);
        tables.extend([0xff, 0xd9]);
        Self { tables, rest }
    }
}

/// Gives components the ids 1, 2 and 3. `list` begins with their number; each then
/// takes `len` bytes, of which the first is its id.
fn renumber_components(list: &mut [u8], len: usize) {
    for component in 0..list[0] {
        list[1 + len * usize::from(component)] = component + 1;
    }
}

/// An entry of a directory.
struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    value: u64,
}

impl Entry {
    fn new(tag: u16, kind: u16, value: u64) -> Self {
        Self { tag, kind, count: 1, value }
    }
}

/// A little-endian TIFF while it is written.
struct TiffWriter {
    kind: TiffKind,
    bytes: Vec<u8>,
}

impl TiffWriter {
    /// With a header that does not say yet where the directory is.
    fn new(kind: TiffKind) -> Self {
        let header: &[u8] = match kind {
            TiffKind::Classic => b"II*\0\0\0\0\0",
            TiffKind::Big => b"II+\0\x08\0\0\0\0\0\0\0\0\0\0\0",
        };
        Self { kind, bytes: header.to_vec() }
    }

    /// Length of an offset in bytes.
    fn word(&self) -> usize {
        match self.kind {
            TiffKind::Classic => 4,
            TiffKind::Big => 8,
        }
    }

    /// Type of the arrays of offsets and lengths.
    fn array_type(&self) -> u16 {
        match self.kind {
            TiffKind::Classic => LONG,
            TiffKind::Big => LONG8,
        }
    }

    /// Appends `bytes` and returns their offset.
    fn append(&mut self, bytes: &[u8]) -> u64 {
        let offset = self.bytes.len() as u64;
        self.bytes.extend_from_slice(bytes);
        offset
    }

    /// The value of the entry of an array: its only number, or the offset at which its
    /// numbers were appended.
    fn append_array(&mut self, numbers: &[u64]) -> u64 {
        if let [only] = numbers {
            return *only;
        }
        let offset = self.bytes.len() as u64;
        for &number in numbers {
            self.put(number, self.word());
        }
        offset
    }

    /// Appends the lowest `len` bytes of `number`.
    fn put(&mut self, number: u64, len: usize) {
        self.bytes.extend_from_slice(&number.to_le_bytes()[..len]);
    }

    /// The file, with a directory of `entries`, which are sorted by tag.
    fn finish(mut self, entries: &[Entry]) -> Vec<u8> {
        let (word, directory) = (self.word(), self.bytes.len() as u64);
        // In both formats the offset of the directory is the second word.
        self.bytes[word..2 * word].copy_from_slice(&directory.to_le_bytes()[..word]);
        self.put(entries.len() as u64, if self.kind == TiffKind::Big { 8 } else { 2 });
        for entry in entries {
            self.put(entry.tag.into(), 2);
            self.put(entry.kind.into(), 2);
            self.put(entry.count, word);
            self.put(entry.value, word);
        }
        // No further directory.
        self.put(0, word);
        self.bytes
    }
}
