//! `/tiles/{slide}/{z}/{x}/{y}`

use super::AppState;
use super::address::{self, TileAddress};
use crate::artifact::{Artifact, Job};
use crate::error::Error;
use crate::metrics::TileSource;
use crate::readers::TileLookup;
use crate::validators::Validator;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use std::sync::Arc;

/// Answers one tile. Its parts are read where they stand in the URL: what is
/// still escaped there, such as a `/`, is part of no id and of no number.
pub async fn tile(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Error> {
    let mut parts = request.match_info().unprocessed().split('/').skip(1);
    match [(); 5].map(|()| parts.next()) {
        [Some(slide), Some(z), Some(x), Some(y), None] if ![slide, z, x, y].contains(&"") => {
            answer(&state, &request, slide, address::tile(z, x, y)?).await
        }
        _ => Err(Error::NotFound("page")),
    }
}

/// Answers the tile at `address` in the slide with the id `slide`, under whichever
/// URL it was asked for.
pub async fn answer(
    state: &AppState,
    request: &HttpRequest,
    slide: &str,
    address: TileAddress,
) -> Result<HttpResponse, Error> {
    let TileAddress { id, format } = address;
    let (slide, lifetime) = state.slide(request, slide).await?;
    let pack = &slide.pack;
    let level = pack.level(id.z).ok_or(Error::NotFound("level"))?;
    if !level.grid.contains(id.x, id.y) {
        return Err(Error::NotFound("tile"));
    }
    // Tiles encoded here depend on the encoder too, and that on the release.
    // JPEGs of coefficients do not: the pack gives every byte of them.
    let given = format.is_packed() && level.header().is_some();
    let release = if given { "" } else { concat!("-", env!("CARGO_PKG_VERSION")) };
    let part = format.etag_part();
    let rest = &format_args!("{}-{}-{}{release}{part}", id.z, id.x, id.y);
    let validator = Validator::of_generation(pack.generation(), rest, lifetime);
    if let Some(unchanged) = validator.not_modified(request) {
        return Ok(unchanged);
    }
    let ok = |tile, source| {
        state.metrics.tile_served(source);
        Ok(validator.ok(format.content_type(), tile))
    };
    let job = Job { pack: Arc::clone(pack), artifact: Artifact::Tile(id, format) };
    // What stands in the pack as it is answered is never kept.
    if (level.is_predicted() || !format.is_packed())
        && let Some(tile) = state.tiles.get(&job.key())
    {
        return ok(tile, TileSource::Cache);
    }
    if let Some(prefetcher) = &state.prefetcher {
        prefetcher.touch(pack, id);
    }
    match state.readers.find(pack, id, format).await? {
        TileLookup::Stored(tile) => ok(tile, TileSource::Stored),
        TileLookup::Constant(constant) => {
            let (jpeg, source) = state.constant_tiles.get(pack, id, constant)?;
            ok(jpeg, source)
        }
        TileLookup::Ready => {
            state.tiles.miss(&job.key());
            ok(state.flights.get(job).await?, TileSource::Rebuilt)
        }
    }
}
