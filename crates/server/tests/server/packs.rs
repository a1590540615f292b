//! Small packs with every kind of tile: stored, luma, empty and blank.

use origami_codec::SharedHeader;
use origami_fixtures::{decode_rgb, encode};
use origami_pack::{LevelSpec, Metadata, Mode, PackSpec, PackWriter, TableSpec};
use origami_pyramid::{Pyramid, Size, Subsampling, TileId, Ycc};
use std::path::Path;
use tempfile::TempDir;

/// Width of the slides in pixels.
pub const WIDTH: u32 = 1500;
/// Height of the slides in pixels.
pub const HEIGHT: u32 = 900;
/// Side of their tiles in pixels.
pub const TILE: u32 = 256;
/// JPEG quality of all tiles.
const QUALITY: u8 = 80;
/// Number of the full-resolution level.
pub const TOP: u32 = 11;
/// The blank tile.
pub const BLANK: TileId = TileId { z: TOP, x: 5, y: 3 };
/// The tile that equals its prediction, if its level is predicted.
const EMPTY: TileId = TileId { z: TOP, x: 4, y: 3 };

/// Offset in a pack's header of its content hash, which begins with the generation.
pub const GENERATION: usize = 56;

/// The levels of the slides.
pub fn pyramid() -> Pyramid {
    Pyramid::new(Size::new(WIDTH, HEIGHT), TILE).unwrap()
}

/// All tiles of the slides, the finest first: each is requested before its parent.
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

/// Writes the pack `id` with two predicted levels, whose pixels depend on `seed`.
pub fn write_pack(folder: &Path, id: &str, seed: u32) {
    Plan { seed, ..Plan::default() }.write(folder, id);
}

/// Writes the pack `id`, of one colour, with the levels of `pyramid`.
pub fn write_blank(folder: &Path, id: &str, pyramid: Pyramid) {
    let spec = PackSpec::stored(pyramid, Subsampling::S420, QUALITY);
    let mut writer = PackWriter::create(&folder.join(format!("{id}.origami")), spec, false).unwrap();
    for tile in (0..=pyramid.max_level()).flat_map(|z| pyramid.tiles(z)) {
        writer.blank(tile, [240, 128, 128]);
    }
    writer.finish(&Metadata::default()).unwrap().publish().unwrap();
}

/// A pack in luma mode to be written. Its residuals are noise: a server only has to add them.
pub struct Plan {
    /// What its pixels depend on.
    pub seed: u32,
    /// Number of predicted levels, from full resolution on.
    pub predicted: u32,
    /// Chroma subsampling of all tiles.
    pub subsampling: Subsampling,
    /// Name of the file it was made from; empty if it is not to be known.
    pub source: &'static str,
    /// Tables that no level refers to. They are checked all the same when the pack is opened.
    pub unused: Vec<TableSpec>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            seed: 1,
            predicted: 2,
            subsampling: Subsampling::S420,
            source: "drawn.svs",
            unused: Vec::new(),
        }
    }
}

impl Plan {
    /// Writes the pack `id`.
    pub fn write(&self, folder: &Path, id: &str) {
        let jpegs = Jpegs { seed: self.seed, subsampling: self.subsampling };
        let header = SharedHeader::of(&jpegs.noise(Size::square(8))).unwrap();
        let path = folder.join(format!("{id}.origami"));
        let mut writer = PackWriter::create(&path, self.spec(&header), true).unwrap();
        for id in (0..=TOP).flat_map(|z| pyramid().tiles(z)) {
            let size = pyramid().tile_rect(id).unwrap().size();
            match id {
                BLANK => writer.blank(id, [240, 128, 128]),
                EMPTY if self.is_luma(id.z) => writer.empty(id),
                _ if self.is_luma(id.z) => {
                    writer.blob(id, header.scan_of(&jpegs.noise(size)).unwrap()).unwrap();
                }
                _ => writer.blob(id, &jpegs.picture(size)).unwrap(),
            }
        }
        let mut metadata = Metadata {
            mpp: Some([0.5, 0.25]),
            objective: Some(20.0),
            background: [0xf0, 0xf1, 0xf2],
            ..Metadata::default()
        };
        metadata.source.name = self.source.into();
        metadata.levels = writer.reports().to_vec();
        writer.finish(&metadata).unwrap().publish().unwrap();
    }

    /// The finest level that is not predicted.
    fn stored_level(&self) -> u32 {
        TOP - self.predicted
    }

    fn is_luma(&self, z: u32) -> bool {
        z > self.stored_level()
    }

    fn spec(&self, header: &SharedHeader) -> PackSpec {
        let mut tables = vec![TableSpec::Residuals(header.clone())];
        tables.extend_from_slice(&self.unused);
        PackSpec {
            pyramid: pyramid(),
            subsampling: self.subsampling,
            chroma_level: (self.predicted > 0).then_some(self.stored_level()),
            levels: (0..=TOP).map(|z| self.level(z)).collect(),
            tables,
        }
    }

    fn level(&self, z: u32) -> LevelSpec {
        let luma = self.is_luma(z);
        LevelSpec {
            mode: if luma { Mode::Luma } else { Mode::Stored },
            quality: QUALITY,
            parent: luma.then(|| z - 1),
            header: None,
            table: luma.then_some(0),
            second_model: None,
        }
    }
}

/// Makes the blobs.
struct Jpegs {
    seed: u32,
    subsampling: Subsampling,
}

impl Jpegs {
    /// A stored tile.
    fn picture(&self, size: Size) -> Vec<u8> {
        let seed = self.seed as usize;
        let mut tile = Ycc::zeros(size.width as usize, size.height as usize, self.subsampling);
        for (n, sample) in tile.samples_mut().iter_mut().enumerate() {
            *sample = (64 + (n / 7 + seed * n / 97) % 128) as u8;
        }
        encode(&mut tile, QUALITY)
    }

    /// A residual: small noise around 128.
    fn noise(&self, size: Size) -> Vec<u8> {
        let mut state = self.seed;
        let mut tile = Ycc::zeros(size.width as usize, size.height as usize, Subsampling::Gray);
        for sample in tile.samples_mut() {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *sample = (112 + (state >> 27)) as u8;
        }
        encode(&mut tile, QUALITY)
    }
}

/// The size of a JPEG that decodes.
pub fn jpeg_size(jpeg: &[u8]) -> Size {
    decode_rgb(jpeg).size()
}

/// The generation of the pack with these bytes, as servers write it.
pub fn generation(pack: &[u8]) -> String {
    let hash = pack[GENERATION..][..8].try_into().unwrap();
    format!("{:016x}", u64::from_le_bytes(hash))
}
