//! Writes slides as Deep Zoom folders and zips.

use origami_pyramid::{Pyramid, Rect, Size};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A Deep Zoom image of which only full resolution is written.
#[derive(Clone, Copy)]
pub struct DeepZoom {
    pub size: Size,
    /// Side of a tile without overlap.
    pub tile_size: u32,
    pub overlap: u32,
    /// Extension of the tiles.
    pub format: &'static str,
}

/// A file in a zip, and its path there.
#[derive(Clone)]
pub struct ZippedFile {
    pub path: String,
    pub bytes: Vec<u8>,
}

impl DeepZoom {
    /// The pixels of the slide in tile `(x, y)`, including overlap.
    pub fn tile_rect(&self, x: u32, y: u32) -> Rect {
        let (columns, rows) = (self.span(x, self.size.width), self.span(y, self.size.height));
        let (width, height) = (columns.end - columns.start, rows.end - rows.start);
        Rect { x: columns.start, y: rows.start, width, height }
    }

    /// The pixels of tile `number` along a side of the slide.
    fn span(&self, number: u32, side: u32) -> Range<u32> {
        let start = (number * self.tile_size).saturating_sub(self.overlap);
        start..((number + 1) * self.tile_size + self.overlap).min(side)
    }

    /// The number of the level of full resolution.
    pub fn level(&self) -> u32 {
        Pyramid::new(self.size, 256).unwrap().max_level()
    }

    /// The level `n` levels coarser as an image of its own.
    pub fn coarser(&self, n: u32) -> Self {
        Self { size: self.size.halved(n), ..*self }
    }

    /// The path of tile `(x, y)` in `folder`.
    pub fn tile_path(&self, folder: &Path, x: u32, y: u32) -> PathBuf {
        folder.join(format!("made_files/{}/{x}_{y}.{}", self.level(), self.format))
    }

    /// The descriptor, with `inside` in its `Image` element.
    pub fn descriptor(&self, inside: &str) -> String {
        let Self { size: Size { width, height }, tile_size, overlap, format } = self;
        format!(
            r#"<?xml version="1.0"?><Image xmlns="http://schemas.microsoft.com/deepzoom/2008" Format="{format}" Overlap="{overlap}" TileSize="{tile_size}"><Size Width="{width}" Height="{height}"/>{inside}</Image>"#
        )
    }

    /// Writes the image into `folder`, with the tiles that `encode` makes of parts of
    /// the slide, and returns the path of its descriptor.
    pub fn write(&self, folder: &Path, encode: impl Fn(Rect) -> Vec<u8>) -> PathBuf {
        let path = folder.join("made.dzi");
        fs::write(&path, self.descriptor("")).unwrap();
        self.write_tiles(folder, encode);
        path
    }

    /// Writes the tiles only.
    pub fn write_tiles(&self, folder: &Path, encode: impl Fn(Rect) -> Vec<u8>) {
        fs::create_dir_all(self.tile_path(folder, 0, 0).parent().unwrap()).unwrap();
        let grid = self.size.grid(self.tile_size);
        for y in 0..grid.rows {
            for x in 0..grid.columns {
                fs::write(self.tile_path(folder, x, y), encode(self.tile_rect(x, y))).unwrap();
            }
        }
    }
}

impl ZippedFile {
    pub fn new(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), bytes: bytes.into() }
    }

    /// All files of `folder` under their paths in it, sorted.
    pub fn all_of(folder: &Path) -> Vec<Self> {
        let mut files = Vec::new();
        collect(folder, "", &mut files);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    }

    /// An uncompressed zip of files, whose paths may be any, also the same.
    pub fn zip(files: &[Self]) -> Vec<u8> {
        let (mut zip, mut directory) = (Vec::<u8>::new(), Vec::<u8>::new());
        for Self { path, bytes } in files {
            let size = bytes.len() as u32;
            // Flags, method, time and date are 0.
            let mut fields: Vec<u8> = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            for number in [crc32fast::hash(bytes), size, size, path.len() as u32] {
                fields.extend(number.to_le_bytes());
            }
            directory.extend(b"PK\x01\x02\x14\0");
            directory.extend(&fields);
            directory.extend([0; 10]);
            directory.extend((zip.len() as u32).to_le_bytes());
            directory.extend(path.as_bytes());
            zip.extend(b"PK\x03\x04");
            zip.extend(&fields);
            zip.extend(path.as_bytes());
            zip.extend(bytes);
        }
        let [start, len] = [zip.len() as u32, directory.len() as u32];
        zip.extend(directory);
        zip.extend(b"PK\x05\x06\0\0\0\0");
        let count = (files.len() as u16).to_le_bytes();
        zip.extend([count, count].concat());
        zip.extend([len.to_le_bytes(), start.to_le_bytes()].concat());
        zip.extend([0; 2]);
        zip
    }
}

/// Adds all files of a folder whose path in the zip is `prefix`.
fn collect(folder: &Path, prefix: &str, files: &mut Vec<ZippedFile>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files);
        } else {
            files.push(ZippedFile::new(name, fs::read(path).unwrap()));
        }
    }
}
