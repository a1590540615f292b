//! What the pixels of a slide really are, by readers that are not ours.

use crate::openslide::OpenSlide;
use crate::picture::Picture;
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

/// Slides up to this many pixels are halved whole.
const SMALL: usize = 32 << 20;

impl Source {
    /// OpenSlide for slides, the test's own reader for zipped Deep Zoom;
    /// `None`, said or failing in CI, if OpenSlide is not installed.
    pub fn open(path: &Path) -> Option<Self> {
        if path.extension().is_some_and(|extension| extension == "zip") {
            return Some(Self::DeepZoom(DeepZoom::open(path)));
        }
        match OpenSlide::open(path) {
            Ok(slide) => Some(Self::OpenSlide(slide)),
            Err(reason) => {
                assert!(std::env::var_os("CI").is_none(), "no OpenSlide: {reason}");
                eprintln!("SKIP: no OpenSlide: {reason}");
                None
            }
        }
    }

    pub fn size(&self) -> (usize, usize) {
        match self {
            Self::OpenSlide(slide) => slide.size,
            Self::DeepZoom(image) => image.size,
            Self::Picture(picture) => (picture.width, picture.height),
        }
    }

    fn read(&self, x: usize, y: usize, width: usize, height: usize) -> Picture {
        match self {
            Self::OpenSlide(slide) => slide.read(x, y, width, height),
            Self::DeepZoom(image) => image.read(x, y, width, height),
            Self::Picture(picture) => picture.crop(x, y, width, height),
        }
    }
}

/// The levels of a slide: its pixels, halved again and again.
pub struct Levels {
    source: Source,
    /// All levels from the finest, if the slide is small.
    whole: Vec<Picture>,
}

impl Levels {
    pub fn of(source: Source) -> Self {
        let (width, height) = source.size();
        let mut whole = Vec::new();
        if width * height <= SMALL {
            let mut level = source.read(0, 0, width, height);
            while (level.width, level.height) != (1, 1) {
                let halved = level.halved();
                whole.push(level);
                level = halved;
            }
            whole.push(level);
        }
        Self { source, whole }
    }

    pub fn size(&self) -> (usize, usize) {
        self.source.size()
    }

    /// Whether every level is at hand, and not only the finest.
    pub fn are_whole(&self) -> bool {
        !self.whole.is_empty()
    }

    /// The pixels of a rectangle that begins at `(x, y)` of the level `depth`
    /// below the finest.
    pub fn read(&self, depth: u32, (x, y): (usize, usize), (width, height): (usize, usize)) -> Picture {
        if let Some(level) = self.whole.get(depth as usize) {
            return level.crop(x, y, width, height);
        }
        let (x, y, size) = (x << depth, y << depth, self.source.size());
        let (width, height) = ((width << depth).min(size.0 - x), (height << depth).min(size.1 - y));
        (0..depth).fold(self.source.read(x, y, width, height), |pixels, _| pixels.halved())
    }
}

/// A zipped Deep Zoom image, stitched tile by tile.
pub struct DeepZoom {
    archive: RefCell<ZipArchive<File>>,
    /// Tiles decoded lately, without their overlap.
    decoded: RefCell<HashMap<(usize, usize), Picture>>,
    /// Path of the finest level's folder.
    folder: String,
    format: String,
    tile: usize,
    overlap: usize,
    pub size: (usize, usize),
}

impl DeepZoom {
    fn open(path: &Path) -> Self {
        let mut archive = ZipArchive::new(File::open(path).unwrap()).unwrap();
        let names = archive.file_names().map(|name| name.unwrap().into_owned());
        let name = names.into_iter().find(|name| name.ends_with(".dzi")).unwrap();
        let mut xml = String::new();
        archive.by_name(&name).unwrap().read_to_string(&mut xml).unwrap();
        let number = |name: &str| attribute(&xml, name).parse::<usize>().unwrap();
        let size = (number("Width"), number("Height"));
        let level = size.0.max(size.1).next_power_of_two().ilog2();
        Self {
            folder: format!("{}_files/{level}", name.strip_suffix(".dzi").unwrap()),
            format: attribute(&xml, "Format").to_owned(),
            tile: number("TileSize"),
            overlap: number("Overlap"),
            size,
            archive: RefCell::new(archive),
            decoded: RefCell::default(),
        }
    }

    fn decode(&self, column: usize, row: usize) -> Picture {
        let mut bytes = Vec::new();
        let name = format!("{}/{column}_{row}.{}", self.folder, self.format);
        self.archive.borrow_mut().by_name(&name).unwrap().read_to_end(&mut bytes).unwrap();
        let before = |number: usize| if number == 0 { 0 } else { self.overlap };
        let side = |number: usize, whole: usize| self.tile.min(whole - number * self.tile);
        Picture::decode(&bytes).crop(
            before(column),
            before(row),
            side(column, self.size.0),
            side(row, self.size.1),
        )
    }

    fn read(&self, x: usize, y: usize, width: usize, height: usize) -> Picture {
        let mut out = Picture::new(width, height);
        let mut decoded = self.decoded.borrow_mut();
        for row in y / self.tile..(y + height).div_ceil(self.tile) {
            for column in x / self.tile..(x + width).div_ceil(self.tile) {
                if decoded.len() > 400 {
                    decoded.clear();
                }
                let tile = decoded.entry((column, row)).or_insert_with(|| self.decode(column, row));
                let (left, top) = (x.max(column * self.tile), y.max(row * self.tile));
                let right = (x + width).min(column * self.tile + tile.width);
                let bottom = (y + height).min(row * self.tile + tile.height);
                let (inner_x, inner_y) = (left - column * self.tile, top - row * self.tile);
                let part = tile.crop(inner_x, inner_y, right - left, bottom - top);
                out.paste(&part, left - x, top - y);
            }
        }
        out
    }
}

/// The value of an attribute, wherever it stands in the XML.
pub fn attribute<'a>(xml: &'a str, name: &str) -> &'a str {
    let start = xml.find(&format!("{name}=\"")).unwrap_or_else(|| panic!("no {name} in {xml}"));
    xml[start..].split('"').nth(1).unwrap()
}
