//! Iris RESTful, as OpenSeadragon's `IrisTileSource` reads it: `/slides/{slide}/metadata`
//! and `/slides/{slide}/layers/{layer}/tiles/{tile}`.
//!
//! Layer 0 is the finest level that is one tile, and each layer doubles the one before;
//! the tiles of a layer are counted row by row. Clients take all tiles to have 256 px
//! across, so only slides that are packed so have these addresses.

use super::address;
use super::xyz::MapLevels;
use super::{AppState, RequestedSlide, tiles};
use crate::error::Error;
use crate::validators::Validator;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use origami_pyramid::{Pyramid, TileId};
use origami_render::Format;
use serde::Serialize;

/// Side in pixels of the tiles of Iris.
const TILE_SIZE: u32 = 256;

const SHAPE: Error = Error::BadRequest(
    "layers and tiles of Iris are whole numbers: /slides/{slide}/layers/{layer}/tiles/{tile}",
);
const NO_LAYER: Error = Error::NotFound("layer");
const NO_TILE: Error = Error::NotFound("tile");
const OTHER_TILE_SIZE: Error =
    Error::NotFound("slide for Iris clients: they need tiles of 256 px, and this one has others");

/// What clients learn of a slide.
#[derive(Serialize)]
struct IrisMetadata {
    #[serde(rename = "type")]
    kind: &'static str,
    /// The layout of decoded pixels.
    format: &'static str,
    /// The media type of the tiles.
    encoding: &'static str,
    extent: Extent,
}

/// The size of a slide.
#[derive(Debug, PartialEq, Serialize)]
struct Extent {
    /// Width of layer 0 in its pixels. It is not rounded: clients multiply it with the
    /// scale of the last layer, and get the width of the slide.
    width: f64,
    /// Height of layer 0 in its pixels, not rounded either.
    height: f64,
    /// Coarse to fine.
    layers: Vec<Layer>,
}

/// One resolution of a slide.
#[derive(Debug, PartialEq, Serialize)]
struct Layer {
    /// Number of columns.
    x_tiles: u32,
    /// Number of rows.
    y_tiles: u32,
    /// How much larger it is than layer 0.
    scale: u32,
}

impl Extent {
    /// That of a slide with these levels.
    fn of(pyramid: &Pyramid) -> Self {
        let levels = MapLevels::of(pyramid);
        let layers = (0..=levels.max_zoom()).filter_map(|layer| {
            let grid = pyramid.grid(levels.level(layer)?)?;
            Some(Layer { x_tiles: grid.columns, y_tiles: grid.rows, scale: 1 << layer })
        });
        let (size, largest) = (pyramid.size(), f64::from(1_u32 << levels.max_zoom()));
        Self {
            width: f64::from(size.width) / largest,
            height: f64::from(size.height) / largest,
            layers: layers.collect(),
        }
    }
}

/// Responds with the metadata of a slide.
pub async fn metadata(
    state: Data<AppState>,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Error> {
    let RequestedSlide { slide, lifetime } = state.slide(&request, &id).await?;
    let pyramid = slide.pack.pyramid();
    check_tile_size(pyramid)?;
    let validator = Validator::of_release(slide.pack.generation(), &"iris", lifetime);
    if let Some(unchanged) = validator.not_modified(&request) {
        return Ok(unchanged);
    }
    let metadata = IrisMetadata {
        kind: "slide_metadata",
        format: "FORMAT_R8G8B8",
        encoding: Format::Jpeg.content_type(),
        extent: Extent::of(pyramid),
    };
    let json = serde_json::to_vec(&metadata).map_err(|_| Error::Internal)?;
    Ok(state.announcing(&slide, validator.ok("application/json", json)))
}

/// Responds with one tile under its Iris name.
pub async fn tile(
    state: Data<AppState>,
    request: HttpRequest,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Error> {
    let (id, layer, number) = path.into_inner();
    let (layer, number) = (parse(&layer, NO_LAYER)?, parse(&number, NO_TILE)?);
    let slide = state.slide(&request, &id).await?;
    let pyramid = slide.slide.pack.pyramid();
    check_tile_size(pyramid)?;
    let tile = find(pyramid, layer, number)?;
    tiles::own_tile(&state, &request, &slide, tile).await
}

/// The number that `text` is, written as in the addresses of other tiles; `missing` if
/// nothing can have it.
fn parse(text: &str, missing: Error) -> Result<u32, Error> {
    address::number(text).map_err(|_| SHAPE)?.ok_or(missing)
}

fn check_tile_size(pyramid: &Pyramid) -> Result<(), Error> {
    if pyramid.tile_size() == TILE_SIZE { Ok(()) } else { Err(OTHER_TILE_SIZE) }
}

/// The tile that is number `number` of `layer`, row by row.
fn find(pyramid: &Pyramid, layer: u32, number: u32) -> Result<TileId, Error> {
    let z = MapLevels::of(pyramid).level(layer).ok_or(NO_LAYER)?;
    let grid = pyramid.grid(z).ok_or(NO_LAYER)?;
    let (x, y) = (number % grid.columns, number / grid.columns);
    if grid.contains(x, y) { Ok(TileId { z, x, y }) } else { Err(NO_TILE) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_pyramid::Size;

    fn pyramid(width: u32, height: u32) -> Pyramid {
        Pyramid::new(Size::new(width, height), TILE_SIZE).unwrap()
    }

    #[test]
    fn the_first_layer_times_the_last_scale_is_exactly_the_slide() {
        for (width, height) in [(1, 1), (256, 256), (1500, 900), (40_001, 70_003), ((1 << 24) - 1, 5)] {
            let extent = Extent::of(&pyramid(width, height));
            let scale = f64::from(extent.layers.last().unwrap().scale);
            let clients = ((extent.width * scale).ceil(), (extent.height * scale).ceil());
            assert_eq!(clients, (f64::from(width), f64::from(height)));
        }
    }

    #[test]
    fn layers_double_from_one_tile_to_full_resolution() {
        let layers = Extent::of(&pyramid(1500, 900)).layers;
        let rows: Vec<_> = layers.iter().map(|layer| (layer.x_tiles, layer.y_tiles, layer.scale)).collect();
        assert_eq!(rows, [(1, 1, 1), (2, 1, 2), (3, 2, 4), (6, 4, 8)]);
    }

    #[test]
    fn tiles_are_counted_row_by_row() {
        let pyramid = pyramid(1500, 900);
        assert_eq!(find(&pyramid, 3, 0), Ok(TileId { z: 11, x: 0, y: 0 }));
        assert_eq!(find(&pyramid, 3, 13), Ok(TileId { z: 11, x: 1, y: 2 }));
        assert_eq!(find(&pyramid, 3, 23), Ok(TileId { z: 11, x: 5, y: 3 }));
        for number in [24, u32::MAX] {
            assert_eq!(find(&pyramid, 3, number), Err(NO_TILE), "{number}");
        }
        for layer in [4, u32::MAX] {
            assert_eq!(find(&pyramid, layer, 0), Err(NO_LAYER), "{layer}");
        }
    }

    #[test]
    fn a_number_that_is_none_is_refused_with_the_address_that_iris_tiles_have() {
        assert_eq!(parse("17", NO_LAYER), Ok(17));
        for text in ["", "x", "00", "0.jpg", "+1", "1e3"] {
            assert_eq!(parse(text, NO_LAYER), Err(SHAPE), "{text}");
        }
        for text in ["-1", "4294967296"] {
            assert_eq!(parse(text, NO_LAYER), Err(NO_LAYER), "{text}");
        }
    }

    #[test]
    fn slides_with_tiles_of_another_size_are_refused() {
        let other = Pyramid::new(Size::new(1500, 900), 512).unwrap();
        assert_eq!(check_tile_size(&other), Err(OTHER_TILE_SIZE));
        assert_eq!(check_tile_size(&pyramid(1500, 900)), Ok(()));
    }
}
