//! Small packs of coefficients, made from the same synthetic pixels.

use super::{Plan, encode};
use origami_codec::exact::{self, BuiltIn, Model, Sample, TileCoder};
use origami_codec::{Coefficients, Colour, PaddedPlanes, TileHeader, dct, padded_len};
use origami_pack::{
    Identity, LevelSpec, Metadata, Mode, ModelChoice, PackSpec, PackWriter, TableSpec, Unpublished,
};
use origami_pyramid::{Rgb, Subsampling, TileId};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// JPEG quality of coarser levels, of full resolution, and of verbatim tiles.
const QUALITIES: [u8; 3] = [85, 70, 60];

/// A description of a test pack of coefficients. Its tables are the header of
/// the coarser levels, that of full resolution, a model for each exact level, and, if models
/// are trained, a second one for full resolution.
#[derive(Clone, Debug)]
pub struct CoefficientPlan {
    /// Sizes, modes and pixels.
    pub plan: Plan,
    pub colour: Colour,
    /// Whether models are trained on the plan's own tiles instead of built in.
    pub trained: bool,
    /// Whether the tiles of full resolution, which is exact, have Huffman tables of their own.
    pub own_tables: bool,
}

/// What a pack has for a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TileContent {
    Blob(Identity),
    Constant([i16; 3]),
}

impl CoefficientPlan {
    /// Two exact levels with tiles of 16 px and built-in models.
    pub fn new(width: u32, height: u32, subsampling: Subsampling) -> Self {
        let modes = vec![Mode::Exact; 2];
        let colour = if subsampling == Subsampling::Gray { Colour::Gray } else { Colour::Ycc };
        let plan = Plan { subsampling, modes, ..Plan::luma(width, height) };
        Self { plan, colour, trained: false, own_tables: false }
    }

    pub fn rgb(width: u32, height: u32) -> Self {
        Self { colour: Colour::Rgb, ..Self::new(width, height, Subsampling::S444) }
    }

    /// The pack that tests damage.
    pub fn sample() -> Self {
        Self::new(131, 67, Subsampling::S420)
    }

    /// The same with the `levels` finest levels predicted, at most all but level 0.
    pub fn predicting(self, levels: u32) -> Self {
        Self { plan: self.plan.predicting(levels), ..self }
    }

    fn planes(&self) -> usize {
        if self.colour == Colour::Gray { 1 } else { 3 }
    }

    fn is_finest(&self, z: u32) -> bool {
        z == self.plan.pyramid().max_level()
    }

    /// What the pack has for a tile. Chosen by tile number, so that each content has
    /// parents and children of each.
    pub fn content(&self, id: TileId) -> TileContent {
        let mut dc = [20 + 3 * id.x as i16, 5 * id.y as i16 - 9, -30];
        dc[self.planes()..].fill(0);
        match ((id.x + 3 * id.y + id.z) % 7, self.is_finest(id.z)) {
            (1, true) => TileContent::Blob(Identity::Verbatim),
            (2, _) => TileContent::Constant(dc),
            (4, _) => TileContent::Blob(Identity::Coefficients),
            _ => TileContent::Blob(Identity::Bytes),
        }
    }

    /// Which model of its level a tile with a blob is coded with.
    pub fn model(&self, id: TileId) -> ModelChoice {
        let is_exact = self.plan.mode(id.z) == Mode::Exact;
        let has_second = self.trained && self.is_finest(id.z) && is_exact;
        if has_second && id.x.is_multiple_of(3) && self.content(id) != TileContent::Blob(Identity::Verbatim) {
            ModelChoice::Second
        } else {
            ModelChoice::First
        }
    }

    fn quality(&self, id: TileId) -> u8 {
        match (self.content(id), self.is_finest(id.z)) {
            (TileContent::Blob(Identity::Verbatim), _) => QUALITIES[2],
            (_, finest) => QUALITIES[usize::from(finest)],
        }
    }

    fn header_of(&self, quality: u8) -> TileHeader {
        let tables = dct::quality_tables(quality, self.colour);
        TileHeader::new(&tables, self.plan.subsampling, self.colour).expect("tables of a quality")
    }

    /// The tile headers of the coarser levels and of full resolution.
    fn headers(&self) -> [TileHeader; 2] {
        let [coarser, finest] = [0, 1].map(|number| self.header_of(QUALITIES[number]));
        if self.own_tables {
            return [coarser, TileHeader::optimised(finest.bytes()).expect("tables of a tile's own")];
        }
        [coarser, finest]
    }

    /// The coefficients of a tile.
    fn coefficients(&self, id: TileId) -> Coefficients {
        let header = self.header_of(self.quality(id));
        let rect = self.plan.pyramid().tile_rect(id).expect("a tile of the plan");
        let (width, height) = (rect.width as usize, rect.height as usize);
        let mut tile = Coefficients::zeros(header.frame(width, height).expect("a tile's size"));
        match self.content(id) {
            TileContent::Constant(dc) => tile.fill(dc),
            TileContent::Blob(_) if self.colour == Colour::Rgb => {
                let mut pixels = Rgb::filled(width, height, [0; 3]);
                for y in 0..height {
                    for (x, pixel) in (0..).zip(pixels.row_mut(y).chunks_exact_mut(3)) {
                        pixel.copy_from_slice(&self.plan.pixel(id.z, rect.x + x, rect.y + y as u32));
                    }
                }
                dct::forward_rgb(&pixels, header.quantisation(), &mut tile);
            }
            TileContent::Blob(_) => dct::forward(&self.plan.tile(id), header.quantisation(), &mut tile),
        }
        tile
    }

    /// The JPEG that must be served for a tile, unless it has tables of its own; encoded by
    /// the JPEG library where it can do that.
    pub fn jpeg(&self, id: TileId) -> Vec<u8> {
        match self.content(id) {
            TileContent::Blob(_) if self.colour != Colour::Rgb => {
                encode(&mut self.plan.tile(id), self.quality(id))
            }
            _ => {
                let (header, tile) = (self.header_of(self.quality(id)), self.coefficients(id));
                let mut jpeg = vec![0; header.jpeg_bound(tile.frame())];
                let len = header.write(&tile, &mut jpeg).expect("room for a JPEG");
                jpeg.truncate(len);
                jpeg
            }
        }
    }

    /// Where the quadrant that a tile covers begins in its parent's luma.
    fn origin(&self, id: TileId) -> (usize, usize) {
        let half = self.plan.tile as usize / 2;
        ((id.x & 1) as usize * half, (id.y & 1) as usize * half)
    }

    fn parent(&self, id: TileId) -> TileId {
        id.parent(1).expect("exact tiles have parents")
    }

    /// A writer for `path` to which every tile has been given.
    pub fn begin(&self, path: &Path) -> PackWriter {
        let mut encoder = CoefficientEncoder::new(self);
        let spec = encoder.spec();
        let mut writer = PackWriter::create(path, spec, true).expect("a folder to write to");
        let mut coder = TileCoder::default();
        for id in self.plan.order() {
            encoder.write(id, &mut coder, &mut writer);
        }
        writer
    }

    /// Writes and publishes the pack.
    pub fn write(&self, path: &Path) -> PathBuf {
        super::publish(self.begin(path))
    }

    /// The bytes of the pack.
    pub fn bytes(&self) -> Vec<u8> {
        super::written_bytes(|path| self.write(path))
    }
}

/// Encodes the tiles of a plan.
struct CoefficientEncoder<'a> {
    plan: &'a CoefficientPlan,
    /// The tile headers of the coarser levels and of full resolution.
    headers: [TileHeader; 2],
    coefficients: HashMap<TileId, Coefficients>,
    /// Samples of all tiles that may be parents.
    parents: HashMap<TileId, PaddedPlanes<Vec<u8>>>,
    /// What the tiles of exact levels are coded with.
    levels: HashMap<(u32, ModelChoice), exact::Level>,
}

impl<'a> CoefficientEncoder<'a> {
    fn new(plan: &'a CoefficientPlan) -> Self {
        let mut encoder = Self {
            plan,
            headers: plan.headers(),
            coefficients: plan.plan.order().into_iter().map(|id| (id, plan.coefficients(id))).collect(),
            parents: HashMap::new(),
            levels: HashMap::new(),
        };
        let parents = plan.plan.order().into_iter().filter(|id| !plan.is_finest(id.z));
        for id in parents {
            let planes = encoder.planes(id);
            encoder.parents.insert(id, planes);
        }
        encoder
    }

    /// The tile header of level `z`.
    fn header(&self, z: u32) -> &TileHeader {
        &self.headers[usize::from(self.plan.is_finest(z))]
    }

    /// The samples of a tile.
    fn planes(&self, id: TileId) -> PaddedPlanes<Vec<u8>> {
        let tile = &self.coefficients[&id];
        let mut planes = PaddedPlanes::new(vec![0; padded_len(tile.frame())], *tile.frame());
        dct::inverse(tile, self.header(id.z).quantisation(), &mut planes);
        planes
    }

    /// The first model of exact level `z`.
    fn model(&self, z: u32) -> Model {
        if !self.plan.trained {
            return self.built_in();
        }
        let tiles = self.plan.plan.pyramid().tiles(z);
        let samples: Vec<Sample<'_>> = tiles.map(|id| self.sample(id)).collect();
        exact::train(&samples, self.plan.colour)
    }

    fn built_in(&self) -> Model {
        BuiltIn::of(self.plan.colour).model(self.plan.planes())
    }

    /// Prepares a model to code tiles of level `z` with.
    fn prepare(&mut self, z: u32, choice: ModelChoice, model: Model) {
        let level = exact::Level::new(model, self.header(z).quantisation(), self.plan.planes());
        self.levels.insert((z, choice), level.expect("a model of these planes"));
    }

    fn sample(&self, id: TileId) -> Sample<'_> {
        Sample {
            tile: &self.coefficients[&id],
            parent: self.parents[&self.plan.parent(id)].view(),
            origin: self.plan.origin(id),
            quantisation: self.header(id.z).quantisation(),
        }
    }

    /// The spec of the pack. Also makes the models of its exact levels.
    fn spec(&mut self) -> PackSpec {
        let plan = self.plan;
        let pyramid = plan.plan.pyramid();
        let mut tables = self.headers.clone().map(|header| TableSpec::Tiles(Box::new(header))).to_vec();
        let mut levels = Vec::new();
        for z in 0..pyramid.level_count() {
            let (mode, is_finest) = (plan.plan.mode(z), plan.is_finest(z));
            let (mut table, mut second_model) = (None, None);
            if mode == Mode::Exact {
                let model = self.model(z);
                self.prepare(z, ModelChoice::First, model.clone());
                table = Some(tables.len() as u32);
                tables.push(match plan.trained {
                    true => TableSpec::Model(model),
                    false => TableSpec::BuiltIn(BuiltIn::of(plan.colour)),
                });
            }
            if mode == Mode::Exact && is_finest && plan.trained {
                self.prepare(z, ModelChoice::Second, self.built_in());
                second_model = Some(tables.len() as u32);
                tables.push(TableSpec::BuiltIn(BuiltIn::of(plan.colour)));
            }
            levels.push(LevelSpec {
                mode,
                quality: if is_finest { 0 } else { QUALITIES[0] },
                parent: plan.plan.parent(z),
                header: Some(u8::from(is_finest)),
                table,
                second_model,
            });
        }
        PackSpec { pyramid, subsampling: plan.plan.subsampling, chroma_level: None, levels, tables }
    }

    /// Gives a tile to `writer`.
    fn write(&self, id: TileId, coder: &mut TileCoder, writer: &mut PackWriter) {
        let (blob, identity) = match self.plan.content(id) {
            TileContent::Constant(dc) => return writer.constant(id, dc),
            TileContent::Blob(Identity::Verbatim) => (self.plan.jpeg(id), Identity::Verbatim),
            TileContent::Blob(identity) => (self.blob(id, coder), identity),
        };
        writer.blob_as(id, &blob, identity, self.plan.model(id)).expect("room for a blob");
    }

    /// The coded coefficients of a tile in an exact level, or the scan of a stored one.
    fn blob(&self, id: TileId, coder: &mut TileCoder) -> Vec<u8> {
        let tile = &self.coefficients[&id];
        if let Some(level) = self.levels.get(&(id.z, self.plan.model(id))) {
            let mut out = Vec::new();
            let parent = &self.parents[&self.plan.parent(id)];
            coder.encode(level, parent, self.plan.origin(id), tile, &mut out).expect("a tile to code");
            return out;
        }
        let header = self.header(id.z);
        let mut scan = vec![0; header.scan_bound(tile.frame())];
        let len = header.write_scan(tile, &mut scan).expect("room for a scan");
        scan.truncate(len);
        scan
    }
}
