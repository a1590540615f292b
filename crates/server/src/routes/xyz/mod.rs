//! XYZ, as web maps read it: `/xyz/{slide}/tilejson.json` and `/xyz/{slide}/{z}/{x}/{y}`,
//! with or without the extension of a format.
//!
//! Zoom 0 is one tile, each zoom has twice as many columns and rows as the one before, and
//! rows are counted from the top. Maps stretch every tile to a square, so those at the
//! right and bottom edges are enlarged with the slide's background; all others are those
//! of the pyramid.

mod map_levels;
mod tile_json;

pub use map_levels::MapLevels;
pub use tile_json::tilejson;

use super::address::{self, TileAddress};
use super::{AppState, tiles};
use crate::artifact::Pixels;
use crate::error::Error;
use crate::negotiation::{FormatChoice, vary_accept};
use crate::{derivative, encodings};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use origami_pyramid::{Size, TileId};
use origami_render::Format;

const NO_TILE: Error = Error::NotFound("tile");

/// Responds with one tile of the map.
pub async fn tile(
    state: Data<AppState>,
    request: HttpRequest,
    path: Path<(String, String, String, String)>,
) -> Result<HttpResponse, Error> {
    let (id, zoom, x, y) = path.into_inner();
    let TileAddress { id: TileId { z: zoom, x, y }, format } = address::tile(&zoom, &x, &y)?;
    let slide = state.slide(&request, &id).await?;
    let pyramid = slide.slide.pack.pyramid();
    let tile = MapLevels::of(pyramid).tile(zoom, x, y).ok_or(NO_TILE)?;
    let size = pyramid.tile_rect(tile).ok_or(NO_TILE)?.size();
    let is_whole = size == Size::square(pyramid.tile_size());
    // An enlarged tile has to be encoded; only PNG does that without loss.
    let native = if is_whole { Format::Jpeg } else { Format::Png };
    let FormatChoice { format, is_negotiated } = format.choose(&request, state.transcode, native);
    let mut response = if is_whole {
        tiles::tile_as(&state, &request, &slide, tile, format).await?
    } else {
        let encoding = encodings::requested(state.encodings.of(format), request.query_string())?;
        derivative::answer(&state, &request, &slide, Pixels::PaddedTile(tile), encoding).await?
    };
    if is_negotiated {
        vary_accept(&mut response);
    }
    Ok(response)
}
