//! Exact packs.

use super::{publish, tiles, view};
use origami_codec::exact::{BuiltIn, Level, Model, Sample, TileCoder, train};
use origami_codec::{Coefficients, Colour, Frame, PaddedPlanes, TileHeader, dct, padded_len};
use origami_pack::{Identity, LevelSpec, Mode, ModelChoice, PackSpec, PackWriter, TableSpec};
use origami_pyramid::{Pyramid, Size, Subsampling, TileId};
use std::collections::HashMap;
use std::path::Path;

/// The properties of an exact pack.
pub struct ExactSample {
    pub size: Size,
    pub tile_size: u32,
    pub subsampling: Subsampling,
    pub colour: Colour,
    pub models: ModelKind,
    /// The number of finest levels that are exact. The others are stored.
    pub exact_levels: u32,
}

/// Which models an exact pack uses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ModelKind {
    Trained,
    BuiltIn,
}

impl ExactSample {
    /// Writes the pack to `path`. Returns its bytes.
    pub fn write(&self, path: &Path) -> Vec<u8> {
        let levels = ExactLevels::new(self);
        let models = levels.models();
        let coded = levels.coded(&models);
        let writer = PackWriter::create(path, levels.spec(models), true).expect("a folder to write to");
        let mut tile_writer = ExactTileWriter {
            levels: &levels,
            coded,
            writer,
            decoded: HashMap::new(),
            coder: TileCoder::default(),
        };
        tiles(&levels.pyramid).into_iter().for_each(|id| tile_writer.write(id));
        publish(tile_writer.writer, path)
    }
}

/// The levels of an exact pack. The finest one has a header and a model of its
/// own, all others share theirs. With trained models, the built-in one is the second of
/// the finest.
struct ExactLevels<'a> {
    sample: &'a ExactSample,
    pyramid: Pyramid,
    /// The header of the levels above the finest, and that of the finest.
    headers: [TileHeader; 2],
}

/// A tile to train a model on.
struct TrainingTile {
    tile: Coefficients,
    parent: PaddedPlanes<Vec<u8>>,
    origin: (usize, usize),
}

impl<'a> ExactLevels<'a> {
    fn new(sample: &'a ExactSample) -> Self {
        let headers = [85, 70].map(|quality| {
            let steps = dct::quality_tables(quality, sample.colour);
            TileHeader::new(&steps, sample.subsampling, sample.colour).expect("tables of a quality")
        });
        Self { sample, pyramid: Pyramid::new(sample.size, sample.tile_size).expect("a size"), headers }
    }

    fn finest(&self) -> u32 {
        self.pyramid.max_level()
    }

    /// The index of the header and model of level `z` among those of the pack.
    fn table_index(&self, z: u32) -> usize {
        usize::from(z == self.finest())
    }

    fn header(&self, z: u32) -> &TileHeader {
        &self.headers[self.table_index(z)]
    }

    fn is_exact(&self, z: u32) -> bool {
        self.finest() - z < self.sample.exact_levels
    }

    fn frame(&self, id: TileId) -> Frame {
        let rect = self.pyramid.tile_rect(id).expect("a tile");
        self.header(id.z).frame(rect.width as usize, rect.height as usize).expect("a frame")
    }

    /// The coefficients of a tile of the picture.
    fn tile(&self, id: TileId) -> Coefficients {
        view(&self.pyramid, id).coefficients(self.frame(id), self.header(id.z).quantisation())
    }

    /// The decoded planes of a tile.
    fn decode(&self, id: TileId, tile: &Coefficients) -> PaddedPlanes<Vec<u8>> {
        let mut planes = PaddedPlanes::new(vec![0; padded_len(tile.frame())], *tile.frame());
        dct::inverse(tile, self.header(id.z).quantisation(), &mut planes);
        planes
    }

    /// Where a tile begins in its parent, `(x, y)`.
    fn origin(&self, id: TileId) -> (usize, usize) {
        let (quarter, half) = (id.quarter(), self.sample.tile_size / 2);
        ((quarter.x * half) as usize, (quarter.y * half) as usize)
    }

    /// The trained models of the levels above the finest, and of the finest.
    fn models(&self) -> [Option<Model>; 2] {
        let finest = self.finest();
        [finest - 1, finest].map(|z| self.train(z))
    }

    /// Trains a model on the tiles of level `z`, if that is wanted.
    fn train(&self, z: u32) -> Option<Model> {
        if self.sample.models == ModelKind::BuiltIn || !self.is_exact(z) {
            return None;
        }
        let tiles: Vec<TrainingTile> = tiles(&self.pyramid)
            .into_iter()
            .filter(|id| id.z == z)
            .map(|id| self.training_tile(id))
            .collect();
        let samples: Vec<Sample<'_>> = tiles
            .iter()
            .map(|TrainingTile { tile, parent, origin }| Sample {
                tile,
                parent: parent.view(),
                origin: *origin,
                quantisation: self.header(z).quantisation(),
            })
            .collect();
        Some(train(&samples, self.sample.colour))
    }

    fn training_tile(&self, id: TileId) -> TrainingTile {
        let parent = id.parent(1).expect("a parent");
        TrainingTile {
            tile: self.tile(id),
            parent: self.decode(parent, &self.tile(parent)),
            origin: self.origin(id),
        }
    }

    fn built_in(&self) -> BuiltIn {
        BuiltIn::of(self.sample.colour)
    }

    /// The tables with which tiles are coded, made of `models` or the built-in
    /// model.
    fn coded(&self, models: &[Option<Model>; 2]) -> CodingTables {
        let [coarser, finest] = models;
        CodingTables {
            coarser: self.prepare(0, coarser.clone()),
            finest: self.prepare(1, finest.clone()),
            second: self.has_second_model().then(|| self.prepare(1, None)),
        }
    }

    /// Prepares a model, or the built-in one, for the quantisation of one of the headers.
    fn prepare(&self, header: usize, model: Option<Model>) -> Level {
        let planes = self.headers[header].planes();
        let model = model.unwrap_or_else(|| self.built_in().model(planes));
        Level::new(model, self.headers[header].quantisation(), planes).expect("a valid model")
    }

    fn has_second_model(&self) -> bool {
        self.sample.models == ModelKind::Trained
    }

    fn spec(&self, models: [Option<Model>; 2]) -> PackSpec {
        let headers = self.headers.iter().map(|header| TableSpec::Tiles(Box::new(header.clone())));
        let models = models
            .into_iter()
            .map(|model| model.map_or(TableSpec::BuiltIn(self.built_in()), TableSpec::Model));
        PackSpec {
            pyramid: self.pyramid,
            subsampling: self.sample.subsampling,
            chroma_level: None,
            levels: (0..self.pyramid.level_count()).map(|z| self.level_spec(z)).collect(),
            tables: headers.chain(models).chain([TableSpec::BuiltIn(self.built_in())]).collect(),
        }
    }

    fn level_spec(&self, z: u32) -> LevelSpec {
        let (is_exact, index) = (self.is_exact(z), self.table_index(z));
        LevelSpec {
            mode: if is_exact { Mode::Exact } else { Mode::Stored },
            quality: if z == self.finest() { 70 } else { 0 },
            parent: is_exact.then(|| z - 1),
            header: Some(index as u8),
            table: is_exact.then_some(2 + index as u32),
            second_model: (z == self.finest() && self.has_second_model()).then_some(4),
        }
    }
}

/// What the tiles of exact levels are coded with.
struct CodingTables {
    coarser: Level,
    finest: Level,
    second: Option<Level>,
}

/// Writes the tiles of an exact pack, parents first.
struct ExactTileWriter<'a> {
    levels: &'a ExactLevels<'a>,
    coded: CodingTables,
    writer: PackWriter,
    /// The decoded planes of all tiles written so far.
    decoded: HashMap<TileId, PaddedPlanes<Vec<u8>>>,
    coder: TileCoder,
}

impl ExactTileWriter<'_> {
    /// Writes a tile: of one colour, verbatim, exact or stored.
    fn write(&mut self, id: TileId) {
        let levels = self.levels;
        let mut tile = levels.tile(id);
        let header = levels.header(id.z);
        let number = id.x + 3 * id.y + id.z;
        if number % 5 == 4 || levels.sample.tile_size > 512 && id.x == 0 {
            tile.fill([number as i16, -3, 3]);
            self.writer.constant(id, tile.constant().expect("just filled"));
        } else if id.z == levels.finest() && number % 7 == 1 {
            let jpeg = header.jpeg(&tile).expect("coefficients of a picture have codes");
            let blob = self.writer.blob_as(id, &jpeg, Identity::Verbatim, ModelChoice::First);
            blob.expect("room for a blob");
        } else if levels.is_exact(id.z) {
            let is_second = id.z == levels.finest() && levels.has_second_model() && number % 4 < 2;
            let choice = if is_second { ModelChoice::Second } else { ModelChoice::First };
            let bytes = self.encode(id, &tile, choice);
            let identity = if number.is_multiple_of(3) { Identity::Coefficients } else { Identity::Bytes };
            self.writer.blob_as(id, &bytes, identity, choice).expect("room for a blob");
        } else {
            let jpeg = header.jpeg(&tile).expect("coefficients of a picture have codes");
            let scan = header.scan_of(&jpeg).expect("its own header");
            self.writer.blob(id, scan).expect("room for a blob");
        }
        self.decoded.insert(id, levels.decode(id, &tile));
    }

    /// The bytes of an exact tile.
    fn encode(&mut self, id: TileId, tile: &Coefficients, choice: ModelChoice) -> Vec<u8> {
        let CodingTables { coarser, finest, second } = &self.coded;
        let level = match (choice, second) {
            (ModelChoice::Second, Some(second)) => second,
            _ if id.z == self.levels.finest() => finest,
            _ => coarser,
        };
        let parent = &self.decoded[&id.parent(1).expect("a parent")];
        let mut bytes = Vec::new();
        let encoded = self.coder.encode(level, parent, self.levels.origin(id), tile, &mut bytes);
        encoded.expect("a picture's tile can be encoded");
        bytes
    }
}
