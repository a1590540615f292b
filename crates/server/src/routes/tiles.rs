//! `/tiles/{slide}/{z}/{x}/{y}`

use super::{State, address};
use crate::cache::Found;
use crate::damage::Part;
use crate::error::Error;
use crate::metrics::TileSource;
use crate::slide::Slide;
use crate::validators::Validator;
use crate::worker::Product;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use origami_pack::{Entry, PackError};
use origami_pyramid::TileId;

/// Answers one tile.
pub async fn tile(
    state: Data<State>,
    request: HttpRequest,
    path: Path<(String, String, String, String)>,
) -> Result<HttpResponse, Error> {
    let (slide, z, x, y) = path.into_inner();
    let id = address::tile(&z, &x, &y)?;
    let slide = state.catalog.slide(&slide).await?;
    answer(&state, &request, &slide, id).await
}

/// Answers tile `id` of `slide`, under whichever URL it was asked for.
pub async fn answer(
    state: &State,
    request: &HttpRequest,
    slide: &Slide,
    id: TileId,
) -> Result<HttpResponse, Error> {
    let pack = &slide.pack;
    let level = pack.level(id.z).ok_or(Error::NotFound("level"))?;
    let entry = pack.entry(id).map_err(|cause| failure(state, slide, id, &cause))?;
    let stored = pack.is_stored(id, entry);
    // Tiles encoded here depend on the encoder too, and that on the release.
    // Those of coefficients do not: the pack gives every byte of them.
    let fixed = stored || level.header().is_some();
    let release = if fixed { "" } else { concat!("-", env!("CARGO_PKG_VERSION")) };
    let validator =
        Validator::of_generation(request, pack.generation(), &format!("{}-{}-{}{release}", id.z, id.x, id.y));
    if let Some(unchanged) = validator.not_modified(request) {
        return Ok(unchanged);
    }
    let (jpeg, source) = if stored {
        // Copied, so that what is sent is what was checked, whatever becomes of
        // the file while a slow client takes it.
        let jpeg = pack.stored_jpeg(id, entry).map_err(|cause| failure(state, slide, id, &cause))?;
        (Bytes::from(jpeg.unwrap_or_default()), TileSource::Stored)
    } else {
        let (jpeg, found) = state.tiles.get(pack, Product::Tile(id)).await?;
        let source = match (found, &entry) {
            (Found::Cached, _) => TileSource::Cache,
            (Found::Built, Entry::Blank { .. } | Entry::Constant { .. }) => TileSource::Blank,
            (Found::Built, _) => TileSource::Rebuilt,
        };
        (jpeg, source)
    };
    state.metrics.tile_served(source);
    Ok(validator.ok("image/jpeg", jpeg))
}

fn failure(state: &State, slide: &Slide, id: TileId, cause: &PackError) -> Error {
    if let PackError::OutsideGrid { .. } = cause {
        return Error::NotFound("tile");
    }
    let part = Part::Product(slide.pack.generation(), Product::Tile(id));
    state.damage.report(part, slide.pack.path(), cause.kind(), cause);
    Error::Damaged
}
