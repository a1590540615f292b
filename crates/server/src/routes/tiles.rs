//! Tiles by coordinates: `/tiles/{slide}/{z}/{x}/{y}`.

use super::address::{self, TileAddress};
use super::{AppState, RequestedSlide};
use crate::artifact::{Artifact, Job, ServedTile};
use crate::error::Error;
use crate::metrics::TileSource;
use crate::readers::TileLookup;
use crate::validators::Validator;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use origami_pack::{Level, Pack};
use origami_render::Format;
use std::sync::Arc;

/// Responds with one tile. The framework has unescaped all of the path but `/`, `%` and
/// `+`, which occur in no id and in no number, so its parts are used as they are.
pub async fn tile(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Error> {
    let mut parts = request.match_info().unprocessed().split('/').skip(1);
    match [(); 5].map(|()| parts.next()) {
        [Some(slide), Some(z), Some(x), Some(y), None] if ![slide, z, x, y].contains(&"") => {
            answer(&state, &request, slide, address::tile(z, x, y)?).await
        }
        _ => Err(Error::NotFound("page")),
    }
}

/// Responds with the tile at `address` in the slide with the id `slide`, under any of
/// its URLs.
pub async fn answer(
    state: &AppState,
    request: &HttpRequest,
    slide: &str,
    address: TileAddress,
) -> Result<HttpResponse, Error> {
    let RequestedSlide { slide, lifetime } = state.slide(request, slide).await?;
    let pack = &slide.pack;
    let TileAddress { id, format } = address;
    let level = pack.level(id.z).ok_or(Error::NotFound("level"))?;
    if !level.grid.contains(id.x, id.y) {
        return Err(Error::NotFound("tile"));
    }
    let release = release_part(format, level);
    let validator = Validator::of_generation(
        pack.generation(),
        &format_args!("{}-{}-{}{release}{}", id.z, id.x, id.y, format.etag_part()),
        lifetime,
    );
    if let Some(unchanged) = validator.not_modified(request) {
        return Ok(unchanged);
    }
    let tile = served_tile(state, pack, level, address).await?;
    state.metrics.count_tile(tile.source);
    let mut response = validator.ok(format.content_type(), tile.bytes);
    let source = HeaderValue::from_static(tile.source.name());
    response.headers_mut().insert(HeaderName::from_static("server-timing"), source);
    Ok(response)
}

/// `-` and the release, if the bytes of tiles of `level` in `format` depend on it.
fn release_part(format: Format, level: &Level) -> &'static str {
    // Tiles encoded by this server depend on its encoder, and so on its release.
    // JPEGs written from coefficients do not: the pack determines every byte.
    let determined_by_pack = format.is_packed() && level.header().is_some();
    if determined_by_pack { "" } else { concat!("-", env!("CARGO_PKG_VERSION")) }
}

/// The encoded tile at `address` on `level`: from the cache, from the pack, or built.
async fn served_tile(
    state: &AppState,
    pack: &Arc<Pack>,
    level: &Level,
    address: TileAddress,
) -> Result<ServedTile, Error> {
    let TileAddress { id, format } = address;
    let job = Job { pack: Arc::clone(pack), artifact: Artifact::Tile(id, format) };
    // Tiles that the pack stores in the requested format are never cached.
    if (level.is_predicted() || !format.is_packed())
        && let Some(bytes) = state.tiles.get(&job.key())
    {
        return Ok(ServedTile { bytes, source: TileSource::Cache });
    }
    if let Some(prefetcher) = &state.prefetcher {
        prefetcher.touch(pack, id);
    }
    match state.readers.look_up(pack, id, format).await? {
        TileLookup::Stored(bytes) => Ok(ServedTile { bytes, source: TileSource::Stored }),
        TileLookup::Constant(constant) => state.constant_tiles.get(pack, id, constant),
        TileLookup::Ready => {
            state.tiles.count_miss(&job.key());
            let bytes = state.flights.get(job).await?;
            Ok(ServedTile { bytes, source: TileSource::Rebuilt })
        }
    }
}
