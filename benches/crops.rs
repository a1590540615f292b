//! Tiles of real slides in three levels, as exact mode codes them.

use crate::slide_named;
use origami_codec::exact::Sample;
use origami_codec::{
    Coefficients, Colour, Decoder, Frame, PaddedPlanes, Quantisation, TileHeader, dct, padded_len,
    read_coefficients, splice_tables,
};
use origami_ingest::source::{self, OpenOptions};
use origami_pyramid::{Rect, Rgb, Subsampling, Ycc, colour, mean};
use std::fs;

/// A square of tissue on a slide.
#[derive(Clone, Copy, Debug)]
pub struct Crop {
    /// What to call it.
    pub name: &'static str,
    /// The slide, by its path in the test set.
    pub slide: &'static str,
    /// Left edge at full resolution in pixels.
    pub x: u32,
    /// Top edge.
    pub y: u32,
}

/// The four crops that sizes are measured on: at 2,048 px, two families each way.
pub const CROPS: [Crop; 4] = [
    Crop { name: "CMU-1", slide: "CMU-1-Small-Region.svs", x: 0, y: 512 },
    Crop { name: "BS9", slide: "pathologyatlas-BS9-HE1.tif", x: 62_464, y: 3_840 },
    Crop { name: "seed", slide: "pathologyatlas-seed-HE.dzi.zip", x: 14_336, y: 3_072 },
    Crop { name: "TCGA", slide: "weaker-licence/tcga-cr-7395-01a-01-ts1.svs", x: 1_024, y: 768 },
];

impl Crop {
    /// `side` x `side` px, where the slide is there.
    ///
    /// # Panics
    /// If the slide cannot be read.
    #[must_use]
    pub fn read(&self, side: u32) -> Option<Rgb> {
        let slide = source::open(&slide_named(self.slide)?, &OpenOptions::default()).expect("a slide");
        let mut pixels = Rgb::filled(0, 0, [0; 3]);
        slide.read(Rect { x: self.x, y: self.y, width: side, height: side }, &mut pixels).expect("pixels");
        Some(pixels)
    }
}

/// How tiles are stored.
#[derive(Clone, Debug)]
pub struct Form {
    /// Pixels a side.
    pub tile: usize,
    /// Chroma subsampling.
    pub subsampling: Subsampling,
    /// What the planes are.
    pub colour: Colour,
    /// Step sizes.
    pub quantisation: Quantisation,
}

impl Form {
    /// Tiles of `tile` px at a libjpeg quality.
    #[must_use]
    pub fn new(tile: usize, subsampling: Subsampling, colour: Colour, quality: u8) -> Self {
        Self { tile, subsampling, colour, quantisation: dct::quality_tables(quality, colour) }
    }

    /// The shape of a tile.
    ///
    /// # Panics
    /// If there is no such JPEG.
    #[must_use]
    pub fn frame(&self) -> Frame {
        Frame::new(self.tile, self.tile, self.subsampling, self.colour).expect("a frame")
    }

    /// The header all tiles share.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn header(&self) -> TileHeader {
        TileHeader::new(&self.quantisation, self.subsampling, self.colour).expect("a header")
    }

    /// The tile with its top left at `(x, y)`.
    fn forward(&self, pixels: &Rgb, x: usize, y: usize) -> Coefficients {
        let mut out = Coefficients::zeros(self.frame());
        if self.colour == Colour::Rgb {
            let mut part = Rgb::filled(self.tile, self.tile, [0; 3]);
            for row in 0..self.tile {
                part.row_mut(row).copy_from_slice(&pixels.row(y + row)[3 * x..3 * (x + self.tile)]);
            }
            dct::forward_rgb(&part, &self.quantisation, &mut out);
        } else {
            let mut tile = Ycc::zeros(self.tile, self.tile, self.subsampling);
            colour::ycc(pixels, x, y, &mut tile);
            dct::forward(&tile, &self.quantisation, &mut out);
        }
        out
    }
}

/// The tiles of a square of one level, row by row, and their decoded planes.
#[derive(Clone, Debug)]
pub struct Tiles {
    /// Tiles a side.
    pub across: usize,
    /// Their coefficients.
    pub tiles: Vec<Coefficients>,
    /// What [`dct::inverse`] makes of them.
    pub planes: Vec<PaddedPlanes<Vec<u8>>>,
}

impl Tiles {
    fn new(tiles: Vec<Coefficients>, form: &Form) -> Self {
        let inverse = |tile: &Coefficients| {
            let mut planes = PaddedPlanes::new(vec![0; padded_len(&form.frame())], form.frame());
            dct::inverse(tile, &form.quantisation, &mut planes);
            planes
        };
        Self { across: tiles.len().isqrt(), planes: tiles.iter().map(inverse).collect(), tiles }
    }

    fn of(pixels: &Rgb, form: &Form) -> Self {
        let across = pixels.width() / form.tile;
        let at = |i: usize| (i % across * form.tile, i / across * form.tile);
        let forward = |i| form.forward(pixels, at(i).0, at(i).1);
        Self::new((0..across * across).map(forward).collect(), form)
    }
}

/// Three levels of tiles, the finest first.
#[derive(Clone, Debug)]
pub struct Levels {
    /// How the tiles are stored.
    pub form: Form,
    /// Those of depth 0 to 2.
    pub levels: [Tiles; 3],
}

impl Levels {
    /// Halves square `pixels` twice and makes tiles of all three.
    #[must_use]
    pub fn of(pixels: &Rgb, form: &Form) -> Self {
        let finest = Tiles::of(pixels, form);
        Self::above(finest, pixels, form)
    }

    fn above(finest: Tiles, pixels: &Rgb, form: &Form) -> Self {
        let (mut half, mut quarter) = (Rgb::filled(0, 0, [0; 3]), Rgb::filled(0, 0, [0; 3]));
        mean::halve(pixels, &mut half);
        mean::halve(&half, &mut quarter);
        let levels = [finest, Tiles::of(&half, form), Tiles::of(&quarter, form)];
        Self { form: form.clone(), levels }
    }

    /// The tiles of a TIFF as they are, 8 each way from tile `(x, y)`, and
    /// coarser levels with the same step sizes.
    ///
    /// # Panics
    /// If the file is not such a little-endian TIFF with JPEG tiles.
    #[must_use]
    pub fn kept(crop: &Crop, x: usize, y: usize) -> Option<Self> {
        let file = fs::read(slide_named(crop.slide)?).expect("a file");
        let tiff = FirstPage::of(&file);
        let across = tiff.width.div_ceil(tiff.tile);
        let (mut decoder, mut jpeg) = (Decoder::new().expect("a handle"), Vec::new());
        let (mut tiles, mut form) = (Vec::new(), None);
        let side = 8 * tiff.tile;
        let (mut pixels, mut part) = (Rgb::filled(side, side, [0; 3]), Rgb::filled(0, 0, [0; 3]));
        for i in 0..64 {
            let bare = tiff.bare(&file, (y + i / 8) * across + x + i % 8);
            splice_tables(tiff.tables.map(|(at, len)| &file[at..at + len]), bare, tiff.rgb, &mut jpeg)
                .expect("tables");
            let any = Frame::new(8, 8, Subsampling::S444, Colour::Ycc).expect("a frame");
            let mut tile = Coefficients::zeros(any);
            let facts = read_coefficients(&jpeg, 1 << 16, &mut tile).expect("a tile");
            decoder.decode_rgb(&jpeg, side * side, &mut part).expect("a tile");
            for row in 0..tiff.tile {
                let start = 3 * tiff.tile * (i % 8);
                let out = &mut pixels.row_mut(i / 8 * tiff.tile + row)[start..start + 3 * tiff.tile];
                out.copy_from_slice(part.row(row));
            }
            let (subsampling, colour) = (tile.frame().subsampling(), tile.frame().colour());
            let quantisation = facts.quantisation;
            form.get_or_insert(Form { tile: tiff.tile, subsampling, colour, quantisation });
            tiles.push(tile);
        }
        let form = form.expect("tiles");
        Some(Self::above(Tiles::new(tiles, &form), &pixels, &form))
    }

    /// The samples of level `depth`, 0 or 1, in families that `chosen` says of
    /// by column and row.
    #[must_use]
    pub fn samples(&self, depth: usize, chosen: impl Fn(usize, usize) -> bool) -> Vec<Sample<'_>> {
        let (level, parents) = (&self.levels[depth], &self.levels[depth + 1]);
        let family = level.across / self.levels[2].across;
        let half = self.form.tile / 2;
        let place = |i: usize| (i % level.across, i / level.across);
        (0..level.tiles.len())
            .filter(|&i| chosen(place(i).0 / family, place(i).1 / family))
            .map(|i| {
                let (x, y) = place(i);
                let parent = parents.planes[y / 2 * parents.across + x / 2].view();
                let origin = (x % 2 * half, y % 2 * half);
                Sample { tile: &level.tiles[i], parent, origin, quantisation: &self.form.quantisation }
            })
            .collect()
    }
}

/// What the first directory of a TIFF says.
struct FirstPage {
    width: usize,
    tile: usize,
    rgb: bool,
    tables: Option<(usize, usize)>,
    offsets: usize,
    lengths: usize,
}

impl FirstPage {
    fn of(file: &[u8]) -> Self {
        assert_eq!(file[..4], *b"II*\0", "a little-endian TIFF");
        let mut page = Self { width: 0, tile: 0, rgb: false, tables: None, offsets: 0, lengths: 0 };
        let start = number(file, 4);
        let count = usize::from(u16::from_le_bytes([file[start], file[start + 1]]));
        for entry in file[start + 2..].chunks_exact(12).take(count) {
            let (count, value) = (number(entry, 4), number(entry, 8));
            match u16::from_le_bytes([entry[0], entry[1]]) {
                256 => page.width = value,
                262 => page.rgb = value == 2,
                322 => page.tile = value,
                324 => page.offsets = value,
                325 => page.lengths = value,
                347 => page.tables = Some((value, count)),
                _ => {}
            }
        }
        page
    }

    /// Tile `i` without its tables.
    fn bare<'a>(&self, file: &'a [u8], i: usize) -> &'a [u8] {
        &file[number(file, self.offsets + 4 * i)..][..number(file, self.lengths + 4 * i)]
    }
}

fn number(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]) as usize
}
