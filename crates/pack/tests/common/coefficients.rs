//! Small packs of coefficients from the same pixels.

use super::{Plan, encode};
use origami_codec::exact::{self, BuiltIn, Model, Sample, TileCoder};
use origami_codec::{Coefficients, Colour, PaddedPlanes, TileHeader, dct, padded_len};
use origami_pack::{Identity, LevelSpec, Metadata, Mode, PackSpec, PackWriter, TableSpec, Unpublished};
use origami_pyramid::{Rgb, Subsampling, TileId};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// JPEG quality of coarser levels, of full resolution, and of verbatim tiles.
const QUALITIES: [u8; 3] = [85, 70, 60];

/// What a test pack of coefficients looks like. Its tables are the header of
/// the coarser levels, that of full resolution, and a model for each exact level.
#[derive(Clone, Debug)]
pub struct CoefficientPlan {
    /// Sizes, modes and pixels.
    pub plan: Plan,
    pub colour: Colour,
    /// Models trained on the plan's own tiles instead of the built-in ones.
    pub trained: bool,
}

/// What such a plan makes of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    Blob(Identity),
    Constant([i16; 3]),
}

impl CoefficientPlan {
    /// Two exact levels with tiles of 16 px and built-in models.
    pub fn new(width: u32, height: u32, subsampling: Subsampling) -> Self {
        let modes = vec![Mode::Exact; 2];
        let colour = if subsampling == Subsampling::Gray { Colour::Gray } else { Colour::Ycc };
        Self { plan: Plan { subsampling, modes, ..Plan::luma(width, height) }, colour, trained: false }
    }

    pub fn rgb(width: u32, height: u32) -> Self {
        Self { colour: Colour::Rgb, ..Self::new(width, height, Subsampling::S444) }
    }

    /// The pack of the tests that damage packs.
    pub fn sample() -> Self {
        Self::new(131, 67, Subsampling::S420)
    }

    /// The same with as many levels predicted, at most all but level 0.
    pub fn predicting(self, levels: u32) -> Self {
        Self { plan: self.plan.predicting(levels), ..self }
    }

    fn planes(&self) -> usize {
        if self.colour == Colour::Gray { 1 } else { 3 }
    }

    fn is_finest(&self, z: u32) -> bool {
        z == self.plan.pyramid().max_level()
    }

    /// Chosen by number, so that each kind has parents and children of each kind.
    pub fn kept(&self, id: TileId) -> Kept {
        let mut dc = [20 + 3 * id.x as i16, 5 * id.y as i16 - 9, -30];
        dc[self.planes()..].fill(0);
        match ((id.x + 3 * id.y + id.z) % 7, self.is_finest(id.z)) {
            (1, true) => Kept::Blob(Identity::Verbatim),
            (2, _) => Kept::Constant(dc),
            (4, _) => Kept::Blob(Identity::Coefficients),
            _ => Kept::Blob(Identity::Bytes),
        }
    }

    fn quality(&self, id: TileId) -> u8 {
        match (self.kept(id), self.is_finest(id.z)) {
            (Kept::Blob(Identity::Verbatim), _) => QUALITIES[2],
            (_, finest) => QUALITIES[usize::from(finest)],
        }
    }

    fn header_of(&self, quality: u8) -> TileHeader {
        let tables = dct::quality_tables(quality, self.colour);
        TileHeader::new(&tables, self.plan.subsampling, self.colour).expect("tables of a quality")
    }

    /// The coefficients of a tile.
    fn coefficients(&self, id: TileId) -> Coefficients {
        let header = self.header_of(self.quality(id));
        let rect = self.plan.pyramid().tile_rect(id).expect("a tile of the plan");
        let (width, height) = (rect.width as usize, rect.height as usize);
        let mut tile = Coefficients::zeros(header.frame(width, height).expect("a tile's size"));
        match self.kept(id) {
            Kept::Constant(dc) => tile.fill(dc),
            Kept::Blob(_) if self.colour == Colour::Rgb => {
                let mut pixels = Rgb::filled(width, height, [0; 3]);
                for y in 0..height {
                    for (x, pixel) in (0..).zip(pixels.row_mut(y).chunks_exact_mut(3)) {
                        pixel.copy_from_slice(&self.plan.pixel(id.z, rect.x + x, rect.y + y as u32));
                    }
                }
                dct::forward_rgb(&pixels, header.quantisation(), &mut tile);
            }
            Kept::Blob(_) => dct::forward(&self.plan.tile(id), header.quantisation(), &mut tile),
        }
        tile
    }

    /// The JPEG that has to be served for a tile: what the JPEG library makes
    /// of its samples, where it can.
    pub fn jpeg(&self, id: TileId) -> Vec<u8> {
        match self.kept(id) {
            Kept::Blob(_) if self.colour != Colour::Rgb => encode(&mut self.plan.tile(id), self.quality(id)),
            _ => {
                let (header, tile) = (self.header_of(self.quality(id)), self.coefficients(id));
                let mut jpeg = vec![0; header.jpeg_bound(tile.frame())];
                let len = header.write(&tile, &mut jpeg).expect("room for a JPEG");
                jpeg.truncate(len);
                jpeg
            }
        }
    }

    /// Where the window of a tile begins in its parent's luma.
    fn origin(&self, id: TileId) -> (usize, usize) {
        let half = self.plan.tile as usize / 2;
        ((id.x & 1) as usize * half, (id.y & 1) as usize * half)
    }

    fn parent(&self, id: TileId) -> TileId {
        id.parent(1).expect("exact tiles have parents")
    }

    /// Gives every tile to a writer for `path`.
    pub fn begin(&self, path: &Path) -> PackWriter {
        let pyramid = self.plan.pyramid();
        let headers = [0, 1].map(|number| self.header_of(QUALITIES[number]));
        let header = |z| &headers[usize::from(self.is_finest(z))];
        let coefficients: HashMap<TileId, Coefficients> =
            self.plan.order().into_iter().map(|id| (id, self.coefficients(id))).collect();
        let planes = |id: TileId| {
            let tile = &coefficients[&id];
            let mut planes = PaddedPlanes::new(vec![0; padded_len(tile.frame())], *tile.frame());
            dct::inverse(tile, header(id.z).quantisation(), &mut planes);
            planes
        };
        let parents: HashMap<TileId, PaddedPlanes<Vec<u8>>> =
            coefficients.keys().filter(|id| !self.is_finest(id.z)).map(|&id| (id, planes(id))).collect();
        let model = |z: u32| -> Model {
            if !self.trained {
                return BuiltIn::of(self.colour).model(self.planes());
            }
            let sample = |id| Sample {
                tile: &coefficients[&id],
                parent: parents[&self.parent(id)].view(),
                origin: self.origin(id),
                quantisation: header(z).quantisation(),
            };
            let samples: Vec<Sample<'_>> = pyramid.tiles(z).map(sample).collect();
            exact::train(&samples, self.colour)
        };
        let mut tables = headers.clone().map(|header| TableSpec::Tiles(Box::new(header))).to_vec();
        let mut coded: HashMap<u32, exact::Level> = HashMap::new();
        let level = |z: u32| {
            let mode = self.plan.mode(z);
            let table = (mode == Mode::Exact).then(|| {
                let model = model(z);
                let level = exact::Level::new(model.clone(), header(z).quantisation(), self.planes());
                coded.insert(z, level.expect("a model of these planes"));
                tables.push(match self.trained {
                    true => TableSpec::Model(model),
                    false => TableSpec::BuiltIn(BuiltIn::of(self.colour)),
                });
                tables.len() as u32 - 1
            });
            let quality = if self.is_finest(z) { 0 } else { QUALITIES[0] };
            let header = Some(u8::from(self.is_finest(z)));
            LevelSpec { mode, quality, parent: self.plan.parent(z), header, table }
        };
        let levels = (0..pyramid.level_count()).map(level).collect();
        let spec =
            PackSpec { pyramid, subsampling: self.plan.subsampling, chroma_level: None, levels, tables };
        let mut writer = PackWriter::create(path, spec, true).expect("a folder to write to");
        let mut coder = TileCoder::default();
        for id in self.plan.order() {
            let tile = &coefficients[&id];
            let (identity, blob) = match (self.kept(id), coded.get(&id.z)) {
                (Kept::Constant(dc), _) => {
                    writer.constant(id, dc);
                    continue;
                }
                (Kept::Blob(Identity::Verbatim), _) => (Identity::Verbatim, self.jpeg(id)),
                (Kept::Blob(identity), Some(level)) => {
                    let mut out = Vec::new();
                    let parent = &parents[&self.parent(id)];
                    coder.encode(level, parent, self.origin(id), tile, &mut out).expect("a tile to code");
                    (identity, out)
                }
                (Kept::Blob(identity), None) => {
                    let mut scan = vec![0; header(id.z).scan_bound(tile.frame())];
                    let len = header(id.z).write_scan(tile, &mut scan).expect("room for a scan");
                    scan.truncate(len);
                    (identity, scan)
                }
            };
            writer.blob_as(id, &blob, identity).expect("room for a blob");
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
