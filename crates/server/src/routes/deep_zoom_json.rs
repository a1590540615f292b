//! The Deep Zoom descriptor as JSON, `/dzi/{slide}.json`, for pages that embed it: unlike
//! the XML, it says where the tiles are.

use super::{AppState, RequestedSlide};
use crate::error::Error;
use crate::public_url;
use crate::slide::ServedSlide;
use crate::validators::Validator;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use origami_pack::id;
use origami_pyramid::Size;
use origami_render::Format;
use serde::Serialize;

/// The descriptor.
#[derive(Serialize)]
struct Descriptor {
    #[serde(rename = "Image")]
    image: Image,
    /// What OpenSeadragon appends to the URLs of tiles: the version, which makes them
    /// immutable. Other readers ignore it.
    #[serde(rename = "queryParams")]
    query: String,
}

/// What the XML's `Image` has, and the address of the tiles.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Image {
    #[serde(rename = "xmlns")]
    namespace: &'static str,
    /// Absolute URL of the folder of tiles.
    url: String,
    /// Extension of the tiles' names.
    format: &'static str,
    /// Pixels that neighbours share.
    overlap: u32,
    /// Side of a tile in pixels.
    tile_size: u32,
    size: ImageSize,
}

/// Size in pixels.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ImageSize {
    width: u32,
    height: u32,
}

impl Descriptor {
    /// That of `slide`, whose tiles are served under `base`.
    fn of(slide: &ServedSlide, base: &str) -> Self {
        let (summary, pyramid) = (&*slide.summary, slide.pack.pyramid());
        let Size { width, height } = pyramid.size();
        Self {
            image: Image {
                namespace: "http://schemas.microsoft.com/deepzoom/2008",
                url: format!("{base}/dzi/{}_files/", id::url_segment(&summary.id)),
                format: Format::Jpeg.extension(),
                overlap: 0,
                tile_size: pyramid.tile_size(),
                size: ImageSize { width, height },
            },
            query: format!("?v={}", summary.generation),
        }
    }
}

/// Responds with the JSON descriptor.
pub async fn descriptor(
    state: Data<AppState>,
    request: HttpRequest,
    path: Path<String>,
) -> Result<HttpResponse, Error> {
    let id = path.strip_suffix(".json").ok_or(Error::NotFound("descriptor; it ends in .dzi or .json"))?;
    let RequestedSlide { slide, .. } = state.slide(&request, id).await?;
    let base = public_url::base(&state, &request);
    let json = serde_json::to_vec(&Descriptor::of(&slide, &base)).map_err(|_| Error::Internal)?;
    // It depends on the host that the client asked, so its URL does not determine it.
    let validator = Validator::of_content(&json);
    let unchanged = validator.not_modified(&request);
    Ok(state.announcing(&slide, unchanged.unwrap_or_else(|| validator.ok("application/json", json))))
}
