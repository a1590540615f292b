//! Writes slides as Deep Zoom folders.

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

    /// The path of tile `(x, y)` in `folder`.
    pub fn tile_path(&self, folder: &Path, x: u32, y: u32) -> PathBuf {
        let level = Pyramid::new(self.size, 256).unwrap().max_level();
        folder.join(format!("made_files/{level}/{x}_{y}.{}", self.format))
    }

    /// Writes the image into `folder`, with the tiles that `encode` makes of parts of
    /// the slide, and returns the path of its descriptor.
    pub fn write(&self, folder: &Path, encode: impl Fn(Rect) -> Vec<u8>) -> PathBuf {
        let Self { size: Size { width, height }, tile_size, overlap, format } = self;
        let text = format!(
            r#"<?xml version="1.0"?><Image xmlns="http://schemas.microsoft.com/deepzoom/2008" Format="{format}" Overlap="{overlap}" TileSize="{tile_size}"><Size Width="{width}" Height="{height}"/></Image>"#
        );
        let path = folder.join("made.dzi");
        fs::write(&path, text).unwrap();
        fs::create_dir_all(self.tile_path(folder, 0, 0).parent().unwrap()).unwrap();
        let grid = self.size.grid(self.tile_size);
        for y in 0..grid.rows {
            for x in 0..grid.columns {
                fs::write(self.tile_path(folder, x, y), encode(self.tile_rect(x, y))).unwrap();
            }
        }
        path
    }
}
