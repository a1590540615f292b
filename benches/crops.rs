//! Prepares tiles of real slides in three levels, as exact mode codes them.

use origami_codec::exact::Sample;
use origami_codec::{
    Coefficients, Colour, Decoder, Frame, PaddedPlanes, Photometric, Quantisation, TileHeader, dct,
    padded_len, read_coefficients, self_contained,
};
use origami_fixtures::slide;
use origami_ingest::source::{self, OpenOptions};
use origami_pyramid::{Point, Rect, Rgb, Subsampling, Ycc, colour, mean};
use std::fs;
use std::ops::Range;

/// A square of tissue on a slide.
#[derive(Clone, Copy, Debug)]
pub struct Crop {
    /// Its name in the output.
    pub name: &'static str,
    /// Path of the slide in the test set.
    pub slide: &'static str,
    /// Left edge at full resolution in pixels.
    pub x: u32,
    /// Top edge.
    pub y: u32,
}

/// The four crops on which sizes are measured; with 2,048 px a side, each has two
/// families across and down.
pub const CROPS: [Crop; 4] = [
    Crop { name: "CMU-1", slide: "CMU-1-Small-Region.svs", x: 0, y: 512 },
    Crop { name: "BS9", slide: "pathologyatlas-BS9-HE1.tif", x: 62_464, y: 3_840 },
    Crop { name: "seed", slide: "pathologyatlas-seed-HE.dzi.zip", x: 14_336, y: 3_072 },
    Crop { name: "TCGA", slide: "weaker-licence/tcga-cr-7395-01a-01-ts1.svs", x: 1_024, y: 768 },
];

impl Crop {
    /// The pixels of `side` x `side` px; `None` if the slide is missing.
    ///
    /// # Panics
    /// If the slide cannot be read.
    #[must_use]
    pub fn read(&self, side: u32) -> Option<Rgb> {
        let slide = source::open(&slide(self.slide)?, &OpenOptions::default()).expect("a slide");
        let mut pixels = Rgb::filled(0, 0, [0; 3]);
        slide.read(Rect { x: self.x, y: self.y, width: side, height: side }, &mut pixels).expect("pixels");
        Some(pixels)
    }
}

/// How tiles are stored.
#[derive(Clone, Debug)]
pub struct Form {
    /// Side in pixels.
    pub tile: usize,
    /// Chroma subsampling.
    pub subsampling: Subsampling,
    /// Colour space.
    pub colour: Colour,
    /// Quantisation steps.
    pub quantisation: Quantisation,
}

impl Form {
    /// Tiles of `tile` px with the steps of a libjpeg quality.
    #[must_use]
    pub fn new(tile: usize, subsampling: Subsampling, colour: Colour, quality: u8) -> Self {
        Self { tile, subsampling, colour, quantisation: dct::quality_tables(quality, colour) }
    }

    /// The frame of a tile.
    ///
    /// # Panics
    /// If no JPEG has this form.
    #[must_use]
    pub fn frame(&self) -> Frame {
        Frame::new(self.tile, self.tile, self.subsampling, self.colour).expect("a frame")
    }

    /// The header that all tiles share.
    ///
    /// # Panics
    /// If no JPEG has this form.
    #[must_use]
    pub fn header(&self) -> TileHeader {
        TileHeader::new(&self.quantisation, self.subsampling, self.colour).expect("a header")
    }

    /// The coefficients of the tile of `pixels` at `origin`.
    fn forward(&self, pixels: &Rgb, origin: Point) -> Coefficients {
        let mut out = Coefficients::zeros(self.frame());
        if self.colour == Colour::Rgb {
            let (side, Point { x, y }) = (self.tile as u32, origin);
            let mut part = Rgb::filled(self.tile, self.tile, [0; 3]);
            let window = Rect { x, y, width: side, height: side };
            part.copy(Point::default(), pixels, window);
            dct::forward_rgb(&part, &self.quantisation, &mut out);
        } else {
            let mut tile = Ycc::zeros(self.tile, self.tile, self.subsampling);
            colour::ycc(pixels, origin.x as usize, origin.y as usize, &mut tile);
            dct::forward(&tile, &self.quantisation, &mut out);
        }
        out
    }

    /// The decoded planes of a tile.
    fn inverse(&self, tile: &Coefficients) -> PaddedPlanes<Vec<u8>> {
        let mut planes = PaddedPlanes::new(vec![0; padded_len(&self.frame())], self.frame());
        dct::inverse(tile, &self.quantisation, &mut planes);
        planes
    }
}

/// The tiles of a square of one level, row by row, and their decoded planes.
#[derive(Clone, Debug)]
pub struct Tiles {
    /// Number of tiles along a side.
    pub across: usize,
    /// Their coefficients.
    pub tiles: Vec<Coefficients>,
    /// Their planes, as [`dct::inverse`] decodes them.
    pub planes: Vec<PaddedPlanes<Vec<u8>>>,
}

impl Tiles {
    fn new(tiles: Vec<Coefficients>, form: &Form) -> Self {
        let planes = tiles.iter().map(|tile| form.inverse(tile)).collect();
        Self { across: tiles.len().isqrt(), planes, tiles }
    }

    /// The tiles of a square image.
    fn of_pixels(pixels: &Rgb, form: &Form) -> Self {
        let (side, across) = (form.tile as u32, (pixels.width() / form.tile) as u32);
        let origins = (0..across).flat_map(|y| (0..across).map(move |x| Point::new(x * side, y * side)));
        Self::new(origins.map(|origin| form.forward(pixels, origin)).collect(), form)
    }
}

/// Three levels of tiles, the finest first.
#[derive(Clone, Debug)]
pub struct Levels {
    /// How the tiles are stored.
    pub form: Form,
    /// The tiles of L0, L1 and L2.
    pub levels: [Tiles; 3],
}

/// Tiles across and down of a slide whose own tiles are kept.
const KEPT_TILES: usize = 8;

impl Levels {
    /// Halves square `pixels` twice and makes tiles of all three images.
    #[must_use]
    pub fn new(pixels: &Rgb, form: &Form) -> Self {
        Self::above(Tiles::of_pixels(pixels, form), pixels, form)
    }

    /// `finest`, the tiles of `pixels`, and two levels above them.
    fn above(finest: Tiles, pixels: &Rgb, form: &Form) -> Self {
        let (mut half, mut quarter) = (Rgb::filled(0, 0, [0; 3]), Rgb::filled(0, 0, [0; 3]));
        mean::halve(pixels, &mut half);
        mean::halve(&half, &mut quarter);
        let levels = [finest, Tiles::of_pixels(&half, form), Tiles::of_pixels(&quarter, form)];
        Self { form: form.clone(), levels }
    }

    /// The source's own tiles of a TIFF, 8 across and down from tile `first`, and
    /// coarser levels with the same quantisation steps.
    ///
    /// # Panics
    /// If the file is not a little-endian TIFF with such JPEG tiles.
    #[must_use]
    pub fn kept(crop: &Crop, first: Point) -> Option<Self> {
        let file = fs::read(slide(crop.slide)?).expect("a file");
        let tiff = FirstPage::parse(&file);
        let side = KEPT_TILES * tiff.tile;
        let mut decoder = Decoder::new().expect("a JPEG handle");
        let (mut pixels, mut part) = (Rgb::filled(side, side, [0; 3]), Rgb::filled(0, 0, [0; 3]));
        let (mut tiles, mut form) = (Vec::new(), None);
        for i in 0..KEPT_TILES * KEPT_TILES {
            let (x, y) = ((i % KEPT_TILES) as u32, (i / KEPT_TILES) as u32);
            let jpeg = tiff.jpeg(&file, Point::new(first.x + x, first.y + y));
            decoder.decode_rgb(&jpeg, side * side, &mut part).expect("a tile");
            let tile = tiff.tile as u32;
            pixels.copy(Point::new(x * tile, y * tile), &part, Rect::whole(part.size()));
            let frame = Frame::new(8, 8, Subsampling::S444, Colour::Ycc).expect("any frame");
            let mut coefficients = Coefficients::zeros(frame);
            let facts = read_coefficients(&jpeg, 1 << 16, &mut coefficients).expect("a tile");
            form.get_or_insert(Form {
                tile: tiff.tile,
                subsampling: coefficients.frame().subsampling(),
                colour: coefficients.frame().colour(),
                quantisation: facts.quantisation,
            });
            tiles.push(coefficients);
        }
        let form = form.expect("tiles");
        Some(Self::above(Tiles::new(tiles, &form), &pixels, &form))
    }

    /// The samples of L0 (`depth` 0) or L1 (`depth` 1) in the families for whose column
    /// and row `is_chosen` returns true.
    #[must_use]
    pub fn samples(&self, depth: usize, is_chosen: impl Fn(usize, usize) -> bool) -> Vec<Sample<'_>> {
        let across = self.levels[depth].across;
        let family = across / self.levels[2].across;
        let mut samples = Vec::new();
        for y in 0..across {
            for x in (0..across).filter(|x| is_chosen(x / family, y / family)) {
                samples.push(self.sample(depth, x, y));
            }
        }
        samples
    }

    /// Tile `(x, y)` of level L0 or L1, with its parent.
    fn sample(&self, depth: usize, x: usize, y: usize) -> Sample<'_> {
        let (level, parents) = (&self.levels[depth], &self.levels[depth + 1]);
        let half = self.form.tile / 2;
        Sample {
            tile: &level.tiles[y * level.across + x],
            parent: parents.planes[y / 2 * parents.across + x / 2].view(),
            origin: (x % 2 * half, y % 2 * half),
            quantisation: &self.form.quantisation,
        }
    }
}

/// What the first directory of a TIFF says of its tiles.
struct FirstPage {
    /// Number of tiles in a row.
    columns: usize,
    /// Side of a tile in pixels.
    tile: usize,
    photometric: Option<Photometric>,
    /// Where the JPEG tables are.
    tables: Option<Range<usize>>,
    /// Offset of the array of tile offsets.
    offsets: usize,
    /// Offset of the array of tile lengths.
    lengths: usize,
}

impl FirstPage {
    fn parse(file: &[u8]) -> Self {
        assert_eq!(file[..4], *b"II*\0", "a little-endian TIFF");
        let (mut width, mut tile, mut offsets, mut lengths) = (0, 0, 0, 0);
        let (mut photometric, mut tables) = (None, None);
        let start = u32_at(file, 4);
        let count = usize::from(u16::from_le_bytes([file[start], file[start + 1]]));
        for entry in file[start + 2..].chunks_exact(12).take(count) {
            let (count, value) = (u32_at(entry, 4), u32_at(entry, 8));
            match u16::from_le_bytes([entry[0], entry[1]]) {
                256 => width = value,
                262 if value == 2 => photometric = Some(Photometric::Rgb),
                262 if value == 6 => photometric = Some(Photometric::Ycc),
                322 => tile = value,
                324 => offsets = value,
                325 => lengths = value,
                347 => tables = Some(value..value + count),
                _ => {}
            }
        }
        Self { columns: width.div_ceil(tile), tile, photometric, tables, offsets, lengths }
    }

    /// The self-contained JPEG of a tile.
    fn jpeg(&self, file: &[u8], tile: Point) -> Vec<u8> {
        let index = 4 * (tile.y as usize * self.columns + tile.x as usize);
        let (offset, len) = (u32_at(file, self.offsets + index), u32_at(file, self.lengths + index));
        let tables = self.tables.clone().map(|tables| &file[tables]);
        let mut jpeg = Vec::new();
        self_contained(tables, &file[offset..offset + len], self.photometric, &mut jpeg).expect("tables");
        jpeg
    }
}

fn u32_at(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]) as usize
}
