//! Deep Zoom, as OpenSeadragon and others read it: `/dzi/{slide}.dzi` and
//! `/dzi/{slide}_files/{z}/{x}_{y}.jpg`, or with the extension of another format.
//!
//! OpenSeadragon appends the descriptor's query string to the URLs of its tiles, so a
//! descriptor opened with the current `v` makes all of them immutable.

use super::{AppState, RequestedSlide, address, deep_zoom_json, tiles};
use crate::error::Error;
use crate::validators::Validator;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use origami_pyramid::Size;
use origami_render::Format;

/// Responds with the descriptor: in XML, or in JSON if its name ends in `.json`.
pub async fn descriptor(
    state: Data<AppState>,
    request: HttpRequest,
    path: Path<String>,
) -> Result<HttpResponse, Error> {
    let Some(id) = path.strip_suffix(".dzi") else {
        return deep_zoom_json::descriptor(state, request, path).await;
    };
    let RequestedSlide { slide, lifetime } = state.slide(&request, id).await?;
    let validator = Validator::of_release(slide.pack.generation(), &"dzi", lifetime);
    if let Some(unchanged) = validator.not_modified(&request) {
        return Ok(unchanged);
    }
    let pyramid = slide.pack.pyramid();
    let (Size { width, height }, tile_size) = (pyramid.size(), pyramid.tile_size());
    let format = Format::default().extension();
    let xml = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Image xmlns="http://schemas.microsoft.com/deepzoom/2008" Format="{format}" Overlap="0" TileSize="{tile_size}">
  <Size Width="{width}" Height="{height}"/>
</Image>
"#
    );
    Ok(state.announcing(&slide, validator.ok("application/xml", xml)))
}

/// Responds with one tile under its Deep Zoom name.
pub async fn tile(
    state: Data<AppState>,
    request: HttpRequest,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Error> {
    let (folder, z, file) = path.into_inner();
    let slide = folder.strip_suffix("_files").ok_or(Error::NotFound("folder; it ends in _files"))?;
    let address = address::dzi_tile(&z, &file)?;
    let slide = state.slide(&request, slide).await?;
    tiles::answer(&state, &request, &slide, address).await
}
