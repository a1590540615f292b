//! `/tiles/{slide}/{z}/{x}/{y}`

use super::{State, address};
use crate::damage::Part;
use crate::error::Error;
use crate::metrics::TileSource;
use crate::product::{Job, Product};
use crate::readers::Found;
use crate::slide::Slide;
use crate::validators::Validator;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use origami_pack::{Mode, PackError};
use origami_pyramid::TileId;
use std::sync::Arc;

/// Answers one tile.
pub async fn tile(
    state: Data<State>,
    request: HttpRequest,
    path: Path<(String, String, String, String)>,
) -> Result<HttpResponse, Error> {
    let (slide, z, x, y) = path.into_inner();
    let id = address::tile(&z, &x, &y)?;
    answer(&state, &request, &slide, id).await
}

/// Answers tile `id` of the slide with the id `slide`, under whichever URL it
/// was asked for.
pub async fn answer(
    state: &State,
    request: &HttpRequest,
    slide: &str,
    id: TileId,
) -> Result<HttpResponse, Error> {
    let slide = state.slide(request, slide).await?;
    let pack = &slide.pack;
    let level = pack.level(id.z).ok_or(Error::NotFound("level"))?;
    if id.x >= level.columns || id.y >= level.rows {
        return Err(Error::NotFound("tile"));
    }
    // Tiles encoded here depend on the encoder too, and that on the release.
    // Those of coefficients do not: the pack gives every byte of them.
    let release = if level.header().is_some() { "" } else { concat!("-", env!("CARGO_PKG_VERSION")) };
    let validator =
        Validator::of_generation(request, pack.generation(), &format!("{}-{}-{}{release}", id.z, id.x, id.y));
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
    let found = state.readers.find(pack, id).await;
    match found.map_err(|failure| failure.answer(|cause| damaged(state, &slide, id, cause)))? {
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

fn damaged(state: &State, slide: &Slide, id: TileId, cause: &PackError) -> Error {
    let part = Part::Product(slide.pack.identity(), Product::Tile(id));
    state.damage.report(part, slide.pack.path(), cause.kind(), cause);
    Error::Damaged
}
