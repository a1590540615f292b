//! Tiles by coordinates: `/tiles/{slide}/{z}/{x}/{y}`, with the extension of a format or
//! in the one that is negotiated.

use super::address::{self, TileAddress};
use super::{AppState, RequestedSlide};
use crate::artifact::{Artifact, Job, Pixels, ServedTile};
use crate::error::Error;
use crate::metrics::TileSource;
use crate::negotiation::{FormatChoice, vary_accept};
use crate::readers::TileLookup;
use crate::urgency::Urgency;
use crate::validators::Validator;
use crate::{derivative, encodings, large_body, request_context};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use origami_pack::{Level, Pack};
use origami_pyramid::TileId;
use origami_render::Format;
use std::sync::Arc;

/// The pattern of the paths of tiles.
pub const PATTERN: &str = "/tiles/{slide}/{z}/{x}/{y}";

/// Responds with one tile. The framework has unescaped all of the path but `/`, `%` and
/// `+`, which occur in no id and in no number, so its parts are used as they are.
pub async fn tile(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Error> {
    let mut parts = request.match_info().unprocessed().split('/').skip(1);
    match [(); 5].map(|()| parts.next()) {
        [Some(slide), Some(z), Some(x), Some(y), None] if ![slide, z, x, y].contains(&"") => {
            let address = address::tile(z, x, y)?;
            let slide = state.slide(&request, slide).await?;
            answer(&state, &request, &slide, address).await
        }
        _ => Err(Error::NotFound("page")),
    }
}

/// Responds with the tile of `slide` at `address`, under any of its URLs.
///
/// # Errors
/// Those of [`tile_as`].
pub async fn answer(
    state: &AppState,
    request: &HttpRequest,
    slide: &RequestedSlide,
    address: TileAddress,
) -> Result<HttpResponse, Error> {
    let TileAddress { id, format } = address;
    let FormatChoice { format, is_negotiated } = format.choose(request, state.transcode, Format::Jpeg);
    let mut response = tile_as(state, request, slide, id, format).await?;
    if is_negotiated {
        vary_accept(&mut response);
    }
    Ok(response)
}

/// Responds with tile `id` of `slide` as `format`: with its own JPEG, unless another format
/// or a quality is asked for.
///
/// # Errors
/// Those of [`own_tile`], and [`Error::BadRequest`] if the quality is none of the format.
pub async fn tile_as(
    state: &AppState,
    request: &HttpRequest,
    slide: &RequestedSlide,
    id: TileId,
    format: Format,
) -> Result<HttpResponse, Error> {
    let query = request.query_string();
    if format.is_packed() && encodings::asked(query)?.is_none() {
        return own_tile(state, request, slide, id).await;
    }
    let encoding = encodings::requested(state.encodings.of(format), query)?;
    derivative::answer(state, request, slide, Pixels::Tile(id), encoding).await
}

/// Responds with the JPEG of tile `id` of `slide`, as a plain pyramid has it.
///
/// # Errors
/// [`Error::NotFound`] if there is no such tile; otherwise why it cannot be made.
pub async fn own_tile(
    state: &AppState,
    request: &HttpRequest,
    slide: &RequestedSlide,
    id: TileId,
) -> Result<HttpResponse, Error> {
    let pack = &slide.slide.pack;
    let level = pack.level(id.z).ok_or(Error::NotFound("level"))?;
    if !level.grid.contains(id.x, id.y) {
        return Err(Error::NotFound("tile"));
    }
    let validator = tile_validator(slide, level, id);
    if let Some(unchanged) = validator.not_modified(request) {
        return Ok(unchanged);
    }
    let tile = served_tile(state, pack, level, id, Urgency::of(request)).await?;
    let body = large_body::finished(tile.bytes, request.method(), &state.bodies).await?;
    let mut response = validator.ok(Format::Jpeg.content_type(), body);
    let source = HeaderValue::from_static(tile.source.name());
    response.headers_mut().insert(HeaderName::from_static("server-timing"), source);
    request_context::note_tile(tile.source);
    Ok(response)
}

/// The validator of the JPEG of tile `id` of `slide`, which is on `level`.
fn tile_validator(
    RequestedSlide { slide, lifetime }: &RequestedSlide,
    level: &Level,
    id: TileId,
) -> Validator {
    // Tiles encoded by this server depend on its encoder, and so on its release.
    // JPEGs written from coefficients do not: the pack determines every byte.
    let of = if level.header().is_some() { Validator::of_generation } else { Validator::of_release };
    of(slide.pack.generation(), &format_args!("{}-{}-{}", id.z, id.x, id.y), *lifetime)
}

/// The JPEG of tile `id` on `level`: from the cache, from the pack, or built.
async fn served_tile(
    state: &AppState,
    pack: &Arc<Pack>,
    level: &Level,
    id: TileId,
    urgency: Urgency,
) -> Result<ServedTile, Error> {
    let job = Job { pack: Arc::clone(pack), artifact: Artifact::Tile(id) };
    // Tiles that the pack stores are never cached.
    if level.is_predicted()
        && let Some(bytes) = state.tiles.get(&job.key())
    {
        return Ok(ServedTile { bytes, source: TileSource::Cache });
    }
    if let Some(prefetcher) = &state.prefetcher {
        prefetcher.touch(pack, id);
    }
    match state.readers.look_up(pack, id).await? {
        TileLookup::Stored(bytes) => Ok(ServedTile { bytes, source: TileSource::Stored }),
        TileLookup::Constant(constant) => state.constant_tiles.get(pack, id, constant),
        TileLookup::Ready => {
            state.tiles.count_miss(&job.key());
            let bytes = state.flights.get(job, urgency).await?;
            Ok(ServedTile { bytes, source: TileSource::Rebuilt })
        }
    }
}
