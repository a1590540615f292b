//! Luma packs.

use super::{SIZE, TILE_SIZE, publish, tiles, view};
use origami_codec::{Decoder, Encoder, SharedHeader, encoded_bound};
use origami_pack::{LevelSpec, Mode, PackSpec, PackWriter, TableSpec};
use origami_pyramid::{Plane, Pyramid, Subsampling, TileId, Ycc, luma, residual};
use std::collections::HashMap;
use std::path::Path;

/// The quality of stored tiles.
const TILE_QUALITY: u8 = 85;
/// The quality of residuals.
const RESIDUAL_QUALITY: u8 = 80;

/// The properties of a luma pack.
pub struct LumaSample {
    pub subsampling: Subsampling,
    /// The number of finest levels with luma residuals. The others are stored.
    pub luma_levels: u32,
}

impl LumaSample {
    /// Writes the pack to `path`. Returns its bytes.
    pub fn write(&self, path: &Path) -> Vec<u8> {
        let pyramid = Pyramid::new(SIZE, TILE_SIZE).expect("a size");
        let jpeg = encode(&mut Ycc::zeros(16, 16, Subsampling::Gray), RESIDUAL_QUALITY);
        let header = SharedHeader::of(&jpeg).expect("an encoded JPEG has a header");
        let spec = self.spec(pyramid, &header);
        let mut tile_writer = LumaTileWriter {
            sample: self,
            pyramid,
            header,
            writer: PackWriter::create(path, spec, true).expect("a folder to write to"),
            decoded: HashMap::new(),
            decoder: Decoder::new().expect("a library handle"),
        };
        tiles(&pyramid).into_iter().for_each(|id| tile_writer.write(id));
        publish(tile_writer.writer, path)
    }

    fn mode(&self, pyramid: &Pyramid, z: u32) -> Mode {
        if pyramid.max_level() - z < self.luma_levels { Mode::Luma } else { Mode::Stored }
    }

    fn spec(&self, pyramid: Pyramid, header: &SharedHeader) -> PackSpec {
        let levels = (0..pyramid.level_count()).map(|z| {
            let mode = self.mode(&pyramid, z);
            LevelSpec {
                mode,
                quality: TILE_QUALITY,
                parent: (mode == Mode::Luma).then(|| z - 1),
                header: None,
                table: (mode == Mode::Luma).then_some(0),
                second_model: None,
            }
        });
        PackSpec {
            pyramid,
            subsampling: self.subsampling,
            chroma_level: Some(pyramid.max_level() - self.luma_levels),
            levels: levels.collect(),
            tables: vec![TableSpec::Residuals(header.clone())],
        }
    }
}

/// Writes the tiles of a luma pack, parents first.
struct LumaTileWriter<'a> {
    sample: &'a LumaSample,
    pyramid: Pyramid,
    /// The header of residuals.
    header: SharedHeader,
    writer: PackWriter,
    /// The decoded luma of all tiles written so far.
    decoded: HashMap<TileId, Plane<Vec<u8>>>,
    decoder: Decoder,
}

impl LumaTileWriter<'_> {
    /// Writes a tile: blank, stored, equal to its prediction or as a residual.
    fn write(&mut self, id: TileId) {
        let rect = self.pyramid.tile_rect(id).expect("a tile");
        let (width, height) = (rect.width as usize, rect.height as usize);
        let mut tile = view(&self.pyramid, id).ycc(width, height, self.sample.subsampling);
        let mut plane = Plane::zeros(width, height);
        let number = (id.x + 3 * id.y + id.z) % 5;
        if number == 4 {
            let colour = [(40 * id.x) as u8, 90, (30 * id.y) as u8];
            self.writer.blank(id, colour);
            plane.fill(colour[0]);
        } else if self.sample.mode(&self.pyramid, id.z) == Mode::Stored {
            let jpeg = encode(&mut tile, TILE_QUALITY);
            self.decoder.decode_luma(&jpeg, &mut plane).expect("its own JPEG");
            self.writer.blob(id, &jpeg).expect("room for a blob");
        } else {
            let parent = id.parent(1).expect("luma tiles have parents");
            luma::predict(&self.pyramid, id, &self.decoded[&parent], &mut plane);
            if number == 2 {
                self.writer.empty(id);
            } else {
                self.write_residual(id, &tile, &mut plane);
            }
        }
        self.decoded.insert(id, plane);
    }

    /// Writes the residual of `tile`. `plane` is its prediction, and becomes its
    /// decoded luma.
    fn write_residual(&mut self, id: TileId, tile: &Ycc<Vec<u8>>, plane: &mut Plane<Vec<u8>>) {
        let mut gray = Ycc::zeros(tile.width(), tile.height(), Subsampling::Gray);
        residual::make(&tile.luma(), plane, &mut gray.luma_mut());
        let jpeg = encode(&mut gray, RESIDUAL_QUALITY);
        self.decoder.decode_ycc(&jpeg, &mut gray).expect("its own JPEG");
        residual::apply(plane, &gray.luma());
        let scan = self.header.scan_of(&jpeg).expect("the shared header");
        self.writer.blob(id, scan).expect("room for a blob");
    }
}

/// `tile` as a JPEG.
fn encode(tile: &mut Ycc<Vec<u8>>, quality: u8) -> Vec<u8> {
    let mut out = vec![0; encoded_bound(tile.width(), tile.height(), tile.subsampling())];
    let len = Encoder::new().and_then(|mut encoder| encoder.encode(tile, quality, &mut out));
    out.truncate(len.expect("a tile can be encoded"));
    out
}
