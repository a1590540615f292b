//! Small packs of synthetic pixels, for the tests of all crates that read packs.

#![allow(dead_code, unused_imports, unused_macros, reason = "each test binary uses a different part")]

pub mod coefficients;
pub mod cold;
pub mod forge;
pub mod slow;
mod via;

pub use origami_fixtures::encode;
pub use via::Via;
pub(crate) use via::over_all_storages;

use origami_codec::{Decoder, SharedHeader};
use origami_pack::{LevelSpec, Metadata, Mode, PackSpec, PackWriter, TableSpec, Unpublished};
use origami_pyramid::{Plane, Pyramid, Size, Subsampling, TileId, Ycc, luma, residual};
use std::collections::HashMap;
use std::iter;
use std::path::{Path, PathBuf};

/// JPEG quality of stored tiles.
pub const QUALITY: u8 = 85;
/// JPEG quality of luma residuals.
pub const RESIDUAL_QUALITY: u8 = 80;

/// A description of a test pack, which determines its pixels.
#[derive(Clone, Debug)]
pub struct Plan {
    pub size: Size,
    pub tile: u32,
    pub subsampling: Subsampling,
    /// Modes of the finest levels, that of full resolution first; coarser ones are
    /// stored. If there are fewer levels above level 0, all levels are stored.
    pub modes: Vec<Mode>,
    /// A full-resolution pixel that is brighter than in other plans.
    pub spot: Option<(u32, u32)>,
    /// The full-resolution column from which on all pixels have one colour, if there is one.
    pub plain_from: Option<u32>,
}

/// The kind of a tile in a plan. Kinds are chosen by tile number, so that each has
/// parents and children of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Blob,
    Blank([u8; 3]),
    Empty,
}

impl Plan {
    /// Two luma levels in 4:2:0, tiles of 16 px.
    pub fn luma(width: u32, height: u32) -> Self {
        let modes = vec![Mode::Luma; 2];
        let size = Size::new(width, height);
        Self { size, tile: 16, subsampling: Subsampling::S420, modes, spot: None, plain_from: None }
    }

    /// The same with every level stored.
    pub fn stored(self) -> Self {
        Self { modes: Vec::new(), ..self }
    }

    /// The same with these modes of L1 and L0.
    pub fn with_modes(self, l1: Mode, l0: Mode) -> Self {
        Self { modes: vec![l0, l1], ..self }
    }

    /// The same with the `levels` finest levels predicted, at most all but level 0,
    /// in the mode of full resolution.
    pub fn predicting(self, levels: u32) -> Self {
        let mode = self.modes.first().copied().unwrap_or(Mode::Luma);
        let levels = levels.min(self.pyramid().max_level());
        Self { modes: vec![mode; levels as usize], ..self }
    }

    /// The pack that tests damage: it has two index blocks and all kinds of entries.
    pub fn sample() -> Self {
        Self::luma(300, 200)
    }

    pub fn pyramid(&self) -> Pyramid {
        Pyramid::new(self.size, self.tile).expect("a plan's size is valid")
    }

    pub fn mode(&self, z: u32) -> Mode {
        let pyramid = self.pyramid();
        if self.modes.len() > pyramid.max_level() as usize {
            return Mode::Stored;
        }
        let halvings = pyramid.halvings(z).expect("a level") as usize;
        self.modes.get(halvings).copied().unwrap_or(Mode::Stored)
    }

    /// The level that a level is predicted from.
    pub fn parent(&self, z: u32) -> Option<u32> {
        z.checked_sub(1).filter(|_| self.mode(z) != Mode::Stored)
    }

    /// The finest level that is coarser than all levels that `modes` describes.
    fn chroma_level(&self) -> Option<u32> {
        let max = self.pyramid().max_level();
        let luma = (0..=max).any(|z| self.mode(z) == Mode::Luma);
        luma.then(|| max - self.modes.len() as u32)
    }

    pub fn kind(&self, id: TileId) -> Kind {
        let number = id.x + 3 * id.y + id.z;
        let blank = Kind::Blank([(40 * id.x) as u8, 90, (30 * id.y) as u8]);
        match self.mode(id.z) {
            Mode::Luma => [Kind::Blob, Kind::Blob, Kind::Empty, Kind::Blob, blank][number as usize % 5],
            _ if number % 4 == 3 => blank,
            _ => Kind::Blob,
        }
    }

    /// `[Y, Cb, Cr]` of a pixel of level `z`: waves and grain, unless it is plain.
    pub fn pixel(&self, z: u32, x: u32, y: u32) -> [u8; 3] {
        let shift = self.pyramid().max_level() - z;
        let (fine_x, fine_y) = (x << shift, y << shift);
        let grain = (fine_x.wrapping_mul(2_654_435_761) ^ fine_y.wrapping_mul(2_246_822_519)) >> 28;
        let [luma, cb, cr] = match self.plain_from {
            Some(column) if fine_x >= column => [120, 128, 130],
            _ => [
                60 + wave(fine_x, 37) + wave(fine_y, 53) + grain,
                100 + wave(fine_x, 101),
                110 + wave(fine_y, 83),
            ],
        };
        let luma = if shift == 0 && self.spot == Some((x, y)) { luma + 70 } else { luma };
        [luma, cb, cr].map(|sample| sample as u8)
    }

    /// The original samples of a tile.
    pub fn tile(&self, id: TileId) -> Ycc<Vec<u8>> {
        let rect = self.pyramid().tile_rect(id).expect("a tile of the plan");
        let mut tile = Ycc::zeros(rect.width as usize, rect.height as usize, self.subsampling);
        let (across, down) = self.subsampling.factors();
        let (luma, chroma) = tile.planes_mut();
        let subsampled = chroma.into_iter().flatten().map(|plane| (plane, across as u32, down as u32));
        for (channel, (mut plane, across, down)) in iter::once((luma, 1, 1)).chain(subsampled).enumerate() {
            for y in 0..plane.height() {
                for (x, sample) in (0..).zip(plane.row_mut(y)) {
                    let (x, y) = (rect.x + x * across, rect.y + y as u32 * down);
                    *sample = self.pixel(id.z, x, y)[channel];
                }
            }
        }
        tile
    }

    /// Tiles in file order, parents first: coarse levels, then family by family.
    pub fn order(&self) -> Vec<TileId> {
        let pyramid = self.pyramid();
        pyramid.all_families().flat_map(|family| pyramid.family_tiles(family)).collect()
    }

    fn level_spec(&self, z: u32) -> LevelSpec {
        let mode = self.mode(z);
        let table = (mode == Mode::Luma).then_some(0);
        LevelSpec { mode, parent: self.parent(z), table, ..LevelSpec::stored(QUALITY) }
    }

    pub fn spec(&self) -> PackSpec {
        let pyramid = self.pyramid();
        let levels: Vec<LevelSpec> = (0..pyramid.level_count()).map(|z| self.level_spec(z)).collect();
        let tables = if levels.iter().any(|level| level.mode == Mode::Luma) {
            vec![TableSpec::Residuals(residual_header())]
        } else {
            vec![]
        };
        let chroma_level = self.chroma_level();
        PackSpec { pyramid, subsampling: self.subsampling, chroma_level, levels, tables }
    }

    /// A writer for `path` to which every tile has been given: residuals against the
    /// parent as it will be decoded.
    pub fn begin(&self, path: &Path) -> PackWriter {
        let mut encoder = PlanEncoder {
            plan: self,
            writer: PackWriter::create(path, self.spec(), true).expect("a folder to write to"),
            header: residual_header(),
            decoder: Decoder::new().unwrap(),
            decoded: HashMap::new(),
        };
        for id in self.order() {
            encoder.write(id);
        }
        encoder.writer
    }

    /// Writes and publishes the pack.
    pub fn write(&self, path: &Path) -> PathBuf {
        publish(self.begin(path))
    }

    /// The bytes of the pack.
    pub fn bytes(&self) -> Vec<u8> {
        written_bytes(|path| self.write(path))
    }
}

/// Encodes the tiles of a plan.
struct PlanEncoder<'a> {
    plan: &'a Plan,
    writer: PackWriter,
    header: SharedHeader,
    decoder: Decoder,
    /// Luma of the tiles so far, as readers will decode it.
    decoded: HashMap<TileId, Plane<Vec<u8>>>,
}

impl PlanEncoder<'_> {
    fn write(&mut self, id: TileId) {
        let mut tile = self.plan.tile(id);
        let mut samples = Plane::zeros(tile.width(), tile.height());
        match (self.plan.kind(id), self.plan.mode(id.z)) {
            (Kind::Blank(colour), _) => {
                self.writer.blank(id, colour);
                samples.fill(colour[0]);
            }
            (Kind::Blob, Mode::Stored) => {
                let jpeg = encode(&mut tile, QUALITY);
                self.decoder.decode_luma(&jpeg, &mut samples).unwrap();
                self.writer.blob(id, &jpeg).expect("room for a blob");
            }
            (kind, _) => {
                let parent = id.parent(1).expect("luma tiles have parents");
                luma::predict(&self.plan.pyramid(), id, &self.decoded[&parent], &mut samples);
                if kind == Kind::Empty {
                    self.writer.empty(id);
                } else {
                    self.write_residual(id, &tile, &mut samples);
                }
            }
        }
        self.decoded.insert(id, samples);
    }

    /// Writes the residual of `tile` against its prediction `samples`, which then
    /// become the samples that readers decode.
    fn write_residual(&mut self, id: TileId, tile: &Ycc<Vec<u8>>, samples: &mut Plane<Vec<u8>>) {
        let mut gray = Ycc::zeros(tile.width(), tile.height(), Subsampling::Gray);
        residual::make(&tile.luma(), &*samples, &mut gray.luma_mut());
        let jpeg = encode(&mut gray, RESIDUAL_QUALITY);
        self.decoder.decode_ycc(&jpeg, &mut gray).unwrap();
        residual::apply(samples, &gray.luma());
        self.writer.blob(id, self.header.scan_of(&jpeg).unwrap()).expect("room for a blob");
    }
}

/// The header that all residuals share.
fn residual_header() -> SharedHeader {
    let mut gray = Ycc::zeros(16, 16, Subsampling::Gray);
    SharedHeader::of(&encode(&mut gray, RESIDUAL_QUALITY)).expect("an encoded JPEG has a header")
}

/// A triangle wave with values from 0 to 60.
fn wave(at: u32, period: u32) -> u32 {
    (at % period).abs_diff(period / 2) * 120 / period
}

/// All tiles, coarse to fine.
pub fn all_tiles(pyramid: &Pyramid) -> impl Iterator<Item = TileId> + use<> {
    let pyramid = *pyramid;
    (0..pyramid.level_count()).flat_map(move |z| pyramid.tiles(z))
}

/// Publishes a pack whose tiles have been written.
fn publish(writer: PackWriter) -> PathBuf {
    let metadata = Metadata { software: "test".into(), ..Metadata::default() };
    writer.finish(&metadata).and_then(Unpublished::publish).expect("a pack")
}

/// The bytes of the pack that `write` writes to the path it is given.
fn written_bytes(write: impl FnOnce(&Path) -> PathBuf) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::read(write(&folder.path().join("plan.origami"))).unwrap()
}
