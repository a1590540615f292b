//! Small packs with every kind of tile: stored, luma, empty and blank.

use origami_codec::{Decoder, Encoder, SharedHeader, encoded_bound};
use origami_pack::{LevelSpec, Metadata, Mode, PackSpec, PackWriter, TableSpec};
use origami_pyramid::{Pyramid, Rgb, Size, Subsampling, TileId, Ycc};
use std::path::Path;
use tempfile::TempDir;

/// Width of the slides in pixels.
pub const WIDTH: u32 = 1500;
/// Height of the slides in pixels.
pub const HEIGHT: u32 = 900;
/// Side of their tiles.
pub const TILE: u32 = 256;
/// Number of the full-resolution level.
pub const TOP: u32 = 11;
/// The blank tile.
pub const BLANK: TileId = TileId { z: TOP, x: 5, y: 3 };
/// The tile that is its prediction, where its level is predicted.
const EMPTY: TileId = TileId { z: TOP, x: 4, y: 3 };

/// The levels of the slides.
pub fn pyramid() -> Pyramid {
    Pyramid::new(Size::new(WIDTH, HEIGHT), TILE).unwrap()
}

/// All tiles of the slides, the finest first: what they are predicted from is then
/// asked for after them.
pub fn finest_first() -> impl Iterator<Item = TileId> {
    (0..=TOP).rev().flat_map(|z| pyramid().tiles(z))
}

/// A folder with one pack for each of `ids`.
pub fn folder(ids: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for id in ids {
        write_pack(folder.path(), id, 1);
    }
    folder
}

/// Writes the pack `id`, with two predicted levels, whose pixels depend on `seed`.
pub fn write_pack(folder: &Path, id: &str, seed: u32) {
    Plan { seed, ..Plan::default() }.write(folder, id);
}

/// A pack that is to be written. Its residuals are noise: a server only has to add
/// them.
pub struct Plan {
    /// What its pixels depend on.
    pub seed: u32,
    /// How many levels are predicted, from full resolution on.
    pub predicted: u32,
    /// Of all tiles.
    pub subsampling: Subsampling,
    /// Tables that no level names. Whoever opens the pack checks them all the same.
    pub unused: Vec<TableSpec>,
}

impl Default for Plan {
    fn default() -> Self {
        Self { seed: 1, predicted: 2, subsampling: Subsampling::S420, unused: Vec::new() }
    }
}

impl Plan {
    /// Writes the pack `id`.
    pub fn write(&self, folder: &Path, id: &str) {
        let pyramid = pyramid();
        let mut jpegs =
            Jpegs { encoder: Encoder::new().unwrap(), seed: self.seed, subsampling: self.subsampling };
        let header = SharedHeader::of(&jpegs.noise(8, 8)).unwrap();
        // The finest level that is not predicted.
        let stored = TOP - self.predicted;
        let luma = |z: u32| z > stored;
        let level = |z| LevelSpec {
            mode: if luma(z) { Mode::Luma } else { Mode::Stored },
            quality: 80,
            parent: luma(z).then(|| z - 1),
            header: None,
            table: luma(z).then_some(0),
        };
        let mut tables = vec![TableSpec::Residuals(header.clone())];
        tables.extend_from_slice(&self.unused);
        let spec = PackSpec {
            pyramid,
            subsampling: self.subsampling,
            chroma_level: (self.predicted > 0).then_some(stored),
            levels: (0..=TOP).map(level).collect(),
            tables,
        };
        let mut writer = PackWriter::create(&folder.join(format!("{id}.origami")), spec, true).unwrap();
        for id in (0..=TOP).flat_map(|z| pyramid.tiles(z)) {
            let rect = pyramid.tile_rect(id).unwrap();
            let (width, height) = (rect.width as usize, rect.height as usize);
            match id {
                BLANK => writer.blank(id, [240, 128, 128]),
                EMPTY if luma(id.z) => writer.empty(id),
                _ if luma(id.z) => {
                    writer.blob(id, header.scan_of(&jpegs.noise(width, height)).unwrap()).unwrap();
                }
                _ => writer.blob(id, &jpegs.picture(width, height)).unwrap(),
            }
        }
        let mut metadata = Metadata {
            mpp: Some([0.5, 0.25]),
            objective: Some(20.0),
            background: [0xf0, 0xf1, 0xf2],
            ..Metadata::default()
        };
        metadata.source.name = "drawn.svs".into();
        metadata.levels = writer.reports().to_vec();
        writer.finish(&metadata).unwrap().publish().unwrap();
    }
}

/// Makes the blobs.
struct Jpegs {
    encoder: Encoder,
    seed: u32,
    subsampling: Subsampling,
}

impl Jpegs {
    /// A stored tile.
    fn picture(&mut self, width: usize, height: usize) -> Vec<u8> {
        let seed = self.seed as usize;
        let mut tile = Ycc::zeros(width, height, self.subsampling);
        for (n, sample) in tile.samples_mut().iter_mut().enumerate() {
            *sample = (64 + (n / 7 + seed * n / 97) % 128) as u8;
        }
        self.encode(tile)
    }

    /// A residual: small noise around 128.
    fn noise(&mut self, width: usize, height: usize) -> Vec<u8> {
        let mut state = self.seed;
        let mut tile = Ycc::zeros(width, height, Subsampling::Gray);
        for sample in tile.samples_mut() {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *sample = (112 + (state >> 27)) as u8;
        }
        self.encode(tile)
    }

    fn encode(&mut self, mut tile: Ycc<Vec<u8>>) -> Vec<u8> {
        let mut jpeg = vec![0; encoded_bound(tile.width(), tile.height(), tile.subsampling())];
        let len = self.encoder.encode(&mut tile, 80, &mut jpeg).unwrap();
        jpeg.truncate(len);
        jpeg
    }
}

/// What a JPEG decodes to.
pub fn jpeg_pixels(jpeg: &[u8]) -> Rgb {
    let mut pixels = Rgb::filled(1, 1, [0; 3]);
    Decoder::new().unwrap().decode_rgb(jpeg, 1 << 24, &mut pixels).expect("a JPEG");
    pixels
}

/// Width and height of a JPEG that decodes.
pub fn jpeg_size(jpeg: &[u8]) -> (u32, u32) {
    let pixels = jpeg_pixels(jpeg);
    (pixels.width() as u32, pixels.height() as u32)
}

/// The generation of the pack with these bytes, as servers tell it: the beginning
/// of its content hash.
pub fn generation(pack: &[u8]) -> String {
    let hash = pack[GENERATION..][..8].try_into().unwrap();
    format!("{:016x}", u64::from_le_bytes(hash))
}

/// Where the header of a pack has its content hash, which begins with its generation.
pub const GENERATION: usize = 56;
