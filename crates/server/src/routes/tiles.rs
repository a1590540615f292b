//! `/tiles/{slide}/{z}/{x}/{y}`

use super::{State, address};
use crate::error::Error;
use crate::metrics::TileSource;
use crate::product::{Job, Product};
use crate::readers::Found;
use crate::validators::Validator;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use origami_pack::Mode;
use origami_pyramid::TileId;
use std::sync::Arc;

/// Answers one tile. Its parts are read where they stand in the URL: what is
/// still escaped there, such as a `/`, is part of no id and of no number.
pub async fn tile(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Error> {
    let mut parts = request.match_info().unprocessed().split('/').skip(1);
    match [(); 5].map(|()| parts.next()) {
        [Some(slide), Some(z), Some(x), Some(y), None] if ![slide, z, x, y].contains(&"") => {
            answer(&state, &request, slide, address::tile(z, x, y)?).await
        }
        _ => Err(Error::NotFound("page")),
    }
}

/// Answers tile `id` of the slide with the id `slide`, under whichever URL it
/// was asked for.
pub async fn answer(
    state: &State,
    request: &HttpRequest,
    slide: &str,
    id: TileId,
) -> Result<HttpResponse, Error> {
    let (slide, lifetime) = state.slide(request, slide).await?;
    let pack = &slide.pack;
    let level = pack.level(id.z).ok_or(Error::NotFound("level"))?;
    if id.x >= level.columns || id.y >= level.rows {
        return Err(Error::NotFound("tile"));
    }
    // Tiles encoded here depend on the encoder too, and that on the release.
    // Those of coefficients do not: the pack gives every byte of them.
    let release = if level.header().is_some() { "" } else { concat!("-", env!("CARGO_PKG_VERSION")) };
    let rest = &format_args!("{}-{}-{}{release}", id.z, id.x, id.y);
    let validator = Validator::of_generation(pack.generation(), rest, lifetime);
    if let Some(unchanged) = validator.not_modified(request) {
        return Ok(unchanged);
    }
    let ok = |jpeg, source| {
        state.metrics.tile_served(source);
        Ok(validator.ok("image/jpeg", jpeg))
    };
    let job = Job { pack: Arc::clone(pack), product: Product::Tile(id) };
    // Tiles of stored levels are never kept.
    if level.mode != Mode::Stored
        && let Some(jpeg) = state.tiles.get(&job.key())
    {
        return ok(jpeg, TileSource::Cache);
    }
    if let Some(prefetcher) = &state.prefetcher {
        prefetcher.touch(pack, id);
    }
    match state.readers.find(pack, id).await? {
        Found::Stored(jpeg) => ok(jpeg, TileSource::Stored),
        Found::Constant(constant) => {
            let (jpeg, source) = state.constants.get(pack, id, constant)?;
            ok(jpeg, source)
        }
        Found::Predicted => {
            state.tiles.miss(&job.key());
            ok(state.builds.get(job).await?, TileSource::Rebuilt)
        }
    }
}
