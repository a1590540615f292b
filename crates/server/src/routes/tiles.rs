//! `/tiles/{slide}/{z}/{x}/{y}`

use super::{State, address};
use crate::damage::Part;
use crate::error::Error;
use crate::metrics::TileSource;
use crate::product::{Job, Product};
use crate::slide::Slide;
use crate::stored::StoredBody;
use crate::validators::Validator;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use origami_pack::{Entry, Mode, PackError};
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
    // Few tiles of stored levels are ever built; those are looked for last.
    if level.mode != Mode::Stored
        && let Some(jpeg) = state.tiles.get(&job.key())
    {
        return ok(jpeg, TileSource::Cache);
    }
    if let Some(prefetcher) = &state.prefetcher {
        prefetcher.touch(pack, id);
    }
    state.readers.make_ready(pack, id).await?;
    let entry = pack.entry(id).map_err(|cause| failure(state, &slide, id, &cause))?;
    if let Some(jpeg) = pack.stored_jpeg(id, entry).map_err(|cause| failure(state, &slide, id, &cause))? {
        state.metrics.tile_served(TileSource::Stored);
        return Ok(validator.ok("image/jpeg", StoredBody::new(jpeg)));
    }
    if level.mode == Mode::Stored
        && let Some(jpeg) = state.tiles.get(&job.key())
    {
        return ok(jpeg, TileSource::Cache);
    }
    let jpeg = state.builds.get(job).await?;
    let blank = matches!(entry, Entry::Blank { .. } | Entry::Constant { .. });
    ok(jpeg, if blank { TileSource::Blank } else { TileSource::Rebuilt })
}

fn failure(state: &State, slide: &Slide, id: TileId, cause: &PackError) -> Error {
    let part = Part::Product(slide.pack.generation(), Product::Tile(id));
    state.damage.report(part, slide.pack.path(), cause.kind(), cause);
    Error::Damaged
}
