//! Small packs from made-up pixels, for the tests of all crates that read packs.

#![allow(dead_code, unused_imports, unused_macros, reason = "every test binary uses another part")]

pub mod coefficients;
pub mod cold;
pub mod forge;
pub mod slow;
mod via;

pub use via::Via;
pub(crate) use via::over_all_storages;

use origami_codec::{Decoder, Encoder, SharedHeader, encoded_bound};
use origami_pack::{LevelSpec, Metadata, Mode, PackSpec, PackWriter, TableSpec, Unpublished};
use origami_pyramid::{Plane, Pyramid, Size, Subsampling, TileId, Ycc, luma, residual};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

pub const QUALITY: u8 = 85;

/// What a test pack looks like; its pixels follow from it.
#[derive(Clone, Debug)]
pub struct Plan {
    pub size: Size,
    pub tile: u32,
    pub subsampling: Subsampling,
    /// Modes of the finest levels, that of full resolution first; coarser ones
    /// are stored. A pyramid without so many levels above level 0 is stored whole.
    pub modes: Vec<Mode>,
    /// A full-resolution pixel that is brighter than in other plans.
    pub spot: Option<(u32, u32)>,
}

/// What a plan makes of a tile. Blank and empty tiles are chosen by number, so
/// that each kind has parents and children of each kind.
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
        Self { size, tile: 16, subsampling: Subsampling::S420, modes, spot: None }
    }

    /// The same with every level stored.
    pub fn stored(self) -> Self {
        Self { modes: Vec::new(), ..self }
    }

    /// The same with these modes of L1 and L0.
    pub fn with_modes(self, l1: Mode, l0: Mode) -> Self {
        Self { modes: vec![l0, l1], ..self }
    }

    /// The same with as many levels predicted, at most all but level 0, in the mode
    /// of full resolution.
    pub fn predicting(self, levels: u32) -> Self {
        let mode = self.modes.first().copied().unwrap_or(Mode::Luma);
        let levels = levels.min(self.pyramid().max_level());
        Self { modes: vec![mode; levels as usize], ..self }
    }

    /// The pack of the tests that damage packs: two index blocks, all kinds of
    /// entries.
    pub fn sample() -> Self {
        Self::luma(300, 200)
    }

    pub fn pyramid(&self) -> Pyramid {
        Pyramid::new(self.size, self.tile).expect("a plan's size is valid")
    }

    pub fn mode(&self, z: u32) -> Mode {
        let pyramid = self.pyramid();
        let halvings = pyramid.halvings(z).expect("a level") as usize;
        let whole = self.modes.len() <= pyramid.max_level() as usize;
        self.modes.get(halvings).copied().filter(|_| whole).unwrap_or(Mode::Stored)
    }

    /// The level that a level is predicted from.
    pub fn parent(&self, z: u32) -> Option<u32> {
        z.checked_sub(1).filter(|_| self.mode(z) != Mode::Stored)
    }

    /// The finest level that is coarser than all that the modes are given of.
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

    /// `[Y, Cb, Cr]` of a pixel of level `z`: gradients, waves and grain.
    pub fn pixel(&self, z: u32, x: u32, y: u32) -> [u8; 3] {
        let shift = self.pyramid().max_level() - z;
        let (fine_x, fine_y) = (x << shift, y << shift);
        let wave = |at: u32, period: u32| (at % period).abs_diff(period / 2) * 120 / period;
        let grain = (fine_x.wrapping_mul(2_654_435_761) ^ fine_y.wrapping_mul(2_246_822_519)) >> 28;
        let luma = 60 + wave(fine_x, 37) + wave(fine_y, 53) + grain;
        let luma = if shift == 0 && self.spot == Some((x, y)) { luma + 70 } else { luma };
        [luma as u8, (100 + wave(fine_x, 101)) as u8, (110 + wave(fine_y, 83)) as u8]
    }

    /// The original samples of a tile.
    pub fn tile(&self, id: TileId) -> Ycc<Vec<u8>> {
        let rect = self.pyramid().tile_rect(id).expect("a tile of the plan");
        let mut tile = Ycc::zeros(rect.width as usize, rect.height as usize, self.subsampling);
        let (across, down) = self.subsampling.factors();
        let fill = |plane: &mut Plane<&mut [u8]>, channel: usize, across: u32, down: u32| {
            for y in 0..plane.height() {
                for (x, sample) in (0..).zip(plane.row_mut(y)) {
                    let (x, y) = (rect.x + x * across, rect.y + y as u32 * down);
                    *sample = self.pixel(id.z, x, y)[channel];
                }
            }
        };
        let (mut luma, chroma) = tile.planes_mut();
        fill(&mut luma, 0, 1, 1);
        for (channel, mut plane) in (1..).zip(chroma.into_iter().flatten()) {
            fill(&mut plane, channel, across as u32, down as u32);
        }
        tile
    }

    /// Tiles in file order, parents first: coarse levels, then family by family.
    pub fn order(&self) -> Vec<TileId> {
        let pyramid = self.pyramid();
        pyramid.all_families().flat_map(|family| pyramid.family_tiles(family)).collect()
    }

    pub fn spec(&self) -> PackSpec {
        let pyramid = self.pyramid();
        let level = |z| {
            let mode = self.mode(z);
            let table = (mode == Mode::Luma).then_some(0);
            LevelSpec { mode, quality: QUALITY, parent: self.parent(z), header: None, table }
        };
        let mut gray = Ycc::zeros(16, 16, Subsampling::Gray);
        let header = SharedHeader::of(&encode(&mut gray, 80)).expect("an encoded JPEG has a header");
        let levels: Vec<LevelSpec> = (0..pyramid.level_count()).map(level).collect();
        let tables = if levels.iter().any(|level| level.mode == Mode::Luma) {
            vec![TableSpec::Residuals(header)]
        } else {
            vec![]
        };
        let chroma_level = self.chroma_level();
        PackSpec { pyramid, subsampling: self.subsampling, chroma_level, levels, tables }
    }

    /// Gives every tile to a writer for `path`: residuals against the parent as
    /// it will be decoded.
    pub fn begin(&self, path: &Path) -> PackWriter {
        let pyramid = self.pyramid();
        let spec = self.spec();
        let header = spec.tables.first().map(|table| match table {
            TableSpec::Residuals(header) => header.clone(),
            _ => unreachable!("plans have no other tables"),
        });
        let mut writer = PackWriter::create(path, spec, true).expect("a folder to write to");
        let mut decoded: HashMap<TileId, Plane<Vec<u8>>> = HashMap::new();
        let mut decoder = Decoder::new().unwrap();
        for id in self.order() {
            let mut tile = self.tile(id);
            let mut own = Plane::zeros(tile.width(), tile.height());
            match (self.kind(id), self.mode(id.z)) {
                (Kind::Blank(colour), _) => {
                    writer.blank(id, colour);
                    own.fill(colour[0]);
                }
                (Kind::Blob, Mode::Stored) => {
                    let jpeg = encode(&mut tile, QUALITY);
                    decoder.decode_luma(&jpeg, &mut own).unwrap();
                    writer.blob(id, &jpeg).expect("room for a blob");
                }
                (kind, _) => {
                    let parent = id.parent(1).expect("luma tiles have parents");
                    luma::predict(&pyramid, id, &decoded[&parent], &mut own);
                    if kind == Kind::Empty {
                        writer.empty(id);
                    } else {
                        let mut gray = Ycc::zeros(tile.width(), tile.height(), Subsampling::Gray);
                        residual::make(&tile.luma(), &own, &mut gray.luma_mut());
                        let jpeg = encode(&mut gray, 80);
                        decoder.decode_ycc(&jpeg, &mut gray).unwrap();
                        residual::apply(&mut own, &gray.luma());
                        let header = header.as_ref().expect("luma levels have a header");
                        writer.blob(id, header.scan_of(&jpeg).unwrap()).expect("room for a blob");
                    }
                }
            }
            decoded.insert(id, own);
        }
        writer
    }

    /// Writes and publishes the pack.
    pub fn write(&self, path: &Path) -> PathBuf {
        let metadata = Metadata { software: "test".into(), ..Metadata::default() };
        self.begin(path).finish(&metadata).and_then(Unpublished::publish).expect("a pack")
    }

    /// The bytes of the pack.
    pub fn bytes(&self) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::read(self.write(&folder.path().join("plan.origami"))).unwrap()
    }
}

/// All tiles, coarse to fine.
pub fn all_tiles(pyramid: &Pyramid) -> impl Iterator<Item = TileId> + use<> {
    let pyramid = *pyramid;
    (0..pyramid.level_count()).flat_map(move |z| pyramid.tiles(z))
}

pub fn encode(tile: &mut Ycc<Vec<u8>>, quality: u8) -> Vec<u8> {
    let mut out = vec![0; encoded_bound(tile.width(), tile.height(), tile.subsampling())];
    let len = Encoder::new().unwrap().encode(tile, quality, &mut out).unwrap();
    out.truncate(len);
    out
}
