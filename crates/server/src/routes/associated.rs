//! Images that belong to a slide besides its pyramid: `/slides/{slide}/associated/{name}`.

use super::{AppState, RequestedSlide};
use crate::error::Error;
use crate::large_body;
use crate::validators::Validator;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use origami_pack::{AssociatedImage, Pack};
use origami_render::Format;
use std::sync::Arc;

const NO_IMAGE: Error = Error::NotFound("associated image");

/// Responds with the JPEG of an associated image.
pub async fn image(
    state: Data<AppState>,
    request: HttpRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Error> {
    let (id, name) = path.into_inner();
    let RequestedSlide { slide, lifetime } = state.slide(&request, &id).await?;
    let image = find(&state, &slide.pack, &name).await?;
    let validator =
        Validator::of_generation(slide.pack.generation(), &format_args!("associated-{name}"), lifetime);
    if let Some(unchanged) = validator.not_modified(&request) {
        return Ok(unchanged);
    }
    large_body::check(u64::from(image.len), request.method(), &state.bodies)?;
    let jpeg = state.readers.read_associated(&slide.pack, move |pack| pack.associated_jpeg(&image)).await?;
    let body = large_body::finished(Bytes::from(jpeg), request.method(), &state.bodies).await?;
    Ok(validator.ok(Format::Jpeg.content_type(), body))
}

/// The image of this name.
async fn find(state: &AppState, pack: &Arc<Pack>, name: &str) -> Result<AssociatedImage, Error> {
    if !pack.has_associated() {
        return Err(NO_IMAGE);
    }
    let images = state.readers.read_associated(pack, Pack::associated).await?;
    images.into_iter().find(|image| image.name == name).ok_or(NO_IMAGE)
}
