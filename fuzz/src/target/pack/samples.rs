//! Small good packs of both kinds.

use crate::picture::{coefficients, sample, written};
use origami_codec::exact::{BuiltIn, Level, Sample, TileCoder, train};
use origami_codec::{
    Colour, Decoder, Encoder, PaddedPlanes, SharedHeader, TileHeader, dct, encoded_bound, padded_len,
};
use origami_pack::{Identity, LevelSpec, Metadata, Mode, PackSpec, PackWriter, TableSpec, Unpublished};
use origami_pyramid::{Plane, Pyramid, Size, Subsampling, TileId, Ycc, residual};
use std::collections::HashMap;
use std::path::Path;

/// Pixels of most packs, and of their tiles' sides.
const SIZE: Size = Size::new(83, 51);
const TILE: u32 = 16;

/// Levels of [`SIZE`] above level 0.
const ALL: u32 = 7;

/// Packs of coefficients of several samplings and packs of luma residuals, with
/// two predicted levels and more, made in `folder`; in the last one tiles are as
/// large as can be.
pub fn packs(folder: &Path) -> Vec<Vec<u8>> {
    let path = folder.join("sample.origami");
    let mut packs = Vec::new();
    for (subsampling, colour, trained, predicted) in [
        (Subsampling::S420, Colour::Ycc, true, 2),
        (Subsampling::S444, Colour::Rgb, true, 2),
        (Subsampling::S422, Colour::Ycc, false, 3),
        (Subsampling::Gray, Colour::Gray, false, ALL),
    ] {
        let plan = Coefficients { size: SIZE, tile: TILE, subsampling, colour, trained, predicted };
        packs.push(plan.write(&path));
    }
    for (subsampling, predicted) in [(Subsampling::S420, 2), (Subsampling::S444, 4)] {
        packs.push(luma(&path, subsampling, predicted));
    }
    let (size, subsampling, colour) = (Size::new(1030, 50), Subsampling::S444, Colour::Rgb);
    let large = Coefficients { size, tile: 1024, subsampling, colour, trained: false, predicted: 2 };
    packs.push(large.write(&path));
    packs
}

fn publish(writer: PackWriter, path: &Path) -> Vec<u8> {
    let metadata = Metadata { software: "fuzz".into(), ..Metadata::default() };
    writer.finish(&metadata).and_then(Unpublished::publish).expect("a pack");
    std::fs::read(path).expect("a pack that was just written")
}

/// All tiles, parents first.
fn tiles(pyramid: &Pyramid) -> Vec<TileId> {
    pyramid.all_families().flat_map(|family| pyramid.family_tiles(family)).collect()
}

/// A pack of coefficients.
struct Coefficients {
    size: Size,
    tile: u32,
    subsampling: Subsampling,
    colour: Colour,
    /// Whether models are trained where there are tiles for it.
    trained: bool,
    /// How many levels are exact.
    predicted: u32,
}

impl Coefficients {
    fn write(&self, path: &Path) -> Vec<u8> {
        let pyramid = Pyramid::new(self.size, self.tile).expect("a size");
        let finest = pyramid.max_level();
        let headers = [85, 70].map(|quality| {
            let steps = dct::quality_tables(quality, self.colour);
            TileHeader::new(&steps, self.subsampling, self.colour).expect("tables of a quality")
        });
        let header = |z| &headers[usize::from(z == finest)];
        let frame = |id: TileId| {
            let rect = pyramid.tile_rect(id).expect("a tile");
            header(id.z).frame(rect.width as usize, rect.height as usize).expect("a frame")
        };
        let exact = |z| finest - z < self.predicted;
        let picture = |id: TileId| {
            let (rect, shift) = (pyramid.tile_rect(id).expect("a tile"), finest - id.z);
            coefficients(frame(id), header(id.z).quantisation(), |x, y, plane| {
                sample((x + rect.x as usize) << shift, (y + rect.y as usize) << shift, plane)
            })
        };
        let planes = |id: TileId, tile: &origami_codec::Coefficients| {
            let mut planes = PaddedPlanes::new(vec![0; padded_len(tile.frame())], *tile.frame());
            dct::inverse(tile, header(id.z).quantisation(), &mut planes);
            planes
        };
        let origin = |id: TileId| {
            let ((right, down), half) = (id.quarter(), self.tile / 2);
            ((right * half) as usize, (down * half) as usize)
        };
        // One for the finest level and one for those above it.
        let models = [finest - 1, finest].map(|z| {
            let pictures: Vec<_> = tiles(&pyramid)
                .into_iter()
                .filter(|id| id.z == z && exact(z) && self.trained)
                .map(|id| {
                    let parent = id.parent(1).expect("a parent");
                    (picture(id), planes(parent, &picture(parent)), origin(id))
                })
                .collect();
            let samples: Vec<Sample<'_>> = pictures
                .iter()
                .map(|(tile, parent, origin)| Sample {
                    tile,
                    parent: parent.view(),
                    origin: *origin,
                    quantisation: header(z).quantisation(),
                })
                .collect();
            (!samples.is_empty()).then(|| train(&samples, self.colour))
        });
        let count = frame(TileId { z: 0, x: 0, y: 0 }).planes();
        let built_in = BuiltIn::of(self.colour);
        let coded = [0, 1].map(|number: usize| {
            let model = models[number].clone().unwrap_or_else(|| built_in.model(count));
            Level::new(model, headers[number].quantisation(), count).expect("a good model")
        });
        // Levels above the finest are coded with the first model and header.
        let spec = PackSpec {
            pyramid,
            subsampling: self.subsampling,
            chroma_level: None,
            levels: (0..pyramid.level_count())
                .map(|z| LevelSpec {
                    mode: if exact(z) { Mode::Exact } else { Mode::Stored },
                    quality: if z == finest { 70 } else { 0 },
                    parent: exact(z).then(|| z - 1),
                    header: Some(u8::from(z == finest)),
                    table: exact(z).then_some(2 + u32::from(z == finest)),
                })
                .collect(),
            tables: headers
                .iter()
                .map(|header| TableSpec::Tiles(Box::new(header.clone())))
                .chain(
                    models
                        .into_iter()
                        .map(|model| model.map_or(TableSpec::BuiltIn(built_in), TableSpec::Model)),
                )
                .collect(),
        };
        let mut writer = PackWriter::create(path, spec, true).expect("a folder to write to");
        let mut parents: HashMap<TileId, PaddedPlanes<Vec<u8>>> = HashMap::new();
        let mut coder = TileCoder::default();
        for id in tiles(&pyramid) {
            let mut tile = picture(id);
            let number = id.x + 3 * id.y + id.z;
            if number % 5 == 4 || self.tile > 512 && id.x == 0 {
                tile.fill([number as i16, -3, 3]);
                if count == 1 {
                    tile.fill([number as i16, 0, 0]);
                }
                writer.constant(id, tile.constant().expect("just filled"));
            } else if id.z == finest && number % 7 == 1 {
                let jpeg = written(header(id.z), &tile);
                writer.blob_as(id, &jpeg, Identity::Verbatim).expect("room for a blob");
            } else if exact(id.z) {
                let parent = id.parent(1).expect("a parent");
                let level = &coded[usize::from(id.z == finest)];
                let mut bytes = Vec::new();
                let done = coder.encode(level, &parents[&parent], origin(id), &tile, &mut bytes);
                done.expect("a picture's tile can be coded");
                let identity = if number % 3 == 0 { Identity::Coefficients } else { Identity::Bytes };
                writer.blob_as(id, &bytes, identity).expect("room for a blob");
            } else {
                let jpeg = written(header(id.z), &tile);
                let scan = header(id.z).scan_of(&jpeg).expect("its own header");
                writer.blob(id, scan).expect("room for a blob");
            }
            let planes = planes(id, &tile);
            parents.insert(id, planes);
        }
        publish(writer, path)
    }
}

/// A pack of luma residuals in so many levels.
fn luma(path: &Path, subsampling: Subsampling, predicted: u32) -> Vec<u8> {
    let pyramid = Pyramid::new(SIZE, TILE).expect("a size");
    let finest = pyramid.max_level();
    let mode = |z| if finest - z < predicted { Mode::Luma } else { Mode::Stored };
    let header = SharedHeader::of(&encoded(&mut Ycc::zeros(16, 16, Subsampling::Gray), 80));
    let header = header.expect("an encoded JPEG has a header");
    let levels = (0..pyramid.level_count())
        .map(|z| LevelSpec {
            mode: mode(z),
            quality: 85,
            parent: (mode(z) == Mode::Luma).then(|| z - 1),
            header: None,
            table: (mode(z) == Mode::Luma).then_some(0),
        })
        .collect();
    let tables = vec![TableSpec::Residuals(header.clone())];
    let chroma_level = Some(finest - predicted);
    let spec = PackSpec { pyramid, subsampling, chroma_level, levels, tables };
    let mut writer = PackWriter::create(path, spec, true).expect("a folder to write to");
    let mut decoded: HashMap<TileId, Plane<Vec<u8>>> = HashMap::new();
    let mut decoder = Decoder::new().expect("a library handle");
    for id in tiles(&pyramid) {
        let mut tile = picture(&pyramid, id, finest, subsampling);
        let mut plane = Plane::zeros(tile.width(), tile.height());
        match (id.x + 3 * id.y + id.z) % 5 {
            4 => {
                let colour = [(40 * id.x) as u8, 90, (30 * id.y) as u8];
                writer.blank(id, colour);
                plane.fill(colour[0]);
            }
            _ if mode(id.z) == Mode::Stored => {
                let jpeg = encoded(&mut tile, 85);
                decoder.decode_luma(&jpeg, &mut plane).expect("its own JPEG");
                writer.blob(id, &jpeg).expect("room for a blob");
            }
            number => {
                let parent = id.parent(1).expect("luma tiles have parents");
                origami_pyramid::luma::predict(&pyramid, id, &decoded[&parent], &mut plane);
                if number == 2 {
                    writer.empty(id);
                } else {
                    let mut gray = Ycc::zeros(tile.width(), tile.height(), Subsampling::Gray);
                    residual::make(&tile.luma(), &plane, &mut gray.luma_mut());
                    let jpeg = encoded(&mut gray, 80);
                    decoder.decode_ycc(&jpeg, &mut gray).expect("its own JPEG");
                    residual::apply(&mut plane, &gray.luma());
                    let scan = header.scan_of(&jpeg).expect("the shared header");
                    writer.blob(id, scan).expect("room for a blob");
                }
            }
        }
        decoded.insert(id, plane);
    }
    publish(writer, path)
}

fn picture(pyramid: &Pyramid, id: TileId, finest: u32, subsampling: Subsampling) -> Ycc<Vec<u8>> {
    let (rect, shift) = (pyramid.tile_rect(id).expect("a tile"), finest - id.z);
    let mut tile = Ycc::zeros(rect.width as usize, rect.height as usize, subsampling);
    let (across, down) = subsampling.factors();
    let fill = |out: &mut Plane<&mut [u8]>, plane: usize, across: usize, down: usize| {
        for y in 0..out.height() {
            let row = out.row_mut(y).iter_mut().enumerate();
            row.for_each(|(x, value)| {
                let (x, y) = (x * across + rect.x as usize, y * down + rect.y as usize);
                *value = sample(x << shift, y << shift, plane);
            });
        }
    };
    let (mut luma, chroma) = tile.planes_mut();
    fill(&mut luma, 0, 1, 1);
    for (plane, mut samples) in (1..).zip(chroma.into_iter().flatten()) {
        fill(&mut samples, plane, across, down);
    }
    tile
}

fn encoded(tile: &mut Ycc<Vec<u8>>, quality: u8) -> Vec<u8> {
    let mut out = vec![0; encoded_bound(tile.width(), tile.height(), tile.subsampling())];
    let len = Encoder::new().and_then(|mut encoder| encoder.encode(tile, quality, &mut out));
    out.truncate(len.expect("a tile can be encoded"));
    out
}
