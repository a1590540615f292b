//! Small exact packs with every kind of tile: scans, coded, constant and verbatim; and the
//! JPEGs that were packed.

use crate::packs::{TILE, TOP, pyramid};
use origami_codec::exact::{self, BuiltIn, TileCoder};
use origami_codec::{Coefficients, Colour, PaddedPlanes, TileHeader, dct, padded_len};
use origami_pack::{Identity, LevelSpec, Metadata, Mode, ModelChoice, PackSpec, PackWriter, TableSpec};
use origami_pyramid::{Size, Subsampling, TileId};
use std::collections::HashMap;
use std::path::Path;
use tempfile::TempDir;

/// The constant tile.
pub const CONSTANT: TileId = TileId { z: TOP, x: 5, y: 3 };
/// The tile that is stored as a complete JPEG.
pub const VERBATIM: TileId = TileId { z: TOP, x: 3, y: 2 };

/// Mean red, green and blue of the tiles that store RGB.
pub const COLOUR: [u8; 3] = [200, 40, 96];

/// A folder with the pack `a`, and its tiles.
pub struct Packed {
    pub packs: TempDir,
    /// The JPEGs that were packed.
    pub jpegs: HashMap<TileId, Vec<u8>>,
}

impl Packed {
    /// Writes the pack with two predicted levels.
    pub fn new(colour: Colour) -> Self {
        let packs = tempfile::tempdir().unwrap();
        let jpegs = ExactPlan { colour, predicted: 2 }.write(packs.path(), "a");
        Self { packs, jpegs }
    }
}

/// A pack to be written.
pub struct ExactPlan {
    /// What the samples mean: YCbCr in 4:2:0, or RGB.
    pub colour: Colour,
    /// Number of predicted levels, from full resolution on.
    pub predicted: u32,
}

impl ExactPlan {
    /// Writes the pack `id` and returns all of its tiles as they were packed.
    pub fn write(&self, folder: &Path, id: &str) -> HashMap<TileId, Vec<u8>> {
        let mut tiles = TileWriter::new(self, &folder.join(format!("{id}.origami")));
        let jpegs = (0..=TOP)
            .flat_map(|z| pyramid().tiles(z))
            .map(|id| (id, tiles.write(id, self.mode(id.z))))
            .collect();
        tiles.writer.finish(&Metadata::default()).unwrap().publish().unwrap();
        jpegs
    }

    fn mode(&self, z: u32) -> Mode {
        if z > TOP - self.predicted { Mode::Exact } else { Mode::Stored }
    }

    fn level(&self, z: u32) -> LevelSpec {
        let mode = self.mode(z);
        let exact = mode == Mode::Exact;
        LevelSpec {
            mode,
            quality: 0,
            parent: exact.then(|| z - 1),
            header: Some(0),
            table: exact.then_some(1),
            second_model: None,
        }
    }
}

/// Codes and writes tiles, parents first.
struct TileWriter {
    writer: PackWriter,
    header: TileHeader,
    level: exact::Level,
    coder: TileCoder,
    /// The samples of the tiles written so far, from which their children are predicted.
    decoded: HashMap<TileId, PaddedPlanes<Vec<u8>>>,
}

impl TileWriter {
    fn new(plan: &ExactPlan, path: &Path) -> Self {
        let (header, model) = (header(plan.colour), BuiltIn::of(plan.colour));
        let spec = PackSpec {
            pyramid: pyramid(),
            subsampling: header.subsampling(),
            chroma_level: None,
            levels: (0..=TOP).map(|z| plan.level(z)).collect(),
            tables: vec![TableSpec::Tiles(Box::new(header.clone())), TableSpec::BuiltIn(model)],
        };
        Self {
            writer: PackWriter::create(path, spec, true).unwrap(),
            level: exact::Level::new(model.model(3), header.quantisation(), 3).unwrap(),
            header,
            coder: TileCoder::default(),
            decoded: HashMap::new(),
        }
    }

    /// Writes a tile of a level of this mode and returns its JPEG.
    fn write(&mut self, id: TileId, mode: Mode) -> Vec<u8> {
        let tile = coefficients(&self.header, id, pyramid().tile_rect(id).unwrap().size());
        let jpeg = jpeg(&self.header, &tile);
        if id == CONSTANT {
            self.writer.constant(id, tile.constant().unwrap());
        } else if id == VERBATIM {
            self.writer.blob_as(id, &jpeg, Identity::Verbatim, ModelChoice::First).unwrap();
        } else if mode == Mode::Exact {
            let bytes = self.encode(id, &tile);
            self.writer.blob(id, &bytes).unwrap();
        } else {
            self.writer.blob(id, self.header.scan_of(&jpeg).unwrap()).unwrap();
        }
        let mut planes = PaddedPlanes::new(vec![0; padded_len(tile.frame())], *tile.frame());
        dct::inverse(&tile, self.header.quantisation(), &mut planes);
        self.decoded.insert(id, planes);
        jpeg
    }

    /// Codes a tile given the samples of its parent.
    fn encode(&mut self, id: TileId, tile: &Coefficients) -> Vec<u8> {
        let parent = &self.decoded[&id.parent(1).unwrap()];
        let (quarter, half) = (id.quarter(), TILE as usize / 2);
        let origin = (quarter.x as usize * half, quarter.y as usize * half);
        let mut bytes = Vec::new();
        self.coder.encode(&self.level, parent, origin, tile, &mut bytes).unwrap();
        bytes
    }
}

/// A header whose steps are 8, so that a DC step is one sample value.
fn header(colour: Colour) -> TileHeader {
    let subsampling = if colour == Colour::Rgb { Subsampling::S444 } else { Subsampling::S420 };
    TileHeader::new(&[[8; 64]; 3], subsampling, colour).unwrap()
}

/// The coefficients of a tile: waves in YCbCr; in RGB one colour, apart from small
/// coefficients that average out.
fn coefficients(header: &TileHeader, id: TileId, size: Size) -> Coefficients {
    let frame = header.frame(size.width as usize, size.height as usize).unwrap();
    let mut tile = Coefficients::zeros(frame);
    let rgb = header.colour() == Colour::Rgb;
    for (plane, colour) in COLOUR.into_iter().enumerate() {
        for (n, block) in (0..).zip(tile.plane_mut(plane)) {
            let wave = (n * 7 + 11 * id.x as i16 + 5 * id.y as i16) % 60 - 30;
            block.0[0] = if rgb { i16::from(colour) - 128 } else { wave };
            for at in 1..6 {
                block.0[at] = (n * at as i16) % 5 - 2;
            }
        }
    }
    if id == CONSTANT {
        tile.fill([60, 0, 0]);
    }
    tile
}

fn jpeg(header: &TileHeader, tile: &Coefficients) -> Vec<u8> {
    let mut jpeg = vec![0; header.jpeg_bound(tile.frame())];
    let len = header.write(tile, &mut jpeg).unwrap();
    jpeg.truncate(len);
    jpeg
}
