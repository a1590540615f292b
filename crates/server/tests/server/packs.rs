//! Small packs with every kind of tile: stored, luma, empty and blank.

use origami_codec::{Decoder, Encoder, SharedHeader, encoded_bound};
use origami_pack::{LevelSpec, Metadata, Mode, PackSpec, PackWriter, Table};
use origami_pyramid::{Pyramid, Subsampling, TileId, Ycc};
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
/// The tile that is its prediction.
const EMPTY: TileId = TileId { z: TOP, x: 4, y: 3 };

/// A folder with one pack for each of `ids`.
pub fn folder(ids: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for id in ids {
        write_pack(folder.path(), id, 1);
    }
    folder
}

/// Writes the pack `id` whose pixels depend on `seed`. The residuals are noise:
/// a server only has to add them.
pub fn write_pack(folder: &Path, id: &str, seed: u32) {
    write_described(folder, id, seed, |_| {});
}

/// As [`write_pack`], with what `describe` makes of the metadata.
pub fn write_described(folder: &Path, id: &str, seed: u32, describe: impl FnOnce(&mut Metadata)) {
    let pyramid = Pyramid::new(WIDTH, HEIGHT, TILE).unwrap();
    let mut jpegs = Jpegs { encoder: Encoder::new().unwrap(), seed };
    let header = SharedHeader::of(&jpegs.noise(8, 8)).unwrap();
    let luma = |z| z + 2 > TOP;
    let level = |z| LevelSpec {
        mode: if luma(z) { Mode::Luma } else { Mode::Stored },
        quality: 80,
        header: None,
        table: luma(z).then_some(0),
    };
    let spec = PackSpec {
        pyramid,
        subsampling: Subsampling::S420,
        levels: (0..=TOP).map(level).collect(),
        tables: vec![Table::Residuals(header.clone())],
    };
    let mut writer = PackWriter::create(&folder.join(format!("{id}.origami")), spec, true).unwrap();
    for z in 0..=TOP {
        let (columns, rows) = pyramid.grid(z).unwrap();
        for id in (0..rows).flat_map(|y| (0..columns).map(move |x| TileId { z, x, y })) {
            let rect = pyramid.tile_rect(id).unwrap();
            let (width, height) = (rect.width as usize, rect.height as usize);
            match id {
                BLANK => writer.blank(id, [240, 128, 128]),
                EMPTY => writer.empty(id),
                _ if luma(z) => {
                    writer.blob(id, header.scan_of(&jpegs.noise(width, height)).unwrap()).unwrap();
                }
                _ => writer.blob(id, &jpegs.picture(width, height)).unwrap(),
            }
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
    describe(&mut metadata);
    writer.finish(&metadata).unwrap().publish().unwrap();
}

/// Makes the blobs.
struct Jpegs {
    encoder: Encoder,
    seed: u32,
}

impl Jpegs {
    /// A colour tile.
    fn picture(&mut self, width: usize, height: usize) -> Vec<u8> {
        let seed = self.seed as usize;
        let mut tile = Ycc::zeros(width, height, Subsampling::S420);
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

/// Width and height of a JPEG that decodes.
pub fn jpeg_size(jpeg: &[u8]) -> (u32, u32) {
    let mut decoder = Decoder::new().unwrap();
    let mut pixels = origami_pyramid::Rgb::filled(1, 1, [0; 3]);
    decoder.decode_rgb(jpeg, 1 << 24, &mut pixels).expect("a JPEG");
    (pixels.width() as u32, pixels.height() as u32)
}
