//! The true pixels of a slide, by independent readers.

use crate::openslide::OpenSlide;
use origami_fixtures::geometry::{Cell, Rect, Size};
use origami_fixtures::picture::Picture;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use zip::ZipArchive;

/// A reader of full-resolution pixels.
pub enum Source {
    OpenSlide(OpenSlide),
    DeepZoom(DeepZoom),
    Picture(Picture),
}

/// Maximum number of pixels of slides of which all levels are held in memory.
const MAX_PIXELS_IN_MEMORY: usize = 32 << 20;

impl Source {
    /// Opens zipped Deep Zoom images with the reader below, and other slides with OpenSlide.
    /// `None` skips the test if OpenSlide is not installed, or fails it in CI.
    pub fn open(path: &Path) -> Option<Self> {
        if path.extension().is_some_and(|extension| extension == "zip") {
            return Some(Self::DeepZoom(DeepZoom::open(path)));
        }
        OpenSlide::open(path).map(Self::OpenSlide)
    }

    pub fn size(&self) -> Size {
        match self {
            Self::OpenSlide(slide) => slide.size,
            Self::DeepZoom(image) => image.size,
            Self::Picture(picture) => picture.size(),
        }
    }

    fn read(&self, rect: Rect) -> Picture {
        match self {
            Self::OpenSlide(slide) => slide.read(rect),
            Self::DeepZoom(image) => image.read(rect),
            Self::Picture(picture) => picture.crop(rect),
        }
    }
}

/// The levels of a slide: its pixels, halved again and again.
pub struct Levels {
    source: Source,
    /// All levels from the finest on, if the slide is small.
    in_memory: Vec<Picture>,
}

impl Levels {
    pub fn of(source: Source) -> Self {
        let size = source.size();
        let mut in_memory = Vec::new();
        if size.width * size.height <= MAX_PIXELS_IN_MEMORY {
            let mut level = source.read(Rect::whole(size));
            while level.size() != Size::new(1, 1) {
                let halved = level.halved();
                in_memory.push(level);
                level = halved;
            }
            in_memory.push(level);
        }
        Self { source, in_memory }
    }

    pub fn size(&self) -> Size {
        self.source.size()
    }

    /// Whether all levels are in memory.
    pub fn are_in_memory(&self) -> bool {
        !self.in_memory.is_empty()
    }

    /// The pixels of a rectangle of the level `depth` below the finest. If the levels are not
    /// in memory, they are computed from full resolution.
    pub fn read(&self, depth: u32, rect: Rect) -> Picture {
        if let Some(level) = self.in_memory.get(depth as usize) {
            return level.crop(rect);
        }
        let (x, y, size) = (rect.x << depth, rect.y << depth, self.size());
        let (width, height) = (rect.width << depth, rect.height << depth);
        let pixels = self.source.read(Rect {
            x,
            y,
            width: width.min(size.width - x),
            height: height.min(size.height - y),
        });
        (0..depth).fold(pixels, |pixels, _| pixels.halved())
    }
}

/// A zipped Deep Zoom image, stitched tile by tile.
pub struct DeepZoom {
    archive: RefCell<ZipArchive<File>>,
    /// Recently decoded tiles, without their overlap.
    decoded: RefCell<HashMap<Cell, Picture>>,
    /// Path of the finest level's folder.
    folder: String,
    format: String,
    /// Side of a tile in pixels.
    tile: usize,
    overlap: usize,
    pub size: Size,
}

impl DeepZoom {
    fn open(path: &Path) -> Self {
        let mut archive = ZipArchive::new(File::open(path).unwrap()).unwrap();
        let names = archive.file_names().map(|name| name.unwrap().into_owned());
        let name = names.into_iter().find(|name| name.ends_with(".dzi")).unwrap();
        let mut xml = String::new();
        archive.by_name(&name).unwrap().read_to_string(&mut xml).unwrap();
        let size = Size::new(number(&xml, "Width"), number(&xml, "Height"));
        let level = size.longest().next_power_of_two().ilog2();
        Self {
            folder: format!("{}_files/{level}", name.strip_suffix(".dzi").unwrap()),
            format: attribute(&xml, "Format").to_owned(),
            tile: number(&xml, "TileSize"),
            overlap: number(&xml, "Overlap"),
            size,
            archive: RefCell::new(archive),
            decoded: RefCell::default(),
        }
    }

    /// The pixels of a tile without its overlap.
    fn decode(&self, cell: Cell) -> Picture {
        let mut bytes = Vec::new();
        let name = format!("{}/{}_{}.{}", self.folder, cell.x, cell.y, self.format);
        self.archive.borrow_mut().by_name(&name).unwrap().read_to_end(&mut bytes).unwrap();
        let Rect { width, height, .. } = self.size.tile(self.tile, cell);
        // The first tiles overlap nothing on their left or upper side.
        let x = if cell.x == 0 { 0 } else { self.overlap };
        let y = if cell.y == 0 { 0 } else { self.overlap };
        Picture::decode(&bytes).crop(Rect { x, y, width, height })
    }

    fn read(&self, rect: Rect) -> Picture {
        let mut out = Picture::black(rect.size());
        let mut decoded = self.decoded.borrow_mut();
        for y in rect.y / self.tile..(rect.y + rect.height).div_ceil(self.tile) {
            for x in rect.x / self.tile..(rect.x + rect.width).div_ceil(self.tile) {
                if decoded.len() > 400 {
                    decoded.clear();
                }
                let cell = Cell { x, y };
                let tile = decoded.entry(cell).or_insert_with(|| self.decode(cell));
                copy_common_pixels(tile, self.size.tile(self.tile, cell), &mut out, rect);
            }
        }
        out
    }
}

/// Copies the pixels that two pictures have in common, given what each covers of the image.
fn copy_common_pixels(from: &Picture, from_rect: Rect, to: &mut Picture, to_rect: Rect) {
    let (x, y) = (from_rect.x.max(to_rect.x), from_rect.y.max(to_rect.y));
    let right = (from_rect.x + from_rect.width).min(to_rect.x + to_rect.width);
    let bottom = (from_rect.y + from_rect.height).min(to_rect.y + to_rect.height);
    let common = Rect { x: x - from_rect.x, y: y - from_rect.y, width: right - x, height: bottom - y };
    to.paste(&from.crop(common), x - to_rect.x, y - to_rect.y);
}

/// The value of the first attribute of this name in XML.
pub fn attribute<'a>(xml: &'a str, name: &str) -> &'a str {
    let start = xml.find(&format!("{name}=\"")).unwrap_or_else(|| panic!("no {name} in {xml}"));
    xml[start..].split('"').nth(1).unwrap()
}

/// As [`attribute`], a number.
pub fn number(xml: &str, name: &str) -> usize {
    attribute(xml, name).parse().unwrap()
}
