//! Slides of JPEG tiles, made on the spot, and what tiles hold.

#![allow(dead_code, reason = "every test binary uses another part")]

use origami_codec::{Encoder, Frame, ZIGZAG, encoded_bound};
use origami_ingest::source::{OpenOptions, Source, open};
use origami_ingest::{KeepSource, PackOptions, PackSlideError, PackedSlide, pack};
use origami_pack::{Pack, verify};
use origami_pyramid::{Pyramid, Rect, Rgb, Size, Subsampling, TileId, Ycc, colour, mean};
use origami_render::{Pools, Rebuilder, Uncached, decode};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use turbojpeg::{Colorspace, Compressor, Image, PixelFormat, Subsamp};

/// A pixel of the slides: waves, grain, and a flat corner.
pub fn pixel(x: u32, y: u32) -> [u8; 3] {
    if x < 70 && y < 70 {
        return [231, 228, 235];
    }
    let wave = |at: u32, period: u32| (at % period).abs_diff(period / 2) * 150 / period;
    let grain = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(2_246_822_519)) >> 27;
    let level = 60 + wave(x, 37) + wave(y, 53) + grain;
    [level as u8, (level / 2 + wave(x + y, 90)) as u8, (250 - level) as u8]
}

/// The pixels of a part of the slide, or beyond its edges.
pub fn pixels(left: u32, top: u32, width: u32, height: u32) -> Rgb {
    let mut out = Rgb::filled(width as usize, height as usize, [0; 3]);
    for y in 0..height {
        for (x, to) in (left..).zip(out.row_mut(y as usize).chunks_exact_mut(3)) {
            to.copy_from_slice(&pixel(x, top + y));
        }
    }
    out
}

/// How the JPEG library is to code a tile.
#[derive(Clone, Copy, Debug)]
pub struct Coding {
    pub subsamp: Subsamp,
    pub rgb: bool,
    pub quality: u8,
    pub optimised: bool,
    pub progressive: bool,
    pub arithmetic: bool,
}

impl Coding {
    pub fn new(subsamp: Subsamp) -> Self {
        Self { subsamp, rgb: false, quality: 77, optimised: false, progressive: false, arithmetic: false }
    }

    pub fn rgb() -> Self {
        Self { rgb: true, ..Self::new(Subsamp::None) }
    }

    pub fn subsampling(&self) -> Subsampling {
        match self.subsamp {
            Subsamp::None => Subsampling::S444,
            Subsamp::Sub2x1 => Subsampling::S422,
            Subsamp::Gray => Subsampling::Gray,
            _ => Subsampling::S420,
        }
    }

    fn colour(&self) -> origami_codec::Colour {
        match (self.rgb, self.subsamp) {
            (true, _) => origami_codec::Colour::Rgb,
            (_, Subsamp::Gray) => origami_codec::Colour::Gray,
            _ => origami_codec::Colour::Ycc,
        }
    }

    /// `pixels` as a JPEG.
    pub fn encode(&self, pixels: &Rgb) -> Vec<u8> {
        let mut handle = Compressor::new().unwrap();
        if self.rgb {
            handle.set_colorspace(Colorspace::RGB).unwrap();
        }
        handle.set_subsamp(self.subsamp).unwrap();
        handle.set_quality(i32::from(self.quality)).unwrap();
        handle.set_optimize(self.optimised).unwrap();
        handle.set_progressive(self.progressive).unwrap();
        handle.set_arithmetic(self.arithmetic).unwrap();
        let (width, height) = (pixels.width(), pixels.height());
        let image =
            Image { pixels: pixels.data(), width, pitch: 3 * width, height, format: PixelFormat::RGB };
        handle.compress_to_vec(image).unwrap()
    }
}

/// The blocks of a plane, and how many there are in a row.
pub type Blocks = (usize, Vec<[i16; 64]>);

/// The coefficients of an interleaved baseline JPEG, plane by plane, row by row
/// and in zigzag order, as a reader of no relation has them.
pub fn coefficients(jpeg: &[u8], coding: &Coding, width: usize, height: usize) -> Vec<Blocks> {
    let frame = Frame::new(width, height, coding.subsampling(), coding.colour()).unwrap();
    let read = dct_io::read_coefficients(jpeg).unwrap();
    assert_eq!(read.components.len(), frame.planes());
    let plane = |(plane, component): (usize, &dct_io::ComponentCoefficients)| {
        let ((columns, rows), (across, down)) = (frame.blocks(plane), frame.sampling(plane));
        assert_eq!(component.blocks.len(), columns * rows, "blocks of plane {plane}");
        let mut blocks = vec![[0; 64]; columns * rows];
        for (number, block) in component.blocks.iter().enumerate() {
            let (mcu, within) = (number / (across * down), number % (across * down));
            let x = mcu % (columns / across) * across + within % across;
            let y = mcu / (columns / across) * down + within / across;
            blocks[y * columns + x] = ZIGZAG.map(|at| block[usize::from(at)]);
        }
        (columns, blocks)
    };
    read.components.iter().enumerate().map(plane).collect()
}

/// Fails unless the blocks of `part` are the upper left ones of `whole`.
pub fn assert_same_blocks(part: &[Blocks], whole: &[Blocks], what: &str) {
    assert_eq!(part.len(), whole.len(), "planes of {what}");
    for (plane, ((columns, part), (stride, whole))) in part.iter().zip(whole).enumerate() {
        for (part, whole) in part.chunks_exact(*columns).zip(whole.chunks_exact(*stride)) {
            assert!(part == &whole[..*columns], "plane {plane} of {what}");
        }
    }
}

/// A TIFF of JPEG tiles, to be written.
pub struct Tiff {
    pub width: u32,
    pub height: u32,
    /// Size of the tiles.
    pub tile: (u32, u32),
    pub photometric: u32,
    pub samples: u32,
    /// JPEGTables.
    pub tables: Option<Vec<u8>>,
    /// The bytes of each tile, row by row; none for one that is left out.
    pub tiles: Vec<Vec<u8>>,
}

impl Tiff {
    /// A slide coded by `coding`, each tile a complete JPEG.
    pub fn new(width: u32, height: u32, tile: u32, coding: &Coding) -> Self {
        let (columns, rows) = (width.div_ceil(tile), height.div_ceil(tile));
        let jpeg = |x, y| coding.encode(&pixels(x * tile, y * tile, tile, tile));
        let tiles = (0..rows).flat_map(|y| (0..columns).map(move |x| jpeg(x, y))).collect();
        let photometric = match coding.colour() {
            origami_codec::Colour::Gray => 1,
            origami_codec::Colour::Rgb => 2,
            _ => 6,
        };
        let samples = if photometric == 1 { 1 } else { 3 };
        Self { width, height, tile: (tile, tile), photometric, samples, tables: None, tiles }
    }

    /// Moves the tables of all tiles, which are the same, into JPEGTables, as
    /// scanners do; of RGB tiles also drops what says that they are RGB.
    pub fn spliced(mut self) -> Self {
        let mut tables = Vec::new();
        for tile in &mut self.tiles {
            tables = vec![0xff, 0xd8];
            let mut rest = vec![0xff, 0xd8];
            let mut at = 2;
            loop {
                let (marker, len) =
                    (tile[at + 1], usize::from(u16::from_be_bytes([tile[at + 2], tile[at + 3]])));
                let mut segment = tile[at..at + 2 + len].to_vec();
                at += 2 + len;
                match marker {
                    0xdb | 0xc4 => tables.extend(segment),
                    0xe0 | 0xee => {}
                    0xc0 | 0xda => {
                        let first = if marker == 0xc0 { 10 } else { 5 };
                        let step = if marker == 0xc0 { 3 } else { 2 };
                        for n in 0..usize::from(segment[first - 1]) {
                            segment[first + step * n] = n as u8 + 1;
                        }
                        rest.extend(segment);
                    }
                    other => panic!("marker {other:02x}"),
                }
                if marker == 0xda {
                    break;
                }
            }
            rest.extend_from_slice(&tile[at..]);
            *tile = rest;
        }
        tables.extend([0xff, 0xd9]);
        Self { tables: Some(tables), ..self }
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        let long = |value: u32| value.to_le_bytes();
        let mut out = b"II*\0\0\0\0\0".to_vec();
        let tables = out.len() as u32;
        out.extend(self.tables.iter().flatten());
        let mut offsets = Vec::new();
        for tile in &self.tiles {
            offsets.push(out.len() as u32);
            out.extend(tile);
        }
        let count = self.tiles.len() as u32;
        let arrays = out.len() as u32;
        out.extend(offsets.iter().copied().flat_map(long));
        out.extend(self.tiles.iter().flat_map(|tile| long(tile.len() as u32)));
        // One value stands in the entry itself.
        let array = |place: u32, only: u32| if count == 1 { only } else { place };
        let mut entries = vec![
            (256, 4, 1, self.width),
            (257, 4, 1, self.height),
            (259, 3, 1, 7),
            (262, 3, 1, self.photometric),
            (277, 3, 1, self.samples),
            (322, 4, 1, self.tile.0),
            (323, 4, 1, self.tile.1),
            (324, 4, count, array(arrays, offsets[0])),
            (325, 4, count, array(arrays + 4 * count, self.tiles[0].len() as u32)),
        ];
        if let Some(bytes) = &self.tables {
            entries.push((347, 7, bytes.len() as u32, tables));
        }
        let directory = out.len() as u32;
        out[4..8].copy_from_slice(&long(directory));
        out.extend((entries.len() as u16).to_le_bytes());
        for (tag, kind, count, value) in entries {
            out.extend([tag as u16, kind as u16].map(u16::to_le_bytes).as_flattened());
            out.extend([long(count), long(value)].as_flattened());
        }
        out.extend(long(0));
        out
    }
}

/// A slide and its pack in a folder of their own.
pub struct Packed {
    pub folder: tempfile::TempDir,
    pub source: Box<dyn Source>,
    pub outcome: PackedSlide,
    pub pack: Pack,
}

pub fn options() -> PackOptions {
    PackOptions {
        workers: NonZeroUsize::new(2).unwrap(),
        measure: false,
        overwrite: true,
        ..PackOptions::default()
    }
}

/// Packs what stands at `path`, in `folder`.
pub fn packed_path(
    folder: tempfile::TempDir,
    path: &Path,
    options: &PackOptions,
) -> Result<Packed, PackSlideError> {
    let source = open(path, &OpenOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    let to = folder.path().join("made.origami");
    let outcome = pack(&*source, None, &to, options, &|_| {})?;
    let pack = Pack::open(&to).unwrap();
    let found = verify::verify(&pack, |_| {});
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    let undecoded = decode(&pack, |_| {});
    assert!(undecoded.is_empty(), "{undecoded:?}");
    Ok(Packed { folder, source, outcome, pack })
}

/// Packs a TIFF.
pub fn packed(tiff: &Tiff, options: &PackOptions) -> Result<Packed, PackSlideError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.tif");
    std::fs::write(&path, tiff.bytes()).unwrap();
    packed_path(folder, &path, options)
}

/// PackOptions that fail unless the source's tiles are kept.
pub fn keeping() -> PackOptions {
    PackOptions { keep_source: KeepSource::Always, ..options() }
}

/// Writes a Deep Zoom folder of these tiles, whose format is their extension.
pub fn dzi(
    folder: &Path,
    (width, height): (u32, u32),
    (tile, overlap): (u32, u32),
    format: &str,
    jpeg: impl Fn(u32, u32) -> Vec<u8>,
) -> PathBuf {
    let path = folder.join("made.dzi");
    let text = format!(
        r#"<?xml version="1.0"?><Image xmlns="http://schemas.microsoft.com/deepzoom/2008" Format="{format}" Overlap="{overlap}" TileSize="{tile}"><Size Width="{width}" Height="{height}"/></Image>"#
    );
    std::fs::write(&path, text).unwrap();
    let level = Pyramid::new(Size::new(width, height), 256).unwrap().max_level();
    let tiles = folder.join(format!("made_files/{level}"));
    std::fs::create_dir_all(&tiles).unwrap();
    for y in 0..height.div_ceil(tile) {
        for x in 0..width.div_ceil(tile) {
            std::fs::write(tiles.join(format!("{x}_{y}.{format}")), jpeg(x, y)).unwrap();
        }
    }
    path
}

/// The tile as it is served.
pub fn served(pack: &Pack, id: TileId) -> Vec<u8> {
    Rebuilder::new(Pools::new(0)).unwrap().tile(pack, id, &Uncached).unwrap().to_vec()
}

/// All levels of a slide, full resolution last, each made of the next by
/// halving the whole of it.
pub fn levels(source: &dyn Source, pyramid: &Pyramid) -> Vec<Rgb> {
    let mut fine = Rgb::filled(1, 1, [0; 3]);
    source.read(Rect::whole(pyramid.size()), &mut fine).unwrap();
    let mut levels = vec![fine];
    while levels.len() < pyramid.level_count() as usize {
        let mut coarse = Rgb::filled(1, 1, [0; 3]);
        mean::halve(&levels[levels.len() - 1], &mut coarse);
        levels.push(coarse);
    }
    levels.reverse();
    levels
}

/// A tile of a conventional pyramid, coded by the JPEG library.
pub fn conventional(
    levels: &[Rgb],
    pyramid: &Pyramid,
    id: TileId,
    subsampling: Subsampling,
    quality: u8,
) -> Vec<u8> {
    let rect = pyramid.tile_rect(id).unwrap();
    let mut planes = Ycc::zeros(rect.width as usize, rect.height as usize, subsampling);
    colour::ycc(&levels[id.z as usize], rect.x as usize, rect.y as usize, &mut planes);
    let mut out = vec![0; encoded_bound(planes.width(), planes.height(), subsampling)];
    let len = Encoder::new().unwrap().encode(&mut planes, quality, &mut out).unwrap();
    out.truncate(len);
    out
}

/// The pixels of a tile of a level.
pub fn window(levels: &[Rgb], pyramid: &Pyramid, id: TileId) -> Rgb {
    let rect = pyramid.tile_rect(id).unwrap();
    let mut out = Rgb::filled(rect.width as usize, rect.height as usize, [0; 3]);
    for y in 0..out.height() {
        let row = levels[id.z as usize].row(rect.y as usize + y);
        out.row_mut(y).copy_from_slice(&row[3 * rect.x as usize..][..3 * rect.width as usize]);
    }
    out
}
