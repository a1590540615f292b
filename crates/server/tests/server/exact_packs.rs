//! Small packs of coefficients with every kind of tile: scans, coded, constant and
//! verbatim; and the JPEGs that were packed.

use crate::packs::{TILE, TOP, pyramid};
use origami_codec::exact::{self, BuiltIn, TileCoder};
use origami_codec::{Coefficients, Colour, PaddedPlanes, TileHeader, dct, padded_len};
use origami_pack::{Identity, LevelSpec, Metadata, Mode, PackSpec, PackWriter, TableSpec};
use origami_pyramid::{Subsampling, TileId};
use std::collections::HashMap;
use std::path::Path;

/// The constant tile.
pub const CONSTANT: TileId = TileId { z: TOP, x: 5, y: 3 };
/// The tile that is kept as a complete JPEG.
pub const VERBATIM: TileId = TileId { z: TOP, x: 3, y: 2 };

/// Red, green and blue of the tiles that store RGB, in the mean.
pub const COLOUR: [u8; 3] = [200, 40, 96];

/// A pack that is to be written.
pub struct ExactPlan {
    /// What the samples mean: YCbCr in 4:2:0, or RGB.
    pub colour: Colour,
    /// How many levels are predicted, from full resolution on.
    pub predicted: u32,
}

impl ExactPlan {
    /// Writes the pack `id` and returns all of its tiles as they were packed.
    pub fn write(&self, folder: &Path, id: &str) -> HashMap<TileId, Vec<u8>> {
        let (pyramid, header) = (pyramid(), header(self.colour));
        let model = BuiltIn::of(self.colour);
        let coded = exact::Level::new(model.model(3), header.quantisation(), 3).unwrap();
        let exact = |z: u32| z > TOP - self.predicted;
        let level = |z| LevelSpec {
            mode: if exact(z) { Mode::Exact } else { Mode::Stored },
            quality: 0,
            parent: exact(z).then(|| z - 1),
            header: Some(0),
            table: exact(z).then_some(1),
        };
        let spec = PackSpec {
            pyramid,
            subsampling: header.subsampling(),
            chroma_level: None,
            levels: (0..=TOP).map(level).collect(),
            tables: vec![TableSpec::Tiles(Box::new(header.clone())), TableSpec::BuiltIn(model)],
        };
        let mut writer = PackWriter::create(&folder.join(format!("{id}.origami")), spec, true).unwrap();
        let (mut coder, mut jpegs) = (TileCoder::default(), HashMap::new());
        let mut decoded: HashMap<TileId, PaddedPlanes<Vec<u8>>> = HashMap::new();
        for id in (0..=TOP).flat_map(|z| pyramid.tiles(z)) {
            let rect = pyramid.tile_rect(id).unwrap();
            let tile = coefficients(&header, id, (rect.width as usize, rect.height as usize));
            let jpeg = jpeg(&header, &tile);
            if id == CONSTANT {
                writer.constant(id, tile.constant().unwrap());
            } else if id == VERBATIM {
                writer.blob_as(id, &jpeg, Identity::Verbatim).unwrap();
            } else if exact(id.z) {
                let mut out = Vec::new();
                let (half, (right, lower)) = (TILE as usize / 2, id.quarter());
                let origin = (right as usize * half, lower as usize * half);
                coder.encode(&coded, &decoded[&id.parent(1).unwrap()], origin, &tile, &mut out).unwrap();
                writer.blob(id, &out).unwrap();
            } else {
                writer.blob(id, header.scan_of(&jpeg).unwrap()).unwrap();
            }
            let mut planes = PaddedPlanes::new(vec![0; padded_len(tile.frame())], *tile.frame());
            dct::inverse(&tile, header.quantisation(), &mut planes);
            decoded.insert(id, planes);
            jpegs.insert(id, jpeg);
        }
        writer.finish(&Metadata::default()).unwrap().publish().unwrap();
        jpegs
    }
}

/// A folder with the pack `a`, two levels of which are predicted, and its tiles.
pub fn packed(colour: Colour) -> (tempfile::TempDir, HashMap<TileId, Vec<u8>>) {
    let folder = tempfile::tempdir().unwrap();
    let jpegs = ExactPlan { colour, predicted: 2 }.write(folder.path(), "a");
    (folder, jpegs)
}

/// A header whose steps are 8, so that a DC step is one sample value.
fn header(colour: Colour) -> TileHeader {
    let subsampling = if colour == Colour::Rgb { Subsampling::S444 } else { Subsampling::S420 };
    TileHeader::new(&[[8; 64]; 3], subsampling, colour).unwrap()
}

/// The coefficients of a tile: waves in YCbCr, one colour in RGB but for a
/// little that averages out.
fn coefficients(header: &TileHeader, id: TileId, (width, height): (usize, usize)) -> Coefficients {
    let mut tile = Coefficients::zeros(header.frame(width, height).unwrap());
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
